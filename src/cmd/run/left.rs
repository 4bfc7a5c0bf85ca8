//! Calls that an earlier run left in the spool: sealed or not, the database knows. Only who has the
//! private key can read them.

use super::sealing;
use crate::archive::spool::{self, ClosedCall, SealedNotice};
use crate::cmd::office::{self, Office};
use crate::recorder::channel::client::Client;
use crate::recorder::channel::words::{self, Ask};
use crate::recorder::sealer::{Commit, start_sealing};
use crate::recorder::{Backlog, SealQueue};
use crate::store::Db;
use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// In the process that records.
pub(super) struct LeftBehind {
    calls: Vec<ClosedCall>,
    queue: Sender<ClosedCall>,
    notice: SealedNotice,
    left_over: Arc<AtomicUsize>,
}

impl LeftBehind {
    pub(super) fn new(
        calls: Vec<ClosedCall>,
        queue: Sender<ClosedCall>,
        notice: SealedNotice,
        left_over: Arc<AtomicUsize>,
    ) -> LeftBehind {
        LeftBehind {
            calls,
            queue,
            notice,
            left_over,
        }
    }

    /// Seals what the database does not have yet, and lets go of what it has.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn seal(self, db: &Db) -> anyhow::Result<()> {
        let (waiting, sealed) = office::sort_out(db, self.calls).await?;
        self.left_over.store(waiting.len(), Relaxed);
        for call in sealed {
            self.notice.sealed(call.id);
        }
        tell(waiting.len());
        for call in waiting {
            let _ = self.queue.send(call);
        }
        Ok(())
    }

    /// For a process without database and private key: others seal them, and say so.
    pub(super) fn for_others(self) -> LeftForOthers {
        let blocks = self.calls.iter().flat_map(|call| &call.blocks);
        LeftForOthers {
            before_segment: blocks.map(|b| b.segment + 1).max().unwrap_or_default(),
            calls: Mutex::new(self.calls.iter().map(|call| call.id).collect()),
            notice: self.notice,
            left_over: self.left_over,
        }
    }
}

fn tell(calls: usize) {
    if calls > 0 {
        tracing::warn!(
            calls,
            "the last run left calls in the spool: they are sealed now and marked as recovered"
        );
    }
}

/// In the half that taps, which cannot read them.
pub(super) struct LeftForOthers {
    calls: Mutex<HashSet<Uuid>>,
    before_segment: u64,
    notice: SealedNotice,
    left_over: Arc<AtomicUsize>,
}

impl LeftForOthers {
    pub(super) fn told(&self) -> words::LeftBehind {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        words::LeftBehind {
            calls: calls.iter().copied().collect(),
            before_segment: self.before_segment,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.left_over.load(Relaxed)
    }

    /// These are committed. A call of this run is not among those that may be named.
    pub(super) fn sealed(&self, ids: &[Uuid]) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids.iter().filter(|id| calls.remove(id)) {
            self.notice.sealed(*id);
        }
        self.left_over.store(calls.len(), Relaxed);
    }
}

/// In the half of the page, which seals them for the other.
pub(super) struct SealForTap {
    client: Client,
    db: Db,
    spool: std::path::PathBuf,
    queue: SealQueue,
    /// In the queue, or found sealed and told so.
    taken: HashSet<Uuid>,
}

impl SealForTap {
    /// # Errors
    /// When keys cannot be read or a thread cannot be started.
    pub(super) fn start(office: &Office, client: &Client) -> anyhow::Result<SealForTap> {
        let settings = sealing::settings(office, office.objects()?, Backlog::default());
        let commit = checked(office.committer(|_| {}));
        let told = client.clone();
        let queue = start_sealing(&settings, &commit, move |id| say(&told, vec![id]))?;
        Ok(SealForTap {
            client: client.clone(),
            db: office.db.clone(),
            spool: settings.spool,
            queue,
            taken: HashSet::new(),
        })
    }

    /// Takes in what the tap's half has left; what it is told of a call that is sealed and whose
    /// answer was lost, it is told again.
    ///
    /// # Errors
    /// When the tap's half does not answer, or the spool or the store cannot be read.
    pub(super) async fn look(&mut self) -> anyhow::Result<()> {
        let told: words::LeftBehind = self.client.ask(&Ask::LeftBehind)?;
        let left: HashSet<Uuid> = told.calls.into_iter().collect();
        self.taken.retain(|id| left.contains(id));
        if left.is_empty() {
            return Ok(());
        }
        let found = spool::recover_before(&self.spool, told.before_segment)?.into_iter();
        let found = found.filter(|call| left.contains(&call.id)).collect();
        let (mut waiting, sealed) = office::sort_out(&self.db, found).await?;
        if !sealed.is_empty() {
            say(&self.client, sealed.iter().map(|call| call.id).collect());
        }
        waiting.retain(|call| self.taken.insert(call.id));
        tell(waiting.len());
        for call in waiting {
            self.queue
                .closed
                .send(call)
                .map_err(|_| io::Error::other("the sealing threads have ended"))?;
        }
        Ok(())
    }
}

/// Commits only calls whose objects bear the names that sealing gives them: a row must not lead to
/// another call's recording.
pub(super) fn checked(commit: Commit) -> Commit {
    Arc::new(
        move |calls| match calls.iter().find(|c| !c.is_named_as_sealed()) {
            Some(call) => Err(format!(
                "call {} names objects that are not its own",
                call.facts.id
            ))?,
            None => commit(calls),
        },
    )
}

/// What is not heard now is said at the next look.
fn say(client: &Client, calls: Vec<Uuid>) {
    if let Err(why) = client.ask::<()>(&Ask::Sealed { calls }) {
        tracing::debug!(%why, "the tap's half is told later what is sealed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::objects::Objects;
    use crate::archive::{AudioFormat, Recording, SealedCall};
    use crate::call::CallFacts;
    use crate::units::{Hertz, WallTime};

    #[test]
    fn a_call_that_names_another_calls_recording_is_not_committed() {
        let (own, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let name = |id, kind: &str| Objects::name(WallTime(5), id, kind);
        let call = |[sound, peaks, raw]: [Uuid; 3]| SealedCall {
            facts: CallFacts::new(own, WallTime(5)),
            recording: Some(Recording {
                path: name(sound, "wav"),
                peaks: name(peaks, "peaks.json"),
                raw: Some(name(raw, "raw")),
                format: AudioFormat::Wav,
                sample_rate: Hertz(8_000),
                duration_ms: 1,
                starts_at: WallTime(5),
                key: None,
                sha256: String::new(),
                bytes: 1,
            }),
            lanes: Vec::new(),
            gaps: Vec::new(),
        };
        let commit = checked(Arc::new(|_| Ok(())));
        assert!(commit(vec![call([own; 3])]).is_ok());
        for stolen in [[other, own, own], [own, other, own], [own, own, other]] {
            let why = commit(vec![call([own; 3]), call(stolen)]).unwrap_err();
            assert!(why.to_string().contains("not its own"), "{why}");
        }
    }
}
