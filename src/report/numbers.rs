//! Connect rate by the caller number shown, and since when one of them is burnt (PRODUCT P8).
//!
//! **Expected.** A number is held against the client's other numbers: each of its calls could be
//! expected to connect as often as the others' calls of the same campaign, weekday and slot of
//! twenty minutes, moved by how that campaign's week went for the others (indirect
//! standardisation). A stratum with few calls leans on its campaign, and a campaign with few on
//! all, with the weight of 50 calls; a week leans on an ordinary one with the weight of 20
//! connects. Where the others have too few calls, a number is held against its own strata.
//!
//! **Change.** Connects over expected is a number's level. After [`level::BURN_IN`] expected
//! connects a chart watches it, call by call, for a fall to [`level::FALL`] of the level before;
//! after a fall, also for a rise by as much, which ends it. The chart sums the log-likelihood
//! ratio of Poisson counts (Page's CUSUM, 1954), in which the level before is not known but
//! estimated (its gamma posterior is integrated out, so that little history makes it slow and not
//! wrong). The sum is divided by how much more the days vary than chance lets them, where they do.
//! Above a limit that grows with the house ([`level::limit`]) the level has changed; from the
//! moment that is likeliest on the watch begins anew.
//!
//! **How soon, how often for nothing** (simulated, `tests.rs`; 200 houses each): a fall from 9 to
//! 4 in 100 is found after 300 to 380 calls at the median and 570 to 850 at the 90th percentile,
//! within 400 in 57 to 74 houses of 100; one to 6 in 100 after 720 at the median. A house in which
//! nothing changes has 0.5 to 0.8 false alarms in a quarter, and 1.0 where its days differ by a
//! fifth beyond chance. Finding every such fall within 400 calls and being so seldom wrong cannot
//! both be had: the best chart for exactly this fall (Moustakides 1986), told the level before,
//! has it within 400 in 73 of 100 and needs 340 on average, at one false alarm in 130,000 calls
//! (ten numbers of a thousand calls a week, for a quarter).
//!
//! **Since when.** The likeliest moment of a change is that of the best two levels of the calls
//! between the change before and the one after; its interval has every moment whose log-likelihood
//! is at most half of [`level::WIDTH`] lower (Hansen 2000: 95 % for a small change; 97 in 100 of
//! the simulated).

mod expected;
pub mod level;

pub use expected::{Against, Dials, Gathered};

use crate::report::interval::Rate;
use crate::units::numbered_day;
use expected::{expected, week_of};
use level::{BURN_IN, Level, Step, limit, moves};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A stretch of a number's calls.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = NumbersStretch)]
pub struct Stretch {
    /// Its first day, `2026-11-23`; inside the program since 1970-01-01, as all days here.
    #[serde(serialize_with = "as_day")]
    #[schema(value_type = String)]
    pub day: i64,
    pub calls: i64,
    pub connects: i64,
    /// Null under the fewest calls.
    #[schema(required)]
    pub rate: Option<Rate>,
    /// The rate that could be expected; null under the fewest calls.
    #[schema(required)]
    pub expected: Option<f64>,
}

/// A number's level changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = NumbersChange)]
pub struct Change {
    pub fell: bool,
    /// The likeliest first day of the new level.
    #[serde(serialize_with = "as_day")]
    #[schema(value_type = String)]
    pub day: i64,
    /// It began between these days, with 95 % confidence.
    #[serde(serialize_with = "as_day")]
    #[schema(value_type = String)]
    pub first: i64,
    #[serde(serialize_with = "as_day")]
    #[schema(value_type = String)]
    pub last: i64,
    /// The day on which there were calls enough to tell.
    #[serde(serialize_with = "as_day")]
    #[schema(value_type = String)]
    pub noticed: i64,
    /// Calls from the likeliest moment up to that.
    pub after_calls: i64,
    /// From the change before up to this one.
    pub before: Stretch,
    /// From this one up to the next.
    pub since: Stretch,
}

/// A number that was shown.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = NumbersNumber)]
pub struct Number {
    /// Empty: none was shown.
    pub shown: String,
    pub against: Against,
    /// Its first and its last day with a call in the period.
    #[serde(serialize_with = "as_day")]
    #[schema(value_type = String)]
    pub first: i64,
    #[serde(serialize_with = "as_day")]
    #[schema(value_type = String)]
    pub last: i64,
    /// Days with a call.
    pub days: i64,
    pub calls: i64,
    pub connects: i64,
    /// Null under the fewest calls.
    #[schema(required)]
    pub rate: Option<Rate>,
    /// The rate that could be expected of its calls; null under the fewest.
    #[schema(required)]
    pub expected: Option<f64>,
    /// It has calls enough to be watched for a change.
    pub watched: bool,
    /// By week, from Monday on; weeks without a call are left out.
    pub weeks: Vec<Stretch>,
    /// Oldest first.
    pub changes: Vec<Change>,
}

impl Number {
    /// Its last change was a fall.
    #[must_use]
    pub fn has_fallen(&self) -> bool {
        self.changes.last().is_some_and(|c| c.fell)
    }
}

