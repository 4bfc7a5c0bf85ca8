//! Sealed objects on the local disk.
//!
//! # Invariants
//! An object is there whole or not at all, and is never changed: written under a temporary name,
//! synced, renamed, the folder synced (for many objects at once); only then may a row name it. What
//! a crash leaves is without a row and bears the name under which the call is sealed anew: that
//! overwrites it.
//!
//! Where the folder of recordings is shared by a group (its set-group-ID bit says so), folders and
//! objects in it are the group's too, whatever process makes them: one user records, another
//! reads, redacts and removes. What the other may have put there is not trusted
//! ([`beneath`](super::beneath)).
//!
//! Where the box has a key they are encrypted (`cipher.rs`); lengths, hashes and ranges are
//! those of the plain bytes.

use super::beneath::Beneath;
use super::cipher::{self, Locked, Locking, OBJECT_HEADER};
use super::disk::{Aligned, NewFile};
use super::error::{ArchiveError, Result};
use super::keys::{self, Keyring};
use crate::units::WallTime;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;
use uuid::Uuid;

/// A folder of objects, by day.
#[derive(Debug, Clone)]
pub struct Objects {
    root: PathBuf,
    recordings: Beneath,
    keyring: Keyring,
    shared: Arc<Shared>,
}

/// The folder of all objects, in names and on disk.
const RECORDINGS: &str = "recordings";

/// More than four hours of two lanes at 48 kHz, in bytes.
const LARGEST: u64 = 4 << 30;

/// What all that write here have in common.
#[derive(Default)]
struct Shared {
    /// Memory of objects that are finished, for the next.
    rooms: Mutex<Vec<Aligned>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

/// An object that is open for reading.
pub struct Object {
    file: File,
    locked: Option<Locked>,
    /// Of the plain bytes.
    pub length: u64,
}

impl Object {
    /// All of it, where that is not more than any recording has: a file may say any length.
    fn whole(&self, name: &str) -> Result<Vec<u8>> {
        match self.length > LARGEST {
            true => Err(ArchiveError::damaged(name)),
            false => self.read(0, self.length as usize),
        }
    }

    /// `count` bytes from `first` on.
    ///
    /// # Errors
    /// When they are not there, or are not what was written.
    pub fn read(&self, first: u64, count: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        match &self.locked {
            Some(locked) => locked.read(first, &mut bytes, |buffer, at| {
                self.file.read_exact_at(buffer, at)
            })?,
            None => self.file.read_exact_at(&mut bytes, first)?,
        }
        Ok(bytes)
    }
}

impl Objects {
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(root: &Path, keyring: Keyring) -> Result<Objects> {
        let recordings = root.join(RECORDINGS);
        fs::create_dir_all(&recordings)?;
        Ok(Objects {
            root: root.to_owned(),
            recordings: Beneath::open(&recordings)?,
            keyring,
            shared: Arc::default(),
        })
    }

    /// The keys under which objects are written and read.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The name of an object, relative to the root:
    /// `recordings/2026/11/20/<id>.<extension>`.
    pub fn name(at: WallTime, id: Uuid, extension: &str) -> String {
        let day = at.to_string();
        format!(
            "recordings/{}/{}/{}/{id}.{extension}",
            &day[..4],
            &day[5..7],
            &day[8..10]
        )
    }

    /// An object's name within the folder of recordings: names come from rows, and rows may come
    /// from another process. None leads out of it.
    fn within(name: &str) -> Result<&Path> {
        let inside = Path::new(name).strip_prefix(RECORDINGS);
        inside.map_err(|_| ArchiveError::Unsupported(format!("{name} is no name of a recording")))
    }

    /// Opens an object for reading.
    ///
    /// # Errors
    /// When it is not there, was changed, or its private key is not on this box; also where it lies
    /// in the open, and the box has a key: only what a key of its own wrote is served.
    pub fn get(&self, name: &str) -> Result<Object> {
        let object = self.open_as_it_is(name)?;
        match object.locked.is_none() && self.keyring.encrypts() {
            true => Err(ArchiveError::Open(name.to_owned())),
            false => Ok(object),
        }
    }

    /// An object that lies in the open, whoever put it there; nothing for one that is encrypted.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_open(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let object = self.open_as_it_is(name)?;
        match &object.locked {
            None => Ok(Some(object.whole(name)?)),
            Some(_) => Ok(None),
        }
    }

    fn open_as_it_is(&self, name: &str) -> Result<Object> {
        let file = self.recordings.read(Objects::within(name)?)?;
        let stored = file.metadata()?.len();
        let mut header = [0; OBJECT_HEADER];
        let is_locked = stored >= OBJECT_HEADER as u64
            && file
                .read_exact_at(&mut header, 0)
                .map(|()| cipher::is_locked(&header))?;
        let locked = is_locked
            .then(|| Locked::open(&self.keyring, name, &header, stored))
            .transpose()?;
        let length = locked.as_ref().map_or(stored, |l| l.length);
        Ok(Object {
            file,
            locked,
            length,
        })
    }

