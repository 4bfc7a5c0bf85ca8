//! INVITEs, and any other first message: which call is it of.

use super::{MediaAddress, Tracker};
use crate::call::conversation::{Conversation, Origin};
use crate::call::facts::Side;
use crate::call::index::Trait;
use crate::call::joining::{self, Invite};
use crate::call::seen::{Event, Seen};
use crate::call::{CallNo, Commands, Discard};
use crate::sip::address::LONGEST_URI;
use std::collections::BTreeSet;

/// Recording sessions of calls that are seen themselves.
pub(in crate::call) const MOST_COPIES: usize = 20_000;
pub(in crate::call) const MOST_COPIES_OF_CALL: usize = 16;
/// Numbers in a session's metadata that are looked up.
const MOST_NAMED: usize = 64;
/// A Call-ID that is built from another begins or ends with it; it is no shorter than this.
const SHORTEST_ID: usize = 8;
/// Of a Call-ID that is looked through for another.
const LONGEST_DERIVED: usize = 128;

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
            let c = self.calls.get_mut(&call);
            let copies = c.map(|c| &mut c.copies);
            let Some(copies) = copies.filter(|copies| {
                copies.len() < MOST_COPIES_OF_CALL && self.copies.len() < MOST_COPIES
            }) else {
                return Err(Discard::Flood);
            };
            copies.push(seen.call_id.clone());
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
        self.admit_attempt(seen.dst.ip(), seen.at, out)?;
        let call = self.open(seen.at, seen.dst.ip(), Origin::Signalling);
        self.begin(call, seen, out);
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
            let found = self.alike(&invite).into_iter();
            let calls = found.filter_map(|no| Some((no, &**self.calls.get(&no)?)));
            let calls = calls.filter(|(_, c)| c.has_room_for_a_dialog());
            if let Some((call, joint)) = joining::join(&invite, calls) {
                self.by_call_id.insert(seen.call_id.clone(), call);
                if let Some(c) = self.calls.get_mut(&call) {
                    c.join(joint, seen, &self.settings, &self.lines);
                }
                return Ok(Some(call));
            }
        }
        self.admit_attempt(seen.src.ip(), seen.at, out)?;
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
        let of_caller = Trait::of(Trait::InvitedFrom, invite.src.ip(), invite.from.as_deref());
        let found = self.index.any([of_caller]).into_iter();
        let calls = found.filter(|no| *no != call);
        let calls = calls.filter_map(|no| Some(&**self.calls.get(&no)?));
        let Some(asked_by) = asked_by.or_else(|| joining::taken_over(invite, calls)) else {
            return;
        };
        let Some(own) = self.calls.get_mut(&call).map(|c| {
            c.link(asked_by);
            c.facts().id
        }) else {
            return;
        };
        let other = self.by_id.get(&asked_by);
        if let Some(other) = other.and_then(|other| self.calls.get_mut(other)) {
            other.link(own);
        }
    }

    /// Calls that an INVITE may be another leg of.
    fn alike(&self, invite: &Invite<'_>) -> Vec<CallNo> {
        let (from, to) = (invite.from.as_deref(), invite.to.as_deref());
        let mut found = self.index.any([
            Trait::of(Trait::InvitedFrom, invite.src.ip(), from),
            Trait::of(Trait::InvitedTo, invite.src.ip(), to),
            Trait::of(Trait::Inviting, invite.dst, from),
        ]);
        let derived = self.derived_from(invite.call_id);
        found.extend(
            derived
                .filter(|call| !found.contains(call))
                .collect::<Vec<_>>(),
        );
        found
    }

    /// Calls under a Call-ID from which this one was built: it begins or ends with it.
    fn derived_from<'a>(&'a self, id: &'a str) -> impl Iterator<Item = CallNo> + 'a {
        let id = crate::sip::shortened(id, LONGEST_DERIVED);
        let lengths = SHORTEST_ID..id.len();
        let parts = lengths.flat_map(|n| [id.get(..n), id.get(id.len() - n..)]);
        parts
            .flatten()
            .filter_map(|part| self.by_call_id.get(part).copied())
    }

    /// The first message of a conversation.
    fn begin(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) {
        self.by_call_id.insert(seen.call_id.clone(), call);
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        c.begin(seen, &self.settings, &self.lines, out.crowded());
        self.look_for(call);
    }

    /// A recording session (RFC 7866 §6.1) of a call that is seen itself: its metadata names both
    /// parties.
    fn copied(&self, seen: &Seen<'_>) -> Option<CallNo> {
        let metadata = seen.message.siprec_metadata()?;
        let text = String::from_utf8_lossy(metadata);
        let users = text
            .split('@')
            .filter_map(|before| Some(before.rsplit_once(':')?.1));
        let users: BTreeSet<&str> = users
            .filter(|u| u.len() <= LONGEST_URI)
            .take(MOST_NAMED)
            .collect();
        let calls = users.iter().flat_map(|user| {
            let caller = Trait::Caller((*user).to_owned());
            self.index.find(&caller).collect::<Vec<_>>()
        });
        let mut calls = calls.filter_map(|no| Some((no, self.calls.get(&no)?)));
        let is_called = |c: &Conversation| {
            let number = c.facts().to.number.as_ref();
            !c.is_from_media() && number.is_some_and(|n| users.contains(n.reveal().as_str()))
        };
        calls.find(|(_, c)| is_called(c)).map(|(no, _)| no)
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
            self.note_address(address, copy, 0, seen.at, out);
        }
    }

    /// Signalling of a call that was under way when the tap started: it belongs to the one call by
    /// media alone between these hosts.
    fn adopt(&self, seen: &Seen<'_>) -> Option<CallNo> {
        let hosts = Trait::between(seen.src.ip(), seen.dst.ip());
        let mut fits = self.index.find(&hosts);
        let call = fits.next()?;
        fits.next().is_none().then_some(call)
    }
}
