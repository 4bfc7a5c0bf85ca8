//! Which box a command speaks to, and that what it leaves in the data folder stays the box's own.

use crate::units::WallTime;
use std::fs;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Where the data is and how it is read.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// Configuration file; without one, the defaults hold.
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
    /// Data folder, instead of the configuration's.
    #[arg(long, global = true)]
    pub data: Option<PathBuf>,
}

/// Where a running box says which folder is its own; systemd makes it (RuntimeDirectory).
const RUN: &str = "/run/assay";
/// Another such folder, for boxes that may not write there.
const RUN_BY: &str = "ASSAY_RUN";
const POINTER: &str = "box";
/// The unit's configuration.
const INSTALLED: &str = "/etc/assay/assay.toml";

fn pointer() -> PathBuf {
    let run = std::env::var_os(RUN_BY).map_or(RUN.into(), PathBuf::from);
    run.join(POINTER)
}

/// A running box's word on itself: three lines, process, data folder, configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pointer {
    process: u32,
    data: PathBuf,
    config: Option<PathBuf>,
}

impl Pointer {
    fn read(text: &str) -> Option<Pointer> {
        let mut lines = text.lines();
        let process = lines.next()?.parse().ok()?;
        let data = PathBuf::from(lines.next().filter(|l| !l.is_empty())?);
        let config = lines.next().filter(|l| !l.is_empty()).map(PathBuf::from);
        Some(Pointer {
            process,
            data,
            config,
        })
    }

    fn written(&self) -> String {
        let config = self.config.as_deref().unwrap_or(Path::new(""));
        let (data, config) = (self.data.display(), config.display());
        format!("{}\n{data}\n{config}\n", self.process)
    }

    /// Whether the box's own user, root, or who asks wrote it; a configuration of its own is read
    /// only from root or who asks.
    fn is_of_the_box(&self, file: &Path) -> bool {
        let owner = |path: &Path| fs::symlink_metadata(path).ok().map(|m| m.uid());
        // SAFETY: it only asks who we are.
        let trusted = [0, unsafe { libc::geteuid() }];
        let wrote = owner(file);
        let process = Path::new("/proc").join(self.process.to_string());
        let of_box = wrote == owner(&self.data) && wrote == owner(&process);
        let configured = self
            .config
            .as_deref()
            .is_none_or(|config| owner(config).is_some_and(|uid| trusted.contains(&uid)));
        configured && (of_box || wrote.is_some_and(|uid| trusted.contains(&uid)))
    }

    /// Whether the box that wrote it is still there.
    fn is_alive(&self) -> bool {
        Path::new("/proc").join(self.process.to_string()).is_dir()
    }
}

/// The place that is meant where none is named: the running box's, else the installed
/// configuration's, else the defaults. Says on standard error which it is.
#[must_use]
pub fn found(place: &Place) -> Place {
    if place.config.is_some() || place.data.is_some() {
        return place.clone();
    }
    let written = fs::read_to_string(pointer()).ok();
    let running = written.as_deref().and_then(Pointer::read);
    let running = running.filter(|p| p.is_alive() && p.is_of_the_box(&pointer()));
    if let Some(running) = running {
        eprintln!(
            "assay: the running box's folder, {}",
            running.data.display()
        );
        return Place {
            config: running.config,
            data: Some(running.data),
        };
    }
    if Path::new(INSTALLED).is_file() {
        eprintln!("assay: no box is running; {INSTALLED} says where its folder is");
        return Place {
            config: Some(INSTALLED.into()),
            data: None,
        };
    }
    eprintln!("assay: no box is running and none is installed; the folder is ./assay-data");
    place.clone()
}

/// A running box's word, taken back when this is dropped.
pub struct Announced(PathBuf);

impl Drop for Announced {
    fn drop(&mut self) {
        // Another box may have taken the place.
        let own = fs::read_to_string(&self.0).ok();
        let own = own.as_deref().and_then(Pointer::read);
        if own.is_some_and(|p| p.process == std::process::id()) {
            let _ = fs::remove_file(&self.0);
        }
    }
}

/// Says which folder this box's is. Where there is no place to say it, commands need `--data`.
#[must_use]
pub fn announce(data: &Path, config: Option<&Path>) -> Option<Announced> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let pointer = Pointer {
        process: std::process::id(),
        data: absolute(data),
        config: config.map(absolute),
    };
    let path = self::pointer();
    let draft = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = fs::File::create(&draft)?;
        file.write_all(pointer.written().as_bytes())?;
        fs::rename(&draft, &path)
    };
    match write() {
        Ok(()) => Some(Announced(path)),
        Err(error) => {
            tracing::debug!(%error, "commands will not find this box by themselves");
            None
        }
    }
}

