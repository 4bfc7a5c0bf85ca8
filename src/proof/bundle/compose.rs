//! Makes a bundle from records, checkpoints and tiles.

use crate::proof::bundle::document::{Audio, Bundle, Item, Opened, Step};
use crate::proof::checkpoint::{CheckpointError, open};
use crate::proof::hash::Hash;
use crate::proof::key::VerifierKey;
use crate::proof::kind::Kind;
use crate::proof::path::{
    ProofError, Tiles, consistency, consistency_tiles, inclusion, inclusion_tiles,
};
use crate::proof::tile::Tile;
use std::collections::BTreeSet;

/// What a bundle is made of.
#[derive(Debug, Clone)]
pub struct Contents<'a> {
    pub log: &'a VerifierKey,
    /// The subject of the ledger entry.
    pub entry: &'a str,
    /// The entry and all that it rests on.
    pub records: Vec<Placed>,
    /// Checkpoints of this log as signed notes, smallest tree first: for each old statement that
    /// the bundle is to be held against, the one that it carries, and last the newest.
    pub checkpoints: Vec<String>,
    pub audio: Vec<Audio>,
}

/// A record and its place in the log.
#[derive(Debug, Clone)]
pub struct Placed {
    pub kind: Kind,
    pub subject: String,
    /// Index of its leaf.
    pub leaf: u64,
    pub commitment: Hash,
    /// Record and salt; `None` once they are erased.
    pub opened: Option<Opened>,
}

/// Why no bundle can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    #[error("a bundle needs a checkpoint")]
    NoCheckpoint,
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// Makes a bundle. Verify it before it leaves the box: nothing is checked here beyond its proofs.
///
/// # Errors
/// There is no checkpoint, one is not of this log, the last is older than a record, or a tile is
/// missing.
pub fn compose(contents: Contents, tiles: &impl Tiles) -> Result<Bundle, ComposeError> {
    let sizes = sizes(&contents)?;
    let size = *sizes.last().ok_or(ComposeError::NoCheckpoint)?;
    let mut checkpoints = Vec::new();
    for (n, note) in contents.checkpoints.into_iter().enumerate() {
        let proof = match n.checked_sub(1) {
            Some(before) => consistency(sizes[before], sizes[n], tiles)?,
            None => Vec::new(),
        };
        checkpoints.push(Step {
            note,
            proof,
            stamp: None,
        });
    }
    let items = contents.records.into_iter().map(|r| item(r, size, tiles));
    Ok(Bundle {
        log: contents.log.to_string(),
        entry: contents.entry.to_owned(),
        items: items.collect::<Result<_, _>>()?,
        checkpoints,
        audio: contents.audio,
    })
}

/// The tiles that [`compose`] reads.
///
/// # Errors
/// A checkpoint is not of this log.
pub fn tiles_needed(contents: &Contents) -> Result<BTreeSet<Tile>, ComposeError> {
    let sizes = sizes(contents)?;
    let size = *sizes.last().ok_or(ComposeError::NoCheckpoint)?;
    let records = contents.records.iter();
    let inclusion = records.flat_map(|record| inclusion_tiles(record.leaf, size));
    let steps = sizes.windows(2);
    let consistency = steps.flat_map(|pair| consistency_tiles(pair[0], pair[1]));
    Ok(inclusion.chain(consistency).collect())
}

fn sizes(contents: &Contents) -> Result<Vec<u64>, CheckpointError> {
    let notes = contents.checkpoints.iter();
    let size = |note: &String| open(note.as_bytes(), contents.log).map(|(c, _)| c.head.size);
    notes.map(size).collect()
}

fn item(record: Placed, size: u64, tiles: &impl Tiles) -> Result<Item, ProofError> {
    Ok(Item {
        proof: inclusion(record.leaf, size, tiles)?,
        kind: record.kind,
        subject: record.subject,
        leaf: record.leaf,
        commitment: record.commitment,
        opened: record.opened,
    })
}
