//! What telemarketers earn.

pub mod statement;
