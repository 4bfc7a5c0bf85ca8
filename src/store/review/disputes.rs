//! Disputes: a claimant says of one row that it was judged wrongly, with a clip and a reason
//! (PRODUCT R9).

use crate::commission::{Booking, SealedVerdict, book};
use crate::store::commission::ledger;
use crate::store::log;
use crate::store::review::claims::Claim;
use crate::store::review::second_reviews;
use crate::store::review::second_reviews::When;
use crate::store::review::verdicts::Verdict;
use crate::store::{Result, StoreError, Tx, all, changed_one, new_id, one, run};
use crate::units::WallTime;
use serde::Serialize;
use serde_json::json;
use sqlx::FromRow;

/// A dispute as stored.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Dispute {
    pub id: String,
    pub verdict_id: String,
    pub claim_id: String,
    pub person_id: String,
    pub look_id: String,
    pub criterion: String,
    pub clip: String,
    pub reason: String,
    pub created_at: i64,
    pub state: String,
    pub ruled_by: Option<String>,
    pub ruling: Option<String>,
    pub decided_at: Option<i64>,
}

const DISPUTE: &str = "SELECT id, verdict_id, claim_id, person_id, look_id, criterion, clip, \
    reason, created_at, state, ruled_by, ruling, decided_at FROM disputes";

/// What a claimant disputes.
#[derive(Debug, Clone)]
pub struct NewDispute<'a> {
    pub criterion: &'a str,
    /// JSON: call and stretch.
    pub clip: &'a str,
    pub reason: &'a str,
}

/// Puts a dispute on record and a second look into its queue. A verdict is disputed once.
pub async fn add(
    tx: &mut Tx,
    v: &Verdict,
    claim: &Claim,
    d: &NewDispute<'_>,
    now: WallTime,
    due: WallTime,
) -> Result<String> {
    let look = second_reviews::add_of_verdict(
        tx,
        v,
        claim,
        "dispute",
        Some(d.criterion),
        now,
        When { opens: now, due },
    )
    .await?;
    let id = new_id();
    run!(
        tx,
        "INSERT INTO disputes (id, verdict_id, claim_id, person_id, look_id, criterion, clip, \
         reason, created_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open')",
        &id,
        &v.id,
        &claim.id,
        &claim.person_id,
        &look,
        d.criterion,
        d.clip,
        d.reason,
        now.micros()
    )?;
    log::append(
        tx,
        log::Entry {
            at: now,
            actor: &claim.person_id,
            action: "dispute.made",
            subject: &format!("dispute:{id}"),
            detail: json!({ "verdict": v.id, "look": look }),
        },
    )
    .await?;
    Ok(id)
}

pub async fn of_claim(tx: &mut Tx, claim: &str) -> Result<Option<Dispute>> {
    Ok(one!(
        tx,
        Dispute,
        sqlx::AssertSqlSafe(format!("{DISPUTE} WHERE claim_id = $1")),
        claim
    )?)
}

pub async fn of_look(tx: &mut Tx, look: &str) -> Result<Option<Dispute>> {
    Ok(one!(
        tx,
        Dispute,
        sqlx::AssertSqlSafe(format!("{DISPUTE} WHERE look_id = $1")),
        look
    )?)
}

pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Dispute>> {
    Ok(one!(
        tx,
        Dispute,
        sqlx::AssertSqlSafe(format!("{DISPUTE} WHERE id = $1")),
        id
    )?)
}

/// Those of a person's clients, open ones first.
pub async fn of_clients(tx: &mut Tx, person: &str) -> Result<Vec<Dispute>> {
    let columns = DISPUTE
        .replace("SELECT ", "SELECT d.")
        .replace(", ", ", d.")
        .replace("FROM disputes", "FROM disputes d");
    let sql = format!(
        "{columns} JOIN claims c ON c.id = d.claim_id JOIN campaigns k ON k.id = c.campaign_id \
         JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $1
         ORDER BY CASE d.state WHEN 'open' THEN 0 ELSE 1 END, d.created_at DESC LIMIT 500"
    );
    Ok(all!(tx, Dispute, sqlx::AssertSqlSafe(sql), person)?)
}

/// The manager's ruling: on eligibility alone, never on the answers.
///
/// # Errors
/// A conflict when it is decided, or somebody has judged it meanwhile.
pub async fn rule_out(
    tx: &mut Tx,
    d: &Dispute,
    by: &str,
    ruling: &str,
    now: WallTime,
) -> Result<()> {
    second_reviews::withdraw(tx, &d.look_id).await?;
    let rows = run!(
        tx,
        "UPDATE disputes SET state = 'ineligible', ruled_by = $2, ruling = $3, decided_at = $4 \
         WHERE id = $1 AND state = 'open'",
        &d.id,
        by,
        ruling,
        now.micros()
    )?;
    changed_one(rows, "this dispute is decided")?;
    log::append(
        tx,
        log::Entry {
            at: now,
            actor: by,
            action: "dispute.ruled_out",
            subject: &format!("dispute:{}", d.id),
            detail: json!({ "why": ruling }),
        },
    )
    .await
}

