//! The ledger of commissions and the plans that it is booked under.

pub mod ledger;
pub mod plans;
