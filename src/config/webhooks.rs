//! `[webhooks]`: where outgoing messages may go, and how long they are kept.

use super::BadValue;
use serde::Deserialize;
use std::path::PathBuf;

/// Where outgoing messages may go, and how long they are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Networks beside the public Internet to which messages may be sent.
    pub allowed_ranges: Vec<String>,
    /// Certificate authorities that are trusted beside the public ones, in PEM.
    pub ca_file: Option<PathBuf>,
    /// Days for which a message is kept that all its receivers have had; 0: for ever.
    pub keep_days: u32,
}

impl Default for Webhooks {
    fn default() -> Webhooks {
        Webhooks {
            allowed_ranges: Vec::new(),
            ca_file: None,
            keep_days: 90,
        }
    }
}

impl Webhooks {
    pub(super) fn check(&self) -> Result<(), BadValue> {
        // A receiver asks about a message that it had last week.
        if matches!(self.keep_days, 1..=6 | 36_501..) {
            let reason = "7 to 36,500 days, or 0 for ever";
            return Err(BadValue::new("[webhooks] keep_days", reason));
        }
        Ok(())
    }
}
