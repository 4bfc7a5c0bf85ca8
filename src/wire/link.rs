//! Link layers: where the IP packet begins in a frame.

use super::reject::Reject;

/// Link types by their LINKTYPE_ number (<https://www.tcpdump.org/linktypes.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// 1: Ethernet, with any number of 802.1Q and 802.1ad tags, PPPoE (RFC 2516) and MPLS (RFC
    /// 3032, RFC 4448) inside.
    Ethernet,
    /// 0 and 108: BSD loopback, four bytes of address family.
    Loopback,
    /// 12, 14, 101, 228, 229: the packet begins with the IP header.
    RawIp,
    /// 113: Linux cooked capture v1, as of `tcpdump -i any` on older systems.
    LinuxCooked,
    /// 276: Linux cooked capture v2.
    LinuxCooked2,
    /// Anything else, kept for the message that names it.
    Other(u32),
}

impl From<u32> for Link {
    fn from(number: u32) -> Link {
        match number {
            1 => Link::Ethernet,
            0 | 108 => Link::Loopback,
            12 | 14 | 101 | 228 | 229 => Link::RawIp,
            113 => Link::LinuxCooked,
            276 => Link::LinuxCooked2,
            other => Link::Other(other),
        }
    }
}

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
/// 802.1Q, 802.1ad and the two older numbers that switches still send for the outer tag.
/// Asked for every frame: a search through a list is not inlined.
#[inline]
fn is_vlan_tag(ethertype: u16) -> bool {
    matches!(ethertype, 0x8100 | 0x88a8 | 0x9100 | 0x9200)
}

const PPPOE_SESSION: u16 = 0x8864;
#[inline]
fn is_mpls(ethertype: u16) -> bool {
    matches!(ethertype, 0x8847 | 0x8848)
}

/// PPP's own numbers (RFC 1332, RFC 5072).
const PPP_IPV4: u16 = 0x0021;
const PPP_IPV6: u16 = 0x0057;
const MAC_PAIR: usize = 12;
const COOKED_PROTOCOL: usize = 14;
const COOKED_LEN: usize = 16;
const COOKED2_LEN: usize = 20;

/// The bytes from the IP header on.
pub(super) fn network(link: Link, frame: &[u8]) -> Result<&[u8], Reject> {
    match link {
        Link::Ethernet => by_ethertype(frame, MAC_PAIR),
        Link::LinuxCooked => match be16(frame, COOKED_PROTOCOL)? {
            tag if is_vlan_tag(tag) => by_ethertype(frame, COOKED_LEN + 2),
            _ => by_ethertype(frame, COOKED_PROTOCOL),
        },
        // The protocol stands first, the payload after the whole header.
        Link::LinuxCooked2 => match be16(frame, 0)? {
            tag if is_vlan_tag(tag) => by_ethertype(frame, COOKED2_LEN + 2),
            ethertype => network_after(
                ethertype,
                frame.get(COOKED2_LEN..).ok_or(Reject::Malformed)?,
            ),
        },
        Link::Loopback => frame.get(4..).ok_or(Reject::Malformed),
        Link::RawIp => Ok(frame),
        Link::Other(_) => Err(Reject::UnknownLink),
    }
}

/// Steps over VLAN tags from the EtherType at `offset`.
fn by_ethertype(frame: &[u8], mut offset: usize) -> Result<&[u8], Reject> {
    loop {
        let ethertype = be16(frame, offset)?;
        if !is_vlan_tag(ethertype) {
            return network_after(ethertype, frame.get(offset + 2..).ok_or(Reject::Malformed)?);
        }
        offset += 4;
    }
}

/// The IP packet in what an EtherType announces.
pub(super) fn network_after(ethertype: u16, bytes: &[u8]) -> Result<&[u8], Reject> {
    match ethertype {
        ETHERTYPE_IPV4 | ETHERTYPE_IPV6 => Ok(bytes),
        PPPOE_SESSION => match be16(bytes, 6)? {
            PPP_IPV4 | PPP_IPV6 => Ok(&bytes[8..]),
            _ => Err(Reject::NotIp),
        },
        mpls if is_mpls(mpls) => below_labels(bytes),
        _ => Err(Reject::NotIp),
    }
}

/// Below the last MPLS label nothing says what follows: IP by its version, else a pseudowire's
/// Ethernet, with or without its control word of zeros (RFC 4448 §4.6).
fn below_labels(mut bytes: &[u8]) -> Result<&[u8], Reject> {
    loop {
        let (label, rest) = bytes.split_at_checked(4).ok_or(Reject::Malformed)?;
        bytes = rest;
        if label[2] & 1 == 1 {
            break;
        }
    }
    match bytes.first().ok_or(Reject::Malformed)? >> 4 {
        4 | 6 => Ok(bytes),
        0 if bytes.len() > 4 => {
            by_ethertype(&bytes[4..], MAC_PAIR).or_else(|_| by_ethertype(bytes, MAC_PAIR))
        }
        _ => by_ethertype(bytes, MAC_PAIR),
    }
}

pub(super) fn be16(bytes: &[u8], offset: usize) -> Result<u16, Reject> {
    match bytes.get(offset..offset + 2) {
        Some(&[a, b]) => Ok(u16::from_be_bytes([a, b])),
        _ => Err(Reject::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ethernet(tags: &[u16]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        for tag in tags {
            frame.extend(tag.to_be_bytes());
            frame.extend([0, 100]);
        }
        frame.extend([0x08, 0x00, 0x45]);
        frame
    }

    #[test]
    fn tags_of_every_depth_are_stepped_over() {
        for tags in [&[][..], &[0x8100], &[0x88a8, 0x8100], &[0x9100, 0x8100]] {
            assert_eq!(network(Link::Ethernet, &ethernet(tags)), Ok(&[0x45][..]));
        }
    }

    #[test]
    fn what_is_not_ip_or_ends_early_is_said() {
        let mut arp = vec![0; 12];
        arp.extend([0x08, 0x06, 0, 1]);
        assert_eq!(network(Link::Ethernet, &arp), Err(Reject::NotIp));
        assert_eq!(network(Link::Ethernet, &[0; 13]), Err(Reject::Malformed));
        assert_eq!(network(Link::LinuxCooked2, &[8]), Err(Reject::Malformed));
        assert_eq!(network(Link::from(147), &[0; 64]), Err(Reject::UnknownLink));
    }
}
