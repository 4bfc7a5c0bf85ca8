//! A recorder with its sealing under way. It needs the data folder alone: what is sealed waits for
//! the database, and so do calls that an earlier run left in the spool.

use crate::api::Metrics;
use crate::archive::SealedCall;
use crate::archive::spool::{self, ClosedCall, SealedNotice, SpoolSettings};
use crate::call::{CallFacts, Lines};
use crate::cmd::folder::Folder;
use crate::cmd::{office, setup};
use crate::leads::disposition;
use crate::recorder::sealer::{Commit, SealSettings, start_sealing};
use crate::recorder::{Backlog, Recorder};
use crate::store::Db;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};

/// The database, once it has answered.
pub(super) type Late = Arc<OnceLock<Db>>;

/// A recorder with its sealing under way.
pub(super) struct Recording {
    pub recorder: Recorder,
    pub sealing: Sealing,
    pub left: LeftBehind,
}

/// What sealing is behind by.
pub(super) struct Sealing {
    /// Calls of earlier runs.
    pub left_over: Arc<AtomicUsize>,
    pub started: Arc<AtomicUsize>,
    /// The spool is this process's as long as it records.
    _only_one: std::fs::File,
}

/// Calls that an earlier run left in the spool: sealed or not, the database knows.
pub(super) struct LeftBehind {
    calls: Vec<ClosedCall>,
    queue: Sender<ClosedCall>,
    notice: SealedNotice,
    left_over: Arc<AtomicUsize>,
}

/// Starts recording and sealing.
///
/// # Errors
/// When the folder, its keys or its spool cannot be used.
pub(super) fn start(
    folder: &Folder,
    lines: Lines,
    backlog: &Backlog,
    metrics: &Arc<Metrics>,
    db: &Late,
) -> anyhow::Result<Recording> {
    let spool_dir = folder.folder().join("spool");
    let only_one = spool::lock(&spool_dir)?;
    let earlier = folder.spooled()?;
    let objects = folder.objects()?;
    let settings = SealSettings {
        spool: spool_dir.clone(),
        objects: objects.clone(),
        options: folder.options(None),
        workers: 1,
        worker: folder.worker(),
        backlog: backlog.clone(),
        keep_trying: true,
    };
    let notice = Arc::new(OnceLock::new());
    let told = notice.clone();
    let commit = committer(folder, db, metrics);
    let queue = start_sealing(&settings, &commit, move || told.get().cloned())?;
    let mut recorder = Recorder::start(
        SpoolSettings::new(&spool_dir, objects.keyring().clone(), false),
        &earlier,
        setup::tracker(&folder.config),
        lines,
        queue.closed.clone(),
        folder.clock.now(),
    )?;
    recorder.set_backlog(backlog.clone());
    let _ = notice.set(recorder.sealed_notice());
    let left_over = Arc::new(AtomicUsize::new(earlier.len()));
    Ok(Recording {
        left: LeftBehind {
            calls: earlier,
            queue: queue.closed.clone(),
            notice: recorder.sealed_notice(),
            left_over: left_over.clone(),
        },
        recorder,
        sealing: Sealing {
            left_over,
            started: queue.started(),
            _only_one: only_one,
        },
    })
}

/// Commits what is sealed, once there is a database to commit it to.
fn committer(folder: &Folder, db: &Late, metrics: &Arc<Metrics>) -> Commit {
    let (handle, db, counted) = (folder.runtime.handle().clone(), db.clone(), metrics.clone());
    let (numbers, clock) = (folder.numbers.clone(), folder.clock.clone());
    let made: OnceLock<Commit> = OnceLock::new();
    Arc::new(move |sealed: Vec<SealedCall>| {
        let commit = made.get_or_init(|| {
            let counted = counted.clone();
            office::committer(
                handle.clone(),
                db.wait().clone(),
                numbers.clone(),
                clock.clone(),
                move |_: &SealedCall| {
                    counted.sealed.fetch_add(1, Relaxed);
                },
            )
        });
        commit(sealed)
    })
}

impl LeftBehind {
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
        if !waiting.is_empty() {
            tracing::warn!(
                calls = waiting.len(),
                "the last run left calls in the spool: they are sealed now and marked as recovered"
            );
        }
        for call in waiting {
            let _ = self.queue.send(call);
        }
        Ok(())
    }
}

/// The PBX has said in a header that the telemarketer claims the lead.
pub(super) fn is_claimed(facts: &CallFacts) -> bool {
    let header = facts
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(disposition::HEADER))
        .map(|(_, v)| v.reveal().as_str());
    disposition::said(header, "").claimed
}
