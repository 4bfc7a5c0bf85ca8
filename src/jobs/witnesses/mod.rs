//! Has other boxes cosign this box's checkpoints (C2SP tlog-witness): each that leaves, and hourly
//! the newest where the log has grown; and once after each start, so that a log that was put back
//! or rewritten meanwhile is found out at once. A witness that has seen another log is an alarm,
//! which stays until it cosigns again.

mod ask;

pub use ask::Witness;

use crate::jobs::done::Done;
use crate::jobs::notary::Copy;
use crate::jobs::witnesses::ask::Trouble;
use crate::outgoing::Sender;
use crate::store::proof::checkpoints::{self, Signed};
use crate::store::proof::others;
use crate::store::{Db, Result, Tx};
use crate::units::{Micros, WallTime};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often it is looked whether something is due.
const EVERY: Micros = Micros::from_secs(2);
/// How often a log that grows is shown to a witness beside what leaves the box.
const SHOWN_EVERY: Micros = Micros::from_secs(3600);
/// The wait after a first failure; it doubles.
const FIRST_WAIT_SECONDS: i64 = 2;
/// The longest.
const LONGEST_WAIT: Micros = Micros::from_secs(600);

/// What witnesses say against this box's log, by their names.
#[derive(Debug, Clone, Default)]
pub struct Alarms(Arc<Mutex<BTreeMap<String, String>>>);

impl Alarms {
    /// In words, a sentence each.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.table().values().cloned().collect()
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The job.
pub struct Witnesses {
    sender: Sender,
    copy: Copy,
    alarms: Alarms,
    lines: Vec<Line>,
    /// A checkpoint that has left may lack cosignatures in the copy.
    incomplete: bool,
}

/// A witness and how it stands.
struct Line {
    witness: Witness,
    next: WallTime,
    failures: u32,
    trouble: Option<String>,
    /// When it last cosigned what was then the newest, since the start.
    shown: Option<WallTime>,
}

impl Witnesses {
    /// The job for these witnesses, each of which is due at once.
    #[must_use]
    pub fn new(sender: Sender, copy: Copy, alarms: Alarms, list: Vec<Witness>) -> Witnesses {
        let line = |witness| Line {
            witness,
            next: WallTime(0),
            failures: 0,
            trouble: None,
            shown: None,
        };
        Witnesses {
            sender,
            copy,
            alarms,
            lines: list.into_iter().map(line).collect(),
            incomplete: true,
        }
    }

    /// Asks each witness that is due. The trouble names those that did not cosign, alarms first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn once(&mut self, db: &Db, now: WallTime) -> Result<Done> {
        for n in 0..self.lines.len() {
            let line = &self.lines[n];
            if line.next > now {
                continue;
            }
            let mut read = db.read().await?;
            let due = due(&mut read, line, now).await?;
            drop(read);
            if let Some(Due {
                signed,
                known,
                newest,
            }) = due
            {
                let asked = line.witness.ask(&self.sender, db, signed, known, now).await;
                self.note(n, asked?, newest, now);
            }
        }
        let mut troubles = self.alarms.all();
        troubles.extend(self.lines.iter().filter_map(|line| line.trouble.clone()));
        troubles.extend(self.complete(db).await?);
        Ok(Done {
            next: now + EVERY,
            trouble: (!troubles.is_empty()).then(|| troubles.join("; ")),
        })
    }

    fn note(
        &mut self,
        n: usize,
        asked: std::result::Result<(), Trouble>,
        newest: bool,
        now: WallTime,
    ) {
        let line = &mut self.lines[n];
        let name = line.witness.key.name().to_owned();
        let Err(trouble) = asked else {
            self.alarms.table().remove(&name);
            self.incomplete = true;
            (line.failures, line.trouble) = (0, None);
            line.next = now;
            if newest {
                line.shown = Some(now);
            }
            return;
        };
        line.failures = line.failures.saturating_add(1);
        let doubled = FIRST_WAIT_SECONDS << line.failures.saturating_sub(1).min(9);
        line.next = now + Micros(Micros::from_secs(doubled).0.min(LONGEST_WAIT.0));
        line.trouble = match trouble {
            Trouble::Alarm(why) => {
                tracing::error!(witness = name, why, "a witness has seen another log");
                self.alarms.table().insert(name, why);
                None
            }
            Trouble::Failed(why) => Some(format!("the witness {name} has not cosigned: {why}")),
        };
    }

    /// Adds to the copy what came after it was written.
    async fn complete(&mut self, db: &Db) -> Result<Option<String>> {
        if !self.incomplete {
            return Ok(None);
        }
        let mut read = db.read().await?;
        if let Some(left) = checkpoints::last_left(&mut read).await? {
            let note = others::note_of(&mut read, &left).await?;
            if let Err(why) = self.copy.add(left.size, &note, None) {
                return Ok(Some(why.to_string()));
            }
        }
        self.incomplete = false;
        Ok(None)
    }
}

/// A checkpoint that a witness is to be shown.
struct Due {
    signed: Signed,
    /// The size that it cosigned last, by this box's database.
    known: i64,
    /// There is no larger one.
    newest: bool,
}

/// What leaves the box comes first, while the witness has seen nothing larger.
async fn due(tx: &mut Tx, line: &Line, now: WallTime) -> Result<Option<Due>> {
    let Some(newest) = checkpoints::latest(tx).await? else {
        return Ok(None);
    };
    let key = line.witness.key.to_string();
    let cosigned = others::last_cosigned(tx).await?;
    let cosigned = cosigned.into_iter().find(|c| c.witness == key);
    let known = cosigned.map_or(0, |c| c.size);
    if let Some(left) = checkpoints::last_left(tx).await?
        && left.size > known
    {
        return Ok(Some(Due {
            newest: left.size == newest.size,
            signed: left,
            known,
        }));
    }
    let due = match line.shown {
        None => true,
        Some(at) => newest.size > known && now >= at + SHOWN_EVERY,
    };
    Ok(due.then_some(Due {
        signed: newest,
        known,
        newest: true,
    }))
}
