//! JSON of which each document has one reading and each value one spelling: what is hashed must
//! not depend on who writes it.
//!
//! Reading refuses a key that comes twice, a number that is not an integer of at most 2^53 - 1
//! either way, half a surrogate pair, nesting beyond [`MAX_DEPTH`], and keys that are not of 1 to
//! 64 printable ASCII characters without `"` and `\`. Strings are kept as they are, without Unicode
//! normalization.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// The largest integer, and with a minus the smallest: 2^53 - 1, which JavaScript holds exactly.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;
/// How deep lists and objects may be nested.
pub const MAX_DEPTH: usize = 32;
/// The longest key.
const MAX_KEY: usize = 64;

/// The members of an object, by key.
pub type Object = BTreeMap<String, Value>;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Bool(bool),
    /// At most [`MAX_INTEGER`] either way.
    Int(i64),
    Text(String),
    List(Vec<Value>),
    Object(Object),
}

/// Why something is not JSON of this kind; in the parser's words, with line and column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(String);

fn why_none(error: &serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    JsonError(match error.is_eof() {
        true => format!("it was cut short: it ends in the middle, at line {line} column {column}"),
        false => error.to_string(),
    })
}

impl Value {
    /// Reads a document.
    ///
    /// # Errors
    /// It is not JSON, or has more than one reading; see the module.
    pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|e| why_none(&e))?;
        if value.depth() > MAX_DEPTH {
            return Err(JsonError(format!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(value)
    }

    /// Writes it in its one spelling: keys in the order of their bytes, no spaces, in strings only
    /// `"`, `\` and control characters escaped (RFC 8785 §3.2.2.2).
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn list(&self) -> Option<&[Value]> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The object, if it is one.
    #[must_use]
    pub fn object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    fn depth(&self) -> usize {
        let below = match self {
            Value::List(list) => list.iter().map(Value::depth).max(),
            Value::Object(object) => object.values().map(Value::depth).max(),
            _ => return 0,
        };
        1 + below.unwrap_or(0)
    }

    fn write(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
            Value::Int(int) => out.push_str(&int.to_string()),
            Value::Text(text) => write_text(text, out),
            Value::List(list) => write_list(list, out),
            Value::Object(object) => write_object(object, out),
        }
    }
}

fn write_list(list: &[Value], out: &mut String) {
    out.push('[');
    for (n, value) in list.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        value.write(out);
    }
    out.push(']');
}

fn write_object(object: &Object, out: &mut String) {
    out.push('{');
    for (n, (key, value)) in object.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        write_text(key, out);
        out.push(':');
        value.write(out);
    }
    out.push('}');
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Whether an object may have this key.
#[must_use]
pub fn is_key(key: &str) -> bool {
    let plain = |b: u8| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\';
    (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(plain)
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Value {
        Value::Bool(bool)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "null, a truth value, a string, a list, an object, or an integer up to 2^53 - 1",
        )
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E: de::Error>(self, int: i64) -> Result<Value, E> {
        if int.unsigned_abs() > MAX_INTEGER.unsigned_abs() {
            return Err(E::invalid_value(de::Unexpected::Signed(int), &self));
        }
        Ok(Value::Int(int))
    }

    fn visit_u64<E: de::Error>(self, int: u64) -> Result<Value, E> {
        let small = i64::try_from(int).ok().filter(|&int| int <= MAX_INTEGER);
        let refused = || E::invalid_value(de::Unexpected::Unsigned(int), &self);
        small.map(Value::Int).ok_or_else(refused)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some((key, value)) = members.next_entry::<String, Value>()? {
            if !is_key(&key) {
                return Err(de::Error::custom(format!("'{key}' cannot be a key")));
            }
            if object.contains_key(&key) {
                return Err(de::Error::custom(format!("the key '{key}' comes twice")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
