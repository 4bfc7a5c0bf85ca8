//! Checklists: built on the page, signed by two heads by name, in force from then on and never
//! changed again (PRODUCT R3).

use crate::api::access::Who;
use crate::api::{App, Problem};
use crate::review::Checklist;
use crate::store::log::{self, Entry};
use crate::store::review::checklists::{self, House, Version};
use crate::store::{StoreError, Tx};
use crate::units::WallTime;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

fn view(v: &Version, newest_in_force: Option<i64>) -> Value {
    let state = match (
        v.in_force_from,
        v.signed_by_marketing.is_some() || v.signed_by_sales.is_some(),
    ) {
        (Some(_), _) if newest_in_force == Some(v.version) => "in_force",
        (Some(_), _) => "replaced",
        (None, true) => "half_signed",
        (None, false) => "draft",
    };
    json!({
        "id": v.id, "version": v.version, "state": state, "signed_by_marketing": v.signed_by_marketing, "signed_by_sales": v.signed_by_sales,
        "in_force_from": v.in_force_from.map(WallTime), "review_on": v.review_on.map(WallTime), "sha256": v.sha256,
    })
}

pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let mut items = Vec::new();
    for c in checklists::of_person(&mut tx, who.id()).await? {
        let versions = checklists::versions(&mut tx, &c.id).await?;
        let newest = versions
            .iter()
            .find(|v| v.in_force_from.is_some_and(|at| at <= now.micros()))
            .map(|v| v.version);
        let due = versions
            .iter()
            .any(|v| Some(v.version) == newest && v.review_on.is_some_and(|at| at <= now.micros()));
        items.push(json!({
            "id": c.id, "name": c.name, "campaigns": checklists::campaigns(&mut tx, &c.id).await?, "review_due": due,
            "versions": versions.iter().map(|v| view(v, newest)).collect::<Vec<_>>(),
        }));
    }
    Ok(Json(
        json!({ "checklists": items, "head_of": who.person.head_of, "name": who.person.name }),
    ))
}

/// A version of a checklist that this person may see.
async fn visible(tx: &mut Tx, who: &Who, id: &str) -> Result<Version, Problem> {
    let version = checklists::by_id(tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let known = checklists::of_person(tx, who.id())
        .await?
        .iter()
        .any(|c| c.id == version.checklist_id);
    if known {
        Ok(version)
    } else {
        Err(Problem::not_found())
    }
}

pub async fn one(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let version = visible(&mut tx, &who, &id).await?;
    let newest = checklists::in_force(&mut tx, &version.checklist_id, app.clock.now())
        .await?
        .map(|v| v.version);
    let mut body = view(&version, newest);
    body["checklist"] = json!(version.checklist()?);
    Ok(Json(body))
}

/// As a file: the very bytes that were signed.
pub async fn toml(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let mut tx = app.db.read().await?;
    let version = visible(&mut tx, &who, &id).await?;
    let name: String = version
        .checklist()?
        .name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
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

/// Says what is wrong with a checklist, or what it reads as.
pub async fn check(
    _: Who,
    body: Result<Json<Text>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(text) = body?;
    let (list, body) = written(&text)?;
    Ok(Json(json!({ "checklist": list, "toml": body })))
}

/// A new version: of the checklist with that name, or the first of a new one.
pub async fn add(
    State(app): State<App>,
    who: Who,
    body: Result<Json<Text>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(text) = body?;
    let (list, body) = written(&text)?;
    let mut tx = app.db.write().await?;
    let known = checklists::by_name(&mut tx, &list.name).await?;
    if let Some(known) = &known
        && !checklists::of_person(&mut tx, who.id())
            .await?
            .iter()
            .any(|c| c.id == *known)
    {
        return Err(Problem::conflict(
            "There is a checklist of that name which is not yours: choose another name.",
        ));
    }
    let (checklist, id) = checklists::add(&mut tx, &body).await?;
    if known.is_none() {
        checklists::began(&mut tx, &checklist, who.id()).await?;
    }
    log::append(
        &mut tx,
        Entry {
            at: app.clock.now(),
            actor: who.id(),
            action: "checklist.drafted",
            subject: &format!("checklist_version:{id}"),
            detail: json!({}),
        },
    )
    .await?;
    tx.commit().await?;
    Ok(Json(json!({ "id": id })))
}

pub async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<Text>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(text) = body?;
    let (_, body) = written(&text)?;
    let mut tx = app.db.write().await?;
    let version = visible(&mut tx, &who, &id).await?;
    match checklists::change(&mut tx, &version, &body).await {
        Err(StoreError::Value(why)) => return Err(Problem::bad(format!("{why}."))),
        other => other?,
    }
    tx.commit().await?;
    Ok(Json(json!({ "id": id })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignBody {
    /// One's own name, written out.
    name: String,
    /// The hash of what the page showed: nobody signs what they did not see.
    sha256: String,
    review_on: Option<WallTime>,
}

pub async fn sign(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<SignBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(b) = body?;
    let now = app.clock.now();
    let house = who.person.head_of.as_deref().and_then(House::from_name);
    let Some(house) = house else {
        return Err(Problem::forbidden(
            "The heads of marketing and sales sign. An administrator \
            names them with `assay user head`."
                .to_owned(),
        ));
    };
    let mut tx = app.db.write().await?;
    let version = visible(&mut tx, &who, &id).await?;
    if b.name.trim() != who.person.name {
        return Err(Problem::bad(format!(
            "Sign with your name as it stands here: {}.",
            who.person.name
        )));
    }
    if b.sha256 != version.sha256 {
        return Err(Problem::conflict(
            "This version was changed since you read it: reload, read it, and sign then.",
        ));
    }
    let in_force =
        checklists::sign_as(&mut tx, &id, house, &who.person.name, now, b.review_on).await?;
    let action = if in_force {
        "checklist.in_force"
    } else {
        "checklist.signed"
    };
    log::append(
        &mut tx,
        Entry {
            at: now,
            actor: who.id(),
            action,
            subject: &format!("checklist_version:{id}"),
            detail: json!({ "sha256": version.sha256 }),
        },
    )
    .await?;
    tx.commit().await?;
    Ok(Json(json!({ "in_force": in_force })))
}
