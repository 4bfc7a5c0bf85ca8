//! The telemarketer's statement.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::commission::EntryKind;
use crate::store::commission::ledger;
use crate::units::{ClaimId, EntryId, Money, VerdictId, WallTime};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An entry of the ledger as its payee sees it.
#[derive(Serialize, ToSchema)]
pub struct Entry {
    id: EntryId,
    kind: EntryKind,
    company: String,
    campaign: String,
    claim: ClaimId,
    claim_number: i64,
    verdict: VerdictId,
    plan_version: i64,
    amount: Money,
    earned_at: WallTime,
    payable_at: WallTime,
    /// `2026-11`.
    period: String,
    /// The entry that this one takes back or corrects.
    #[schema(required)]
    corrects: Option<EntryId>,
    #[schema(required)]
    reason: Option<String>,
}

/// What somebody has earned.
#[derive(Serialize, ToSchema)]
pub struct Statement {
    /// This month, in UTC.
    period: String,
    /// Sums per currency.
    earned_this_period: Vec<Money>,
    payable: Vec<Money>,
    earned: Vec<Money>,
    entries: Vec<Entry>,
}

/// Own entries alone: nobody sees a colleague's money.
#[utoipa::path(get, path = "/statement", responses((status = 200, body = Statement)))]
pub async fn statement(State(app): State<App>, who: Who) -> Result<Json<Statement>, Problem> {
    let mut tx = app.db.read().await?;
    let entries = ledger::of_person(&mut tx, who.id()).await?;
    let now = app.clock.now();
    let period = now.to_string()[..7].to_owned();
    Ok(Json(Statement {
        earned_this_period: total(&entries, |e| e.period == period),
        payable: total(&entries, |e| e.payable_at <= now),
        earned: total(&entries, |_| true),
        entries: entries.into_iter().map(view).collect(),
        period,
    }))
}

fn total(entries: &[ledger::Entry], counts: impl Fn(&ledger::Entry) -> bool) -> Vec<Money> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for e in entries.iter().filter(|e| counts(e)) {
        *sums.entry(&e.currency).or_default() += e.amount_minor;
    }
    sums.into_iter()
        .map(|(currency, minor)| Money::new(minor, currency))
        .collect()
}

fn view(e: ledger::Entry) -> Entry {
    Entry {
        amount: e.amount(),
        id: e.id,
        kind: e.kind,
        company: e.company.into_inner(),
        campaign: e.campaign,
        claim: e.claim_id,
        claim_number: e.claim_number,
        verdict: e.verdict_id,
        plan_version: e.plan_version,
        earned_at: e.earned_at,
        payable_at: e.payable_at,
        period: e.period,
        corrects: e.corrects,
        reason: e.reason,
    }
}
