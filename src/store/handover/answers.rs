//! What sales answers to a lead that was handed over: beside the verdict, and away from the ledger
//! (PRODUCT I2).

use crate::handover::Answer;
use crate::pii::Pii;
use crate::review::{ClaimOutcome, Rules, SecondReviewReason};
use crate::store::review::claims::{self, Claim};
use crate::store::review::second_reviews::{self, When};
use crate::store::review::verdicts::Verdict;
use crate::store::{Actor, Result, StoreError, Tx, all, log, new_id, run};
use crate::units::{ClaimId, PersonId, WallTime};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;

/// An answer as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct SalesAnswer {
    pub answer: Answer,
    /// What a rejection cites; null is a preference.
    pub criterion: Option<String>,
    pub note: Pii<String>,
    pub at: WallTime,
}

/// What somebody of sales answers.
#[derive(Debug, Clone)]
pub struct NewAnswer<'a> {
    pub person: &'a PersonId,
    pub answer: Answer,
    /// What a rejection cites.
    pub criterion: Option<&'a str>,
    pub note: &'a str,
}

/// Puts an answer on record. A rejection that cites a criterion goes to a second blind review
/// (PRODUCT R10), unless one is there already: a review judges every row, whatever asked for it.
///
/// # Errors
/// [`StoreError::Conflict`] when the lead has not passed.
pub async fn add(
    tx: &mut Tx,
    claim: &Claim,
    verdict: &Verdict,
    new: &NewAnswer<'_>,
    rules: &Rules,
    now: WallTime,
) -> Result<()> {
    if !claim.outcome.is_some_and(ClaimOutcome::has_passed) {
        return Err(StoreError::Conflict(
            "this lead has not passed: sales answers for what was handed over",
        ));
    }
    let criterion = new.criterion.filter(|_| new.answer == Answer::Reject);
    if criterion.is_some() && !is_asked(tx, verdict).await? {
        let (reason, when) = (
            SecondReviewReason::SalesRejection,
            When::within(now, rules.second_review_within),
        );
        second_reviews::add_of_verdict(tx, verdict, claim, reason, criterion, now, when).await?;
    }
    run!(
        tx,
        "INSERT INTO sales_answers (id, claim_id, person_id, answer, criterion, note, at) VALUES \
         ($1, $2, $3, $4, $5, $6, $7)",
        new_id::<String>(),
        &claim.id,
        new.person,
        new.answer,
        criterion,
        new.note,
        now
    )?;
    let detail = json!({ "answer": new.answer, "criterion": criterion });
    let (by, subject) = (Actor::from(new.person), format!("claim:{}", claim.id));
    claims::put_message(tx, Subject::SalesAnswered, claim, detail.clone(), now).await?;
    log::append(tx, &by, "sales.answered", subject, detail, now).await
}

async fn is_asked(tx: &mut Tx, verdict: &Verdict) -> Result<bool> {
    let known = second_reviews::of_verdict(tx, &verdict.id).await?;
    Ok(known
        .iter()
        .any(|s| s.reason != SecondReviewReason::Dispute))
}

/// What sales said of a claim's lead, oldest first.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<SalesAnswer>> {
    Ok(all!(
        tx,
        SalesAnswer,
        "SELECT answer, criterion, note, at FROM sales_answers WHERE claim_id = $1 ORDER BY at",
        claim
    )?)
}

/// What rejections cite, once per claim and criterion, for the clients of a person.
pub async fn cited(tx: &mut Tx, person: &PersonId) -> Result<Vec<(ClaimId, String)>> {
    Ok(all!(
        tx,
        (ClaimId, String),
        "SELECT DISTINCT s.claim_id, s.criterion FROM sales_answers s JOIN claims c ON c.id = \
         s.claim_id JOIN campaigns k ON k.id = c.campaign_id
           JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $1
         WHERE s.answer = 'reject' AND s.criterion IS NOT NULL ORDER BY s.claim_id, s.criterion",
        person
    )?)
}

/// Turns the newest answers into their opposite, at most `limit`, in a transaction that is never
/// committed: what is coupled to them within the database moves now. Gives how many.
///
/// # Errors
/// When the database fails.
pub async fn flip(tx: &mut Tx, limit: i64) -> Result<u64> {
    Ok(run!(
        tx,
        "UPDATE sales_answers SET answer = CASE WHEN answer = 'reject' THEN 'now' ELSE 'reject' END \
         WHERE id IN (SELECT id FROM sales_answers ORDER BY at DESC, id LIMIT $1)",
        limit
    )?)
}
