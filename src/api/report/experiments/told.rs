//! What is told of an experiment: to a manager, and to those who are in it.
//!
//! Where it was promised that nobody is singled out, nothing is told before the end, nothing by
//! unit and no count: rates of arms in which five people or more called, to the tenth of a percent,
//! and what they differ by. Two looks at counts that grow would differ by one day's calls; arms'
//! counts taken off a whole period's would be those of who is in no arm.

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::report::experiments::{ExperimentLine, today, word};
use crate::api::sheet::{Cell, sheet};
use crate::hex::hex;
use crate::report::aggregate::FEWEST_PEOPLE;
use crate::report::experiments::{
    ArmSum, Comparison, Measure, Over, Phase, Unit, Versus, compare, sums,
};
use crate::store::report::aggregate;
use crate::store::report::experiments::{self as stored, Arm, Drawn, Experiment};
use crate::store::{Tx, people};
use crate::units::{WallTime, numbered_day};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use utoipa::ToSchema;

/// An arm with what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExperimentArm {
    name: String,
    asks: String,
    /// People or days that were drawn for it; of days, those that have begun.
    drawn: i64,
    /// Null before the draw, where it was stopped, and where nobody is singled out.
    #[schema(required)]
    sum: Option<ArmSum>,
    /// Hits per call; null before it is counted, and for an arm of fewer than five people where
    /// nobody is singled out.
    #[schema(required)]
    rate: Option<f64>,
}

/// A person or a day, with its arm and its calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExperimentUnit {
    /// A person's id, or a day.
    unit: String,
    /// What it is called.
    name: String,
    /// From 1.
    arm: i64,
    /// Null before it is counted, and where nobody is singled out.
    #[schema(required)]
    calls: Option<i64>,
    #[schema(required)]
    hits: Option<i64>,
}

/// An experiment with its arms, what was drawn and what it came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExperimentView {
    #[serde(flatten)]
    line: ExperimentLine,
    zone: String,
    arms: Vec<ExperimentArm>,
    /// What was drawn; of days, those that have begun.
    units: Vec<ExperimentUnit>,
    /// What it came to; null before it is counted, and where it was stopped.
    #[schema(required)]
    result: Option<Comparison>,
    #[schema(required)]
    drawn_at: Option<WallTime>,
    #[schema(required)]
    counted_at: Option<WallTime>,
    /// With it, the draw can be made again; for days it is told when they are over.
    #[schema(required)]
    seed: Option<String>,
    /// Told at the draw: the SHA-256 of the seed.
    #[schema(required)]
    seed_sha256: Option<String>,
    /// It is counted on the day after this one.
    waits_until: String,
    /// It is the client's so-manieth, and so many of all of them were stopped.
    nth: i64,
    stopped: i64,
    /// It holds that nobody is singled out.
    is_promised: bool,
}

