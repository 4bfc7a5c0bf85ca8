//! Who can still judge a call afresh (PRODUCT R9): a reviewer who has judged it, or its lead,
//! cannot. So that a failed claim can be disputed, the last one who can is kept free for that.

use crate::identity::Role;
use crate::review::{Party, Rules, Stake};
use crate::store::review::claims::{self, Claim};
use crate::store::review::interest;
use crate::store::review::verdicts::{self, Verdict};
use crate::store::review::{disputes, second_reviews};
use crate::store::{Result, Tx, all_in, people};
use crate::units::{ClientId, PersonId, WallTime};
use std::collections::{BTreeMap, HashSet};

/// The reviewers who may judge a claim's calls and have not.
///
/// # Errors
/// When the database fails.
pub async fn reviewers(tx: &mut Tx, claim: &Claim) -> Result<Vec<PersonId>> {
    let mut stake = claims::stake(tx, claim).await?;
    if let Some(verdict) = verdicts::of_claim(tx, &claim.id).await? {
        stake.judges.push(verdict.reviewer_id);
    }
    let parties = parties(tx, &claim.client_id).await?;
    let eligible = parties
        .into_iter()
        .filter(|p| interest::against_taking(p, &stake).is_none());
    Ok(eligible.map(|p| p.id).collect())
}

/// Everybody who judges for a client, as the rule asks about them.
async fn parties(tx: &mut Tx, client: &ClientId) -> Result<Vec<Party>> {
    let mut parties = Vec::new();
    for person in people::of_client(tx, client, Role::Reviewer).await? {
        parties.push(interest::party_of(tx, &person).await?);
    }
    Ok(parties)
}

/// A claim that no reviewer can get any more becomes one of those that have waited longest.
const LOOKED_AT: i64 = 200;

/// Claims of a manager's clients that wait and that nobody may judge: each reviewer has judged the
/// lead, has an interest, or said so. Of the 200 that have waited longest.
///
/// # Errors
/// When the database fails.
pub async fn judged_by_nobody(tx: &mut Tx, manager: &PersonId) -> Result<Vec<Claim>> {
    let waiting = claims::longest_waiting(tx, manager, LOOKED_AT).await?;
    if waiting.is_empty() {
        return Ok(waiting);
    }
    let stakes = claims::stakes(tx, &waiting).await?;
    let ids: Vec<&str> = waiting.iter().map(|c| c.id.as_str()).collect();
    let said_so: HashSet<(String, PersonId)> = all_in!(
        tx,
        (String, PersonId),
        "SELECT item_id, reviewer_id FROM skips WHERE reason = 'interest' AND item_id IN (",
        ids,
        ")"
    )?
    .into_iter()
    .collect();
    let mut by_client: BTreeMap<ClientId, Vec<Party>> = BTreeMap::new();
    for claim in &waiting {
        if !by_client.contains_key(&claim.client_id) {
            let parties = parties(tx, &claim.client_id).await?;
            by_client.insert(claim.client_id.clone(), parties);
        }
    }
    let nobody_may = |claim: &Claim, stake: &Stake| {
        !by_client[&claim.client_id].iter().any(|p| {
            interest::against_taking(p, stake).is_none()
                && !said_so.contains(&(claim.id.to_string(), p.id.clone()))
        })
    };
    let stuck = waiting.into_iter().zip(stakes);
    Ok(stuck
        .filter(|(claim, stake)| nobody_may(claim, stake))
        .map(|(claim, _)| claim)
        .collect())
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
