//! What must not be recorded (PRODUCT C17): numbers, pauses, destinations without consent. Decided
//! before the spool, so that what is withheld never touches the disk; the call keeps its row, and
//! the withheld time is a gap with its reason.

use super::numbers::same;

/// The rules of a house. The configuration is read whole or not at all: a rule that cannot be read
/// stops the start, so that nothing is recorded under half of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeepOut {
    /// Numbers and lines whose calls are never recorded; a `*` at the end matches any rest.
    pub never: Vec<String>,
    /// Keys that either side presses (RFC 4733, INFO) to pause and to go on; empty for no key.
    pub pause: String,
    /// Keys that end a pause; empty for no key.
    pub resume: String,
    /// The first whose prefix fits the callee's number holds.
    pub destinations: Vec<Destination>,
}

/// What consent a destination asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destination {
    /// As dialled, or with `+` and country code.
    pub prefix: String,
    /// Record before consent; otherwise recording begins with it.
    pub keep_without_consent: bool,
    /// A header of the INVITE or of a later message that says yes, by being there and not being
    /// `no`.
    pub header: String,
    /// Keys that the other side presses to say yes.
    pub keys: String,
}

impl KeepOut {
    /// Whether calls with this number are never recorded.
    pub fn is_never(&self, number: &str) -> bool {
        self.never.iter().any(|rule| match rule.strip_suffix('*') {
            Some(prefix) => begins(number, prefix),
            None => rule == number || same(Some(rule), Some(number)),
        })
    }

    /// The rule for a callee's number.
    pub fn destination(&self, number: &str) -> Option<&Destination> {
        self.destinations.iter().find(|d| begins(number, &d.prefix))
    }

    /// Whether keys mean anything at all.
    pub fn listens(&self) -> bool {
        !self.pause.is_empty()
            || !self.resume.is_empty()
            || self.destinations.iter().any(|d| !d.keys.is_empty())
    }
}

/// A prefix of the number as it is, or of its international form however it was written.
fn begins(number: &str, prefix: &str) -> bool {
    let plain = |n: &str| -> String {
        n.chars()
            .filter(|c| c.is_ascii_digit() || *c == '+')
            .collect()
    };
    let (number, prefix) = (plain(number), plain(prefix));
    let international = |n: &str| {
        n.strip_prefix('+')
            .or_else(|| n.strip_prefix("00"))
            .map(str::to_owned)
    };
    number.starts_with(&prefix)
        || international(&prefix)
            .is_some_and(|p| international(&number).is_some_and(|n| n.starts_with(&p)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_fit_numbers_however_they_are_written() {
        let rules = KeepOut {
            never: vec!["112".into(), "+4940999*".into(), "+49 30 555 0123".into()],
            ..KeepOut::default()
        };
        for number in [
            "112",
            "+4940999123",
            "0049 40 999 1",
            "030 5550123",
            "+49305550123",
        ] {
            assert!(rules.is_never(number), "{number}");
        }
        for number in ["1120", "+49409", "0305550124", "201"] {
            assert!(!rules.is_never(number), "{number}");
        }
    }
}
