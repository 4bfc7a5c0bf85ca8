//! The rules of review by the vectors that the page's tests read too.

use assay::review::heard::{Heard, HeardRange, Listened, Played};
use assay::review::sheet::{Sound, judge_sheet};
use assay::review::{Checklist, Given, judge};
use assay::units::CallId;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Range {
    from_ms: u64,
    to_ms: u64,
}

#[derive(Deserialize)]
struct Clip {
    from_ms: u64,
    to_ms: u64,
    covered: bool,
}

#[derive(Deserialize)]
struct HeardCase {
    name: String,
    played: Vec<Played>,
    heard: Vec<HeardRange>,
    clips: Vec<Clip>,
    speech: Vec<Range>,
    share: f64,
}

#[derive(Deserialize)]
struct Cases<T> {
    cases: Vec<T>,
}

fn pairs(ranges: &[Range]) -> Vec<(u64, u64)> {
    ranges.iter().map(|r| (r.from_ms, r.to_ms)).collect()
}

/// What ranges that were heard come to.
fn played(ranges: &[HeardRange]) -> Heard {
    let mut heard = Heard::default();
    for r in ranges {
        heard.add(&Played {
            from_ms: r.from_ms,
            to_ms: r.to_ms,
            speed: r.speed,
        });
    }
    heard
}

#[test]
fn what_was_heard_is_what_the_vectors_say() {
    let text = include_str!("vectors/review/heard.json");
    let all: Cases<HeardCase> = serde_json::from_str(text).unwrap();
    assert!(all.cases.len() > 5);
    for case in all.cases {
        let mut heard = Heard::default();
        case.played.iter().for_each(|p| heard.add(p));
        assert_eq!(heard.ranges(), case.heard, "{}", case.name);
        for c in case.clips {
            let what = format!("{}: {} to {}", case.name, c.from_ms, c.to_ms);
            assert_eq!(heard.covers(c.from_ms, c.to_ms), c.covered, "{what}");
        }
        let mut listened = Listened::default();
        listened.add(&pairs(&case.speech), &heard);
        assert!(
            (listened.share() - case.share).abs() < 1e-9,
            "{}",
            case.name
        );
    }
}

#[derive(Deserialize)]
struct Call {
    call: CallId,
    length_ms: u64,
}

#[derive(Deserialize)]
struct Reason {
    criterion: String,
    why: String,
}

#[derive(Deserialize)]
struct JudgeCase {
    name: String,
    checklist: String,
    calls: Vec<Call>,
    answers: Vec<Given>,
    passed: Option<bool>,
    reasons: Vec<Reason>,
    heard: Option<BTreeMap<CallId, Vec<HeardRange>>>,
    #[serde(default)]
    speech: BTreeMap<CallId, Vec<Range>>,
    #[serde(default)]
    needed: f64,
}

#[derive(Deserialize)]
struct Judging {
    checklists: BTreeMap<String, Checklist>,
    cases: Vec<JudgeCase>,
}

/// A part of the box's sentence for each reason.
fn sentence(why: &str) -> &'static str {
    match why {
        "answer" => "has no answer yet",
        "moment" => "has an answer but no moment",
        "words" => "words so far",
        "heard" => "was not heard to the end",
        "share" => "of the speech was heard",
        "unknown" => "has no answer called",
        "twice" => "is answered twice or is not on the checklist",
        "place" => "the moment lies",
        other => panic!("no such reason: {other}"),
    }
}

#[test]
fn verdicts_are_what_the_vectors_say() {
    let all: Judging = serde_json::from_str(include_str!("vectors/review/judge.json")).unwrap();
    assert!(all.cases.len() > 20);
    for case in all.cases {
        let list = &all.checklists[&case.checklist];
        let judged = match &case.heard {
            None => {
                let calls: Vec<(CallId, u64)> = case
                    .calls
                    .iter()
                    .map(|c| (c.call.clone(), c.length_ms))
                    .collect();
                judge(list, &case.answers, &calls, false)
            }
            Some(heard) => {
                let sounds: Vec<Sound> = case
                    .calls
                    .iter()
                    .map(|c| Sound {
                        call: c.call.clone(),
                        duration_ms: c.length_ms,
                        speech: case.speech.get(&c.call).map_or(Vec::new(), |s| pairs(s)),
                        heard: heard.get(&c.call).map(|h| played(h)).unwrap_or_default(),
                    })
                    .collect();
                judge_sheet(list, &case.answers, &sounds, case.needed).map(|(j, _)| j)
            }
        };
        match judged {
            Ok(judgement) => {
                assert_eq!(case.passed, Some(judgement.passed), "{}", case.name);
                let titles: Vec<String> = case
                    .reasons
                    .iter()
                    .map(|r| list.title(&r.criterion))
                    .collect();
                assert_eq!(judgement.failed, titles, "{}", case.name);
            }
            Err(missing) => {
                assert_eq!(case.passed, None, "{}: {missing:?}", case.name);
                assert_eq!(
                    missing.len(),
                    case.reasons.len(),
                    "{}: {missing:?}",
                    case.name
                );
                for (m, r) in missing.iter().zip(&case.reasons) {
                    assert_eq!(m.criterion, r.criterion, "{}: {missing:?}", case.name);
                    assert!(m.what.contains(sentence(&r.why)), "{}: {m:?}", case.name);
                }
            }
        }
    }
}
