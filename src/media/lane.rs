//! What a call becomes: two lanes, how each arrived, and what is missing.

use crate::units::{Hertz, WallTime};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A call as it will be heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Assembled {
    /// Of both lanes: the higher of what they were sent at.
    pub sample_rate: Hertz,
    /// Of the first sample.
    pub starts_at: WallTime,
    /// Left is the telemarketer's where the line is known, else the caller's. Both are of one
    /// length.
    pub lanes: [Lane; 2],
    /// Of both lanes, in the order of their start.
    pub gaps: Vec<Gap>,
}

/// One person's sound and how it arrived.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lane {
    /// At [`Assembled::sample_rate`].
    pub samples: Vec<i16>,
    pub stats: LaneStats,
}

/// How a lane arrived (DESIGN §4).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LaneStats {
    /// SDP encoding names in order of use.
    pub codecs: Vec<String>,
    pub encryption: Encryption,
    pub packets: u64,
    pub lost: u64,
    /// Came after one that should have followed them; put back in their place.
    pub late: u64,
    /// Came twice; one of each was dropped.
    pub duplicate: u64,
    /// Made up for lost packets.
    pub concealed_ms: u64,
    /// Interarrival jitter (RFC 3550 §6.4.1).
    pub jitter_ms: f64,
    /// By the E-model, 1 to 4.5; `None` when nothing came.
    #[serde(default)]
    pub mos: Option<f64>,
    /// Pressed keys; empty where they are masked.
    pub dtmf: Vec<Digit>,
    /// Where the speaker's media came from.
    pub address: Option<SocketAddr>,
    /// Whose loss it was, where the far end's receiver reports show it.
    #[serde(default)]
    pub loss_was: LossWas,
    /// Packets that fit no key of the call: altered on the way, or not of its people.
    #[serde(default)]
    pub not_authentic: u64,
    /// Why something of this lane cannot be heard, and what to do.
    #[serde(default)]
    pub unheard: Option<String>,
    /// Shifts by whole samples for drift, and their sum.
    pub drift_shifts: u32,
    /// In µs; negative is earlier.
    pub drift_shifted_us: i64,
}

/// A key that was pressed, when, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digit {
    pub at: WallTime,
    pub key: char,
    /// How long, in milliseconds; 0 where that was not kept.
    #[serde(default)]
    pub ms: u32,
}

/// Who lost the packets that are missing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LossWas {
    /// Nothing was lost, or no report was seen.
    #[default]
    Unknown,
    /// The far end missed them too.
    Network,
    /// The far end had them: the mirror or the tap lost them.
    Mirror,
}

/// How a lane's media was encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    #[default]
    None,
    Sdes,
    Dtls,
    Zrtp,
    Unknown,
}

/// Time that is not what was said, with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// 0 is left.
    pub lane: u8,
    /// From the recording's start.
    pub from_ms: u64,
    pub to_ms: u64,
    pub reason: GapReason,
}

/// Why there is no sound, or not the sound that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Missing sequence numbers: the network or the mirror lost packets.
    Lost,
    /// The tap saw no media of this side, or saw it cut short.
    NotCaptured,
    Encrypted,
    UnsupportedCodec,
    DecoderFailed,
    Paused,
    Policy,
    Disk,
    Overload,
    /// It was written down, and what was written is gone or changed.
    Damaged,
}
