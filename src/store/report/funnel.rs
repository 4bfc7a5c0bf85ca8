//! What the funnel is made of: leads of a time with the moments at which they entered each stage.

use crate::leads::Stage;
use crate::report::funnel::{STAGES, Traveller};
use crate::store::{Result, Tx, all};
use crate::units::{ClientId, LeadId, WallTime};
use sqlx::FromRow;
use std::collections::HashMap;

/// What leads are told apart by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    pub campaign: String,
    /// Empty: no source is known.
    pub source: String,
    pub supplier: String,
}

#[derive(FromRow)]
struct LeadRow {
    lead_id: LeadId,
    received_at: WallTime,
    is_open: i64,
    stage: Stage,
    campaign: String,
    source: String,
    supplier: String,
}

/// The leads of a client that came in between two moments, each with what it is told apart by. A
/// lead that is another one is not told.
///
/// # Errors
/// When the database fails.
pub async fn travellers(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
) -> Result<Vec<(Group, Traveller)>> {
    let leads = all!(
        tx,
        LeadRow,
        "SELECT w.lead_id, w.received_at, w.is_open, w.stage, k.name AS campaign, COALESCE(s.name, \
         '') AS source, COALESCE(s.supplier, '') AS supplier FROM lead_work w JOIN campaigns k ON \
         k.id = w.campaign_id LEFT JOIN sources s ON s.id = w.source_id WHERE w.client_id = $1 AND \
         w.received_at >= $2 AND w.received_at < $3 AND NOT EXISTS (SELECT 1 FROM lead_merges m \
         WHERE m.lead_id = w.lead_id AND m.split_at IS NULL)",
        client,
        from,
        to
    )?;
    let entered = all!(
        tx,
        (LeadId, Stage, WallTime),
        "SELECT n.lead_id, n.stage, MIN(n.at) FROM lead_stages n JOIN lead_work w ON w.lead_id = \
         n.lead_id WHERE w.client_id = $1 AND w.received_at >= $2 AND w.received_at < $3 AND \
         n.stage IS NOT NULL GROUP BY n.lead_id, n.stage",
        client,
        from,
        to
    )?;
    let mut by_lead: HashMap<LeadId, [Option<WallTime>; 9]> = HashMap::with_capacity(leads.len());
    for (lead, stage, at) in entered {
        if let Some(place) = place(stage) {
            by_lead.entry(lead).or_default()[place] = Some(at);
        }
    }
    let travellers = leads.into_iter().map(|row| {
        let mut entered = by_lead.remove(&row.lead_id).unwrap_or_default();
        let stands = place(row.stage).unwrap_or(0);
        // What was entered and taken back since was not reached; nothing ends in two ways.
        entered[stands + 1..].fill(None);
        if let (Stage::Lost, Some(won)) = (row.stage, place(Stage::Won)) {
            entered[won] = None;
        }
        // It stands somewhere since before its history was kept.
        if entered[stands].is_none() {
            entered[stands] = Some(row.received_at);
        }
        let group = Group {
            campaign: row.campaign,
            source: row.source,
            supplier: row.supplier,
        };
        let traveller = Traveller {
            received: row.received_at,
            entered,
            // On nobody's work list, and not with sales either.
            closed: row.is_open == 0 && row.stage <= Stage::Contacted,
        };
        (group, traveller)
    });
    Ok(travellers.collect())
}

fn place(stage: Stage) -> Option<usize> {
    STAGES.iter().position(|s| *s == stage.as_str())
}
