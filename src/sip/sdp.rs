//! SDP (RFC 4566, RFC 8866) as offers and answers use it (RFC 3264): where each side listens, and
//! which formats.

use super::crypto::{self, Crypto};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// The audio of a session description; other media are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sdp {
    /// Its audio streams, in their order.
    pub audio: Vec<Audio>,
}

/// One `m=audio` line with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audio {
    /// Where the sender of this description listens; `None` when the stream is refused (port 0) or
    /// the address is a name.
    pub address: Option<SocketAddr>,
    pub direction: MediaDirection,
    pub formats: Vec<Format>,
    pub keying: Keying,
    /// Keys for what the describer sends.
    pub crypto: Vec<Crypto>,
}

/// `a=sendrecv` and its kin, from the describer's point of view (RFC 3264 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaDirection {
    #[default]
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

/// How the media would be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keying {
    #[default]
    None,
    /// `a=crypto` (RFC 4568).
    Sdes,
    /// `a=fingerprint` with a DTLS profile (RFC 5763).
    Dtls,
    /// `a=zrtp-hash` (RFC 6189).
    Zrtp,
}

/// A payload type and its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    pub payload_type: u8,
    /// The encoding name as the describer wrote it, or the one of RFC 3551 for a static type.
    pub encoding: String,
    /// RTP clock in ticks per second. G.722's is 8000 although its audio is sampled at 16000 (RFC
    /// 3551 §4.5.2).
    pub clock: u32,
    pub channels: u8,
    /// `a=fmtp` as it was written; empty without one.
    pub fmtp: String,
}

impl Sdp {
    /// `None` when no reading makes sense of it. Latin-1 is tolerated, and an origin line that is
    /// not to the letter.
    pub fn parse(body: &[u8]) -> Option<Sdp> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_end_matches('\0');
        let session = sdp_types::Session::parse(text.as_bytes())
            .ok()
            .or_else(|| {
                let plain: String = text
                    .lines()
                    .map(|l| {
                        if l.starts_with("o=") {
                            "o=- 0 0 IN IP4 0.0.0.0"
                        } else {
                            l
                        }
                    })
                    .flat_map(|l| [l, "\r\n"])
                    .collect();
                sdp_types::Session::parse(plain.as_bytes()).ok()
            })?;
        let audio = session
            .medias
            .iter()
            .filter(|m| m.media.eq_ignore_ascii_case("audio"))
            .map(|m| audio(&session, m))
            .collect();
        Some(Sdp { audio })
    }
}

/// Keys that one description may hold.
const MOST_KEYS: usize = 16;

fn audio(session: &sdp_types::Session, media: &sdp_types::Media) -> Audio {
    // Media level overrides session level (RFC 8866 §5.7).
    let connection = media.connections.first().or(session.connection.as_ref());
    let ip = connection.and_then(|c| {
        c.connection_address
            .split('/')
            .next()?
            .parse::<IpAddr>()
            .ok()
    });
    let attribute = |name: &str| {
        media
            .attributes
            .iter()
            .chain(&session.attributes)
            .find(|a| a.attribute.eq_ignore_ascii_case(name))
    };
    let direction = [
        ("sendonly", MediaDirection::SendOnly),
        ("recvonly", MediaDirection::RecvOnly),
        ("inactive", MediaDirection::Inactive),
    ];
    // The older way to hold: an unspecified address (RFC 3264 §8.4).
    let unspecified = ip.is_some_and(|ip| ip.is_unspecified());
    let level = |attributes: &[sdp_types::Attribute]| {
        direction
            .iter()
            .find(|(name, _)| {
                attributes
                    .iter()
                    .any(|a| a.attribute.eq_ignore_ascii_case(name))
            })
            .map(|(_, d)| *d)
    };
    Audio {
        address: ip
            .filter(|ip| media.port != 0 && !ip.is_unspecified())
            .map(|ip| SocketAddr::new(ip, media.port)),
        direction: if unspecified {
            MediaDirection::SendOnly
        } else {
            level(&media.attributes)
                .or_else(|| level(&session.attributes))
                .unwrap_or_default()
        },
        formats: media
            .fmt
            .split_ascii_whitespace()
            .filter_map(|pt| pt.parse().ok())
            .filter_map(|pt| format(pt, media))
            .collect(),
        keying: match () {
            () if attribute("crypto").is_some() => Keying::Sdes,
            () if attribute("fingerprint").is_some() => Keying::Dtls,
            () if attribute("zrtp-hash").is_some() => Keying::Zrtp,
            () => Keying::None,
        },
        crypto: media
            .attributes
            .iter()
            .filter(|a| a.attribute.eq_ignore_ascii_case("crypto"))
            .filter_map(|a| a.value.as_deref())
            .flat_map(crypto::parse)
            .take(MOST_KEYS)
            .collect(),
    }
}

