//! Who has listened to what, how and from where (PRODUCT I7): one line in the log for a person, a
//! recording, a way of asking, a session and a quarter of an hour, before the first byte leaves.

pub use crate::identity::listening::Way;
use crate::store::{Actor, Result, Tx, log, one, run};
use crate::units::{CallId, WallTime};
use serde_json::json;

/// A listen.
#[derive(Debug, Clone, Copy)]
pub struct Listen<'a> {
    pub call: &'a CallId,
    pub way: Way,
    /// A session, a share, or `-` for a command.
    pub session: &'a str,
    /// From where; `box` for a command.
    pub address: &'a str,
}

/// A line covers this much.
const QUARTER: i64 = 15 * 60 * 1_000_000;
/// What is older is in the log alone.
const KEPT: i64 = 96;

fn quarter(now: WallTime) -> i64 {
    now.micros().div_euclid(QUARTER)
}

/// Whether the log has it already.
///
/// # Errors
/// When the database fails.
pub async fn is_noted(tx: &mut Tx, by: &Actor, listen: &Listen<'_>, now: WallTime) -> Result<bool> {
    let found = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM listens WHERE actor = $1 AND call_id = $2 AND way = $3 AND session = \
         $4 AND address = $5 AND quarter = $6",
        by.as_str(),
        listen.call,
        listen.way,
        listen.session,
        listen.address,
        quarter(now)
    )?;
    Ok(found.is_some_and(|row| row.0 > 0))
}

/// Writes it into the log, unless it is there for this quarter of an hour.
///
/// # Errors
/// When the database fails: no sound leaves then.
pub async fn note(tx: &mut Tx, by: &Actor, listen: &Listen<'_>, now: WallTime) -> Result<()> {
    let quarter = quarter(now);
    let new = run!(
        tx,
        "INSERT INTO listens (actor, call_id, way, session, address, quarter) VALUES ($1, $2, $3, \
         $4, $5, $6) ON CONFLICT (actor, call_id, way, session, address, quarter) DO NOTHING",
        by.as_str(),
        listen.call,
        listen.way,
        listen.session,
        listen.address,
        quarter
    )?;
    if new == 0 {
        return Ok(());
    }
    run!(
        tx,
        "DELETE FROM listens WHERE actor = $1 AND quarter < $2",
        by.as_str(),
        quarter - KEPT
    )?;
    let action = match listen.way {
        Way::Live => "call.listened_live",
        _ => "call.listened",
    };
    let detail = json!({
        "way": listen.way,
        "session": listen.session,
        "address": listen.address,
    });
    log::append(tx, by, action, format!("call:{}", listen.call), detail, now).await
}
