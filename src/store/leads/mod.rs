//! Leads, campaigns, sources and plans.

pub mod merges;

use crate::commission::Plan;
use crate::leads::import::NewLead;
use crate::store::{Result, Tx, all, all_in, new_id, one, run};
use crate::units::{Money, WallTime};
use serde::Serialize;
use sqlx::FromRow;

/// A lead as pages show it.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Lead {
    pub id: String,
    pub client_id: String,
    pub campaign_id: String,
    pub campaign: String,
    pub external_id: String,
    pub company: String,
    pub contact: Option<String>,
    pub contact_role: Option<String>,
    pub source: Option<String>,
    pub source_event: Option<String>,
    pub theme: Option<String>,
    pub segment: Option<String>,
    pub interactions: Option<String>,
    pub created_at: i64,
}

const LEAD: &str = "SELECT l.id, l.client_id, l.campaign_id, c.name AS campaign, l.external_id, \
    l.company, l.contact, l.contact_role, s.name AS source, l.source_event, l.theme, l.segment, \
    l.interactions, l.created_at
  FROM leads l JOIN campaigns c ON c.id = l.campaign_id LEFT JOIN sources s ON s.id = l.source_id";

pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Lead>> {
    Ok(one!(
        tx,
        Lead,
        sqlx::AssertSqlSafe(format!("{LEAD} WHERE l.id = $1")),
        id
    )?)
}

/// Leads of the clients that a person may see, newest first; those merged into another are part of
/// that one.
pub async fn of_person(tx: &mut Tx, person: &str, limit: i64) -> Result<Vec<Lead>> {
    let sql = format!(
        "{LEAD} JOIN person_clients pc ON pc.client_id = l.client_id AND pc.person_id = $1 WHERE \
         NOT EXISTS (SELECT 1 FROM lead_merges m WHERE m.lead_id = l.id AND m.split_at IS NULL) \
         ORDER BY l.created_at DESC, l.external_id LIMIT $2"
    );
    Ok(all!(tx, Lead, sqlx::AssertSqlSafe(sql), person, limit)?)
}

/// A campaign's lead under its own external id, merged or not.
pub async fn in_campaign(tx: &mut Tx, campaign: &str, external: &str) -> Result<Option<Lead>> {
    Ok(one!(
        tx,
        Lead,
        sqlx::AssertSqlSafe(format!(
            "{LEAD} WHERE l.campaign_id = $1 AND l.external_id = $2"
        )),
        campaign,
        external
    )?)
}

/// Lead ids under an external id, in open campaigns; `client` narrows it where the line is known. A
/// merged one gives the lead that took it in.
pub async fn by_external(tx: &mut Tx, external: &str, client: Option<&str>) -> Result<Vec<String>> {
    let rows = all!(
        tx,
        (String,),
        "SELECT DISTINCT COALESCE(m.into_id, l.id) FROM leads l JOIN campaigns c ON c.id = \
         l.campaign_id LEFT JOIN lead_merges m ON m.lead_id = l.id AND m.split_at IS NULL WHERE \
         l.external_id = $1 AND c.closed_at IS NULL AND ($2 IS NULL OR l.client_id = $2)",
        external,
        client
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// The same by numbers: for each number the leads that have it, in the order of their ids, with the
/// client of the row that bears it.
pub async fn by_numbers(tx: &mut Tx, e164: &[&str]) -> Result<Vec<(String, String, String)>> {
    if e164.is_empty() {
        return Ok(Vec::new());
    }
    Ok(all_in!(
        tx,
        (String, String, String),
        "SELECT DISTINCT n.e164, COALESCE(m.into_id, l.id) AS id, l.client_id FROM lead_numbers n \
         JOIN leads l ON l.id = n.lead_id JOIN campaigns c ON c.id = l.campaign_id LEFT JOIN \
         lead_merges m ON m.lead_id = l.id AND m.split_at IS NULL
         WHERE c.closed_at IS NULL AND n.e164 IN (",
        e164,
        ") ORDER BY id"
    )?)
}

/// A campaign and what it needs.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Campaign {
    pub id: String,
    pub client_id: String,
    pub client: String,
    pub name: String,
    pub checklist_id: String,
}

const CAMPAIGN: &str = "SELECT c.id, c.client_id, k.name AS client, c.name, c.checklist_id FROM \
    campaigns c JOIN clients k ON k.id = c.client_id";

pub async fn campaign(tx: &mut Tx, id: &str) -> Result<Option<Campaign>> {
    Ok(one!(
        tx,
        Campaign,
        sqlx::AssertSqlSafe(format!("{CAMPAIGN} WHERE c.id = $1")),
        id
    )?)
}

pub async fn campaigns_by_name(tx: &mut Tx, name: &str) -> Result<Vec<Campaign>> {
    Ok(all!(
        tx,
        Campaign,
        sqlx::AssertSqlSafe(format!("{CAMPAIGN} WHERE c.name = $1")),
        name
    )?)
}

pub async fn add_campaign(
    tx: &mut Tx,
    client: &str,
    name: &str,
    checklist: &str,
    now: WallTime,
) -> Result<String> {
    let id = new_id();
    run!(
        tx,
        "INSERT INTO campaigns (id, client_id, name, checklist_id, created_at) VALUES ($1, $2, \
         $3, $4, $5)",
        &id,
        client,
        name,
        checklist,
        now.micros()
    )?;
    Ok(id)
}

/// Adds the next version of a campaign's plan.
pub async fn add_plan(
    tx: &mut Tx,
    campaign: &str,
    amount: &Money,
    payable_after_days: i64,
    from: WallTime,
    approved_by: &str,
    now: WallTime,
) -> Result<String> {
    let id = new_id();
    let version = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(version), 0) + 1 FROM plans WHERE campaign_id = $1",
        campaign
    )?
    .map_or(1, |r| r.0);
    run!(
        tx,
        "INSERT INTO plans (id, campaign_id, version, amount_minor, currency, payable_after_days, \
         from_at, approved_by, approved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &id,
        campaign,
        version,
        amount.minor,
        &amount.currency,
        payable_after_days,
        from.micros(),
        approved_by,
        now.micros()
    )?;
    Ok(id)
}

