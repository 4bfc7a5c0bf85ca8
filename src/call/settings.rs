//! What may be set for a tracker.

use super::keep_out::KeepOut;
use crate::units::Micros;

/// What may be set; the defaults suit a telephone system.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Headers of the INVITE that are kept, by name.
    pub headers: Vec<String>,
    /// How long a call stays open for stragglers after its end.
    pub linger: Micros,
    /// An answered call without media or signalling for this long has ended.
    pub silence: Micros,
    /// The same while one side is on hold.
    pub hold: Micros,
    /// No call lasts longer than this.
    pub longest: Micros,
    pub keep_out: KeepOut,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
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
            linger: Micros::from_secs(3),
            silence: Micros::from_secs(60),
            hold: Micros::from_secs(3600),
            longest: Micros::from_secs(4 * 3600),
            keep_out: KeepOut::default(),
        }
    }
}
