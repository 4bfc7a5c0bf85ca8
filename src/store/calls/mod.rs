//! Calls, their recordings, lanes and gaps.

pub mod comments;
pub mod listens;
pub mod lists;
mod sealed;

pub use sealed::{Unheard, claim_by_machine, insert, is_sealed, replace_recording, unheard};

use crate::archive::AudioFormat;
use crate::call::{CallFacts, Direction, Outcome, Side};
use crate::leads::{Disposition, FoundBy};
use crate::media::GapReason;
use crate::pii::Pii;
use crate::review::{Act, Stake};
use crate::store::events::{Event, Topic};
use crate::store::leads::{self, work};
use crate::store::review::interest;
use crate::store::{Actor, Flag, Result, StoreError, Tx, all, all_in, changed_one, log, one, run};
use crate::units::{CallId, CampaignId, ClaimId, ClientId, LeadId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;
use std::collections::HashMap;

/// A call as lists and pages show it.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Call {
    pub id: CallId,
    pub started_at: WallTime,
    /// Null: nobody answered, or the answer was not seen.
    pub answered_at: Option<WallTime>,
    /// Null: the end is not known.
    pub ended_at: Option<WallTime>,
    pub outcome: Outcome,
    /// Seen from the lines that were known then; null: neither end was one.
    pub direction: Option<Direction>,
    /// The run that recorded it ended before the call did.
    #[sqlx(try_from = "Flag")]
    pub recovered: bool,
    /// Our side's number; null where none was seen.
    pub line: Option<Pii<String>>,
    /// Whose line it was; null: nobody's yet.
    pub person_id: Option<PersonId>,
    /// On whose behalf it was; null with the person.
    pub client_id: Option<ClientId>,
    /// The other side as dialled; null: withheld.
    pub prospect_number: Option<Pii<String>>,
    /// As the other side's name is signalled; null: it is not.
    pub prospect_name: Option<Pii<String>>,
    /// Null: none, or several fit.
    pub lead_id: Option<LeadId>,
    /// How the lead was found; null with it.
    pub lead_by: Option<FoundBy>,
    /// The lead's; null without one.
    pub company: Option<Pii<String>>,
    /// The lead's; null without one, and where it names nobody.
    pub contact: Option<Pii<String>>,
    /// The lead's; null without one.
    pub campaign_id: Option<CampaignId>,
    /// What the telemarketer says became of it; null: nothing yet.
    pub disposition: Option<Disposition>,
    /// Of a meeting or a call back; null: neither, or its time was not given.
    pub appointment_at: Option<WallTime>,
    /// Null: nobody was named.
    pub appointment_with: Option<Pii<String>>,
    /// Length of the recording; null: there is none.
    pub duration_ms: Option<i64>,
    /// How many gaps the recording has.
    pub gaps: i64,
}

pub(in crate::store) const CALL: &str =
    "SELECT c.id, c.started_at, c.answered_at, c.ended_at, c.outcome, c.direction, \
    c.recovered, c.line, c.person_id, c.client_id, c.prospect_number, c.prospect_name,
    c.lead_id, c.lead_by, l.company, l.contact, l.campaign_id, c.disposition, c.appointment_at, \
    c.appointment_with, r.duration_ms, (SELECT COUNT(*) FROM gaps g WHERE g.call_id = c.id) AS \
    gaps
  FROM calls c LEFT JOIN leads l ON l.id = c.lead_id LEFT JOIN recordings r ON r.call_id = c.id";

/// What is stored of a recording.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct StoredRecording {
    pub call_id: CallId,
    /// The object's name in the data folder.
    pub path: String,
    /// The picture's object.
    pub peaks: String,
    /// What could not be decoded, kept as it came.
    pub raw: Option<String>,
    pub format: AudioFormat,
    /// In hertz.
    pub sample_rate: i64,
    pub duration_ms: i64,
    pub starts_at: WallTime,
    /// Of the bytes as stored.
    pub sha256: String,
    /// Length of the object.
    pub bytes: i64,
}

/// A call, as soon as it is sealed.
pub async fn by_id(tx: &mut Tx, id: &CallId) -> Result<Option<Call>> {
    Ok(one!(
        tx,
        Call,
        sqlx::AssertSqlSafe(format!("{CALL} WHERE c.id = $1")),
        id
    )?)
}

/// A telemarketer's own calls, newest first, before a moment.
pub async fn of_person(
    tx: &mut Tx,
    person: &PersonId,
    before: WallTime,
    limit: i64,
) -> Result<Vec<Call>> {
    let sql = format!(
        "{CALL} WHERE c.person_id = $1 AND c.started_at < $2 ORDER BY c.started_at DESC LIMIT $3"
    );
    Ok(all!(
        tx,
        Call,
        sqlx::AssertSqlSafe(sql),
        person,
        before,
        limit
    )?)
}

