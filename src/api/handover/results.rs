//! What became of the leads of each campaign, source, supplier and list: counts, what each cost,
//! and months, no names (PRODUCT H3).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::handover::RejectReason;
use crate::handover::cost::Bought;
use crate::handover::source::{Part, SourceKind, Tally};
use crate::store::handover::sources::{self, PartName, SourceLead, SourceList, Wanted};
use crate::units::{ClientId, Micros, Money, WallTime, Zone};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Of which days, by what, and of which one alone.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SourcesAsked {
    /// Without it, by source.
    #[param(inline)]
    by: Option<SourceKind>,
    /// The first day, `2026-11-01`, in the house's zone; ninety days back without it.
    from: Option<String>,
    /// The last day; today without it.
    until: Option<String>,
    /// One of them alone, by the name that the list has; empty: those of which it is not known.
    name: Option<String>,
    /// Of one client alone; of all that one sees without it.
    client: Option<ClientId>,
}

/// A reason of a rejection, and how often it was given.
#[derive(Serialize, ToSchema)]
pub struct ReasonCount {
    pub(super) reason: RejectReason,
    pub(super) count: i64,
}

/// So many leads, and what each of them cost.
#[derive(Serialize, ToSchema)]
pub struct CostEach {
    pub(super) leads: i64,
    /// Null: there is none.
    #[schema(required)]
    pub(super) each: Option<Money>,
}

/// What leads cost that are paid in one currency, by what their sources say now, and what came of
/// the money.
#[derive(Serialize, ToSchema)]
pub struct SourceCost {
    pub(super) total: Money,
    pub(super) delivered: CostEach,
    /// Null where it is not told how many were reached.
    #[schema(required)]
    pub(super) reached: Option<CostEach>,
    pub(super) passed: CostEach,
    pub(super) accepted: CostEach,
}

impl SourceCost {
    fn of(currency: &str, bought: &Bought, is_told: bool) -> SourceCost {
        let each = |leads: i64| CostEach {
            leads,
            each: bought.each(leads).map(|minor| Money::new(minor, currency)),
        };
        SourceCost {
            total: Money::new(bought.minor, currency),
            delivered: each(bought.delivered),
            reached: is_told.then(|| each(bought.reached)),
            passed: each(bought.passed),
            accepted: each(bought.accepted),
        }
    }
}

/// Counts of leads; each lead that came further is counted where it came by too.
#[derive(Serialize, ToSchema)]
pub struct SourceCounts {
    /// Leads that came in, and duplicates that were left out at import.
    pub(super) delivered: i64,
    /// Those that were left out among them.
    pub(super) duplicates: i64,
    /// Of the duplicates; which source they would have had is not kept.
    pub(super) left_out: i64,
    /// Null, here and below: it was promised that nobody is singled out.
    #[schema(required)]
    pub(super) not_called: Option<i64>,
    pub(super) dead: i64,
    /// By final answer of SIP: `404` is a number that is none.
    pub(super) dead_by_cause: BTreeMap<String, i64>,
    #[schema(required)]
    pub(super) never_answered: Option<i64>,
    #[schema(required)]
    pub(super) reached: Option<i64>,
    pub(super) passed: i64,
    pub(super) accepted: i64,
    pub(super) rejected: i64,
    /// Neither duplicates, dead nor passed, and it is not told whether they were called and reached.
    pub(super) untold: i64,
    /// Rejections by the criterion that they cite, by its id.
    pub(super) rejected_by_criterion: BTreeMap<String, i64>,
    pub(super) rejected_for: Vec<ReasonCount>,
    /// By currency: amounts of two are never added.
    pub(super) costs: Vec<SourceCost>,
    /// Leads that came in of sources that say no cost.
    pub(super) unpriced: i64,
}

impl From<Tally> for SourceCounts {
    fn from(t: Tally) -> SourceCounts {
        let reasons = t.by_reason.into_iter();
        let is_told = t.untold == 0;
        let told = |count: i64| is_told.then_some(count);
        SourceCounts {
            delivered: t.delivered,
            duplicates: t.duplicates,
            left_out: t.left_out,
            not_called: told(t.not_called),
            dead: t.dead,
            dead_by_cause: t
                .dead_by_cause
                .into_iter()
                .map(|(cause, n)| (cause.to_string(), n))
                .collect(),
            never_answered: told(t.never_answered),
            reached: told(t.reached),
            passed: t.passed,
            accepted: t.accepted,
            rejected: t.rejected,
            untold: t.untold,
            rejected_by_criterion: t.by_criterion,
            rejected_for: reasons
                .map(|(reason, count)| ReasonCount { reason, count })
                .collect(),
            costs: t
                .costs
                .by_currency
                .iter()
                .map(|(currency, bought)| SourceCost::of(currency, bought, is_told))
                .collect(),
            unpriced: t.costs.unpriced,
        }
    }
}

/// A month of a source.
#[derive(Serialize, ToSchema)]
pub struct SourceMonth {
    /// `2026-11`.
    pub(super) month: String,
    /// All of its days are among those that were asked for, and over.
    whole: bool,
    pub(super) counts: SourceCounts,
}

/// What came of the rows of a list.
#[derive(Serialize, ToSchema)]
pub struct ListFacts {
    file_name: String,
    client: String,
    campaign: String,
    /// Empty: not said.
    supplier: String,
    began_at: WallTime,
    /// Null: it stands.
    #[schema(required)]
    undone_at: Option<WallTime>,
    /// Rows of the list.
    rows: i64,
    added: i64,
    /// Rows that brought a lead up to date which was there.
    changed: i64,
    /// Rows that could not be read.
    bad: i64,
    /// Duplicates that were left out.
    left_out: i64,
}

