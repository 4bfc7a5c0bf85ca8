//! The program's subcommands, one file each. They alone read the configuration and wire the rooms
//! together.

pub mod admin;
mod audit;
pub mod bundle;
pub mod check;
pub mod commission;
pub mod coverage;
pub mod crm;
pub mod demo;
pub mod doctor;
mod extract;
mod folder;
pub mod import;
pub mod json;
pub mod key;
pub mod leads;
#[cfg(feature = "sound-card")]
pub mod listen;
mod office;
pub mod openapi;
mod payroll;
pub mod place;
pub mod replay;
pub mod report;
pub mod run;
pub mod seal;
pub mod seal_worker;
pub mod serve;
pub mod setup;
pub mod token;
pub mod undo_upgrade;
pub mod verify;
