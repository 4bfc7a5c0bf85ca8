//! What became of leads as sheets to send: the counts with what each cost, and the leads with the
//! times of their calls. No names, no numbers (PRODUCT H3).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::handover::results::{self, CostEach, SourceCounts, SourcesAsked};
use crate::api::problem::Problem;
use crate::api::sheet::{Cell, sheet};
use crate::commission::payroll::decimal;
use crate::store::handover::sources::{SourceLead, SourceList};
use crate::units::{ImportId, Money, WallTime};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;

fn amount(money: &Money) -> Cell {
    Cell::figure(decimal(money.minor, money.exponent(), '.'))
}

/// The name of a list on a sheet; empty: it came in by no list.
fn file_name(lists: &[SourceList], id: Option<&ImportId>) -> String {
    let list = lists.iter().find(|l| Some(&l.id) == id);
    list.map_or_else(String::new, |l| l.file_name.clone())
}

/// What is told of a lead's calls; nothing where it was promised that nobody is singled out.
fn told(lead: &SourceLead, figure: String) -> Cell {
    Cell::figure(if lead.untold { String::new() } else { figure })
}

/// The leads of a campaign, a source, a supplier or a list: a line a lead, by the id that its
/// supplier gave it, with the times of its calls and what became of it. No names, no numbers.
#[utoipa::path(
    get,
    path = "/results.csv",
    params(SourcesAsked),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn leads(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<SourcesAsked>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked?;
    let read = results::read(&app, &who, &asked).await?.whole()?;
    let zone = &app.rules.zone;
    let at = |moment: Option<WallTime>| moment.map_or_else(String::new, |at| zone.minute(at));
    let columns = [
        "id",
        "client",
        "campaign",
        "source",
        "supplier",
        "list",
        "came_in",
        "calls",
        "first_call",
        "last_call",
        "first_answer",
        "became",
        "sip_cause",
        "reason",
        "criterion",
        "cost",
        "currency",
    ];
    let rows = read.leads.iter().map(|lead| {
        let facts = lead.facts();
        let cost = facts.cost.as_ref();
        [
            Cell::text(lead.told_id()),
            Cell::text(&lead.client),
            Cell::text(&lead.campaign),
            Cell::text(lead.source.as_deref().unwrap_or_default()),
            Cell::text(lead.supplier.as_deref().unwrap_or_default()),
            Cell::text(file_name(&read.lists, lead.import_id.as_ref())),
            Cell::figure(at(Some(lead.created_at))),
            told(lead, lead.attempts.to_string()),
            told(lead, at(lead.first_call_at)),
            told(lead, at(lead.last_call_at)),
            told(lead, at(lead.first_answered_at)),
            Cell::figure(facts.reach()),
            Cell::figure(lead.dead.map_or_else(String::new, |c| c.to_string())),
            Cell::figure(lead.reason.map_or_else(String::new, |r| r.to_string())),
            Cell::text(lead.criterion.as_deref().unwrap_or_default()),
            cost.map_or_else(|| Cell::figure(""), amount),
            Cell::figure(cost.map_or("", |c| &c.currency)),
        ]
    });
    let name = format!("leads-{}-{}", read.span.from, read.span.until);
    Ok(sheet(&name, columns, rows))
}

/// A line of the counts: what is counted, and of it which; how many, what all cost, what each, and
/// in which currency.
type Line = [Cell; 6];

fn counted(what: &str, which: Cell, count: i64) -> Line {
    let blank = || Cell::figure("");
    [
        Cell::figure(what),
        which,
        Cell::figure(count),
        blank(),
        blank(),
        blank(),
    ]
}

fn counts(c: &SourceCounts) -> Vec<Line> {
    let whole = |what, count: i64| counted(what, Cell::figure(""), count);
    // A line that is not told is left out, and how many that is about stands in its place.
    let told = |what, count: Option<i64>| count.map(|count| whole(what, count));
    let mut lines = vec![
        whole("delivered", c.delivered),
        whole("duplicates", c.duplicates),
        counted("duplicates", Cell::figure("left_out_at_import"), c.left_out),
    ];
    lines.extend(told("not_called", c.not_called));
    lines.push(whole("dead", c.dead));
    let dead = c.dead_by_cause.iter();
    lines.extend(dead.map(|(cause, n)| counted("dead", Cell::figure(format!("SIP {cause}")), *n)));
    lines.extend(told("never_answered", c.never_answered));
    lines.extend(told("reached", c.reached));
    lines.extend((c.untold > 0).then(|| whole("untold", c.untold)));
    lines.extend([
        whole("passed", c.passed),
        whole("accepted", c.accepted),
        whole("rejected", c.rejected),
    ]);
    let criteria = c.rejected_by_criterion.iter();
    lines.extend(criteria.map(|(which, n)| counted("rejected", Cell::text(which), *n)));
    let reasons = c.rejected_for.iter();
    lines.extend(reasons.map(|r| counted("rejected", Cell::figure(r.reason), r.count)));
    lines
}

/// What each of those that came so far cost, a line for each currency; the last line counts leads
/// of which it is not said.
fn costs(c: &SourceCounts) -> Vec<Line> {
    let mut lines = Vec::new();
    for cost in &c.costs {
        let line = |what: &str, of: &CostEach| {
            [
                Cell::figure(what),
                Cell::figure("of_this_currency"),
                Cell::figure(of.leads),
                amount(&cost.total),
                of.each.as_ref().map_or_else(|| Cell::figure(""), amount),
                Cell::figure(&cost.total.currency),
            ]
        };
        lines.push(line("delivered", &cost.delivered));
        lines.extend(cost.reached.iter().map(|each| line("reached", each)));
        lines.extend([
            line("passed", &cost.passed),
            line("accepted", &cost.accepted),
        ]);
    }
    lines.push(counted(
        "delivered",
        Cell::figure("no_cost_said"),
        c.unpriced,
    ));
    lines
}

/// The counts of a campaign, a source, a supplier or a list, of all its days and of each month:
/// what each that came so far cost is empty where none did.
#[utoipa::path(
    get,
    path = "/results/counts.csv",
    params(SourcesAsked),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn sums(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<SourcesAsked>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked?;
    let (read, reports) = results::made(&app, &who, &asked).await?;
    let read = read.whole()?;
    let columns = [
        "client",
        "of",
        "list",
        "month",
        "what",
        "which",
        "leads",
        "cost",
        "cost_each",
        "currency",
    ];
    let mut rows = Vec::new();
    for report in &reports.sources {
        let list = read.lists.iter().find(|l| *l.id == *report.name);
        let list = list.map_or("", |l| l.file_name.as_str());
        let months = report.months.iter().map(|m| (m.month.as_str(), &m.counts));
        for (month, c) in std::iter::once(("", &report.counts)).chain(months) {
            for [what, which, leads, cost, each, currency] in [counts(c), costs(c)].concat() {
                let (client, of) = (Cell::text(&report.client), Cell::text(&report.name));
                let (list, month) = (Cell::text(list), Cell::figure(month));
                rows.push([
                    client, of, list, month, what, which, leads, cost, each, currency,
                ]);
            }
        }
    }
    let name = format!("results-{}-{}", read.span.from, read.span.until);
    Ok(sheet(&name, columns, rows))
}
