//! Who comes new: people, clients, and whose a line is, as an administrator enters them.

use super::door::first_password;
use super::session::ClientName;
use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::identity::{PayBasis, Role};
use crate::pii::Pii;
use crate::store::StoreError;
use crate::store::people::sessions::{self, Which};
use crate::store::people::{self, NewLine, NewPerson};
use crate::units::{ClientId, PersonId, WallTime};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Somebody to be entered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonBody {
    /// What they sign in with: 1 to 64 characters without spaces.
    login: String,
    /// What others read: 1 to 120 characters.
    name: String,
    role: Role,
    /// What their pay hangs on; who is to judge is paid `fixed`.
    pay_basis: PayBasis,
    /// Whose data they see.
    clients: Vec<ClientId>,
}

/// A first password: shown this once. Whoever signs in with it sets one of their own before
/// anything else.
#[derive(Serialize, ToSchema)]
pub struct FirstPassword {
    id: PersonId,
    password: String,
}

/// Enters somebody, and makes their first password.
#[utoipa::path(
    post,
    path = "/people",
    request_body = PersonBody,
    responses((status = 200, body = FirstPassword))
)]
pub async fn add(
    State(app): State<App>,
    who: Who,
    body: Result<Json<PersonBody>, JsonRejection>,
) -> Result<Json<FirstPassword>, Problem> {
    let Json(body) = body?;
    let password = first_password();
    let hash = app.door.hash(password.clone()).await?;
    let mut tx = app.db.write().await?;
    let new = NewPerson {
        login: &body.login,
        name: &body.name,
        role: body.role,
        pay_basis: body.pay_basis,
        password_hash: &hash,
        clients: &body.clients,
    };
    let added = people::add(&mut tx, &who.actor(), &new, who.at).await;
    let id = added.map_err(|e| {
        taken(
            e,
            "Somebody signs in with this already: take another login.",
        )
    })?;
    tx.commit().await?;
    Ok(Json(FirstPassword { id, password }))
}

fn taken(error: StoreError, what: &str) -> Problem {
    match error.is_duplicate() {
        true => Problem::conflict(what),
        false => error.into(),
    }
}

/// Makes a new first password for who has lost theirs; their sessions end. One's own is changed
/// under `/me/password`.
#[utoipa::path(
    post,
    path = "/people/{id}/password",
    responses((status = 200, body = FirstPassword))
)]
pub async fn new_password(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PersonId>,
) -> Result<Json<FirstPassword>, Problem> {
    if id == *who.id() {
        return Err(Problem::bad(
            "One's own password is changed under Account, by who knows the old one.",
        ));
    }
    let password = first_password();
    let hash = Pii::new(app.door.hash(password.clone()).await?);
    let mut tx = app.db.write().await?;
    let person = people::by_id(&mut tx, &id).await?;
    let id = person.ok_or_else(Problem::not_found)?.id;
    sessions::set_password(&mut tx, &who.actor(), &id, &hash, Which::All, who.at).await?;
    tx.commit().await?;
    Ok(Json(FirstPassword { id, password }))
}

/// A client to be entered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientBody {
    /// 1 to 120 characters.
    name: String,
}

/// Enters a client.
#[utoipa::path(
    post,
    path = "/clients",
    request_body = ClientBody,
    responses((status = 200, body = ClientName))
)]
pub async fn add_client(
    State(app): State<App>,
    who: Who,
    body: Result<Json<ClientBody>, JsonRejection>,
) -> Result<Json<ClientName>, Problem> {
    let Json(ClientBody { name }) = body?;
    let mut tx = app.db.write().await?;
    let added = people::add_client(&mut tx, &who.actor(), &name, who.at).await;
    let id = added.map_err(|e| taken(e, "There is a client of this name already."))?;
    tx.commit().await?;
    Ok(Json(ClientName { id, name }))
}

/// A line and whose it is.
#[derive(Serialize, ToSchema)]
pub struct OwnedLine {
    /// Extension, trunk or agent ID.
    value: String,
    person: String,
    client: String,
    /// Since when; null: since ever.
    #[schema(required)]
    from: Option<WallTime>,
    /// Until when; null: until it is given to somebody else.
    #[schema(required)]
    to: Option<WallTime>,
}

/// A line that calls were seen on, and that is nobody's.
#[derive(Serialize, ToSchema)]
pub struct NobodysLine {
    value: String,
    calls: i64,
    last_at: WallTime,
}

/// Every line.
#[derive(Serialize, ToSchema)]
pub struct EveryLine {
    lines: Vec<OwnedLine>,
    /// The last one that was seen first, at most 200.
    nobodys: Vec<NobodysLine>,
}

/// Every line, by its name and the time from which it is somebody's.
#[utoipa::path(get, path = "/lines", responses((status = 200, body = EveryLine)))]
pub async fn lines(State(app): State<App>, _: Who) -> Result<Json<EveryLine>, Problem> {
    let mut tx = app.db.read().await?;
    let people: HashMap<PersonId, String> = people::everybody(&mut tx)
        .await?
        .into_iter()
        .map(|p| (p.id, p.name.into_inner()))
        .collect();
    let clients: HashMap<ClientId, String> =
        people::all_clients(&mut tx).await?.into_iter().collect();
    let view = |l: people::Line| OwnedLine {
        value: l.value.into_inner(),
        person: people.get(&l.person_id).cloned().unwrap_or_default(),
        client: clients.get(&l.client_id).cloned().unwrap_or_default(),
        from: Some(l.from_at).filter(|from| from.micros() > 0),
        to: l.to_at,
    };
    let lines = people::lines(&mut tx).await?;
    let nobodys = people::unknown_lines(&mut tx).await?;
    Ok(Json(EveryLine {
        lines: lines.into_iter().map(view).collect(),
        nobodys: nobodys
            .into_iter()
            .map(|l| NobodysLine {
                value: l.number.into_inner(),
                calls: l.calls,
                last_at: l.last_at,
            })
            .collect(),
    }))
}

/// A line that becomes somebody's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineBody {
    /// Extension, trunk or agent ID, as the phone system writes it: 1 to 64 characters.
    value: String,
    person: PersonId,
    client: ClientId,
    /// Since when: calls since then that are nobody's become theirs. Null: since ever.
    from: Option<WallTime>,
}

/// Gives a line to somebody.
#[utoipa::path(
    post,
    path = "/lines",
    request_body = LineBody,
    responses((status = 204))
)]
pub async fn give_line(
    State(app): State<App>,
    who: Who,
    body: Result<Json<LineBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(body) = body?;
    let mut tx = app.db.write().await?;
    let line = NewLine {
        value: &body.value,
        person: &body.person,
        client: &body.client,
        from: body.from.unwrap_or(WallTime(0)),
        to: None,
    };
    people::add_line(&mut tx, &who.actor(), &line, who.at).await?;
    done(tx).await
}
