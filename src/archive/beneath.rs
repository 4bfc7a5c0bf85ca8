//! A folder and what lies beneath it, by descriptor: no link is followed and nothing above is
//! reached, whatever somebody else who may write there puts in the place of a file or a folder
//! meanwhile. Each step is opened from the one before: `openat2` would do it in one, and is refused
//! to a service that may set no set-group-ID bit (`RestrictSUIDSGID=` in systemd.exec(5)).

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::{fs as at, io as error};
use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path};
use std::sync::Arc;

/// A folder itself, not what a link points at.
const FOLDER_ITSELF: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);
/// As a process's own mask leaves it.
const FILE: Mode = Mode::from_raw_mode(0o666);
const FOLDER: Mode = Mode::from_raw_mode(0o777);
/// Nobody runs a file.
const RUN: u32 = 0o111;
/// The set-group-ID bit: what is made in a folder that has it is its group's (chmod(2)).
const OF_ITS_GROUP: u32 = 0o2000;

/// An open folder. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Beneath {
    folder: Arc<OwnedFd>,
    /// Permissions of folders in it that a group shares. The bit itself a service may not set; its
    /// group is that of the folder anyway.
    mode: Option<u32>,
}

/// A path that names something inside, and neither the folder itself nor a way out.
fn inside(path: &Path) -> io::Result<&Path> {
    let mut parts = path.components();
    let names = parts.all(|part| matches!(part, Component::Normal(_)));
    match names && !path.as_os_str().is_empty() {
        true => Ok(path),
        false => Err(io::Error::other(format!(
            "{} leads out of its folder",
            path.display()
        ))),
    }
}

