//! How many suspects have to be contacted by when (PRODUCT P2), as a page's data and as CSV.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::promise::Promise;
use crate::api::report::together::as_of;
use crate::api::report::{ReportClient, client, start_of};
use crate::api::sheet::{Cell, sheet};
use crate::report::aggregate::{block_of, is_told};
use crate::report::forecast::{Band, Contacts, Held, Month, NoPlan, back_test, plan};
use crate::report::interval::Rate;
use crate::store::Tx;
use crate::store::report::forecast as stored;
use crate::units::{ClientId, Zone, day_number, numbered_day};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is wanted when.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ForecastQuery {
    /// Without it, the first of one's own by name.
    client: Option<ClientId>,
    /// `2026-12`; without it, the next one.
    month: Option<String>,
    /// Hand-overs in the month, 1 to 100,000; without it, as many as in the last one that is over.
    handovers: Option<i64>,
    /// Of a file: which table.
    #[param(inline)]
    table: Option<ForecastTable>,
}

/// A table of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ForecastTable {
    /// Months that are over.
    #[default]
    Months,
    /// What the month takes.
    Plan,
}

/// What has to be done for a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForecastPlan {
    /// Leads that have to be talked to, beside those that were.
    contacts: Band,
    /// Suspects for that, as many of them as are reached; null: it is not told how many are.
    #[schema(required)]
    suspects: Option<Band>,
    /// First contacts from this day on …
    from: String,
    /// … to this one, spread evenly.
    by: String,
    /// Of those so contacted, handed over in the month, 0 to 1.
    share: f64,
    /// From the first contact to the hand-over, half take less.
    median_days: i64,
}

/// How many suspects have to be contacted by when, for so many hand-overs in a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct Forecast {
    client: ClientId,
    clients: Vec<ReportClient>,
    zone: String,
    month: String,
    handovers: i64,
    /// Hand-overs of the month that come of what is contacted already, those that were among them.
    #[schema(required)]
    on_the_way: Option<Band>,
    #[schema(required)]
    plan: Option<ForecastPlan>,
    /// Why there is no plan.
    #[schema(required)]
    no_plan: Option<NoPlan>,
    /// Of suspects, those that are talked to within thirty days of their coming in; null: too few
    /// came in to tell, or it was promised that nobody is singled out.
    #[schema(required)]
    reached: Option<Rate>,
    /// Months that are over, the oldest first.
    months: Vec<Held>,
    /// Of these months, those in which the band held.
    held: i64,
    /// It holds that nobody is singled out: contacts are counted of four whole weeks in which five
    /// people or more called, and as of the end of the last such time.
    #[schema(required)]
    promise: Option<Promise>,
}

const YEAR_AND_HALF: i64 = 548;
/// Months that are looked back at.
const BACK: i64 = 12;

/// How many suspects have to be contacted by when, for so many hand-overs in a month, with a band
/// and how often such bands held before.
#[utoipa::path(
    get,
    path = "/reports/forecast",
    params(ForecastQuery),
    responses((status = 200, body = Forecast))
)]
pub async fn report(
    State(app): State<App>,
    who: Who,
    query: Result<Query<ForecastQuery>, QueryRejection>,
) -> Result<Json<Forecast>, Problem> {
    let Query(q) = query?;
    Ok(Json(made(&app, &who, &q).await?))
}

/// One of its tables as CSV: without a choice the months that are over, with what would have been
/// foretold on their first day, and what came.
#[utoipa::path(
    get,
    path = "/reports/forecast.csv",
    params(ForecastQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<ForecastQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let made = made(&app, &who, &q).await?;
    Ok(match q.table.unwrap_or_default() {
        ForecastTable::Months => months_sheet(made.months),
        ForecastTable::Plan => plan_sheet(&made),
    })
}

fn tenths(f: f64) -> Cell {
    Cell::figure(format!("{f:.1}"))
}

/// A row per figure of what the month takes; none where there is no plan.
fn plan_sheet(made: &Forecast) -> Response {
    let row = |what: &str, band: &Band| {
        [
            Cell::figure(&made.month),
            Cell::figure(made.handovers),
            Cell::figure(what),
            tenths(band.middle),
            tenths(band.low),
            tenths(band.high),
            Cell::figure(made.plan.as_ref().map_or("", |p| &p.from)),
            Cell::figure(made.plan.as_ref().map_or("", |p| &p.by)),
        ]
    };
    let on_the_way = made.on_the_way.iter().map(|b| row("on_the_way", b));
    let contacts = made.plan.iter().map(|p| row("contacts", &p.contacts));
    let suspects = made.plan.iter().filter_map(|p| p.suspects.as_ref());
    let suspects = suspects.map(|b| row("suspects", b));
    let columns = [
        "month",
        "handovers",
        "what",
        "middle",
        "low",
        "high",
        "contacted_from",
        "contacted_by",
    ];
    let rows: Vec<_> = on_the_way.chain(contacts).chain(suspects).collect();
    sheet("forecast-plan", columns, rows)
}

