//! Leads that turn out to be one, merged by hand and split again (PRODUCT L1).
//!
//! The lead merged away keeps its row, its numbers and its external id: what comes in under them
//! from then on belongs to the other. Its calls move, and which they were is kept, so that a split
//! gives them back. No claim, verdict or ledger line is ever touched: a lead that has been claimed
//! can take another in and cannot be merged away, which leaves the one commission of a lead
//! (PRODUCT I3) where it was. Two leads that were one once go on being held against each other in
//! rulings after a split, whatever they share (`commission/rulings`).
//!
//! A person who merges or splits is a manager without an interest in the calls and claims of either
//! lead: asked here, as for the lead of one call.

use crate::identity::Role;
use crate::review::{Act, Stake};
use crate::store::leads::{self, Lead, work};
use crate::store::outbox::{self, Of};
use crate::store::review::{claims, interest};
use crate::store::{
    Actor, Event, Result, StoreError, Topic, Tx, all, changed_one, log, new_id, one, run,
};
use crate::units::{LeadId, PersonId, WallTime};
use crate::webhook::Subject;
use serde_json::json;

/// Merges `lead` into `into`; gives the number of calls that moved.
///
/// # Errors
/// [`StoreError::Conflict`] says why the two cannot become one; [`StoreError::Interest`].
pub async fn merge(
    tx: &mut Tx,
    by: &Actor,
    lead: &Lead,
    into: &Lead,
    now: WallTime,
) -> Result<u64> {
    if let Actor::Person(person) = by {
        ask(tx, person, [lead, into], now).await?;
    }
    can_become_one(tx, lead, into).await?;
    let id: String = new_id();
    run!(
        tx,
        "INSERT INTO lead_merges (id, lead_id, into_id, merged_at) VALUES ($1, $2, $3, $4)",
        &id,
        &lead.id,
        &into.id,
        now
    )?;
    run!(
        tx,
        "INSERT INTO lead_merge_calls (merge_id, call_id) SELECT $1, id FROM calls WHERE lead_id \
         = $2",
        &id,
        &lead.id
    )?;
    let moved = run!(
        tx,
        "UPDATE calls SET lead_id = $2 WHERE lead_id = $1",
        &lead.id,
        &into.id
    )?;
    // Where the question was which of the two, it is answered.
    run!(
        tx,
        "UPDATE calls SET lead_id = $1, lead_by = 'number' WHERE lead_id IS NULL AND id IN \
         (SELECT c.call_id FROM call_lead_candidates c WHERE c.lead_id = $1)
           AND NOT EXISTS (SELECT 1 FROM call_lead_candidates c WHERE c.call_id = calls.id AND \
         c.lead_id NOT IN ($1, $2)) AND EXISTS (SELECT 1 FROM call_lead_candidates c WHERE \
         c.call_id = calls.id AND c.lead_id = $2)",
        &into.id,
        &lead.id
    )?;
    let (subject, detail) = (
        format!("lead:{}", lead.id),
        json!({ "into": into.id, "calls": moved }),
    );
    log::append(tx, by, "lead.merged", subject, detail, now).await?;
    put(tx, Subject::LeadMerged, (lead, into), now).await?;
    work::follow(tx, by, [&lead.id, &into.id], now).await?;
    tell(tx);
    Ok(moved)
}

/// Tells who keeps leads elsewhere: by both ids, and by what their list calls them.
async fn put(
    tx: &mut Tx,
    subject: Subject,
    (lead, other): (&Lead, &Lead),
    now: WallTime,
) -> Result<()> {
    let other_names = match subject {
        Subject::LeadSplit => ["from", "from_external_id"],
        _ => ["into", "into_external_id"],
    };
    let data = json!({
        "lead": lead.id,
        "external_id": lead.external_id,
        other_names[0]: other.id,
        other_names[1]: other.external_id,
        "campaign": lead.campaign_id,
        "client": lead.client_id,
    });
    outbox::put(tx, subject, Of::Client(&lead.client_id), &data, now).await
}

/// Who sees leads and calls sees another list.
pub(super) fn tell(tx: &mut Tx) {
    for role in [Role::Telemarketer, Role::Marketing, Role::Manager] {
        tx.tell(Event::to_role(Topic::Calls, role));
    }
}

/// Asks whether somebody may say of two leads that they are one or two. Who called, claimed or
/// opened either earns by it.
pub(super) async fn ask(
    tx: &mut Tx,
    by: &PersonId,
    [one, other]: [&Lead; 2],
    now: WallTime,
) -> Result<()> {
    let earners = all!(
        tx,
        (PersonId,),
        "SELECT person_id FROM calls WHERE lead_id IN ($1, $2) AND person_id IS NOT NULL UNION \
         SELECT person_id FROM claims WHERE lead_id IN ($1, $2) UNION SELECT opener_id FROM claims \
         WHERE lead_id IN ($1, $2) AND opener_id IS NOT NULL",
        &one.id,
        &other.id
    )?;
    let stake = Stake {
        client: one.client_id.clone(),
        earners: earners.into_iter().map(|r| r.0).collect(),
        ..interest::empty()
    };
    let about = format!("lead:{}", one.id);
    interest::ask(tx, Act::ChooseLead, by, &stake, &about, now).await
}

