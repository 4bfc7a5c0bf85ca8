//! A lenient SIP message reader (RFC 3261 §7).
//!
//! A lexer of our own, since a tap must read what no stack would send: compact names, folded
//! headers, LF line ends, Latin-1 in a display name, a missing or wrong Content-Length, a message
//! cut by the snap length. Everything that begins with a start line is read; header values stay as
//! sent, and typed readers beside this file look into them. `rsip` gives the typed values (methods,
//! status codes) and builds messages where we make some.

use super::address::NameAddr;
use std::borrow::Cow;

/// One message, borrowing from the datagram.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    pub start: Start<'a>,
    headers: Vec<(&'a [u8], Cow<'a, [u8]>)>,
    /// The body, cut to Content-Length where that is shorter than the datagram (RFC 3261 §18.3).
    pub body: &'a [u8],
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start<'a> {
    Request {
        method: rsip::Method,
        uri: Cow<'a, str>,
    },
    Response {
        status: u16,
    },
}

/// Header lines of a message; one with more is none. A request over a dozen proxies has some sixty.
pub const MOST_HEADERS: usize = 256;
/// Parts of a multipart body that are looked into; a recording session has three.
pub const MOST_PARTS: usize = 16;
/// RFC 2046 §5.1.1 allows 70 bytes.
const LONGEST_BOUNDARY: usize = 128;
/// Bytes of a Call-ID; a message with a longer one is none, since cut it would be another's.
pub const LONGEST_CALL_ID: usize = 256;

/// What a sequence number belongs to (RFC 3261 §20.16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CSeq {
    pub number: u32,
    pub method: rsip::Method,
}

/// Compact names of RFC 3261 §7.3.3 and the RFCs that added some.
const COMPACT: [(u8, &str); 17] = [
    (b'a', "Accept-Contact"),
    (b'b', "Referred-By"),
    (b'c', "Content-Type"),
    (b'd', "Request-Disposition"),
    (b'e', "Content-Encoding"),
    (b'f', "From"),
    (b'i', "Call-ID"),
    (b'j', "Reject-Contact"),
    (b'k', "Supported"),
    (b'l', "Content-Length"),
    (b'm', "Contact"),
    (b'o', "Event"),
    (b'r', "Refer-To"),
    (b's', "Subject"),
    (b't', "To"),
    (b'v', "Via"),
    (b'x', "Session-Expires"),
];

impl<'a> Message<'a> {
    /// Reads a message that begins at the first byte, leading line ends aside; `None` when there is
    /// no start line, or more than [`MOST_HEADERS`].
    pub fn parse(bytes: &'a [u8]) -> Option<Message<'a>> {
        let skip = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n'))?;
        let bytes = &bytes[skip..];
        let (first, mut rest) = line(bytes);
        let start = start_line(first)?;
        let mut headers: Vec<(&[u8], Cow<[u8]>)> = Vec::with_capacity(24);
        while !rest.is_empty() {
            let (text, after) = line(rest);
            rest = after;
            if text.is_empty() {
                break;
            }
            if matches!(text[0], b' ' | b'\t') {
                // A folded line belongs to the header before it (§7.3.1).
                if let Some((_, value)) = headers.last_mut() {
                    let value = value.to_mut();
                    value.push(b' ');
                    value.extend_from_slice(text.trim_ascii());
                }
                continue;
            }
            if let Some(colon) = text.iter().position(|&b| b == b':') {
                if headers.len() == MOST_HEADERS {
                    return None;
                }
                headers.push((
                    text[..colon].trim_ascii(),
                    Cow::Borrowed(text[colon + 1..].trim_ascii()),
                ));
            }
        }
        let mut message = Message {
            start,
            headers,
            body: rest,
        };
        let declared = message
            .header("Content-Length")
            .and_then(|v| v.trim().parse::<usize>().ok());
        message.body = &rest[..declared.unwrap_or(rest.len()).min(rest.len())];
        Some(message)
    }

    /// The first header of that name, long or compact, without regard to case; Latin-1 bytes become
    /// U+FFFD.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers
            .iter()
            .find(|(n, _)| is_name(n, name))
            .map(|(_, v)| String::from_utf8_lossy(v))
    }

