//! What the funnel is made of: leads of a time with the moments at which they entered each stage.

use crate::leads::Stage;
use crate::report::funnel::{STAGES, Traveller};
use crate::store::{Result, Tx, all};
use crate::units::{ClientId, WallTime};
use sqlx::FromRow;

/// What leads are told apart by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    pub campaign: String,
    /// Empty: no source is known.
    pub source: String,
    pub supplier: String,
}

/// A lead, and when it first entered each stage behind the first.
#[derive(FromRow)]
struct LeadRow {
    received_at: WallTime,
    is_open: i64,
    stage: Stage,
    campaign: String,
    source: String,
    supplier: String,
    contacted: Option<WallTime>,
    claimed: Option<WallTime>,
    passed: Option<WallTime>,
    handed_over: Option<WallTime>,
    accepted: Option<WallTime>,
    opportunity: Option<WallTime>,
    won: Option<WallTime>,
    lost: Option<WallTime>,
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
    // Grouped in the order of the index by which leads are found: nothing is sorted for it.
    let sql = format!(
        "SELECT w.received_at, MIN(w.is_open) AS is_open, MIN(w.stage) AS stage, MIN(k.name) AS \
         campaign, COALESCE(MIN(s.name), '') AS source, COALESCE(MIN(s.supplier), '') AS \
         supplier{} FROM lead_work w JOIN campaigns k ON k.id = w.campaign_id LEFT JOIN sources s \
         ON s.id = w.source_id LEFT JOIN lead_stages n ON n.lead_id = w.lead_id WHERE w.client_id \
         = $1 AND w.received_at >= $2 AND w.received_at < $3 AND NOT EXISTS (SELECT 1 FROM \
         lead_merges m WHERE m.lead_id = w.lead_id AND m.split_at IS NULL) GROUP BY \
         w.received_at, w.lead_id",
        STAGES[1..].iter().map(first_entered).collect::<String>()
    );
    let rows = all!(tx, LeadRow, sqlx::AssertSqlSafe(sql), client, from, to)?;
    Ok(rows.into_iter().map(LeadRow::told).collect())
}

/// The column of a stage: when it was first entered.
fn first_entered(stage: &&str) -> String {
    format!(", MIN(CASE WHEN n.stage = '{stage}' THEN n.at END) AS {stage}")
}

impl LeadRow {
    fn told(self) -> (Group, Traveller) {
        let mut entered = [
            Some(self.received_at),
            self.contacted,
            self.claimed,
            self.passed,
            self.handed_over,
            self.accepted,
            self.opportunity,
            self.won,
            self.lost,
        ];
        let stands = place(self.stage).unwrap_or(0);
        // What was entered and taken back since was not reached; nothing ends in two ways.
        entered[stands + 1..].fill(None);
        if let (Stage::Lost, Some(won)) = (self.stage, place(Stage::Won)) {
            entered[won] = None;
        }
        // It stands somewhere since before its history was kept.
        if entered[stands].is_none() {
            entered[stands] = Some(self.received_at);
        }
        let group = Group {
            campaign: self.campaign,
            source: self.source,
            supplier: self.supplier,
        };
        let traveller = Traveller {
            received: self.received_at,
            entered,
            // On nobody's work list, and not with sales either.
            closed: self.is_open == 0 && self.stage <= Stage::Contacted,
        };
        (group, traveller)
    }
}

fn place(stage: Stage) -> Option<usize> {
    STAGES.iter().position(|s| *s == stage.as_str())
}
