//! `[questions]`: how long a question about money may wait.

use super::BadValue;
use serde::Deserialize;

/// How long a question about money may wait.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Questions {
    /// Working days, Monday to Friday, until an answer is overdue.
    pub answer_within_days: u32,
}

impl Default for Questions {
    fn default() -> Questions {
        Questions {
            answer_within_days: 3,
        }
    }
}

impl Questions {
    pub(super) fn check(&self) -> Result<(), BadValue> {
        match self.answer_within_days {
            1..=60 => Ok(()),
            _ => Err(BadValue::new(
                "[questions] answer_within_days",
                "it is 1 to 60",
            )),
        }
    }
}
