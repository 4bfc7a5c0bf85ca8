//! Closing a period: what is open, what would be paid, and the two people who lock it (PRODUCT M2).

use crate::api::access::Who;
use crate::api::app::{App, done};
use crate::api::problem::Problem;
use crate::commission::{OpenReason, PeriodAct, is_period};
use crate::store::Tx;
use crate::store::commission::payroll;
use crate::store::commission::periods::{self, Asked, Sum};
use crate::store::commission::questions;
use crate::store::commission::unsettled::{self, Unsettled};
use crate::units::{ClaimId, Micros, Money, PeriodActId, PersonId, WallTime};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The periods in which something was booked.
#[derive(Serialize, ToSchema)]
pub struct Periods {
    /// Newest first.
    periods: Vec<PeriodLine>,
    /// The one of today.
    current: String,
    /// The house's time zone.
    zone: String,
}

/// A period.
#[derive(Serialize, ToSchema)]
pub struct PeriodLine {
    /// `2026-11`.
    name: String,
    #[schema(required)]
    locked_at: Option<WallTime>,
}

/// All periods.
#[utoipa::path(get, path = "/periods", responses((status = 200, body = Periods)))]
pub async fn list(State(app): State<App>, _: Who) -> Result<Json<Periods>, Problem> {
    let mut tx = app.db.read().await?;
    let periods = periods::all(&mut tx).await?;
    Ok(Json(Periods {
        periods: periods
            .into_iter()
            .map(|p| PeriodLine {
                name: p.name,
                locked_at: p.locked_at,
            })
            .collect(),
        current: app.rules.zone.month(app.clock.now()),
        zone: app.rules.zone.to_string(),
    }))
}

/// A period on the day one asks. Nothing is booked by looking.
#[derive(Serialize, ToSchema)]
#[schema(as = Period)]
pub struct View {
    /// `2026-11`.
    name: String,
    zone: String,
    /// Its month has ended.
    over: bool,
    #[schema(required)]
    locked_at: Option<WallTime>,
    /// A payroll run has paid of it: it stays locked.
    paid: bool,
    /// Claims made before its end that have no verdict.
    undecided: i64,
    holds: i64,
    /// Claims that passed and wait: for an earlier claim, a plan, or a plan to be read.
    waiting: i64,
    disputes: i64,
    /// Alleged fraud that nobody has confirmed.
    allegations: i64,
    /// Questions about money, asked before its end, that nobody has answered.
    questions: i64,
    /// Per person and currency, of one's clients.
    sums: Vec<PersonSum>,
    /// What was done to it and what is asked for, oldest first.
    acts: Vec<PeriodStep>,
    now: WallTime,
}

/// What somebody would be paid.
#[derive(Serialize, ToSchema)]
pub struct PersonSum {
    person: PersonId,
    payee: String,
    /// Without one no payroll file can name them.
    #[schema(required)]
    payroll_number: Option<String>,
    entries: i64,
    taken_back: i64,
    amount: Money,
    /// What of it a payroll run has paid.
    paid: Money,
}

/// Two people lock a period or open it again.
#[derive(Serialize, ToSchema)]
pub struct PeriodStep {
    id: PeriodActId,
    act: PeriodAct,
    note: String,
    asked_by: String,
    /// Whoever asks did: somebody else confirms it.
    own: bool,
    asked_at: WallTime,
    #[schema(required)]
    confirmed_by: Option<String>,
    #[schema(required)]
    confirmed_at: Option<WallTime>,
}

fn known(name: &str) -> Result<(), Problem> {
    match is_period(name) {
        true => Ok(()),
        false => Err(Problem::bad("A period is a month such as 2026-11.")),
    }
}

/// What is open of a period, and what it comes to.
#[utoipa::path(get, path = "/periods/{name}", responses((status = 200, body = View)))]
pub async fn one(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
) -> Result<Json<View>, Problem> {
    known(&name)?;
    let (zone, now) = (&app.rules.zone, app.clock.now());
    let mut tx = app.db.read().await?;
    let end = zone.end_of_month(&name).unwrap_or(now);
    let unsettled = periods::unsettled(&mut tx, end, who.id()).await?;
    let sums = periods::sums(&mut tx, &name, Some(who.id())).await?;
    let acts = periods::acts(&mut tx, &name).await?;
    let period = periods::all(&mut tx).await?;
    let locked_at = period.into_iter().find(|p| p.name == name);
    Ok(Json(View {
        zone: zone.to_string(),
        over: end <= now,
        locked_at: locked_at.and_then(|p| p.locked_at),
        paid: payroll::has_paid(&mut tx, &name).await?,
        undecided: unsettled.undecided,
        holds: unsettled.holds,
        waiting: unsettled.waiting,
        disputes: unsettled.disputes,
        allegations: unsettled.allegations,
        questions: questions::open_before(&mut tx, end, who.id()).await?,
        sums: sums.into_iter().map(sum).collect(),
        acts: acts.into_iter().map(|a| step(a, who.id())).collect(),
        name,
        now,
    }))
}

/// Claims that the close waits for.
#[derive(Serialize, ToSchema)]
pub struct OpenClaims {
    /// By number.
    claims: Vec<OpenClaim>,
    /// Where the next page begins, `after` it; null: this is the last.
    #[schema(required)]
    next: Option<i64>,
    /// What hangs on all of them, per currency, by the plans that they were made under.
    at_stake: Vec<Money>,
}

/// A claim that the close waits for.
#[derive(Serialize, ToSchema)]
pub struct OpenClaim {
    id: ClaimId,
    number: i64,
    /// The claimant.
    person: String,
    company: String,
    campaign: String,
    made_at: WallTime,
    /// At least one.
    why: Vec<OpenReason>,
    /// Until then the claim goes before later ones on its lead though its claimant has not read
    /// the plan.
    #[schema(required)]
    read_until: Option<WallTime>,
    /// What such a lead earns by the plan of the claim, before tiers and caps; null: it has none.
    #[schema(required)]
    at_stake: Option<Money>,
}

