//! What the waterfall is made of: when each thing of a lead and of a claim happened.

use crate::report::waterfall::{Name, Owner, Passage};
use crate::store::report::funnel::Group;
use crate::store::report::texts::{moments, one_text};
use crate::store::{Result, Tx, all, one};
use crate::units::{ClientId, WallTime};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

/// When a lead came in, was dialled first, and was talked to first.
type Lead = [Option<WallTime>; 3];

const LEAD: [&str; 3] = ["w.received_at", "w.first_attempt_at", "w.first_contact_at"];

/// Leads that came in in a time.
const CAME: &str = "w.client_id = $1 AND w.received_at >= $2 AND w.received_at < $3 AND NOT EXISTS \
    (SELECT 1 FROM lead_merges m WHERE m.lead_id = w.lead_id AND m.split_at IS NULL)";

/// When each thing of a claim happened, as [`EACH`] tells it.
type Claim = [Option<WallTime>; 11];

/// The end of its last call, when it was made, taken and judged; when its money was awaited, which
/// is where it passed and its lead had not earned before, and booked; when its lead was handed over
/// and its card opened; sales' first call, with the lead and with whom else its number fits; and
/// sales' first answer.
const EACH: [&str; 11] = [
    "(SELECT MAX(c.ended_at) FROM claim_calls cc JOIN calls c ON c.id = cc.call_id WHERE \
     cc.claim_id = k.id)",
    "k.created_at",
    "k.taken_at",
    "v.committed_at",
    "CASE WHEN v.passed = 1 AND COALESCE(k.outcome, '') <> 'passed_already_paid' THEN \
     v.committed_at END",
    "(SELECT MIN(g.booked_at) FROM ledger g WHERE g.claim_id = k.id AND g.kind = 'accrual')",
    "h.handed_at",
    "h.opened_at",
    "(SELECT MIN(x.started_at) FROM calls x CROSS JOIN people p WHERE x.lead_id = h.lead_id AND \
     x.started_at >= h.passed_at AND p.id = x.person_id AND p.role = 'sales')",
    "(SELECT MIN(x.started_at) FROM call_lead_candidates y CROSS JOIN calls x CROSS JOIN people p \
     WHERE y.lead_id = h.lead_id AND x.id = y.call_id AND COALESCE(x.lead_id, '') = '' AND \
     x.started_at >= h.passed_at AND p.id = x.person_id AND p.role = 'sales')",
    "(SELECT MIN(s.at) FROM sales_answers s WHERE s.claim_id = k.id)",
];

/// The passages of the leads that came in and the claims that were made in a time, by stretch; of
/// leads that are alike in one of these ways alone, where it is said.
///
/// # Errors
/// When the database fails.
pub async fn passages(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    alike: Option<&BTreeSet<Group>>,
) -> Result<BTreeMap<usize, Vec<Passage>>> {
    let mut by: BTreeMap<usize, Vec<Passage>> = BTreeMap::new();
    let mut put = |name: Name, from: WallTime, to: Option<WallTime>| {
        let place = Name::ALL.iter().position(|n| *n == name).unwrap_or(0);
        by.entry(place).or_default().push(Passage { from, to });
    };
    let leads = match alike {
        None => leads(tx, client, (from, to)).await?,
        Some(alike) => like(tx, client, (from, to), alike).await?,
    };
    for [received, dialled, contacted] in leads {
        let Some(received) = received else { continue };
        put(Name::FirstDial, received, dialled);
        put(Name::FirstContact, received, contacted);
    }
    for claim in claims(tx, client, (from, to)).await? {
        let [spoken, made, taken, given, awaited, booked, ..] = claim;
        let [.., handed, opened, called, fitting, answered] = claim;
        let Some(made) = made else { continue };
        if let Some(spoken) = spoken {
            put(Name::Claim, spoken, Some(made));
        }
        put(Name::Taken, made, taken);
        if let Some(taken) = taken {
            put(Name::Verdict, taken, given);
        }
        if let Some(awaited) = awaited {
            put(Name::Money, awaited, booked);
        }
        if let Some(handed) = handed {
            put(Name::Card, handed, opened);
            put(
                Name::SalesCall,
                handed,
                called.into_iter().chain(fitting).min(),
            );
            put(Name::Answer, handed, answered);
        }
    }
    Ok(by)
}

