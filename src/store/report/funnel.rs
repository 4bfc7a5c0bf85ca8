//! What the funnel is made of: leads of a time with the moments at which they entered each stage.

use crate::leads::Stage;
use crate::report::funnel::{STAGES, Traveller};
use crate::store::report::texts::{moments, one_text};
use crate::store::{Result, StoreError, Tx, all};
use crate::units::{ClientId, WallTime, Zone};
use sqlx::FromRow;
use std::collections::BTreeMap;

/// What leads are told apart by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    pub campaign: String,
    /// Empty: no source is known.
    pub source: String,
    pub supplier: String,
    /// Of its source when it came in; empty where it was not asked for.
    pub origin: String,
}

/// A lead that was claimed or came farther.
#[derive(FromRow)]
struct LeadRow {
    received_at: WallTime,
    stage: Stage,
    campaign: String,
    source: String,
    supplier: String,
    origin: String,
    /// Each stage that it entered and when, as `passed 1764500000000000,claimed …`.
    history: String,
}

/// The leads of a client that came in between two moments, each with what it is told apart by. A
/// lead that is another one is not told. Those that nobody has talked to, mostly the most, are
/// counted by month, and told as having come in when their month began: nothing is timed of them.
/// The origin is told where it is asked for: no index has it.
///
/// # Errors
/// When the database fails.
pub async fn travellers(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    (zone, with_origin): (&Zone, bool),
) -> Result<Vec<(Group, Traveller)>> {
    let origin = if with_origin { "w.origin" } else { "''" };
    let mut all = Vec::new();
    let mut begins = from;
    while begins < to {
        let ends = zone.end_of_month(&zone.month(begins));
        let ends = ends.filter(|at| *at > begins).unwrap_or(to).min(to);
        all.extend(suspects(tx, client, (begins, ends), origin).await?);
        begins = ends;
    }
    all.extend(contacted(tx, client, (from, to), origin).await?);
    all.extend(further(tx, client, (from, to), origin).await?);
    Ok(all)
}

/// How many people called the leads that came in between two moments, before a third, by all that
/// leads are told apart by.
///
/// # Errors
/// When the database fails.
pub async fn callers(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    before: WallTime,
) -> Result<BTreeMap<Group, i64>> {
    let sql = format!(
        "SELECT k.name, COALESCE(s.name, ''), COALESCE(s.supplier, ''), w.origin, COUNT(DISTINCT \
         c.person_id) {OF} JOIN calls c ON c.lead_id = w.lead_id AND c.started_at < $4 WHERE \
         {WHICH} GROUP BY k.name, COALESCE(s.name, ''), COALESCE(s.supplier, ''), w.origin"
    );
    let rows = all!(
        tx,
        (String, String, String, String, i64),
        sqlx::AssertSqlSafe(sql),
        client,
        from,
        to,
        before
    )?;
    let told = |(campaign, source, supplier, origin, people)| {
        let group = Group {
            campaign,
            source,
            supplier,
            origin,
        };
        (group, people)
    };
    Ok(rows.into_iter().map(told).collect())
}

/// What all of these ask of: leads that are no other one, with what they are told apart by.
const OF: &str = "FROM lead_work w JOIN campaigns k ON k.id = w.campaign_id LEFT JOIN sources s ON \
    s.id = w.source_id";
const WHICH: &str = "w.client_id = $1 AND w.received_at >= $2 AND w.received_at < $3 AND NOT \
    EXISTS (SELECT 1 FROM lead_merges m WHERE m.lead_id = w.lead_id AND m.split_at IS NULL)";

/// By campaign, source and origin, open or not.
async fn suspects(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    origin: &str,
) -> Result<Vec<(Group, Traveller)>> {
    let group = match origin {
        "''" => "",
        _ => ", w.origin",
    };
    let sql = format!(
        "SELECT w.is_open, MIN(k.name), COALESCE(MIN(s.name), ''), COALESCE(MIN(s.supplier), ''), \
         MIN({origin}), COUNT(*) {OF} WHERE w.stage = 'suspect' AND {WHICH} GROUP BY w.is_open, \
         w.campaign_id, w.source_id{group}"
    );
    let rows = all!(
        tx,
        (i64, String, String, String, String, i64),
        sqlx::AssertSqlSafe(sql),
        client,
        from,
        to
    )?;
    let mut leads = Vec::new();
    for (is_open, campaign, source, supplier, origin, count) in rows {
        let group = Group {
            campaign,
            source,
            supplier,
            origin,
        };
        let mut entered = [None; 9];
        entered[0] = Some(from);
        let traveller = Traveller {
            received: from,
            entered,
            closed: is_open == 0,
        };
        leads.extend((0..count).map(|_| (group.clone(), traveller.clone())));
    }
    Ok(leads)
}

