//! IPv4 and IPv6 (RFC 791, RFC 8200): who sends what to whom, and which piece of it.

use super::reject::Reject;
use etherparse::{IpFragOffset, Ipv6ExtensionSlice, LaxIpSlice};
use std::net::IpAddr;

/// What an IP packet carries, borrowed from its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    /// IANA's number of the protocol inside.
    pub(super) protocol: u8,
    /// As far as it was captured; Ethernet's padding is cut off by IP's own length.
    pub(super) payload: &'a [u8],
    /// The capture's snap length cut the packet short.
    pub(super) cut: bool,
    pub(super) piece: Option<Piece>,
}

/// Which part of a fragmented packet this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) id: u32,
    pub(super) offset: IpFragOffset,
    pub(super) more: bool,
}

#[inline]
pub(super) fn packet(network: &[u8]) -> Result<Packet<'_>, Reject> {
    plain(network).map_or_else(|| any(network), Ok)
}

/// What nearly every packet is, for which the library takes several times as long: UDP in IPv4
/// without options, whole, in a frame that holds all of it.
#[inline]
fn plain(network: &[u8]) -> Option<Packet<'_>> {
    const UDP: u8 = 17;
    const DO_NOT_FRAGMENT: u8 = 0x40;
    let header = network.first_chunk::<20>()?;
    let payload =
        network.get(header.len()..usize::from(u16::from_be_bytes([header[2], header[3]])))?;
    let is_plain = header[0] == 0x45
        && header[6] & !DO_NOT_FRAGMENT == 0
        && header[7] == 0
        && header[9] == UDP;
    let address =
        |at: usize| IpAddr::from([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    is_plain.then(|| Packet {
        src: address(12),
        dst: address(16),
        protocol: UDP,
        payload,
        cut: false,
        piece: None,
    })
}

fn any(network: &[u8]) -> Result<Packet<'_>, Reject> {
    let (ip, stopped) = LaxIpSlice::from_slice(network).map_err(|_| Reject::Malformed)?;
    if stopped.is_some() {
        return Err(Reject::Malformed);
    }
    let (src, dst, piece) = match &ip {
        LaxIpSlice::Ipv4(v4) => {
            let h = v4.header();
            let piece = h.is_fragmenting_payload().then(|| Piece {
                id: u32::from(h.identification()),
                offset: h.fragments_offset(),
                more: h.more_fragments(),
            });
            (
                IpAddr::from(h.source_addr()),
                IpAddr::from(h.destination_addr()),
                piece,
            )
        }
        LaxIpSlice::Ipv6(v6) => {
            let piece = v6.extensions().clone().into_iter().find_map(|e| match e {
                Ipv6ExtensionSlice::Fragment(f) if f.is_fragmenting_payload() => {
                    let f = f.to_header();
                    Some(Piece {
                        id: f.identification,
                        offset: f.fragment_offset,
                        more: f.more_fragments,
                    })
                }
                _ => None,
            });
            (
                IpAddr::from(v6.header().source_addr()),
                IpAddr::from(v6.header().destination_addr()),
                piece,
            )
        }
    };
    let inside = ip.payload();
    Ok(Packet {
        src,
        dst,
        protocol: inside.ip_number.0,
        payload: inside.payload,
        cut: inside.incomplete,
        piece,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_packets_are_what_the_library_says() {
        let mut whole = vec![
            0x45, 0, 0, 30, 1, 2, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ];
        whole.extend(0..14);
        assert_eq!(plain(&whole).unwrap(), any(&whole).unwrap());
        assert_eq!(
            plain(&whole).unwrap().payload,
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        );
        let mut plains = 0;
        for length in 0..=whole.len() {
            for (at, byte) in (0..20).flat_map(|at| (0..=255).map(move |byte| (at, byte))) {
                let mut changed = whole[..length].to_vec();
                if let Some(b) = changed.get_mut(at) {
                    *b = byte;
                }
                if let Some(plain) = plain(&changed) {
                    assert_eq!(Ok(plain), any(&changed), "{changed:?}");
                    plains += 1;
                }
            }
        }
        assert!(plains > 10_000);
    }
}
