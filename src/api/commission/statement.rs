//! The telemarketer's statement.

use crate::api::access::Who;
use crate::api::{App, Problem};
use crate::store::commission::ledger::{self, Line};
use crate::units::{Money, WallTime};
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Own lines alone: nobody sees a colleague's money.
pub async fn statement(State(app): State<App>, who: Who) -> Result<Json<Value>, Problem> {
    let mut tx = app.db.read().await?;
    let lines = ledger::of_person(&mut tx, who.id()).await?;
    let now = app.clock.now();
    let period = now.to_string()[..7].to_owned();
    let total = |pick: &dyn Fn(&Line) -> bool| {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        lines
            .iter()
            .filter(|l| pick(l))
            .for_each(|l| *sums.entry(&l.currency).or_default() += l.amount_minor);
        sums.into_iter()
            .map(|(currency, minor)| Money::new(minor, currency))
            .collect::<Vec<_>>()
    };
    Ok(Json(json!({
        "period": period,
        "earned_this_period": total(&|l| l.period == period),
        "payable": total(&|l| l.payable_at <= now.micros()),
        "earned": total(&|_| true),
        "lines": lines.iter().map(view).collect::<Vec<_>>(),
    })))
}

fn view(l: &Line) -> Value {
    json!({
        "id": l.id, "kind": l.kind, "company": l.company, "campaign": l.campaign, "claim": l.claim_id, "claim_number": l.claim_number, "verdict": l.verdict_id, "plan_version": l.plan_version,
        "amount": Money { minor: l.amount_minor, currency: l.currency.clone() }, "earned_at": WallTime(l.earned_at), "payable_at": WallTime(l.payable_at), "period": l.period, "corrects": l.corrects, "reason": l.reason,
    })
}
