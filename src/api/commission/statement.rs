//! The telemarketer's statement.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::commission::proof::{LogCheckpoint, newest};
use crate::api::problem::Problem;
use crate::commission::{EntryKind, Part, SoFar, is_period};
use crate::identity::Role;
use crate::store::commission::paid::{self, Paid};
use crate::store::commission::{ledger, periods, plans, rulings};
use crate::store::review::claims;
use crate::store::{StoreError, Tx, people};
use crate::units::{
    ClaimId, EntryId, Money, PersonId, PlanId, VerdictId, WallTime, sum_by_currency,
};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::{IntoParams, ToSchema};

/// An entry of the ledger as its payee sees it. Names are those of the day it was booked.
#[derive(Serialize, ToSchema)]
pub struct Entry {
    pub(super) id: EntryId,
    kind: EntryKind,
    /// `opener`: the share in a colleague's claim, for having opened its lead; `claimant`: what is
    /// left beside such a share.
    part: Part,
    company: String,
    campaign: String,
    claim: ClaimId,
    claim_number: i64,
    verdict: VerdictId,
    plan: PlanId,
    plan_version: i64,
    amount: Money,
    /// How the amount comes about; null for what takes another back, and for what was booked before
    /// plans had tiers.
    #[schema(required)]
    arithmetic: Option<Arithmetic>,
    earned_at: WallTime,
    payable_at: WallTime,
    booked_at: WallTime,
    /// `2026-11`.
    period: String,
    /// The entry that this one takes back.
    #[schema(required)]
    corrects: Option<EntryId>,
    #[schema(required)]
    reason: Option<String>,
    /// What was ruled, in the ruler's words.
    #[schema(required)]
    ruling: Option<String>,
    /// The entry that took this one back.
    #[schema(required)]
    taken_back_by: Option<EntryId>,
    /// The payroll run that paid it; null: none has.
    #[schema(required)]
    paid: Option<PaidBy>,
}

/// The payroll run that paid an entry.
#[derive(Serialize, ToSchema)]
pub struct PaidBy {
    /// The run's number.
    run: i64,
    /// When it was made.
    made_at: WallTime,
}

impl From<Paid> for PaidBy {
    fn from(paid: Paid) -> PaidBy {
        PaidBy {
            run: paid.run,
            made_at: paid.made_at,
        }
    }
}

/// How an entry's amount comes about, in the steps that a reader can do by hand.
#[derive(Serialize, ToSchema)]
pub struct Arithmetic {
    /// Which passed lead of the payee it is in the campaign's period, from 1 on; what was taken
    /// back does not count. Null: an opener's share, which is in no lead of theirs.
    #[schema(required)]
    number: Option<i64>,
    /// What such a lead earns by the plan, all parts together, before the cap.
    rate: Money,
    /// What of the rate is this part's, in percent; null: the whole.
    #[schema(required)]
    percent: Option<i64>,
    /// What that comes to, before the cap; an opener's is rounded down.
    share: Money,
    /// The lead that the rate's tier begins at; null: the plan's own amount.
    #[schema(required)]
    tier_from: Option<i64>,
    /// The most that the payee earns by the campaign in a period.
    #[schema(required)]
    cap: Option<Money>,
    /// What stood in the period before it.
    before: Money,
}

/// What somebody has earned, as it stood at a moment.
#[derive(Serialize, ToSchema)]
pub struct Statement {
    payee: String,
    #[schema(required)]
    payroll_number: Option<String>,
    /// The month it is of, in the house's time zone.
    pub(super) period: String,
    zone: String,
    #[schema(required)]
    locked_at: Option<WallTime>,
    /// Periods that have entries, and today's; newest first.
    periods: Vec<String>,
    /// What was booked later does not count.
    as_of: WallTime,
    /// Sums per currency.
    earned_this_period: Vec<Money>,
    /// Of all periods, what payroll runs had paid by then.
    paid: Vec<Money>,
    /// Of all periods, what was payable by then and no run had paid.
    payable: Vec<Money>,
    /// Of all periods, what is payable later.
    payable_later: Vec<Money>,
    /// When the first of that is payable; null: there is none.
    #[schema(required)]
    payable_next: Option<WallTime>,
    earned: Vec<Money>,
    /// What of this period is taken back, in the sum already.
    taken_back: Vec<Money>,
    /// Own claims without a verdict.
    undecided: i64,
    /// Own claims that passed and wait.
    waiting: i64,
    /// The period's entries, newest first.
    pub(super) entries: Vec<Entry>,
    /// What was booked into the period since then.
    pub(super) since: Vec<Entry>,
    /// The newest root of the proof log: whoever keeps it can show later that the log was
    /// rewritten.
    #[schema(required)]
    pub(super) checkpoint: Option<LogCheckpoint>,
}

/// Which period, and as of when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// `2026-11`; without it today's.
    period: Option<String>,
    /// As it stood then; without it now.
    as_of: Option<WallTime>,
}

/// Whose statement, and what of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose<'a> {
    pub person: &'a PersonId,
    /// Whose clients' entries alone; none: all.
    pub viewer: Option<&'a PersonId>,
}

