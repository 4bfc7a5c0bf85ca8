//! How an entry's amount follows from its plan.
//!
//! Amounts are integers of minor units (cents), from 0 to [`MAX_AMOUNT`]. Without steps, the amount
//! is the plan's. An entry's `arithmetic` lists steps that change a running amount; each takes its
//! numbers from the plan, and the verifier looks there whether they are:
//! - `plan` sets it to the plan's `amount`; the first step, and only it;
//! - `tier` sets it to the amount of the plan's tier that begins `from` the n-th lead;
//! - `split` takes `per_mille` of it, rounded down, and adds `rest`, the minor units that rounding
//!   left over, fewer than the plan has splits;
//! - `cap` leaves of it what the plan's `cap` has left after `before`, the sum booked before.

use crate::proof::bundle::broken::{Broken, Fault};
use crate::proof::bundle::document::{Bundle, Item};
use crate::proof::bundle::walk::{field, follow, int, members, opened, text};
use crate::proof::commitment::Record;
use crate::proof::json::Object;
use crate::proof::kind::Kind;

/// The largest amount: 10^13 minor units.
pub const MAX_AMOUNT: i64 = 10_000_000_000_000;
/// The most steps.
pub const MAX_STEPS: usize = 16;

/// Computes the amounts of all entries again; a line in words for each.
///
/// # Errors
/// The first that does not follow from its plan.
pub fn check_amounts(bundle: &Bundle) -> Result<Vec<String>, Broken> {
    let entries = opened(bundle).filter(|(item, _)| item.kind == Kind::LedgerEntry);
    let check = |(item, entry): (&Item, &Record)| {
        let words = check(bundle, entry);
        let broken = |why| Broken::new(Fault::Amount, item.name(), why);
        let words = words.map_err(broken)?;
        Ok(format!("{}: {words}", item.name()))
    };
    entries.map(check).collect()
}

fn check(bundle: &Bundle, entry: &Record) -> Result<String, String> {
    let amount = int(entry.content(), "amount").ok_or("'amount' is not an integer")?;
    let corrected = follow(bundle, entry, "corrects", Kind::LedgerEntry);
    let corrected = corrected.and_then(|entry| int(entry, "amount"));
    let kind = text(entry.content(), "entry_kind").unwrap_or_default();
    let expected = match (kind, corrected) {
        ("accrual", _) => owed(bundle, entry)?,
        ("reversal", Some(corrected)) => {
            if field(entry.content(), "arithmetic").is_some() {
                return Err("a reversal has no arithmetic: it takes the entry back whole".into());
            }
            -corrected
        }
        ("correction", Some(corrected)) => owed(bundle, entry)? - corrected,
        _ => return Err("the entry that it corrects has no amount".into()),
    };
    if amount != expected {
        return Err(format!("the amount is {amount}, but {expected} follows"));
    }
    Ok(format!("the amount {amount} follows from its plan"))
}

fn owed(bundle: &Bundle, entry: &Record) -> Result<i64, String> {
    let plan = follow(bundle, entry, "plan", Kind::Plan).ok_or("the plan is not here")?;
    let base = int(plan, "amount").filter(|&a| is_amount(a));
    let base = base.ok_or("the plan's 'amount' is not an amount")?;
    if field(entry.content(), "arithmetic").is_none() {
        return Ok(base);
    }
    evaluate(&members(entry.content(), "arithmetic")?, plan, base)
}

/// What the steps come to.
fn evaluate(steps: &[&Object], plan: &Object, base: i64) -> Result<i64, String> {
    let first = steps.first().ok_or("'arithmetic' has no steps")?;
    if steps.len() > MAX_STEPS {
        return Err(format!("'arithmetic' has more than {MAX_STEPS} steps"));
    }
    members_are(first, &["what", "amount"])?;
    if text(first, "what") != Some("plan") || int(first, "amount") != Some(base) {
        return Err("'arithmetic' does not begin with the plan's amount".into());
    }
    let mut amount = base;
    for step in &steps[1..] {
        amount = match text(step, "what") {
            Some("tier") => tier(step, plan)?,
            Some("split") => split(step, plan, amount)?,
            Some("cap") => cap(step, plan, amount)?,
            _ => return Err("a step is not tier, split or cap".into()),
        };
        if !is_amount(amount) {
            return Err("a step leads beyond all amounts".into());
        }
    }
    Ok(amount)
}

