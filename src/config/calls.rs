//! `[calls]`: when a call is over, and what is kept of its signalling.

use super::BadValue;
use serde::Deserialize;

/// When a call is over, and what is kept of its signalling.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calls {
    /// Headers of the INVITE that are kept, by name.
    pub headers: Vec<String>,
    /// An answered call without media or signalling for this long has ended.
    pub silence_seconds: u32,
    /// The same while one side is on hold.
    pub hold_seconds: u32,
    /// No call lasts longer than this.
    pub longest_minutes: u32,
}

impl Default for Calls {
    fn default() -> Calls {
        Calls {
            headers: [
                "X-Lead-Id",
                "X-VICIdial-Lead-Id",
                "X-Campaign",
                "X-Call-Uuid",
                "X-Disposition",
                "P-Asserted-Identity",
                "Diversion",
            ]
            .map(str::to_owned)
            .to_vec(),
            silence_seconds: 60,
            hold_seconds: 3600,
            longest_minutes: 240,
        }
    }
}

impl Calls {
    pub(super) fn check(&self) -> Result<(), BadValue> {
        let positive = [
            ("[calls] silence_seconds", self.silence_seconds),
            ("[calls] longest_minutes", self.longest_minutes),
        ];
        match positive.into_iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(BadValue::new(key, "it must be above 0")),
            None => Ok(()),
        }
    }
}
