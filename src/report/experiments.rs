//! Experiments with slots: arms drawn at random over whole people or whole days, and compared
//! once, after their end (PRODUCT P1).
//!
//! **Draw.** Units are put in the order of the SHA-256 of the seed and the unit, and the arms are
//! dealt to them in turn: each arm has as many units as any other, or one more. The seed is drawn
//! when the first day begins, so that nobody sees a draw before it holds; it is told then, and
//! anybody can draw again.
//!
//! **Comparison.** Calls of one person, or of one day, are alike: what was drawn is units, and
//! what is compared is units. An arm's rate is all of its hits over all of its calls; the
//! difference to the first arm is divided by its standard error over units (a ratio's, by
//! linearisation). The same is done for other draws that could have been: all of them, where there
//! are few, else [`DRAWS`]; of each, the largest of the comparisons counts. The share of draws
//! that are as far apart as the one that was made is the probability that chance does this; what
//! 95 % of draws stay under scales the interval, which leaves out zero exactly where that
//! probability is at most 5 % (studentised randomisation test; Chung and Romano 2013; single-step
//! maxT of Westfall and Young for more than two arms). It is right whatever people and days do to
//! each other, since the draw alone makes it so.
//!
//! **When.** One comparison, of calls counted once, some days after the last: who looks daily sees
//! counts, and who stops early sees no result.

use crate::hex::hex;
use crate::words;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// An arm has so many units at least: fewer could show nothing.
pub const FEWEST_UNITS: usize = 4;
/// Arms of an experiment.
pub const ARMS: std::ops::RangeInclusive<usize> = 2..=4;
/// Its length in days.
pub const LONGEST: i64 = 184;
/// Days after its last day at which it is counted: what is sent late is there.
pub const LATE: i64 = 3;
/// So many draws stand for all, where all are more.
pub const DRAWS: usize = 9_999;

words! {
    /// What is drawn.
    pub enum Over: "what is drawn" {
        People = "people",
        Days = "days",
    }
}

words! {
    /// What is counted of the calls, per call.
    pub enum Measure: "measure" {
        Connects = "connects",
        Meetings = "meetings",
    }
}

/// A plan, as far as it can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Days since 1970-01-01; the last is included.
    pub first: i64,
    pub last: i64,
    pub over: Over,
    pub arms: usize,
    /// Telemarketers who could be drawn.
    pub people: usize,
}

/// Why a plan is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPlan {
    #[error("an experiment has two to four arms, each with a name and what it asks")]
    Arms,
    #[error("an experiment ends before it begins: its first day comes first")]
    Order,
    #[error("an experiment begins tomorrow at the earliest: it is drawn when its first day begins")]
    Early,
    #[error("an experiment lasts half a year at most")]
    Long,
    #[error(
        "an arm needs four people at the least, and with fewer nothing could be told: take fewer arms, or draw days"
    )]
    People,
    #[error(
        "an arm needs four working days at the least, and with fewer nothing could be told: let it last longer"
    )]
    Days,
}

impl Plan {
    /// # Errors
    /// When it could tell nothing, or not be drawn before it begins.
    pub fn check(&self, today: i64) -> Result<(), BadPlan> {
        if !ARMS.contains(&self.arms) {
            return Err(BadPlan::Arms);
        }
        if self.last < self.first {
            return Err(BadPlan::Order);
        }
        if self.first <= today {
            return Err(BadPlan::Early);
        }
        if self.last - self.first >= LONGEST {
            return Err(BadPlan::Long);
        }
        let needed = self.arms * FEWEST_UNITS;
        match self.over {
            Over::People if self.people < needed => Err(BadPlan::People),
            Over::Days if working_days(self.first, self.last).count() < needed => {
                Err(BadPlan::Days)
            }
            _ => Ok(()),
        }
    }
}

/// Monday to Friday, from the first day to the last.
pub fn working_days(first: i64, last: i64) -> impl Iterator<Item = i64> {
    // 1970 began on a Thursday.
    (first..=last).filter(|day| (day + 3).rem_euclid(7) < 5)
}

/// Each unit with its arm, counted from 0, in the order in which they were dealt. The key by which
/// they are sorted is the SHA-256 of the seed, a colon and the unit, in hexadecimal.
#[must_use]
pub fn draw(seed: &str, units: &[String], arms: usize) -> Vec<(String, usize)> {
    let key = |unit: &String| hex(&Sha256::digest(format!("{seed}:{unit}")));
    let mut keyed: Vec<(String, &String)> = units.iter().map(|u| (key(u), u)).collect();
    keyed.sort();
    keyed.dedup();
    let dealt = keyed.into_iter().enumerate();
    dealt
        .map(|(n, (_, unit))| (unit.clone(), n % arms.max(1)))
        .collect()
}

