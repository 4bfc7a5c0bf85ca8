//! The program's subcommands, one file each.

pub mod json;
pub mod replay;