/// An experiment: counts until it is over, one comparison then.
#[utoipa::path(
    get,
    path = "/reports/experiments/{id}",
    responses((status = 200, body = ExperimentView))
)]
pub async fn one(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<ExperimentView>, Problem> {
    Ok(Json(view(&app, &who, &id).await?))
}

async fn view(app: &App, who: &Who, id: &str) -> Result<ExperimentView, Problem> {
    let today = today(app);
    let mut tx = app.db.read().await?;
    let experiment = stored::by_id(&mut tx, id)
        .await?
        .filter(|e| who.sees_client(&e.client_id))
        .ok_or_else(Problem::not_found)?;
    let phase = experiment.standing().phase(today);
    let is_promised = aggregate::in_force(&mut tx, &experiment.client_id)
        .await?
        .is_some();
    let all = stored::list(&mut tx, &experiment.client_id).await?;
    let arms = stored::arms(&mut tx, id).await?;
    let mut drawn = stored::drawn(&mut tx, id).await?;
    if matches!(phase, Phase::Running | Phase::Waiting) && !is_promised {
        count(&mut tx, &experiment, &mut drawn).await?;
    }
    drop(tx);
    let is_over = matches!(phase, Phase::Counted | Phase::Stopped);
    let has_seed = experiment.drawn_over == Over::People || is_over;
    let seed_sha256 = experiment.seed.as_deref().map(|s| hex(&Sha256::digest(s)));
    let result = match phase {
        Phase::Counted => {
            let made = compared(&drawn, &experiment, arms.len()).await?;
            Some(match is_promised {
                true => rounded(made, &drawn, experiment.drawn_over),
                false => made,
            })
        }
        _ => None,
    };
    let of_day = |day| numbered_day(day).unwrap_or_default();
    let day = of_day(today);
    Ok(ExperimentView {
        zone: app.rules.zone.to_string(),
        arms: told_arms(&arms, &drawn, &experiment, phase, is_promised, &day),
        units: told_units(&drawn, &experiment, phase, is_promised, &day),
        result,
        drawn_at: experiment.drawn_at,
        counted_at: experiment.counted_at,
        seed: experiment.seed.clone().filter(|_| has_seed),
        seed_sha256,
        waits_until: of_day(experiment.last_day + crate::report::experiments::LATE),
        nth: nth(&all, &experiment),
        stopped: count_of(all.iter().filter(|e| e.stopped_at.is_some())),
        is_promised,
        line: ExperimentLine::of(experiment, today),
    })
}

/// Ten thousand draws over a thousand people take a moment: no other answer waits for it.
async fn compared(drawn: &[Drawn], of: &Experiment, arms: usize) -> Result<Comparison, Problem> {
    let (units, seed) = (
        units(drawn, of.measure),
        of.seed.clone().unwrap_or_default(),
    );
    let made = tokio::task::spawn_blocking(move || compare(&units, arms, &seed)).await;
    made.map_err(|_| Problem::bad("The arms could not be compared: ask again."))
}

fn count_of<T>(some: impl Iterator<Item = T>) -> i64 {
    i64::try_from(some.count()).unwrap_or(i64::MAX)
}

/// Which of the client's experiments it is, by when they were planned.
fn nth(all: &[Experiment], one: &Experiment) -> i64 {
    let key = |e: &Experiment| (e.planned_at, e.id.clone());
    count_of(all.iter().filter(|e| key(e) <= key(one)))
}

/// What has come of the units so far.
async fn count(tx: &mut Tx, of: &Experiment, drawn: &mut [Drawn]) -> Result<(), Problem> {
    let counted = stored::so_far(tx, of).await?;
    let mut by: HashMap<&str, _> = counted.iter().map(|c| (c.unit.as_str(), c)).collect();
    for unit in drawn {
        if let Some(c) = by.remove(unit.unit.as_str()) {
            unit.people = c.people;
            (unit.calls, unit.connects, unit.meetings) = (c.calls, c.connects, c.meetings);
        }
    }
    Ok(())
}

fn hits(unit: &Drawn, measure: Measure) -> i64 {
    match measure {
        Measure::Connects => unit.connects,
        Measure::Meetings => unit.meetings,
    }
}

fn units(drawn: &[Drawn], measure: Measure) -> Vec<Unit> {
    let unit = |d: &Drawn| Unit {
        arm: usize::try_from(d.arm).unwrap_or(0),
        calls: d.calls,
        hits: hits(d, measure),
    };
    drawn.iter().map(unit).collect()
}

/// Whether an arm's calls are surely those of five people or more.
fn is_of_five(drawn: &[Drawn], over: Over, arm: i64) -> bool {
    let own = drawn.iter().filter(|d| d.arm == arm);
    match over {
        Over::People => own.map(|d| d.people).sum::<i64>() >= FEWEST_PEOPLE,
        // On one of its days, five called.
        Over::Days => own.map(|d| d.people).max().unwrap_or(0) >= FEWEST_PEOPLE,
    }
}

/// What may be told of a comparison where nobody is singled out: of arms of five people or more, to
/// the tenth of a percent.
fn rounded(made: Comparison, drawn: &[Drawn], over: Over) -> Comparison {
    let first = is_of_five(drawn, over, 0);
    let tell = |v: &Versus| first && is_of_five(drawn, over, v.arm);
    let round = |v: Versus| Versus {
        difference: v.difference.map(tenth),
        low: v.low.map(tenth),
        high: v.high.map(tenth),
        chance: v.chance.map(|c| (c * 100.0).round() / 100.0),
        ..v
    };
    let versus = made.versus.into_iter().filter(tell).map(round);
    Comparison {
        versus: versus.collect(),
        ..made
    }
}

/// To the tenth of a percent.
fn tenth(share: f64) -> f64 {
    (share * 1_000.0).round() / 1_000.0
}

fn told_arms(
    arms: &[Arm],
    drawn: &[Drawn],
    of: &Experiment,
    phase: Phase,
    is_promised: bool,
    today: &str,
) -> Vec<ExperimentArm> {
    let sums = sums(&units(drawn, of.measure), arms.len());
    let has_sums = matches!(phase, Phase::Running | Phase::Waiting | Phase::Counted);
    let tell = |(arm, (of_arm, sum)): (i64, (&Arm, ArmSum))| {
        let rate = sum.rate().filter(|_| phase == Phase::Counted);
        ExperimentArm {
            name: of_arm.name.clone(),
            asks: of_arm.asks.clone(),
            drawn: count_of(
                drawn
                    .iter()
                    .filter(|d| d.arm == arm && has_begun(d, of, phase, today)),
            ),
            sum: (has_sums && !is_promised).then_some(sum),
            rate: match is_promised {
                true => rate
                    .filter(|_| is_of_five(drawn, of.drawn_over, arm))
                    .map(tenth),
                false => rate,
            },
        }
    };
    (0_i64..).zip(arms.iter().zip(sums)).map(tell).collect()
}

/// A day's arm is told from that day on: who knew it before could keep good leads for it.
fn has_begun(unit: &Drawn, of: &Experiment, phase: Phase, today: &str) -> bool {
    let is_over = matches!(phase, Phase::Counted | Phase::Stopped);
    is_over || of.drawn_over == Over::People || unit.unit.as_str() <= today
}

fn told_units(
    drawn: &[Drawn],
    of: &Experiment,
    phase: Phase,
    is_promised: bool,
    today: &str,
) -> Vec<ExperimentUnit> {
    let has_calls = phase == Phase::Counted && !is_promised;
    let tell = |d: &Drawn| ExperimentUnit {
        unit: d.unit.clone(),
        name: d
            .name
            .as_ref()
            .map_or_else(|| d.unit.clone(), |n| n.reveal().clone()),
        arm: d.arm + 1,
        calls: has_calls.then_some(d.calls),
        hits: has_calls.then(|| hits(d, of.measure)),
    };
    let begun = drawn.iter().filter(|d| has_begun(d, of, phase, today));
    let mut told: Vec<ExperimentUnit> = begun.map(tell).collect();
    told.sort_by(|a, b| (a.arm, &a.name, &a.unit).cmp(&(b.arm, &b.name, &b.unit)));
    told
}

/// The arms and what they came to, as CSV.
#[utoipa::path(
    get,
    path = "/reports/experiments/{id}/arms.csv",
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn arms_csv(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let made = view(&app, &who, &id).await?;
    let columns = [
        "arm",
        "drawn",
        "units",
        "calls",
        "hits",
        "rate",
        "difference",
        "low",
        "high",
        "chance",
        "verdict",
    ];
    let rows = (0_i64..).zip(&made.arms).map(|(n, arm)| {
        let versus = made
            .result
            .as_ref()
            .and_then(|r| r.versus.iter().find(|v| v.arm == n));
        let sum = |of: fn(&ArmSum) -> i64| {
            Cell::figure(
                arm.sum
                    .as_ref()
                    .map_or(String::new(), |s| of(s).to_string()),
            )
        };
        let share = |of: fn(&Versus) -> Option<f64>| Cell::share(versus.and_then(of));
        let verdict = versus.map_or(String::new(), |v| word(v.verdict));
        [
            Cell::text(&arm.name),
            Cell::figure(arm.drawn),
            sum(|s| s.units),
            sum(|s| s.calls),
            sum(|s| s.hits),
            Cell::share(arm.rate),
            share(|v| v.difference),
            share(|v| v.low),
            share(|v| v.high),
            share(|v| v.chance),
            Cell::figure(verdict),
        ]
    });
    Ok(sheet("experiment-arms", columns, rows))
}

/// What was drawn, with the calls that were counted, as CSV: from it the comparison can be made
/// again.
#[utoipa::path(
    get,
    path = "/reports/experiments/{id}/units.csv",
    responses((status = 200, content_type = "text/csv", body = String))
)]
pub async fn units_csv(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let made = view(&app, &who, &id).await?;
    if made.is_promised {
        return Err(Problem::bad(
            "It was promised that nobody is singled out here: arms are told, and nobody in them.",
        ));
    }
    let figure = |n: Option<i64>| Cell::figure(n.map_or(String::new(), |n| n.to_string()));
    let rows = made.units.iter().map(|u| {
        [
            Cell::figure(&u.unit),
            Cell::text(&u.name),
            Cell::figure(u.arm),
            figure(u.calls),
            figure(u.hits),
        ]
    });
    let columns = ["unit", "name", "arm", "calls", "hits"];
    Ok(sheet("experiment-units", columns, rows))
}

