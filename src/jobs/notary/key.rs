//! The log's key, and the key by which this box cosigns other boxes' logs: files beside the
//! database, never in it.

use crate::hex::hex;
use crate::proof::{CosignError, Note, NoteSignature, Scheme, SignerKey, VerifierKey, cosign};
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
    /// The data folder's key: `log.key`, one line, the log's name and 64 hex digits, readable by
    /// its owner alone.
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
                let made = make(folder, &path, "assay");
                made.map_err(|source| LogKeyError::Io { path, source })?;
                LogKey::open(folder)
            }
            other => other,
        }
    }

    fn parse(text: &str) -> Option<LogKey> {
        let signer = parse(text, Scheme::Note)?;
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

/// The key by which this box cosigns checkpoints of other logs. It is wiped when dropped, and never
/// printed.
#[derive(Debug)]
pub struct WitnessKey {
    signer: SignerKey,
}

/// Why there is no key for cosigning.
#[derive(Debug, thiserror::Error)]
pub enum WitnessKeyError {
    #[error("the witness's key {path} cannot be read or made: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "the witness's key {0} is missing, and this box has cosigned with it: put it back from \
         your backup. Those who ask this box know no other"
    )]
    Missing(PathBuf),
    #[error("{0} is not a witness's key: put the right file back from your backup")]
    Malformed(PathBuf),
}

impl WitnessKey {
    /// The data folder's key: `witness.key`, one line, the witness's name and 64 hex digits,
    /// readable by its owner alone.
    ///
    /// # Errors
    /// The file cannot be read, or is something else.
    pub fn open(folder: &Path) -> Result<WitnessKey, WitnessKeyError> {
        let path = folder.join("witness.key");
        match std::fs::read_to_string(&path) {
            Ok(text) => match parse(&text, Scheme::Cosignature) {
                Some(signer) => Ok(WitnessKey { signer }),
                None => Err(WitnessKeyError::Malformed(path)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(WitnessKeyError::Missing(path))
            }
            Err(source) => Err(WitnessKeyError::Io { path, source }),
        }
    }

    /// The same, made where there is none yet: only while nothing was cosigned.
    ///
    /// # Errors
    /// The file cannot be read or written, or is something else.
    pub fn open_or_make(folder: &Path) -> Result<WitnessKey, WitnessKeyError> {
        match WitnessKey::open(folder) {
            Err(WitnessKeyError::Missing(path)) => {
                let made = make(folder, &path, "assay-witness");
                made.map_err(|source| WitnessKeyError::Io { path, source })?;
                WitnessKey::open(folder)
            }
            other => other,
        }
    }

    /// Its public half, which anybody may have.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        self.signer.verifier()
    }

    /// Cosigns a checkpoint, which the caller has verified and kept. `at` is in seconds since 1970.
    ///
    /// # Errors
    /// Never by a key that was opened here.
    pub fn cosign(&self, note: &Note, at: u64) -> Result<NoteSignature, CosignError> {
        cosign(note, &self.signer, at)
    }
}

fn parse(text: &str, scheme: Scheme) -> Option<SignerKey> {
    let (name, seed) = text.trim_end().split_once(' ')?;
    let seed = crate::proof::Hash::from_hex(seed)?;
    SignerKey::new(name, scheme, &seed.0).ok()
}

/// Whole or not at all, and never over one that is there: of two processes the first wins.
fn make(folder: &Path, path: &Path, name: &str) -> io::Result<()> {
    let (id, seed): ([u8; 8], [u8; 32]) = (rand::random(), rand::random());
    let draft = folder.join(format!("{name}.key.{}", std::process::id()));
    // What lies there already is a link to somewhere else, or left by a crash.
    let _ = std::fs::remove_file(&draft);
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(format!("{name}-{} {}\n", hex(&id), hex(&seed)).as_bytes())?;
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
        let witness = WitnessKey::open(folder.path());
        assert!(matches!(witness, Err(WitnessKeyError::Missing(_))));
        let witness = WitnessKey::open_or_make(folder.path()).unwrap().verifier();
        assert_eq!(WitnessKey::open(folder.path()).unwrap().verifier(), witness);
        assert!(witness.name().starts_with("assay-witness-"));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for bad in ["", "assay", "assay 12", "a+b 00", "\n"] {
            std::fs::write(&path, bad).unwrap();
            let refused = LogKey::open(folder.path());
            assert!(matches!(refused, Err(LogKeyError::Malformed(_))), "{bad}");
        }
    }
}
