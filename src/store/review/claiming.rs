//! How a claim comes into the queue: what stands in its way, the versions that it is made under,
//! and its change or withdrawal until somebody takes it (PRODUCT I3, I4, R9, R14).

use crate::commission::Plan;
use crate::leads::ClaimedBy;
use crate::review::ClaimState;
use crate::store::commission::opening::{self, Claiming, Opened};
use crate::store::commission::plans;
use crate::store::events::{Event, Topic};
use crate::store::leads::work;
use crate::store::review::checklists;
use crate::store::review::claims::{self, Claim, note, of_lead, tell, wake};
use crate::store::{Result, StoreError, Tx, all_in, leads, log, new_id, one, run};
use crate::units::{CallId, CampaignId, ClaimId, LeadId, PersonId, WallTime};
use crate::webhook::Subject;
use serde_json::json;

/// What a telemarketer claims.
#[derive(Debug, Clone)]
pub struct NewClaim<'a> {
    pub lead: &'a LeadId,
    pub campaign: &'a CampaignId,
    pub person: &'a PersonId,
    pub calls: &'a [CallId],
    pub write_up: &'a str,
    /// The claimant's own answer per criterion, as JSON.
    pub own_answers: &'a str,
    pub by: ClaimedBy,
}

/// Why a claim cannot be made, in words that the claimant reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    #[error("This lead has just been merged into another: reload, and claim that one.")]
    Merged,
    #[error("Your claim C-{0} on this lead is in the queue already.")]
    InQueue(i64),
    #[error(
        "Your dispute of C-{0} is still open: this lead can be claimed again when it is decided."
    )]
    InDispute(i64),
    #[error(
        "C-{0} on this lead is judged already: claiming again needs a conversation that began \
         after you made that claim. If its verdict is wrong, dispute it instead."
    )]
    NeedsNewConversation(i64),
    #[error(
        "A call began after this claim was made: withdraw this claim and make another, which \
         takes its place behind those that are waiting."
    )]
    NewerCall,
    #[error(
        "A call of this claim stands in C-{0} for another lead: one conversation counts for one lead."
    )]
    CallClaimed(i64),
    #[error(
        "The campaign's checklist has no version in force: the heads of marketing and sales sign \
         one first."
    )]
    NoChecklist,
    #[error(
        "The campaign is over, and this call began after its end: calls that began before are \
         still claimed. A manager can reopen it."
    )]
    CampaignOver,
}

/// Who claims what.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub lead: &'a LeadId,
    pub campaign: &'a CampaignId,
    pub person: &'a PersonId,
    pub calls: &'a [CallId],
    /// The claim that is being changed, which does not stand in its own way.
    pub but: Option<&'a ClaimId>,
}

/// What stands in a claim's way now (PRODUCT I3, R9); the caller has made sure of lead and calls.
///
/// # Errors
/// When the database fails.
pub async fn obstacle(tx: &mut Tx, w: &Wanted<'_>, now: WallTime) -> Result<Option<Obstacle>> {
    if leads::merged_into(tx, w.lead).await?.is_some() {
        return Ok(Some(Obstacle::Merged));
    }
    let mut own = of_lead(tx, w.lead).await?;
    own.retain(|c| c.person_id == *w.person && w.but != Some(&c.id));
    if let Some(open) = own.iter().find(|c| c.state.is_undecided()) {
        return Ok(Some(Obstacle::InQueue(open.number)));
    }
    if let Some(last) = own.iter().rfind(|c| c.state == ClaimState::Decided) {
        if in_dispute(tx, &last.id).await? {
            return Ok(Some(Obstacle::InDispute(last.number)));
        }
        if !has_new_conversation(tx, w.calls, last).await? {
            return Ok(Some(Obstacle::NeedsNewConversation(last.number)));
        }
    }
    for call in w.calls {
        if let Some(number) = claimed_for_another(tx, call, w.lead).await? {
            return Ok(Some(Obstacle::CallClaimed(number)));
        }
    }
    let campaign = leads::existing_campaign(tx, w.campaign).await?;
    if let Some(closed_at) = campaign.closed_at
        && !began_before(tx, w.calls, closed_at).await?
    {
        return Ok(Some(Obstacle::CampaignOver));
    }
    let version = checklists::in_force(tx, &campaign.checklist_id, now).await?;
    Ok(version.is_none().then_some(Obstacle::NoChecklist))
}

