//! Verdicts: committed, held for ten seconds, then sealed together with what they earn (PRODUCT R7,
//! M3).

use crate::commission::{Booking, SealedVerdict, book};
use crate::review::HOLD;
use crate::store::commission::ledger;
use crate::store::log;
use crate::store::review::claims;
use crate::store::{Result, StoreError, Tx, all, changed_one, new_id, one, run};
use crate::units::WallTime;
use serde::Serialize;
use serde_json::json;
use sqlx::FromRow;

/// A verdict as stored.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Verdict {
    pub id: String,
    pub claim_id: String,
    pub reviewer_id: String,
    pub checklist_version_id: String,
    pub checklist_sha256: String,
    pub recordings: String,
    pub answers: String,
    pub passed: i64,
    pub note: String,
    pub committed_at: i64,
    pub hold_until: i64,
    pub state: String,
    pub sealed_at: Option<i64>,
    pub ledger_line_id: String,
    /// What was heard of it, as JSON; none was kept before the fifth migration.
    pub heard: Option<String>,
}

const VERDICT: &str = "SELECT id, claim_id, reviewer_id, checklist_version_id, checklist_sha256, \
    recordings, answers, passed, note, committed_at, hold_until, state, sealed_at, \
    ledger_line_id, heard FROM verdicts";

/// What a reviewer commits: already judged by the rules.
#[derive(Debug, Clone)]
pub struct NewVerdict<'a> {
    pub claim: &'a str,
    pub reviewer: &'a str,
    pub checklist_version: &'a str,
    pub checklist_sha256: &'a str,
    /// JSON object: call id to the SHA-256 of its recording.
    pub recordings: &'a str,
    /// JSON array of the answers with their evidence.
    pub answers: &'a str,
    pub passed: bool,
    pub note: &'a str,
    /// What was heard of the speech, as JSON.
    pub heard: &'a str,
}

/// Commits a verdict: the hold begins.
///
/// # Errors
/// [`StoreError::Conflict`] when the claim is not with this reviewer.
pub async fn commit(tx: &mut Tx, v: &NewVerdict<'_>, now: WallTime) -> Result<Verdict> {
    claims::hold(tx, v.claim, v.reviewer, now).await?;
    let id = new_id();
    run!(
        tx,
        "INSERT INTO verdicts (id, claim_id, reviewer_id, checklist_version_id, checklist_sha256, \
         recordings, answers, passed, note, committed_at, hold_until, state, ledger_line_id, \
         heard)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'held', $12, $13)",
        &id,
        v.claim,
        v.reviewer,
        v.checklist_version,
        v.checklist_sha256,
        v.recordings,
        v.answers,
        i64::from(v.passed),
        v.note,
        now.micros(),
        (now + HOLD).micros(),
        // Named now, so that a request sent again is answered with the same line.
        new_id(),
        v.heard
    )?;
    let detail = json!({ "claim": v.claim, "passed": v.passed });
    log::append(
        tx,
        log::Entry {
            at: now,
            actor: v.reviewer,
            action: "verdict.committed",
            subject: &format!("verdict:{id}"),
            detail,
        },
    )
    .await?;
    by_id(tx, &id)
        .await?
        .ok_or(StoreError::Conflict("the verdict was not stored"))
}

/// Takes a held verdict back: the claim is with its reviewer again.
///
/// # Errors
/// [`StoreError::Conflict`] when the hold is over.
pub async fn take_back(tx: &mut Tx, claim: &str, reviewer: &str, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE verdicts SET state = 'taken_back' WHERE claim_id = $1 AND reviewer_id = $2 AND \
         state = 'held' AND hold_until > $3",
        claim,
        reviewer,
        now.micros()
    )?;
    changed_one(rows, "the ten seconds are over: the verdict stands")?;
    claims::resume(tx, claim, reviewer, now).await?;
    log::append(
        tx,
        log::Entry {
            at: now,
            actor: reviewer,
            action: "verdict.taken_back",
            subject: &format!("claim:{claim}"),
            detail: json!({}),
        },
    )
    .await
}

pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Verdict>> {
    Ok(one!(
        tx,
        Verdict,
        sqlx::AssertSqlSafe(format!("{VERDICT} WHERE id = $1")),
        id
    )?)
}

/// The verdict of a claim that stands or is on hold.
pub async fn of_claim(tx: &mut Tx, claim: &str) -> Result<Option<Verdict>> {
    Ok(one!(
        tx,
        Verdict,
        sqlx::AssertSqlSafe(format!(
            "{VERDICT} WHERE claim_id = $1 AND state <> 'taken_back'"
        )),
        claim
    )?)
}

/// Held verdicts whose time has come.
pub async fn due(tx: &mut Tx, now: WallTime) -> Result<Vec<String>> {
    let rows = all!(
        tx,
        (String,),
        "SELECT id FROM verdicts WHERE state = 'held' AND hold_until <= $1 ORDER BY hold_until \
         LIMIT 100",
        now.micros()
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Serializes sealing on PostgreSQL, so that two claims on one lead are decided one after the
/// other.
pub(in crate::store) const SEAL_LOCK: i64 = 0x5345_414c;

/// Seals a verdict: verdict, claim, ledger line, outgoing message and audit line in this one
/// transaction. Gives the claimant's id, or `None` when it was sealed or taken back meanwhile.
///
/// # Errors
/// When the database fails; nothing of it stands then.
pub async fn seal(tx: &mut Tx, verdict: &str, now: WallTime) -> Result<Option<String>> {
    tx.serialize(SEAL_LOCK).await?;
    let rows = run!(
        tx,
        "UPDATE verdicts SET state = 'sealed', sealed_at = $2 WHERE id = $1 AND state = 'held' \
         AND hold_until <= $2",
        verdict,
        now.micros()
    )?;
    if rows == 0 {
        return Ok(None);
    }
    let missing = StoreError::Conflict("the verdict's claim is gone");
    let Some(v) = by_id(tx, verdict).await? else {
        return Err(missing);
    };
    let Some(claim) = claims::by_id(tx, &v.claim_id).await? else {
        return Err(missing);
    };
    let sealed = SealedVerdict {
        passed: v.passed == 1,
        at: now,
        lead_already_earned: ledger::has_earned(tx, &claim.campaign_id, &claim.lead_id).await?,
    };
    let plans = crate::store::leads::plans(tx, &claim.campaign_id).await?;
    let booking = book(&sealed, &plans, &ledger::locked_periods(tx).await?);
    let (outcome, line) = match &booking {
        Booking::Accrue(accrual) => {
            ledger::accrue(tx, &v, &claim, accrual, now).await?;
            ("passed", Some(v.ledger_line_id.as_str()))
        }
        Booking::AlreadyEarned => ("passed_already_paid", None),
        Booking::NoPlan => ("passed", None),
        Booking::Nothing => ("failed", None),
    };
    claims::decide(tx, &v.claim_id, outcome, now).await?;
    let body = json!({ "verdict": v.id, "claim": claim.id, "claim_number": claim.number, "outcome": outcome, "ledger_line": line });
    run!(
        tx,
        "INSERT INTO outbox (id, topic, body, created_at, next_attempt_at) VALUES ($1, \
         'verdict.sealed', $2, $3, $3)",
        new_id(),
        body.to_string(),
        now.micros()
    )?;
    log::append(
        tx,
        log::Entry {
            at: now,
            actor: "system",
            action: "verdict.sealed",
            subject: &format!("verdict:{}", v.id),
            detail: body,
        },
    )
    .await?;
    if booking == Booking::NoPlan {
        tracing::error!(
            claim = claim.number,
            "a lead passed and its campaign has no commission plan in force: nothing was booked; \
             approve a plan and book it as a correction"
        );
    }
    Ok(Some(claim.person_id))
}
