//! TCP (RFC 9293) as far as signalling needs it: each direction's bytes in their order, cut into
//! messages.
//!
//! Most TCP beside a phone system is not telephony, so a stream is followed only once a
//! segment of it begins like SIP or like a WebSocket that carries SIP; that is also how one is
//! picked up in the middle. What is missing for too long is skipped: the reader finds the next
//! beginning of a message and counts the bytes between. Everything is bounded: streams, segments
//! and bytes that wait, in each and in all, a message's length. Where there is no room, the stream
//! that was silent longest goes; when it speaks again, it is picked up as one that was under way.
//! Segments wait in the order of their bytes, so that one costs the same however many wait.

use super::framing::{Framing, Messages};
use super::ip::Packet;
use super::reject::Reject;
use super::turns::{Turn, Turns};
use super::udp::Datagram;
use crate::units::{Micros, WallTime};
use etherparse::TcpSlice;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

/// Streams followed at once.
pub(super) const MOST_STREAMS: usize = 4096;
/// Bytes of one stream that wait for an earlier segment, and segments that hold them.
pub(super) const MOST_WAITING: usize = 256 << 10;
pub(super) const MOST_SEGMENTS: usize = 1024;
/// Bytes that wait in all streams.
pub(super) const MOST_HELD: u64 = 16 << 20;
/// What a waiting segment takes beside its bytes.
const OVERHEAD: u64 = 96;
/// A missing segment is waited for this long: longer than a retransmission takes, shorter than a
/// caller's patience.
const PATIENCE: Micros = Micros::from_secs(2);
/// A segment further away than this belongs to another connection between the same two ports.
const FAR: i32 = 1 << 24;

/// What happened to signalling in streams, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamTally {
    /// Payload of segments that belong to followed streams.
    pub bytes: u64,
    /// Handed on within messages.
    pub in_messages: u64,
    /// Handshakes, keep-alives, WebSocket headers.
    pub between: u64,
    /// Sent twice.
    pub repeated: u64,
    /// Seen, and not readable as a message: a message's tail without its head, or after a gap.
    pub skipped: u64,
    /// Waiting for the rest of a message or for an earlier segment.
    pub waiting: u64,
    /// Never seen: gaps in the sequence numbers.
    pub missing: u64,
    /// Streams that went for want of room; they are picked up again when they speak.
    pub dropped: u64,
}

impl StreamTally {
    /// Bytes whose fate is not known: always zero.
    pub fn unaccounted(&self) -> i64 {
        self.bytes as i64
            - (self.in_messages + self.between + self.repeated + self.skipped + self.waiting) as i64
    }
}

#[derive(Debug)]
struct Stream {
    /// The sequence number that comes next.
    next: u32,
    /// Bytes before `next`, since it has been followed.
    position: u64,
    last: WallTime,
    /// When its place in the queue was taken, and that place.
    queued: WallTime,
    turn: Turn,
    /// Since when a segment has been missing.
    missing_since: Option<WallTime>,
    /// By position.
    later: BTreeMap<u64, Vec<u8>>,
    waiting: usize,
    framing: Framing,
}

#[derive(Debug, Default)]
pub(super) struct Streams {
    streams: HashMap<Ends, Stream>,
    turns: Turns<Ends>,
    /// Segments that wait, in all streams.
    segments: u64,
    pub(super) tally: StreamTally,
}

type Ends = (SocketAddr, SocketAddr);

