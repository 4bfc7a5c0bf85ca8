//! Sends what the outbox holds: each receiver's messages in their order, the receivers side by
//! side. There are no more attempts at a time than receivers, and no more receivers than the store
//! takes: one that hangs takes its own place alone. What everybody has had for long is removed.

use crate::clock::Clock;
use crate::jobs::done::Done;
use crate::outgoing::{Sender, Signed};
use crate::store::webhook::deliveries::{self, Taken, Tried};
use crate::store::webhook::forget::{BATCH, forget};
use crate::store::{Db, Result, StoreError};
use crate::units::{Micros, ReceiverId, WallTime};
use crate::webhook::{Answer, Failure, Judged, Master, Target, sign};
use std::collections::{BTreeMap, BTreeSet};
use tokio::task::{Id, JoinSet};

/// How often the outbox is looked at.
const EVERY: Micros = Micros::from_millis(500);
/// How often it is looked whether messages may go.
const FORGET_EVERY: Micros = Micros::from_secs(3600);
/// A receiver whose line could not be worked on, for a fault of the box, is looked at again then.
const AGAIN: Micros = Micros::from_secs(5);

/// What sending takes.
#[derive(Clone)]
pub struct Sending {
    pub sender: Sender,
    pub master: Master,
    /// How long messages are kept that everybody has had; none: for ever.
    pub keep: Option<Micros>,
}

/// The job: which receivers are being sent to.
pub struct Outbox {
    db: Db,
    clock: Clock,
    sending: Sending,
    running: JoinSet<Result<()>>,
    busy: BTreeMap<Id, ReceiverId>,
    /// Receivers whose line the box could not work on, why, and when it tries again.
    stuck: BTreeMap<ReceiverId, (String, WallTime)>,
    /// When it is looked next whether messages may go.
    forget_at: WallTime,
}

impl Outbox {
    /// The job, with nobody being sent to yet.
    #[must_use]
    pub fn new(db: Db, clock: Clock, sending: Sending) -> Outbox {
        Outbox {
            db,
            clock,
            sending,
            running: JoinSet::new(),
            busy: BTreeMap::new(),
            stuck: BTreeMap::new(),
            forget_at: WallTime(0),
        }
    }

    /// Starts with every receiver that is due and that nobody is busy with; waits for none. The
    /// trouble names what the box itself cannot do; that a receiver fails is none of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn once(&mut self, now: WallTime) -> Result<Done> {
        self.reap(now);
        let mut read = self.db.read().await?;
        let due = deliveries::due(&mut read, now).await?;
        drop(read);
        self.stuck.retain(|id, _| due.contains(id));
        let busy: BTreeSet<&ReceiverId> = self.busy.values().collect();
        let free = |id: &ReceiverId| {
            !busy.contains(id) && self.stuck.get(id).is_none_or(|(_, at)| *at <= now)
        };
        let due: Vec<ReceiverId> = due.into_iter().filter(free).collect();
        for id in due {
            let line = Line {
                db: self.db.clone(),
                clock: self.clock.clone(),
                sending: self.sending.clone(),
                receiver: id.clone(),
            };
            let task = self.running.spawn(line.work());
            self.busy.insert(task.id(), id);
        }
        self.forget(now).await?;
        let trouble = self.stuck.values().next().map(|(why, _)| why.clone());
        Ok(Done {
            next: now + EVERY,
            trouble,
        })
    }

    /// A batch of what everybody has had for long; the next soon, while there is more.
    async fn forget(&mut self, now: WallTime) -> Result<()> {
        let Some(keep) = self.sending.keep.filter(|_| self.forget_at <= now) else {
            return Ok(());
        };
        let mut tx = self.db.write().await?;
        let gone = forget(&mut tx, keep, now).await?;
        if gone > 0 {
            tx.commit().await?;
        }
        if gone < BATCH {
            self.forget_at = now + FORGET_EVERY;
        }
        Ok(())
    }

    /// Takes note of tasks that have ended.
    fn reap(&mut self, now: WallTime) {
        while let Some(ended) = self.running.try_join_next_with_id() {
            let (id, why) = match ended {
                Ok((id, Ok(()))) => (id, None),
                Ok((id, Err(error))) => (id, Some(error.to_string())),
                Err(panicked) => (panicked.id(), Some(panicked.to_string())),
            };
            let receiver = self.busy.remove(&id);
            if let (Some(receiver), Some(why)) = (receiver, why) {
                tracing::error!(%receiver, why, "messages cannot be sent");
                self.stuck.insert(receiver, (why, now + AGAIN));
            }
        }
    }

    /// Whether nobody is being sent to; for tests.
    #[must_use]
    pub fn is_idle(&mut self, now: WallTime) -> bool {
        self.reap(now);
        self.busy.is_empty()
    }
}

/// One receiver's line.
struct Line {
    db: Db,
    clock: Clock,
    sending: Sending,
    receiver: ReceiverId,
}

impl Line {
    /// Sends until nothing is due any more.
    async fn work(self) -> Result<()> {
        while let Some(taken) = self.take().await? {
            let tried = self.attempt(&taken).await;
            let mut tx = self.db.write().await?;
            let (chance, now) = (rand::random(), self.clock.now());
            match deliveries::finish(&mut tx, &taken, &tried, chance, now).await {
                Ok(()) => tx.commit().await?,
                // Its lease has ended: it is somebody else's turn.
                Err(StoreError::Conflict(why)) => {
                    tracing::warn!(receiver = %self.receiver, why, "an attempt is not written down");
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
            if tried.judged != Judged::Delivered {
                let (status, why) = (tried.status, tried.error.unwrap_or_default());
                tracing::warn!(receiver = %self.receiver, ?status, why, "a message failed");
            }
        }
        Ok(())
    }

    async fn take(&self) -> Result<Option<Taken>> {
        let mut tx = self.db.write().await?;
        let (master, now) = (&self.sending.master, self.clock.now());
        let taken = deliveries::take(&mut tx, &self.receiver, master, now).await?;
        if taken.is_some() {
            tx.commit().await?;
        }
        Ok(taken)
    }

    async fn attempt(&self, taken: &Taken) -> Tried {
        let allowed = self.sending.sender.allowed();
        let target = match Target::parse(&taken.url, allowed) {
            Ok(target) => target,
            Err(why) => return failed(None, why.to_string()),
        };
        let seconds = self.clock.now().micros().div_euclid(1_000_000);
        let (id, body) = (taken.message.as_str(), taken.body.as_str());
        let message = Signed {
            id,
            seconds,
            signatures: sign::signatures(&taken.secrets, id, seconds, body.as_bytes()),
            body,
        };
        let answer = self.sending.sender.send(&target, &message).await;
        tried(answer, self.clock.now())
    }
}

fn tried(answer: std::result::Result<Answer, Failure>, now: WallTime) -> Tried {
    let answer = match answer {
        Ok(answer) => answer,
        Err(why) => return failed(None, why.to_string()),
    };
    let judged = answer.judged(now);
    Tried {
        status: Some(answer.status),
        error: (judged != Judged::Delivered).then(|| answer.why()),
        judged,
    }
}

fn failed(status: Option<u16>, why: String) -> Tried {
    Tried {
        judged: Judged::Failed { asked: None },
        status,
        error: Some(why),
    }
}
