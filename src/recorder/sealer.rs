//! The sealing queue: worker threads that turn closed calls into stored recordings, beside and
//! behind the tap.

use super::Backlog;
use super::worker::{Worker, WorkerSettings};
use crate::archive::objects::Objects;
use crate::archive::seal::{SealOptions, Written, seal, settle};
use crate::archive::spool::{ClosedCall, SpoolReader};
use crate::archive::{ArchiveError, SealedCall};
use std::collections::VecDeque;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Why sealed calls could not be committed.
pub type CommitError = Box<dyn std::error::Error + Send + Sync>;
/// Commits sealed calls, all or none; `Err` leaves them in the spool, to be tried again.
pub type Commit = Arc<dyn Fn(Vec<SealedCall>) -> Result<(), CommitError> + Send + Sync>;

/// The queue's near end.
pub struct SealQueue {
    /// Takes calls that are whole in the spool.
    pub closed: Sender<ClosedCall>,
    waiting: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
    started: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

/// What a worker needs.
#[derive(Clone)]
pub struct SealSettings {
    /// The spool's folder.
    pub spool: PathBuf,
    pub objects: Objects,
    pub options: SealOptions,
    /// How many threads seal.
    pub workers: usize,
    /// How decoders that are not ours are run.
    pub worker: WorkerSettings,
    /// Whose turn it is.
    pub backlog: Backlog,
    /// Put a call that could not be sealed back into the queue after a while, as a box that runs on
    /// does.
    pub keep_trying: bool,
}

/// How often a call that could not be sealed is tried again, and how long to wait between: a full
/// disk may be freed.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);
/// A command that somebody waits for says sooner what is wrong.
const SHORT_PAUSE: Duration = Duration::from_millis(50);
/// And after how long it comes back where it is kept trying: somebody may have freed the disk.
const AGAIN: Duration = Duration::from_secs(30);

/// Where many calls wait, some are committed together: one sync of their folder, one transaction.
/// Few enough that no verdict waits longer than for one call's transaction (DESIGN §3), and no call
/// much longer than by itself.
const MOST_TOGETHER: usize = 16;
const LONGEST_TOGETHER: Duration = Duration::from_millis(200);

/// Starts the workers. They end when the last sender of `closed` is gone and the queue is empty.
/// `notice` is told of each call that is committed, so that its spool may go.
///
/// # Errors
/// When a thread cannot be started.
pub fn start_sealing(
    settings: &SealSettings,
    commit: &Commit,
    notice: impl Fn(Uuid) + Send + Sync + 'static,
) -> io::Result<SealQueue> {
    let (closed, inbox) = channel();
    let inbox = Arc::new(Mutex::new(Inbox {
        closed: inbox,
        waiting: VecDeque::new(),
    }));
    let (waiting, failed, started) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
    );
    let notice: Arc<dyn Fn(Uuid) + Send + Sync> = Arc::new(notice);
    let threads = (0..settings.workers.max(1)).map(|_| {
        let (settings, inbox, commit, notice) = (
            settings.clone(),
            inbox.clone(),
            commit.clone(),
            notice.clone(),
        );
        let (waiting, failed, started) = (waiting.clone(), failed.clone(), started.clone());
        let again = settings.keep_trying.then(|| closed.clone());
        std::thread::Builder::new()
            .name("seal".into())
            .spawn(move || {
                work(
                    &settings,
                    &inbox,
                    &commit,
                    &*notice,
                    again.as_ref(),
                    [&waiting, &failed, &started],
                )
            })
    });
    let threads = threads.collect::<io::Result<Vec<_>>>()?;
    Ok(SealQueue {
        closed,
        waiting,
        failed,
        started,
        threads,
    })
}

impl SealQueue {
    /// Calls being sealed at this moment.
    pub fn at_work(&self) -> usize {
        self.waiting.load(Relaxed)
    }

    /// Counts the calls whose sealing has begun, those tried again among them.
    pub fn started(&self) -> Arc<AtomicUsize> {
        self.started.clone()
    }

    /// Waits until everything handed in is sealed; gives how many calls could not be, and stay in
    /// the spool. Other senders must be gone, or this never returns.
    pub fn finish(self) -> usize {
        drop(self.closed);
        for thread in self.threads {
            let _ = thread.join();
        }
        self.failed.load(Relaxed)
    }
}

/// What has been closed, in hand.
struct Inbox {
    closed: Receiver<ClosedCall>,
    waiting: VecDeque<ClosedCall>,
}

impl Inbox {
    /// Waits for a call; of several, the one whose turn it is. `None` when no more will come.
    fn next(&mut self, backlog: &Backlog) -> Option<ClosedCall> {
        if self.waiting.is_empty() {
            self.waiting.push_back(self.closed.recv().ok()?);
        }
        self.waiting(backlog)
    }

    /// One that is here already.
    fn waiting(&mut self, backlog: &Backlog) -> Option<ClosedCall> {
        self.waiting.extend(self.closed.try_iter());
        backlog.next(&mut self.waiting)
    }
}

/// One worker thread.
struct Sealer {
    settings: SealSettings,
    spool: SpoolReader,
    worker: Worker,
    commit: Commit,
}

