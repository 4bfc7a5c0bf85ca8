//! What sales lets in (PRODUCT P5), as a page's data and as CSV. Managers see everybody by name;
//! who sells sees their own, and nothing from which a colleague's could be subtracted. Where it was
//! promised that nobody is singled out, nobody is told by name but to themselves.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::promise::Promise;
use crate::api::report::together::{Span, terms};
use crate::api::report::{ReportClient, client, days, start_of};
use crate::api::sheet::{Cell, sheet};
use crate::identity::Role;
use crate::report::aggregate::is_told;
use crate::report::gate::{Case, Gate, gates};
use crate::store::report::gate as stored;
use crate::store::{Tx, people};
use crate::units::{ClientId, PersonId, numbered_day};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// Which leads.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct GateQuery {
    /// Without it, the first of one's own by name.
    client: Option<ClientId>,
    /// Leads that were handed over from this day on, `2026-11-01`; without it, half a year back.
    from: Option<String>,
    /// Up to this day, included; without it, today.
    to: Option<String>,
    /// Of a file: which table.
    #[param(inline)]
    table: Option<GateTable>,
}

/// A table of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GateTable {
    /// By representative.
    #[default]
    People,
    /// Reasons, doubts and first calls of each.
    Behind,
    /// Acceptance by the score's bands of each.
    Bands,
}

/// What one representative lets in.
#[derive(Debug, Serialize, ToSchema)]
pub struct GateRow {
    /// Null: leads that are nobody's in particular, or that a CRM answered for.
    #[schema(required)]
    person: Option<PersonId>,
    #[schema(required)]
    name: Option<String>,
    gate: Gate,
}

/// What sales lets in.
#[derive(Debug, Serialize, ToSchema)]
pub struct GateReport {
    client: ClientId,
    clients: Vec<ReportClient>,
    from: String,
    to: String,
    zone: String,
    /// With fewer decided leads a rate means little.
    fewest: i64,
    /// Everybody's; null: with so few colleagues it would tell theirs.
    #[schema(required)]
    all: Option<Gate>,
    /// By name.
    people: Vec<GateRow>,
    /// It holds that nobody is singled out: a manager is told of everybody together, of four whole
    /// weeks, as they stood five weeks later, where they were handed over to five people or more.
    #[schema(required)]
    promise: Option<Promise>,
}

/// Rates of fewer decided leads are grey.
const FEWEST_DECIDED: i64 = 20;
/// Half a year.
const DAYS: i64 = 183;

/// Acceptance by representative, raw and on like leads, with reasons, rejections that what is known
/// does not support, first calls, and what lies. Sales sees its own.
#[utoipa::path(
    get,
    path = "/reports/gate",
    params(GateQuery),
    responses((status = 200, body = GateReport))
)]
pub async fn report(
    State(app): State<App>,
    who: Who,
    query: Result<Query<GateQuery>, QueryRejection>,
) -> Result<Json<GateReport>, Problem> {
    let Query(q) = query?;
    Ok(Json(made(&app, &who, &q).await?))
}

/// One of its tables as CSV, everybody first: without a choice a row per representative.
#[utoipa::path(
    get,
    path = "/reports/gate.csv",
    params(GateQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<GateQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let made = made(&app, &who, &q).await?;
    let whole = made.all.iter().map(|gate| ("all", gate));
    let each = made.people.iter();
    let each = each.map(|p| (p.name.as_deref().unwrap_or_default(), &p.gate));
    let gates: Vec<(&str, &Gate)> = whole.chain(each).collect();
    Ok(match q.table.unwrap_or_default() {
        GateTable::People => people_sheet(&gates),
        GateTable::Behind => behind_sheet(&gates),
        GateTable::Bands => bands_sheet(&gates),
    })
}

fn people_sheet(gates: &[(&str, &Gate)]) -> Response {
    let columns = [
        "person",
        "leads",
        "decided",
        "accepted",
        "rate",
        "low",
        "high",
        "adjusted",
        "adjusted_low",
        "adjusted_high",
        "unsupported",
        "answers_overdue",
        "calls_overdue",
    ];
    let rows = gates.iter().map(|(name, g)| {
        [
            Cell::text(*name),
            Cell::figure(g.leads),
            Cell::figure(g.decided),
            Cell::figure(g.accepted),
            Cell::share(g.raw.map(|r| r.rate)),
            Cell::share(g.raw.map(|r| r.low)),
            Cell::share(g.raw.map(|r| r.high)),
            Cell::share(g.adjusted.map(|r| r.rate)),
            Cell::share(g.adjusted.map(|r| r.low)),
            Cell::share(g.adjusted.map(|r| r.high)),
            Cell::figure(g.doubts.iter().map(|d| d.times).sum::<i64>()),
            Cell::figure(g.answers_overdue),
            Cell::figure(g.calls_overdue),
        ]
    });
    sheet("gate", columns, rows)
}

