//! A manager's first page: what waits, what is late, what runs against a clock, and the money of
//! the month. Each figure has a page behind it.

pub mod sheets;

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::ReportClient;
use crate::jobs::numbers::Fallen;
use crate::report::interval::Rate;
use crate::report::numbers::Number;
use crate::report::overview::{self as rule, Verdicts};
use crate::review::DisputeState;
use crate::store::commission::{plans, questions, rulings};
use crate::store::report::aggregate;
use crate::store::report::overview::{self as stored, Of};
use crate::store::review::{claims, disputes, second_reviews};
use crate::store::{Tx, people};
use crate::units::{ClientId, LeadId, Micros, Money, SourceId, WallTime, numbered_day};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whose figures, and of how many days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OverviewQuery {
    /// Without it, all of one's own.
    client: Option<ClientId>,
    /// Of the verdicts and calls: 1 to 92; without it, seven.
    #[param(minimum = 1, maximum = 92)]
    days: Option<i64>,
    /// Of a file: which table.
    #[param(inline)]
    table: Option<OverviewTable>,
}

/// A table of the overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OverviewTable {
    /// Queue, verdicts, calls and what waits, in figures.
    #[default]
    Figures,
    /// Leads that nobody has talked to, by source.
    Sources,
    /// The money of the month, by plan.
    Earned,
    /// What runs against a clock.
    Waiting,
    /// Verdicts by day.
    Days,
    /// Numbers that connect less than they did.
    Fallen,
}

/// Claims that wait for a reviewer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewQueue {
    claims: i64,
    /// They wait since less than four hours, since four to 24, and for longer.
    under_4_h: i64,
    under_24_h: i64,
    over_24_h: i64,
    /// When the one was made that has waited longest.
    #[schema(required)]
    oldest: Option<WallTime>,
    /// Who is judging a claim now.
    at_work: Vec<String>,
}

/// What runs against a clock, or waits for somebody's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OverviewKind {
    Question,
    Ruling,
    Dispute,
}

/// Something that somebody waits for.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewWaiting {
    kind: OverviewKind,
    /// The question's number, or the claim's.
    number: i64,
    /// Of a ruling: the claim that was made first.
    #[schema(required)]
    other: Option<i64>,
    company: String,
    /// Who asked, or whose claim it is.
    whose: String,
    since: WallTime,
    /// Null: there is no deadline.
    #[schema(required)]
    due_at: Option<WallTime>,
}

/// Leads of a source that nobody has talked to.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewSource {
    #[schema(required)]
    source: Option<String>,
    #[schema(required)]
    grade: Option<String>,
    /// Hours to first contact; null where no source is known: seven days.
    #[schema(required)]
    within_hours: Option<i64>,
    client: String,
    leads: i64,
    /// Due within a day.
    soon: i64,
    late: i64,
    over_7_days: i64,
    /// The one that is late the longest, where it is among the fifty such of all sources.
    #[schema(required)]
    latest: Option<OverviewLate>,
}

/// A lead that is late.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewLate {
    lead: LeadId,
    company: String,
    due_at: WallTime,
}

/// What a campaign's plan comes to this month.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewEarned {
    campaign: String,
    plan_version: i64,
    /// Leads that earned.
    leads: i64,
    amount: Money,
    /// Of it, what is payable by now.
    payable: Money,
    taken_back: i64,
    /// Telemarketers who earn by it, and those of them who have read it.
    readers: i64,
    read: i64,
}

/// Calls of these days.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewCalls {
    calls: i64,
    answered: i64,
    /// Of the answered ones.
    recorded: i64,
}

/// One of our numbers that connects less than it did.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewFallen {
    client: String,
    /// Empty: calls that showed none.
    shown: String,
    /// The likeliest first day of the lower level, `2026-11-12`.
    since: String,
    /// Connects of 100 calls before; null under the fewest calls.
    #[schema(required)]
    before: Option<Rate>,
    /// And since; null under the fewest calls.
    #[schema(required)]
    now: Option<Rate>,
}

/// What a manager sees first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overview {
    now: WallTime,
    zone: String,
    /// Null: all of `clients`.
    #[schema(required)]
    client: Option<ClientId>,
    clients: Vec<ReportClient>,
    days: i64,
    queue: OverviewQueue,
    verdicts: Verdicts,
    /// The next first, what has no deadline last; at most twelve.
    waiting: Vec<OverviewWaiting>,
    /// How many there are in all.
    questions: i64,
    disputes: i64,
    rulings: i64,
    /// The latest first.
    sources: Vec<OverviewSource>,
    /// `2026-11`, the month of now.
    period: String,
    earned: Vec<OverviewEarned>,
    /// Of the clients of whom nothing was promised; null: it was promised of all that nobody is
    /// singled out.
    #[schema(required)]
    calls: Option<OverviewCalls>,
    /// Numbers that fell and have not risen again, as they were found within the last hour; none of
    /// a client of whom it was promised that nobody is singled out.
    fallen: Vec<OverviewFallen>,
}

