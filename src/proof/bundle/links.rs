//! Follows the tables: every link leads somewhere, every agreement holds.

use crate::proof::bundle::broken::{Broken, Fault};
use crate::proof::bundle::document::{Bundle, Item};
use crate::proof::bundle::tables::{AGREEMENTS, Agreement, LINKS, Link, Need, Op};
use crate::proof::bundle::walk::{contradiction, field, is_needed, opened, scopes, text};
use crate::proof::commitment::Record;
use crate::proof::json::{Object, Value};

/// Follows all links; a line in words for each.
///
/// # Errors
/// The first link that leads nowhere.
pub fn follow_links(bundle: &Bundle) -> Result<Vec<String>, Broken> {
    let mut lines = Vec::new();
    for (item, record) in opened(bundle) {
        for link in LINKS.iter().filter(|link| link.from == item.kind) {
            follow(bundle, (item, record), link, &mut lines)?;
        }
    }
    Ok(lines)
}

fn follow(
    bundle: &Bundle,
    (item, record): (&Item, &Record),
    link: &Link,
    lines: &mut Vec<String>,
) -> Result<(), Broken> {
    let broken = |why: String| Broken::new(Fault::Link, item.name(), why);
    for scope in scopes(record, link.each).map_err(broken)? {
        let subject = match field(scope, link.field) {
            None if is_needed(link.need, record) => {
                return Err(broken(format!("has no '{}'", link.field)));
            }
            None => continue,
            Some(value) => value.text(),
        };
        let subject = subject.ok_or_else(|| broken(format!("'{}' is not a text", link.field)))?;
        let target = bundle.item(link.to, subject);
        let missing = || {
            broken(format!(
                "names the {} {subject}, which is not here",
                link.to
            ))
        };
        let line = words_of_link(item, target.ok_or_else(missing)?);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    Ok(())
}

fn words_of_link(item: &Item, target: &Item) -> String {
    let erased = match target.opened {
        Some(_) => "",
        None => " (erased: only its place in the log is proved)",
    };
    let (name, at) = (target.name(), target.leaf);
    format!("{} rests on {name}, leaf {at}{erased}", item.name())
}

/// Compares all fields that must agree, except with items that are erased.
///
/// # Errors
/// The first two that do not agree.
pub fn compare(bundle: &Bundle) -> Result<(), Broken> {
    for (item, record) in opened(bundle) {
        for agreement in AGREEMENTS.iter().filter(|a| a.from == item.kind) {
            let why = disagreement(bundle, record, agreement);
            if let Some(why) = why.map_err(|why| contradiction(item, why))? {
                return Err(contradiction(item, why));
            }
        }
    }
    Ok(())
}

fn disagreement(
    bundle: &Bundle,
    record: &Record,
    agreement: &Agreement,
) -> Result<Option<String>, String> {
    for scope in scopes(record, agreement.each)? {
        let target = text(scope, agreement.via).and_then(|s| bundle.item(agreement.to, s));
        let Some(opened) = target.and_then(|target| target.opened.as_ref()) else {
            continue;
        };
        let theirs = opened.record.content();
        if !agrees(agreement, scope, theirs) {
            let Agreement {
                ours, to, theirs, ..
            } = agreement;
            let subject = opened.record.subject();
            let op = words_of_op(agreement.op);
            let why = format!("'{ours}' {op} '{theirs}' of {to} {subject}");
            return Ok(Some(why));
        }
    }
    Ok(None)
}

fn agrees(agreement: &Agreement, ours: &Object, theirs: &Object) -> bool {
    let ours = field(ours, agreement.ours);
    match (ours, field(theirs, agreement.theirs)) {
        (Some(ours), Some(theirs)) => holds(agreement.op, ours, theirs),
        _ => agreement.need == Need::IfThere,
    }
}

fn holds(op: Op, ours: &Value, theirs: &Value) -> bool {
    let ints = ours.int().zip(theirs.int());
    match op {
        Op::Same => ours == theirs,
        Op::Other => ours != theirs,
        Op::AtLeast => ints.is_some_and(|(ours, theirs)| ours >= theirs),
        Op::AtMost => ints.is_some_and(|(ours, theirs)| ours <= theirs),
    }
}

fn words_of_op(op: Op) -> &'static str {
    match op {
        Op::Same => "is not there or not the same as",
        Op::Other => "is not there or the same as",
        Op::AtLeast => "is not there or less than",
        Op::AtMost => "is not there or more than",
    }
}
