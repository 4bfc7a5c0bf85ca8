//! Media: from a packet's addresses and SSRC to a stream of a call, or into the waiting room until
//! its signalling comes.

use super::{MediaAddress, Tracker};
use crate::call::conversation::Origin;
use crate::call::facts::{Side, StreamFacts};
use crate::call::flows::{Flow, FlowKey, Followed, WaitingFlow};
use crate::call::{Commands, Discard, StreamNo};
use crate::units::{Micros, WallTime};
use crate::wire::{Datagram, rtp};
use std::net::SocketAddr;

/// Unmatched media becomes a call of its own once it has lasted this long with this many packets.
const ORPHAN_AFTER: Micros = Micros::from_secs(2);
const ORPHAN_PACKETS: usize = 50;
/// Where the sender's SSRC is (RFC 3550 §5.1, §6.4.1).
const RTP_SSRC: usize = 8;
const RTCP_SSRC: usize = 4;

impl Tracker {
    /// RTP and RTCP.
    #[inline]
    pub(super) fn media(
        &mut self,
        at: WallTime,
        d: &Datagram<'_>,
        rtcp: bool,
        out: &mut impl Commands,
    ) {
        let ssrc_at = if rtcp { RTCP_SSRC } else { RTP_SSRC };
        let Some(ssrc) = d
            .payload
            .get(ssrc_at..ssrc_at + 4)
            .and_then(|b| b.try_into().ok())
            .map(u32::from_be_bytes)
        else {
            return self.discard(Discard::BadRtp, at, d);
        };
        let key = FlowKey {
            src: d.src,
            dst: d.dst,
            ssrc,
            rtcp,
        };
        match self.flows.get_mut(&key) {
            Some(Flow::Stream(followed)) => {
                // Missing RTCP is not counted.
                let missing = (!key.rtcp)
                    .then(|| followed.next(at, u16::from_be_bytes([d.payload[2], d.payload[3]])));
                let followed = *followed;
                self.append(followed, missing, at, d, out);
            }
            Some(Flow::Copy { .. }) => self.discard(Discard::RecordingCopy, at, d),
            Some(Flow::Ended { .. }) => self.discard(Discard::AfterEnd, at, d),
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
        let Some(c) = self.calls.get_mut(&call) else {
            return self.discard(Discard::AfterEnd, at, d);
        };
        c.note_media(at);
        if let Some(missing) = missing {
            c.count(speaker, at, missing);
        }
        if c.is_event(d.payload) && self.settings.keep_out.listens() {
            c.press_by_event(stream, &self.settings.keep_out, at, d.payload);
            out.facts(call, c.facts());
        }
        if c.withheld().is_some() {
            let why = c.count_withheld(1);
            return self.discard(why, at, d);
        }
        if d.cut {
            c.note_cut(stream);
        }
        self.tally.spooled += 1;
        out.packet(call, stream, at, d.payload);
    }

    fn first_of_flow(
        &mut self,
        key: FlowKey,
        at: WallTime,
        d: &Datagram<'_>,
        out: &mut impl Commands,
    ) {
        let rtcp = key.rtcp;
        if !rtcp && rtp::parse(d.payload).is_none() && !d.cut {
            return self.discard(Discard::BadRtp, at, d);
        }
        if let Some((owner, speaker)) = self.owner(&key) {
            if owner.copy {
                self.flows.insert(key, Flow::Copy { call: owner.call });
                return self.discard(Discard::RecordingCopy, at, d);
            }
            return match self.add_stream(owner, speaker, key, out) {
                Some(_) => self.media(at, d, rtcp, out),
                None => self.discard(Discard::Overflow, at, d),
            };
        }
        if rtcp {
            return self.discard(Discard::Unmatched, at, d);
        }
        if !self.waiting.hold(key, at, d.payload) {
            return self.discard(Discard::Overflow, at, d);
        }
        self.tally.waiting += 1;
        let held = self.waiting.get(&key);
        if held.is_some_and(|f| f.len() >= ORPHAN_PACKETS && at - f.first >= ORPHAN_AFTER) {
            self.promote(key, at, out);
        }
    }

    /// Whose media address a flow goes to or comes from, and who speaks in it. RTCP runs one port
    /// above (RFC 3550 §11) or beside.
    fn owner(&self, key: &FlowKey) -> Option<(MediaAddress, Side)> {
        let find = |address: SocketAddr| {
            let below = || SocketAddr::new(address.ip(), address.port().wrapping_sub(1));
            let beside = || self.addresses.get(&below()).filter(|_| key.rtcp);
            let found = self.addresses.get(&address).or_else(beside);
            found
                .filter(|owner| self.calls.contains_key(&owner.call))
                .copied()
        };
        find(key.dst)
            .map(|owner| (owner, owner.side.other()))
            .or_else(|| find(key.src).map(|owner| (owner, owner.side)))
    }

    fn add_stream(
        &mut self,
        owner: MediaAddress,
        speaker: Side,
        key: FlowKey,
        out: &mut impl Commands,
    ) -> Option<StreamNo> {
        let c = self.calls.get_mut(&owner.call)?;
        let stream = c.add_stream(StreamFacts {
            speaker,
            leg: owner.leg,
            src: key.src,
            dst: key.dst,
            ssrc: key.ssrc,
            rtcp: key.rtcp,
            cut_packets: 0,
        })?;
        let followed = Followed {
            call: owner.call,
            stream,
            speaker,
            last: None,
        };
        self.flows.insert(key, Flow::Stream(followed));
        out.facts(owner.call, c.facts());
        Some(stream)
    }

    /// Moves a flow from the waiting room into its call.
    pub(super) fn admit(
        &mut self,
        owner: MediaAddress,
        speaker: Side,
        key: FlowKey,
        flow: &WaitingFlow,
        out: &mut impl Commands,
    ) {
        let packets = flow.len() as u64;
        self.tally.waiting -= packets;
        let Some(stream) = self.add_stream(owner, speaker, key, out) else {
            return self.discard_waiting(Discard::Overflow, &key, flow);
        };
        let Some(c) = self.calls.get_mut(&owner.call) else {
            return self.discard_waiting(Discard::AfterEnd, &key, flow);
        };
        c.note_late_media(flow.last);
        if c.withheld().is_some() {
            let why = c.count_withheld(packets);
            return self.discard_waiting(why, &key, flow);
        }
        for (at, packet) in flow.packets() {
            out.packet(owner.call, stream, at, packet);
        }
        self.tally.spooled += packets;
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
        let call = self.open(first, caller.src.ip(), Origin::Media);
        if let Some(c) = self.calls.get_mut(&call) {
            c.note_signal(now);
            out.open(call, c.facts());
        }
        let address = |side| MediaAddress {
            call,
            side,
            leg: 0,
            copy: false,
        };
        for (place, side) in [(caller.src, Side::Caller), (caller.dst, Side::Callee)] {
            self.with(call, |c| _ = c.note_address(place, 0));
            self.addresses.insert(place, address(side));
        }
        for (key, flow) in &taken {
            let speaker = if key.src == caller.src {
                Side::Caller
            } else {
                Side::Callee
            };
            self.admit(address(speaker), speaker, *key, flow, out);
        }
    }
}
