//! Experiments with slots: planned and stopped by a manager, and told: to those who planned them as
//! counts until they are over and as one comparison then, to those who are in them as what their
//! arm asks (PRODUCT P1; the rules are in [`crate::report::experiments`]).

pub mod told;

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::api::report::{ReportClient, client};
use crate::api::sheet::{Cell, sheet};
use crate::report::experiments::{Measure, Over, Phase};
use crate::store::report::experiments::{self as stored, Arm, Experiment, NewExperiment};
use crate::units::{ClientId, WallTime, day_number, numbered_day};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whose.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExperimentsQuery {
    /// Without it, the first of one's own by name.
    client: Option<ClientId>,
}

/// A client's experiments.
#[derive(Debug, Serialize, ToSchema)]
pub struct Experiments {
    client: ClientId,
    clients: Vec<ReportClient>,
    zone: String,
    /// The first day on which a new one can begin.
    earliest: String,
    /// Newest first, those that were stopped among them.
    experiments: Vec<ExperimentLine>,
}

/// An experiment as it was planned, and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExperimentLine {
    id: String,
    name: String,
    question: String,
    over: Over,
    measure: Measure,
    /// A connect has so much of the prospect's speech, as it was set when this was planned.
    connect_seconds: i64,
    first: String,
    /// Its last day.
    last: String,
    phase: Phase,
    planned_by: String,
    planned_at: WallTime,
    #[schema(required)]
    stopped_by: Option<String>,
    #[schema(required)]
    stopped_at: Option<WallTime>,
    #[schema(required)]
    stop_reason: Option<String>,
    /// It had been drawn when it was stopped.
    was_drawn: bool,
}

impl ExperimentLine {
    fn of(e: Experiment, today: i64) -> ExperimentLine {
        ExperimentLine {
            phase: e.standing().phase(today),
            was_drawn: e.drawn_at.is_some(),
            id: e.id,
            name: e.name,
            question: e.question,
            over: e.drawn_over,
            measure: e.measure,
            connect_seconds: e.connect_ms / 1_000,
            first: numbered_day(e.first_day).unwrap_or_default(),
            last: numbered_day(e.last_day).unwrap_or_default(),
            planned_by: e.planned_by.into_inner(),
            planned_at: e.planned_at,
            stopped_by: e.stopped_by.map(|n| n.into_inner()),
            stopped_at: e.stopped_at,
            stop_reason: e.stop_reason,
        }
    }
}

fn today(app: &App) -> i64 {
    app.rules.zone.day_and_minute(app.clock.now()).0
}

/// The experiments of a client, newest first; none is ever left out.
#[utoipa::path(
    get,
    path = "/reports/experiments",
    params(ExperimentsQuery),
    responses((status = 200, body = Experiments))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    query: Result<Query<ExperimentsQuery>, QueryRejection>,
) -> Result<Json<Experiments>, Problem> {
    let Query(q) = query?;
    Ok(Json(listed(&app, &who, &q).await?))
}

/// The same as CSV, a row each.
#[utoipa::path(
    get,
    path = "/reports/experiments.csv",
    params(ExperimentsQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<ExperimentsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let made = listed(&app, &who, &q).await?;
    let columns = [
        "name",
        "question",
        "over",
        "measure",
        "connect_seconds",
        "first",
        "last",
        "phase",
        "planned_by",
        "planned_at",
        "stopped_by",
        "stopped_at",
        "stop_reason",
    ];
    let rows = made.experiments.iter().map(|e| {
        let text = |text: &Option<String>| Cell::text(text.as_deref().unwrap_or_default());
        let stopped_at = e.stopped_at.map_or_else(String::new, |at| at.to_string());
        [
            Cell::text(&e.name),
            Cell::text(&e.question),
            Cell::figure(word(e.over)),
            Cell::figure(word(e.measure)),
            Cell::figure(e.connect_seconds),
            Cell::figure(&e.first),
            Cell::figure(&e.last),
            Cell::figure(word(e.phase)),
            Cell::text(&e.planned_by),
            Cell::figure(e.planned_at),
            text(&e.stopped_by),
            Cell::figure(stopped_at),
            text(&e.stop_reason),
        ]
    });
    Ok(sheet("experiments", columns, rows))
}

