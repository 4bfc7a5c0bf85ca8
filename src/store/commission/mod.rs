//! The ledger of commissions, the plans that it is booked under, the periods it is closed by, and
//! the rulings that take an entry back.

pub mod audit;
pub mod extract;
pub mod ledger;
pub mod opening;
pub mod paid;
pub mod payroll;
pub mod periods;
pub mod plans;
pub mod questions;
pub mod rebook;
pub mod rulings;
pub mod unsettled;
