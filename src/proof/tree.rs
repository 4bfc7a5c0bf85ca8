//! A tree that grows at its right edge.
//!
//! All that is needed to append is the partial tile of each level: at most 255 hashes a level. What
//! lies left of them is in full tiles and never read again.
//!
//! To append, in one transaction: load the edge ([`Edge::load`]), [`Edge::grow`] by the new leaves'
//! hashes, write the tiles that it gives, then sign a checkpoint of [`Edge::size`] and
//! [`Edge::root`]. A tile may replace the narrower one at its place.

use crate::proof::hash::{Hash, empty_root, node_hash, perfect_root};
use crate::proof::path::{ProofError, Tiles, read};
use crate::proof::tile::{TILE_WIDTH, Tile, hashes_at};

/// The right edge of a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// By level, the hashes of its partial tile; none where the level ends in a full tile.
    levels: Vec<Vec<Hash>>,
}

/// A tile to write: its place and its hashes, as many as it is wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileData {
    pub tile: Tile,
    pub hashes: Vec<Hash>,
}

impl Edge {
    /// The tree without leaves.
    #[must_use]
    pub fn new() -> Edge {
        Edge::default()
    }

    /// The edge of a tree of `size` leaves, from its partial tiles.
    ///
    /// # Errors
    /// A partial tile is missing or too short.
    pub fn load(size: u64, tiles: &impl Tiles) -> Result<Edge, ProofError> {
        let mut levels = Vec::new();
        for level in 0..8 {
            let held = hashes_at(level, size);
            let partial = match (held % TILE_WIDTH).checked_sub(1) {
                Some(_) => {
                    let tile = Tile::holding(level, held - 1, size);
                    let tile = tile.ok_or(ProofError::OutOfRange)?;
                    read(tiles, tile)?
                }
                None => Vec::new(),
            };
            levels.push(partial);
        }
        let mut edge = Edge { size, levels };
        edge.trim();
        Ok(edge)
    }

    /// Leaves in the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The tree's root (RFC 6962 §2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut roots = Vec::new();
        for level in self.levels.iter().rev() {
            perfect_roots(level, &mut roots);
        }
        let right_to_left = roots.into_iter().rev();
        right_to_left
            .reduce(|right, left| node_hash(left, right))
            .unwrap_or_else(empty_root)
    }

    /// Appends leaves by their hashes and gives the tiles to write: each tile that became full, and
    /// the new partial tile of each level that changed. Takes time in proportion to the leaves.
    pub fn grow(&mut self, leaves: impl IntoIterator<Item = Hash>) -> Vec<TileData> {
        let before = self.size;
        let mut tiles = Vec::new();
        for leaf in leaves {
            self.size += 1;
            self.push(0, leaf, &mut tiles);
        }
        self.trim();
        for (level, hashes) in (0_u8..).zip(&self.levels) {
            let changed = hashes_at(level, before) != hashes_at(level, self.size);
            if changed && !hashes.is_empty() {
                tiles.extend(self.partial(level, hashes));
            }
        }
        tiles
    }

    fn push(&mut self, level: u8, hash: Hash, tiles: &mut Vec<TileData>) {
        let at = usize::from(level);
        if self.levels.len() <= at {
            self.levels.resize(at + 1, Vec::new());
        }
        self.levels[at].push(hash);
        if self.levels[at].len() as u64 == TILE_WIDTH {
            let hashes = std::mem::take(&mut self.levels[at]);
            let root = perfect_root(&hashes);
            let index = hashes_at(level, self.size) / TILE_WIDTH - 1;
            tiles.extend(Tile::new(level, index, 256).map(|tile| TileData { tile, hashes }));
            self.push(level + 1, root, tiles);
        }
    }

    fn partial(&self, level: u8, hashes: &[Hash]) -> Option<TileData> {
        let tile = Tile::holding(level, hashes_at(level, self.size) - 1, self.size)?;
        let hashes = hashes.to_vec();
        Some(TileData { tile, hashes })
    }

    fn trim(&mut self) {
        while self.levels.last().is_some_and(Vec::is_empty) {
            self.levels.pop();
        }
    }
}

/// The partial tiles of a tree of `size` leaves: what [`Edge::load`] reads.
#[must_use]
pub fn edge_tiles(size: u64) -> Vec<Tile> {
    let partial = |level| {
        let held = hashes_at(level, size);
        let last = held.checked_sub(1)?;
        Tile::holding(level, last, size).filter(|tile| !tile.is_full())
    };
    (0..8).filter_map(partial).collect()
}

/// Splits a level's hashes into perfect trees, largest first, and adds their roots.
fn perfect_roots(mut hashes: &[Hash], roots: &mut Vec<Hash>) {
    while !hashes.is_empty() {
        let (perfect, rest) = hashes.split_at(1 << hashes.len().ilog2());
        roots.push(perfect_root(perfect));
        hashes = rest;
    }
}
