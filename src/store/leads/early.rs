//! What a dialler says of a lead when its call has just ended: often before the call is sealed, and
//! as often as it likes. It is kept by lead and call, and is said of the call once that is there.

use crate::leads::Disposition;
use crate::store::calls::{self, NewDisposition};
use crate::store::leads::{Lead, work};
use crate::store::{Actor, Result, Tx, all, log, new_id, one, run};
use crate::units::{CallId, LeadDispositionId, LeadId, Micros, WallTime};
use serde_json::json;

/// A dialler says it of a call that ended no longer ago.
const SOON: Micros = Micros::from_secs(3600);

/// A dialler's word on a call with a lead.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    pub kind: Disposition,
    /// As the dialler names the call; it may say the same twice.
    pub call: &'a str,
    /// When it calls back, where it says so.
    pub at: Option<WallTime>,
}

/// Keeps a dialler's word on a lead's last call; gives whether it was new. Said again of the same
/// call it changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn say(
    tx: &mut Tx,
    by: &Actor,
    lead: &Lead,
    said: &Said<'_>,
    now: WallTime,
) -> Result<bool> {
    let key = format!("{}|{}", lead.id, said.call);
    let call = unsaid(tx, &lead.id, now).await?;
    let id: LeadDispositionId = new_id();
    let rows = run!(
        tx,
        "INSERT INTO lead_dispositions (id, lead_id, call_id, machine_key, kind, next_at, said_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (machine_key) DO NOTHING",
        &id,
        &lead.id,
        call.as_ref(),
        &key,
        said.kind,
        said.at,
        now
    )?;
    if rows == 0 {
        return Ok(false);
    }
    let detail = json!({ "disposition": said.kind, "call": call });
    let subject = format!("lead:{}", lead.id);
    log::append(tx, by, "lead.disposition", subject, detail, now).await?;
    if let Some(call) = call {
        set(tx, by, &call, (said.kind, said.at), now).await?;
    }
    work::follow(tx, by, [&lead.id], now).await?;
    Ok(true)
}

/// The lead's newest call, if it was just now and nothing is said of it.
async fn unsaid(tx: &mut Tx, lead: &LeadId, now: WallTime) -> Result<Option<CallId>> {
    let newest = one!(
        tx,
        (CallId, Option<String>),
        "SELECT id, disposition FROM calls WHERE lead_id = $1 AND COALESCE(ended_at, started_at) > \
         $2 ORDER BY started_at DESC, id DESC LIMIT 1",
        lead,
        now - SOON
    )?;
    Ok(newest.and_then(|(call, said)| said.is_none().then_some(call)))
}

async fn set(
    tx: &mut Tx,
    by: &Actor,
    call: &CallId,
    (kind, at): (Disposition, Option<WallTime>),
    now: WallTime,
) -> Result<()> {
    let said = NewDisposition {
        kind,
        appointment_at: at,
        appointment_with: None,
    };
    calls::set_disposition(tx, by, call, &said, now).await
}

/// A call of a lead is sealed: what a dialler said of it before is said of it now.
pub(in crate::store) async fn catch_up(
    tx: &mut Tx,
    (call, lead): (&CallId, &LeadId),
    started: WallTime,
    now: WallTime,
) -> Result<()> {
    let early = all!(
        tx,
        (LeadDispositionId, Disposition, Option<WallTime>),
        "SELECT id, kind, next_at FROM lead_dispositions WHERE lead_id = $1 AND call_id IS NULL \
         AND machine_key IS NOT NULL AND said_at >= $2 ORDER BY said_at, id LIMIT 1",
        lead,
        started
    )?;
    for (id, kind, at) in early {
        run!(
            tx,
            "UPDATE lead_dispositions SET call_id = $2 WHERE id = $1",
            &id,
            call
        )?;
        set(tx, &Actor::System, call, (kind, at), now).await?;
    }
    Ok(())
}
