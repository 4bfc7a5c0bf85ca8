//! Rates with the room that chance leaves them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The standard normal's 97.5th percentile: intervals are 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many, as a rate from 0 to 1 and its 95 % interval (Wilson's score interval, E. B.
/// Wilson 1927, without continuity correction).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rate {
    pub rate: f64,
    pub low: f64,
    pub high: f64,
}

impl Rate {
    /// None of nothing, and of counts that make no sense.
    #[must_use]
    pub fn of(hits: i64, n: i64) -> Option<Rate> {
        if n <= 0 || hits < 0 || hits > n {
            return None;
        }
        let (hits, n) = (hits as f64, n as f64);
        let rate = hits / n;
        let middle = rate + Z * Z / (2.0 * n);
        let half = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        // At none and at all the formula gives the end itself, but for the last digit.
        Some(Rate {
            rate,
            low: ((middle - half) / scale).clamp(0.0, rate),
            high: ((middle + half) / scale).clamp(rate, 1.0),
        })
    }

    /// The same, as far from another mean as it was from its own: both ends move alike.
    #[must_use]
    pub fn scaled(self, by: f64) -> Rate {
        Rate {
            rate: (self.rate * by).clamp(0.0, 1.0),
            low: (self.low * by).clamp(0.0, 1.0),
            high: (self.high * by).clamp(0.0, 1.0),
        }
    }
}

/// The value below which a share of sorted values lies, between two of them by their distance (type
/// 7 of Hyndman and Fan 1996, as NumPy and R do it). None of none.
#[must_use]
pub fn percentile(sorted: &[i64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = share.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (at.floor() as usize, at.ceil() as usize);
    let (low, high) = (sorted[below] as f64, sorted[above] as f64);
    Some(low + (high - low) * (at - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Computed apart, by another program.
    #[test]
    fn intervals_are_those_of_the_textbook() {
        for (hits, n, low, high) in [
            (13, 42, 0.190_711, 0.460_260),
            (0, 20, 0.0, 0.161_125),
            (20, 20, 0.838_875, 1.0),
            (1, 1, 0.206_549, 1.0),
            (324, 1582, 0.185_644, 0.225_394),
        ] {
            let rate = Rate::of(hits, n).unwrap();
            assert!((rate.low - low).abs() < 1e-5, "{hits}/{n}: {rate:?}");
            assert!((rate.high - high).abs() < 1e-5, "{hits}/{n}: {rate:?}");
        }
        assert_eq!(Rate::of(0, 0), None);
        assert_eq!(Rate::of(3, 2), None);
        assert_eq!(Rate::of(-1, 2), None);
    }

    #[test]
    fn percentiles_lie_between_their_neighbours() {
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(percentile(&[7], 0.95), Some(7.0));
        assert_eq!(percentile(&[1, 2, 3, 4], 0.5), Some(2.5));
        assert_eq!(percentile(&[0, 10], 0.95), Some(9.5));
    }

    proptest! {
        #[test]
        fn a_rate_lies_in_its_interval(n in 1i64..2_000_000, share in 0.0f64..=1.0) {
            let hits = (n as f64 * share) as i64;
            let rate = Rate::of(hits, n).unwrap();
            prop_assert!(0.0 <= rate.low && rate.low <= rate.rate);
            prop_assert!(rate.rate <= rate.high && rate.high <= 1.0);
            prop_assert!(rate.low.is_finite() && rate.high.is_finite());
        }
    }
}
