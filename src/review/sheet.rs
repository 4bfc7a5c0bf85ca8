//! The sheet that a reviewer hands in: the answers by the checklist's rules, and the evidence by
//! what was heard (PRODUCT R7, R8). Evidence that nobody listened to proves nothing.

use super::heard::{Heard, Listened};
use super::{Checklist, Criterion, Evidence, Given, Judgement, Missing, judge};
use crate::units::CallId;

/// One recorded call of what is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    pub call: CallId,
    /// Length of the recording in milliseconds.
    pub duration_ms: u64,
    /// Where either side speaks, as (from, to) in milliseconds from the recording's start.
    pub speech: Vec<(u64, u64)>,
    /// What this reviewer has heard of it.
    pub heard: Heard,
}

/// What was heard of the speech in all of these calls.
#[must_use]
pub fn listened(sounds: &[Sound]) -> Listened {
    let mut all = Listened::default();
    sounds.iter().for_each(|s| all.add(&s.speech, &s.heard));
    all
}

/// Judges the answers; gives what they come to and what was heard. A verdict needs `heard_share` of
/// the speech, 0 to 1; a fail that rests on a heard moment of a must-pass row needs no more than
/// that moment, and leaves the rows without an answer unjudged.
///
/// # Errors
/// Everything that is missing: the checklist's own first, then what was not heard.
pub fn judge_sheet(
    list: &Checklist,
    given: &[Given],
    sounds: &[Sound],
    heard_share: f64,
) -> Result<(Judgement, Listened), Vec<Missing>> {
    let lengths: Vec<(CallId, u64)> = sounds
        .iter()
        .map(|s| (s.call.clone(), s.duration_ms))
        .collect();
    let failed_already = given.iter().any(|g| fails_on_a_moment(list, g, sounds));
    let judgement = judge(list, given, &lengths, failed_already)?;
    let mut missing: Vec<Missing> = given
        .iter()
        .filter_map(|g| unheard(list, g, sounds))
        .collect();
    let listened = listened(sounds);
    if !failed_already && listened.share() < heard_share {
        missing.push(Missing {
            criterion: String::new(),
            what: format!(
                "{} % of the speech was heard; {} % are needed, or a heard moment on which a \
                 must-pass row fails",
                (listened.share() * 100.0).floor(),
                heard_share * 100.0
            ),
        });
    }
    if missing.is_empty() {
        Ok((judgement, listened))
    } else {
        Err(missing)
    }
}

/// Nothing is said in less: a shorter moment decides no claim.
const DECIDING_MS: u64 = 1_000;

/// Whether enough was heard of a claim's calls to tell which company it is about: a second in all.
pub fn tells_company<'a>(heard: impl Iterator<Item = &'a Heard>) -> bool {
    heard.map(|h| h.all().total()).sum::<u64>() >= DECIDING_MS
}

/// Whether an answer fails a must-pass row and points at a moment that was heard. That something
/// was not said is shown by no moment.
fn fails_on_a_moment(list: &Checklist, g: &Given, sounds: &[Sound]) -> bool {
    let said = |c: &Criterion| c.answers.iter().any(|a| a.id == g.answer && !a.absent);
    let fails = list
        .criterion(&g.criterion)
        .is_some_and(|c| c.must_pass && c.passes(&g.answer) == Some(false) && said(c));
    let decides = |e: &Evidence| e.to_ms.saturating_sub(e.from_ms) >= DECIDING_MS;
    fails
        && g.evidence
            .as_ref()
            .is_some_and(|e| decides(e) && was_heard(e, sounds))
}

fn was_heard(e: &Evidence, sounds: &[Sound]) -> bool {
    let of_call = sounds.iter().find(|s| s.call == e.call);
    of_call.is_some_and(|s| s.heard.covers(e.from_ms, e.to_ms))
}

/// What is missing where an answer points at a moment that was not heard.
fn unheard(list: &Checklist, given: &Given, sounds: &[Sound]) -> Option<Missing> {
    let e = given.evidence.as_ref()?;
    let title = list
        .criterion(&given.criterion)
        .map_or(given.criterion.as_str(), |c| c.title.as_str());
    (!was_heard(e, sounds)).then(|| Missing {
        criterion: given.criterion.clone(),
        what: format!("{title}: its moment was not heard to the end; play it"),
    })
}
