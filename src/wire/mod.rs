//! From a captured frame to the messages and media inside it, one layer per file: link, tunnel, IP,
//! fragments, UDP, TCP, then what a payload is.
//!
//! Everything here is pure: untrusted bytes are checked once, where they come in, and what comes
//! out borrows from them. A frame that yields nothing yields a [`Reject`] instead, so that every
//! packet is accounted for (PRODUCT I5). What is held back (fragments, TCP) is bounded and counted;
//! media that arrives whole costs no allocation.

mod fragments;
mod frame;
mod framing;
mod hep;
mod ip;
pub mod kind;
pub mod link;
mod reject;
pub mod rtcp;
pub mod rtp;
mod samples;
mod tcp;
mod tunnel;
pub mod turns;
mod udp;

pub use frame::Frame;
pub use kind::Kind;
pub use link::Link;
pub use reject::Reject;
pub use samples::{SAMPLE_BYTES, Sample, Samples};
pub use tcp::StreamTally;
pub use udp::Datagram;

use crate::units::{Micros, WallTime};
use fragments::Fragments;
use ip::Packet;
use std::collections::BTreeMap;
use tcp::Streams;
use tunnel::Inner;

/// Where all frames went. Frames are datagrams, rejected, segments of followed streams, or
/// fragments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WireTally {
    /// All that came in.
    pub frames: u64,
    /// Frames that gave nothing, by reason.
    pub rejected: BTreeMap<Reject, u64>,
    /// Frames that held a whole datagram.
    pub datagrams: u64,
    /// Frames that held a segment of a followed stream; its bytes are in `streams`.
    pub segments: u64,
    /// Bytes of followed TCP streams.
    pub streams: StreamTally,
    /// Fragments that wait for others, were joined, or were given up.
    pub fragments: FragmentTally,
    /// Datagrams and messages handed on.
    pub given: u64,
}

/// Where all fragments went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FragmentTally {
    /// Frames that held a fragment.
    pub frames: u64,
    /// Pieces, which a tunnel within a fragmented tunnel makes more than frames.
    pub pieces: u64,
    /// Pieces that wait for others.
    pub waiting: u64,
    /// Pieces of packets that became whole.
    pub joined: u64,
    /// Pieces whose others did not come.
    pub given_up: u64,
    /// Joined packets without telephony.
    pub unread: u64,
}

impl WireTally {
    /// Frames and bytes of streams whose fate is not known: always zero.
    pub fn unaccounted(&self) -> i64 {
        let f = &self.fragments;
        let known = self.rejected.values().sum::<u64>() + self.datagrams + self.segments + f.frames;
        let pieces = f.waiting + f.joined + f.given_up;
        self.frames.abs_diff(known) as i64
            + f.pieces.abs_diff(pieces) as i64
            + self.streams.unaccounted().abs()
    }
}

/// The bounds of what is held back, by their names in `call/LIMITS.md`.
pub const BOUNDS: [(&str, usize); 10] = [
    ("datagrams in pieces", fragments::MOST),
    ("bytes in pieces", fragments::MOST_BYTES),
    ("pieces of a datagram", fragments::MOST_PIECES as usize),
    ("streams", tcp::MOST_STREAMS),
    ("segments of a stream", tcp::MOST_SEGMENTS),
    ("waiting bytes of a stream", tcp::MOST_WAITING),
    ("bytes of all streams", tcp::MOST_HELD as usize),
    ("bytes of a message in a stream", framing::LONGEST),
    ("tunnels in each other", DEEPEST as usize),
    ("samples of a reason", samples::EACH),
];

/// What a frame turned out to hold.
enum Fate {
    Datagram,
    Segment,
    Fragment,
}

/// Tunnels within tunnels; each costs a few nanoseconds, and a loop in a frame must end.
const DEEPEST: u8 = 8;
/// How often what is held back is looked through.
const LOOK: Micros = Micros::from_secs(1);

/// Reads frames. It holds what a message still lacks.
#[derive(Debug)]
pub struct Wire {
    fragments: Fragments,
    streams: Streams,
    tally: WireTally,
    rejected: Samples<Reject>,
    looked: Option<WallTime>,
}

impl Default for Wire {
    fn default() -> Wire {
        Wire {
            fragments: Fragments::default(),
            streams: Streams::default(),
            tally: WireTally::default(),
            rejected: Samples::new(&Reject::ALL),
            looked: None,
        }
    }
}

