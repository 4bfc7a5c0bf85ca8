//! Answers to an INVITE.

use super::{Conversation, party};
use crate::call::Lines;
use crate::call::facts::{EndedBy, Outcome, Withheld};
use crate::call::seen::Seen;
use crate::call::settings::Settings;
use crate::sip::NameAddr;
use crate::units::{Micros, WallTime};

/// Forks of a call may fail one after the other before the next is tried; it is over when nothing
/// comes for this long.
const FORK: Micros = Micros::from_secs(40);

impl Conversation {
    /// A response to an INVITE.
    pub(in crate::call) fn answer(
        &mut self,
        seen: &Seen<'_>,
        status: u16,
        settings: &Settings,
        lines: &Lines,
    ) {
        let is_first = self.is_first(&seen.call_id);
        let is_success = (200..300).contains(&status);
        let of_invite =
            self.dialogs.iter().any(|d| d.cseq == seen.cseq.number) || self.caller_tags.len() > 1;
        if is_success && let Some(dialog) = self.dialog_mut(&seen.call_id) {
            dialog.confirm(seen.to());
        }
        match status {
            101..200 => self.rings(status, seen.at),
            200..300 if of_invite && is_first => self.is_picked_up(status, seen.at),
            200..300 if of_invite => self.leg_is_picked_up(seen, settings, lines),
            300.. if is_first => self.is_refused(seen, status, settings.linger),
            _ => {}
        }
    }

    fn rings(&mut self, status: u16, at: WallTime) {
        let Ok(life) = self.life.ring() else { return };
        self.life = life;
        if status == 180 || status == 183 {
            self.facts.ringing_at.get_or_insert(at);
        }
    }

    fn is_picked_up(&mut self, status: u16, at: WallTime) {
        let Ok(life) = self.life.answer() else { return };
        self.life = life;
        self.facts.outcome = Outcome::Answered;
        self.facts.sip_status = Some(status);
        self.facts.answered_at.get_or_insert(at);
        self.facts.ended_at = None;
        self.facts.ended_by = None;
    }

    /// A leg behind a back-to-back user agent.
    fn leg_is_picked_up(&mut self, seen: &Seen<'_>, settings: &Settings, lines: &Lines) {
        self.leg_answered = true;
        let to = seen.to();
        // A line that is never recorded may stand behind a queue's number.
        let mut numbers = [&seen.from, &to].into_iter().filter_map(NameAddr::user);
        if numbers.any(|n| settings.keep_out.is_never(&n)) {
            self.asks_consent = false;
            self.withhold(Some(Withheld::Policy), seen.at);
        }
        // Behind a queue the extension that answers is the one that was called.
        if self.facts.direction.is_none() && to.user().is_some_and(|user| lines.has(&user)) {
            self.facts.to = party(&to, None);
            self.is_moved = true;
            self.note_direction(lines);
        }
    }

    fn is_refused(&mut self, seen: &Seen<'_>, status: u16, linger: Micros) {
        let to_originator = seen.dst.ip() == self.originator;
        // One fork's answer is not yet the caller's.
        let until = seen.at + if to_originator { linger } else { FORK };
        let Ok(life) = self.life.refuse(until) else {
            return;
        };
        if !to_originator && self.facts.sip_status.is_some() {
            return;
        }
        self.life = life;
        self.facts.outcome = Outcome::of_status(status);
        self.facts.sip_status = Some(status);
        let by = match self.facts.outcome {
            Outcome::Cancelled => EndedBy::Caller,
            Outcome::Busy | Outcome::Rejected => EndedBy::Callee,
            _ => EndedBy::Network,
        };
        self.facts.ended_by = Some(by);
        self.end_facts(seen.at, by);
    }
}
