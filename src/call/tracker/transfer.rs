//! Hanging up and passing on: what becomes of a call's legs when one of them ends.
//!
//! A phone system may put the far ends of two calls through to each other and let the one in the
//! middle go (REFER with Replaces, RFC 3891 §1). No INVITE tells of it: the two legs that are left
//! go on under the Call-IDs that they had. They become a call of their own, linked with both, so
//! that neither the telemarketer's call grows by a talk that they had no part in, nor that talk is
//! lost. The same holds for a leg that goes on by itself after its call was hung up.

use super::{Ear, Seen, Tracker, direction};
use crate::call::conversation::{Conversation, Dialog, Transfer, keep_headers, party};
use crate::call::facts::{Outcome, SideFormats};
use crate::call::flows::{Flow, FlowKey};
use crate::call::joining::{self, Referral};
use crate::call::{CallNo, Commands, Side};
use crate::sip::{Message, NameAddr, Start};
use crate::units::{Micros, WallTime};
use std::net::{IpAddr, SocketAddr};

/// The phone system takes this long to pass a hang-up on.
const PASSED_ON: Micros = Micros::from_secs(3);
/// Media that is this recent still flows; so long after a hang-up it is no straggler.
const FLOWING: Micros = Micros::from_secs(1);
const NO_STRAGGLER: Micros = Micros::from_secs(2);

/// A leg that outlives its call.
struct Survivor {
    call_id: String,
    dialog: Dialog,
    /// The side of the dialog at which somebody is: the other is the phone system's.
    outer: Side,
    ears: Vec<(SocketAddr, Side)>,
    hops: Vec<(SocketAddr, SocketAddr)>,
    /// `leg` counts in `hops`.
    formats: Vec<SideFormats>,
}

impl Survivor {
    fn outer_party(&self) -> &NameAddr {
        if self.outer == Side::Caller {
            &self.dialog.from
        } else {
            &self.dialog.to
        }
    }

    /// The host of the phone system.
    fn inner_host(&self) -> Option<IpAddr> {
        self.dialog.hop.map(|(inviter, invited)| {
            if self.outer == Side::Caller {
                invited.ip()
            } else {
                inviter.ip()
            }
        })
    }

    /// The same leg, seen from its other end.
    fn turned(mut self) -> Survivor {
        self.outer = self.outer.other();
        std::mem::swap(&mut self.dialog.from, &mut self.dialog.to);
        self.ears
            .iter_mut()
            .for_each(|(_, side)| *side = side.other());
        self.formats
            .iter_mut()
            .for_each(|f| f.side = f.side.other());
        self
    }
}

impl Tracker {
    pub(super) fn bye(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) {
        let (linger, wanted) = (self.settings.linger, &self.settings.headers);
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        // A PBX may say how it came out as it hangs up.
        keep_headers(&mut c.facts, &seen.message, wanted);
        let by = c.requester(&seen.from);
        if c.facts.outcome == Outcome::Incomplete {
            // Its answers went another way: who hangs up was connected.
            c.facts.outcome = Outcome::Answered;
            c.facts.answered_at = c.facts.answered_at.or(c.acked_at);
        }
        if let Some(dialog) = c.dialog(&seen.call_id) {
            dialog.ended = true;
        }
        if self.put_through(call, seen.at, out) {
            return;
        }
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        if c.is_first(&seen.call_id) {
            let first = c.leg_ended.filter(|(at, _)| seen.at - *at <= PASSED_ON);
            c.end(seen.at, first.map_or(by, |(_, side)| side).into(), linger);
        } else {
            // A leg behind the PBX: the caller's own goes on until it ends too, with a menu, a
            // survey or somebody else.
            c.leg_ended = Some((seen.at, by));
            c.leg_answered = false;
            if self.is_taken_over(call) {
                self.with(call, |c| c.end(seen.at, by.into(), linger));
            }
        }
    }

    /// Whether the one who took over has a call of their own, on which the other side is heard from
    /// now on.
    fn is_taken_over(&self, call: CallNo) -> bool {
        let Some(c) = self.calls.get(&call) else {
            return false;
        };
        let invites = |o: &Conversation| c.invited.iter().any(|i| i.ip() == o.originator);
        self.calls
            .values()
            .any(|o| c.facts.linked.contains(&o.facts.id) && o.answered() && invites(o))
    }