/// Which of two leads can become part of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    /// The second of the first; else why not.
    pub first_stays: std::result::Result<(), &'static str>,
    /// The first of the second; else why not.
    pub second_stays: std::result::Result<(), &'static str>,
}

/// # Errors
/// When the database fails.
pub(super) async fn ways(tx: &mut Tx, first: &Lead, second: &Lead) -> Result<Ways> {
    let way = |found: Result<()>| match found {
        Ok(()) => Ok(Ok(())),
        Err(StoreError::Conflict(why)) => Ok(Err(why)),
        Err(error) => Err(error),
    };
    Ok(Ways {
        first_stays: way(can_become_one(tx, second, first).await)?,
        second_stays: way(can_become_one(tx, first, second).await)?,
    })
}

/// Whether the first can be merged into the second; says why not.
async fn can_become_one(tx: &mut Tx, lead: &Lead, into: &Lead) -> Result<()> {
    if lead.id == into.id {
        return Err(StoreError::Conflict("a lead cannot be merged into itself"));
    }
    if lead.campaign_id != into.campaign_id {
        return Err(StoreError::Conflict(
            "the leads belong to different campaigns: a lead of each stays, it can earn once in \
             each",
        ));
    }
    if leads::merged_into(tx, &lead.id).await?.is_some()
        || leads::merged_into(tx, &into.id).await?.is_some()
    {
        return Err(StoreError::Conflict(
            "one of the two is merged into another lead already: name that one, or split it first",
        ));
    }
    if one!(
        tx,
        (String,),
        "SELECT id FROM lead_merges WHERE into_id = $1 AND split_at IS NULL LIMIT 1",
        &lead.id
    )?
    .is_some()
    {
        return Err(StoreError::Conflict(
            "the lead that would go has taken in others: keep that one, or split those first",
        ));
    }
    match (claimed(tx, &lead.id).await?, claimed(tx, &into.id).await?) {
        (true, true) => Err(StoreError::Conflict(
            "both have been claimed: where they share a number, a manager rules which claim is \
             the duplicate; where they do not, add to both the number that shows it",
        )),
        (true, false) => Err(StoreError::Conflict(
            "the lead that would go has been claimed, and such a lead stays: keep that one",
        )),
        _ => Ok(()),
    }
}

/// Takes a merge back; gives the calls that went back and those that stay because they stand in a
/// claim.
///
/// # Errors
/// [`StoreError::Conflict`] when the lead is not merged into another; [`StoreError::Interest`].
pub async fn split(tx: &mut Tx, by: &Actor, lead: &Lead, now: WallTime) -> Result<(u64, u64)> {
    let Some((merge, into)) = one!(
        tx,
        (String, LeadId),
        "SELECT id, into_id FROM lead_merges WHERE lead_id = $1 AND split_at IS NULL",
        &lead.id
    )?
    else {
        return Err(StoreError::Conflict("this lead is not merged into another"));
    };
    let whole = leads::existing(tx, &into).await?;
    if let Actor::Person(person) = by {
        ask(tx, person, [lead, &whole], now).await?;
    }
    let back = run!(
        tx,
        "UPDATE calls SET lead_id = $1 WHERE lead_id = $2 AND id IN (SELECT call_id FROM \
         lead_merge_calls WHERE merge_id = $3) AND id NOT IN (SELECT call_id FROM claim_calls) \
         AND id NOT IN (SELECT opener_call_id FROM claims WHERE opener_call_id IS NOT NULL)",
        &lead.id,
        &into,
        &merge
    )?;
    let brought = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM lead_merge_calls WHERE merge_id = $1",
        &merge
    )?
    .map_or(0, |r| r.0.unsigned_abs());
    changed_one(
        run!(
            tx,
            "UPDATE lead_merges SET split_at = $2 WHERE id = $1",
            &merge,
            now
        )?,
        "this lead is not merged into another",
    )?;
    let (subject, detail) = (
        format!("lead:{}", lead.id),
        json!({ "calls": back, "kept": brought - back }),
    );
    log::append(tx, by, "lead.split", subject, detail, now).await?;
    put(tx, Subject::LeadSplit, (lead, &whole), now).await?;
    work::follow(tx, by, [&lead.id, &into], now).await?;
    tell(tx);
    Ok((back, brought - back))
}

async fn claimed(tx: &mut Tx, lead: &LeadId) -> Result<bool> {
    Ok(!claims::of_lead(tx, lead).await?.is_empty())
}