fn months_sheet(months: Vec<Held>) -> Response {
    let columns = ["month", "foretold", "low", "high", "came", "held"];
    let rows = months.into_iter().map(|m| {
        let figure = tenths;
        [
            Cell::figure(m.month),
            figure(m.foretold.middle),
            figure(m.foretold.low),
            figure(m.foretold.high),
            Cell::figure(m.came),
            Cell::figure(i64::from(m.is_held)),
        ]
    });
    sheet("forecast", columns, rows)
}

/// A month so many after that of a day; before it with a negative number.
fn month_after(day: i64, months: i64) -> Option<Month> {
    let text = numbered_day(day)?;
    let (year, month) = (text.get(..4)?, text.get(5..7)?);
    let nth = year.parse::<i64>().ok()? * 12 + month.parse::<i64>().ok()? - 1 + months;
    let first = |nth: i64| {
        let text = format!("{:04}-{:02}-01", nth.div_euclid(12), nth.rem_euclid(12) + 1);
        Some((day_number(&text)?, text))
    };
    let (begins, text) = first(nth)?;
    Some(Month {
        name: text.get(..7)?.to_owned(),
        first: begins,
        after: first(nth + 1)?.0,
    })
}

fn asked(q: &ForecastQuery, today: i64) -> Result<Month, Problem> {
    let bad = || Problem::bad("A month is such as 2026-12, within ten years.");
    let month = match q.month.as_deref().filter(|m| !m.is_empty()) {
        None => month_after(today, 1),
        Some(name) => day_number(&format!("{name}-01")).and_then(|day| month_after(day, 0)),
    };
    let month = month.ok_or_else(bad)?;
    if (month.first - today).abs() > 3_660 {
        return Err(bad());
    }
    Ok(month)
}

async fn made(app: &App, who: &Who, q: &ForecastQuery) -> Result<Forecast, Problem> {
    let zone: &Zone = &app.rules.zone;
    let month = asked(q, zone.day_and_minute(app.clock.now()).0)?;
    if q.handovers.is_some_and(|n| !(1..=100_000).contains(&n)) {
        return Err(Problem::bad("Hand-overs are 1 to 100,000."));
    }
    let mut tx = app.db.read().await?;
    let (client, clients) = client(&mut tx, who, q.client.as_ref()).await?;
    let (today, promise) = as_of(app, &mut tx, &client).await?;
    let since = start_of(zone, today - YEAR_AND_HALF);
    let mut contacts = stored::contacts(&mut tx, &client, since, zone).await?;
    if promise.is_some() {
        contacts = together(&mut tx, &client, contacts, today).await?;
    }
    let (came, reached) = match promise {
        None => stored::reached(&mut tx, &client, app.clock.now()).await?,
        Some(_) => (0, 0),
    };
    drop(tx);
    let past: Vec<Month> = (-BACK..0).filter_map(|n| month_after(today, n)).collect();
    let months = back_test(&contacts, &past);
    let last = months.last().map_or(0, |m| m.came);
    let handovers = q.handovers.unwrap_or(last.max(10));
    let reached = Rate::of(reached, came);
    let (plan, on_the_way, no_plan) = match plan(&contacts, &month, handovers, today) {
        Ok(plan) => {
            let day = |d: i64| numbered_day(d).unwrap_or_default();
            let rate = reached.map(|r| r.rate).filter(|r| *r > 0.0);
            let told = ForecastPlan {
                suspects: rate.map(|rate| Band {
                    middle: plan.contacts.middle / rate,
                    low: plan.contacts.low / rate,
                    high: plan.contacts.high / rate,
                }),
                contacts: plan.contacts,
                from: day(plan.window.from),
                by: day(plan.window.by),
                share: plan.share,
                median_days: plan.median_days,
            };
            (Some(told), Some(plan.on_the_way), None)
        }
        Err((why, on_the_way)) => (None, on_the_way, Some(why)),
    };
    let held = months.iter().filter(|m| m.is_held).count();
    Ok(Forecast {
        client,
        clients,
        zone: zone.to_string(),
        month: month.name,
        handovers,
        on_the_way,
        plan,
        no_plan,
        reached,
        held: i64::try_from(held).unwrap_or(i64::MAX),
        months,
        promise,
    })
}

/// Contacts as they stood before a day, of blocks in which five people or more called.
async fn together(
    tx: &mut Tx,
    client: &ClientId,
    contacts: Vec<Contacts>,
    before: i64,
) -> Result<Vec<Contacts>, Problem> {
    let callers = stored::callers(tx, client).await?;
    let told = contacts.into_iter().filter_map(|mut c| {
        let people = callers.get(&block_of(c.day)).copied().unwrap_or(0);
        c.handed.take_if(|day| *day >= before);
        (c.day < before && is_told(people)).then_some(c)
    });
    Ok(told.collect())
}
