//! Writing a bundle, as [`crate::proof::bundle::document`] reads it.

use crate::proof::bundle::document::{Audio, Bundle, FORMAT, Item, Step, VERSION};
use crate::proof::hash::Hash;
use crate::proof::json::{Object, Value};
use crate::proof::text::base64;

impl Bundle {
    /// The document, in canonical JSON and a final newline.
    #[must_use]
    pub fn to_json(&self) -> String {
        let value = object([
            ("format", FORMAT.into()),
            ("version", number(VERSION)),
            ("log", self.log.as_str().into()),
            ("entry", self.entry.as_str().into()),
            ("items", list(&self.items, item_value)),
            ("checkpoints", list(&self.checkpoints, step_value)),
            ("audio", list(&self.audio, audio_value)),
        ]);
        value.canonical() + "\n"
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.map(|(key, value)| (key.to_owned(), value)).into())
}

fn list<T>(items: &[T], value: fn(&T) -> Value) -> Value {
    Value::List(items.iter().map(value).collect())
}

fn number(count: u64) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn hashes(proof: &[Hash]) -> Value {
    list(proof, |hash| hash.to_hex().into())
}

fn item_value(item: &Item) -> Value {
    let mut members = Object::from(
        [
            ("kind", item.kind.as_str().into()),
            ("subject", item.subject.as_str().into()),
            ("leaf", number(item.leaf)),
            ("commitment", item.commitment.to_hex().into()),
            ("proof", hashes(&item.proof)),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    match &item.opened {
        None => {
            members.insert("erased".to_owned(), true.into());
        }
        Some(opened) => {
            members.insert("salt".to_owned(), Hash(opened.salt.0).to_hex().into());
            let content = Value::Object(opened.record.content().clone());
            members.insert("content".to_owned(), content);
        }
    }
    Value::Object(members)
}

fn step_value(step: &Step) -> Value {
    let mut members = Object::from(
        [
            ("note", step.note.as_str().into()),
            ("proof", hashes(&step.proof)),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    if let Some(stamp) = &step.stamp {
        members.insert("stamp".to_owned(), base64(stamp).into());
    }
    Value::Object(members)
}

fn audio_value(audio: &Audio) -> Value {
    let value = object([
        ("recording", audio.recording.as_str().into()),
        ("sha256", audio.sha256.to_hex().into()),
    ]);
    match (value, &audio.file) {
        (Value::Object(mut members), Some(file)) => {
            members.insert("file".to_owned(), file.as_str().into());
            Value::Object(members)
        }
        (value, _) => value,
    }
}
