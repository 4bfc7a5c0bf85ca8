//! `[reports]`: what a connect is, and from how many calls on a rate is told.

use super::BadValue;
use serde::Deserialize;

/// What a connect is, and from how many calls on a rate is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reports {
    /// Seconds of the other side's speech that make an answered call a connect.
    pub connect_seconds: u32,
    /// A rate is told from so many calls on; under it the page shows how many they are.
    pub fewest_calls: u32,
    /// Per cent of the calls that the phone system says were answered that are to be recorded, by
    /// month.
    pub recorded_percent: f64,
}

impl Default for Reports {
    fn default() -> Reports {
        Reports {
            connect_seconds: 20,
            fewest_calls: 20,
            recorded_percent: 99.0,
        }
    }
}

impl Reports {
    pub(super) fn check(&self) -> Result<(), BadValue> {
        if !(1..=600).contains(&self.connect_seconds) {
            return Err(BadValue::new("[reports] connect_seconds", "it is 1 to 600"));
        }
        if !(0.0..=100.0).contains(&self.recorded_percent) {
            return Err(BadValue::new(
                "[reports] recorded_percent",
                "it is 0 to 100",
            ));
        }
        match self.fewest_calls {
            1..=10_000 => Ok(()),
            _ => Err(BadValue::new("[reports] fewest_calls", "it is 1 to 10000")),
        }
    }
}
