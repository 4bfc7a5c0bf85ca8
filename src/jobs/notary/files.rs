//! The log as files, laid out as C2SP's tlog-tiles has them: `checkpoint`, `tile/<L>/<N>`, and beside
//! them each checkpoint that left (`checkpoints/<size>`) and the public `key`. A full tile is
//! written once: where the file says something else, the log was rewritten, and the copy stands.

use crate::proof::{Hash, Tile, TileData, VerifierKey, hashes_at, open, tile_bytes, tile_hashes};
use crate::store::proof::check::Known;
use crate::store::proof::checkpoints::Signed;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A folder that the log is copied to; best one that is kept on another machine.
#[derive(Debug, Clone)]
pub struct Copy {
    pub folder: PathBuf,
}

/// Why the log could not be copied, or a copy not be read.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("the log's copy {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "the log's copy {0} says something else than the log: one of the two was rewritten. The \
         copy is left as it is; run `assay check`"
    )]
    Differs(PathBuf),
    #[error("{path} is no checkpoint of this log: {why}")]
    NoCheckpoint { path: PathBuf, why: String },
}

impl Copy {
    /// Leaves that it has; 0 where there is no checkpoint of this log.
    #[must_use]
    pub fn size(&self, key: &VerifierKey) -> u64 {
        let note = std::fs::read(self.folder.join("checkpoint"));
        let opened = note.ok().and_then(|note| open(&note, key).ok());
        opened.map_or(0, |(checkpoint, _)| checkpoint.head.size)
    }

    /// Adds tiles and a checkpoint.
    ///
    /// # Errors
    /// A file cannot be written, or one that never changes is another.
    pub fn write(
        &self,
        tiles: &[TileData],
        signed: &Signed,
        key: &VerifierKey,
    ) -> Result<(), CopyError> {
        for data in tiles {
            let path = self.folder.join(data.tile.path());
            once(&path, &tile_bytes(&data.hashes))?;
        }
        once(&self.folder.join("key"), format!("{key}\n").as_bytes())?;
        let kept = self
            .folder
            .join("checkpoints")
            .join(signed.size.to_string());
        once(&kept, signed.note.as_bytes())?;
        let path = self.folder.join("checkpoint");
        replace(&path, signed.note.as_bytes()).map_err(|source| CopyError::Io { path, source })
    }
}

/// Writes what is not there, and asserts what is.
fn once(path: &Path, bytes: &[u8]) -> Result<(), CopyError> {
    let failed = |source| CopyError::Io {
        path: path.to_owned(),
        source,
    };
    match std::fs::read(path) {
        Ok(there) if there == bytes => Ok(()),
        Ok(_) => Err(CopyError::Differs(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            replace(path, bytes).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = path.with_extension("part");
    let mut file = std::fs::File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, path)
}

/// What a copy knows: a folder with tiles, or a checkpoint alone.
///
/// # Errors
/// The checkpoint cannot be read, or this log's key has not signed it.
pub fn known(path: &Path, key: &VerifierKey) -> Result<Known, CopyError> {
    let note = match path.is_dir() {
        true => path.join("checkpoint"),
        false => path.to_owned(),
    };
    let bytes = std::fs::read(&note).map_err(|source| CopyError::Io {
        path: note.clone(),
        source,
    })?;
    let (checkpoint, _) = open(&bytes, key).map_err(|why| CopyError::NoCheckpoint {
        path: note.clone(),
        why: why.to_string(),
    })?;
    let leaves = match path.is_dir() {
        true => leaves(path, checkpoint.head.size),
        false => Vec::new(),
    };
    Ok(Known {
        head: checkpoint.head,
        leaves,
        from: note.display().to_string(),
    })
}

/// The leaf hashes of a copy, as far as its tiles are there.
fn leaves(folder: &Path, size: u64) -> Vec<Hash> {
    let mut leaves = Vec::new();
    while (leaves.len() as u64) < hashes_at(0, size) {
        let Some(tile) = Tile::holding(0, leaves.len() as u64, size) else {
            break;
        };
        let bytes = std::fs::read(folder.join(tile.path())).ok();
        match bytes.and_then(|bytes| tile_hashes(&bytes)) {
            Some(hashes) if hashes.len() == usize::from(tile.width()) => leaves.extend(hashes),
            _ => break,
        }
    }
    leaves
}
