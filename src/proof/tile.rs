//! Tiles: how the tree lies in files (C2SP tlog-tiles). A tile of height 8 holds up to 256 hashes
//! that follow each other at one level; each hash of level `L` is the root of 256^L leaves.

use crate::proof::hash::{HASH_BYTES, Hash};
use std::fmt;

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;
/// The highest level that a path can name (tlog-tiles: 0 to 63). A tree of 2^64 leaves needs 7.
pub const MAX_LEVEL: u8 = 63;

/// One tile: its place and how many hashes it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

impl Tile {
    /// A tile of `width` hashes, 1 to 256; `None` beyond these bounds or above level 63.
    #[must_use]
    pub fn new(level: u8, index: u64, width: u16) -> Option<Tile> {
        let fits = level <= MAX_LEVEL && (1..=TILE_WIDTH).contains(&u64::from(width));
        fits.then_some(Tile {
            level,
            index,
            width,
        })
    }

    /// The tile that holds hash `at` of a level, as wide as it is in a tree of `size` leaves;
    /// `None` when that tree has no such hash.
    #[must_use]
    pub fn holding(level: u8, at: u64, size: u64) -> Option<Tile> {
        let hashes = hashes_at(level, size);
        let index = at / TILE_WIDTH;
        let width = (hashes.checked_sub(index * TILE_WIDTH)?).min(TILE_WIDTH);
        if at >= hashes {
            return None;
        }
        Tile::new(level, index, u16::try_from(width).ok()?)
    }

    /// 0 for the leaves' hashes.
    #[must_use]
    pub fn level(self) -> u8 {
        self.level
    }

    /// Place within the level.
    #[must_use]
    pub fn index(self) -> u64 {
        self.index
    }

    /// Hashes that it holds, 1 to 256.
    #[must_use]
    pub fn width(self) -> u16 {
        self.width
    }

    /// Whether it can grow no more, so that nothing ever changes in it.
    #[must_use]
    pub fn is_full(self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// `tile/<L>/<N>[.p/<W>]`.
    #[must_use]
    pub fn path(self) -> String {
        format!("tile/{}/{}", self.level, self.name())
    }

    /// `tile/entries/<N>[.p/<W>]`: the entry bundle beside a tile of level 0.
    #[must_use]
    pub fn entries_path(self) -> String {
        format!("tile/entries/{}", self.name())
    }

    fn name(self) -> String {
        let mut name = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            name = format!("x{:03}/{name}", rest % 1000);
            rest /= 1000;
        }
        if self.is_full() {
            return name;
        }
        format!("{name}.p/{}", self.width)
    }

    /// Reads [`Tile::path`] back; `None` for any other text, also for a number with other zeroes.
    #[must_use]
    pub fn parse(path: &str) -> Option<Tile> {
        let (level, name) = path.strip_prefix("tile/")?.split_once('/')?;
        let (index, width) = match name.split_once(".p/") {
            Some((index, width)) => (index, width.parse().ok()?),
            None => (name, 256),
        };
        let mut number: u64 = 0;
        for part in index.split('/') {
            let digits = part.trim_start_matches('x').parse::<u64>().ok()?;
            number = number.checked_mul(1000)?.checked_add(digits)?;
        }
        let tile = Tile::new(level.parse().ok()?, number, width)?;
        (tile.path() == path).then_some(tile)
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// How many hashes a level has in a tree of `size` leaves.
#[must_use]
pub fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(8 * u32::from(level)).unwrap_or(0)
}

/// A tile's file: its hashes, one after the other.
#[must_use]
pub fn tile_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads a tile's file; `None` unless it holds 1 to 256 whole hashes.
#[must_use]
pub fn tile_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let count = bytes.len() / HASH_BYTES;
    if !bytes.len().is_multiple_of(HASH_BYTES) || !(1..=256).contains(&count) {
        return None;
    }
    bytes
        .chunks_exact(HASH_BYTES)
        .map(Hash::from_bytes)
        .collect()
}

/// An entry bundle's file: each entry after its length in two bytes, big-endian. `None` when an
/// entry is longer than 65,535 bytes.
#[must_use]
pub fn entry_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend(u16::try_from(entry.len()).ok()?.to_be_bytes());
        bytes.extend(entry);
    }
    Some(bytes)
}

/// Reads an entry bundle's file; `None` when it is cut short or holds more than 256 entries.
#[must_use]
pub fn bundle_entries(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_at_checked(2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let (entry, rest) = rest.split_at_checked(length)?;
        entries.push(entry);
        bytes = rest;
    }
    (entries.len() <= 256).then_some(entries)
}
