//! The leads of campaigns and sources with what became of them: identifiers and times, no names
//! (PRODUCT H3).

use crate::handover::source::{DEAD, LeadFacts};
use crate::handover::{Answer, RejectReason};
use crate::store::{Flag, Result, Tx, all};
use crate::units::{CampaignId, LeadId, PersonId, WallTime};
use sqlx::FromRow;

/// A lead with what became of it.
#[derive(Debug, Clone, FromRow)]
pub struct SourceLead {
    pub id: LeadId,
    /// As the list that it came from calls it.
    pub external_id: String,
    pub campaign_id: CampaignId,
    pub campaign: String,
    pub client: String,
    /// Null: not known.
    pub source: Option<String>,
    pub created_at: WallTime,
    #[sqlx(try_from = "Flag")]
    pub merged: bool,
    /// Calls with it, whoever made them, answered or not.
    pub attempts: i64,
    /// Null: there is none.
    pub first_call_at: Option<WallTime>,
    /// Null: there is none.
    pub last_call_at: Option<WallTime>,
    /// When a call was first answered, by whomever or whatever; null: none was.
    pub first_answered_at: Option<WallTime>,
    /// The largest final answer that says that the number is none.
    pub dead: Option<i64>,
    /// Null: it has not passed.
    pub passed_at: Option<WallTime>,
    /// The answer of sales that stands; null: none was given.
    pub answer: Option<Answer>,
    /// Of a rejection alone.
    pub reason: Option<RejectReason>,
    /// Of a rejection that cites one.
    pub criterion: Option<String>,
}

impl SourceLead {
    /// As the rule counts it.
    #[must_use]
    pub fn facts(&self) -> LeadFacts {
        LeadFacts {
            merged: self.merged,
            attempts: self.attempts,
            answered: self.first_answered_at.is_some(),
            dead: self.dead,
            passed: self.passed_at.is_some(),
            answer: self.answer,
            reason: self.reason,
            criterion: self.criterion.clone(),
        }
    }
}

/// Leads of a person's clients that came in between two moments, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn leads(
    tx: &mut Tx,
    person: &PersonId,
    (from, until): (WallTime, WallTime),
    limit: i64,
) -> Result<Vec<SourceLead>> {
    let dead = DEAD.map(|status| status.to_string()).join(", ");
    let calls = |what: &str| format!("(SELECT {what} FROM calls c WHERE c.lead_id = l.id)");
    let sql = format!(
        "SELECT l.id, l.external_id, l.campaign_id, k.name AS campaign, n.name AS client, s.name \
         AS source, l.created_at, CASE WHEN EXISTS (SELECT 1 FROM lead_merges m WHERE m.lead_id = \
         l.id AND m.split_at IS NULL) OR EXISTS (SELECT 1 FROM lead_numbers a JOIN lead_numbers b \
         ON b.e164 = a.e164 AND b.lead_id <> a.lead_id JOIN leads e ON e.id = b.lead_id AND \
         e.client_id = l.client_id AND e.created_at < l.created_at WHERE a.lead_id = l.id) THEN \
         CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS merged, {attempts} AS attempts, {first} \
         AS first_call_at, {last} AS last_call_at, {answer} AS first_answered_at, {none} AS dead, \
         h.passed_at, a.answer, a.reason, a.criterion FROM leads l JOIN person_clients pc ON \
         pc.client_id = l.client_id AND pc.person_id = $1 JOIN campaigns k ON k.id = \
         l.campaign_id JOIN clients n ON n.id = l.client_id LEFT JOIN sources s ON s.id = \
         l.source_id LEFT JOIN handovers h ON h.lead_id = l.id LEFT JOIN sales_answers a ON a.id \
         = h.answer_id WHERE l.created_at >= $2 AND l.created_at < $3 ORDER BY l.created_at, l.id \
         LIMIT $4",
        attempts = calls("COUNT(*)"),
        first = calls("MIN(c.started_at)"),
        last = calls("MAX(c.started_at)"),
        answer = calls("MIN(c.answered_at)"),
        none = calls(&format!(
            "MAX(CASE WHEN c.sip_status IN ({dead}) THEN c.sip_status END)"
        )),
    );
    Ok(all!(
        tx,
        SourceLead,
        sqlx::AssertSqlSafe(sql),
        person,
        from,
        until,
        limit
    )?)
}
