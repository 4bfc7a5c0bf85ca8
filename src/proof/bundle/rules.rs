//! What must hold beyond the tables.

use crate::proof::bundle::broken::Broken;
use crate::proof::bundle::document::{Bundle, Item};
use crate::proof::bundle::walk::{
    contradiction, field, follow, int, members, opened, scopes, text,
};
use crate::proof::commitment::Record;
use crate::proof::hash::sha256;
use crate::proof::json::{Object, Value};
use crate::proof::kind::Kind;

/// One bundle and one of its records.
type Case<'a> = (&'a Bundle, &'a Record);
type Rule = fn(Case) -> Result<(), String>;

/// The rules of each kind, in the order in which they are checked; of no kind, those of all.
#[rustfmt::skip]
const RULES: &[(Option<Kind>, Rule)] = &[
    (Some(Kind::LedgerEntry), has_a_known_kind),
    (Some(Kind::LedgerEntry), pays_the_claimant),
    (Some(Kind::LedgerEntry), was_passed),
    (Some(Kind::LedgerEntry), plan_was_read),
    (Some(Kind::LedgerEntry), takes_an_accrual_back),
    (Some(Kind::LedgerEntry), has_a_reason),
    (Some(Kind::Verdict), heard_something),
    (Some(Kind::Verdict), clips_lie_in_what_was_heard),
    (Some(Kind::SecondReview), clips_lie_in_what_was_heard),
    (Some(Kind::Ruling), fraud_is_said_by_two),
    (Some(Kind::ChecklistVersion), body_has_its_hash),
    (None, rests_on_these_commitments),
];

/// Checks every record by the rules of its kind.
///
/// # Errors
/// The first rule that is broken.
pub fn check_rules(bundle: &Bundle) -> Result<(), Broken> {
    for (item, record) in opened(bundle) {
        let of_kind = |kind: &Option<Kind>| kind.is_none_or(|kind| kind == item.kind);
        for (_, rule) in RULES.iter().filter(|(kind, _)| of_kind(kind)) {
            rule((bundle, record)).map_err(|why| contradiction(item, why))?;
        }
    }
    Ok(())
}

fn require(holds: bool, why: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.to_owned()) }
}

fn entry_kind(record: &Record) -> &str {
    text(record.content(), "entry_kind").unwrap_or_default()
}

fn has_a_known_kind((_, entry): Case) -> Result<(), String> {
    let known = ["accrual", "reversal", "correction"].contains(&entry_kind(entry));
    require(known, "'entry_kind' is not accrual, reversal or correction")
}

/// The payee is the claimant; where the amount was split, one of those who share the claim. A
/// reversal agrees with the entry that it takes back instead.
fn pays_the_claimant((bundle, entry): Case) -> Result<(), String> {
    let payee = text(entry.content(), "payee").ok_or("has no 'payee'")?;
    if entry_kind(entry) == "reversal" {
        return Ok(());
    }
    let Some(claim) = follow(bundle, entry, "claim", Kind::Claim) else {
        return Ok(());
    };
    let steps = members(entry.content(), "arithmetic")?;
    let split = steps.iter().any(|s| text(s, "what") == Some("split"));
    let shares = field(claim, "shared_with").and_then(Value::list);
    let shares = shares.is_some_and(|list| list.iter().any(|v| v.text() == Some(payee)));
    let claimant = text(claim, "claimant") == Some(payee);
    require(
        claimant || (split && shares),
        "'payee' is not the claimant, nor one who shares a split commission",
    )
}

/// An accrual rests on a verdict that passed, or on a second review that passed.
fn was_passed((bundle, entry): Case) -> Result<(), String> {
    if entry_kind(entry) != "accrual" {
        return Ok(());
    }
    let passed = |object: &Object| object.get("passed") == Some(&Value::Bool(true));
    let verdict = follow(bundle, entry, "verdict", Kind::Verdict);
    if verdict.is_none_or(passed) {
        return Ok(());
    }
    let second = text(entry.content(), "second_review");
    let second = second.and_then(|subject| bundle.item(Kind::SecondReview, subject));
    let overturned = |item: &Item| match &item.opened {
        Some(opened) => passed(opened.record.content()),
        None => true,
    };
    require(
        second.is_some_and(overturned),
        "the verdict did not pass, and no second review passed",
    )
}

