//! Questions of sales to whoever made the call, about a hand-over or a blank of it.

use crate::handover::Field;
use crate::handover::answer::{FEWEST_WORDS, LONGEST_NOTE};
use crate::identity::Role;
use crate::pii::Pii;
use crate::store::events::{Event, Topic};
use crate::store::handover::opening;
use crate::store::review::claims::Claim;
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, new_id, one, run};
use crate::units::{ClaimId, HandoverQuestionId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// A question, and what was answered.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Question {
    pub id: HandoverQuestionId,
    pub claim_id: ClaimId,
    /// The blank that it is about; null: the whole.
    pub field: Option<Field>,
    pub text: Pii<String>,
    pub asked_at: WallTime,
    /// Null: a CRM asked.
    pub asked_by: Option<Pii<String>>,
    /// Null: it waits.
    pub answer: Option<Pii<String>>,
    /// Null: it waits.
    pub answered_at: Option<WallTime>,
}

const QUESTION: &str = "SELECT q.id, q.claim_id, q.field, q.text, q.asked_at, p.name AS asked_by, \
    q.answer, q.answered_at FROM handover_questions q LEFT JOIN people p ON p.id = q.person_id";

/// Questions about a claim, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<Question>> {
    let sql = format!("{QUESTION} WHERE q.claim_id = $1 ORDER BY q.asked_at, q.id");
    Ok(all!(tx, Question, sqlx::AssertSqlSafe(sql), claim)?)
}

/// A question, answered or not.
///
/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &HandoverQuestionId) -> Result<Option<Question>> {
    let sql = format!("{QUESTION} WHERE q.id = $1");
    Ok(one!(tx, Question, sqlx::AssertSqlSafe(sql), id)?)
}

fn check(text: &str) -> Result<()> {
    let length = text.trim().chars().count();
    if (FEWEST_WORDS..=LONGEST_NOTE).contains(&length) {
        return Ok(());
    }
    Err(StoreError::Refused(
        "Write 10 to 2,000 characters: somebody reads it without you".to_owned(),
    ))
}

/// Sales asks whoever made the call.
///
/// # Errors
/// [`StoreError::Refused`] when it says too little.
pub async fn ask(
    tx: &mut Tx,
    by: &Actor,
    claim: &Claim,
    (field, text): (Option<Field>, &str),
    now: WallTime,
) -> Result<()> {
    check(text)?;
    let person = match by {
        Actor::Person(id) => Some(id),
        _ => None,
    };
    run!(
        tx,
        "INSERT INTO handover_questions (id, claim_id, person_id, field, text, asked_at) VALUES \
         ($1, $2, $3, $4, $5, $6)",
        new_id::<HandoverQuestionId>(),
        &claim.id,
        person,
        field,
        text.trim(),
        now
    )?;
    let detail = json!({ "field": field });
    opening::note(tx, by, "handover.asked", &claim.id, detail, now).await?;
    tx.tell(Event::to_person(Topic::Handovers, &claim.person_id));
    Ok(())
}

/// The claimant answers a question, once.
///
/// # Errors
/// [`StoreError::Refused`] when it says too little; [`StoreError::Conflict`] when it is answered.
pub async fn answer(
    tx: &mut Tx,
    by: &PersonId,
    question: &Question,
    text: &str,
    now: WallTime,
) -> Result<()> {
    if text.trim().is_empty() || text.chars().count() > LONGEST_NOTE {
        return Err(StoreError::Refused(
            "Write 1 to 2,000 characters; \"nobody asked\" is an answer too".to_owned(),
        ));
    }
    let rows = run!(
        tx,
        "UPDATE handover_questions SET answer = $3, answered_by = $2, answered_at = $4 WHERE id = \
         $1 AND answer IS NULL",
        &question.id,
        by,
        text.trim(),
        now
    )?;
    changed_one(rows, "this question is answered already")?;
    let (actor, claim) = (Actor::from(by), &question.claim_id);
    opening::note(tx, &actor, "handover.replied", claim, json!({}), now).await?;
    tx.tell(Event::to_role(Topic::Handovers, Role::Sales));
    tx.tell(Event::to_person(Topic::Handovers, by));
    Ok(())
}
