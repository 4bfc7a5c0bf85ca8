//! The promise that nobody is singled out: shown to all whom it concerns, made by a manager, lifted
//! by two (PRODUCT P1).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::api::report::{ReportClient, client};
use crate::store::report::aggregate;
use crate::units::{ClientId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A promise that slots are told of at least five people together.
#[derive(Debug, Serialize, ToSchema)]
pub struct Promise {
    since: WallTime,
    by: String,
    /// Who wants it lifted; it holds until another manager agrees.
    #[schema(required)]
    lift_asked_by: Option<String>,
    #[schema(required)]
    lift_asked_at: Option<WallTime>,
    #[schema(required)]
    lifted_by: Option<String>,
    /// Null: it holds.
    #[schema(required)]
    lifted_at: Option<WallTime>,
}

impl From<aggregate::Promise> for Promise {
    fn from(p: aggregate::Promise) -> Promise {
        Promise {
            since: p.since,
            by: p.put_by.into_inner(),
            lift_asked_by: p.lift_asked_by.map(|n| n.into_inner()),
            lift_asked_at: p.lift_asked_at,
            lifted_by: p.lifted_by.map(|n| n.into_inner()),
            lifted_at: p.lifted_at,
        }
    }
}

/// What was promised for a client's people, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Promises {
    client: ClientId,
    clients: Vec<ReportClient>,
    promises: Vec<Promise>,
}

/// Whose.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PromiseQuery {
    /// Without it, the first of one's own by name.
    client: Option<ClientId>,
}

/// What was promised, who made it and who lifted it: for everybody whom it concerns.
#[utoipa::path(
    get,
    path = "/reports/promise",
    params(PromiseQuery),
    responses((status = 200, body = Promises))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    query: Result<Query<PromiseQuery>, QueryRejection>,
) -> Result<Json<Promises>, Problem> {
    let Query(q) = query?;
    let mut tx = app.db.read().await?;
    let (client, clients) = client(&mut tx, &who, q.client.as_ref()).await?;
    let promises = aggregate::promises(&mut tx, &client).await?;
    Ok(Json(Promises {
        client,
        clients,
        promises: promises.into_iter().map(Promise::from).collect(),
    }))
}

/// What a manager does about the promise.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromiseAct {
    /// Nobody is singled out from now on.
    Promise,
    /// Asks for it to be lifted.
    AskToLift,
    /// Agrees, as the second manager.
    Lift,
    /// Takes the wish to lift it back.
    Keep,
}

/// An act about a client's promise.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromiseRequest {
    client: ClientId,
    act: PromiseAct,
}

/// Promises, asks for it to be lifted, agrees, or takes that back.
#[utoipa::path(
    post,
    path = "/reports/promise",
    request_body = PromiseRequest,
    responses((status = 204))
)]
pub async fn act(
    State(app): State<App>,
    who: Who,
    body: Result<Json<PromiseRequest>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(request) = body?;
    if !who.sees_client(&request.client) {
        return Err(Problem::not_found());
    }
    let (now, mut tx) = (app.clock.now(), app.db.write().await?);
    let (by, client) = (who.id(), &request.client);
    match request.act {
        PromiseAct::Promise => aggregate::promise(&mut tx, by, client, now).await,
        PromiseAct::AskToLift => aggregate::ask_to_lift(&mut tx, by, client, now).await,
        PromiseAct::Lift => aggregate::lift(&mut tx, by, client, now).await,
        PromiseAct::Keep => aggregate::keep(&mut tx, by, client, now).await,
    }?;
    done(tx).await
}
