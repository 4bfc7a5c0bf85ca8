//! Checkpoints: the root, signed by a key that lies outside of the database.

use crate::proof::Head;
use crate::store::outbox::{self, Of};
use crate::store::{Actor, Result, StoreError, Tx, all, log, one, run};
use crate::units::WallTime;
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;

/// A signed root.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Signed {
    /// Leaves.
    pub size: i64,
    /// 64 hex digits.
    pub root: String,
    /// The signed note (C2SP tlog-checkpoint).
    pub note: String,
    pub at: WallTime,
    /// When a copy of it, and of the tiles, left the box; null: it has not.
    pub left_at: Option<WallTime>,
}

const SIGNED: &str = "SELECT size, root, note, at, left_at FROM checkpoints";

/// Keeps a checkpoint as the newest. Those before it that never left the box say nothing that it does
/// not say, and go.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut Tx, head: Head, note: &str, now: WallTime) -> Result<()> {
    let size = i64::try_from(head.size).map_err(|_| too_large())?;
    run!(tx, "DELETE FROM checkpoints WHERE left_at IS NULL")?;
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
    let body = json!({ "checkpoint": signed.note, "size": signed.size, "root": signed.root });
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
