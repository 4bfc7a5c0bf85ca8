//! What is known of opportunities, by whose they are (PRODUCT P3).

use crate::handover::CrmOutcome;
use crate::leads::Origin;
use crate::report::origin::{Deal, End};
use crate::store::{MaybeFlag, Result, Tx, all};
use crate::units::{ClientId, LeadId, WallTime};
use sqlx::FromRow;

#[derive(FromRow)]
struct Row {
    lead_id: LeadId,
    origin: Origin,
    created_at: WallTime,
    first_call_at: Option<WallTime>,
    outcome: CrmOutcome,
    happened_at: WallTime,
    value_minor: Option<i64>,
    currency: Option<String>,
    #[sqlx(try_from = "MaybeFlag")]
    proof_of_concept: Option<bool>,
    said: Option<Origin>,
    entered_at: Option<WallTime>,
}

impl Row {
    fn deal(&self) -> Deal {
        Deal {
            origin: self.origin,
            said: None,
            opened_at: self.happened_at,
            end: End::Open,
            value: None,
            proof_of_concept: None,
            entered_at: self.created_at,
            first_call_at: self.first_call_at,
        }
    }

    /// What this line of a CRM adds to the deal; a later one replaces what it says again.
    fn into(self, deal: &mut Deal) {
        deal.end = match self.outcome {
            CrmOutcome::Opportunity => End::Open,
            CrmOutcome::Won => End::Won(self.happened_at),
            CrmOutcome::Lost => End::Lost(self.happened_at),
        };
        if let (Some(minor), Some(currency)) = (self.value_minor, self.currency) {
            deal.value = Some((minor, currency));
        }
        deal.proof_of_concept = self.proof_of_concept.or(deal.proof_of_concept);
        deal.said = self.said.or(deal.said);
        deal.entered_at = self.entered_at.unwrap_or(deal.entered_at);
    }
}

/// Deals of a client that opened between two moments: a lead's first line of a CRM opens it.
///
/// # Errors
/// When the database fails.
pub async fn deals(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
) -> Result<Vec<Deal>> {
    let rows = all!(
        tx,
        Row,
        "SELECT o.lead_id, w.origin, l.created_at, (SELECT MIN(c.started_at) FROM lead_numbers n \
         JOIN calls c ON c.prospect_e164 = n.e164 AND COALESCE(c.client_id, '') = l.client_id \
         WHERE n.lead_id = l.id) AS first_call_at, o.outcome, o.happened_at, o.value_minor, \
         o.currency, o.proof_of_concept, o.origin AS said, o.entered_at FROM crm_outcomes o JOIN \
         leads l ON l.id = o.lead_id JOIN lead_work w ON w.lead_id = o.lead_id WHERE w.client_id \
         = $1 ORDER BY o.lead_id, o.happened_at, o.at, o.id",
        client
    )?;
    let mut deals: Vec<(LeadId, Deal)> = Vec::new();
    for row in rows {
        if deals.last().is_none_or(|(lead, _)| *lead != row.lead_id) {
            deals.push((row.lead_id.clone(), row.deal()));
        }
        if let Some((_, deal)) = deals.last_mut() {
            row.into(deal);
        }
    }
    let own = deals.into_iter().map(|(_, deal)| deal);
    Ok(own
        .filter(|d| d.opened_at >= from && d.opened_at < to)
        .collect())
}

/// A source that says another origin now than its leads were given when they came in.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Relabelled {
    pub source: String,
    pub now: Origin,
    /// What its earlier leads keep.
    pub kept: Origin,
    pub leads: i64,
}

/// The sources of a client whose origin was changed after leads had come from them.
///
/// # Errors
/// When the database fails.
pub async fn relabelled(tx: &mut Tx, client: &ClientId) -> Result<Vec<Relabelled>> {
    Ok(all!(
        tx,
        Relabelled,
        "SELECT s.name AS source, s.origin AS now, w.origin AS kept, COUNT(*) AS leads FROM \
         lead_work w JOIN sources s ON s.id = w.source_id WHERE w.client_id = $1 AND s.origin <> \
         w.origin GROUP BY s.name, s.origin, w.origin ORDER BY s.name, w.origin",
        client
    )?)
}
