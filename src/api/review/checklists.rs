//! Checklists: built on the page, signed by two heads by name, in force from then on and never
//! changed again (PRODUCT R3).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::identity::House;
use crate::review::Checklist;
use crate::review::checklist::BANT;
use crate::store::review::checklists::{self, Signature};
use crate::store::{StoreError, Tx};
use crate::units::{ChecklistId, ClientId, VersionId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a version stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    Draft,
    /// One head has signed it.
    HalfSigned,
    InForce,
    /// A newer one is in force.
    Replaced,
}

/// A version of a checklist.
#[derive(Serialize, ToSchema)]
pub struct Version {
    id: VersionId,
    version: i64,
    state: VersionState,
    #[schema(required)]
    signed_by_marketing: Option<String>,
    #[schema(required)]
    signed_by_sales: Option<String>,
    #[schema(required)]
    in_force_from: Option<WallTime>,
    #[schema(required)]
    review_on: Option<WallTime>,
    /// Of the bytes that are signed.
    sha256: String,
    /// What it asks; of one version alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    checklist: Option<Checklist>,
}

/// `newest` is the newest version in force.
fn view(v: &checklists::Version, newest: Option<i64>) -> Version {
    let signed = v.signed_by_marketing.is_some() || v.signed_by_sales.is_some();
    let state = match (v.in_force_from, signed) {
        (Some(_), _) if newest == Some(v.version) => VersionState::InForce,
        (Some(_), _) => VersionState::Replaced,
        (None, true) => VersionState::HalfSigned,
        (None, false) => VersionState::Draft,
    };
    Version {
        id: v.id.clone(),
        version: v.version,
        state,
        signed_by_marketing: v.signed_by_marketing.as_ref().map(|n| n.reveal().clone()),
        signed_by_sales: v.signed_by_sales.as_ref().map(|n| n.reveal().clone()),
        in_force_from: v.in_force_from,
        review_on: v.review_on,
        sha256: v.sha256.clone(),
        checklist: None,
    }
}

/// A checklist with its versions.
#[derive(Serialize, ToSchema)]
pub struct ListedChecklist {
    id: ChecklistId,
    name: String,
    client_id: ClientId,
    /// The client's name.
    client: String,
    /// The campaigns that use it.
    campaigns: Vec<String>,
    /// The day to look at the version in force again has come.
    review_due: bool,
    /// Newest first.
    versions: Vec<Version>,
}

/// Checklists of one's clients, and who signs here.
#[derive(Serialize, ToSchema)]
pub struct ChecklistList {
    checklists: Vec<ListedChecklist>,
    /// The house for which one signs.
    #[schema(required)]
    head_of: Option<House>,
    /// One's own name, as it is signed.
    name: String,
}

/// Checklists with all their versions.
#[utoipa::path(get, path = "/checklists", responses((status = 200, body = ChecklistList)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<ChecklistList>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let mut items = Vec::new();
    for c in checklists::of_person(&mut tx, who.id()).await? {
        let versions = checklists::versions(&mut tx, &c.id).await?;
        let newest = versions
            .iter()
            .find(|v| v.in_force_from.is_some_and(|at| at <= now));
        let review_due = newest.is_some_and(|v| v.review_on.is_some_and(|at| at <= now));
        let newest = newest.map(|v| v.version);
        items.push(ListedChecklist {
            campaigns: checklists::campaigns(&mut tx, &c.id).await?,
            id: c.id,
            name: c.name,
            client_id: c.client_id,
            client: c.client,
            review_due,
            versions: versions.iter().map(|v| view(v, newest)).collect(),
        });
    }
    Ok(Json(ChecklistList {
        checklists: items,
        head_of: who.person.head_of,
        name: who.person.name.into_inner(),
    }))
}

/// A version of a checklist that this person may see.
pub(super) async fn visible(
    tx: &mut Tx,
    who: &Who,
    id: &VersionId,
) -> Result<checklists::Version, Problem> {
    let version = checklists::by_id(tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    if knows(tx, who, &version.checklist_id).await? {
        Ok(version)
    } else {
        Err(Problem::not_found())
    }
}

async fn knows(tx: &mut Tx, who: &Who, checklist: &ChecklistId) -> Result<bool, Problem> {
    let known = checklists::of_person(tx, who.id()).await?;
    Ok(known.iter().any(|c| c.id == *checklist))
}

/// One version with what it asks.
#[utoipa::path(get, path = "/checklists/{id}", responses((status = 200, body = Version)))]
pub async fn one(
    State(app): State<App>,
    who: Who,
    Path(id): Path<VersionId>,
) -> Result<Json<Version>, Problem> {
    let mut tx = app.db.read().await?;
    let version = visible(&mut tx, &who, &id).await?;
    let newest = checklists::in_force(&mut tx, &version.checklist_id, app.clock.now())
        .await?
        .map(|v| v.version);
    let mut body = view(&version, newest);
    body.checklist = Some(version.checklist()?);
    Ok(Json(body))
}

/// As a file: the very bytes that were signed.
#[utoipa::path(
    get,
    path = "/checklists/{id}/toml",
    responses((status = 200, content_type = "application/toml", body = String))
)]
pub async fn toml(
    State(app): State<App>,
    who: Who,
    Path(id): Path<VersionId>,
) -> Result<Response, Problem> {
    let mut tx = app.db.read().await?;
    let version = visible(&mut tx, &who, &id).await?;
    let name: String = version
        .checklist()?
        .name
        .chars()
        .map(|c| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_lowercase(),
            false => '-',
        })
        .collect();
    let disposition = format!("attachment; filename=\"{name}-v{}.toml\"", version.version);
    Ok((
        [
            (header::CONTENT_TYPE, "application/toml".to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        version.body,
    )
        .into_response())
}

/// A checklist as the builder has it, or as a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[schema(as = ChecklistText)]
pub enum Text {
    Checklist(Checklist),
    Toml(String),
}

fn written(text: &Text) -> Result<(Checklist, String), Problem> {
    let body = match text {
        Text::Toml(body) => body.clone(),
        Text::Checklist(list) => toml::to_string_pretty(list)
            .map_err(|e| Problem::bad(format!("The checklist cannot be written: {e}.")))?,
    };
    let list = Checklist::parse(&body)
        .map_err(|e| Problem::bad(format!("This is no checklist yet: {e}.")))?;
    Ok((list, body))
}

/// What a text reads as.
#[derive(Serialize, ToSchema)]
pub struct CheckedText {
    checklist: Checklist,
    toml: String,
}

/// Says what is wrong with a checklist, or what it reads as.
#[utoipa::path(
    post,
    path = "/checklists/check",
    request_body = Text,
    responses((status = 200, body = CheckedText))
)]
pub async fn check(
    _: Who,
    body: Result<Json<Text>, JsonRejection>,
) -> Result<Json<CheckedText>, Problem> {
    let Json(text) = body?;
    let (checklist, toml) = written(&text)?;
    Ok(Json(CheckedText { checklist, toml }))
}

