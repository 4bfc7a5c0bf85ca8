//! The score as a rule: against data made so, another computation, and little to go by.

use super::*;

const SOURCES: [(&str, &str, f64); 4] = [
    ("website request", "A", 0.25),
    ("referral", "A", 0.15),
    ("trade show", "B", 0.0),
    ("webinar", "C", -0.2),
];
const ANSWERS: [(&str, f64); 4] = [
    ("budget=in_place;timescale=months_3", 0.25),
    ("budget=access;timescale=months_3", 0.1),
    ("budget=in_place;timescale=months_12", -0.1),
    ("budget=access;timescale=months_12", -0.25),
];

/// Leads of a year. With `pull` 1 what they are like says how likely they are accepted; with 0 nothing
/// does. How often they were called says nothing.
fn year(seed: u64, many: u64, pull: f64) -> Vec<Past> {
    let mut random = Seeded(seed);
    let start = at("2025-11-03T09:00:00Z");
    let lead = |nth: u64| {
        let (source, grade, by_source) = SOURCES[random.below(4) as usize];
        let (answers, by_answers) = ANSWERS[random.below(4) as usize];
        let spoken = 1 + random.below(3) as i64;
        let at = start + Micros(DAY.0 * 360 * nth as i64 / many as i64);
        Past {
            features: Features {
                grade: grade.into(),
                source: source.into(),
                answers: answers.into(),
                interactions: days(spoken).into(),
            },
            at,
            known_at: days_after(at, 30),
            accepted: random.hits(0.45 + pull * (by_source + by_answers)),
            counted: 1 + random.below(8) as i64,
        }
    };
    (0..many).map(lead).collect()
}

fn tested(past: &[Past]) -> BackTest {
    tested_in(past, &"Europe/Berlin".parse().unwrap())
}

#[test]
fn the_score_beats_a_plain_rate_and_counting_calls_where_there_is_something_to_learn() {
    for seed in 1..=5 {
        let test = tested(&year(seed, 3_000, 1.0));
        println!(
            "seed {seed}: Brier {:.4}, base {:.4}, counting {:.4} (better by {:.4}, {:.4} to {:.4})",
            test.brier,
            test.base.brier,
            test.counting.brier,
            test.counting.better_by,
            test.counting.low,
            test.counting.high
        );
        assert!(test.base.is_beaten && test.counting.is_beaten, "{test:?}");
        assert!(test.bins.len() >= 5, "{:?}", test.bins);
        // It means what it says: where it says 30 to 40 in 100, about so many are accepted.
        let off = |b: &Bin| (b.foretold - b.rate.rate).abs() * b.n as f64;
        let off = test.bins.iter().map(off).sum::<f64>() / test.n as f64;
        assert!(off < 0.06, "{off}: {:?}", test.bins);
        let n: i64 = test.bins.iter().map(|b| b.n).sum();
        assert_eq!(n, test.n);
    }
}

#[test]
fn and_says_that_it_does_not_where_there_is_nothing_to_learn() {
    let beaten = (1..=40).filter(|seed| {
        let test = tested(&year(100 + seed, 1_500, 0.0));
        // Nearly nothing is lost by it either.
        assert!(test.brier - test.base.brier < 0.002, "{test:?}");
        test.base.is_beaten || test.counting.is_beaten
    });
    let beaten = beaten.count();
    println!("SHOW said so of {beaten} in 40 years without anything to learn");
    assert!(beaten <= 3, "{beaten} of 40");
}

#[test]
fn scores_are_those_of_another_computation() {
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    let month = month(&zone);
    let mut past = year(7, 900, 1.0);
    // A source of which there are few, answers that nobody else gave, and a lead without any of it.
    for (nth, lead) in past.iter_mut().enumerate() {
        if nth % 97 == 0 {
            lead.features.source = "fair".into();
            lead.features.grade = "B".into();
        }
        if nth % 211 == 0 {
            lead.features = Features::default();
        }
    }
    let model = Model::learn(&past);
    let mut asked: Vec<Features> = past.iter().step_by(9).map(|p| p.features.clone()).collect();
    asked.push(Features {
        grade: "Z".into(),
        ..Features::default()
    });
    let rows: Vec<Value> = past
        .iter()
        .map(|p| {
            let (name, begins) = month(p.at);
            json!({
                "features": listed(&p.features), "accepted": i64::from(p.accepted),
                "counted": p.counted, "month": name, "begins": begins.micros(),
                "known_at": p.known_at.micros(),
            })
        })
        .collect();
    let asked_rows: Vec<Value> = asked.iter().map(listed).collect();
    let Some(told) = apart("score", &json!({ "leads": rows, "asked": asked_rows })) else {
        return;
    };
    let test = back_test(&past, &month).unwrap();
    assert_eq!(told["n"], test.n);
    near(test.brier, &told["brier"][0], 1e-9);
    near(test.base.brier, &told["brier"][1], 1e-9);
    near(test.counting.brier, &told["brier"][2], 1e-9);
    let bins: Vec<Value> = test
        .bins
        .iter()
        .map(|b| json!([b.from, b.n, b.accepted]))
        .collect();
    assert_eq!(told["bins"], json!(bins));
    for (features, there) in asked.iter().zip(told["scores"].as_array().unwrap()) {
        let here = model.score(features).unwrap();
        near(here.share, &there[0], 1e-9);
        near(here.low, &there[1], 2e-5);
        near(here.high, &there[2], 2e-5);
        assert_eq!(there[3], here.n);
    }
    println!(
        "SHOW {} scores and {} back-tested leads agree",
        asked.len(),
        test.n
    );
}

