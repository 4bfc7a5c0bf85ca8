//! Strict reading of a document's members: each is named, none is left over.

use crate::proof::bundle::broken::{Broken, Fault};
use crate::proof::hash::Hash;
use crate::proof::json::{MAX_INTEGER, Object, Value};

/// An object whose members are taken one by one.
pub struct Members<'a> {
    place: &'a str,
    left: Object,
}

impl<'a> Members<'a> {
    /// # Errors
    /// The value is not an object.
    pub fn of(value: Value, place: &'a str) -> Result<Members<'a>, Broken> {
        match value {
            Value::Object(left) => Ok(Members { place, left }),
            _ => Err(broken(place, "is not an object")),
        }
    }

    /// Takes a member that may be missing.
    pub fn maybe(&mut self, key: &str) -> Option<Value> {
        self.left.remove(key)
    }

    /// # Errors
    /// The member is missing.
    pub fn take(&mut self, key: &str) -> Result<Value, Broken> {
        let missing = || broken(self.place, &format!("has no '{key}'"));
        self.left.remove(key).ok_or_else(missing)
    }

    /// # Errors
    /// The member is missing or not a text.
    pub fn text(&mut self, key: &str) -> Result<String, Broken> {
        match self.take(key)? {
            Value::Text(text) => Ok(text),
            _ => Err(self.wrong(key, "a text")),
        }
    }

    /// # Errors
    /// The member is missing or not an integer from 0 on.
    pub fn count(&mut self, key: &str) -> Result<u64, Broken> {
        match self.take(key)? {
            Value::Int(int @ 0..=MAX_INTEGER) => Ok(int.unsigned_abs()),
            _ => Err(self.wrong(key, "an integer from 0 to 2^53 - 1")),
        }
    }

    /// # Errors
    /// The member is missing or not 64 lower-case hex digits.
    pub fn hash(&mut self, key: &str) -> Result<Hash, Broken> {
        let text = self.text(key)?;
        Hash::from_hex(&text).ok_or_else(|| self.wrong(key, "64 lower-case hex digits"))
    }

    /// # Errors
    /// The member is missing, not a list, or longer than `limit`.
    pub fn list(&mut self, key: &str, limit: usize) -> Result<Vec<Value>, Broken> {
        match self.take(key)? {
            Value::List(list) if list.len() <= limit => Ok(list),
            _ => Err(self.wrong(key, &format!("a list of at most {limit}"))),
        }
    }

    /// # Errors
    /// The member is missing or not a list of at most `limit` hashes.
    pub fn hashes(&mut self, key: &str, limit: usize) -> Result<Vec<Hash>, Broken> {
        let list = self.list(key, limit)?;
        let hash = |value: &Value| value.text().and_then(Hash::from_hex);
        let hashes: Option<Vec<Hash>> = list.iter().map(hash).collect();
        hashes.ok_or_else(|| self.wrong(key, "a list of hashes in lower-case hex"))
    }

    /// # Errors
    /// A member was not taken.
    pub fn end(self) -> Result<(), Broken> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(key) => Err(broken(self.place, &format!("has the unknown '{key}'"))),
        }
    }

    /// That a member is not what it must be.
    #[must_use]
    pub fn wrong(&self, key: &str, what: &str) -> Broken {
        broken(self.place, &format!("'{key}' is not {what}"))
    }
}

fn broken(place: &str, why: &str) -> Broken {
    Broken::new(Fault::Frame, place, why)
}
