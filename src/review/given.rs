//! What a reviewer gives for each criterion: an answer and the moment in the audio.

use crate::units::CallId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a reviewer gave for one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    pub criterion: String,
    pub answer: String,
    /// The moment in the audio: which call, and milliseconds from its recording's start.
    #[serde(default)]
    pub evidence: Option<Evidence>,
    /// The pain in the buyer's words, where the criterion asks for it.
    #[serde(default)]
    pub words: String,
    /// Why, in the reviewer's words.
    #[serde(default)]
    pub note: String,
}

/// Seconds of audio that show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub call: CallId,
    pub from_ms: u64,
    pub to_ms: u64,
}
