//! Records as they are committed to, read from their rows.

use crate::commission::{Part, SoFar, Split, Terms};
use crate::proof::{Kind, Object, Record, Value};
use crate::store::proof::sources::source;
use crate::store::{ROWS_AT_A_TIME, Result, Tx, all_in};
use crate::units::Word;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, FromRow, Row, TypeInfo, ValueRef};
use std::collections::BTreeMap;

/// The columns of a row by name; null is not there.
struct Fields(Object);

macro_rules! fields_of {
    ($($row:ty),+) => {$(
        impl FromRow<'_, $row> for Fields {
            fn from_row(row: &$row) -> sqlx::Result<Fields> {
                let mut fields = Object::new();
                for column in row.columns() {
                    let at = column.ordinal();
                    let (null, text) = {
                        let raw = row.try_get_raw(at)?;
                        (raw.is_null(), raw.type_info().name() == "TEXT")
                    };
                    let value = match (null, text) {
                        (true, _) => continue,
                        (false, true) => Value::Text(row.try_get(at)?),
                        (false, false) => Value::Int(row.try_get(at)?),
                    };
                    fields.insert(column.name().to_owned(), value);
                }
                Ok(Fields(fields))
            }
        }
    )+};
}
fields_of!(SqliteRow, PgRow);

/// Records by subject, and what does not read, each with the reason.
pub(super) type Found = (BTreeMap<String, Record>, BTreeMap<String, String>);

/// The records of these subjects that stand.
///
/// # Errors
/// When the database fails.
pub(super) async fn of(tx: &mut Tx, kind: Kind, subjects: &[String]) -> Result<Found> {
    let (mut found, mut unread) = (BTreeMap::new(), BTreeMap::new());
    for subjects in subjects.chunks(ROWS_AT_A_TIME) {
        for Fields(mut fields) in rows(tx, kind, subjects).await? {
            let Some(Value::Text(subject)) = fields.remove("record_subject") else {
                continue;
            };
            let record = take_apart(kind, &mut fields)
                .and_then(|()| Record::new(kind, &subject, fields).map_err(|why| why.to_string()));
            match record {
                Ok(record) => drop(found.insert(subject, record)),
                Err(why) => {
                    let why = format!("{kind} {subject} does not read: {why}");
                    unread.insert(subject, why);
                }
            }
        }
    }
    Ok((found, unread))
}

async fn rows(tx: &mut Tx, kind: Kind, subjects: &[String]) -> Result<Vec<Fields>> {
    let s = source(kind);
    let before = format!(
        "SELECT {} AS record_subject, {} FROM {} WHERE {} AND {} IN (",
        s.subject, s.columns, s.from, s.stands, s.key
    );
    Ok(match kind {
        Kind::LogLine => {
            let numbers = subjects.iter().filter_map(|s| s.parse::<i64>().ok());
            all_in!(tx, Fields, before.as_str(), numbers, ")")?
        }
        _ => {
            let keys = subjects.iter().map(|s| key_of(s).to_owned());
            all_in!(tx, Fields, before.as_str(), keys, ")")?
        }
    })
}

/// A subject of two parts begins with the key.
fn key_of(subject: &str) -> &str {
    subject.split_once(':').map_or(subject, |(key, _)| key)
}

