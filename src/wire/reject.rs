//! Why a frame gave nothing.

/// Why a frame gave nothing. Each reason is a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reject {
    /// A link type that is not read here.
    UnknownLink,
    /// ARP, LLDP and other things that are not IP.
    NotIp,
    /// IP, and neither UDP nor TCP.
    NotUdp,
    /// TCP that carries no SIP.
    Tcp,
    /// TLS: if it is signalling, its calls show as media without signalling.
    Tls,
    /// A tunnel of a version that is not read here, or too many in each other.
    Tunnel,
    /// A HEP packet that carries no SIP.
    Hep,
    /// A header that contradicts itself or ends early.
    Malformed,
}

impl Reject {
    /// All reasons.
    pub const ALL: [Reject; 8] = [
        Reject::UnknownLink,
        Reject::NotIp,
        Reject::NotUdp,
        Reject::Tcp,
        Reject::Tls,
        Reject::Tunnel,
        Reject::Hep,
        Reject::Malformed,
    ];

    /// As metrics and pages spell it.
    pub fn name(self) -> &'static str {
        match self {
            Reject::UnknownLink => "unknown_link",
            Reject::NotIp => "not_ip",
            Reject::NotUdp => "not_udp",
            Reject::Tcp => "tcp",
            Reject::Tls => "tls",
            Reject::Tunnel => "tunnel",
            Reject::Hep => "hep",
            Reject::Malformed => "malformed",
        }
    }
}
