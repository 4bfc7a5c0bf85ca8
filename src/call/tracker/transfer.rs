//! Hanging up and passing on: what becomes of a call's legs when one of them ends.
//!
//! A phone system may put the far ends of two calls through to each other and let the one in the
//! middle go (REFER with Replaces, RFC 3891 §1). No INVITE shows it: the two legs that are left
//! go on under the Call-IDs that they had. They become a call of their own, linked with both, so
//! that neither the telemarketer's call grows by a talk that they had no part in, nor that talk is
//! lost. The same holds for a leg that goes on by itself after its call was hung up.

use super::{MediaAddress, Tracker};
use crate::call::conversation::leg::Leg;
use crate::call::conversation::{Conversation, Origin, Transfer};
use crate::call::flows::{Flow, FlowKey};
use crate::call::joining::{self, Referral};
use crate::call::seen::Seen;
use crate::call::{CallNo, Commands, Side, StreamFacts};
use crate::sip::{Message, NameAddr, Start};
use crate::units::{Micros, WallTime};
use std::net::SocketAddr;

/// Media that is this recent still flows; so long after a hang-up it is no straggler.
const FLOWING: Micros = Micros::from_secs(1);
const NO_STRAGGLER: Micros = Micros::from_secs(2);

impl Tracker {
    pub(super) fn bye(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) {
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        let by = c.bye(seen, &self.settings);
        if self.put_through(call, seen.at, out) {
            return;
        }
        let linger = self.settings.linger;
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        if c.is_first(&seen.call_id) {
            return c.hang_up_first(seen.at, by, linger);
        }
        c.hang_up_leg(seen.at, by);
        if self.is_taken_over(call) {
            self.with(call, |c| c.hang_up(seen.at, by, linger));
        }
    }

    /// Whether the one who took over has a call of their own, on which the other side is heard from
    /// now on.
    fn is_taken_over(&self, call: CallNo) -> bool {
        let Some(c) = self.calls.get(&call) else {
            return false;
        };
        let invites = |o: &Conversation| c.invited().iter().any(|i| i.ip() == o.originator());
        let linked = c.facts().linked.iter().filter_map(|id| self.by_id.get(id));
        let mut linked = linked.filter_map(|call| self.calls.get(call));
        linked.any(|o| o.is_answered() && invites(o))
    }

    /// A transfer is asked for: what comes of it is linked.
    pub(super) fn refer(&mut self, call: CallNo, seen: &Seen<'_>) {
        let Some(refer_to) = seen.message.header("Refer-To") else {
            return;
        };
        let Some(id) = self.calls.get(&call).map(|c| c.facts().id) else {
            return;
        };
        self.referrals.add(Referral {
            at: seen.at,
            call: id,
            asked: seen.dst.ip(),
            target: NameAddr::parse(&refer_to).user(),
        });
        let Some(replaced) = joining::refer_replaces(&refer_to) else {
            return;
        };
        self.link_to(call, &replaced);
        let other = self.by_call_id.get(&replaced).copied();
        let Some(other) = other.filter(|other| *other != call) else {
            return;
        };
        let number = |call: CallNo, id: &str| self.calls.get(&call)?.dialog_number(id);
        let (Some(leaves), Some(other_leaves)) =
            (number(call, &seen.call_id), number(other, &replaced))
        else {
            return;
        };
        let transfer = |leaves, other, other_leaves| {
            Some(Transfer {
                leaves,
                other,
                other_leaves,
            })
        };
        self.with(call, |c| {
            c.set_transfer(transfer(leaves, other, other_leaves));
        });
        self.with(other, |c| {
            c.set_transfer(transfer(other_leaves, call, leaves));
        });
    }

    /// Forgets a transfer that came to nothing (RFC 3515 §2.4.5: the NOTIFY's body is the answer
    /// that the target gave).
    pub(super) fn note_transfer(&mut self, call: CallNo, message: &Message<'_>) {
        let status = match &message.start {
            Start::Response { status } => Some(*status),
            Start::Request { .. } => String::from_utf8_lossy(message.body)
                .split_whitespace()
                .nth(1)
                .and_then(|s| s.parse().ok()),
        };
        if status.is_none_or(|s| s < 300) {
            return;
        }
        let Some(transfer) = self.calls.get(&call).and_then(|c| c.transfer()) else {
            return;
        };
        self.with(call, |c| c.set_transfer(None));
        self.with(transfer.other, |c| c.set_transfer(None));
    }

    /// Links a call with the one that has this Call-ID, be it over or not.
    pub(super) fn link_to(&mut self, call: CallNo, call_id: &str) {
        let id = |call: CallNo| self.calls.get(&call).map(|c| c.facts().id);
        let Some(own) = id(call) else { return };
        let other = self.by_call_id.get(call_id).copied();
        let closed = || self.closed.get(call_id).map(|c| c.id);
        if let Some(id) = other.and_then(id).or_else(closed) {
            self.with(call, |c| c.link(id));
        }
        if let Some(other) = other {
            self.with(other, |c| c.link(own));
        }
    }

