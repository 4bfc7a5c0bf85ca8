//! Each fault by name: where it is found, and what the reader is told.

use crate::seed::Seed;
use crate::stories::team;
use crate::world::{Log, Story, World, log_key, object};
use assay::proof::bundle::{
    Broken, Bundle, ComposeError, Fault, Given, Report, compose, tiles_needed, verify,
};
use assay::proof::{Hash, Kind, Note, Object, ProofError, Record, Tile, Tiles, Value, VerifierKey};
use std::collections::BTreeMap;

pub fn given(log: &VerifierKey) -> Given<'_> {
    Given {
        log,
        witnesses: &[],
        audio: &[],
        other_checkpoint: None,
    }
}

pub fn check(bundle: &Bundle) -> Result<Report, Broken> {
    verify(bundle.to_json().as_bytes(), &given(&log_key().verifier()))
}

/// A plain accrual of a small team.
pub fn plain() -> (World, Story) {
    let (world, stories) = team(&mut Seed::new(5), 20);
    let plain = |story: &&Story| {
        let leaf = world.leaf_of(Kind::LedgerEntry, &story.entry) as usize;
        let content = world.leaves[leaf].record.content();
        content["entry_kind"] == "accrual".into()
            && !content.contains_key("arithmetic")
            && !content.contains_key("second_review")
    };
    let story = stories.iter().find(plain).unwrap().clone();
    (world, story)
}

/// The newest bundle of a story, in a log that the box wrote with `change` made to one record.
pub fn rewritten(kind: Kind, change: impl FnOnce(&mut Object)) -> Bundle {
    let (mut world, story) = plain();
    let is = |leaf: &&u64| world.leaves[**leaf as usize].record.kind() == kind;
    let leaf = *story.leaves.iter().rfind(is).unwrap() as usize;
    let record = &mut world.leaves[leaf].record;
    let mut fields = record.content().clone();
    change(&mut fields);
    *record = Record::new(kind, record.subject(), fields).unwrap();
    let log = world.log(&log_key());
    newest(&world, &log, &story)
}

pub fn newest(world: &World, log: &Log, story: &Story) -> Bundle {
    story.bundle(world, log, &[0, log.notes.len() - 1])
}

fn refused(kind: Kind, change: impl FnOnce(&mut Object)) -> (Fault, String) {
    let broken = check(&rewritten(kind, change)).unwrap_err();
    (broken.fault, broken.why)
}

pub fn set(name: &'static str, value: impl Into<Value>) -> impl FnOnce(&mut Object) {
    let value = value.into();
    move |fields| {
        fields.insert(name.to_owned(), value);
    }
}

#[test]
fn a_whole_bundle_tells_its_chain_in_words() {
    let (world, story) = plain();
    let log = world.log(&log_key());
    let bundle = newest(&world, &log, &story);
    let report = check(&bundle).unwrap();
    assert_eq!(report.entry, story.entry);
    assert_eq!(report.head.size, world.leaves.len() as u64);
    assert!(report.erased.is_empty() && report.cosigned.is_empty());
    let says = |text: &str| report.lines.iter().any(|line| line.contains(text));
    let n = story.entry.replace("entry-", "");
    assert!(says(&format!(
        "ledger_entry entry-{n} rests on claim claim-{n}, leaf "
    )));
    assert!(says(&format!(
        "verdict verdict-{n} rests on recording recording-{n}, leaf "
    )));
    assert!(says("follows from its plan"));
    assert_eq!(Bundle::parse(bundle.to_json().as_bytes()), Ok(bundle));
}

