//! INVITEs, and any other first message: which call is it of.

use super::{MOST_CALLS, MediaAddress, Tracker};
use crate::call::conversation::{Conversation, Origin};
use crate::call::facts::{Party, Side};
use crate::call::joining::{self, Invite};
use crate::call::seen::{Event, Seen};
use crate::call::{CallNo, Commands, Discard};
use std::net::IpAddr;

/// Attempts of one host that wait for an answer: a scanner has more, a dialler has not.
const MOST_ATTEMPTS: usize = 200;

impl Tracker {
    /// The conversation a message belongs to, if any. An INVITE opens one, or joins one as another
    /// leg of it; within a dialog that is already under way, any message finds the media it fits.
    ///
    /// # Errors
    /// When there is no room for another call.
    pub(super) fn find_or_open(
        &mut self,
        seen: &Seen<'_>,
        out: &mut impl Commands,
    ) -> Result<Option<CallNo>, Discard> {
        if let Some(call) = self.by_call_id.get(&seen.call_id).copied() {
            if seen.is_invite() {
                let settings = &self.settings;
                let c = self.calls.get_mut(&call);
                c.into_iter().for_each(|c| c.invite_again(seen, settings));
            }
            return Ok(Some(call));
        }
        if let Some(call) = self.copies.get(&seen.call_id).copied() {
            self.describe_copy(call, seen, out);
            return Ok(None);
        }
        if self.is_of_closed(seen) {
            return Ok(None);
        }
        if !seen.is_invite() {
            return self.adopt_or_open(seen, out);
        }
        if let Some(call) = self.copied(seen) {
            if self.copies.len() >= MOST_CALLS {
                return Err(Discard::Flood);
            }
            self.copies.insert(seen.call_id.clone(), call);
            self.describe_copy(call, seen, out);
            return Ok(None);
        }
        self.join_or_open(seen, out)
    }

    /// Whether a message is a late one of a call that is closed.
    fn is_of_closed(&self, seen: &Seen<'_>) -> bool {
        let closed = self.closed.get(&seen.call_id);
        closed.is_some_and(|c| seen.cseq.number <= c.last_cseq || !seen.is_invite())
    }

    /// Of a mirror of one direction the answer to an INVITE may be all that is seen.
    fn adopt_or_open(
        &mut self,
        seen: &Seen<'_>,
        out: &mut impl Commands,
    ) -> Result<Option<CallNo>, Discard> {
        if let Some(call) = self.adopt(seen) {
            self.begin(call, seen, out);
            return Ok(Some(call));
        }
        if !matches!(seen.event(), Event::Answer(101..300)) {
            return Ok(None);
        }
        if self.is_flooded(seen.dst.ip()) {
            return Err(Discard::Flood);
        }
        let call = self.open(seen.at, seen.dst.ip(), Origin::Signalling);
        self.begin(call, seen, out);
        if let Some(c) = self.calls.get(&call) {
            out.open(call, c.facts());
        }
        Ok(Some(call))
    }

    fn join_or_open(
        &mut self,
        seen: &Seen<'_>,
        out: &mut impl Commands,
    ) -> Result<Option<CallNo>, Discard> {
        let target = seen.target().and_then(crate::sip::address::user);
        let invite = Invite {
            at: seen.at,
            src: seen.src,
            dst: seen.dst.ip(),
            call_id: &seen.call_id,
            from: seen.from.user(),
            to: seen.to().user().or(target),
        };
        if !seen.is_within_dialog() {
            let calls = self.calls.iter().map(|(no, c)| (*no, &**c));
            let calls = calls.filter(|(_, c)| c.has_room_for_a_dialog());
            if let Some((call, joint)) = joining::join(&invite, calls) {
                self.by_call_id.insert(seen.call_id.clone(), call);
                if let Some(c) = self.calls.get_mut(&call) {
                    c.join(joint, seen, &self.settings, &self.lines);
                }
                return Ok(Some(call));
            }
        }
        if self.is_flooded(seen.src.ip()) {
            return Err(Discard::Flood);
        }
        let call = self.open(seen.at, seen.src.ip(), Origin::Signalling);
        self.begin(call, seen, out);
        self.link_to_cause(call, &invite);
        let replaces = seen.message.header("Replaces");
        if let Some(replaced) = replaces.and_then(|v| joining::replaced(&v)) {
            self.link_to(call, &replaced);
        }
        Ok(Some(call))
    }

    /// Links a new call with the one within which it was asked for.
    fn link_to_cause(&mut self, call: CallNo, invite: &Invite<'_>) {
        let asked_by = self.referrals.followed(invite);
        let calls = self.calls.values().map(|c| &**c);
        let Some(asked_by) = asked_by.or_else(|| joining::taken_over(invite, calls)) else {
            return;
        };
        let Some(own) = self.calls.get_mut(&call).map(|c| {
            c.link(asked_by);
            c.facts().id
        }) else {
            return;
        };
        if let Some(other) = self.calls.values_mut().find(|c| c.facts().id == asked_by) {
            other.link(own);
        }
    }

    /// The first message of a conversation.
    fn begin(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) {
        self.by_call_id.insert(seen.call_id.clone(), call);
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        c.begin(seen, &self.settings, &self.lines, out.crowded());
        if seen.is_invite() {
            out.open(call, c.facts());
        }
    }

    /// A recording session (RFC 7866 §6.1) of a call that is seen itself: its metadata names both
    /// parties.
    fn copied(&self, seen: &Seen<'_>) -> Option<CallNo> {
        let metadata = seen.message.siprec_metadata()?;
        let text = String::from_utf8_lossy(metadata).into_owned();
        let named = |p: &Party| {
            let number = p.number.as_ref();
            number.is_some_and(|n| text.contains(&format!(":{}@", n.reveal())))
        };
        let is_its =
            |c: &Conversation| !c.is_from_media() && named(&c.facts().from) && named(&c.facts().to);
        let mut calls = self.calls.iter();
        calls.find(|(_, c)| is_its(c)).map(|(no, _)| *no)
    }

    /// Where a recording session sends its copies.
    fn describe_copy(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) {
        let copy = MediaAddress {
            call,
            side: Side::Caller,
            leg: 0,
            copy: true,
        };
        let audio = seen.message.sdp().map(|sdp| sdp.audio).unwrap_or_default();
        for address in audio.iter().filter_map(|a| a.address) {
            self.note_address(address, copy, 0, out);
        }
    }

    /// Signalling of a call that was under way when the tap started: it belongs to the one call by
    /// media alone between these hosts.
    fn adopt(&self, seen: &Seen<'_>) -> Option<CallNo> {
        let hosts = |a: IpAddr, b: IpAddr| (a.min(b), a.max(b));
        let wanted = hosts(seen.src.ip(), seen.dst.ip());
        let is_between = |c: &Conversation| {
            let first = c.facts().streams.first();
            first.is_some_and(|s| hosts(s.src.ip(), s.dst.ip()) == wanted)
        };
        let mut fits = self
            .calls
            .iter()
            .filter(|(_, c)| c.is_from_media() && c.facts().call_ids.is_empty() && is_between(c));
        let (call, _) = fits.next()?;
        fits.next().is_none().then_some(*call)
    }

    /// Whether there is no room for another call of a host.
    fn is_flooded(&self, host: IpAddr) -> bool {
        let waiting = self.attempts.get(&host);
        self.calls.len() >= MOST_CALLS || waiting.is_some_and(|n| *n >= MOST_ATTEMPTS)
    }
}
