//! Media that must show first whose it is: that waits, is let in, is judged when it ends, or
//! becomes a call of its own.

use super::super::{MediaAddress, Tracker};
use super::stream;
use crate::call::attempts::MOST_CALLS;
use crate::call::conversation::Origin;
use crate::call::conversation::bounds::MOST_STREAMS;
use crate::call::facts::{Side, Withheld};
use crate::call::flows::{Flow, FlowKey, Followed};
use crate::call::tracker::describe::MOST_LOOKED_AT;
use crate::call::waiting::WaitingFlow;
use crate::call::{CallNo, Commands, Discard, Limit, StreamNo};
use crate::units::{Micros, WallTime};
use crate::wire::Datagram;
use std::net::SocketAddr;

/// A voice has shown itself with so many packets, with more in a payload type that nobody named.
const PROOF: usize = 4;
const LONG_PROOF: usize = 16;
/// A stream that was heard so lately goes on.
const GOES_ON: Micros = Micros::from_millis(200);
/// Flows that wait at an address and are judged when its call ends; others count as unmatched.
pub(in crate::call) const MOST_JUDGED: usize = 1024;
/// Calls by media alone.
pub(in crate::call) const MOST_ORPHANS: usize = 2000;

impl Tracker {
    /// Puts a packet into the waiting room; `false` when its flow has filled its place.
    pub(super) fn hold(&mut self, key: FlowKey, at: WallTime, d: &Datagram<'_>) -> bool {
        let mut gone = Vec::new();
        let is_held = self.waiting.hold(key, at, d.payload, &mut gone);
        self.tally.waiting += u64::from(is_held);
        for (key, flow) in gone {
            match self.owner(&key) {
                Some((owner, _)) => self.drop_foreign(owner.call, &key, &flow),
                None => self.drop_flow(Discard::Overflow, &key, &flow),
            }
        }
        is_held
    }

    fn drop_flow(&mut self, why: Discard, key: &FlowKey, flow: &WaitingFlow) {
        self.tally.waiting -= flow.len() as u64;
        self.discard_waiting(why, key, flow);
    }

    fn drop_foreign(&mut self, call: CallNo, key: &FlowKey, flow: &WaitingFlow) {
        self.with(call, |c| c.count_foreign(flow.len() as u64));
        self.drop_flow(Discard::Foreign, key, flow);
    }

    /// Counts a packet that is not of the call towards which it was sent.
    pub(super) fn discard_foreign(&mut self, call: CallNo, at: WallTime, d: &Datagram<'_>) {
        self.with(call, |c| c.count_foreign(1));
        self.discard(Discard::Foreign, at, d);
    }

    /// Whether a flow comes from where the call's descriptions say.
    pub(super) fn is_named(&self, owner: MediaAddress, key: &FlowKey) -> bool {
        let c = self.calls.get(&owner.call);
        c.is_some_and(|c| c.names(key.src, key.rtcp))
    }

    /// Whether a flow is of a call by its first packet.
    pub(super) fn takes_at_once(&self, owner: MediaAddress, key: &FlowKey, at: WallTime) -> bool {
        let Some(c) = self.calls.get(&owner.call) else {
            return false;
        };
        let is_named = c.names(key.src, key.rtcp);
        if key.rtcp {
            let host = key.src.ip();
            return c.takes_reports(is_named || c.is_heard(host, key.ssrc));
        }
        let is_first = c.takes_at_once() && self.waiting.get(key).is_none();
        is_named && is_first && !self.is_busy(owner.call, key, at)
    }

    /// Whether another stream comes the same way now: two voices seldom do, somebody who forges the
    /// sender does.
    fn is_busy(&self, call: CallNo, key: &FlowKey, at: WallTime) -> bool {
        let mut streams = self.flows.streams(&key.dst);
        streams.any(|(other, s)| {
            let is_same = s.call == call && (other.src, other.dst) == (key.src, key.dst);
            let is_on = s.last.is_some_and(|(last, _)| at - last < GOES_ON);
            is_same && !other.rtcp && is_on
        })
    }

