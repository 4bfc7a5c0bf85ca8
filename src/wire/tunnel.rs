//! What switches, clouds and routers wrap mirrored traffic in: GRE (RFC 2784, 2890), ERSPAN types I
//! to III (draft-foschiano-erspan-03), VXLAN (RFC 7348), TZSP, and IP in IP (RFC 2003, RFC 4213).

use super::ip::Packet;
use super::link::{self, Link};
use super::reject::Reject;

const IP_IN_IP: u8 = 4;
const IPV6_IN_IP: u8 = 41;
const GRE: u8 = 47;
const UDP: u8 = 17;
/// 4789 by IANA; 8472 is Linux's first choice.
const VXLAN_PORT: u16 = 4789;
const VXLAN_PORT_LINUX: u16 = 8472;
const TZSP_PORT: u16 = 37008;

/// Where the wrapped frame begins.
pub(super) enum Inner<'a> {
    /// A frame of this link layer; `certain` when nothing else can look like this.
    Frame {
        link: Link,
        bytes: &'a [u8],
        certain: bool,
    },
    /// An IP packet.
    Network(&'a [u8]),
}

/// What a packet wraps; `None` when it is no tunnel.
pub(super) fn inner<'a>(packet: &Packet<'a>) -> Result<Option<Inner<'a>>, Reject> {
    match packet.protocol {
        IP_IN_IP | IPV6_IN_IP => Ok(Some(Inner::Network(packet.payload))),
        GRE => gre(packet.payload).map(Some),
        UDP => Ok(udp(packet.payload)),
        _ => Ok(None),
    }
}

/// By the port and by the header's own shape: media may well run on these ports.
fn udp(datagram: &[u8]) -> Option<Inner<'_>> {
    let port = u16::from_be_bytes([*datagram.get(2)?, *datagram.get(3)?]);
    let payload = datagram.get(8..)?;
    if matches!(port, VXLAN_PORT | VXLAN_PORT_LINUX)
        && payload.len() > 8
        && payload[0] & 0x08 != 0
        && payload[0] & 0xc0 == 0
    {
        return Some(Inner::Frame {
            link: Link::Ethernet,
            bytes: &payload[8..],
            certain: false,
        });
    }
    if port == TZSP_PORT {
        return tzsp(payload);
    }
    None
}

fn tzsp(payload: &[u8]) -> Option<Inner<'_>> {
    // Version 1; type 0 (received) or 1 (to transmit); protocol 1 is Ethernet.
    let ([1, 0 | 1, 0, 1], mut tags) = payload.split_at_checked(4)? else {
        return None;
    };
    loop {
        match *tags.first()? {
            0 => tags = &tags[1..],
            1 => {
                return Some(Inner::Frame {
                    link: Link::Ethernet,
                    bytes: &tags[1..],
                    certain: false,
                });
            }
            _ => tags = tags.get(2 + usize::from(*tags.get(1)?)..)?,
        }
    }
}

const GRE_CHECKSUM: u16 = 0x8000;
const GRE_KEY: u16 = 0x2000;
const GRE_SEQUENCE: u16 = 0x1000;
/// Routing, and the version: neither is met in a mirror.
const GRE_UNREAD: u16 = 0x4007;
const ERSPAN_2: u16 = 0x88be;
const ERSPAN_3: u16 = 0x22eb;
const BRIDGED: u16 = 0x6558;

fn gre(payload: &[u8]) -> Result<Inner<'_>, Reject> {
    let flags = link::be16(payload, 0)?;
    let kind = link::be16(payload, 2)?;
    if flags & GRE_UNREAD != 0 {
        return Err(Reject::Tunnel);
    }
    let optional = [GRE_CHECKSUM, GRE_KEY, GRE_SEQUENCE]
        .iter()
        .filter(|f| flags & **f != 0)
        .count();
    let after = payload.get(4 + 4 * optional..).ok_or(Reject::Malformed)?;
    let ethernet = |header: usize| {
        Ok(Inner::Frame {
            link: Link::Ethernet,
            bytes: after.get(header..).ok_or(Reject::Malformed)?,
            certain: true,
        })
    };
    match kind {
        BRIDGED => ethernet(0),
        // Type I has neither sequence number nor header.
        ERSPAN_2 if flags & GRE_SEQUENCE == 0 => ethernet(0),
        ERSPAN_2 => ethernet(8),
        // The last bit of type III's header says whether a platform's own eight bytes follow.
        ERSPAN_3 => ethernet(if after.get(11).is_some_and(|b| b & 1 != 0) {
            20
        } else {
            12
        }),
        _ => link::network_after(kind, after).map(Inner::Network),
    }
}
