//! Who opened a lead (PRODUCT M1): read from recorded calls as they stand when somebody claims it,
//! and kept on the claim. What becomes of calls, lines and plans later changes nothing of it.

use crate::commission::{Conversation, Plan};
use crate::identity::Role;
use crate::pii::Pii;
use crate::store::leads::same;
use crate::store::review::sheet::SpeechSpan;
use crate::store::{Result, Tx, all, all_in};
use crate::units::{CallId, CampaignId, LeadId, PersonId, Spans, WallTime};
use sqlx::FromRow;
use std::collections::BTreeMap;

/// Whoever opened a lead, and by which call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub person: PersonId,
    pub name: Pii<String>,
    pub call: CallId,
    /// When that call was answered.
    pub at: WallTime,
    /// Their share of what the lead earns, in whole percent.
    pub percent: i64,
}

/// Who claims what.
#[derive(Debug, Clone, Copy)]
pub struct Claiming<'a> {
    pub lead: &'a LeadId,
    pub campaign: &'a CampaignId,
    pub claimant: &'a PersonId,
}

/// Conversations of one lead that are looked at, oldest first.
const LOOKED_AT: i64 = 1_000;

#[derive(FromRow)]
struct Row {
    id: CallId,
    person_id: PersonId,
    name: Pii<String>,
    role: Role,
    answered_at: WallTime,
    ended_at: WallTime,
    /// Of the recording, from which speech is counted.
    starts_at: WallTime,
}

/// Who has a share in a lead if it is claimed now, under a plan; none: nobody, or no share is
/// stated.
///
/// # Errors
/// When the database fails, or a call's speech does not read.
pub async fn opened(
    tx: &mut Tx,
    plan: &Plan,
    claiming: &Claiming<'_>,
    now: WallTime,
) -> Result<Option<Opened>> {
    let Some(split) = plan.terms.split else {
        return Ok(None);
    };
    let mut rows = Vec::new();
    for lead in same::leads(tx, claiming.lead, now).await? {
        let when = (split.since(now), now);
        rows.extend(conversations(tx, claiming.campaign, &lead, when).await?);
    }
    let mut speech = speech(tx, &rows).await?;
    let all: Vec<Conversation> = rows
        .iter()
        .map(|row| Conversation {
            call: row.id.clone(),
            person: row.person_id.clone(),
            telemarketer: row.role == Role::Telemarketer,
            answered_at: row.answered_at,
            ended_at: row.ended_at,
            speech: since_answered(row, speech.remove(&row.id).unwrap_or_default()),
        })
        .collect();
    let first = split.opener(&all, claiming.claimant, now);
    let row = first.and_then(|first| rows.into_iter().find(|row| row.id == first.call));
    Ok(row.map(|row| Opened {
        person: row.person_id,
        name: row.name,
        call: row.id,
        at: row.answered_at,
        percent: split.opener_percent,
    }))
}

/// Answered, recorded calls of a lead. One whose lead somebody chose by hand does not count: who
/// opened a lead is never said by anybody.
async fn conversations(
    tx: &mut Tx,
    campaign: &CampaignId,
    lead: &LeadId,
    (since, until): (WallTime, WallTime),
) -> Result<Vec<Row>> {
    Ok(all!(
        tx,
        Row,
        "SELECT k.id, k.person_id, h.name, h.role, k.answered_at, k.ended_at, r.starts_at FROM \
         calls k JOIN recordings r ON r.call_id = k.id JOIN people h ON h.id = k.person_id JOIN \
         leads l ON l.id = k.lead_id AND l.campaign_id = $1 WHERE k.lead_id = $2 AND k.outcome = \
         'answered' AND k.lead_by <> 'choice' AND k.answered_at >= $3 AND k.ended_at <= $4 ORDER \
         BY k.answered_at, k.id LIMIT $5",
        campaign,
        lead,
        since,
        until,
        LOOKED_AT
    )?)
}

/// The speech of these calls, lane by lane, in milliseconds from each recording's start.
async fn speech(tx: &mut Tx, rows: &[Row]) -> Result<BTreeMap<CallId, Vec<Vec<SpeechSpan>>>> {
    let mut by_call: BTreeMap<CallId, Vec<Vec<SpeechSpan>>> = BTreeMap::new();
    if rows.is_empty() {
        return Ok(by_call);
    }
    let found = all_in!(
        tx,
        (CallId, String),
        "SELECT call_id, speech FROM lanes WHERE call_id IN (",
        rows.iter().map(|row| &row.id),
        ")"
    )?;
    for (call, spans) in found {
        let lanes = by_call.entry(call).or_default();
        lanes.push(serde_json::from_str(&spans)?);
    }
    Ok(by_call)
}

/// What was said after the call was answered: an announcement before that is nobody's talk.
fn since_answered(row: &Row, lanes: Vec<Vec<SpeechSpan>>) -> Vec<Spans> {
    let from = (row.answered_at.micros() - row.starts_at.micros()) / 1_000;
    let answered = Spans::of([(u64::try_from(from).unwrap_or(0), u64::MAX)]);
    let spoken = |lane: Vec<SpeechSpan>| {
        Spans::of(lane.iter().map(|s| (s.from_ms, s.to_ms))).intersection(&answered)
    };
    lanes.into_iter().map(spoken).collect()
}
