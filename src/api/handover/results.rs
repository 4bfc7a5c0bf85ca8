//! What became of the leads of each campaign and source, with a sheet to send: counts and call
//! times, no names (PRODUCT H3).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::sheet::{Cell, sheet};
use crate::handover::RejectReason;
use crate::handover::source::Tally;
use crate::store::handover::sources::{self, SourceLead};
use crate::units::{Micros, WallTime, Zone};
use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// By what leads are counted.
#[derive(Deserialize, Serialize, ToSchema, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    Campaign,
    #[default]
    Source,
}

impl SourceKind {
    /// The name by which a lead is counted; empty: not known.
    fn name(self, lead: &SourceLead) -> String {
        match self {
            SourceKind::Campaign => format!("{}: {}", lead.client, lead.campaign),
            SourceKind::Source => lead.source.clone().unwrap_or_default(),
        }
    }
}

/// Of which days, by what, and of which one alone.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SourcesAsked {
    #[serde(default)]
    #[param(inline)]
    by: SourceKind,
    /// The first day, `2026-11-01`, in the house's zone; ninety days back without it.
    from: Option<String>,
    /// The last day; today without it.
    until: Option<String>,
    /// One campaign or source alone, by the name that the list has.
    name: Option<String>,
}

/// A reason of a rejection, and how often it was given.
#[derive(Serialize, ToSchema)]
pub struct ReasonCount {
    reason: RejectReason,
    count: i64,
}

/// Counts of leads; each lead that came further is counted where it came by too.
#[derive(Serialize, ToSchema)]
pub struct SourceCounts {
    delivered: i64,
    duplicates: i64,
    not_called: i64,
    dead: i64,
    /// By final answer of SIP: `404` is a number that is none.
    dead_by_cause: BTreeMap<String, i64>,
    never_answered: i64,
    reached: i64,
    passed: i64,
    accepted: i64,
    rejected: i64,
    /// Rejections by the criterion that they cite, by its id.
    rejected_by_criterion: BTreeMap<String, i64>,
    rejected_for: Vec<ReasonCount>,
}

impl From<Tally> for SourceCounts {
    fn from(t: Tally) -> SourceCounts {
        let reasons = t.by_reason.into_iter();
        SourceCounts {
            delivered: t.delivered,
            duplicates: t.duplicates,
            not_called: t.not_called,
            dead: t.dead,
            dead_by_cause: t
                .dead_by_cause
                .into_iter()
                .map(|(cause, n)| (cause.to_string(), n))
                .collect(),
            never_answered: t.never_answered,
            reached: t.reached,
            passed: t.passed,
            accepted: t.accepted,
            rejected: t.rejected,
            rejected_by_criterion: t.by_criterion,
            rejected_for: reasons
                .map(|(reason, count)| ReasonCount { reason, count })
                .collect(),
        }
    }
}

/// A month of a source.
#[derive(Serialize, ToSchema)]
pub struct SourceMonth {
    /// `2026-11`.
    month: String,
    counts: SourceCounts,
}

/// A campaign or a source with what became of its leads.
#[derive(Serialize, ToSchema)]
pub struct SourceReport {
    /// Empty: leads that say no source.
    name: String,
    counts: SourceCounts,
    /// By the month in which leads came in, oldest first.
    months: Vec<SourceMonth>,
}

/// All of them.
#[derive(Serialize, ToSchema)]
pub struct SourceReports {
    sources: Vec<SourceReport>,
    from: String,
    until: String,
    /// There are more leads than were counted: choose fewer days.
    more: bool,
}

const MOST: i64 = 50_000;
const DAYS: i64 = 90;

struct Span {
    from: String,
    until: String,
    moments: (WallTime, WallTime),
}

