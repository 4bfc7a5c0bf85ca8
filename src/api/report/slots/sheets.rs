//! The tables of slots as CSV.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::slots::{SlotsOf, SlotsQuery, SlotsReport, SlotsTable, report};
use crate::api::sheet::{Cell, sheet};
use crate::report::interval::Rate;
use crate::report::slots::{Part, Prospects, Slots};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;

/// One of its tables as CSV: without a choice a row per weekday and slot.
#[utoipa::path(
    get,
    path = "/reports/slots.csv",
    params(SlotsQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<SlotsQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let made = report(&app, &who, &q).await?;
    Ok(table(&made, q.table.unwrap_or_default()))
}

/// A table of a report.
fn table(made: &SlotsReport, which: SlotsTable) -> Response {
    let time = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let start = |minute: i64| format!("x:{minute:02}");
    match which {
        SlotsTable::Cells => cells(&made.slots),
        SlotsTable::Slots => parts("slots-by-slot", &made.slots.slots, time),
        SlotsTable::Starts => parts("slots-by-start", &made.slots.starts, start),
        SlotsTable::Cut => cut(&made.slots),
        SlotsTable::People => each("slots-by-person", &made.people),
        SlotsTable::Numbers => each("slots-by-number", &made.numbers),
    }
}

/// A rate and its interval; empty where there is none.
fn three(rate: Option<Rate>) -> [Cell; 3] {
    let share = |of: fn(&Rate) -> f64| Cell::share(rate.as_ref().map(of));
    [share(|r| r.rate), share(|r| r.low), share(|r| r.high)]
}

fn cells(slots: &Slots) -> Response {
    let columns = [
        "weekday",
        "start",
        "calls",
        "connects",
        "meetings",
        "rate",
        "low",
        "high",
        "adjusted",
        "adjusted_low",
        "adjusted_high",
    ];
    let rows = slots.cells.iter().map(|cell| {
        let day = DAYS[usize::try_from(cell.weekday).unwrap_or(0) % 7];
        let (hour, minute) = (cell.start / 60, cell.start % 60);
        let ([rate, low, high], [a, b, c]) = (three(cell.rate), three(cell.adjusted));
        [
            Cell::figure(day),
            Cell::figure(format_args!("{hour:02}:{minute:02}")),
            Cell::figure(cell.counts.calls),
            Cell::figure(cell.counts.connects),
            Cell::figure(cell.counts.meetings),
            rate,
            low,
            high,
            a,
            b,
            c,
        ]
    });
    sheet("slots", columns, rows)
}

const PART: [&str; 17] = [
    "start",
    "calls",
    "connects",
    "meetings",
    "share_of_calls",
    "share",
    "rate",
    "low",
    "high",
    "adjusted",
    "adjusted_low",
    "adjusted_high",
    "numbers",
    "numbers_reached",
    "reach",
    "reach_low",
    "reach_high",
];

fn part(name: String, part: &Part) -> [Cell; 17] {
    let ([rate, low, high], [a, b, c]) = (three(part.rate), three(part.adjusted));
    let [reach, reach_low, reach_high] = three(part.prospects.and_then(|p| p.rate));
    let numbers = |of: fn(Prospects) -> i64| {
        Cell::figure(part.prospects.map_or(String::new(), |p| of(p).to_string()))
    };
    [
        Cell::figure(name),
        Cell::figure(part.counts.calls),
        Cell::figure(part.counts.connects),
        Cell::figure(part.counts.meetings),
        Cell::share(Some(part.share_of_calls)),
        Cell::share(part.share),
        rate,
        low,
        high,
        a,
        b,
        c,
        numbers(|p| p.called),
        numbers(|p| p.reached),
        reach,
        reach_low,
        reach_high,
    ]
}

fn parts(name: &str, all: &[Part], named: impl Fn(i64) -> String) -> Response {
    sheet(name, PART, all.iter().map(|p| part(named(p.start), p)))
}

fn cut(slots: &Slots) -> Response {
    let both = slots.cut.iter().flat_map(|cut| {
        [
            part("outside".to_owned(), &cut.outside),
            part("between".to_owned(), &cut.between),
        ]
    });
    sheet("slots-cut", PART, both)
}

fn each(name: &str, all: &[SlotsOf]) -> Response {
    let columns = [
        "name", "calls", "connects", "meetings", "rate", "low", "high",
    ];
    let rows = all.iter().map(|of| {
        let [rate, low, high] = three(of.rate);
        [
            Cell::text(&of.name),
            Cell::figure(of.counts.calls),
            Cell::figure(of.counts.connects),
            Cell::figure(of.counts.meetings),
            rate,
            low,
            high,
        ]
    });
    sheet(name, columns, rows)
}

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
