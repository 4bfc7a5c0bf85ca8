//! What reports are made from.

pub mod aggregate;
pub mod coverage;
pub mod figures;
pub mod funnel;
pub mod overview;
pub mod slots;
pub mod waterfall;
