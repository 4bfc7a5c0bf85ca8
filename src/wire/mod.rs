//! From a captured frame to the datagram inside it, one layer per file: link, IP, UDP, then what the payload is.
//!
//! Everything here is pure: untrusted bytes are checked once, where they come in, and what comes out borrows from them.
//! A frame that yields no datagram yields a [`Reject`] instead, so that every packet is accounted for (PRODUCT I5).

pub mod ip;
pub mod kind;
pub mod link;
pub mod rtcp;
pub mod rtp;

pub use ip::Datagram;
pub use kind::Kind;
pub use link::Link;

use crate::units::WallTime;

/// One frame as the tap or a capture file gave it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When the tap saw it, on the tap's clock.
    pub at: WallTime,
    /// The interface's number within the capture.
    pub interface: u16,
    pub link: Link,
    /// What was captured; shorter than `original_len` when the capture's snap length cut it.
    pub bytes: &'a [u8],
    /// The frame's length on the wire, in bytes.
    pub original_len: usize,
}

/// Why a frame gave no datagram. Each reason is a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reject {
    /// A link type that is not read here.
    UnknownLink,
    /// ARP, LLDP and other things that are not IP.
    NotIp,
    /// IP, and neither UDP nor TCP.
    NotUdp,
    /// TCP: SIP over TCP is not reassembled yet.
    Tcp,
    /// A part of a fragmented IP packet: fragments are not put together yet.
    Fragment,
    /// A header that contradicts itself or ends early.
    Malformed,
}

/// The datagram in a frame.
///
/// # Errors
/// A [`Reject`] names why there is none.
pub fn datagram<'a>(frame: &Frame<'a>) -> Result<Datagram<'a>, Reject> {
    let network = link::network(frame.link, frame.bytes)?;
    ip::datagram(network)
}