/// So much is listed; the rest is behind a door.
const LISTED: usize = 12;
/// Of these the one is named that is late the longest at a source.
const NAMED: i64 = 50;

/// What a manager sees first: queue and its age, verdicts and pass rate, what runs against a clock,
/// deadlines, money of the month, and calls.
#[utoipa::path(
    get,
    path = "/reports/overview",
    params(OverviewQuery),
    responses((status = 200, body = Overview))
)]
pub async fn overview(
    State(app): State<App>,
    who: Who,
    query: Result<Query<OverviewQuery>, QueryRejection>,
) -> Result<Json<Overview>, Problem> {
    let Query(q) = query?;
    Ok(Json(made(&app, &who, q).await?))
}

async fn made(app: &App, who: &Who, q: OverviewQuery) -> Result<Overview, Problem> {
    let days = q.days.unwrap_or(7);
    if !(1..=92).contains(&days) {
        return Err(Problem::bad("'days' is 1 to 92."));
    }
    if q.client.as_ref().is_some_and(|c| !who.sees_client(c)) {
        return Err(Problem::not_found());
    }
    let now = app.clock.now();
    let of = Of {
        person: who.id(),
        client: q.client.as_ref(),
        now,
    };
    let ago = |days| now - Micros::from_secs(86_400 * days);
    let mut tx = app.db.read().await?;
    let clients = people::named_clients_of(&mut tx, who.id()).await?;
    let judged = stored::judged(&mut tx, of, ago(2 * days)).await?;
    let mut waiting = waiting(&mut tx, of).await?;
    let count = |kind| {
        let of_kind = waiting.iter().filter(|w| w.kind == kind).count();
        i64::try_from(of_kind).unwrap_or(i64::MAX)
    };
    let (questions, disputes, rulings) = (
        count(OverviewKind::Question),
        count(OverviewKind::Dispute),
        count(OverviewKind::Ruling),
    );
    waiting.sort_by_key(|w| (w.due_at.is_none(), w.due_at, w.since));
    waiting.truncate(LISTED);
    let period = app.rules.zone.month(now);
    let calls = calls(&mut tx, &clients, of, ago(days)).await?;
    let fallen = fallen(&mut tx, &app.fallen, &clients, of).await?;
    Ok(Overview {
        now,
        zone: app.rules.zone.to_string(),
        clients: clients
            .into_iter()
            .map(|(id, name)| ReportClient { id, name })
            .collect(),
        days,
        queue: queue(&mut tx, of).await?,
        verdicts: rule::verdicts(&judged, ago(days), &app.rules.zone),
        waiting,
        questions,
        disputes,
        rulings,
        sources: sources(&mut tx, of).await?,
        earned: earned(&mut tx, of, &period).await?,
        period,
        calls,
        fallen,
        client: q.client,
    })
}

async fn calls(
    tx: &mut Tx,
    clients: &[(ClientId, String)],
    of: Of<'_>,
    since: WallTime,
) -> Result<Option<OverviewCalls>, Problem> {
    let promised = aggregate::promised(tx).await?;
    let mut asked = clients
        .iter()
        .filter(|(id, _)| of.client.is_none_or(|c| c == id));
    if asked.all(|(id, _)| promised.contains(id)) && !promised.is_empty() {
        return Ok(None);
    }
    let calls = stored::heard(tx, of, since).await?;
    Ok(Some(OverviewCalls {
        calls: calls.calls,
        answered: calls.answered,
        recorded: calls.recorded,
    }))
}

async fn fallen(
    tx: &mut Tx,
    found: &Fallen,
    clients: &[(ClientId, String)],
    of: Of<'_>,
) -> Result<Vec<OverviewFallen>, Problem> {
    let mut all = Vec::new();
    for (client, name) in clients {
        let numbers = found.of(client);
        if numbers.is_empty() || of.client.is_some_and(|c| c != client) {
            continue;
        }
        // It may have been promised since they were found.
        if aggregate::in_force(tx, client).await?.is_none() {
            all.extend(numbers.iter().filter_map(|n| view_of(n, name)));
        }
    }
    Ok(all)
}

