//! What the wire saw after a lead was handed over: sales' calls to the buyer, the call between the
//! telemarketer and sales, and calls that keep promises (PRODUCT H4, H7). Nothing is ticked off by
//! hand, and nothing is stored: a call counts from the moment it is sealed.

use crate::call::{Direction, Outcome};
use crate::handover::Attempt;
use crate::pii::Pii;
use crate::store::{Result, Tx, all, one};
use crate::units::{CallId, ClientId, LeadId, Micros, PersonId, WallTime};
use sqlx::FromRow;

/// A call as the wire saw it.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct SeenCall {
    pub call_id: CallId,
    pub at: WallTime,
    /// Null: nobody answered, or the answer was not seen.
    pub answered_at: Option<WallTime>,
    /// Null: the end is not known.
    pub ended_at: Option<WallTime>,
    pub outcome: Outcome,
    /// Seen from the lines that were known then; null: neither end was one.
    pub direction: Option<Direction>,
    pub person_id: PersonId,
    pub person: Pii<String>,
}

/// Shorter ringing is no attempt.
const RINGS: Micros = Micros::from_secs(10);
/// A hand-over takes longer than a wrong number.
const SPOKEN_US: i64 = 20_000_000;

impl SeenCall {
    /// How long they talked; none: nobody answered.
    #[must_use]
    pub fn talked(&self) -> Option<Micros> {
        let (from, to) = (self.answered_at?, self.ended_at?);
        Some(to - from)
    }

    /// As an attempt to reach somebody: what reached no telephone, or rang for a moment, is none,
    /// and neither is a call that the buyer made.
    #[must_use]
    pub fn attempt(&self) -> Option<Attempt> {
        let rang = self.ended_at.is_some_and(|end| end - self.at >= RINGS);
        let counts = match self.outcome {
            Outcome::Answered | Outcome::Busy | Outcome::Rejected => true,
            Outcome::NoAnswer | Outcome::Cancelled => rang,
            Outcome::Failed | Outcome::Incomplete => false,
        };
        (counts && self.direction != Some(Direction::Inbound)).then(|| Attempt {
            at: self.at,
            talked: self.talked(),
        })
    }
}

const SEEN: &str = "SELECT c.id AS call_id, c.started_at AS at, c.answered_at, c.ended_at, \
    c.outcome, c.direction, p.id AS person_id, p.name AS person FROM calls c JOIN people p ON p.id \
    = c.person_id";

/// More are not looked at.
const MOST: i64 = 200;

/// Calls between sales and a lead since a moment, oldest first; those whose number fits several
/// leads count for each.
///
/// # Errors
/// When the database fails.
pub async fn of_sales(tx: &mut Tx, lead: &LeadId, since: WallTime) -> Result<Vec<SeenCall>> {
    let sql = format!(
        "{SEEN} WHERE p.role = 'sales' AND c.started_at >= $2 AND (c.lead_id = $1 OR \
         (COALESCE(c.lead_id, '') = '' AND c.id IN (SELECT x.call_id FROM call_lead_candidates x \
         WHERE x.lead_id = $1))) \
         ORDER BY c.started_at LIMIT $3"
    );
    Ok(all!(
        tx,
        SeenCall,
        sqlx::AssertSqlSafe(sql),
        lead,
        since,
        MOST
    )?)
}

/// The first call of the house to a lead since a moment.
///
/// # Errors
/// When the database fails.
pub async fn first_call(tx: &mut Tx, lead: &LeadId, since: WallTime) -> Result<Option<WallTime>> {
    let found = one!(
        tx,
        (Option<WallTime>,),
        "SELECT MIN(c.started_at) FROM calls c WHERE (c.lead_id = $1 OR (COALESCE(c.lead_id, '') = \
         '' AND c.id IN (SELECT x.call_id FROM call_lead_candidates x WHERE x.lead_id = $1))) AND \
         c.person_id IS NOT NULL AND COALESCE(c.direction, '') <> 'inbound' AND c.started_at >= \
         $2",
        lead,
        since
    )?;
    Ok(found.and_then(|row| row.0))
}

/// The first conversation between a telemarketer and somebody of a client's sales since a moment,
/// by the lines that were theirs then.
///
/// # Errors
/// When the database fails.
pub async fn between(
    tx: &mut Tx,
    claimant: &PersonId,
    client: &ClientId,
    since: WallTime,
) -> Result<Option<SeenCall>> {
    // From the few lines of either side to the calls that dialled them: somebody's calls of a year
    // are many.
    let dialled = "c.outcome = 'answered' AND c.prospect_number = l.value AND c.started_at >= $3 AND \
        c.ended_at - c.answered_at >= $4 AND l.from_at <= c.started_at AND (l.to_at IS NULL OR \
        l.to_at > c.started_at)";
    let sales = "s.role = 'sales' AND pc.person_id = s.id AND pc.client_id = $2";
    let sql = format!(
        "{SEEN} WHERE c.id IN (SELECT c.id FROM person_clients pc CROSS JOIN people s CROSS JOIN \
         lines l CROSS JOIN calls c WHERE {sales} AND l.person_id = s.id AND c.person_id = $1 AND \
         {dialled} UNION ALL SELECT c.id FROM person_clients pc CROSS JOIN people s CROSS JOIN \
         lines l CROSS JOIN calls c WHERE {sales} AND l.person_id = $1 AND c.person_id = s.id AND \
         {dialled}) ORDER BY c.started_at LIMIT 1"
    );
    Ok(one!(
        tx,
        SeenCall,
        sqlx::AssertSqlSafe(sql),
        claimant,
        client,
        since,
        SPOKEN_US
    )?)
}
