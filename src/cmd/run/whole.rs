//! All of the box in one process.

use super::args::Args;
use super::page::Page;
use super::readiness::Readiness;
use super::record::{self, Late};
use super::tap;
use super::watch::{KnownLines, Watch};
use crate::api::Metrics;
use crate::cmd::folder::{Folder, Place};
use crate::cmd::{place, serve};
use crate::recorder::Backlog;
use crate::recorder::live::Live;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// # Errors
/// When the data folder, the address or an interface cannot be opened.
pub(super) fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let folder = Folder::open(place)?;
    place::close_to_others(folder.folder())?;
    folder.first_key()?;
    folder.warn_of_open_recordings();
    let address = args.listen.unwrap_or(folder.config.server.listen);
    let listener = serve::listen(&folder, address)?;
    let page = listener.local_addr()?;
    let names = args.interfaces(&folder);
    let tls = serve::tls(&folder, page)?;
    let (taps, unmuted) = tap::open(&folder, &names)?;
    let metrics = Arc::new(Metrics::default());
    let backlog = Backlog::new(record::is_claimed);
    let (live, control) = Live::new(backlog.clone(), folder.worker());
    let db = Late::default();
    let commit = record::once_there(&folder, &db);
    let recording = record::start(&folder, folder.objects()?, &backlog, &metrics, commit)?;
    tracing::info!(interfaces = ?names, %page, data = %folder.folder().display(), "recording");
    let stop = Arc::new(AtomicBool::new(false));
    let fresh = Arc::new(Mutex::new(None));
    let known = fresh.clone();
    let watching = Watch {
        names,
        metrics: metrics.clone(),
        stop: stop.clone(),
        readiness: Readiness::new(&folder, unmuted),
        // A number of the house that came since is known as soon as the database has answered.
        lines: Some((KnownLines::new(&folder, &db), fresh.clone())),
    }
    .spawn()?;
    let (alive, ended) = tokio::sync::oneshot::channel::<()>();
    let looped = tap::Loop::new(taps, recording.recorder, recording.sealing, &metrics, &live);
    let tap = looped.spawn((fresh, control), stop.clone(), alive)?;
    let end = move || {
        stop.store(true, Relaxed);
        // The calls in progress stay in the spool; the next start marks and seals them.
        let tapped = tap.join();
        let _ = watching.join();
        tapped
    };
    let served = Page {
        listener,
        tls,
        metrics,
        live,
    };
    let (served, tapped) = served.serve(
        folder,
        async { drop(ended.await) },
        |office| {
            // What was kept of the house's numbers may be old, or of no earlier run.
            if let (Ok(lines), Ok(mut known)) = (office.lines(), known.lock()) {
                *known = Some(lines);
            }
            let _ = db.set(office.db.clone());
            office.spawn(recording.left.seal(office.db.clone()));
            Ok(())
        },
        end,
    );
    served?;
    // A box that shows pages and records nothing must not seem well.
    tapped.map(|()| ExitCode::SUCCESS).map_err(|_| {
        anyhow::anyhow!("the tap failed: what it had is in the spool, and the next start seals it")
    })
}
