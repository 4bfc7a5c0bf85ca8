//! What a mapping must be before it is used.

use super::{CrmKind, LeadField, LeadState, Mapping, Meaning};
use crate::units::Word as _;
use std::collections::BTreeSet;

/// Characters that a name of a field or a state has at most.
pub const LONGEST_NAME: usize = 100;
/// States of theirs that may mean something.
pub const MOST_MEANINGS: usize = 100;

/// What these CRMs give each record themselves.
const THEIR_OWN: [&str; 4] = ["id", "hs_object_id", "deleted", "isdeleted"];

impl Mapping {
    /// The mapping without spaces around names, if it can be used with a kind of CRM.
    ///
    /// # Errors
    /// Names the field or state, and says what to do.
    pub fn checked(mut self, kind: CrmKind) -> Result<Mapping, String> {
        let names = self.fields.values_mut().chain(self.states.values_mut());
        for name in names.chain(self.means.iter_mut().map(|m| &mut m.state)) {
            *name = name.trim().to_owned();
        }
        self.fields.retain(|_, name| !name.is_empty());
        self.check_fields(kind)?;
        self.check_states()?;
        self.check_meanings()?;
        Ok(self)
    }

    fn check_fields(&self, kind: CrmKind) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for (field, name) in &self.fields {
            check_name(kind, *field, name)?;
            if !seen.insert(name.to_lowercase()) {
                return Err(format!(
                    "'{name}' is named for two fields, and takes one: name another for '{field}'"
                ));
            }
        }
        let needed: &[LeadField] = match kind {
            CrmKind::Plain => &[LeadField::Claim],
            CrmKind::EspoCrm | CrmKind::HubSpot => &[LeadField::Claim, LeadField::Contact],
            CrmKind::Salesforce => &[LeadField::Claim, LeadField::Contact, LeadField::Company],
        };
        match needed.iter().find(|f| self.name(**f).is_none()) {
            Some(LeadField::Claim) => Err(
                "'claim' needs a field of its own: by it a lead that is sent again finds its record"
                    .to_owned(),
            ),
            Some(field) => Err(format!(
                "'{field}' needs a field: this CRM takes no lead without one"
            )),
            None => Ok(()),
        }
    }

    /// Each state that is written has a word there.
    fn check_states(&self) -> Result<(), String> {
        if self.name(LeadField::State).is_none() {
            return match self.states.is_empty() {
                true => Ok(()),
                false => Err("No field takes the state: name one, or no states".to_owned()),
            };
        }
        for state in LeadState::ALL {
            let word = self.states.get(state).map_or("", String::as_str);
            check_state(word).map_err(|why| format!("The state '{state}': {why}"))?;
        }
        Ok(())
    }

    fn check_meanings(&self) -> Result<(), String> {
        if self.means.len() > MOST_MEANINGS {
            return Err(format!(
                "At most {MOST_MEANINGS} states of theirs mean something"
            ));
        }
        let mut seen = BTreeSet::new();
        for m in &self.means {
            check_state(&m.state).map_err(|why| format!("A state of theirs: {why}"))?;
            if !seen.insert(m.state.to_lowercase()) {
                return Err(format!(
                    "'{}' is there twice: a state means one thing",
                    m.state
                ));
            }
            self.check_echo(&m.state, m.means)?;
        }
        Ok(())
    }

    /// What the box writes comes back by the CRM's own rules: it must say nothing new then.
    fn check_echo(&self, state: &str, means: Meaning) -> Result<(), String> {
        let folded = state.to_lowercase();
        let mut written = self.states.iter();
        let echo =
            written.find(|(ours, word)| word.to_lowercase() == folded && !same(**ours, means));
        match echo {
            Some((ours, _)) => Err(format!(
                "'{state}' is what the box writes for '{ours}': it cannot mean '{means}' when it \
                 comes back"
            )),
            None => Ok(()),
        }
    }
}

fn same(state: LeadState, means: Meaning) -> bool {
    matches!(
        (state, means),
        (LeadState::Later, Meaning::Later)
            | (LeadState::Nurture, Meaning::Nurture)
            | (LeadState::Rejected, Meaning::Reject)
    )
}

