//! What the coverage report is made of: our calls of a period, and the phone system's records.

use crate::pii::Pii;
use crate::report::coverage::{Record, Seen};
use crate::store::{Actor, Result, Tx, all, log, new_id, one, run};
use crate::units::{CallId, CoverageNoteId, PersonId, WallTime};
use serde::Deserialize;
use serde_json::json;
use sqlx::FromRow;
use std::collections::HashMap;

#[derive(FromRow)]
struct Row {
    id: CallId,
    facts: String,
    started_at: WallTime,
    answered_at: Option<WallTime>,
    ended_at: Option<WallTime>,
    outcome: String,
    recorded: i64,
}

/// What is asked of a call's facts here; the rest is read over.
#[derive(Deserialize)]
struct Told {
    call_ids: Vec<String>,
    from: Side,
    to: Side,
}

#[derive(Deserialize)]
struct Side {
    number: Option<Pii<String>>,
}

/// Calls that began in a period, oldest first, with the reasons of their gaps; also the line of
/// each.
pub async fn calls(tx: &mut Tx, from: WallTime, to: WallTime) -> Result<Vec<Seen>> {
    let rows = all!(
        tx,
        Row,
        "SELECT c.id, c.facts, c.started_at, c.answered_at, c.ended_at, c.outcome, (SELECT \
         COUNT(*) FROM recordings r WHERE r.call_id = c.id) AS recorded FROM calls c WHERE \
         c.started_at >= $1 AND c.started_at < $2 ORDER BY c.started_at",
        from,
        to
    )?;
    let gaps = all!(
        tx,
        (CallId, String),
        "SELECT g.call_id, g.reason FROM gaps g JOIN calls c ON c.id = g.call_id WHERE \
         c.started_at >= $1 AND c.started_at < $2 ORDER BY g.call_id, g.from_ms",
        from,
        to
    )?;
    let mut reasons: HashMap<CallId, Vec<String>> = HashMap::new();
    for (call, reason) in gaps {
        reasons.entry(call).or_default().push(reason);
    }
    let seen = rows.into_iter().map(|row| {
        let told: Told = serde_json::from_str(&row.facts)?;
        let number = |side: Side| side.number.map(Pii::into_inner);
        Ok(Seen {
            gaps: reasons.remove(&row.id).unwrap_or_default(),
            call_ids: told.call_ids,
            from: number(told.from),
            to: number(told.to),
            started_at: row.started_at,
            answered_at: row.answered_at,
            ended_at: row.ended_at,
            outcome: row.outcome,
            recorded: row.recorded > 0,
            id: row.id.to_string(),
        })
    });
    seen.collect()
}

/// Takes in the phone system's records; those that are there already are left. Gives how many are
/// new. `unreadable` lines were left out before.
///
/// # Errors
/// When the database fails.
pub async fn import_records(
    tx: &mut Tx,
    by: &Actor,
    records: &[Record],
    unreadable: usize,
    now: WallTime,
) -> Result<usize> {
    let mut new = 0;
    for r in records {
        new += run!(
            tx,
            "INSERT INTO cdrs (id, call_id, caller, callee, started_at, answered_at, ended_at, \
             imported_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
            &r.id,
            r.call_id.as_ref(),
            &r.from,
            &r.to,
            r.started_at,
            r.answered_at,
            r.ended_at,
            now
        )?;
    }
    let detail = json!({ "records": records.len(), "new": new, "unreadable": unreadable });
    log::append(tx, by, "cdrs.imported", "cdrs".to_owned(), detail, now).await?;
    Ok(usize::try_from(new).unwrap_or(usize::MAX))
}

/// The phone system's records of calls that began in a period, oldest first.
pub async fn records(tx: &mut Tx, from: WallTime, to: WallTime) -> Result<Vec<Record>> {
    type Columns = (
        String,
        Option<String>,
        String,
        String,
        WallTime,
        Option<WallTime>,
        Option<WallTime>,
    );
    let rows = all!(
        tx,
        Columns,
        "SELECT id, call_id, caller, callee, started_at, answered_at, ended_at FROM cdrs WHERE \
         started_at >= $1 AND started_at < $2 ORDER BY started_at",
        from,
        to
    )?;
    let record = |(id, call_id, from, to, started_at, answered_at, ended_at): Columns| Record {
        id,
        call_id,
        from,
        to,
        started_at,
        answered_at,
        ended_at,
    };
    Ok(rows.into_iter().map(record).collect())
}

/// What somebody found out about a difference.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Note {
    /// Null: it is about a record alone.
    pub call_id: Option<CallId>,
    /// Of the phone system's record.
    pub cdr_id: Option<String>,
    /// By name.
    pub said_by: Pii<String>,
    pub text: Pii<String>,
    pub at: WallTime,
}

/// Notes on calls and records that began in a period, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn notes(tx: &mut Tx, from: WallTime, to: WallTime) -> Result<Vec<Note>> {
    Ok(all!(
        tx,
        Note,
        "SELECT n.call_id, n.cdr_id, h.name AS said_by, n.text, n.at FROM coverage_notes n JOIN \
         people h ON h.id = n.person_id LEFT JOIN calls c ON c.id = n.call_id LEFT JOIN cdrs d ON \
         d.id = n.cdr_id WHERE COALESCE(d.started_at, c.started_at) >= $1 AND \
         COALESCE(d.started_at, c.started_at) < $2 ORDER BY n.at, n.id",
        from,
        to
    )?)
}

/// A record of the phone system, by its id.
///
/// # Errors
/// When the database fails.
pub async fn record(tx: &mut Tx, id: &str) -> Result<Option<(String, String, WallTime)>> {
    Ok(one!(
        tx,
        (String, String, WallTime),
        "SELECT caller, callee, started_at FROM cdrs WHERE id = $1",
        id
    )?)
}

/// Writes down what somebody found out about a call, a record of the phone system, or both. It
/// stays as it was written.
///
/// # Errors
/// When the database fails, and when neither is there.
pub async fn note(
    tx: &mut Tx,
    by: &PersonId,
    (call, record): (Option<&CallId>, Option<&str>),
    text: &str,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "INSERT INTO coverage_notes (id, call_id, cdr_id, person_id, text, at) VALUES ($1, $2, $3, \
         $4, $5, $6)",
        new_id::<CoverageNoteId>(),
        call,
        record,
        by,
        text,
        now
    )?;
    let subject = match (call, record) {
        (Some(call), _) => format!("call:{call}"),
        (None, record) => format!("cdr:{}", record.unwrap_or_default()),
    };
    let detail = json!({ "record": record });
    log::append(tx, &Actor::from(by), "coverage.noted", subject, detail, now).await
}