impl Streams {
    /// Takes in a segment; gives each message that it completes.
    pub(super) fn segment(
        &mut self,
        at: WallTime,
        packet: &Packet<'_>,
        each: &mut impl FnMut(WallTime, &Datagram<'_>),
    ) -> Result<(), Reject> {
        let tcp = TcpSlice::from_slice(packet.payload).map_err(|_| Reject::Malformed)?;
        let key = (
            SocketAddr::new(packet.src, tcp.source_port()),
            SocketAddr::new(packet.dst, tcp.destination_port()),
        );
        let (payload, sequence) = (
            tcp.payload(),
            tcp.sequence_number().wrapping_add(u32::from(tcp.syn())),
        );
        if tcp.syn() {
            self.drop_stream(key);
        }
        let begins = Framing::of(payload);
        if let Some(stream) = self.streams.get(&key)
            && (sequence.wrapping_sub(stream.next) as i32).abs() > FAR
        {
            self.drop_stream(key);
        }
        if !self.streams.contains_key(&key) {
            let Some(framing) = begins else {
                return Err(if is_tls(payload) {
                    Reject::Tls
                } else {
                    Reject::Tcp
                });
            };
            while self.streams.len() >= MOST_STREAMS && self.drop_oldest(&key) {}
            self.streams.insert(
                key,
                Stream {
                    next: sequence,
                    position: 0,
                    last: at,
                    queued: at,
                    turn: self.turns.join(key),
                    missing_since: None,
                    later: BTreeMap::new(),
                    waiting: 0,
                    framing,
                },
            );
        }
        let ends = tcp.fin() || tcp.rst();
        self.tally.bytes += payload.len() as u64;
        while self.held() + payload.len() as u64 + OVERHEAD > MOST_HELD && self.drop_oldest(&key) {}
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.last = at;
            let before = stream.later.len();
            stream.take(at, sequence, payload, packet.cut, &mut self.tally);
            stream.emit(at, key, &mut self.tally, each);
            self.segments = self.segments + stream.later.len() as u64 - before as u64;
        }
        if ends && self.streams.get(&key).is_some_and(|s| s.later.is_empty()) {
            self.drop_stream(key);
        }
        Ok(())
    }

    /// Streams that are followed.
    pub(super) fn len(&self) -> usize {
        self.streams.len()
    }

    /// What waits in all streams, in bytes of memory.
    pub(super) fn held(&self) -> u64 {
        self.tally.waiting + self.segments * OVERHEAD
    }

    fn drop_stream(&mut self, key: Ends) {
        if let Some(stream) = self.streams.remove(&key) {
            self.segments -= stream.later.len() as u64;
            let left = (stream.waiting + stream.framing.held()) as u64;
            self.tally.waiting -= left;
            self.tally.skipped += left;
        }
        let streams = &self.streams;
        let is_own = |key: &Ends, turn| streams.get(key).is_some_and(|s| s.turn == turn);
        self.turns.tidy(streams.len(), is_own);
    }

    /// Makes room: drops the stream that was silent longest, but this one; `false` when there is no
    /// other. A stream that has spoken since it took its place in the queue takes another.
    fn drop_oldest(&mut self, but: &Ends) -> bool {
        loop {
            let streams = &self.streams;
            let is_own = |key: &Ends, turn| streams.get(key).is_some_and(|s| s.turn == turn);
            let Some(key) = self.turns.first(is_own) else {
                return false;
            };
            let alone = self.streams.len() <= 1;
            let Some(stream) = self.streams.get_mut(&key) else {
                continue;
            };
            if stream.last > stream.queued || (key == *but && !alone) {
                stream.queued = stream.last;
                stream.turn = self.turns.join(key);
                continue;
            }
            if key == *but {
                stream.turn = self.turns.join(key);
                return false;
            }
            self.drop_stream(key);
            self.tally.dropped += 1;
            return true;
        }
    }

