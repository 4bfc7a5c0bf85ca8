//! Sealed objects on the local disk.
//!
//! # Invariants
//! An object is there whole or not at all, and is never changed: written under a temporary name, synced, renamed, the
//! folder synced; only then may a row name it. What a crash leaves is a temporary file without a row, removed at start.
//!
//! Where the box has a key they are encrypted ([`super::cipher`]); lengths, hashes and ranges are those of the plain bytes.

use super::cipher::{self, Keyring, Locked, OBJECT_HEADER};
use super::disk;
use crate::units::WallTime;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A folder of objects, by day.
#[derive(Debug, Clone)]
pub struct Objects {
    root: PathBuf,
    keyring: Keyring,
}

/// An object that is open for reading.
pub struct Object {
    file: File,
    locked: Option<Locked>,
    /// Of the plain bytes.
    pub length: u64,
}

impl Object {
    /// `count` bytes from `first` on.
    ///
    /// # Errors
    /// When they are not there, or are not what was written.
    pub fn read(&self, first: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        match &self.locked {
            Some(locked) => locked.read(first, &mut bytes, |buffer, at| self.file.read_exact_at(buffer, at))?,
            None => self.file.read_exact_at(&mut bytes, first)?,
        }
        Ok(bytes)
    }
}

impl Objects {
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(root: &Path, keyring: Keyring) -> io::Result<Objects> {
        fs::create_dir_all(root.join("recordings"))?;
        Ok(Objects { root: root.to_owned(), keyring })
    }

    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Where an object of that name lies, relative to the root: `recordings/2026/11/20/<id>.<extension>`.
    pub fn name(at: WallTime, id: Uuid, extension: &str) -> String {
        let day = at.to_string();
        format!("recordings/{}/{}/{}/{id}.{extension}", &day[..4], &day[5..7], &day[8..10])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Opens an object for reading.
    ///
    /// # Errors
    /// When it is not there, was changed, or its private key is not on this box.
    pub fn get(&self, name: &str) -> io::Result<Object> {
        let file = File::open(self.path(name))?;
        let stored = file.metadata()?.len();
        let mut header = [0; OBJECT_HEADER];
        let is_locked = stored >= OBJECT_HEADER as u64 && file.read_exact_at(&mut header, 0).map(|()| cipher::is_locked(&header))?;
        let locked = is_locked.then(|| Locked::open(&self.keyring, name, &header, stored)).transpose()?;
        let length = locked.as_ref().map_or(stored, |l| l.length);
        Ok(Object { file, locked, length })
    }

    /// All of an object.
    ///
    /// # Errors
    /// As [`Objects::get`].
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let object = self.get(name)?;
        object.read(0, object.length as usize)
    }

    /// Stores an object; one that is there under that name is replaced as a whole. Gives the key for which it is encrypted.
    ///
    /// # Errors
    /// When the disk is full or fails; nothing is left behind then.
    pub fn put(&self, name: &str, bytes: &[u8]) -> io::Result<Option<String>> {
        self.put_all(&[(name, bytes)])
    }

    /// Stores objects that belong together, in one folder, as [`Objects::put`] does each.
    ///
    /// # Errors
    /// When the disk is full or fails; nothing is left behind then.
    pub fn put_all(&self, objects: &[(&str, &[u8])]) -> io::Result<Option<String>> {
        let mut used = None;
        let mut folder = None;
        for (name, bytes) in objects {
            let path = self.path(name);
            let parent = path.parent().ok_or_else(|| io::Error::other("an object needs a folder"))?;
            if folder.as_deref() != Some(parent) {
                self.make_folder(parent)?;
                folder = Some(parent.to_owned());
            }
            let temporary = path.with_extension("tmp");
            let key = self.keyring.fresh()?;
            let stored = key.as_ref().map(|key| cipher::lock_object(key, name, bytes)).transpose()?;
            let written = disk::write_synced(&temporary, stored.as_deref().unwrap_or(bytes)).and_then(|()| fs::rename(&temporary, &path));
            if let Err(error) = written {
                let _ = fs::remove_file(&temporary);
                return Err(error);
            }
            used = key.map(|(_, id, _)| cipher::short(&id)).or(used);
        }
        if let Some(folder) = folder {
            File::open(folder)?.sync_all()?;
        }
        Ok(used)
    }

    /// Removes objects that no row names.
    ///
    /// # Errors
    /// When the disk fails; what is not there is no error.
    pub fn remove(&self, names: &[&str]) -> io::Result<()> {
        for name in names {
            match fs::remove_file(self.path(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes a day's folder, and its name outlast a power cut as the names in it do.
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(folder)?;
        let above = folder.ancestors().skip(1).take_while(|a| a.starts_with(&self.root));
        above.into_iter().try_for_each(|a| File::open(a)?.sync_all())
    }
}