/// How an experiment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExperimentPhase)]
pub enum Phase {
    /// Not begun: nothing is drawn.
    Planned,
    /// Drawn, and not over.
    Running,
    /// Over; it is counted some days later.
    Waiting,
    /// Counted: there is a result.
    Counted,
    /// Stopped before it was counted: there is no result, ever.
    Stopped,
}

/// What tells how an experiment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its last day, since 1970-01-01; it is included.
    pub last: i64,
    pub is_drawn: bool,
    pub is_counted: bool,
    pub is_stopped: bool,
}

impl Standing {
    /// How it stands on a day, counted since 1970-01-01.
    #[must_use]
    pub fn phase(self, today: i64) -> Phase {
        match self {
            Standing {
                is_stopped: true, ..
            } => Phase::Stopped,
            Standing {
                is_counted: true, ..
            } => Phase::Counted,
            Standing {
                is_drawn: false, ..
            } => Phase::Planned,
            Standing { last, .. } if today > last => Phase::Waiting,
            _ => Phase::Running,
        }
    }
}

/// A unit's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// From 0.
    pub arm: usize,
    pub calls: i64,
    /// Connects, or meetings.
    pub hits: i64,
}

/// What came of an arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentArmSum)]
pub struct ArmSum {
    /// Units with a call.
    pub units: i64,
    pub calls: i64,
    pub hits: i64,
}

impl ArmSum {
    /// Hits per call; none of no call.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.hits as f64 / self.calls as f64)
    }
}

/// The units of each arm together.
#[must_use]
pub fn sums(units: &[Unit], arms: usize) -> Vec<ArmSum> {
    let nothing = ArmSum {
        units: 0,
        calls: 0,
        hits: 0,
    };
    let mut sums = vec![nothing; arms];
    for unit in units.iter().filter(|u| u.calls > 0) {
        if let Some(sum) = sums.get_mut(unit.arm) {
            sum.units += 1;
            sum.calls += unit.calls;
            sum.hits += unit.hits;
        }
    }
    sums
}

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExperimentVerdict)]
pub enum Verdict {
    Better,
    Worse,
    /// Chance does as much more often than 5 times in 100.
    Open,
    /// An arm has fewer than four units with calls.
    TooFew,
}

/// An arm beside the first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentVersus)]
pub struct Versus {
    /// From 1.
    pub arm: i64,
    pub verdict: Verdict,
    /// Its rate less the first arm's, from -1 to 1; null where there are too few units.
    #[schema(required)]
    pub difference: Option<f64>,
    /// The 95 % interval.
    #[schema(required)]
    pub low: Option<f64>,
    /// Null where the difference is.
    #[schema(required)]
    pub high: Option<f64>,
    /// How often chance does as much, from 0 to 1.
    #[schema(required)]
    pub chance: Option<f64>,
}

/// What an experiment came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentComparison)]
pub struct Comparison {
    pub versus: Vec<Versus>,
    /// How many draws the one that was made was held against, and whether they are all that there
    /// are.
    pub draws: i64,
    pub all_draws: bool,
}

/// Compares the arms with the first; the seed draws the draws.
#[must_use]
pub fn compare(units: &[Unit], arms: usize, seed: &str) -> Comparison {
    let with_calls: Vec<Unit> = units
        .iter()
        .copied()
        .filter(|u| u.calls > 0 && u.arm < arms)
        .collect();
    let own: Vec<usize> = with_calls.iter().map(|u| u.arm).collect();
    let too_few = (0..arms).any(|arm| own.iter().filter(|a| **a == arm).count() < FEWEST_UNITS);
    if too_few {
        return Comparison {
            versus: (1..arms).map(untold).collect(),
            draws: 0,
            all_draws: false,
        };
    }
    let made = apart(&with_calls, &own, arms);
    let (mut largest, all_draws) = others(&with_calls, &own, arms, seed);
    largest.sort_by(f64::total_cmp);
    let versus = made.iter().enumerate();
    let versus = versus.map(|(n, apart)| told(n + 1, *apart, &largest));
    Comparison {
        versus: versus.collect(),
        draws: i64::try_from(largest.len()).unwrap_or(i64::MAX),
        all_draws,
    }
}

fn untold(arm: usize) -> Versus {
    Versus {
        arm: i64::try_from(arm).unwrap_or(0),
        verdict: Verdict::TooFew,
        difference: None,
        low: None,
        high: None,
        chance: None,
    }
}

/// Two draws are equally far apart up to rounding.
const SAME: f64 = 1e-9;

