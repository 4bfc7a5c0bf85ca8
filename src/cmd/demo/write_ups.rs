//! What telemarketers of the demo wrote up of their leads: some all of it, some next to nothing.

use crate::handover::Field;
use crate::store::Tx;
use crate::store::handover::write_ups;
use crate::store::review::claims;
use crate::units::{ClaimId, Micros, PersonId, WallTime};
use anyhow::Context as _;

/// The sentences that go with a claim, one for each in turn.
const SENTENCES: [&str; 4] = [
    "Two hours a day go into delivery notes; he decides, the money is in the plan.",
    "Twelve vans are due by spring. She has the budget and wants an offer before Christmas.",
    "The fleet manager loses track of damages; the owner asked for a tool in the first quarter.",
    "Drivers still ring in each stop. He compares two suppliers, and signs himself.",
];

/// Fields in the order in which a call brings them up, with a text for each.
const FIELDS: [(Field, &str); 8] = [
    (
        Field::NextStep,
        "Call on Tuesday at ten, with prices for forty vans.",
    ),
    (
        Field::Situation,
        "Forty vans on two sites; notes are written on paper and typed in at night.",
    ),
    (
        Field::Deciders,
        "The owner signs; her brother runs the yard and must like it.",
    ),
    (
        Field::Supplier,
        "TrackRight until March; the contract ends by itself.",
    ),
    (
        Field::Worth,
        "Two hours a day for each dispatcher, some 60,000 euro a year.",
    ),
    (
        Field::Tried,
        "A spreadsheet for a year, then an app that drivers switched off.",
    ),
    (Field::Sent, "The price list, by mail, during the call."),
    (
        Field::Limits,
        "No mobile net in the harbour: it has to work without.",
    ),
];

/// How many of the fields each claim in turn has; with its sentence, its contact and a number these
/// are 27 to 100 percent.
const FILLED: [usize; 9] = [4, 1, 6, 2, 8, 3, 0, 5, 7];

/// The sentences of the claim that is made so manieth.
pub(super) fn sentences(nth: usize) -> &'static str {
    SENTENCES
        .get(nth % SENTENCES.len())
        .copied()
        .unwrap_or_default()
}

/// Fills what is said of the claim that is made so manieth, a minute for each field.
///
/// # Errors
/// When the database fails.
pub(super) async fn fill(
    tx: &mut Tx,
    by: &PersonId,
    claim: &ClaimId,
    nth: usize,
    at: WallTime,
) -> anyhow::Result<()> {
    let claim = claims::by_id(tx, claim).await?;
    let claim = claim.context("the demo's claim is gone")?;
    let filled = FILLED.get(nth % FILLED.len()).copied().unwrap_or_default();
    for (minute, field) in (1..).zip(&FIELDS[..filled.min(FIELDS.len())]) {
        write_ups::fill(tx, by, &claim, *field, at + Micros::from_secs(60 * minute)).await?;
    }
    Ok(())
}
