//! Messages that everybody has had for long go, in short batches; what waits, and what was given up
//! and may be replayed, stays.

use crate::store::{Actor, Result, Tx, all, log, run};
use crate::units::{Micros, WallTime};
use serde_json::json;

/// Messages in one transaction: others write in between.
pub const BATCH: usize = 200;

/// Removes messages that were delivered to everybody before `now` less `keep`, the oldest first, at
/// most [`BATCH`]; gives how many. The newest message stays, since the next one's place follows
/// from it.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, keep: Micros, now: WallTime) -> Result<usize> {
    let before = now + Micros(-keep.0);
    let old = all!(
        tx,
        (i64,),
        "SELECT o.seq FROM outbox o WHERE o.created_at < $1 AND o.seq < (SELECT MAX(n.seq) FROM \
         outbox n) AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = o.seq AND \
         (d.delivered_at IS NULL OR d.delivered_at >= $1)) ORDER BY o.seq LIMIT $2",
        before,
        i64::try_from(BATCH).unwrap_or(i64::MAX)
    )?;
    let Some((last,)) = old.last() else {
        return Ok(0);
    };
    for (seq,) in &old {
        run!(tx, "DELETE FROM deliveries WHERE seq = $1", *seq)?;
        run!(tx, "DELETE FROM outbox WHERE seq = $1", *seq)?;
    }
    let detail = json!({ "messages": old.len(), "up_to": last, "older_than": before });
    let subject = "messages".to_owned();
    log::append(
        tx,
        &Actor::System,
        "messages.forgotten",
        subject,
        detail,
        now,
    )
    .await?;
    Ok(old.len())
}
