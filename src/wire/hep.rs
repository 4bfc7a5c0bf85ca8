//! HEP3 (HEP Network Protocol, revision 36): signalling that the phone system sends beside the
//! wire, as where TLS hides it.

use super::udp::Datagram;
use std::net::{IpAddr, SocketAddr};

const MAGIC: &[u8] = b"HEP3";
const SIP: u8 = 1;

/// Whether a datagram is a HEP3 packet.
pub(super) fn is_hep(payload: &[u8]) -> bool {
    payload.starts_with(MAGIC)
}

/// The SIP message inside, as if it had been seen between the two that exchanged it; `None` when it
/// carries something else or contradicts itself.
pub(super) fn sip(packet: &[u8]) -> Option<Datagram<'_>> {
    let length = usize::from(u16::from_be_bytes(packet.get(4..6)?.try_into().ok()?));
    let mut chunks = packet.get(6..length)?;
    let (mut src, mut dst, mut ports, mut protocol, mut payload) =
        (None, None, [0_u16; 2], 0, None);
    while !chunks.is_empty() {
        let (vendor, kind, length) = (
            be16(chunks, 0)?,
            be16(chunks, 2)?,
            usize::from(be16(chunks, 4)?),
        );
        let value = chunks.get(6..length)?;
        chunks = &chunks[length..];
        if vendor != 0 {
            continue;
        }
        match kind {
            3 | 5 => src = Some(address(value)?),
            4 | 6 => dst = Some(address(value)?),
            7 | 8 => ports[usize::from(kind) - 7] = be16(value, 0)?,
            11 => protocol = *value.first()?,
            15 => payload = Some(value),
            _ => {}
        }
    }
    (protocol == SIP).then_some(Datagram {
        src: SocketAddr::new(src?, ports[0]),
        dst: SocketAddr::new(dst?, ports[1]),
        payload: payload?,
        cut: false,
    })
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: u16, value: &[u8]) -> Vec<u8> {
        [
            &[0, 0][..],
            &kind.to_be_bytes(),
            &(value.len() as u16 + 6).to_be_bytes(),
            value,
        ]
        .concat()
    }

    #[test]
    fn the_message_inside_is_found_and_a_lie_about_length_is_not_believed() {
        let chunks = [
            chunk(3, &[192, 0, 2, 1]),
            chunk(4, &[192, 0, 2, 2]),
            chunk(7, &[0x13, 0xc5]),
            chunk(8, &[0x13, 0xc4]),
            chunk(11, &[1]),
            chunk(15, b"OPTIONS sip:x SIP/2.0\r\n\r\n"),
        ]
        .concat();
        let packet = [MAGIC, &(chunks.len() as u16 + 6).to_be_bytes(), &chunks].concat();
        let found = sip(&packet).unwrap();
        assert_eq!(
            (
                found.src.to_string(),
                found.dst.to_string(),
                found.payload.len()
            ),
            ("192.0.2.1:5061".into(), "192.0.2.2:5060".into(), 25)
        );
        for cut in 0..packet.len() {
            assert_eq!(sip(&packet[..cut]), None);
            let mut wrong = packet.clone();
            wrong[cut] ^= 0xff;
            let _ = sip(&wrong);
        }
    }
}
