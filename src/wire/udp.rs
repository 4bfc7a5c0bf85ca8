//! UDP (RFC 768).

use super::ip::Packet;
use super::reject::Reject;
use std::net::SocketAddr;

/// A UDP datagram, or a message from a stream in the same shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// The payload as far as it was captured.
    pub payload: &'a [u8],
    /// The capture's snap length cut the payload short.
    pub cut: bool,
}

const HEADER: usize = 8;

#[inline]
pub(super) fn datagram<'a>(packet: &Packet<'a>) -> Result<Datagram<'a>, Reject> {
    let &[a, b, c, d, e, f, _, _] = packet
        .payload
        .first_chunk::<HEADER>()
        .ok_or(Reject::Malformed)?;
    let after = &packet.payload[HEADER..];
    // Zero stands for a jumbogram (RFC 2675 §4), and for an offloading card's carelessness.
    let declared = match u16::from_be_bytes([e, f]) {
        0 => after.len(),
        length => usize::from(length)
            .checked_sub(HEADER)
            .ok_or(Reject::Malformed)?,
    };
    Ok(Datagram {
        src: SocketAddr::new(packet.src, u16::from_be_bytes([a, b])),
        dst: SocketAddr::new(packet.dst, u16::from_be_bytes([c, d])),
        payload: &after[..after.len().min(declared)],
        cut: after.len() < declared,
    })
}
