//! What of a call is not recorded: rules, pauses, consent (PRODUCT C17).

use super::Conversation;
use super::bounds::MOST_HOLDS;
use crate::call::Discard;
use crate::call::commands::Instruction;
use crate::call::facts::{Side, Withheld, WithheldRange};
use crate::call::keep_out::{Destination, KeepOut};
use crate::call::seen::Seen;
use crate::units::WallTime;

/// What an instruction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::call) enum Instructed {
    Changed,
    /// It was so already.
    Unchanged,
    /// The rules stand against it, or nothing asks for it.
    Refused,
}

impl Instructed {
    fn unchanged_if(so: bool) -> Instructed {
        if so {
            Instructed::Unchanged
        } else {
            Instructed::Refused
        }
    }
}

impl Conversation {
    /// Why the call is not recorded now.
    #[inline]
    pub(in crate::call) fn withheld(&self) -> Option<Withheld> {
        self.pulse.withheld
    }

    /// Stops recording for a reason, or goes on with it.
    pub(in crate::call) fn withhold(&mut self, why: Option<Withheld>, at: WallTime) {
        if self.pulse.withheld == why {
            return;
        }
        if self.pulse.withheld.is_some()
            && let Some(last) = self.facts.withheld.last_mut()
        {
            last.to = Some(at);
        }
        self.pulse.withheld = why;
        if let Some(why) = why.filter(|_| self.facts.withheld.len() < MOST_HOLDS) {
            self.facts.withheld.push(WithheldRange {
                from: at,
                to: None,
                why,
                packets: 0,
            });
        }
    }

    /// Counts packets that come while the call is not recorded; gives why they are not.
    pub(in crate::call) fn count_withheld(&mut self, packets: u64) -> Discard {
        if let Some(range) = self.facts.withheld.last_mut() {
            range.packets += packets;
        }
        if self.pulse.withheld == Some(Withheld::Overload) {
            Discard::Shed
        } else {
            Discard::Withheld
        }
    }

    /// Applies the house's rules, as far as the call's parties are known.
    pub(super) fn apply(&mut self, rules: &KeepOut, at: WallTime) {
        let parties = [&self.facts.from, &self.facts.to].into_iter();
        let numbers = parties.filter_map(|p| p.number.as_ref().map(|n| n.reveal().as_str()));
        let numbers: Vec<&str> = numbers.collect();
        if numbers.iter().any(|n| rules.is_never(n)) {
            self.asks_consent = false;
            return self.withhold(Some(Withheld::Policy), at);
        }
        let callee = numbers.last().and_then(|n| rules.destination(n));
        let rule = callee.filter(|_| self.facts.consent_at.is_none());
        self.asks_consent = rule.is_some();
        if rule.is_some_and(|r| !r.keep_without_consent) && self.pulse.withheld.is_none() {
            self.withhold(Some(Withheld::Policy), at);
        }
    }

    /// The rule for the callee's number, while it waits for consent.
    fn awaited<'a>(&self, rules: &'a KeepOut) -> Option<&'a Destination> {
        let callee = self.facts.to.number.as_ref()?;
        rules
            .destination(callee.reveal())
            .filter(|_| self.asks_consent)
    }

    /// A side has pressed a key.
    pub(super) fn pressed(&mut self, side: Side, rules: &KeepOut, at: WallTime) {
        let consent = self.awaited(rules).map(|d| d.keys.as_str());
        let keys = &mut self.keys[side as usize];
        if side == Side::Callee && consent.is_some_and(|code| keys.take_code(code)) {
            return self.consent(at);
        }
        if keys.take_code(&rules.pause) && self.pulse.withheld.is_none() {
            self.withhold(Some(Withheld::Paused), at);
        } else if keys.take_code(&rules.resume) && self.pulse.withheld == Some(Withheld::Paused) {
            self.withhold(None, at);
        }
    }

    fn consent(&mut self, at: WallTime) {
        self.asks_consent = false;
        self.facts.consent_at = Some(at);
        if self.pulse.withheld == Some(Withheld::Policy) {
            self.withhold(None, at);
        }
    }

    /// Looks for consent in a header, and for a key sent by INFO (RFC 6086;
    /// `application/dtmf-relay`).
    pub(in crate::call) fn hear_signal(&mut self, seen: &Seen<'_>, rules: &KeepOut) {
        let header = self.awaited(rules).map(|d| d.header.as_str());
        let header = header.filter(|name| !name.is_empty());
        let value = header.and_then(|name| seen.message.header(name));
        if value.is_some_and(|v| !v.trim().eq_ignore_ascii_case("no")) {
            self.consent(seen.at);
        }
        if rules.listens()
            && seen.is_info()
            && let Some(key) = seen.message.info_key()
        {
            let side = self.requester(&seen.from);
            self.keys[side as usize].press(key);
            self.pressed(side, rules, seen.at);
        }
    }

    /// Applies an instruction from outside. What the rules keep out stays out.
    pub(in crate::call) fn instruct(
        &mut self,
        instruction: Instruction,
        at: WallTime,
    ) -> Instructed {
        let paused = Some(Withheld::Paused);
        match (instruction, self.pulse.withheld) {
            (Instruction::Pause, None) => self.withhold(paused, at),
            (Instruction::Pause, why) => return Instructed::unchanged_if(why == paused),
            (Instruction::Resume, why) if why == paused => self.withhold(None, at),
            (Instruction::Resume, why) => return Instructed::unchanged_if(why.is_none()),
            (Instruction::Consent, _) if self.asks_consent => self.consent(at),
            (Instruction::Consent, _) => {
                return Instructed::unchanged_if(self.facts.consent_at.is_some());
            }
            (Instruction::Announced, _) => drop(self.facts.announced_at.get_or_insert(at)),
        }
        Instructed::Changed
    }
}
