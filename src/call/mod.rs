//! Whose packet is it: from SIP messages and RTP packets to calls with two sides.
//!
//! Pure. [`Tracker`] is handed what the wire yields, with the tap's time, and hands out commands
//! through [`Commands`]: open a call, append this packet to that stream, note these facts, close.
//! Nothing is decoded here and, once a flow is known, nothing is allocated for a packet: one
//! look-up by addresses and SSRC, and the bytes are handed on.

pub mod commands;
mod conversation;
mod dialog;
pub mod facts;
pub mod flows;
mod joining;
pub mod keep_out;
mod keys;
mod life;
pub mod lines;
mod numbers;
mod seen;
pub mod settings;
mod tally;
pub mod tracker;

pub use commands::{Commands, Instruction};
pub use conversation::MediaSoFar;
pub use facts::{
    CallFacts, Direction, EndedBy, Outcome, Party, Side, SideFormats, StreamFacts, Withheld,
    WithheldRange,
};
pub use flows::Table;
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

/// What became of a packet that is not in the spool. Each is a counter; with the spooled packets
/// they add up to all that came in (PRODUCT I5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Discard {
    /// A SIP message: read, its facts kept.
    Signalling,
    /// SIP that could not be read.
    BadSip,
    /// RTP or RTCP whose header contradicts itself.
    BadRtp,
    /// Media that no signalling named and that stayed too short to be a call.
    Unmatched,
    /// Media of a call that has ended.
    AfterEnd,
    /// STUN, DTLS, ZRTP handshakes.
    Handshake,
    KeepAlive,
    /// No telephony at all.
    Other,
    /// More unmatched flows than are held at once, or more streams than a call has.
    Overflow,
    /// The copy of a call that its phone system sends to a recording server.
    RecordingCopy,
    /// Media of a call that is paused, or that the house's rules keep out.
    Withheld,
    /// Media of a call that was shed, because the disk could not keep up when it began.
    Shed,
    /// An INVITE of a host that floods with them, or of one too many calls at once.
    Flood,
}
