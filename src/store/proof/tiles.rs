//! Tiles of the log: rows of hashes that only ever grow.

use crate::proof::{Hash, Tile, TileData, consistency_tiles, hashes_at, tile_bytes, tile_hashes};
use crate::store::{Result, StoreError, Tx, all, one, run};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// Hashes by tile, as proofs are made from them.
pub(super) type Held = BTreeMap<Tile, Vec<Hash>>;

/// Writes tiles over what was there of them.
pub(super) async fn write(tx: &mut Tx, tiles: &[TileData]) -> Result<()> {
    for data in tiles {
        run!(
            tx,
            "INSERT INTO tiles (level, idx, hashes) VALUES ($1, $2, $3) ON CONFLICT (level, idx) \
             DO UPDATE SET hashes = excluded.hashes",
            i64::from(data.tile.level()),
            place(data.tile)?,
            STANDARD.encode(tile_bytes(&data.hashes))
        )?;
    }
    Ok(())
}

/// The tiles of these places, as wide as they are asked for.
pub(super) async fn read(tx: &mut Tx, tiles: impl IntoIterator<Item = Tile>) -> Result<Held> {
    let mut held = Held::new();
    for tile in tiles {
        let row = one!(
            tx,
            (String,),
            "SELECT hashes FROM tiles WHERE level = $1 AND idx = $2",
            i64::from(tile.level()),
            place(tile)?
        )?;
        let hashes = row.and_then(|(text,)| decoded(&text));
        let hashes = hashes.ok_or_else(|| broken(tile))?;
        held.insert(tile, hashes);
    }
    Ok(held)
}

/// The tiles of a tree of `size` leaves that one of `since` leaves does not have, as files of the
/// log have them.
///
/// # Errors
/// [`StoreError::Broken`] names a tile that is missing.
pub async fn tiles_from(tx: &mut Tx, since: u64, size: u64) -> Result<Vec<TileData>> {
    let mut found = Vec::new();
    for level in 0..8_u8 {
        let (before, held) = (hashes_at(level, since), hashes_at(level, size));
        if held <= before {
            continue;
        }
        let rows = all!(
            tx,
            (i64, String),
            "SELECT idx, hashes FROM tiles WHERE level = $1 AND idx >= $2 ORDER BY idx",
            i64::from(level),
            i64::try_from(before / 256).unwrap_or(i64::MAX)
        )?;
        for (idx, text) in rows {
            let at = u64::try_from(idx).unwrap_or(0) * 256;
            let Some(tile) = Tile::holding(level, at, size) else {
                continue;
            };
            let mut hashes = decoded(&text).ok_or_else(|| broken(tile))?;
            hashes.truncate(usize::from(tile.width()));
            found.push(TileData { tile, hashes });
        }
    }
    Ok(found)
}

/// The proof that the tree of `old` leaves is a beginning of that of `new`.
///
/// # Errors
/// [`StoreError::Broken`] when `old` is the larger, or names a tile that is missing.
pub async fn consistency(tx: &mut Tx, old: u64, new: u64) -> Result<Vec<Hash>> {
    let held = read(tx, consistency_tiles(old, new)).await?;
    let proof = crate::proof::consistency(old, new, &held);
    proof.map_err(|why| StoreError::Broken(format!("the log from {old} leaves to {new}: {why}")))
}

fn decoded(text: &str) -> Option<Vec<Hash>> {
    tile_hashes(&STANDARD.decode(text).ok()?)
}

fn broken(tile: Tile) -> StoreError {
    StoreError::Broken(format!("{tile} of the log is missing, or is no tile"))
}

fn place(tile: Tile) -> Result<i64> {
    i64::try_from(tile.index()).map_err(|_| broken(tile))
}
