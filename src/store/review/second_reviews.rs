//! Second looks: the same call judged again by somebody else, who is not told why (PRODUCT R9 to
//! R12).

use crate::review::LOCK;
use crate::store::review::claims::Claim;
use crate::store::review::verdicts::Verdict;
use crate::store::{Result, StoreError, Tx, all, changed_one, new_id, one, run};
use crate::units::{Micros, WallTime};
use serde::Serialize;
use sqlx::FromRow;

/// A second look with what its desk shows.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Look {
    pub id: String,
    pub number: i64,
    pub reason: String,
    pub lead_id: String,
    pub company: String,
    pub campaign_id: String,
    pub campaign: String,
    pub client_id: String,
    pub checklist_version_id: String,
    pub claim_id: Option<String>,
    pub verdict_id: Option<String>,
    pub calibration_id: Option<String>,
    pub assigned_to: Option<String>,
    pub criterion: Option<String>,
    pub created_at: i64,
    pub due_at: i64,
    /// Nobody is offered it before.
    pub opens_at: i64,
    pub state: String,
    pub locked_by: Option<String>,
    pub locked_until: Option<i64>,
    pub taken_at: Option<i64>,
    pub reviewer_id: Option<String>,
    pub answers: Option<String>,
    pub passed: Option<i64>,
    pub final_answers: Option<String>,
    pub final_passed: Option<i64>,
    pub final_note: Option<String>,
    pub decided_at: Option<i64>,
}

const LOOK: &str = "SELECT o.id, o.number, o.reason, o.lead_id, l.company, o.campaign_id, k.name \
    AS campaign, k.client_id, o.checklist_version_id, o.claim_id, o.verdict_id, o.calibration_id,
    o.assigned_to, o.criterion, o.created_at, o.due_at, o.opens_at, o.state, o.locked_by, \
    o.locked_until, o.taken_at, o.reviewer_id, o.answers, o.passed, o.final_answers, \
    o.final_passed, o.final_note, o.decided_at
  FROM looks o JOIN leads l ON l.id = o.lead_id JOIN campaigns k ON k.id = o.campaign_id";

impl Look {
    /// Whether nobody has answered it yet and somebody is to.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(self.state.as_str(), "open" | "in_review")
    }
}

/// When a look is to be done.
#[derive(Debug, Clone, Copy)]
pub struct When {
    pub opens: WallTime,
    pub due: WallTime,
}

impl When {
    #[must_use]
    pub fn within(opens: WallTime, span: Micros) -> When {
        When {
            opens,
            due: opens + span,
        }
    }
}

/// Serializes the numbering on PostgreSQL.
const NUMBER_LOCK: i64 = 0x4c4f_4f4b;

/// What is to be looked at again.
#[derive(Debug, Clone)]
pub struct NewLook<'a> {
    pub reason: &'a str,
    pub lead: &'a str,
    pub campaign: &'a str,
    pub checklist_version: &'a str,
    pub claim: Option<&'a str>,
    pub verdict: Option<&'a str>,
    pub calibration: Option<&'a str>,
    /// The one who is to do it; otherwise whoever may.
    pub assigned_to: Option<&'a str>,
    /// What a dispute or a rejection is about.
    pub criterion: Option<&'a str>,
    pub calls: &'a [String],
}

/// Puts a second look into its queue; gives its id.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, look: &NewLook<'_>, now: WallTime, when: When) -> Result<String> {
    tx.serialize(NUMBER_LOCK).await?;
    let id = new_id();
    let number =
        one!(tx, (i64,), "SELECT COALESCE(MAX(number), 0) + 1 FROM looks")?.map_or(1, |r| r.0);
    run!(
        tx,
        "INSERT INTO looks (id, number, reason, lead_id, campaign_id, checklist_version_id, \
         claim_id, verdict_id, calibration_id, assigned_to, criterion, created_at, due_at, \
         opens_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'open')",
        &id,
        number,
        look.reason,
        look.lead,
        look.campaign,
        look.checklist_version,
        look.claim,
        look.verdict,
        look.calibration,
        look.assigned_to,
        look.criterion,
        now.micros(),
        when.due.micros(),
        when.opens.micros()
    )?;
    for call in look.calls {
        run!(
            tx,
            "INSERT INTO look_calls (look_id, call_id) VALUES ($1, $2)",
            &id,
            call
        )?;
    }
    Ok(id)
}

/// A sealed verdict is to be judged afresh, along the version that it answered.
pub async fn add_of_verdict(
    tx: &mut Tx,
    v: &Verdict,
    claim: &Claim,
    reason: &str,
    criterion: Option<&str>,
    now: WallTime,
    when: When,
) -> Result<String> {
    let calls = calls_of_claim(tx, &claim.id).await?;
    let look = NewLook {
        reason,
        lead: &claim.lead_id,
        campaign: &claim.campaign_id,
        checklist_version: &v.checklist_version_id,
        claim: Some(&claim.id),
        verdict: Some(&v.id),
        calibration: None,
        assigned_to: None,
        criterion,
        calls: &calls,
    };
    add(tx, &look, now, when).await
}

