//! `[payroll]`: what the payroll office calls the house by.

use super::BadValue;
use serde::Deserialize;

/// What the payroll office calls the house by; 0 is not set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payroll {
    /// DATEV's number of the consultant (Beraternummer).
    pub datev_consultant_number: u32,
    /// DATEV's number of the house at the consultant (Mandantennummer).
    pub datev_client_number: u32,
    /// The house's own wage type (Lohnart) for commission.
    pub datev_wage_type: u32,
}

impl Payroll {
    pub(super) fn check(&self) -> Result<(), BadValue> {
        let numbers = [
            (
                "[payroll] datev_consultant_number",
                self.datev_consultant_number,
                9_999_999,
            ),
            (
                "[payroll] datev_client_number",
                self.datev_client_number,
                99_999,
            ),
            ("[payroll] datev_wage_type", self.datev_wage_type, 9_999),
        ];
        match numbers.into_iter().find(|(_, value, most)| value > most) {
            Some((key, _, most)) => Err(BadValue::new(key, format!("it is 1 to {most}, or 0"))),
            None => Ok(()),
        }
    }
}
