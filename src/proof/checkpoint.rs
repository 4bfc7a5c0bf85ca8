//! Checkpoints (C2SP tlog-checkpoint): a log's tree at one size, as a signed note.

use crate::proof::check::Head;
use crate::proof::hash::Hash;
use crate::proof::key::{Scheme, SignerKey, VerifierKey};
use crate::proof::note::{Note, NoteError, NoteSignature};
use crate::proof::text::{base64, from_base64, from_decimal};
use std::fmt;

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log, as its first line; the name of the key that signs.
    pub origin: String,
    /// Leaves and root.
    pub head: Head,
    /// Further lines, none of them empty. No auditor can check them: leave them out, and never put
    /// there what can be guessed from its hash.
    pub extensions: Vec<String>,
}

/// Why something is not this log's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error("the note's text is not a checkpoint: origin, size and root, a line each")]
    Text,
    #[error("the checkpoint is of the log '{found}', not of '{expected}'")]
    OtherLog { expected: String, found: String },
    #[error("the log's key has not signed the checkpoint")]
    Unsigned,
    #[error("the checkpoint bears a signature of the log's key that does not hold")]
    BadSignature,
}

impl Checkpoint {
    /// Reads a note's text.
    ///
    /// # Errors
    /// It is not a checkpoint.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let text = text.strip_suffix('\n').ok_or(CheckpointError::Text)?;
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(CheckpointError::Text);
        let (origin, size, root) = (line()?.to_owned(), line()?, line()?);
        let size = from_decimal(size).ok_or(CheckpointError::Text)?;
        let root = from_base64(root).and_then(|bytes| Hash::from_bytes(&bytes));
        let root = root.ok_or(CheckpointError::Text)?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if origin.is_empty() || extensions.iter().any(String::is_empty) {
            return Err(CheckpointError::Text);
        }
        Ok(Checkpoint {
            origin,
            head: Head { size, root },
            extensions,
        })
    }

    /// Signs it as the log.
    ///
    /// # Errors
    /// The origin or an extension line cannot stand in a note.
    pub fn sign(&self, key: &SignerKey) -> Result<Note, CheckpointError> {
        let text = self.to_string();
        if Checkpoint::parse(&text).as_ref() != Ok(self) {
            return Err(CheckpointError::Text);
        }
        let signature = key.sign(text.as_bytes()).to_vec();
        let signature = NoteSignature::of(&key.verifier(), signature);
        Ok(Note::new(text, vec![signature])?)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = base64(&self.head.root.0);
        writeln!(f, "{}\n{}\n{root}", self.origin, self.head.size)?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Reads a checkpoint and verifies that this log signed it. The log's key bears its origin as name.
///
/// # Errors
/// It is malformed, of another log, or not signed by `log`.
pub fn open(bytes: &[u8], log: &VerifierKey) -> Result<(Checkpoint, Note), CheckpointError> {
    let note = Note::parse(bytes)?;
    let checkpoint = Checkpoint::parse(note.text())?;
    if checkpoint.origin != log.name() {
        return Err(CheckpointError::OtherLog {
            expected: log.name().to_owned(),
            found: checkpoint.origin,
        });
    }
    let text = note.text().as_bytes();
    let holds = |s: &NoteSignature| log.has_signed(text, &s.bytes);
    if log.scheme() != Scheme::Note || note.signatures_of(log).next().is_none() {
        return Err(CheckpointError::Unsigned);
    }
    if !note.signatures_of(log).all(holds) {
        return Err(CheckpointError::BadSignature);
    }
    Ok((checkpoint, note))
}
