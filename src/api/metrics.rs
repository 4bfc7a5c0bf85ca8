//! What the recorder and the door count, for `/metrics` and `/readyz`.

use crate::door::Counters;
use crate::recorder::channel::words::TapFigures;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the recorder tells of itself; written by its own thread, read here.
#[derive(Debug, Default)]
pub struct Metrics {
    pub frames: AtomicU64,
    pub spooled: AtomicU64,
    pub unaccounted: AtomicI64,
    pub kernel_dropped: AtomicU64,
    pub spool_lost: AtomicU64,
    pub live_calls: AtomicU64,
    pub kernel_received: AtomicU64,
    /// What the interfaces themselves could not receive since the start.
    pub interface_lost: AtomicU64,
    pub capture_loss_alarm: AtomicU64,
    /// Media packets that are kept until their signalling comes.
    pub waiting: AtomicU64,
    pub fragments_given_up: AtomicU64,
    pub stream_bytes_missing: AtomicU64,
    pub spool_queued: AtomicU64,
    pub spool_sync_errors: AtomicU64,
    pub sealing: AtomicU64,
    /// Calls that could not be sealed, and are tried again.
    pub stuck: AtomicU64,
    pub sealed: AtomicU64,
    /// Connections to the page and the API.
    pub door: Arc<Counters>,
    /// Packets by the reason for which they are not in the spool.
    pub discarded: Mutex<Vec<(String, u64)>>,
    /// How often the tap has come round; 0 where none runs.
    pub tap_turns: AtomicU64,
    /// The tap's interface cannot be read.
    pub tap_unread: AtomicBool,
    troubles: Mutex<Vec<String>>,
    /// Facts of calls in progress that were not written, for want of time.
    pub facts_put_off: AtomicU64,
    /// Bounds of the tap that were met, `call/LIMITS.md`.
    pub limits_met: Mutex<Vec<(String, u64)>>,
}

impl Metrics {
    /// Why the box does not record as it should, a sentence each.
    pub fn troubles(&self) -> Vec<String> {
        held(&self.troubles).clone()
    }

    /// Replaces what [`Metrics::troubles`] gives.
    pub fn set_troubles(&self, found: Vec<String>) {
        *held(&self.troubles) = found;
    }

    /// The tap's counters, for a page that another process serves.
    pub fn of_tap(&self) -> TapFigures {
        let number = |n: &AtomicU64| i64::try_from(n.load(Relaxed)).unwrap_or(i64::MAX);
        let mut counts: BTreeMap<String, i64> = TAP
            .iter()
            .map(|(name, counter)| ((*name).to_owned(), number(counter(self))))
            .collect();
        counts.insert(UNACCOUNTED.to_owned(), self.unaccounted.load(Relaxed));
        TapFigures {
            counts,
            discarded: held(&self.discarded).clone(),
            limits_met: held(&self.limits_met).clone(),
        }
    }

    /// Takes over what [`Metrics::of_tap`] gave in the tap's process.
    pub fn show_tap(&self, figures: TapFigures) {
        let count = |name: &str| figures.counts.get(name).copied().unwrap_or_default();
        for (name, counter) in TAP {
            counter(self).store(count(name).unsigned_abs(), Relaxed);
        }
        self.unaccounted.store(count(UNACCOUNTED), Relaxed);
        *held(&self.discarded) = figures.discarded;
        *held(&self.limits_met) = figures.limits_met;
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Those of the tap, as `/metrics` names them. Its turns are not among them: each process has a
/// watchdog of its own.
type Counter = fn(&Metrics) -> &AtomicU64;
const TAP: [(&str, Counter); 17] = [
    ("frames_total", |m| &m.frames),
    ("packets_spooled_total", |m| &m.spooled),
    ("kernel_dropped_total", |m| &m.kernel_dropped),
    ("spool_lost_packets_total", |m| &m.spool_lost),
    ("calls_in_progress", |m| &m.live_calls),
    ("kernel_received_total", |m| &m.kernel_received),
    ("interface_lost_total", |m| &m.interface_lost),
    ("capture_loss_alarm", |m| &m.capture_loss_alarm),
    ("packets_waiting", |m| &m.waiting),
    ("fragments_given_up_total", |m| &m.fragments_given_up),
    ("signalling_stream_missing_bytes_total", |m| {
        &m.stream_bytes_missing
    }),
    ("spool_queued_blocks", |m| &m.spool_queued),
    ("spool_sync_errors_total", |m| &m.spool_sync_errors),
    ("calls_waiting_to_be_sealed", |m| &m.sealing),
    ("calls_stuck", |m| &m.stuck),
    ("calls_sealed_total", |m| &m.sealed),
    ("spool_facts_put_off_total", |m| &m.facts_put_off),
];
const UNACCOUNTED: &str = "packets_unaccounted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_process_counts_another_shows() {
        let (tap, page) = (Metrics::default(), Metrics::default());
        for (n, (_, counter)) in (1..).zip(TAP) {
            counter(&tap).store(n, Relaxed);
        }
        tap.unaccounted.store(-3, Relaxed);
        held(&tap.discarded).push(("tls".into(), 7));
        held(&tap.limits_met).push(("calls".into(), 8));
        page.show_tap(tap.of_tap());
        assert_eq!(page.of_tap(), tap.of_tap());
        let mut numbers: Vec<u64> = TAP.iter().map(|(_, c)| c(&page).load(Relaxed)).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), TAP.len(), "each stands for itself");
    }
}
