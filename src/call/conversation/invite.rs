//! INVITEs: who calls whom, on which legs.

use super::bounds::{LONGEST_HEADER, MOST_DIALOGS};
use super::{Conversation, party};
use crate::call::Lines;
use crate::call::facts::{CallFacts, Direction, Outcome, Side, Withheld};
use crate::call::joining::Joint;
use crate::call::seen::Seen;
use crate::call::settings::Settings;
use crate::pii::Pii;
use crate::sip::{Message, shortened};

impl Conversation {
    /// The first message seen of it. An adopted call named its sides by its media: keep to that.
    pub(in crate::call) fn begin(
        &mut self,
        seen: &Seen<'_>,
        settings: &Settings,
        lines: &Lines,
        crowded: bool,
    ) {
        let to = seen.to();
        let under_way = seen.is_within_dialog();
        let from_is_caller = seen.is_invite() || seen.src.ip() == self.originator;
        let (caller, callee) = if from_is_caller == seen.is_request() {
            (&seen.from, &to)
        } else {
            (&to, &seen.from)
        };
        let target = seen.target().filter(|_| seen.is_invite() && !under_way);
        self.facts.call_ids.push(seen.call_id.clone());
        self.caller_tags.extend(caller.tag.clone());
        self.dialogs.push(seen.dialog());
        self.facts.from = party(caller, None);
        self.facts.to = party(callee, target);
        // Answers tell the outcome by themselves.
        if under_way
            && (seen.is_request() || self.is_from_media())
            && let Ok(life) = self.life.answer()
        {
            self.life = life;
            self.facts.outcome = Outcome::Answered;
        }
        self.note_direction(lines);
        self.keep_headers(&seen.message, &settings.headers);
        let agent = seen.message.header("User-Agent");
        self.facts.user_agent = agent.map(|v| shortened(&v, LONGEST_HEADER).to_owned());
        self.apply(&settings.keep_out, seen.at);
        if crowded {
            self.withhold(Some(Withheld::Overload), seen.at);
        }
        if seen.is_invite() {
            self.invited.push(seen.dst);
        }
        self.is_moved = true;
    }

    /// Another leg of a call that is there.
    pub(in crate::call) fn join(
        &mut self,
        joint: Joint,
        seen: &Seen<'_>,
        settings: &Settings,
        lines: &Lines,
    ) {
        self.caller_tags.extend(seen.from.tag.clone());
        if !self.invited.contains(&seen.dst) {
            self.invited.push(seen.dst);
        }
        match joint {
            Joint::Onward => {
                self.facts.call_ids.push(seen.call_id.clone());
                self.dialogs.push(seen.dialog());
            }
            Joint::Before => {
                self.facts.call_ids.insert(0, seen.call_id.clone());
                self.dialogs.insert(0, seen.dialog());
                self.addresses.iter_mut().for_each(|(_, n)| *n += 1);
                self.originator = seen.src.ip();
                self.facts.from = party(&seen.from, None);
            }
        }
        self.is_moved = true;
        self.keep_headers(&seen.message, &settings.headers);
        self.note_direction(lines);
        self.apply(&settings.keep_out, seen.at);
    }

    /// The same INVITE on another hop, a retransmission, a second dialog under the same Call-ID, or
    /// the next attempt with credentials (RFC 3261 §22.2).
    pub(in crate::call) fn invite_again(&mut self, seen: &Seen<'_>, settings: &Settings) {
        if seen.message.to().is_none_or(|to| to.tag.is_some()) {
            return;
        }
        self.note_caller(seen);
        self.keep_headers(&seen.message, &settings.headers);
        let is_first = self.is_first(&seen.call_id);
        let is_next = self.dialog_mut(&seen.call_id).is_some_and(|d| {
            let newest = d.cseq.max(seen.cseq.number);
            std::mem::replace(&mut d.cseq, newest) < newest
        });
        if !is_first {
            return;
        }
        if is_next && let Ok(life) = self.life.attempt_again() {
            self.life = life;
            self.facts.outcome = Outcome::Incomplete;
            self.facts.sip_status = None;
            self.facts.ended_at = None;
            self.facts.ended_by = None;
        } else if seen.src.ip() != self.originator
            && let Ok(life) = self.life.ring()
        {
            // Another fork.
            self.life = life;
        }
    }

    fn note_caller(&mut self, seen: &Seen<'_>) {
        let tags = &mut self.caller_tags;
        if let Some(tag) = &seen.from.tag
            && !tags.contains(tag)
            && tags.len() < MOST_DIALOGS
        {
            tags.push(tag.clone());
        }
        if !self.invited.contains(&seen.dst) && self.invited.len() < MOST_DIALOGS {
            self.invited.push(seen.dst);
            self.is_moved = true;
        }
    }

    /// Keeps the wanted headers; the first value of each counts.
    pub(super) fn keep_headers(&mut self, message: &Message<'_>, wanted: &[String]) {
        for name in wanted {
            if let Some(value) = message.header(name) {
                let headers = self.facts.headers.entry(name.clone());
                let short = || Pii::new(shortened(&value, LONGEST_HEADER).to_owned());
                headers.or_insert_with(short);
            }
        }
    }

    pub(super) fn note_direction(&mut self, lines: &Lines) {
        (self.facts.direction, self.facts.telemarketer) = direction(&self.facts, lines);
    }
}

/// Seen from the lines: which way a call goes, and whose side is the telemarketer's.
fn direction(facts: &CallFacts, lines: &Lines) -> (Option<Direction>, Option<Side>) {
    let known =
        [&facts.from, &facts.to].map(|p| p.number.as_ref().is_some_and(|n| lines.has(n.reveal())));
    match known {
        [true, true] => (Some(Direction::Internal), Some(Side::Caller)),
        [true, false] => (Some(Direction::Outbound), Some(Side::Caller)),
        [false, true] => (Some(Direction::Inbound), Some(Side::Callee)),
        [false, false] => (None, None),
    }
}
