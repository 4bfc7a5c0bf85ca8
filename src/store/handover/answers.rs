//! What sales answers to a lead that was handed over: beside the verdict, and away from the ledger
//! (PRODUCT I2).

use crate::store::{Result, Tx, all, new_id, run};
use crate::units::WallTime;
use serde::Serialize;
use sqlx::FromRow;

/// An answer as stored.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Answer {
    pub answer: String,
    /// What a rejection cites; none is a preference.
    pub criterion: Option<String>,
    pub note: String,
    pub at: i64,
}

/// What sales may answer.
pub const ANSWERS: [&str; 5] = ["now", "later", "needs_information", "nurture", "reject"];

/// Puts an answer on record.
pub async fn add(
    tx: &mut Tx,
    claim: &str,
    person: &str,
    answer: &str,
    criterion: Option<&str>,
    note: &str,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "INSERT INTO sales_answers (id, claim_id, person_id, answer, criterion, note, at) VALUES \
         ($1, $2, $3, $4, $5, $6, $7)",
        new_id(),
        claim,
        person,
        answer,
        criterion,
        note,
        now.micros()
    )?;
    Ok(())
}

pub async fn of_claim(tx: &mut Tx, claim: &str) -> Result<Vec<Answer>> {
    Ok(all!(
        tx,
        Answer,
        "SELECT answer, criterion, note, at FROM sales_answers WHERE claim_id = $1 ORDER BY at",
        claim
    )?)
}

/// What rejections cite, once per claim and criterion, for the clients of a person.
pub async fn cited(tx: &mut Tx, person: &str) -> Result<Vec<(String, String)>> {
    Ok(all!(
        tx,
        (String, String),
        "SELECT DISTINCT s.claim_id, s.criterion FROM sales_answers s JOIN claims c ON c.id = \
         s.claim_id JOIN campaigns k ON k.id = c.campaign_id
           JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = $1
         WHERE s.answer = 'reject' AND s.criterion IS NOT NULL ORDER BY s.claim_id, s.criterion",
        person
    )?)
}

/// Turns every acceptance into a rejection and the other way round; gives how many. For a proof, in
/// a transaction that is never committed.
pub async fn flip(tx: &mut Tx) -> Result<u64> {
    Ok(run!(
        tx,
        "UPDATE sales_answers SET answer = CASE WHEN answer = 'reject' THEN 'now' ELSE 'reject' END"
    )?)
}
