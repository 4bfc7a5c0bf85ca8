//! Imports: a list that comes in a few rows at a time, with its progress, its bad rows, and the way
//! back as long as nothing hangs on its leads.

use crate::leads::finding::folded;
use crate::leads::import::{BadRow, DuplicateBy, Mapping, NewLead};
use crate::pii::Pii;
use crate::store::leads::changing::KEPT;
use crate::store::leads::importing::{self, Took};
use crate::store::leads::{Campaign, existing_campaign};
use crate::store::{Actor, Result, StoreError, Tx, all, all_in, insert, log, new_id, one, run};
use crate::units::{CampaignId, ClientId, ImportId, LeadId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

/// An import.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Import {
    pub id: ImportId,
    pub client_id: ClientId,
    pub campaign_id: CampaignId,
    pub campaign: String,
    /// Empty: not said.
    pub supplier: String,
    pub file_name: String,
    pub began_at: WallTime,
    /// Null: under way, or its process ended before it did.
    pub ended_at: Option<WallTime>,
    /// Null: it stands.
    pub undone_at: Option<WallTime>,
    /// Why it ended before its list did.
    pub trouble: Option<String>,
    /// Rows of the list.
    pub total: i64,
    pub added: i64,
    pub changed: i64,
    pub bad: i64,
    /// Duplicates that were left out.
    pub skipped: i64,
    /// Calls made before that belong to its leads now.
    pub joined: i64,
}

impl Import {
    /// Whether what leads were before it is forgotten, of all or of some that it changed.
    #[must_use]
    pub fn is_forgotten(&self, now: WallTime) -> bool {
        self.changed > 0 && self.began_at < now - KEPT
    }
}

const IMPORT: &str = "SELECT i.id, i.client_id, i.campaign_id, c.name AS campaign, i.supplier, \
    i.file_name, i.began_at, i.ended_at, i.undone_at, i.trouble, i.total, i.added, i.changed, \
    i.bad, i.skipped, i.joined FROM imports i JOIN campaigns c ON c.id = i.campaign_id";

/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &ImportId) -> Result<Option<Import>> {
    let sql = format!("{IMPORT} WHERE i.id = $1");
    Ok(one!(tx, Import, sqlx::AssertSqlSafe(sql), id)?)
}

/// Imports for somebody's clients, the newest first, at most 50.
///
/// # Errors
/// When the database fails.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<Vec<Import>> {
    let sql = format!(
        "{IMPORT} JOIN person_clients pc ON pc.client_id = i.client_id AND pc.person_id = $1 ORDER \
         BY i.began_at DESC, i.id DESC LIMIT 50"
    );
    Ok(all!(tx, Import, sqlx::AssertSqlSafe(sql), person)?)
}

/// Whether a list is being taken in, or its process ended before it was.
///
/// # Errors
/// When the database fails.
pub async fn any_under_way(tx: &mut Tx) -> Result<bool> {
    let sql = "SELECT id FROM imports WHERE ended_at IS NULL LIMIT 1";
    Ok(one!(tx, (ImportId,), sql)?.is_some())
}

/// Rows that were left out, as lines of the file.
///
/// # Errors
/// When the database fails.
pub async fn bad_rows(tx: &mut Tx, id: &ImportId) -> Result<Vec<(i64, String, String)>> {
    Ok(all!(
        tx,
        (i64, String, String),
        "SELECT line, reason, content FROM import_bad WHERE import_id = $1 ORDER BY nth LIMIT 100000",
        id
    )?)
}

/// The columns of a supplier's last list, as a JSON object: ours to theirs.
///
/// # Errors
/// When the database fails.
pub async fn kept_map(tx: &mut Tx, client: &ClientId, supplier: &str) -> Result<Vec<Mapping>> {
    let found = one!(
        tx,
        (String,),
        "SELECT columns FROM import_maps WHERE client_id = $1 AND supplier = $2",
        client,
        supplier
    )?;
    let map: BTreeMap<String, String> = match found {
        Some((text,)) => serde_json::from_str(&text)?,
        None => BTreeMap::new(),
    };
    Ok(map.into_iter().collect())
}