/// Gives what root has made in a data folder to the folder's owner, so that the box can read it:
/// keys, spool, recordings of folders that changed since `since`.
///
/// # Errors
/// When a folder cannot be read, or a file not given.
pub fn give_to_owner(folder: &Path, since: WallTime) -> io::Result<()> {
    let top = opened(&behind_link(folder)?, libc::O_DIRECTORY)?;
    let of = top.metadata()?;
    // SAFETY: it only asks who we are.
    let root = unsafe { libc::geteuid() } == 0;
    if !root || of.uid() == 0 {
        return Ok(());
    }
    give(&top, (of.uid(), of.gid()), since, false)
}

/// Where a service manager keeps the folder of a user that it made, behind a link of root's own
/// (`StateDirectory=` in systemd.exec(5)). Nobody else's link is followed.
fn behind_link(folder: &Path) -> io::Result<PathBuf> {
    let is = fs::symlink_metadata(folder)?;
    if is.is_symlink() && is.uid() == 0 {
        return fs::canonicalize(folder);
    }
    Ok(folder.to_owned())
}

/// The thing itself, never what a link points at.
fn opened(path: &Path, flags: libc::c_int) -> io::Result<fs::File> {
    let flags = flags | libc::O_PATH | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    fs::OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
}

/// A path to what is open, whatever has been put in its place since.
fn itself(file: &fs::File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// The folder is its owner's to change while this walks through it: each step holds what it has
/// opened, follows no link, and gives away nothing but what root made.
fn give(folder: &fs::File, to: (u32, u32), since: WallTime, recordings: bool) -> io::Result<()> {
    // Millions of recordings lie in folders that nobody has touched.
    let modified = folder.metadata()?.modified()?;
    let micros = modified
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_micros());
    let untouched = i64::try_from(micros).unwrap_or(i64::MAX) < since.micros();
    for entry in fs::read_dir(itself(folder))? {
        let entry = entry?;
        let is_folder = entry.file_type()?.is_dir();
        if recordings && untouched && !is_folder {
            continue;
        }
        let flags = if is_folder { libc::O_DIRECTORY } else { 0 };
        // Gone, or another thing by now: its owner's own doing.
        let Ok(file) = opened(&itself(folder).join(entry.file_name()), flags) else {
            continue;
        };
        let is = file.metadata()?;
        if is_folder {
            let recordings = recordings || entry.file_name() == "recordings";
            give(&file, to, since, recordings)?;
        }
        let own = is.uid() == 0 && (is.is_dir() || (is.is_file() && is.nlink() == 1));
        if own {
            chown(itself(&file), Some(to.0), Some(to.1))?;
        }
    }
    Ok(())
}

/// Takes from others what they may see of a data folder, and from the group what keys are.
///
/// # Errors
/// When the folder is somebody else's.
pub fn close_to_others(folder: &Path) -> io::Result<()> {
    let narrow = |path: &Path, mask: u32| -> io::Result<()> {
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & mask == 0 {
            return Ok(());
        }
        let narrow = fs::Permissions::from_mode(mode & !mask & 0o7777);
        fs::set_permissions(path, narrow).map_err(|why| {
            // A service may not touch a folder with the set-group-ID bit.
            io::Error::other(format!(
                "others can read {0}, and that cannot be changed from here ({why}): `chmod {1} {0}`",
                path.display(),
                if mask & 0o070 == 0 { "o-rwx" } else { "go-rwx" }
            ))
        })?;
        tracing::warn!(path = %path.display(), "others could read this: now they cannot");
        Ok(())
    };
    narrow(folder, 0o007)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "key") {
            narrow(&path, 0o077)?;
        }
    }
    let keys = folder.join("keys");
    if keys.is_dir() {
        // The public ones are read by the half that taps, where its group shares the folder.
        let shared = fs::metadata(folder)?.permissions().mode() & 0o2000 != 0;
        narrow(&keys, if shared { 0o027 } else { 0o077 })?;
        for entry in fs::read_dir(&keys)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "private") {
                narrow(&path, 0o077)?;
            }
        }
    }
    Ok(())
}

/// What the user of the half that taps needs of a data folder that both halves share.
const OF_THE_TAP: [&str; 3] = ["spool", "recordings", "keys"];

