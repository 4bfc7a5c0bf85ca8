//! Assay taps the calls of a telemarketing team, records them, lets an independent reviewer judge
//! each claimed lead, and books the telemarketer's commission exactly once.
//!
//! The rooms, in the order of the data's way: [`capture`] → [`wire`] → [`sip`] → [`call`] →
//! [`archive`] (spool) → [`media`] → [`archive`] (seal). Beside it, [`intake`] takes in what others
//! recorded, [`doctor`] judges the mirror and the box, and [`confine`] holds decoders to what they
//! need and the tap to silence.

// What may fail says so, and functions stay small enough to read at once. Tests may do otherwise,
// so this is not in Cargo.toml's `[lints]`.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

pub mod api;
pub mod archive;
pub mod call;
pub mod capture;
pub mod clock;
pub mod cmd;
pub mod commission;
pub mod config;
pub mod confine;
pub mod doctor;
pub mod door;
pub mod handover;
pub mod hex;
pub mod identity;
pub mod intake;
pub mod jobs;
mod keyfile;
pub mod leads;
pub mod media;
pub mod outgoing;
pub mod pii;
pub mod proof;
pub mod recorder;
pub mod report;
pub mod review;
pub mod sip;
pub mod store;
pub mod units;
pub mod webhook;
pub mod wire;