async fn in_dispute(tx: &mut Tx, claim: &ClaimId) -> Result<bool> {
    Ok(one!(
        tx,
        (String,),
        "SELECT id FROM disputes WHERE claim_id = $1 AND state = 'open'",
        claim
    )?
    .is_some())
}

/// Whether one of these calls began after a claim was made, and nobody has judged it for them.
async fn has_new_conversation(tx: &mut Tx, calls: &[CallId], last: &Claim) -> Result<bool> {
    for call in calls {
        let new = one!(
            tx,
            (String,),
            "SELECT k.id FROM calls k WHERE k.id = $1 AND k.started_at > $2 AND NOT EXISTS (SELECT \
             1 FROM claim_calls x JOIN claims c ON c.id = x.claim_id WHERE x.call_id = k.id AND \
             c.person_id = $3 AND c.state = 'decided')",
            call,
            last.created_at,
            &last.person_id
        )?;
        if new.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether one of these calls began before a moment.
async fn began_before(tx: &mut Tx, calls: &[CallId], moment: WallTime) -> Result<bool> {
    let found = all_in!(
        tx,
        (WallTime,),
        "SELECT started_at FROM calls WHERE id IN (",
        calls,
        ")"
    )?;
    Ok(found.iter().any(|(at,)| *at < moment))
}

/// The number of a claim on another lead in which a call stands.
async fn claimed_for_another(tx: &mut Tx, call: &CallId, lead: &LeadId) -> Result<Option<i64>> {
    Ok(one!(
        tx,
        (i64,),
        "SELECT c.number FROM claim_calls x JOIN claims c ON c.id = x.claim_id WHERE x.call_id = \
         $1 AND c.lead_id <> $2 AND c.state NOT IN ('withdrawn', 'sent_back') ORDER BY c.number \
         LIMIT 1",
        call,
        lead
    )?
    .map(|r| r.0))
}

/// Puts a claim into the queue, under the checklist and the plan in force now (PRODUCT I4).
///
/// # Errors
/// [`StoreError::Refused`] with what stands in its way.
pub async fn add(tx: &mut Tx, claim: &NewClaim<'_>, now: WallTime) -> Result<ClaimId> {
    let wanted = Wanted {
        lead: claim.lead,
        campaign: claim.campaign,
        person: claim.person,
        calls: claim.calls,
        but: None,
    };
    if let Some(why) = obstacle(tx, &wanted, now).await? {
        return Err(StoreError::Refused(why.to_string()));
    }
    let campaign = leads::existing_campaign(tx, claim.campaign).await?;
    let version = checklists::in_force(tx, &campaign.checklist_id, now).await?;
    let plan = plans::in_force(tx, claim.campaign, now).await?;
    let id: ClaimId = new_id();
    let number = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(number), 1000) + 1 FROM claims"
    )?
    .map_or(1001, |r| r.0);
    let place = place_of(tx, claim, number).await?;
    let opened = opened(tx, claim, plan.as_ref(), now).await?;
    run!(
        tx,
        "INSERT INTO claims (id, number, lead_id, campaign_id, person_id, write_up, own_answers, \
         state, created_at, checklist_version_id, plan_id, place, opener_id, opener_call_id, \
         came_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, $11, $12, $13, $14)",
        &id,
        number,
        claim.lead,
        claim.campaign,
        claim.person,
        claim.write_up,
        claim.own_answers,
        now,
        version.as_ref().map(|v| &v.id),
        plan.map(|p| p.id),
        place,
        opened.as_ref().map(|o| &o.person),
        opened.as_ref().map(|o| &o.call),
        claim.by
    )?;
    set_calls(tx, &id, claim.calls).await?;
    drop_drafts(tx, claim.person, claim.calls).await?;
    let by_phone = claim.by != ClaimedBy::Page;
    let mut detail = json!({ "calls": claim.calls });
    if let Some(version) = &version {
        detail["checklist_version"] = json!(version.id);
    }
    if by_phone {
        detail["by"] = json!(claim.by);
    }
    if let Some(opened) = &opened {
        detail["opener"] = json!({ "person": opened.person, "call": opened.call });
    }
    note(tx, claim.person, "claim.made", &id, detail, now).await?;
    work::follow(tx, &claim.person.into(), [claim.lead], now).await?;
    let made = claims::existing(tx, &id).await?;
    let more = json!({ "calls": claim.calls, "by_phone": by_phone });
    claims::put_message(tx, Subject::ClaimMade, &made, more, now).await?;
    tx.tell(Event::queue());
    tx.tell(Event::to_person(Topic::Claims, claim.person));
    Ok(id)
}

