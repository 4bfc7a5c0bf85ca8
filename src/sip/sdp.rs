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
    /// It holds more than is read of one: [`MOST_BYTES`], [`MOST_LINES`], [`MOST_SECTIONS`],
    /// [`MOST_FORMATS`], [`MOST_KEYS`] or [`LONGEST_TEXT`].
    #[serde(default)]
    pub is_cut: bool,
}

/// So much of a description is read, in whole lines. A browser's offer of sound and picture has
/// some 8 KB and 200 lines, and names the sound first.
pub const MOST_BYTES: usize = 16 << 10;
/// And so many of its lines.
pub const MOST_LINES: usize = 512;
/// Audio sections: secure and plain twins of two streams are four.
pub const MOST_SECTIONS: usize = 8;
/// Formats of a section: a browser offers a dozen.
pub const MOST_FORMATS: usize = 32;
/// Keys of a section.
pub const MOST_KEYS: usize = 16;
/// Bytes of an encoding's name or parameters.
pub const LONGEST_TEXT: usize = 256;

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
    /// not to the letter. What it costs grows with its length alone, up to [`MOST_BYTES`].
    pub fn parse(body: &[u8]) -> Option<Sdp> {
        let read = beginning(body);
        let text = String::from_utf8_lossy(read);
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
        let of_session = Attributes::of(&session.attributes);
        let mut is_cut = read.len() < body.len();
        let sections = session.medias.iter();
        let mut sections = sections.filter(|m| m.media.eq_ignore_ascii_case("audio"));
        let audio = sections.by_ref().take(MOST_SECTIONS);
        let audio = audio
            .map(|m| audio_of(&session, &of_session, m, &mut is_cut))
            .collect();
        is_cut |= sections.next().is_some();
        Some(Sdp { audio, is_cut })
    }
}

/// What is read of a description: whole lines, within the bounds.
fn beginning(body: &[u8]) -> &[u8] {
    let within = &body[..body.len().min(MOST_BYTES)];
    let ends = within.iter().enumerate().filter(|(_, b)| **b == b'\n');
    let mut ends = ends.map(|(at, _)| at + 1);
    let lines = ends.by_ref().take(MOST_LINES);
    let (count, end) = lines.fold((0, 0), |(count, _), end| (count + 1, end));
    if body.len() <= MOST_BYTES && count < MOST_LINES {
        return body;
    }
    // A line without an end is none.
    &within[..end]
}

/// What the attributes of a section say, looked through once.
struct Attributes<'a> {
    /// By payload type, one past the place in `texts`; zero without one.
    rtpmap: [u16; 256],
    fmtp: [u16; 256],
    texts: Vec<&'a str>,
    crypto: Vec<&'a str>,
    direction: Option<MediaDirection>,
    keying: [bool; 3],
}

impl<'a> Attributes<'a> {
    fn of(all: &'a [sdp_types::Attribute]) -> Attributes<'a> {
        let mut found = Attributes {
            rtpmap: [0; 256],
            fmtp: [0; 256],
            texts: Vec::new(),
            crypto: Vec::new(),
            direction: None,
            keying: [false; 3],
        };
        for attribute in all {
            found.take(&attribute.attribute, attribute.value.as_deref());
        }
        found
    }

    fn text(&self, table: &[u16; 256], payload_type: u8) -> Option<&'a str> {
        let place = table[usize::from(payload_type)].checked_sub(1)?;
        self.texts.get(usize::from(place)).copied()
    }

    fn take(&mut self, name: &str, value: Option<&'a str>) {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        let mut note = |table: fn(&mut Self) -> &mut [u16; 256]| {
            let (pt, rest) = value?.trim().split_once(' ')?;
            let next = self.texts.len() as u16 + 1;
            let place = &mut table(self)[usize::from(pt.parse::<u8>().ok()?)];
            if *place == 0 {
                *place = next;
                self.texts.push(rest.trim());
            }
            Some(())
        };
        match () {
            () if is("rtpmap") => _ = note(|s| &mut s.rtpmap),
            () if is("fmtp") => _ = note(|s| &mut s.fmtp),
            () if is("crypto") => {
                self.keying[0] = true;
                self.crypto.extend(value);
            }
            () if is("fingerprint") => self.keying[1] = true,
            () if is("zrtp-hash") => self.keying[2] = true,
            () if is("sendonly") => self.turn(MediaDirection::SendOnly),
            () if is("recvonly") => self.turn(MediaDirection::RecvOnly),
            () if is("inactive") => self.turn(MediaDirection::Inactive),
            () => {}
        }
    }

    /// Of several directions the first in [`MediaDirection`]'s order counts.
    fn turn(&mut self, direction: MediaDirection) {
        let rank = |d: MediaDirection| d as u8;
        if self
            .direction
            .is_none_or(|known| rank(direction) < rank(known))
        {
            self.direction = Some(direction);
        }
    }
}