    /// The Call-ID (RFC 3261 §20.8); `None` when it is longer than [`LONGEST_CALL_ID`].
    pub fn call_id(&self) -> Option<Cow<'_, str>> {
        self.header("Call-ID")
            .filter(|id| id.len() <= LONGEST_CALL_ID)
    }

    /// Who sent the dialog's first request, with their tag.
    pub fn from(&self) -> Option<NameAddr> {
        self.header("From").map(|v| NameAddr::parse(&v))
    }

    /// Whom the dialog's first request was sent to; with a tag once they have answered.
    pub fn to(&self) -> Option<NameAddr> {
        self.header("To").map(|v| NameAddr::parse(&v))
    }

    /// The number and method of the transaction (RFC 3261 §20.16).
    pub fn cseq(&self) -> Option<CSeq> {
        let value = self.header("CSeq")?;
        let mut words = value.split_ascii_whitespace();
        Some(CSeq {
            number: words.next()?.parse().ok()?,
            method: method(words.next()?),
        })
    }

    /// The key in an INFO of type `application/dtmf-relay` (`Signal=5`) or `application/dtmf`
    /// (`5`).
    pub fn info_key(&self) -> Option<char> {
        let kind = self.header("Content-Type")?.to_ascii_lowercase();
        let text = std::str::from_utf8(self.body).ok()?;
        let value = match kind.split(';').next()?.trim() {
            "application/dtmf-relay" => {
                text.lines()
                    .find_map(|l| {
                        l.split_once('=')
                            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("signal"))
                    })?
                    .1
            }
            "application/dtmf" => text,
            _ => return None,
        };
        let key = value.trim().chars().next()?.to_ascii_uppercase();
        "0123456789*#ABCD".contains(key).then_some(key)
    }

    /// The recording metadata of a SIPREC client (RFC 7865) in a multipart body.
    pub fn siprec_metadata(&self) -> Option<&'a [u8]> {
        let kind = self.header("Content-Type")?;
        if !kind
            .to_ascii_lowercase()
            .trim_start()
            .starts_with("multipart/")
        {
            return None;
        }
        let body = self.body;
        parts(body, boundary(&kind)?).find(|part| part.windows(10).any(|w| w == b"<recording"))
    }

    /// The SDP in the body, also inside multipart (RFC 2046 §5.1); `None` when there is none.
    pub fn sdp(&self) -> Option<super::Sdp> {
        let kind = self.header("Content-Type").unwrap_or(Cow::Borrowed(""));
        if kind
            .to_ascii_lowercase()
            .trim_start()
            .starts_with("multipart/")
        {
            return parts(self.body, boundary(&kind)?).find_map(super::Sdp::parse);
        }
        (!self.body.is_empty() && self.body.starts_with(b"v="))
            .then(|| super::Sdp::parse(self.body))
            .flatten()
    }
}

/// A method by name. `rsip` knows no methods beyond its list: an unknown one is handled as OPTIONS,
/// which opens no call.
fn method(name: &str) -> rsip::Method {
    name.parse().unwrap_or(rsip::Method::Options)
}

fn start_line(text: &[u8]) -> Option<Start<'_>> {
    let text = text.trim_ascii();
    if text.len() >= 8 && text[..8].eq_ignore_ascii_case(b"SIP/2.0 ") {
        let code = text[8..].trim_ascii_start();
        let digits = code.iter().take_while(|b| b.is_ascii_digit()).count();
        let status = std::str::from_utf8(&code[..digits]).ok()?.parse().ok()?;
        return Some(Start::Response { status });
    }
    let space = text.iter().position(|&b| b == b' ')?;
    let end = text
        .len()
        .checked_sub(8)
        .filter(|&end| end > space && text[end..].eq_ignore_ascii_case(b" SIP/2.0"))?;
    let name = std::str::from_utf8(&text[..space]).ok()?;
    Some(Start::Request {
        method: method(name),
        uri: String::from_utf8_lossy(text[space..end].trim_ascii()),
    })
}

/// Splits off one line; its end is LF, with or without CR.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|&b| b == b'\n') {
        Some(end) => (
            bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]),
            &bytes[end + 1..],
        ),
        None => (bytes, &[]),
    }
}

fn is_name(written: &[u8], name: &str) -> bool {
    if let [letter] = written {
        let letter = letter.to_ascii_lowercase();
        return COMPACT
            .iter()
            .any(|&(c, long)| c == letter && long.eq_ignore_ascii_case(name));
    }
    written.eq_ignore_ascii_case(name.as_bytes())
}

