//! How far two reviewers agree beyond chance, on a question with two answers.
//!
//! Percent agreement flatters where almost all answers are alike, and Cohen's kappa punishes the
//! same case (Feinstein and Cicchetti 1990), so Gwet's AC1 and the prevalence stand beside both.
//! Cohen, Educational and Psychological Measurement 20 (1960); Gwet, "Kappa statistic is not
//! satisfactory for assessing the extent of agreement between raters" (2002).

use serde::Serialize;
use utoipa::ToSchema;

/// Pairs of answers, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pairs {
    pub both_yes: u64,
    /// A yes of the first alone.
    pub first_yes: u64,
    /// A yes of the second alone.
    pub second_yes: u64,
    pub both_no: u64,
}

/// What they come to; `None` where it cannot be said: without pairs, or, for kappa, where chance
/// alone explains all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct Agreement {
    /// How many pairs.
    pub n: u64,
    /// 0 to 1.
    pub percent: Option<f64>,
    /// -1 to 1.
    pub kappa: Option<f64>,
    /// Gwet's, -1 to 1.
    pub ac1: Option<f64>,
    /// The share of yes among all answers, 0 to 1.
    pub prevalence: Option<f64>,
}

impl Pairs {
    /// Counts a pair of answers: whether each was a yes.
    pub fn add(&mut self, first: bool, second: bool) {
        *match (first, second) {
            (true, true) => &mut self.both_yes,
            (true, false) => &mut self.first_yes,
            (false, true) => &mut self.second_yes,
            (false, false) => &mut self.both_no,
        } += 1;
    }

    /// How far they agree; without pairs nothing is said.
    pub fn agreement(&self) -> Agreement {
        let n = self.both_yes + self.first_yes + self.second_yes + self.both_no;
        if n == 0 {
            return Agreement::default();
        }
        let share = |count: u64| count as f64 / n as f64;
        let observed = share(self.both_yes + self.both_no);
        let (first, second) = (
            share(self.both_yes + self.first_yes),
            share(self.both_yes + self.second_yes),
        );
        let beyond =
            |by_chance: f64| (by_chance < 1.0).then(|| (observed - by_chance) / (1.0 - by_chance));
        let prevalence = f64::midpoint(first, second);
        Agreement {
            n,
            percent: Some(observed),
            kappa: beyond(first * second + (1.0 - first) * (1.0 - second)),
            ac1: beyond(2.0 * prevalence * (1.0 - prevalence)),
            prevalence: Some(prevalence),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: Option<f64>, wanted: f64) -> bool {
        value.is_some_and(|v| (v - wanted).abs() < 0.000_5)
    }

    /// Gwet (2002): of 125 subjects 118 are a yes by both; kappa is -0.0234 where AC1 is 0.9408.
    #[test]
    fn the_published_paradox_comes_out_as_published() {
        let a = Pairs {
            both_yes: 118,
            first_yes: 5,
            second_yes: 2,
            both_no: 0,
        }
        .agreement();
        assert!(
            a.n == 125
                && near(a.percent, 0.944)
                && near(a.kappa, -0.023_4)
                && near(a.ac1, 0.940_8)
                && near(a.prevalence, 0.972),
            "{a:?}"
        );
    }

    /// Cohen's kappa as in the usual textbook case: 20, 5, 10, 15 of 50 give 0.4.
    #[test]
    fn an_ordinary_table_gives_an_ordinary_kappa() {
        let a = Pairs {
            both_yes: 20,
            first_yes: 5,
            second_yes: 10,
            both_no: 15,
        }
        .agreement();
        assert!(
            near(a.percent, 0.7) && near(a.kappa, 0.4) && near(a.prevalence, 0.55),
            "{a:?}"
        );
    }

    #[test]
    fn what_cannot_be_said_is_not_said() {
        assert_eq!(Pairs::default().agreement(), Agreement::default());
        let mut all_alike = Pairs::default();
        (0..9).for_each(|_| all_alike.add(true, true));
        let a = all_alike.agreement();
        assert!(a.kappa.is_none() && near(a.ac1, 1.0) && near(a.percent, 1.0));
    }
}