    /// All of an object.
    ///
    /// # Errors
    /// As [`Objects::get`].
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        let object = self.get(name)?;
        object.whole(name)
    }

    /// Stores an object in one go, as [`Objects::create`] does.
    ///
    /// # Errors
    /// When the disk is full or fails; nothing is left behind then.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<Option<String>> {
        let mut object = self.create(name)?;
        object.write_all(bytes)?;
        object.finish()
    }

    /// Begins an object; one that is there under that name is replaced as a whole when the new one
    /// is finished.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn create(&self, name: &str) -> Result<NewObject<'_>> {
        let path = Objects::within(name)?.to_owned();
        self.recordings.make_folder_of(&path)?;
        let key = self.keyring.fresh()?;
        let room = self
            .shared
            .rooms
            .lock()
            .map_or(None, |mut rooms| rooms.pop());
        let temporary = PathBuf::from(format!("{}.tmp", path.display()));
        let file = NewFile::of(self.recordings.create(&temporary)?, room);
        let mut object = NewObject {
            objects: self,
            path,
            temporary,
            key: key.as_ref().map(|(_, id, _)| keys::short(id)),
            writing: None,
        };
        let locking = key.map(|key| Locking::begin(&key, name));
        let writing = object.writing.insert((file, None));
        if let Some((head, locking)) = locking {
            writing.0.write_all(&head)?;
            writing.1 = Some(locking);
        }
        Ok(object)
    }

    /// Makes the names of finished objects outlast a power cut; only then may rows name them.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn settle<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<()> {
        let within = names.map(Objects::within).collect::<Result<Vec<_>>>()?;
        let mut of_each: Vec<&Path> = Vec::new();
        for path in within {
            if of_each.iter().all(|known| known.parent() != path.parent()) {
                of_each.push(path);
            }
        }
        of_each
            .into_iter()
            .try_for_each(|path| Ok(self.recordings.sync_folder_of(path)?))
    }

    /// The names of all files that were last written before a moment, in no order.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn written_before(&self, moment: WallTime) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.join(RECORDINGS)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let about = match entry.metadata() {
                    // Sealed, renamed or removed in between.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    about => about?,
                };
                let written = about
                    .modified()?
                    .duration_since(UNIX_EPOCH)
                    .map_or(0, |since| since.as_micros() as i64);
                if about.is_dir() {
                    folders.push(entry.path());
                } else if WallTime(written) < moment {
                    found.extend(
                        entry
                            .path()
                            .strip_prefix(&self.root)
                            .ok()
                            .map(|name| name.to_string_lossy().into_owned()),
                    );
                }
            }
        }
        Ok(found)
    }

    /// Removes objects that no row names.
    ///
    /// # Errors
    /// When the disk fails; what is not there is no error.
    pub fn remove(&self, names: &[&str]) -> Result<()> {
        for name in names {
            self.recordings.remove(Objects::within(name)?)?;
        }
        Ok(())
    }
}

/// An object that is being written. Dropped before [`NewObject::finish`], it leaves nothing behind.
pub struct NewObject<'a> {
    objects: &'a Objects,
    path: PathBuf,
    temporary: PathBuf,
    /// For which it is encrypted.
    key: Option<String>,
    /// `None` once it is finished.
    writing: Option<(NewFile, Option<Locking>)>,
}

impl NewObject<'_> {
    /// Syncs the object and gives it its name, which [`Objects::settle`] makes last. Gives the key
    /// for which it is encrypted.
    ///
    /// # Errors
    /// When the disk is full or fails; nothing is left behind then.
    pub fn finish(mut self) -> Result<Option<String>> {
        let Some((mut file, locking)) = self.writing.take() else {
            return Ok(None);
        };
        let done = locking
            .map_or(Ok(()), |l| l.finish(&mut file))
            .and_then(|()| file.finish())
            .and_then(|room| {
                if let Ok(mut rooms) = self.objects.shared.rooms.lock() {
                    rooms.push(room);
                }
                self.objects.recordings.rename(&self.temporary, &self.path)
            });
        if done.is_err() {
            let _ = self.objects.recordings.remove(&self.temporary);
        }
        Ok(done.map(|()| self.key.take())?)
    }
}

impl Write for NewObject<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.writing {
            Some((file, Some(locking))) => locking.write(bytes, file)?,
            Some((file, None)) => file.write_all(bytes)?,
            None => return Err(io::Error::other("the object is finished")),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for NewObject<'_> {
    fn drop(&mut self) {
        if self.writing.is_some() {
            let _ = self.objects.recordings.remove(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_but_into_the_folder_of_recordings() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("assay.db"), "rows").unwrap();
        let objects = Objects::open(root.path(), Keyring::default()).unwrap();
        let out = [
            "assay.db",
            "recordings/../assay.db",
            "../etc/passwd",
            "/etc/passwd",
            "",
        ];
        for name in out {
            assert!(objects.get(name).is_err(), "{name}");
            assert!(objects.put(name, b"x").is_err(), "{name}");
            assert!(objects.remove(&[name]).is_err(), "{name}");
        }
        let inside = Objects::name(WallTime(0), Uuid::nil(), "wav");
        objects.put(&inside, b"sound").unwrap();
        assert_eq!(objects.read(&inside).unwrap(), b"sound");
        let link = root.path().join("recordings/1970/01/01/link.wav");
        std::os::unix::fs::symlink(root.path().join("assay.db"), link).unwrap();
        assert!(objects.get("recordings/1970/01/01/link.wav").is_err());
        assert_eq!(fs::read(root.path().join("assay.db")).unwrap(), b"rows");
        // A file that says that it is a terabyte long.
        let file = File::create(root.path().join(&inside)).unwrap();
        file.set_len(1 << 40).unwrap();
        assert!(matches!(
            objects.read(&inside),
            Err(ArchiveError::Damaged(_))
        ));
    }
}
