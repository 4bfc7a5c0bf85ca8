//! The program's subcommands, one file each. They alone read the configuration and wire the rooms
//! together.

pub mod admin;
mod audit;
pub mod bundle;
pub mod check;
pub mod commission;
pub mod context;
pub mod coverage;
pub mod demo;
pub mod doctor;
mod extract;
pub mod import;
pub mod json;
pub mod key;
pub mod leads;
#[cfg(feature = "sound-card")]
pub mod listen;
pub mod openapi;
mod payroll;
pub mod place;
mod readiness;
pub mod replay;
pub mod report;
pub mod run;
pub mod seal;
pub mod seal_worker;
pub mod serve;
pub mod setup;
pub mod token;
pub mod verify;