pub async fn plans(tx: &mut Tx, campaign: &str) -> Result<Vec<Plan>> {
    let rows = all!(
        tx,
        (String, i64, i64, String, i64, i64),
        "SELECT id, version, amount_minor, currency, payable_after_days, from_at FROM plans WHERE \
         campaign_id = $1 ORDER BY version",
        campaign
    )?;
    Ok(rows
        .into_iter()
        .map(
            |(id, version, minor, currency, payable_after_days, from)| Plan {
                id,
                version,
                amount: Money { minor, currency },
                payable_after_days,
                from: WallTime(from),
            },
        )
        .collect())
}

/// The sources that every installation begins with: name, grade, hours until first contact (PRODUCT
/// L3).
const SOURCES: [(&str, &str, i64); 9] = [
    ("website request", "A", 12),
    ("webinar", "C", 5 * 24),
    ("trade show", "B", 3 * 24),
    ("mailing", "C", 7 * 24),
    ("referral", "A", 24),
    ("personal relationship", "A", 3 * 24),
    ("existing customer", "B", 3 * 24),
    ("former customer in a new role", "A", 24),
    ("self-generated", "B", 7 * 24),
];

pub async fn seed_sources(tx: &mut Tx) -> Result<()> {
    for (name, grade, hours) in SOURCES {
        run!(
            tx,
            "INSERT INTO sources (id, name, grade, contact_within_hours) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name) DO NOTHING",
            new_id(),
            name,
            grade,
            hours
        )?;
    }
    Ok(())
}

pub async fn source_names(tx: &mut Tx) -> Result<Vec<String>> {
    Ok(
        all!(tx, (String,), "SELECT name FROM sources ORDER BY name")?
            .into_iter()
            .map(|r| r.0)
            .collect(),
    )
}

/// Adds a lead or brings one up to date; gives whether it is new. Calls with its number that had no
/// lead find it.
pub async fn put(
    tx: &mut Tx,
    campaign: &Campaign,
    (row, numbers): &NewLead,
    now: WallTime,
) -> Result<bool> {
    let text = |s: &str| (!s.is_empty()).then(|| s.to_owned());
    let known = one!(
        tx,
        (String,),
        "SELECT id FROM leads WHERE campaign_id = $1 AND external_id = $2",
        &campaign.id,
        &row.id
    )?;
    let source = one!(
        tx,
        (String,),
        "SELECT id FROM sources WHERE LOWER(name) = LOWER($1)",
        &row.source
    )?
    .map(|r| r.0);
    let is_new = known.is_none();
    let id = known.map_or_else(new_id, |r| r.0);
    run!(
        tx,
        "INSERT INTO leads (id, client_id, campaign_id, external_id, company, contact, \
         contact_role, source_id, source_event, theme, segment, owner, product, interactions, \
         created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (campaign_id, external_id) DO UPDATE SET company = excluded.company, contact \
         = excluded.contact, contact_role = excluded.contact_role, source_id = excluded.source_id,
           source_event = excluded.source_event, theme = excluded.theme, segment = \
         excluded.segment, owner = excluded.owner, product = excluded.product, interactions = \
         excluded.interactions",
        &id,
        &campaign.client_id,
        &campaign.id,
        &row.id,
        &row.company,
        text(row.contact.reveal()),
        text(&row.role),
        source,
        text(&row.source_event),
        text(&row.theme),
        text(&row.segment),
        text(&row.owner),
        text(&row.product),
        text(&row.interactions),
        now.micros()
    )?;
    for (e164, given) in numbers {
        run!(
            tx,
            "INSERT INTO lead_numbers (lead_id, e164, as_given) VALUES ($1, $2, $3) ON CONFLICT \
             (lead_id, e164) DO NOTHING",
            &id,
            e164,
            given
        )?;
    }
    Ok(is_new)
}
