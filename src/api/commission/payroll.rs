//! Payroll runs of a period: what one would pay, making it, and its file (PRODUCT M3).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::commission::is_period;
use crate::commission::payroll::{LeftOut, LeftOutReason, PayrollFormat, Row, Shares};
use crate::store::commission::paid::{self, Later, PaidOf};
use crate::store::commission::payroll::{self, Run, Wanted};
use crate::store::{StoreError, Tx};
use crate::units::{Money, PayrollRunId, PersonId, WallTime, sum_by_currency};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Somebody whom a run pays.
#[derive(Serialize, ToSchema)]
pub struct PayrollRow {
    person: PersonId,
    payee: String,
    payroll_number: String,
    amount: Money,
    entries: usize,
}

/// Somebody whom a run does not pay; the next one takes their entries.
#[derive(Serialize, ToSchema)]
pub struct PayrollLeftOut {
    person: PersonId,
    payee: String,
    amount: Money,
    entries: usize,
    reason: LeftOutReason,
}

/// A run that was made. Nothing of it ever changes.
#[derive(Serialize, ToSchema)]
pub struct PayrollRun {
    id: PayrollRunId,
    number: i64,
    period: String,
    format: PayrollFormat,
    /// The last moment by which its entries were payable.
    payable_by: WallTime,
    made_by: String,
    made_at: WallTime,
    /// Of its file.
    sha256: String,
    file_name: String,
    rows: Vec<PayrollRow>,
    /// Sums per currency.
    sums: Vec<Money>,
    left_out: Vec<PayrollLeftOut>,
}

/// What a run made now would do.
#[derive(Serialize, ToSchema)]
pub struct PayrollPreview {
    payable_by: WallTime,
    rows: Vec<PayrollRow>,
    sums: Vec<Money>,
    left_out: Vec<PayrollLeftOut>,
    /// What of the locked periods is payable later than it would take, per currency.
    later: Vec<PayrollLater>,
    /// What runs have paid of the period already.
    paid: Vec<PayrollPaid>,
}

/// What is payable later than a run would take.
#[derive(Serialize, ToSchema)]
pub struct PayrollLater {
    amount: Money,
    entries: i64,
    /// When the first of it is payable.
    first_at: WallTime,
    /// When the last of it is payable.
    last_at: WallTime,
}

impl From<Later> for PayrollLater {
    fn from(l: Later) -> PayrollLater {
        PayrollLater {
            amount: l.amount(),
            entries: l.entries,
            first_at: l.first_at,
            last_at: l.last_at,
        }
    }
}

/// What a run has paid of a period.
#[derive(Serialize, ToSchema)]
pub struct PayrollPaid {
    /// The run's number.
    run: i64,
    made_at: WallTime,
    amount: Money,
    entries: i64,
}

impl From<PaidOf> for PayrollPaid {
    fn from(p: PaidOf) -> PayrollPaid {
        PayrollPaid {
            amount: p.amount(),
            run: p.run,
            made_at: p.made_at,
            entries: p.entries,
        }
    }
}

/// Runs of a period, and what the next would pay.
#[derive(Serialize, ToSchema)]
pub struct Payroll {
    /// That were made of it or paid of it, oldest first.
    runs: Vec<PayrollRun>,
    /// Null: none can be made, and `refusal` says why.
    #[schema(required)]
    next: Option<PayrollPreview>,
    #[schema(required)]
    refusal: Option<String>,
}

/// What the next run is to take.
#[derive(Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PayrollBody {
    format: PayrollFormat,
    /// `2026-12-15`; without it the period's last day.
    pay_day: Option<String>,
    /// Entries of this currency alone, ISO 4217.
    currency: Option<String>,
}

impl PayrollBody {
    fn wanted<'a>(&'a self, period: &'a str, app: &'a App) -> Wanted<'a> {
        Wanted {
            period,
            format: self.format,
            pay_day: self.pay_day.as_deref().filter(|d| !d.is_empty()),
            currency: self.currency.as_deref().filter(|c| !c.is_empty()),
            datev: &app.datev,
        }
    }
}

fn known(name: &str) -> Result<(), Problem> {
    match is_period(name) {
        true => Ok(()),
        false => Err(Problem::bad("A period is a month such as 2026-11.")),
    }
}

