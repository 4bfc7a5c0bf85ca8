//! What this box needs from somebody: troubles of the tap and of jobs, what the doctor finds in the
//! data folder, calls that belong to nobody, receivers that do not answer (PRODUCT O9).

use crate::api::access::Who;
use crate::api::app::App;
use crate::api::problem::Problem;
use crate::api::webhook::receivers::sees;
use crate::doctor::folder;
use crate::doctor::mirror::{Finding, Level};
use crate::store::people;
use crate::store::webhook::PausedFor;
use crate::store::webhook::receivers::{self, Receiver};
use crate::units::WallTime;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::atomic::Ordering::Relaxed;
use utoipa::ToSchema;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepairLevel {
    /// Calls are missed, or will be; or something that was promised does not happen.
    Bad,
    /// It works, and worse than it could.
    Warning,
}

/// What kind of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepairKind {
    /// Of the tap, its disk, its keys or its clock.
    Box,
    /// Of something that the box does on its own.
    Job,
    /// What somebody outside says against the log.
    Proof,
    /// Calls on a line that nobody owns.
    Line,
    /// Messages that do not arrive.
    Receiver,
}

/// Something to repair.
#[derive(Debug, Serialize, ToSchema)]
pub struct Repair {
    kind: RepairKind,
    level: RepairLevel,
    what: String,
    /// What to do about it; empty where `what` says it.
    todo: String,
    /// Since when, where that is known.
    #[schema(required)]
    since: Option<WallTime>,
}

/// What this box needs from somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct Repairs {
    /// The worst first.
    repairs: Vec<Repair>,
    now: WallTime,
}

/// What is to be repaired; none is as it should be.
#[utoipa::path(get, path = "/repairs", responses((status = 200, body = Repairs)))]
pub async fn list(State(app): State<App>, who: Who) -> Result<Json<Repairs>, Problem> {
    let mut repairs = box_and_jobs(&app);
    let mut tx = app.db.read().await?;
    for line in people::unknown_lines(&mut tx).await? {
        let (n, number) = (line.calls, line.number.into_inner());
        let calls = if n == 1 {
            "call belongs"
        } else {
            "calls belong"
        };
        repairs.push(Repair {
            kind: RepairKind::Line,
            level: RepairLevel::Warning,
            what: format!("{n} {calls} to nobody: line {number}"),
            todo: "An administrator says whose it is, under Access.".to_owned(),
            since: Some(line.last_at),
        });
    }
    let clients = people::all_clients(&mut tx).await?;
    for r in receivers::all(&mut tx).await? {
        // Another client's receiver is nobody else's to know of (PRODUCT I7).
        if sees(&who, &r, &clients) {
            repairs.extend(unanswered(r));
        }
    }
    repairs.sort_by_key(|r| r.level);
    Ok(Json(Repairs {
        repairs,
        now: app.clock.now(),
    }))
}

/// Calls that nobody hears before somebody helps.
fn stuck(calls: u64) -> Option<Repair> {
    let what = match calls {
        0 => return None,
        1 => "1 call could not be sealed: it stays in the spool, and is tried again".to_owned(),
        n => format!("{n} calls could not be sealed: they stay in the spool, and are tried again"),
    };
    Some(Repair {
        kind: RepairKind::Box,
        level: RepairLevel::Bad,
        what,
        todo: "The log says why: `journalctl -u 'assay*'`.".to_owned(),
        since: None,
    })
}

fn box_and_jobs(app: &App) -> Vec<Repair> {
    let repair = |kind, what: String| Repair {
        kind,
        level: RepairLevel::Bad,
        what,
        todo: String::new(),
        since: None,
    };
    let troubles = app.metrics.troubles().into_iter();
    let mut all: Vec<Repair> = troubles.map(|t| repair(RepairKind::Box, t)).collect();
    all.extend(stuck(app.metrics.stuck.load(Relaxed)));
    let jobs = app.jobs.troubles().into_iter();
    all.extend(jobs.map(|t| repair(RepairKind::Job, t)));
    let alarms = app.alarms.all().into_iter();
    all.extend(alarms.map(|a| repair(RepairKind::Proof, a)));
    if let Err(why) = &app.log_key {
        all.push(repair(
            RepairKind::Proof,
            format!("The log is not signed: {why}"),
        ));
    }
    // What is bad there the readiness of the tap has said already.
    let found = [folder::keys(&app.folder), vec![folder::clock()]].concat();
    let warnings = found.into_iter().filter(|f| f.level == Level::Warning);
    all.extend(warnings.map(|f: Finding| Repair {
        kind: RepairKind::Box,
        level: RepairLevel::Warning,
        what: sentence(&f.what),
        todo: sentence(f.todo),
        since: None,
    }));
    all
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// So many attempts in a row are no accident any more.
const FAILURES: i64 = 3;

fn unanswered(r: Receiver) -> Option<Repair> {
    let what = match (r.paused_for, r.failures) {
        (Some(PausedFor::Gone), _) => format!("Messages wait: {} says that it is gone", r.name),
        (None, FAILURES..) => {
            let n = r.failures;
            format!("Messages wait: {} has failed {n} times in a row", r.name)
        }
        _ => return None,
    };
    Some(Repair {
        kind: RepairKind::Receiver,
        level: RepairLevel::Warning,
        what,
        todo: "See its last answer on the page Messages.".to_owned(),
        since: r.paused_at.or(r.worked_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_reads_as_a_sentence() {
        assert_eq!(sentence("änder es"), "Änder es.");
        assert_eq!(sentence(""), ".");
    }
}
