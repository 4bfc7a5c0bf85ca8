//! The injected clock: rules and tests are handed a time and never ask the machine for one.

use crate::units::WallTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where "now" comes from. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that a test sets by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock for tests, that stands still until it is moved.
    pub fn manual(start: WallTime) -> Clock {
        Clock::Manual(Arc::new(AtomicI64::new(start.micros())))
    }

    /// The time now: the machine's, or what a manual clock has come to.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    pub fn now(&self) -> WallTime {
        match self {
            Clock::System => WallTime(
                SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .map_or(0, |d| d.as_micros() as i64),
            ),
            Clock::Manual(at) => WallTime(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock; the system clock stays as it is.
    pub fn advance(&self, by: crate::units::Micros) {
        if let Clock::Manual(at) = self {
            at.fetch_add(by.0, Ordering::SeqCst);
        }
    }
}
