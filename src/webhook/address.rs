//! Which addresses nothing is sent to, unless an administrator allows their range: everything that
//! is not a host on the public Internet, by the registries of IANA for special addresses (RFC 6890,
//! and what came since). An IPv6 address that carries an IPv4 address is judged by both.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Why an address is no host on the public Internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    Unspecified,
    Loopback,
    Private,
    LinkLocal,
    /// Between a provider and its customers (RFC 6598).
    Shared,
    Multicast,
    Broadcast,
    Documentation,
    Benchmark,
    /// Set aside, or not given to anybody.
    Reserved,
    /// IPv6 that wraps an IPv4 address: 6to4, Teredo, NAT64.
    Translated,
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Special::Unspecified => "no host's address",
            Special::Loopback => "this box itself",
            Special::Private => "a private address",
            Special::LinkLocal => "a link-local address",
            Special::Shared => "an address of a provider's inside",
            Special::Multicast => "a multicast address",
            Special::Broadcast => "a broadcast address",
            Special::Documentation => "an address for documentation",
            Special::Benchmark => "an address for benchmarks",
            Special::Reserved => "a reserved address",
            Special::Translated => "an IPv4 address in disguise",
        })
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> (u32, u8) {
    (u32::from_be_bytes([a, b, c, d]), length)
}

/// IANA IPv4 Special-Purpose Address Registry; the more specific ones first.
const V4: [((u32, u8), Special); 20] = [
    (v4(255, 255, 255, 255, 32), Special::Broadcast),
    (v4(0, 0, 0, 0, 8), Special::Unspecified),
    (v4(10, 0, 0, 0, 8), Special::Private),
    (v4(100, 64, 0, 0, 10), Special::Shared),
    (v4(127, 0, 0, 0, 8), Special::Loopback),
    (v4(169, 254, 0, 0, 16), Special::LinkLocal),
    (v4(172, 16, 0, 0, 12), Special::Private),
    (v4(192, 0, 0, 0, 24), Special::Reserved),
    (v4(192, 0, 2, 0, 24), Special::Documentation),
    (v4(192, 31, 196, 0, 24), Special::Reserved),
    (v4(192, 52, 193, 0, 24), Special::Reserved),
    (v4(192, 88, 99, 0, 24), Special::Translated),
    (v4(192, 168, 0, 0, 16), Special::Private),
    (v4(192, 175, 48, 0, 24), Special::Reserved),
    (v4(198, 18, 0, 0, 15), Special::Benchmark),
    (v4(198, 51, 100, 0, 24), Special::Documentation),
    (v4(203, 0, 113, 0, 24), Special::Documentation),
    (v4(224, 0, 0, 0, 4), Special::Multicast),
    (v4(240, 0, 0, 0, 4), Special::Reserved),
    // Azure's platform host: public by number, inside by use.
    (v4(168, 63, 129, 16, 32), Special::LinkLocal),
];

const fn v6(groups: [u16; 8], length: u8) -> (u128, u8) {
    let [a, b, c, d, e, f, g, h] = groups;
    (Ipv6Addr::new(a, b, c, d, e, f, g, h).to_bits(), length)
}

/// IANA IPv6 Special-Purpose Address Registry; the more specific ones first.
const V6: [((u128, u8), Special); 15] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), Special::Loopback),
    (v6([0; 8], 128), Special::Unspecified),
    (
        v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
        Special::Translated,
    ),
    (
        v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
        Special::Translated,
    ),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), Special::Translated),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), Special::Benchmark),
    (
        v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
        Special::Documentation,
    ),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), Special::Reserved),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), Special::Translated),
    (
        v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
        Special::Documentation,
    ),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), Special::Private),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), Special::LinkLocal),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), Special::Private),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), Special::Multicast),
    // IPv4-compatible, long obsolete (RFC 4291 §2.5.5.1).
    (v6([0; 8], 96), Special::Translated),
];

/// Global unicast, as far as IANA gives it out (RFC 4291 §2.4).
const GLOBAL: (u128, u8) = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

fn within4(address: u32, (network, length): (u32, u8)) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
    address & mask == network & mask
}

fn within6(address: u128, (network, length): (u128, u8)) -> bool {
    let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
    address & mask == network & mask
}

/// Why an address is no host on the public Internet; none: it is one.
#[must_use]
pub fn special(address: IpAddr) -> Option<Special> {
    match address.to_canonical() {
        IpAddr::V4(a) => special4(a),
        IpAddr::V6(a) => special6(a),
    }
}

fn special4(address: Ipv4Addr) -> Option<Special> {
    let found = V4.iter().find(|(net, _)| within4(address.to_bits(), *net));
    found.map(|(_, why)| *why)
}

fn special6(address: Ipv6Addr) -> Option<Special> {
    let found = V6.iter().find(|(net, _)| within6(address.to_bits(), *net));
    let reserved = || (!within6(address.to_bits(), GLOBAL)).then_some(Special::Reserved);
    found.map(|(_, why)| *why).or_else(reserved)
}

/// A range of addresses: `10.1.0.0/16`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    length: u8,
}

