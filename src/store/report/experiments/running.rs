//! What the box does to an experiment by itself: it draws it when its first day begins, and counts
//! it when it is over.

use crate::hex::hex;
use crate::report::experiments::{LATE, Over, draw, working_days};
use crate::report::talk::FEWEST_REPLIES;
use crate::store::report::experiments::{EXPERIMENT, Experiment, callers, subject, tell};
use crate::store::{Actor, Result, Tx, all, changed_one, insert, log, run};
use crate::units::{WallTime, Zone, numbered_day};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

/// Draws the experiments whose first day has begun, each with a seed of its own from the operating
/// system. For people, the log line has the seed; for days it has the seed's SHA-256, so that
/// nobody knows a day's arm before it, and the seed follows when the experiment is counted or
/// stopped. Gives how many.
///
/// # Errors
/// When the database fails.
pub async fn draw_due(tx: &mut Tx, zone: &Zone, now: WallTime) -> Result<usize> {
    let today = zone.day_and_minute(now).0;
    let sql = format!(
        "{EXPERIMENT} WHERE t.seed IS NULL AND t.stopped_at IS NULL AND t.first_day <= $1 ORDER BY t.id"
    );
    let due = all!(tx, Experiment, sqlx::AssertSqlSafe(sql), today)?;
    for experiment in &due {
        let seed = hex(&rand::random::<[u8; 32]>());
        draw_one(tx, experiment, &seed, today, now).await?;
    }
    if !due.is_empty() {
        tell(tx);
    }
    Ok(due.len())
}

async fn draw_one(
    tx: &mut Tx,
    experiment: &Experiment,
    seed: &str,
    today: i64,
    now: WallTime,
) -> Result<()> {
    let units: Vec<String> = match experiment.drawn_over {
        Over::People => {
            let people = callers(tx, &experiment.client_id).await?;
            people.iter().map(ToString::to_string).collect()
        }
        // A box that was off on the first days draws those that are left.
        Over::Days => working_days(today.max(experiment.first_day), experiment.last_day)
            .filter_map(numbered_day)
            .collect(),
    };
    let arms = super::arms(tx, &experiment.id).await?.len();
    let dealt = draw(seed, &units, arms);
    for (unit, arm) in &dealt {
        run!(
            tx,
            "INSERT INTO experiment_units (experiment_id, unit, arm) VALUES ($1, $2, $3)",
            &experiment.id,
            unit,
            i64::try_from(*arm).unwrap_or(0)
        )?;
    }
    let rows = run!(
        tx,
        "UPDATE experiments SET seed = $2, drawn_at = $3, drawn_day = $4 WHERE id = $1 AND seed IS NULL",
        &experiment.id,
        seed,
        now,
        today
    )?;
    changed_one(rows, "it was drawn before")?;
    let told = (experiment.drawn_over == Over::People).then_some(seed);
    let detail = json!({
        "units": dealt.len(), "arms": arms, "seed": told,
        "seed_sha256": hex(&Sha256::digest(seed)),
    });
    log::append(
        tx,
        &Actor::System,
        "experiment.drawn",
        subject(&experiment.id),
        detail,
        now,
    )
    .await
}

/// Counts the experiments that are over, once each: what is said of their calls later changes
/// nothing. Call it when no call waits to be counted. Gives how many.
///
/// # Errors
/// When the database fails.
pub async fn count_due(tx: &mut Tx, zone: &Zone, now: WallTime) -> Result<usize> {
    let today = zone.day_and_minute(now).0;
    let sql = format!(
        "{EXPERIMENT} WHERE t.seed IS NOT NULL AND t.counted_at IS NULL AND t.stopped_at IS NULL \
         AND t.last_day < $1 ORDER BY t.id"
    );
    let due = all!(tx, Experiment, sqlx::AssertSqlSafe(sql), today - LATE)?;
    for experiment in &due {
        count_one(tx, experiment, now).await?;
    }
    if !due.is_empty() {
        tell(tx);
    }
    Ok(due.len())
}

async fn count_one(tx: &mut Tx, experiment: &Experiment, now: WallTime) -> Result<()> {
    let counted = so_far(tx, experiment).await?;
    if !counted.is_empty() {
        insert!(
            tx,
            (String,),
            "INSERT INTO experiment_counts (experiment_id, unit, people, calls, connects, meetings) ",
            &counted,
            |c| [
                &experiment.id,
                &c.unit,
                c.people,
                c.calls,
                c.connects,
                c.meetings
            ],
            " RETURNING unit"
        )?;
    }
    let rows = run!(
        tx,
        "UPDATE experiments SET counted_at = $2 WHERE id = $1 AND counted_at IS NULL",
        &experiment.id,
        now
    )?;
    changed_one(rows, "it was counted before")?;
    let detail = json!({ "units": counted.len(), "seed": experiment.seed });
    log::append(
        tx,
        &Actor::System,
        "experiment.counted",
        subject(&experiment.id),
        detail,
        now,
    )
    .await
}

/// A unit's calls.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Counted {
    pub unit: String,
    pub people: i64,
    pub calls: i64,
    pub connects: i64,
    pub meetings: i64,
}

#[derive(FromRow)]
struct DayRow {
    day: i64,
    people: i64,
    calls: i64,
    connects: i64,
    meetings: i64,
}

/// What the units of an experiment have called so far, from the day of its draw on; units without a
/// call are left out.
///
/// # Errors
/// When the database fails.
pub async fn so_far(tx: &mut Tx, experiment: &Experiment) -> Result<Vec<Counted>> {
    let Some(first) = experiment.drawn_day else {
        return Ok(Vec::new());
    };
    const COUNTS: &str = "COUNT(DISTINCT f.person_id) AS people, COUNT(*) AS calls, COUNT(CASE \
        WHEN f.answered = 1 AND f.nobody = 0 AND f.speech_ms >= $4 AND f.replies >= $5 THEN 1 END) \
        AS connects, COUNT(CASE WHEN f.meeting = 1 THEN 1 END) AS meetings";
    const WHERE: &str =
        "FROM call_figures f WHERE f.client_id = $1 AND f.day >= $2 AND f.day <= $3";
    match experiment.drawn_over {
        Over::People => {
            let sql = format!(
                "SELECT f.person_id AS unit, {COUNTS} {WHERE} AND EXISTS (SELECT 1 FROM \
                 experiment_units u WHERE u.experiment_id = $6 AND u.unit = f.person_id) GROUP BY \
                 f.person_id ORDER BY f.person_id"
            );
            Ok(all!(
                tx,
                Counted,
                sqlx::AssertSqlSafe(sql),
                &experiment.client_id,
                first,
                experiment.last_day,
                experiment.connect_ms,
                FEWEST_REPLIES,
                &experiment.id
            )?)
        }
        Over::Days => {
            let sql = format!(
                "SELECT f.day, {COUNTS} {WHERE} AND (f.day + 3) % 7 < 5 GROUP BY f.day ORDER BY f.day"
            );
            let rows = all!(
                tx,
                DayRow,
                sqlx::AssertSqlSafe(sql),
                &experiment.client_id,
                first,
                experiment.last_day,
                experiment.connect_ms,
                FEWEST_REPLIES
            )?;
            let counted = rows.into_iter().filter_map(|r| {
                Some(Counted {
                    unit: numbered_day(r.day)?,
                    people: r.people,
                    calls: r.calls,
                    connects: r.connects,
                    meetings: r.meetings,
                })
            });
            Ok(counted.collect())
        }
    }
}
