//! Media: what each packet of a call changes.

use super::Origin;
use super::bounds::{AT_ONCE, FIRST_REPORTS, MOST_REPORTS, MOST_STREAMS};
use super::{Conversation, MediaSoFar};
use crate::call::StreamNo;
use crate::call::facts::{Side, StreamFacts};
use crate::call::keep_out::KeepOut;
use crate::sip::sdp::static_format;
use crate::units::WallTime;
use crate::wire::rtp;
use std::net::{IpAddr, SocketAddr};

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
        self.is_moved |= streams.is_empty() && self.origin == Origin::Media;
        streams.push(stream);
        Some(number)
    }

    /// Gives a stream's place to another, whose SSRC tells their packets apart.
    pub(in crate::call) fn replace_stream(&mut self, number: StreamNo, stream: StreamFacts) {
        if let Some(place) = self.facts.streams.get_mut(usize::from(number.0)) {
            *place = StreamFacts {
                is_second: true,
                ..stream
            };
        }
    }

    /// Whether a stream from where its descriptions say is taken with its first packet.
    pub(in crate::call) fn takes_at_once(&self) -> bool {
        self.facts.streams.len() < AT_ONCE
    }

    /// Whether there is room for another stream of RTCP. The first may come before anybody is heard
    /// and their sender is named.
    pub(in crate::call) fn takes_reports(&self, is_known: bool) -> bool {
        let reports = self.facts.streams.iter().filter(|s| s.rtcp).count();
        let most = if is_known {
            MOST_REPORTS
        } else {
            FIRST_REPORTS
        };
        self.facts.streams.len() < MOST_STREAMS && reports < most
    }

    /// Whether somebody of the call was heard with these reports' SSRC, or from their host.
    pub(in crate::call) fn is_heard(&self, host: IpAddr, ssrc: u32) -> bool {
        let mut heard = self.facts.streams.iter().filter(|s| !s.rtcp);
        heard.any(|s| s.ssrc == ssrc || s.src.ip() == host)
    }

    /// Whether a side is heard at all.
    pub(in crate::call) fn hears(&self, speaker: Side) -> bool {
        let mut heard = self.facts.streams.iter();
        heard.any(|s| !s.rtcp && s.speaker == speaker)
    }

    /// Whether a description names this address, or with `rtcp` the one below it.
    pub(in crate::call) fn names(&self, address: SocketAddr, rtcp: bool) -> bool {
        let below = SocketAddr::new(address.ip(), address.port().wrapping_sub(1));
        let mut named = self.addresses();
        named.any(|known| known == address || (rtcp && known == below))
    }

    /// Whether a payload type has a meaning in any of its descriptions, or by itself; where there
    /// is none, whatever has.
    pub(in crate::call) fn knows(&self, payload_type: u8) -> bool {
        let mut described = self.facts.formats.iter().peekable();
        described.peek().is_none()
            || static_format(payload_type).is_some()
            || described.any(|f| f.formats.iter().any(|f| f.payload_type == payload_type))
    }

    /// Packets came towards it that are not of it.
    pub(in crate::call) fn count_foreign(&mut self, packets: u64) {
        self.facts.foreign_packets += packets;
    }

    /// Whether a packet is a telephone event by its payload type.
    #[inline]
    pub(in crate::call) fn is_event(&self, packet: &[u8]) -> bool {
        self.pulse.event_types != 0
            && packet.len() >= SHORTEST_EVENT
            && self.pulse.event_types & (1 << (packet[1] & 0x7f)) != 0
    }

    /// Takes in a telephone event of a stream; whether a key was pressed.
    pub(in crate::call) fn press_by_event(
        &mut self,
        stream: StreamNo,
        rules: &KeepOut,
        at: WallTime,
        packet: &[u8],
    ) -> bool {
        let stream = self.facts.streams.get(usize::from(stream.0));
        let Some(side) = stream.filter(|s| !s.rtcp).map(|s| s.speaker) else {
            return false;
        };
        let Some(rtp) = rtp::parse(packet) else {
            return false;
        };
        let Some(event) = packet.get(rtp.payload_start) else {
            return false;
        };
        let is_new = self.keys[side as usize].event(rtp.timestamp, *event);
        if is_new {
            self.pressed(side, rules, at);
        }
        is_new
    }
}