/// What begins.
#[derive(Debug, Clone)]
pub struct NewImport<'a> {
    pub campaign: &'a Campaign,
    pub supplier: &'a str,
    pub file_name: &'a str,
    pub map: &'a [Mapping],
    /// Rows of the list.
    pub total: usize,
}

/// An import begins; the supplier's columns are kept.
///
/// # Errors
/// [`StoreError::Refused`] when the campaign is over.
pub async fn begin(
    tx: &mut Tx,
    by: &Actor,
    new: &NewImport<'_>,
    now: WallTime,
) -> Result<ImportId> {
    importing::is_running(new.campaign)?;
    let id: ImportId = new_id();
    run!(
        tx,
        "INSERT INTO imports (id, client_id, campaign_id, supplier, file_name, actor, began_at, \
         total) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &id,
        &new.campaign.client_id,
        &new.campaign.id,
        new.supplier,
        new.file_name,
        by.as_str(),
        now,
        new.total as i64
    )?;
    if !new.map.is_empty() {
        let map: BTreeMap<&str, &str> = new.map.iter().map(|(o, t)| (&**o, &**t)).collect();
        run!(
            tx,
            "INSERT INTO import_maps (client_id, supplier, columns, at) VALUES ($1, $2, $3, $4) ON \
             CONFLICT (client_id, supplier) DO UPDATE SET columns = excluded.columns, at = \
             excluded.at",
            &new.campaign.client_id,
            new.supplier,
            serde_json::to_string(&map)?,
            now
        )?;
    }
    let detail = json!({ "campaign": new.campaign.id, "rows": new.total });
    log::append(tx, by, "import.began", format!("import:{id}"), detail, now).await?;
    Ok(id)
}

/// What is done with a row whose number or mail another lead of the campaign has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// It is a lead of its own: a call to the number asks which it was.
    Keep,
    /// It is left out.
    Skip,
    /// It is that lead, which is brought up to date.
    Update,
}

/// What is done with duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settling {
    /// Of those that share a number or a mail address.
    pub duplicates: Duplicates,
    /// Rows that share nothing but the company are left out; else they are leads of their own.
    pub skip_companies: bool,
}

/// A row that an import left out as a duplicate.
#[derive(Debug, Clone, FromRow)]
pub struct Duplicate {
    pub line: i64,
    pub shares: DuplicateBy,
    /// The lead that it fits, as its list calls it.
    pub with_external_id: String,
    /// Of that lead; null: it is not there any more.
    pub company: Option<Pii<String>>,
    /// As it stood in the file.
    pub content: Pii<String>,
}

/// Rows that an import left out as duplicates, in the order of the file.
///
/// # Errors
/// When the database fails.
pub async fn left_out(tx: &mut Tx, id: &ImportId) -> Result<Vec<Duplicate>> {
    Ok(all!(
        tx,
        Duplicate,
        "SELECT o.line, o.shares, o.with_external_id, l.company, o.content FROM import_left_out o \
         JOIN imports i ON i.id = o.import_id LEFT JOIN leads l ON l.campaign_id = i.campaign_id \
         AND l.external_id = o.with_external_id WHERE o.import_id = $1 ORDER BY o.nth LIMIT 100000",
        id
    )?)
}

/// The first lead of a campaign, of another id, that a row shares something with.
///
/// # Errors
/// When the database fails.
pub async fn duplicate(
    tx: &mut Tx,
    campaign: &CampaignId,
    (row, numbers): &NewLead,
) -> Result<Option<(DuplicateBy, String)>> {
    for (e164, _) in numbers {
        let found = one!(
            tx,
            (String,),
            // Crossed, so that SQLite begins with the number and not with the campaign.
            "SELECT l.external_id FROM lead_numbers n CROSS JOIN leads l WHERE l.id = n.lead_id \
             AND n.e164 = $1 AND l.campaign_id = $2 AND l.external_id <> $3 ORDER BY l.id LIMIT 1",
            e164,
            campaign,
            &row.id
        )?;
        if let Some((external,)) = found {
            return Ok(Some((DuplicateBy::Number, external)));
        }
    }
    let email = row.email.reveal();
    if !email.is_empty() {
        let found = one!(
            tx,
            (String,),
            "SELECT external_id FROM leads WHERE campaign_id = $1 AND email_folded = $2 AND \
             email_folded <> '' AND external_id <> $3 ORDER BY id LIMIT 1",
            campaign,
            folded(email),
            &row.id
        )?;
        if let Some((external,)) = found {
            return Ok(Some((DuplicateBy::Mail, external)));
        }
    }
    let found = one!(
        tx,
        (String,),
        "SELECT external_id FROM leads WHERE campaign_id = $1 AND company_folded = $2 AND \
         external_id <> $3 ORDER BY id LIMIT 1",
        campaign,
        folded(&row.company),
        &row.id
    )?;
    Ok(found.map(|(external,)| (DuplicateBy::Company, external)))
}