    /// Skips what is missing for too long; `None` waits for nothing any more.
    pub(super) fn expire(
        &mut self,
        now: Option<WallTime>,
        each: &mut impl FnMut(WallTime, &Datagram<'_>),
    ) {
        for (key, stream) in &mut self.streams {
            while stream
                .missing_since
                .is_some_and(|since| now.is_none_or(|now| now - since > PATIENCE))
            {
                let at = now.unwrap_or(stream.last);
                let before = stream.later.len();
                stream.skip(at, &mut self.tally);
                stream.emit(at, *key, &mut self.tally, each);
                self.segments -= (before - stream.later.len()) as u64;
            }
        }
    }
}

impl Stream {
    fn take(
        &mut self,
        at: WallTime,
        sequence: u32,
        payload: &[u8],
        cut: bool,
        tally: &mut StreamTally,
    ) {
        let ahead = sequence.wrapping_sub(self.next) as i32;
        if payload.is_empty() {
            return;
        }
        if ahead > 0 {
            let position = self.position + u64::from(ahead.unsigned_abs());
            let known = self.later.get(&position).map_or(0, Vec::len);
            if known >= payload.len() {
                tally.repeated += payload.len() as u64;
            } else if self.waiting + payload.len() > MOST_WAITING
                || (known == 0 && self.later.len() >= MOST_SEGMENTS)
            {
                tally.skipped += payload.len() as u64;
            } else {
                self.later.insert(position, payload.to_vec());
                tally.repeated += known as u64;
                tally.waiting += (payload.len() - known) as u64;
                self.waiting += payload.len() - known;
            }
            self.missing_since.get_or_insert(at);
        } else {
            let known = payload.len().min(ahead.unsigned_abs() as usize);
            tally.repeated += known as u64;
            self.append(&payload[known..], tally);
        }
        if cut && ahead <= 0 {
            // The snap length took the rest of this segment: no retransmission brings it.
            self.missing_since = Some(WallTime(i64::MIN / 2));
        }
        self.join(at, tally);
    }

    fn append(&mut self, bytes: &[u8], tally: &mut StreamTally) {
        self.next = self.next.wrapping_add(bytes.len() as u32);
        self.position += bytes.len() as u64;
        tally.waiting += bytes.len() as u64;
        self.framing.push(bytes);
    }

    /// Brings in what waited for the bytes that have come.
    fn join(&mut self, at: WallTime, tally: &mut StreamTally) {
        while let Some(first) = self.later.first_entry()
            && *first.key() <= self.position
        {
            let (position, bytes) = first.remove_entry();
            self.waiting -= bytes.len();
            tally.waiting -= bytes.len() as u64;
            let known = bytes.len().min((self.position - position) as usize);
            tally.repeated += known as u64;
            self.append(&bytes[known..], tally);
            self.missing_since = Some(at);
        }
        if self.later.is_empty() {
            self.missing_since = None;
        }
    }

    fn skip(&mut self, at: WallTime, tally: &mut StreamTally) {
        let Some((position, _)) = self.later.first_key_value() else {
            self.missing_since = None;
            return;
        };
        let missing = position - self.position;
        tally.missing += missing;
        let lost = self.framing.lose() as u64;
        tally.waiting -= lost;
        tally.skipped += lost;
        self.next = self.next.wrapping_add(missing as u32);
        self.position += missing;
        self.join(at, tally);
    }

    fn emit(
        &mut self,
        at: WallTime,
        (src, dst): (SocketAddr, SocketAddr),
        tally: &mut StreamTally,
        each: &mut impl FnMut(WallTime, &Datagram<'_>),
    ) {
        let before = self.framing.held() as u64;
        let mut messages = Messages::default();
        self.framing.read(&mut messages, &mut |payload| {
            each(
                at,
                &Datagram {
                    src,
                    dst,
                    payload,
                    cut: false,
                },
            )
        });
        tally.in_messages += messages.bytes;
        tally.skipped += messages.skipped;
        tally.between += before - self.framing.held() as u64 - messages.bytes - messages.skipped;
        tally.waiting -= before - self.framing.held() as u64;
    }
}

/// A TLS record (RFC 8446 §5.1): signalling that cannot be read here.
fn is_tls(payload: &[u8]) -> bool {
    matches!(payload, [20..=23, 3, 0..=4, _, _, ..])
}
