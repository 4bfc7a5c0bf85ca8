//! Experiments with slots: planned by a manager, drawn by the box when they begin, counted once
//! some days after they end (the rules are in [`crate::report::experiments`]).
//!
//! What an experiment is about is fixed when it is planned, and triggers keep it: clients, arms,
//! measure, what a connect is, days. It is drawn in the transaction that begins it; a client has
//! one at a time. A stopped one stays, with its reason, and is never counted.

mod running;

pub use running::{Counted, count_due, draw_due, so_far};

use crate::identity::Role;
use crate::pii::Pii;
use crate::report::experiments::{Measure, Over, Plan, Standing};
use crate::store::events::{Event, Topic};
use crate::store::report::aggregate::is_manager_of;
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{ClientId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// An experiment as it was planned, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Experiment {
    pub id: String,
    pub client_id: ClientId,
    pub name: String,
    pub question: String,
    pub drawn_over: Over,
    pub measure: Measure,
    /// A connect has so much of the other side's speech, in milliseconds, as it was set when the
    /// experiment was planned.
    pub connect_ms: i64,
    /// Days since 1970-01-01 in the house's time zone; the last is included.
    pub first_day: i64,
    pub last_day: i64,
    pub planned_by: Pii<String>,
    pub planned_at: WallTime,
    /// Null: not begun.
    pub seed: Option<String>,
    /// Null: not begun.
    pub drawn_at: Option<WallTime>,
    /// The day of the draw; calls count from it on.
    pub drawn_day: Option<i64>,
    /// Null: not over, not counted yet, or stopped.
    pub counted_at: Option<WallTime>,
    /// Null, here and below: not stopped.
    pub stopped_by: Option<Pii<String>>,
    pub stopped_at: Option<WallTime>,
    pub stop_reason: Option<String>,
}

impl Experiment {
    /// What tells how it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            last: self.last_day,
            is_drawn: self.seed.is_some(),
            is_counted: self.counted_at.is_some(),
            is_stopped: self.stopped_at.is_some(),
        }
    }
}

const EXPERIMENT: &str = "SELECT t.id, t.client_id, t.name, t.question, t.drawn_over, t.measure, \
    t.connect_ms, t.first_day, t.last_day, p.name AS planned_by, t.planned_at, t.seed, \
    t.drawn_at, t.drawn_day, t.counted_at, s.name AS stopped_by, t.stopped_at, t.stop_reason FROM \
    experiments t JOIN people p ON p.id = t.planned_by LEFT JOIN people s ON s.id = t.stopped_by";

/// A client's experiments, the one that begins last first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, client: &ClientId) -> Result<Vec<Experiment>> {
    let sql = format!("{EXPERIMENT} WHERE t.client_id = $1 ORDER BY t.first_day DESC, t.id DESC");
    Ok(all!(tx, Experiment, sqlx::AssertSqlSafe(sql), client)?)
}

/// An experiment.
///
/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Experiment>> {
    let sql = format!("{EXPERIMENT} WHERE t.id = $1");
    Ok(one!(tx, Experiment, sqlx::AssertSqlSafe(sql), id)?)
}

/// An arm: what it is called, and what it asks of who is in it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Arm {
    pub name: String,
    pub asks: String,
}

/// The arms of an experiment, the first before the others.
///
/// # Errors
/// When the database fails.
pub async fn arms(tx: &mut Tx, id: &str) -> Result<Vec<Arm>> {
    Ok(all!(
        tx,
        Arm,
        "SELECT name, asks FROM experiment_arms WHERE experiment_id = $1 ORDER BY arm",
        id
    )?)
}

/// A unit with its arm and its calls: a person by id, or a day such as `2026-12-01`.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Drawn {
    pub unit: String,
    /// From 0.
    pub arm: i64,
    /// Null for a day.
    pub name: Option<Pii<String>>,
    /// People who called; 0 where nothing is counted.
    pub people: i64,
    pub calls: i64,
    pub connects: i64,
    pub meetings: i64,
}

/// What was drawn, by arm and unit, which say nothing of a name; counted where the experiment was.
///
/// # Errors
/// When the database fails.
pub async fn drawn(tx: &mut Tx, id: &str) -> Result<Vec<Drawn>> {
    Ok(all!(
        tx,
        Drawn,
        "SELECT u.unit, u.arm, p.name, COALESCE(c.people, 0) AS people, COALESCE(c.calls, 0) AS \
         calls, COALESCE(c.connects, 0) AS connects, COALESCE(c.meetings, 0) AS meetings FROM \
         experiment_units u LEFT JOIN people p ON p.id = u.unit LEFT JOIN experiment_counts c ON \
         c.experiment_id = u.experiment_id AND c.unit = u.unit WHERE u.experiment_id = $1 ORDER \
         BY u.arm, u.unit",
        id
    )?)
}

/// The arm of one unit, from 0; none where it is in none.
///
/// # Errors
/// When the database fails.
pub async fn arm_of(tx: &mut Tx, id: &str, unit: &str) -> Result<Option<i64>> {
    let row = one!(
        tx,
        (i64,),
        "SELECT arm FROM experiment_units WHERE experiment_id = $1 AND unit = $2",
        id,
        unit
    )?;
    Ok(row.map(|r| r.0))
}

/// An experiment that somebody wants.
#[derive(Debug, Clone)]
pub struct NewExperiment<'a> {
    pub client: &'a ClientId,
    pub name: &'a str,
    pub question: &'a str,
    pub drawn_over: Over,
    pub measure: Measure,
    pub connect_ms: i64,
    /// Days since 1970-01-01; the last is included.
    pub days: (i64, i64),
    /// The first is what the others are held against.
    pub arms: &'a [Arm],
}

