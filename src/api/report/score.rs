//! How likely sales accepts a lead (PRODUCT P4): what was learnt, held against what came later; and
//! in which order a campaign's leads are worked on.

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::api::report::{ReportClient, client};
use crate::api::sheet::{Cell, sheet};
use crate::identity::Role;
use crate::report::back_test::BackTest;
use crate::report::lesson::{Group, Learnt};
use crate::report::score::{FEWEST, FEWEST_PAST, ScoreLevel, ScoreList, WorkOrder};
use crate::store::leads;
use crate::store::report::past::{SALES_KNOWN, TELESALES_KNOWN};
use crate::store::report::score as stored;
use crate::units::{CampaignId, ClientId, Micros, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whose leads, and for which list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ScoreQuery {
    /// Without it, the first of one's own by name.
    client: Option<ClientId>,
    /// Without it, sales'.
    list: Option<ScoreList>,
    /// Of a file: which table.
    #[param(inline)]
    table: Option<ScoreTable>,
}

/// A table of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScoreTable {
    /// What was foretold and what came, by ten per cent.
    #[default]
    Bins,
    /// What a lead of each source is scored.
    Groups,
}

/// How strongly groups of a level are pulled to the level above.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScorePull {
    level: ScoreLevel,
    /// As by so many leads of the level above; ten thousand is as good as total.
    leads: f64,
}

/// A campaign and the order in which its leads are worked on.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignOrder {
    id: CampaignId,
    name: String,
    order: WorkOrder,
}

/// What was learnt of past leads.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreReport {
    client: ClientId,
    clients: Vec<ReportClient>,
    list: ScoreList,
    zone: String,
    /// When it was learnt; it is learnt again every hour. Null: a moment from now.
    #[schema(required)]
    made_at: Option<WallTime>,
    /// Days after which it is known what became of a lead.
    known_after_days: i64,
    /// With fewer past leads none is scored.
    fewest_past: i64,
    /// A group of fewer is not used.
    fewest: i64,
    /// Leads that were learnt from; for telesales once in each state that they went through.
    past: i64,
    accepted: i64,
    /// Their time is over, and sales said nothing that tells of the lead.
    left_out: i64,
    /// Their time is not over.
    waiting: i64,
    pulls: Vec<ScorePull>,
    /// Null: nothing was old enough.
    #[schema(required)]
    back_test: Option<BackTest>,
    /// What a lead of each source is scored, where nothing else is known of it.
    groups: Vec<Group>,
    campaigns: Vec<CampaignOrder>,
    /// Whether one may change the order.
    changes: bool,
}

/// What was learnt of past leads, with how it stood the test: each month's leads scored by what was
/// known before, beside a plain rate and beside counting calls.
#[utoipa::path(
    get,
    path = "/reports/score",
    params(ScoreQuery),
    responses((status = 200, body = ScoreReport))
)]
pub async fn report(
    State(app): State<App>,
    who: Who,
    query: Result<Query<ScoreQuery>, QueryRejection>,
) -> Result<Json<ScoreReport>, Problem> {
    let Query(q) = query?;
    Ok(Json(made(&app, &who, &q).await?))
}

/// One of its tables as CSV: without a choice a row per ten per cent that were foretold.
#[utoipa::path(
    get,
    path = "/reports/score.csv",
    params(ScoreQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<ScoreQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let made = made(&app, &who, &q).await?;
    Ok(match q.table.unwrap_or_default() {
        ScoreTable::Bins => bins_sheet(&made),
        ScoreTable::Groups => groups_sheet(&made.groups),
    })
}

fn groups_sheet(groups: &[Group]) -> Response {
    let columns = ["source", "tried", "score", "low", "high", "leads"];
    let rows = groups.iter().map(|g| {
        [
            Cell::text(&g.source),
            Cell::figure(&g.interactions),
            Cell::share(Some(g.score.share)),
            Cell::share(Some(g.score.low)),
            Cell::share(Some(g.score.high)),
            Cell::figure(g.score.n),
        ]
    });
    sheet("score-groups", columns, rows)
}

fn bins_sheet(made: &ScoreReport) -> Response {
    let bins = made.back_test.iter().flat_map(|t| &t.bins);
    let columns = [
        "from_percent",
        "below_percent",
        "leads",
        "accepted",
        "foretold",
        "rate",
        "low",
        "high",
    ];
    let rows = bins.map(|b| {
        [
            Cell::figure(b.from),
            Cell::figure(b.to),
            Cell::figure(b.n),
            Cell::figure(b.accepted),
            Cell::share(Some(b.foretold)),
            Cell::share(Some(b.rate.rate)),
            Cell::share(Some(b.rate.low)),
            Cell::share(Some(b.rate.high)),
        ]
    });
    sheet("score", columns, rows)
}

async fn made(app: &App, who: &Who, q: &ScoreQuery) -> Result<ScoreReport, Problem> {
    let list = q.list.unwrap_or(ScoreList::Sales);
    let mut tx = app.db.read().await?;
    let (client, clients) = client(&mut tx, who, q.client.as_ref()).await?;
    let kept = stored::learnt(&mut tx, &client, list).await?;
    let campaigns = stored::orders(&mut tx, &client).await?;
    drop(tx);
    let made_at = kept.as_ref().map(|k| k.0).filter(|at| at.micros() > 0);
    let nothing = || Learnt {
        past: 0,
        accepted: 0,
        left_out: 0,
        waiting: 0,
        strengths: Vec::new(),
        back_test: None,
        groups: Vec::new(),
    };
    let learnt = kept.map_or_else(nothing, |k| k.1);
    let known = match list {
        ScoreList::Sales => SALES_KNOWN,
        ScoreList::Telesales => TELESALES_KNOWN,
    };
    let pulls = learnt.strengths.into_iter().skip(1);
    Ok(ScoreReport {
        client,
        clients,
        list,
        zone: app.rules.zone.to_string(),
        made_at,
        known_after_days: known.0 / Micros::from_secs(86_400).0,
        fewest_past: FEWEST_PAST,
        fewest: FEWEST,
        past: learnt.past,
        accepted: learnt.accepted,
        left_out: learnt.left_out,
        waiting: learnt.waiting,
        pulls: pulls
            .map(|(level, leads)| ScorePull { level, leads })
            .collect(),
        back_test: learnt.back_test,
        groups: learnt.groups,
        campaigns: campaigns
            .into_iter()
            .map(|c| CampaignOrder {
                id: c.id,
                name: c.name,
                order: c.work_order,
            })
            .collect(),
        changes: who.is(Role::Manager),
    })
}

/// In which order a campaign's leads are worked on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkOrderBody {
    order: WorkOrder,
}

/// Says in which order a campaign's leads are worked on from now on, by sales and by telesales.
#[utoipa::path(
    put,
    path = "/campaign-orders/{id}",
    request_body = WorkOrderBody,
    responses((status = 204))
)]
pub async fn set_order(
    State(app): State<App>,
    who: Who,
    Path(id): Path<CampaignId>,
    body: Result<Json<WorkOrderBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(body) = body?;
    let mut tx = app.db.write().await?;
    leads::campaign(&mut tx, &id)
        .await?
        .filter(|c| who.sees_client(&c.client_id))
        .ok_or_else(Problem::not_found)?;
    stored::set_order(&mut tx, who.id(), &id, body.order, app.clock.now()).await?;
    done(tx).await
}