/// A good row of a file.
#[derive(Debug, Clone)]
pub struct GoodRow {
    /// As an editor counts them, the header being line 1.
    pub line: u64,
    /// What stood in the file.
    pub content: String,
    pub lead: NewLead,
}

/// Rows of an import, good ones and bad ones with what stood in the file.
#[derive(Debug, Default)]
pub struct Piece {
    pub good: Vec<GoodRow>,
    pub bad: Vec<(BadRow, String)>,
}

/// Takes in a piece of an import, short enough that nobody waits for it.
///
/// # Errors
/// When the database fails.
pub async fn take(
    tx: &mut Tx,
    by: &Actor,
    (import, settling): (&Import, Settling),
    piece: &Piece,
    now: WallTime,
) -> Result<Took> {
    let campaign = existing_campaign(tx, &import.campaign_id).await?;
    let (rows, left_out) = settled(tx, (import, settling), &piece.good).await?;
    leave_out(tx, import, &left_out).await?;
    let took = importing::put(tx, by, (&campaign, Some(&import.id)), &rows, now).await?;
    let from = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM import_bad WHERE import_id = $1",
        &import.id
    )?
    .map_or(0, |r| r.0);
    let bad = || (from + 1..).zip(&piece.bad);
    if !piece.bad.is_empty() {
        insert!(
            tx,
            (),
            "INSERT INTO import_bad (import_id, nth, line, reason, content) ",
            bad(),
            |row| [
                &import.id,
                row.0,
                row.1.0.line as i64,
                &row.1.0.reason,
                &row.1.1
            ],
            ""
        )?;
    }
    run!(
        tx,
        "UPDATE imports SET added = added + $2, changed = changed + $3, bad = bad + $4, skipped = \
         skipped + $5, joined = joined + $6 WHERE id = $1",
        &import.id,
        took.added as i64,
        took.changed as i64,
        piece.bad.len() as i64,
        left_out.len() as i64,
        took.joined as i64
    )?;
    Ok(took)
}

/// A row that is left out, since another lead has what it shares.
struct LeftOut<'a> {
    row: &'a GoodRow,
    shared: DuplicateBy,
    /// The other, as its list calls it.
    with: String,
}

/// Keeps which rows were left out, why, and which lead each fits.
async fn leave_out(tx: &mut Tx, import: &Import, rows: &[LeftOut<'_>]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let found = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(nth), 0) FROM import_left_out WHERE import_id = $1",
        &import.id
    )?;
    let from = found.map_or(0, |r| r.0);
    insert!(
        tx,
        (),
        "INSERT INTO import_left_out (import_id, nth, line, shares, with_external_id, content) ",
        (from + 1..).zip(rows),
        |row| [
            &import.id,
            row.0,
            row.1.row.line as i64,
            row.1.shared.as_str(),
            &row.1.with,
            &row.1.row.content
        ],
        ""
    )?;
    Ok(())
}

