//! Lists of leads that marketing and managers bring in from the browser (PRODUCT L1). The file is
//! sent twice, to be looked at and to be taken in: nothing of it is kept in between.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::people::machine::Machine;
use crate::api::problem::Problem;
use crate::api::sheet::{Cell, sheet};
use crate::jobs::importing::{self, List};
use crate::leads::import::{self, Checks, DuplicateBy, Mapping};
use crate::leads::table;
use crate::store::leads::imports::{self, Duplicates, Settling};
use crate::store::leads::{self, Campaign, sources};
use crate::store::{Actor, StoreError, Tx};
use crate::units::{CampaignId, ImportId, WallTime};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};

/// A million rows take some hundred megabytes.
const LARGEST: usize = 256 << 20;
/// So many rows of a file are looked up for duplicates before it is taken in.
const LOOKED_UP: usize = 2_000;
/// So many of each kind are shown.
const SHOWN: usize = 50;

/// What is done with a row whose number or mail another lead has.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDuplicate {
    /// It is a lead of its own.
    #[default]
    Keep,
    /// It is left out.
    Skip,
    /// It is that lead, and brings it up to date.
    Update,
}

/// What is done with a row that shares nothing but its company with another lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnCompany {
    /// It is a lead of its own: a firm may have several.
    #[default]
    Keep,
    /// It is left out.
    Skip,
}

/// Whose list it is, and how it is read.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListWanted {
    campaign: CampaignId,
    /// Whose list: their columns are kept.
    #[serde(default)]
    supplier: String,
    #[serde(default)]
    file: String,
    /// Our columns to the file's, as a JSON object; without it, as the supplier's last list had
    /// them, else guessed.
    columns: Option<String>,
    #[serde(default)]
    #[param(inline)]
    duplicates: OnDuplicate,
    #[serde(default)]
    #[param(inline)]
    companies: OnCompany,
}

impl ListWanted {
    fn map(&self) -> Result<Option<Vec<Mapping>>, Problem> {
        let Some(text) = &self.columns else {
            return Ok(None);
        };
        let map: BTreeMap<String, String> = serde_json::from_str(text).map_err(|_| {
            Problem::bad("'columns' is a JSON object of our columns to the file's.")
        })?;
        for ours in map.keys() {
            import::mapping(&format!("{ours}=")).map_err(Problem::bad)?;
        }
        Ok(Some(
            map.into_iter()
                .filter(|(_, theirs)| !theirs.is_empty())
                .collect(),
        ))
    }
}

async fn campaign_of(tx: &mut Tx, who: &Who, id: &CampaignId) -> Result<Campaign, Problem> {
    leads::campaign(tx, id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)
}

/// The file's text. One file at a time is in memory, whoever sends it.
async fn body(app: &App, request: Request) -> Result<(OwnedSemaphorePermit, Vec<u8>), Problem> {
    let turn = app.importing.clone().try_acquire_owned().map_err(|_| {
        Problem::conflict("Another list is being taken in: try again when it is done.")
    })?;
    let bytes = axum::body::to_bytes(request.into_body(), LARGEST).await;
    let bytes = bytes.map_err(|_| {
        Problem::bad("The file is larger than 256 MB, or did not come whole: split it in two.")
    })?;
    Ok((turn, bytes.to_vec()))
}

/// A column of the file.
#[derive(Serialize, ToSchema)]
pub struct FileColumn {
    name: String,
    /// Ours, as it is mapped or guessed.
    #[schema(required)]
    ours: Option<String>,
    /// What the first rows hold.
    samples: Vec<String>,
}

/// A row that would be left out.
#[derive(Serialize, ToSchema)]
pub struct BadLine {
    line: u64,
    reason: String,
}

/// A row that shares something with a lead that is there.
#[derive(Serialize, ToSchema)]
pub struct DuplicateRow {
    line: u64,
    company: String,
    shares: DuplicateBy,
    /// The lead's own number.
    with: String,
}

/// What would become of a file.
#[derive(Serialize, ToSchema)]
pub struct ImportPreview {
    encoding: &'static str,
    separator: String,
    columns: Vec<FileColumn>,
    /// Columns of ours that a file may have.
    ours: Vec<&'static str>,
    /// Why the file cannot be taken in with these columns.
    #[schema(required)]
    trouble: Option<String>,
    good: usize,
    bad: usize,
    /// The first of them.
    bad_rows: Vec<BadLine>,
    /// Among the first 2,000 good rows.
    duplicates: usize,
    duplicate_rows: Vec<DuplicateRow>,
}

