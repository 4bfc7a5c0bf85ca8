//! What a telemarketer says of a lead in one key, and takes back (PRODUCT L6).

use crate::leads::LeadDisposition;
use crate::store::calls::{self, NewDisposition};
use crate::store::events::{Event, Topic};
use crate::store::leads::work::follow;
use crate::store::leads::{Lead, merged_into};
use crate::store::{Result, StoreError, Tx, changed_one, log, new_id, one, run};
use crate::units::{CallId, LeadDispositionId, LeadId, Micros, PersonId, WallTime};
use serde_json::json;

/// What a telemarketer says of a lead.
#[derive(Debug, Clone)]
pub struct NewWord<'a> {
    pub kind: LeadDisposition,
    /// Of a meeting, a call back, or the date on which nurture ends.
    pub at: Option<WallTime>,
    /// Whom that is with; a meeting has somebody.
    pub with: Option<&'a str>,
}

/// A call is what was said of it for so long after it began.
const OF_THE_CALL: Micros = Micros::from_secs(12 * 3600);
/// Nobody plans further ahead.
const FURTHEST: Micros = Micros::from_secs(2 * 366 * 86_400);

fn checked(new: &NewWord<'_>, now: WallTime) -> Result<()> {
    let refused = |text: &str| Err(StoreError::Refused(text.to_owned()));
    match new.at {
        None if new.kind.has_time() => {
            refused("Say when: a meeting, a call back and nurture have a date.")
        }
        Some(_) if !new.kind.has_time() => {
            refused("Only a meeting, a call back and nurture have a date: leave it out.")
        }
        Some(at) if at <= now => refused("That moment is over: choose one to come."),
        Some(at) if at > now + FURTHEST => {
            refused("That is more than two years away: choose a nearer date.")
        }
        _ if new.kind == LeadDisposition::MeetingMade
            && new.with.is_none_or(|w| w.trim().is_empty()) =>
        {
            refused("Say with whom: the meeting is theirs to keep.")
        }
        _ => Ok(()),
    }
}

/// Somebody says what became of a lead: of their last call with it, where nothing is said of that
/// yet, or of the lead itself. Gives what takes it back.
///
/// # Errors
/// [`StoreError::Refused`] for a time that cannot be; a conflict for a lead that is part of
/// another.
pub async fn say(
    tx: &mut Tx,
    by: &PersonId,
    lead: &Lead,
    new: &NewWord<'_>,
    now: WallTime,
) -> Result<LeadDispositionId> {
    checked(new, now)?;
    if merged_into(tx, &lead.id).await?.is_some() {
        return Err(StoreError::Conflict(
            "this lead is merged into another: say it of that one",
        ));
    }
    let call = match new.kind.of_call() {
        Some(_) => unsaid_call(tx, by, &lead.id, now).await?,
        None => None,
    };
    let id: LeadDispositionId = new_id();
    run!(
        tx,
        "INSERT INTO lead_dispositions (id, lead_id, call_id, person_id, kind, next_at, next_with, \
         said_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &id,
        &lead.id,
        call.as_ref(),
        by,
        new.kind,
        new.at,
        new.with,
        now
    )?;
    if let (Some(call), Some(kind)) = (&call, new.kind.of_call()) {
        let said = NewDisposition {
            kind,
            appointment_at: new.at,
            appointment_with: new.with,
        };
        calls::set_disposition(tx, &by.into(), call, &said, now).await?;
    }
    let (subject, detail) = (
        format!("lead:{}", lead.id),
        json!({ "disposition": new.kind }),
    );
    log::append(tx, &by.into(), "lead.disposition", subject, detail, now).await?;
    follow(tx, &by.into(), [&lead.id], now).await?;
    tx.tell(Event::to_person(Topic::Calls, by));
    Ok(id)
}

/// Somebody's newest call with a lead, if it was just now and nothing is said of it.
async fn unsaid_call(
    tx: &mut Tx,
    by: &PersonId,
    lead: &LeadId,
    now: WallTime,
) -> Result<Option<CallId>> {
    let newest = one!(
        tx,
        (CallId, Option<String>),
        "SELECT id, disposition FROM calls WHERE lead_id = $1 AND person_id = $2 AND started_at > \
         $3 ORDER BY started_at DESC, id DESC LIMIT 1",
        lead,
        by,
        now - OF_THE_CALL
    )?;
    Ok(newest.and_then(|(call, said)| said.is_none().then_some(call)))
}

/// What was said may be taken back for so long; the page offers it for ten seconds.
const TAKE_BACK_WITHIN: Micros = Micros::from_secs(600);

/// Takes back what one has said of a lead; what was said before stands again. Nothing is there to
/// take back where it is another's, taken back already, or too long ago.
///
/// # Errors
/// When the database fails.
pub async fn take_back(
    tx: &mut Tx,
    by: &PersonId,
    id: &LeadDispositionId,
    now: WallTime,
) -> Result<Option<LeadId>> {
    let found = one!(
        tx,
        (LeadId, Option<CallId>, WallTime),
        "SELECT lead_id, call_id, said_at FROM lead_dispositions WHERE id = $1 AND person_id = $2 \
         AND taken_back_at IS NULL AND said_at > $3",
        id,
        by,
        now - TAKE_BACK_WITHIN
    )?;
    let Some((lead, call, said_at)) = found else {
        return Ok(None);
    };
    let rows = run!(
        tx,
        "UPDATE lead_dispositions SET taken_back_at = $2 WHERE id = $1 AND taken_back_at IS NULL",
        id,
        now
    )?;
    changed_one(rows, "this is taken back already")?;
    if let Some(call) = call {
        // Unless the phone system has said something else since.
        run!(
            tx,
            "UPDATE calls SET disposition = NULL, disposition_at = NULL, appointment_at = NULL, \
             appointment_with = NULL WHERE id = $1 AND disposition_at = $2",
            &call,
            said_at
        )?;
    }
    let subject = format!("lead:{lead}");
    log::append(
        tx,
        &by.into(),
        "lead.disposition_taken_back",
        subject,
        json!({}),
        now,
    )
    .await?;
    follow(tx, &by.into(), [&lead], now).await?;
    tx.tell(Event::to_person(Topic::Calls, by));
    Ok(Some(lead))
}
