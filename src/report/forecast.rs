//! How many suspects have to be contacted by when, for so many hand-overs in a month (PRODUCT P2).
//!
//! From what was contacted and when it was handed over follows the share that is handed over within
//! so many days of its first contact: by each age of a lead, those handed over at that age of those
//! that came to be so old (Kaplan and Meier 1958). A lead on its way is in it as long as it has
//! been there, and is not one that was not handed over; one that is closed stays in it and never
//! is. What happens after [`HORIZON`] days is not foretold.
//!
//! The band holds in eight of ten months, if months are like those before: weeks of contacts are
//! drawn again with replacement, two hundred times from a fixed seed, and to each draw comes the
//! chance of so many hand-overs. Months that are over are foretold with what was known on their
//! first day, and told beside what came; the contacts of such a month are those that were made in
//! it.

use crate::words;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Days after a first contact that are looked at.
pub const HORIZON: usize = 120;
/// Fewer hand-overs than this tell nothing of the time that they take.
pub const FEWEST_HANDED: i64 = 30;
/// And fewer days with contacts.
pub const FEWEST_DAYS: i64 = 60;
const DRAWS: usize = 200;
const SEED: u64 = 0x5eed;

/// Leads that were first contacted on a day, and of those that were handed over the day. Days are
/// counted from 1970-01-01 in the house's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contacts {
    pub day: i64,
    /// `None`: they were not handed over.
    pub handed: Option<i64>,
    pub leads: i64,
}

/// A month by its first day and the first one after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    pub name: String,
    pub first: i64,
    pub after: i64,
}

words! {
    /// Why there is no plan.
    pub enum NoPlan: "reason for no plan" {
        /// Too few hand-overs, or days, to tell.
        TooFew = "too_few",
        /// The month is over, or too near its end for anybody who is contacted now.
        TooLate = "too_late",
        /// What is contacted already is enough.
        Enough = "enough",
    }
}

/// A figure and the band in which it is in eight of ten cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = ForecastBand)]
pub struct Band {
    /// What is expected: hand-overs or leads.
    pub middle: f64,
    /// One case in ten is lower.
    pub low: f64,
    /// One case in ten is higher.
    pub high: f64,
}

/// What has to be done for the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First contacts from this day on …
    pub from: i64,
    /// … to this one: later ones come to be handed over after the month more often than in it.
    pub by: i64,
}

/// A month that is over, as it would have been foretold.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ForecastMonth)]
pub struct Held {
    pub month: String,
    pub foretold: Band,
    pub came: i64,
    pub is_held: bool,
}

/// Share handed over before an age in days, 0 at 0.
type Curve = Vec<f64>;

/// Leads of some days by the age at which they were handed over, or at which they still were not.
#[derive(Debug, Clone)]
struct Ages {
    handed: [f64; HORIZON + 1],
    ended: [f64; HORIZON + 1],
}

impl Default for Ages {
    fn default() -> Ages {
        Ages {
            handed: [0.0; HORIZON + 1],
            ended: [0.0; HORIZON + 1],
        }
    }
}

impl Ages {
    /// A lead as it was known before a day.
    fn add(&mut self, c: &Contacts, before: i64) {
        let seen = before - c.day;
        if seen <= 0 {
            return;
        }
        let at = c.handed.filter(|d| *d < before).map(|d| (d - c.day).max(0));
        let age = usize::try_from(at.unwrap_or(seen)).unwrap_or(HORIZON);
        let into = match at {
            Some(_) if age < HORIZON => &mut self.handed,
            _ => &mut self.ended,
        };
        into[age.min(HORIZON)] += c.leads as f64;
    }

    fn add_times(&mut self, other: &Ages, times: f64) {
        for age in 0..=HORIZON {
            self.handed[age] += other.handed[age] * times;
            self.ended[age] += other.ended[age] * times;
        }
    }

    /// The share handed over before each age.
    fn curve(&self) -> Curve {
        let mut at_risk: f64 = self.handed.iter().chain(&self.ended).sum();
        let (mut left, mut curve) = (1.0, vec![0.0]);
        for age in 0..HORIZON {
            at_risk -= self.ended[age];
            if at_risk > 1e-9 {
                left *= 1.0 - (self.handed[age] / at_risk).clamp(0.0, 1.0);
            }
            at_risk -= self.handed[age];
            curve.push(1.0 - left);
        }
        curve
    }
}

