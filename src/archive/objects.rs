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
//! reads, redacts and removes.
//!
//! Where the box has a key they are encrypted (`cipher.rs`); lengths, hashes and ranges are
//! those of the plain bytes.

use super::cipher::{self, Locked, Locking, OBJECT_HEADER};
use super::disk::{Aligned, NewFile};
use super::error::{ArchiveError, Result};
use super::keys::{self, Keyring};
use crate::units::WallTime;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;
use uuid::Uuid;

/// A folder of objects, by day.
#[derive(Debug, Clone)]
pub struct Objects {
    root: PathBuf,
    keyring: Keyring,
    /// Permissions of folders that a group shares.
    mode: Option<u32>,
    shared: Arc<Shared>,
}

/// The set-group-ID bit: what is made in a folder that has it is its group's (chmod(2)).
const OF_ITS_GROUP: u32 = 0o2000;
/// Nobody runs an object.
const RUN: u32 = 0o111;

/// What all that write here have in common.
#[derive(Default)]
struct Shared {
    /// Memory of objects that are finished, for the next.
    rooms: Mutex<Vec<Aligned>>,
    /// The last one that was made.
    folder: Mutex<Option<PathBuf>>,
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
        let recordings = root.join("recordings");
        fs::create_dir_all(&recordings)?;
        let mode = fs::metadata(&recordings)?.permissions().mode();
        Ok(Objects {
            root: root.to_owned(),
            keyring,
            // The bit itself a service may not set; its group is that of the folder anyway.
            mode: (mode & OF_ITS_GROUP != 0).then_some(mode & 0o777),
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

    /// Where an object is: names come from rows, and rows may come from another process. None leads
    /// out of the folder of recordings.
    fn path(&self, name: &str) -> Result<PathBuf> {
        let mut parts = Path::new(name).components();
        let top = Component::Normal("recordings".as_ref());
        let is_inside =
            parts.next() == Some(top) && parts.all(|part| matches!(part, Component::Normal(_)));
        match is_inside {
            true => Ok(self.root.join(name)),
            false => Err(ArchiveError::Unsupported(format!(
                "{name} is no name of a recording"
            ))),
        }
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
            None => Ok(Some(object.read(0, object.length as usize)?)),
            Some(_) => Ok(None),
        }
    }

    fn open_as_it_is(&self, name: &str) -> Result<Object> {
        let mut reading = File::options();
        reading.read(true).custom_flags(libc::O_NOFOLLOW);
        let file = reading.open(self.path(name)?)?;
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
        object.read(0, object.length as usize)
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
        let path = self.path(name)?;
        self.make_folder(
            path.parent()
                .ok_or_else(|| io::Error::other("an object needs a folder"))?,
        )?;
        let key = self.keyring.fresh()?;
        let room = self
            .shared
            .rooms
            .lock()
            .map_or(None, |mut rooms| rooms.pop());
        let temporary = PathBuf::from(format!("{}.tmp", path.display()));
        let file = NewFile::create(&temporary, room)?;
        self.share(&temporary, |mode| mode & !RUN)?;
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
        let mut folders = names
            .map(|name| Ok(self.path(name)?.parent().map(Path::to_owned)))
            .collect::<Result<Vec<Option<PathBuf>>>>()?;
        folders.sort();
        folders.dedup();
        folders
            .iter()
            .flatten()
            .try_for_each(|folder| Ok(File::open(folder)?.sync_all()?))
    }

    /// The names of all files that were last written before a moment, in no order.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn written_before(&self, moment: WallTime) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.join("recordings")];
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
            match fs::remove_file(self.path(name)?) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Gives what this process has made the permissions that others of the group need.
    fn share(&self, path: &Path, of: fn(u32) -> u32) -> Result<()> {
        match self.mode {
            Some(mode) => Ok(fs::set_permissions(
                path,
                fs::Permissions::from_mode(of(mode)),
            )?),
            None => Ok(()),
        }
    }

    /// Makes a day's folder, and its name outlast a power cut as the names in it do.
    fn make_folder(&self, folder: &Path) -> Result<()> {
        let Ok(mut made) = self.shared.folder.lock() else {
            return Err(io::Error::other("the folder of recordings could not be made").into());
        };
        if made.as_deref() == Some(folder) && folder.is_dir() {
            return Ok(());
        }
        let mut missing: Vec<&Path> = folder.ancestors().take_while(|a| !a.is_dir()).collect();
        missing.reverse();
        for new in missing {
            match fs::create_dir(new) {
                // Another process records too.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => made
                    .map_err(Into::into)
                    .and_then(|()| self.share(new, |mode| mode))?,
            }
        }
        let mut above = folder
            .ancestors()
            .skip(1)
            .take_while(|a| a.starts_with(&self.root));
        above.try_for_each(|a| File::open(a)?.sync_all())?;
        *made = Some(folder.to_owned());
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
                fs::rename(&self.temporary, &self.path)
            });
        if done.is_err() {
            let _ = fs::remove_file(&self.temporary);
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
            let _ = fs::remove_file(&self.temporary);
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
    }

    #[test]
    fn what_is_made_in_a_folder_that_a_group_shares_is_the_groups() {
        for (mode, folder, file) in [(0o2770, 0o770, 0o660), (0o700, 0o700, 0o600)] {
            let root = tempfile::tempdir().unwrap();
            let top = root.path().join("recordings");
            fs::create_dir(&top).unwrap();
            fs::set_permissions(&top, fs::Permissions::from_mode(mode)).unwrap();
            let objects = Objects::open(root.path(), Keyring::default()).unwrap();
            let name = Objects::name(WallTime(0), Uuid::nil(), "wav");
            objects.put(&name, b"sound").unwrap();
            let mode = |of: &str| {
                let about = fs::metadata(root.path().join(of)).unwrap();
                about.permissions().mode() & 0o777
            };
            // What nobody shares is as the process's own mask has it.
            let all = [
                mode("recordings/1970"),
                mode("recordings/1970/01/01"),
                mode(&name),
            ];
            match file {
                0o660 => assert_eq!(all, [folder, folder, file]),
                _ => assert!(all.iter().all(|mode| mode & 0o022 == 0), "{all:?}"),
            }
        }
    }
}