#[test]
fn a_bundle_is_made_from_the_tiles_that_it_asks_for() {
    let (world, story) = plain();
    let (log, key) = (world.log(&log_key()), log_key().verifier());
    let contents = |checkpoints: &[usize]| story.contents(&world, &log, checkpoints, &key);
    let last = log.notes.len() - 1;
    let needed = tiles_needed(&contents(&[0, last])).unwrap();
    let read = |tile: Tile| (tile, log.tiles.tile(tile).unwrap());
    let some: BTreeMap<Tile, Vec<Hash>> = needed.into_iter().map(read).collect();
    let made = compose(contents(&[0, last]), &some);
    assert_eq!(made, Ok(newest(&world, &log, &story)));

    let none = compose(contents(&[]), &some).unwrap_err();
    assert_eq!(none, ComposeError::NoCheckpoint);
    let early = compose(contents(&[0]), &log.tiles).unwrap_err();
    assert_eq!(early, ComposeError::Proof(ProofError::OutOfRange));
    let (world, story) = (
        World::default(),
        Story {
            leaves: Vec::new(),
            ..story.clone()
        },
    );
    let of_another = Log {
        tiles: log.tiles.clone(),
        notes: vec![(1, Note::new("box-2\n".to_owned(), Vec::new()).unwrap())],
    };
    let refused = compose(story.contents(&world, &of_another, &[0], &key), &log.tiles);
    assert!(matches!(refused, Err(ComposeError::Checkpoint(_))));
}

#[test]
fn contradictions_are_named() {
    let agreement = |kind, change: Box<dyn FnOnce(&mut Object)>| {
        let (fault, why) = refused(kind, change);
        assert_eq!(fault, Fault::Agreement, "{why}");
        why
    };
    let why = agreement(Kind::Claim, Box::new(set("lead", "another")));
    assert!(
        why.starts_with("'lead' is not there or not the same as 'lead' of claim"),
        "{why}"
    );
    let why = agreement(Kind::Plan, Box::new(set("currency", "USD")));
    assert!(why.contains("'currency'"), "{why}");
    let why = agreement(Kind::Recording, Box::new(set("duration_ms", Value::Int(0))));
    assert!(
        why.starts_with("'to_ms' is not there or more than 'duration_ms'"),
        "{why}"
    );
    let why = agreement(Kind::Verdict, Box::new(set("reviewer", "person-0")));
    assert!(!why.is_empty());
    let why = agreement(Kind::Verdict, Box::new(set("passed", false)));
    assert_eq!(why, "the verdict did not pass, and no second review passed");
    let why = agreement(
        Kind::Verdict,
        Box::new(set("recordings", Value::List(vec![]))),
    );
    assert_eq!(why, "names no recording");
    let why = agreement(Kind::LedgerEntry, Box::new(set("payee", "person-9")));
    assert_eq!(
        why,
        "'payee' is not the claimant, nor one who shares a split commission"
    );
    let why = agreement(Kind::ChecklistVersion, Box::new(set("body", "softer")));
    assert_eq!(why, "'sha256' is not the hash of 'body'");
    let why = agreement(Kind::LedgerEntry, Box::new(set("booked_at", Value::Int(0))));
    assert!(
        why.starts_with("'booked_at' is not there or less than"),
        "{why}"
    );
}

#[test]
fn a_reviewer_who_is_the_claimant_is_refused() {
    let (world, story) = plain();
    let leaf = world.leaf_of(Kind::LedgerEntry, &story.entry) as usize;
    let payee = world.leaves[leaf].record.content()["payee"].clone();
    let (fault, why) = refused(Kind::Verdict, set("reviewer", payee));
    assert_eq!(fault, Fault::Agreement);
    assert!(why.contains("is not there or the same as"), "{why}");
}

#[test]
fn a_plan_that_was_not_read_is_refused() {
    let (world, story) = plain();
    let mut bundle = newest(&world, &world.log(&log_key()), &story);
    bundle.items.retain(|item| item.kind != Kind::PlanAck);
    let broken = check(&bundle).unwrap_err();
    assert_eq!(
        broken.why,
        "no plan_ack shows that the payee had read the plan before"
    );
    assert_eq!(broken.place, format!("ledger_entry {}", story.entry));
}