/// What is no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no range of addresses: write it as 10.1.0.0/16, fd00::/8, or one address")]
pub struct BadNetwork(String);

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Network, BadNetwork> {
        let bad = || BadNetwork(text.to_owned());
        let (address, length) = text
            .split_once('/')
            .map_or((text, None), |(a, l)| (a, Some(l)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(most), |l| l.parse().map_err(|_| bad()))?;
        (length <= most)
            .then_some(Network { address, length })
            .ok_or_else(bad)
    }
}

impl Network {
    /// Whether an address is in it; one that is mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(a)) => within4(a.to_bits(), (net.to_bits(), self.length)),
            (IpAddr::V6(net), IpAddr::V6(a)) => within6(a.to_bits(), (net.to_bits(), self.length)),
            _ => false,
        }
    }
}

/// The ranges that an administrator allows beside the public Internet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<Network>);

impl Allowed {
    /// These ranges; without one the public Internet alone.
    #[must_use]
    pub fn new(ranges: Vec<Network>) -> Allowed {
        Allowed(ranges)
    }

    /// Whether any range is allowed.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether an address is within one of them.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }

    /// Why nothing may be sent to an address; none: it may.
    #[must_use]
    pub fn refuses(&self, address: IpAddr) -> Option<Special> {
        special(address).filter(|_| !self.has(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Option<Special> {
        special(address.parse().unwrap())
    }

    #[test]
    fn hosts_of_the_public_internet_are_none() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.0.0.1",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2a00::1",
            "::ffff:1.1.1.1",
        ] {
            assert_eq!(of(address), None, "{address}");
        }
    }

    #[test]
    fn every_special_range_is_refused_at_both_its_ends() {
        for (address, why) in [
            ("0.0.0.0", Special::Unspecified),
            ("0.255.255.255", Special::Unspecified),
            ("10.0.0.0", Special::Private),
            ("10.255.255.255", Special::Private),
            ("100.64.0.0", Special::Shared),
            ("100.127.255.255", Special::Shared),
            ("127.0.0.1", Special::Loopback),
            ("127.255.255.255", Special::Loopback),
            ("169.254.0.0", Special::LinkLocal),
            ("169.254.169.254", Special::LinkLocal),
            ("168.63.129.16", Special::LinkLocal),
            ("172.16.0.0", Special::Private),
            ("172.31.255.255", Special::Private),
            ("192.0.0.8", Special::Reserved),
            ("192.0.2.255", Special::Documentation),
            ("192.88.99.1", Special::Translated),
            ("192.168.255.255", Special::Private),
            ("198.18.0.0", Special::Benchmark),
            ("198.19.255.255", Special::Benchmark),
            ("198.51.100.7", Special::Documentation),
            ("203.0.113.7", Special::Documentation),
            ("224.0.0.1", Special::Multicast),
            ("239.255.255.255", Special::Multicast),
            ("240.0.0.0", Special::Reserved),
            ("255.255.255.254", Special::Reserved),
            ("255.255.255.255", Special::Broadcast),
            ("::", Special::Unspecified),
            ("::1", Special::Loopback),
            ("::2", Special::Translated),
            ("::127.0.0.1", Special::Translated),
            ("::ffff:127.0.0.1", Special::Loopback),
            ("::ffff:10.0.0.1", Special::Private),
            ("::ffff:169.254.169.254", Special::LinkLocal),
            ("::ffff:0:127.0.0.1", Special::Reserved),
            ("64:ff9b::127.0.0.1", Special::Translated),
            ("64:ff9b:1::1", Special::Translated),
            ("100::1", Special::Reserved),
            ("2001::1", Special::Translated),
            ("2001:2::1", Special::Benchmark),
            ("2001:20::1", Special::Reserved),
            ("2001:db8::1", Special::Documentation),
            ("2002:7f00:1::", Special::Translated),
            ("3fff::1", Special::Documentation),
            ("5f00::1", Special::Reserved),
            ("fc00::1", Special::Private),
            ("fdff::1", Special::Private),
            ("fe80::1", Special::LinkLocal),
            ("febf::1", Special::LinkLocal),
            ("fec0::1", Special::Private),
            ("ff02::1", Special::Multicast),
            ("4000::1", Special::Reserved),
            ("e000::1", Special::Reserved),
        ] {
            assert_eq!(of(address), Some(why), "{address}");
        }
    }

    #[test]
    fn a_range_that_is_allowed_opens_itself_alone() {
        let allowed = Allowed::new(vec!["10.1.0.0/16".parse().unwrap(), "::1".parse().unwrap()]);
        let refused = |address: &str| allowed.refuses(address.parse().unwrap()).is_some();
        assert!(!refused("10.1.255.255") && !refused("::ffff:10.1.0.1") && !refused("::1"));
        assert!(refused("10.2.0.0") && refused("127.0.0.1") && refused("64:ff9b::10.1.0.1"));
        assert!(!refused("1.1.1.1"));
        assert!(!Allowed::default().has("1.1.1.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_range_is_named() {
        for wrong in [
            "",
            "10.0.0",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/-1",
            "host/8",
            "10.0.0.0/",
        ] {
            let error = wrong.parse::<Network>().unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("127.0.0.1".parse().unwrap()));
    }
}
