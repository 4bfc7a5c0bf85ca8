//! Checklists as TOML files under `config/checklists/`; the bytes of a version never change once it
//! is in force.

use super::given::Given;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is asked of a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    pub name: String,
    pub criteria: Vec<Criterion>,
}

/// One question with its possible answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Stable across versions: `budget`.
    pub id: String,
    pub title: String,
    /// A few words beside the title.
    #[serde(default)]
    pub hint: String,
    /// When it counts as met.
    #[serde(default)]
    pub definition: String,
    #[serde(default)]
    pub counts: String,
    #[serde(default)]
    pub does_not_count: String,
    /// The lead passes only when this one does; the others are for information.
    #[serde(default)]
    pub must_pass: bool,
    /// "Does not apply" is an answer too.
    #[serde(default)]
    pub may_not_apply: bool,
    /// A pass needs at least this many words in the buyer's own terms (PRODUCT R4).
    #[serde(default)]
    pub words_needed: u32,
    /// A moment is asked for whatever the answer; a must-pass criterion that passes always needs
    /// one (PRODUCT R5).
    #[serde(default)]
    pub moment_always: bool,
    pub answers: Vec<Answer>,
}

/// One possible answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PossibleAnswer)]
pub struct Answer {
    pub id: String,
    pub label: String,
    #[serde(default)]
    pub passes: bool,
    /// It says that something was not said: no moment shows that.
    #[serde(default)]
    pub absent: bool,
}

/// The answer that every criterion with `may_not_apply` has.
pub const NOT_APPLICABLE: &str = "n/a";

impl Criterion {
    /// Whether an answer meets the criterion; `None` for an answer that it does not have.
    #[must_use]
    pub fn passes(&self, answer: &str) -> Option<bool> {
        if answer == NOT_APPLICABLE && self.may_not_apply {
            return Some(true);
        }
        let known = self.answers.iter().find(|a| a.id == answer);
        known.map(|a| a.passes)
    }
}

impl Checklist {
    /// The criterion of an id.
    #[must_use]
    pub fn criterion(&self, id: &str) -> Option<&Criterion> {
        self.criteria.iter().find(|c| c.id == id)
    }

    /// A criterion's title, or its id where a later version no longer has it.
    #[must_use]
    pub fn title(&self, id: &str) -> String {
        self.criterion(id).map_or(id, |c| &c.title).to_owned()
    }

    /// Whether these answers meet a criterion; `None` where it was not answered.
    #[must_use]
    pub fn met(&self, id: &str, given: &[Given]) -> Option<bool> {
        let g = given.iter().find(|g| g.criterion == id)?;
        self.criterion(id)?.passes(&g.answer)
    }

    /// Reads a checklist.
    ///
    /// # Errors
    /// Names the line, or the criterion and what is wrong with it.
    pub fn parse(toml_text: &str) -> Result<Checklist, String> {
        let list: Checklist = toml::from_str(toml_text).map_err(|e| e.to_string())?;
        if list.criteria.is_empty() || list.criteria.len() > 9 {
            return Err(
                "a checklist has one to nine criteria: each is marked by a digit".to_owned(),
            );
        }
        for (i, c) in list.criteria.iter().enumerate() {
            let wrong = |what: &str| Err(format!("criterion '{}': {what}", c.id));
            if list.criteria[..i].iter().any(|other| other.id == c.id) {
                return wrong("its id stands twice");
            }
            if c.answers.len() < 2 || c.answers.len() > 5 {
                return wrong("it needs two to five answers: each is given by a letter");
            }
            if c.id.is_empty() || c.title.trim().is_empty() {
                return wrong("it needs an id and a title");
            }
            if c.answers.iter().enumerate().any(|(j, a)| {
                a.id == NOT_APPLICABLE
                    || a.label.trim().is_empty()
                    || c.answers[..j].iter().any(|other| other.id == a.id)
            }) {
                return wrong("each answer needs an id of its own and words");
            }
            if c.must_pass
                && (!c.answers.iter().any(|a| a.passes) || c.answers.iter().all(|a| a.passes))
            {
                return wrong(
                    "a must-pass criterion needs an answer that passes and one that does not",
                );
            }
        }
        if !list.criteria.iter().any(|c| c.must_pass) {
            return Err(
                "a checklist needs a must-pass criterion: without one every lead would pass"
                    .to_owned(),
            );
        }
        Ok(list)
    }
}

/// The BANT checklist that the product begins with.
pub const BANT: &str = include_str!("../../config/checklists/bant.toml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bant_reads_and_asks_four_things() {
        let bant = Checklist::parse(BANT).unwrap();
        let must: Vec<&str> = bant
            .criteria
            .iter()
            .filter(|c| c.must_pass)
            .map(|c| c.id.as_str())
            .collect();
        assert_eq!(must, ["budget", "authority", "need", "timescale"]);
        assert_eq!(bant.criteria[2].words_needed, 5);
    }

    #[test]
    fn a_list_that_could_not_be_judged_is_refused() {
        let broken =
            |from: &str, to: &str| Checklist::parse(&BANT.replacen(from, to, 1)).unwrap_err();
        assert!(broken("id = \"authority\"", "id = \"budget\"").contains("twice"));
        assert!(broken("must_pass = true", "must_pas = true").contains("must_pas"));
        assert!(
            Checklist::parse(&BANT.replace("must_pass = true", ""))
                .unwrap_err()
                .contains("every lead")
        );
    }
}
