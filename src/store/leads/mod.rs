//! Leads, campaigns and sources.

pub mod campaigns;
pub mod changing;
pub mod duplicates;
pub mod early;
pub mod importing;
pub mod imports;
pub mod interactions;
mod joining;
pub mod lists;
pub mod merges;
pub(in crate::store) mod same;
pub mod saying;
pub mod sources;
pub mod stages;
pub mod suppressions;
pub mod words;
pub mod work;

use crate::leads::finding;
use crate::leads::{BuyerStage, Stage};
use crate::pii::Pii;
use crate::store::{Actor, Result, StoreError, Tx, all, all_in, log, new_id, one, run};
use crate::units::{
    CallId, CampaignId, ChecklistId, ClaimId, ClientId, LeadId, PersonId, WallTime,
};
use serde_json::json;
use sqlx::FromRow;

/// A lead as pages show it. What is null is not known.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Lead {
    pub id: LeadId,
    pub client_id: ClientId,
    pub campaign_id: CampaignId,
    pub campaign: String,
    /// As the list that it came from calls it.
    pub external_id: String,
    pub company: Pii<String>,
    pub contact: Option<Pii<String>>,
    pub contact_role: Option<String>,
    pub source: Option<String>,
    pub source_event: Option<String>,
    pub theme: Option<String>,
    pub segment: Option<String>,
    pub owner: Option<String>,
    pub product: Option<String>,
    pub interactions: Option<Pii<String>>,
    pub email: Option<Pii<String>>,
    pub created_at: WallTime,
    /// When it came in, as its list says; when it was imported, where that says nothing.
    pub received_at: WallTime,
    /// When first contact is due.
    pub due_at: WallTime,
    /// Calls to it that the wire saw, answered or not.
    pub attempts: i64,
    /// The first of them; null: none yet.
    pub first_attempt_at: Option<WallTime>,
    /// The first conversation.
    pub first_contact_at: Option<WallTime>,
    pub stage: Stage,
    /// How far the buyer has come; null: nobody has said.
    pub buyer_stage: Option<BuyerStage>,
}

const LEAD: &str = "SELECT l.id, l.client_id, l.campaign_id, c.name AS campaign, l.external_id, \
    l.company, l.contact, l.contact_role, s.name AS source, l.source_event, l.theme, l.segment, \
    l.owner, l.product, l.interactions, l.email, l.created_at, w.received_at, w.due_at, w.attempts, \
    w.first_attempt_at, w.first_contact_at, w.stage, w.buyer_stage
  FROM leads l JOIN lead_work w ON w.lead_id = l.id JOIN campaigns c ON c.id = l.campaign_id LEFT \
    JOIN sources s ON s.id = l.source_id";

/// A lead, merged or not.
pub async fn by_id(tx: &mut Tx, id: &LeadId) -> Result<Option<Lead>> {
    Ok(one!(
        tx,
        Lead,
        sqlx::AssertSqlSafe(format!("{LEAD} WHERE l.id = $1")),
        id
    )?)
}