/// Somebody has talked to them, and that is all: a text for those that are alike.
async fn contacted(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    origin: &str,
) -> Result<Vec<(Group, Traveller)>> {
    let each = one_text(&["w.received_at", "w.at"]);
    let sql = format!(
        "SELECT w.is_open, MIN(k.name), COALESCE(MIN(s.name), ''), COALESCE(MIN(s.supplier), ''), \
         w.origin, {each} FROM (SELECT w.is_open, w.campaign_id, w.source_id, {origin} AS origin, \
         w.received_at, (SELECT MIN(n.at) FROM lead_stages n WHERE n.lead_id = w.lead_id AND n.stage \
         = 'contacted') AS at FROM lead_work w WHERE w.stage = 'contacted' AND {WHICH}) w JOIN \
         campaigns k ON k.id = w.campaign_id LEFT JOIN sources s ON s.id = w.source_id GROUP BY \
         w.is_open, w.campaign_id, w.source_id, w.origin"
    );
    type Row = (i64, String, String, String, String, String);
    let rows = all!(tx, Row, sqlx::AssertSqlSafe(sql), client, from, to)?;
    let mut leads = Vec::new();
    for (is_open, campaign, source, supplier, origin, text) in rows {
        let group = Group {
            campaign,
            source,
            supplier,
            origin,
        };
        for [received, at] in moments::<2>(&text)? {
            let received = received.unwrap_or(from);
            let mut entered = [None; 9];
            // It stands there since before its history was kept, where that does not say when.
            (entered[0], entered[1]) = (Some(received), at.or(Some(received)));
            let traveller = Traveller {
                received,
                entered,
                closed: is_open == 0,
            };
            leads.push((group.clone(), traveller));
        }
    }
    Ok(leads)
}

/// The others.
async fn further(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    origin: &str,
) -> Result<Vec<(Group, Traveller)>> {
    // Each stage named, the index by stages has them; and their history as one text.
    let stages = STAGES[2..].iter().map(|stage| format!("'{stage}'"));
    let stages = stages.collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT w.received_at, w.stage, k.name AS campaign, COALESCE(s.name, '') AS source, \
         COALESCE(s.supplier, '') AS supplier, {origin} AS origin, COALESCE((SELECT \
         string_agg(n.stage || ' ' || CAST(n.at AS TEXT), ',') FROM lead_stages n WHERE n.lead_id = \
         w.lead_id), '') AS history {OF} WHERE w.stage IN ({stages}) AND {WHICH}"
    );
    let rows = all!(tx, LeadRow, sqlx::AssertSqlSafe(sql), client, from, to)?;
    rows.into_iter().map(LeadRow::told).collect()
}

impl LeadRow {
    /// When it first entered each stage.
    fn entered(&self) -> Result<[Option<WallTime>; 9]> {
        let mut entered = [None; 9];
        for part in self.history.split(',').filter(|part| !part.is_empty()) {
            let broken = || StoreError::Broken(format!("a lead's history does not read: '{part}'"));
            let (stage, at) = part.split_once(' ').ok_or_else(broken)?;
            let at = WallTime(at.parse().map_err(|_| broken())?);
            let place = STAGES.iter().position(|s| *s == stage);
            let first: &mut Option<WallTime> = &mut entered[place.ok_or_else(broken)?];
            *first = Some(first.map_or(at, |before| before.min(at)));
        }
        entered[0] = Some(self.received_at);
        Ok(entered)
    }

    fn told(self) -> Result<(Group, Traveller)> {
        let mut entered = self.entered()?;
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
            origin: self.origin,
        };
        let traveller = Traveller {
            received: self.received_at,
            entered,
            // It is with sales: no work list of ours has it.
            closed: false,
        };
        Ok((group, traveller))
    }
}

fn place(stage: Stage) -> Option<usize> {
    STAGES.iter().position(|s| *s == stage.as_str())
}
