//! Frames as a mirror hands them over, made by hand.

use std::net::Ipv4Addr;

/// Where something comes from or goes to.
pub type At = (Ipv4Addr, u16);

/// A seeded source of numbers (xorshift64*): the same siege each time.
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        (self.roll() >> 16) % n
    }

    /// Somebody out there.
    pub fn host(&mut self) -> Ipv4Addr {
        Ipv4Addr::from(0xcb00_0000_u32 | self.below(1 << 24) as u32)
    }
}

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
const UDP: u8 = 17;
const TCP: u8 = 6;
const GRE: u8 = 47;

/// Ethernet, IPv4 without options; `fragment` is the second word of the header.
pub fn ip(src: Ipv4Addr, dst: Ipv4Addr, protocol: u8, fragment: [u8; 4], inside: &[u8]) -> Vec<u8> {
    let length = (20 + inside.len()) as u16;
    let mut frame = Vec::with_capacity(34 + inside.len());
    frame.extend(MACS);
    frame.extend([8, 0, 0x45, 0]);
    frame.extend(length.to_be_bytes());
    frame.extend(fragment);
    frame.extend([64, protocol, 0, 0]);
    frame.extend(src.octets());
    frame.extend(dst.octets());
    frame.extend(inside);
    frame
}

fn udp_header(src: u16, dst: u16, length: usize) -> [u8; 8] {
    let [a, b] = src.to_be_bytes();
    let [c, d] = dst.to_be_bytes();
    let [e, f] = (8 + length as u16).to_be_bytes();
    [a, b, c, d, e, f, 0, 0]
}

pub fn udp(src: At, dst: At, payload: &[u8]) -> Vec<u8> {
    let inside = [&udp_header(src.1, dst.1, payload.len())[..], payload].concat();
    ip(src.0, dst.0, UDP, [0, 7, 0, 0], &inside)
}

/// The same in two pieces.
pub fn in_pieces(src: At, dst: At, id: u16, payload: &[u8]) -> [Vec<u8>; 2] {
    let whole = [&udp_header(src.1, dst.1, payload.len())[..], payload].concat();
    let cut = (whole.len() / 2) & !7;
    let [a, b] = id.to_be_bytes();
    let [c, d] = ((cut / 8) as u16).to_be_bytes();
    [
        ip(src.0, dst.0, UDP, [a, b, 0x20, 0], &whole[..cut]),
        ip(src.0, dst.0, UDP, [a, b, c, d], &whole[cut..]),
    ]
}

/// A piece of which the others never come.
pub fn piece(src: Ipv4Addr, dst: Ipv4Addr, id: u16, offset: u16, inside: &[u8]) -> Vec<u8> {
    let [a, b] = id.to_be_bytes();
    let [c, d] = (0x2000 | offset).to_be_bytes();
    ip(src, dst, UDP, [a, b, c, d], inside)
}

pub fn tcp(src: At, dst: At, sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut inside = Vec::with_capacity(20 + payload.len());
    inside.extend(src.1.to_be_bytes());
    inside.extend(dst.1.to_be_bytes());
    inside.extend(sequence.to_be_bytes());
    inside.extend([0, 0, 0, 0, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    inside.extend(payload);
    ip(src.0, dst.0, TCP, [0, 7, 0, 0], &inside)
}

pub fn vxlan(frame: &[u8]) -> Vec<u8> {
    let (a, b) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
    udp(
        (a, 40_000),
        (b, 4789),
        &[&[8, 0, 0, 0, 0, 0, 7, 0][..], frame].concat(),
    )
}

pub fn gre(frame: &[u8]) -> Vec<u8> {
    let (a, b) = (Ipv4Addr::new(192, 0, 2, 3), Ipv4Addr::new(192, 0, 2, 4));
    ip(
        a,
        b,
        GRE,
        [0, 7, 0, 0],
        &[&[0, 0, 0x65, 0x58][..], frame].concat(),
    )
}

/// A HEP3 packet about a message between two others.
pub fn hep(src: At, dst: At, message: &[u8]) -> Vec<u8> {
    let chunk = |kind: u16, value: &[u8]| {
        let length = (6 + value.len()) as u16;
        [
            &[0, 0][..],
            &kind.to_be_bytes(),
            &length.to_be_bytes(),
            value,
        ]
        .concat()
    };
    let chunks = [
        chunk(3, &src.0.octets()),
        chunk(4, &dst.0.octets()),
        chunk(7, &src.1.to_be_bytes()),
        chunk(8, &dst.1.to_be_bytes()),
        chunk(11, &[1]),
        chunk(15, message),
    ]
    .concat();
    let packet = [
        &b"HEP3"[..],
        &(6 + chunks.len() as u16).to_be_bytes(),
        &chunks,
    ]
    .concat();
    let (agent, server) = (Ipv4Addr::new(192, 0, 2, 5), Ipv4Addr::new(192, 0, 2, 6));
    udp((agent, 9060), (server, 9060), &packet)
}

pub fn rtp(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, payload_type];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}

/// A sender report without blocks.
pub fn rtcp(ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 200, 0, 6];
    packet.extend(ssrc.to_be_bytes());
    packet.extend([0; 20]);
    packet
}

pub fn sdp(address: Ipv4Addr, port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio {port} \
         RTP/AVP 8\r\n"
    )
}

/// A message; `from` and `to` are user parts with what follows them, tags as they are.
pub fn sip(first: &str, id: &str, cseq: &str, [from, to]: [&str; 2], body: &str) -> Vec<u8> {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "{first}\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK{id}\r\nFrom: <sip:{from}\r\nTo: \
         <sip:{to}\r\nCall-ID: {id}\r\nCSeq: {cseq}\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
