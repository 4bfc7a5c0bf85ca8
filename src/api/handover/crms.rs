//! Clients' CRMs: set up and tried by administrators, seen by the managers whose clients' they are.
//! A CRM's key is taken, and in no answer.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::handover::mappings::{CrmMapped, mapped};
use crate::api::problem::Problem;
use crate::handover::mapping::{CrmKind, Mapping};
use crate::handover::push::Credential;
use crate::identity::Role;
use crate::jobs::crm as job;
use crate::store::handover::crms::{self, Crm, NewCrm};
use crate::store::handover::{mappings, sends};
use crate::store::webhook::receivers::host_of;
use crate::store::{Tx, people};
use crate::units::{ClientId, WallTime, Word};
use crate::webhook::Target;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A client's CRM as it is set up.
#[derive(Serialize, ToSchema)]
pub struct CrmSetup {
    client: ClientId,
    client_name: String,
    kind: CrmKind,
    /// Whole for administrators; of what others see, scheme and host.
    url: String,
    /// Leads handed over since then are sent.
    from: WallTime,
    set_at: WallTime,
    /// Who set it up; null: a command on the box.
    #[schema(required)]
    set_by: Option<String>,
    /// Null: leads are sent to it.
    #[schema(required)]
    off_at: Option<WallTime>,
    /// Leads that wait to be sent.
    waiting: i64,
    /// Leads that were given up.
    given_up: i64,
    /// Attempts in a row in which it took nothing.
    failures: i64,
    /// Why the last of them failed, in a clause.
    #[schema(required)]
    last_error: Option<String>,
    /// When it is tried again at the earliest; null: nothing waits.
    #[schema(required)]
    next_attempt_at: Option<WallTime>,
    /// When a lead was last written.
    #[schema(required)]
    worked_at: Option<WallTime>,
    /// Which of our fields goes to which of its.
    mapped: CrmMapped,
}

/// A client that a CRM may be set up for.
#[derive(Serialize, ToSchema)]
pub struct CrmClient {
    id: ClientId,
    name: String,
}

/// A kind of CRM, and the fields that have to be made there first.
#[derive(Serialize, ToSchema)]
pub struct CrmFields {
    kind: CrmKind,
    fields: Vec<String>,
}

/// Clients' CRMs, and what one is set up with.
#[derive(Serialize, ToSchema)]
pub struct CrmSetups {
    /// By their clients' names.
    crms: Vec<CrmSetup>,
    /// For administrators.
    clients: Vec<CrmClient>,
    kinds: Vec<CrmFields>,
}

/// Every client's CRM that one may see.
#[utoipa::path(get, path = "/crm", responses((status = 200, body = CrmSetups)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<CrmSetups>, Problem> {
    let mut tx = app.db.read().await?;
    let clients = people::all_clients(&mut tx).await?;
    let all = crms::all(&mut tx).await?;
    let mut shown = Vec::new();
    for (client, name) in &clients {
        let sees = who.is(Role::Admin) || who.sees_client(client);
        if let Some(crm) = all.iter().find(|c| c.client_id == *client && sees) {
            shown.push(setup(&mut tx, &who, crm, name).await?);
        }
    }
    let clients = clients.into_iter().filter(|_| who.is(Role::Admin));
    let kinds = CrmKind::ALL.iter().map(|kind| CrmFields {
        kind: *kind,
        fields: first(*kind),
    });
    Ok(Json(CrmSetups {
        crms: shown,
        clients: clients.map(|(id, name)| CrmClient { id, name }).collect(),
        kinds: kinds.collect(),
    }))
}

/// What has to be made in a kind of CRM first, by what it begins with.
fn first(kind: CrmKind) -> Vec<String> {
    let mapping = Mapping::of(kind);
    let own = mapping.own_fields(kind).into_iter();
    own.map(str::to_owned).collect()
}

async fn setup(tx: &mut Tx, who: &Who, crm: &Crm, name: &str) -> Result<CrmSetup, Problem> {
    let line = sends::standing(tx, &crm.id).await?;
    let by = people::by_id(tx, &crm.set_by.as_str().into()).await?;
    let url = match who.is(Role::Admin) {
        true => &crm.url,
        false => host_of(&crm.url),
    };
    Ok(CrmSetup {
        client: crm.client_id.clone(),
        client_name: name.to_owned(),
        kind: crm.kind,
        url: url.to_owned(),
        from: crm.from_at,
        set_at: crm.set_at,
        set_by: by.map(|p| p.name.into_inner()),
        off_at: crm.off_at,
        waiting: line.waiting,
        given_up: line.given_up,
        failures: crm.failures,
        last_error: crm.last_error.clone(),
        next_attempt_at: (line.waiting > 0).then_some(crm.next_attempt_at),
        worked_at: crm.worked_at,
        mapped: mapped(tx, crm).await?,
    })
}

