//! `[webhooks]`: where outgoing messages may go.

use serde::Deserialize;
use std::path::PathBuf;

/// Where outgoing messages may go.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Networks beside the public Internet to which messages may be sent.
    pub allowed_ranges: Vec<String>,
    /// Certificate authorities that are trusted beside the public ones, in PEM.
    pub ca_file: Option<PathBuf>,
}
