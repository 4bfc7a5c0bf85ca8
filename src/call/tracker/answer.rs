//! Answers to an INVITE.

use super::Tracker;
use crate::call::seen::Seen;
use crate::call::{CallNo, Commands};

impl Tracker {
    pub(super) fn answer(
        &mut self,
        call: CallNo,
        seen: &Seen<'_>,
        status: u16,
        out: &mut impl Commands,
    ) {
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        c.answer(seen, status, &self.settings, &self.lines);
        if c.has_outcome() {
            self.settle_attempt(call);
        }
        if status < 300 {
            self.describe(call, seen, out);
        }
    }
}
