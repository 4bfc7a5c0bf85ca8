//! Checkpoints: the root, signed by a key that lies outside of the database.

use crate::proof::Head;
use crate::store::outbox::{self, Of};
use crate::store::proof::others;
use crate::store::{Actor, Result, StoreError, Tx, all, log, one, run};
use crate::units::WallTime;
use crate::webhook::Subject;
use serde_json::json;

pub use crate::store::proof::signed::Signed;

const SIGNED: &str = "SELECT size, root, note, at, left_at FROM checkpoints";

/// Keeps a checkpoint as the newest. Those before it that never left the box, and that nobody
/// cosigned, say nothing that it does not say, and go.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut Tx, head: Head, note: &str, now: WallTime) -> Result<()> {
    let size = i64::try_from(head.size).map_err(|_| too_large())?;
    run!(
        tx,
        "DELETE FROM checkpoints WHERE left_at IS NULL AND size NOT IN (SELECT size FROM \
         cosignatures)"
    )?;
    run!(
        tx,
        "INSERT INTO checkpoints (size, root, note, at) VALUES ($1, $2, $3, $4) ON CONFLICT (size) \
         DO NOTHING",
        size,
        head.root.to_hex(),
        note,
        now
    )?;
    Ok(())
}

fn too_large() -> StoreError {
    StoreError::Broken("the log has more leaves than can be counted".to_owned())
}

/// The newest checkpoint has left the box: whoever listens is told what it is.
///
/// # Errors
/// When the database fails.
pub async fn has_left(tx: &mut Tx, signed: &Signed, now: WallTime) -> Result<()> {
    run!(
        tx,
        "UPDATE checkpoints SET left_at = $2 WHERE size = $1 AND left_at IS NULL",
        signed.size,
        now
    )?;
    let (subject, detail) = (
        format!("checkpoint:{}", signed.size),
        json!({ "root": signed.root }),
    );
    log::append(tx, &Actor::System, "checkpoint.left", subject, detail, now).await?;
    let note = others::note_of(tx, signed).await?;
    let body = json!({ "checkpoint": note, "size": signed.size, "root": signed.root });
    outbox::put(tx, Subject::CheckpointMade, Of::House, &body, now).await
}

/// The newest.
///
/// # Errors
/// When the database fails.
pub async fn latest(tx: &mut Tx) -> Result<Option<Signed>> {
    let sql = format!("{SIGNED} ORDER BY size DESC LIMIT 1");
    Ok(one!(tx, Signed, sqlx::AssertSqlSafe(sql))?)
}

/// The newest that has left the box.
///
/// # Errors
/// When the database fails.
pub async fn last_left(tx: &mut Tx) -> Result<Option<Signed>> {
    let sql = format!("{SIGNED} WHERE left_at IS NOT NULL ORDER BY size DESC LIMIT 1");
    Ok(one!(tx, Signed, sqlx::AssertSqlSafe(sql))?)
}

/// All that are kept, smallest tree first.
///
/// # Errors
/// When the database fails.
pub async fn kept(tx: &mut Tx) -> Result<Vec<Signed>> {
    let sql = format!("{SIGNED} ORDER BY size");
    Ok(all!(tx, Signed, sqlx::AssertSqlSafe(sql))?)
}

/// Whether a period was locked or opened again since a moment.
///
/// # Errors
/// When the database fails.
pub async fn closed_since(tx: &mut Tx, since: WallTime) -> Result<bool> {
    let found = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM period_acts WHERE confirmed_at > $1",
        since
    )?;
    Ok(found.is_some_and(|(n,)| n > 0))
}