/// What the API calls one of a few.
fn word(of: impl Serialize) -> String {
    let value = serde_json::json!(of);
    value.as_str().unwrap_or_default().to_owned()
}

async fn listed(app: &App, who: &Who, q: &ExperimentsQuery) -> Result<Experiments, Problem> {
    let today = today(app);
    let mut tx = app.db.read().await?;
    let (client, clients) = client(&mut tx, who, q.client.as_ref()).await?;
    let all = stored::list(&mut tx, &client).await?;
    Ok(Experiments {
        client,
        clients,
        zone: app.rules.zone.to_string(),
        earliest: numbered_day(today + 1).unwrap_or_default(),
        experiments: all
            .into_iter()
            .map(|e| ExperimentLine::of(e, today))
            .collect(),
    })
}

/// An arm that is planned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedArm {
    /// Of at most 40 characters.
    name: String,
    /// What it asks of who is in it, in at most 300 characters: they read it.
    asks: String,
}

/// An experiment that somebody plans. What a connect is is taken from the box as it is set now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExperimentPlan {
    client: ClientId,
    /// Of at most 80 characters.
    name: String,
    /// Of at most 500.
    question: String,
    /// Whole people are drawn, or whole working days.
    over: Over,
    /// Per call.
    measure: Measure,
    /// `2026-12-01`; tomorrow at the earliest.
    first: String,
    /// Its last day, half a year on at most.
    last: String,
    /// Two to four; the others are held against the first.
    arms: Vec<PlannedArm>,
}

/// An experiment that was planned.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedExperiment {
    id: String,
}

/// Plans an experiment. Nothing of it can be changed afterwards; the box draws it when its first
/// day begins.
#[utoipa::path(
    post,
    path = "/reports/experiments",
    request_body = ExperimentPlan,
    responses((status = 200, body = PlannedExperiment))
)]
pub async fn plan(
    State(app): State<App>,
    who: Who,
    body: Result<Json<ExperimentPlan>, JsonRejection>,
) -> Result<Json<PlannedExperiment>, Problem> {
    let Json(plan) = body?;
    if !who.sees_client(&plan.client) {
        return Err(Problem::not_found());
    }
    let day =
        |text: &str| day_number(text).ok_or_else(|| Problem::bad("A day is such as 2026-12-01."));
    let arms: Vec<Arm> = plan
        .arms
        .into_iter()
        .map(|a| Arm {
            name: a.name,
            asks: a.asks,
        })
        .collect();
    let new = NewExperiment {
        client: &plan.client,
        name: &plan.name,
        question: &plan.question,
        drawn_over: plan.over,
        measure: plan.measure,
        connect_ms: app.reports.connect_ms,
        days: (day(&plan.first)?, day(&plan.last)?),
        arms: &arms,
    };
    let mut tx = app.db.write().await?;
    let now = app.clock.now();
    let id = stored::plan(&mut tx, who.id(), &new, today(&app), now).await?;
    tx.commit().await?;
    Ok(Json(PlannedExperiment { id }))
}

/// Why an experiment is stopped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExperimentStop {
    /// In at most 500 characters; it is shown ever after.
    reason: String,
}

/// Stops an experiment before its days are over: it says so ever after, and has no result.
#[utoipa::path(
    post,
    path = "/reports/experiments/{id}/stop",
    request_body = ExperimentStop,
    responses((status = 204))
)]
pub async fn stop(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    body: Result<Json<ExperimentStop>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(body) = body?;
    let mut tx = app.db.write().await?;
    let experiment = stored::by_id(&mut tx, &id)
        .await?
        .filter(|e| who.sees_client(&e.client_id))
        .ok_or_else(Problem::not_found)?;
    let now = app.clock.now();
    let reason = &body.reason;
    stored::stop(&mut tx, who.id(), &experiment, reason, today(&app), now).await?;
    done(tx).await
}
