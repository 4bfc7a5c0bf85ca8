//! Claims and the queue.

use crate::review::LOCK;
use crate::store::{Result, StoreError, Tx, all, changed_one, new_id, one, run};
use crate::units::WallTime;
use serde::Serialize;
use sqlx::FromRow;

/// A claim with what lists show of it.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Claim {
    pub id: String,
    pub number: i64,
    pub lead_id: String,
    pub company: String,
    pub campaign_id: String,
    pub campaign: String,
    pub client_id: String,
    pub person_id: String,
    pub person: String,
    pub write_up: String,
    pub own_answers: String,
    pub state: String,
    /// 1 where a manager wants it judged before others.
    pub priority: i64,
    pub locked_by: Option<String>,
    pub locked_until: Option<i64>,
    pub taken_at: Option<i64>,
    pub created_at: i64,
    pub decided_at: Option<i64>,
    pub outcome: Option<String>,
}

const CLAIM: &str =
    "SELECT c.id, c.number, c.lead_id, l.company, c.campaign_id, k.name AS campaign, k.client_id, \
     c.person_id, p.name AS person, c.write_up, c.own_answers, c.state, c.priority,
    c.locked_by, c.locked_until, c.taken_at, c.created_at, c.decided_at, c.outcome
  FROM claims c JOIN leads l ON l.id = c.lead_id JOIN campaigns k ON k.id = c.campaign_id JOIN \
     people p ON p.id = c.person_id";

/// What a telemarketer claims.
#[derive(Debug, Clone)]
pub struct NewClaim<'a> {
    pub lead: &'a str,
    pub campaign: &'a str,
    pub person: &'a str,
    pub calls: &'a [String],
    pub write_up: &'a str,
    /// The claimant's own answer per criterion, as JSON.
    pub own_answers: &'a str,
}

/// Serializes on PostgreSQL the numbering of claims, and what they rest on: which leads are one.
pub(in crate::store) const NUMBER_LOCK: i64 = 0x434c_4149;

/// Puts a claim into the queue.
///
/// # Errors
/// A duplicate when this person's claim on this lead is still undecided; a conflict when the lead
/// was merged away.
pub async fn add(tx: &mut Tx, claim: &NewClaim<'_>, now: WallTime) -> Result<String> {
    tx.serialize(NUMBER_LOCK).await?;
    if crate::store::leads::merges::merged_into(tx, claim.lead)
        .await?
        .is_some()
    {
        return Err(StoreError::Conflict(
            "this lead has just been merged into another: reload, and claim that one",
        ));
    }
    let id = new_id();
    let number = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(number), 1000) + 1 FROM claims"
    )?
    .map_or(1001, |r| r.0);
    run!(
        tx,
        "INSERT INTO claims (id, number, lead_id, campaign_id, person_id, write_up, own_answers, \
         state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8)",
        &id,
        number,
        claim.lead,
        claim.campaign,
        claim.person,
        claim.write_up,
        claim.own_answers,
        now.micros()
    )?;
    for call in claim.calls {
        run!(
            tx,
            "INSERT INTO claim_calls (claim_id, call_id) VALUES ($1, $2)",
            &id,
            call
        )?;
    }
    Ok(id)
}

pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Claim>> {
    Ok(one!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(format!("{CLAIM} WHERE c.id = $1")),
        id
    )?)
}

pub async fn of_person(tx: &mut Tx, person: &str) -> Result<Vec<Claim>> {
    Ok(all!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(format!(
            "{CLAIM} WHERE c.person_id = $1 ORDER BY c.created_at DESC LIMIT 500"
        )),
        person
    )?)
}

/// Decided claims of a person's clients, newest first.
pub async fn decided_of_clients(tx: &mut Tx, person: &str, limit: i64) -> Result<Vec<Claim>> {
    let sql = format!(
        "{CLAIM} JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $1 WHERE \
         c.state = 'decided' ORDER BY c.decided_at DESC LIMIT $2"
    );
    Ok(all!(tx, Claim, sqlx::AssertSqlSafe(sql), person, limit)?)
}

pub async fn of_lead(tx: &mut Tx, lead: &str) -> Result<Vec<Claim>> {
    Ok(all!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(format!(
            "{CLAIM} WHERE c.lead_id = $1 ORDER BY c.created_at"
        )),
        lead
    )?)
}

/// Whether a person's claim on a lead is still undecided.
pub async fn undecided(tx: &mut Tx, lead: &str, person: &str) -> Result<bool> {
    Ok(one!(
        tx,
        (String,),
        "SELECT id FROM claims WHERE lead_id = $1 AND person_id = $2 AND state <> 'decided'",
        lead,
        person
    )?
    .is_some())
}

