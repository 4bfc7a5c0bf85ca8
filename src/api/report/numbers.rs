//! Connect rate by the caller number shown, and since when one of them is burnt (PRODUCT P8), as a
//! page's data and as CSV.
//!
//! Where it was promised that nobody is singled out, nothing is told: a number is often one
//! person's line, and what is told of all slots, less what was told of one number, would be about
//! the others alone. First and last days would be somebody's first and last days.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::promise::Promise;
use crate::api::report::{ReportClient, client, days_or};
use crate::api::sheet::{Cell, sheet};
use crate::report::numbers::{self as rule, Against, Change, Dials, Number, Numbers};
use crate::store::report::{aggregate, numbers as stored};
use crate::units::{ClientId, numbered_day};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Thirteen weeks are told where nothing else is asked for.
const USUAL_DAYS: i64 = 91;
/// A year and a week.
const MOST_DAYS: i64 = 373;

/// Which calls.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct NumbersQuery {
    /// Without it, the first of one's own by name.
    client: Option<ClientId>,
    /// From this day on, `2026-09-01`; without it, thirteen weeks back.
    from: Option<String>,
    /// Up to this day, included; without it, today. A year at most.
    to: Option<String>,
    /// A rate is told from so many calls on.
    fewest: Option<i64>,
}

/// Our numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumbersReport {
    client: ClientId,
    clients: Vec<ReportClient>,
    /// The days that are told, the last included.
    from: String,
    to: String,
    zone: String,
    fewest: i64,
    connect_seconds: i64,
    #[serde(flatten)]
    numbers: Numbers,
    /// Calls that are not counted yet: some seconds. 0 where nobody is singled out.
    waiting: i64,
    /// It holds that nobody is singled out: no number is told.
    #[schema(required)]
    promise: Option<Promise>,
}

/// Connects of each of our numbers beside those that could be expected of its calls, by week, and
/// since when its level has changed. Where it was promised that nobody is singled out, none is
/// told.
#[utoipa::path(
    get,
    path = "/reports/numbers",
    params(NumbersQuery),
    responses((status = 200, body = NumbersReport))
)]
pub async fn numbers(
    State(app): State<App>,
    who: Who,
    query: Result<Query<NumbersQuery>, QueryRejection>,
) -> Result<Json<NumbersReport>, Problem> {
    let Query(q) = query?;
    Ok(Json(report(&app, &who, &q).await?))
}

/// The same as CSV, a row per number with its last change.
#[utoipa::path(
    get,
    path = "/reports/numbers.csv",
    params(NumbersQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<NumbersQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let made = report(&app, &who, &q).await?;
    if made.promise.is_some() {
        return Err(promised());
    }
    let columns = [
        "number",
        "against",
        "first",
        "last",
        "days",
        "calls",
        "connects",
        "rate",
        "low",
        "high",
        "expected",
        "change",
        "since",
        "since_first",
        "since_last",
        "rate_before",
        "rate_since",
    ];
    Ok(sheet(
        "numbers",
        columns,
        made.numbers.numbers.iter().map(row),
    ))
}

fn row(number: &Number) -> [Cell; 17] {
    let last = number.changes.last();
    let date = |of: fn(&Change) -> i64| Cell::figure(last.map_or(String::new(), |c| day(of(c))));
    let rate = |of: fn(&Change) -> &rule::Stretch| {
        Cell::share(last.and_then(|c| of(c).rate).map(|r| r.rate))
    };
    [
        Cell::text(&number.shown),
        Cell::figure(match number.against {
            Against::Others => "others",
            Against::Itself => "itself",
        }),
        Cell::figure(day(number.first)),
        Cell::figure(day(number.last)),
        Cell::figure(number.days),
        Cell::figure(number.calls),
        Cell::figure(number.connects),
        Cell::share(number.rate.map(|r| r.rate)),
        Cell::share(number.rate.map(|r| r.low)),
        Cell::share(number.rate.map(|r| r.high)),
        Cell::share(number.expected),
        Cell::figure(last.map_or("", |c| if c.fell { "fell" } else { "rose" })),
        date(|c| c.day),
        date(|c| c.first),
        date(|c| c.last),
        rate(|c| &c.before),
        rate(|c| &c.since),
    ]
}

fn day(number: i64) -> String {
    numbered_day(number).unwrap_or_default()
}

/// What the report is made of as CSV, so that it can be computed again: calls by number, campaign
/// and five minutes, in their order, with the connects that could be expected of them.
#[utoipa::path(
    get,
    path = "/reports/numbers-calls.csv",
    params(NumbersQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn calls(
    State(app): State<App>,
    who: Who,
    query: Result<Query<NumbersQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let days = days(&app, &q)?;
    let mut tx = app.db.read().await?;
    let (client, _) = client(&mut tx, &who, q.client.as_ref()).await?;
    if aggregate::in_force(&mut tx, &client).await?.is_some() {
        return Err(promised());
    }
    let dials = stored::dials(&mut tx, &client, days, app.reports.connect_ms).await?;
    let expected = rule::expected_of(&dials);
    let columns = [
        "number", "campaign", "day", "minute", "calls", "connects", "expected",
    ];
    let rows = dials.iter().zip(expected).map(|(d, expected)| {
        [
            Cell::text(&*d.shown),
            Cell::text(&*d.campaign),
            Cell::figure(day(d.day)),
            Cell::figure(d.minute),
            Cell::figure(d.calls),
            Cell::figure(d.connects),
            Cell::figure(format!("{expected:.9}")),
        ]
    });
    Ok(sheet("numbers-calls", columns, rows))
}

fn promised() -> Problem {
    Problem::bad(
        "It was promised that nobody is singled out here: a number is often one person's line, and \
         no number is told apart.",
    )
}

fn days(app: &App, q: &NumbersQuery) -> Result<(i64, i64), Problem> {
    let days = days_or(app, q.from.as_deref(), q.to.as_deref(), USUAL_DAYS)?;
    if days.1 - days.0 > MOST_DAYS {
        return Err(Problem::bad(
            "Numbers are told of a year at most: ask for less.",
        ));
    }
    Ok(days)
}

async fn report(app: &App, who: &Who, q: &NumbersQuery) -> Result<NumbersReport, Problem> {
    let days = days(app, q)?;
    let fewest = q.fewest.unwrap_or(app.reports.fewest);
    if !(1..=1_000_000).contains(&fewest) {
        return Err(Problem::bad("The fewest calls are 1 to 1000000."));
    }
    let mut tx = app.db.read().await?;
    let (client, clients) = client(&mut tx, who, q.client.as_ref()).await?;
    let promise = aggregate::in_force(&mut tx, &client).await?;
    let dials = match promise {
        Some(_) => Vec::new(),
        None => stored::dials(&mut tx, &client, days, app.reports.connect_ms).await?,
    };
    let waiting = super::together::waiting(&mut tx).await?;
    drop(tx);
    Ok(NumbersReport {
        client,
        clients,
        from: day(days.0),
        to: day(days.1 - 1),
        zone: app.rules.zone.to_string(),
        fewest,
        connect_seconds: app.reports.connect_ms / 1_000,
        numbers: counted(dials, fewest).await?,
        waiting,
        promise: promise.map(Promise::from),
    })
}

/// A year of a large house takes some hundred milliseconds: no other answer waits for it.
async fn counted(dials: Vec<Dials>, fewest: i64) -> Result<Numbers, Problem> {
    let made = tokio::task::spawn_blocking(move || rule::report(&dials, fewest)).await;
    made.map_err(|_| Problem::bad("The numbers could not be counted: ask again, for fewer days."))
}