/// Looks at a file: its columns, the rows that would be left out, and duplicates. Nothing is
/// stored.
#[utoipa::path(
    post,
    path = "/imports/preview",
    params(ListWanted),
    request_body(content = Vec<u8>, content_type = "text/csv"),
    responses((status = 200, body = ImportPreview))
)]
pub async fn preview(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<ListWanted>, QueryRejection>,
    request: Request,
) -> Result<Json<ImportPreview>, Problem> {
    let Query(asked) = asked?;
    let mut tx = app.db.read().await?;
    let campaign = campaign_of(&mut tx, &who, &asked.campaign).await?;
    drop(tx);
    let (_turn, bytes) = body(&app, request).await?;
    let (text, encoding) = table::text(bytes);
    let names = import::names(&text).map_err(Problem::bad)?;
    let mut tx = app.db.read().await?;
    let map = match asked.map()? {
        Some(map) => map,
        None => kept_or_guessed(&mut tx, &campaign, &asked.supplier, &names).await?,
    };
    let sources = sources::names(&mut tx, &campaign.client_id).await?;
    let checks = Checks {
        numbers: &app.numbers,
        sources: &sources,
        now: app.clock.now(),
    };
    let mut shown = ImportPreview {
        encoding: encoding.name(),
        separator: table::separator(&text).to_string(),
        columns: columns(&text, &names, &map),
        ours: import::COLUMNS.to_vec(),
        trouble: None,
        good: 0,
        bad: 0,
        bad_rows: Vec::new(),
        duplicates: 0,
        duplicate_rows: Vec::new(),
    };
    match import::rows(&text, &checks, &map) {
        Ok(rows) => look(&mut tx, &campaign, rows, &mut shown).await?,
        Err(trouble) => shown.trouble = Some(trouble),
    }
    Ok(Json(shown))
}

async fn kept_or_guessed(
    tx: &mut Tx,
    campaign: &Campaign,
    supplier: &str,
    names: &[String],
) -> Result<Vec<Mapping>, Problem> {
    let kept = imports::kept_map(tx, &campaign.client_id, supplier.trim()).await?;
    let fits = !kept.is_empty() && kept.iter().all(|(_, theirs)| names.contains(theirs));
    Ok(if fits { kept } else { import::guess(names) })
}

fn columns(text: &str, names: &[String], map: &[Mapping]) -> Vec<FileColumn> {
    let rows: Vec<Vec<String>> = table::Records::of(text, table::separator(text))
        .skip(1)
        .filter_map(|record| record.fields.ok())
        .take(3)
        .collect();
    let column = |(at, name): (usize, &String)| FileColumn {
        name: name.clone(),
        ours: map.iter().find(|(_, t)| t == name).map(|(o, _)| o.clone()),
        samples: rows.iter().filter_map(|row| row.get(at).cloned()).collect(),
    };
    names.iter().enumerate().map(column).collect()
}

async fn look(
    tx: &mut Tx,
    campaign: &Campaign,
    rows: import::Rows<'_>,
    shown: &mut ImportPreview,
) -> Result<(), Problem> {
    for row in rows {
        let lead = match row.lead {
            Ok(lead) => lead,
            Err(reason) => {
                shown.bad += 1;
                if shown.bad_rows.len() < SHOWN {
                    shown.bad_rows.push(BadLine {
                        line: row.line,
                        reason,
                    });
                }
                continue;
            }
        };
        shown.good += 1;
        if shown.good > LOOKED_UP {
            continue;
        }
        let Some((shared, with)) = imports::duplicate(tx, &campaign.id, &lead).await? else {
            continue;
        };
        shown.duplicates += 1;
        if shown.duplicate_rows.len() < SHOWN {
            shown.duplicate_rows.push(DuplicateRow {
                line: row.line,
                company: lead.0.company,
                shares: shared,
                with,
            });
        }
    }
    Ok(())
}

/// An import that began.
#[derive(Serialize, ToSchema)]
pub struct BegunImport {
    id: ImportId,
}