    /// When the one in the middle of a transfer has left both calls and both far ends are still
    /// there, these two talk.
    fn put_through(&mut self, call: CallNo, at: WallTime, out: &mut impl Commands) -> bool {
        let Some(transfer) = self.calls.get(&call).and_then(|c| c.transfer()) else {
            return false;
        };
        // The older one is with whom it all began.
        let mut both = [
            (call, transfer.leaves),
            (transfer.other, transfer.other_leaves),
        ];
        both.sort_by_key(|(call, _)| *call);
        let left = |(call, dialog): &(CallNo, usize)| {
            let c = self.calls.get(call);
            c.is_some_and(|c| c.is_dialog_ended(*dialog))
        };
        if !both.iter().all(left) {
            return false;
        }
        let survivors = both
            .iter()
            .filter_map(|(call, left)| self.survivor(*call, *left));
        let survivors: Vec<Leg> = survivors.collect();
        if survivors.len() < 2 {
            return false;
        }
        let leavers: Vec<Side> = survivors.iter().map(|s| s.outer.other()).collect();
        self.carry_on(&both.map(|(call, _)| call), survivors, at, out);
        let linger = self.settings.linger;
        for ((call, _), by) in both.into_iter().zip(leavers) {
            self.with(call, |c| {
                c.set_transfer(None);
                c.hang_up(at, by, linger);
            });
            self.show(call, at, out);
        }
        true
    }

    /// A call is about to be closed, hung up by one of its ends. A leg of it on which media still
    /// flows goes on by itself.
    pub(super) fn go_on(&mut self, call: CallNo, now: WallTime, out: &mut impl Commands) {
        let Some(c) = self.calls.get(&call) else {
            return;
        };
        let left = c.ended_dialog();
        let Some(leg) = left.and_then(|left| self.survivor(call, left)) else {
            return;
        };
        let touches = |s: &&StreamFacts| {
            let mut addresses = leg.addresses.iter();
            addresses.any(|(address, _)| *address == s.dst || *address == s.src)
        };
        let mut streams = c.facts().streams.iter().filter(touches);
        let flows = streams.any(|s| {
            self.flowed_at(call, s)
                .is_some_and(|at| now - at <= FLOWING)
        });
        let ended_long_ago = c
            .facts()
            .ended_at
            .is_some_and(|end| now - end > NO_STRAGGLER);
        if flows && ended_long_ago && !self.is_taken_over(call) {
            self.carry_on(&[call], vec![leg], now, out);
        }
    }

    /// When a stream's last packet came.
    fn flowed_at(&self, call: CallNo, stream: &StreamFacts) -> Option<WallTime> {
        let key = FlowKey {
            src: stream.src,
            dst: stream.dst,
            ssrc: stream.ssrc,
            rtcp: stream.rtcp,
        };
        match self.flows.get(&key)? {
            Flow::Stream(followed) if followed.call == call => followed.last.map(|(at, _)| at),
            _ => None,
        }
    }

    /// The leg of a call that is up when the dialog `left` has ended.
    fn survivor(&self, call: CallNo, left: usize) -> Option<Leg> {
        let side = |address: &SocketAddr| {
            let listener = self.addresses.get(address)?;
            let owners = std::iter::once(listener.now).chain(listener.next);
            let mut owners = owners.filter(|owner| owner.call == call);
            owners.next().map(|owner| owner.side)
        };
        self.calls.get(&call)?.surviving_leg(left, side)
    }

    /// Opens a call of the legs that are left of others.
    fn carry_on(&mut self, of: &[CallNo], legs: Vec<Leg>, at: WallTime, out: &mut impl Commands) {
        let Some(first) = of.first().and_then(|call| self.calls.get(call)) else {
            return;
        };
        let inheritance = first.inheritance();
        let Some((host, outer)) = legs.first().and_then(|l| Some((l.inner_host()?, l.outer)))
        else {
            return;
        };
        let call = self.open(at, host, Origin::Legs);
        let own = self.calls[&call].facts().id;
        for old in of {
            if let Some(id) = self.calls.get(old).map(|c| c.facts().id) {
                self.with(*old, |c| c.link(own));
                self.with(call, |c| c.link(id));
            }
        }
        for (n, leg) in legs.into_iter().enumerate() {
            // Who is at the far end of the second leg is heard at the near end of the first.
            let leg = if n > 0 && leg.outer == outer {
                leg.turned()
            } else {
                leg
            };
            self.take_leg(call, leg);
        }
        if let Some(c) = self.calls.get_mut(&call) {
            c.carry_on(inheritance, &self.settings, &self.lines, at);
            self.described += c.described();
            self.look_for(call);
            self.write(call, at, out);
        }
    }

    /// Makes a leg of another call one of this.
    fn take_leg(&mut self, call: CallNo, leg: Leg) {
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        let number = c.take_leg(&leg);
        self.by_call_id.insert(leg.call_id, call);
        for (address, side) in leg.addresses {
            let rtcp = SocketAddr::new(address.ip(), address.port().wrapping_add(1));
            self.flows.release(address, call);
            self.flows.release(rtcp, call);
            let owner = MediaAddress {
                call,
                side,
                leg: number,
                copy: false,
            };
            self.listen_at(address, owner);
        }
    }
}