/// A name stands in paths and queries of three of them.
fn check_name(kind: CrmKind, field: LeadField, name: &str) -> Result<(), String> {
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!(
            "The field for '{field}' has a name of at most {LONGEST_NAME} characters on one line"
        ));
    }
    if kind == CrmKind::Plain {
        return Ok(());
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.chars().all(fits) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!(
            "'{name}' is no field's name there: give the one of letters, digits and '_' that the \
             CRM's administration shows, not its label"
        ));
    }
    match THEIR_OWN.contains(&name.to_lowercase().as_str()) {
        true => Err(format!(
            "'{name}' is the CRM's own: nothing is written there"
        )),
        false => Ok(()),
    }
}

fn check_state(word: &str) -> Result<(), String> {
    match word.chars().count() {
        0 => Err("give the CRM's word for it".to_owned()),
        n if n > LONGEST_NAME || word.chars().any(char::is_control) => Err(format!(
            "it has at most {LONGEST_NAME} characters on one line"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Means;
    use super::*;

    fn refused(kind: CrmKind, change: impl Fn(&mut Mapping)) -> String {
        let mut mapping = Mapping::of(kind);
        change(&mut mapping);
        mapping.checked(kind).unwrap_err()
    }

    fn named(field: LeadField, name: &str) -> impl Fn(&mut Mapping) {
        move |m| {
            m.fields.insert(field, name.to_owned());
        }
    }

    fn meaning(state: &str, means: Meaning) -> impl Fn(&mut Mapping) {
        move |m| {
            m.means.push(Means {
                state: state.to_owned(),
                means,
            });
        }
    }

    #[test]
    fn what_each_kind_begins_with_can_be_used_and_is_the_same_checked() {
        for kind in CrmKind::ALL {
            let mapping = Mapping::of(*kind);
            assert_eq!(mapping.clone().checked(*kind), Ok(mapping), "{kind}");
        }
    }

    #[test]
    fn a_mapping_that_would_lose_or_mix_leads_is_refused_in_words() {
        let force = CrmKind::Salesforce;
        for (why, words) in [
            (
                refused(force, named(LeadField::Title, "company")),
                "two fields",
            ),
            (
                refused(force, named(LeadField::Claim, " ")),
                "finds its record",
            ),
            (
                refused(force, named(LeadField::Company, "")),
                "'company' needs a field",
            ),
            (
                refused(force, named(LeadField::Title, "Job title")),
                "'Job title' is no field's",
            ),
            (
                refused(force, named(LeadField::Title, "A' OR Id='")),
                "no field's name",
            ),
            (
                refused(force, named(LeadField::Title, "../User")),
                "no field's name",
            ),
            (refused(force, named(LeadField::Title, "Id")), "CRM's own"),
            (
                refused(CrmKind::Plain, named(LeadField::Title, "a\nb")),
                "one line",
            ),
            (
                refused(force, |m| drop(m.states.remove(&LeadState::Later))),
                "'later': give",
            ),
            (
                refused(force, |m| drop(m.fields.remove(&LeadField::State))),
                "No field takes",
            ),
            (
                refused(force, meaning("closed won", Meaning::Lost)),
                "'closed won' is there twice",
            ),
            (
                refused(force, meaning(" ", Meaning::Lost)),
                "give the CRM's word",
            ),
            (
                refused(CrmKind::HubSpot, meaning("unqualified", Meaning::Lost)),
                "the box writes for 'rejected'",
            ),
        ] {
            assert!(why.contains(words), "{why}");
        }
        let many = refused(force, |m| {
            m.means = (0..=MOST_MEANINGS)
                .map(|n| Means {
                    state: n.to_string(),
                    means: Meaning::Won,
                })
                .collect();
        });
        assert!(many.contains("At most 100"), "{many}");
    }

    #[test]
    fn a_state_that_the_box_writes_may_come_back_as_what_it_is() {
        let mut mapping = Mapping::of(CrmKind::HubSpot);
        meaning("UNQUALIFIED", Meaning::Reject)(&mut mapping);
        let mapping = mapping.checked(CrmKind::HubSpot).unwrap();
        assert_eq!(mapping.meaning(" unqualified"), Some(Meaning::Reject));
        assert_eq!(mapping.meaning("CONNECTED"), None);
    }
}
