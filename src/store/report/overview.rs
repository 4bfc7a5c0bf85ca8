//! What the overview is made of: what waits, what is late, what was earned, of somebody's clients
//! or of one of them.

use crate::pii::Pii;
use crate::report::overview::Judged;
use crate::store::{Flag, Result, Tx, all, one};
use crate::units::{CampaignId, ClientId, LeadId, PersonId, PlanId, SourceId, WallTime};
use sqlx::FromRow;

/// Whose clients, and which of them.
#[derive(Debug, Clone, Copy)]
pub struct Of<'a> {
    pub person: &'a PersonId,
    /// None: all of theirs.
    pub client: Option<&'a ClientId>,
    pub now: WallTime,
}

impl Of<'_> {
    fn client(&self) -> &str {
        self.client.map_or("", |c| c.as_str())
    }
}

/// Claims that wait for a reviewer.
#[derive(Debug, Clone, Default, FromRow, PartialEq, Eq)]
pub struct Queue {
    pub claims: i64,
    pub under_4_h: i64,
    pub over_24_h: i64,
    /// When the oldest of them was made; null: none waits.
    pub oldest: Option<WallTime>,
}

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// `$1` is who asks, `$2` one client or an empty text: of a row that joins campaigns as `k`.
const OF_CLIENTS: &str = "JOIN person_clients pc ON pc.client_id = k.client_id AND pc.person_id = \
    $1 AND ($2 = '' OR k.client_id = $2)";

/// How many claims wait, and how long.
///
/// # Errors
/// When the database fails.
pub async fn queue(tx: &mut Tx, of: Of<'_>) -> Result<Queue> {
    let sql = format!(
        "SELECT COUNT(*) AS claims, COUNT(CASE WHEN c.created_at > $4 THEN 1 END) AS under_4_h, \
         COUNT(CASE WHEN c.created_at <= $5 THEN 1 END) AS over_24_h, MIN(c.created_at) AS oldest \
         FROM claims c JOIN campaigns k ON k.id = c.campaign_id {OF_CLIENTS} WHERE c.id IN (SELECT \
         q.id FROM claims q WHERE q.state IN ('open', 'in_review')) AND (c.locked_until IS NULL OR \
         c.locked_until < $3)"
    );
    let found = one!(
        tx,
        Queue,
        sqlx::AssertSqlSafe(sql),
        of.person,
        of.client(),
        of.now,
        of.now.micros() - 4 * HOUR,
        of.now.micros() - DAY
    )?;
    Ok(found.unwrap_or_default())
}