impl<'a> Whose<'a> {
    /// One's own, whole.
    pub(super) fn own(who: &'a Who) -> Whose<'a> {
        Whose {
            person: who.id(),
            viewer: None,
        }
    }
}

/// Own entries alone: nobody sees a colleague's money.
#[utoipa::path(get, path = "/statement", params(Asked), responses((status = 200, body = Statement)))]
pub async fn statement(
    State(app): State<App>,
    who: Who,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Statement>, Problem> {
    let Query(asked) = asked?;
    let mut tx = app.db.read().await?;
    of(&mut tx, &app, Whose::own(&who), asked).await.map(Json)
}

/// A telemarketer's statement as their manager sees it: entries, sums and claims of the manager's
/// clients alone.
#[utoipa::path(
    get,
    path = "/people/{id}/statement",
    params(Asked),
    responses((status = 200, body = Statement))
)]
pub async fn of_another(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PersonId>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Statement>, Problem> {
    let Query(asked) = asked?;
    let mut tx = app.db.read().await?;
    let person = people::by_id(&mut tx, &id)
        .await?
        .filter(|p| p.role == Role::Telemarketer)
        .ok_or_else(Problem::not_found)?;
    let clients = people::clients_of(&mut tx, &person.id).await?;
    if !clients.iter().any(|c| who.sees_client(c)) {
        return Err(Problem::not_found());
    }
    let whose = Whose {
        person: &person.id,
        viewer: Some(who.id()),
    };
    of(&mut tx, &app, whose, asked).await.map(Json)
}

/// A statement.
pub(super) async fn of(
    tx: &mut Tx,
    app: &App,
    whose: Whose<'_>,
    asked: Asked,
) -> Result<Statement, Problem> {
    let (now, zone) = (app.clock.now(), &app.rules.zone);
    let current = zone.month(now);
    let period = asked.period.unwrap_or_else(|| current.clone());
    if !is_period(&period) {
        return Err(Problem::bad("A period is a month such as 2026-11."));
    }
    let as_of = asked.as_of.unwrap_or(now);
    let all = ledger::seen_of_person(tx, whose.person, whose.viewer).await?;
    let open = claims::open_of_person(tx, whose.person, whose.viewer).await?;
    let locked_at = periods::locked_then(tx, &period, as_of).await?;
    let mut names: Vec<String> = all.iter().map(|e| e.period.clone()).collect();
    names.push(current);
    names.sort_unstable_by(|a, b| b.cmp(a));
    names.dedup();
    let person = people::by_id(tx, whose.person)
        .await?
        .ok_or_else(Problem::not_found)?;
    let (stood, since): (Vec<_>, Vec<_>) = all.into_iter().partition(|e| e.booked_at <= as_of);
    let since = since.into_iter().filter(|e| e.period == period);
    let runs = paid::of_person(tx, whose.person).await?;
    let mut later = Vec::new();
    for e in since {
        later.push(view(tx, e, &runs).await?);
    }
    // What was paid since was not then.
    let runs: HashMap<_, _> = runs.into_iter().filter(|r| r.1.made_at <= as_of).collect();
    let sums = Sums::of(&stood, &runs, (&period, as_of))?;
    let mut entries = Vec::new();
    let known: HashSet<EntryId> = stood.iter().map(|e| e.id.clone()).collect();
    for mut e in stood.into_iter().filter(|e| e.period == period) {
        // What was taken back since stood then.
        e.taken_back_by.take_if(|by| !known.contains(by));
        entries.push(view(tx, e, &runs).await?);
    }
    Ok(Statement {
        payee: person.name.into_inner(),
        payroll_number: people::payroll_number(tx, whose.person).await?,
        zone: zone.to_string(),
        locked_at,
        periods: names,
        as_of,
        earned_this_period: sums.earned_this_period,
        paid: sums.paid,
        payable: sums.payable,
        payable_later: sums.payable_later,
        payable_next: sums.payable_next,
        earned: sums.earned,
        taken_back: sums.taken_back,
        undecided: open.undecided,
        waiting: open.waiting,
        entries,
        since: later,
        checkpoint: newest(tx, app).await?,
        period,
    })
}

/// What the entries that stood come to.
struct Sums {
    earned_this_period: Vec<Money>,
    paid: Vec<Money>,
    payable: Vec<Money>,
    payable_later: Vec<Money>,
    payable_next: Option<WallTime>,
    earned: Vec<Money>,
    taken_back: Vec<Money>,
}

impl Sums {
    fn of(
        stood: &[ledger::Entry],
        runs: &HashMap<EntryId, Paid>,
        (period, as_of): (&str, WallTime),
    ) -> Result<Sums, Problem> {
        let is_paid = |e: &ledger::Entry| runs.contains_key(&e.id);
        let is_later = |e: &ledger::Entry| !is_paid(e) && e.payable_at > as_of;
        let later = stood.iter().filter(|e| is_later(e));
        Ok(Sums {
            earned_this_period: total(stood, |e| e.period == period)?,
            paid: total(stood, is_paid)?,
            payable: total(stood, |e| !is_paid(e) && !is_later(e))?,
            payable_later: total(stood, is_later)?,
            payable_next: later.map(|e| e.payable_at).min(),
            earned: total(stood, |_| true)?,
            taken_back: total(stood, |e| e.period == period && e.corrects.is_some())?,
        })
    }
}

fn total(
    entries: &[ledger::Entry],
    counts: impl Fn(&ledger::Entry) -> bool,
) -> Result<Vec<Money>, Problem> {
    let amounts = entries
        .iter()
        .filter(|e| counts(e))
        .map(|e| (e.currency.as_str(), e.amount_minor));
    sum_by_currency(amounts).map_err(|why| StoreError::Broken(why.to_string()).into())
}

async fn view(
    tx: &mut Tx,
    e: ledger::Entry,
    runs: &HashMap<EntryId, Paid>,
) -> Result<Entry, Problem> {
    let ruling = match &e.ruling_id {
        Some(id) => rulings::by_id(tx, id).await?,
        None => None,
    };
    Ok(Entry {
        arithmetic: arithmetic(tx, &e).await?,
        amount: e.amount(),
        paid: runs.get(&e.id).copied().map(PaidBy::from),
        id: e.id,
        kind: e.kind,
        part: e.part,
        company: e.company.into_inner(),
        campaign: e.campaign,
        claim: e.claim_id,
        claim_number: e.claim_number,
        verdict: e.verdict_id,
        plan: e.plan_id,
        plan_version: e.plan_version,
        earned_at: e.earned_at,
        payable_at: e.payable_at,
        booked_at: e.booked_at,
        period: e.period,
        corrects: e.corrects,
        reason: e.reason,
        ruling: ruling.map(|r| r.note.into_inner()),
        taken_back_by: e.taken_back_by,
    })
}

async fn arithmetic(tx: &mut Tx, e: &ledger::Entry) -> Result<Option<Arithmetic>, Problem> {
    let (None, Some(leads), Some(minor)) = (&e.corrects, e.leads_before, e.minor_before) else {
        return Ok(None);
    };
    let Some(plan) = plans::version(tx, &e.plan_id).await? else {
        return Ok(None);
    };
    let money = |minor| Money::new(minor, &e.currency);
    let so_far = SoFar { leads, minor };
    let earned = plan.terms.earns(plan.amount_minor, e.part, so_far);
    let shared = plan.terms.split.filter(|_| e.part != Part::Whole);
    Ok(Some(Arithmetic {
        number: (e.part != Part::Opener).then_some(leads + 1),
        rate: money(earned.rate),
        percent: shared.map(|split| split.share(e.part, 100)),
        share: money(earned.share),
        tier_from: earned.tier.map(|tier| tier.from_lead),
        cap: plan.terms.cap_minor.map(money),
        before: money(minor),
    }))
}

#[cfg(test)]
impl Statement {
    /// A month of passed leads, with ids and moments as little alike as the box's.
    pub(super) fn of_lines(newest_first: Vec<EntryId>) -> Statement {
        let count = newest_first.len();
        let entry = |(n, id)| Entry::of_line(count - n, id);
        let sum = vec![Money::new(4_000 * count as i64, "EUR")];
        Statement {
            payee: "Ines Okafor".to_owned(),
            payroll_number: None,
            period: "2026-11".to_owned(),
            zone: "UTC".to_owned(),
            locked_at: None,
            periods: vec!["2026-11".to_owned()],
            as_of: WallTime(1_796_000_000_000_000),
            earned_this_period: sum.clone(),
            paid: Vec::new(),
            payable: Vec::new(),
            payable_later: sum.clone(),
            payable_next: None,
            earned: sum,
            taken_back: Vec::new(),
            undecided: 0,
            waiting: 0,
            entries: newest_first.into_iter().enumerate().map(entry).collect(),
            since: Vec::new(),
            checkpoint: None,
        }
    }
}

#[cfg(test)]
impl Entry {
    fn of_line(n: usize, id: EntryId) -> Entry {
        let other = |what: &str| {
            let name = format!("{what} {n}");
            uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
        };
        let earned_at = WallTime(1_793_500_000_000_000 + n as i64 * 1_234_567_891);
        let money = |minor| Money::new(minor, "EUR");
        Entry {
            claim: other("claim").into(),
            verdict: other("verdict").into(),
            id,
            kind: EntryKind::Accrual,
            part: Part::Whole,
            company: format!("Company {n}"),
            campaign: "Fleet autumn".to_owned(),
            claim_number: n as i64,
            plan: "plan".into(),
            plan_version: 1,
            amount: money(4_000),
            arithmetic: Some(Arithmetic {
                number: Some(n as i64),
                rate: money(4_000),
                percent: None,
                share: money(4_000),
                tier_from: None,
                cap: None,
                before: money(4_000 * n as i64),
            }),
            earned_at,
            payable_at: WallTime(earned_at.micros() + 14 * 86_400_000_000),
            booked_at: earned_at,
            period: "2026-11".to_owned(),
            corrects: None,
            reason: None,
            ruling: None,
            taken_back_by: None,
            paid: None,
        }
    }
}
