//! What happens by itself: each job a file and a task of its own, with its own back-off. One that
//! fails holds up no other, and shows in readiness and metrics until it works again.

pub mod crm;
mod done;
pub mod figures;
pub mod holds;
pub mod importing;
pub mod leftovers;
pub mod notary;
pub mod numbers;
pub mod outbox;
pub mod scores;
pub mod time_stamp;
pub mod witnesses;

pub use done::Done;
pub use outbox::Sending;

use crate::clock::Clock;
use crate::jobs::outbox::Outbox;
use crate::jobs::time_stamp::TimeStamp;
use crate::jobs::witnesses::Witnesses;
use crate::review::Rules;
use crate::store::Db;
use crate::units::{Micros, WallTime};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// The longest wait between two attempts of a job that fails.
const LONGEST_BACK_OFF: Micros = Micros::from_secs(60);

/// How a job stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// When it last did what it is for.
    pub worked_at: Option<WallTime>,
    /// Attempts in a row that failed.
    pub failures: u32,
    /// What the last one said.
    pub error: Option<String>,
}

/// The jobs of this process and how each stands.
#[derive(Debug, Clone, Default)]
pub struct Jobs(Arc<Mutex<BTreeMap<&'static str, Standing>>>);

impl Jobs {
    /// How each job stands, by name.
    #[must_use]
    pub fn standing(&self) -> BTreeMap<&'static str, Standing> {
        self.table().clone()
    }

    /// What fails, a sentence each.
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        let table = self.table();
        let failing = table.iter().filter(|(_, standing)| standing.failures > 0);
        let told = failing.map(|(job, standing)| {
            let error = standing.error.as_deref().unwrap_or_default();
            format!("The job '{job}' fails: {error}.")
        });
        told.collect()
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<&'static str, Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an attempt; gives when the next is due.
    fn note(&self, job: &'static str, now: WallTime, done: Result<Done, String>) -> WallTime {
        let mut table = self.table();
        let standing = table.entry(job).or_default();
        match done {
            Ok(Done {
                next,
                trouble: None,
            }) => {
                *standing = Standing {
                    worked_at: Some(now),
                    ..Standing::default()
                };
                next
            }
            Ok(Done { next, trouble }) => {
                if standing.error != trouble {
                    let what = trouble.as_deref().unwrap_or_default();
                    tracing::error!(job, what, "a job could not do all of its work");
                }
                standing.worked_at = Some(now);
                standing.failures = standing.failures.saturating_add(1);
                standing.error = trouble;
                next
            }
            Err(error) => {
                tracing::error!(job, %error, "a job failed; it is tried again");
                standing.failures = standing.failures.saturating_add(1);
                standing.error = Some(error);
                now + back_off(standing.failures)
            }
        }
    }

    /// Runs a job until the task ends: `once` does what is due and says when it is next.
    async fn keep(
        self,
        job: &'static str,
        clock: Clock,
        mut once: impl AsyncFnMut(WallTime) -> Result<Done, String>,
    ) {
        loop {
            let now = clock.now();
            let next = self.note(job, now, once(now).await);
            let wait = (next - clock.now()).0.max(1_000).unsigned_abs();
            tokio::time::sleep(Duration::from_micros(wait)).await;
        }
    }
}

/// Doubles from a second on.
fn back_off(failures: u32) -> Micros {
    let seconds = 1_i64 << failures.saturating_sub(1).min(6);
    Micros(Micros::from_secs(seconds).0.min(LONGEST_BACK_OFF.0))
}

/// Who says something of this box's checkpoints, as far as it is set up.
#[derive(Default)]
pub struct Others {
    /// `None` where no authority is set up.
    pub time_stamp: Option<TimeStamp>,
    /// `None` where no witness is set up.
    pub witnesses: Option<Witnesses>,
    /// Why this box cannot be the witness that it is set up to be.
    pub no_witness: Option<String>,
}

impl Others {
    fn spawn(self, jobs: &Jobs, db: &Db, clock: &Clock, tasks: &mut JoinSet<()>) {
        if let Some(time_stamp) = self.time_stamp {
            let db = db.clone();
            let work = async move |now| time_stamp.once(&db, now).await;
            tasks.spawn(jobs.clone().keep("time_stamp", clock.clone(), work));
        }
        if let Some(mut witnesses) = self.witnesses {
            let db = db.clone();
            let work = async move |now| {
                let done = witnesses.once(&db, now).await;
                done.map_err(|e| e.to_string())
            };
            tasks.spawn(jobs.clone().keep("witnesses", clock.clone(), work));
        }
        if let Some(why) = self.no_witness {
            let work = async move |_| Err(why.clone());
            tasks.spawn(jobs.clone().keep("witness", clock.clone(), work));
        }
    }
}

/// What counts calls.
pub struct Counting {
    pub figures: figures::Figures,
    pub numbers: numbers::Watch,
}