#[test]
fn a_lead_falls_back_to_wider_likeness_and_says_so() {
    let mut past = year(3, 400, 1.0);
    let rare = Features {
        answers: "budget=rare".into(),
        ..past[0].features.clone()
    };
    for lead in past.iter_mut().take(4) {
        lead.features = rare.clone();
    }
    let model = Model::learn(&past);
    let score = model.score(&rare).unwrap();
    assert_eq!(
        score.level,
        ScoreLevel::Source,
        "only 4 had the same answers"
    );
    assert_eq!(score.steps[3].n, 4);
    assert!(score.n >= FEWEST && score.n == score.steps[2].n);
    assert!(score.low < score.share && score.share < score.high);
    let nobody = model.score(&Features {
        grade: "E".into(),
        ..Features::default()
    });
    let nobody = nobody.unwrap();
    assert_eq!((nobody.level, nobody.n), (ScoreLevel::All, 400));
    // Closer leads count for more than wider ones: the score is between the two rates.
    let known = model.score(&past[10].features).unwrap();
    assert!(known.level >= ScoreLevel::Answers, "{known:?}");
}

#[test]
fn too_little_and_all_alike_are_answered_in_figures_and_never_in_nan() {
    let of = |many: u64, accepted: Option<bool>| {
        let mut past = year(9, many.max(1), 1.0);
        past.truncate(many as usize);
        if let Some(accepted) = accepted {
            past.iter_mut().for_each(|p| p.accepted = accepted);
        }
        past
    };
    let zone = Zone::utc();
    for past in [of(0, None), of(1, None), of(FEWEST_PAST as u64 - 1, None)] {
        assert_eq!(Model::learn(&past).score(&Features::default()), None);
        assert!(back_test(&past, month(&zone)).is_none());
    }
    for all in [true, false] {
        let past = of(600, Some(all));
        let score = Model::learn(&past).score(&past[0].features).unwrap();
        assert!(score.share.is_finite() && score.low.is_finite() && score.high.is_finite());
        assert!((0.0..=1.0).contains(&score.low) && score.low <= score.high && score.high <= 1.0);
        assert_eq!(score.share > 0.5, all, "{score:?}");
        let test = back_test(&past, month(&zone)).unwrap();
        assert!(!test.base.is_beaten && !test.counting.is_beaten, "{test:?}");
        assert!(test.base.low.is_finite() && test.brier < 1e-3);
    }
}

#[test]
fn a_month_is_scored_by_what_was_known_when_it_began() {
    let zone = Zone::utc();
    let mut past = year(5, 1_000, 1.0);
    let (before, _) = scored_before(&past, month(&zone));
    // What was said in the last forty days of the year changes no score of what came before.
    let late = past.last().unwrap().at - Micros(DAY.0 * 40);
    for lead in past.iter_mut().filter(|p| p.known_at > late) {
        lead.accepted = !lead.accepted;
    }
    let (after, _) = scored_before(&past, month(&zone));
    let earlier = before
        .iter()
        .zip(&after)
        .filter(|(b, _)| past[b.nth].at < late);
    let mut compared = 0;
    for (b, a) in earlier {
        assert_eq!((b.nth, b.share), (a.nth, a.share));
        compared += 1;
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn who_calls_again_and_again_raises_no_score() {
    // On telesales' list a lead is called, or it is reached, and reached twice is reached.
    assert_eq!(tried(2, true), tried(200, true));
    assert_eq!(tried(6, false), tried(60, false));
    assert_eq!(states_of(0, false), ["not_called"]);
    assert_eq!(
        states_of(4, true),
        ["not_called", "called_1_2", "called_3_5", "reached"]
    );
    // On sales' list days with a conversation count, and no more than three.
    assert_eq!(days(3), days(30));
    // Calls in vain lower what is expected, where they lowered it for others.
    let mut random = Seeded(4);
    let mut past = Vec::new();
    for lead in year(4, 1_200, 0.0) {
        let before = random.below(9) as i64;
        for state in states_of(before, false) {
            past.push(Past {
                features: Features {
                    answers: String::new(),
                    interactions: state.into(),
                    ..lead.features.clone()
                },
                accepted: before < 3 && lead.accepted,
                ..lead.clone()
            });
        }
    }
    let model = Model::learn(&past);
    let of = |attempts| {
        model.share(&Features {
            answers: String::new(),
            interactions: tried(attempts, false).into(),
            ..past[0].features.clone()
        })
    };
    assert!(of(7) < of(0), "{:?} {:?}", of(7), of(0));
}
