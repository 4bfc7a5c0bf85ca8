//! Media: from a packet's addresses and SSRC to a stream of a call, or into the waiting room until
//! its signalling comes.

use super::{Ear, Tracker};
use crate::call::conversation::Conversation;
use crate::call::facts::{Side, StreamFacts};
use crate::call::flows::{Flow, FlowKey, Followed, WaitingFlow};
use crate::call::keep_out::KeepOut;
use crate::call::settings::Settings;
use crate::call::{Commands, Discard, StreamNo};
use crate::units::{Micros, WallTime};
use crate::wire::{Datagram, rtp};
use std::net::SocketAddr;

/// Unmatched media becomes a call of its own once it has lasted this long with this many packets.
const ORPHAN_AFTER: Micros = Micros::from_secs(2);
const ORPHAN_PACKETS: usize = 50;
/// More streams than any phone system makes for one call.
const MOST_STREAMS: usize = 64;

impl Tracker {
    /// RTP and RTCP; the SSRC of their sender stands at another offset in each.
    #[inline]
    pub(super) fn media(
        &mut self,
        at: WallTime,
        d: &Datagram<'_>,
        ssrc_at: usize,
        out: &mut impl Commands,
    ) {
        let Some(ssrc) = d
            .payload
            .get(ssrc_at..ssrc_at + 4)
            .and_then(|b| b.try_into().ok())
            .map(u32::from_be_bytes)
        else {
            return self.tally.discard(Discard::BadRtp, 1);
        };
        let key = FlowKey {
            src: d.src,
            dst: d.dst,
            ssrc,
            rtcp: ssrc_at == 4,
        };
        match self.flows.get_mut(&key) {
            Some(Flow::Stream(followed)) => {
                // Of RTCP nobody counts what is missing.
                let missing = (!key.rtcp)
                    .then(|| followed.next(at, u16::from_be_bytes([d.payload[2], d.payload[3]])));
                let followed = *followed;
                self.append(followed, missing, at, d, out);
            }
            Some(Flow::Copy { .. }) => self.tally.discard(Discard::RecordingCopy, 1),
            Some(Flow::Ended { .. }) => self.tally.discard(Discard::AfterEnd, 1),
            None => self.first_of_flow(key, at, d, out),
        }
    }

    #[inline]
    fn append(
        &mut self,
        Followed {
            call,
            stream,
            speaker,
            ..
        }: Followed,
        missing: Option<u64>,
        at: WallTime,
        d: &Datagram<'_>,
        out: &mut impl Commands,
    ) {
        let Some(conversation) = self.calls.get_mut(&call) else {
            return self.tally.discard(Discard::AfterEnd, 1);
        };
        conversation.pulse.last_media = Some(at);
        if let Some(missing) = missing {
            conversation.count(speaker, at, missing);
        }
        if conversation.pulse.event_types != 0 && listens(&self.settings, conversation, d.payload) {
            press(&self.settings.keep_out, conversation, stream, at, d.payload);
            out.facts(call, &conversation.facts);
        }
        if conversation.pulse.shut.is_some() {
            let why = conversation.withhold(1);
            return self.tally.discard(why, 1);
        }
        if d.cut
            && let Some(stream) = conversation.facts.streams.get_mut(usize::from(stream.0))
        {
            stream.cut_packets += 1;
        }
        self.tally.spooled += 1;
        out.packet(call, stream, at, d.payload);
    }

    pub(super) fn first_of_flow(
        &mut self,
        key: FlowKey,
        at: WallTime,
        d: &Datagram<'_>,
        out: &mut impl Commands,
    ) {
        let rtcp = key.rtcp;
        if !rtcp && rtp::parse(d.payload).is_none() && !d.cut {
            return self.tally.discard(Discard::BadRtp, 1);
        }
        if let Some((ear, _)) = self.owner(&key).filter(|(ear, _)| ear.copy) {
            self.flows.insert(key, Flow::Copy { call: ear.call });
            return self.tally.discard(Discard::RecordingCopy, 1);
        }
        if let Some((ear, speaker)) = self.owner(&key) {
            return match self.add_stream(ear, speaker, key, out) {
                Some(_) => self.media(at, d, if rtcp { 4 } else { 8 }, out),
                None => self.tally.discard(Discard::Overflow, 1),
            };
        }
        if rtcp {
            return self.tally.discard(Discard::Unmatched, 1);
        }
        if !self.waiting.hold(key, at, d.payload) {
            return self.tally.discard(Discard::Overflow, 1);
        }
        self.tally.waiting += 1;
        if self
            .waiting
            .get(&key)
            .is_some_and(|f| f.len() >= ORPHAN_PACKETS && at - f.first >= ORPHAN_AFTER)
        {
            self.promote(key, at, out);
        }
    }

