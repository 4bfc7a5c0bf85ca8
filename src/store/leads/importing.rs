//! Leads that come in as a list: rows go in a few at a time, so that nobody waits for a long list.

use crate::leads::finding::folded;
use crate::leads::import::NewLead;
use crate::leads::interaction;
use crate::store::leads::{Campaign, changing, interactions, joining, words, work};
use crate::store::{Actor, Result, StoreError, Tx, insert, log, new_id, run};
use crate::units::{ClientId, ImportId, LeadId, WallTime};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What rows came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Took {
    /// New leads.
    pub added: usize,
    /// Leads that were there and were brought up to date.
    pub changed: usize,
    /// Calls made before that belong to them now.
    pub joined: u64,
}

impl std::ops::AddAssign for Took {
    fn add_assign(&mut self, other: Took) {
        self.added += other.added;
        self.changed += other.changed;
        self.joined += other.joined;
    }
}

/// So many rows share their statements.
const AT_ONCE: usize = 500;

/// Takes in a list of leads in one transaction: adds those that are new and brings the others up to
/// date; gives how many are new. `bad` rows were left out before.
///
/// # Errors
/// [`StoreError::Refused`] when the campaign is over.
pub async fn import(
    tx: &mut Tx,
    by: &Actor,
    campaign: &Campaign,
    leads: &[NewLead],
    bad: usize,
    now: WallTime,
) -> Result<usize> {
    is_running(campaign)?;
    let mut took = Took::default();
    for rows in leads.chunks(AT_ONCE) {
        took += put(tx, by, (campaign, None), rows, now).await?;
    }
    let detail = json!({
        "added": took.added,
        "rows": leads.len(),
        "bad": bad,
        "calls": took.joined,
    });
    let subject = format!("campaign:{}", campaign.id);
    log::append(tx, by, "leads.imported", subject, detail, now).await?;
    Ok(took.added)
}

/// Refuses leads of a campaign that is over.
pub(super) fn is_running(campaign: &Campaign) -> Result<()> {
    match campaign.closed_at {
        None => Ok(()),
        Some(_) => Err(StoreError::Refused(format!(
            "The campaign {} is over: a manager reopens it under Plans, or choose another",
            campaign.name
        ))),
    }
}

/// A row with the lead that it is.
struct Placed<'a> {
    id: LeadId,
    is_new: bool,
    row: &'a NewLead,
}

/// Adds leads or brings them up to date, and gives them the calls that were made to their numbers.
pub(super) async fn put(
    tx: &mut Tx,
    by: &Actor,
    (campaign, import): (&Campaign, Option<&ImportId>),
    rows: &[NewLead],
    now: WallTime,
) -> Result<Took> {
    if rows.is_empty() {
        return Ok(Took::default());
    }
    let was = match import {
        Some(_) => changing::of_rows(tx, campaign, rows).await?,
        None => changing::Known::default(),
    };
    let placed = put_rows(tx, campaign, rows, now).await?;
    begin(tx, by, import, &placed, now).await?;
    let numbers = put_numbers(tx, &placed).await?;
    put_words(tx, campaign, &placed).await?;
    put_interactions(tx, by, import, &placed, now).await?;
    if let Some(import) = import {
        changing::keep(tx, import, &was, now).await?;
    }
    let numbers: BTreeSet<&str> = numbers.iter().map(String::as_str).collect();
    let (leads, joined) = joining::join(tx, &campaign.client_id, &numbers).await?;
    work::follow(tx, by, &leads, now).await?;
    let added = placed.iter().filter(|p| p.is_new).count();
    Ok(Took {
        added,
        changed: placed.len() - added,
        joined,
    })
}

fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Which lead each row is now. Of two rows with one id the later one holds.
async fn put_rows<'a>(
    tx: &mut Tx,
    campaign: &Campaign,
    rows: &'a [NewLead],
    now: WallTime,
) -> Result<Vec<Placed<'a>>> {
    let sources = super::sources::of_client(tx, &campaign.client_id).await?;
    let source = |name: &str| {
        let name = folded(name);
        let found = sources.iter().find(|s| folded(&s.name) == name);
        found.map(|s| s.id.clone())
    };
    let latest: BTreeMap<&str, &NewLead> = rows.iter().map(|r| (r.0.id.as_str(), r)).collect();
    let offered: BTreeMap<&str, (LeadId, &NewLead)> = latest
        .into_iter()
        .map(|(external, row)| (external, (new_id(), row)))
        .collect();
    let given = insert!(
        tx,
        (String, LeadId),
        "INSERT INTO leads (id, client_id, campaign_id, external_id, company, contact, \
         contact_role, source_id, source_event, theme, segment, owner, product, interactions, \
         email, company_folded, contact_folded, email_folded, created_at) ",
        offered.values(),
        |p| [
            &p.0,
            &campaign.client_id,
            &campaign.id,
            &p.1.0.id,
            &p.1.0.company,
            text(p.1.0.contact.reveal()),
            text(&p.1.0.role),
            source(&p.1.0.source),
            text(&p.1.0.source_event),
            text(&p.1.0.theme),
            text(&p.1.0.segment),
            text(&p.1.0.owner),
            text(&p.1.0.product),
            text(&p.1.0.interactions),
            text(p.1.0.email.reveal()),
            folded(&p.1.0.company),
            folded(p.1.0.contact.reveal()),
            folded(p.1.0.email.reveal()),
            now,
        ],
        // A list that does not speak of something takes nothing away.
        " ON CONFLICT (campaign_id, external_id) DO UPDATE SET company = excluded.company, contact \
         = COALESCE(excluded.contact, leads.contact), contact_role = \
         COALESCE(excluded.contact_role, leads.contact_role), source_id = \
         COALESCE(excluded.source_id, leads.source_id), source_event = \
         COALESCE(excluded.source_event, leads.source_event), theme = COALESCE(excluded.theme, \
         leads.theme), segment = COALESCE(excluded.segment, leads.segment), owner = \
         COALESCE(excluded.owner, leads.owner), product = COALESCE(excluded.product, \
         leads.product), interactions = COALESCE(excluded.interactions, leads.interactions), email \
         = COALESCE(excluded.email, leads.email), company_folded = excluded.company_folded, \
         contact_folded = CASE WHEN excluded.contact IS NULL THEN leads.contact_folded ELSE \
         excluded.contact_folded END, email_folded = CASE WHEN excluded.email IS NULL THEN \
         leads.email_folded ELSE excluded.email_folded END RETURNING external_id, id"
    )?;
    let placed = given.into_iter().filter_map(|(external, id)| {
        let (new, row) = offered.get(external.as_str())?;
        Some(Placed {
            is_new: *new == id,
            id,
            row,
        })
    });
    Ok(placed.collect())
}

/// New leads enter the first stage, on the day they came in.
async fn begin(
    tx: &mut Tx,
    by: &Actor,
    import: Option<&ImportId>,
    placed: &[Placed<'_>],
    now: WallTime,
) -> Result<()> {
    let new: Vec<&Placed<'_>> = placed.iter().filter(|p| p.is_new).collect();
    if new.is_empty() {
        return Ok(());
    }
    for p in &new {
        run!(
            tx,
            "UPDATE lead_work SET import_id = $2, due_at = due_at + $3 - received_at, received_at \
             = $3, is_worded = 1 WHERE lead_id = $1",
            &p.id,
            import,
            p.row.0.received_at().unwrap_or(now)
        )?;
    }
    insert!(
        tx,
        (),
        "INSERT INTO lead_stages (lead_id, nth, at, actor, stage) ",
        new,
        |p| [
            &p.id,
            1_i64,
            p.row.0.received_at().unwrap_or(now),
            by.as_str(),
            "suspect"
        ],
        ""
    )?;
    Ok(())
}

/// Gives the numbers that a lead did not have before.
async fn put_numbers(tx: &mut Tx, placed: &[Placed<'_>]) -> Result<Vec<String>> {
    let rows: Vec<(&LeadId, &String, &String)> = placed
        .iter()
        .flat_map(|p| p.row.1.iter().map(|(e164, given)| (&p.id, e164, given)))
        .collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let new = insert!(
        tx,
        (String,),
        "INSERT INTO lead_numbers (lead_id, e164, as_given) ",
        rows,
        |row| [row.0, row.1, row.2],
        " ON CONFLICT (lead_id, e164) DO NOTHING RETURNING e164"
    )?;
    Ok(new.into_iter().map(|r| r.0).collect())
}

/// What their contacts read or attended, where the list says when.
async fn put_interactions(
    tx: &mut Tx,
    by: &Actor,
    import: Option<&ImportId>,
    placed: &[Placed<'_>],
    now: WallTime,
) -> Result<()> {
    let mut said = Vec::new();
    for p in placed {
        let dated = interaction::dated(&p.row.0.interactions, now);
        said.extend(dated.into_iter().map(|one| (p.id.clone(), one)));
    }
    interactions::put(tx, by, import, &said, now).await?;
    Ok(())
}

/// The words by which these leads are found.
async fn put_words(tx: &mut Tx, campaign: &Campaign, placed: &[Placed<'_>]) -> Result<()> {
    let known = placed.iter().filter(|p| !p.is_new);
    let known: Vec<LeadId> = known.map(|p| p.id.clone()).collect();
    words::reword(tx, &known).await?;
    let words: Vec<(ClientId, LeadId, String)> = placed
        .iter()
        .filter(|p| p.is_new)
        .flat_map(|p| {
            let row = &p.row.0;
            let names = [
                row.company.as_str(),
                &row.id,
                row.contact.reveal(),
                row.email.reveal(),
            ];
            let numbers = p.row.1.iter().flat_map(|(e164, given)| [&**e164, &**given]);
            let words = words::of(names, numbers);
            words
                .into_iter()
                .map(|word| (campaign.client_id.clone(), p.id.clone(), word))
        })
        .collect();
    words::insert(tx, &words).await
}