    /// Whether a flow that waits has shown that it is of the call.
    pub(in crate::call::tracker) fn is_of_call(
        &self,
        owner: MediaAddress,
        speaker: Side,
        key: &FlowKey,
        flow: &WaitingFlow,
    ) -> bool {
        let Some(c) = self.calls.get(&owner.call) else {
            return false;
        };
        let is_named = c.names(key.src, false);
        if is_named && c.takes_at_once() && !self.is_busy(owner.call, key, flow.last) {
            return true;
        }
        let proof = match flow.payload_type() {
            Some(known) if c.knows(known) => PROOF,
            _ => LONG_PROOF,
        };
        if flow.len() < proof || !flow.is_steady() {
            return false;
        }
        if !is_named && self.goes_on(owner.call, speaker, key, flow.last) {
            return false;
        }
        if c.facts().streams.len() < MOST_STREAMS {
            return true;
        }
        // Asked now and then: it takes a look at all streams.
        flow.len().is_power_of_two() && self.emptiest(owner.call, flow.len()).is_some()
    }

    /// Whether a voice from where the descriptions say is heard at the same address now.
    fn goes_on(&self, call: CallNo, speaker: Side, key: &FlowKey, at: WallTime) -> bool {
        let mut streams = self.flows.streams(&key.dst);
        streams.any(|(other, s)| {
            let is_same = s.call == call && s.speaker == speaker && other.dst == key.dst;
            is_same && s.is_named && s.last.is_some_and(|(last, _)| at - last < GOES_ON)
        })
    }

    /// The stream of a call with the fewest packets, fewer than these.
    fn emptiest(&self, call: CallNo, than: usize) -> Option<(FlowKey, Followed)> {
        let streams = self.calls.get(&call)?.facts().streams.iter();
        let streams = streams.filter(|s| !s.rtcp).filter_map(|s| {
            let key = FlowKey {
                src: s.src,
                dst: s.dst,
                ssrc: s.ssrc,
                rtcp: false,
            };
            match self.flows.get(&key)? {
                Flow::Stream(followed) if followed.call == call => Some((key, followed)),
                _ => None,
            }
        });
        let emptiest = streams.min_by_key(|(_, followed)| followed.packets)?;
        ((emptiest.1.packets as usize) < than).then_some(emptiest)
    }

    /// Moves a flow from the waiting room into its call.
    pub(in crate::call::tracker) fn admit(
        &mut self,
        owner: MediaAddress,
        speaker: Side,
        key: FlowKey,
        flow: &WaitingFlow,
        out: &mut impl Commands,
    ) {
        let packets = flow.len() as u64;
        let added = self.add_stream(owner, speaker, key, flow.last, out);
        let added = added.or_else(|| self.take_place(owner, speaker, key, flow, out));
        let Some(stream) = added else {
            return self.drop_foreign(owner.call, &key, flow);
        };
        if let Some(Flow::Stream(followed)) = self.flows.get_mut(&key) {
            followed.packets = packets as u32;
            followed.last = flow.sequence().map(|sequence| (flow.last, sequence));
        }
        let Some(c) = self.calls.get_mut(&owner.call) else {
            return self.drop_flow(Discard::AfterEnd, &key, flow);
        };
        c.note_late_media(flow.last);
        if c.withheld().is_some() {
            let why = c.count_withheld(packets);
            return self.drop_flow(why, &key, flow);
        }
        self.tally.waiting -= packets;
        for (at, packet) in flow.packets() {
            out.packet(owner.call, stream, at, packet);
        }
        self.tally.spooled += packets;
    }

    /// A flow takes the place of the stream with the fewest packets, if it has more. Those are in
    /// the spool under another SSRC: sealing passes them over.
    fn take_place(
        &mut self,
        owner: MediaAddress,
        speaker: Side,
        key: FlowKey,
        flow: &WaitingFlow,
        out: &mut impl Commands,
    ) -> Option<StreamNo> {
        let (old, emptiest) = self.emptiest(owner.call, flow.len())?;
        if old.ssrc == key.ssrc {
            return None;
        }
        let is_named = self.is_named(owner, &key);
        let c = self.calls.get_mut(&owner.call)?;
        c.count_foreign(u64::from(emptiest.packets));
        c.replace_stream(emptiest.stream, stream(owner, speaker, key));
        self.flows.remove(&old);
        let followed = Followed {
            speaker,
            last: None,
            packets: 0,
            is_named,
            ..emptiest
        };
        self.flows.insert(key, Flow::Stream(followed));
        self.tally.met([Limit::Stream]);
        self.write(owner.call, flow.last, out);
        Some(emptiest.stream)
    }

