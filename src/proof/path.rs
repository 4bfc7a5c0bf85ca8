//! Proofs of inclusion and consistency, made from tiles (RFC 6962 §2.1.1, §2.1.2).
//!
//! Where tiles are read asynchronously, ask [`inclusion_tiles`] or [`consistency_tiles`] first
//! which ones are needed, read them into a map, and give the map as [`Tiles`].

use crate::proof::hash::{Hash, empty_root, node_hash, perfect_root};
use crate::proof::tile::Tile;
use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Where tiles are read from.
pub trait Tiles {
    /// The tile's hashes, or those of a wider tile at its place: a partial tile is the beginning of
    /// what it becomes, so a store may keep the widest alone. `None` when neither is there.
    fn tile(&self, tile: Tile) -> Option<Vec<Hash>>;
}

impl Tiles for BTreeMap<Tile, Vec<Hash>> {
    fn tile(&self, tile: Tile) -> Option<Vec<Hash>> {
        let full = Tile::new(tile.level(), tile.index(), 256)?;
        let mut wide_enough = self.range(tile..=full);
        wide_enough.next().map(|(_, hashes)| hashes.clone())
    }
}

/// Why no proof can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("the tree has no such leaf or no such size")]
    OutOfRange,
    #[error("{0} is missing")]
    Missing(Tile),
    #[error("{0} holds only {1} hashes")]
    Short(Tile, usize),
}

/// The hashes of a tile, exactly as many as it is wide.
///
/// # Errors
/// It is missing or too short.
pub fn read(tiles: &impl Tiles, tile: Tile) -> Result<Vec<Hash>, ProofError> {
    let mut hashes = tiles.tile(tile).ok_or(ProofError::Missing(tile))?;
    if hashes.len() < usize::from(tile.width()) {
        return Err(ProofError::Short(tile, hashes.len()));
    }
    hashes.truncate(usize::from(tile.width()));
    Ok(hashes)
}

/// The root of the first `size` leaves.
///
/// # Errors
/// A tile is missing or too short.
pub fn root(size: u64, tiles: &impl Tiles) -> Result<Hash, ProofError> {
    match size {
        0 => Ok(empty_root()),
        _ => Tree::new(size, tiles).range(0, size),
    }
}

/// The proof that leaf `index` is in the tree of the first `size` leaves, from the leaf's sibling
/// up: at most 64 hashes.
///
/// # Errors
/// The tree has no such leaf, or a tile is missing or too short.
pub fn inclusion(index: u64, size: u64, tiles: &impl Tiles) -> Result<Vec<Hash>, ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange);
    }
    let tree = Tree::new(size, tiles);
    let (mut start, mut end, mut proof) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(tree.range(middle, end)?);
            end = middle;
        } else {
            proof.push(tree.range(start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of the first `old` leaves is a beginning of that of `new`; empty where
/// `old` is 0 or `new`.
///
/// # Errors
/// `old` is larger than `new`, or a tile is missing or too short.
pub fn consistency(old: u64, new: u64, tiles: &impl Tiles) -> Result<Vec<Hash>, ProofError> {
    if old > new {
        return Err(ProofError::OutOfRange);
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let tree = Tree::new(new, tiles);
    let (mut start, mut end, mut proof) = (0, new, Vec::new());
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(tree.range(middle, end)?);
            end = middle;
        } else {
            proof.push(tree.range(start, middle)?);
            start = middle;
        }
    }
    // The old tree's own root is known to the verifier, and left out.
    if start != 0 {
        proof.push(tree.range(start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The tiles that [`inclusion`] reads.
#[must_use]
pub fn inclusion_tiles(index: u64, size: u64) -> BTreeSet<Tile> {
    wanted(|tiles| inclusion(index, size, tiles).map(drop))
}

/// The tiles that [`consistency`] reads.
#[must_use]
pub fn consistency_tiles(old: u64, new: u64) -> BTreeSet<Tile> {
    wanted(|tiles| consistency(old, new, tiles).map(drop))
}

fn wanted(make: impl FnOnce(&Asked) -> Result<(), ProofError>) -> BTreeSet<Tile> {
    let asked = Asked::default();
    match make(&asked) {
        Ok(()) => asked.0.into_inner(),
        Err(_) => BTreeSet::new(),
    }
}

/// Stands for any tree, and notes what it is asked for.
#[derive(Default)]
struct Asked(RefCell<BTreeSet<Tile>>);

impl Tiles for Asked {
    fn tile(&self, tile: Tile) -> Option<Vec<Hash>> {
        self.0.borrow_mut().insert(tile);
        Some(vec![Hash([0; 32]); usize::from(tile.width())])
    }
}

/// The largest power of two below `length`, which is at least 2.
fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}

/// The first `size` leaves, read from tiles; each tile once.
struct Tree<'a, T> {
    size: u64,
    tiles: &'a T,
    seen: RefCell<BTreeMap<Tile, Vec<Hash>>>,
}

impl<'a, T: Tiles> Tree<'a, T> {
    fn new(size: u64, tiles: &'a T) -> Tree<'a, T> {
        let seen = RefCell::default();
        Tree { size, tiles, seen }
    }

    /// The root over the leaves from `start` to `end`, a range that RFC 6962's splits lead to.
    fn range(&self, start: u64, end: u64) -> Result<Hash, ProofError> {
        let length = end - start;
        if length.is_power_of_two() {
            return self.perfect(length.ilog2(), start >> length.ilog2());
        }
        let middle = start + split(length);
        Ok(node_hash(
            self.range(start, middle)?,
            self.range(middle, end)?,
        ))
    }

    /// The root of the `index`-th perfect tree of 2^height leaves.
    fn perfect(&self, height: u32, index: u64) -> Result<Hash, ProofError> {
        let level = u8::try_from(height / 8).map_err(|_| ProofError::OutOfRange)?;
        let count = 1_u64 << (height % 8);
        let first = index * count;
        let tile = Tile::holding(level, first + count - 1, self.size);
        let tile = tile.ok_or(ProofError::OutOfRange)?;
        let mut seen = self.seen.borrow_mut();
        let hashes = match seen.entry(tile) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(place) => place.insert(read(self.tiles, tile)?),
        };
        let from = (first % 256) as usize;
        Ok(perfect_root(&hashes[from..from + count as usize]))
    }
}