fn tier(step: &Object, plan: &Object) -> Result<i64, String> {
    members_are(step, &["what", "from", "amount"])?;
    let (from, amount) = (number(step, "from")?, number(step, "amount")?);
    let of_plan = members(plan, "tiers")?
        .iter()
        .any(|tier| int(tier, "from") == Some(from) && int(tier, "amount") == Some(amount));
    if !of_plan {
        return Err(format!("the plan has no tier of {amount} from {from}"));
    }
    Ok(amount)
}

fn split(step: &Object, plan: &Object, amount: i64) -> Result<i64, String> {
    members_are(step, &["what", "per_mille", "rest"])?;
    let (per_mille, rest) = (number(step, "per_mille")?, number(step, "rest")?);
    let splits = members(plan, "splits")?;
    let of_plan = splits
        .iter()
        .any(|s| int(s, "per_mille") == Some(per_mille));
    if !of_plan || per_mille > 1000 {
        return Err(format!("the plan has no split of {per_mille} per mille"));
    }
    if usize::try_from(rest).is_ok_and(|rest| rest >= splits.len()) {
        return Err("'rest' is more than rounding can leave over".into());
    }
    Ok(amount * per_mille / 1000 + rest)
}

fn cap(step: &Object, plan: &Object, amount: i64) -> Result<i64, String> {
    members_are(step, &["what", "cap", "before"])?;
    let (cap, before) = (number(step, "cap")?, number(step, "before")?);
    if int(plan, "cap") != Some(cap) {
        return Err(format!("the plan has no cap of {cap}"));
    }
    Ok(amount.min((cap - before).max(0)))
}

/// A step's number, which is 0 where it is not written.
fn number(step: &Object, name: &str) -> Result<i64, String> {
    let value = match field(step, name) {
        None => Some(0),
        Some(value) => value.int().filter(|&int| is_amount(int)),
    };
    value.ok_or_else(|| format!("'{name}' of a step is not a number from 0 to 10^13"))
}

fn members_are(step: &Object, known: &[&str]) -> Result<(), String> {
    match step.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!("a step has the unknown '{key}'")),
    }
}

fn is_amount(amount: i64) -> bool {
    (0..=MAX_AMOUNT).contains(&amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::json::Value;

    fn object(text: &str) -> Object {
        match Value::parse(text.as_bytes()).unwrap() {
            Value::Object(object) => object,
            _ => panic!("not an object"),
        }
    }

    fn plan() -> Object {
        object(
            r#"{"amount":4500,"cap":100000,"splits":[{"per_mille":700},{"per_mille":300}],
                "tiers":[{"amount":5001,"from":11}]}"#,
        )
    }

    fn value(steps: &[&str]) -> Result<i64, String> {
        let steps: Vec<Object> = steps.iter().map(|s| object(s)).collect();
        evaluate(&steps.iter().collect::<Vec<_>>(), &plan(), 4500)
    }

    const PLAN: &str = r#"{"what":"plan","amount":4500}"#;

    #[test]
    fn steps_are_taken_one_after_the_other() {
        let tier = r#"{"what":"tier","from":11,"amount":5001}"#;
        let split = r#"{"what":"split","per_mille":700,"rest":1}"#;
        let cap = r#"{"what":"cap","cap":100000,"before":99000}"#;
        assert_eq!(value(&[PLAN]), Ok(4500));
        assert_eq!(value(&[PLAN, tier]), Ok(5001));
        assert_eq!(value(&[PLAN, tier, split]), Ok(3501));
        assert_eq!(value(&[PLAN, tier, split, cap]), Ok(1000));
        let beyond = r#"{"what":"cap","cap":100000,"before":200000}"#;
        assert_eq!(value(&[PLAN, beyond]), Ok(0));
    }

    #[test]
    fn numbers_that_are_not_the_plans_are_refused() {
        for step in [
            r#"{"what":"tier","from":10,"amount":5001}"#,
            r#"{"what":"split","per_mille":701}"#,
            r#"{"what":"split","per_mille":700,"rest":2}"#,
            r#"{"what":"cap","cap":100001,"before":0}"#,
            r#"{"what":"cap","cap":100000,"before":-1}"#,
            r#"{"what":"bonus","amount":1}"#,
            r#"{"what":"tier","from":11,"amount":5001,"more":1}"#,
            PLAN,
        ] {
            assert!(value(&[PLAN, step]).is_err(), "{step}");
        }
        assert!(value(&[]).is_err());
        assert!(value(&[r#"{"what":"plan","amount":4501}"#]).is_err());
    }
}