/// Before the entry was booked, the payee had read its plan.
fn plan_was_read((bundle, entry): Case) -> Result<(), String> {
    if entry_kind(entry) == "reversal" {
        return Ok(());
    }
    let (entry, acks) = (entry.content(), opened(bundle));
    let booked_at = int(entry, "booked_at");
    let read = |(_, ack): (&Item, &Record)| {
        let content = ack.content();
        ack.kind() == Kind::PlanAck
            && text(content, "plan") == text(entry, "plan")
            && text(content, "payee") == text(entry, "payee")
            && int(content, "at").is_some_and(|at| booked_at.is_some_and(|booked| at <= booked))
    };
    let mut acks = acks;
    require(
        acks.any(read),
        "no plan_ack shows that the payee had read the plan before",
    )
}

fn takes_an_accrual_back((bundle, entry): Case) -> Result<(), String> {
    if entry_kind(entry) != "reversal" {
        return Ok(());
    }
    let taken = follow(bundle, entry, "corrects", Kind::LedgerEntry);
    let accrual = taken.and_then(|taken| text(taken, "entry_kind")) == Some("accrual");
    require(accrual, "a reversal takes back an accrual")
}

/// A reversal has one of three reasons; one that was overturned rests on a second review that did
/// not pass.
fn has_a_reason((bundle, entry): Case) -> Result<(), String> {
    if entry_kind(entry) != "reversal" {
        return Ok(());
    }
    let reason = text(entry.content(), "reason").unwrap_or_default();
    let known = ["overturned", "duplicate", "fraud"].contains(&reason);
    require(known, "'reason' is not overturned, duplicate or fraud")?;
    let second = follow(bundle, entry, "second_review", Kind::SecondReview);
    let failed = |second: &Object| second.get("passed") == Some(&Value::Bool(false));
    require(
        reason != "overturned" || second.is_none_or(failed),
        "the second review did not overturn the verdict",
    )
}

fn heard_something((_, verdict): Case) -> Result<(), String> {
    let heard = members(verdict.content(), "recordings")?;
    require(!heard.is_empty(), "names no recording")
}

fn clips_lie_in_what_was_heard((_, verdict): Case) -> Result<(), String> {
    let heard = members(verdict.content(), "recordings")?;
    for clip in scopes(verdict, "answers[].clips[]")? {
        let ends = int(clip, "from_ms").zip(int(clip, "to_ms"));
        let lies = ends.is_some_and(|(from, to)| 0 <= from && from < to);
        require(
            lies,
            "an evidence clip does not run from a moment to a later one",
        )?;
        let recording = text(clip, "recording");
        let judged = heard.iter().any(|r| text(r, "recording") == recording);
        require(
            judged,
            "an evidence clip is of a recording that was not judged",
        )?;
    }
    Ok(())
}

fn fraud_is_said_by_two((_, ruling): Case) -> Result<(), String> {
    let ruling = ruling.content();
    if text(ruling, "ruling_kind") != Some("fraud") {
        return Ok(());
    }
    let two = text(ruling, "ruled_by").zip(text(ruling, "confirmed_by"));
    require(
        two.is_some_and(|(one, other)| one != other),
        "fraud is ruled by one and confirmed by another",
    )
}

fn body_has_its_hash((_, version): Case) -> Result<(), String> {
    let Some(body) = text(version.content(), "body") else {
        return Ok(());
    };
    let hash = sha256(&[body.as_bytes()]).to_hex();
    let same = text(version.content(), "sha256") == Some(&hash);
    require(same, "'sha256' is not the hash of 'body'")
}

/// A record may name the commitments that it rests on, so that they are known once erased.
fn rests_on_these_commitments((bundle, record): Case) -> Result<(), String> {
    for other in members(record.content(), "rests_on")? {
        let kind = text(other, "kind").and_then(|word| word.parse().ok());
        let (kind, subject) = kind
            .zip(text(other, "subject"))
            .ok_or("'rests_on' names no kind and subject")?;
        let Some(item) = bundle.item(kind, subject) else {
            continue;
        };
        let same = text(other, "commitment") == Some(&item.commitment.to_hex());
        require(same, &format!("rests on another {kind} {subject}"))?;
    }
    Ok(())
}
