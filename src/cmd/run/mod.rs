//! `assay run`: the box. Taps, seals, serves the page.
//!
//! What records ([`record`], [`tap`]) needs the data folder alone, and begins before the database is
//! asked: a box whose database does not answer records, says so, and catches up when it does.

mod readiness;
mod record;
mod tap;
mod waiting;

use super::folder::{Folder, Place};
use super::office::{self, Office};
use super::{place, serve, setup};
use crate::api::Metrics;
use crate::archive::keys;
use crate::call::Lines;
use crate::capture::live::{self, LiveTap};
use crate::confine;
use crate::doctor::host;
use crate::recorder::Backlog;
use crate::recorder::live::Live;
use crate::units::WallTime;
use readiness::Readiness;
use record::Late;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What to tap and where to listen, instead of the configuration's.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Interface to tap; may be given more than once.
    #[arg(long, short)]
    interface: Vec<String>,
    /// Address of the page and the API.
    #[arg(long)]
    listen: Option<SocketAddr>,
}

/// How often lines and the interfaces' counters are read anew.
const REFRESH: Duration = Duration::from_secs(2);

/// # Errors
/// When the data folder, the address or an interface cannot be opened.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let folder = Folder::open(place)?;
    place::close_to_others(folder.folder())?;
    folder.first_key()?;
    folder.warn_of_open_recordings();
    let address = args.listen.unwrap_or(folder.config.server.listen);
    let listener = serve::listen(&folder, address)?;
    let page = listener.local_addr()?;
    let names = if args.interface.is_empty() {
        folder.config.capture.interfaces.clone()
    } else {
        args.interface.clone()
    };
    let tls = serve::tls(&folder, page)?;
    let filter = setup::filter(&folder.config.capture)?;
    let taps = names
        .iter()
        .map(|name| LiveTap::open(name, folder.config.capture.promiscuous, &filter))
        .collect::<Result<Vec<_>, _>>()?;
    confine::keep_memory_private()?;
    let unmuted = live::mute(&taps).err().map(|why| why.to_string());
    if let Some(why) = &unmuted {
        tracing::error!(%why, "the kernel does not keep the tap from sending; it records");
    }
    let metrics = Arc::new(Metrics::default());
    let backlog = Backlog::new(record::is_claimed);
    let (live, control) = Live::new(backlog.clone(), folder.worker());
    let db = Late::default();
    // A number of the house that came since is known as soon as the database has answered.
    let lines = folder.known_lines();
    let recording = record::start(&folder, lines, &backlog, &metrics, &db)?;
    tracing::info!(interfaces = ?names, %page, data = %folder.folder().display(), "recording");
    let stop = Arc::new(AtomicBool::new(false));
    let fresh = Arc::new(Mutex::new(None));
    let known = fresh.clone();
    let readiness = Readiness::new(
        folder.folder().to_owned(),
        folder.config.recording.encrypt,
        unmuted,
    );
    let watching = Watch {
        names,
        metrics: metrics.clone(),
        fresh: fresh.clone(),
        stop: stop.clone(),
        readiness,
        lines: KnownLines::new(&folder, &db),
    };
    let watching = std::thread::Builder::new()
        .name("watch".into())
        .spawn(move || watching.run())?;
    let (alive, ended) = tokio::sync::oneshot::channel::<()>();
    let (stopped, shown, told) = (stop.clone(), metrics.clone(), live.clone());
    let tap = std::thread::Builder::new()
        .name("tap".into())
        .spawn(move || {
            // Dropped with the thread, however it ends.
            let _alive = alive;
            shown.tap_turns.store(1, Relaxed);
            if let Err(why) = confine::mute_thread() {
                tracing::error!(%why, "the kernel does not keep the tap's thread from sending");
            }
            let mut looped = tap::Loop {
                taps,
                recorder: recording.recorder,
                metrics: shown,
                lines: fresh,
                live: told,
                control,
                sealing: recording.sealing,
                loss: tap::Loss::default(),
                newest: WallTime(0),
                refreshed: Instant::now(),
            };
            while !stopped.load(Relaxed) {
                looped.turn();
            }
            looped.recorder.suspend();
        })?;
    let ended = async { drop(ended.await) };
    let end = move || {
        stop.store(true, Relaxed);
        // The calls in progress stay in the spool; the next start marks and seals them.
        let tapped = tap.join();
        let _ = watching.join();
        tapped
    };
    let late = (&db, &*known);
    let (served, tapped) = page_of(
        folder,
        (listener, tls),
        (metrics, live),
        late,
        recording.left,
        ended,
        end,
    );
    served?;
    // A box that shows pages and records nothing must not seem well.
    tapped.map(|()| ExitCode::SUCCESS).map_err(|_| {
        anyhow::anyhow!("the tap failed: what it had is in the spool, and the next start seals it")
    })
}

