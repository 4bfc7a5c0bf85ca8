//! What is asked of a CRM and what it answers, as values; what all four have in common.

use crate::handover::mapping::{CrmKind, LeadField, Mapping};
use crate::handover::push::credential::Credential;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// A lead's fields by their names in the CRM.
pub type Fields = BTreeMap<String, String>;

/// A CRM to write to.
#[derive(Debug, Clone)]
pub struct Crm {
    pub kind: CrmKind,
    /// The path of its URL, before the interface's own: `/`, or `/crm/`; a plain receiver's whole.
    pub path: String,
    pub credential: Credential,
    /// Its names of our fields.
    pub mapping: Mapping,
}

impl Crm {
    /// Its name of our state; empty: the state is not sent.
    pub(super) fn state(&self) -> &str {
        self.mapping.name(LeadField::State).unwrap_or_default()
    }

    /// A path of the interface, which begins with a slash.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.path.trim_end_matches('/'))
    }
}

/// What is to be written. It is about people, and has no `Debug`.
#[derive(Clone, Copy)]
pub struct Lead<'a> {
    /// By which a repeat finds its record.
    pub claim: &'a str,
    pub fields: &'a Fields,
    /// What was written last; none: nothing, or all is to be written again.
    pub written: Option<&'a Fields>,
    /// The record there; none: not known.
    pub record: Option<&'a str>,
}

impl Lead<'_> {
    /// The fields of a new record.
    pub(super) fn all(&self) -> Map<String, Value> {
        let each = self.fields.iter();
        each.map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect()
    }

    /// The fields that are another than when they were written last; `gone` stands for one that
    /// has no value any more, where that is cleared. All of them where nothing was written.
    pub(super) fn changed(&self, mapping: &Mapping, gone: &Value) -> Map<String, Value> {
        let Some(written) = self.written else {
            return self.all();
        };
        let mut changed = self.all();
        changed.retain(|name, value| written.get(name).map(String::as_str) != value.as_str());
        let left = written
            .keys()
            .filter(|name| !self.fields.contains_key(*name) && mapping.is_cleared(name));
        changed.extend(left.map(|name| (name.clone(), gone.clone())));
        changed
    }
}

/// A request to a CRM. `Debug` shows neither credential nor lead.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub content_type: &'static str,
    pub body: Option<String>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{} {path}", self.method)
    }
}

pub(super) const JSON: &str = "application/json";

impl Request {
    pub(super) fn new(
        method: &'static str,
        path: String,
        body: Option<Map<String, Value>>,
    ) -> Request {
        Request {
            method,
            path,
            headers: vec![("accept", JSON.to_owned())],
            content_type: JSON,
            body: body.map(|b| Value::Object(b).to_string()),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Request {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn bearer(self, token: &str) -> Request {
        self.with("authorization", format!("Bearer {token}"))
    }
}

/// What a CRM answered, as it came: nothing of it is believed before it was looked at.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Reply<'_> {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Null where it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }

    /// A record's id in the answer, under a name.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        id_of(&self.json()[name])
    }

    pub(super) fn says(&self, word: &str) -> bool {
        String::from_utf8_lossy(self.body).contains(word)
    }

    /// The answer's beginning for the page, one line; the credential is not in it, whatever the
    /// other side repeats.
    #[must_use]
    pub fn shown(&self, credential: &Credential) -> String {
        let text = String::from_utf8_lossy(self.body);
        let text = credential.hidden_in(&text);
        let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        line.take(LONGEST_SHOWN).collect()
    }
}

/// Characters of an answer that are kept.
pub const LONGEST_SHOWN: usize = 300;

/// An id that can stand in a path: letters, digits, `-` and `_`.
pub(super) fn id_of(value: &Value) -> Option<String> {
    let id = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ((1..=64).contains(&id.len()) && id.chars().all(fits)).then_some(id)
}

/// A text as a part of a path, or as a value of a query or form.
pub(super) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<T> {
    Ask(Request),
    End(T),
}

/// What came of writing a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// The CRM has all of it already, and was not asked.
    Same,
    /// The CRM has it; under this id, where it says one.
    Written(Option<String>),
    /// The CRM takes nothing now, this lead or another: why, in a clause.
    Down(String),
    /// It does not take this lead as it stands; it may another time.
    Refused(String),
    /// It does not take it, and asking again would change nothing.
    Never(String),
}

/// What a status means that is the same for all leads; none: it is about this one.
pub(super) fn down(status: u16) -> Option<Came> {
    Some(Came::Down(match status {
        300..=399 => format!(
            "it answered {status}, a redirect: none is followed, enter the address it points at"
        ),
        401 | 403 => format!(
            "it answered {status}: does it still have this key, and may its user write leads?"
        ),
        408 | 429 => format!("it answered {status}: it has too much to do"),
        500..=599 => format!("it answered {status}: the fault is on its side"),
        _ => return None,
    }))
}

/// A refusal of one lead.
pub(super) fn refused(status: u16) -> Came {
    Came::Refused(format!("it answered {status}, and does not take this lead"))
}

pub(super) fn gone() -> Came {
    Came::Never(
        "its record is gone there: somebody deleted it. 'Send again' makes a new one".to_owned(),
    )
}