/// Who is judging a claim now, by name.
///
/// # Errors
/// When the database fails.
pub async fn at_work(tx: &mut Tx, of: Of<'_>) -> Result<Vec<Pii<String>>> {
    let sql = format!(
        "SELECT DISTINCT h.name FROM claims c JOIN campaigns k ON k.id = c.campaign_id \
         {OF_CLIENTS} JOIN people h ON h.id = c.locked_by WHERE c.id IN (SELECT q.id FROM \
         claims q WHERE q.state = 'in_review') AND c.locked_until >= $3 ORDER BY h.name"
    );
    let rows = all!(
        tx,
        (Pii<String>,),
        sqlx::AssertSqlSafe(sql),
        of.person,
        of.client(),
        of.now
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

#[derive(FromRow)]
struct JudgedRow {
    claimed_at: WallTime,
    final_at: WallTime,
    #[sqlx(try_from = "Flag")]
    passed: bool,
}

/// Verdicts that became final from a moment on. One on hold is nobody's to see.
///
/// # Errors
/// When the database fails.
pub async fn judged(tx: &mut Tx, of: Of<'_>, since: WallTime) -> Result<Vec<Judged>> {
    let sql = format!(
        "SELECT c.created_at AS claimed_at, v.final_at, v.passed FROM campaigns k {OF_CLIENTS} \
         JOIN claims c ON c.campaign_id = k.id AND c.decided_at >= $3 JOIN verdicts v ON \
         v.claim_id = c.id AND v.state <> 'taken_back' AND v.state = 'final' AND v.final_at >= $3"
    );
    let rows = all!(
        tx,
        JudgedRow,
        sqlx::AssertSqlSafe(sql),
        of.person,
        of.client(),
        since
    )?;
    let judged = rows.into_iter().map(|r| Judged {
        claimed_at: r.claimed_at,
        final_at: r.final_at,
        passed: r.passed,
    });
    Ok(judged.collect())
}

/// Leads of a source that nobody has talked to yet.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Untouched {
    /// Null with the name.
    pub source_id: Option<SourceId>,
    /// Null: no source is known.
    pub source: Option<String>,
    /// A letter, A the best; null with the name.
    pub grade: Option<String>,
    /// The source's deadline for first contact; null with the name.
    pub within_hours: Option<i64>,
    pub client: String,
    pub leads: i64,
    /// Of those, the ones due within a day.
    pub soon: i64,
    /// Of those, the ones whose time is over.
    pub late: i64,
    pub over_7_days: i64,
}

/// Open leads without a first contact, by source; the latest first.
///
/// # Errors
/// When the database fails.
pub async fn untouched(tx: &mut Tx, of: Of<'_>) -> Result<Vec<Untouched>> {
    Ok(all!(
        tx,
        Untouched,
        "SELECT w.source_id, s.name AS source, s.grade, s.contact_within_hours AS within_hours, \
         n.name AS client, w.leads, w.soon, w.late, w.over_7_days FROM (SELECT w.client_id, \
         w.source_id, COUNT(*) AS leads, COUNT(CASE WHEN w.due_at >= $3 AND w.due_at < $4 THEN 1 \
         END) AS soon, COUNT(CASE WHEN w.due_at < $3 THEN 1 END) AS late, COUNT(CASE WHEN \
         w.received_at < $5 THEN 1 END) AS over_7_days FROM person_clients pc CROSS JOIN \
         lead_work w JOIN campaigns k ON k.id = w.campaign_id AND k.closed_at IS NULL WHERE \
         pc.person_id = $1 AND w.client_id = pc.client_id AND ($2 = '' OR w.client_id = $2) AND \
         w.is_open = 1 AND w.first_contact_at IS NULL GROUP BY w.client_id, w.source_id) w JOIN \
         clients n ON n.id = w.client_id LEFT JOIN sources s ON s.id = w.source_id ORDER BY \
         w.late DESC, w.soon DESC, COALESCE(s.name, ''), n.name",
        of.person,
        of.client(),
        of.now,
        of.now.micros() + DAY,
        of.now.micros() - 7 * DAY
    )?)
}

/// A lead that is late.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Late {
    /// Null: no source is known.
    pub source_id: Option<SourceId>,
    pub lead: LeadId,
    pub company: Pii<String>,
    pub due_at: WallTime,
}

/// Of all leads without a first contact those that are late the longest, so many.
///
/// # Errors
/// When the database fails.
pub async fn latest(tx: &mut Tx, of: Of<'_>, most: i64) -> Result<Vec<Late>> {
    Ok(all!(
        tx,
        Late,
        "SELECT w.source_id, w.lead, l.company, w.due_at FROM (SELECT w.source_id, w.lead_id AS \
         lead, w.due_at FROM person_clients pc CROSS JOIN lead_work w JOIN campaigns k ON k.id = \
         w.campaign_id AND k.closed_at IS NULL WHERE pc.person_id = $1 AND w.client_id = \
         pc.client_id AND ($2 = '' OR w.client_id = $2) AND w.is_open = 1 AND w.first_contact_at \
         IS NULL AND w.due_at < $3 ORDER BY w.due_at, w.lead_id LIMIT $4) w JOIN leads l ON l.id \
         = w.lead ORDER BY w.due_at, w.lead",
        of.person,
        of.client(),
        of.now,
        most
    )?)
}