fn audio_of(
    session: &sdp_types::Session,
    of_session: &Attributes<'_>,
    media: &sdp_types::Media,
    is_cut: &mut bool,
) -> Audio {
    // Media level overrides session level (RFC 8866 §5.7).
    let connection = media.connections.first().or(session.connection.as_ref());
    let ip = connection.and_then(|c| {
        c.connection_address
            .split('/')
            .next()?
            .parse::<IpAddr>()
            .ok()
    });
    let own = Attributes::of(&media.attributes);
    // The older way to hold: an unspecified address (RFC 3264 §8.4).
    let unspecified = ip.is_some_and(|ip| ip.is_unspecified());
    let keying = |kind: usize| own.keying[kind] || of_session.keying[kind];
    let mut types = media.fmt.split_ascii_whitespace();
    let mut keys = own.crypto.iter().flat_map(|value| crypto::parse(value));
    let audio = Audio {
        address: ip
            .filter(|ip| media.port != 0 && !ip.is_unspecified())
            .map(|ip| SocketAddr::new(ip, media.port)),
        direction: if unspecified {
            MediaDirection::SendOnly
        } else {
            own.direction.or(of_session.direction).unwrap_or_default()
        },
        formats: types
            .by_ref()
            .take(MOST_FORMATS)
            .filter_map(|pt| pt.parse().ok())
            .filter_map(|pt| format(pt, &own, is_cut))
            .collect(),
        keying: match () {
            () if keying(0) => Keying::Sdes,
            () if keying(1) => Keying::Dtls,
            () if keying(2) => Keying::Zrtp,
            () => Keying::None,
        },
        crypto: keys.by_ref().take(MOST_KEYS).collect(),
    };
    *is_cut |= types.next().is_some() || keys.next().is_some();
    audio
}

fn format(payload_type: u8, of: &Attributes<'_>, is_cut: &mut bool) -> Option<Format> {
    let mut short = |text: &str| {
        let short = super::shortened(text, LONGEST_TEXT);
        *is_cut |= short.len() < text.len();
        short.to_owned()
    };
    let fmtp = short(of.text(&of.fmtp, payload_type).unwrap_or_default());
    match of.text(&of.rtpmap, payload_type) {
        Some(map) => {
            let mut fields = map.split('/');
            let encoding = short(fields.next()?.trim());
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
    fn a_long_description_is_read_up_to_its_bounds() {
        let head = "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\n";
        let types: Vec<String> = (0..128).map(|t| t.to_string()).collect();
        let section = format!("m=audio 4000 RTP/AVP {}\r\n", types.join(" "));
        let map = "a=rtpmap:96 x/8000\r\na=rtpmap:20 first/8000\r\na=rtpmap:20 second/8000\r\n";
        let read = |text: &str| Sdp::parse(text.as_bytes()).unwrap();
        let one = read(&format!("{head}{section}{map}"));
        assert!(one.is_cut && one.audio[0].formats.iter().all(|f| f.payload_type < 32));
        assert_eq!(one.audio[0].formats.last().unwrap().encoding, "first");
        let many = read(&format!(
            "{head}{}",
            "m=audio 4000 RTP/AVP 8\r\n".repeat(50)
        ));
        assert!(many.is_cut && many.audio.len() == MOST_SECTIONS);
        for (line, most) in [
            ("a=x\r\n", MOST_LINES),
            ("a=0123456789012345678901234567890123456789\r\n", 400),
        ] {
            let long = read(&format!(
                "{head}m=audio 4000 RTP/AVP 8\r\n{}",
                line.repeat(20_000)
            ));
            assert!(long.is_cut && long.audio.len() == 1, "{most}");
        }
        let name = format!(
            "{head}m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 {}/8000\r\n",
            "n".repeat(999)
        );
        assert_eq!(read(&name).audio[0].formats[0].encoding.len(), LONGEST_TEXT);
        assert!(!read(&format!("{head}m=audio 4000 RTP/AVP 8\r\n")).is_cut);
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