/// What becomes of rows that are duplicates: those that are kept, and those that are left out.
async fn settled<'a>(
    tx: &mut Tx,
    (import, settling): (&Import, Settling),
    rows: &'a [GoodRow],
) -> Result<(Vec<NewLead>, Vec<LeftOut<'a>>)> {
    let Settling {
        duplicates,
        skip_companies,
    } = settling;
    if duplicates == Duplicates::Keep && !skip_companies {
        return Ok((rows.iter().map(|r| r.lead.clone()).collect(), Vec::new()));
    }
    let mut kept = Vec::with_capacity(rows.len());
    let (mut here, mut left_out) = (Here::default(), Vec::new());
    let there = stored_ids(tx, &import.campaign_id, rows).await?;
    for good in rows {
        let row = &good.lead;
        // A lead that is there under this id is no duplicate of another.
        if there.contains(&row.0.id) {
            here.has(row);
            kept.push(row.clone());
            continue;
        }
        let stored = duplicate(tx, &import.campaign_id, row).await?;
        let is_stored = stored.is_some();
        let first = [stored, here.again(row)].into_iter().flatten();
        let (shared, with) = match first.min_by_key(|(shared, _)| *shared) {
            Some((DuplicateBy::Company, with)) if skip_companies => (DuplicateBy::Company, with),
            Some((shared, with))
                if shared < DuplicateBy::Company && duplicates != Duplicates::Keep =>
            {
                (shared, with)
            }
            _ => {
                here.has(row);
                kept.push(row.clone());
                continue;
            }
        };
        if shared < DuplicateBy::Company && is_stored && duplicates == Duplicates::Update {
            let mut row = row.clone();
            row.0.id = with;
            kept.push(row);
            continue;
        }
        left_out.push(LeftOut {
            row: good,
            shared,
            with,
        });
    }
    Ok((kept, left_out))
}

/// Which of some rows' ids are leads of a campaign.
async fn stored_ids(
    tx: &mut Tx,
    campaign: &CampaignId,
    rows: &[GoodRow],
) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    if rows.is_empty() {
        return Ok(found);
    }
    let leads = all_in!(
        tx,
        (CampaignId, String),
        "SELECT campaign_id, external_id FROM leads WHERE external_id IN (",
        rows.iter().map(|r| &r.lead.0.id),
        ")"
    )?;
    found.extend(leads.into_iter().filter(|l| l.0 == *campaign).map(|l| l.1));
    Ok(found)
}

/// Rows of a piece that are kept, by what they have, with their ids: they are not stored yet.
#[derive(Default)]
struct Here<'a> {
    numbers: BTreeMap<&'a str, &'a str>,
    mails: BTreeMap<String, &'a str>,
    companies: BTreeMap<String, &'a str>,
    ids: BTreeSet<&'a str>,
}

impl<'a> Here<'a> {
    fn has(&mut self, (row, numbers): &'a NewLead) {
        let id = row.id.as_str();
        self.ids.insert(id);
        for (e164, _) in numbers {
            self.numbers.entry(e164).or_insert(id);
        }
        self.companies.entry(folded(&row.company)).or_insert(id);
        if !row.email.reveal().is_empty() {
            self.mails.entry(folded(row.email.reveal())).or_insert(id);
        }
    }

    /// What a row shares with one of another id before it, and with which.
    fn again(&self, (row, numbers): &NewLead) -> Option<(DuplicateBy, String)> {
        if self.ids.contains(row.id.as_str()) {
            return None;
        }
        let number = numbers
            .iter()
            .find_map(|(e164, _)| self.numbers.get(e164.as_str()));
        let mail = || self.mails.get(&folded(row.email.reveal()));
        let company = || self.companies.get(&folded(&row.company));
        let found = number.map(|id| (DuplicateBy::Number, id));
        let found = found.or_else(|| mail().map(|id| (DuplicateBy::Mail, id)));
        let found = found.or_else(|| company().map(|id| (DuplicateBy::Company, id)));
        found.map(|(shared, id)| (shared, (*id).to_owned()))
    }
}

/// An import ends: with its list, or before it.
///
/// # Errors
/// When the database fails.
pub async fn finish(
    tx: &mut Tx,
    by: &Actor,
    id: &ImportId,
    trouble: Option<&str>,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "UPDATE imports SET ended_at = $2, trouble = $3 WHERE id = $1 AND ended_at IS NULL",
        id,
        now,
        trouble
    )?;
    let Some(import) = by_id(tx, id).await? else {
        return Err(StoreError::gone("import", id));
    };
    let detail = json!({
        "import": id,
        "added": import.added,
        "changed": import.changed,
        "bad": import.bad,
        "skipped": import.skipped,
        "calls": import.joined,
        "whole": trouble.is_none(),
    });
    let subject = format!("campaign:{}", import.campaign_id);
    log::append(tx, by, "leads.imported", subject, detail, now).await
}

