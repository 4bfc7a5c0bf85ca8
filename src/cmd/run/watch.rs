//! Beside the tap: what is read from the database and the system, never in the tap's way.

use super::readiness::Readiness;
use super::record::Late;
use crate::api::Metrics;
use crate::archive::keys;
use crate::call::Lines;
use crate::cmd::folder::Folder;
use crate::cmd::office;
use crate::doctor::host;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often lines and the interfaces' counters are read anew.
const REFRESH: Duration = Duration::from_secs(2);

/// The house's own numbers: from the database, and kept in the folder for a start without it.
pub(super) struct KnownLines {
    db: Late,
    handle: tokio::runtime::Handle,
    file: PathBuf,
    kept: Option<String>,
}

impl KnownLines {
    pub(super) fn new(folder: &Folder, db: &Late) -> KnownLines {
        KnownLines {
            db: db.clone(),
            handle: folder.runtime.handle().clone(),
            file: folder.folder().join(crate::cmd::folder::LINES),
            kept: None,
        }
    }

    /// None: the database does not answer.
    fn read(&mut self) -> Option<Lines> {
        let values = self
            .handle
            .block_on(office::line_values(self.db.get()?))
            .ok()?;
        let text = values.join("\n");
        if self.kept.as_ref() != Some(&text) {
            if let Err(error) = keys::write_private(&self.file, &text) {
                tracing::warn!(%error, "the house's numbers are not kept for a start without the \
                    database");
            }
            self.kept = Some(text);
        }
        Some(Lines::new(values))
    }
}

/// Beside the tap, and never in its way: reads the lines from the database and the interfaces'
/// counters from the system.
pub(super) struct Watch {
    pub(super) names: Vec<String>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) readiness: Readiness,
    /// From where new lines are read and where the tap takes them from; `None` where the page's
    /// half tells them.
    pub(super) lines: Option<(KnownLines, Arc<Mutex<Option<Lines>>>)>,
}

impl Watch {
    /// On a thread of its own.
    pub(super) fn spawn(self) -> std::io::Result<JoinHandle<()>> {
        let named = std::thread::Builder::new().name("watch".into());
        named.spawn(move || self.run())
    }

    fn run(mut self) {
        let names = self.names.clone();
        let losses = || names.iter().map(|n| host::interface_losses(n)).sum::<u64>();
        let at_start = losses();
        while !self.stop.load(Relaxed) {
            let lost = losses().saturating_sub(at_start);
            self.metrics.interface_lost.store(lost, Relaxed);
            if let Some((known, fresh)) = &mut self.lines
                && let Some(lines) = known.read()
                && let Ok(mut fresh) = fresh.lock()
            {
                *fresh = Some(lines);
            }
            let now = crate::clock::Clock::System.now();
            self.readiness.look(&self.metrics, now);
            std::thread::sleep(REFRESH);
        }
    }
}