/// Waits for the database, and serves the page until the process is told to stop or the tap has
/// ended. Then what `end` stops ends before the runtime does, which its threads ask the database
/// through; what it gives is given.
fn page_of<T>(
    folder: Folder,
    (listener, tls): (tokio::net::TcpListener, Option<Arc<crate::door::Tls>>),
    (metrics, live): (Arc<Metrics>, Live),
    (db, known): (&Late, &Mutex<Option<Lines>>),
    left: record::LeftBehind,
    ended: impl Future<Output = ()>,
    end: impl FnOnce() -> T,
) -> (anyhow::Result<()>, T) {
    let mut ended = std::pin::pin!(ended);
    let first = folder.block_on(office::open_db(&folder.config));
    // Only now: a second start on the same folder has failed by here, and takes nobody's place; and
    // whoever finds the box by it finds a schema that stands.
    let _announced = place::announce(folder.folder(), folder.file.as_deref());
    let found = waiting::database(&folder, first, listener, tls.as_ref(), &metrics, &mut ended);
    let (listener, found) = match found {
        Ok((listener, Some(found))) => (listener, found),
        Ok((_, None)) => return (Ok(()), end()),
        Err(why) => return (Err(why), end()),
    };
    let office = Office::of(folder, found.clone());
    // What was kept of the house's numbers may be old, or of no earlier run.
    if let (Ok(lines), Ok(mut known)) = (office.lines(), known.lock()) {
        *known = Some(lines);
    }
    let served = serve::app(&office, metrics, live).and_then(|app| {
        let _ = db.set(found.clone());
        office.block_on(left.seal(&found))?;
        serve::serve(&office, listener, app, tls, ended)
    });
    let given = end();
    office.block_on(office.db.close());
    (served, given)
}

/// The house's own numbers: from the database, and kept in the folder for a start without it.
struct KnownLines {
    db: Late,
    handle: tokio::runtime::Handle,
    file: PathBuf,
    kept: Option<String>,
}

impl KnownLines {
    fn new(folder: &Folder, db: &Late) -> KnownLines {
        KnownLines {
            db: db.clone(),
            handle: folder.runtime.handle().clone(),
            file: folder.folder().join(super::folder::LINES),
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
struct Watch {
    names: Vec<String>,
    metrics: Arc<Metrics>,
    fresh: Arc<Mutex<Option<Lines>>>,
    stop: Arc<AtomicBool>,
    readiness: Readiness,
    lines: KnownLines,
}

impl Watch {
    fn run(mut self) {
        let names = self.names.clone();
        let losses = || names.iter().map(|n| host::interface_losses(n)).sum::<u64>();
        let at_start = losses();
        while !self.stop.load(Relaxed) {
            let lost = losses().saturating_sub(at_start);
            self.metrics.interface_lost.store(lost, Relaxed);
            if let Some(lines) = self.lines.read()
                && let Ok(mut fresh) = self.fresh.lock()
            {
                *fresh = Some(lines);
            }
            let now = crate::clock::Clock::System.now();
            self.readiness.look(&self.metrics, now);
            std::thread::sleep(REFRESH);
        }
    }
}
