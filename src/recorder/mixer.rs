//! What a listener hears of a call in progress: its packets as two lanes of sound.

use super::heard::Heard;
use super::worker::WorkerSettings;
use super::worker::listening::Listening;
use crate::call::{CallFacts, StreamNo};
use crate::media::codec::{Codec, Decoder};
use crate::media::srtp::Unlocker;
use crate::media::{keying, keys};
use crate::sip::sdp::Keying;
use crate::units::WallTime;
use crate::wire::rtp;
use std::collections::{HashMap, VecDeque};

/// Samples per second that a listener gets: enough for wideband.
pub const RATE: u32 = 16_000;
/// More than this in hand is late, and what is oldest goes.
const MOST_SAMPLES: usize = RATE as usize / 2;

/// Turns what is heard into two lanes of sound, left the telemarketer's. For listening alone:
/// nothing is put in order or concealed, and rates are brought together by repeating or averaging
/// samples. The recording is made elsewhere. What is ours is decoded here, Opus in a confined
/// process ([`Listening`]).
#[derive(Default)]
pub struct Mixer {
    facts: Option<Box<CallFacts>>,
    decoders: HashMap<(StreamNo, u8), Decoding>,
    listening: Listening,
    /// Of streams that are encrypted under keys that the signalling gave.
    unlockers: HashMap<StreamNo, Unlocker>,
    /// The stream that each side is heard on: the voice passes several legs.
    chosen: [Option<StreamNo>; 2],
    lanes: [VecDeque<i16>; 2],
    decoded: Vec<i16>,
    /// Why there is nothing to hear.
    pub silent: Option<&'static str>,
}

/// Where a stream of one payload type is decoded.
enum Decoding {
    Here(Decoder),
    /// By its number there.
    Confined(u8),
}

impl Mixer {
    /// Starts no process before there is something that is not decoded here.
    pub fn new(worker: WorkerSettings) -> Mixer {
        Mixer {
            listening: Listening::new(worker),
            ..Mixer::default()
        }
    }

    /// Takes in what came; `false` when the call has ended.
    pub fn take(&mut self, heard: Heard) -> bool {
        match heard {
            Heard::Facts(facts) => {
                if self
                    .facts
                    .as_ref()
                    .is_some_and(|known| known.formats != facts.formats)
                {
                    // New keys, perhaps.
                    self.unlockers.clear();
                }
                self.facts = Some(facts);
            }
            Heard::Packet(stream, packet) => self.packet(stream, &packet),
            Heard::Nothing => {}
            Heard::End => return false,
        }
        true
    }

    fn packet(&mut self, number: StreamNo, packet: &[u8]) {
        let Some(facts) = &self.facts else { return };
        let Some(stream) = facts.streams.get(usize::from(number.0)).filter(|s| !s.rtcp) else {
            return;
        };
        let clear;
        let packet = match keying(facts, stream) {
            Keying::None => packet,
            // Roll-overs are not counted here: when one fits no longer, the unlocker finds the next
            // by trying.
            Keying::Sdes => match self
                .unlockers
                .entry(number)
                .or_insert_with(|| Unlocker::new(&keys(facts, stream)))
                .packet(packet, 0)
            {
                Some(unlocked) => {
                    clear = unlocked;
                    &clear
                }
                None => return self.silent = Some("encrypted"),
            },
            _ => return self.silent = Some("encrypted"),
        };
        let Some(rtp) = rtp::parse(packet) else {
            return;
        };
        let Some(format) = facts.format(stream, rtp.payload_type, WallTime(i64::MAX)) else {
            return;
        };
        let codec = Codec::of(&format);
        // Decoders of others run when the call is sealed; only Opus is heard at once.
        if codec == Codec::Unsupported || (codec.is_foreign() && codec != Codec::Opus) {
            return self.silent = Some("unsupported_codec");
        }
        if !codec.is_audio() {
            return;
        }
        let side = stream.speaker;
        let lane = usize::from(side != facts.left());
        // The stream with the lowest number is the first that was seen; another takes over when it
        // falls silent.
        let current = *self.chosen[lane].get_or_insert(number);
        if current != number && !self.lanes[lane].is_empty() {
            return;
        }
        self.chosen[lane] = Some(number);
        self.silent = None;
        self.decoded.clear();
        let payload = &packet[rtp.payload_start..rtp.payload_end];
        if !self.decode((number, rtp.payload_type), codec, payload) {
            return;
        }
        let queue = &mut self.lanes[lane];
        match codec.sample_rate().0 {
            rate if rate < RATE => queue.extend(
                self.decoded
                    .iter()
                    .flat_map(|s| std::iter::repeat_n(*s, (RATE / rate) as usize)),
            ),
            rate => {
                let step = (rate / RATE) as usize;
                queue.extend(self.decoded.chunks(step).map(|c| {
                    (c.iter().map(|s| i32::from(*s)).sum::<i32>() / c.len() as i32) as i16
                }));
            }
        }
        let late = queue.len().saturating_sub(MOST_SAMPLES);
        queue.drain(..late);
    }

