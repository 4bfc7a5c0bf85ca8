//! Why something that is kept cannot be read or written. Damage, a missing key and a disk that
//! fails are different errors: each asks for another remedy.

use std::io;
use std::path::{Path, PathBuf};

/// Why something that is kept cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// By the short form of the key's identity.
    #[error(
        "it is encrypted for key {0} and the private key is not on this box: bring it with `assay \
         key import`"
    )]
    Locked(String),
    /// The key is there, and the system keeps it from this program: after a restore it may belong
    /// to somebody else.
    #[error("the key {} cannot be read ({error}): give it to the user that runs assay (chown)", path.display())]
    KeyUnreadable { path: PathBuf, error: io::Error },
    #[error("the key {0} is no key: it needs 64 hex digits")]
    BadKey(String),
    /// Not what was written; names what.
    #[error("{0} is not what was written: it was changed or damaged")]
    Damaged(String),
    /// A later release wrote it, or it is for another program.
    #[error("{0}")]
    Unsupported(String),
    /// Whatever lies in the open where this box writes nothing in the open: it was put there from
    /// outside, or recorded before the box had a key.
    #[error(
        "{0} lies in the open, and this box has a key: it was put there from outside, or recorded \
         before there was a key; `assay key adopt` takes in what is still as it was recorded"
    )]
    Open(String),
    /// The encryption itself failed; nothing was written.
    #[error("{0} could not be encrypted, and is not written in the clear")]
    NotEncrypted(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What may fail for one of these reasons.
pub type Result<T> = std::result::Result<T, ArchiveError>;

impl ArchiveError {
    pub(super) fn damaged(what: impl Into<String>) -> ArchiveError {
        ArchiveError::Damaged(what.into())
    }

    pub(super) fn key_unreadable(path: &Path, error: io::Error) -> ArchiveError {
        ArchiveError::KeyUnreadable {
            path: path.to_owned(),
            error,
        }
    }
}

/// For what reads and writes through [`io`]; the kind says nothing.
impl From<ArchiveError> for io::Error {
    fn from(error: ArchiveError) -> io::Error {
        match error {
            ArchiveError::Io(error) => error,
            other => io::Error::other(other),
        }
    }
}

impl From<serde_json::Error> for ArchiveError {
    fn from(error: serde_json::Error) -> ArchiveError {
        ArchiveError::Damaged(format!("facts or losses ({error})"))
    }
}