pub async fn calls_of_claim(tx: &mut Tx, claim: &str) -> Result<Vec<String>> {
    Ok(all!(
        tx,
        (String,),
        "SELECT call_id FROM claim_calls WHERE claim_id = $1 ORDER BY call_id",
        claim
    )?
    .into_iter()
    .map(|r| r.0)
    .collect())
}

pub async fn calls(tx: &mut Tx, look: &str) -> Result<Vec<String>> {
    Ok(all!(
        tx,
        (String,),
        "SELECT call_id FROM look_calls WHERE look_id = $1 ORDER BY call_id",
        look
    )?
    .into_iter()
    .map(|r| r.0)
    .collect())
}

pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Look>> {
    Ok(one!(
        tx,
        Look,
        sqlx::AssertSqlSafe(format!("{LOOK} WHERE o.id = $1")),
        id
    )?)
}

/// Those of somebody's clients that can be taken now, most urgent first.
pub async fn queue(tx: &mut Tx, person: &str, now: WallTime, limit: i64) -> Result<Vec<Look>> {
    let sql = format!(
        "{LOOK} JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $3
         WHERE o.opens_at <= $1 AND (o.state = 'open' OR (o.state = 'in_review' AND \
         o.locked_until < $1)) ORDER BY o.due_at, o.number LIMIT $2"
    );
    Ok(all!(
        tx,
        Look,
        sqlx::AssertSqlSafe(sql),
        now.micros(),
        limit,
        person
    )?)
}

/// The one that a reviewer is at work on, or has answered and not confirmed yet.
pub async fn at_work(tx: &mut Tx, reviewer: &str, now: WallTime) -> Result<Option<Look>> {
    let sql = format!(
        "{LOOK} WHERE (o.locked_by = $1 AND o.state = 'in_review' AND o.locked_until >= $2) OR \
         (o.reviewer_id = $1 AND o.state = 'answered') ORDER BY o.due_at LIMIT 1"
    );
    Ok(one!(
        tx,
        Look,
        sqlx::AssertSqlSafe(sql),
        reviewer,
        now.micros()
    )?)
}

/// All of some clients, newest first.
pub async fn of_clients(tx: &mut Tx, person: &str) -> Result<Vec<Look>> {
    let sql = format!(
        "{LOOK} JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $1 ORDER \
         BY o.created_at DESC, o.number DESC LIMIT 1000"
    );
    Ok(all!(tx, Look, sqlx::AssertSqlSafe(sql), person)?)
}

pub async fn of_verdict(tx: &mut Tx, verdict: &str) -> Result<Vec<Look>> {
    Ok(all!(
        tx,
        Look,
        sqlx::AssertSqlSafe(format!("{LOOK} WHERE o.verdict_id = $1 ORDER BY o.number")),
        verdict
    )?)
}

pub async fn of_calibration(tx: &mut Tx, calibration: &str) -> Result<Vec<Look>> {
    Ok(all!(
        tx,
        Look,
        sqlx::AssertSqlSafe(format!(
            "{LOOK} WHERE o.calibration_id = $1 ORDER BY o.number"
        )),
        calibration
    )?)
}

/// The claimant, and who made the calls.
pub async fn interested(tx: &mut Tx, look: &Look) -> Result<(String, Vec<String>)> {
    let claimant = match &look.claim_id {
        Some(claim) => one!(
            tx,
            (String,),
            "SELECT person_id FROM claims WHERE id = $1",
            claim
        )?
        .map(|r| r.0),
        None => None,
    };
    let rows = all!(
        tx,
        (String,),
        "SELECT DISTINCT k.person_id FROM look_calls c JOIN calls k ON k.id = c.call_id WHERE \
         c.look_id = $1 AND k.person_id IS NOT NULL ORDER BY k.person_id",
        &look.id
    )?;
    let callers: Vec<String> = rows.into_iter().map(|r| r.0).collect();
    let claimant = claimant
        .or_else(|| callers.first().cloned())
        .unwrap_or_default();
    Ok((claimant, callers))
}

/// # Errors
/// [`StoreError::Conflict`] when somebody else has it or it is done.
pub async fn take(tx: &mut Tx, look: &str, reviewer: &str, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE looks SET taken_at = CASE WHEN locked_by = $2 THEN taken_at ELSE $4 END, state = \
         'in_review', locked_by = $2, locked_until = $3
         WHERE id = $1 AND (state = 'open' OR (state = 'in_review' AND (locked_until < $4 OR \
         locked_by = $2)))",
        look,
        reviewer,
        (now + LOCK).micros(),
        now.micros()
    )?;
    changed_one(
        rows,
        "somebody else has taken this one; the next is offered to you",
    )
}

pub async fn release(tx: &mut Tx, look: &str, reviewer: &str) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE looks SET state = 'open', locked_by = NULL, locked_until = NULL WHERE id = $1 AND \
         state = 'in_review' AND locked_by = $2",
        look,
        reviewer
    )?;
    changed_one(rows, "this one is not with you")
}

