//! The sealing queue: worker threads that turn closed calls into stored recordings, beside and behind the tap.

use super::ToCome;
use super::worker::{Worker, WorkerSettings};
use crate::archive::SealedCall;
use crate::archive::objects::Objects;
use crate::archive::seal::{Manner, seal};
use crate::archive::spool::{ClosedCall, SealedNotice};
use std::collections::VecDeque;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Commits a sealed call; `Err` leaves it in the spool, to be tried again.
pub type Commit = Arc<dyn Fn(SealedCall) -> Result<(), String> + Send + Sync>;

/// The queue's near end.
pub struct SealQueue {
    pub closed: Sender<ClosedCall>,
    waiting: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
    started: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

/// What a worker needs.
#[derive(Clone)]
pub struct SealSettings {
    pub spool: PathBuf,
    pub objects: Objects,
    pub manner: Manner,
    pub workers: usize,
    /// How decoders that are not ours are run.
    pub worker: WorkerSettings,
    /// Whose turn it is.
    pub to_come: ToCome,
    /// Put a call that could not be sealed back into the queue after a while, as a box that runs on does.
    pub keep_trying: bool,
}

/// How often a call that could not be sealed is tried again, and how long to wait between: a full disk may be freed.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);
/// A command that somebody waits for says sooner what is wrong.
const SHORT_PAUSE: Duration = Duration::from_millis(50);
/// And after how long it comes back where it is kept trying: somebody may have freed the disk.
const AGAIN: Duration = Duration::from_secs(30);

/// Starts the workers. They end when the last sender of `closed` is gone and the queue is empty.
///
/// # Errors
/// When a thread cannot be started.
pub fn start_sealing(settings: &SealSettings, commit: &Commit, notice: impl Fn() -> Option<SealedNotice> + Send + Sync + 'static) -> io::Result<SealQueue> {
    let (closed, inbox) = channel();
    let inbox = Arc::new(Mutex::new(Inbox { closed: inbox, waiting: VecDeque::new() }));
    let (waiting, failed, started) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let notice: Arc<dyn Fn() -> Option<SealedNotice> + Send + Sync> = Arc::new(notice);
    let threads = (0..settings.workers.max(1)).map(|_| {
        let (settings, inbox, commit, notice) = (settings.clone(), inbox.clone(), commit.clone(), notice.clone());
        let (waiting, failed, started) = (waiting.clone(), failed.clone(), started.clone());
        let again = settings.keep_trying.then(|| closed.clone());
        std::thread::Builder::new().name("seal".into()).spawn(move || work(&settings, &inbox, &commit, &*notice, again.as_ref(), [&waiting, &failed, &started]))
    });
    let threads = threads.collect::<io::Result<Vec<_>>>()?;
    Ok(SealQueue { closed, waiting, failed, started, threads })
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

    /// Waits until everything handed in is sealed; gives how many calls could not be, and stay in the spool. Other
    /// senders must be gone, or this never returns.
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
    fn next(&mut self, to_come: &ToCome) -> Option<ClosedCall> {
        if self.waiting.is_empty() {
            self.waiting.push_back(self.closed.recv().ok()?);
        }
        self.waiting.extend(self.closed.try_iter());
        to_come.next(&mut self.waiting)
    }
}

fn work(
    settings: &SealSettings,
    inbox: &Mutex<Inbox>,
    commit: &Commit,
    notice: &(dyn Fn() -> Option<SealedNotice> + Send + Sync),
    again: Option<&Sender<ClosedCall>>,
    [at_work, failed, started]: [&AtomicUsize; 3],
) {
    yield_to_the_tap();
    let mut worker = Worker::new(settings.worker.clone());
    loop {
        let Some(call) = inbox.lock().ok().and_then(|mut inbox| inbox.next(&settings.to_come)) else { return };
        at_work.fetch_add(1, Relaxed);
        started.fetch_add(1, Relaxed);
        match (seal_one(settings, &call, commit, &mut worker), notice()) {
            (true, notice) => {
                settings.to_come.sealed(call.id);
                notice.into_iter().for_each(|n| n.sealed(call.id));
            }
            (false, _) => {
                failed.fetch_add(1, Relaxed);
                later(again, call);
            }
        }
        at_work.fetch_sub(1, Relaxed);
    }
}

/// Whatever is sealed later is lost by nobody; a packet is. On Linux a thread has a niceness of its own (setpriority(2)).
fn yield_to_the_tap() {
    const NICE: libc::c_int = 10;
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

/// `true` when the call is committed and its spool may go.
fn seal_one(settings: &SealSettings, call: &ClosedCall, commit: &Commit, worker: &mut Worker) -> bool {
    for attempt in 1..=TRIES {
        // A decoder that panics on a hostile payload costs this attempt at this call.
        let sealed = std::panic::catch_unwind(AssertUnwindSafe(|| seal(&settings.spool, &settings.objects, call, settings.manner, worker)));
        let outcome = match sealed {
            Ok(Ok(sealed)) => commit(sealed),
            Ok(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
                tracing::warn!(call = %call.id, reason = %error, "a call of an earlier run waits to be sealed");
                return false;
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("a decoder failed on this call's media".to_owned()),
        };
        match outcome {
            Ok(()) => return true,
            Err(reason) => tracing::error!(call = %call.id, attempt, %reason, "a call could not be sealed; it stays in the spool"),
        }
        std::thread::sleep(if settings.keep_trying { PAUSE } else { SHORT_PAUSE } * attempt);
    }
    false
}
