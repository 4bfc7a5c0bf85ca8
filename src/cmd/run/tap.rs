//! The tap's own thread: reads packets, hands them to the recorder, and once a second shows how it
//! stands.

use super::record::Sealing;
use crate::api::Metrics;
use crate::call::Lines;
use crate::capture::live::{self, LiveTap};
use crate::cmd::folder::Folder;
use crate::cmd::setup;
use crate::confine;
use crate::recorder::live::{Control, Live};
use crate::recorder::{Conservation, Recorder};
use crate::units::{Micros, WallTime};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long the tap waits for packets before it looks at the clock.
const WAIT: Duration = Duration::from_millis(50);
/// How often the page is shown how the calls stand.
const SHOW: Duration = Duration::from_secs(1);

/// The interfaces, opened; and why the kernel does not keep them from sending, where it does not.
pub(super) fn open(
    folder: &Folder,
    names: &[String],
) -> anyhow::Result<(Vec<LiveTap>, Option<String>)> {
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

/// What the thread has.
pub(super) struct Loop {
    taps: Vec<LiveTap>,
    recorder: Recorder,
    metrics: Arc<Metrics>,
    live: Live,
    sealing: Sealing,
    loss: Loss,
    newest: WallTime,
    refreshed: Instant,
}

/// What others tell the thread: new lines, when somebody has read them, and what the page asks.
type Told = (Arc<Mutex<Option<Lines>>>, Receiver<Control>);

impl Loop {
    pub(super) fn new(
        taps: Vec<LiveTap>,
        recorder: Recorder,
        sealing: Sealing,
        metrics: &Arc<Metrics>,
        live: &Live,
    ) -> Loop {
        Loop {
            taps,
            recorder,
            metrics: metrics.clone(),
            live: live.clone(),
            sealing,
            loss: Loss::default(),
            newest: WallTime(0),
            refreshed: Instant::now(),
        }
    }

    /// On a thread of its own, until it is told to stop; `alive` is dropped with the thread,
    /// however it ends.
    pub(super) fn spawn(
        mut self,
        told: Told,
        stop: Arc<AtomicBool>,
        alive: oneshot::Sender<()>,
    ) -> std::io::Result<JoinHandle<()>> {
        let named = std::thread::Builder::new().name("tap".into());
        named.spawn(move || {
            let _alive = alive;
            self.metrics.tap_turns.store(1, Relaxed);
            if let Err(why) = confine::mute_thread() {
                tracing::error!(%why, "the kernel does not keep the tap's thread from sending");
            }
            while !stop.load(Relaxed) {
                self.turn(&told);
            }
            self.recorder.suspend();
        })
    }

    fn turn(&mut self, (lines, control): &Told) {
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
        if let Ok(mut fresh) = lines.try_lock()
            && let Some(lines) = fresh.take()
        {
            self.recorder.set_lines(lines);
        }
        while let Ok(what) = control.try_recv() {
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
        let handed_over =
            spool.closed.load(Relaxed) as usize + self.sealing.left_over.load(Relaxed);
        self.metrics.sealing.store(
            handed_over.saturating_sub(self.sealing.started.load(Relaxed)) as u64,
            Relaxed,
        );
        let stuck = self.sealing.backlog.stuck() as u64;
        self.metrics.stuck.store(stuck, Relaxed);
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
    let limits = c.tally.limits.iter();
    let limits = limits.map(|(limit, n)| (limit.name().to_owned(), *n));
    let streams = std::iter::once(("streams".to_owned(), c.wire.streams.dropped));
    if let Ok(mut shown) = metrics.limits_met.lock() {
        *shown = limits.chain(streams).collect();
    }
}
