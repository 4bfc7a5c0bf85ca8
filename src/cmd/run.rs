//! `assay run`: the box. Taps, seals, serves the page.

use super::context::{self, Context, Place};
use super::readiness::Readiness;
use super::{place, serve, setup};
use crate::api::Metrics;
use crate::archive::SealedCall;
use crate::archive::spool::{self, SpoolSettings};
use crate::call::CallFacts;
use crate::capture::live::{self, LiveTap};
use crate::confine;
use crate::doctor::host;
use crate::leads::disposition;
use crate::recorder::live::{Control, Live};
use crate::recorder::sealer::{SealSettings, start_sealing};
use crate::recorder::{Backlog, Conservation, Recorder};
use crate::units::{Micros, WallTime};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, OnceLock};
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
/// How often the page is shown how the calls stand.
const SHOW: Duration = Duration::from_secs(1);
/// How often lines and the interfaces' counters are read anew.
const REFRESH: Duration = Duration::from_secs(2);

/// # Errors
/// When the data folder, the address or an interface cannot be opened.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    place::close_to_others(context.folder())?;
    context.first_key()?;
    context.warn_of_open_recordings();
    let listener = serve::listen(
        &context,
        args.listen.unwrap_or(context.config.server.listen),
    )?;
    let names = if args.interface.is_empty() {
        &context.config.capture.interfaces
    } else {
        &args.interface
    };
    let tls = serve::tls(&context, listener.local_addr()?)?;
    let filter = setup::filter(&context.config.capture)?;
    let taps = names
        .iter()
        .map(|name| LiveTap::open(name, context.config.capture.promiscuous, &filter))
        .collect::<Result<Vec<_>, _>>()?;
    confine::keep_memory_private()?;
    let unmuted = live::mute(&taps).err().map(|why| why.to_string());
    if let Some(why) = &unmuted {
        tracing::error!(%why, "the kernel does not keep the tap from sending; it records");
    }
    let metrics = Arc::new(Metrics::default());
    let backlog = Backlog::new(is_claimed);
    let (live, control) = Live::new(backlog.clone(), context.worker());
    let app = serve::app(&context, metrics.clone(), live.clone())?;
    let recording = record(&context, &backlog, &metrics)?;
    // Only now: a second start on the same folder has failed by here, and takes nobody's place.
    let _announced = place::announce(context.folder(), context.file.as_deref());
    tracing::info!(interfaces = ?names, page = %listener.local_addr()?, data = %context.folder().display(), "recording");
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, shown, db, handle) = (
        stop.clone(),
        metrics,
        context.db.clone(),
        context.runtime.handle().clone(),
    );
    let fresh = Arc::new(Mutex::new(None));
    let watching = {
        let (names, metrics, fresh, stop) =
            (names.clone(), shown.clone(), fresh.clone(), stop.clone());
        let read_lines = move || handle.block_on(context::lines(&db)).ok();
        let encrypt = context.config.recording.encrypt;
        let readiness = Readiness::new(context.folder().to_owned(), encrypt, unmuted);
        std::thread::Builder::new()
            .name("watch".into())
            .spawn(move || watch(&names, &metrics, &fresh, &stop, readiness, read_lines))?
    };
    let (alive, ended) = tokio::sync::oneshot::channel::<()>();
    let tap = std::thread::Builder::new()
        .name("tap".into())
        .spawn(move || {
            // Dropped with the thread, however it ends.
            let _alive = alive;
            shown.tap_turns.store(1, Relaxed);
            if let Err(why) = confine::mute_thread() {
                tracing::error!(%why, "the kernel does not keep the tap's thread from sending");
            }
            let mut looped = Loop {
                taps,
                recorder: recording.recorder,
                metrics: shown,
                lines: fresh,
                live,
                control,
                sealing: recording.sealing,
                loss: Loss::default(),
                newest: WallTime(0),
                refreshed: Instant::now(),
            };
            while !stopped.load(Relaxed) {
                looped.turn();
            }
            looped.recorder.suspend();
        })?;
    let served = serve::serve(&context, listener, app, tls, async { drop(ended.await) });
    stop.store(true, Relaxed);
    // The calls in progress stay in the spool; the next start marks and seals them.
    let tapped = tap.join();
    let _ = watching.join();
    context.block_on(context.db.close());
    served?;
    // A box that shows pages and records nothing must not seem well.
    tapped.map(|()| ExitCode::SUCCESS).map_err(|_| {
        anyhow::anyhow!("the tap failed: what it had is in the spool, and the next start seals it")
    })
}

