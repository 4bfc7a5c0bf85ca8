//! `assay run`: the box. Taps, seals, serves the page.
//!
//! What records ([`record`], [`tap`]) needs the data folder alone, and begins before the database
//! is asked: a box whose database does not answer records, says so, and catches up when it does.

mod readiness;
mod record;
mod tap;
mod waiting;
mod watch;

use super::folder::{Folder, Place};
use super::office::{self, Office};
use super::{place, serve, setup};
use crate::api::Metrics;
use crate::call::Lines;
use crate::capture::live::{self, LiveTap};
use crate::confine;
use crate::recorder::Backlog;
use crate::recorder::live::Live;
use crate::units::WallTime;
use readiness::Readiness;
use record::Late;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use watch::{KnownLines, Watch};

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
    let (taps, unmuted) = open_taps(&folder, &names)?;
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
    }
    .spawn()?;
    let (alive, ended) = tokio::sync::oneshot::channel::<()>();
    let tap = tap::Loop {
        taps,
        recorder: recording.recorder,
        metrics: metrics.clone(),
        lines: fresh,
        live: live.clone(),
        control,
        sealing: recording.sealing,
        loss: tap::Loss::default(),
        newest: WallTime(0),
        refreshed: Instant::now(),
    }
    .spawn(stop.clone(), alive)?;
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

/// The interfaces, opened; and why the kernel does not keep them from sending, where it does not.
fn open_taps(folder: &Folder, names: &[String]) -> anyhow::Result<(Vec<LiveTap>, Option<String>)> {
    let settings = &folder.config.capture;
    let filter = setup::filter(settings)?;
    let open = |name: &String| LiveTap::open(name, settings.promiscuous, &filter);
    let taps = names.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    confine::keep_memory_private()?;
    let unmuted = live::mute(&taps).err().map(|why| why.to_string());
    if let Some(why) = &unmuted {
        tracing::error!(%why, "the kernel does not keep the tap from sending; it records");
    }
    Ok((taps, unmuted))
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
