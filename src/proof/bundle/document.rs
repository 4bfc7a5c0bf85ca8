//! A bundle as a document: one JSON object. `FORMAT.md` beside this room says what every member is.

use crate::proof::bundle::broken::{Broken, Fault};
use crate::proof::bundle::frame::Members;
use crate::proof::commitment::{Record, Salt, is_subject};
use crate::proof::hash::Hash;
use crate::proof::json::Value;
use crate::proof::kind::Kind;
use crate::proof::stamp::MAX_STAMP_BYTES;
use crate::proof::text::from_base64;
use std::collections::BTreeSet;

/// The document's `format`.
pub const FORMAT: &str = "assay-bundle";
/// The document's `version`.
pub const VERSION: u64 = 1;
/// The longest bundle, in bytes.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// The most items.
pub const MAX_ITEMS: usize = 1000;
/// The most checkpoints.
pub const MAX_CHECKPOINTS: usize = 64;
/// The most hashes in a proof.
pub const MAX_PROOF: usize = 64;
/// The most sounds.
pub const MAX_AUDIO: usize = 64;

/// A bundle that is well formed; nothing is proved yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The log's verifier key, as text.
    pub log: String,
    /// The subject of the ledger entry that it proves.
    pub entry: String,
    /// At least one; of each kind and subject, and of each leaf, at most one.
    pub items: Vec<Item>,
    /// At least one, smallest tree first. Items are proved in the last.
    pub checkpoints: Vec<Step>,
    pub audio: Vec<Audio>,
}

/// One record of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub kind: Kind,
    pub subject: String,
    /// Its leaf's index, from 0.
    pub leaf: u64,
    pub commitment: Hash,
    /// `None` once it is erased.
    pub opened: Option<Opened>,
    /// Inclusion in the tree of the last checkpoint.
    pub proof: Vec<Hash>,
}

/// What the commitment was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub salt: Salt,
    pub record: Record,
}

/// A checkpoint, and how it follows from the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// A signed note, with its cosignatures.
    pub note: String,
    /// Consistency with the checkpoint before; empty for the first.
    pub proof: Vec<Hash>,
    /// A time stamp of its root, as the authority answered it (RFC 3161).
    pub stamp: Option<Vec<u8>>,
}

/// The sound of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// The recording's subject.
    pub recording: String,
    pub sha256: Hash,
    /// The name of the file that lies beside the bundle.
    pub file: Option<String>,
}

impl Item {
    /// `verdict v-17`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.kind, self.subject)
    }
}

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// It is too long, not JSON of one reading, or its members are not those of the format.
    pub fn parse(bytes: &[u8]) -> Result<Bundle, Broken> {
        if bytes.len() > MAX_BYTES {
            return Err(Broken::new(Fault::Frame, "bundle", "is longer than 4 MiB"));
        }
        let value = Value::parse(bytes);
        let value = value.map_err(|e| Broken::new(Fault::Json, "bundle", e.to_string()))?;
        let mut members = Members::of(value, "bundle")?;
        if members.text("format")? != FORMAT {
            return Err(members.wrong("format", FORMAT));
        }
        if members.count("version")? != VERSION {
            return Err(members.wrong("version", "1"));
        }
        let bundle = Bundle {
            log: members.text("log")?,
            entry: members.text("entry")?,
            items: each("items", members.list("items", MAX_ITEMS)?, item)?,
            checkpoints: each(
                "checkpoints",
                members.list("checkpoints", MAX_CHECKPOINTS)?,
                step,
            )?,
            audio: each("audio", members.list("audio", MAX_AUDIO)?, audio)?,
        };
        members.end()?;
        bundle.distinct()?;
        Ok(bundle)
    }

    /// The item of a kind and subject.
    #[must_use]
    pub fn item(&self, kind: Kind, subject: &str) -> Option<&Item> {
        self.items
            .iter()
            .find(|item| item.kind == kind && item.subject == subject)
    }

    fn distinct(&self) -> Result<(), Broken> {
        let twice = |place: &str, why| Err(Broken::new(Fault::Frame, place, why));
        if self.checkpoints.is_empty() {
            return twice("checkpoints", "there is none");
        }
        let (mut names, mut leaves) = (BTreeSet::new(), BTreeSet::new());
        for item in &self.items {
            if !names.insert((item.kind, &item.subject)) {
                return twice(&item.name(), "comes twice");
            }
            if !leaves.insert(item.leaf) {
                return twice(&item.name(), "has the leaf of another item");
            }
        }
        let mut sounds = BTreeSet::new();
        match self.audio.iter().find(|a| !sounds.insert(&a.recording)) {
            Some(audio) => twice(&format!("audio {}", audio.recording), "comes twice"),
            None => Ok(()),
        }
    }
}