/// Numbers and what became of them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Numbers {
    /// All numbers together, held against the calls of all weeks; null without a call. When every
    /// number falls at once, this one does, and none of them alone.
    #[schema(required)]
    pub all: Option<Number>,
    /// Those with the most calls first.
    pub numbers: Vec<Number>,
}

/// The numbers whose level fell and has not risen again, of calls in the order in which they were
/// dialled.
#[must_use]
pub fn fallen(dials: &[Dials], fewest: i64) -> Vec<Number> {
    let mut made = report(dials, fewest);
    made.numbers.retain(Number::has_fallen);
    made.numbers
}

/// A report of calls in the order in which they were dialled. A rate is told from so many calls on.
#[must_use]
pub fn report(dials: &[Dials], fewest: i64) -> Numbers {
    let (each, together) = expected(dials);
    let step = |dial: &Dials, expected: f64| Step {
        day: dial.day,
        calls: dial.calls,
        connects: dial.connects,
        expected,
    };
    let mut by: BTreeMap<&str, (Against, Vec<Step>)> = BTreeMap::new();
    for (dial, (against, expected)) in dials.iter().zip(each) {
        let own = by.entry(&dial.shown);
        let own = own.or_insert_with(|| (against, Vec::new()));
        own.1.push(step(dial, expected));
    }
    let all: Vec<Step> = dials
        .iter()
        .zip(together)
        .map(|(d, e)| step(d, e))
        .collect();
    let told = Told {
        fewest,
        limit: limit(&all),
    };
    let mut numbers: Vec<Number> = by
        .into_iter()
        .filter_map(|(shown, (against, steps))| told.number(shown, against, &steps))
        .collect();
    numbers.sort_by(|a, b| (b.calls, &a.shown).cmp(&(a.calls, &b.shown)));
    Numbers {
        all: told.number("", Against::Itself, &all),
        numbers,
    }
}

/// From how many calls on a rate is told, and where a level is told to have changed.
#[derive(Debug, Clone, Copy)]
struct Told {
    fewest: i64,
    limit: f64,
}

impl Told {
    fn number(self, shown: &str, against: Against, steps: &[Step]) -> Option<Number> {
        let (first, last) = (steps.first()?, steps.last()?);
        let all = self.stretch(steps)?;
        let mut weeks = Vec::new();
        // Of a Thursday, 1970-01-01, the week began three days before.
        for week in steps.chunk_by(|a, b| week_of(a.day) == week_of(b.day)) {
            let monday = week_of(week.first()?.day) * 7 - 3;
            weeks.push(Stretch {
                day: monday,
                ..self.stretch(week)?
            });
        }
        Some(Number {
            shown: shown.to_owned(),
            against,
            first: first.day,
            last: last.day,
            days: days(steps),
            calls: all.calls,
            connects: all.connects,
            rate: all.rate,
            expected: all.expected,
            watched: steps.iter().map(|s| s.expected).sum::<f64>() >= BURN_IN,
            weeks,
            changes: self.changes(steps),
        })
    }

    fn stretch(self, steps: &[Step]) -> Option<Stretch> {
        let level = Level::of(steps);
        let calls: i64 = steps.iter().map(|s| s.calls).sum();
        let connects: i64 = steps.iter().map(|s| s.connects).sum();
        let enough = calls >= self.fewest.max(1);
        Some(Stretch {
            day: steps.first()?.day,
            calls,
            connects,
            rate: enough.then(|| Rate::of(connects, calls)).flatten(),
            expected: enough.then(|| level.expected / calls as f64),
        })
    }

    /// The changes of a number's level, oldest first.
    fn changes(self, steps: &[Step]) -> Vec<Change> {
        let found = moves(steps, self.limit);
        let told = |n: usize| {
            let moved = found[n];
            let from = n.checked_sub(1).map_or(0, |before| found[before].at);
            let to = found.get(n + 1).map_or(steps.len(), |next| next.at);
            let until = steps.get(moved.at..=moved.alarm).unwrap_or_default();
            Some(Change {
                fell: moved.fell,
                day: steps.get(moved.at)?.day,
                first: steps.get(moved.first)?.day,
                last: steps.get(moved.last)?.day,
                noticed: steps.get(moved.alarm)?.day,
                after_calls: until.iter().map(|s| s.calls).sum(),
                before: self.stretch(steps.get(from..moved.at)?)?,
                since: self.stretch(steps.get(moved.at..to)?)?,
            })
        };
        (0..found.len()).filter_map(told).collect()
    }
}

/// For each of these calls, the connects that could be expected of its number.
#[must_use]
pub fn expected_of(dials: &[Dials]) -> Vec<f64> {
    let (each, _) = expected(dials);
    each.into_iter().map(|(_, expected)| expected).collect()
}

/// A day by its date.
fn as_day<S: Serializer>(day: &i64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&numbered_day(*day).unwrap_or_default())
}

fn days(steps: &[Step]) -> i64 {
    let many = steps.chunk_by(|a, b| a.day == b.day).count();
    i64::try_from(many).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
