//! Legs that outlive their call and go on in another.

use super::{Conversation, party};
use crate::call::Lines;
use crate::call::dialog::Dialog;
use crate::call::facts::{Outcome, Side, SideFormats, Withheld};
use crate::call::settings::Settings;
use crate::pii::Pii;
use crate::sip::NameAddr;
use crate::units::WallTime;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// A leg that outlives its call.
pub(in crate::call) struct Leg {
    pub(in crate::call) call_id: String,
    dialog: Dialog,
    /// The side of the dialog at which a person is: the other is the phone system's.
    pub(in crate::call) outer: Side,
    pub(in crate::call) addresses: Vec<(SocketAddr, Side)>,
    hops: Vec<(SocketAddr, SocketAddr)>,
    /// `leg` counts in `hops`.
    formats: Vec<SideFormats>,
}

impl Leg {
    fn outer_party(&self) -> &NameAddr {
        if self.outer == Side::Caller {
            &self.dialog.from
        } else {
            &self.dialog.to
        }
    }

    /// The host of the phone system.
    pub(in crate::call) fn inner_host(&self) -> Option<IpAddr> {
        let (inviter, invited) = self.dialog.hop?;
        Some(if self.outer == Side::Caller {
            invited.ip()
        } else {
            inviter.ip()
        })
    }

    /// The same leg, seen from its other end.
    pub(in crate::call) fn turned(mut self) -> Leg {
        self.outer = self.outer.other();
        std::mem::swap(&mut self.dialog.from, &mut self.dialog.to);
        for (_, side) in &mut self.addresses {
            *side = side.other();
        }
        for described in &mut self.formats {
            described.side = described.side.other();
        }
        self
    }
}

/// What a call passes on to the one that carries its legs on.
pub(in crate::call) struct Inheritance {
    headers: BTreeMap<String, Pii<String>>,
    withheld: Option<Withheld>,
    /// Keys are pressed under the payload types that were agreed before.
    event_types: u128,
}

impl Conversation {
    /// The leg that is up when the dialog `left` has ended: the last that was answered. `side`
    /// gives whose an address is.
    pub(in crate::call) fn surviving_leg(
        &self,
        left: usize,
        side: impl Fn(&SocketAddr) -> Option<Side>,
    ) -> Option<Leg> {
        let dialogs = self.dialogs.iter().enumerate();
        let mut up = dialogs.rev().filter(|(n, d)| *n != left && d.is_up());
        let (number, dialog) = up.next()?;
        let gone = self.dialogs.get(left)?.hop?;
        let inviter = dialog.hop?.0.ip();
        // The host that both legs share is the phone system's.
        let outer = if [gone.0.ip(), gone.1.ip()].contains(&inviter) {
            Side::Callee
        } else {
            Side::Caller
        };
        let named = self.addresses.iter().filter(|(_, by)| *by == number);
        let hop = |leg: &u16| self.hops.get(usize::from(*leg)).copied();
        Some(Leg {
            call_id: self.facts.call_ids.get(number)?.clone(),
            outer,
            addresses: named.filter_map(|(a, _)| Some((*a, side(a)?))).collect(),
            hops: dialog.legs.iter().filter_map(hop).collect(),
            formats: self.formats_of(dialog),
            dialog: dialog.clone(),
        })
    }

    /// A dialog's formats, their legs counted within it.
    fn formats_of(&self, dialog: &Dialog) -> Vec<SideFormats> {
        let renumbered = |f: &SideFormats| {
            let leg = dialog.legs.iter().position(|leg| *leg == f.leg)?;
            Some(SideFormats {
                leg: leg as u16,
                ..f.clone()
            })
        };
        self.facts.formats.iter().filter_map(renumbered).collect()
    }

    pub(in crate::call) fn inheritance(&self) -> Inheritance {
        Inheritance {
            headers: self.facts.headers.clone(),
            withheld: self.pulse.withheld,
            event_types: self.pulse.event_types,
        }
    }

    /// Makes a leg of another call one of this: its dialog, who is at its far end, what listens
    /// where, and in which formats. Gives the leg's number here.
    pub(in crate::call) fn take_leg(&mut self, leg: &Leg) -> u16 {
        let someone = party(leg.outer_party(), None);
        if leg.outer == Side::Caller {
            self.facts.from = someone;
        } else {
            self.facts.to = someone;
        }
        self.is_moved = true;
        self.leg_answered = !self.dialogs.is_empty();
        self.caller_tags.extend(leg.dialog.from.tag.clone());
        self.invited.extend(leg.dialog.hop.map(|(_, to)| to));
        let legs: Vec<u16> = leg.hops.iter().map(|(a, b)| self.leg(*a, *b)).collect();
        let number = self.dialogs.len();
        let here = leg.formats.iter().filter_map(|f| {
            Some(SideFormats {
                leg: *legs.get(usize::from(f.leg))?,
                ..f.clone()
            })
        });
        self.facts.formats.extend(here);
        self.described = self.facts.formats.iter().map(SideFormats::weight).sum();
        self.facts.call_ids.push(leg.call_id.clone());
        self.addresses
            .extend(leg.addresses.iter().map(|(address, _)| (*address, number)));
        let first = legs.first().copied().unwrap_or(0);
        self.dialogs.push(Dialog {
            legs,
            ..leg.dialog.clone()
        });
        first
    }

    /// Two far ends talk, by what their calls have passed on.
    pub(in crate::call) fn carry_on(
        &mut self,
        from: Inheritance,
        settings: &Settings,
        lines: &Lines,
        at: WallTime,
    ) {
        self.pulse.event_types = from.event_types;
        self.facts.headers = from.headers;
        if let Ok(life) = self.life.answer() {
            self.life = life;
        }
        self.facts.outcome = Outcome::Answered;
        self.facts.answered_at = Some(at);
        self.note_direction(lines);
        self.apply(&settings.keep_out, at);
        if self.pulse.withheld.is_none() && from.withheld.is_some() {
            self.withhold(from.withheld, at);
        }
    }
}
