//! Leaves: what is queued becomes part of the tree, in batches, and never leaves it.

use crate::proof::{Edge, Hash, Head, Kind, Record, Salt, edge_tiles, leaf};
use crate::store::proof::{records, tiles};
use crate::store::{ROWS_AT_A_TIME, Result, StoreError, Tx, all, all_in, insert, one, run};
use crate::units::{WallTime, Word};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

/// A leaf with what the database keeps of it.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Leaf {
    pub idx: i64,
    pub kind: Kind,
    pub subject: String,
    /// 64 hex digits.
    pub salt: String,
    /// 64 hex digits.
    pub commitment: String,
}

impl Leaf {
    /// The commitment as a hash.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when the text is none.
    pub fn commitment(&self) -> Result<Hash> {
        Hash::from_hex(&self.commitment).ok_or_else(|| self.unread())
    }

    /// The salt as bytes.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when the text is none.
    pub fn salt(&self) -> Result<Salt> {
        let hash = Hash::from_hex(&self.salt).ok_or_else(|| self.unread())?;
        Ok(Salt(hash.0))
    }

    fn unread(&self) -> StoreError {
        StoreError::Broken(format!("leaf {} of the log does not read", self.idx))
    }
}

/// What an attempt came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Appended {
    /// Rows that became leaves, or need not: the queue is drained when there are none.
    pub done: usize,
    /// Rows that stay in the queue, each with the reason: none of them holds up another.
    pub stuck: Vec<String>,
}

/// Makes leaves of what is queued, at most a thousand rows.
///
/// # Errors
/// When the database fails.
pub async fn append(tx: &mut Tx, now: WallTime) -> Result<Appended> {
    let queued = all!(
        tx,
        (String, String),
        "SELECT q.kind, q.subject FROM leaf_queue q ORDER BY q.kind, q.subject LIMIT $1",
        i64::try_from(ROWS_AT_A_TIME).unwrap_or(i64::MAX)
    )?;
    let (mut appended, mut by_kind) = (Appended::default(), BTreeMap::new());
    for (word, subject) in queued {
        match Kind::from_word(&word) {
            Ok(kind) => by_kind.entry(kind).or_insert_with(Vec::new).push(subject),
            Err(why) => appended.stuck.push(format!("{word} {subject}: {why}")),
        }
    }
    let (mut fresh, mut done) = (Vec::new(), Vec::new());
    for (kind, subjects) in by_kind {
        // One that is a leaf already stays what it was: `check` holds the row against it.
        let known = leaves_of(tx, kind, &subjects).await?;
        let (read, unread) = records::of(tx, kind, &subjects).await?;
        appended.stuck.extend(unread.values().cloned());
        for subject in subjects {
            let record = read.get(&subject);
            let gone = record.is_none() && !unread.contains_key(&subject);
            if known.contains(&subject) || (gone && has_successors(kind)) {
                done.push((kind, subject));
            } else if let Some(record) = record {
                fresh.push(record.clone());
                done.push((kind, subject));
            } else if gone {
                appended.stuck.push(format!("{kind} {subject} is gone"));
            }
        }
    }
    grow(tx, &fresh, now).await?;
    for (kind, subject) in &done {
        run!(
            tx,
            "DELETE FROM leaf_queue WHERE kind = $1 AND subject = $2",
            *kind,
            subject
        )?;
    }
    appended.done = done.len();
    Ok(appended)
}

/// Kinds whose rows are followed by others of their own: a recording that was sealed anew, words
/// that were changed. That none is taken away instead is `check`'s to say.
pub(super) fn has_successors(kind: Kind) -> bool {
    matches!(kind, Kind::Recording | Kind::ClaimWords)
}

/// Which of these are leaves.
async fn leaves_of(tx: &mut Tx, kind: Kind, subjects: &[String]) -> Result<BTreeSet<String>> {
    let before = format!(
        "SELECT subject FROM leaves WHERE kind = '{}' AND subject IN (",
        kind.as_str()
    );
    let found = all_in!(tx, (String,), before.as_str(), subjects, ")")?;
    Ok(found.into_iter().map(|(subject,)| subject).collect())
}

async fn grow(tx: &mut Tx, records: &[Record], now: WallTime) -> Result<()> {
    let mut edge = edge(tx).await?;
    let first = edge.size();
    let mut leaves = Vec::with_capacity(records.len());
    for (idx, record) in (first..).zip(records) {
        let salt = Salt(rand::random());
        leaves.push((idx, record, salt, record.commitment(&salt)));
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