impl Beneath {
    /// # Errors
    /// When the folder cannot be opened.
    pub fn open(path: &Path) -> io::Result<Beneath> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = at::openat(CWD, path, flags, Mode::empty())?;
        let mode = at::fstat(&folder)?.st_mode;
        Ok(Beneath {
            folder: Arc::new(folder),
            mode: (mode & OF_ITS_GROUP != 0).then_some(mode & 0o777),
        })
    }

    /// A file, for reading. What is none, such as a pipe, is refused and not waited for.
    ///
    /// # Errors
    /// When it is not there, or no file.
    pub fn read(&self, path: &Path) -> io::Result<File> {
        let (folder, name) = self.above(path)?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(at::openat(&*folder, name, flags, Mode::empty())?);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other(format!("{} is no file", path.display()))),
        }
    }

    /// The folder of a path; its name in it.
    fn above<'a>(&self, path: &'a Path) -> io::Result<(Arc<OwnedFd>, &'a OsStr)> {
        let path = inside(path)?;
        let name = path
            .file_name()
            .ok_or_else(|| io::Error::other("no name"))?;
        let above = path.parent().unwrap_or(Path::new(""));
        Ok((self.folder_at(above)?, name))
    }

    /// The folder of a path that is inside; this one where it is empty.
    fn folder_at(&self, path: &Path) -> io::Result<Arc<OwnedFd>> {
        path.iter().try_fold(self.folder.clone(), |folder, part| {
            let next = at::openat(&*folder, part, FOLDER_ITSELF, Mode::empty())?;
            Ok(Arc::new(next))
        })
    }

    /// Makes the folders of a path that are missing, and their names outlast a power cut as the
    /// names in them do.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn make_folder_of(&self, path: &Path) -> io::Result<()> {
        let Some(above) = inside(path)?.parent() else {
            return Ok(());
        };
        if above.as_os_str().is_empty() || self.folder_at(above).is_ok() {
            return Ok(());
        }
        let mut folder = self.folder.clone();
        for part in above {
            let made = match at::mkdirat(&*folder, part, FOLDER) {
                Err(error::Errno::EXIST) => false,
                made => made.map(|()| true)?,
            };
            let next = at::openat(&*folder, part, FOLDER_ITSELF, Mode::empty())?;
            if made {
                self.share(&next, |mode| mode)?;
                at::fsync(&*folder)?;
            }
            folder = Arc::new(next);
        }
        Ok(())
    }

    /// A new file in a folder that is there; what is there under that name is removed.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn create(&self, path: &Path) -> io::Result<File> {
        let (folder, name) = self.above(path)?;
        match at::unlinkat(&*folder, name, AtFlags::empty()) {
            Ok(()) | Err(error::Errno::NOENT) => {}
            Err(why) => return Err(why.into()),
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = File::from(at::openat(&*folder, name, flags | OFlags::NOFOLLOW, FILE)?);
        self.share(&file, |mode| mode & !RUN)?;
        Ok(file)
    }

    /// Gives what this process has just made the permissions that others of the group need.
    fn share(&self, made: impl AsFd, of: fn(u32) -> u32) -> io::Result<()> {
        let Some(mode) = self.mode else { return Ok(()) };
        let file = File::from(made.as_fd().try_clone_to_owned()?);
        file.set_permissions(Permissions::from_mode(of(mode)))
    }

    /// Gives a file another name in its folder; what is there under that name is replaced.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let ((folder, old), (beside, new)) = (self.above(from)?, self.above(to)?);
        Ok(at::renameat(&*folder, old, &*beside, new)?)
    }

    /// # Errors
    /// When the disk fails; what is not there is no error.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        let (folder, name) = match self.above(path) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        match at::unlinkat(&*folder, name, AtFlags::empty()) {
            Ok(()) | Err(error::Errno::NOENT) => Ok(()),
            Err(why) => Err(why.into()),
        }
    }

    /// Makes the names in the folder of a path outlast a power cut.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync_folder_of(&self, path: &Path) -> io::Result<()> {
        let (folder, _) = self.above(path)?;
        Ok(at::fsync(&*folder)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::{Read, Write};
    use std::os::unix::fs::symlink;

    #[test]
    fn what_somebody_else_puts_in_the_way_leads_nowhere() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at("top/day")).unwrap();
        fs::write(at("secret"), "rows").unwrap();
        let top = Beneath::open(&at("top")).unwrap();
        // A link in the place of the file, of its folder, and a way out in words.
        symlink(at("secret"), at("top/day/link")).unwrap();
        symlink(root.path(), at("top/out")).unwrap();
        for name in [
            "day/link",
            "out/secret",
            "../secret",
            "/etc/passwd",
            "",
            ".",
        ] {
            assert!(top.read(Path::new(name)).is_err(), "{name}");
        }
        for name in ["out/secret", "out/new", "../new", ""] {
            assert!(top.create(Path::new(name)).is_err(), "{name}");
            assert!(top.make_folder_of(&Path::new(name).join("x")).is_err() || name.is_empty());
        }
        assert!(top.remove(Path::new("out/secret")).is_err());
        // A link that lies where a file is made is replaced, and what it points at is left alone.
        let made = top.create(Path::new("day/link"));
        made.unwrap().write_all(b"sound").unwrap();
        assert_eq!(fs::read(at("secret")).unwrap(), b"rows");
        assert_eq!(fs::read(at("top/day/link")).unwrap(), b"sound");
        assert!(!at("new").exists());
        // A pipe that nobody writes to is not waited for.
        let pipe = std::ffi::CString::new(at("top/pipe").to_str().unwrap()).unwrap();
        // SAFETY: the path is a string that ends in a zero.
        assert_eq!(unsafe { libc::mkfifo(pipe.as_ptr(), 0o600) }, 0);
        assert!(top.read(Path::new("pipe")).is_err());
        let mut again = top.create(Path::new("pipe")).unwrap();
        again.write_all(b"no pipe any more").unwrap();
        let mut text = String::new();
        let mut file = top.read(Path::new("pipe")).unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "no pipe any more");
    }

    #[test]
    fn what_is_made_in_a_folder_that_a_group_shares_is_the_groups() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("shared");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o2770)).unwrap();
        let top = Beneath::open(&path).unwrap();
        let name = Path::new("2026/11/30/call.wav");
        top.make_folder_of(name).unwrap();
        top.create(name).unwrap();
        top.make_folder_of(name).unwrap();
        let mode = |of: &str| {
            let about = fs::metadata(path.join(of)).unwrap();
            about.permissions().mode() & 0o777
        };
        let modes = ["2026", "2026/11", "2026/11/30", "2026/11/30/call.wav"].map(mode);
        assert_eq!(modes, [0o770, 0o770, 0o770, 0o660]);
        top.rename(name, Path::new("2026/11/30/other.wav")).unwrap();
        top.sync_folder_of(name).unwrap();
        top.remove(name).unwrap();
        top.remove(Path::new("2027/11/30/none.wav")).unwrap();
        assert!(path.join("2026/11/30/other.wav").exists());
    }
}