/// Puts lists where a row holds JSON: what a bundle's links and sums are followed by. What somebody
/// wrote stays beside it byte for byte.
fn take_apart(kind: Kind, fields: &mut Object) -> std::result::Result<(), String> {
    match kind {
        Kind::Verdict | Kind::SecondReview => evidence(fields),
        Kind::Plan => plan(fields),
        Kind::LedgerEntry => arithmetic(fields),
        Kind::Claim => {
            shared(fields);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn evidence(fields: &mut Object) -> std::result::Result<(), String> {
    for flag in ["passed", "blind_passed"] {
        // Anything but 0 and 1 is no flag, and stays the number that somebody put there.
        if let Some(passed @ (0 | 1)) = fields.get(flag).and_then(Value::int) {
            fields.insert(flag.to_owned(), Value::Bool(passed == 1));
        }
    }
    let recordings: BTreeMap<String, String> = json(fields, "recordings_json")?;
    let subject = |call: &str| match recordings.get(call) {
        Some(sha256) => format!("{call}:{sha256}"),
        None => call.to_owned(),
    };
    let heard = recordings.iter().map(|(call, sha256)| {
        object([
            ("recording", subject(call).as_str().into()),
            ("sha256", sha256.as_str().into()),
        ])
    });
    let heard = Value::List(heard.collect());
    let given: Vec<crate::review::Given> = json(fields, "answers_json")?;
    let answers = given.iter().map(|answer| {
        let clips = answer.evidence.iter().map(|clip| {
            object([
                ("recording", subject(&clip.call).as_str().into()),
                ("from_ms", milliseconds(clip.from_ms)),
                ("to_ms", milliseconds(clip.to_ms)),
            ])
        });
        object([
            ("criterion", answer.criterion.as_str().into()),
            ("answer", answer.answer.as_str().into()),
            ("clips", Value::List(clips.collect())),
        ])
    });
    let answers = Value::List(answers.collect());
    fields.insert("recordings".to_owned(), heard);
    fields.insert("answers".to_owned(), answers);
    Ok(())
}

fn milliseconds(ms: u64) -> Value {
    Value::Int(i64::try_from(ms).unwrap_or(i64::MAX))
}

fn plan(fields: &mut Object) -> std::result::Result<(), String> {
    let terms: Terms = json(fields, "terms_json")?;
    let tiers = terms.tiers.iter().map(|tier| {
        object([
            ("from", Value::Int(tier.from_lead)),
            ("amount", Value::Int(tier.amount_minor)),
        ])
    });
    let tiers: Vec<Value> = tiers.collect();
    if !tiers.is_empty() {
        fields.insert("tiers".to_owned(), Value::List(tiers));
    }
    if let Some(cap) = terms.cap_minor {
        fields.insert("cap".to_owned(), Value::Int(cap));
    }
    if let Some(split) = terms.split {
        let parts = [Part::Claimant, Part::Opener].map(|part| {
            let per_mille = Value::Int(per_mille(&split, part));
            object([("per_mille", per_mille)])
        });
        fields.insert("splits".to_owned(), Value::List(parts.into()));
    }
    Ok(())
}

fn per_mille(split: &Split, part: Part) -> i64 {
    split.share(part, 1_000)
}

/// Who shares the claim's commission, as the format has it.
fn shared(fields: &mut Object) {
    if let Some(opener) = fields.remove("opener") {
        fields.insert("shared_with".to_owned(), Value::List(vec![opener]));
    }
}

/// The steps from the plan's amount to the entry's, where the plan has tiers, a cap or a split.
fn arithmetic(fields: &mut Object) -> std::result::Result<(), String> {
    let terms: Terms = json(fields, "plan_terms_json")?;
    fields.remove("plan_terms_json");
    let Some(Value::Int(amount)) = fields.remove("plan_amount") else {
        return Err("its plan has no amount".to_owned());
    };
    let int = |name: &str| fields.get(name).and_then(Value::int);
    let (Some(leads), Some(minor)) = (int("leads_before"), int("minor_before")) else {
        return Ok(());
    };
    if terms == Terms::default() {
        return Ok(());
    }
    let mut steps = vec![object([
        ("what", "plan".into()),
        ("amount", Value::Int(amount)),
    ])];
    let part = match fields.get("part").and_then(Value::text) {
        Some(part) => part.parse().map_err(|why| format!("part: {why}"))?,
        None => Part::Whole,
    };
    let earned = terms.earns(amount, part, SoFar { leads, minor });
    if let Some(tier) = earned.tier {
        steps.push(object([
            ("what", "tier".into()),
            ("from", Value::Int(tier.from_lead)),
            ("amount", Value::Int(tier.amount_minor)),
        ]));
    }
    if let Some(split) = terms.split.filter(|_| part != Part::Whole) {
        let per_mille = per_mille(&split, part);
        let rest = earned.share - earned.rate * per_mille / 1_000;
        steps.push(object([
            ("what", "split".into()),
            ("per_mille", Value::Int(per_mille)),
            ("rest", Value::Int(rest)),
        ]));
    }
    if let Some(cap) = terms.cap_minor {
        steps.push(object([
            ("what", "cap".into()),
            ("cap", Value::Int(cap)),
            ("before", Value::Int(minor)),
        ]));
    }
    fields.insert("arithmetic".to_owned(), Value::List(steps));
    Ok(())
}

fn json<T: serde::de::DeserializeOwned + Default>(
    fields: &Object,
    name: &str,
) -> std::result::Result<T, String> {
    match fields.get(name).and_then(Value::text) {
        Some(text) => serde_json::from_str(text).map_err(|why| format!("{name}: {why}")),
        None => Ok(T::default()),
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.map(|(name, value)| (name.to_owned(), value));
    Value::Object(members.into())
}

/// All kinds, in the order in which a check names them.
pub(super) fn kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied()
}
