//! What telemarketers earn: their statement, the plans it is earned by, rulings and periods.

pub mod ends;
pub mod extract;
pub mod payroll;
pub mod periods;
pub mod plans;
pub mod proof;
pub mod questions;
pub mod rulings;
pub mod saved;
pub mod statement;