    /// A transfer is asked for: what comes of it is linked.
    pub(super) fn refer(&mut self, call: CallNo, seen: &Seen<'_>) {
        let Some(refer_to) = seen.message.header("Refer-To") else {
            return;
        };
        let target = NameAddr::parse(&refer_to).user();
        let Some(id) = self.calls.get(&call).map(|c| c.facts.id) else {
            return;
        };
        self.referrals.add(Referral {
            at: seen.at,
            call: id,
            asked: seen.dst.ip(),
            target,
        });
        let Some(replaced) = joining::refer_replaces(&refer_to) else {
            return;
        };
        self.link_to(call, &replaced);
        let number =
            |call: CallNo, id: &str| self.calls.get(&call).and_then(|c| c.dialog_number(id));
        let Some(other) = self
            .by_call_id
            .get(&replaced)
            .copied()
            .filter(|other| *other != call)
        else {
            return;
        };
        if let (Some(leaves), Some(other_leaves)) =
            (number(call, &seen.call_id), number(other, &replaced))
        {
            self.with(call, |c| {
                c.transfer = Some(Transfer {
                    leaves,
                    other,
                    other_leaves,
                })
            });
            self.with(other, |c| {
                c.transfer = Some(Transfer {
                    leaves: other_leaves,
                    other: call,
                    other_leaves: leaves,
                })
            });
        }
    }

    /// A transfer that came to nothing (RFC 3515 §2.4.5: the NOTIFY's body is the answer that the
    /// target gave).
    pub(super) fn hear_of_transfer(&mut self, call: CallNo, message: &Message<'_>) {
        let refused = match &message.start {
            Start::Response { status } => *status >= 300,
            Start::Request { .. } => String::from_utf8_lossy(message.body)
                .split_whitespace()
                .nth(1)
                .and_then(|s| s.parse().ok())
                .is_some_and(|s: u16| s >= 300),
        };
        if !refused {
            return;
        }
        if let Some(transfer) = self.calls.get_mut(&call).and_then(|c| c.transfer.take()) {
            self.with(transfer.other, |c| c.transfer = None);
        }
    }

    /// Links a call with the one that has this Call-ID, be it over or not.
    pub(super) fn link_to(&mut self, call: CallNo, call_id: &str) {
        let Some(own) = self.calls.get(&call).map(|c| c.facts.id) else {
            return;
        };
        let other = self.by_call_id.get(call_id).copied();
        let id = other
            .and_then(|other| self.calls.get(&other))
            .map(|c| c.facts.id)
            .or_else(|| self.closed.get(call_id).map(|c| c.id));
        if let Some(id) = id {
            self.with(call, |c| c.link(id));
        }
        if let Some(other) = other {
            self.with(other, |c| c.link(own));
        }
    }

    /// When the one in the middle of a transfer has left both calls and both far ends are still
    /// there, these two talk.
    fn put_through(&mut self, call: CallNo, at: WallTime, out: &mut impl Commands) -> bool {
        let left = |call: CallNo, dialog: usize| {
            self.calls
                .get(&call)
                .and_then(|c| c.dialogs.get(dialog))
                .is_some_and(|d| d.ended)
        };
        let Some(transfer) = self.calls.get(&call).and_then(|c| c.transfer.clone()) else {
            return false;
        };
        let Transfer {
            leaves,
            other,
            other_leaves,
        } = transfer;
        if !left(call, leaves) || !left(other, other_leaves) {
            return false;
        }
        // The older one is with whom it all began.
        let mut both = [(call, leaves), (other, other_leaves)];
        both.sort_by_key(|(call, _)| *call);
        let survivors: Vec<Survivor> = both
            .iter()
            .filter_map(|(call, left)| self.survivor(*call, *left))
            .collect();
        if survivors.len() < 2 {
            return false;
        }
        let leavers: Vec<Side> = survivors.iter().map(|s| s.outer.other()).collect();
        self.carry_on(both.map(|(call, _)| call).as_slice(), survivors, at, out);
        let linger = self.settings.linger;
        for ((call, _), by) in both.into_iter().zip(leavers) {
            self.with(call, |c| {
                c.transfer = None;
                c.end(at, by.into(), linger);
            });
            if let Some(c) = self.calls.get(&call) {
                out.facts(call, &c.facts);
            }
        }
        true
    }

    /// A call is about to be closed, hung up by one of its ends. A leg of it on which media still
    /// flows goes on by itself.
    pub(super) fn go_on(&mut self, call: CallNo, now: WallTime, out: &mut impl Commands) {
        let Some(c) = self.calls.get(&call) else {
            return;
        };
        let Some(left) = c.dialogs.iter().position(|d| d.ended) else {
            return;
        };
        let Some(leg) = self.survivor(call, left) else {
            return;
        };
        let touches = |s: &crate::call::StreamFacts| {
            leg.ears
                .iter()
                .any(|(ear, _)| *ear == s.dst || *ear == s.src)
        };
        let last = |s: &crate::call::StreamFacts| match self.flows.get(&FlowKey {
            src: s.src,
            dst: s.dst,
            ssrc: s.ssrc,
            rtcp: s.rtcp,
        }) {
            Some(Flow::Stream(followed)) if followed.call == call => followed.last,
            _ => None,
        };
        let flows = c
            .facts
            .streams
            .iter()
            .any(|s| touches(s) && last(s).is_some_and(|(at, _)| now - at <= FLOWING));
        let ended_long_ago = c.facts.ended_at.is_some_and(|end| now - end > NO_STRAGGLER);
        if flows && ended_long_ago && !self.is_taken_over(call) {
            self.carry_on(&[call], vec![leg], now, out);
        }
    }

