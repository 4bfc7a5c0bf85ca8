//! A recorder with its sealing under way. It needs the data folder alone: what is sealed waits for
//! the one who commits it, and so do calls that an earlier run left in the spool.

use super::left::LeftBehind;
use super::sealing;
use crate::api::Metrics;
use crate::archive::objects::Objects;
use crate::archive::spool::{self, SealedNotice, SpoolSettings};
use crate::call::CallFacts;
use crate::cmd::folder::Folder;
use crate::cmd::{office, setup};
use crate::leads::disposition;
use crate::recorder::sealer::{Commit, start_sealing};
use crate::recorder::{Backlog, Recorder};
use crate::store::Db;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

/// The database, once it has answered.
pub(super) type Late = Arc<OnceLock<Db>>;

/// A recorder with its sealing under way.
pub(super) struct Recording {
    pub(super) recorder: Recorder,
    pub(super) sealing: Sealing,
    pub(super) left: LeftBehind,
}

/// What sealing is behind by.
pub(super) struct Sealing {
    /// Calls of earlier runs.
    pub(super) left_over: Arc<AtomicUsize>,
    pub(super) started: Arc<AtomicUsize>,
    pub(super) backlog: Backlog,
    /// The spool is this process's as long as it records.
    _only_one: std::fs::File,
}

/// Starts recording and sealing; the house's numbers are those that were last known.
///
/// # Errors
/// When the folder or its spool cannot be used.
pub(super) fn start(
    folder: &Folder,
    objects: Objects,
    backlog: &Backlog,
    metrics: &Arc<Metrics>,
    commit: Commit,
) -> anyhow::Result<Recording> {
    let spool_dir = sealing::spool_of(folder);
    let only_one = spool::lock(&spool_dir)?;
    let keyring = objects.keyring().clone();
    let settings = sealing::settings(folder, objects, backlog.clone());
    let notice = Arc::new(OnceLock::<SealedNotice>::new());
    let told = notice.clone();
    let may_go = move |id| told.get().into_iter().for_each(|notice| notice.sealed(id));
    let queue = start_sealing(&settings, &counted(commit, metrics), may_go)?;
    let mut recorder = Recorder::start(
        SpoolSettings::new(&spool_dir, keyring, false),
        None,
        setup::tracker(&folder.config),
        folder.known_lines(),
        queue.closed.clone(),
        folder.clock.now(),
    )?;
    recorder.set_backlog(backlog.clone());
    let _ = notice.set(recorder.sealed_notice());
    let left = LeftBehind::begin(spool_dir, &recorder, queue.closed.clone())?;
    Ok(Recording {
        recorder,
        sealing: Sealing {
            left_over: left.count(),
            started: queue.started(),
            backlog: backlog.clone(),
            _only_one: only_one,
        },
        left,
    })
}

/// Counts what is committed.
fn counted(commit: Commit, metrics: &Arc<Metrics>) -> Commit {
    let metrics = metrics.clone();
    Arc::new(move |sealed| {
        let calls = sealed.len() as u64;
        commit(sealed)?;
        metrics.sealed.fetch_add(calls, Relaxed);
        Ok(())
    })
}

/// Commits what is sealed, once there is a database to commit it to.
pub(super) fn once_there(folder: &Folder, db: &Late) -> Commit {
    let (handle, db) = (folder.runtime.handle().clone(), db.clone());
    let (numbers, clock) = (folder.numbers.clone(), folder.clock.clone());
    let made: OnceLock<Commit> = OnceLock::new();
    Arc::new(move |sealed| {
        let commit = made.get_or_init(|| {
            let (handle, db) = (handle.clone(), db.wait().clone());
            office::committer(handle, db, numbers.clone(), clock.clone(), |_| {})
        });
        commit(sealed)
    })
}

/// The PBX has said in a header that the telemarketer claims the lead.
pub(super) fn is_claimed(facts: &CallFacts) -> bool {
    let header = facts
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(disposition::HEADER))
        .map(|(_, v)| v.reveal().as_str());
    disposition::said(header, "").claimed.is_some()
}