    /// Judges flows that are over: what has not shown itself is foreign, but where nothing else was
    /// heard of that side.
    pub(in crate::call::tracker) fn judge_at_last(
        &mut self,
        mut flows: Vec<(FlowKey, WaitingFlow)>,
        out: &mut impl Commands,
    ) {
        flows.sort_by_key(|(_, flow)| std::cmp::Reverse(flow.len()));
        for (key, flow) in flows {
            let Some((owner, speaker)) = self.owner(&key) else {
                self.drop_flow(Discard::Unmatched, &key, &flow);
                continue;
            };
            if owner.copy {
                self.drop_flow(Discard::RecordingCopy, &key, &flow);
                continue;
            }
            let c = self.calls.get(&owner.call);
            let is_alone = c.is_some_and(|c| !c.hears(speaker));
            if is_alone || self.is_of_call(owner, speaker, &key, &flow) {
                self.admit(owner, speaker, key, &flow, out);
            } else {
                self.drop_foreign(owner.call, &key, &flow);
            }
        }
    }

    /// A call is about to be closed: what waits at its addresses is judged.
    pub(in crate::call::tracker) fn admit_the_rest(
        &mut self,
        call: CallNo,
        out: &mut impl Commands,
    ) {
        if self.waiting.len() == 0 {
            return;
        }
        let Some(c) = self.calls.get(&call) else {
            return;
        };
        let own = |address: &SocketAddr| {
            let listener = self.addresses.get(address);
            listener.is_some_and(|listener| listener.now.call == call)
        };
        let at = |address: SocketAddr| self.waiting.touching(&address, MOST_JUDGED);
        let mut keys: Vec<FlowKey> = c.addresses().filter(own).flat_map(at).collect();
        keys.retain(|key| self.owner(key).is_some_and(|(owner, _)| owner.call == call));
        let flows = self.waiting.take_out(keys);
        self.judge_at_last(flows, out);
    }

    /// Media that no signalling explains becomes a call of its own: both directions between the two
    /// addresses.
    pub(in crate::call::tracker) fn promote(
        &mut self,
        key: FlowKey,
        now: WallTime,
        out: &mut impl Commands,
    ) {
        if self.orphans >= MOST_ORPHANS || self.calls.len() >= MOST_CALLS {
            return;
        }
        let between = |k: &FlowKey| {
            (k.src == key.src && k.dst == key.dst) || (k.src == key.dst && k.dst == key.src)
        };
        let mut keys = self.waiting.touching(&key.src, MOST_LOOKED_AT);
        keys.retain(between);
        keys.push(key);
        let taken = self.waiting.take_out(keys);
        let Some(first) = taken.iter().map(|(_, f)| f.first).min() else {
            return;
        };
        let caller = taken[0].0;
        let call = self.open(first, caller.src.ip(), Origin::Media);
        let is_crowded = out.crowded();
        self.with(call, |c| {
            c.note_signal(now);
            if is_crowded {
                c.withhold(Some(Withheld::Overload), first);
            }
        });
        self.write(call, now, out);
        let address = |side| MediaAddress {
            call,
            side,
            leg: 0,
            copy: false,
        };
        for (place, side) in [(caller.src, Side::Caller), (caller.dst, Side::Callee)] {
            self.with(call, |c| _ = c.note_address(place, 0));
            self.listen_at(place, address(side));
        }
        for (key, flow) in &taken {
            let speaker = if key.src == caller.src {
                Side::Caller
            } else {
                Side::Callee
            };
            self.admit(address(speaker), speaker, *key, flow, out);
        }
        self.look_for(call);
    }
}
