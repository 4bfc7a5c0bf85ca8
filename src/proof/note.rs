//! Signed notes (C2SP signed-note): a text, an empty line, signature lines.

use crate::proof::key::{VerifierKey, is_key_name};
use crate::proof::text::{base64, from_base64};
use std::fmt;

/// The longest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 64 * 1024;
/// The most signatures that a note may bear.
pub const MAX_SIGNATURES: usize = 64;

/// Why a note is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("the note is longer than 64 KiB or bears more than 64 signatures")]
    TooLong,
    #[error("the note is not UTF-8, or holds a control character")]
    Characters,
    #[error("the note does not end in a text, an empty line and signature lines")]
    Layout,
    #[error("signature line {0} is malformed")]
    SignatureLine(usize),
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key that made it, as it says.
    pub name: String,
    /// That key's id.
    pub id: u32,
    /// At least one byte; how they are read depends on the key.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    /// A signature of this key.
    #[must_use]
    pub fn of(key: &VerifierKey, bytes: Vec<u8>) -> NoteSignature {
        NoteSignature {
            name: key.name().to_owned(),
            id: key.id(),
            bytes,
        }
    }

    /// Whether it bears this key's name and id.
    #[must_use]
    pub fn is_of(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.id == key.id()
    }

    fn parse(line: &str) -> Option<NoteSignature> {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = from_base64(signature)?;
        let (id, bytes) = bytes.split_at_checked(4)?;
        let id = u32::from_be_bytes(id.try_into().ok()?);
        let whole = is_key_name(name) && !bytes.is_empty();
        whole.then(|| NoteSignature {
            name: name.to_owned(),
            id,
            bytes: bytes.to_vec(),
        })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.to_be_bytes().to_vec();
        bytes.extend(&self.bytes);
        writeln!(f, "— {} {}", self.name, base64(&bytes))
    }
}

/// A note that is well formed; nothing is said yet of who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// A note of this text, which ends in a newline.
    ///
    /// # Errors
    /// The text does not end in a newline, or holds another control character.
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Result<Note, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::Layout);
        }
        if has_control(&text) {
            return Err(NoteError::Characters);
        }
        Ok(Note { text, signatures })
    }

    /// Reads a note.
    ///
    /// # Errors
    /// It is too long, not UTF-8, or not laid out as a note.
    pub fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Characters)?;
        if has_control(note) {
            return Err(NoteError::Characters);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Layout)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Layout)?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(NoteError::TooLong);
        }
        let parse = |(n, line)| NoteSignature::parse(line).ok_or(NoteError::SignatureLine(n + 1));
        let signatures = lines.split('\n').enumerate().map(parse);
        Ok(Note {
            text: format!("{text}\n"),
            signatures: signatures.collect::<Result<_, _>>()?,
        })
    }

    /// The signed text, with its final newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signature lines, also of keys that nobody knows.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The signatures that bear this key's name and id.
    pub fn signatures_of<'a>(
        &'a self,
        key: &'a VerifierKey,
    ) -> impl Iterator<Item = &'a NoteSignature> {
        self.signatures.iter().filter(move |s| s.is_of(key))
    }

    /// Adds a signature line.
    pub fn add(&mut self, signature: NoteSignature) {
        self.signatures.push(signature);
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|s| write!(f, "{s}"))
    }
}

fn has_control(text: &str) -> bool {
    text.contains(|c: char| c < ' ' && c != '\n')
}
