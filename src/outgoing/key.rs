//! The file that all secrets are derived from: `webhooks.key` in the data folder, 64 hex digits, for
//! its owner alone. Several boxes on one database need the same file.

use crate::hex::hex;
use crate::webhook::Master;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const FILE: &str = "webhooks.key";

/// The key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error(
        "{}: it does not hold 64 hex digits; put the right file back, or remove it and rotate every \
         receiver's secret",
        .0.display()
    )]
    NoKey(PathBuf),
}

/// Reads the key; makes one where there is none.
///
/// # Errors
/// When the file cannot be read or written, or holds no key.
pub fn open(data: &Path) -> Result<Master, KeyError> {
    let path = data.join(FILE);
    let failed = |error| KeyError::Io {
        path: path.clone(),
        error,
    };
    match fs::read_to_string(&path) {
        Ok(text) => read(&path, Zeroizing::new(text)),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            make(data).map_err(failed)?;
            let text = fs::read_to_string(&path).map_err(failed)?;
            read(&path, Zeroizing::new(text))
        }
        Err(e) => Err(failed(e)),
    }
}

fn read(path: &Path, text: Zeroizing<String>) -> Result<Master, KeyError> {
    Master::parse(&text).ok_or_else(|| KeyError::NoKey(path.to_owned()))
}

/// Written whole or not at all; where another process was first, its key holds.
fn make(data: &Path) -> io::Result<()> {
    let bytes: [u8; 32] = rand::random();
    let text = Zeroizing::new(format!("{}\n", hex(&bytes)));
    let (path, draft) = (
        data.join(FILE),
        data.join(format!("{FILE}.{}", std::process::id())),
    );
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = match fs::hard_link(&draft, &path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    fs::remove_file(&draft)?;
    linked?;
    fs::File::open(data)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path()).unwrap();
        assert_eq!(open(folder.path()).unwrap(), first);
        let mode = fs::metadata(folder.path().join(FILE))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(open(other.path()).unwrap(), first);
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "half").unwrap();
        let error = open(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("webhooks.key") && error.contains("rotate"),
            "{error}"
        );
        assert_eq!(
            fs::read_to_string(folder.path().join(FILE)).unwrap(),
            "half"
        );
    }
}