fn at(curve: &Curve, age: i64) -> f64 {
    let age = usize::try_from(age).unwrap_or(0).min(HORIZON);
    curve.get(age).copied().unwrap_or(0.0)
}

/// Leads by the day of their first contact: those of before a day that were not handed over by
/// then, and those from the day on.
#[derive(Debug, Default)]
struct Waiting {
    before: Vec<(i64, i64)>,
    later: Vec<(i64, i64)>,
}

impl Waiting {
    fn on(contacts: &[Contacts], today: i64) -> Waiting {
        let by_day = |keep: &dyn Fn(&Contacts) -> bool| {
            let mut days: BTreeMap<i64, i64> = BTreeMap::new();
            for c in contacts.iter().filter(|c| keep(c)) {
                *days.entry(c.day).or_default() += c.leads;
            }
            days.into_iter().collect()
        };
        Waiting {
            before: by_day(&|c| c.day < today && c.handed.is_none_or(|d| d >= today)),
            later: by_day(&|c| c.day >= today),
        }
    }

    /// Hand-overs of a month that are to be expected on a day, and their variance.
    fn expected(&self, curve: &Curve, month: &Month, today: i64) -> (f64, f64) {
        let (mut sum, mut variance) = (0.0, 0.0);
        let mut add = |leads: i64, p: f64| {
            sum += leads as f64 * p;
            variance += leads as f64 * p * (1.0 - p);
        };
        let begins = month.first.max(today);
        let in_month = |day: i64| at(curve, month.after - day) - at(curve, begins - day);
        for (day, leads) in &self.before {
            let left = 1.0 - at(curve, today - day);
            if left > 1e-9 {
                add(*leads, (in_month(*day) / left).clamp(0.0, 1.0));
            }
        }
        for (day, leads) in self.later.iter().filter(|(day, _)| *day < month.after) {
            add(*leads, in_month(*day).clamp(0.0, 1.0));
        }
        (sum, variance)
    }
}

/// The same numbers at every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n.max(1)
    }

    /// About standard normal: the sum of twelve.
    fn normal(&mut self) -> f64 {
        let twelve = (0..12).map(|_| self.below(1_000_000) as f64 / 1e6);
        twelve.sum::<f64>() - 6.0
    }
}

/// Weeks of contacts as they were known before a day.
fn weeks(contacts: &[Contacts], before: i64) -> Vec<Ages> {
    let mut weeks: BTreeMap<i64, Ages> = BTreeMap::new();
    for c in contacts.iter().filter(|c| c.day < before) {
        weeks.entry(c.day.div_euclid(7)).or_default().add(c, before);
    }
    weeks.into_values().collect()
}

/// The curve of all these weeks, and those of weeks drawn again.
fn curves(weeks: &[Ages], random: &mut Seeded) -> (Curve, Vec<Curve>) {
    let mut whole = Ages::default();
    for week in weeks {
        whole.add_times(week, 1.0);
    }
    let one = |_| {
        let mut drawn = Ages::default();
        for _ in 0..weeks.len() {
            let nth = usize::try_from(random.below(weeks.len() as u64)).unwrap_or(0);
            drawn.add_times(&weeks[nth], 1.0);
        }
        drawn.curve()
    };
    let drawn = (0..DRAWS).map(one).collect();
    (whole.curve(), drawn)
}

/// The middle eight tenths.
fn band(middle: f64, mut drawn: Vec<f64>) -> Band {
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let nth = (share * (drawn.len().max(1) - 1) as f64).round() as usize;
        drawn.get(nth).copied().unwrap_or(middle)
    };
    Band {
        middle,
        low: at(0.1).min(middle),
        high: at(0.9).max(middle),
    }
}

/// Whether enough was known before a day.
fn is_enough(contacts: &[Contacts], before: i64) -> bool {
    let known = contacts.iter().filter(|c| c.day < before);
    let handed: i64 = known
        .clone()
        .filter(|c| c.handed.is_some_and(|d| d < before))
        .map(|c| c.leads)
        .sum();
    let first = known.map(|c| c.day).min();
    handed >= FEWEST_HANDED && first.is_some_and(|d| before - d >= FEWEST_DAYS)
}

