//! TCP (RFC 9293) as far as signalling needs it: each direction's bytes in their order, cut into
//! messages.
//!
//! Most TCP beside a phone system is not telephony, so a stream is followed only once a
//! segment of it begins like SIP or like a WebSocket that carries SIP; that is also how one is
//! picked up in the middle. What is missing for too long is skipped: the reader finds the next
//! beginning of a message and counts the bytes between. Everything is bounded: streams, bytes that
//! wait, a message's length.

use super::framing::{Framing, Messages};
use super::ip::Packet;
use super::reject::Reject;
use super::udp::Datagram;
use crate::units::{Micros, WallTime};
use etherparse::TcpSlice;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

/// Streams followed at once; the one that was silent longest goes when one more begins.
const MOST_STREAMS: usize = 4096;
/// Bytes of one stream that wait for an earlier segment.
const MOST_WAITING: usize = 256 << 10;
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
    last: WallTime,
    /// Since when a segment has been missing.
    missing_since: Option<WallTime>,
    later: BTreeMap<u32, Vec<u8>>,
    waiting: usize,
    framing: Framing,
}

#[derive(Debug, Default)]
pub(super) struct Streams {
    streams: HashMap<(SocketAddr, SocketAddr), Stream>,
    pub(super) tally: StreamTally,
}

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
            self.make_room();
            self.streams.insert(
                key,
                Stream {
                    next: sequence,
                    last: at,
                    missing_since: None,
                    later: BTreeMap::new(),
                    waiting: 0,
                    framing,
                },
            );
        }
        let ends = tcp.fin() || tcp.rst();
        self.tally.bytes += payload.len() as u64;
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.last = at;
            stream.take(at, sequence, payload, packet.cut, &mut self.tally);
            stream.emit(at, key, &mut self.tally, each);
        }
        if ends && self.streams.get(&key).is_some_and(|s| s.later.is_empty()) {
            self.drop_stream(key);
        }
        Ok(())
    }

    fn drop_stream(&mut self, key: (SocketAddr, SocketAddr)) {
        if let Some(stream) = self.streams.remove(&key) {
            let left = (stream.waiting + stream.framing.held()) as u64;
            self.tally.waiting -= left;
            self.tally.skipped += left;
        }
    }

    fn make_room(&mut self) {
        if self.streams.len() >= MOST_STREAMS
            && let Some(oldest) = self
                .streams
                .iter()
                .min_by_key(|(_, s)| s.last)
                .map(|(key, _)| *key)
        {
            self.drop_stream(oldest);
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
                stream.skip(at, &mut self.tally);
                stream.emit(at, *key, &mut self.tally, each);
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
            let whole = self
                .later
                .get(&sequence)
                .is_some_and(|known| known.len() >= payload.len());
            if whole || self.waiting + payload.len() > MOST_WAITING {
                *(if whole {
                    &mut tally.repeated
                } else {
                    &mut tally.skipped
                }) += payload.len() as u64;
            } else {
                let old = self
                    .later
                    .insert(sequence, payload.to_vec())
                    .map_or(0, |old| old.len());
                tally.repeated += old as u64;
                tally.waiting += (payload.len() - old) as u64;
                self.waiting += payload.len() - old;
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
        tally.waiting += bytes.len() as u64;
        self.framing.push(bytes);
    }

    /// Brings in what waited for the bytes that have come.
    fn join(&mut self, at: WallTime, tally: &mut StreamTally) {
        while let Some(sequence) = self
            .nearest()
            .filter(|s| s.wrapping_sub(self.next) as i32 <= 0)
        {
            let Some(bytes) = self.later.remove(&sequence) else {
                break;
            };
            self.waiting -= bytes.len();
            tally.waiting -= bytes.len() as u64;
            let known = bytes.len().min(self.next.wrapping_sub(sequence) as usize);
            tally.repeated += known as u64;
            self.append(&bytes[known..], tally);
            self.missing_since = Some(at);
        }
        if self.later.is_empty() {
            self.missing_since = None;
        }
    }

    /// The waiting segment that comes first in the circle of sequence numbers.
    fn nearest(&self) -> Option<u32> {
        self.later
            .keys()
            .copied()
            .min_by_key(|s| s.wrapping_sub(self.next) as i32)
    }

    fn skip(&mut self, at: WallTime, tally: &mut StreamTally) {
        let Some(sequence) = self.nearest() else {
            self.missing_since = None;
            return;
        };
        tally.missing += u64::from(sequence.wrapping_sub(self.next));
        let lost = self.framing.lose() as u64;
        tally.waiting -= lost;
        tally.skipped += lost;
        self.next = sequence;
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