fn format(payload_type: u8, media: &sdp_types::Media) -> Option<Format> {
    let of = |name: &str| {
        media
            .attributes
            .iter()
            .filter(|a| a.attribute.eq_ignore_ascii_case(name))
            .find_map(|a| {
                let (pt, rest) = a.value.as_deref()?.trim().split_once(' ')?;
                (pt.parse() == Ok(payload_type)).then(|| rest.trim().to_owned())
            })
    };
    let fmtp = of("fmtp").unwrap_or_default();
    match of("rtpmap") {
        Some(map) => {
            let mut fields = map.split('/');
            let encoding = fields.next()?.trim().to_owned();
            let clock = fields
                .next()
                .and_then(|c| c.trim().parse().ok())
                .unwrap_or(8000);
            let channels = fields
                .next()
                .and_then(|c| c.trim().parse().ok())
                .unwrap_or(1);
            Some(Format {
                payload_type,
                encoding,
                clock,
                channels,
                fmtp,
            })
        }
        None => static_format(payload_type).map(|f| Format { fmtp, ..f }),
    }
}

/// The static payload types of RFC 3551 §6 that carry telephone audio.
pub fn static_format(payload_type: u8) -> Option<Format> {
    let (encoding, clock, channels) = match payload_type {
        0 => ("PCMU", 8000, 1),
        3 => ("GSM", 8000, 1),
        4 => ("G723", 8000, 1),
        8 => ("PCMA", 8000, 1),
        9 => ("G722", 8000, 1),
        10 => ("L16", 44_100, 2),
        11 => ("L16", 44_100, 1),
        13 => ("CN", 8000, 1),
        18 => ("G729", 8000, 1),
        _ => return None,
    };
    Some(Format {
        payload_type,
        encoding: encoding.to_owned(),
        clock,
        channels,
        fmtp: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_come_from_rtpmap_or_from_the_static_table() {
        let sdp = Sdp::parse(
            b"v=0\r\no=Foo Bar 1 1 IN IP4 192.0.2.1\r\ns=caf\xe9\r\nc=IN IP4 \
            192.0.2.1\r\nt=0 0\r\na=inactive\r\nm=audio 4000 RTP/AVP 0 9 101 77\r\nc=IN IP6 \
            2001:db8::7\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 \
            0-15\r\na=sendonly\r\nm=video 5000 RTP/AVP 96\r\n",
        )
        .unwrap();
        let audio = &sdp.audio[0];
        assert_eq!(
            (
                sdp.audio.len(),
                audio.address.unwrap().to_string().as_str(),
                audio.direction
            ),
            (1, "[2001:db8::7]:4000", MediaDirection::SendOnly)
        );
        let names: Vec<_> = audio
            .formats
            .iter()
            .map(|f| (f.payload_type, f.encoding.as_str(), f.clock))
            .collect();
        assert_eq!(
            names,
            [
                (0, "PCMU", 8000),
                (9, "G722", 8000),
                (101, "telephone-event", 8000)
            ]
        );
    }

    #[test]
    fn a_refused_stream_and_an_old_style_hold_have_no_address() {
        let read = |c: &str, port: u16| {
            Sdp::parse(
                format!(
                    "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 {c}\r\nt=0 \
                0\r\nm=audio {port} RTP/AVP 8\r\n"
                )
                .as_bytes(),
            )
            .unwrap()
            .audio[0]
                .clone()
        };
        assert_eq!(read("192.0.2.1", 0).address, None);
        assert_eq!(
            (
                read("0.0.0.0", 4000).address,
                read("0.0.0.0", 4000).direction
            ),
            (None, MediaDirection::SendOnly)
        );
    }
}
