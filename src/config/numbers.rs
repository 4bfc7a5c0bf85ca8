//! `[numbers]`: how numbers are dialled here.

use serde::Deserialize;

/// How numbers are dialled here.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NumberPlan {
    /// ISO 3166, two letters.
    pub country: String,
    /// Dialled for an outside line; empty where no prefix is dialled.
    pub outside_prefix: String,
}

impl Default for NumberPlan {
    fn default() -> NumberPlan {
        NumberPlan {
            country: "DE".to_owned(),
            outside_prefix: String::new(),
        }
    }
}
