//! How many leads come how far (PRODUCT P2), as a page's data and as CSV.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::promise::Promise;
use crate::api::report::together::{Span, terms};
use crate::api::report::{ReportClient, client, days};
use crate::api::sheet::{Cell, sheet};
use crate::report::aggregate::{block_of, days_of, is_told};
use crate::report::funnel::{Step, Traveller, funnel};
use crate::store::Tx;
use crate::store::report::funnel::{self as stored, Group};
use crate::units::{ClientId, Zone, numbered_day};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Which leads, and what they are told apart by.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FunnelQuery {
    /// Without it, the first of one's own by name.
    client: Option<ClientId>,
    /// Leads that came in from this day on, `2026-11-01`; without it, four weeks back.
    from: Option<String>,
    /// Up to this day, included; without it, today.
    to: Option<String>,
    /// Without it, by source.
    by: Option<By>,
}

/// What leads are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FunnelBy)]
pub enum By {
    Campaign,
    #[default]
    Source,
    Supplier,
    /// Whose leads they are: marketing's, telemarketing's own, sales' own.
    Origin,
    /// The month in which they came in; the four weeks, where nobody is singled out.
    Month,
}

/// The funnel of a part of the leads.
#[derive(Debug, Serialize, ToSchema)]
pub struct FunnelPart {
    /// Empty: not known.
    name: String,
    steps: Vec<Step>,
}

/// How many leads come how far.
#[derive(Debug, Serialize, ToSchema)]
pub struct Funnel {
    client: ClientId,
    clients: Vec<ReportClient>,
    from: String,
    to: String,
    zone: String,
    by: By,
    /// Of all leads.
    steps: Vec<Step>,
    /// By name.
    parts: Vec<FunnelPart>,
    /// It holds that nobody is singled out: leads are told of four whole weeks, as they stood five
    /// weeks later, where five people or more called them.
    #[schema(required)]
    promise: Option<Promise>,
}

/// Suspect, contacted, claimed, passed, handed over, accepted, opportunity, won or lost: counts,
/// conversion with interval, time in each stage, of the leads that came in in a time; those still
/// on their way are not counted as lost.
#[utoipa::path(
    get,
    path = "/reports/funnel",
    params(FunnelQuery),
    responses((status = 200, body = Funnel))
)]
pub async fn report(
    State(app): State<App>,
    who: Who,
    query: Result<Query<FunnelQuery>, QueryRejection>,
) -> Result<Json<Funnel>, Problem> {
    let Query(q) = query?;
    Ok(Json(made(&app, &who, &q).await?))
}

/// The same as CSV: a row per part and stage, the whole first.
#[utoipa::path(
    get,
    path = "/reports/funnel.csv",
    params(FunnelQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<FunnelQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let made = made(&app, &who, &q).await?;
    let columns = [
        "part",
        "stage",
        "reached",
        "open",
        "rate",
        "low",
        "high",
        "at_most",
        "median_minutes",
        "p90_minutes",
    ];
    let whole = std::iter::once(("all", &made.steps));
    let parts = made.parts.iter().map(|p| (p.name.as_str(), &p.steps));
    let rows = whole.chain(parts).flat_map(|(name, steps)| {
        steps.iter().map(move |s| {
            [
                Cell::text(name),
                Cell::figure(s.stage),
                Cell::figure(s.reached),
                Cell::figure(s.open),
                Cell::share(s.rate.map(|r| r.rate)),
                Cell::share(s.rate.map(|r| r.low)),
                Cell::share(s.rate.map(|r| r.high)),
                Cell::share(s.at_most),
                Cell::minutes(s.median),
                Cell::minutes(s.p90),
            ]
        })
    });
    Ok(sheet("funnel", columns, rows))
}

async fn made(app: &App, who: &Who, q: &FunnelQuery) -> Result<Funnel, Problem> {
    let days = days(app, q.from.as_deref(), q.to.as_deref())?;
    let zone = &app.rules.zone;
    let mut tx = app.db.read().await?;
    let (client, clients) = client(&mut tx, who, q.client.as_ref()).await?;
    let are_asked = q.from.is_some() || q.to.is_some();
    let terms = terms(app, &mut tx, &client, (days, are_asked)).await?;
    let by = q.by.unwrap_or_default();
    let mut all = Vec::new();
    for span in &terms.spans {
        all.extend(travellers(&mut tx, &client, *span, (zone, by)).await?);
    }
    drop(tx);
    let parts = parts(&all, by, zone, terms.promise.is_some());
    let whole: Vec<Traveller> = all.into_iter().map(|(_, t)| t).collect();
    Ok(Funnel {
        client,
        clients,
        from: terms.from,
        to: terms.to,
        zone: zone.to_string(),
        by,
        steps: funnel(&whole),
        parts,
        promise: terms.promise,
    })
}

/// The leads of a span; where nobody is singled out, as they stood then, and of those alone that
/// are alike in all that can be asked for and that five people or more called.
async fn travellers(
    tx: &mut Tx,
    client: &ClientId,
    span: Span,
    (zone, by): (&Zone, By),
) -> Result<Vec<(Group, Traveller)>, Problem> {
    let Some(as_of) = span.as_of else {
        let asked = (zone, by == By::Origin);
        return Ok(stored::travellers(tx, client, span.moments(), asked).await?);
    };
    let callers = stored::callers(tx, client, span.moments(), as_of).await?;
    let all = stored::travellers(tx, client, span.moments(), (zone, true)).await?;
    let told = all.into_iter().filter_map(|(group, traveller)| {
        let people = callers.get(&group).copied().unwrap_or(0);
        is_told(people).then(|| (group, traveller.as_of(as_of)))
    });
    Ok(told.collect())
}

fn parts(all: &[(Group, Traveller)], by: By, zone: &Zone, is_promised: bool) -> Vec<FunnelPart> {
    // A month would cut the four weeks in two.
    let weeks = |at| numbered_day(days_of(block_of(zone.day_and_minute(at).0)).0);
    let name = |group: &Group, t: &Traveller| match by {
        By::Campaign => group.campaign.clone(),
        By::Source => group.source.clone(),
        By::Supplier => group.supplier.clone(),
        By::Origin => group.origin.clone(),
        By::Month if is_promised => weeks(t.received).unwrap_or_default(),
        By::Month => zone.month(t.received),
    };
    let mut parts: BTreeMap<String, Vec<Traveller>> = BTreeMap::new();
    for (group, traveller) in all {
        let part = parts.entry(name(group, traveller)).or_default();
        part.push(traveller.clone());
    }
    let part = |(name, leads): (String, Vec<Traveller>)| FunnelPart {
        name,
        steps: funnel(&leads),
    };
    parts.into_iter().map(part).collect()
}