    /// The leg of a call that is up when `left` has ended: the last that was answered.
    fn survivor(&self, call: CallNo, left: usize) -> Option<Survivor> {
        let c = self.calls.get(&call)?;
        let number = c
            .dialogs
            .iter()
            .enumerate()
            .rposition(|(n, d)| n != left && d.is_up())?;
        let (dialog, gone) = (c.dialogs[number].clone(), c.dialogs.get(left)?.hop?);
        let inviter = dialog.hop?.0.ip();
        // The host that both legs share is the phone system's.
        let outer = if [gone.0.ip(), gone.1.ip()].contains(&inviter) {
            Side::Callee
        } else {
            Side::Caller
        };
        let heard = c.ears.iter().filter(|(_, dialog)| *dialog == number);
        let ears = heard
            .filter_map(|(address, _)| {
                self.ears
                    .get(address)
                    .filter(|e| e.call == call)
                    .map(|e| (*address, e.side))
            })
            .collect();
        let hops = dialog
            .legs
            .iter()
            .filter_map(|leg| c.hops.get(usize::from(*leg)).copied())
            .collect();
        let renumbered = |f: &SideFormats| {
            dialog
                .legs
                .iter()
                .position(|leg| *leg == f.leg)
                .map(|leg| SideFormats {
                    leg: leg as u16,
                    ..f.clone()
                })
        };
        let formats = c.facts.formats.iter().filter_map(renumbered).collect();
        Some(Survivor {
            call_id: c.facts.call_ids.get(number)?.clone(),
            outer,
            ears,
            hops,
            formats,
            dialog,
        })
    }

    /// A call of what is left of others.
    fn carry_on(
        &mut self,
        of: &[CallNo],
        legs: Vec<Survivor>,
        at: WallTime,
        out: &mut impl Commands,
    ) {
        let Some(host) = legs.first().and_then(Survivor::inner_host) else {
            return;
        };
        let Some(first) = of.first().and_then(|call| self.calls.get(call)) else {
            return;
        };
        // Keys are pressed under the payload types that were agreed before.
        let (headers, shut, events) = (
            first.facts.headers.clone(),
            first.pulse.shut,
            first.pulse.event_types,
        );
        let call = self.open(at, host, false);
        let (own, outer) = (self.calls[&call].facts.id, legs[0].outer);
        for old in of {
            let Some(id) = self.calls.get_mut(old).map(|c| {
                c.link(own);
                c.facts.id
            }) else {
                continue;
            };
            self.with(call, |c| c.link(id));
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
        let rules = &self.settings.keep_out;
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        c.settled = true;
        c.pulse.event_types = events;
        c.facts.headers = headers;
        c.facts.outcome = Outcome::Answered;
        c.facts.answered_at = Some(at);
        (c.facts.direction, c.facts.telemarketer) = direction(&c.facts, &self.lines);
        c.apply(rules, at);
        if c.pulse.shut.is_none() && shut.is_some() {
            c.set_shut(shut, at);
        }
        out.open(call, &c.facts);
    }

    /// Makes a leg of another call one of this: its dialog, who is at its far end, what listens
    /// where, and in which formats.
    fn take_leg(&mut self, call: CallNo, leg: Survivor) {
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        let someone = party(leg.outer_party(), None);
        if leg.outer == Side::Caller {
            c.facts.from = someone;
        } else {
            c.facts.to = someone;
        }
        c.leg_answered = !c.dialogs.is_empty();
        c.caller_tags.extend(leg.dialog.from.tag.clone());
        c.invited.extend(leg.dialog.hop.map(|(_, invited)| invited));
        let legs: Vec<u16> = leg.hops.iter().map(|(a, b)| c.leg(*a, *b)).collect();
        let number = c.dialogs.len();
        c.facts
            .formats
            .extend(leg.formats.into_iter().filter_map(|f| {
                Some(SideFormats {
                    leg: *legs.get(usize::from(f.leg))?,
                    ..f
                })
            }));
        c.facts.call_ids.push(leg.call_id.clone());
        c.dialogs.push(Dialog {
            legs: legs.clone(),
            ..leg.dialog
        });
        c.ears
            .extend(leg.ears.iter().map(|(address, _)| (*address, number)));
        self.by_call_id.insert(leg.call_id, call);
        for (address, side) in leg.ears {
            self.flows.release(address, call);
            self.flows.release(
                SocketAddr::new(address.ip(), address.port().wrapping_add(1)),
                call,
            );
            self.ears.insert(
                address,
                Ear {
                    call,
                    side,
                    leg: legs.first().copied().unwrap_or(0),
                    copy: false,
                },
            );
        }
    }
}