/// Months that are over, each foretold on its first day, beside what came.
#[must_use]
pub fn back_test(contacts: &[Contacts], months: &[Month]) -> Vec<Held> {
    let mut held = Vec::new();
    for month in months {
        let today = month.first;
        if !is_enough(contacts, today) {
            continue;
        }
        let waiting = Waiting::on(contacts, today);
        let mut random = Seeded(SEED);
        let (known, drawn) = curves(&weeks(contacts, today), &mut random);
        let each = drawn.iter().map(|curve| {
            let (sum, variance) = waiting.expected(curve, month, today);
            (sum + variance.sqrt() * random.normal()).max(0.0)
        });
        let each = each.collect();
        let foretold = band(waiting.expected(&known, month, today).0, each);
        let is_in = |c: &&Contacts| {
            c.handed
                .is_some_and(|d| (month.first..month.after).contains(&d))
        };
        let came: i64 = contacts.iter().filter(is_in).map(|c| c.leads).sum();
        // A band ends between two leads: whole ones are in it.
        let is_held = (foretold.low.floor()..=foretold.high.ceil()).contains(&(came as f64));
        held.push(Held {
            month: month.name.clone(),
            foretold,
            came,
            is_held,
        });
    }
    held
}

/// A plan for a month.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Hand-overs that come of what is contacted already.
    pub on_the_way: Band,
    /// Further first contacts, spread evenly over the working days of the window.
    pub contacts: Band,
    pub window: Window,
    /// Of those contacted, the share that is handed over in time: 0 to 1.
    pub share: f64,
    /// Days from the first contact to the hand-over: half of those that are handed over take less.
    pub median_days: i64,
}

fn is_working(day: i64) -> bool {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7) < 5
}

/// The first age at which a share of what is ever handed over is.
fn age_of(curve: &Curve, share: f64) -> i64 {
    let wanted = at(curve, HORIZON as i64) * share;
    let found = curve.iter().position(|f| *f >= wanted);
    i64::try_from(found.unwrap_or(HORIZON)).unwrap_or(0)
}

/// The average share of a window's contacts that are handed over in the month.
fn in_time(curve: &Curve, window: Window, month: &Month) -> f64 {
    let days: Vec<i64> = (window.from..=window.by)
        .filter(|d| is_working(*d))
        .collect();
    let each = days
        .iter()
        .map(|d| at(curve, month.after - d) - at(curve, month.first - d));
    each.sum::<f64>() / days.len().max(1) as f64
}

