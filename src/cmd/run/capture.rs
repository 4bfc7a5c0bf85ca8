//! The half that taps. It opens no database, holds no private key and serves no page: whoever took
//! it over would find what is on the wire anyway.

use super::args::{Args, socket};
use super::left::LeftForOthers;
use super::readiness::Readiness;
use super::watch::Watch;
use super::{record, tap};
use crate::api::Metrics;
use crate::archive::keys::{self, Keyring};
use crate::archive::objects::Objects;
use crate::call::Lines;
use crate::cmd::folder::{self, Folder, Place};
use crate::cmd::serve;
use crate::recorder::Backlog;
use crate::recorder::channel::frame::PROTOCOL;
use crate::recorder::channel::server::{Committing, Server, Tap};
use crate::recorder::channel::words::{LeftBehind, TapState};
use crate::recorder::live::Live;
use anyhow::Context as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use uuid::Uuid;

/// # Errors
/// When the data folder, the public key or an interface cannot be opened.
pub(super) fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let folder = Folder::open(place)?;
    if !folder.config.database.url.is_empty() {
        anyhow::bail!(
            "the half that taps has no database, and its user should not know the way to it: give \
             it a configuration without [database] url"
        );
    }
    let objects = writing(&folder)?;
    folder.warn_of_open_recordings();
    let names = args.interfaces(&folder);
    let (taps, unmuted) = tap::open(&folder, &names)?;
    let metrics = Arc::new(Metrics::default());
    let backlog = Backlog::new(record::is_claimed);
    let (live, control) = Live::new(backlog.clone(), folder.worker());
    let (committing, commit) = Committing::new();
    let recording = record::start(&folder, objects, &backlog, &metrics, commit)?;
    let fresh = Arc::new(Mutex::new(None));
    let around = Around {
        live: live.clone(),
        metrics: metrics.clone(),
        fresh: fresh.clone(),
        kept: folder.folder().join(folder::LINES),
        told: Mutex::default(),
        left: recording.left.for_others()?,
    };
    let socket = socket(&folder);
    let server = Server::start(&socket, live.clone(), committing, Arc::new(around))
        .with_context(|| format!("the socket {} cannot be made", socket.display()))?;
    let data = folder.folder().display();
    tracing::info!(interfaces = ?names, socket = %socket.display(), %data, "recording");
    let stop = Arc::new(AtomicBool::new(false));
    let watching = Watch {
        names,
        metrics: metrics.clone(),
        stop: stop.clone(),
        readiness: Readiness::new(&folder, unmuted),
        lines: None,
    }
    .spawn()?;
    let (alive, ended) = oneshot::channel::<()>();
    let looped = tap::Loop::new(taps, recording.recorder, recording.sealing, &metrics, &live);
    let tap = looped.spawn((fresh, control), stop.clone(), alive)?;
    let told = folder.block_on(until_told(metrics, ended));
    stop.store(true, Relaxed);
    let tapped = tap.join();
    let _ = watching.join();
    drop(server);
    told?;
    tapped.map(|()| ExitCode::SUCCESS).map_err(|_| {
        anyhow::anyhow!("the tap failed: what it had is in the spool, and the next start finds it")
    })
}

/// Where recordings are written: under the public key alone.
fn writing(folder: &Folder) -> anyhow::Result<Objects> {
    let keyring = Keyring::open_to_write(folder.folder()).context("the key cannot be read")?;
    if folder.config.recording.encrypt && !keyring.encrypts() {
        anyhow::bail!(
            "there is no key to record under in {}: start the page's half, which makes one, or \
             make it with `assay key new`",
            folder.folder().join("keys").display()
        );
    }
    Ok(Objects::open(folder.folder(), keyring)?)
}

/// Waits for SIGINT, SIGTERM, or the tap's end.
async fn until_told(metrics: Arc<Metrics>, ended: oneshot::Receiver<()>) -> anyhow::Result<()> {
    let mut stop = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    sd_notify::notify(&[sd_notify::NotifyState::Ready]).ok();
    let watchdog = tokio::spawn(serve::feed_watchdog(metrics));
    tokio::select! {
        _ = stop.recv() => {}
        _ = interrupt.recv() => {}
        _ = ended => {}
    }
    sd_notify::notify(&[sd_notify::NotifyState::Stopping]).ok();
    watchdog.abort();
    Ok(())
}

/// What the channel asks of this process.
struct Around {
    live: Live,
    metrics: Arc<Metrics>,
    /// Where the tap takes new lines from.
    fresh: Arc<Mutex<Option<Lines>>>,
    /// Where they are kept for the next start.
    kept: PathBuf,
    /// As they were last told.
    told: Mutex<Vec<String>>,
    left: LeftForOthers,
}

impl Tap for Around {
    fn state(&self) -> TapState {
        TapState {
            protocol: PROTOCOL,
            calls: self.live.calls(),
            backlog: self.live.waiting(),
            figures: self.metrics.of_tap(),
            troubles: self.metrics.troubles(),
            left_behind: self.left.count(),
        }
    }

    fn lines(&self, values: Vec<String>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told == values {
            return;
        }
        told.clone_from(&values);
        if let Err(error) = keys::write_private(&self.kept, &values.join("\n")) {
            tracing::warn!(%error, "the house's numbers are not kept for the next start");
        }
        if let Ok(mut fresh) = self.fresh.lock() {
            *fresh = Some(Lines::new(values));
        }
    }

    fn left_behind(&self) -> LeftBehind {
        self.left.told()
    }

    fn sealed(&self, calls: &[Uuid]) {
        self.left.sealed(calls);
    }
}