/// Who else opened the lead, by what is recorded now: kept on the claim for good.
async fn opened(
    tx: &mut Tx,
    claim: &NewClaim<'_>,
    plan: Option<&Plan>,
    now: WallTime,
) -> Result<Option<Opened>> {
    let Some(plan) = plan else {
        return Ok(None);
    };
    let claiming = Claiming {
        lead: claim.lead,
        campaign: claim.campaign,
        claimant: claim.person,
    };
    opening::opened(tx, plan, &claiming, now).await
}

/// A claim's place among those on its lead: its number, or that of the person's claim before it
/// that was sent back, which costs nobody anything.
async fn place_of(tx: &mut Tx, claim: &NewClaim<'_>, number: i64) -> Result<i64> {
    let own = of_lead(tx, claim.lead).await?;
    let last = own.iter().rfind(|c| c.person_id == *claim.person);
    let sent_back = last.filter(|c| c.state == ClaimState::SentBack);
    Ok(sent_back.map_or(number, |c| c.place))
}

/// A claim said on the phone could not be made: the call is kept, and the log says why.
///
/// # Errors
/// When the database fails.
pub async fn note_not_made(
    tx: &mut Tx,
    person: &PersonId,
    call: &CallId,
    why: &str,
    now: WallTime,
) -> Result<()> {
    let (subject, detail) = (format!("call:{call}"), json!({ "why": why }));
    log::append(tx, &person.into(), "claim.not_made", subject, detail, now).await
}

async fn set_calls(tx: &mut Tx, claim: &ClaimId, calls: &[CallId]) -> Result<()> {
    for call in calls {
        run!(
            tx,
            "INSERT INTO claim_calls (claim_id, call_id) VALUES ($1, $2)",
            claim,
            call
        )?;
    }
    Ok(())
}

async fn drop_drafts(tx: &mut Tx, person: &PersonId, calls: &[CallId]) -> Result<()> {
    for call in calls {
        run!(
            tx,
            "DELETE FROM claim_drafts WHERE person_id = $1 AND call_id = $2",
            person,
            call
        )?;
    }
    Ok(())
}

/// What a claimant says anew.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    pub calls: &'a [CallId],
    pub write_up: &'a str,
    /// The claimant's own answer per criterion, as JSON.
    pub own_answers: &'a str,
}

const TAKEN: &str =
    "somebody has taken this claim: it can be changed no more, its verdict comes next";

