//! The sheet that a reviewer hands in: the answers by the checklist's rules, and the evidence by
//! what was heard (PRODUCT R7, R8). Evidence that nobody listened to proves nothing.

use super::heard::{Heard, Listened};
use super::{Checklist, Given, Judgement, Missing, judge};
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

/// Judges the answers; gives what they come to and what was heard. A pass needs `heard_share` of
/// the speech, 0 to 1.
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
    let judgement = judge(list, given, &lengths)?;
    let mut missing: Vec<Missing> = given
        .iter()
        .filter_map(|g| unheard(list, g, sounds))
        .collect();
    let listened = listened(sounds);
    if judgement.passed && listened.share() < heard_share {
        missing.push(Missing {
            criterion: String::new(),
            what: format!(
                "{} % of the speech was heard; {} % are needed before a claim passes",
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

/// What is missing where an answer points at a moment that was not heard.
fn unheard(list: &Checklist, given: &Given, sounds: &[Sound]) -> Option<Missing> {
    let e = given.evidence.as_ref()?;
    let was_heard = sounds
        .iter()
        .any(|s| s.call == e.call && s.heard.covers(e.from_ms, e.to_ms));
    let title = list
        .criterion(&given.criterion)
        .map_or(given.criterion.as_str(), |c| c.title.as_str());
    (!was_heard).then(|| Missing {
        criterion: given.criterion.clone(),
        what: format!("{title}: its moment was not heard to the end; play it"),
    })
}
