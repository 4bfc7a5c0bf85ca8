//! Who can still judge a call afresh (PRODUCT R9): a reviewer who has judged it, or its lead,
//! cannot. So that a failed claim can be disputed, the last one who can is kept free for that.

use crate::identity::Role;
use crate::review::Rules;
use crate::store::review::claims::{self, Claim};
use crate::store::review::interest;
use crate::store::review::verdicts::{self, Verdict};
use crate::store::review::{disputes, second_reviews};
use crate::store::{Result, Tx, people};
use crate::units::{PersonId, WallTime};

/// The reviewers who may judge a claim's calls and have not.
///
/// # Errors
/// When the database fails.
pub async fn reviewers(tx: &mut Tx, claim: &Claim) -> Result<Vec<PersonId>> {
    let mut stake = claims::stake(tx, claim).await?;
    if let Some(verdict) = verdicts::of_claim(tx, &claim.id).await? {
        stake.judges.push(verdict.reviewer_id);
    }
    let mut eligible = Vec::new();
    for person in people::of_client(tx, &claim.client_id, Role::Reviewer).await? {
        let party = interest::party_of(tx, &person).await?;
        if interest::against_taking(&party, &stake).is_none() {
            eligible.push(person.id);
        }
    }
    Ok(eligible)
}

/// End of the dispute window, or of an open dispute's wait; until then one eligible reviewer is
/// kept free. Passed claims are not disputed.
///
/// # Errors
/// When the database fails.
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