fn behind_sheet(gates: &[(&str, &Gate)]) -> Response {
    let rows = gates.iter().flat_map(|(name, g)| {
        let row = |what: &str, which: String, times: i64| {
            [
                Cell::text(*name),
                Cell::figure(what),
                Cell::figure(which),
                Cell::figure(times),
            ]
        };
        let reasons = g.reasons.iter();
        let reasons = reasons.map(|r| row("reason", r.reason.to_string(), r.times));
        let doubts = g.doubts.iter();
        let doubts = doubts.map(|d| row("not_supported", d.doubt.to_string(), d.times));
        let calls = g.first_calls.iter();
        let calls = calls.map(|c| row("first_call", c.outcome.to_string(), c.times));
        reasons.chain(doubts).chain(calls).collect::<Vec<_>>()
    });
    sheet("gate-behind", ["person", "what", "which", "leads"], rows)
}

fn bands_sheet(gates: &[(&str, &Gate)]) -> Response {
    let rows = gates.iter().flat_map(|(name, g)| {
        g.bands.iter().map(|b| {
            [
                Cell::text(*name),
                Cell::figure(b.from),
                Cell::figure(b.decided),
                Cell::figure(b.accepted),
            ]
        })
    });
    let columns = ["person", "from_percent", "decided", "accepted"];
    sheet("gate-bands", columns, rows)
}

async fn made(app: &App, who: &Who, q: &GateQuery) -> Result<GateReport, Problem> {
    let to = days(app, None, q.to.as_deref())?.1;
    let first = numbered_day(to - DAYS).unwrap_or_default();
    let (from, to) = days(app, q.from.as_deref().or(Some(&first)), q.to.as_deref())?;
    let zone = &app.rules.zone;
    let mut tx = app.db.read().await?;
    let (client, clients) = client(&mut tx, who, q.client.as_ref()).await?;
    let are_asked = q.from.is_some() || q.to.is_some();
    let terms = terms(app, &mut tx, &client, ((from, to), are_asked)).await?;
    let own = Span {
        from: start_of(zone, from),
        to: start_of(zone, to),
        as_of: None,
    };
    // Who sells has what is their own, whatever was promised.
    let is_own = who.is(Role::Sales);
    let spans = if is_own { vec![own] } else { terms.spans };
    let mut cases = Vec::new();
    for span in spans {
        cases.extend(told_cases(app, &mut tx, &client, span).await?);
    }
    let names: BTreeMap<String, String> = people::everybody(&mut tx)
        .await?
        .into_iter()
        .map(|p| (p.id.to_string(), p.name.into_inner()))
        .collect();
    drop(tx);
    let (all, people) = told(who, &cases, &names, terms.promise.is_some());
    let day = |number| numbered_day(number).unwrap_or_default();
    let days = match is_own {
        true => (day(from), day(to - 1)),
        false => (terms.from, terms.to),
    };
    Ok(GateReport {
        client,
        clients,
        from: days.0,
        to: days.1,
        zone: zone.to_string(),
        fewest: FEWEST_DECIDED,
        all,
        people,
        promise: terms.promise,
    })
}

/// The cases of a span; where nobody is singled out, as they stood then, and none where they are
/// fewer than five people's.
async fn told_cases(
    app: &App,
    tx: &mut Tx,
    client: &ClientId,
    span: Span,
) -> Result<Vec<Case>, Problem> {
    let (now, zone) = (app.clock.now(), &app.rules.zone);
    let as_of = span.as_of.unwrap_or(now);
    let cases = stored::cases(tx, client, span.moments(), as_of, zone).await?;
    let whose: BTreeSet<&str> = cases.iter().map(|c| c.whose.as_str()).collect();
    let people = whose.iter().filter(|id| !id.is_empty()).count();
    let few = span.as_of.is_some() && !i64::try_from(people).is_ok_and(is_told);
    Ok(if few { Vec::new() } else { cases })
}

/// Everybody and each by name, as somebody may see it.
fn told(
    who: &Who,
    cases: &[Case],
    names: &BTreeMap<String, String>,
    is_promised: bool,
) -> (Option<Gate>, Vec<GateRow>) {
    let (all, each) = gates(cases);
    let is_own = who.is(Role::Sales);
    let colleagues = each
        .keys()
        .filter(|k| !k.is_empty() && *k != who.id().as_str());
    let are_few = !i64::try_from(colleagues.count()).is_ok_and(is_told);
    let is_hidden = is_own && (is_promised || are_few);
    let row = |(person, gate): (String, Gate)| GateRow {
        name: names.get(&person).cloned(),
        person: (!person.is_empty()).then(|| PersonId::from(person)),
        gate,
    };
    let seen = each.into_iter().filter(|(person, _)| match is_own {
        true => person == who.id().as_str(),
        false => !is_promised,
    });
    let mut people: Vec<GateRow> = seen.map(row).collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    if is_hidden {
        // How they stand to few colleagues says how those stand.
        for row in &mut people {
            row.gate.adjusted = None;
        }
    }
    ((!is_hidden).then_some(all), people)
}
