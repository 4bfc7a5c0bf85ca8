//! A key of the box in a file of its own: 64 hex digits, for its owner alone.

use crate::hex::hex;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{}: it does not hold 64 hex digits; {remedy}", path.display())]
    NoKey {
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
}

/// Reads the key; makes one where there is none. `remedy` says what to do with a file that holds
/// none.
///
/// # Errors
/// When the file cannot be read or written, or holds no key.
pub fn open(path: &Path, remedy: &'static str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let failed = |error| KeyError::Io {
        path: path.to_owned(),
        error,
    };
    let text = match fs::read_to_string(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            make(path).map_err(failed)?;
            fs::read_to_string(path)
        }
        other => other,
    };
    let text = Zeroizing::new(text.map_err(failed)?);
    parse(text.trim()).ok_or_else(|| KeyError::NoKey {
        path: path.to_owned(),
        remedy,
    })
}

fn parse(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut key = Zeroizing::new([0; 32]);
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(key)
}

/// Written whole or not at all; where another process was first, its key holds.
fn make(path: &Path) -> io::Result<()> {
    let bytes = Zeroizing::new(rand::random::<[u8; 32]>());
    let text = Zeroizing::new(format!("{}\n", hex(&*bytes)));
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    // What lies there already is a link to somewhere else, or left by a crash.
    let _ = fs::remove_file(&draft);
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = match fs::hard_link(&draft, path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    fs::remove_file(&draft)?;
    linked?;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let first = open(&path, "").unwrap();
        assert_eq!(open(&path, "").unwrap(), first);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_ne!(open(&folder.path().join("b.key"), "").unwrap(), first);
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        for text in ["half", &"é".repeat(32), &"0".repeat(66)] {
            fs::write(&path, text).unwrap();
            let error = open(&path, "put the right file back")
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("a.key") && error.contains("put the right"),
                "{error}"
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