/// A version that was made or changed.
#[derive(Serialize, ToSchema)]
pub struct NewVersion {
    id: VersionId,
}

/// A checklist of a client.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    /// Whose it is: one of one's own clients.
    client: ClientId,
    #[serde(default)]
    checklist: Option<Checklist>,
    /// In its place, the text of a file.
    #[serde(default)]
    toml: Option<String>,
}

/// A new version: of the client's checklist with that name, or the first of a new one.
#[utoipa::path(
    post,
    path = "/checklists",
    request_body = NewBody,
    responses((status = 200, body = NewVersion))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    body: Result<Json<NewBody>, JsonRejection>,
) -> Result<Json<NewVersion>, Problem> {
    let Json(b) = body?;
    let text = match (b.checklist, b.toml) {
        (Some(list), None) => Text::Checklist(list),
        (None, Some(toml)) => Text::Toml(toml),
        _ => return Err(Problem::bad("Send a checklist or its TOML: one of them.")),
    };
    if !who.sees_client(&b.client) {
        return Err(Problem::bad(
            "This client is not yours: choose one of your own.",
        ));
    }
    let (_, body) = written(&text)?;
    let mut tx = app.db.write().await?;
    let (_, id) = checklists::add(&mut tx, &who.actor(), &b.client, &body, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(NewVersion { id }))
}

/// A checklist to copy.
#[derive(Serialize, ToSchema)]
pub struct Template {
    name: String,
    checklist: Checklist,
}

/// Checklists that come with the box.
#[derive(Serialize, ToSchema)]
pub struct Templates {
    templates: Vec<Template>,
}

/// Checklists that come with the box: a client's own begins as a copy of one.
#[utoipa::path(get, path = "/checklists/templates", responses((status = 200, body = Templates)))]
pub async fn templates(_: Who) -> Result<Json<Templates>, Problem> {
    let checklist = Checklist::parse(BANT).map_err(StoreError::Broken)?;
    Ok(Json(Templates {
        templates: vec![Template {
            name: checklist.name.clone(),
            checklist,
        }],
    }))
}

/// Changes a version that nobody has signed.
#[utoipa::path(
    put,
    path = "/checklists/{id}",
    request_body = Text,
    responses((status = 200, body = NewVersion))
)]
pub async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<VersionId>,
    body: Result<Json<Text>, JsonRejection>,
) -> Result<Json<NewVersion>, Problem> {
    let Json(text) = body?;
    let (_, body) = written(&text)?;
    let mut tx = app.db.write().await?;
    let version = visible(&mut tx, &who, &id).await?;
    checklists::change(&mut tx, &who.actor(), &version, &body, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(NewVersion { id }))
}

/// A signature.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignBody {
    /// One's own name, written out.
    name: String,
    /// The hash of what the page showed: nobody signs what they did not see.
    sha256: String,
    /// When to look at it again.
    review_on: Option<WallTime>,
}

/// Whether a version is in force now.
#[derive(Serialize, ToSchema)]
pub struct Signed {
    in_force: bool,
}

/// A head signs a version; with both signatures it is in force.
#[utoipa::path(
    post,
    path = "/checklists/{id}/sign",
    request_body = SignBody,
    responses((status = 200, body = Signed))
)]
pub async fn sign(
    State(app): State<App>,
    who: Who,
    Path(id): Path<VersionId>,
    body: Result<Json<SignBody>, JsonRejection>,
) -> Result<Json<Signed>, Problem> {
    let Json(b) = body?;
    let Some(house) = who.person.head_of else {
        return Err(Problem::forbidden(
            "The heads of marketing and sales sign. An administrator names them with `assay user \
             head`.",
        ));
    };
    let mut tx = app.db.write().await?;
    let version = visible(&mut tx, &who, &id).await?;
    let name = who.person.name.reveal();
    if b.name.trim() != name {
        return Err(Problem::bad(format!(
            "Sign with your name as it stands here: {name}."
        )));
    }
    if b.sha256 != version.sha256 {
        return Err(Problem::conflict(
            "This version was changed since you read it: reload, read it, and sign then.",
        ));
    }
    let signature = Signature {
        house,
        person: who.id(),
        name,
        review_on: b.review_on,
    };
    let in_force = checklists::sign_as(&mut tx, &version, &signature, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(Signed { in_force }))
}
