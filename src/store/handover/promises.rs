//! Promises to buyers: a time each, with the seconds of audio in which it was made (PRODUCT H7).
//! The wire says whether anybody called.

use crate::handover::promise::Promise as Rule;
use crate::handover::{PromiseKind, PromiseState};
use crate::identity::Role;
use crate::pii::Pii;
use crate::review::Evidence;
use crate::store::events::{Event, Topic};
use crate::store::handover::{opening, seen};
use crate::store::review::claims::{self, Claim};
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, new_id, one, run};
use crate::units::{CallId, ClaimId, LeadId, Micros, PersonId, PromiseId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// A promise as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Promise {
    pub id: PromiseId,
    pub claim_id: ClaimId,
    pub lead_id: LeadId,
    pub kind: PromiseKind,
    pub words: Pii<String>,
    pub from_at: WallTime,
    pub until_at: WallTime,
    /// The seconds in which it was made; null: not in a recorded call.
    pub call_id: Option<CallId>,
    /// From the recording's start; null with the call.
    pub from_ms: Option<i64>,
    /// From the recording's start; null with the call.
    pub to_ms: Option<i64>,
    pub made_by: Pii<String>,
    /// Null: it stands.
    pub withdrawn_at: Option<WallTime>,
}

const PROMISE: &str = "SELECT p.id, p.claim_id, p.lead_id, p.kind, p.words, p.from_at, p.until_at, \
    p.call_id, p.from_ms, p.to_ms, m.name AS made_by, p.withdrawn_at FROM promises p JOIN people m \
    ON m.id = p.made_by";

/// Promises of a claim's hand-over, the next first.
///
/// # Errors
/// When the database fails.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<Promise>> {
    let sql = format!("{PROMISE} WHERE p.claim_id = $1 ORDER BY p.from_at, p.id");
    Ok(all!(tx, Promise, sqlx::AssertSqlSafe(sql), claim)?)
}

/// A promise, withdrawn or not.
///
/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &PromiseId) -> Result<Option<Promise>> {
    let sql = format!("{PROMISE} WHERE p.id = $1");
    Ok(one!(tx, Promise, sqlx::AssertSqlSafe(sql), id)?)
}

/// What became of a promise, by the wire; with the call that it saw.
///
/// # Errors
/// When the database fails.
pub async fn state(
    tx: &mut Tx,
    p: &Promise,
    now: WallTime,
) -> Result<(PromiseState, Option<WallTime>)> {
    let called_at = match p.kind {
        PromiseKind::Call => seen::first_call(tx, &p.lead_id, p.from_at).await?,
        _ => None,
    };
    let rule = Rule {
        kind: p.kind,
        from: p.from_at,
        until: p.until_at,
        withdrawn: p.withdrawn_at.is_some(),
        called_at,
    };
    Ok((rule.state(now), called_at))
}

/// What is promised.
#[derive(Debug, Clone)]
pub struct NewPromise<'a> {
    pub kind: PromiseKind,
    pub words: &'a str,
    pub from: WallTime,
    pub until: WallTime,
    /// The seconds in which it was made; `None`: not in a recorded call.
    pub moment: Option<&'a Evidence>,
}

/// Characters of a promise at most.
const LONGEST: usize = 300;
/// Of a moment at most.
const LONGEST_MS: u64 = 120_000;
const FURTHEST: Micros = Micros::from_secs(3 * 366 * 86_400);

fn check(new: &NewPromise<'_>, now: WallTime) -> std::result::Result<(), &'static str> {
    let length = new.words.trim().chars().count();
    match new.moment {
        _ if length == 0 || length > LONGEST => {
            Err("Say what was promised, in the words of the call: 1 to 300 characters.")
        }
        _ if new.until < new.from => Err("A promise ends after it begins."),
        _ if new.until > now + FURTHEST || new.from < now - FURTHEST => {
            Err("This date is more than three years away.")
        }
        Some(m) if m.to_ms <= m.from_ms || m.to_ms - m.from_ms > LONGEST_MS => {
            Err("A moment ends after it begins, and lasts two minutes at most.")
        }
        _ => Ok(()),
    }
}

/// Somebody of the house notes what was promised to a buyer.
///
/// # Errors
/// [`StoreError::Refused`] when it cannot be, or its moment is in no call of the claim.
pub async fn add(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    new: &NewPromise<'_>,
    now: WallTime,
) -> Result<()> {
    check(new, now).map_err(|why| StoreError::Refused(why.to_owned()))?;
    if let Some(moment) = new.moment
        && !claims::calls(tx, &claim.id).await?.contains(&moment.call)
    {
        return Err(StoreError::Refused(
            "This moment is in no call of the claim: choose one that is".to_owned(),
        ));
    }
    let ms = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    run!(
        tx,
        "INSERT INTO promises (id, claim_id, lead_id, kind, words, from_at, until_at, call_id, \
         from_ms, to_ms, made_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new_id::<PromiseId>(),
        &claim.id,
        &claim.lead_id,
        new.kind,
        new.words.trim(),
        new.from,
        new.until,
        new.moment.map(|m| &m.call),
        new.moment.map(|m| ms(m.from_ms)),
        new.moment.map(|m| ms(m.to_ms)),
        by,
        now
    )?;
    let detail = json!({ "kind": new.kind, "from": new.from });
    note(tx, by, "promise.made", &claim.id, detail, now).await
}

/// A promise was not made after all, or the buyer let it go: it stays to be seen.
///
/// # Errors
/// [`StoreError::Conflict`] when it is withdrawn already.
pub async fn withdraw(tx: &mut Tx, by: &PersonId, p: &Promise, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE promises SET withdrawn_at = $2, withdrawn_by = $3 WHERE id = $1 AND withdrawn_at \
         IS NULL",
        &p.id,
        now,
        by
    )?;
    changed_one(rows, "this promise is withdrawn already")?;
    note(tx, by, "promise.withdrawn", &p.claim_id, json!({}), now).await
}

async fn note(
    tx: &mut Tx,
    by: &PersonId,
    action: &str,
    claim: &ClaimId,
    detail: serde_json::Value,
    now: WallTime,
) -> Result<()> {
    opening::note(tx, &Actor::from(by), action, claim, detail, now).await?;
    tx.tell(Event::to_role(Topic::Handovers, Role::Sales));
    Ok(())
}