/// The numbers of a lead in E.164, as the list gave them first.
///
/// # Errors
/// When the database fails.
pub async fn numbers(tx: &mut Tx, lead: &LeadId) -> Result<Vec<Pii<String>>> {
    let rows = all!(
        tx,
        (Pii<String>,),
        "SELECT e164 FROM lead_numbers WHERE lead_id = $1 ORDER BY e164",
        lead
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A claim that passed, with its lead.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Passed {
    pub claim_id: ClaimId,
    pub settled_at: WallTime,
    pub lead_id: LeadId,
    pub external_id: String,
    pub company: Pii<String>,
    /// Null: not known.
    pub contact: Option<Pii<String>>,
    pub campaign: String,
    pub write_up: Pii<String>,
}

/// Claims that passed after a place in the list, oldest first; of one client, or of all.
///
/// # Errors
/// When the database fails.
pub async fn passed_after(
    tx: &mut Tx,
    client: Option<&ClientId>,
    (at, id): (WallTime, &ClaimId),
    limit: i64,
) -> Result<Vec<Passed>> {
    Ok(all!(
        tx,
        Passed,
        "SELECT k.id AS claim_id, k.settled_at, l.id AS lead_id, l.external_id, l.company, \
         l.contact, c.name AS campaign, k.write_up FROM claims k JOIN leads l ON l.id = k.lead_id \
         JOIN campaigns c ON c.id = k.campaign_id WHERE k.outcome IN ('passed', \
         'passed_already_paid') AND k.settled_at IS NOT NULL AND (k.settled_at > $1 OR \
         (k.settled_at = $1 AND k.id > $2)) AND ($3 = '' OR l.client_id = $3) ORDER BY \
         k.settled_at, k.id LIMIT $4",
        at,
        id,
        client.map_or("", |c| c.as_str()),
        limit
    )?)
}

/// Text in which LIKE finds nothing but itself.
pub(in crate::store) fn escaped_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Leads of a person's clients by the beginnings of words of their names, numbers or external ids,
/// those that a call's number fits first; without words those alone. Of leads with common words some
/// [`LOOKED_AT`] are put in order.
pub async fn search(
    tx: &mut Tx,
    person: &PersonId,
    call: &CallId,
    words: &str,
    limit: i64,
) -> Result<Vec<Lead>> {
    let words = finding::asked(words);
    let number = "SELECT n.lead_id FROM lead_numbers n WHERE n.e164 = (SELECT k.prospect_e164 FROM \
                  calls k WHERE k.id = $2)";
    let has = |nth: usize| {
        let (begin, end) = (4 + 2 * nth, 5 + 2 * nth);
        match nth < words.len() {
            true => format!(
                " AND EXISTS (SELECT 1 FROM lead_words x WHERE x.lead_id = l.id AND x.word >= \
                 ${begin} AND x.word < ${end})"
            ),
            false => format!(" AND ${begin} = '' AND ${end} = ''"),
        }
    };
    let candidates = match words.len() {
        0 => number.to_owned(),
        // The last word is the one that is being typed, the first the one that was meant.
        _ => format!(
            "{number} UNION SELECT y.lead_id FROM (SELECT z.lead_id FROM person_clients pc CROSS \
             JOIN lead_words z WHERE pc.person_id = $1 AND z.client_id = pc.client_id AND z.word >= \
             $4 AND z.word < $5{} LIMIT {LOOKED_AT}) y",
            others(words.len())
        ),
    };
    let sql = format!(
        "{LEAD} JOIN person_clients pc ON pc.client_id = l.client_id AND pc.person_id = $1 WHERE \
         l.id IN ({candidates}) AND c.closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM lead_merges m \
         WHERE m.lead_id = l.id AND m.split_at IS NULL){}{}{} ORDER BY CASE WHEN l.id IN ({number}) \
         THEN 0 ELSE 1 END, l.company, l.external_id LIMIT $3",
        has(0),
        has(1),
        has(2)
    );
    let text = |nth: usize| words.get(nth).cloned().unwrap_or_default();
    let end = |nth: usize| words.get(nth).map_or(String::new(), |w| finding::end_of(w));
    Ok(all!(
        tx,
        Lead,
        sqlx::AssertSqlSafe(sql),
        person,
        call,
        limit,
        text(0),
        end(0),
        text(1),
        end(1),
        text(2),
        end(2)
    )?)
}

/// So many leads with a word are put in order.
const LOOKED_AT: i64 = 500;

/// That leads with the first word have the others, too.
fn others(words: usize) -> String {
    let each = (1..words).map(|nth| {
        let (begin, end) = (4 + 2 * nth, 5 + 2 * nth);
        format!(
            " AND EXISTS (SELECT 1 FROM lead_words x WHERE x.lead_id = z.lead_id AND x.word >= \
             ${begin} AND x.word < ${end})"
        )
    });
    each.collect()
}

/// A campaign's lead under its own external id, merged or not.
pub async fn in_campaign(
    tx: &mut Tx,
    campaign: &CampaignId,
    external: &str,
) -> Result<Option<Lead>> {
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
pub async fn by_external(
    tx: &mut Tx,
    external: &str,
    client: Option<&ClientId>,
) -> Result<Vec<LeadId>> {
    let rows = all!(
        tx,
        (LeadId,),
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
pub async fn by_numbers(tx: &mut Tx, e164: &[&str]) -> Result<Vec<(String, LeadId, ClientId)>> {
    if e164.is_empty() {
        return Ok(Vec::new());
    }
    Ok(all_in!(
        tx,
        (String, LeadId, ClientId),
        "SELECT DISTINCT n.e164, COALESCE(m.into_id, l.id) AS id, l.client_id FROM lead_numbers n \
         JOIN leads l ON l.id = n.lead_id JOIN campaigns c ON c.id = l.campaign_id LEFT JOIN \
         lead_merges m ON m.lead_id = l.id AND m.split_at IS NULL
         WHERE c.closed_at IS NULL AND n.e164 IN (",
        e164,
        ") ORDER BY id"
    )?)
}

/// A campaign and what it needs.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Campaign {
    pub id: CampaignId,
    pub client_id: ClientId,
    pub client: String,
    pub name: String,
    pub checklist_id: ChecklistId,
    /// When it ended; null: it is running.
    pub closed_at: Option<WallTime>,
}

const CAMPAIGN: &str = "SELECT c.id, c.client_id, k.name AS client, c.name, c.checklist_id, c.closed_at FROM \
    campaigns c JOIN clients k ON k.id = c.client_id";

/// A campaign, closed or not.
pub async fn campaign(tx: &mut Tx, id: &CampaignId) -> Result<Option<Campaign>> {
    Ok(one!(
        tx,
        Campaign,
        sqlx::AssertSqlSafe(format!("{CAMPAIGN} WHERE c.id = $1")),
        id
    )?)
}

/// Campaigns of this very name: each client may have one.
pub async fn campaigns_by_name(tx: &mut Tx, name: &str) -> Result<Vec<Campaign>> {
    Ok(all!(
        tx,
        Campaign,
        sqlx::AssertSqlSafe(format!("{CAMPAIGN} WHERE c.name = $1")),
        name
    )?)
}

/// The campaigns of somebody's clients that are open, by name.
///
/// # Errors
/// When the database fails.
pub async fn open_campaigns(tx: &mut Tx, person: &PersonId) -> Result<Vec<Campaign>> {
    let sql = format!(
        "{CAMPAIGN} JOIN person_clients x ON x.client_id = c.client_id AND x.person_id = $1 WHERE \
         c.closed_at IS NULL ORDER BY c.name, c.id"
    );
    Ok(all!(tx, Campaign, sqlx::AssertSqlSafe(sql), person)?)
}

/// All campaigns of somebody's clients, by name.
///
/// # Errors
/// When the database fails.
pub async fn all_campaigns(tx: &mut Tx, person: &PersonId) -> Result<Vec<Campaign>> {
    let sql = format!(
        "{CAMPAIGN} JOIN person_clients x ON x.client_id = c.client_id AND x.person_id = $1 ORDER \
         BY c.name, c.id"
    );
    Ok(all!(tx, Campaign, sqlx::AssertSqlSafe(sql), person)?)
}

/// A campaign that another row points at.
///
/// # Errors
/// [`StoreError::Broken`] when it is gone.
pub async fn existing_campaign(tx: &mut Tx, id: &CampaignId) -> Result<Campaign> {
    campaign(tx, id)
        .await?
        .ok_or_else(|| StoreError::gone("campaign", id))
}

/// A lead that another row points at.
///
/// # Errors
/// [`StoreError::Broken`] when it is gone.
pub async fn existing(tx: &mut Tx, id: &LeadId) -> Result<Lead> {
    by_id(tx, id)
        .await?
        .ok_or_else(|| StoreError::gone("lead", id))
}

/// Opens a campaign; gives its id. The sources that every client begins with are there then.
///
/// # Errors
/// A duplicate when the client has one of that name; refused when the checklist is another
/// client's.
pub async fn add_campaign(
    tx: &mut Tx,
    by: &Actor,
    client: &ClientId,
    name: &str,
    checklist: &ChecklistId,
    now: WallTime,
) -> Result<CampaignId> {
    let own = one!(
        tx,
        (String,),
        "SELECT id FROM checklists WHERE id = $1 AND client_id = $2",
        checklist,
        client
    )?;
    if own.is_none() {
        return Err(StoreError::Refused(
            "this checklist belongs to another client: copy it for this one first".to_owned(),
        ));
    }
    sources::seed(tx, client).await?;
    let id: CampaignId = new_id();
    run!(
        tx,
        "INSERT INTO campaigns (id, client_id, name, checklist_id, created_at) VALUES ($1, $2, \
         $3, $4, $5)",
        &id,
        client,
        name,
        checklist,
        now
    )?;
    let (subject, detail) = (format!("campaign:{id}"), json!({ "checklist": checklist }));
    log::append(tx, by, "campaign.opened", subject, detail, now).await?;
    Ok(id)
}

/// The lead that has taken this one in.
pub async fn merged_into(tx: &mut Tx, lead: &LeadId) -> Result<Option<LeadId>> {
    Ok(one!(
        tx,
        (LeadId,),
        "SELECT into_id FROM lead_merges WHERE lead_id = $1 AND split_at IS NULL",
        lead
    )?
    .map(|r| r.0))
}