/// Imports whose process ended before their list did have ended.
///
/// # Errors
/// When the database fails.
pub async fn interrupted(tx: &mut Tx, now: WallTime) -> Result<()> {
    let sql = "SELECT id FROM imports WHERE ended_at IS NULL";
    for (id,) in all!(tx, (ImportId,), sql)? {
        let why = "the box was ended before the list was in";
        finish(tx, &Actor::System, &id, Some(why), now).await?;
    }
    Ok(())
}

/// What of an import nothing hangs on: no call, claim, word, question or other lead.
const FREE: &str = "SELECT w.lead_id FROM lead_work w WHERE w.import_id = $1 AND w.stage = \
    'suspect' AND w.attempts = 0 AND w.contacts = 0 AND NOT EXISTS (SELECT 1 FROM calls k WHERE \
    k.lead_id = w.lead_id) AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.lead_id = w.lead_id) \
    AND NOT EXISTS (SELECT 1 FROM call_lead_candidates q WHERE q.lead_id = w.lead_id) AND NOT \
    EXISTS (SELECT 1 FROM lead_dispositions d WHERE d.lead_id = w.lead_id) AND NOT EXISTS (SELECT \
    1 FROM lead_merges m WHERE m.lead_id = w.lead_id OR m.into_id = w.lead_id) AND NOT EXISTS \
    (SELECT 1 FROM second_reviews o WHERE o.lead_id = w.lead_id) LIMIT $2";

/// Begins to undo an import: what it brought and nothing hangs on goes, by [`forget`]; what it
/// changed comes back, by [`give_back`].
///
/// [`give_back`]: crate::store::leads::changing::give_back
///
/// # Errors
/// [`StoreError::Conflict`] while it is under way, and once it is undone.
pub async fn undo(tx: &mut Tx, by: &Actor, import: &Import, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE imports SET undone_at = $2 WHERE id = $1 AND undone_at IS NULL AND ended_at IS NOT \
         NULL",
        &import.id,
        now
    )?;
    crate::store::changed_one(rows, "this import is under way, or undone already")?;
    let subject = format!("import:{}", import.id);
    log::append(tx, by, "import.undone", subject, json!({}), now).await
}

/// Imports that were undone, be it in part.
///
/// # Errors
/// When the database fails.
pub async fn undone(tx: &mut Tx) -> Result<Vec<ImportId>> {
    let sql = "SELECT id FROM imports WHERE undone_at IS NOT NULL ORDER BY undone_at";
    let rows = all!(tx, (ImportId,), sql)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Takes out some leads of an import that is undone; gives how many, 0 when none is left.
///
/// # Errors
/// When the database fails, or something hangs on one after all: nothing is taken out then.
pub async fn forget(tx: &mut Tx, import: &ImportId, most: i64) -> Result<u64> {
    let free = all!(tx, (LeadId,), FREE, import, most)?;
    let mut gone = 0;
    for (lead,) in free {
        for sql in [
            "DELETE FROM import_changes WHERE lead_id = $1",
            "DELETE FROM leads_apart WHERE lead_id = $1 OR other_id = $1",
            "DELETE FROM lead_interactions WHERE lead_id = $1",
            "DELETE FROM lead_words WHERE lead_id = $1",
            "DELETE FROM lead_numbers WHERE lead_id = $1",
            "DELETE FROM lead_stages WHERE lead_id = $1",
            "DELETE FROM lead_work WHERE lead_id = $1",
        ] {
            run!(tx, sql, &lead)?;
        }
        gone += run!(tx, "DELETE FROM leads WHERE id = $1", &lead)?;
    }
    Ok(gone)
}

/// How many leads of an import are still there.
///
/// # Errors
/// When the database fails.
pub async fn left(tx: &mut Tx, import: &ImportId) -> Result<i64> {
    let found = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM lead_work WHERE import_id = $1",
        import
    )?;
    Ok(found.map_or(0, |r| r.0))
}
