//! Disputes: a claimant says of failed rows that they were judged wrongly, each with a clip and a
//! reason (PRODUCT R9).

use crate::pii::Pii;
use crate::review::{
    Act, DisputeState, Rules, Ruling, SecondReviewReason, SecondReviewState, VerdictState,
};
use crate::store::events::{Event, Topic};
use crate::store::review::claims::{self, Claim};
use crate::store::review::interest;
use crate::store::review::second_reviews::{self, NewAnswer, When};
use crate::store::review::settling::{RestsOn, settle};
use crate::store::review::verdicts::{self, Verdict};
use crate::store::{
    ROWS_AT_A_TIME, Result, StoreError, Tx, all, all_in, changed_one, log, new_id, one, run,
};
use crate::units::{ClaimId, DisputeId, PersonId, SecondReviewId, VerdictId, WallTime};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;
use std::collections::BTreeMap;

/// A dispute as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Dispute {
    pub id: DisputeId,
    pub verdict_id: VerdictId,
    pub claim_id: ClaimId,
    /// The claimant.
    pub person_id: PersonId,
    pub second_review_id: SecondReviewId,
    pub created_at: WallTime,
    pub state: DisputeState,
    /// The manager who ruled it out.
    pub ruled_by: Option<PersonId>,
    /// Null: no manager has ruled.
    pub ruling: Option<Ruling>,
    /// Null while it is open.
    pub decided_at: Option<WallTime>,
}

const DISPUTE: &str = "SELECT d.id, d.verdict_id, d.claim_id, d.person_id, d.second_review_id, \
    d.created_at, d.state, d.ruled_by, d.ruling, d.decided_at FROM disputes d";

/// A row that is disputed.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Row {
    pub criterion: String,
    /// JSON: call and time range.
    pub clip: String,
    pub reason: Pii<String>,
}

/// Puts a dispute on record and a second review into its queue. A verdict is disputed once.
///
/// # Errors
/// A conflict when the verdict is not final, its time is over, or the lead was claimed again since;
/// a duplicate when it is disputed already.
pub async fn add(
    tx: &mut Tx,
    v: &Verdict,
    claim: &Claim,
    rows: &[Row],
    rules: &Rules,
    now: WallTime,
) -> Result<DisputeId> {
    // In turn with finality: a claim that waits behind this one must not earn meanwhile; and with
    // claims: this lead must not be claimed again meanwhile.
    if v.state != VerdictState::Final || v.passed {
        return Err(StoreError::Conflict(
            "there is no failed verdict to dispute",
        ));
    }
    if now > v.final_at.unwrap_or(v.hold_until) + rules.dispute_within {
        return Err(StoreError::Conflict(
            "the time to dispute this verdict is over",
        ));
    }
    let own = claims::of_lead(tx, &claim.lead_id).await?;
    let later = own.iter().any(|c| {
        c.person_id == claim.person_id && c.number > claim.number && c.state.is_undecided()
    });
    if later {
        return Err(StoreError::Conflict(
            "you have claimed this lead again: that claim is judged first",
        ));
    }
    let due = now + rules.second_review_within;
    let second = second_review(tx, v, claim, now, due).await?;
    let id: DisputeId = new_id();
    run!(
        tx,
        "INSERT INTO disputes (id, verdict_id, claim_id, person_id, second_review_id, created_at, \
         state) VALUES ($1, $2, $3, $4, $5, $6, 'open')",
        &id,
        &v.id,
        &claim.id,
        &claim.person_id,
        &second,
        now
    )?;
    for row in rows {
        run!(
            tx,
            "INSERT INTO dispute_rows (dispute_id, criterion, clip, reason) VALUES ($1, $2, $3, $4)",
            &id,
            &row.criterion,
            &row.clip,
            &row.reason
        )?;
    }
    let rows: Vec<&str> = rows.iter().map(|r| r.criterion.as_str()).collect();
    let detail = json!({ "verdict": v.id, "second_review": second, "rows": rows });
    let by = (&claim.person_id).into();
    log::append(tx, &by, "dispute.made", subject(&id), detail, now).await?;
    let more = json!({ "dispute": id, "verdict": v.id, "rows": rows });
    claims::put_message(tx, Subject::DisputeOpened, claim, more, now).await?;
    tx.tell(Event::to_person(Topic::Claims, &claim.person_id));
    Ok(id)
}

/// The rows that are disputed, by criterion.
///
/// # Errors
/// When the database fails.
pub async fn rows(tx: &mut Tx, id: &DisputeId) -> Result<Vec<Row>> {
    Ok(all!(
        tx,
        Row,
        "SELECT criterion, clip, reason FROM dispute_rows WHERE dispute_id = $1 ORDER BY criterion",
        id
    )?)
}

