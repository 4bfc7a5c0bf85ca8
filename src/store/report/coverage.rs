//! What the coverage report is made of: our calls of a period, and the phone system's records.

use crate::call::CallFacts;
use crate::report::coverage::{Record, Seen};
use crate::store::{Actor, Result, Tx, all, log, run};
use crate::units::{CallId, WallTime};
use serde_json::json;
use sqlx::FromRow;
use std::collections::HashMap;

#[derive(FromRow)]
struct Row {
    id: CallId,
    facts: String,
    outcome: String,
    recorded: i64,
}

/// Calls that began in a period, oldest first, with the reasons of their gaps; also the line of
/// each.
pub async fn calls(tx: &mut Tx, from: WallTime, to: WallTime) -> Result<Vec<Seen>> {
    let rows = all!(
        tx,
        Row,
        "SELECT c.id, c.facts, c.outcome, (SELECT COUNT(*) FROM recordings r WHERE r.call_id = \
         c.id) AS recorded FROM calls c WHERE c.started_at >= $1 AND c.started_at < $2 ORDER BY \
         c.started_at",
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
        let facts: CallFacts = serde_json::from_str(&row.facts)?;
        let number = |p: &crate::call::Party| p.number.as_ref().map(|n| n.reveal().clone());
        Ok(Seen {
            gaps: reasons.remove(&row.id).unwrap_or_default(),
            call_ids: facts.call_ids.clone(),
            from: number(&facts.from),
            to: number(&facts.to),
            started_at: facts.started_at,
            answered_at: facts.answered_at,
            ended_at: facts.ended_at,
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
