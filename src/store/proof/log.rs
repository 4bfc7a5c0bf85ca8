//! Leaves: what is queued becomes part of the tree, in batches, and never leaves it.

use crate::proof::{Edge, Hash, Head, Kind, Record, Salt, edge_tiles, leaf};
use crate::store::proof::{records, tiles};
use crate::store::{ROWS_AT_A_TIME, Result, StoreError, Tx, all, all_in, insert, one};
use crate::units::WallTime;
use sqlx::FromRow;
use std::collections::BTreeMap;

/// A leaf with what the database keeps of it.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Leaf {
    pub idx: i64,
    pub kind: Kind,
    pub subject: String,
    /// 64 hex digits; null once it is erased with its row.
    pub salt: Option<String>,
    /// 64 hex digits.
    pub commitment: String,
}

impl Leaf {
    pub fn commitment(&self) -> Result<Hash> {
        Hash::from_hex(&self.commitment).ok_or_else(|| self.unread())
    }

    pub fn salt(&self) -> Result<Option<Salt>> {
        let Some(text) = &self.salt else {
            return Ok(None);
        };
        let hash = Hash::from_hex(text).ok_or_else(|| self.unread())?;
        Ok(Some(Salt(hash.0)))
    }

    fn unread(&self) -> StoreError {
        StoreError::Broken(format!("leaf {} of the log does not read", self.idx))
    }
}

/// Makes leaves of what is queued, at most a thousand; gives how many. Whoever sees none has drained
/// the queue.
///
/// # Errors
/// When the database fails, or a row does not read.
pub async fn append(tx: &mut Tx, now: WallTime) -> Result<usize> {
    let queued = all!(
        tx,
        (Kind, String),
        "SELECT kind, subject FROM leaf_queue ORDER BY kind, subject LIMIT $1",
        i64::try_from(ROWS_AT_A_TIME).unwrap_or(i64::MAX)
    )?;
    if queued.is_empty() {
        return Ok(0);
    }
    let mut by_kind: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
    for (kind, subject) in &queued {
        by_kind.entry(*kind).or_default().push(subject.clone());
    }
    let mut found = BTreeMap::new();
    for (kind, subjects) in &by_kind {
        found.insert(*kind, records::of(tx, *kind, subjects).await?);
    }
    // What was sealed anew before it came to the log is gone, and its line in the log says so.
    let records: Vec<&Record> = queued
        .iter()
        .filter_map(|(kind, subject)| found.get(kind)?.get(subject))
        .collect();
    grow(tx, &records, now).await?;
    for (kind, subjects) in &by_kind {
        dequeue(tx, *kind, subjects).await?;
    }
    Ok(queued.len())
}

async fn grow(tx: &mut Tx, records: &[&Record], now: WallTime) -> Result<()> {
    let mut edge = edge(tx).await?;
    let first = edge.size();
    let mut leaves = Vec::with_capacity(records.len());
    for (idx, record) in (first..).zip(records) {
        let salt = Salt(rand::random());
        leaves.push((idx, *record, salt, record.commitment(&salt)));
    }
    let grown = edge.grow(leaves.iter().map(|(.., commitment)| leaf(*commitment)));
    for leaves in leaves.chunks(ROWS_AT_A_TIME) {
        insert!(
            tx,
            (),
            "INSERT INTO leaves (idx, kind, subject, salt, commitment, at) ",
            leaves,
            |l| [
                i64::try_from(l.0).unwrap_or(i64::MAX),
                l.1.kind(),
                l.1.subject(),
                Hash(l.2.0).to_hex(),
                l.3.to_hex(),
                now
            ],
            ""
        )?;
    }
    tiles::write(tx, &grown).await
}

async fn dequeue(tx: &mut Tx, kind: Kind, subjects: &[String]) -> Result<()> {
    let before = format!(
        "DELETE FROM leaf_queue WHERE kind = '{}' AND subject IN (",
        kind.as_str()
    );
    all_in!(
        tx,
        (String,),
        before.as_str(),
        subjects,
        ") RETURNING subject"
    )?;
    Ok(())
}

/// Leaves in the tree.
///
/// # Errors
/// When the database fails.
pub async fn size(tx: &mut Tx) -> Result<u64> {
    let last = one!(
        tx,
        (i64,),
        "SELECT idx + 1 FROM leaves ORDER BY idx DESC LIMIT 1"
    )?;
    Ok(last.map_or(0, |(size,)| u64::try_from(size).unwrap_or(0)))
}

async fn edge(tx: &mut Tx) -> Result<Edge> {
    let size = size(tx).await?;
    let held = tiles::read(tx, edge_tiles(size)).await?;
    Edge::load(size, &held).map_err(|why| StoreError::Broken(format!("the log: {why}")))
}

/// The tree as it is now.
///
/// # Errors
/// When the database fails, or a tile is missing.
pub async fn head(tx: &mut Tx) -> Result<Head> {
    let edge = edge(tx).await?;
    Ok(Head {
        size: edge.size(),
        root: edge.root(),
    })
}

/// What waits to become a leaf.
///
/// # Errors
/// When the database fails.
pub async fn queued(tx: &mut Tx) -> Result<i64> {
    let found = one!(tx, (i64,), "SELECT COUNT(*) FROM leaf_queue")?;
    Ok(found.map_or(0, |(n,)| n))
}

/// The leaf of a record.
pub(super) async fn find(tx: &mut Tx, kind: Kind, subject: &str) -> Result<Option<Leaf>> {
    Ok(one!(
        tx,
        Leaf,
        "SELECT idx, kind, subject, salt, commitment FROM leaves WHERE kind = $1 AND subject = $2",
        kind,
        subject
    )?)
}