impl ListFacts {
    fn of(list: &SourceList) -> ListFacts {
        ListFacts {
            file_name: list.file_name.clone(),
            client: list.client.clone(),
            campaign: list.campaign.clone(),
            supplier: list.supplier.clone(),
            began_at: list.began_at,
            undone_at: list.undone_at,
            rows: list.total,
            added: list.added,
            changed: list.changed,
            bad: list.bad,
            left_out: list.skipped,
        }
    }
}

/// A campaign, source, supplier or list with what became of its leads.
#[derive(Serialize, ToSchema)]
pub struct SourceReport {
    /// Whose leads they are: two clients' of one name are two.
    pub(super) client: String,
    client_id: ClientId,
    /// Of a list the id; empty: not known.
    pub(super) name: String,
    /// Of a list.
    #[schema(required)]
    list: Option<ListFacts>,
    pub(super) counts: SourceCounts,
    /// By the month in which leads came in, oldest first.
    pub(super) months: Vec<SourceMonth>,
}

/// All of them.
#[derive(Serialize, ToSchema)]
pub struct SourceReports {
    pub(super) sources: Vec<SourceReport>,
    from: String,
    until: String,
    /// There are more leads than were counted, 50,000: choose fewer days.
    more: bool,
}

const MOST: i64 = 50_000;
const DAYS: i64 = 90;

/// The days that were asked for.
pub(super) struct Span {
    pub(super) from: String,
    pub(super) until: String,
    moments: (WallTime, WallTime),
}

impl Span {
    fn asked(asked: &SourcesAsked, zone: &Zone, now: WallTime) -> Result<Span, Problem> {
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

    /// Whether all days of a month are among them, and over.
    fn has_whole(&self, month: &str, zone: &Zone, now: WallTime) -> bool {
        let begins = zone.start_of_day(&format!("{month}-01"));
        let month = begins.zip(zone.end_of_month(month));
        month.is_some_and(|(begins, ends)| {
            self.moments.0 <= begins && ends <= self.moments.1.min(now)
        })
    }
}

/// What was read for an answer.
pub(super) struct Read {
    pub(super) by: SourceKind,
    pub(super) span: Span,
    pub(super) leads: Vec<SourceLead>,
    pub(super) lists: Vec<SourceList>,
    more: bool,
}

impl Read {
    /// A sheet is whole or is not sent, since who reads it does not see what it leaves out; and it
    /// goes to one client's supplier, who is told nothing of another's leads.
    pub(super) fn whole(self) -> Result<Read, Problem> {
        if self.more {
            return Err(Problem::bad(format!(
                "More than {MOST} leads came in in these days: choose fewer days, or one source, \
                 campaign, supplier or list."
            )));
        }
        let first = self.leads.first().map(|l| l.client.as_str());
        if self.leads.iter().any(|l| Some(l.client.as_str()) != first) {
            return Err(Problem::bad(
                "Leads of several clients are among them, and a sheet is one client's: choose the \
                 client.",
            ));
        }
        Ok(self)
    }
}

/// The leads that were asked for, and the lists of these days.
pub(super) async fn read(app: &App, who: &Who, asked: &SourcesAsked) -> Result<Read, Problem> {
    let span = Span::asked(asked, &app.rules.zone, app.clock.now())?;
    let by = asked.by.unwrap_or(SourceKind::Source);
    let mut tx = app.db.read().await?;
    let wanted = Wanted {
        part: asked.name.as_deref().map(|name| (by, name)),
        client: asked.client.as_ref(),
    };
    let mut leads = sources::leads(&mut tx, who.id(), span.moments, wanted, MOST + 1).await?;
    let mut lists = sources::lists(&mut tx, who.id(), span.moments).await?;
    lists.retain(|list| wanted.client.is_none_or(|client| *client == list.client_id));
    let more = i64::try_from(leads.len()).is_ok_and(|n| n > MOST);
    leads.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    Ok(Read {
        by,
        span,
        leads,
        lists,
        more,
    })
}

/// All that was asked for, counted.
pub(super) async fn made(
    app: &App,
    who: &Who,
    asked: &SourcesAsked,
) -> Result<(Read, SourceReports), Problem> {
    let (read, now) = (read(app, who, asked).await?, app.clock.now());
    let zone = &app.rules.zone;
    let listed = (read.leads.as_slice(), read.lists.as_slice());
    let mut parts = sources::parts(listed, read.by, read.span.moments.0, zone);
    parts.retain(|of, _| asked.name.as_ref().is_none_or(|asked| *asked == of.name));
    let month = |(month, tally): (String, Tally)| SourceMonth {
        whole: read.span.has_whole(&month, zone, now),
        month,
        counts: tally.into(),
    };
    let of_list = |name: &str| {
        read.lists
            .iter()
            .find(|l| read.by == SourceKind::List && *l.id == *name)
    };
    let report = |(of, part): (PartName, Part)| SourceReport {
        list: of_list(&of.name).map(ListFacts::of),
        client: of.client,
        client_id: of.client_id,
        name: of.name,
        counts: part.whole.into(),
        months: part.months.into_iter().map(month).collect(),
    };
    let reports = SourceReports {
        sources: parts.into_iter().map(report).collect(),
        from: read.span.from.clone(),
        until: read.span.until.clone(),
        more: read.more,
    };
    Ok((read, reports))
}

/// What became of the leads of each campaign, source, supplier or list that came in within some
/// days, with what each of them cost.
#[utoipa::path(
    get,
    path = "/results",
    params(SourcesAsked),
    responses((status = 200, body = SourceReports))
)]
pub async fn list(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<SourcesAsked>, QueryRejection>,
) -> Result<Json<SourceReports>, Problem> {
    let Query(asked) = asked?;
    let (_, reports) = made(&app, &who, &asked).await?;
    Ok(Json(reports))
}
