//! The beta distribution, as far as intervals of shrunken rates need it.

/// Logarithm of the gamma function for positive numbers (Lanczos 1964, g = 7, nine terms).
fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let mut sum = C[0];
    for (nth, c) in C.iter().enumerate().skip(1) {
        sum += c / (x + nth as f64);
    }
    let t = x + G + 0.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The continued fraction of the incomplete beta function (Lentz's method).
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..=2_000_i32 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-14 {
            break;
        }
    }
    h
}

/// The share of a beta distribution below `x`, for positive `a` and `b`.
#[must_use]
pub fn below(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    // The fraction converges on the side of the mean.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

/// The value below which a share of a beta distribution lies; 0 and 1 where `a` and `b` are none.
#[must_use]
pub fn quantile(share: f64, a: f64, b: f64) -> f64 {
    let is_beta = a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite();
    if !is_beta {
        return share.clamp(0.0, 1.0).round();
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if below(middle, a, b) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The middle 95 % of a beta distribution.
#[must_use]
pub fn interval(a: f64, b: f64) -> (f64, f64) {
    (quantile(0.025, a, b), quantile(0.975, a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Computed apart, by SciPy 1.17.
    #[test]
    fn quantiles_are_those_of_another_program() {
        for (share, a, b, wanted) in [
            (0.025, 1.0, 1.0, 0.025),
            (0.5, 2.0, 3.0, 0.385_728),
            (0.025, 71.5, 141.5, 0.273_949),
            (0.975, 71.5, 141.5, 0.400_336),
            (0.975, 0.5, 0.5, 0.998_459),
            (0.025, 4_000.0, 6_000.0, 0.390_418),
        ] {
            let found = quantile(share, a, b);
            assert!((found - wanted).abs() < 1e-5, "{share} {a} {b}: {found}");
        }
    }

    proptest! {
        #[test]
        fn an_interval_is_around_its_middle(a in 0.01f64..50_000.0, b in 0.01f64..50_000.0) {
            let (low, high) = interval(a, b);
            prop_assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0);
            prop_assert!((below(quantile(0.5, a, b), a, b) - 0.5).abs() < 1e-3 || a < 0.05 || b < 0.05);
        }
    }
}