/// Why a claim that is not open cannot be changed any more, by the state that it is in now.
async fn no_longer_open(tx: &mut Tx, claim: &ClaimId) -> Result<StoreError> {
    let state = claims::existing(tx, claim).await?.state;
    Ok(StoreError::Conflict(match state {
        ClaimState::Decided => "this claim is decided: it can be changed or withdrawn no more",
        ClaimState::Withdrawn => "this claim is withdrawn already: claim the lead again instead",
        ClaimState::SentBack => "this claim was sent back: claim the lead again instead",
        ClaimState::Open | ClaimState::InReview | ClaimState::Held => TAKEN,
    }))
}

/// The claimant changes a claim that nobody has taken (PRODUCT R14). Its place in the queue, and
/// the versions that it was made under, stay.
///
/// # Errors
/// [`StoreError::Conflict`] once somebody has it.
pub async fn change(tx: &mut Tx, claim: &Claim, c: &Change<'_>, now: WallTime) -> Result<()> {
    let wanted = Wanted {
        lead: &claim.lead_id,
        campaign: &claim.campaign_id,
        person: &claim.person_id,
        calls: c.calls,
        but: Some(&claim.id),
    };
    if let Some(why) = obstacle(tx, &wanted, now).await? {
        return Err(StoreError::Refused(why.to_string()));
    }
    for call in c.calls {
        let newer = one!(
            tx,
            (String,),
            "SELECT id FROM calls WHERE id = $1 AND started_at > $2",
            call,
            claim.created_at
        )?;
        if newer.is_some() {
            return Err(StoreError::Refused(Obstacle::NewerCall.to_string()));
        }
    }
    let rows = run!(
        tx,
        "UPDATE claims SET write_up = $2, own_answers = $3, words_version = words_version + 1 WHERE id = \
         $1 AND state = 'open'",
        &claim.id,
        c.write_up,
        c.own_answers
    )?;
    if rows != 1 {
        return Err(no_longer_open(tx, &claim.id).await?);
    }
    run!(tx, "DELETE FROM claim_calls WHERE claim_id = $1", &claim.id)?;
    set_calls(tx, &claim.id, c.calls).await?;
    drop_drafts(tx, &claim.person_id, c.calls).await?;
    let (by, detail) = (&claim.person_id, json!({ "calls": c.calls }));
    note(tx, by, "claim.changed", &claim.id, detail, now).await?;
    tell(tx, claim);
    Ok(())
}

/// The claimant takes a claim out of the queue that nobody has taken.
///
/// # Errors
/// [`StoreError::Conflict`] once somebody has it.
pub async fn withdraw(tx: &mut Tx, claim: &Claim, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET state = 'withdrawn' WHERE id = $1 AND state = 'open'",
        &claim.id
    )?;
    if rows != 1 {
        return Err(no_longer_open(tx, &claim.id).await?);
    }
    wake(tx, claim, now).await?;
    let by = &claim.person_id;
    note(tx, by, "claim.withdrawn", &claim.id, json!({}), now).await?;
    work::follow(tx, &by.into(), [&claim.lead_id], now).await?;
    claims::put_message(tx, Subject::ClaimWithdrawn, claim, json!({}), now).await?;
    tell(tx, claim);
    Ok(())
}

/// What a claimant has written and not claimed yet.
pub async fn draft(tx: &mut Tx, person: &PersonId, call: &CallId) -> Result<Option<String>> {
    Ok(one!(
        tx,
        (String,),
        "SELECT body FROM claim_drafts WHERE person_id = $1 AND call_id = $2",
        person,
        call
    )?
    .map(|r| r.0))
}

/// Keeps what a claimant has written so far.
pub async fn keep_draft(
    tx: &mut Tx,
    person: &PersonId,
    call: &CallId,
    body: &str,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "INSERT INTO claim_drafts (person_id, call_id, body, saved_at) VALUES ($1, $2, $3, $4) ON \
         CONFLICT (person_id, call_id) DO UPDATE SET body = excluded.body, saved_at = \
         excluded.saved_at",
        person,
        call,
        body,
        now
    )?;
    Ok(())
}
