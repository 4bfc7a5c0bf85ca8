//! What a manager sees first of verdicts: how many passed, how long they took, and whether that has
//! changed.

use crate::report::interval::{Rate, percentile};
use crate::units::{WallTime, Zone};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A verdict that is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    pub claimed_at: WallTime,
    pub final_at: WallTime,
    pub passed: bool,
}

/// Verdicts of a time.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, ToSchema)]
pub struct Passes {
    pub verdicts: i64,
    pub passed: i64,
    /// Null of none.
    #[schema(required)]
    pub rate: Option<Rate>,
}

/// Verdicts of a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DayPasses {
    /// `2026-11-20`, in the house's time zone.
    pub day: String,
    pub verdicts: i64,
    pub passed: i64,
}

/// By how much the share that passed may have changed: 0.1 is ten points more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// How long verdicts take, in minutes from the claim.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, ToSchema)]
pub struct Waited {
    pub verdicts: i64,
    /// Null: there were none.
    #[schema(required)]
    pub median: Option<f64>,
    /// 19 of 20 took less; null with the median.
    #[schema(required)]
    pub p95: Option<f64>,
}

/// Verdicts up to now, held against those of as long a time before.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OverviewVerdicts)]
pub struct Verdicts {
    /// Days with verdicts, oldest first.
    pub days: Vec<DayPasses>,
    pub now: Passes,
    pub before: Passes,
    /// 95 % interval of the difference; null where one side has none.
    #[schema(required)]
    pub change: Option<Change>,
    pub waited: Waited,
}

fn passes<'a>(all: impl Iterator<Item = &'a Judged>) -> Passes {
    let (mut verdicts, mut passed) = (0, 0);
    for judged in all {
        verdicts += 1;
        passed += i64::from(judged.passed);
    }
    Passes {
        verdicts,
        passed,
        rate: Rate::of(passed, verdicts),
    }
}

/// The interval of a difference of two shares from their own Wilson intervals (R. G. Newcombe 1998,
/// method 10).
#[must_use]
pub fn change(now: Rate, before: Rate) -> Change {
    let difference = now.rate - before.rate;
    let apart = |a: f64, b: f64| a.hypot(b);
    Change {
        low: difference - apart(now.rate - now.low, before.high - before.rate),
        high: difference + apart(now.high - now.rate, before.rate - before.low),
    }
}

/// Verdicts from `since` on, and those before it.
#[must_use]
pub fn verdicts(all: &[Judged], since: WallTime, zone: &Zone) -> Verdicts {
    let of_now = || all.iter().filter(|j| j.final_at >= since);
    let (now, before) = (
        passes(of_now()),
        passes(all.iter().filter(|j| j.final_at < since)),
    );
    let mut days: BTreeMap<String, Vec<Judged>> = BTreeMap::new();
    for judged in of_now() {
        days.entry(zone.day(judged.final_at))
            .or_default()
            .push(*judged);
    }
    let days = days.into_iter().map(|(day, all)| {
        let p = passes(all.iter());
        DayPasses {
            day,
            verdicts: p.verdicts,
            passed: p.passed,
        }
    });
    let mut took: Vec<i64> = of_now()
        .map(|j| j.final_at.millis_since(j.claimed_at).max(0) / 1_000)
        .collect();
    took.sort_unstable();
    let minutes = |share| percentile(&took, share).map(|s| s / 60.0);
    Verdicts {
        days: days.collect(),
        change: now.rate.zip(before.rate).map(|(a, b)| change(a, b)),
        waited: Waited {
            verdicts: now.verdicts,
            median: minutes(0.5),
            p95: minutes(0.95),
        },
        now,
        before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Newcombe's own example (Statistics in Medicine 17, 1998, table II, a): 56 of 70 and 48 of
    /// 80.
    #[test]
    fn a_difference_has_the_interval_of_its_paper() {
        let made = change(Rate::of(56, 70).unwrap(), Rate::of(48, 80).unwrap());
        assert!((made.low - 0.0524).abs() < 5e-5, "{made:?}");
        assert!((made.high - 0.3339).abs() < 5e-5, "{made:?}");
    }

    #[test]
    fn verdicts_are_those_of_a_count_by_hand() {
        let zone = "Europe/Berlin".parse::<Zone>().unwrap();
        let day = |d: i64| WallTime(1_763_600_000_000_000 + d * 86_400_000_000);
        let judged = |at: i64, hours: i64, passed| Judged {
            claimed_at: WallTime(day(at).micros() - hours * 3_600_000_000),
            final_at: day(at),
            passed,
        };
        let all = [
            judged(0, 1, true),
            judged(8, 1, true),
            judged(8, 2, false),
            judged(9, 3, true),
        ];
        let made = verdicts(&all, day(7), &zone);
        assert_eq!((made.now.passed, made.now.verdicts), (2, 3));
        assert_eq!((made.before.passed, made.before.verdicts), (1, 1));
        let days: Vec<(i64, i64)> = made.days.iter().map(|d| (d.passed, d.verdicts)).collect();
        assert_eq!(days, [(1, 2), (1, 1)]);
        assert_eq!(made.waited.median, Some(120.0));
        assert!(made.change.is_some());
        let none = verdicts(&[], day(7), &zone);
        assert!(none.change.is_none() && none.now.rate.is_none() && none.waited.median.is_none());
    }

    proptest! {
        /// No interval leaves -1 to 1, and each holds the difference itself.
        #[test]
        fn a_change_holds_its_difference(a in 0i64..50, n in 1i64..50, b in 0i64..50, m in 1i64..50) {
            let (a, b) = (Rate::of(a.min(n), n).unwrap(), Rate::of(b.min(m), m).unwrap());
            let made = change(a, b);
            let difference = a.rate - b.rate;
            prop_assert!(made.low <= difference && difference <= made.high);
            prop_assert!(made.low >= -1.0 - 1e-9 && made.high <= 1.0 + 1e-9);
        }
    }
}
