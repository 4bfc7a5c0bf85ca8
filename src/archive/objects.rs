//! Sealed objects on the local disk.
//!
//! # Invariants
//! An object is there whole or not at all, and is never changed: written under a temporary name, synced, renamed, the
//! folder synced; only then may a row name it. What a crash leaves is a temporary file without a row, removed at start.
//!
//! Bytes are stored as they are; `cipher` and `key_id` of the row set the place aside for encryption at rest, under
//! which an object is the same bytes in 64 KiB chunks.

use crate::units::WallTime;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A folder of objects, by day.
#[derive(Debug, Clone)]
pub struct Objects {
    root: PathBuf,
}

impl Objects {
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(root: &Path) -> io::Result<Objects> {
        fs::create_dir_all(root.join("recordings"))?;
        Ok(Objects { root: root.to_owned() })
    }

    /// Where an object of that name lies, relative to the root: `recordings/2026/11/20/<id>.<extension>`.
    pub fn name(at: WallTime, id: Uuid, extension: &str) -> String {
        let day = at.to_string();
        format!("recordings/{}/{}/{}/{id}.{extension}", &day[..4], &day[5..7], &day[8..10])
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Stores an object; one that is there under that name is replaced as a whole.
    ///
    /// # Errors
    /// When the disk is full or fails; nothing is left behind then.
    pub fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(name);
        let folder = path.parent().ok_or_else(|| io::Error::other("an object needs a folder"))?;
        fs::create_dir_all(folder)?;
        let temporary = path.with_extension("tmp");
        let written = File::create(&temporary).and_then(|mut f| f.write_all(bytes).and_then(|()| f.sync_all())).and_then(|()| fs::rename(&temporary, &path));
        if let Err(error) = written {
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        File::open(folder)?.sync_all()
    }
}