/// Why a call is not sealed yet.
#[derive(Debug, thiserror::Error)]
enum NotYet {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("a decoder failed on this call's media")]
    DecoderPanicked,
    #[error("{0}")]
    NotCommitted(CommitError),
}

fn work(
    settings: &SealSettings,
    inbox: &Mutex<Inbox>,
    commit: &Commit,
    notice: &(dyn Fn(Uuid) + Send + Sync),
    again: Option<&Sender<ClosedCall>>,
    [at_work, failed, started]: [&AtomicUsize; 3],
) {
    yield_to_the_tap();
    let spool = SpoolReader::new(&settings.spool, settings.objects.keyring());
    let mut sealer = Sealer {
        settings: settings.clone(),
        spool,
        worker: Worker::new(settings.worker.clone()),
        commit: commit.clone(),
    };
    while let Some(first) = inbox
        .lock()
        .ok()
        .and_then(|mut inbox| inbox.next(&settings.backlog))
    {
        let took = |_: &ClosedCall| [at_work, started].map(|count| count.fetch_add(1, Relaxed));
        let others = std::iter::from_fn(|| inbox.try_lock().ok()?.waiting(&settings.backlog));
        let outcomes = sealer.seal_together(
            std::iter::once(first)
                .chain(others)
                .inspect(|call| _ = took(call)),
        );
        at_work.fetch_sub(outcomes.len(), Relaxed);
        for (call, is_sealed) in outcomes {
            if is_sealed {
                settings.backlog.sealed(call.id);
                notice(call.id);
            } else {
                failed.fetch_add(1, Relaxed);
                later(again, call);
            }
        }
    }
}

impl Sealer {
    /// Seals the first of these calls and as many more as are committed together; gives for each
    /// whether it is, so that its spool may go.
    fn seal_together(
        &mut self,
        calls: impl Iterator<Item = ClosedCall>,
    ) -> Vec<(ClosedCall, bool)> {
        let began = Instant::now();
        let (mut done, mut together, mut written) = (Vec::new(), Vec::new(), Vec::new());
        for call in calls {
            match self.attempt(&call) {
                Ok(w) => {
                    together.push(call);
                    written.push(w);
                }
                Err(reason @ NotYet::Archive(ArchiveError::Locked(_))) => {
                    tracing::warn!(call = %call.id, %reason, "a call of an earlier run waits to \
                        be sealed");
                    done.push((call, false));
                }
                Err(reason) => {
                    let is_sealed = self.keep_at(&call, &reason);
                    done.push((call, is_sealed));
                }
            }
            if together.len() == MOST_TOGETHER || began.elapsed() >= LONGEST_TOGETHER {
                break;
            }
        }
        self.spool.rest();
        if let Err(reason) = self.commit(written) {
            // One of them may be to blame: each for itself, then.
            done.extend(
                together
                    .drain(..)
                    .map(|call| (self.keep_at(&call, &reason), call))
                    .map(|(is_sealed, call)| (call, is_sealed)),
            );
        }
        done.extend(together.into_iter().map(|call| (call, true)));
        done
    }

    fn attempt(&mut self, call: &ClosedCall) -> Result<Written, NotYet> {
        let SealSettings {
            objects, options, ..
        } = &self.settings;
        // A decoder that panics on a hostile payload costs this attempt at this call.
        let sealed = std::panic::catch_unwind(AssertUnwindSafe(|| {
            seal(&mut self.spool, objects, call, *options, &mut self.worker)
        }));
        match sealed {
            Ok(written) => Ok(written?),
            Err(_) => Err(NotYet::DecoderPanicked),
        }
    }

    fn commit(&self, written: Vec<Written>) -> Result<(), NotYet> {
        if written.is_empty() {
            return Ok(());
        }
        (self.commit)(settle(&self.settings.objects, written)?).map_err(NotYet::NotCommitted)
    }

    /// Tries a call that failed `TRIES - 1` times more; `true` when it is committed.
    fn keep_at(&mut self, call: &ClosedCall, reason: &NotYet) -> bool {
        let mut reason = reason.to_string();
        for attempt in 1..=TRIES {
            tracing::error!(call = %call.id, attempt, %reason, "a call could not be sealed; it \
                stays in the spool");
            std::thread::sleep(
                if self.settings.keep_trying {
                    PAUSE
                } else {
                    SHORT_PAUSE
                } * attempt,
            );
            if attempt == TRIES {
                break;
            }
            let outcome = match self.attempt(call) {
                Ok(written) => self.commit(vec![written]),
                Err(why) => Err(why),
            };
            match outcome {
                Ok(()) => return true,
                Err(why) => reason = why.to_string(),
            }
        }
        self.settings.backlog.stays(call.id);
        false
    }
}

/// Sealing can wait, a packet cannot: runs below the tap's priority. On Linux a thread has a
/// niceness of its own (setpriority(2)). A unit may refuse it; nothing rests on it.
fn yield_to_the_tap() {
    const NICE: libc::c_int = 10;
    // SAFETY: plain numbers go in.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) };
}

/// Brings a call back into the queue after a while.
fn later(again: Option<&Sender<ClosedCall>>, call: ClosedCall) {
    let Some(again) = again.cloned() else { return };
    std::thread::spawn(move || {
        std::thread::sleep(AGAIN);
        let _ = again.send(call);
    });
}
