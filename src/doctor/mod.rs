//! Judges whether this box can record: [`mirror`] by the traffic that it shows, [`folder`] by where
//! its data lies, [`host`] by what the kernel says of disk, clock and interfaces.

pub mod folder;
pub mod host;
pub mod mirror;