/// Plans an experiment; gives its id. `today` is the day of `now` in the house's time zone.
///
/// # Errors
/// [`StoreError::Refused`] for who is no manager of the client, and for a plan that could tell
/// nothing; [`StoreError::Conflict`] when the client has another one in these days.
pub async fn plan(
    tx: &mut Tx,
    by: &PersonId,
    new: &NewExperiment<'_>,
    today: i64,
    now: WallTime,
) -> Result<String> {
    is_manager_of(
        tx,
        by,
        new.client,
        "only a manager of this client plans an experiment",
    )
    .await?;
    check(tx, new, today).await?;
    let (first, last) = new.days;
    let other = one!(
        tx,
        (String,),
        "SELECT id FROM experiments WHERE client_id = $1 AND stopped_at IS NULL AND first_day <= \
         $2 AND last_day >= $3",
        new.client,
        last,
        first
    )?;
    if other.is_some() {
        return Err(StoreError::Conflict(
            "this client has another experiment in these days: two at a time would disturb each other",
        ));
    }
    let id: String = new_id();
    run!(
        tx,
        "INSERT INTO experiments (id, client_id, name, question, drawn_over, measure, connect_ms, \
         first_day, last_day, planned_by, planned_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
         $10, $11)",
        &id,
        new.client,
        new.name.trim(),
        new.question.trim(),
        new.drawn_over,
        new.measure,
        new.connect_ms,
        first,
        last,
        by,
        now
    )?;
    for (n, arm) in (0_i64..).zip(new.arms) {
        run!(
            tx,
            "INSERT INTO experiment_arms (experiment_id, arm, name, asks) VALUES ($1, $2, $3, $4)",
            &id,
            n,
            arm.name.trim(),
            arm.asks.trim()
        )?;
    }
    let detail = json!({
        "client": new.client, "over": new.drawn_over.as_str(), "measure": new.measure.as_str(),
        "arms": new.arms.len(), "first_day": first, "last_day": last, "connect_ms": new.connect_ms,
    });
    tell(tx);
    log::append(
        tx,
        &Actor::from(by),
        "experiment.planned",
        subject(&id),
        detail,
        now,
    )
    .await?;
    Ok(id)
}

async fn check(tx: &mut Tx, new: &NewExperiment<'_>, today: i64) -> Result<()> {
    let fits = |text: &str, most: usize| (1..=most).contains(&text.trim().chars().count());
    if !fits(new.name, 80) || !fits(new.question, 500) {
        return Err(StoreError::Refused(
            "An experiment has a name of at most 80 characters and a question of at most 500"
                .into(),
        ));
    }
    let names: std::collections::BTreeSet<&str> = new.arms.iter().map(|a| a.name.trim()).collect();
    let told = new
        .arms
        .iter()
        .all(|a| fits(&a.name, 40) && fits(&a.asks, 300));
    if !told || names.len() != new.arms.len() {
        return Err(StoreError::Refused(
            "Each arm has a name of its own, of at most 40 characters, and says in at most 300 \
             what it asks"
                .into(),
        ));
    }
    let plan = Plan {
        first: new.days.0,
        last: new.days.1,
        over: new.drawn_over,
        arms: new.arms.len(),
        people: callers(tx, new.client).await?.len(),
    };
    plan.check(today)
        .map_err(|why| StoreError::Refused(why.to_string()))
}

/// Telemarketers of a client who may sign in.
async fn callers(tx: &mut Tx, client: &ClientId) -> Result<Vec<PersonId>> {
    let rows = all!(
        tx,
        (PersonId,),
        "SELECT p.id FROM people p JOIN person_clients c ON c.person_id = p.id WHERE c.client_id = \
         $1 AND p.role = $2 AND p.disabled_at IS NULL ORDER BY p.id",
        client,
        Role::Telemarketer
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Stops an experiment whose days are not over. It says so ever after, and has no result. Once they
/// are over, who has seen the counts cannot do away with the result.
///
/// # Errors
/// [`StoreError::Refused`] for who is no manager of its client, and without a reason;
/// [`StoreError::Conflict`] when its days are over or it was stopped.
pub async fn stop(
    tx: &mut Tx,
    by: &PersonId,
    experiment: &Experiment,
    reason: &str,
    today: i64,
    now: WallTime,
) -> Result<()> {
    is_manager_of(
        tx,
        by,
        &experiment.client_id,
        "only a manager of this client stops an experiment",
    )
    .await?;
    let reason = reason.trim();
    if !(1..=500).contains(&reason.chars().count()) {
        return Err(StoreError::Refused(
            "Say why it is stopped, in at most 500 characters: it is shown with it ever after"
                .into(),
        ));
    }
    if today > experiment.last_day {
        return Err(StoreError::Conflict(
            "its days are over, and it is counted soon: whatever comes of it is told",
        ));
    }
    let rows = run!(
        tx,
        "UPDATE experiments SET stopped_by = $2, stopped_at = $3, stop_reason = $4 WHERE id = $1 \
         AND stopped_at IS NULL AND counted_at IS NULL",
        &experiment.id,
        by,
        now,
        reason
    )?;
    changed_one(rows, "it was stopped before, or it is over and was counted")?;
    tell(tx);
    // Whoever draws again needs the seed; before the draw there is none.
    let detail = json!({ "seed": experiment.seed, "day_was_drawn": experiment.drawn_day });
    log::append(
        tx,
        &Actor::from(by),
        "experiment.stopped",
        subject(&experiment.id),
        detail,
        now,
    )
    .await
}

fn subject(id: &str) -> String {
    format!("experiment:{id}")
}

/// Those who are in it, and those who planned it.
fn tell(tx: &mut Tx) {
    for role in [Role::Telemarketer, Role::Manager] {
        tx.tell(Event::to_role(Topic::Calls, role));
    }
}