/// Claims on a page.
const PAGE: i64 = 100;

/// After which claim the page begins.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OpenAfter {
    /// A claim's number; without it the first page.
    after: Option<i64>,
}

/// The claims of a period that are not settled, with the money that hangs on each.
#[utoipa::path(
    get,
    path = "/periods/{name}/open",
    params(OpenAfter),
    responses((status = 200, body = OpenClaims))
)]
pub async fn open(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    asked: Result<Query<OpenAfter>, QueryRejection>,
) -> Result<Json<OpenClaims>, Problem> {
    known(&name)?;
    let Query(OpenAfter { after }) = asked?;
    let end = app.rules.zone.end_of_month(&name);
    let of = (end.unwrap_or(app.clock.now()), who.id());
    let mut tx = app.db.read().await?;
    let mut claims = unsettled::page(&mut tx, of, after.unwrap_or(0), PAGE + 1).await?;
    let more = claims.len() as i64 > PAGE;
    claims.truncate(PAGE as usize);
    Ok(Json(OpenClaims {
        next: claims.last().filter(|_| more).map(|c| c.number),
        claims: claims
            .into_iter()
            .map(|c| open_claim(c, app.rules.read_within))
            .collect(),
        at_stake: unsettled::at_stake(&mut tx, of.0, of.1).await?,
    }))
}

fn open_claim(c: Unsettled, read_within: Micros) -> OpenClaim {
    OpenClaim {
        id: c.id,
        number: c.number,
        person: c.person.into_inner(),
        company: c.company.into_inner(),
        campaign: c.campaign,
        made_at: c.made_at,
        why: c.why,
        read_until: c.unread_since.map(|since| since + read_within),
        at_stake: c.at_stake,
    }
}

fn sum(s: Sum) -> PersonSum {
    PersonSum {
        amount: Money::new(s.amount_minor, &s.currency),
        paid: Money::new(s.paid_minor, &s.currency),
        person: s.person_id,
        payee: s.payee.into_inner(),
        payroll_number: s.payroll_number,
        entries: s.entries,
        taken_back: s.taken_back,
    }
}

fn step(a: Asked, who: &PersonId) -> PeriodStep {
    PeriodStep {
        own: a.asked_by == *who,
        id: a.id,
        act: a.act,
        note: a.note,
        asked_by: a.asked_by_name.into_inner(),
        asked_at: a.asked_at,
        confirmed_by: a.confirmed_by_name.map(crate::pii::Pii::into_inner),
        confirmed_at: a.confirmed_at,
    }
}

/// What is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodActBody {
    act: PeriodAct,
    /// At most 500 characters.
    #[serde(default)]
    note: String,
}

/// Asks for a period to be locked or opened again; a second manager confirms it.
#[utoipa::path(
    post,
    path = "/periods/{name}/acts",
    request_body = PeriodActBody,
    responses((status = 204))
)]
pub async fn ask(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    body: Result<Json<PeriodActBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    known(&name)?;
    let Json(b) = body?;
    let note = b.note.trim();
    if note.chars().count() > 500 {
        return Err(Problem::bad("A note has at most 500 characters."));
    }
    let (zone, now) = (&app.rules.zone, app.clock.now());
    let mut tx = app.db.write().await?;
    let asked = periods::ask(&mut tx, who.id(), (b.act, &name), note, zone, now).await;
    if let Err(error) = asked {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}

async fn known_act(tx: &mut Tx, id: &PeriodActId) -> Result<(), Problem> {
    let found = periods::by_id(tx, id).await?;
    found.map(drop).ok_or_else(Problem::not_found)
}

/// A second manager confirms: the period is locked, or open again.
#[utoipa::path(post, path = "/period-acts/{id}/confirm", responses((status = 204)))]
pub async fn confirm(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PeriodActId>,
) -> Result<StatusCode, Problem> {
    let (zone, now) = (&app.rules.zone, app.clock.now());
    let mut tx = app.db.write().await?;
    known_act(&mut tx, &id).await?;
    if let Err(error) = periods::confirm(&mut tx, who.id(), &id, zone, now).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}

/// Takes back what was asked for.
#[utoipa::path(delete, path = "/period-acts/{id}", responses((status = 204)))]
pub async fn withdraw(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PeriodActId>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.write().await?;
    known_act(&mut tx, &id).await?;
    if let Err(error) = periods::withdraw(&mut tx, who.id(), &id, app.clock.now()).await {
        return Err(tx.refuse(error).await.into());
    }
    done(tx).await
}

/// Somebody's number in the payroll.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayrollNumberBody {
    /// 1 to 20 letters, digits and - _ . / of which the first is a letter or a digit.
    number: String,
}

/// Sets the number that payroll files name somebody by.
#[utoipa::path(
    put,
    path = "/people/{id}/payroll-number",
    request_body = PayrollNumberBody,
    responses((status = 204))
)]
pub async fn set_payroll_number(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PersonId>,
    body: Result<Json<PayrollNumberBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(b) = body?;
    let (number, now) = (b.number.trim(), app.clock.now());
    let mut tx = app.db.write().await?;
    match periods::set_payroll_number(&mut tx, who.id(), &id, number, now).await {
        Ok(()) => tx.commit().await?,
        Err(error) if error.is_duplicate() => {
            return Err(Problem::conflict(
                "Somebody else has this number: look both up in the payroll.",
            ));
        }
        Err(error) => return Err(tx.refuse(error).await.into()),
    }
    Ok(StatusCode::NO_CONTENT)
}
