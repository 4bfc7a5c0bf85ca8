//! A reviewer's own record, and past verdicts on which a draft of a checklist is tried.

use crate::handover::Answer;
use crate::pii::Pii;
use crate::store::{Flag, Result, Tx, all, one};
use crate::units::{ClaimId, ClientId, PersonId, WallTime};
use sqlx::FromRow;

/// A verdict that a reviewer gave.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Given {
    pub committed_at: WallTime,
    /// When they took the claim; null only before the fifth migration.
    pub taken_at: Option<WallTime>,
    #[sqlx(try_from = "Flag")]
    pub passed: bool,
    #[sqlx(try_from = "Flag")]
    pub taken_back: bool,
    /// What was heard, as JSON.
    pub heard: Option<String>,
}

/// A reviewer's verdicts since a moment, newest first, at most 20,000. Those on hold are not yet
/// theirs.
///
/// # Errors
/// When the database fails.
pub async fn verdicts(tx: &mut Tx, reviewer: &PersonId, since: WallTime) -> Result<Vec<Given>> {
    Ok(all!(
        tx,
        Given,
        "SELECT v.committed_at, c.taken_at, v.passed, CASE WHEN v.state = 'taken_back' THEN \
         CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS taken_back, v.heard FROM verdicts v JOIN \
         claims c ON c.id = v.claim_id WHERE v.reviewer_id = $1 AND v.committed_at >= $2 AND \
         v.state <> 'held' ORDER BY v.committed_at DESC LIMIT 20000",
        reviewer,
        since
    )?)
}

/// A reviewer's verdicts since a moment that were judged again: what each was, and what the second
/// reviewer answered blind.
///
/// # Errors
/// When the database fails.
pub async fn judged_again(
    tx: &mut Tx,
    reviewer: &PersonId,
    since: WallTime,
) -> Result<Vec<(bool, bool)>> {
    let rows = all!(
        tx,
        (i64, i64),
        "SELECT v.passed, o.passed FROM verdicts v JOIN second_reviews o ON o.verdict_id = v.id \
         AND o.passed IS NOT NULL WHERE v.reviewer_id = $1 AND v.committed_at >= $2 AND v.state = \
         'final'",
        reviewer,
        since
    )?;
    Ok(rows.into_iter().map(|(a, b)| (a != 0, b != 0)).collect())
}

/// What somebody has done beside their verdicts since a moment.
#[derive(Debug, Clone, Default, FromRow, PartialEq, Eq)]
pub struct Counts {
    pub second_reviews: i64,
    /// Own verdicts that a dispute has changed.
    pub changed_on_dispute: i64,
    /// Claims sent back to their claimants as about another company.
    pub sent_back: i64,
}

/// # Errors
/// When the database fails.
pub async fn counts(tx: &mut Tx, reviewer: &PersonId, since: WallTime) -> Result<Counts> {
    Ok(one!(
        tx,
        Counts,
        "SELECT (SELECT COUNT(*) FROM second_reviews WHERE reviewer_id = $1 AND answered_at >= $2) \
         AS second_reviews,
           (SELECT COUNT(*) FROM disputes d JOIN verdicts v ON v.id = d.verdict_id WHERE \
         v.reviewer_id = $1 AND d.state = 'changed' AND v.committed_at >= $2) AS \
         changed_on_dispute,
           (SELECT COUNT(*) FROM claims WHERE sent_back_by = $1 AND decided_at >= $2) AS sent_back",
        reviewer,
        since
    )?
    .unwrap_or_default())
}

/// A past verdict as it stands, with what became of its lead.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Past {
    pub claim_id: ClaimId,
    pub claim_number: i64,
    pub company: Pii<String>,
    pub decided_at: WallTime,
    #[sqlx(try_from = "Flag")]
    pub passed: bool,
    /// The answers that stand, a JSON array.
    pub answers: Pii<String>,
    /// What a pass earned then; null: no plan was in force.
    pub amount_minor: Option<i64>,
    /// ISO 4217; null with the amount.
    pub currency: Option<String>,
    /// The last thing that sales said of it.
    pub sales: Option<Answer>,
    /// Calls with the lead after the verdict.
    pub called_after: i64,
}

/// A client's verdicts since a moment, newest first.
///
/// # Errors
/// When the database fails.
pub async fn past(
    tx: &mut Tx,
    client: &ClientId,
    since: WallTime,
    limit: i64,
) -> Result<Vec<Past>> {
    Ok(all!(
        tx,
        Past,
        "SELECT c.id AS claim_id, c.number AS claim_number, l.company, c.decided_at, COALESCE(\
         o.final_passed, v.passed) AS passed, COALESCE(o.final_answers, v.answers) AS answers, \
         p.amount_minor, p.currency, (SELECT s.answer FROM sales_answers s WHERE s.claim_id = c.id \
         ORDER BY s.at DESC LIMIT 1) AS sales, (SELECT COUNT(*) FROM calls k WHERE k.lead_id = \
         c.lead_id AND k.started_at > c.decided_at) AS called_after
         FROM (SELECT d.id FROM claims d JOIN campaigns g ON g.id = d.campaign_id WHERE g.client_id \
         = $1 AND d.state = 'decided' AND d.decided_at >= $2 ORDER BY d.decided_at DESC LIMIT $3) t
           JOIN claims c ON c.id = t.id JOIN leads l ON l.id = c.lead_id JOIN verdicts v ON \
         v.claim_id = c.id AND v.state <> 'taken_back' AND v.state = 'final' LEFT JOIN disputes x ON x.verdict_id = v.id AND \
         x.state = 'changed' LEFT JOIN second_reviews o ON o.id = x.second_review_id LEFT JOIN \
         plans p ON p.id = c.plan_id ORDER BY c.decided_at DESC",
        client,
        since,
        limit
    )?)
}