/// A lead's calls, oldest first; those that fit several leads are not among them.
pub async fn of_lead(tx: &mut Tx, lead: &LeadId) -> Result<Vec<Call>> {
    Ok(all!(
        tx,
        Call,
        sqlx::AssertSqlSafe(format!("{CALL} WHERE c.lead_id = $1 ORDER BY c.started_at")),
        lead
    )?)
}

/// The calls on which a claim rests, oldest first.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<Call>> {
    let sql = format!(
        "{CALL} JOIN claim_calls cc ON cc.call_id = c.id WHERE cc.claim_id = $1 ORDER BY \
         c.started_at"
    );
    Ok(all!(tx, Call, sqlx::AssertSqlSafe(sql), claim)?)
}

/// A lead that a call could belong to.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Candidate {
    pub call_id: CallId,
    pub id: LeadId,
    pub company: Pii<String>,
    pub campaign: String,
}

/// Leads that each of some calls could belong to, where that is not decided.
///
/// # Errors
/// When the database fails.
pub async fn candidates(tx: &mut Tx, calls: &[CallId]) -> Result<HashMap<CallId, Vec<Candidate>>> {
    let mut found: HashMap<CallId, Vec<Candidate>> = HashMap::new();
    if calls.is_empty() {
        return Ok(found);
    }
    let rows = all_in!(
        tx,
        Candidate,
        "SELECT c.call_id, l.id, l.company, k.name AS campaign FROM call_lead_candidates c JOIN \
         leads l ON l.id = c.lead_id JOIN campaigns k ON k.id = l.campaign_id WHERE c.call_id IN (",
        calls,
        ") ORDER BY l.company, l.id"
    )?;
    for candidate in rows {
        let of_call = found.entry(candidate.call_id.clone()).or_default();
        of_call.push(candidate);
    }
    Ok(found)
}

/// A call's recording; none where nothing of it was recorded.
pub async fn recording(tx: &mut Tx, call: &CallId) -> Result<Option<StoredRecording>> {
    Ok(one!(
        tx,
        StoredRecording,
        "SELECT call_id, path, peaks, raw, format, sample_rate, duration_ms, starts_at, sha256, \
         bytes FROM recordings WHERE call_id = $1",
        call
    )?)
}

/// A lane of a recording.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct StoredLane {
    /// 0 is left.
    pub lane: i64,
    pub side: Side,
    /// Arrival statistics, a JSON object.
    pub stats: String,
    /// Speech spans, a JSON array.
    pub speech: String,
}

/// A recording's lanes, left first.
pub async fn lanes(tx: &mut Tx, call: &CallId) -> Result<Vec<StoredLane>> {
    Ok(all!(
        tx,
        StoredLane,
        "SELECT lane, side, stats, speech FROM lanes WHERE call_id = $1 ORDER BY lane",
        call
    )?)
}

/// A time range of a lane that is missing.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct StoredGap {
    pub lane: i64,
    pub from_ms: i64,
    pub to_ms: i64,
    pub reason: GapReason,
}

/// A recording's gaps in the order of time.
pub async fn gaps(tx: &mut Tx, call: &CallId) -> Result<Vec<StoredGap>> {
    Ok(all!(
        tx,
        StoredGap,
        "SELECT lane, from_ms, to_ms, reason FROM gaps WHERE call_id = $1 ORDER BY from_ms, lane",
        call
    )?)
}

/// The facts that the recorder gathered, holds among them.
pub async fn facts(tx: &mut Tx, call: &CallId) -> Result<Option<CallFacts>> {
    let row = one!(tx, (String,), "SELECT facts FROM calls WHERE id = $1", call)?;
    row.map(|(text,)| Ok(serde_json::from_str(&text)?))
        .transpose()
}

/// Whether a person may hear a call through something that is on their desk now, or that they have
/// judged. Who put it back, or took a verdict back and put it back, hears it no more.
pub async fn heard_through_review(
    tx: &mut Tx,
    call: &CallId,
    reviewer: &PersonId,
    now: WallTime,
) -> Result<bool> {
    Ok(one!(
        tx,
        (i64,),
        "SELECT CAST(1 AS BIGINT) FROM claim_calls x JOIN claims c ON c.id = x.claim_id WHERE \
         x.call_id = $1 AND ((c.locked_by = $2 AND (c.state = 'held' OR c.locked_until >= $3)) OR \
         EXISTS (SELECT 1 FROM verdicts v WHERE v.claim_id = c.id AND v.reviewer_id = $2 AND \
         v.state <> 'taken_back'))
         UNION SELECT CAST(1 AS BIGINT) FROM second_review_calls x JOIN second_reviews o ON o.id = \
         x.second_review_id WHERE x.call_id = $1 AND (o.reviewer_id = $2 OR (o.locked_by = $2 AND \
         o.locked_until >= $3)) LIMIT 1",
        call,
        reviewer,
        now
    )?
    .is_some())
}

