//! Where all packets went.

use super::{Discard, Limit};
use std::collections::BTreeMap;

/// Counts of what came in. `total` is the sum of all others at any time (PRODUCT I5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// All that came in.
    pub total: u64,
    /// Handed to the spool.
    pub spooled: u64,
    /// Held until their signalling comes.
    pub waiting: u64,
    /// The rest, by reason.
    pub discarded: BTreeMap<Discard, u64>,
    /// Bounds that were met, of what is no packet.
    pub limits: BTreeMap<Limit, u64>,
}

impl Tally {
    pub(super) fn discard(&mut self, why: Discard, packets: u64) {
        *self.discarded.entry(why).or_default() += packets;
    }

    /// A message was read, and what it said could not be kept.
    pub(super) fn recount(&mut self, was: Discard, is: Discard) {
        if let Some(count) = self.discarded.get_mut(&was).filter(|count| **count > 0) {
            *count -= 1;
            self.discard(is, 1);
        }
    }

    pub(super) fn met(&mut self, limit: impl IntoIterator<Item = Limit>) {
        for limit in limit {
            *self.limits.entry(limit).or_default() += 1;
        }
    }

    /// What came in and is neither spooled, waiting nor discarded: always zero.
    pub fn unaccounted(&self) -> i64 {
        self.total as i64
            - self.spooled as i64
            - self.waiting as i64
            - self.discarded.values().sum::<u64>() as i64
    }
}
