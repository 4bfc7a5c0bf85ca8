//! The claims that a period's close waits for, one by one, each with the money that hangs on it
//! (PRODUCT M2).

use crate::commission::OpenReason;
use crate::pii::Pii;
use crate::review::{ClaimOutcome, ClaimState};
use crate::store::commission::extract::BEHIND_ANOTHER;
use crate::store::{Flag, Result, Tx, all};
use crate::units::{ClaimId, Money, PersonId, WallTime};
use sqlx::FromRow;

/// A claim that is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    pub id: ClaimId,
    /// What people say: C-1001.
    pub number: i64,
    /// The claimant's name.
    pub person: Pii<String>,
    pub company: Pii<String>,
    pub campaign: String,
    pub made_at: WallTime,
    /// At least one.
    pub why: Vec<OpenReason>,
    /// Since when it waits for its claimant to read the plan; `None`: it does not.
    pub unread_since: Option<WallTime>,
    /// What such a lead earns by the plan of the claim, before tiers and caps; `None`: no plan was
    /// there when it was made.
    pub at_stake: Option<Money>,
}

#[derive(FromRow)]
struct Row {
    id: ClaimId,
    number: i64,
    person: Pii<String>,
    company: Pii<String>,
    campaign: String,
    created_at: WallTime,
    state: ClaimState,
    outcome: Option<ClaimOutcome>,
    unread_since: Option<WallTime>,
    #[sqlx(try_from = "Flag")]
    disputed: bool,
    #[sqlx(try_from = "Flag")]
    alleged: bool,
    #[sqlx(try_from = "Flag")]
    behind_another: bool,
    amount_minor: Option<i64>,
    currency: Option<String>,
}

/// What makes a claim one of these, each by its own index: they are few among many; `$1` is the moment before which it was made, `$2` who looks.
const UNSETTLED: &str = "FROM claims c JOIN campaigns k ON k.id = c.campaign_id JOIN \
     person_clients x ON x.client_id = k.client_id AND x.person_id = $2 JOIN leads l ON l.id = \
     c.lead_id JOIN people h ON h.id = c.person_id LEFT JOIN plans p ON p.id = c.plan_id LEFT JOIN \
     disputes d ON d.claim_id = c.id AND d.state = 'open' LEFT JOIN rulings f ON f.claim_id = c.id \
     AND f.kind = 'fraud' AND f.confirmed_at IS NULL AND f.dismissed_at IS NULL WHERE c.created_at < $1 AND c.id IN (SELECT \
     q.id FROM claims q WHERE q.state IN ('open', 'in_review', 'held') UNION SELECT w.id FROM \
     claims w WHERE w.outcome = 'passed_waiting' UNION SELECT o.claim_id FROM disputes o WHERE \
     o.state = 'open' UNION SELECT r.claim_id FROM rulings r WHERE r.kind = 'fraud' AND \
     r.confirmed_at IS NULL AND r.dismissed_at IS NULL)";

/// Claims made before a moment that are not settled, of somebody's clients, by number, after the
/// claim of a number.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut Tx,
    (before, viewer): (WallTime, &PersonId),
    after: i64,
    limit: i64,
) -> Result<Vec<Unsettled>> {
    let sql = format!(
        "SELECT c.id, c.number, h.name AS person, l.company, k.name AS campaign, c.created_at, \
         c.state, c.outcome, c.unread_since, CASE WHEN d.id IS NULL THEN CAST(0 AS BIGINT) ELSE \
         CAST(1 AS BIGINT) END AS disputed, CASE WHEN f.id IS NULL THEN CAST(0 AS BIGINT) ELSE \
         CAST(1 AS BIGINT) END AS alleged, {BEHIND_ANOTHER} AS behind_another, p.amount_minor, \
         p.currency {UNSETTLED} AND c.number > $3 ORDER BY c.number LIMIT $4"
    );
    let rows = all!(
        tx,
        Row,
        sqlx::AssertSqlSafe(sql),
        before,
        viewer,
        after,
        limit
    )?;
    Ok(rows.into_iter().map(unsettled).collect())
}

/// What hangs on all of them, per currency.
///
/// # Errors
/// When the database fails; both databases refuse a sum that does not fit.
pub async fn at_stake(tx: &mut Tx, before: WallTime, viewer: &PersonId) -> Result<Vec<Money>> {
    let sql = format!(
        "SELECT p.currency, CAST(SUM(p.amount_minor) AS BIGINT) {UNSETTLED} AND p.id IS NOT NULL \
         GROUP BY p.currency ORDER BY p.currency"
    );
    let sums = all!(tx, (String, i64), sqlx::AssertSqlSafe(sql), before, viewer)?;
    let money = |(currency, minor): (String, i64)| Money::new(minor, &currency);
    Ok(sums.into_iter().map(money).collect())
}

fn unsettled(row: Row) -> Unsettled {
    let at_stake = row.amount_minor.zip(row.currency.as_deref());
    Unsettled {
        why: why(&row),
        at_stake: at_stake.map(|(minor, currency)| Money::new(minor, currency)),
        id: row.id,
        number: row.number,
        person: row.person,
        company: row.company,
        campaign: row.campaign,
        made_at: row.created_at,
        unread_since: row.unread_since,
    }
}

fn why(row: &Row) -> Vec<OpenReason> {
    let waits = row.outcome == Some(ClaimOutcome::PassedWaiting);
    let reading = row.unread_since.is_some();
    let all = [
        (
            matches!(row.state, ClaimState::Open | ClaimState::InReview),
            OpenReason::Undecided,
        ),
        (row.state == ClaimState::Held, OpenReason::OnHold),
        (waits && reading, OpenReason::WaitsForReading),
        (
            waits && !reading && row.behind_another,
            OpenReason::WaitsForEarlier,
        ),
        (
            waits && !reading && !row.behind_another,
            OpenReason::WaitsForPlan,
        ),
        (row.disputed, OpenReason::Disputed),
        (row.alleged, OpenReason::Alleged),
    ];
    let holds = all.into_iter().filter(|(holds, _)| *holds);
    holds.map(|(_, why)| why).collect()
}
