//! Simulated houses: what is found, how soon, and how often nothing is called a fall.

use super::expected::{Against, Dials, expected};
use super::level::{Step, limit, moves};
use super::{Change, report};
use std::collections::BTreeMap;

/// The same numbers at every run (SplitMix64, Steele 2014).
struct Seeded(u64);

impl Seeded {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A house: so many numbers, each with so many calls on every working day.
struct House {
    seed: u64,
    numbers: usize,
    weeks: i64,
    a_day: i64,
    rate: f64,
    /// How much a number's days differ from each other, as a share.
    days_vary: f64,
}

impl House {
    /// Calls in order. The first number connects `to` times as often from call `after` on.
    fn calls(&self, after: i64, to: f64) -> Vec<Dials> {
        let mut random = Seeded(self.seed);
        let mut of: BTreeMap<(i64, i64, usize, usize), (i64, i64)> = BTreeMap::new();
        let mut made = vec![0_i64; self.numbers];
        for day in (0..self.weeks * 7).filter(|d| d % 7 < 5) {
            let mut minutes: Vec<i64> = Vec::new();
            for number in 0..self.numbers {
                let today = 1.0 + self.days_vary * (random.unit() * 2.0 - 1.0) * 3_f64.sqrt();
                minutes.clear();
                minutes.extend((0..self.a_day).map(|_| 490 + (random.unit() * 112.0) as i64 * 5));
                minutes.sort_unstable();
                for minute in &minutes {
                    let campaign = usize::from(random.unit() < 0.3);
                    let mut rate = self.rate * [0.93, 1.1633][campaign] * today;
                    rate *= if (minute - 10) % 60 >= 40 { 1.5 } else { 0.75 };
                    if number == 0 && made[0] >= after {
                        rate *= to;
                    }
                    made[number] += 1;
                    let into = of.entry((day + 4, *minute, number, campaign)).or_default();
                    into.0 += 1;
                    into.1 += i64::from(random.unit() < rate);
                }
            }
        }
        let dials = |((day, minute, number, campaign), (calls, connects))| Dials {
            shown: format!("+4930{number}").into(),
            campaign: format!("c{campaign}").into(),
            day,
            minute,
            calls,
            connects,
        };
        of.into_iter().map(dials).collect()
    }
}

const CALM: House = House {
    seed: 1,
    numbers: 10,
    weeks: 13,
    a_day: 200,
    rate: 0.09,
    days_vary: 0.0,
};

/// A number's steps, and where its charts say that it moved.
fn steps_of(dials: &[Dials], shown: &str) -> (Vec<Step>, f64) {
    let (each, together) = expected(dials);
    let step = |d: &Dials, expected: f64| Step {
        day: d.day,
        calls: d.calls,
        connects: d.connects,
        expected,
    };
    let all: Vec<Step> = dials
        .iter()
        .zip(together)
        .map(|(d, e)| step(d, e))
        .collect();
    let own = dials.iter().zip(each).filter(|(d, _)| &*d.shown == shown);
    (own.map(|(d, (_, e))| step(d, e)).collect(), limit(&all))
}

/// How many houses are simulated; more with ASSAY_SIMULATIONS.
fn many(usually: u64) -> u64 {
    let asked = std::env::var("ASSAY_SIMULATIONS").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(usually)
}

/// Thirteen weeks of a house in which nothing changes: falls that are called all the same.
#[test]
fn at_most_one_false_alarm_a_quarter() {
    for (numbers, a_day, days_vary) in
        [(10, 200, 0.0), (3, 200, 0.0), (10, 40, 0.0), (10, 200, 0.2)]
    {
        let houses = many(if a_day == 200 && numbers == 10 { 2 } else { 8 });
        let mut falls = 0;
        for seed in 0..houses {
            let house = House {
                seed: seed + 1_000,
                numbers,
                a_day,
                days_vary,
                ..CALM
            };
            let made = report(&house.calls(i64::MAX, 1.0), 20);
            let changes = made.numbers.iter().flat_map(|n| &n.changes);
            falls += changes.filter(|c| c.fell).count();
        }
        println!(
            "SHOW {numbers} numbers, {} calls a week each, days that vary by {days_vary}: {falls} \
             false alarms in {houses} quarters",
            a_day * 5
        );
        // One a quarter, and what chance adds to so few.
        let most = houses as f64 + 2.0 * (houses as f64).sqrt();
        assert!(falls as f64 <= most, "{falls} in {houses}");
    }
}

/// A number falls from 9 to 4 in 100, after some weeks of quiet.
#[test]
fn a_planted_fall_is_found_and_dated() {
    for (numbers, a_day, before, to) in [
        (10, 200, 8_000, 4.0),
        (3, 200, 8_000, 4.0),
        (3, 200, 2_000, 4.0),
        (10, 40, 1_000, 4.0),
        (3, 200, 8_000, 6.0),
    ] {
        let houses = many(if numbers == 10 && a_day == 200 { 3 } else { 10 });
        let (mut delays, mut dated, mut found) = (Vec::new(), 0, 0);
        for seed in 0..houses {
            let weeks = if a_day == 200 { 11 } else { 13 };
            let house = House {
                seed: seed + 9_000,
                numbers,
                a_day,
                weeks,
                ..CALM
            };
            let dials = house.calls(before, to / 9.0);
            let (own, limit) = steps_of(&dials, "+49300");
            let (mut so_far, mut split) = (0, 0);
            while so_far < before {
                so_far += own[split].calls;
                split += 1;
            }
            let moved = moves(&own, limit)
                .into_iter()
                .find(|m| m.fell && m.alarm >= split);
            let Some(moved) = moved else {
                delays.push(i64::MAX);
                continue;
            };
            found += 1;
            dated += i32::from(moved.first <= split && split <= moved.last);
            delays.push(own[split..=moved.alarm].iter().map(|s| s.calls).sum());
        }
        delays.sort_unstable();
        let at = |share: usize| delays[(delays.len() - 1) * share / 100];
        let within = delays.iter().filter(|d| **d <= 400).count();
        println!(
            "SHOW {numbers} numbers, {} calls a week each, 9 to {to} in 100 after {before} calls: \
             found after {} calls at the median, {} at the 90th percentile, {within} of {houses} \
             within 400; the interval has the day in {dated} of {found}",
            a_day * 5,
            at(50),
            at(90)
        );
        if to < 5.0 {
            assert!(
                found as u64 >= houses * 8 / 10 && at(50) < 600,
                "{delays:?}"
            );
            assert!(dated * 10 >= found * 7, "{dated} of {found}");
        }
    }
}

fn dials(shown: &str, day: i64, minute: i64, calls: i64, connects: i64) -> Dials {
    Dials {
        shown: shown.into(),
        campaign: "".into(),
        day,
        minute,
        calls,
        connects,
    }
}

#[test]
fn a_number_is_held_against_the_others_in_its_slots() {
    // Number 1 calls in a good slot, number 2 in a bad one, the third in both: 30 and 10 in 100.
    let mut all = Vec::new();
    for day in (4..60).filter(|d| (d + 3) % 7 < 5) {
        all.push(dials("1", day, 600, 100, 30));
        all.push(dials("3", day, 600, 100, 30));
        all.push(dials("2", day, 700, 100, 10));
        all.push(dials("3", day, 700, 100, 10));
    }
    let made = report(&all, 20);
    assert_eq!(made.numbers[0].shown, "3");
    for number in &made.numbers {
        assert_eq!(number.against, Against::Others);
        let (rate, expected) = (number.rate.unwrap().rate, number.expected.unwrap());
        // As its slots are: within what a stratum leans on its campaign.
        assert!((rate - expected).abs() < 0.02, "{number:?}");
        assert_eq!(number.changes, []);
        assert_eq!(number.weeks.len(), 8);
        assert_eq!((number.weeks[0].day + 3) % 7, 0, "a Monday");
    }
    let all = made.all.unwrap();
    assert_eq!((all.calls, all.connects, all.days), (16_000, 3_200, 40));
}

/// A campaign's bad weeks are no number's fault; they are the fall of all together.
#[test]
fn what_happens_to_all_numbers_is_told_of_all_together() {
    let mut random = Seeded(5);
    let mut all = Vec::new();
    for day in (4..100).filter(|d| (d + 3) % 7 < 5) {
        let rate = if day < 60 { 0.15 } else { 0.06 };
        for number in ["1", "2", "3", "4"] {
            let connects = (0..60).filter(|_| random.unit() < rate).count() as i64;
            all.push(dials(number, day, 600, 60, connects));
        }
    }
    let made = report(&all, 20);
    let fell = &made.all.as_ref().unwrap().changes;
    assert!(fell.len() == 1 && fell[0].fell, "{fell:?}");
    assert!(fell[0].first <= 60 && fell[0].last >= 57, "{fell:?}");
    let then = |c: &Change| (50..70).contains(&c.day);
    let fell = made.numbers.iter().filter(|n| n.changes.iter().any(then));
    assert_eq!(fell.count(), 0, "{made:?}");
}

#[test]
fn nothing_little_and_all_on_one_day_are_told_without_a_change() {
    let made = report(&[], 20);
    assert_eq!((made.all, made.numbers), (None, Vec::new()));
    for (calls, connects) in [(1, 0), (1, 1), (40, 0), (4_000, 4_000), (4_000, 0)] {
        let one = report(&[dials("1", 4, 600, calls, connects)], 20);
        let number = &one.numbers[0];
        assert_eq!(number.rate.is_some(), calls >= 20);
        assert_eq!(number.against, Against::Itself);
        assert_eq!(number.changes, []);
        let told = serde_json::to_string(&one).unwrap();
        assert!(!told.contains("NaN") && !told.contains("inf"), "{told}");
    }
}

/// A short fall that was over again, and bad days months later: it was told to have begun on those,
/// after it was noticed, at any time of the year.
#[test]
fn a_change_has_begun_when_it_is_noticed() {
    let told = |last: i64| {
        let days = (0..last).map(|day| match day {
            100..106 | 306.. => 0,
            _ => 2 + day % 2,
        });
        let all: Vec<Dials> = (0..)
            .zip(days)
            .map(|(day, connects)| dials("1", day, 600, 20, connects))
            .collect();
        let made = report(&all, 20);
        made.numbers[0].changes.clone()
    };
    let then = told(106);
    assert!(then.len() == 1 && then[0].fell, "{then:?}");
    assert!(then[0].day == 100 && then[0].first > 90, "{then:?}");
    assert_eq!(told(309), [], "it is over");
    // While it is told, it has begun.
    for change in (107..330).flat_map(told) {
        assert!(change.day <= change.noticed, "{change:?}");
    }
}

proptest::proptest! {
    /// Whatever calls there are, figures are figures and changes lie in their order.
    #[test]
    fn no_calls_make_a_figure_that_is_none(
        rows in proptest::collection::vec(
            (0_usize..3, 0_i64..30, 0_i64..1_440, 1_i64..400, 0_i64..400),
            0..80,
        )
    ) {
        let mut all: Vec<Dials> = rows
            .into_iter()
            .map(|(n, day, minute, calls, hits)| {
                dials(["", "1", "2"][n], day, minute, calls, hits.min(calls))
            })
            .collect();
        all.sort_by_key(|d| (d.day, d.minute));
        let made = report(&all, 20);
        for number in made.numbers.iter().chain(&made.all) {
            for change in &number.changes {
                proptest::prop_assert!(change.first <= change.day && change.day <= change.last);
                proptest::prop_assert!(number.first <= change.first && change.last <= number.last);
            }
            let finite = number.weeks.iter().filter_map(|w| w.expected).all(f64::is_finite);
            proptest::prop_assert!(finite && number.expected.is_none_or(f64::is_finite));
        }
    }
}
