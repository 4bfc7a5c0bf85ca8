//! Where all packets went.

use super::Discard;
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
}

impl Tally {
    pub(super) fn discard(&mut self, why: Discard, packets: u64) {
        *self.discarded.entry(why).or_default() += packets;
    }

    /// What came in and is neither spooled, waiting nor discarded: always zero.
    pub fn unaccounted(&self) -> i64 {
        self.total as i64
            - self.spooled as i64
            - self.waiting as i64
            - self.discarded.values().sum::<u64>() as i64
    }
}