/// Takes a file in. The answer comes at once, and the list is taken in after it.
#[utoipa::path(
    post,
    path = "/imports",
    params(ListWanted),
    request_body(content = Vec<u8>, content_type = "text/csv"),
    responses((status = 200, body = BegunImport))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<ListWanted>, QueryRejection>,
    request: Request,
) -> Result<Json<BegunImport>, Problem> {
    let Query(asked) = asked?;
    let mut tx = app.db.read().await?;
    let campaign = campaign_of(&mut tx, &who, &asked.campaign).await?;
    drop(tx);
    begin(app, who.actor(), campaign, asked, request).await
}

/// The same by a machine with a token for leads: a CRM or a supplier sends a list.
#[utoipa::path(
    post,
    path = "/machine/leads",
    params(ListWanted),
    request_body(content = Vec<u8>, content_type = "text/csv"),
    responses((status = 200, body = BegunImport))
)]
pub async fn add_by_machine(
    State(app): State<App>,
    machine: Machine,
    asked: Result<Query<ListWanted>, QueryRejection>,
    request: Request,
) -> Result<Json<BegunImport>, Problem> {
    let Query(asked) = asked?;
    let mut tx = app.db.read().await?;
    let campaign = leads::campaign(&mut tx, &asked.campaign)
        .await?
        .filter(|c| machine.reaches(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    drop(tx);
    begin(app, machine.actor(), campaign, asked, request).await
}

async fn begin(
    app: App,
    by: Actor,
    campaign: Campaign,
    asked: ListWanted,
    request: Request,
) -> Result<Json<BegunImport>, Problem> {
    let given = asked.map()?;
    let (turn, bytes) = body(&app, request).await?;
    let (text, _) = table::text(bytes);
    let map = match given {
        Some(map) => map,
        None => {
            let names = import::names(&text).map_err(Problem::bad)?;
            let mut tx = app.db.read().await?;
            kept_or_guessed(&mut tx, &campaign, &asked.supplier, &names).await?
        }
    };
    let list = List {
        campaign,
        supplier: asked.supplier.trim().chars().take(80).collect(),
        file_name: asked.file.chars().take(200).collect(),
        text,
        map,
        settling: Settling {
            duplicates: match asked.duplicates {
                OnDuplicate::Keep => Duplicates::Keep,
                OnDuplicate::Skip => Duplicates::Skip,
                OnDuplicate::Update => Duplicates::Update,
            },
            skip_companies: asked.companies == OnCompany::Skip,
        },
    };
    let id = importing::begin(&app.db, &by, &list, &app.clock).await?;
    let begun = id.clone();
    tokio::spawn(async move { take_in(&app, turn, &by, (&begun, &list)).await });
    Ok(Json(BegunImport { id }))
}

async fn take_in(app: &App, turn: OwnedSemaphorePermit, by: &Actor, list: (&ImportId, &List)) {
    let done = importing::run(&app.db, by, list, &app.numbers, &app.clock).await;
    if let Err(error) = done {
        tracing::error!(import = %list.0, %error, "an import ended before its list did");
    }
    drop(turn);
}

/// A list that was taken in, or is.
#[derive(Serialize, ToSchema)]
pub struct LeadImport {
    id: ImportId,
    campaign: String,
    supplier: String,
    file_name: String,
    began_at: WallTime,
    /// Null: under way.
    #[schema(required)]
    ended_at: Option<WallTime>,
    #[schema(required)]
    undone_at: Option<WallTime>,
    /// Why it ended before its list did.
    #[schema(required)]
    trouble: Option<String>,
    /// Rows of the list.
    total: i64,
    added: i64,
    changed: i64,
    bad: i64,
    skipped: i64,
    /// Calls made before that belong to its leads now.
    joined: i64,
    /// What the leads that it brought up to date were before is no longer known, or was not when it
    /// was undone: that is kept for thirty days.
    is_forgotten: bool,
}

fn view(i: imports::Import, now: WallTime) -> LeadImport {
    LeadImport {
        is_forgotten: i.is_forgotten(i.undone_at.unwrap_or(now)),
        id: i.id,
        campaign: i.campaign,
        supplier: i.supplier,
        file_name: i.file_name,
        began_at: i.began_at,
        ended_at: i.ended_at,
        undone_at: i.undone_at,
        trouble: i.trouble,
        total: i.total,
        added: i.added,
        changed: i.changed,
        bad: i.bad,
        skipped: i.skipped,
        joined: i.joined,
    }
}

/// Lists of one's clients.
#[derive(Serialize, ToSchema)]
pub struct LeadImports {
    imports: Vec<LeadImport>,
}

/// Lists that came in for one's clients, the newest first, at most 50.
#[utoipa::path(get, path = "/imports", responses((status = 200, body = LeadImports)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<LeadImports>, Problem> {
    let mut tx = app.db.read().await?;
    let (found, now) = (
        imports::of_person(&mut tx, who.id()).await?,
        app.clock.now(),
    );
    Ok(Json(LeadImports {
        imports: found.into_iter().map(|i| view(i, now)).collect(),
    }))
}

async fn own(tx: &mut Tx, who: &Who, id: &ImportId) -> Result<imports::Import, Problem> {
    imports::by_id(tx, id)
        .await?
        .filter(|i| who.sees_client(&i.client_id))
        .ok_or_else(Problem::not_found)
}

/// The rows that were left out, with line and reason, to be mended and sent again.
#[utoipa::path(
    get,
    path = "/imports/{id}/bad.csv",
    responses((status = 200, content_type = "text/csv", body = Vec<u8>))
)]
pub async fn bad(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ImportId>,
) -> Result<Response, Problem> {
    let mut tx = app.db.read().await?;
    own(&mut tx, &who, &id).await?;
    let rows = imports::bad_rows(&mut tx, &id).await?;
    let rows = rows
        .into_iter()
        .map(|(line, reason, row)| [Cell::figure(line), Cell::text(reason), Cell::text(row)]);
    Ok(sheet("left-out", ["line", "reason", "row"], rows))
}

