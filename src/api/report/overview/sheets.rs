//! The tables of the overview as CSV.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::overview::{Overview, OverviewKind, OverviewQuery, OverviewTable, made};
use crate::api::sheet::{Cell, sheet};
use crate::commission::payroll::decimal;
use crate::report::interval::Rate;
use crate::units::{Money, WallTime};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;

/// One of its tables as CSV: without a choice its figures, a row each.
#[utoipa::path(
    get,
    path = "/reports/overview.csv",
    params(OverviewQuery),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    query: Result<Query<OverviewQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(q) = query?;
    let which = q.table.unwrap_or_default();
    Ok(table(&made(&app, &who, q).await?, which))
}

/// A table of an overview.
fn table(made: &Overview, which: OverviewTable) -> Response {
    match which {
        OverviewTable::Figures => figures(made),
        OverviewTable::Sources => sources(made),
        OverviewTable::Earned => earned(made),
        OverviewTable::Waiting => waiting(made),
        OverviewTable::Days => days(made),
        OverviewTable::Fallen => fallen(made),
    }
}

fn amount(money: &Money) -> Cell {
    Cell::figure(decimal(money.minor, money.exponent(), '.'))
}

fn at(moment: Option<WallTime>) -> Cell {
    Cell::figure(moment.map_or_else(String::new, |at| at.to_string()))
}

fn rate(rate: Option<&Rate>) -> Cell {
    Cell::share(rate.map(|r| r.rate))
}

fn figures(made: &Overview) -> Response {
    let row = |what: &str, figure: i64| [Cell::figure(what), Cell::figure(figure)];
    let (queue, verdicts) = (&made.queue, &made.verdicts);
    let mut rows = vec![
        row("claims_waiting", queue.claims),
        row("claims_under_4_h", queue.under_4_h),
        row("claims_under_24_h", queue.under_24_h),
        row("claims_over_24_h", queue.over_24_h),
        row("days", made.days),
        row("verdicts", verdicts.now.verdicts),
        row("passed", verdicts.now.passed),
        row("verdicts_before", verdicts.before.verdicts),
        row("passed_before", verdicts.before.passed),
        row("questions", made.questions),
        row("disputes", made.disputes),
        row("rulings", made.rulings),
    ];
    if let Some(calls) = &made.calls {
        rows.extend([
            row("calls", calls.calls),
            row("answered", calls.answered),
            row("recorded", calls.recorded),
        ]);
    }
    sheet("overview", ["what", "figure"], rows)
}

fn sources(made: &Overview) -> Response {
    let columns = [
        "client",
        "source",
        "grade",
        "within_hours",
        "leads",
        "soon",
        "late",
        "over_7_days",
    ];
    let rows = made.sources.iter().map(|s| {
        let hours = s.within_hours.map_or_else(String::new, |h| h.to_string());
        [
            Cell::text(&s.client),
            Cell::text(s.source.as_deref().unwrap_or_default()),
            Cell::text(s.grade.as_deref().unwrap_or_default()),
            Cell::figure(hours),
            Cell::figure(s.leads),
            Cell::figure(s.soon),
            Cell::figure(s.late),
            Cell::figure(s.over_7_days),
        ]
    });
    sheet("overview-sources", columns, rows)
}

fn earned(made: &Overview) -> Response {
    let columns = [
        "period",
        "campaign",
        "plan_version",
        "leads",
        "amount",
        "payable",
        "currency",
        "taken_back",
        "readers",
        "read",
    ];
    let rows = made.earned.iter().map(|e| {
        [
            Cell::figure(&made.period),
            Cell::text(&e.campaign),
            Cell::figure(e.plan_version),
            Cell::figure(e.leads),
            amount(&e.amount),
            amount(&e.payable),
            Cell::figure(&e.amount.currency),
            Cell::figure(e.taken_back),
            Cell::figure(e.readers),
            Cell::figure(e.read),
        ]
    });
    sheet("overview-earned", columns, rows)
}

fn waiting(made: &Overview) -> Response {
    let columns = [
        "kind", "number", "other", "company", "whose", "since", "due_at",
    ];
    let rows = made.waiting.iter().map(|w| {
        let kind = match w.kind {
            OverviewKind::Question => "question",
            OverviewKind::Ruling => "ruling",
            OverviewKind::Dispute => "dispute",
        };
        [
            Cell::figure(kind),
            Cell::figure(w.number),
            Cell::figure(w.other.map_or_else(String::new, |n| n.to_string())),
            Cell::text(&w.company),
            Cell::text(&w.whose),
            at(Some(w.since)),
            at(w.due_at),
        ]
    });
    sheet("overview-waiting", columns, rows)
}

fn days(made: &Overview) -> Response {
    let rows = made.verdicts.days.iter().map(|d| {
        [
            Cell::figure(&d.day),
            Cell::figure(d.verdicts),
            Cell::figure(d.passed),
        ]
    });
    sheet("overview-days", ["day", "verdicts", "passed"], rows)
}

fn fallen(made: &Overview) -> Response {
    let rows = made.fallen.iter().map(|f| {
        [
            Cell::text(&f.client),
            Cell::text(&f.shown),
            Cell::figure(&f.since),
            rate(f.before.as_ref()),
            rate(f.now.as_ref()),
        ]
    });
    let columns = ["client", "number", "since", "rate_before", "rate_since"];
    sheet("overview-numbers", columns, rows)
}
