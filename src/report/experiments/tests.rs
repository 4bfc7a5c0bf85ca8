//! Simulated floors: what is called better where nothing is, and what is found where something is.

use super::{
    BadPlan, Comparison, LATE, LONGEST, Over, Phase, Plan, Shuffle, Standing, Unit, Verdict,
    Versus, compare, draw, sums, working_days,
};
use crate::hex::hex;
use sha2::{Digest, Sha256};

/// The same numbers at every run.
struct Seeded(Shuffle);

impl Seeded {
    fn new(seed: u64) -> Seeded {
        Seeded(Shuffle(seed))
    }

    fn unit(&mut self) -> f64 {
        (self.0.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normal enough: twelve uniform ones (Irwin and Hall).
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// People of different skill on days of different luck, a good day more often after a good one.
struct Floor {
    people: usize,
    days: i64,
    over: Over,
    arms: usize,
    /// The second arm connects so many times as often.
    effect: f64,
}

impl Floor {
    /// The units of the experiment after each of its days, and its seed.
    fn days(&self, nth: u64) -> (Vec<Vec<Unit>>, String) {
        let mut random = Seeded::new(nth);
        let seed = format!("{:016x}", random.0.next());
        let skills: Vec<f64> = (0..self.people)
            .map(|_| (0.35 * random.normal()).exp())
            .collect();
        let mut luck = 0.0;
        let names: Vec<String> = match self.over {
            Over::People => (0..self.people).map(|n| format!("p{n}")).collect(),
            Over::Days => working_days(4, 3 + self.days)
                .map(|d| d.to_string())
                .collect(),
        };
        let dealt = draw(&seed, &names, self.arms);
        let arm_of = |name: &str| dealt.iter().find(|(n, _)| n == name).map(|d| d.1);
        let mut units: Vec<Unit> = names
            .iter()
            .map(|n| Unit {
                arm: arm_of(n).unwrap(),
                calls: 0,
                hits: 0,
            })
            .collect();
        let mut seen = Vec::new();
        for day in working_days(4, 3 + self.days) {
            luck = 0.6 * luck + 0.2 * random.normal();
            for (person, skill) in skills.iter().enumerate() {
                let at = match self.over {
                    Over::People => person,
                    Over::Days => names.iter().position(|n| *n == day.to_string()).unwrap(),
                };
                let effect = if units[at].arm == 1 { self.effect } else { 1.0 };
                let rate: f64 = 0.1 * skill * f64::exp(luck) * effect;
                let calls = 15 + (random.unit() * 40.0) as i64;
                let hits = (0..calls).filter(|_| random.unit() < rate.min(0.9)).count();
                units[at].calls += calls;
                units[at].hits += hits as i64;
            }
            seen.push(units.clone());
        }
        (seen, seed)
    }

    /// Of so many experiments, those that call an arm better or worse: as the page tells it, looked
    /// at on every day up to a week after the end; and as somebody would who compares anew each
    /// day.
    fn called(&self, many: u64) -> (usize, usize) {
        let (mut told, mut peeked) = (0, 0);
        let says = |made: &Comparison| {
            let says = |v: &Versus| matches!(v.verdict, Verdict::Better | Verdict::Worse);
            made.versus.iter().any(says)
        };
        for nth in 0..many {
            let (days, seed) = self.days(nth);
            let last = 3 + self.days;
            let (mut page, mut peek) = (false, false);
            for today in 4..=last + LATE + 7 {
                let standing = Standing {
                    last,
                    is_drawn: true,
                    is_counted: today > last + LATE,
                    is_stopped: false,
                };
                let so_far = working_days(4, today.min(last)).count();
                let units = &days[so_far.max(1) - 1];
                match standing.phase(today) {
                    Phase::Counted => page |= says(&compare(units, self.arms, &seed)),
                    _ => peek |= says(&compare(units, self.arms, &seed)),
                }
            }
            told += usize::from(page);
            peeked += usize::from(peek || page);
        }
        (told, peeked)
    }
}

#[test]
fn where_nothing_works_at_most_five_in_a_hundred_say_so() {
    for (name, over, people, days, arms) in [
        ("twelve people in two arms", Over::People, 12, 26, 2),
        ("ten people, twelve days in two arms", Over::Days, 10, 16, 2),
        ("twelve people in three arms", Over::People, 12, 19, 3),
    ] {
        let floor = Floor {
            people,
            days,
            over,
            arms,
            effect: 1.0,
        };
        let many = many(60);
        let (told, peeked) = floor.called(many);
        println!(
            "SHOW {name}, nothing works: {told} of {many} experiments say that something does, \
             looked at daily; {peeked} would if each look compared anew"
        );
        let most = 0.05 * many as f64 + 2.0 * (0.05 * 0.95 * many as f64).sqrt();
        assert!(told as f64 <= most, "{told} of {many}");
    }
}

#[test]
fn what_works_well_is_found() {
    for (name, over, people, days) in [
        ("twelve people, twice as often", Over::People, 12, 26),
        (
            "ten people, twenty days, twice as often",
            Over::Days,
            10,
            28,
        ),
    ] {
        let floor = Floor {
            people,
            days,
            over,
            arms: 2,
            effect: 2.0,
        };
        let many = many(40);
        let (mut better, mut held) = (0, 0);
        for nth in 0..many {
            let (days, seed) = floor.days(nth + 5_000);
            let made = compare(days.last().unwrap(), 2, &seed);
            better += i32::from(made.versus[0].verdict == Verdict::Better);
            let (low, high) = (made.versus[0].low.unwrap(), made.versus[0].high.unwrap());
            // Skill and luck move what twice as often comes to; on average it is near 0.11.
            held += i32::from(low < 0.115 && 0.115 < high);
        }
        println!(
            "SHOW {name}: {better} of {many} say better; {held} intervals have the difference"
        );
        assert!(f64::from(better) >= 0.7 * many as f64, "{better} of {many}");
    }
}

/// How many experiments are simulated; more with ASSAY_SIMULATIONS.
fn many(usually: u64) -> u64 {
    let asked = std::env::var("ASSAY_SIMULATIONS").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(usually)
}

fn units(of: &[(usize, i64, i64)]) -> Vec<Unit> {
    let unit = |(arm, calls, hits): &(usize, i64, i64)| Unit {
        arm: *arm,
        calls: *calls,
        hits: *hits,
    };
    of.iter().map(unit).collect()
}

/// Computed apart, by another program (tests/others/experiments.py).
#[test]
fn a_comparison_is_that_of_another_program() {
    let made = compare(&units(&EIGHT), 2, "s");
    assert_eq!((made.draws, made.all_draws), (70, true));
    let versus = &made.versus[0];
    assert_eq!(versus.verdict, Verdict::Better);
    for (ours, theirs) in [
        (versus.difference, 0.11),
        (versus.chance, 0.028_571_4),
        (versus.low, 0.070_447_0),
        (versus.high, 0.149_553_0),
    ] {
        assert!((ours.unwrap() - theirs).abs() < 1e-6, "{versus:?}");
    }
}

const EIGHT: [(usize, i64, i64); 8] = [
    (0, 100, 8),
    (0, 80, 7),
    (0, 120, 9),
    (0, 100, 12),
    (1, 100, 20),
    (1, 100, 17),
    (1, 90, 19),
    (1, 110, 24),
];

#[test]
fn arms_that_are_alike_or_empty_are_told_in_words() {
    for (of, verdict) in [
        (vec![], Verdict::TooFew),
        (vec![(0, 10, 1)], Verdict::TooFew),
        (vec![(0, 10, 1), (1, 10, 1)], Verdict::TooFew),
        ((0..8).map(|n| (n % 2, 10, 0)).collect(), Verdict::Open),
        ((0..8).map(|n| (n % 2, 10, 10)).collect(), Verdict::Open),
        // Who did not call is in no arm.
        (
            (0..8).map(|n| (n % 2, i64::from(n < 6), 0)).collect(),
            Verdict::TooFew,
        ),
        // Nobody in one, everybody in the other: no spread, and still a figure.
        (
            (0..8).map(|n| (n % 2, 10, 10 * (n % 2) as i64)).collect(),
            Verdict::Better,
        ),
    ] {
        let made = compare(&units(&of), 2, "s");
        assert_eq!(made.versus[0].verdict, verdict, "{of:?}");
        let told = serde_json::to_string(&made).unwrap();
        let figures = [
            made.versus[0].low,
            made.versus[0].high,
            made.versus[0].chance,
        ];
        assert!(figures.iter().flatten().all(|f| f.is_finite()), "{told}");
        assert!(
            sums(&units(&of), 2)
                .iter()
                .all(|s| s.rate().is_none_or(f64::is_finite))
        );
    }
}

#[test]
fn the_interval_leaves_out_zero_exactly_where_chance_is_small() {
    let mut random = Seeded::new(9);
    for _ in 0..200 {
        let of: Vec<(usize, i64, i64)> = (0..9)
            .map(|n| {
                let calls = 20 + (random.unit() * 80.0) as i64;
                let rate = 0.1 + 0.1 * (n % 2) as f64 * random.unit();
                (
                    n % 2,
                    calls,
                    (calls as f64 * rate * (0.7 + 0.6 * random.unit())) as i64,
                )
            })
            .collect();
        let versus = compare(&units(&of), 2, "s").versus.remove(0);
        let (low, high, chance) = (
            versus.low.unwrap(),
            versus.high.unwrap(),
            versus.chance.unwrap(),
        );
        let out = low > 0.0 || high < 0.0;
        assert_eq!(out, chance <= 0.05, "{versus:?}");
    }
}

#[test]
fn a_draw_is_dealt_evenly_and_can_be_redone() {
    let people: Vec<String> = (0..13).map(|n| format!("person-{n}")).collect();
    let dealt = draw("seed", &people, 3);
    let many = |arm| dealt.iter().filter(|d| d.1 == arm).count();
    assert_eq!((many(0), many(1), many(2)), (5, 4, 4));
    let mut turned = people.clone();
    turned.reverse();
    assert_eq!(
        dealt,
        draw("seed", &turned, 3),
        "the order of the list is nothing"
    );
    assert_ne!(dealt, draw("seed2", &people, 3));
    // As anybody draws it: sha256sum of `seed:person-n`, sorted.
    let keys: Vec<String> = dealt
        .iter()
        .map(|(p, _)| hex(&Sha256::digest(format!("seed:{p}"))))
        .collect();
    assert!(keys.is_sorted());
    assert!(draw("seed", &[], 2).is_empty());
}

#[test]
fn a_plan_that_can_tell_nothing_is_none() {
    let good = Plan {
        first: 11,
        last: 40,
        over: Over::People,
        arms: 2,
        people: 8,
    };
    assert_eq!(good.check(10), Ok(()));
    for (wrong, why) in [
        (Plan { arms: 1, ..good }, BadPlan::Arms),
        (Plan { arms: 5, ..good }, BadPlan::Arms),
        (Plan { last: 10, ..good }, BadPlan::Order),
        (Plan { first: 10, ..good }, BadPlan::Early),
        (
            Plan {
                last: 11 + LONGEST,
                ..good
            },
            BadPlan::Long,
        ),
        (Plan { people: 7, ..good }, BadPlan::People),
        (
            Plan {
                arms: 3,
                people: 11,
                ..good
            },
            BadPlan::People,
        ),
        (
            Plan {
                over: Over::Days,
                last: 19,
                ..good
            },
            BadPlan::Days,
        ),
    ] {
        assert_eq!(wrong.check(10), Err(why), "{wrong:?}");
    }
    // Monday to Friday of two weeks are enough for two arms, whoever is there.
    let days = Plan {
        over: Over::Days,
        first: 11,
        last: 22,
        people: 0,
        ..good
    };
    assert_eq!(days.check(10), Ok(()));
}

#[test]
fn an_experiment_that_was_stopped_stays_so() {
    let on = Standing {
        last: 20,
        is_drawn: true,
        is_counted: false,
        is_stopped: false,
    };
    assert_eq!(
        Standing {
            is_drawn: false,
            ..on
        }
        .phase(5),
        Phase::Planned
    );
    assert_eq!(on.phase(20), Phase::Running);
    assert_eq!(on.phase(21), Phase::Waiting);
    assert_eq!(
        Standing {
            is_counted: true,
            ..on
        }
        .phase(25),
        Phase::Counted
    );
    for is_counted in [false, true] {
        let stopped = Standing {
            is_stopped: true,
            is_counted,
            ..on
        };
        assert_eq!(stopped.phase(90), Phase::Stopped);
    }
}