/// Why a row was left out as a duplicate.
fn same(shared: DuplicateBy) -> &'static str {
    match shared {
        DuplicateBy::Number => "the lead has this number",
        DuplicateBy::Mail => "the lead has this mail address",
        DuplicateBy::Company => "the lead is of this company",
    }
}

/// The rows that were left out as duplicates, with line and reason, and the lead that each fits.
#[utoipa::path(
    get,
    path = "/imports/{id}/duplicates.csv",
    responses((status = 200, content_type = "text/csv", body = Vec<u8>))
)]
pub async fn duplicates(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ImportId>,
) -> Result<Response, Problem> {
    let mut tx = app.db.read().await?;
    own(&mut tx, &who, &id).await?;
    let rows = imports::left_out(&mut tx, &id).await?;
    let rows = rows.into_iter().map(|d| {
        let company = d.company.map_or_else(String::new, |c| c.into_inner());
        [
            Cell::figure(d.line),
            Cell::text(same(d.shares)),
            Cell::text(d.with_external_id),
            Cell::text(company),
            Cell::text(d.content.into_inner()),
        ]
    });
    let columns = ["line", "reason", "lead", "company_of_the_lead", "row"];
    Ok(sheet("duplicates", columns, rows))
}

/// What became of an import that was undone.
#[derive(Serialize, ToSchema)]
pub struct UndoneImport {
    /// Leads that went.
    gone: u64,
    /// Leads that stay, because something hangs on them.
    left: i64,
    /// Leads that it had brought up to date, and that are again as they were.
    restored: u64,
    /// Of those the ones that stay, because somebody changed them since.
    kept: u64,
    /// Of those the ones that stay, because what they were is no longer known: that is kept for
    /// thirty days. Some of them may not have been changed at all.
    forgotten: u64,
}

/// Takes back what an import brought and nothing hangs on: no call, claim or word; and gives leads
/// that it brought up to date back what they were, within thirty days.
#[utoipa::path(
    delete,
    path = "/imports/{id}",
    responses((status = 200, body = UndoneImport))
)]
pub async fn undo(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ImportId>,
) -> Result<(StatusCode, Json<UndoneImport>), Problem> {
    let mut tx = app.db.read().await?;
    let import = own(&mut tx, &who, &id).await?;
    drop(tx);
    // It goes on whatever becomes of the page that asked.
    let work = async move { importing::undo(&app.db, &who.actor(), &import, &app.clock).await };
    let undone = tokio::spawn(work).await;
    let undone = undone.map_err(|why| StoreError::Broken(why.to_string()))??;
    let view = UndoneImport {
        gone: undone.gone,
        left: undone.left,
        restored: undone.given.restored,
        kept: undone.given.kept,
        forgotten: undone.forgotten,
    };
    Ok((StatusCode::OK, Json(view)))
}
