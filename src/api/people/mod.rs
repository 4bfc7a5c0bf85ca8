//! Who signs in.

pub mod session;