/// Who made a claim's calls.
pub async fn callers(tx: &mut Tx, claim: &str) -> Result<Vec<String>> {
    let rows = all!(
        tx,
        (String,),
        "SELECT DISTINCT k.person_id FROM claim_calls c JOIN calls k ON k.id = c.call_id WHERE \
         c.claim_id = $1 AND k.person_id IS NOT NULL",
        claim
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Claims of somebody's clients that can be taken now, oldest first within priority: open ones, and
/// those whose lock has run out.
pub async fn queue(tx: &mut Tx, person: &str, now: WallTime, limit: i64) -> Result<Vec<Claim>> {
    let sql = format!(
        "{CLAIM} JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $3
         WHERE c.state = 'open' OR (c.state = 'in_review' AND c.locked_until < $1) ORDER BY \
         c.priority DESC, c.created_at, c.number LIMIT $2"
    );
    Ok(all!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(sql),
        now.micros(),
        limit,
        person
    )?)
}

/// A manager wants a claim judged before others, or in its turn again.
///
/// # Errors
/// [`StoreError::Conflict`] when its verdict is given.
pub async fn put_first(tx: &mut Tx, claim: &str, first: bool) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET priority = $2 WHERE id = $1 AND state IN ('open', 'in_review')",
        claim,
        i64::from(first)
    )?;
    changed_one(rows, "its verdict is given already")
}

/// The claim that a reviewer is at work on.
pub async fn taken_by(tx: &mut Tx, reviewer: &str, now: WallTime) -> Result<Option<Claim>> {
    let sql = format!(
        "{CLAIM} WHERE c.locked_by = $1 AND c.state = 'in_review' AND c.locked_until >= $2 ORDER \
         BY c.created_at LIMIT 1"
    );
    Ok(one!(
        tx,
        Claim,
        sqlx::AssertSqlSafe(sql),
        reviewer,
        now.micros()
    )?)
}

/// The claim whose verdict a reviewer can still take back.
pub async fn held_by(tx: &mut Tx, reviewer: &str) -> Result<Option<Claim>> {
    let sql = format!(
        "{CLAIM} WHERE c.locked_by = $1 AND c.state = 'held' ORDER BY c.locked_until DESC LIMIT 1"
    );
    Ok(one!(tx, Claim, sqlx::AssertSqlSafe(sql), reviewer)?)
}

/// Locks a claim for a reviewer.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else has it or it is decided.
pub async fn take(tx: &mut Tx, claim: &str, reviewer: &str, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET taken_at = CASE WHEN locked_by = $2 THEN taken_at ELSE $4 END, state = \
         'in_review', locked_by = $2, locked_until = $3 WHERE id = $1 AND (state = 'open' OR \
         (state = 'in_review' AND (locked_until < $4 OR locked_by = $2)))",
        claim,
        reviewer,
        (now + LOCK).micros(),
        now.micros()
    )?;
    changed_one(
        rows,
        "somebody else has taken this claim; the next one is offered to you",
    )
}

/// A reviewer who works on a claim keeps it.
pub async fn keep(tx: &mut Tx, claim: &str, reviewer: &str, now: WallTime) -> Result<()> {
    run!(
        tx,
        "UPDATE claims SET locked_until = $3 WHERE id = $1 AND state = 'in_review' AND locked_by \
         = $2 AND locked_until >= $4",
        claim,
        reviewer,
        (now + LOCK).micros(),
        now.micros()
    )?;
    Ok(())
}

/// Puts a claim back into the queue.
pub async fn release(tx: &mut Tx, claim: &str, reviewer: &str) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET state = 'open', locked_by = NULL, locked_until = NULL WHERE id = $1 \
         AND state = 'in_review' AND locked_by = $2",
        claim,
        reviewer
    )?;
    changed_one(rows, "this claim is not with you")
}

/// From review to hold: the reviewer has committed a verdict.
pub(in crate::store) async fn hold(
    tx: &mut Tx,
    claim: &str,
    reviewer: &str,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET state = 'held' WHERE id = $1 AND state = 'in_review' AND locked_by = \
         $2 AND locked_until >= $3",
        claim,
        reviewer,
        now.micros()
    )?;
    changed_one(
        rows,
        "this claim is not with you any more: its lock ran out, somebody else has it, or its \
         verdict is given",
    )
}

/// Back from hold to review: the verdict was taken back.
pub(in crate::store) async fn resume(
    tx: &mut Tx,
    claim: &str,
    reviewer: &str,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET state = 'in_review', locked_until = $3 WHERE id = $1 AND state = \
         'held' AND locked_by = $2",
        claim,
        reviewer,
        (now + LOCK).micros()
    )?;
    changed_one(rows, "this claim is not with you")
}

pub(in crate::store) async fn decide(
    tx: &mut Tx,
    claim: &str,
    outcome: &str,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE claims SET state = 'decided', outcome = $2, decided_at = $3, locked_by = NULL, \
         locked_until = NULL WHERE id = $1 AND state = 'held'",
        claim,
        outcome,
        now.micros()
    )?;
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict("the claim is not on hold"))
    }
}
