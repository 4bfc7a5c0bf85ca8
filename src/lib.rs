//! Assay taps the calls of a telemarketing team, records them, lets an independent reviewer judge each claimed lead,
//! and books the telemarketer's commission exactly once. The rooms, in the order of the data's way:
//! [`capture`] → [`wire`] → [`sip`] → [`call`] → [`archive`] (spool) → [`media`] → [`archive`] (seal).

pub mod archive;
pub mod call;
pub mod capture;
pub mod clock;
pub mod cmd;
pub mod media;
pub mod pii;
pub mod recorder;
pub mod sip;
pub mod units;
pub mod wire;