/// What the telemarketer says became of a call (PRODUCT L6).
#[derive(Debug, Clone)]
pub struct NewDisposition<'a> {
    pub kind: Disposition,
    /// When the meeting or the call back is to be.
    pub appointment_at: Option<WallTime>,
    /// `None`: nobody was named.
    pub appointment_with: Option<&'a str>,
}

/// Sets a call's disposition; the newest stands.
///
/// # Errors
/// A conflict when there is no such call.
pub async fn set_disposition(
    tx: &mut Tx,
    by: &Actor,
    call: &CallId,
    d: &NewDisposition<'_>,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE calls SET disposition = $2, disposition_at = $3, appointment_at = $4, \
         appointment_with = $5 WHERE id = $1",
        call,
        d.kind,
        now,
        d.appointment_at,
        d.appointment_with
    )?;
    changed_one(rows, "there is no such call")?;
    let (subject, detail) = (format!("call:{call}"), json!({ "disposition": d.kind }));
    log::append(tx, by, "call.disposition", subject, detail, now).await?;
    let leads = work::of_calls(tx, std::slice::from_ref(call)).await?;
    work::follow(tx, by, &leads, now).await
}

/// Which of these calls stand in a claim, or opened the lead of one, so that their lead is settled.
///
/// # Errors
/// When the database fails.
pub async fn claimed(tx: &mut Tx, calls: &[CallId]) -> Result<Vec<CallId>> {
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    let rows = all_in!(
        tx,
        (CallId,),
        "SELECT DISTINCT x.call_id FROM claim_calls x JOIN claims c ON c.id = x.claim_id WHERE \
         c.state NOT IN ('withdrawn', 'sent_back') AND x.call_id IN (",
        calls,
        ")"
    )?;
    let opening = all_in!(
        tx,
        (CallId,),
        "SELECT DISTINCT opener_call_id FROM claims WHERE state NOT IN ('withdrawn', 'sent_back') \
         AND opener_call_id IN (",
        calls,
        ")"
    )?;
    let mut found: Vec<CallId> = rows.into_iter().chain(opening).map(|r| r.0).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Settles which lead a call belongs to, or sets it right, until the call is claimed.
///
/// # Errors
/// A conflict when there is no such call, or it is claimed; [`StoreError::Interest`] where a
/// manager has one in the telemarketer's.
pub async fn set_lead(
    tx: &mut Tx,
    by: &PersonId,
    call: &CallId,
    lead: &LeadId,
    now: WallTime,
) -> Result<()> {
    let row = by_id(tx, call)
        .await?
        .ok_or(StoreError::Conflict("there is no such call"))?;
    if row.person_id.as_ref() != Some(by)
        && let Some(client) = &row.client_id
    {
        let stake = Stake {
            client: client.clone(),
            earners: row.person_id.iter().cloned().collect(),
            ..interest::empty()
        };
        let about = format!("call:{call}");
        interest::ask(tx, Act::ChooseLead, by, &stake, &about, now).await?;
    }
    if leads::merged_into(tx, lead).await?.is_some() {
        return Err(StoreError::Conflict(
            "this lead is merged into another: choose that one",
        ));
    }
    if !claimed(tx, std::slice::from_ref(call)).await?.is_empty() {
        return Err(StoreError::Conflict(
            "this call is claimed, so its lead stays: withdraw the claim first, while nobody has \
             taken it",
        ));
    }
    let rows = run!(
        tx,
        "UPDATE calls SET lead_id = $2, lead_by = 'choice' WHERE id = $1",
        call,
        lead
    )?;
    changed_one(rows, "there is no such call")?;
    let (subject, detail) = (format!("call:{call}"), json!({ "lead": lead }));
    log::append(tx, &by.into(), "call.lead_chosen", subject, detail, now).await?;
    let leads = row.lead_id.iter().chain([lead]);
    work::follow(tx, &by.into(), leads, now).await?;
    tx.tell(Event::to_person(Topic::Calls, by));
    Ok(())
}

/// Every recording, for the check of files against rows.
pub async fn all_recordings(tx: &mut Tx) -> Result<Vec<StoredRecording>> {
    Ok(all!(
        tx,
        StoredRecording,
        "SELECT call_id, path, peaks, raw, format, sample_rate, duration_ms, starts_at, sha256, \
         bytes FROM recordings ORDER BY starts_at"
    )?)
}
