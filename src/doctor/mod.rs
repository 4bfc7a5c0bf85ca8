//! Judges whether this box can record: [`mirror`] by the traffic that it shows, [`host`] by what
//! the kernel says of disk, clock and interfaces.

pub mod host;
pub mod mirror;