fn span(asked: &SourcesAsked, zone: &Zone, now: WallTime) -> Result<Span, Problem> {
    let until = asked.until.clone().unwrap_or_else(|| zone.day(now));
    let from = asked
        .from
        .clone()
        .unwrap_or_else(|| zone.day(now - Micros::from_secs(DAYS * 86_400)));
    let moments = zone.start_of_day(&from).zip(zone.end_of_day(&until));
    match moments {
        Some(moments) if moments.0 < moments.1 => Ok(Span {
            from,
            until,
            moments,
        }),
        _ => Err(Problem::bad(
            "Days are written as 2026-11-25, the first before the last.",
        )),
    }
}

async fn read(
    app: &App,
    who: &Who,
    asked: &SourcesAsked,
) -> Result<(Span, Vec<SourceLead>, bool), Problem> {
    let span = span(asked, &app.rules.zone, app.clock.now())?;
    let mut tx = app.db.read().await?;
    let mut leads = sources::leads(&mut tx, who.id(), span.moments, MOST + 1).await?;
    let more = i64::try_from(leads.len()).is_ok_and(|n| n > MOST);
    leads.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    if let Some(name) = &asked.name {
        leads.retain(|l| asked.by.name(l) == *name);
    }
    Ok((span, leads, more))
}

/// What became of the leads of each campaign or source that came in within some days.
#[utoipa::path(
    get,
    path = "/results",
    params(SourcesAsked),
    responses((status = 200, body = SourceReports))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    Query(asked): Query<SourcesAsked>,
) -> Result<Json<SourceReports>, Problem> {
    let (span, leads, more) = read(&app, &who, &asked).await?;
    let mut all: BTreeMap<String, (Tally, BTreeMap<String, Tally>)> = BTreeMap::new();
    for lead in &leads {
        let (whole, months) = all.entry(asked.by.name(lead)).or_default();
        let facts = lead.facts();
        whole.add(&facts);
        let month = app.rules.zone.month(lead.created_at);
        months.entry(month).or_default().add(&facts);
    }
    let sources = all.into_iter().map(|(name, (whole, months))| SourceReport {
        name,
        counts: whole.into(),
        months: months
            .into_iter()
            .map(|(month, tally)| SourceMonth {
                month,
                counts: tally.into(),
            })
            .collect(),
    });
    Ok(Json(SourceReports {
        sources: sources.collect(),
        from: span.from,
        until: span.until,
        more,
    }))
}

/// The sheet of a campaign or a source: a line a lead, by the id that its supplier gave it, with
/// the times of its calls and what became of it. No names, no numbers.
#[utoipa::path(
    get,
    path = "/results.csv",
    params(SourcesAsked),
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn csv(
    State(app): State<App>,
    who: Who,
    Query(asked): Query<SourcesAsked>,
) -> Result<Response, Problem> {
    let (span, leads, _) = read(&app, &who, &asked).await?;
    let zone = &app.rules.zone;
    let at = |moment: Option<WallTime>| moment.map_or_else(String::new, |at| zone.minute(at));
    let columns = [
        "id",
        "campaign",
        "source",
        "came_in",
        "calls",
        "first_call",
        "last_call",
        "first_answer",
        "became",
        "sip_cause",
        "reason",
        "criterion",
    ];
    let rows = leads.iter().map(|lead| {
        let facts = lead.facts();
        [
            Cell::text(&lead.external_id),
            Cell::text(&lead.campaign),
            Cell::text(lead.source.as_deref().unwrap_or_default()),
            Cell::figure(at(Some(lead.created_at))),
            Cell::figure(lead.attempts),
            Cell::figure(at(lead.first_call_at)),
            Cell::figure(at(lead.last_call_at)),
            Cell::figure(at(lead.first_answered_at)),
            Cell::figure(facts.reach()),
            Cell::figure(lead.dead.map_or_else(String::new, |c| c.to_string())),
            Cell::figure(lead.reason.map_or_else(String::new, |r| r.to_string())),
            Cell::text(lead.criterion.as_deref().unwrap_or_default()),
        ]
    });
    let name = format!("leads-{}-{}", span.from, span.until);
    Ok(sheet(&name, columns, rows))
}