/// The rows of several disputes, each one's by criterion.
///
/// # Errors
/// When the database fails.
pub async fn rows_of(tx: &mut Tx, ids: &[&DisputeId]) -> Result<BTreeMap<DisputeId, Vec<Row>>> {
    let mut found: BTreeMap<DisputeId, Vec<Row>> = BTreeMap::new();
    for some in ids.chunks(ROWS_AT_A_TIME) {
        let rows = all_in!(
            tx,
            (DisputeId, String, String, Pii<String>),
            "SELECT dispute_id, criterion, clip, reason FROM dispute_rows WHERE dispute_id IN (",
            some,
            ") ORDER BY criterion"
        )?;
        for (dispute, criterion, clip, reason) in rows {
            let own = found.entry(dispute).or_default();
            own.push(Row {
                criterion,
                clip,
                reason,
            });
        }
    }
    Ok(found)
}

fn subject(id: &DisputeId) -> String {
    format!("dispute:{id}")
}

async fn second_review(
    tx: &mut Tx,
    v: &Verdict,
    claim: &Claim,
    now: WallTime,
    due: WallTime,
) -> Result<SecondReviewId> {
    let (reason, when) = (SecondReviewReason::Dispute, When { opens: now, due });
    second_reviews::add_of_verdict(tx, v, claim, reason, None, now, when).await
}

/// The dispute of a claim's verdict.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Option<Dispute>> {
    Ok(one!(
        tx,
        Dispute,
        sqlx::AssertSqlSafe(format!("{DISPUTE} WHERE d.claim_id = $1")),
        claim
    )?)
}

/// The dispute that a second review decides.
pub async fn of_second_review(tx: &mut Tx, second: &SecondReviewId) -> Result<Option<Dispute>> {
    Ok(one!(
        tx,
        Dispute,
        sqlx::AssertSqlSafe(format!("{DISPUTE} WHERE d.second_review_id = $1")),
        second
    )?)
}

/// A dispute, open or not.
pub async fn by_id(tx: &mut Tx, id: &DisputeId) -> Result<Option<Dispute>> {
    Ok(one!(
        tx,
        Dispute,
        sqlx::AssertSqlSafe(format!("{DISPUTE} WHERE d.id = $1")),
        id
    )?)
}

/// Those of a person's clients, open ones first, at most 100.
pub async fn of_clients(tx: &mut Tx, person: &PersonId) -> Result<Vec<Dispute>> {
    let sql = format!(
        "{DISPUTE} CROSS JOIN claims c CROSS JOIN campaigns k CROSS JOIN person_clients pc WHERE \
         c.id = d.claim_id AND k.id = c.campaign_id AND pc.client_id = k.client_id AND \
         pc.person_id = $1 ORDER BY CASE d.state WHEN 'open' THEN 0 ELSE 1 END, d.created_at DESC LIMIT 100"
    );
    Ok(all!(tx, Dispute, sqlx::AssertSqlSafe(sql), person)?)
}

/// The manager's ruling: on eligibility alone, never on the answers.
///
/// # Errors
/// A conflict when it is decided, or somebody has judged it meanwhile; [`StoreError::Interest`].
pub async fn rule_out(
    tx: &mut Tx,
    by: &PersonId,
    d: &Dispute,
    ruling: Ruling,
    now: WallTime,
) -> Result<()> {
    let claim = ask(tx, Act::Rule, by, d, now).await?;
    second_reviews::withdraw(tx, &d.second_review_id).await?;
    let rows = run!(
        tx,
        "UPDATE disputes SET state = 'ineligible', ruled_by = $2, ruling = $3, decided_at = $4 \
         WHERE id = $1 AND state = 'open'",
        &d.id,
        by,
        ruling,
        now
    )?;
    changed_one(rows, "this dispute is decided")?;
    claims::wake(tx, &claim, now).await?;
    let (action, detail) = ("dispute.ruled_out", json!({ "why": ruling }));
    log::append(tx, &by.into(), action, subject(&d.id), detail, now).await?;
    let more = json!({
        "dispute": d.id,
        "verdict": d.verdict_id,
        "changed": false,
        "ruled_out": ruling,
        "ledger_entry": null,
    });
    claims::put_message(tx, Subject::DisputeDecided, &claim, more, now).await?;
    tx.tell(Event::to_person(Topic::Claims, &d.person_id));
    Ok(())
}