#[test]
fn an_amount_that_is_not_the_plans_is_refused() {
    let (fault, why) = refused(Kind::LedgerEntry, set("amount", Value::Int(9999)));
    assert_eq!(fault, Fault::Amount);
    assert!(why.starts_with("the amount is 9999, but "), "{why}");
    let step = object([("what", "gift".into())]);
    let steps = Value::List(vec![Value::Object(step)]);
    let (fault, why) = refused(Kind::LedgerEntry, set("arithmetic", steps));
    assert_eq!(fault, Fault::Amount);
    assert_eq!(why, "'arithmetic' does not begin with the plan's amount");
}

/// Reversals of a team, each by its reason.
#[test]
fn a_reversal_rests_on_its_reason() {
    let (world, stories) = team(&mut Seed::new(7), 60);
    let log = world.log(&log_key());
    let field = |story: &Story, name: &str| {
        let leaf = world.leaf_of(Kind::LedgerEntry, &story.entry) as usize;
        world.leaves[leaf].record.content().get(name).cloned()
    };
    for (reason, kind) in [
        ("duplicate", Kind::Ruling),
        ("fraud", Kind::Ruling),
        ("overturned", Kind::SecondReview),
    ] {
        let by_reason = |story: &&Story| field(story, "reason") == Some(reason.into());
        let story = stories.iter().find(by_reason).unwrap();
        let mut bundle = newest(&world, &log, story);
        check(&bundle).unwrap();
        bundle.items.retain(|item| item.kind != kind);
        let broken = check(&bundle).unwrap_err();
        assert_eq!(broken.fault, Fault::Link);
        assert!(
            broken.why.starts_with(&format!("names the {kind} ")),
            "{broken}"
        );
    }
}

#[test]
fn a_missing_item_is_named_by_who_needs_it() {
    let (world, story) = plain();
    let mut bundle = newest(&world, &world.log(&log_key()), &story);
    bundle.items.retain(|item| item.kind != Kind::Recording);
    let broken = check(&bundle).unwrap_err();
    assert_eq!(broken.fault, Fault::Link);
    assert!(
        broken.why.starts_with("names the recording recording-"),
        "{}",
        broken.why
    );
    bundle.entry = "entry-x".to_owned();
    let broken = check(&bundle).unwrap_err();
    assert_eq!(
        broken.to_string(),
        "entry: the ledger_entry entry-x is not here"
    );
}

#[test]
fn erased_items_are_named_and_still_bound() {
    let (world, story) = plain();
    let mut bundle = newest(&world, &world.log(&log_key()), &story);
    let claim = bundle
        .items
        .iter()
        .position(|item| item.kind == Kind::Claim)
        .unwrap();
    bundle.items[claim].opened = None;
    let name = bundle.items[claim].name();
    let erased = check(&bundle).unwrap().erased;
    assert_eq!(erased, std::slice::from_ref(&name));

    // Another leaf of the log is given out as the claim: the verdict knows its commitment.
    let line = bundle
        .items
        .iter()
        .position(|item| item.kind == Kind::PlanAck)
        .unwrap();
    let other = bundle.items.remove(line);
    let claim = bundle
        .items
        .iter()
        .position(|item| item.kind == Kind::Claim)
        .unwrap();
    let item = &mut bundle.items[claim];
    (item.leaf, item.commitment, item.proof) = (other.leaf, other.commitment, other.proof);
    let broken = check(&bundle).unwrap_err();
    assert_eq!(broken.why, format!("rests on another {name}"));
}

#[test]
fn what_money_rests_on_cannot_be_erased() {
    let (world, story) = plain();
    let mut bundle = newest(&world, &world.log(&log_key()), &story);
    let plan = bundle
        .items
        .iter()
        .position(|item| item.kind == Kind::Plan)
        .unwrap();
    bundle.items[plan].opened = None;
    let broken = check(&bundle).unwrap_err();
    assert_eq!(broken.fault, Fault::Frame);
}
