//! Whose claim on a lead earns (PRODUCT I3): the valid one that was made first, whichever is judged
//! first. A later one that passes waits until every earlier one is over. Whoever does not read the
//! plan that they are paid under keeps the place of their claim, and keeps nobody waiting for ever.

use crate::units::WallTime;

/// Where an earlier claim of somebody else on the same lead stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// Nobody has judged it yet, its verdict is on hold, or its dispute is open.
    Undecided,
    /// It failed and may be disputed until then.
    FailedUntil(WallTime),
    /// It passed, and waits for its own turn.
    Waiting,
    /// It passed and it is its turn, but its claimant has not read the plan. Until then it goes
    /// before later ones; after that it earns only if it is read before one of those has earned.
    UnreadUntil(WallTime),
    /// It cannot earn any more, or has earned.
    Over,
}

/// Whether it is a passed claim's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It earns, if its lead has not earned yet.
    Now,
    /// An earlier one may still earn: until then at the latest, where a deadline tells.
    Wait(Option<WallTime>),
}

/// Whether it is the turn of a passed claim with these before it.
#[must_use]
pub fn turn(earlier: &[Earlier], now: WallTime) -> Turn {
    let mut until = None;
    for e in earlier {
        match *e {
            Earlier::Undecided | Earlier::Waiting => return Turn::Wait(None),
            Earlier::FailedUntil(end) | Earlier::UnreadUntil(end) if end >= now => {
                until = until.max(Some(end));
            }
            Earlier::FailedUntil(_) | Earlier::UnreadUntil(_) | Earlier::Over => {}
        }
    }
    until.map_or(Turn::Now, |end| Turn::Wait(Some(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_claim_waits_for_every_earlier_one() {
        let now = WallTime(100);
        let ends = |at| Earlier::FailedUntil(WallTime(at));
        assert_eq!(turn(&[], now), Turn::Now);
        assert_eq!(turn(&[Earlier::Over, ends(99)], now), Turn::Now);
        assert_eq!(turn(&[ends(100)], now), Turn::Wait(Some(WallTime(100))));
        assert_eq!(
            turn(&[ends(120), ends(150), Earlier::Over], now),
            Turn::Wait(Some(WallTime(150)))
        );
        assert_eq!(
            turn(&[ends(120), Earlier::Undecided], now),
            Turn::Wait(None)
        );
        assert_eq!(turn(&[Earlier::Waiting], now), Turn::Wait(None));
    }

    #[test]
    fn a_plan_that_nobody_reads_holds_up_nobody_for_ever() {
        let now = WallTime(100);
        let unread = |at| Earlier::UnreadUntil(WallTime(at));
        assert_eq!(turn(&[unread(100)], now), Turn::Wait(Some(WallTime(100))));
        assert_eq!(turn(&[unread(99)], now), Turn::Now);
        assert_eq!(
            turn(&[unread(99), Earlier::Undecided], now),
            Turn::Wait(None)
        );
    }
}
