//! Media: what each packet of a call changes.

use super::{Conversation, MediaSoFar};
use crate::call::StreamNo;
use crate::call::facts::{Side, StreamFacts};
use crate::call::keep_out::KeepOut;
use crate::units::WallTime;
use crate::wire::rtp;

/// More streams than any phone system makes for one call.
const MOST_STREAMS: usize = 64;
/// The shortest telephone event: RTP's header and one event (RFC 4733 §2.3).
const SHORTEST_EVENT: usize = 16;

impl Conversation {
    /// A packet came, on any of its streams.
    #[inline]
    pub(in crate::call) fn note_media(&mut self, at: WallTime) {
        self.pulse.last_media = Some(at);
    }

    /// Packets came that had waited; `last` is when the last was seen.
    pub(in crate::call) fn note_late_media(&mut self, last: WallTime) {
        self.pulse.last_media = self.pulse.last_media.max(Some(last));
    }

    /// Counts a packet of one side, and those that are missing before it.
    #[inline]
    pub(in crate::call) fn count(&mut self, speaker: Side, at: WallTime, missing: u64) {
        let media = &mut self.pulse.media[speaker as usize];
        media.lost += missing;
        media.packets += 1;
        media.last = Some(at);
    }

    /// What caller and callee have sent.
    pub(in crate::call) fn media(&self) -> [MediaSoFar; 2] {
        self.pulse.media
    }

    /// The capture's snap length cut a packet of a stream.
    pub(in crate::call) fn note_cut(&mut self, stream: StreamNo) {
        if let Some(stream) = self.facts.streams.get_mut(usize::from(stream.0)) {
            stream.cut_packets += 1;
        }
    }

    /// `None` when it has too many.
    pub(in crate::call) fn add_stream(&mut self, stream: StreamFacts) -> Option<StreamNo> {
        let streams = &mut self.facts.streams;
        if streams.len() >= MOST_STREAMS {
            return None;
        }
        let number = StreamNo(streams.len() as u16);
        streams.push(stream);
        Some(number)
    }

    /// Whether a packet is a telephone event by its payload type.
    #[inline]
    pub(in crate::call) fn is_event(&self, packet: &[u8]) -> bool {
        self.pulse.event_types != 0
            && packet.len() >= SHORTEST_EVENT
            && self.pulse.event_types & (1 << (packet[1] & 0x7f)) != 0
    }

    /// Takes in a telephone event of a stream.
    pub(in crate::call) fn press_by_event(
        &mut self,
        stream: StreamNo,
        rules: &KeepOut,
        at: WallTime,
        packet: &[u8],
    ) {
        let stream = self.facts.streams.get(usize::from(stream.0));
        let Some(side) = stream.filter(|s| !s.rtcp).map(|s| s.speaker) else {
            return;
        };
        let Some(rtp) = rtp::parse(packet) else {
            return;
        };
        let Some(event) = packet.get(rtp.payload_start) else {
            return;
        };
        if self.keys[side as usize].event(rtp.timestamp, *event) {
            self.pressed(side, rules, at);
        }
    }
}