/// A recorder with its sealing under way.
struct Recording {
    recorder: Recorder,
    sealing: Sealing,
}

/// Starts recording and sealing; what the last run left in the spool is sealed first.
fn record(
    context: &Context,
    backlog: &Backlog,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<Recording> {
    let counted = metrics.clone();
    let commit = context.committer(move |_: &SealedCall| {
        counted.sealed.fetch_add(1, Relaxed);
    });
    let spool_dir = context.folder().join("spool");
    let only_one = spool::lock(&spool_dir)?;
    let earlier = context.unsealed()?;
    let objects = context.objects()?;
    let settings = SealSettings {
        spool: spool_dir.clone(),
        objects: objects.clone(),
        options: context.options(None),
        workers: 1,
        worker: context.worker(),
        backlog: backlog.clone(),
        keep_trying: true,
    };
    let notice = Arc::new(OnceLock::new());
    let told = notice.clone();
    let queue = start_sealing(&settings, &commit, move || told.get().cloned())?;
    let mut recorder = Recorder::start(
        SpoolSettings::new(&spool_dir, objects.keyring().clone(), false),
        &earlier,
        setup::tracker(&context.config),
        context.lines()?,
        queue.closed.clone(),
        context.clock.now(),
    )?;
    recorder.set_backlog(backlog.clone());
    let _ = notice.set(recorder.sealed_notice());
    if !earlier.is_empty() {
        tracing::warn!(
            calls = earlier.len(),
            "the last run left calls in the spool: they are sealed now and marked as recovered"
        );
    }
    let sealing = Sealing {
        left_over: earlier.len(),
        started: queue.started(),
        _only_one: only_one,
    };
    for call in earlier {
        let _ = queue.closed.send(call);
    }
    Ok(Recording { recorder, sealing })
}

/// The PBX has said in a header that the telemarketer claims the lead.
fn is_claimed(facts: &CallFacts) -> bool {
    let header = facts
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(disposition::HEADER))
        .map(|(_, v)| v.reveal().as_str());
    disposition::said(header, "").claimed
}

/// The tap's own thread.
struct Loop {
    taps: Vec<LiveTap>,
    recorder: Recorder,
    metrics: Arc<Metrics>,
    /// New lines, when somebody has read them.
    lines: Arc<Mutex<Option<crate::call::Lines>>>,
    live: Live,
    control: Receiver<Control>,
    sealing: Sealing,
    loss: Loss,
    newest: WallTime,
    refreshed: Instant,
}

/// What sealing is behind by.
struct Sealing {
    /// Calls of earlier runs.
    left_over: usize,
    started: Arc<AtomicUsize>,
    /// The spool is this process's as long as it records.
    _only_one: std::fs::File,
}

impl Loop {
    fn turn(&mut self) {
        self.metrics.tap_turns.fetch_add(1, Relaxed);
        let mut some = false;
        for tap in &mut self.taps {
            let (recorder, newest) = (&mut self.recorder, &mut self.newest);
            some |= tap.read(|frame| {
                *newest = frame.at.max(*newest);
                recorder.frame(&frame);
            });
        }
        let waited = if some {
            Ok(())
        } else {
            live::wait(&self.taps, WAIT)
        };
        self.metrics.tap_unread.store(waited.is_err(), Relaxed);
        if let Err(error) = waited {
            tracing::error!(%error, "the tap cannot read: is the interface still there?");
            std::thread::sleep(Duration::from_secs(1));
        }
        // Time passes without packets too; the kernel's clock and ours are the same.
        let now = crate::clock::Clock::System.now();
        self.recorder
            .pulse((now - self.newest > Micros::from_secs(1)).then_some(now));
        if let Ok(mut fresh) = self.lines.try_lock()
            && let Some(lines) = fresh.take()
        {
            self.recorder.set_lines(lines);
        }
        while let Ok(what) = self.control.try_recv() {
            self.recorder.control(what);
        }
        if self.refreshed.elapsed() >= SHOW {
            self.refreshed = Instant::now();
            self.live.publish(self.recorder.calls_in_progress());
            self.show();
        }
    }

