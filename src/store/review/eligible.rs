//! Who can still judge a call afresh (PRODUCT R9): a reviewer who gave a verdict on it, or answered
//! another second look of it, cannot. So that a failed claim can be disputed, the last one who can
//! is kept back for that.

use crate::review::{Judge, Rules, may_judge};
use crate::store::people;
use crate::store::review::claims::{self, Claim};
use crate::store::review::disputes;
use crate::store::review::second_reviews;
use crate::store::review::second_reviews::Look;
use crate::store::review::verdicts::Verdict;
use crate::store::{Result, Tx, one};
use crate::units::WallTime;

/// Whether somebody has judged one of these calls already, or is to judge it by a look of their
/// own. `but` is the look that is asked about.
pub async fn has_judged(tx: &mut Tx, reviewer: &str, calls: &[String], but: &str) -> Result<bool> {
    for call in calls {
        let given = one!(
            tx,
            (i64,),
            "SELECT (SELECT COUNT(*) FROM claim_calls c JOIN verdicts v ON v.claim_id = \
             c.claim_id WHERE c.call_id = $1 AND v.reviewer_id = $2)
               + (SELECT COUNT(*) FROM look_calls c JOIN looks o ON o.id = c.look_id
                  WHERE c.call_id = $1 AND o.id <> $3 AND (o.reviewer_id = $2 OR (o.assigned_to = \
             $2 AND o.state IN ('open', 'in_review'))))",
            call,
            reviewer,
            but
        )?;
        if given.is_some_and(|g| g.0 > 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The reviewers who may judge a claim's calls and have not, by their ids.
pub async fn reviewers(tx: &mut Tx, claim: &Claim) -> Result<Vec<String>> {
    let calls = second_reviews::calls_of_claim(tx, &claim.id).await?;
    let callers = claims::callers(tx, &claim.id).await?;
    let mut fresh = Vec::new();
    for person in people::of_client(tx, &claim.client_id, "reviewer").await? {
        let (clients, paid_through) = (
            people::clients_of(tx, &person.id).await?,
            people::interests_of(tx, &person.id).await?,
        );
        let judge = Judge {
            id: &person.id,
            role: &person.role,
            pay_basis: &person.pay_basis,
            clients: &clients,
            paid_through: &paid_through,
        };
        if may_judge(&judge, &claim.person_id, &callers, &claim.client_id).is_ok()
            && !has_judged(tx, &person.id, &calls, "").await?
        {
            fresh.push(person.id);
        }
    }
    Ok(fresh)
}

/// Until when a verdict may still come to be disputed, or its dispute wait for somebody: until then
/// one reviewer is kept back. Passed claims are not disputed.
pub async fn kept_back_until(tx: &mut Tx, v: &Verdict, rules: &Rules) -> Result<Option<WallTime>> {
    if v.passed == 1 {
        return Ok(None);
    }
    let over = WallTime(v.sealed_at.unwrap_or(v.hold_until)) + rules.dispute_within;
    let Some(dispute) = disputes::of_claim(tx, &v.claim_id).await? else {
        return Ok(Some(over));
    };
    let look = second_reviews::by_id(tx, &dispute.look_id).await?;
    Ok(look
        .filter(Look::is_waiting)
        .map(|l| over.max(WallTime(l.due_at))))
}