/// The second reviewer answered and never gave the last word: what they answered is kept as a
/// second look like any other, and the dispute goes to somebody who has not judged the call.
///
/// # Errors
/// A conflict when it is not due yet, or nobody has answered it.
pub async fn ask_another(
    tx: &mut Tx,
    d: &Dispute,
    by: &str,
    now: WallTime,
    due: WallTime,
) -> Result<()> {
    let look = second_reviews::by_id(tx, &d.look_id)
        .await?
        .ok_or(StoreError::Conflict("this dispute has no second look"))?;
    let (Some(reviewer), Some(answers), "open", "answered") = (
        &look.reviewer_id,
        &look.answers,
        d.state.as_str(),
        look.state.as_str(),
    ) else {
        return Err(StoreError::Conflict(
            "nobody has answered this dispute and left it: it waits in the queue, or is decided",
        ));
    };
    if now.micros() <= look.due_at {
        return Err(StoreError::Conflict(
            "its reviewer has time until it is due",
        ));
    }
    second_reviews::decide(
        tx,
        &look.id,
        reviewer,
        answers,
        look.passed == Some(1),
        "",
        now,
    )
    .await?;
    let v = crate::store::review::verdicts::by_id(tx, &d.verdict_id)
        .await?
        .ok_or(StoreError::Conflict("its verdict is gone"))?;
    let claim = crate::store::review::claims::by_id(tx, &d.claim_id)
        .await?
        .ok_or(StoreError::Conflict("its claim is gone"))?;
    let next = second_reviews::add_of_verdict(
        tx,
        &v,
        &claim,
        "dispute",
        Some(&d.criterion),
        now,
        When { opens: now, due },
    )
    .await?;
    run!(
        tx,
        "UPDATE disputes SET look_id = $2 WHERE id = $1",
        &d.id,
        &next
    )?;
    log::append(
        tx,
        log::Entry {
            at: now,
            actor: by,
            action: "dispute.asked_another",
            subject: &format!("dispute:{}", d.id),
            detail: json!({ "left": look.id, "look": next }),
        },
    )
    .await
}

/// The second reviewer's last word. Where it turns a failed claim into a passed one, the ledger
/// follows by adding the line that the verdict had named; where it stands, nothing is booked.
///
/// # Errors
/// When the database fails, or the dispute is decided.
pub async fn decide(
    tx: &mut Tx,
    d: &Dispute,
    v: &Verdict,
    claim: &Claim,
    passed: bool,
    now: WallTime,
) -> Result<()> {
    tx.serialize(crate::store::review::verdicts::SEAL_LOCK)
        .await?;
    let changed = passed && v.passed == 0;
    let rows = run!(
        tx,
        "UPDATE disputes SET state = $2, decided_at = $3 WHERE id = $1 AND state = 'open'",
        &d.id,
        if changed { "changed" } else { "stands" },
        now.micros()
    )?;
    changed_one(rows, "this dispute is decided")?;
    let mut line = None;
    if changed {
        let sealed = SealedVerdict {
            passed: true,
            at: now,
            lead_already_earned: ledger::has_earned(tx, &claim.campaign_id, &claim.lead_id).await?,
        };
        let plans = crate::store::leads::plans(tx, &claim.campaign_id).await?;
        let outcome = match book(&sealed, &plans, &ledger::locked_periods(tx).await?) {
            Booking::Accrue(accrual) => {
                ledger::accrue(tx, v, claim, &accrual, now).await?;
                line = Some(v.ledger_line_id.as_str());
                "passed"
            }
            Booking::AlreadyEarned => "passed_already_paid",
            Booking::NoPlan | Booking::Nothing => "passed",
        };
        run!(
            tx,
            "UPDATE claims SET outcome = $2 WHERE id = $1 AND state = 'decided'",
            &claim.id,
            outcome
        )?;
    }
    let detail = json!({ "dispute": d.id, "verdict": v.id, "claim": claim.id, "claim_number": claim.number, "changed": changed, "ledger_line": line });
    run!(
        tx,
        "INSERT INTO outbox (id, topic, body, created_at, next_attempt_at) VALUES ($1, \
         'dispute.decided', $2, $3, $3)",
        new_id(),
        detail.to_string(),
        now.micros()
    )?;
    log::append(
        tx,
        log::Entry {
            at: now,
            actor: "system",
            action: "dispute.decided",
            subject: &format!("dispute:{}", d.id),
            detail,
        },
    )
    .await
}
