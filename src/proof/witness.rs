//! A log asks a witness to cosign its checkpoint (C2SP tlog-witness, `add-checkpoint`): what is
//! sent, what is answered, and when the answer is a refusal. The witness keeps the largest tree
//! that it has cosigned of each log, and keeps it before it answers.

use crate::proof::check::{Head, is_consistent, shown};
use crate::proof::checkpoint::{Checkpoint, CheckpointError, open};
use crate::proof::cosign::cosigned_at;
use crate::proof::hash::{Hash, empty_root};
use crate::proof::json::MAX_INTEGER;
use crate::proof::key::VerifierKey;
use crate::proof::note::{MAX_NOTE_BYTES, Note, NoteSignature};
use crate::proof::text::{base64, from_base64, from_decimal};
use std::fmt;

/// The most hashes that a request may have.
pub const MAX_PROOF_LINES: usize = 63;
/// The longest request: old size, proof, an empty line, a note.
pub const MAX_REQUEST_BYTES: usize = MAX_NOTE_BYTES + 4096;
/// The type of an answer that tells the size that the witness has.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// What a log sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Leaves of the tree that the witness cosigned last; 0 for none.
    pub old: u64,
    /// Consistency of that tree with the checkpoint's.
    pub proof: Vec<Hash>,
    /// The checkpoint, a signed note.
    pub note: String,
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "the request is not one of C2SP tlog-witness: old size, proof, an empty line, checkpoint"
    )]
    Malformed,
    #[error("this witness does not know the log '{0}'")]
    UnknownLog(String),
    #[error("the checkpoint is not signed by the key that this witness knows of the log")]
    Unsigned,
    #[error("the largest tree that was cosigned of this log has {0} leaves")]
    OtherSize(u64),
    #[error("the proof does not show that the tree follows from the one that was cosigned")]
    DoesNotFollow,
    /// The checkpoint and the proof show together that the log was rewritten.
    #[error("the log was rewritten: its first {0} leaves are not those that were cosigned")]
    Rewritten(u64),
}

impl AddCheckpoint {
    /// Reads a request; `None` where it is malformed.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<AddCheckpoint> {
        if bytes.len() > MAX_REQUEST_BYTES {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, note) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old = from_decimal(lines.next()?.strip_prefix("old ")?)?;
        let hash = |line: &str| Hash::from_bytes(&from_base64(line)?);
        let proof: Vec<Hash> = lines.map(hash).collect::<Option<_>>()?;
        (proof.len() <= MAX_PROOF_LINES).then(|| AddCheckpoint {
            old,
            proof,
            note: note.to_owned(),
        })
    }

    /// The checkpoint, if one of these logs signed it.
    ///
    /// # Errors
    /// It is malformed, of another log, or not signed as it must be.
    pub fn opened(&self, logs: &[VerifierKey]) -> Result<(Checkpoint, Note), Refusal> {
        let bytes = self.note.as_bytes();
        let note = Note::parse(bytes).map_err(|_| Refusal::Malformed)?;
        let seen = Checkpoint::parse(note.text()).map_err(|_| Refusal::Malformed)?;
        let mut own = logs.iter().filter(|log| log.name() == seen.origin);
        let mut log = own
            .next()
            .ok_or_else(|| Refusal::UnknownLog(seen.origin.clone()))?;
        // A log may have more than one key.
        for other in own {
            if note.signatures_of(log).next().is_none() {
                log = other;
            }
        }
        let (checkpoint, note) = open(bytes, log).map_err(|why| match why {
            CheckpointError::Unsigned | CheckpointError::BadSignature => Refusal::Unsigned,
            _ => Refusal::Malformed,
        })?;
        let Head { size, .. } = checkpoint.head;
        if self.old > size || size > MAX_INTEGER.unsigned_abs() {
            return Err(Refusal::Malformed);
        }
        Ok((checkpoint, note))
    }

    /// Whether a tree follows from the one that was cosigned last.
    ///
    /// # Errors
    /// It does not, or the log takes another one for the last.
    pub fn follows(&self, new: Head, last: Option<Head>) -> Result<(), Refusal> {
        let last = last.unwrap_or(Head {
            size: 0,
            root: empty_root(),
        });
        if self.old != last.size {
            return Err(Refusal::OtherSize(last.size));
        }
        if new.size == 0 && new.root != empty_root() {
            return Err(Refusal::DoesNotFollow);
        }
        if is_consistent(last, new, &self.proof) {
            return Ok(());
        }
        match shown(last, new, &self.proof) {
            Some(_) => Err(Refusal::Rewritten(last.size)),
            None => Err(Refusal::DoesNotFollow),
        }
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        let mut hashes = self.proof.iter();
        hashes.try_for_each(|hash| writeln!(f, "{}", base64(&hash.0)))?;
        write!(f, "\n{}", self.note)
    }
}

/// This witness's signature line in an answer, if it holds for the note; lines of others are passed
/// over.
#[must_use]
pub fn line_of(answer: &[u8], note: &Note, witness: &VerifierKey) -> Option<String> {
    let mut whole = note.to_string().into_bytes();
    whole.extend_from_slice(answer);
    let whole = Note::parse(&whole).ok()?;
    let added = whole.signatures().get(note.signatures().len()..)?;
    let holds = |signature: &&NoteSignature| {
        let alone = vec![(*signature).clone()];
        let alone = Note::new(note.text().to_owned(), alone);
        alone.is_ok_and(|alone| matches!(cosigned_at(&alone, witness), Ok(Some(_))))
    };
    added.iter().find(holds).map(ToString::to_string)
}

/// The size that a witness tells with a 409.
#[must_use]
pub fn told_size(answer: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(answer).ok()?;
    from_decimal(text.strip_suffix('\n')?)
}