fn view_of(number: &Number, client: &str) -> Option<OverviewFallen> {
    let change = number.changes.last()?;
    Some(OverviewFallen {
        client: client.to_owned(),
        shown: number.shown.clone(),
        since: numbered_day(change.day)?,
        before: change.before.rate,
        now: change.since.rate,
    })
}

async fn queue(tx: &mut Tx, of: Of<'_>) -> Result<OverviewQueue, Problem> {
    let queue = stored::queue(tx, of).await?;
    let at_work = stored::at_work(tx, of).await?;
    Ok(OverviewQueue {
        claims: queue.claims,
        under_4_h: queue.under_4_h,
        under_24_h: queue.claims - queue.under_4_h - queue.over_24_h,
        over_24_h: queue.over_24_h,
        oldest: queue.oldest,
        at_work: at_work.into_iter().map(|name| name.into_inner()).collect(),
    })
}

async fn waiting(tx: &mut Tx, of: Of<'_>) -> Result<Vec<OverviewWaiting>, Problem> {
    let wanted = |client: &ClientId| of.client.is_none_or(|c| c == client);
    let mut all = Vec::new();
    for q in questions::waiting(tx, of.person).await? {
        if q.answered_at.is_none() && wanted(&q.client_id) {
            all.push(OverviewWaiting {
                kind: OverviewKind::Question,
                number: q.number,
                other: None,
                company: q.company.into_inner(),
                whose: q.person.into_inner(),
                since: q.asked_at,
                due_at: Some(q.due_at),
            });
        }
    }
    for d in disputes::of_clients(tx, of.person).await? {
        if d.state != DisputeState::Open {
            continue;
        }
        let claim = claims::by_id(tx, &d.claim_id).await?;
        let second = second_reviews::existing(tx, &d.second_review_id).await?;
        if let Some(claim) = claim.filter(|c| wanted(&c.client_id)) {
            all.push(OverviewWaiting {
                kind: OverviewKind::Dispute,
                number: claim.number,
                other: None,
                company: claim.company.into_inner(),
                whose: claim.person.into_inner(),
                since: d.created_at,
                due_at: Some(second.due_at),
            });
        }
    }
    for pair in rulings::open_pairs(tx, of.person, i64::MAX).await? {
        let (later, first) = (
            claims::by_id(tx, &pair.later).await?,
            claims::by_id(tx, &pair.first).await?,
        );
        if let (Some(later), Some(first)) = (later.filter(|c| wanted(&c.client_id)), first) {
            all.push(OverviewWaiting {
                kind: OverviewKind::Ruling,
                number: later.number,
                other: Some(first.number),
                company: later.company.into_inner(),
                whose: later.person.into_inner(),
                since: later.created_at,
                due_at: None,
            });
        }
    }
    Ok(all)
}

async fn sources(tx: &mut Tx, of: Of<'_>) -> Result<Vec<OverviewSource>, Problem> {
    let mut latest = stored::latest(tx, of, NAMED).await?;
    let mut take = |source: &Option<SourceId>| {
        let at = latest.iter().position(|l| l.source_id == *source)?;
        let late = latest.swap_remove(at);
        Some(OverviewLate {
            lead: late.lead,
            company: late.company.into_inner(),
            due_at: late.due_at,
        })
    };
    let all = stored::untouched(tx, of).await?;
    let view = |s: stored::Untouched| OverviewSource {
        latest: if s.late > 0 { take(&s.source_id) } else { None },
        source: s.source,
        grade: s.grade,
        within_hours: s.within_hours,
        client: s.client,
        leads: s.leads,
        soon: s.soon,
        late: s.late,
        over_7_days: s.over_7_days,
    };
    Ok(all.into_iter().map(view).collect())
}

async fn earned(tx: &mut Tx, of: Of<'_>, period: &str) -> Result<Vec<OverviewEarned>, Problem> {
    let mut all = Vec::new();
    for e in stored::earned(tx, of, period).await? {
        let readers = plans::readers(tx, &e.plan_id).await?;
        let read = readers.iter().filter(|r| r.at.is_some()).count();
        all.push(OverviewEarned {
            campaign: e.campaign,
            plan_version: e.version,
            leads: e.leads,
            amount: Money::new(e.amount_minor, &e.currency),
            payable: Money::new(e.payable_minor, &e.currency),
            taken_back: e.taken_back,
            readers: i64::try_from(readers.len()).unwrap_or(i64::MAX),
            read: i64::try_from(read).unwrap_or(i64::MAX),
        });
    }
    Ok(all)
}