    /// Decodes a payload into `decoded`; `false` where it gave nothing.
    fn decode(&mut self, key: (StreamNo, u8), codec: Codec, payload: &[u8]) -> bool {
        let known = self.decoders.len() as u8;
        let decoding = self.decoders.entry(key).or_insert_with(|| match codec {
            Codec::Opus => Decoding::Confined(known),
            ours => Decoding::Here(Decoder::new(ours)),
        });
        match decoding {
            Decoding::Here(decoder) => decoder.decode(payload, &mut self.decoded).is_ok(),
            Decoding::Confined(decoder) => {
                let there = self.listening.decode(*decoder, payload, &mut self.decoded);
                if !there {
                    self.silent = Some("decoder_failed");
                }
                there
            }
        }
    }

    /// The next samples of both lanes, interleaved, 16 bits little endian; silence where nothing
    /// has come.
    pub fn mix(&mut self, samples: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(samples * 4);
        for _ in 0..samples {
            for lane in &mut self.lanes {
                out.extend(lane.pop_front().unwrap_or(0).to_le_bytes());
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Side, StreamFacts};
    use uuid::Uuid;

    #[test]
    fn each_side_is_heard_once_and_on_its_own_lane() {
        let mut facts = CallFacts::new(Uuid::from_u128(1), WallTime(0));
        let stream = |speaker, leg, port: u16| StreamFacts {
            speaker,
            leg,
            src: std::net::SocketAddr::from(([10, 0, 0, 1], port)),
            dst: std::net::SocketAddr::from(([10, 0, 0, 2], port)),
            ssrc: 1,
            rtcp: false,
            cut_packets: 0,
            is_second: false,
        };
        facts.streams = vec![
            stream(Side::Caller, 0, 1),
            stream(Side::Callee, 0, 2),
            stream(Side::Caller, 1, 3),
        ];
        let mut mixer = Mixer::default();
        assert!(mixer.take(Heard::Facts(Box::new(facts))));
        let packet =
            |byte: u8| [&[0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1][..], &[byte; 160]].concat();
        mixer.take(Heard::Packet(StreamNo(0), packet(0x2a)));
        mixer.take(Heard::Packet(StreamNo(2), packet(0x2a)));
        mixer.take(Heard::Packet(StreamNo(1), packet(0xaa)));
        let sound = mixer.mix(400);
        let at = |n: usize| i16::from_le_bytes([sound[n], sound[n + 1]]);
        assert!(at(0) < 0 && at(2) > 0, "{} {}", at(0), at(2));
        assert_eq!(
            (at(4 * 319), at(4 * 320)),
            (at(0), 0),
            "twenty milliseconds, and the second leg adds nothing"
        );
        assert!(!mixer.take(Heard::End));
    }
}
