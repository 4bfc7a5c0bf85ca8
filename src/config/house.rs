//! `[house]`: what holds for the whole house.

use serde::Deserialize;

/// What holds for the whole house.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct House {
    /// A name of the IANA database: months of commission begin and end by it.
    pub time_zone: String,
    /// Of a working day, Monday to Friday: `08:00-18:00`.
    pub working_hours: String,
}

impl Default for House {
    fn default() -> House {
        House {
            time_zone: "UTC".to_owned(),
            working_hours: "08:00-18:00".to_owned(),
        }
    }
}