/// Starts every job; they end when the set is dropped.
pub fn start(
    jobs: &Jobs,
    db: &Db,
    clock: &Clock,
    rules: &Rules,
    notary: Result<notary::Notary, String>,
    others: Others,
    Counting { figures, numbers }: Counting,
    sending: &Sending,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    others.spawn(jobs, db, clock, &mut tasks);
    let log = db.clone();
    let seal = async move |now| match &notary {
        Ok(notary) => notary.once(&log, now).await.map_err(|e| e.to_string()),
        Err(why) => Err(why.clone()),
    };
    tasks.spawn(jobs.clone().keep("notary", clock.clone(), seal));
    let (scored, zone) = (db.clone(), figures.zone.clone());
    let work = async move |now| {
        let done = scores::once(&scored, &zone, now).await;
        done.map_err(|e| e.to_string())
    };
    tasks.spawn(jobs.clone().keep("scores", clock.clone(), work));
    let counted = db.clone();
    let work = async move |now| figures.once(&counted, now).await.map_err(|e| e.to_string());
    tasks.spawn(jobs.clone().keep("figures", clock.clone(), work));
    let watched = db.clone();
    let work = async move |now| numbers.once(&watched, now).await.map_err(|e| e.to_string());
    tasks.spawn(jobs.clone().keep("numbers", clock.clone(), work));
    let mut outbox = Outbox::new(db.clone(), clock.clone(), sending.clone());
    let work = async move |now| outbox.once(now).await.map_err(|e| e.to_string());
    tasks.spawn(jobs.clone().keep("outbox", clock.clone(), work));
    let kept = db.clone();
    let work = async move |now| leftovers::once(&kept, now).await.map_err(|e| e.to_string());
    tasks.spawn(jobs.clone().keep("leftovers", clock.clone(), work));
    let mut crms = crm::Crms::new(db.clone(), clock.clone(), sending.clone());
    let work = async move |now| crms.once(now).await.map_err(|e| e.to_string());
    tasks.spawn(jobs.clone().keep("crm", clock.clone(), work));
    let (leads, mut first) = (db.clone(), true);
    let work = async move |now| {
        if std::mem::take(&mut first) {
            let ended = importing::end_interrupted(&leads, now).await;
            ended.map_err(|e| e.to_string())?;
            let undone = importing::undo_the_rest(&leads).await;
            undone.map_err(|e| e.to_string())?;
        }
        importing::word(&leads, now)
            .await
            .map_err(|e| e.to_string())
    };
    tasks.spawn(jobs.clone().keep("leads", clock.clone(), work));
    let (db, rules, mut holds) = (db.clone(), rules.clone(), holds::Holds::default());
    let work = async move |now| {
        let done = holds.once(&db, &rules, now).await;
        done.map_err(|e| e.to_string())
    };
    tasks.spawn(jobs.clone().keep("holds", clock.clone(), work));
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_job_waits_longer_each_time_and_shows_until_it_works() {
        let (jobs, now) = (Jobs::default(), WallTime(0));
        let mut waits = Vec::new();
        for _ in 0..9 {
            waits.push(jobs.note("notary", now, Err("no disk".into())) - now);
        }
        let seconds: Vec<i64> = waits.iter().map(|w| w.0 / 1_000_000).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(jobs.standing()["notary"].failures, 9);
        let next = now + Micros::from_secs(5);
        let done = |trouble: Option<&str>| {
            Ok(Done {
                next,
                trouble: trouble.map(str::to_owned),
            })
        };
        assert_eq!(jobs.note("notary", now, done(None)), next);
        let standing = &jobs.standing()["notary"];
        assert_eq!((standing.failures, standing.error.as_deref()), (0, None));
        // What one part of the work cannot do shows, and delays the rest by nothing.
        for failures in 1..=9 {
            assert_eq!(jobs.note("notary", now, done(Some("one is stuck"))), next);
            let standing = &jobs.standing()["notary"];
            assert_eq!(
                (standing.failures, standing.error.as_deref()),
                (failures, Some("one is stuck"))
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_fails_holds_up_no_other() {
        let jobs = Jobs::default();
        let clock = Clock::System;
        let mut tasks = JoinSet::new();
        let failing = async |_| Err("broken".to_owned());
        tasks.spawn(jobs.clone().keep("failing", clock.clone(), failing));
        let working = async |now: WallTime| {
            Ok(Done {
                next: now + Micros::from_secs(1),
                trouble: None,
            })
        };
        tasks.spawn(jobs.clone().keep("working", clock, working));
        tokio::time::sleep(Duration::from_secs(30)).await;
        let standing = jobs.standing();
        assert!(standing["failing"].failures > 2, "{standing:?}");
        assert!(standing["working"].worked_at.is_some(), "{standing:?}");
    }
}