/// What a client's CRM is set up with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CrmBody {
    kind: CrmKind,
    /// https://; http:// within the ranges that the configuration allows. Where the CRM is; of
    /// kind plain, where leads are posted to.
    url: String,
    /// What lets the box in: an API key or a token; for Salesforce `key:secret` of a connected app
    /// too. Null: the one that is there stays, where kind and URL do; of kind plain, none.
    key: Option<String>,
    /// Leads handed over since then are sent; null: as before, or from now on.
    from: Option<WallTime>,
}

/// Sets a client's CRM up, or changes it, and turns it on.
#[utoipa::path(
    put,
    path = "/crm/{id}",
    request_body = CrmBody,
    responses((status = 204))
)]
pub async fn set(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClientId>,
    body: Result<Json<CrmBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    Target::parse(&b.url, app.sending.sender.allowed())
        .map_err(|why| Problem::bad(why.to_string()))?;
    let mut tx = app.db.write().await?;
    let clients = people::all_clients(&mut tx).await?;
    let known = clients.iter().any(|(client, _)| *client == id);
    known.then_some(()).ok_or_else(Problem::not_found)?;
    let credential = credential(&mut tx, &id, &b).await?;
    let new = NewCrm {
        client: &id,
        kind: b.kind,
        url: &b.url,
        credential: credential.as_ref(),
        from: b.from,
    };
    let sealing = (&app.sending.master, rand::random());
    crms::set(&mut tx, &who.actor(), &new, sealing, app.clock.now()).await?;
    done(tx).await
}

/// The key that was entered; none: the one that is there stays. A plain receiver needs none.
async fn credential(
    tx: &mut Tx,
    client: &ClientId,
    b: &CrmBody,
) -> Result<Option<Credential>, Problem> {
    let before = crms::of_client(tx, client).await?;
    let same = before.is_some_and(|c| c.kind == b.kind && c.url == b.url);
    let text = match b.key.as_deref() {
        None if same || b.kind != CrmKind::Plain => return Ok(None),
        text => text.unwrap_or_default(),
    };
    let parsed = Credential::parse(b.kind, text);
    parsed
        .map(Some)
        .map_err(|why| Problem::bad(format!("{why}.")))
}

/// Sends leads to a client's CRM again; what waited has three days from now.
#[utoipa::path(post, path = "/crm/{id}/on", responses((status = 204)))]
pub async fn on(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClientId>,
) -> Result<StatusCode, Problem> {
    turn(&app, &who, &id, true).await
}

/// Sends nothing to a client's CRM until it is turned on; leads wait.
#[utoipa::path(post, path = "/crm/{id}/off", responses((status = 204)))]
pub async fn off(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClientId>,
) -> Result<StatusCode, Problem> {
    turn(&app, &who, &id, false).await
}

async fn turn(app: &App, who: &Who, id: &ClientId, on: bool) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    existing(&mut tx, id).await?;
    crms::turn(&mut tx, &who.actor(), id, on, app.clock.now()).await?;
    done(tx).await
}

async fn existing(tx: &mut Tx, id: &ClientId) -> Result<Crm, Problem> {
    let found = crms::of_client(tx, id).await?;
    found.ok_or_else(Problem::not_found)
}

/// What a test of a CRM showed.
#[derive(Serialize, ToSchema)]
pub struct CrmTested {
    /// Leads can be sent.
    works: bool,
    /// In sentences.
    words: String,
    /// Fields that have to be made there first.
    missing: Vec<String>,
}

/// Tries a client's CRM with requests that change nothing there; answers within ten seconds.
#[utoipa::path(
    post,
    path = "/crm/{id}/test",
    responses((status = 200, body = CrmTested))
)]
pub async fn test(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ClientId>,
) -> Result<Json<CrmTested>, Problem> {
    let mut read = app.db.read().await?;
    let crm = existing(&mut read, &id).await?;
    let mappings = mappings::of(&mut read, &id, crm.kind).await?;
    drop(read);
    let told = job::test(&app.sending, &crm, mappings.current()).await?;
    let mut tx = app.db.write().await?;
    crms::tested(&mut tx, &who.actor(), &id, told.works, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(CrmTested {
        works: told.works,
        words: told.words,
        missing: told.missing,
    }))
}
