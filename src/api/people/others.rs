//! Everybody, as an administrator sees them: who signs in, from how many places, and switching a
//! login off.

use super::session::ClientName;
use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::identity::{PayBasis, Role};
use crate::store::Tx;
use crate::store::people::sessions::{self, Which};
use crate::store::people::{self, second_factor};
use crate::store::review::leaving;
use crate::units::{PersonId, WallTime};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Somebody who signs in.
#[derive(Serialize, ToSchema)]
pub struct SomebodyElse {
    id: PersonId,
    login: String,
    name: String,
    role: Role,
    pay_basis: PayBasis,
    /// Since when they may not sign in.
    #[schema(required)]
    disabled_at: Option<WallTime>,
    /// Since when a second factor is asked for.
    #[schema(required)]
    second_factor_since: Option<WallTime>,
    /// Whether their role needs one.
    second_factor_wanted: bool,
    /// Wrong passwords since they last signed in.
    wrong_passwords: i64,
    sessions: i64,
}

/// Everybody, by name.
#[derive(Serialize, ToSchema)]
pub struct Everybody {
    people: Vec<SomebodyElse>,
    /// Every client, by name.
    clients: Vec<ClientName>,
}

/// Everybody.
#[utoipa::path(get, path = "/people", responses((status = 200, body = Everybody)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Everybody>, Problem> {
    let mut tx = app.db.read().await?;
    let counts: HashMap<PersonId, i64> = sessions::counts(&mut tx, who.at)
        .await?
        .into_iter()
        .collect();
    let view = |p: people::Person| SomebodyElse {
        second_factor_wanted: app.door.wants_second_factor(p.role),
        sessions: counts.get(&p.id).copied().unwrap_or(0),
        id: p.id,
        login: p.login.into_inner(),
        name: p.name.into_inner(),
        role: p.role,
        pay_basis: p.pay_basis,
        disabled_at: p.disabled_at,
        second_factor_since: p.totp_since,
        wrong_passwords: p.failed_sign_ins,
    };
    let people = people::everybody(&mut tx).await?;
    let clients = people::all_clients(&mut tx).await?;
    Ok(Json(Everybody {
        people: people.into_iter().map(view).collect(),
        clients: clients
            .into_iter()
            .map(|(id, name)| ClientName { id, name })
            .collect(),
    }))
}

/// A transaction that changes somebody.
async fn changing(app: &App, id: &PersonId) -> Result<(Tx, people::Person), Problem> {
    let mut tx = app.db.write().await?;
    let person = people::by_id(&mut tx, id).await?;
    Ok((tx, person.ok_or_else(Problem::not_found)?))
}

/// Switches a login off: sessions and streams end, and what was on the desk goes back.
#[utoipa::path(post, path = "/people/{id}/disable", responses((status = 204)))]
pub async fn disable(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PersonId>,
) -> Result<StatusCode, Problem> {
    let (mut tx, person) = changing(&app, &id).await?;
    leaving::disable(&mut tx, &who.actor(), &person, who.at).await?;
    done(tx).await
}

/// Lets somebody sign in again.
#[utoipa::path(post, path = "/people/{id}/enable", responses((status = 204)))]
pub async fn enable(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PersonId>,
) -> Result<StatusCode, Problem> {
    let (mut tx, person) = changing(&app, &id).await?;
    leaving::enable(&mut tx, &who.actor(), &person, who.at).await?;
    done(tx).await
}

/// Ends all sessions of somebody.
#[utoipa::path(delete, path = "/people/{id}/sessions", responses((status = 204)))]
pub async fn end_sessions(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PersonId>,
) -> Result<StatusCode, Problem> {
    let (mut tx, person) = changing(&app, &id).await?;
    sessions::end(&mut tx, &who.actor(), &person.id, Which::All, who.at).await?;
    done(tx).await
}

/// Takes off the second factor of who has lost it: they set one up anew.
#[utoipa::path(delete, path = "/people/{id}/second-factor", responses((status = 204)))]
pub async fn remove_second_factor(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PersonId>,
) -> Result<StatusCode, Problem> {
    let (mut tx, person) = changing(&app, &id).await?;
    second_factor::remove(&mut tx, &who.actor(), &person.id, who.at).await?;
    done(tx).await
}
