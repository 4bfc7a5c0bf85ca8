//! Removes what nobody can use any more: answers to requests that could have come twice, and
//! sessions that ended. Messages that everybody has had are the outbox's.

use crate::jobs::done::Done;
use crate::store::people::sessions;
use crate::store::{Db, Result, idempotency};
use crate::units::{Micros, WallTime};

/// So many rows in one transaction: some milliseconds.
const AT_A_TIME: i64 = 500;
/// How often it is looked whether there are any.
const EVERY: Micros = Micros::from_secs(3_600);
/// Between two batches: others work meanwhile.
const BREATH: Micros = Micros::from_secs(1);

/// Removes a batch; the next soon, while there may be more.
///
/// # Errors
/// When the database fails.
pub async fn once(db: &Db, now: WallTime) -> Result<Done> {
    let mut tx = db.write().await?;
    let answers = idempotency::forget(&mut tx, AT_A_TIME, now).await?;
    let sessions = sessions::forget(&mut tx, AT_A_TIME, now).await?;
    tx.commit().await?;
    let most = u64::try_from(AT_A_TIME).unwrap_or(u64::MAX);
    let is_more = answers >= most || sessions >= most;
    Ok(Done {
        next: now + if is_more { BREATH } else { EVERY },
        trouble: None,
    })
}
