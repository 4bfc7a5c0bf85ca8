//! RTP's fixed header (RFC 3550 §5.1), checked once by `rtp-types`.

/// What routing and reordering need of an RTP packet; the payload is a range within the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rtp {
    pub payload_type: u8,
    pub marker: bool,
    pub sequence: u16,
    /// In ticks of the payload format's clock.
    pub timestamp: u32,
    pub ssrc: u32,
    /// Of the payload in the packet, in bytes.
    pub payload_start: usize,
    /// One past the payload, without padding.
    pub payload_end: usize,
}

/// Reads the header; nothing when the packet contradicts itself (version, CSRC count, extension or
/// padding too long).
pub fn parse(packet: &[u8]) -> Option<Rtp> {
    let p = rtp_types::RtpPacket::parse(packet).ok()?;
    Some(Rtp {
        payload_type: p.payload_type(),
        marker: p.marker_bit(),
        sequence: p.sequence_number(),
        timestamp: p.timestamp(),
        ssrc: p.ssrc(),
        payload_start: p.payload_offset(),
        payload_end: p.payload_offset() + p.payload_len(),
    })
}

/// The header of an encrypted packet, whose padding cannot be read yet; the payload lasts to the
/// packet's end.
pub fn parse_encrypted(packet: &[u8]) -> Option<Rtp> {
    let &[first, second, a, b, c, d, e, f, g, h, i, j] = packet.first_chunk::<12>()?;
    (first >> 6 == 2).then(|| Rtp {
        payload_type: second & 0x7f,
        marker: second & 0x80 != 0,
        sequence: u16::from_be_bytes([a, b]),
        timestamp: u32::from_be_bytes([c, d, e, f]),
        ssrc: u32::from_be_bytes([g, h, i, j]),
        payload_start: 12,
        payload_end: packet.len(),
    })
}

/// The SSRC alone, as the flow table needs it for each packet; `None` when the packet is shorter
/// than the header.
pub fn ssrc(packet: &[u8]) -> Option<u32> {
    packet.get(8..12)?.try_into().ok().map(u32::from_be_bytes)
}