impl Wire {
    /// Takes in one frame; gives each datagram or message that it completes, with its time.
    pub fn frame(&mut self, frame: &Frame<'_>, each: &mut impl FnMut(WallTime, &Datagram<'_>)) {
        self.tally.frames += 1;
        match self.link(frame.at, frame.link, frame.bytes, 0, each) {
            Ok(Fate::Datagram) => self.tally.datagrams += 1,
            Ok(Fate::Segment) => self.tally.segments += 1,
            Ok(Fate::Fragment) => self.tally.fragments.frames += 1,
            Err(reject) => {
                *self.tally.rejected.entry(reject).or_default() += 1;
                let (at, bytes) = (frame.at, frame.bytes);
                let sample = Sample::of(at, Some(frame.interface), None, bytes, SAMPLE_BYTES);
                self.rejected.note(reject, sample);
            }
        }
        // The clock of a capture can step back.
        if self
            .looked
            .is_none_or(|last| frame.at - last >= LOOK || frame.at < last)
        {
            self.tick(frame.at, each);
        }
    }

    /// Lets go of what has waited too long.
    pub fn tick(&mut self, now: WallTime, each: &mut impl FnMut(WallTime, &Datagram<'_>)) {
        self.looked = Some(now);
        self.fragments.expire(Some(now));
        let given = &mut self.tally.given;
        self.streams.expire(Some(now), &mut |at, d: &Datagram<'_>| {
            *given += 1;
            each(at, d);
        });
    }

    /// Nothing more comes: what waits is read as far as it can be.
    pub fn finish(&mut self, each: &mut impl FnMut(WallTime, &Datagram<'_>)) {
        self.fragments.expire(None);
        let given = &mut self.tally.given;
        self.streams.expire(None, &mut |at, d: &Datagram<'_>| {
            *given += 1;
            each(at, d);
        });
    }

    /// The last frames that gave nothing, from their link layer's header on.
    pub fn rejected(&self) -> &Samples<Reject> {
        &self.rejected
    }

    /// What each table holds now, by its name in `call/LIMITS.md`.
    pub fn held(&self) -> [(&'static str, usize); 4] {
        [
            ("datagrams in pieces", self.fragments.len()),
            ("bytes in pieces", self.fragments.bytes()),
            ("streams", self.streams.len()),
            ("bytes of all streams", self.streams.held() as usize),
        ]
    }

    /// Where all frames went so far.
    pub fn tally(&self) -> WireTally {
        let f = &self.fragments;
        let fragments = FragmentTally {
            waiting: f.waiting,
            joined: f.joined,
            given_up: f.given_up,
            ..self.tally.fragments
        };
        WireTally {
            streams: self.streams.tally.clone(),
            fragments,
            ..self.tally.clone()
        }
    }

    fn link<F: FnMut(WallTime, &Datagram<'_>)>(
        &mut self,
        at: WallTime,
        link: Link,
        bytes: &[u8],
        depth: u8,
        each: &mut F,
    ) -> Result<Fate, Reject> {
        self.network(at, link::network(link, bytes)?, depth, each)
    }

    fn network<F: FnMut(WallTime, &Datagram<'_>)>(
        &mut self,
        at: WallTime,
        bytes: &[u8],
        depth: u8,
        each: &mut F,
    ) -> Result<Fate, Reject> {
        let packet = ip::packet(bytes)?;
        let Some(piece) = packet.piece else {
            return self.transport(at, &packet, depth, each);
        };
        self.tally.fragments.pieces += 1;
        if let Some(whole) = self.fragments.add(at, &packet, piece)
            && self
                .transport(
                    at,
                    &Packet {
                        payload: &whole,
                        piece: None,
                        ..packet
                    },
                    depth + 1,
                    each,
                )
                .is_err()
        {
            self.tally.fragments.unread += 1;
        }
        Ok(Fate::Fragment)
    }

    fn transport<F: FnMut(WallTime, &Datagram<'_>)>(
        &mut self,
        at: WallTime,
        packet: &Packet<'_>,
        depth: u8,
        each: &mut F,
    ) -> Result<Fate, Reject> {
        match tunnel::inner(packet)? {
            Some(_) if depth >= DEEPEST => return Err(Reject::Tunnel),
            Some(Inner::Network(bytes)) => return self.network(at, bytes, depth + 1, each),
            Some(Inner::Frame {
                link,
                bytes,
                certain,
            }) => {
                let read = self.link(at, link, bytes, depth + 1, each);
                if certain || read.is_ok() {
                    return read;
                }
            }
            None => {}
        }
        match packet.protocol {
            UDP => {
                let datagram = udp::datagram(packet)?;
                let datagram = if hep::is_hep(datagram.payload) {
                    hep::sip(datagram.payload).ok_or(Reject::Hep)?
                } else {
                    datagram
                };
                self.tally.given += 1;
                each(at, &datagram);
                Ok(Fate::Datagram)
            }
            TCP => {
                let given = &mut self.tally.given;
                let mut counted = |at: WallTime, d: &Datagram<'_>| {
                    *given += 1;
                    each(at, d);
                };
                self.streams
                    .segment(at, packet, &mut counted)
                    .map(|()| Fate::Segment)
            }
            _ => Err(Reject::NotUdp),
        }
    }
}

const TCP: u8 = 6;
const UDP: u8 = 17;
