//! When what is known of a call is written down.
//!
//! The spool takes all facts of a call at a time, and the last ones count. What cannot be read
//! without them (a stream, a description with its keys, a pause) is written at once, up to
//! [`MOST_AT_ONCE`] times in a call; so are its beginning and its end. The rest waits until a
//! second has gone by since they were written last, by the tap's clock, and longer where they are
//! long: so a message costs the spool a limited part of its own length, however many come.

use super::Tracker;
use crate::call::{CallNo, Commands, Limit};
use crate::units::{Micros, WallTime};

/// A call's facts are written no more often than this.
const EVERY: Micros = Micros::from_secs(1);
/// Nor more bytes of them in a second.
const MOST_A_SECOND: usize = 8 << 10;
/// How often they are written sooner, where packets could not be read without them.
pub(in crate::call) const MOST_AT_ONCE: u32 = 64;
/// How often those that wait are looked through.
const LOOK: Micros = Micros::from_millis(250);

impl Tracker {
    /// The facts of a call may have changed.
    pub(super) fn show(&mut self, call: CallNo, at: WallTime, out: &mut impl Commands) {
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        let state = c.state();
        let is_urgent = c.noted.at.is_none() || c.noted.state != state;
        let may_be_at_once = c.noted.at_once < MOST_AT_ONCE;
        if is_urgent && may_be_at_once {
            c.noted.at_once += 1;
            return self.write(call, at, out);
        }
        if c.noted
            .at
            .is_none_or(|last| at - last >= wait(c.facts().weight()))
        {
            return self.write(call, at, out);
        }
        self.tally.met(is_urgent.then_some(Limit::Facts));
        if !std::mem::replace(&mut c.noted.has_changed, true) {
            self.changed.push(call);
        }
    }

    /// Writes the facts of a call as they are.
    pub(super) fn write(&mut self, call: CallNo, at: WallTime, out: &mut impl Commands) {
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        c.noted.state = c.state();
        c.noted.has_changed = false;
        if c.noted.at.replace(at).is_none() {
            self.attempts.written(call);
            out.open(call, c.facts());
        } else {
            out.facts(call, c.facts());
        }
    }

    /// Writes the facts that have waited long enough.
    pub(super) fn write_changed(&mut self, now: WallTime, out: &mut impl Commands) {
        let since = now - self.wrote;
        if since >= Micros(0) && since < LOOK {
            return;
        }
        self.wrote = now;
        for call in std::mem::take(&mut self.changed) {
            let Some(c) = self.calls.get(&call).filter(|c| c.noted.has_changed) else {
                continue;
            };
            let last = c.noted.at.unwrap_or(now);
            let has_waited = now - last >= wait(c.facts().weight()) || last > now;
            if has_waited && !out.crowded() {
                self.write(call, now, out);
            } else {
                self.changed.push(call);
            }
        }
    }
}

/// How long facts of so many bytes wait for the next.
fn wait(bytes: usize) -> Micros {
    Micros(EVERY.0 * (bytes / MOST_A_SECOND).max(1) as i64)
}
