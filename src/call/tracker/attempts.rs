//! Who may call, and when an attempt is written down.

use super::Tracker;
use crate::call::attempts::{FEW_PENDING, MOST_ATTEMPTS, MOST_BARE, MOST_CALLS, MOST_PENDING};
use crate::call::seen::Seen;
use crate::call::{CallNo, Commands, Discard};
use crate::units::{Micros, WallTime};
use std::net::IpAddr;

/// An attempt is written down after this long, answered or not.
const WRITTEN_AFTER: Micros = Micros::from_secs(1);

impl Tracker {
    /// An attempt that has come to something: its host may make another.
    pub(super) fn settle_attempt(&mut self, call: CallNo) {
        if let Some(host) = self.calls.get_mut(&call).and_then(|c| c.settle_attempt()) {
            self.attempts.settle(host);
        }
    }

    /// Makes room for another call of a host.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn admit_attempt(
        &mut self,
        host: IpAddr,
        at: WallTime,
        out: &mut impl Commands,
    ) -> Result<(), Discard> {
        if self.attempts.of(host) >= MOST_ATTEMPTS {
            return Err(Discard::Flood);
        }
        while self.attempts.pending() >= MOST_PENDING || self.calls.len() >= MOST_CALLS {
            let Some(oldest) = self.attempts.oldest() else {
                return Err(Discard::Flood);
            };
            self.close(oldest, at, out);
            self.attempts.note_dropped();
        }
        Ok(())
    }

    /// Writes down what is new of a call; but an attempt of which nothing but its own INVITE was
    /// seen is held where there are too many.
    pub(super) fn show_or_hold(&mut self, call: CallNo, at: WallTime, out: &mut impl Commands) {
        let is_new = self.calls.get(&call).is_some_and(|c| c.noted.at.is_none());
        let is_crowded = self.attempts.unheard() > FEW_PENDING || out.full();
        if self.attempts.is_pending(call) || (is_new && is_crowded && self.attempts.is_bare(call)) {
            self.attempts.hold(call);
        } else {
            self.show(call, at, out);
        }
    }

    /// A message of a call was seen. From its other end, it makes an attempt one that was heard of.
    pub(super) fn hear_of(&mut self, call: CallNo, seen: &Seen<'_>) {
        let originator = self.calls.get(&call).map(|c| c.originator());
        if originator != Some(seen.src.ip()) {
            self.attempts.over(call);
        }
    }

    /// Writes down attempts that have waited long enough, as far as there is room.
    pub(super) fn write_attempts(&mut self, now: WallTime, out: &mut impl Commands) {
        while self.attempts.bare() < MOST_BARE && !out.full() {
            let Some(oldest) = self.attempts.oldest() else {
                return;
            };
            let began = self.calls.get(&oldest).map(|c| c.facts().started_at);
            if began.is_some_and(|began| now - began < WRITTEN_AFTER) {
                return;
            }
            self.write(oldest, now, out);
        }
    }
}