/// Asks whether a manager may decide about a dispute; gives its claim.
async fn ask(tx: &mut Tx, act: Act, by: &PersonId, d: &Dispute, now: WallTime) -> Result<Claim> {
    let claim = claims::existing(tx, &d.claim_id).await?;
    let stake = claims::stake(tx, &claim).await?;
    interest::ask(tx, act, by, &stake, &subject(&d.id), now).await?;
    Ok(claim)
}

/// The second reviewer answered and never confirmed: what they answered is kept as a second review
/// like any other, and the dispute goes to somebody who has not judged the call.
///
/// # Errors
/// A conflict when it is not due yet, or nobody has answered it; [`StoreError::Interest`].
pub async fn ask_another(
    tx: &mut Tx,
    by: &PersonId,
    d: &Dispute,
    now: WallTime,
    due: WallTime,
) -> Result<()> {
    let claim = ask(tx, Act::AskAnother, by, d, now).await?;
    let left = second_reviews::existing(tx, &d.second_review_id).await?;
    let (Some(reviewer), Some(answers), DisputeState::Open, SecondReviewState::Answered) =
        (&left.reviewer_id, &left.answers, d.state, left.state)
    else {
        return Err(StoreError::Conflict(
            "nobody has answered this dispute and left it: it waits in the queue, or is decided",
        ));
    };
    if now <= left.due_at {
        return Err(StoreError::Conflict(
            "its reviewer has time until it is due",
        ));
    }
    let passed = left.passed == Some(true);
    second_reviews::decide(tx, &left.id, reviewer, answers.reveal(), passed, "", now).await?;
    let v = verdicts::existing(tx, &d.verdict_id).await?;
    let next = second_review(tx, &v, &claim, now, due).await?;
    run!(
        tx,
        "UPDATE disputes SET second_review_id = $2 WHERE id = $1",
        &d.id,
        &next
    )?;
    let detail = json!({ "left": left.id, "second_review": next });
    let action = "dispute.asked_another";
    log::append(tx, &by.into(), action, subject(&d.id), detail, now).await
}

/// Having seen the reason, the second reviewer confirms or changes. Where that turns a failed claim
/// into a passed one, the ledger follows by adding the entry that the verdict had named; where it
/// stands, nothing is booked.
///
/// # Errors
/// A conflict when the dispute is decided, or was not answered by this reviewer;
/// [`StoreError::Interest`], asked again since roles and pay change; [`StoreError::NotReady`].
pub async fn confirm(
    tx: &mut Tx,
    by: &PersonId,
    d: &Dispute,
    c: &NewAnswer<'_>,
    rules: &Rules,
    now: WallTime,
) -> Result<()> {
    let now = log::after_others(tx, now).await?;
    let second = second_reviews::existing(tx, &d.second_review_id).await?;
    second_reviews::ask(tx, Act::Confirm, by, &second, now).await?;
    let judged = second_reviews::judged(tx, by, &second, c.answers, rules).await?;
    let passed = judged.judgement.passed;
    second_reviews::decide(tx, &second.id, by, &judged.answers, passed, c.note, now).await?;
    let v = verdicts::existing(tx, &d.verdict_id).await?;
    let claim = claims::existing(tx, &d.claim_id).await?;
    let changed = passed && !v.passed;
    let state = if changed {
        DisputeState::Changed
    } else {
        DisputeState::Stands
    };
    let rows = run!(
        tx,
        "UPDATE disputes SET state = $2, decided_at = $3 WHERE id = $1 AND state = 'open'",
        &d.id,
        state,
        now
    )?;
    changed_one(rows, "this dispute is decided")?;
    let mut entry = None;
    if changed {
        let on = RestsOn {
            verdict: &v.id,
            entry: &v.entry_id,
            second_review: Some(&second.id),
            passed: true,
        };
        let came_to = settle(tx, &on, &claim, rules, now).await?;
        claims::resettle(tx, &claim, &came_to, now).await?;
        entry = came_to.entry;
    }
    claims::wake(tx, &claim, now).await?;
    let detail = json!({
        "dispute": d.id,
        "verdict": v.id,
        "second_review": second.id,
        "claim": claim.id,
        "claim_number": claim.number,
        "changed": changed,
        "ledger_entry": entry,
    });
    claims::put_message(tx, Subject::DisputeDecided, &claim, detail.clone(), now).await?;
    let action = "dispute.decided";
    log::append(tx, &by.into(), action, subject(&d.id), detail, now).await?;
    tx.tell(Event::to_person(Topic::Claims, &claim.person_id));
    Ok(())
}