/// An experiment that somebody is in.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExperimentMine {
    name: String,
    question: String,
    over: Over,
    first: String,
    last: String,
    phase: Phase,
    /// Their arm, or today's; null before the draw, for who came after it, and on a day that is in
    /// no arm.
    #[schema(required)]
    arm: Option<ExperimentMyArm>,
}

/// What an arm asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExperimentMyArm {
    name: String,
    asks: String,
}

/// Experiments that are planned or run for one's clients, and what one's arm asks, or today's.
#[utoipa::path(
    get,
    path = "/reports/experiments/mine",
    responses((status = 200, body = Vec<ExperimentMine>))
)]
pub async fn mine(State(app): State<App>, who: Who) -> Result<Json<Vec<ExperimentMine>>, Problem> {
    let today = today(&app);
    let day = |number| numbered_day(number).unwrap_or_default();
    let mut tx = app.db.read().await?;
    let mut mine = Vec::new();
    for client in people::clients_of(&mut tx, who.id()).await? {
        for e in stored::list(&mut tx, &client).await? {
            let phase = e.standing().phase(today);
            if !matches!(phase, Phase::Planned | Phase::Running) {
                continue;
            }
            let unit = match e.drawn_over {
                Over::People => who.id().to_string(),
                Over::Days => day(today),
            };
            let arm = stored::arm_of(&mut tx, &e.id, &unit).await?;
            let arms = stored::arms(&mut tx, &e.id).await?;
            let arm = arm.and_then(|n| arms.into_iter().nth(usize::try_from(n).ok()?));
            mine.push(ExperimentMine {
                name: e.name,
                question: e.question,
                over: e.drawn_over,
                first: day(e.first_day),
                last: day(e.last_day),
                phase,
                arm: arm.map(|a| ExperimentMyArm {
                    name: a.name,
                    asks: a.asks,
                }),
            });
        }
    }
    Ok(Json(mine))
}
