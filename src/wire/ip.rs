//! IPv4 and IPv6 (RFC 791, RFC 8200), and the UDP datagram inside (RFC 768).

use super::Reject;
use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};
use std::net::{IpAddr, SocketAddr};

/// A UDP datagram, borrowed from its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    pub src: SocketAddr,
    pub dst: SocketAddr,
    /// The payload as far as it was captured; Ethernet's padding is cut off by IP's own length.
    pub payload: &'a [u8],
    /// The capture's snap length cut the payload short.
    pub cut: bool,
}

pub(super) fn datagram(network: &[u8]) -> Result<Datagram<'_>, Reject> {
    let packet = LaxSlicedPacket::from_ip(network).map_err(|_| Reject::Malformed)?;
    let (src_ip, dst_ip): (IpAddr, IpAddr) = match &packet.net {
        Some(LaxNetSlice::Ipv4(v4)) => (v4.header().source_addr().into(), v4.header().destination_addr().into()),
        Some(LaxNetSlice::Ipv6(v6)) => (v6.header().source_addr().into(), v6.header().destination_addr().into()),
        _ => return Err(Reject::NotIp),
    };
    if packet.ip_payload().is_some_and(|p| p.fragmented) {
        return Err(Reject::Fragment);
    }
    match &packet.transport {
        Some(TransportSlice::Udp(udp)) => {
            let payload = udp.payload();
            let declared = usize::from(udp.length()).saturating_sub(8);
            Ok(Datagram {
                src: SocketAddr::new(src_ip, udp.source_port()),
                dst: SocketAddr::new(dst_ip, udp.destination_port()),
                payload: &payload[..payload.len().min(declared.max(usize::from(udp.length() == 0) * payload.len()))],
                cut: payload.len() < declared,
            })
        }
        Some(TransportSlice::Tcp(_)) => Err(Reject::Tcp),
        Some(_) => Err(Reject::NotUdp),
        None if packet.stop_err.is_some() => Err(Reject::Malformed),
        None => Err(Reject::NotUdp),
    }
}