/// How many have to be contacted from today on, for `wanted` hand-overs in a month.
///
/// # Errors
/// Says why there is no plan, with what is on its way already.
pub fn plan(
    contacts: &[Contacts],
    month: &Month,
    wanted: i64,
    today: i64,
) -> Result<Plan, (NoPlan, Option<Band>)> {
    if !is_enough(contacts, today) {
        return Err((NoPlan::TooFew, None));
    }
    if month.after <= today {
        return Err((NoPlan::TooLate, None));
    }
    let was: i64 = contacts
        .iter()
        .filter(|c| c.handed.is_some_and(|d| (month.first..today).contains(&d)))
        .map(|c| c.leads)
        .sum();
    // What is contacted from today on is what is asked for.
    let waiting = Waiting {
        later: Vec::new(),
        ..Waiting::on(contacts, today)
    };
    let expect = |curve: &Curve| {
        let (sum, variance) = waiting.expected(curve, month, today);
        (sum + was as f64, variance)
    };
    let mut random = Seeded(SEED);
    let (known, curves) = curves(&weeks(contacts, today), &mut random);
    let noise: Vec<f64> = curves.iter().map(|_| random.normal()).collect();
    let ways = curves.iter().zip(&noise).map(|(curve, noise)| {
        let (sum, variance) = expect(curve);
        (sum + variance.sqrt() * noise).max(0.0)
    });
    let on_the_way = band(expect(&known).0, ways.collect());
    let missing = wanted as f64 - on_the_way.middle;
    if missing <= 0.0 {
        return Err((NoPlan::Enough, Some(on_the_way)));
    }
    let median = age_of(&known, 0.5);
    let window = Window {
        from: today.max(month.first - age_of(&known, 0.9)),
        by: month.after - 1 - median,
    };
    let share = in_time(&known, window, month);
    if window.by < window.from || share < 1e-4 {
        return Err((NoPlan::TooLate, Some(on_the_way)));
    }
    let each = curves.iter().zip(&noise).map(|(curve, noise)| {
        // Where a draw hands over next to nobody, the whole tells as much as can be told.
        let rate = in_time(curve, window, month).max(share / 10.0);
        let (sum, _) = expect(curve);
        ((wanted as f64 + (wanted as f64).sqrt() * noise - sum) / rate).max(0.0)
    });
    Ok(Plan {
        on_the_way,
        contacts: band(missing / share, each.collect()),
        window,
        share,
        median_days: median,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months() -> Vec<Month> {
        let month = |nth: i64| Month {
            name: format!("m{nth}"),
            first: nth * 30,
            after: nth * 30 + 30,
        };
        (2..13).map(month).collect()
    }

    /// So many contacts a working day; a third is handed over, two to twenty days later.
    fn floor(seed: u64, until: i64) -> Vec<Contacts> {
        let mut random = Seeded(seed);
        let mut all = Vec::new();
        for day in (0..until).filter(|d| is_working(*d)) {
            for _ in 0..10 + random.below(6) {
                let handed = (random.below(3) == 0)
                    .then(|| day + 2 + i64::try_from(random.below(19)).unwrap_or(0));
                all.push(Contacts {
                    day,
                    handed: handed.filter(|d| *d < until),
                    leads: 1,
                });
            }
        }
        all
    }

    #[test]
    fn a_band_of_eight_in_ten_holds_in_about_eight_of_ten_months() {
        let (mut held, mut all) = (0, 0);
        for seed in 1..=12 {
            for month in back_test(&floor(seed, 390), &months()) {
                all += 1;
                held += i32::from(month.is_held);
            }
        }
        assert!(all >= 100, "{all}");
        let share = f64::from(held) / f64::from(all);
        assert!((0.7..=0.95).contains(&share), "{held} of {all}");
    }

    #[test]
    fn a_plan_that_is_kept_comes_to_what_was_wanted() {
        let contacts = floor(5, 300);
        let month = Month {
            name: "next".to_owned(),
            first: 330,
            after: 360,
        };
        let made = plan(&contacts, &month, 90, 300).unwrap();
        assert!((0.2..0.34).contains(&made.share), "{made:?}");
        assert!((8..14).contains(&made.median_days), "{made:?}");
        assert!(made.contacts.low < made.contacts.middle);
        assert!(made.contacts.middle < made.contacts.high && made.contacts.high < 900.0);
        assert_eq!(
            plan(&contacts, &month, 90, 300),
            Ok(made.clone()),
            "the same again"
        );
        // Contacted as it says, so many are expected.
        let days: Vec<i64> = (made.window.from..=made.window.by)
            .filter(|d| is_working(*d))
            .collect();
        let (curve, _) = curves(&weeks(&contacts, 300), &mut Seeded(1));
        let each = made.contacts.middle / days.len() as f64;
        let come: f64 = days
            .iter()
            .map(|d| each * (at(&curve, month.after - d) - at(&curve, month.first - d)))
            .sum();
        assert!(
            (come + made.on_the_way.middle - 90.0).abs() < 1e-6,
            "{come}"
        );
    }

    #[test]
    fn what_cannot_be_planned_is_said() {
        let contacts = floor(5, 300);
        let month = |first, after| Month {
            name: String::new(),
            first,
            after,
        };
        let why = |made: Result<Plan, (NoPlan, Option<Band>)>| made.unwrap_err().0;
        assert_eq!(why(plan(&[], &month(330, 360), 9, 300)), NoPlan::TooFew);
        assert_eq!(
            why(plan(&contacts[..40], &month(330, 360), 9, 300)),
            NoPlan::TooFew
        );
        assert_eq!(
            why(plan(&contacts, &month(240, 270), 9, 300)),
            NoPlan::TooLate
        );
        assert_eq!(
            why(plan(&contacts, &month(272, 302), 900, 300)),
            NoPlan::TooLate
        );
        assert_eq!(
            why(plan(&contacts, &month(300, 330), 1, 300)),
            NoPlan::Enough
        );
        assert_eq!(back_test(&[], &months()), []);
    }
}
