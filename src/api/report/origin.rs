//! Whose leads become pipeline (PRODUCT P3), as a page's data and as CSV.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::{ReportClient, client, days, start_of};
use crate::api::sheet::{Cell, sheet};
use crate::leads::Origin;
use crate::report::interval::Rate;
use crate::report::origin::{BANDS, OriginFigures, Part, figures};
use crate::store::report::origin as stored;
use crate::units::{ClientId, numbered_day};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which deals.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OriginQuery {
    /// Without it, the first of one's own by name.
    client: Option<ClientId>,
    /// Opportunities that opened from this day on, `2026-01-01`; without it, a year back.
    from: Option<String>,
    /// Up to this day, included; without it, today.
    to: Option<String>,
}

/// A source whose origin was changed after leads had come from it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelabelledSource {
    source: String,
    now: Origin,
    /// What the leads that were there keep.
    kept: Origin,
    leads: i64,
}

/// Whose leads become pipeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct OriginReport {
    client: ClientId,
    clients: Vec<ReportClient>,
    from: String,
    to: String,
    zone: String,
    /// In percent: marketing's share is read against these.
    bands: Vec<i64>,
    figures: OriginFigures,
    relabelled: Vec<RelabelledSource>,
}

const YEAR: i64 = 365;

/// Marketing's share of closeable pipeline; deal size, days to close and proof of concept by
/// origin, with how much of what sales' own leads are faster by late entry could be.
#[utoipa::path(
    get,
    path = "/reports/origin",
    params(OriginQuery),
    responses((status = 200, body = OriginReport))
)]
pub async fn report(
    State(app): State<App>,
    who: Who,
    query: Result<Query<OriginQuery>, QueryRejection>,
) -> Result<Json<OriginReport>, Problem> {
    let Query(q) = query?;
    Ok(Json(made(&app, &who, &q).await?))
}

/// The same as CSV: a row per origin and currency, and one without for deals that have no amount.
#[utoipa::path(
    get,
    path = "/reports/origin.csv",
    params(OriginQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<OriginQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let made = made(&app, &who, &q).await?;
    let columns = [
        "origin",
        "opened",
        "closeable",
        "won",
        "lost",
        "share_of_deals",
        "currency",
        "deals_with_amount",
        "sum_minor",
        "median_minor",
        "days_to_close",
        "entered_late",
        "late_by_days",
        "days_from_first_call_from",
        "days_from_first_call_to",
        "proof_of_concept",
        "proof_of_concept_said",
    ];
    let rows = made.figures.parts.iter().flat_map(|p| {
        let none = [None];
        let amounts = p.amounts.iter().map(Some);
        let amounts: Vec<_> = match p.amounts.is_empty() {
            true => none.into_iter().collect(),
            false => amounts.collect(),
        };
        amounts
            .into_iter()
            .map(move |a| row(p, a))
            .collect::<Vec<_>>()
    });
    Ok(sheet("origin", columns, rows))
}

fn row(p: &Part, amount: Option<&crate::report::origin::Amount>) -> [Cell; 17] {
    let blank = || Cell::figure("");
    let days = |d: Option<f64>| Cell::figure(d.map_or_else(String::new, |d| format!("{d:.1}")));
    let share = |r: Option<Rate>| Cell::share(r.map(|r| r.rate));
    [
        Cell::figure(p.origin),
        Cell::figure(p.opened),
        Cell::figure(p.closeable),
        Cell::figure(p.won),
        Cell::figure(p.lost),
        share(p.share),
        amount.map_or_else(blank, |a| Cell::text(a.currency.as_str())),
        amount.map_or_else(blank, |a| Cell::figure(a.deals)),
        amount.map_or_else(blank, |a| Cell::figure(a.sum_minor)),
        amount.map_or_else(blank, |a| Cell::figure(a.median_minor)),
        days(p.days),
        Cell::figure(p.late),
        days(p.late_days),
        days(p.days_from),
        days(p.days_to),
        Cell::figure(p.proof),
        Cell::figure(p.proof_said),
    ]
}

async fn made(app: &App, who: &Who, q: &OriginQuery) -> Result<OriginReport, Problem> {
    let to = days(app, None, q.to.as_deref())?.1;
    let first = numbered_day(to - YEAR).unwrap_or_default();
    let (from, to) = days(app, q.from.as_deref().or(Some(&first)), q.to.as_deref())?;
    let zone = &app.rules.zone;
    let mut tx = app.db.read().await?;
    let (client, clients) = client(&mut tx, who, q.client.as_ref()).await?;
    let span = (start_of(zone, from), start_of(zone, to));
    let deals = stored::deals(&mut tx, &client, span).await?;
    let relabelled = stored::relabelled(&mut tx, &client).await?;
    drop(tx);
    Ok(OriginReport {
        client,
        clients,
        from: numbered_day(from).unwrap_or_default(),
        to: numbered_day(to - 1).unwrap_or_default(),
        zone: zone.to_string(),
        bands: BANDS.to_vec(),
        figures: figures(&deals),
        relabelled: relabelled
            .into_iter()
            .map(|r| RelabelledSource {
                source: r.source,
                now: r.now,
                kept: r.kept,
                leads: r.leads,
            })
            .collect(),
    })
}
