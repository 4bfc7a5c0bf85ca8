//! Whose packet is it: from SIP messages and RTP packets to calls with two sides.
//!
//! Pure. [`Tracker`] is handed what the wire yields, with the tap's time, and hands out commands
//! through [`Commands`]: open a call, append this packet to that stream, note these facts, close.
//! Nothing is decoded here and, once a flow is known, nothing is allocated for a packet: one
//! look-up by addresses and SSRC, and the bytes are handed on.
//!
//! What a stranger sends may cost no more than its own length, whatever came before: `LIMITS.md`
//! beside this file lists every bound.

mod attempts;
pub mod commands;
mod conversation;
mod dialog;
mod discard;
pub mod facts;
pub mod flows;
mod index;
mod joining;
pub mod keep_out;
mod keys;
mod life;
mod limit;
pub mod limits;
pub mod lines;
mod numbers;
mod seen;
pub mod settings;
mod tally;
pub mod tracker;
mod waiting;

pub use commands::{Commands, Instruction};
pub use conversation::MediaSoFar;
pub use discard::Discard;
pub use facts::{
    CallFacts, Direction, EndedBy, Outcome, Party, Side, SideFormats, StreamFacts, Withheld,
    WithheldRange,
};
pub use flows::Table;
pub use limit::Limit;
pub use lines::Lines;
pub use settings::Settings;
pub use tally::Tally;
pub use tracker::Tracker;

use serde::{Deserialize, Serialize};

/// A call's number within one run of the recorder; its lasting name is [`CallFacts::id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallNo(pub u32);

/// A stream's number within its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StreamNo(pub u16);