    fn show(&mut self) {
        let (mut received, mut dropped) = (0, 0);
        for tap in &mut self.taps {
            let counts = tap.kernel_counts();
            received += counts.0;
            dropped += counts.1;
        }
        self.metrics.kernel_received.store(received, Relaxed);
        if dropped > self.metrics.kernel_dropped.swap(dropped, Relaxed) {
            tracing::error!(dropped, "the kernel dropped packets: the tap was too slow");
        }
        self.loss.look(
            received,
            dropped + self.metrics.interface_lost.load(Relaxed),
            &self.metrics,
        );
        show(&self.metrics, &self.recorder.conservation());
        let spool = self.recorder.spool_counters();
        let handed_over = spool.closed.load(Relaxed) as usize + self.sealing.left_over;
        self.metrics.sealing.store(
            handed_over.saturating_sub(self.sealing.started.load(Relaxed)) as u64,
            Relaxed,
        );
        self.metrics
            .spool_queued
            .store(spool.queued.load(Relaxed) as u64, Relaxed);
        self.metrics
            .spool_sync_errors
            .store(spool.sync_errors.load(Relaxed), Relaxed);
        self.metrics
            .facts_put_off
            .store(spool.facts_put_off.load(Relaxed), Relaxed);
        self.metrics
            .live_calls
            .store(self.recorder.tracker().calls().count() as u64, Relaxed);
    }
}

/// The alarm on capture loss: judged over a minute, so that one burst long ago does not ring for
/// ever.
#[derive(Default)]
struct Loss {
    since: Option<(Instant, u64, u64)>,
    ringing: bool,
}

/// One packet in a thousand (issue of every recorder: a few percent missing without a word).
const ALARM_PER_MILLE: u64 = 1;
const JUDGED_OVER: Duration = Duration::from_secs(60);

impl Loss {
    fn look(&mut self, received: u64, lost: u64, metrics: &Metrics) {
        let (since, before, lost_before) =
            *self.since.get_or_insert((Instant::now(), received, lost));
        let (seen, missing) = (
            received.saturating_sub(before),
            lost.saturating_sub(lost_before),
        );
        let rings = missing > 0 && missing * 1000 > ALARM_PER_MILLE * (seen + missing);
        if rings && !self.ringing {
            tracing::error!(
                missing,
                seen,
                "more than 0.1 % of the packets are lost on the way to the tap: calls will have \
                 gaps; see `assay doctor`"
            );
        }
        if rings || since.elapsed() >= JUDGED_OVER {
            self.ringing = rings;
        }
        if since.elapsed() >= JUDGED_OVER {
            self.since = Some((Instant::now(), received, lost));
        }
        metrics
            .capture_loss_alarm
            .store(u64::from(self.ringing), Relaxed);
    }
}

/// Beside the tap, and never in its way: reads the lines from the database and the interfaces'
/// counters from the system.
fn watch(
    names: &[String],
    metrics: &Metrics,
    fresh: &Mutex<Option<crate::call::Lines>>,
    stop: &AtomicBool,
    mut readiness: Readiness,
    read_lines: impl Fn() -> Option<crate::call::Lines>,
) {
    let losses = || names.iter().map(|n| host::interface_losses(n)).sum::<u64>();
    let at_start = losses();
    while !stop.load(Relaxed) {
        metrics
            .interface_lost
            .store(losses().saturating_sub(at_start), Relaxed);
        if let Some(lines) = read_lines()
            && let Ok(mut fresh) = fresh.lock()
        {
            *fresh = Some(lines);
        }
        readiness.look(metrics, crate::clock::Clock::System.now());
        std::thread::sleep(REFRESH);
    }
}

/// A reason as metrics spell it.
fn snake(reason: &impl std::fmt::Debug) -> String {
    let mut out = String::new();
    for (i, c) in format!("{reason:?}").chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn show(metrics: &Metrics, c: &Conservation) {
    metrics.frames.store(c.wire.frames, Relaxed);
    metrics.spooled.store(c.tally.spooled, Relaxed);
    metrics.spool_lost.store(c.spool_lost, Relaxed);
    metrics.unaccounted.store(c.unaccounted(), Relaxed);
    metrics.waiting.store(c.tally.waiting, Relaxed);
    metrics
        .fragments_given_up
        .store(c.wire.fragments.given_up, Relaxed);
    metrics
        .stream_bytes_missing
        .store(c.wire.streams.missing, Relaxed);
    let reasons = c
        .wire
        .rejected
        .iter()
        .map(|(r, n)| (snake(r), *n))
        .chain(c.tally.discarded.iter().map(|(r, n)| (snake(r), *n)));
    if let Ok(mut shown) = metrics.discarded.lock() {
        *shown = reasons.collect();
    }
    let limits = c.tally.limits.iter().map(|(limit, n)| (limit.name(), *n));
    let streams = std::iter::once(("streams", c.wire.streams.dropped));
    if let Ok(mut shown) = metrics.limits_met.lock() {
        *shown = limits.chain(streams).collect();
    }
}
