//! The log as files, laid out as C2SP's tlog-tiles has them: `checkpoint`, `tile/<L>/<N>`, and
//! beside them each checkpoint that left (`checkpoints/<size>`) and the public `key`. A full tile
//! is written once: where the file says something else, the log was rewritten, and the copy stands.
//! What others say of a checkpoint comes later: lines of its note, and `checkpoints/<size>.tsr`.

use crate::proof::{
    Hash, Note, Tile, TileData, VerifierKey, hashes_at, open, tile_bytes, tile_hashes,
};
use crate::store::proof::check::Known;
use crate::store::proof::checkpoints::Signed;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A folder that the log is copied to; best one that is kept on another machine.
#[derive(Debug, Clone)]
pub struct Copy {
    pub folder: PathBuf,
    /// Several jobs write, one at a time.
    writing: Arc<Mutex<()>>,
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
    /// In this folder, which need not be there.
    #[must_use]
    pub fn new(folder: PathBuf) -> Copy {
        Copy {
            folder,
            writing: Arc::default(),
        }
    }

    /// Whether it lies on another disk than the data folder: a copy beside the books is gone and
    /// rewritten with them.
    #[must_use]
    pub fn is_elsewhere(&self, data: &Path) -> bool {
        match (disk_of(&self.folder), disk_of(data)) {
            (Some(copy), Some(data)) => copy != data,
            _ => false,
        }
    }

    /// Leaves that it has; 0 where there is no checkpoint of this log.
    #[must_use]
    pub fn size(&self, key: &VerifierKey) -> u64 {
        let note = std::fs::read(self.folder.join("checkpoint"));
        let opened = note.ok().and_then(|note| open(&note, key).ok());
        opened.map_or(0, |(checkpoint, _)| checkpoint.head.size)
    }

    /// Adds tiles and a checkpoint, whose note has the cosignatures that there are.
    ///
    /// # Errors
    /// A file cannot be written, or one that never changes is another.
    pub fn write(
        &self,
        tiles: &[TileData],
        (signed, note): (&Signed, &str),
        key: &VerifierKey,
    ) -> Result<(), CopyError> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        for data in tiles {
            let path = self.folder.join(data.tile.path());
            once(&path, &tile_bytes(&data.hashes))?;
        }
        once(&self.folder.join("key"), format!("{key}\n").as_bytes())?;
        complete(&self.kept(signed.size, ""), note)?;
        let path = self.folder.join("checkpoint");
        replace(&path, note.as_bytes()).map_err(|source| CopyError::Io { path, source })
    }

    /// Adds what others said of a checkpoint that is there: signature lines of its note, and the
    /// answer of an authority beside it (`checkpoints/<size>.tsr`).
    ///
    /// # Errors
    /// A file cannot be read or written, or is of another root.
    pub fn add(&self, size: i64, note: &str, stamp: Option<&[u8]>) -> Result<(), CopyError> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        complete(&self.kept(size, ""), note)?;
        let newest = self.folder.join("checkpoint");
        if std::fs::read(&newest).is_ok_and(|there| added(&there, note).is_some()) {
            complete(&newest, note)?;
        }
        match stamp {
            Some(answer) => once(&self.kept(size, ".tsr"), answer),
            None => Ok(()),
        }
    }

    fn kept(&self, size: i64, end: &str) -> PathBuf {
        self.folder.join("checkpoints").join(format!("{size}{end}"))
    }
}

/// The file system of a path, or of the first folder above it that is there (stat(2)).
fn disk_of(path: &Path) -> Option<u64> {
    let there = path.ancestors().find_map(|p| std::fs::metadata(p).ok())?;
    Some(there.dev())
}

/// Writes a note, or adds to the one that is there the signature lines that it lacks.
fn complete(path: &Path, note: &str) -> Result<(), CopyError> {
    let failed = |source| CopyError::Io {
        path: path.to_owned(),
        source,
    };
    match std::fs::read(path) {
        Ok(there) => match added(&there, note) {
            Some(whole) if whole.as_bytes() == there => Ok(()),
            Some(whole) => replace(path, whole.as_bytes()).map_err(failed),
            None => Err(CopyError::Differs(path.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            replace(path, note.as_bytes()).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

/// A note with the signatures of another one of the same text; `None` where the text differs.
fn added(there: &[u8], note: &str) -> Option<String> {
    let (mut whole, more) = (Note::parse(there).ok()?, Note::parse(note.as_bytes()).ok()?);
    if whole.text() != more.text() {
        return None;
    }
    for signature in more.signatures() {
        if !whole.signatures().contains(signature) {
            whole.add(signature.clone());
        }
    }
    Some(whole.to_string())
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
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
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
