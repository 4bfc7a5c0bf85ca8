//! Session descriptions: who listens where, in which formats, and who is on hold.

use super::Conversation;
use super::bounds::{MOST_ADDRESSES, MOST_DESCRIBED, MOST_FORMATS, MOST_HOLDS, MOST_HOPS};
use crate::call::facts::{Side, SideFormats};
use crate::call::seen::Seen;
use crate::sip::MediaDirection;
use crate::sip::sdp::Audio;
use crate::units::WallTime;
use std::net::SocketAddr;

/// Whose description it was.
#[derive(Debug, Clone, Copy)]
pub(in crate::call) struct Described {
    pub(in crate::call) side: Side,
    pub(in crate::call) leg: u16,
    /// By number.
    pub(in crate::call) dialog: usize,
    /// It was not kept, or another made room for it.
    pub(in crate::call) is_too_many: bool,
}

impl Conversation {
    /// Takes in a description; `has_room` for its formats, or for who listens where alone.
    pub(in crate::call) fn describe(
        &mut self,
        seen: &Seen<'_>,
        audio: &[Audio],
        has_room: bool,
    ) -> Described {
        let requester = self.requester(&seen.from);
        let side = if seen.is_request() {
            requester
        } else {
            requester.other()
        };
        let leg = self.leg(seen.src, seen.dst);
        let dialog = self.dialog_number(&seen.call_id).unwrap_or(0);
        if let Some(dialog) = self.dialogs.get_mut(dialog)
            && !dialog.legs.contains(&leg)
        {
            dialog.legs.push(leg);
        }
        let mut is_too_many = false;
        for stream in audio {
            self.note_event_types(stream);
            self.hold(side, stream.direction, seen.is_request(), seen.at);
            let kept = self.note_formats(
                has_room,
                SideFormats {
                    side,
                    leg,
                    at: seen.at,
                    formats: stream.formats.clone(),
                    keying: stream.keying,
                    crypto: stream.crypto.clone(),
                },
            );
            is_too_many |= !kept;
        }
        Described {
            side,
            leg,
            dialog,
            is_too_many,
        }
    }

    /// Bytes of its descriptions.
    pub(in crate::call) fn described(&self) -> usize {
        self.described
    }

    fn note_event_types(&mut self, stream: &Audio) {
        let is_event = |e: &str| e.eq_ignore_ascii_case("telephone-event");
        let events = stream.formats.iter().filter(|f| is_event(&f.encoding));
        for format in events {
            self.pulse.event_types |= 1 << (format.payload_type & 0x7f);
        }
    }

    /// Keeps a side's formats where they differ from its last on that leg; `false` when there was
    /// no room but in the place of that one.
    fn note_formats(&mut self, has_room: bool, new: SideFormats) -> bool {
        let known = &mut self.facts.formats;
        let mut before = known.iter_mut().rev();
        let last = before.find(|f| f.side == new.side && f.leg == new.leg);
        let changed = last.as_ref().is_none_or(|l| {
            l.formats != new.formats || l.keying != new.keying || l.crypto != new.crypto
        });
        if !changed {
            return true;
        }
        let weight = new.weight();
        let fits = self.described + weight <= MOST_DESCRIBED;
        match last {
            Some(last) if !(has_room && fits) && weight <= last.weight() => {
                self.described -= last.weight() - weight;
                *last = new;
                return false;
            }
            _ => {}
        }
        let is_kept = has_room && fits && known.len() < MOST_FORMATS;
        if is_kept {
            self.described += weight;
            known.push(new);
        }
        is_kept
    }

    /// The number of the hop between two addresses.
    pub(super) fn leg(&mut self, a: SocketAddr, b: SocketAddr) -> u16 {
        let hop = (a.min(b), a.max(b));
        let known = self.hops.iter().position(|h| *h == hop);
        known.unwrap_or_else(|| {
            if self.hops.len() >= MOST_HOPS {
                return MOST_HOPS - 1;
            }
            self.hops.push(hop);
            self.hops.len() - 1
        }) as u16
    }

    /// Notes a media address; `false` when it names too many.
    pub(in crate::call) fn note_address(&mut self, address: SocketAddr, dialog: usize) -> bool {
        if self.addresses().any(|known| known == address) {
            return true;
        }
        let has_room = self.addresses.len() < MOST_ADDRESSES;
        if has_room {
            self.addresses.push((address, dialog));
        }
        has_room
    }

    /// Notes who holds whom (RFC 3264 §8.4): an offer with sendonly or inactive holds, one with
    /// sendrecv ends it.
    fn hold(&mut self, side: Side, direction: MediaDirection, is_offer: bool, at: WallTime) {
        let slot = &mut self.held[side as usize];
        match direction {
            MediaDirection::SendOnly | MediaDirection::Inactive if is_offer => *slot = true,
            MediaDirection::SendRecv => *slot = false,
            _ => {}
        }
        let held = self.held.contains(&true) && self.is_answered();
        let has_room = self.facts.holds.len() < MOST_HOLDS;
        match (self.facts.holds.last_mut(), held) {
            (Some((_, None)), true) => {}
            (_, true) if has_room => self.facts.holds.push((at, None)),
            (Some((_, end @ None)), false) => *end = Some(at),
            _ => {}
        }
    }
}
