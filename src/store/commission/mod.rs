//! The ledger of commissions.

pub mod ledger;