    /// Whose ear a flow goes to or comes from, and who speaks in it. RTCP runs one port above (RFC
    /// 3550 §11) or beside.
    pub(super) fn owner(&self, key: &FlowKey) -> Option<(Ear, Side)> {
        let find = |address: SocketAddr| {
            let below = || SocketAddr::new(address.ip(), address.port().wrapping_sub(1));
            self.ears
                .get(&address)
                .or_else(|| self.ears.get(&below()).filter(|_| key.rtcp))
                .filter(|ear| self.calls.contains_key(&ear.call))
                .copied()
        };
        find(key.dst)
            .map(|ear| (ear, ear.side.other()))
            .or_else(|| find(key.src).map(|ear| (ear, ear.side)))
    }

    pub(super) fn add_stream(
        &mut self,
        ear: Ear,
        speaker: Side,
        key: FlowKey,
        out: &mut impl Commands,
    ) -> Option<StreamNo> {
        let conversation = self.calls.get_mut(&ear.call)?;
        let streams = &mut conversation.facts.streams;
        if streams.len() >= MOST_STREAMS {
            return None;
        }
        let stream = StreamNo(streams.len() as u16);
        streams.push(StreamFacts {
            speaker,
            leg: ear.leg,
            src: key.src,
            dst: key.dst,
            ssrc: key.ssrc,
            rtcp: key.rtcp,
            cut_packets: 0,
        });
        self.flows.insert(
            key,
            Flow::Stream(Followed {
                call: ear.call,
                stream,
                speaker,
                last: None,
            }),
        );
        out.facts(ear.call, &conversation.facts);
        Some(stream)
    }

    /// Moves a flow from the waiting room into its call.
    pub(super) fn admit(
        &mut self,
        ear: Ear,
        speaker: Side,
        key: FlowKey,
        flow: &WaitingFlow,
        out: &mut impl Commands,
    ) {
        let packets = flow.len() as u64;
        self.tally.waiting -= packets;
        let Some(stream) = self.add_stream(ear, speaker, key, out) else {
            return self.tally.discard(Discard::Overflow, packets);
        };
        if let Some(c) = self
            .calls
            .get_mut(&ear.call)
            .filter(|c| c.pulse.shut.is_some())
        {
            c.pulse.last_media = c.pulse.last_media.max(Some(flow.last));
            let why = c.withhold(packets);
            return self.tally.discard(why, packets);
        }
        for (at, packet) in flow.packets() {
            out.packet(ear.call, stream, at, packet);
        }
        self.tally.spooled += packets;
        if let Some(conversation) = self.calls.get_mut(&ear.call) {
            conversation.pulse.last_media = conversation.pulse.last_media.max(Some(flow.last));
        }
    }

    /// Media that no signalling explains becomes a call of its own: both directions between the two
    /// addresses.
    pub(super) fn promote(&mut self, key: FlowKey, now: WallTime, out: &mut impl Commands) {
        let between = |k: &FlowKey| {
            (k.src == key.src && k.dst == key.dst) || (k.src == key.dst && k.dst == key.src)
        };
        let taken = self.waiting.take(|k, _| between(k));
        let Some(first) = taken.iter().map(|(_, f)| f.first).min() else {
            return;
        };
        let caller = taken[0].0;
        let call = self.open(first, caller.src.ip(), true);
        if let Some(c) = self.calls.get_mut(&call) {
            c.last_signal = now;
            out.open(call, &c.facts);
        }
        for (address, side) in [(caller.src, Side::Caller), (caller.dst, Side::Callee)] {
            self.with(call, |c| c.ears.push((address, 0)));
            self.ears.insert(
                address,
                Ear {
                    call,
                    side,
                    leg: 0,
                    copy: false,
                },
            );
        }
        for (key, flow) in &taken {
            let speaker = if key.src == caller.src {
                Side::Caller
            } else {
                Side::Callee
            };
            self.admit(
                Ear {
                    call,
                    side: speaker,
                    leg: 0,
                    copy: false,
                },
                speaker,
                *key,
                flow,
                out,
            );
        }
    }
}

/// Whether a packet is a telephone event that a rule may be waiting for.
fn listens(settings: &Settings, c: &Conversation, packet: &[u8]) -> bool {
    packet.len() >= 16
        && c.pulse.event_types & (1 << (packet[1] & 0x7f)) != 0
        && settings.keep_out.listens()
}

fn press(rules: &KeepOut, c: &mut Conversation, stream: StreamNo, at: WallTime, packet: &[u8]) {
    let Some(facts) = c.facts.streams.get(usize::from(stream.0)) else {
        return;
    };
    let (side, rtcp) = (facts.speaker, facts.rtcp);
    let Some(rtp) = rtp::parse(packet).filter(|_| !rtcp) else {
        return;
    };
    let Some(event) = packet.get(rtp.payload_start) else {
        return;
    };
    if c.keys[side as usize].event(rtp.timestamp, *event) {
        c.pressed(side, rules, at);
    }
}