/// Runs of a period, of one's clients, and what the next would pay. Nothing is made by looking.
#[utoipa::path(
    get,
    path = "/periods/{name}/payroll",
    params(PayrollBody),
    responses((status = 200, body = Payroll))
)]
pub async fn of_period(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    asked: Result<Query<PayrollBody>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Payroll>, Problem> {
    known(&name)?;
    let Query(body) = asked?;
    let mut tx = app.db.read().await?;
    let mut runs = Vec::new();
    for run in payroll::of_period(&mut tx, &name, Some(who.id())).await? {
        runs.push(view(&mut tx, run).await?);
    }
    let (wanted, now) = (body.wanted(&name, &app), app.clock.now());
    let zone = &app.rules.zone;
    let next = payroll::preview(&mut tx, who.id(), &wanted, zone, now).await;
    let (next, refusal) = match next {
        Ok(next) => (
            Some(preview(&mut tx, (who.id(), &wanted), next).await?),
            None,
        ),
        Err(StoreError::Conflict(why)) => (None, Some(why.to_owned())),
        Err(StoreError::Refused(why)) => (None, Some(why)),
        Err(StoreError::Interest(why)) => (None, Some(why.to_string())),
        Err(error) => return Err(error.into()),
    };
    Ok(Json(Payroll {
        runs,
        next,
        refusal,
    }))
}

async fn preview(
    tx: &mut Tx,
    (viewer, wanted): (&PersonId, &Wanted<'_>),
    p: payroll::Preview,
) -> Result<PayrollPreview, Problem> {
    let later = paid::later(tx, viewer, wanted, p.payable_by).await?;
    let paid = paid::of_period(tx, viewer, wanted).await?;
    Ok(PayrollPreview {
        later: later.into_iter().map(PayrollLater::from).collect(),
        paid: paid.into_iter().map(PayrollPaid::from).collect(),
        payable_by: p.payable_by,
        sums: sums(&p.shares)?,
        rows: p.shares.rows.into_iter().map(row).collect(),
        left_out: p.shares.left_out.into_iter().map(left).collect(),
    })
}

async fn view(tx: &mut Tx, run: Run) -> Result<PayrollRun, Problem> {
    let shares = payroll::shares(tx, &run.id).await?;
    Ok(PayrollRun {
        file_name: run.file_name(),
        id: run.id,
        number: run.number,
        period: run.period,
        format: run.format,
        payable_by: run.payable_by,
        made_by: run.made_by_name.into_inner(),
        made_at: run.made_at,
        sha256: run.sha256,
        sums: sums(&shares)?,
        rows: shares.rows.into_iter().map(row).collect(),
        left_out: shares.left_out.into_iter().map(left).collect(),
    })
}

fn sums(shares: &Shares) -> Result<Vec<Money>, Problem> {
    let amounts = shares.rows.iter().map(|r| &r.amount);
    sum_by_currency(amounts.map(|a| (a.currency.as_str(), a.minor)))
        .map_err(|why| StoreError::Broken(why.to_string()).into())
}

fn row(r: Row) -> PayrollRow {
    PayrollRow {
        person: r.person,
        payee: r.payee.into_inner(),
        payroll_number: r.payroll_number,
        amount: r.amount,
        entries: r.entries.len(),
    }
}

fn left(l: LeftOut) -> PayrollLeftOut {
    PayrollLeftOut {
        person: l.person,
        payee: l.payee.into_inner(),
        amount: l.amount,
        entries: l.entries,
        reason: l.reason,
    }
}

/// Makes a run: what it pays is in no other, and its file stays as it is.
#[utoipa::path(
    post,
    path = "/periods/{name}/payroll",
    request_body = PayrollBody,
    responses((status = 200, body = PayrollRun))
)]
pub async fn make(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    body: Result<Json<PayrollBody>, JsonRejection>,
) -> Result<Json<PayrollRun>, Problem> {
    known(&name)?;
    let Json(body) = body?;
    let (wanted, now) = (body.wanted(&name, &app), app.clock.now());
    let mut tx = app.db.write().await?;
    let made = match payroll::make(&mut tx, who.id(), &wanted, &app.rules.zone, now).await {
        Ok(run) => view(&mut tx, run).await?,
        Err(error) => return Err(tx.refuse(error).await.into()),
    };
    tx.commit().await?;
    Ok(Json(made))
}

/// A run's file, byte for byte as it was made. The log says who had it.
#[utoipa::path(
    get,
    path = "/payroll-runs/{id}/file",
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>))
)]
pub async fn file(
    State(app): State<App>,
    who: Who,
    Path(id): Path<PayrollRunId>,
) -> Result<Response, Problem> {
    let mut tx = app.db.write().await?;
    if !payroll::sees(&mut tx, who.id(), &id).await? {
        return Err(Problem::not_found());
    }
    let run = payroll::by_id(&mut tx, &id).await?;
    let run = run.ok_or_else(Problem::not_found)?;
    let bytes = payroll::hand_out(&mut tx, &who.actor(), &run, app.clock.now()).await?;
    tx.commit().await?;
    let name = format!("attachment; filename=\"{}\"", run.file_name());
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
