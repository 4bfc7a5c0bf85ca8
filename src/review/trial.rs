//! A checklist's draft tried on past verdicts (PRODUCT R3): what the answers that were given then
//! come to under its rules. It changes no verdict.

use super::{Checklist, Given};

/// What a past verdict would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Would {
    Pass,
    /// With the criteria that fail.
    Fail(Vec<String>),
    /// No criterion fails, and these were not asked then, or by other answers.
    Unknown(Vec<String>),
}

/// Tries a draft on the answers of a past verdict.
#[must_use]
pub fn would(draft: &Checklist, given: &[Given]) -> Would {
    let (mut failed, mut unknown) = (Vec::new(), Vec::new());
    for c in draft.criteria.iter().filter(|c| c.must_pass) {
        let answer = given.iter().find(|g| g.criterion == c.id);
        match answer.and_then(|g| c.passes(&g.answer)) {
            Some(false) => failed.push(c.id.clone()),
            // What passes needs its moment under every version; the words may be more now.
            Some(true) if answer.is_some_and(|g| proves(g, c.words_needed)) => {}
            Some(true) | None => unknown.push(c.id.clone()),
        }
    }
    match (failed.is_empty(), unknown.is_empty()) {
        (false, _) => Would::Fail(failed),
        (true, false) => Would::Unknown(unknown),
        (true, true) => Would::Pass,
    }
}

/// Whether an answer that passes brings what a pass needs.
fn proves(g: &Given, words_needed: u32) -> bool {
    let words = g.words.split_whitespace().count();
    g.evidence.is_some() && words >= words_needed as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::Evidence;
    use crate::review::checklist::BANT;

    fn given(criterion: &str, answer: &str) -> Given {
        Given {
            criterion: criterion.into(),
            answer: answer.into(),
            evidence: Some(Evidence {
                call: "c".into(),
                from_ms: 0,
                to_ms: 5,
            }),
            words: "drivers lose two hours every day".into(),
            ..Given::default()
        }
    }

    fn first_passing(list: &Checklist) -> Vec<Given> {
        let must = list.criteria.iter().filter(|c| c.must_pass);
        must.map(|c| given(&c.id, &c.answers.iter().find(|a| a.passes).unwrap().id))
            .collect()
    }

    #[test]
    fn a_draft_says_what_the_answers_allow() {
        let draft = Checklist::parse(BANT).unwrap();
        let mut answers = first_passing(&draft);
        assert_eq!(would(&draft, &answers), Would::Pass);
        answers[2].words = "too few".into();
        assert_eq!(would(&draft, &answers), Would::Unknown(vec!["need".into()]));
        answers.remove(1);
        assert_eq!(
            would(&draft, &answers),
            Would::Unknown(vec!["authority".into(), "need".into()])
        );
        answers[0] = given("budget", "none");
        assert_eq!(would(&draft, &answers), Would::Fail(vec!["budget".into()]));
        answers[0].answer = "an answer of another version".into();
        assert!(matches!(would(&draft, &answers), Would::Unknown(_)));
    }
}
