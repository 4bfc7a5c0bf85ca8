//! Writes leads that were handed over into their clients' CRMs: each CRM's in their order, the CRMs
//! side by side. One that hangs takes its own place alone.
//!
//! What has to be written is found by looking, not by being told: leads handed over since the last
//! look at once, those of the last month a few at a time, round and round, and all others more
//! slowly. So a first call of the wire, an answer of sales, or a corrected name is written whoever
//! changed it, and a client with many leads costs no more than one with few.

use crate::clock::Clock;
use crate::handover::mapping::{CrmKind, Mapping};
use crate::handover::push::{self, Came, Credential, Push, Reply, Request, Step, Told, Trial};
use crate::jobs::Sending;
use crate::jobs::done::Done;
use crate::outgoing::{Call, Reply as Answer};
use crate::pii::Pii;
use crate::store::handover::crms::{self, Crm};
use crate::store::handover::sends::{self, Place, Taken, Tried};
use crate::store::{Db, Result, StoreError};
use crate::units::{ClaimId, CrmId, Micros, WallTime};
use crate::webhook::{Failure, Target, schedule};
use std::collections::{BTreeMap, BTreeSet};
use tokio::task::{Id, JoinSet};

/// How often it is looked.
const EVERY: Micros = Micros::from_secs(1);
/// A CRM whose line could not be worked on, for a fault of the box, is looked at again then.
const AGAIN: Micros = Micros::from_secs(5);
/// Leads that are looked at in one go: new ones, those of the last month, and any.
const AT_ONCE: [i64; 3] = [50, 20, 5];
/// Most changes of a lead come soon after it was handed over.
const RECENT: Micros = Micros::from_secs(30 * 86_400);
/// Least wait after an attempt without an answer: it may be at work still, and the record that it
/// makes is to be found by whoever looks for it.
const SETTLES: Micros = Micros::from_secs(60);
/// Requests of one conversation; each CRM takes four at most, and a test eleven.
const MOST_REQUESTS: usize = 12;

/// The job: which CRMs are being written to.
pub struct Crms {
    db: Db,
    clock: Clock,
    sending: Sending,
    running: JoinSet<Result<()>>,
    busy: BTreeMap<Id, CrmId>,
    /// CRMs whose line the box could not work on, why, and when it tries again.
    stuck: BTreeMap<CrmId, (String, WallTime)>,
    /// How far the leads of each were looked at: behind the newest, among the last month's, and
    /// among all.
    looked: BTreeMap<CrmId, [Place; 3]>,
}

impl Crms {
    /// The job, with nobody being written to yet.
    #[must_use]
    pub fn new(db: Db, clock: Clock, sending: Sending) -> Crms {
        Crms {
            db,
            clock,
            sending,
            running: JoinSet::new(),
            busy: BTreeMap::new(),
            stuck: BTreeMap::new(),
            looked: BTreeMap::new(),
        }
    }

