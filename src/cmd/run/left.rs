//! Calls that an earlier run left in the spool: sealed or not, the database knows. Only who has the
//! private key can read them.

use super::sealing;
use crate::archive::spool::{self, ClosedCall, SealedNotice};
use crate::cmd::office::{self, Office};
use crate::recorder::channel::client::Client;
use crate::recorder::channel::words::{self, Ask};
use crate::recorder::sealer::{Commit, start_sealing};
use crate::recorder::{Backlog, Recorder, SealQueue};
use crate::store::Db;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use uuid::Uuid;

/// In the process that records, which does not wait for it: after a day without the database the
/// spool holds gigabytes.
pub(super) struct LeftBehind {
    read: oneshot::Receiver<Vec<ClosedCall>>,
    before_segment: u64,
    queue: Sender<ClosedCall>,
    notice: SealedNotice,
    left_over: Arc<AtomicUsize>,
}

/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(10);

impl LeftBehind {
    /// Begins to read what lies in the segments before the recorder's first.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn begin(
        spool: PathBuf,
        recorder: &Recorder,
        queue: Sender<ClosedCall>,
    ) -> io::Result<LeftBehind> {
        let (give, read) = oneshot::channel();
        let (before_segment, notice) = (recorder.first_segment(), recorder.sealed_notice());
        let left_over = Arc::new(AtomicUsize::new(0));
        let (found, telling) = (left_over.clone(), notice.clone());
        std::thread::Builder::new()
            .name("left".into())
            .spawn(move || {
                let calls = read_at_last(&spool, before_segment);
                found.store(calls.len(), Relaxed);
                telling.earlier(&calls);
                let _ = give.send(calls);
            })?;
        Ok(LeftBehind {
            read,
            before_segment,
            queue,
            notice,
            left_over,
        })
    }

    /// How many of them wait.
    pub(super) fn count(&self) -> Arc<AtomicUsize> {
        self.left_over.clone()
    }

    /// Seals what the database does not have yet, and lets go of what it has.
    pub(super) async fn seal(self, db: Db) {
        // None: the process ends.
        let Ok(calls) = self.read.await else { return };
        let (waiting, sealed) = loop {
            match office::sort_out(&db, calls.clone()).await {
                Ok(sorted) => break sorted,
                Err(why) => {
                    tracing::error!(why = %format!("{why:#}"), "what the last run left is not \
                        sealed yet");
                }
            }
            tokio::time::sleep(AGAIN).await;
        };
        self.left_over.store(waiting.len(), Relaxed);
        for call in sealed {
            self.notice.sealed(call.id);
        }
        tell(waiting.len());
        for call in waiting {
            let _ = self.queue.send(call);
        }
    }

    /// For a process without database and private key: others seal them, and say so.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn for_others(self) -> io::Result<LeftForOthers> {
        let LeftBehind {
            read,
            before_segment,
            notice,
            left_over,
            ..
        } = self;
        let calls = Arc::<Mutex<HashSet<Uuid>>>::default();
        let known = calls.clone();
        std::thread::Builder::new()
            .name("left".into())
            .spawn(move || {
                let found = read.blocking_recv().unwrap_or_default();
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                known.extend(found.iter().map(|call| call.id));
            })?;
        Ok(LeftForOthers {
            calls,
            before_segment,
            notice,
            left_over,
        })
    }
}

/// Reads what earlier runs left, also where the disk fails at first.
fn read_at_last(spool: &Path, before_segment: u64) -> Vec<ClosedCall> {
    loop {
        match spool::recover_before(spool, before_segment) {
            Ok(calls) => return calls,
            Err(why) => tracing::error!(%why, "what the last run left in the spool cannot be read"),
        }
        std::thread::sleep(AGAIN);
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
    calls: Arc<Mutex<HashSet<Uuid>>>,
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
    spool: PathBuf,
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
        let mut left: HashSet<Uuid> = told.calls.into_iter().collect();
        self.taken.retain(|id| left.contains(id));
        let sealed = office::sealed_of(&self.db, &left).await?;
        left.retain(|id| !sealed.contains(id) && !self.taken.contains(id));
        if !sealed.is_empty() {
            say(&self.client, sealed);
        }
        // The segments are read once, not as long as something waits to be sealed.
        if left.is_empty() {
            return Ok(());
        }
        let found = spool::recover_before(&self.spool, told.before_segment)?.into_iter();
        let waiting: Vec<ClosedCall> = found.filter(|call| left.contains(&call.id)).collect();
        tell(waiting.len());
        for call in waiting {
            self.taken.insert(call.id);
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
