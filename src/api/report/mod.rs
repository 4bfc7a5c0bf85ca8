//! Reports.

pub mod coverage;
