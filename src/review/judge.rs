//! From answers to a verdict: computed, never chosen (PRODUCT R4, R5, R7).

use super::checklist::{Checklist, Criterion};
use super::given::{Evidence, Given};
use crate::units::CallId;
use serde::Serialize;
use utoipa::ToSchema;

/// What the answers come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub passed: bool,
    /// Titles of the must-pass criteria that failed.
    pub failed: Vec<String>,
}

/// What still stands between the answers and a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Missing {
    pub criterion: String,
    pub what: String,
}

/// The longest evidence is still something to listen to.
const LONGEST_EVIDENCE_MS: u64 = 5 * 60 * 1000;

/// Judges. `calls` gives the length in milliseconds of each of the claim's recordings. Where a row
/// has `failed_already` on a moment that was heard, the rows without an answer are not judged.
///
/// # Errors
/// Everything that is missing or does not fit, in the checklist's order.
pub fn judge(
    checklist: &Checklist,
    given: &[Given],
    calls: &[(CallId, u64)],
    failed_already: bool,
) -> Result<Judgement, Vec<Missing>> {
    let mut missing: Vec<Missing> = Vec::new();
    let mut note = |criterion: &str, what: String| {
        missing.push(Missing {
            criterion: criterion.to_owned(),
            what,
        })
    };
    let mut failed = Vec::new();
    for g in given {
        let times = given
            .iter()
            .filter(|other| other.criterion == g.criterion)
            .count();
        if times > 1 || checklist.criterion(&g.criterion).is_none() {
            note(
                &g.criterion,
                format!(
                    "'{}' is answered twice or is not on the checklist",
                    g.criterion
                ),
            );
        }
    }
    for c in &checklist.criteria {
        let Some(g) = given.iter().find(|g| g.criterion == c.id) else {
            if c.must_pass && !failed_already {
                note(&c.id, format!("{} has no answer yet", c.title));
            }
            continue;
        };
        match c.passes(&g.answer) {
            None => note(
                &c.id,
                format!("{} has no answer called '{}'", c.title, g.answer),
            ),
            Some(true) if c.must_pass => {
                lacking(c, g).into_iter().for_each(|what| note(&c.id, what))
            }
            Some(false) if c.must_pass => failed.push(c.title.clone()),
            Some(_) => {}
        }
        if c.moment_always
            && g.evidence.is_none()
            && !(c.must_pass && c.passes(&g.answer) == Some(true))
        {
            note(&c.id, format!("{} has an answer but no moment", c.title));
        }
        if let Some(what) = g
            .evidence
            .as_ref()
            .and_then(|e| misplaced(e, &c.title, calls))
        {
            note(&c.id, what);
        }
    }
    if missing.is_empty() {
        Ok(Judgement {
            passed: failed.is_empty(),
            failed,
        })
    } else {
        Err(missing)
    }
}

/// What a passing must-pass answer still needs.
fn lacking(c: &Criterion, g: &Given) -> Vec<String> {
    let mut lacking = Vec::new();
    if g.evidence.is_none() {
        lacking.push(format!("{} has an answer but no moment", c.title));
    }
    let words = g
        .words
        .split_whitespace()
        .filter(|w| w.chars().any(char::is_alphabetic))
        .count();
    if (words as u32) < c.words_needed {
        lacking.push(format!(
            "{}: {words} words so far; {} are needed, in the buyer’s own terms",
            c.title, c.words_needed
        ));
    }
    lacking
}

fn misplaced(e: &Evidence, title: &str, calls: &[(CallId, u64)]) -> Option<String> {
    let Some((_, length)) = calls.iter().find(|(id, _)| *id == e.call) else {
        return Some(format!(
            "{title}: the moment lies in a call that is not part of the claim"
        ));
    };
    let fits = e.from_ms < e.to_ms
        && e.to_ms <= length + 1000
        && e.to_ms - e.from_ms <= LONGEST_EVIDENCE_MS;
    (!fits).then(|| format!("{title}: the moment lies outside the recording"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bant() -> Checklist {
        Checklist::parse(super::super::checklist::BANT).unwrap()
    }

    fn full() -> Vec<Given> {
        let at = |from_ms| {
            Some(Evidence {
                call: "c".into(),
                from_ms,
                to_ms: from_ms + 5000,
            })
        };
        let g = |criterion: &str, answer: &str, from| Given {
            criterion: criterion.into(),
            answer: answer.into(),
            evidence: at(from),
            ..Given::default()
        };
        let mut all = vec![
            g("budget", "in_place", 1000),
            g("authority", "decides", 8000),
            g("need", "pain", 20_000),
            g("timescale", "months_3", 30_000),
        ];
        all[2].words = "Drivers lose two hours a day".into();
        all
    }

    fn calls() -> Vec<(CallId, u64)> {
        vec![("c".into(), 60_000)]
    }

    fn what_is_missing(change: impl FnOnce(&mut Vec<Given>)) -> String {
        let mut given = full();
        change(&mut given);
        judge(&bant(), &given, &calls(), false).unwrap_err()[0]
            .what
            .clone()
    }

    #[test]
    fn four_proven_rows_pass_and_one_failing_row_fails() {
        assert!(judge(&bant(), &full(), &calls(), false).unwrap().passed);
        let mut given = full();
        given[0] = Given {
            criterion: "budget".into(),
            answer: "none".into(),
            ..Given::default()
        };
        assert_eq!(
            judge(&bant(), &given, &calls(), false).unwrap(),
            Judgement {
                passed: false,
                failed: vec!["Budget".into()]
            }
        );
    }

    #[test]
    fn a_need_passes_on_a_pain_in_words_and_never_on_size() {
        assert_eq!(
            what_is_missing(|g| g[2].words = "200 vans".into()),
            "Need: 1 words so far; 5 are needed, in the buyer’s own terms"
        );
        let mut given = full();
        given[2].answer = "firmographics".into();
        assert!(!judge(&bant(), &given, &calls(), false).unwrap().passed);
    }

    #[test]
    fn nothing_is_implied() {
        assert_eq!(
            what_is_missing(|g| drop(g.remove(3))),
            "Timescale has no answer yet"
        );
        assert_eq!(
            what_is_missing(|g| g[3].evidence = None),
            "Timescale has an answer but no moment"
        );
        assert_eq!(
            what_is_missing(|g| g[1].answer = "maybe".into()),
            "Authority has no answer called 'maybe'"
        );
        assert!(what_is_missing(|g| g.push(g[0].clone())).contains("twice"));
        assert!(
            what_is_missing(|g| g[0].evidence = Some(Evidence {
                call: "x".into(),
                from_ms: 0,
                to_ms: 1
            }))
            .contains("not part of the claim")
        );
        assert!(
            what_is_missing(|g| g[0].evidence = Some(Evidence {
                call: "c".into(),
                from_ms: 59_000,
                to_ms: 90_000
            }))
            .contains("outside")
        );
    }
}
