//! The log's key: a file beside the database, never in it.

use crate::hex::hex;
use crate::proof::{Scheme, SignerKey, VerifierKey};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The key that signs checkpoints. It is wiped when dropped, and never printed.
#[derive(Debug)]
pub struct LogKey {
    signer: SignerKey,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum LogKeyError {
    #[error("the log's key {path} cannot be read or made: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "the log's key {0} is missing: put it back from your backup. Another key cannot go on with \
         this log, and old statements would not be of it"
    )]
    Missing(PathBuf),
    #[error(
        "{0} is not the log's key: put the right file back from your backup; without it old \
         statements cannot be shown to be of this box"
    )]
    Malformed(PathBuf),
}

impl LogKey {
    /// The data folder's key: `log.key`, one line, the log's name and 64 hex digits, readable by its
    /// owner alone.
    ///
    /// # Errors
    /// The file cannot be read, or is something else.
    pub fn open(folder: &Path) -> Result<LogKey, LogKeyError> {
        let path = folder.join("log.key");
        match std::fs::read_to_string(&path) {
            Ok(text) => LogKey::parse(&text).ok_or(LogKeyError::Malformed(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(LogKeyError::Missing(path))
            }
            Err(source) => Err(LogKeyError::Io { path, source }),
        }
    }

    /// The same, made where there is none yet: only while the log is empty.
    ///
    /// # Errors
    /// The file cannot be read or written, or is something else.
    pub fn open_or_make(folder: &Path) -> Result<LogKey, LogKeyError> {
        let path = folder.join("log.key");
        match LogKey::open(folder) {
            Err(LogKeyError::Missing(_)) => {
                let made = make(folder, &path);
                made.map_err(|source| LogKeyError::Io { path, source })?;
                LogKey::open(folder)
            }
            other => other,
        }
    }

    fn parse(text: &str) -> Option<LogKey> {
        let (name, seed) = text.trim_end().split_once(' ')?;
        let seed = crate::proof::Hash::from_hex(seed)?;
        let signer = SignerKey::new(name, Scheme::Note, &seed.0).ok()?;
        Some(LogKey { signer })
    }

    /// The log's name: the first line of its checkpoints.
    #[must_use]
    pub fn name(&self) -> String {
        self.signer.verifier().name().to_owned()
    }

    /// Its public half, which anybody may have.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        self.signer.verifier()
    }

    pub(super) fn signer(&self) -> &SignerKey {
        &self.signer
    }
}

/// Whole or not at all, and never over one that is there: of two processes the first wins.
fn make(folder: &Path, path: &Path) -> io::Result<()> {
    let (name, seed): ([u8; 8], [u8; 32]) = (rand::random(), rand::random());
    let draft = folder.join(format!("log.key.{}", std::process::id()));
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(format!("assay-{} {}\n", hex(&name), hex(&seed)).as_bytes())?;
    file.sync_all()?;
    let linked = match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    std::fs::remove_file(&draft)?;
    linked
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_is_its_owner_s_alone() {
        let folder = tempfile::tempdir().unwrap();
        let missing = LogKey::open(folder.path());
        assert!(matches!(missing, Err(LogKeyError::Missing(_))));
        let first = LogKey::open_or_make(folder.path()).unwrap().verifier();
        assert_eq!(
            LogKey::open_or_make(folder.path()).unwrap().verifier(),
            first
        );
        assert_eq!(LogKey::open(folder.path()).unwrap().verifier(), first);
        let path = folder.path().join("log.key");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for bad in ["", "assay", "assay 12", "a+b 00", "\n"] {
            std::fs::write(&path, bad).unwrap();
            let refused = LogKey::open(folder.path());
            assert!(matches!(refused, Err(LogKeyError::Malformed(_))), "{bad}");
        }
    }
}
