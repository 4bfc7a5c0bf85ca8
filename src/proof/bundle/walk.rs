//! The way through a record: its fields, and the members of its lists.

use crate::proof::bundle::broken::{Broken, Fault};
use crate::proof::bundle::document::{Bundle, Item};
use crate::proof::bundle::tables::Need;
use crate::proof::commitment::Record;
use crate::proof::json::{Object, Value};
use crate::proof::kind::Kind;

/// A field; `null` counts as not there.
#[must_use]
pub fn field<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| **value != Value::Null)
}

/// A field that is a text.
#[must_use]
pub fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    field(object, name).and_then(Value::text)
}

/// A field that is an integer.
#[must_use]
pub fn int(object: &Object, name: &str) -> Option<i64> {
    field(object, name).and_then(Value::int)
}

/// The members of the lists that `each` leads to, as `answers[].clips[]`; the record itself if it
/// is empty. A list that is not there has no members.
///
/// # Errors
/// A field on the way is not a list of objects.
pub fn scopes<'a>(record: &'a Record, each: &str) -> Result<Vec<&'a Object>, String> {
    let mut scopes = vec![record.content()];
    for part in each.split('.').filter(|part| !part.is_empty()) {
        let name = part.trim_end_matches("[]");
        let inside = scopes.into_iter().map(|object| members(object, name));
        let inside: Result<Vec<_>, _> = inside.collect();
        scopes = inside?.into_iter().flatten().collect();
    }
    Ok(scopes)
}

/// The objects of a list; none where the field is not there.
///
/// # Errors
/// The field is not a list of objects.
pub fn members<'a>(object: &'a Object, name: &str) -> Result<Vec<&'a Object>, String> {
    let Some(value) = field(object, name) else {
        return Ok(Vec::new());
    };
    let objects = |list: &'a [Value]| list.iter().map(Value::object).collect();
    let objects: Option<Vec<&Object>> = value.list().and_then(objects);
    objects.ok_or_else(|| format!("'{name}' is not a list of objects"))
}

/// Whether a field has to be there.
#[must_use]
pub fn is_needed(need: Need, record: &Record) -> bool {
    match need {
        Need::Always => true,
        Need::IfThere => false,
        Need::Where(name, words) => {
            text(record.content(), name).is_some_and(|word| words.contains(&word))
        }
    }
}

/// The records of a bundle that are not erased, with their items.
pub fn opened(bundle: &Bundle) -> impl Iterator<Item = (&Item, &Record)> {
    let items = bundle.items.iter();
    items.filter_map(|item| item.opened.as_ref().map(|opened| (item, &opened.record)))
}

/// The record that a field names, if it is in the bundle and not erased.
#[must_use]
pub fn follow<'a>(bundle: &'a Bundle, from: &Record, name: &str, to: Kind) -> Option<&'a Object> {
    let subject = text(from.content(), name)?;
    let opened = bundle.item(to, subject)?.opened.as_ref()?;
    Some(opened.record.content())
}

/// A contradiction at an item.
#[must_use]
pub fn contradiction(item: &Item, why: impl Into<String>) -> Broken {
    Broken::new(Fault::Agreement, item.name(), why)
}