    /// Looks for what is to be written, and starts with every CRM that is due and that nobody is
    /// busy with; waits for none. The trouble names what the box itself cannot do; that a CRM
    /// fails is none of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn once(&mut self, now: WallTime) -> Result<Done> {
        self.reap(now);
        let mut read = self.db.read().await?;
        let all = crms::all(&mut read).await?;
        drop(read);
        self.looked.retain(|id, _| all.iter().any(|c| c.id == *id));
        for crm in all.iter().filter(|c| c.off_at.is_none()) {
            self.look(crm, now).await?;
        }
        self.start(now).await?;
        let trouble = self.stuck.values().next().map(|(why, _)| why.clone());
        Ok(Done {
            next: now + EVERY,
            trouble,
        })
    }

    /// Puts what is to be written into a CRM's line.
    async fn look(&mut self, crm: &Crm, now: WallTime) -> Result<()> {
        let place = |at| (at, ClaimId::from(""));
        let begin = place(crm.from_at);
        let recent = place((now - RECENT).max(crm.from_at));
        let begins = [None, Some(recent), Some(begin.clone())];
        let places = self.looked.entry(crm.id.clone());
        let places = places.or_insert_with(|| std::array::from_fn(|_| begin.clone()));
        let mut waiting = Vec::new();
        let mut read = self.db.read().await?;
        for ((place, begin), most) in places.iter_mut().zip(begins).zip(AT_ONCE) {
            let begin = begin.unwrap_or_else(|| place.clone());
            let after = begin.clone().max(place.clone());
            let mut found = sends::stale(&mut read, crm, &after, most).await?;
            if found.last.is_none() && after != begin {
                // The end of a round: it begins anew.
                found = sends::stale(&mut read, crm, &begin, most).await?;
            }
            *place = found.last.unwrap_or(begin);
            waiting.extend(found.claims);
        }
        drop(read);
        if waiting.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        sends::wait(&mut tx, &crm.id, &waiting, now).await?;
        tx.commit().await
    }

    async fn start(&mut self, now: WallTime) -> Result<()> {
        let mut read = self.db.read().await?;
        let due = sends::due(&mut read, now).await?;
        drop(read);
        self.stuck.retain(|id, _| due.contains(id));
        let busy: BTreeSet<&CrmId> = self.busy.values().collect();
        let free =
            |id: &CrmId| !busy.contains(id) && self.stuck.get(id).is_none_or(|(_, at)| *at <= now);
        let due: Vec<CrmId> = due.into_iter().filter(free).collect();
        for id in due {
            let line = Line {
                db: self.db.clone(),
                clock: self.clock.clone(),
                sending: self.sending.clone(),
                crm: id.clone(),
            };
            let task = self.running.spawn(line.work());
            self.busy.insert(task.id(), id);
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
            let crm = self.busy.remove(&id);
            if let (Some(crm), Some(why)) = (crm, why) {
                tracing::error!(%crm, why, "leads cannot be written to a CRM");
                self.stuck.insert(crm, (why, now + AGAIN));
            }
        }
    }

    /// Whether nobody is being written to; for tests.
    #[must_use]
    pub fn is_idle(&mut self, now: WallTime) -> bool {
        self.reap(now);
        self.busy.is_empty()
    }
}

/// One CRM's line.
struct Line {
    db: Db,
    clock: Clock,
    sending: Sending,
    crm: CrmId,
}

impl Line {
    /// Writes until nothing is due any more.
    async fn work(self) -> Result<()> {
        while let Some(taken) = self.take().await? {
            let tried = self.attempt(&taken).await;
            let mut tx = self.db.write().await?;
            let (chance, now) = (rand::random(), self.clock.now());
            match sends::finish(&mut tx, &taken, &tried, chance, now).await {
                Ok(()) => tx.commit().await?,
                // Its lease has ended: it is somebody else's turn.
                Err(StoreError::Conflict(why)) => {
                    tracing::warn!(crm = %self.crm, why, "an attempt is not written down");
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
            if let Came::Down(why) | Came::Refused(why) | Came::Never(why) = tried.came {
                tracing::warn!(crm = %self.crm, claim = %taken.claim, status = ?tried.status, why,
                    "a lead was not written to a CRM");
            }
        }
        Ok(())
    }

    async fn take(&self) -> Result<Option<Taken>> {
        let mut tx = self.db.write().await?;
        let (master, now) = (&self.sending.master, self.clock.now());
        let taken = sends::take(&mut tx, &self.crm, master, now).await?;
        if taken.is_some() {
            tx.commit().await?;
        }
        Ok(taken)
    }

    async fn attempt(&self, taken: &Taken) -> Tried {
        let reached = match Reached::of(
            &self.sending,
            taken.kind,
            &taken.url,
            (&taken.credential, &taken.mapping),
        ) {
            Ok(reached) => reached,
            Err(why) => return unanswered(why),
        };
        let lead = push::Lead {
            claim: &taken.claim,
            fields: taken.fields.reveal(),
            written: taken.written.as_ref().map(Pii::reveal),
            record: taken.record.as_deref(),
        };
        reached.write(lead, self.clock.now()).await
    }
}

/// A CRM at its address.
struct Reached<'a> {
    sending: &'a Sending,
    target: Target,
    crm: push::Crm,
}

impl<'a> Reached<'a> {
    fn of(
        sending: &'a Sending,
        kind: CrmKind,
        url: &str,
        (credential, mapping): (&Credential, &Mapping),
    ) -> std::result::Result<Reached<'a>, String> {
        let target = Target::parse(url, sending.sender.allowed()).map_err(|e| e.to_string())?;
        let crm = push::Crm {
            kind,
            path: target.path.clone(),
            credential: credential.clone(),
            mapping: mapping.clone(),
        };
        Ok(Reached {
            sending,
            target,
            crm,
        })
    }

