//! `assay run`: the box. Taps, seals, serves the page.

use super::context::{self, Context, Place};
use super::serve;
use crate::api::{Event, Metrics};
use crate::archive::SealedCall;
use crate::archive::spool::{self, SpoolSettings};
use crate::capture::LiveTap;
use crate::recorder::sealer::{SealSettings, start_sealing};
use crate::recorder::{Conservation, Recorder};
use crate::units::{Micros, WallTime};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
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

/// How long the tap waits for packets before it looks at the clock.
const WAIT: Duration = Duration::from_millis(50);
/// How often lines are read anew and counters shown.
const REFRESH: Duration = Duration::from_secs(2);

/// # Errors
/// When the data folder, the address or an interface cannot be opened.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    context.first_key()?;
    let listener = serve::listen(&context, args.listen.unwrap_or(context.config.server.listen))?;
    let names = if args.interface.is_empty() { &context.config.capture.interfaces } else { &args.interface };
    let taps = names.iter().map(|name| LiveTap::open(name, context.config.capture.promiscuous)).collect::<Result<Vec<_>, _>>()?;
    let metrics = Arc::new(Metrics::default());
    let app = serve::app(&context, metrics.clone())?;
    let events = app.events.clone();
    let counted = metrics.clone();
    let commit = context.committer(move |_: &SealedCall| {
        counted.sealed.fetch_add(1, Relaxed);
        let _ = events.send(Event::to_role("calls", "telemarketer"));
        let _ = events.send(Event::to_role("calls", "manager"));
        // A call may bring its own claim.
        let _ = events.send(Event::to_role("queue", "reviewer"));
        let _ = events.send(Event::to_role("claims", "telemarketer"));
    });
    let spool_dir = context.folder().join("spool");
    let _only_one = spool::lock(&spool_dir)?;
    let earlier = context.unsealed()?;
    let objects = context.objects()?;
    let settings = SealSettings { spool: spool_dir.clone(), objects: objects.clone(), format: context.config.recording.format, workers: 1, keep_trying: true };
    let notice = Arc::new(OnceLock::new());
    let told = notice.clone();
    let queue = start_sealing(&settings, &commit, move || told.get().cloned())?;
    let recorder = Recorder::start(
        SpoolSettings::new(&spool_dir, objects.keyring().clone(), false),
        &earlier,
        context.config.tracker(),
        context.lines()?,
        queue.closed.clone(),
        context.clock.now(),
    )?;
    let _ = notice.set(recorder.sealed_notice());
    if !earlier.is_empty() {
        tracing::warn!(calls = earlier.len(), "the last run left calls in the spool: they are sealed now and marked as recovered");
    }
    for call in earlier {
        let _ = queue.closed.send(call);
    }
    tracing::info!(interfaces = ?names, page = %listener.local_addr()?, data = %context.folder().display(), "recording");
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, shown, db, handle) = (stop.clone(), metrics, context.db.clone(), context.runtime.handle().clone());
    let (alive, ended) = tokio::sync::oneshot::channel::<()>();
    let tap = std::thread::Builder::new().name("tap".into()).spawn(move || {
        // Dropped with the thread, however it ends.
        let _alive = alive;
        let mut looped = Loop { taps, recorder, metrics: shown, newest: WallTime(0), refreshed: Instant::now() };
        let read_lines = || handle.block_on(context::lines(&db)).ok();
        while !stopped.load(Relaxed) {
            looped.turn(&read_lines);
        }
        looped.recorder.suspend();
    })?;
    let served = serve::serve(&context, listener, app, async { drop(ended.await) });
    stop.store(true, Relaxed);
    // The calls in progress stay in the spool; the next start marks and seals them.
    let tapped = tap.join();
    context.block_on(context.db.close());
    served?;
    // A box that shows pages and records nothing must not seem well.
    tapped.map(|()| ExitCode::SUCCESS).map_err(|_| anyhow::anyhow!("the tap failed: what it had is in the spool, and the next start seals it"))
}

/// The tap's own thread.
struct Loop {
    taps: Vec<LiveTap>,
    recorder: Recorder,
    metrics: Arc<Metrics>,
    newest: WallTime,
    refreshed: Instant,
}

impl Loop {
    fn turn(&mut self, read_lines: &impl Fn() -> Option<crate::call::Lines>) {
        let wait = WAIT / self.taps.len().max(1) as u32;
        for tap in &mut self.taps {
            let (recorder, newest) = (&mut self.recorder, &mut self.newest);
            let read = tap.read(wait, |frame| {
                *newest = frame.at.max(*newest);
                recorder.frame(&frame);
            });
            if let Err(error) = read {
                tracing::error!(%error, "the tap cannot read: is the interface still there?");
                std::thread::sleep(Duration::from_secs(1));
            }
        }
        // Time passes without packets too; the kernel's clock and ours are the same.
        let now = crate::clock::Clock::System.now();
        self.recorder.pulse((now - self.newest > Micros::from_secs(1)).then_some(now));
        if self.refreshed.elapsed() >= REFRESH {
            self.refreshed = Instant::now();
            if let Some(lines) = read_lines() {
                self.recorder.set_lines(lines);
            }
            self.show();
        }
    }

    fn show(&mut self) {
        let dropped: u64 = self.taps.iter_mut().map(|t| t.kernel_counts().1).sum();
        if dropped > self.metrics.kernel_dropped.swap(dropped, Relaxed) {
            tracing::error!(dropped, "the kernel dropped packets: the tap was too slow");
        }
        show(&self.metrics, &self.recorder.conservation());
        self.metrics.live_calls.store(self.recorder.tracker().live().count() as u64, Relaxed);
    }
}

fn show(metrics: &Metrics, c: &Conservation) {
    metrics.frames.store(c.wire.frames, Relaxed);
    metrics.spooled.store(c.tally.spooled, Relaxed);
    metrics.spool_lost.store(c.spool_lost, Relaxed);
    metrics.unaccounted.store(c.unaccounted(), Relaxed);
    let reasons = c.wire.rejected.iter().map(|(r, n)| (format!("{r:?}"), *n)).chain(c.tally.discarded.iter().map(|(r, n)| (format!("{r:?}"), *n)));
    if let Ok(mut shown) = metrics.discarded.lock() {
        *shown = reasons.collect();
    }
}
