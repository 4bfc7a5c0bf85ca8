//! This box as a witness of other boxes' logs: the largest tree that it has cosigned of each. It is
//! kept before the cosignature is given, and only ever grows; the schema refuses anything else.

use crate::proof::witness::{AddCheckpoint, Refusal};
use crate::proof::{Checkpoint, Hash, Head};
use crate::store::{Actor, Result, StoreError, Tx, log, one, run};
use crate::units::WallTime;
use serde_json::json;

/// The largest tree that was cosigned of a log.
///
/// # Errors
/// When the database fails, or the row does not read.
pub async fn last(tx: &mut Tx, origin: &str) -> Result<Option<Head>> {
    let found = one!(
        tx,
        (i64, String),
        "SELECT size, root FROM witnessed WHERE origin = $1",
        origin
    )?;
    found
        .map(|(size, root)| head(origin, size, &root))
        .transpose()
}

fn head(origin: &str, size: i64, root: &str) -> Result<Head> {
    let found = u64::try_from(size).ok().zip(Hash::from_hex(root));
    let (size, root) = found.ok_or_else(|| {
        StoreError::Broken(format!(
            "what was cosigned of the log '{origin}' does not read"
        ))
    })?;
    Ok(Head { size, root })
}

/// The largest checkpoint that was cosigned of a log, with the cosignature.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut Tx, origin: &str) -> Result<Option<String>> {
    let found = one!(
        tx,
        (String,),
        "SELECT note FROM witnessed WHERE origin = $1",
        origin
    )?;
    Ok(found.map(|(note,)| note))
}

/// Whether this box has cosigned anything.
///
/// # Errors
/// When the database fails.
pub async fn any(tx: &mut Tx) -> Result<bool> {
    let found = one!(tx, (i64,), "SELECT COUNT(*) FROM witnessed")?;
    Ok(found.is_some_and(|(n,)| n > 0))
}

/// Takes a checkpoint for the largest of its log, if it follows from the one before; `cosigned` is
/// its note with the cosignature, which is given out once this is committed. Where checkpoint and
/// proof show that the log was rewritten, the first such checkpoint is kept as evidence: commit in
/// either case.
///
/// # Errors
/// When the database fails.
pub async fn advance(
    tx: &mut Tx,
    asked: &AddCheckpoint,
    seen: &Checkpoint,
    cosigned: &str,
    now: WallTime,
) -> Result<std::result::Result<(), Refusal>> {
    let last = last(tx, &seen.origin).await?;
    if let Err(refusal) = asked.follows(seen.head, last) {
        if matches!(refusal, Refusal::Rewritten(_)) {
            accuse(tx, asked, seen, &refusal, now).await?;
        }
        return Ok(Err(refusal));
    }
    if last == Some(seen.head) {
        return Ok(Ok(()));
    }
    let size = i64::try_from(seen.head.size);
    let size = size.map_err(|_| StoreError::Refused("a tree of too many leaves".to_owned()))?;
    run!(
        tx,
        "INSERT INTO witnessed (origin, size, root, note, at) VALUES ($1, $2, $3, $4, $5) ON \
         CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = \
         excluded.note, at = excluded.at",
        &seen.origin,
        size,
        seen.head.root.to_hex(),
        cosigned,
        now
    )?;
    Ok(Ok(()))
}

async fn accuse(
    tx: &mut Tx,
    asked: &AddCheckpoint,
    seen: &Checkpoint,
    refusal: &Refusal,
    now: WallTime,
) -> Result<()> {
    let first = run!(
        tx,
        "INSERT INTO witness_refusals (origin, note, why, at) VALUES ($1, $2, $3, $4) ON CONFLICT \
         (origin) DO NOTHING",
        &seen.origin,
        &asked.note,
        refusal.to_string(),
        now
    )?;
    if first == 0 {
        return Ok(());
    }
    let subject = format!("log:{}", seen.origin);
    let detail = json!({ "size": seen.head.size, "root": seen.head.root.to_hex(), "why": refusal.to_string() });
    log::append(tx, &Actor::System, "witness.refused", subject, detail, now).await
}
