//! What a datagram's payload is, by its first bytes alone: STUN, DTLS, ZRTP, RTP and RTCP
//! share a port (RFC 7983 §7), and SIP is met on any port.

/// The kinds that matter to a tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Sip,
    Rtp,
    Rtcp,
    Stun,
    Dtls,
    Zrtp,
    /// CR LF or NUL bytes that keep a NAT binding open (RFC 5626 §4.4.1).
    KeepAlive,
    Other,
}

/// The first word of a SIP response; a request has ` SIP/2.0` at the end of its first line.
const RESPONSE: &[u8] = b"SIP/2.0 ";
/// A request line longer than this is no request line.
const LONGEST_START_LINE: usize = 2048;

/// Gives the kind of a payload. Never reads past its first line.
pub fn kind(payload: &[u8]) -> Kind {
    match payload {
        [0x80..=0xbf, 192..=223, ..] if payload.len() >= 8 => Kind::Rtcp,
        [0x80..=0xbf, ..] if payload.len() >= 12 => Kind::Rtp,
        [0..=3, _, _, _, 0x21, 0x12, 0xa4, 0x42, ..] => Kind::Stun,
        [16..=19, _, _, _, b'Z', b'R', b'T', b'P', ..] => Kind::Zrtp,
        [20..=63, 0xfe, 0xfd | 0xff, ..] => Kind::Dtls,
        _ if payload.iter().all(|b| matches!(b, b'\r' | b'\n' | 0)) => Kind::KeepAlive,
        _ if is_sip(payload) => Kind::Sip,
        _ => Kind::Other,
    }
}

/// What a method may be made of (RFC 3261 §25.1).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// Whether a payload begins with a SIP start line.
pub(super) fn is_sip(payload: &[u8]) -> bool {
    let start = payload
        .iter()
        .position(|b| !matches!(b, b'\r' | b'\n'))
        .unwrap_or(0);
    let text = &payload[start..];
    if text.len() >= RESPONSE.len() && text[..RESPONSE.len()].eq_ignore_ascii_case(RESPONSE) {
        return true;
    }
    let line = &text[..text.len().min(LONGEST_START_LINE)];
    let end = line.iter().position(|&b| b == b'\n').unwrap_or(line.len());
    let line = line[..end].trim_ascii_end();
    line.first().is_some_and(|b| is_token(*b))
        && line.len() > 10
        && line[line.len() - 8..].eq_ignore_ascii_case(b" SIP/2.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_the_media_port_is_told_apart() {
        let with = |head: &[u8]| [head, &[0; 20]].concat();
        assert_eq!(kind(&with(&[0x80, 0])), Kind::Rtp);
        assert_eq!(kind(&with(&[0x90, 0x80 | 96])), Kind::Rtp);
        assert_eq!(kind(&with(&[0x81, 200])), Kind::Rtcp);
        assert_eq!(
            kind(&with(&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42])),
            Kind::Stun
        );
        assert_eq!(kind(&with(b"\x10\0\x12\x34ZRTP")), Kind::Zrtp);
        assert_eq!(kind(&with(&[22, 0xfe, 0xfd])), Kind::Dtls);
        assert_eq!(kind(b"\r\n\r\n"), Kind::KeepAlive);
        assert_eq!(kind(&with(b"GET / HTTP/1.1\r\n")), Kind::Other);
    }

    #[test]
    fn sip_is_known_by_its_first_line() {
        assert_eq!(kind(b"INVITE sip:a@b SIP/2.0\r\nVia: x\r\n"), Kind::Sip);
        assert_eq!(kind(b"\r\n\r\nSIP/2.0 200 OK\r\n"), Kind::Sip);
        assert_eq!(kind(b"NEWMETHOD sip:a@b   SIP/2.0\n"), Kind::Sip);
        assert_eq!(
            kind(b"!interesting-Method0123456789_*+`.%indeed'~ sip:1@x SIP/2.0\r\n"),
            Kind::Sip
        );
        assert_eq!(kind(b"INVITE sip:a@b"), Kind::Other);
    }
}