/// What a campaign's plan comes to in a period.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Earned {
    pub campaign_id: CampaignId,
    pub campaign: String,
    pub plan_id: PlanId,
    /// The plan's, counted from 1 within its campaign.
    pub version: i64,
    pub currency: String,
    /// Leads that earned, whoever opened them.
    pub leads: i64,
    pub amount_minor: i64,
    /// Of it, what is payable by now.
    pub payable_minor: i64,
    pub taken_back: i64,
}

/// Entries of a period by campaign, plan and currency; what was taken back is in the sums.
///
/// # Errors
/// When the database fails; both databases refuse a sum that does not fit.
pub async fn earned(tx: &mut Tx, of: Of<'_>, period: &str) -> Result<Vec<Earned>> {
    let sql = format!(
        "SELECT g.campaign_id, k.name AS campaign, g.plan_id, p.version, g.currency, COUNT(CASE \
         WHEN g.kind = 'accrual' AND g.part <> 'opener' THEN 1 END) AS leads, \
         CAST(SUM(g.amount_minor) AS BIGINT) AS amount_minor, CAST(COALESCE(SUM(CASE WHEN \
         g.payable_at <= $4 THEN g.amount_minor END), 0) AS BIGINT) AS payable_minor, COUNT(CASE \
         WHEN g.kind = 'reversal' AND g.part <> 'opener' THEN 1 END) AS taken_back FROM ledger g \
         JOIN campaigns k ON k.id = g.campaign_id {OF_CLIENTS} JOIN plans p ON p.id = g.plan_id \
         WHERE g.period = $3 GROUP BY g.campaign_id, k.name, g.plan_id, p.version, g.currency \
         ORDER BY k.name, p.version, g.currency"
    );
    Ok(all!(
        tx,
        Earned,
        sqlx::AssertSqlSafe(sql),
        of.person,
        of.client(),
        period,
        of.now
    )?)
}

/// Calls since a moment.
#[derive(Debug, Clone, Copy, Default, FromRow, PartialEq, Eq)]
pub struct Heard {
    pub calls: i64,
    pub answered: i64,
    /// Of the answered ones.
    pub recorded: i64,
}

/// How many calls there were since a moment, and how many of those that were answered are recorded:
/// of the clients of whom it is not promised that nobody is singled out.
///
/// # Errors
/// When the database fails.
pub async fn heard(tx: &mut Tx, of: Of<'_>, since: WallTime) -> Result<Heard> {
    // By outcome, each of them named: then an index has all that is counted.
    let counts = one!(
        tx,
        (i64, i64),
        "SELECT COUNT(*), COUNT(CASE WHEN c.outcome = 'answered' THEN 1 END) FROM person_clients \
         pc JOIN calls c ON c.client_id = pc.client_id AND c.outcome IN ('answered', 'busy', \
         'rejected', 'cancelled', 'no_answer', 'failed', 'incomplete') AND c.started_at >= $3 \
         WHERE pc.person_id = $1 AND ($2 = '' OR pc.client_id = $2) AND NOT EXISTS (SELECT 1 FROM \
         aggregate_modes m WHERE m.client_id = pc.client_id AND m.lifted_at IS NULL)",
        of.person,
        of.client(),
        since
    )?;
    let recorded = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM person_clients pc JOIN calls c ON c.client_id = pc.client_id AND \
         c.outcome = 'answered' AND c.started_at >= $3 WHERE pc.person_id = $1 AND ($2 = '' OR \
         pc.client_id = $2) AND NOT EXISTS (SELECT 1 FROM aggregate_modes m WHERE m.client_id = \
         pc.client_id AND m.lifted_at IS NULL) AND EXISTS (SELECT 1 FROM recordings r WHERE \
         r.call_id = c.id)",
        of.person,
        of.client(),
        since
    )?;
    let (calls, answered) = counts.unwrap_or_default();
    Ok(Heard {
        calls,
        answered,
        recorded: recorded.map_or(0, |row| row.0),
    })
}