/// A reviewer who works on it keeps it.
pub async fn keep(tx: &mut Tx, look: &str, reviewer: &str, now: WallTime) -> Result<()> {
    run!(
        tx,
        "UPDATE looks SET locked_until = $3 WHERE id = $1 AND state = 'in_review' AND locked_by = \
         $2 AND locked_until >= $4",
        look,
        reviewer,
        (now + LOCK).micros(),
        now.micros()
    )?;
    Ok(())
}

/// What was answered, blind.
#[derive(Debug, Clone)]
pub struct NewAnswer<'a> {
    pub answers: &'a str,
    pub passed: bool,
    pub recordings: &'a str,
    pub heard: &'a str,
    pub note: &'a str,
    /// Whether it is over with that; a dispute's reviewer then sees the reason and confirms or
    /// changes.
    pub last_word: bool,
}

/// # Errors
/// [`StoreError::Conflict`] when it is not with this reviewer.
pub async fn answer(
    tx: &mut Tx,
    look: &str,
    reviewer: &str,
    a: &NewAnswer<'_>,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE looks SET state = 'answered', reviewer_id = $2, answers = $3, passed = $4, \
         recordings = $5, heard = $6, answered_at = $7, locked_by = NULL, locked_until = NULL
         WHERE id = $1 AND state = 'in_review' AND locked_by = $2 AND locked_until >= $7",
        look,
        reviewer,
        a.answers,
        i64::from(a.passed),
        a.recordings,
        a.heard,
        now.micros()
    )?;
    changed_one(
        rows,
        "this one is not with you any more: its lock ran out, or it is answered",
    )?;
    if a.last_word {
        decide(tx, look, reviewer, a.answers, a.passed, a.note, now).await
    } else {
        Ok(())
    }
}

/// The last word on a look that was answered.
///
/// # Errors
/// [`StoreError::Conflict`] when it was not answered by this reviewer, or is decided.
pub async fn decide(
    tx: &mut Tx,
    look: &str,
    reviewer: &str,
    answers: &str,
    passed: bool,
    note: &str,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE looks SET state = 'decided', final_answers = $3, final_passed = $4, final_note = \
         $5, decided_at = $6 WHERE id = $1 AND state = 'answered' AND reviewer_id = $2",
        look,
        reviewer,
        answers,
        i64::from(passed),
        note,
        now.micros()
    )?;
    changed_one(rows, "this one was not answered by you, or is decided")
}

/// It is not wanted any more.
pub async fn withdraw(tx: &mut Tx, look: &str) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE looks SET state = 'withdrawn', locked_by = NULL, locked_until = NULL WHERE id = \
         $1 AND state IN ('open', 'in_review')",
        look
    )?;
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict("somebody has judged it already"))
    }
}

/// Answered calls of a client's leads that nobody claimed and nobody was asked to look at, newest
/// first.
pub async fn unclaimed(
    tx: &mut Tx,
    person: &str,
    from: WallTime,
    limit: i64,
) -> Result<Vec<(String, String, String)>> {
    Ok(all!(
        tx,
        (String, String, String),
        "SELECT k.id, k.lead_id, l.campaign_id FROM calls k JOIN leads l ON l.id = k.lead_id JOIN \
         person_clients pc ON pc.client_id = l.client_id AND pc.person_id = $1
           JOIN recordings r ON r.call_id = k.id
         WHERE k.outcome = 'answered' AND k.started_at >= $2 AND NOT EXISTS (SELECT 1 FROM \
         claim_calls c WHERE c.call_id = k.id) AND NOT EXISTS (SELECT 1 FROM look_calls c WHERE \
         c.call_id = k.id)
         ORDER BY k.started_at DESC LIMIT $3",
        person,
        from.micros(),
        limit
    )?)
}

/// A round in which several reviewers judge the same claim.
pub async fn add_calibration(
    tx: &mut Tx,
    claim: &str,
    by: &str,
    now: WallTime,
    due: WallTime,
) -> Result<String> {
    let id = new_id();
    run!(
        tx,
        "INSERT INTO calibrations (id, claim_id, created_by, created_at, due_at) VALUES ($1, $2, \
         $3, $4, $5)",
        &id,
        claim,
        by,
        now.micros(),
        due.micros()
    )?;
    Ok(id)
}

/// A round as stored: id, claim, company, when it began, when it is due.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Calibration {
    pub id: String,
    pub claim_id: String,
    pub claim_number: i64,
    pub company: String,
    pub client_id: String,
    pub created_at: i64,
    pub due_at: i64,
}

pub async fn calibrations(tx: &mut Tx) -> Result<Vec<Calibration>> {
    Ok(all!(
        tx,
        Calibration,
        "SELECT b.id, b.claim_id, c.number AS claim_number, l.company, l.client_id, b.created_at, \
         b.due_at FROM calibrations b JOIN claims c ON c.id = b.claim_id JOIN leads l ON l.id = \
         c.lead_id
         ORDER BY b.created_at DESC LIMIT 200"
    )?)
}