/// Leaves the group, which the half that taps is in, the public keys, the spool and the recordings:
/// everything else is its owner's alone, what is made from now on too.
///
/// # Errors
/// When a file cannot be changed.
pub fn share_with_tap(folder: &Path) -> io::Result<()> {
    // SAFETY: it only changes which permissions are left out.
    unsafe { libc::umask(0o077) };
    // SAFETY: it only asks who we are.
    let own = unsafe { libc::geteuid() };
    let change = |path: &Path, change: fn(u32) -> u32| {
        let about = fs::symlink_metadata(path)?;
        let mode = about.permissions().mode() & 0o7777;
        // The set-group-ID bit of a folder a service may not set again.
        let permissions = fs::Permissions::from_mode(change(mode) & 0o777);
        match about.uid() == own && !about.is_symlink() && change(mode) != mode {
            true => fs::set_permissions(path, permissions),
            false => Ok(()),
        }
    };
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_none_or(|name| !OF_THE_TAP.contains(&name)) {
            change(&path, |mode| mode & !0o077)?;
        }
    }
    let keys = folder.join("keys");
    if !keys.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&keys)? {
        let path = entry?.path();
        let is_current = path.file_name().is_some_and(|name| name == "current");
        if is_current || path.extension().is_some_and(|e| e == "public") {
            change(&path, |mode| mode | 0o040)?;
        }
    }
    change(&keys, |mode| mode | 0o050)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Micros;

    #[test]
    fn a_pointer_says_process_folder_and_configuration() {
        let one = Pointer {
            process: std::process::id(),
            data: "/var/lib/assay".into(),
            config: Some("/etc/assay/assay.toml".into()),
        };
        assert_eq!(Pointer::read(&one.written()), Some(one.clone()));
        assert!(one.is_alive());
        let two = Pointer {
            config: None,
            process: u32::MAX,
            ..one
        };
        assert_eq!(Pointer::read(&two.written()), Some(two.clone()));
        assert!(!two.is_alive());
        for bad in ["", "x\n/var/lib/assay\n", "12\n\n"] {
            assert_eq!(Pointer::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn keys_and_the_folder_are_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("keys")).unwrap();
        for name in ["log.key", "keys/a.private", "keys/a.public"] {
            fs::write(at(name), "x").unwrap();
            fs::set_permissions(at(name), fs::Permissions::from_mode(0o644)).unwrap();
        }
        fs::set_permissions(at("keys"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        close_to_others(folder.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o750);
        let modes = ["log.key", "keys", "keys/a.private", "keys/a.public"].map(|n| mode(&at(n)));
        assert_eq!(modes, [0o600, 0o700, 0o600, 0o644]);
    }

    #[test]
    fn the_tap_is_left_the_public_keys_and_no_database() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for name in ["keys", "spool", "log"] {
            fs::create_dir(at(name)).unwrap();
            fs::set_permissions(at(name), fs::Permissions::from_mode(0o750)).unwrap();
        }
        for name in [
            "assay.db",
            "keys/a.private",
            "keys/a.public",
            "keys/current",
        ] {
            fs::write(at(name), "x").unwrap();
            fs::set_permissions(at(name), fs::Permissions::from_mode(0o640)).unwrap();
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o2750)).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", at("link")).unwrap();
        close_to_others(folder.path()).unwrap();
        share_with_tap(folder.path()).unwrap();
        let modes = [
            "assay.db",
            "log",
            "spool",
            "keys",
            "keys/a.private",
            "keys/a.public",
        ];
        assert_eq!(
            modes.map(|n| mode(&at(n))),
            [0o600, 0o700, 0o750, 0o750, 0o600, 0o640]
        );
        assert_eq!(mode(&at("keys/current")), 0o640);
        assert_eq!(mode(folder.path()) & 0o007, 0);
        assert_eq!(
            mode(Path::new("/etc/passwd")),
            0o644,
            "what a link points at is left alone"
        );
    }

    #[test]
    fn what_root_made_is_given_to_the_folders_owner() {
        // SAFETY: it only asks who we are.
        if unsafe { libc::geteuid() } != 0 {
            println!("not run: it takes root to give files away");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let before = crate::clock::Clock::System.now() - Micros::from_secs(5);
        for name in ["keys", "recordings/2026/11/20"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["keys/a.private", "recordings/2026/11/20/call.opus"] {
            fs::write(at(name), "x").unwrap();
        }
        std::os::unix::fs::symlink("/etc/passwd", at("link")).unwrap();
        fs::create_dir(at("others")).unwrap();
        chown(at("others"), Some(1234), None).unwrap();
        chown(folder.path(), Some(65_534), Some(65_534)).unwrap();
        give_to_owner(folder.path(), before).unwrap();
        for name in ["keys", "keys/a.private", "recordings/2026/11/20/call.opus"] {
            assert_eq!(fs::metadata(at(name)).unwrap().uid(), 65_534, "{name}");
        }
        // A link is nobody's gift, nor is what is another user's.
        assert_eq!(fs::symlink_metadata(at("link")).unwrap().uid(), 0);
        assert_eq!(fs::metadata(at("others")).unwrap().uid(), 1234);
        assert_eq!(fs::metadata("/etc/passwd").unwrap().uid(), 0);

        // As systemd keeps it: behind a link of root's.
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().join("assay");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        fs::write(at("keys/b.private"), "x").unwrap();
        give_to_owner(&link, before).unwrap();
        assert_eq!(fs::metadata(at("keys/b.private")).unwrap().uid(), 65_534);
        // Anybody else's leads nowhere.
        std::os::unix::fs::lchown(&link, Some(1234), None).unwrap();
        fs::write(at("keys/c.private"), "x").unwrap();
        give_to_owner(&link, before).unwrap_err();
        assert_eq!(fs::metadata(at("keys/c.private")).unwrap().uid(), 0);
    }
}
