//! A claim on its way through the store, as stories of money need it: a recording, what a reviewer
//! heard of it, and answers.

use assay::archive::{AudioFormat, Recording, SealedCall};
use assay::call::CallFacts;
use assay::leads::Numbers;
use assay::review::heard::Played;
use assay::review::{Evidence, Given, Rules};
use assay::store::review::heard;
use assay::store::{Tx, calls};
use assay::units::{CallId, Hertz, Micros, PersonId, Spans, WallTime, Zone};
use uuid::Uuid;

/// No second reviews by chance, and a week for what has a deadline.
pub fn rules() -> Rules {
    Rules {
        heard_share: 0.8,
        second_reviews: 0.0,
        second_review_within: Micros::from_secs(2 * 86_400),
        dispute_within: Micros::from_secs(7 * 86_400),
        read_within: Micros::from_secs(7 * 86_400),
        zone: Zone::utc(),
    }
}

/// A minute's recording that begins now.
pub async fn recorded(tx: &mut Tx, now: WallTime) -> CallId {
    let facts = CallFacts::new(Uuid::now_v7(), now);
    let id = facts.id.to_string();
    let call = SealedCall {
        facts,
        recording: Some(Recording {
            path: format!("recordings/{id}.opus"),
            key: None,
            peaks: format!("recordings/{id}.json"),
            raw: None,
            format: AudioFormat::Opus,
            sample_rate: Hertz(8_000),
            duration_ms: 60_000,
            starts_at: now,
            sha256: "0".repeat(64),
            bytes: 10,
        }),
        lanes: Vec::new(),
        gaps: Vec::new(),
    };
    let numbers = Numbers::new("DE", "").unwrap();
    calls::insert(tx, &[call], &numbers, now).await.unwrap();
    id.into()
}

/// A second is heard, at twice the speed.
pub async fn hear(tx: &mut Tx, item: &str, reviewer: &PersonId, call: &CallId, now: WallTime) {
    let all = Spans::of([(0, 60_000)]);
    heard::serve(tx, reviewer, call, &all, now).await.unwrap();
    let report = heard::Report {
        item: &item.into(),
        reviewer,
        call,
        taken_at: now,
        played: &[Played {
            from_ms: 100,
            to_ms: 1_100,
            speed: 2.0,
        }],
    };
    heard::report(tx, &report, now).await.unwrap();
}

/// Answers to either version that pass, or fail on a heard moment.
pub fn answers(call: &CallId, passed: bool) -> Vec<Given> {
    let row = |criterion: &str, answer: &str| Given {
        criterion: criterion.to_owned(),
        answer: answer.to_owned(),
        evidence: Some(Evidence {
            call: call.clone(),
            from_ms: 100,
            to_ms: 1_100,
        }),
        words: "drivers lose two hours a day".to_owned(),
        note: String::new(),
    };
    match passed {
        true => vec![
            row("budget", "in_place"),
            row("authority", "decides"),
            row("need", "pain"),
            row("timescale", "months_3"),
        ],
        false => vec![row("budget", "none")],
    }
}