    async fn ask(&self, request: &Request) -> std::result::Result<Answer, Failure> {
        let call = Call {
            method: request.method,
            path: &request.path,
            headers: &request.headers,
            content_type: request.content_type,
            body: request.body.as_deref().unwrap_or_default(),
        };
        self.sending.sender.call(&self.target, &call).await
    }

    /// Writes one lead.
    async fn write(&self, lead: push::Lead<'_>, now: WallTime) -> Tried {
        let Some((mut push, mut request)) = Push::begin(&self.crm, lead) else {
            return NOT_ASKED;
        };
        for _ in 0..MOST_REQUESTS {
            let answer = match self.ask(&request).await {
                Ok(answer) => answer,
                Err(why) => return unanswered(why.plainly()),
            };
            let reply = Reply {
                status: answer.status,
                body: &answer.body,
            };
            match push.answered(&reply) {
                Step::Ask(next) => request = next,
                Step::End(came) => return tried(came, &answer, &self.crm.credential, now),
            }
        }
        unanswered("it asks for one request after another".to_owned())
    }

    /// Tries it out.
    async fn try_out(&self) -> Told {
        let (mut trial, mut request) = Trial::begin(&self.crm);
        for _ in 0..MOST_REQUESTS {
            let answer = match self.ask(&request).await {
                Ok(answer) => answer,
                Err(why) => return trial.unanswered(&why.plainly()),
            };
            let reply = Reply {
                status: answer.status,
                body: &answer.body,
            };
            match trial.answered(&reply) {
                Step::Ask(next) => request = next,
                Step::End(told) => return told,
            }
        }
        trial.unanswered("it asks for one request after another")
    }
}

const NOT_ASKED: Tried = Tried {
    came: Came::Same,
    asked: None,
    status: None,
    answer: None,
};

fn tried(came: Came, answer: &Answer, credential: &Credential, now: WallTime) -> Tried {
    let reply = Reply {
        status: answer.status,
        body: &answer.body,
    };
    let asked = answer.retry_after.as_deref();
    Tried {
        came,
        asked: asked.and_then(|value| schedule::retry_after(value, now)),
        status: Some(answer.status),
        answer: Some(reply.shown(credential).into()),
    }
}

fn unanswered(why: String) -> Tried {
    Tried {
        came: Came::Down(why),
        asked: Some(SETTLES),
        status: None,
        answer: None,
    }
}

/// The test button: what a CRM says to harmless requests, within the patience of one.
///
/// # Errors
/// [`StoreError::Conflict`] when the box's key file is another one than its key was sealed with.
pub async fn test(sending: &Sending, crm: &Crm, mapping: &Mapping) -> Result<Told> {
    let credential = crm.credential(&sending.master)?;
    let fails = |why: &str| Told {
        works: false,
        words: format!("It does not work yet: {why}."),
        missing: Vec::new(),
    };
    let reached = match Reached::of(sending, crm.kind, &crm.url, (&credential, mapping)) {
        Ok(reached) => reached,
        Err(why) => return Ok(fails(why.trim_end_matches('.'))),
    };
    let told = tokio::time::timeout(sending.sender.patience(), reached.try_out()).await;
    Ok(told.unwrap_or_else(|_| fails("it did not answer within ten seconds")))
}
