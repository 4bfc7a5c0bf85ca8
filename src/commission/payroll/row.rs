//! What a run's file is made of.

use crate::pii::Pii;
use crate::units::{EntryId, Money, PersonId};
use crate::words;

words! {
    /// What a payroll program reads.
    pub enum PayrollFormat: "payroll format" {
        /// Names, payroll numbers and sums, in any currency.
        Csv = "csv",
        /// DATEV LODAS, ASCII import of movement data.
        DatevLodas = "datev_lodas",
        /// Gusto's CSV upload.
        Gusto = "gusto",
    }
}

/// A row of a run: one person in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub person: PersonId,
    pub payee: Pii<String>,
    pub payroll_number: String,
    /// Above 0.
    pub amount: Money,
    /// Digits after the currency's decimal point, as the entries were booked.
    pub exponent: u32,
    pub entries: Vec<EntryId>,
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The run's number.
    pub run: i64,
    /// The newest period that it takes from: `2026-11`.
    pub period: String,
    /// The month of its pay day: `2026-12`.
    pub pay_month: String,
}

/// Why there is no run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRun {
    #[error(
        "{format} holds {holds} alone, and {found} is payable too: make a run of {holds} by \
         itself, and one as CSV for the rest"
    )]
    OtherCurrency {
        format: PayrollFormat,
        holds: &'static str,
        found: String,
    },
    #[error(
        "a DATEV file names the consultant, the client and the wage type: set \
         datev_consultant_number, datev_client_number and datev_wage_type in [payroll] of the \
         configuration"
    )]
    NoDatevNumbers,
    #[error("the sum does not fit: one of the amounts cannot be right")]
    Overflow,
    #[error("an amount is too large for the file: one of the entries cannot be right")]
    TooLarge,
}
