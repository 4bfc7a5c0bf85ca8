//! Where a lead's time goes (PRODUCT P6), as a page's data and as CSV.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::promise::Promise;
use crate::api::report::together::{Span, terms};
use crate::api::report::{ReportClient, client, days};
use crate::api::sheet::{Cell, sheet};
use crate::report::aggregate::is_told;
use crate::report::waterfall::{Name, Passage, Stretch, stretch};
use crate::store::Tx;
use crate::store::report::funnel::{Group, callers};
use crate::store::report::waterfall as stored;
use crate::units::ClientId;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// Which leads and claims.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WaterfallQuery {
    /// Without it, the first of one's own by name.
    client: Option<ClientId>,
    /// Leads that came in and claims that were made from this day on, `2026-11-01`; without it,
    /// four weeks back.
    from: Option<String>,
    /// Up to this day, included; without it, today.
    to: Option<String>,
}

/// The stretches of the way, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Waterfall {
    client: ClientId,
    clients: Vec<ReportClient>,
    from: String,
    to: String,
    zone: String,
    /// `08:00-18:00`, Monday to Friday.
    working_hours: String,
    stretches: Vec<Stretch>,
    /// It holds that nobody is singled out: a stretch is told of four whole weeks, as it stood five
    /// weeks later, where five people or more are behind it.
    #[schema(required)]
    promise: Option<Promise>,
}

/// How long each stretch of a lead's way takes, and who answers for it: median and 95th percentile,
/// by the calendar and in working hours; what has not ended is counted apart.
#[utoipa::path(
    get,
    path = "/reports/waterfall",
    params(WaterfallQuery),
    responses((status = 200, body = Waterfall))
)]
pub async fn waterfall(
    State(app): State<App>,
    who: Who,
    query: Result<Query<WaterfallQuery>, QueryRejection>,
) -> Result<Json<Waterfall>, Problem> {
    let Query(q) = query?;
    Ok(Json(report(&app, &who, &q).await?))
}

/// The same as CSV, a row per stretch.
#[utoipa::path(
    get,
    path = "/reports/waterfall.csv",
    params(WaterfallQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<WaterfallQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let made = report(&app, &who, &q).await?;
    let columns = [
        "stretch",
        "owner",
        "ended",
        "open",
        "median_minutes",
        "p95_minutes",
        "working_median_minutes",
        "working_p95_minutes",
    ];
    let rows = made.stretches.iter().map(|s| {
        let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        [
            Cell::figure(word(serde_json::json!(s.name))),
            Cell::figure(word(serde_json::json!(s.owner))),
            Cell::figure(s.ended),
            Cell::figure(s.open),
            Cell::minutes(s.median),
            Cell::minutes(s.p95),
            Cell::minutes(s.working_median),
            Cell::minutes(s.working_p95),
        ]
    });
    Ok(sheet("waterfall", columns, rows))
}

async fn report(app: &App, who: &Who, q: &WaterfallQuery) -> Result<Waterfall, Problem> {
    let days = days(app, q.from.as_deref(), q.to.as_deref())?;
    let zone = &app.rules.zone;
    let mut tx = app.db.read().await?;
    let (client, clients) = client(&mut tx, who, q.client.as_ref()).await?;
    let are_asked = q.from.is_some() || q.to.is_some();
    let terms = terms(app, &mut tx, &client, (days, are_asked)).await?;
    let mut all: BTreeMap<usize, Vec<Passage>> = BTreeMap::new();
    for span in &terms.spans {
        for (place, passages) in passages(&mut tx, &client, *span).await? {
            all.entry(place).or_default().extend(passages);
        }
    }
    drop(tx);
    let none = Vec::new();
    let stretches = Name::ALL.iter().enumerate().map(|(place, name)| {
        let passages = all.get(&place).unwrap_or(&none);
        stretch(*name, passages, app.reports.working_hours, zone)
    });
    Ok(Waterfall {
        clients,
        from: terms.from,
        to: terms.to,
        zone: zone.to_string(),
        working_hours: app.reports.working_hours.to_string(),
        stretches: stretches.collect(),
        promise: terms.promise,
        client,
    })
}

/// The passages of a span by stretch; where nobody is singled out, as they stood then, and of those
/// leads that are alike in all that can be asked for and of those stretches of claims that five
/// people or more are behind.
async fn passages(
    tx: &mut Tx,
    client: &ClientId,
    span: Span,
) -> Result<BTreeMap<usize, Vec<Passage>>, Problem> {
    let Some(as_of) = span.as_of else {
        return Ok(stored::passages(tx, client, span.moments(), None).await?);
    };
    let callers = callers(tx, client, span.moments(), as_of).await?;
    let alike = callers.into_iter().filter(|(_, people)| is_told(*people));
    let alike: BTreeSet<Group> = alike.map(|(group, _)| group).collect();
    let mut all = stored::passages(tx, client, span.moments(), Some(&alike)).await?;
    let people = stored::people(tx, client, span.moments(), as_of).await?;
    all.retain(|place, _| people.behind(Name::ALL[*place]).is_none_or(is_told));
    for passages in all.values_mut() {
        let stood = passages.iter().filter_map(|p| p.as_of(as_of));
        *passages = stood.collect();
    }
    Ok(all)
}
