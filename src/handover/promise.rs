//! Promises to buyers: a time, and whether the wire saw them kept (PRODUCT H7).

use crate::units::WallTime;
use crate::words;

words! {
    /// What was promised to a buyer.
    pub enum PromiseKind: "promise" {
        /// Somebody calls.
        Call = "call",
        /// Somebody comes, or they meet on a screen.
        Meet = "meet",
        /// Something is sent.
        Send = "send",
    }
}

words! {
    /// What became of a promise.
    pub enum PromiseState: "state of a promise" {
        /// Its time has not come.
        Waits = "waits",
        /// Its time has come, and runs.
        Due = "due",
        /// The wire saw a call in its time.
        Kept = "kept",
        /// The wire saw a call after its time.
        Late = "late",
        /// Its time is over, and the wire saw none.
        Missed = "missed",
        /// Not seen on a wire: a meeting, or something that is sent.
        NotSeen = "not_seen",
        Withdrawn = "withdrawn",
    }
}

/// A promise and the first call of the house to the buyer since its time began.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    pub kind: PromiseKind,
    pub from: WallTime,
    pub until: WallTime,
    pub withdrawn: bool,
    /// `None` while the wire has seen none.
    pub called_at: Option<WallTime>,
}

impl Promise {
    /// What has become of it. A call before its time keeps nothing.
    #[must_use]
    pub fn state(&self, now: WallTime) -> PromiseState {
        let called = self.called_at.filter(|at| *at >= self.from);
        match (self.withdrawn, self.kind, called) {
            (true, ..) => PromiseState::Withdrawn,
            (_, PromiseKind::Call, Some(at)) if at <= self.until => PromiseState::Kept,
            (_, PromiseKind::Call, Some(_)) => PromiseState::Late,
            _ if now < self.from => PromiseState::Waits,
            _ if now <= self.until => PromiseState::Due,
            (_, PromiseKind::Call, None) => PromiseState::Missed,
            _ => PromiseState::NotSeen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_says_whether_anybody_called() {
        let state = |called: Option<i64>, now: i64| {
            Promise {
                kind: PromiseKind::Call,
                from: WallTime(10),
                until: WallTime(20),
                withdrawn: false,
                called_at: called.map(WallTime),
            }
            .state(WallTime(now))
        };
        assert_eq!(state(None, 5), PromiseState::Waits);
        assert_eq!(state(None, 15), PromiseState::Due);
        assert_eq!(state(None, 21), PromiseState::Missed);
        assert_eq!(state(Some(20), 30), PromiseState::Kept);
        assert_eq!(state(Some(21), 30), PromiseState::Late);
        assert_eq!(
            state(Some(9), 30),
            PromiseState::Missed,
            "too early is another call"
        );
    }
}
