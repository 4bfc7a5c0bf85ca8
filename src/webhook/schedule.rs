//! When an attempt is repeated, and when a message is given up.
//!
//! The wait grows with the failures of the receiver, not with those of one message: a receiver that
//! is down is asked less and less often, whatever waits for it. A message is given up when it has
//! waited three days, and not before its receiver has failed once more after that.

use crate::units::{Micros, WallTime};

/// How long a message is tried.
pub const WINDOW: Micros = Micros::from_secs(3 * 86_400);
/// What a receiver may ask for at most with `Retry-After`.
pub const LONGEST_ASKED: Micros = Micros::from_secs(3_600);
/// Two secrets sign side by side this long.
pub const OVERLAP: Micros = Micros::from_secs(86_400);

/// Seconds after the first, second, … failure in a row; the last one stays.
const WAITS: [i64; 10] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800];

/// What becomes of a message whose attempt has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Again(WallTime),
    /// Its time is over.
    GiveUp,
}

/// After a failure.
///
/// - `failures`: of the receiver in a row, this one counted: at least 1.
/// - `since`: when the message began to wait, or was replayed.
/// - `asked`: what the receiver asked for with `Retry-After`.
/// - `chance`: 0.0 to 1.0, spreads the wait from three quarters to five quarters of itself.
#[must_use]
pub fn next(
    failures: u32,
    since: WallTime,
    asked: Option<Micros>,
    chance: f64,
    now: WallTime,
) -> Next {
    let end = since + WINDOW;
    if now >= end {
        return Next::GiveUp;
    }
    let nth = (failures.max(1) as usize - 1).min(WAITS.len() - 1);
    let spread = 0.75 + chance.clamp(0.0, 1.0) / 2.0;
    let own = (Micros::from_secs(WAITS[nth]).0 as f64 * spread) as i64;
    let asked = asked.map_or(0, |a| a.0.min(LONGEST_ASKED.0));
    Next::Again((now + Micros(own.max(asked))).min(end))
}

/// What `Retry-After` asks for (RFC 9110 §10.2.3): seconds, or a date.
#[must_use]
pub fn retry_after(value: &str, now: WallTime) -> Option<Micros> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Micros::from_secs(i64::from(seconds)));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    let at = WallTime(date.timestamp().as_microsecond());
    (at > now).then(|| at - now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallTime = WallTime(1_800_000_000_000_000);

    fn wait(failures: u32, asked: Option<i64>, chance: f64) -> i64 {
        match next(failures, NOW, asked.map(Micros::from_secs), chance, NOW) {
            Next::Again(at) => (at - NOW).0 / 1_000_000,
            Next::GiveUp => -1,
        }
    }

    #[test]
    fn waits_grow_and_are_spread() {
        let middle: Vec<i64> = (1..12).map(|n| wait(n, None, 0.5)).collect();
        assert_eq!(middle[..3], [5, 30, 120]);
        assert!(middle.windows(2).all(|w| w[0] <= w[1]), "{middle:?}");
        assert_eq!(middle[9..], [28_800, 28_800]);
        assert_eq!((wait(4, None, 0.0), wait(4, None, 1.0)), (450, 750));
        assert_eq!(wait(u32::MAX, None, 0.5), 28_800);
    }

    #[test]
    fn a_receiver_is_heard_within_bounds() {
        assert_eq!(wait(1, Some(90), 0.5), 90);
        assert_eq!(
            wait(4, Some(90), 0.5),
            600,
            "never sooner than the own wait"
        );
        assert_eq!(wait(1, Some(1_000_000), 0.5), 3_600);
        let at = "2027-01-15T08:00:00Z".parse().unwrap();
        assert_eq!(retry_after("120", at), Some(Micros::from_secs(120)));
        let date = "Fri, 15 Jan 2027 08:00:30 GMT";
        assert_eq!(retry_after(date, at), Some(Micros::from_secs(30)));
        assert_eq!(retry_after(date, at + Micros::from_secs(60)), None);
        for wrong in ["", "soon", "-5", "99999999999"] {
            assert_eq!(retry_after(wrong, at), None, "{wrong}");
        }
    }

    #[test]
    fn three_days_of_failures_end_it_with_one_attempt_at_the_end() {
        let (mut now, mut failures, mut attempts) = (NOW, 0, 0);
        loop {
            (failures, attempts) = (failures + 1, attempts + 1);
            match next(failures, NOW, None, 0.5, now) {
                Next::Again(at) => {
                    assert!(at > now);
                    now = at;
                }
                Next::GiveUp => break,
            }
        }
        assert_eq!(now, NOW + WINDOW);
        assert!((12..24).contains(&attempts), "{attempts} attempts");
    }
}
