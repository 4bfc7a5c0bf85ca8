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
        "{0} is not the log's key: put the right file back from your backup; without it old \
         statements cannot be shown to be of this box"
    )]
    Malformed(PathBuf),
}

impl LogKey {
    /// The data folder's key, made where there is none: `log.key`, one line, the log's name and 64
    /// hex digits, readable by its owner alone.
    ///
    /// # Errors
    /// The file cannot be read or written, or is something else.
    pub fn open(folder: &Path) -> Result<LogKey, LogKeyError> {
        let path = folder.join("log.key");
        let failed = |source| LogKeyError::Io {
            path: path.clone(),
            source,
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => LogKey::parse(&text).ok_or_else(|| LogKeyError::Malformed(path.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = made();
                let mut options = OpenOptions::new();
                let file = options.write(true).create_new(true).mode(0o600).open(&path);
                let written = file.and_then(|mut file| {
                    file.write_all(text.as_bytes())?;
                    file.sync_all()
                });
                match written {
                    // Another process of this box was first.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        LogKey::open(folder)
                    }
                    Err(error) => Err(failed(error)),
                    Ok(()) => {
                        LogKey::parse(&text).ok_or_else(|| LogKeyError::Malformed(path.clone()))
                    }
                }
            }
            Err(error) => Err(failed(error)),
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

fn made() -> String {
    let (name, seed): ([u8; 8], [u8; 32]) = (rand::random(), rand::random());
    format!("assay-{} {}\n", hex(&name), hex(&seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_is_its_owner_s_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = LogKey::open(folder.path()).unwrap().verifier();
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
