//! Where a message begins and ends in a stream: Content-Length (RFC 3261 §18.3), or WebSocket
//! frames (RFC 6455, RFC 7118).

use super::kind::is_sip;

/// More than any message; a length above it is a mistake or an attack.
pub(super) const LONGEST: usize = 256 << 10;
/// A longer line is no start line.
const LONGEST_LINE: usize = 4096;
/// Memory that an empty buffer keeps.
const KEPT: usize = 4096;

/// What one reading gave, in bytes of the stream.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Within messages.
    pub(super) bytes: u64,
    /// Not readable as a message.
    pub(super) skipped: u64,
}

/// One direction of a stream.
#[derive(Debug)]
pub(super) struct Framing {
    form: Form,
    buffer: Vec<u8>,
    /// So much of the buffer holds no end of a head.
    searched: usize,
    /// The message at the buffer's beginning is so long, or longer.
    needed: usize,
    /// WebSocket: the message so far, from earlier frames, and how long those were on the wire.
    partial: Vec<u8>,
    partial_on_wire: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Sip,
    /// HTTP until an empty line, then frames.
    Handshake,
    WebSocket,
    /// After a gap: no frame's beginning can be found, until a segment starts with one.
    LostWebSocket,
}

impl Framing {
    /// The form that a segment's beginning gives away.
    pub(super) fn of(payload: &[u8]) -> Option<Framing> {
        let form = match payload {
            _ if is_sip(payload) => Form::Sip,
            [b'G', b'E', b'T', b' ', ..] | [b'H', b'T', b'T', b'P', b'/', ..]
                if offers_sip(payload) =>
            {
                Form::Handshake
            }
            _ if carries_sip(payload) => Form::WebSocket,
            _ => return None,
        };
        Some(Framing {
            form,
            buffer: Vec::new(),
            searched: 0,
            needed: 0,
            partial: Vec::new(),
            partial_on_wire: 0,
        })
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.form == Form::LostWebSocket && carries_sip(bytes) {
            self.form = Form::WebSocket;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes that wait for the rest of their message.
    pub(super) fn held(&self) -> usize {
        self.buffer.len() + self.partial_on_wire as usize
    }

    /// Something is missing after what was pushed: gives up what waits, and says how much.
    pub(super) fn lose(&mut self) -> usize {
        let lost = self.held();
        self.buffer.clear();
        (self.searched, self.needed) = (0, 0);
        self.partial.clear();
        self.partial_on_wire = 0;
        if self.form != Form::Sip {
            self.form = Form::LostWebSocket;
        }
        lost
    }

    /// Hands out every whole message. What was looked at in vain is not looked at again: however
    /// small the segments, a message costs its length.
    pub(super) fn read(&mut self, out: &mut Messages, each: &mut impl FnMut(&[u8])) {
        if self.buffer.len() < self.needed {
            return;
        }
        let mut at = 0;
        let mut searched = std::mem::take(&mut self.searched);
        self.needed = 0;
        loop {
            let rest = &self.buffer[at..];
            let step = match self.form {
                _ if rest.is_empty() => Step::Wait,
                Form::Sip => sip(rest, searched),
                Form::Handshake => handshake(rest, searched),
                Form::LostWebSocket => Step::Skip(rest.len()),
                Form::WebSocket => frame(rest),
            };
            searched = 0;
            match step {
                Step::Wait => break,
                Step::Search => {
                    self.searched = rest.len();
                    break;
                }
                Step::Need(length) => {
                    self.needed = length;
                    break;
                }
                Step::Between(n) => at += n,
                Step::Skip(n) => {
                    out.skipped += n as u64;
                    at += n;
                }
                Step::Message(n) => {
                    each(&rest[..n]);
                    out.bytes += n as u64;
                    at += n;
                }
                Step::Upgraded(n) => {
                    at += n;
                    self.form = Form::WebSocket;
                }
                Step::Frame(f) => {
                    let start = self.partial.len();
                    self.partial
                        .extend_from_slice(&rest[f.payload.0..f.payload.1]);
                    if let Some(mask) = f.mask {
                        self.partial[start..]
                            .iter_mut()
                            .zip(mask.iter().cycle())
                            .for_each(|(b, m)| *b ^= m);
                    }
                    self.partial_on_wire += f.payload.1 as u64;
                    at += f.payload.1;
                    if f.last || self.partial.len() > LONGEST {
                        if f.last && is_sip(&self.partial) {
                            each(&self.partial);
                            out.bytes += self.partial_on_wire;
                        } else {
                            out.skipped += self.partial_on_wire;
                        }
                        self.partial.clear();
                        self.partial_on_wire = 0;
                    }
                }
                Step::Broken => {
                    out.skipped += (rest.len() as u64) + self.partial_on_wire;
                    at = self.buffer.len();
                    self.partial.clear();
                    self.partial_on_wire = 0;
                    self.form = Form::LostWebSocket;
                }
            }
        }
        self.buffer.drain(..at);
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT {
            self.buffer = Vec::new();
        }
        if self.partial.is_empty() && self.partial.capacity() > KEPT {
            self.partial = Vec::new();
        }
    }
}

enum Step {
    /// The rest has not come yet.
    Wait,
    /// Nor has the end of the head, in all that is there.
    Search,
    /// The head says how long it is.
    Need(usize),
    /// Bytes between messages.
    Between(usize),
    /// Bytes that are no message.
    Skip(usize),
    /// A message of this length.
    Message(usize),
    /// The HTTP handshake ends here.
    Upgraded(usize),
    Frame(WsFrame),
    /// Not to be read any further.
    Broken,
}

fn sip(bytes: &[u8], searched: usize) -> Step {
    // Two line ends are a ping and one a pong (RFC 5626 §4.4.1); extra ones before a message are
    // allowed.
    let idle = bytes
        .iter()
        .take_while(|b| matches!(b, b'\r' | b'\n' | 0))
        .count();
    if idle > 0 {
        return Step::Between(idle);
    }
    let line = || bytes.iter().position(|b| *b == b'\n');
    if !is_sip(bytes) {
        return match line() {
            Some(end) => Step::Skip(end + 1),
            None if bytes.len() > LONGEST_LINE => Step::Skip(bytes.len()),
            None => Step::Wait,
        };
    }
    let Some(head) = head_end(bytes, searched) else {
        return if bytes.len() > LONGEST {
            Step::Skip(line().map_or(bytes.len(), |end| end + 1))
        } else {
            Step::Search
        };
    };
    match content_length(&bytes[..head]) {
        // An impossible length counts as missing; the next start line is found after it.
        length if length > LONGEST => Step::Message(head),
        length if bytes.len() < head + length => Step::Need(head + length),
        length => Step::Message(head + length),
    }
}

/// Behind the empty line, which does not end in what was searched.
fn head_end(bytes: &[u8], searched: usize) -> Option<usize> {
    // The empty line may have begun there.
    let mut from = searched.saturating_sub(2);
    while let Some(at) = bytes[from..].iter().position(|b| *b == b'\n') {
        let next = from + at + 1;
        match bytes.get(next..) {
            Some([b'\n', ..]) => return Some(next + 1),
            Some([b'\r', b'\n', ..]) => return Some(next + 2),
            _ => from = next,
        }
    }
    None
}

fn content_length(head: &[u8]) -> usize {
    let value = |line: &[u8]| {
        let colon = line.iter().position(|b| *b == b':')?;
        let name = line[..colon].trim_ascii();
        let is_length =
            name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l");
        is_length
            .then(|| {
                std::str::from_utf8(line[colon + 1..].trim_ascii())
                    .ok()?
                    .parse()
                    .ok()
            })
            .flatten()
    };
    head.split(|b| *b == b'\n').find_map(value).unwrap_or(0)
}

fn handshake(bytes: &[u8], searched: usize) -> Step {
    match head_end(bytes, searched) {
        Some(end) => Step::Upgraded(end),
        None if bytes.len() > LONGEST => Step::Broken,
        None => Step::Search,
    }
}

/// An HTTP head that speaks of WebSocket and of its subprotocol `sip` (RFC 7118 §4).
fn offers_sip(head: &[u8]) -> bool {
    let names = |line: &[u8], name: &[u8]| {
        line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name)
    };
    head.split(|b| *b == b'\n').any(|line| {
        names(line, b"sec-websocket-protocol:")
            && line.to_ascii_lowercase().windows(3).any(|w| w == b"sip")
    })
}

/// A data frame whose payload begins like SIP: what a stream that was under way is known by.
fn carries_sip(bytes: &[u8]) -> bool {
    let Step::Frame(f) = frame(bytes) else {
        return false;
    };
    let mut start = bytes[f.payload.0..f.payload.1.min(f.payload.0 + LONGEST_LINE)].to_vec();
    if let Some(mask) = f.mask {
        start
            .iter_mut()
            .zip(mask.iter().cycle())
            .for_each(|(b, m)| *b ^= m);
    }
    is_sip(&start)
}

#[derive(Debug, Clone, Copy)]
struct WsFrame {
    /// Where the payload is.
    payload: (usize, usize),
    mask: Option<[u8; 4]>,
    last: bool,
}

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

/// One frame (RFC 6455 §5.2).
fn frame(bytes: &[u8]) -> Step {
    let [first, second, rest @ ..] = bytes else {
        return Step::Wait;
    };
    let (opcode, masked) = (first & 0x0f, second & MASKED != 0);
    if first & RESERVED != 0 || !matches!(opcode, 0..=2 | 8..=10) {
        // An extension compresses, or this is no frame.
        return Step::Broken;
    }
    let (length, after) = match (second & 0x7f, rest) {
        (126, [a, b, ..]) => (usize::from(u16::from_be_bytes([*a, *b])), 4),
        (127, [a, b, c, d, e, f, g, h, ..]) => (
            u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h])
                .try_into()
                .unwrap_or(usize::MAX),
            10,
        ),
        (126 | 127, _) => return Step::Wait,
        (length, _) => (usize::from(length), 2),
    };
    if length > LONGEST {
        return Step::Broken;
    }
    let start = after + if masked { 4 } else { 0 };
    if bytes.len() < start + length {
        return Step::Wait;
    }
    if opcode >= 8 {
        return Step::Between(start + length);
    }
    let mask = masked
        .then(|| bytes[after..start].try_into().ok())
        .flatten();
    Step::Frame(WsFrame {
        payload: (start, start + length),
        mask,
        last: first & FIN != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] = b"INVITE sip:b@x SIP/2.0\r\nCall-ID: 1\r\nl : 4\r\n\r\nbody";
    const OK: &[u8] = b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";

    fn read(framing: &mut Framing, pieces: &[&[u8]]) -> (Vec<Vec<u8>>, Messages) {
        let (mut found, mut out) = (Vec::new(), Messages::default());
        for piece in pieces {
            framing.push(piece);
            framing.read(&mut out, &mut |m| found.push(m.to_vec()));
        }
        (found, out)
    }

    #[test]
    fn messages_are_cut_at_their_length_however_the_segments_fall() {
        let stream = [b"\r\n\r\n".as_slice(), INVITE, OK, INVITE].concat();
        for cut in 1..stream.len() {
            let (head, tail) = stream.split_at(cut);
            let mut framing = Framing::of(INVITE).unwrap();
            let (found, out) = read(&mut framing, &[head, tail]);
            assert_eq!(found, [INVITE, OK, INVITE], "cut at {cut}");
            assert_eq!((out.skipped, framing.held()), (0, 0));
        }
    }

    #[test]
    fn a_tail_without_its_head_is_skipped_to_the_next_message() {
        let mut framing = Framing::of(OK).unwrap();
        let (found, out) = read(&mut framing, &[b"a=rtpmap:0 PCMU\r\na=sendrecv\r\n", OK]);
        assert_eq!((found, out.skipped), (vec![OK.to_vec()], 29));
        let absurd = b"INVITE sip:b@x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n";
        let (found, _) = read(&mut framing, &[absurd, OK]);
        assert_eq!(found, [absurd.to_vec(), OK.to_vec()]);
    }

    fn ws(payload: &[u8], mask: Option<[u8; 4]>, first: u8) -> Vec<u8> {
        let mut out = vec![first];
        let flag = if mask.is_some() { MASKED } else { 0 };
        if payload.len() < 126 {
            out.push(flag | payload.len() as u8);
        } else {
            out.push(flag | 126);
            out.extend((payload.len() as u16).to_be_bytes());
        }
        out.extend(mask.into_iter().flatten());
        out.extend(
            payload
                .iter()
                .zip(mask.unwrap_or_default().iter().cycle())
                .map(|(b, m)| b ^ m),
        );
        out
    }

    #[test]
    fn websocket_frames_are_unmasked_joined_and_picked_up_under_way() {
        let upgrade =
            b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
        let mask = Some([1, 2, 3, 4]);
        let (head, tail) = INVITE.split_at(20);
        let stream = [
            upgrade.to_vec(),
            ws(INVITE, mask, 0x81),
            ws(b"", mask, 0x89),
            ws(head, mask, 0x01),
            ws(tail, mask, 0x80),
            ws(&[OK, &[b' '; 200]].concat(), None, 0x82),
        ]
        .concat();
        for cut in 1..stream.len() {
            let (a, b) = stream.split_at(cut);
            let mut framing = Framing::of(upgrade).unwrap();
            let (found, out) = read(&mut framing, &[a, b]);
            assert_eq!(found.len(), 3, "cut at {cut}");
            assert_eq!(
                (found[0].as_slice(), found[1].as_slice(), out.skipped),
                (INVITE, INVITE, 0)
            );
        }
        let middle = ws(INVITE, mask, 0x81);
        let mut framing = Framing::of(&middle).unwrap();
        assert_eq!(read(&mut framing, &[&middle]).0, [INVITE]);
        // After a gap it is found again at the next segment that begins with a message.
        framing.push(&middle[..20]);
        assert_eq!(framing.lose(), 20);
        let (found, out) = read(&mut framing, &[b"\x81\x05hello", &middle]);
        assert_eq!((found, out.skipped), (vec![INVITE.to_vec()], 7));
    }

    #[test]
    fn other_streams_are_not_followed() {
        for other in [
            &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
            b"SSH-2.0-OpenSSH",
            b"\x16\x03\x01\x02\x00",
            b"",
            b"\x81\x05hello",
        ] {
            assert!(Framing::of(other).is_none(), "{other:?}");
        }
    }
}
