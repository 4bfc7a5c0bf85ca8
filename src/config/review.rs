//! `[review]`: how claims are judged.

use super::BadValue;
use serde::Deserialize;

/// How claims are judged.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Review {
    /// Of the speech, heard before a claim may pass.
    pub heard_percent: u8,
    /// Of the verdicts, judged again by somebody else.
    #[serde(alias = "second_look_percent")]
    pub second_review_percent: u8,
    /// A second review is due this long after the verdict.
    #[serde(alias = "second_look_days")]
    pub second_review_days: u32,
    /// A verdict may be disputed this long.
    pub dispute_days: u32,
    /// A claim whose claimant has not read the plan goes before later ones on its lead this long.
    pub reading_days: u32,
}

impl Default for Review {
    fn default() -> Review {
        Review {
            heard_percent: 50,
            second_review_percent: 5,
            second_review_days: 3,
            dispute_days: 14,
            reading_days: 14,
        }
    }
}

impl Review {
    pub(super) fn check(&self) -> Result<(), BadValue> {
        let percents = [
            ("[review] heard_percent", self.heard_percent),
            ("[review] second_review_percent", self.second_review_percent),
        ];
        if let Some((key, _)) = percents.into_iter().find(|(_, value)| *value > 100) {
            return Err(BadValue::new(key, "it is 0 to 100"));
        }
        let days = [
            ("[review] second_review_days", self.second_review_days),
            ("[review] dispute_days", self.dispute_days),
            ("[review] reading_days", self.reading_days),
        ];
        match days.into_iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(BadValue::new(key, "it must be above 0")),
            None => Ok(()),
        }
    }
}
