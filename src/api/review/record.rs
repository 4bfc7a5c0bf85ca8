//! A reviewer's own record: how much, how fast, how well heard, and how far second reviews agree.
//! Nothing about money.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::review::agreement::{Agreement, Pairs};
use crate::review::heard::Listened;
use crate::store::review::record::{self, Given};
use crate::units::Micros;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One's own verdicts of the last 60 days.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnRecord)]
pub struct Record {
    /// Verdicts that stand.
    claims: usize,
    passed: usize,
    failed: usize,
    /// Verdicts taken back within their hold.
    taken_back: usize,
    /// Claims sent back as about another company.
    sent_back: i64,
    second_reviews_done: i64,
    /// From taking a claim to its verdict, in the median.
    #[schema(required)]
    median_ms: Option<i64>,
    /// The mean share of the speech that was heard, 0 to 1.
    #[schema(required)]
    heard_share: Option<f64>,
    /// At what speed, in the mean over the speech that was heard.
    #[schema(required)]
    speed: Option<f64>,
    /// Own first verdicts against what second reviewers answered blind.
    agreement: Agreement,
    changed_on_dispute: i64,
    /// Newest first; days in UTC.
    days: Vec<Day>,
}

/// A day's verdicts.
#[derive(Serialize, ToSchema)]
#[schema(as = RecordDay)]
pub struct Day {
    /// `2026-11-25`.
    day: String,
    claims: usize,
    passed: usize,
    #[schema(required)]
    median_ms: Option<i64>,
}

const WITHIN: Micros = Micros::from_secs(60 * 86_400);

/// One's own record.
#[utoipa::path(get, path = "/review/record", responses((status = 200, body = Record)))]
pub async fn own(State(app): State<App>, who: Who) -> Result<Json<Record>, Problem> {
    let since = app.clock.now() - WITHIN;
    let mut tx = app.db.read().await?;
    let all = record::verdicts(&mut tx, who.id(), since).await?;
    let (standing, taken_back): (Vec<Given>, Vec<Given>) =
        all.into_iter().partition(|v| !v.taken_back);
    let mut pairs = Pairs::default();
    for (first, second) in record::judged_again(&mut tx, who.id(), since).await? {
        pairs.add(first, second);
    }
    let counts = record::counts(&mut tx, who.id(), since).await?;
    let heard = heard(&standing)?;
    let passed = standing.iter().filter(|v| v.passed).count();
    Ok(Json(Record {
        claims: standing.len(),
        passed,
        failed: standing.len() - passed,
        taken_back: taken_back.len(),
        sent_back: counts.sent_back,
        second_reviews_done: counts.second_reviews,
        median_ms: median(standing.iter()),
        heard_share: mean(heard.iter().map(Listened::share)),
        speed: speed(&heard),
        agreement: pairs.agreement(),
        changed_on_dispute: counts.changed_on_dispute,
        days: days(&standing),
    }))
}

fn heard(verdicts: &[Given]) -> Result<Vec<Listened>, Problem> {
    let kept = verdicts.iter().filter_map(|v| v.heard.as_deref());
    Ok(kept.map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0u32), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

/// The mean speed, weighed by the speech that was heard at it.
fn speed(heard: &[Listened]) -> Option<f64> {
    let by_speed = heard.iter().flat_map(|l| &l.by_speed);
    let (sum, ms) = by_speed.fold((0.0, 0.0), |(sum, all), (speed, ms)| {
        let speed: f64 = speed.parse().unwrap_or(1.0);
        (sum + speed * *ms as f64, all + *ms as f64)
    });
    (ms > 0.0).then(|| sum / ms)
}

fn median<'a>(verdicts: impl Iterator<Item = &'a Given>) -> Option<i64> {
    let mut took: Vec<i64> = verdicts
        .filter_map(|v| Some(v.committed_at.millis_since(v.taken_at?).max(0)))
        .collect();
    took.sort_unstable();
    took.get(took.len() / 2).copied()
}

fn days(verdicts: &[Given]) -> Vec<Day> {
    let mut by_day: BTreeMap<String, Vec<&Given>> = BTreeMap::new();
    for v in verdicts {
        let day = v.committed_at.to_string()[..10].to_owned();
        by_day.entry(day).or_default().push(v);
    }
    let newest_first = by_day.into_iter().rev();
    newest_first
        .map(|(day, of_day)| Day {
            day,
            claims: of_day.len(),
            passed: of_day.iter().filter(|v| v.passed).count(),
            median_ms: median(of_day.into_iter()),
        })
        .collect()
}
