//! A verdict's rows with the words of the checklist version that it answered.

use crate::review::given::Evidence;
use crate::review::{Checklist, Given, NOT_APPLICABLE};
use serde::Serialize;
use utoipa::ToSchema;

/// One criterion and what was answered.
#[derive(Serialize, ToSchema)]
#[schema(as = Row)]
pub struct AnsweredRow {
    criterion: String,
    title: String,
    must_pass: bool,
    /// False where the row was left unjudged, because the claim had failed on another.
    judged: bool,
    /// The answer in words; null where there is none.
    #[schema(required)]
    answer: Option<String>,
    #[schema(required)]
    passes: Option<bool>,
    #[schema(required)]
    evidence: Option<Evidence>,
    #[schema(required)]
    words: Option<String>,
    #[schema(required)]
    note: Option<String>,
}

/// The rows of a checklist in its order.
pub fn answered_rows(list: &Checklist, given: &[Given]) -> Vec<AnsweredRow> {
    let rows = list.criteria.iter().map(|c| {
        let g = given.iter().find(|g| g.criterion == c.id);
        let answer = g.and_then(|g| c.answers.iter().find(|a| a.id == g.answer));
        let not_applicable = g.filter(|g| g.answer == NOT_APPLICABLE);
        let label = answer
            .map(|a| a.label.clone())
            .or(not_applicable.map(|_| "Does not apply".to_owned()));
        AnsweredRow {
            criterion: c.id.clone(),
            title: c.title.clone(),
            must_pass: c.must_pass,
            judged: g.is_some() || !c.must_pass,
            answer: label,
            passes: answer.map(|a| a.passes),
            evidence: g.and_then(|g| g.evidence.clone()),
            words: g.map(|g| g.words.clone()),
            note: g.map(|g| g.note.clone()),
        }
    });
    rows.collect()
}
