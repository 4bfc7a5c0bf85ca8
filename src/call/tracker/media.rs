//! Media: from a packet's addresses and SSRC to a stream of a call, or into the waiting room until
//! its signalling comes, or until it has shown that it is of the call.
//!
//! Anybody can send to an address at which a call listens. A flow from where the call's
//! descriptions say is of it with its first packet. Any other (behind a NAT, one of very many, one
//! that comes beside another on the same way) is when it goes on like a voice: steady sequence
//! numbers at a voice's pace, in a payload type that the call knows, and not beside one from where
//! the descriptions say. Until then its packets wait, and come into the call as they are. A flow
//! that has shown itself takes the place of the stream with the fewest packets where there is none
//! left. What has not when it ends or when the call does is *foreign*: counted on the call and by
//! [`Discard::Foreign`]; but where nothing else was heard of a side, it is taken for that side's.

pub(in crate::call) mod strangers;

use super::{Listener, MediaAddress, Tracker};
use crate::call::facts::{Side, StreamFacts};
use crate::call::flows::{Flow, FlowKey, Followed};
use crate::call::{CallNo, Commands, Discard, StreamNo};
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
            let rules = &self.settings.keep_out;
            if c.press_by_event(stream, rules, at, d.payload) {
                return self.pressed(call, stream, at, d, out);
            }
        }
        self.keep(call, stream, at, d, out);
    }

    /// A key may have changed what is kept.
    #[cold]
    fn pressed(
        &mut self,
        call: CallNo,
        stream: StreamNo,
        at: WallTime,
        d: &Datagram<'_>,
        out: &mut impl Commands,
    ) {
        self.show(call, at, out);
        self.keep(call, stream, at, d, out);
    }

    #[inline]
    fn keep(
        &mut self,
        call: CallNo,
        stream: StreamNo,
        at: WallTime,
        d: &Datagram<'_>,
        out: &mut impl Commands,
    ) {
        let Some(c) = self.calls.get_mut(&call) else {
            return self.discard(Discard::AfterEnd, at, d);
        };
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
        let Some((owner, speaker)) = self.owner(&key) else {
            if rtcp {
                return self.discard(Discard::Unmatched, at, d);
            }
            if !self.hold(key, at, d) {
                return self.discard(Discard::Overflow, at, d);
            }
            let held = self.waiting.get(&key);
            if held.is_some_and(|f| f.len() >= ORPHAN_PACKETS && at - f.first >= ORPHAN_AFTER) {
                self.promote(key, at, out);
            }
            return;
        };
        if owner.copy {
            self.flows.insert(key, Flow::Copy { call: owner.call });
            return self.discard(Discard::RecordingCopy, at, d);
        }
        if self.takes_at_once(owner, &key, at)
            && self.add_stream(owner, speaker, key, at, out).is_some()
        {
            return self.media(at, d, rtcp, out);
        }
        if rtcp || !self.hold(key, at, d) {
            return self.discard_foreign(owner.call, at, d);
        }
        let flow = self.waiting.get(&key);
        if flow.is_some_and(|flow| self.is_of_call(owner, speaker, &key, flow))
            && let Some(flow) = self.waiting.remove(&key)
        {
            self.admit(owner, speaker, key, &flow, out);
        }
    }

    /// Whose media address a flow goes to or comes from, and who speaks in it. RTCP runs one port
    /// above (RFC 3550 §11) or beside.
    pub(super) fn owner(&self, key: &FlowKey) -> Option<(MediaAddress, Side)> {
        let find = |address: SocketAddr, other: SocketAddr| {
            let below = || SocketAddr::new(address.ip(), address.port().wrapping_sub(1));
            let beside = || self.addresses.get(&below()).filter(|_| key.rtcp);
            let found = self.addresses.get(&address).or_else(beside);
            self.listener(*found?, other)
        };
        find(key.dst, key.src)
            .map(|owner| (owner, owner.side.other()))
            .or_else(|| find(key.src, key.dst).map(|owner| (owner, owner.side)))
    }

    /// Which call listens, to somebody at this address.
    fn listener(&self, listener: Listener, other: SocketAddr) -> Option<MediaAddress> {
        let now = self.calls.get(&listener.now.call);
        let next = listener.next.filter(|next| {
            let names = self.calls.get(&next.call).map(|c| c.names(other, false));
            match now {
                Some(now) => names == Some(true) && !now.names(other, false),
                None => names.is_some(),
            }
        });
        next.or(now.map(|_| listener.now))
    }

    pub(super) fn add_stream(
        &mut self,
        owner: MediaAddress,
        speaker: Side,
        key: FlowKey,
        at: WallTime,
        out: &mut impl Commands,
    ) -> Option<StreamNo> {
        let is_named = self.is_named(owner, &key);
        let c = self.calls.get_mut(&owner.call)?;
        let stream = c.add_stream(stream(owner, speaker, key))?;
        let followed = Followed {
            call: owner.call,
            stream,
            speaker,
            last: None,
            packets: 0,
            is_named,
        };
        self.flows.insert(key, Flow::Stream(followed));
        self.attempts.over(owner.call);
        self.show(owner.call, at, out);
        Some(stream)
    }
}

fn stream(owner: MediaAddress, speaker: Side, key: FlowKey) -> StreamFacts {
    StreamFacts {
        speaker,
        leg: owner.leg,
        src: key.src,
        dst: key.dst,
        ssrc: key.ssrc,
        rtcp: key.rtcp,
        cut_packets: 0,
        is_second: false,
    }
}