/// `largest` is sorted, and has the draw that was made.
fn told(arm: usize, apart: Apart, largest: &[f64]) -> Versus {
    let far = apart.far();
    let as_far = largest.iter().filter(|t| **t >= far - SAME).count();
    let chance = as_far as f64 / largest.len().max(1) as f64;
    // The smallest distance at which the chance is at most 5 %: the interval's half width.
    let may = (largest.len() as f64 * 0.05).floor() as usize;
    let bound = largest.iter().rev().nth(may).copied().unwrap_or(0.0);
    // A hair wider, so that what is as far as the bound is not outside by rounding.
    let half = (bound + 2.0 * SAME) * apart.error.max(SAME);
    let verdict = match chance <= 0.05 {
        false => Verdict::Open,
        true if apart.difference > 0.0 => Verdict::Better,
        true => Verdict::Worse,
    };
    Versus {
        arm: i64::try_from(arm).unwrap_or(0),
        verdict,
        difference: Some(apart.difference),
        low: Some((apart.difference - half).max(-1.0)),
        high: Some((apart.difference + half).min(1.0)),
        chance: Some(chance),
    }
}

/// An arm's distance to the first.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Apart {
    difference: f64,
    /// Its standard error.
    error: f64,
}

impl Apart {
    /// In standard errors, never negative; finite where there is no error.
    fn far(self) -> f64 {
        if self.difference.abs() <= SAME {
            return 0.0;
        }
        self.difference.abs() / self.error.max(SAME)
    }
}

/// Each arm's distance to the first, as if the units had these arms.
fn apart(units: &[Unit], of: &[usize], arms: usize) -> Vec<Apart> {
    let mut sums = [(0.0, 0.0, 0.0); 4];
    let mut squares = [(0.0, 0.0, 0.0); 4];
    for (unit, arm) in units.iter().zip(of) {
        let (calls, hits) = (unit.calls as f64, unit.hits as f64);
        let (sum, square) = (&mut sums[*arm], &mut squares[*arm]);
        *sum = (sum.0 + 1.0, sum.1 + calls, sum.2 + hits);
        *square = (
            square.0 + hits * hits,
            square.1 + hits * calls,
            square.2 + calls * calls,
        );
    }
    // The variance of a ratio: residuals of the hits, those of the calls by the rate taken off.
    let of_arm = |arm: usize| {
        let ((many, calls, hits), (hh, hc, cc)) = (sums[arm], squares[arm]);
        let rate = hits / calls;
        let residuals = (hh - 2.0 * rate * hc + rate * rate * cc).max(0.0);
        (rate, many / (many - 1.0) * residuals / (calls * calls))
    };
    let first = of_arm(0);
    let versus = |arm| {
        let (rate, variance) = of_arm(arm);
        Apart {
            difference: rate - first.0,
            error: (variance + first.1).sqrt(),
        }
    };
    (1..arms).map(versus).collect()
}

/// The largest distance in each draw that could have been, the one that was made among them; and
/// whether they are all.
fn others(units: &[Unit], own: &[usize], arms: usize, seed: &str) -> (Vec<f64>, bool) {
    let largest = |of: &[usize]| {
        let far = apart(units, of, arms).into_iter().map(Apart::far);
        far.fold(0.0, f64::max)
    };
    let mut of = own.to_vec();
    if ways(own, arms) <= DRAWS as f64 {
        of.sort_unstable();
        let mut found = vec![largest(&of)];
        while next(&mut of) {
            found.push(largest(&of));
        }
        return (found, true);
    }
    let mut random = Shuffle::of(seed);
    let mut found = vec![largest(own)];
    for _ in 0..DRAWS {
        random.shuffle(&mut of);
        found.push(largest(&of));
    }
    (found, false)
}

/// In how many ways the arms can lie over the units.
fn ways(own: &[usize], arms: usize) -> f64 {
    let mut ways = 1.0;
    let mut placed = 0;
    for arm in 0..arms {
        for n in 1..=own.iter().filter(|a| **a == arm).count() {
            placed += 1;
            ways *= placed as f64 / n as f64;
        }
    }
    ways
}

/// The next order of these by size (Narayana's); false after the last.
fn next(of: &mut [usize]) -> bool {
    let Some(at) = of.windows(2).rposition(|pair| pair[0] < pair[1]) else {
        return false;
    };
    let with = of.iter().rposition(|n| *n > of[at]).unwrap_or(at);
    of.swap(at, with);
    of[at + 1..].reverse();
    true
}

/// Draws that are the same at every look (SplitMix64, Steele, Lea and Flood 2014). What nobody may
/// foresee is the seed of an experiment; this only goes through other draws.
struct Shuffle(u64);

impl Shuffle {
    fn of(seed: &str) -> Shuffle {
        let hash = Sha256::digest(format!("{seed}:draws"));
        let first = hash.first_chunk().copied().unwrap_or_default();
        Shuffle(u64::from_be_bytes(first))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Fisher and Yates; over so few the remainder's bias is below 1 in 10^15.
    fn shuffle(&mut self, of: &mut [usize]) {
        for n in (1..of.len()).rev() {
            let with = usize::try_from(self.next() % (n as u64 + 1)).unwrap_or(0);
            of.swap(n, with);
        }
    }
}

#[cfg(test)]
mod tests;
