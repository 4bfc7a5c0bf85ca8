//! How long the one writer is held. Acts are short: while somebody writes, a verdict waits.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Upper bounds of [`Holding::within`].
pub const BOUNDS: [Duration; 5] = [
    Duration::from_millis(5),
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
];

/// From here on a transaction is named in the log.
const LONG: Duration = BOUNDS[2];

/// What write transactions cost since the start, their commits and rollbacks included.
#[derive(Debug, Default)]
pub struct Writer {
    within: [AtomicU64; BOUNDS.len()],
    count: AtomicU64,
    held_micros: AtomicU64,
    waited_micros: AtomicU64,
}

/// [`Writer`] at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Transactions held for at most each of [`BOUNDS`].
    pub within: [u64; BOUNDS.len()],
    /// All transactions that have ended.
    pub count: u64,
    /// How long they were held, all together.
    pub held: Duration,
    /// How long they had waited for those before them.
    pub waited: Duration,
}

impl Writer {
    /// What there was until now.
    pub fn holding(&self) -> Holding {
        Holding {
            within: std::array::from_fn(|n| self.within[n].load(Relaxed)),
            count: self.count.load(Relaxed),
            held: Duration::from_micros(self.held_micros.load(Relaxed)),
            waited: Duration::from_micros(self.waited_micros.load(Relaxed)),
        }
    }

    fn add(&self, held: Duration, waited: Duration) {
        for (bound, within) in BOUNDS.iter().zip(&self.within) {
            if held <= *bound {
                within.fetch_add(1, Relaxed);
            }
        }
        let micros = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
        self.held_micros.fetch_add(micros(held), Relaxed);
        self.waited_micros.fetch_add(micros(waited), Relaxed);
        self.count.fetch_add(1, Relaxed);
    }
}

/// A write transaction under way; counted when it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    writer: Arc<Writer>,
    waited: Duration,
    since: Instant,
    by: &'static Location<'static>,
}

impl Held {
    /// Held from now on, by whoever asked at `asked`.
    pub fn now(writer: &Arc<Writer>, asked: Instant, by: &'static Location<'static>) -> Held {
        Held {
            writer: Arc::clone(writer),
            waited: asked.elapsed(),
            since: Instant::now(),
            by,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let held = self.since.elapsed();
        self.writer.add(held, self.waited);
        if held > LONG {
            let (held, waited) = (held.as_millis(), self.waited.as_millis());
            tracing::debug!(held, waited, by = %self.by, "a write transaction was long");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_transaction_is_counted_once_and_within_every_bound_that_holds_it() {
        let writer = Writer::default();
        let ms = Duration::from_millis;
        for held in [ms(1), ms(5), ms(30), ms(3000)] {
            writer.add(held, ms(2));
        }
        let found = writer.holding();
        assert_eq!(found.within, [2, 2, 3, 3, 3]);
        assert_eq!((found.count, found.waited), (4, ms(8)));
        assert_eq!(found.held, ms(3036));
    }
}
