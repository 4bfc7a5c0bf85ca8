//! What sales says of a hand-over itself, and of how ready the buyer is (PRODUCT H6). Only ever
//! added to; the newest of each stands.

use crate::handover::Readiness;
use crate::handover::answer::{FEWEST_WORDS, LONGEST_NOTE};
use crate::pii::Pii;
use crate::store::events::{Event, Topic};
use crate::store::handover::opening;
use crate::store::review::claims::Claim;
use crate::store::{Actor, Flag, Result, StoreError, Tx, new_id, one, run};
use crate::units::{ClaimId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// Whether there was enough to make the call.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Rating {
    #[sqlx(try_from = "Flag")]
    pub enough: bool,
    pub why: Pii<String>,
    pub at: WallTime,
}

/// How ready sales finds the buyer.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Known {
    pub level: Readiness,
    pub note: Pii<String>,
    pub at: WallTime,
}

/// The rating that stands.
///
/// # Errors
/// When the database fails.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Option<Rating>> {
    Ok(one!(
        tx,
        Rating,
        "SELECT enough, why, at FROM handover_ratings WHERE claim_id = $1 ORDER BY at DESC, id \
         DESC LIMIT 1",
        claim
    )?)
}

/// What is known of readiness now.
///
/// # Errors
/// When the database fails.
pub async fn readiness(tx: &mut Tx, claim: &ClaimId) -> Result<Option<Known>> {
    Ok(one!(
        tx,
        Known,
        "SELECT level, note, at FROM readiness WHERE claim_id = $1 ORDER BY at DESC, id DESC LIMIT 1",
        claim
    )?)
}

fn check(note: &str, least: usize) -> Result<()> {
    let length = note.trim().chars().count();
    if (least..=LONGEST_NOTE).contains(&length) {
        return Ok(());
    }
    Err(StoreError::Refused(
        "Say what was missing: 10 to 2,000 characters, so that the next one has it".to_owned(),
    ))
}

/// Sales rates a hand-over.
///
/// # Errors
/// [`StoreError::Refused`] for a no without a why.
pub async fn rate(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    (enough, why): (bool, &str),
    now: WallTime,
) -> Result<()> {
    check(why, if enough { 0 } else { FEWEST_WORDS })?;
    run!(
        tx,
        "INSERT INTO handover_ratings (id, claim_id, person_id, enough, why, at) VALUES ($1, $2, \
         $3, $4, $5, $6)",
        new_id::<String>(),
        &claim.id,
        by,
        i64::from(enough),
        why.trim(),
        now
    )?;
    let (by, detail) = (Actor::from(by), json!({ "enough": enough }));
    opening::note(tx, &by, "handover.rated", &claim.id, detail, now).await?;
    tx.tell(Event::to_person(Topic::Handovers, &claim.person_id));
    Ok(())
}

/// Sales adds what it knows of readiness, beside the verdict.
///
/// # Errors
/// [`StoreError::Refused`] for a note that is too long.
pub async fn add_readiness(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    (level, note): (Readiness, &str),
    now: WallTime,
) -> Result<()> {
    check(note, 0)?;
    run!(
        tx,
        "INSERT INTO readiness (id, claim_id, person_id, level, note, at) VALUES ($1, $2, $3, $4, \
         $5, $6)",
        new_id::<String>(),
        &claim.id,
        by,
        level,
        note.trim(),
        now
    )?;
    let (by, detail) = (Actor::from(by), json!({ "level": level }));
    opening::note(tx, &by, "handover.readiness", &claim.id, detail, now).await?;
    tx.tell(Event::to_person(Topic::Handovers, &claim.person_id));
    Ok(())
}