/// The boundary parameter of a multipart type, quoted or not.
fn boundary(content_type: &str) -> Option<&str> {
    let at = content_type.to_ascii_lowercase().find("boundary=")? + "boundary=".len();
    let value = content_type[at..].split(';').next()?.trim();
    let value = value.trim_matches('"');
    (value.len() <= LONGEST_BOUNDARY).then_some(value)
}

/// The bodies of a multipart's parts, without their headers.
fn parts<'a>(body: &'a [u8], boundary: &str) -> impl Iterator<Item = &'a [u8]> {
    let marker = format!("--{boundary}").into_bytes();
    let mut starts: Vec<usize> = body
        .windows(marker.len().max(1))
        .enumerate()
        .filter(|(_, w)| *w == marker)
        .map(|(i, _)| i)
        .take(MOST_PARTS + 1)
        .collect();
    starts.push(body.len());
    let ranges: Vec<(usize, usize)> = starts
        .windows(2)
        .map(|w| (w[0] + marker.len(), w[1]))
        .take(MOST_PARTS)
        .collect();
    ranges.into_iter().filter_map(move |(from, to)| {
        let mut rest = body.get(from..to)?;
        // The rest of the boundary's own line, then headers up to an empty line.
        rest = line(rest).1;
        loop {
            let (text, after) = line(rest);
            rest = after;
            if text.is_empty() {
                return Some(rest);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: &[u8] = b"\r\nINVITE sip:bob@example.com SIP/2.0\nv: SIP/2.0/UDP \
        host;branch=z9hG4bK1\nTO :\n sip:bob@example.com\ni:0ha0isnda977644900765@192.0.2.15\nf: \
        \"Ang\xe8le\" <sip:a@[2001:db8::1]:5061>;tag=7\nCSeq: 0009\n  INVITE\nX-Lead-Id: L-17\nc: \
        application/sdp\n\nv=0\r\ns=-\r\n";

    #[test]
    fn compact_folded_latin1_and_bare_line_feeds_are_read() {
        let m = Message::parse(ODD).unwrap();
        assert_eq!(m.call_id().unwrap(), "0ha0isnda977644900765@192.0.2.15");
        assert_eq!(m.to().unwrap().uri, "sip:bob@example.com");
        assert_eq!(m.from().unwrap().tag.as_deref(), Some("7"));
        assert_eq!(
            m.cseq(),
            Some(CSeq {
                number: 9,
                method: rsip::Method::Invite
            })
        );
        assert_eq!(m.header("x-lead-ID").unwrap(), "L-17");
        assert_eq!(m.body, b"v=0\r\ns=-\r\n");
    }

    #[test]
    fn a_body_ends_at_its_declared_length_or_at_the_datagrams_end() {
        let read = |length: &str| {
            let text = format!("SIP/2.0 200 OK\r\nContent-Length: {length}\r\n\r\nabcdef");
            Message::parse(text.as_bytes()).unwrap().body.len()
        };
        assert_eq!((read("3"), read("99"), read("x")), (3, 6, 6));
    }

    #[test]
    fn sdp_is_found_inside_multipart() {
        let text = "INVITE sip:a@b SIP/2.0\r\nContent-Type: multipart/mixed; \
            boundary=\"u7\"\r\n\r\n--u7\r\nContent-Type: \
            text/plain\r\n\r\nhello\r\n--u7\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=- 1 \
            1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP \
            8\r\n\r\n--u7--\r\n";
        let sdp = Message::parse(text.as_bytes()).unwrap().sdp().unwrap();
        assert_eq!(sdp.audio[0].address.unwrap().to_string(), "192.0.2.1:4000");
    }

    #[test]
    fn what_rsip_builds_is_read_back() {
        let built = rsip::Response {
            status_code: rsip::StatusCode::BusyHere,
            headers: vec![rsip::Header::CallId("c1".into())].into(),
            ..Default::default()
        };
        let bytes: Vec<u8> = built.into();
        let m = Message::parse(&bytes).unwrap();
        assert_eq!(
            (m.start.clone(), m.call_id().unwrap().as_ref()),
            (Start::Response { status: 486 }, "c1")
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, cut in 0usize..400) {
            let _ = Message::parse(&bytes);
            let mut odd = ODD[..cut.min(ODD.len())].to_vec();
            odd.extend(bytes);
            if let Some(m) = Message::parse(&odd) { let _ = (m.sdp(), m.from(), m.cseq()); }
        }
    }
}
