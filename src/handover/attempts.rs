//! What the wire saw of sales' calls to a buyer, and how many of them count.

use crate::units::{Micros, WallTime};

/// A call of sales to a buyer, as the wire saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    pub at: WallTime,
    /// How long the two talked; none: nobody answered.
    pub talked: Option<Micros>,
}

/// Attempts that come closer on one another than this are one: nobody becomes reachable within the
/// hour.
pub const APART: Micros = Micros::from_secs(3_600);

/// How many of these, oldest first, count within the last `days` before `now`.
#[must_use]
pub fn counted(attempts: &[Attempt], days: i64, now: WallTime) -> i64 {
    let from = now - Micros::from_secs(days.saturating_mul(86_400));
    let mut last: Option<WallTime> = None;
    let mut count = 0;
    for attempt in attempts.iter().filter(|a| a.at >= from && a.at <= now) {
        if last.is_none_or(|at| attempt.at >= at + APART) {
            count += 1;
            last = Some(attempt.at);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: WallTime = WallTime(1_764_000_000_000_000);

    fn at(seconds_ago: i64) -> Attempt {
        Attempt {
            at: NOW - Micros::from_secs(seconds_ago),
            talked: None,
        }
    }

    #[test]
    fn five_calls_in_a_minute_are_one_attempt() {
        let quick: Vec<Attempt> = (0..5).rev().map(at).collect();
        assert_eq!(counted(&quick, 10, NOW), 1);
        let apart: Vec<Attempt> = (0..5).rev().map(|n| at(n * 3_600)).collect();
        assert_eq!(counted(&apart, 10, NOW), 5);
        assert_eq!(
            counted(&[at(11 * 86_400), at(5)], 10, NOW),
            1,
            "too long ago"
        );
        assert_eq!(counted(&[], 10, NOW), 0);
    }

    proptest! {
        #[test]
        fn no_more_count_than_were_made_or_than_there_are_hours(
            mut ago in proptest::collection::vec(0_i64..20 * 86_400, 0..60),
            days in 1_i64..30,
        ) {
            ago.sort_unstable_by(|a, b| b.cmp(a));
            let made: Vec<Attempt> = ago.iter().map(|s| at(*s)).collect();
            let count = counted(&made, days, NOW);
            prop_assert!(count <= made.len() as i64 && count <= days * 24 + 1);
            prop_assert_eq!(count == 0, !made.iter().any(|a| a.at >= NOW - Micros::from_secs(days * 86_400)));
        }
    }
}
