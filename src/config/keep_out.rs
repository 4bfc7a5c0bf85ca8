//! `[keep_out]`: what is not recorded.

use super::BadValue;
use serde::Deserialize;

/// What is not recorded.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct KeepOut {
    /// Numbers and lines whose calls are never recorded; a `*` at the end matches any rest.
    pub never: Vec<String>,
    /// Keys that pause recording; empty for none.
    pub pause_keys: String,
    pub resume_keys: String,
    /// Pressed keys are silenced in the sound and not written down.
    pub mask_digits: bool,
    pub destination: Vec<Destination>,
}

/// What consent a destination asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// As dialled, or with `+` and country code.
    pub prefix: String,
    pub without_consent: WithoutConsent,
    /// A header that gives consent; empty for none.
    #[serde(default)]
    pub consent_header: String,
    /// Keys by which the other side consents; empty for none.
    #[serde(default)]
    pub consent_keys: String,
}

/// What happens to sound before consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WithoutConsent {
    Keep,
    Discard,
}

/// At most so many keys in a code.
const LONGEST_CODE: usize = 8;

fn is_code(keys: &str) -> bool {
    keys.chars().all(|c| "0123456789*#ABCD".contains(c)) && keys.len() <= LONGEST_CODE
}

fn is_number(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "+-. ()*".contains(c))
}

impl KeepOut {
    /// A rule that means nothing is a mistake, and would record what should be kept out.
    pub(super) fn check(&self) -> Result<(), BadValue> {
        if self.pause_keys.is_empty() != self.resume_keys.is_empty() {
            return Err(BadValue::new(
                "[keep_out] pause_keys",
                "pause_keys and resume_keys belong together: set both or neither",
            ));
        }
        let codes = [&self.pause_keys, &self.resume_keys].into_iter();
        let codes = codes.chain(self.destination.iter().map(|d| &d.consent_keys));
        if let Some(wrong) = codes.into_iter().find(|k| !is_code(k)) {
            let reason = format!("'{wrong}' are no keys: up to eight of 0-9 * # A-D");
            return Err(BadValue::new("[keep_out] keys", reason));
        }
        let numbers = self.never.iter();
        let mut numbers = numbers.chain(self.destination.iter().map(|d| &d.prefix));
        match numbers.find(|n| !is_number(n)) {
            Some(wrong) => Err(BadValue::new(
                "[keep_out] never",
                format!("'{wrong}' is no number and no prefix"),
            )),
            None => Ok(()),
        }
    }
}
