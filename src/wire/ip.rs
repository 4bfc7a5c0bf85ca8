//! IPv4 and IPv6 (RFC 791, RFC 8200): who sends what to whom, and which piece of it.

use super::Reject;
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

pub(super) fn packet(network: &[u8]) -> Result<Packet<'_>, Reject> {
    let (ip, stopped) = LaxIpSlice::from_slice(network).map_err(|_| Reject::Malformed)?;
    if stopped.is_some() {
        return Err(Reject::Malformed);
    }
    let (src, dst, piece) = match &ip {
        LaxIpSlice::Ipv4(v4) => {
            let h = v4.header();
            let piece = h.is_fragmenting_payload().then(|| Piece { id: u32::from(h.identification()), offset: h.fragments_offset(), more: h.more_fragments() });
            (IpAddr::from(h.source_addr()), IpAddr::from(h.destination_addr()), piece)
        }
        LaxIpSlice::Ipv6(v6) => {
            let piece = v6.extensions().clone().into_iter().find_map(|e| match e {
                Ipv6ExtensionSlice::Fragment(f) if f.is_fragmenting_payload() => {
                    let f = f.to_header();
                    Some(Piece { id: f.identification, offset: f.fragment_offset, more: f.more_fragments })
                }
                _ => None,
            });
            (IpAddr::from(v6.header().source_addr()), IpAddr::from(v6.header().destination_addr()), piece)
        }
    };
    let inside = ip.payload();
    Ok(Packet { src, dst, protocol: inside.ip_number.0, payload: inside.payload, cut: inside.incomplete, piece })
}
