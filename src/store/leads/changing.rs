//! What a list changes of leads that are there: kept for [`KEPT`], so that undoing the list gives
//! it back. What somebody has changed since stays as they left it.

use crate::leads::import::NewLead;
use crate::pii::Pii;
use crate::store::leads::{Campaign, words};
use crate::store::{Result, Tx, all, all_in, insert, run};
use crate::units::{ImportId, LeadId, Micros, SourceId, WallTime};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::collections::{BTreeMap, HashSet};

/// Personal data is not kept longer than anybody undoes a list.
pub const KEPT: Micros = Micros::from_secs(30 * 86_400);

/// What a row of a list says of a lead.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
pub struct Said {
    pub company: Pii<String>,
    pub contact: Option<Pii<String>>,
    pub contact_role: Option<String>,
    pub source_id: Option<SourceId>,
    pub source_event: Option<String>,
    pub theme: Option<String>,
    pub segment: Option<String>,
    pub owner: Option<String>,
    pub product: Option<String>,
    pub interactions: Option<String>,
    pub email: Option<Pii<String>>,
    /// In E.164.
    #[sqlx(skip)]
    pub numbers: HashSet<Pii<String>>,
}

#[derive(FromRow)]
struct Row {
    id: LeadId,
    #[sqlx(flatten)]
    said: Said,
}

const SAID: &str = "SELECT id, company, contact, contact_role, source_id, source_event, theme, \
    segment, owner, product, interactions, email FROM leads WHERE ";

/// Leads, and what is said of each.
pub(super) type Known = BTreeMap<LeadId, Said>;

async fn with_numbers(tx: &mut Tx, rows: Vec<Row>) -> Result<Known> {
    let mut known: Known = rows.into_iter().map(|r| (r.id, r.said)).collect();
    if known.is_empty() {
        return Ok(known);
    }
    let numbers = all_in!(
        tx,
        (LeadId, Pii<String>),
        "SELECT lead_id, e164 FROM lead_numbers WHERE lead_id IN (",
        known.keys(),
        ")"
    )?;
    for (lead, number) in numbers {
        if let Some(said) = known.get_mut(&lead) {
            said.numbers.insert(number);
        }
    }
    Ok(known)
}

/// What is said of the leads of a campaign that rows are about, before they come in.
pub(super) async fn of_rows(tx: &mut Tx, campaign: &Campaign, rows: &[NewLead]) -> Result<Known> {
    let before = format!(
        "{SAID} campaign_id = '{}' AND external_id IN (",
        campaign.id
    );
    let ids = rows.iter().map(|r| &r.0.id);
    let found = all_in!(tx, Row, before.as_str(), ids, ")")?;
    with_numbers(tx, found).await
}

async fn of_leads(tx: &mut Tx, leads: impl Iterator<Item = &LeadId>) -> Result<Known> {
    let before = format!("{SAID} id IN (");
    let found = all_in!(tx, Row, before.as_str(), leads, ")")?;
    with_numbers(tx, found).await
}

/// Keeps what rows of a list have changed. Of a lead that two rows of a list change, what was
/// before the first is kept.
pub(super) async fn keep(tx: &mut Tx, import: &ImportId, was: &Known, now: WallTime) -> Result<()> {
    if was.is_empty() {
        return Ok(());
    }
    let is_now = of_leads(tx, was.keys()).await?;
    let changed = is_now.iter().filter_map(|(lead, is)| {
        let was = was.get(lead).filter(|was| *was != is)?;
        Some((lead, was, is))
    });
    let mut rows = Vec::new();
    for (lead, was, is) in changed {
        let json = |said: &Said| serde_json::to_string(said).map(Pii::new);
        rows.push((lead, json(was)?, json(is)?));
    }
    if rows.is_empty() {
        return Ok(());
    }
    insert!(
        tx,
        (),
        "INSERT INTO import_changes (import_id, lead_id, was, is_now, at) ",
        &rows,
        |row| [import, row.0, row.1.reveal(), row.2.reveal(), now],
        " ON CONFLICT (import_id, lead_id) DO UPDATE SET is_now = excluded.is_now"
    )?;
    Ok(())
}

/// What giving some leads back came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// Leads that are as they were before the list.
    pub restored: u64,
    /// Leads that stay as they are, because somebody changed them since.
    pub kept: u64,
}

impl std::ops::AddAssign for GivenBack {
    fn add_assign(&mut self, other: GivenBack) {
        self.restored += other.restored;
        self.kept += other.kept;
    }
}

/// Gives some leads of an import that is undone back what they were; none are left once it gives
/// nothing back and keeps nothing.
///
/// # Errors
/// When the database fails, or what was kept does not read.
pub async fn give_back(tx: &mut Tx, import: &ImportId, most: i64) -> Result<GivenBack> {
    let kept = all!(
        tx,
        (LeadId, Pii<String>, Pii<String>),
        "SELECT lead_id, was, is_now FROM import_changes WHERE import_id = $1 ORDER BY lead_id \
         LIMIT $2",
        import,
        most
    )?;
    let (mut given, mut restored) = (GivenBack::default(), Vec::new());
    if kept.is_empty() {
        return Ok(given);
    }
    let today = of_leads(tx, kept.iter().map(|(lead, ..)| lead)).await?;
    for (lead, was, left) in &kept {
        let was: Said = serde_json::from_str(was.reveal())?;
        let left: Said = serde_json::from_str(left.reveal())?;
        if today.get(lead) == Some(&left) {
            put_back(tx, (import, lead), &was, &left).await?;
            restored.push(lead.clone());
            given.restored += 1;
        } else {
            given.kept += 1;
        }
        run!(
            tx,
            "DELETE FROM import_changes WHERE import_id = $1 AND lead_id = $2",
            import,
            lead
        )?;
    }
    words::reword(tx, &restored).await?;
    Ok(given)
}

async fn put_back(
    tx: &mut Tx,
    (import, lead): (&ImportId, &LeadId),
    was: &Said,
    is_now: &Said,
) -> Result<()> {
    run!(
        tx,
        "UPDATE leads SET company = $2, contact = $3, contact_role = $4, source_id = $5, \
         source_event = $6, theme = $7, segment = $8, owner = $9, product = $10, interactions = \
         $11, email = $12 WHERE id = $1",
        lead,
        was.company.reveal(),
        was.contact.as_ref().map(Pii::reveal),
        was.contact_role.as_ref(),
        was.source_id.as_ref(),
        was.source_event.as_ref(),
        was.theme.as_ref(),
        was.segment.as_ref(),
        was.owner.as_ref(),
        was.product.as_ref(),
        was.interactions.as_ref(),
        was.email.as_ref().map(Pii::reveal)
    )?;
    run!(
        tx,
        "DELETE FROM lead_interactions WHERE lead_id = $1 AND import_id = $2",
        lead,
        import
    )?;
    // A number by which a call was found stays the lead's.
    for number in is_now.numbers.difference(&was.numbers) {
        run!(
            tx,
            "DELETE FROM lead_numbers WHERE lead_id = $1 AND e164 = $2 AND NOT EXISTS (SELECT 1 \
             FROM calls c WHERE c.lead_id = $1 AND c.prospect_e164 = $2)",
            lead,
            number.reveal()
        )?;
    }
    Ok(())
}

/// Forgets what lists changed that nobody undoes any more; gives of how many leads.
///
/// # Errors
/// When the database fails.
pub async fn forget_old(tx: &mut Tx, now: WallTime) -> Result<u64> {
    Ok(run!(
        tx,
        "DELETE FROM import_changes WHERE at < $1",
        now - KEPT
    )?)
}
