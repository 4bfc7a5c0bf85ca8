//! What reports are made from.

pub mod coverage;
