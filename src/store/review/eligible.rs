//! Who can still judge a call afresh (PRODUCT R9): a reviewer who gave a verdict on it, or answered
//! another second review of it, cannot. So that a failed claim can be disputed, the last one who
//! can is kept free for that.

use crate::identity::Role;
use crate::review::{Judge, Rules, may_judge};
use crate::store::review::claims::{self, Claim};
use crate::store::review::disputes;
use crate::store::review::second_reviews;
use crate::store::review::verdicts::Verdict;
use crate::store::{Result, Tx, one, people};
use crate::units::{CallId, PersonId, SecondReviewId, WallTime};

/// Whether somebody has judged one of these calls already, or is to judge it by a second review of
/// their own. `but` is the one that is asked about.
pub async fn has_judged(
    tx: &mut Tx,
    reviewer: &PersonId,
    calls: &[CallId],
    but: Option<&SecondReviewId>,
) -> Result<bool> {
    for call in calls {
        let given = one!(
            tx,
            (i64,),
            "SELECT (SELECT COUNT(*) FROM claim_calls c JOIN verdicts v ON v.claim_id = \
             c.claim_id WHERE c.call_id = $1 AND v.reviewer_id = $2)
               + (SELECT COUNT(*) FROM second_review_calls c JOIN second_reviews o ON o.id = \
             c.second_review_id WHERE c.call_id = $1 AND o.id <> $3 AND (o.reviewer_id = $2 OR \
             (o.assigned_to = $2 AND o.state IN ('open', 'in_review'))))",
            call,
            reviewer,
            but.map_or("", |b| b.as_str())
        )?;
        if given.is_some_and(|g| g.0 > 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The reviewers who may judge a claim's calls and have not.
pub async fn reviewers(tx: &mut Tx, claim: &Claim) -> Result<Vec<PersonId>> {
    let calls = claims::calls(tx, &claim.id).await?;
    let callers = claims::callers(tx, &claim.id).await?;
    let mut eligible = Vec::new();
    for person in people::of_client(tx, &claim.client_id, Role::Reviewer).await? {
        let (clients, paid_through) = (
            people::clients_of(tx, &person.id).await?,
            people::interests_of(tx, &person.id).await?,
        );
        let judge = Judge {
            id: &person.id,
            role: person.role,
            pay_basis: person.pay_basis,
            clients: &clients,
            paid_through: &paid_through,
        };
        if may_judge(&judge, Some(&claim.person_id), &callers, &claim.client_id).is_ok()
            && !has_judged(tx, &person.id, &calls, None).await?
        {
            eligible.push(person.id);
        }
    }
    Ok(eligible)
}

/// End of the dispute window, or of an open dispute's wait; until then one eligible reviewer is
/// kept free. Passed claims are not disputed.
pub async fn kept_free_until(tx: &mut Tx, v: &Verdict, rules: &Rules) -> Result<Option<WallTime>> {
    if v.passed {
        return Ok(None);
    }
    let over = v.final_at.unwrap_or(v.hold_until) + rules.dispute_within;
    let Some(dispute) = disputes::of_claim(tx, &v.claim_id).await? else {
        return Ok(Some(over));
    };
    let second = second_reviews::existing(tx, &dispute.second_review_id).await?;
    Ok(second.waits().then(|| over.max(second.due_at)))
}