/// How many people the passages of claims are about: those who made them, judged them, and had them
/// handed over.
#[derive(Debug, Clone, Copy, Default, FromRow)]
pub struct People {
    pub claimants: i64,
    pub reviewers: i64,
    pub sales: i64,
}

impl People {
    /// Behind a stretch of a claim's way; `None`: it is the box's own, or a lead's.
    #[must_use]
    pub fn behind(&self, name: Name) -> Option<i64> {
        match (name, name.owner()) {
            (Name::Claim, _) => Some(self.claimants),
            (_, Owner::Review) => Some(self.reviewers),
            (_, Owner::Sales) => Some(self.sales),
            (_, Owner::House | Owner::Telemarketing) => None,
        }
    }
}

/// How many people the passages of the claims of a time are about, as they stood at a moment.
///
/// # Errors
/// When the database fails.
pub async fn people(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    before: WallTime,
) -> Result<People> {
    let row = one!(
        tx,
        People,
        "SELECT COUNT(DISTINCT k.person_id) AS claimants, COUNT(DISTINCT v.reviewer_id) AS \
         reviewers, COUNT(DISTINCT h.sales_id) AS sales FROM claims k JOIN campaigns a ON a.id = \
         k.campaign_id LEFT JOIN verdicts v ON v.claim_id = k.id AND v.state <> 'taken_back' AND \
         v.committed_at < $4 LEFT JOIN handovers h ON h.claim_id = k.id AND h.handed_at < $4 WHERE \
         a.client_id = $1 AND k.created_at >= $2 AND k.created_at < $3 AND k.state NOT IN \
         ('withdrawn', 'sent_back')",
        client,
        from,
        to,
        before
    )?;
    Ok(row.unwrap_or_default())
}

/// All of them.
async fn leads(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
) -> Result<Vec<Lead>> {
    let sql = format!("SELECT {} FROM lead_work w WHERE {CAME}", one_text(&LEAD));
    let row = one!(
        tx,
        (Option<String>,),
        sqlx::AssertSqlSafe(sql),
        client,
        from,
        to
    )?;
    told(row)
}

/// Those that are alike in one of these ways.
async fn like(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
    alike: &BTreeSet<Group>,
) -> Result<Vec<Lead>> {
    let each = one_text(&LEAD);
    let sql = format!(
        "SELECT k.name, COALESCE(s.name, ''), COALESCE(s.supplier, ''), w.origin, {each} FROM \
         lead_work w JOIN campaigns k ON k.id = w.campaign_id LEFT JOIN sources s ON s.id = \
         w.source_id WHERE {CAME} GROUP BY k.name, COALESCE(s.name, ''), COALESCE(s.supplier, ''), \
         w.origin"
    );
    type Row = (String, String, String, String, String);
    let rows = all!(tx, Row, sqlx::AssertSqlSafe(sql), client, from, to)?;
    let mut leads = Vec::new();
    for (campaign, source, supplier, origin, text) in rows {
        let group = Group {
            campaign,
            source,
            supplier,
            origin,
        };
        if alike.contains(&group) {
            leads.extend(moments::<3>(&text)?);
        }
    }
    Ok(leads)
}

async fn claims(
    tx: &mut Tx,
    client: &ClientId,
    (from, to): (WallTime, WallTime),
) -> Result<Vec<Claim>> {
    let sql = format!(
        "SELECT {} FROM claims k JOIN campaigns a ON a.id = k.campaign_id LEFT JOIN verdicts v ON \
         v.claim_id = k.id AND v.state <> 'taken_back' AND v.state = 'final' LEFT JOIN handovers h \
         ON h.claim_id = k.id WHERE a.client_id = $1 AND k.created_at >= $2 AND k.created_at < $3 \
         AND k.state NOT IN ('withdrawn', 'sent_back')",
        one_text(&EACH)
    );
    let row = one!(
        tx,
        (Option<String>,),
        sqlx::AssertSqlSafe(sql),
        client,
        from,
        to
    )?;
    told(row)
}

/// The moments of a text; none: there were no rows.
fn told<const N: usize>(row: Option<(Option<String>,)>) -> Result<Vec<[Option<WallTime>; N]>> {
    let text = row.and_then(|row| row.0);
    text.map_or(Ok(Vec::new()), |text| moments(&text))
}