fn each<T>(
    key: &str,
    list: Vec<Value>,
    read: fn(Value, &str) -> Result<T, Broken>,
) -> Result<Vec<T>, Broken> {
    let read = |(n, value)| read(value, &format!("{key}[{n}]"));
    list.into_iter().enumerate().map(read).collect()
}

fn item(value: Value, place: &str) -> Result<Item, Broken> {
    let mut members = Members::of(value, place)?;
    let kind = members.text("kind")?.parse();
    let item = Item {
        kind: kind.map_err(|_| members.wrong("kind", "a kind of record"))?,
        subject: members.text("subject")?,
        leaf: members.count("leaf")?,
        commitment: members.hash("commitment")?,
        opened: opened(&mut members)?,
        proof: members.hashes("proof", MAX_PROOF)?,
    };
    if item.opened.is_none() && !item.kind.may_be_erased() {
        return Err(members.wrong("erased", "possible for this kind"));
    }
    if !is_subject(&item.subject) {
        return Err(members.wrong("subject", "of 1 to 256 bytes"));
    }
    let same = |o: &Opened| o.record.kind() == item.kind && o.record.subject() == item.subject;
    if !item.opened.as_ref().is_none_or(same) {
        return Err(members.wrong("content", "of the item's kind and subject"));
    }
    members.end()?;
    Ok(item)
}

fn opened(members: &mut Members) -> Result<Option<Opened>, Broken> {
    if let Some(erased) = members.maybe("erased") {
        let erased = erased == Value::Bool(true);
        return match erased {
            true => Ok(None),
            false => Err(members.wrong("erased", "true")),
        };
    }
    let salt = Salt(members.hash("salt")?.0);
    let record = match members.take("content")? {
        Value::Object(content) => Record::from_object(content).ok(),
        _ => None,
    };
    let record = record.ok_or_else(|| members.wrong("content", "a record"))?;
    Ok(Some(Opened { salt, record }))
}

fn step(value: Value, place: &str) -> Result<Step, Broken> {
    let mut members = Members::of(value, place)?;
    let stamp = match members.maybe("stamp") {
        None => None,
        Some(stamp) => {
            let bytes = stamp.text().and_then(from_base64);
            let fits = bytes.filter(|b| (1..=MAX_STAMP_BYTES).contains(&b.len()));
            let wrong = || members.wrong("stamp", "base64 of 1 to 65,536 bytes");
            Some(fits.ok_or_else(wrong)?)
        }
    };
    let step = Step {
        note: members.text("note")?,
        proof: members.hashes("proof", MAX_PROOF)?,
        stamp,
    };
    members.end()?;
    Ok(step)
}

fn audio(value: Value, place: &str) -> Result<Audio, Broken> {
    let mut members = Members::of(value, place)?;
    let file = match members.maybe("file") {
        None => None,
        Some(Value::Text(file)) if is_file_name(&file) => Some(file),
        Some(_) => return Err(members.wrong("file", "the name of a file in the same folder")),
    };
    let audio = Audio {
        recording: members.text("recording")?,
        sha256: members.hash("sha256")?,
        file,
    };
    members.end()?;
    Ok(audio)
}

/// Whether a name leads to no other folder.
fn is_file_name(name: &str) -> bool {
    let forbidden = |c: char| c < ' ' || c == '/' || c == '\\' || c == ':';
    (1..=255).contains(&name.len()) && !name.starts_with('.') && !name.contains(forbidden)
}
