//! A call's life, as one state and the transitions between its states.
//!
//! ```text
//!            ┌────────── another fork, the next attempt ─────────┐
//!            ▼                                                   │
//! Ringing ───┬── final answer of 300 and more ─────────────► Refused ── time ──► closed
//!            ├── 2xx, or a BYE: who hangs up was connected ► Answered ── BYE ──► Ended ── time ──► closed
//!            └── nothing comes any more ───────────────────► GivenUp ──────────► closed
//! ```
//! A transition takes the state and gives the next. One that does not fit is refused, and the call
//! stays what it was: a late 180 does not bring a call back that was answered.

use crate::units::WallTime;

/// Where a call is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// No final answer counts yet. `cancelled`: its caller has asked to end the attempt.
    Ringing { cancelled: bool },
    /// The final answers so far refuse. Until then another fork or attempt may follow.
    Refused { until: WallTime },
    /// Two people talk, or one waits on hold.
    Answered,
    /// Hung up, or silent for too long. Until then late packets are still taken.
    Ended { until: WallTime },
    /// Neither answered nor refused within the limit, or before the capture ended.
    GivenUp { cancelled: bool },
}

/// A transition that does not fit the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

impl Life {
    /// Whether two people were put through to each other.
    pub(super) fn is_answered(self) -> bool {
        matches!(self, Life::Answered | Life::Ended { .. })
    }

    /// Whether the call goes on.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Life::Ringing { .. } | Life::Answered)
    }

    /// When the call closes for good, where its end is known.
    pub(super) fn closes_at(self) -> Option<WallTime> {
        match self {
            Life::Refused { until } | Life::Ended { until } => Some(until),
            Life::GivenUp { .. } => Some(WallTime(i64::MIN)),
            Life::Ringing { .. } | Life::Answered => None,
        }
    }

    /// A provisional answer, or another fork's INVITE.
    pub(super) fn ring(self) -> Result<Life, Refused> {
        match self {
            Life::Ringing { .. } => Ok(self),
            Life::Refused { .. } => Ok(Life::Ringing { cancelled: false }),
            _ => Err(Refused),
        }
    }

    /// A new INVITE of the same caller, for instance with credentials (RFC 3261 §22.2).
    pub(super) fn attempt_again(self) -> Result<Life, Refused> {
        match self {
            Life::Ringing { .. } | Life::Refused { .. } => Ok(Life::Ringing { cancelled: false }),
            _ => Err(Refused),
        }
    }

    /// The caller's CANCEL (RFC 3261 §9).
    pub(super) fn cancel(self) -> Result<Life, Refused> {
        match self {
            Life::Ringing { .. } => Ok(Life::Ringing { cancelled: true }),
            _ => Err(Refused),
        }
    }

    /// A 2xx.
    pub(super) fn answer(self) -> Result<Life, Refused> {
        match self {
            Life::Ringing { .. } | Life::Refused { .. } => Ok(Life::Answered),
            _ => Err(Refused),
        }
    }

    /// A final answer of 300 and more.
    pub(super) fn refuse(self, until: WallTime) -> Result<Life, Refused> {
        match self {
            Life::Ringing { .. } | Life::Refused { .. } => Ok(Life::Refused { until }),
            _ => Err(Refused),
        }
    }

    /// A BYE.
    pub(super) fn hang_up(self, until: WallTime) -> Result<Life, Refused> {
        match self {
            Life::Answered | Life::Ended { .. } => Ok(Life::Ended { until }),
            Life::Ringing { .. } | Life::Refused { .. } => Ok(Life::Refused { until }),
            Life::GivenUp { .. } => Err(Refused),
        }
    }

    /// Nothing has come for too long; `last` was the last that did.
    pub(super) fn expire(self, last: WallTime) -> Result<Life, Refused> {
        match self {
            Life::Answered => Ok(Life::Ended { until: last }),
            Life::Ringing { cancelled } => Ok(Life::GivenUp { cancelled }),
            _ => Err(Refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RINGING: Life = Life::Ringing { cancelled: false };
    const LATER: WallTime = WallTime(9);

    #[test]
    fn a_call_is_answered_once_and_nothing_brings_it_back() {
        let answered = RINGING.answer().unwrap();
        assert_eq!(answered, Life::Answered);
        assert_eq!(answered.answer(), Err(Refused));
        assert_eq!(answered.refuse(LATER), Err(Refused));
        assert_eq!(answered.ring(), Err(Refused));
        let ended = answered.hang_up(LATER).unwrap();
        for refused in [ended.ring(), ended.answer(), ended.attempt_again()] {
            assert_eq!(refused, Err(Refused));
        }
        assert!(ended.is_answered() && !ended.is_open());
    }

    #[test]
    fn a_refused_call_may_be_tried_again() {
        let refused = RINGING.refuse(LATER).unwrap();
        assert_eq!(refused.closes_at(), Some(LATER));
        assert_eq!(refused.attempt_again(), Ok(RINGING));
        assert_eq!(refused.ring(), Ok(RINGING));
        assert_eq!(refused.answer(), Ok(Life::Answered));
        assert_eq!(refused.hang_up(LATER).map(Life::is_answered), Ok(false));
    }

    #[test]
    fn an_attempt_that_comes_to_nothing_remembers_that_it_was_cancelled() {
        let cancelled = RINGING.cancel().unwrap();
        assert_eq!(cancelled.ring(), Ok(cancelled));
        let given_up = cancelled.expire(LATER).unwrap();
        assert_eq!(given_up, Life::GivenUp { cancelled: true });
        assert_eq!(given_up.answer(), Err(Refused));
        assert!(given_up.closes_at() < Some(LATER));
    }
}
