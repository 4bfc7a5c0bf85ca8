//! What a leaf commits to: `SHA-256(domain || salt || canonical content)` of one record.
//!
//! The 32 bytes of the commitment are the log's entry; its leaf hash is RFC 6962's over them. The
//! salt lies beside the record. When both are erased, the commitment says nothing of what it was,
//! and the tree stays whole.

use crate::proof::hash::{Hash, leaf_hash, sha256};
use crate::proof::json::{Object, Value};
use crate::proof::kind::Kind;
use std::fmt;

/// Sets commitments apart from all other hashes.
pub const DOMAIN: &str = "assay/record/v1\n";
/// The longest subject, in bytes.
pub const MAX_SUBJECT_BYTES: usize = 256;

/// 32 random bytes, drawn anew for each record, and erased with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[salt]")
    }
}

/// Why something is not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("a record is an object with a kind that is known")]
    Kind,
    #[error("a record has a subject of 1 to 256 bytes")]
    Subject,
    #[error("the record has no one reading: {0}")]
    Json(String),
}

/// A record: its kind, its subject (the id of what it is about), and fields of that kind.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    kind: Kind,
    subject: String,
    /// Everything, also `kind` and `subject`.
    content: Object,
}

impl Record {
    /// A record of these fields. `kind` and `subject` among them are replaced.
    ///
    /// # Errors
    /// The subject is empty or too long, or a field could not be read back: an integer too large,
    /// a key with other characters, nesting too deep.
    pub fn new(kind: Kind, subject: &str, fields: Object) -> Result<Record, RecordError> {
        let mut content = fields;
        content.insert("kind".to_owned(), kind.as_str().into());
        content.insert("subject".to_owned(), subject.into());
        let written = Value::Object(content).canonical();
        Record::parse(written.as_bytes())
    }

    /// Reads a record's JSON.
    ///
    /// # Errors
    /// It is not JSON of one reading, or has no kind or subject.
    pub fn parse(bytes: &[u8]) -> Result<Record, RecordError> {
        let value = Value::parse(bytes).map_err(|e| RecordError::Json(e.to_string()))?;
        match value {
            Value::Object(content) => Record::from_object(content),
            _ => Err(RecordError::Kind),
        }
    }

    /// The record that an object is.
    ///
    /// # Errors
    /// It has no kind or subject.
    pub fn from_object(content: Object) -> Result<Record, RecordError> {
        let text = |key| content.get(key).and_then(Value::text);
        let kind = text("kind").and_then(|word| word.parse().ok());
        let kind = kind.ok_or(RecordError::Kind)?;
        let subject = text("subject").filter(|s| is_subject(s));
        let subject = subject.ok_or(RecordError::Subject)?.to_owned();
        Ok(Record {
            kind,
            subject,
            content,
        })
    }

    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The id of what it is about.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// All fields, also `kind` and `subject`.
    #[must_use]
    pub fn content(&self) -> &Object {
        &self.content
    }

    /// The bytes that are hashed.
    #[must_use]
    pub fn canonical(&self) -> String {
        Value::Object(self.content.clone()).canonical()
    }

    /// The log's entry for this record.
    #[must_use]
    pub fn commitment(&self, salt: &Salt) -> Hash {
        let content = self.canonical();
        sha256(&[DOMAIN.as_bytes(), &salt.0, content.as_bytes()])
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.subject)
    }
}

/// The leaf hash of a commitment: what [`crate::proof::tree::Edge::grow`] takes.
#[must_use]
pub fn leaf(commitment: Hash) -> Hash {
    leaf_hash(&commitment.0)
}

/// Whether something can be a record's subject.
#[must_use]
pub fn is_subject(text: &str) -> bool {
    (1..=MAX_SUBJECT_BYTES).contains(&text.len())
}
