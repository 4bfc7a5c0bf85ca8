//! Who signs in, and with what.

pub mod door;
pub mod machine;
pub mod newcomers;
pub mod others;
pub mod own;
pub mod session;
pub mod tokens;
