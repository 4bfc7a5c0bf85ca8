//! What telemarketers earn: their statement, the plans it is earned by, rulings and periods.

pub mod payroll;
pub mod periods;
pub mod plans;
pub mod rulings;
pub mod statement;
