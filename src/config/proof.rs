//! `[proof]`: where the proof log goes.

use serde::Deserialize;
use std::path::PathBuf;

/// Where the proof log goes.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Proof {
    /// A folder, best one that is kept on another machine; empty is `log` in the data folder.
    pub copy_to: PathBuf,
}
