//! One call while it lasts: what its messages and packets have said so far, and when it is over.

use super::facts::{CallFacts, EndedBy, Outcome, Party, Side};
use super::tracker::Settings;
use crate::pii::Pii;
use crate::sip::{MediaDirection, Message, NameAddr, address};
use crate::units::{Micros, WallTime};
use std::net::{IpAddr, SocketAddr};

/// An unanswered call attempt is given up after this long without a message (RFC 3261 timer C is three minutes).
const ATTEMPT: Micros = Micros::from_secs(200);

/// What no honest call exceeds; a hostile one must not grow without end.
const MOST_HOPS: usize = 64;
const MOST_HOLDS: usize = 1000;
const MOST_LINKS: usize = 32;
pub(super) const MOST_DIALOGS: usize = 64;
pub(super) const MOST_FORMATS: usize = 512;

/// A call in progress.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) facts: CallFacts,
    /// From-tags of its INVITEs: who sends a request under one of them is the caller.
    pub(super) caller_tags: Vec<String>,
    /// Where the first INVITE came from; final answers to it outrank those between proxies.
    pub(super) originator: IpAddr,
    /// The host that made the attempt, and whether it has come to something.
    pub(super) attempted_by: IpAddr,
    pub(super) settled: bool,
    /// The highest CSeq of an INVITE in each dialog, in the order of `facts.call_ids`.
    pub(super) cseqs: Vec<u32>,
    /// Where its INVITEs were sent to.
    pub(super) invited: Vec<SocketAddr>,
    /// A leg behind a back-to-back user agent was answered.
    pub(super) leg_answered: bool,
    /// Who hung up first, on a leg behind a back-to-back user agent.
    pub(super) leg_ended: Option<(WallTime, Side)>,
    /// Where it listens.
    pub(super) ears: Vec<SocketAddr>,
    pub(super) hops: Vec<(SocketAddr, SocketAddr)>,
    pub(super) held: [bool; 2],
    pub(super) cancelled: bool,
    pub(super) last_media: Option<WallTime>,
    pub(super) last_signal: WallTime,
    /// When it is closed for good.
    pub(super) close_at: Option<WallTime>,
    /// Media without signalling.
    pub(super) orphan: bool,
}

impl Conversation {
    pub(super) fn requester(&self, from: &NameAddr) -> Side {
        match &from.tag {
            Some(tag) if self.caller_tags.contains(tag) => Side::Caller,
            _ => Side::Callee,
        }
    }

    /// Whether a Call-ID is that of the dialog in which the call began.
    pub(super) fn is_first(&self, call_id: &str) -> bool {
        self.facts.call_ids.first().is_some_and(|id| id == call_id)
    }

    pub(super) fn cseq(&mut self, call_id: &str) -> Option<&mut u32> {
        let at = self.facts.call_ids.iter().position(|id| id == call_id)?;
        self.cseqs.get_mut(at)
    }

    pub(super) fn link(&mut self, other: uuid::Uuid) {
        if other != self.facts.id && !self.facts.linked.contains(&other) && self.facts.linked.len() < MOST_LINKS {
            self.facts.linked.push(other);
        }
    }

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

    pub(super) fn last_activity(&self) -> WallTime {
        self.last_media.map_or(self.last_signal, |m| m.max(self.last_signal))
    }

    pub(super) fn answered(&self) -> bool {
        self.facts.outcome == Outcome::Answered
    }

    pub(super) fn end(&mut self, at: WallTime, by: EndedBy, linger: Micros) {
        self.facts.ended_at.get_or_insert(at);
        self.facts.ended_by.get_or_insert(by);
        self.close_at = Some(at + linger);
        if let Some((_, end @ None)) = self.facts.holds.last_mut() {
            *end = Some(at);
        }
    }

    /// Notes who holds whom (RFC 3264 §8.4): an offer with sendonly or inactive holds, one with sendrecv ends it.
    pub(super) fn hold(&mut self, side: Side, direction: MediaDirection, is_offer: bool, at: WallTime) {
        let slot = &mut self.held[side as usize];
        match direction {
            MediaDirection::SendOnly | MediaDirection::Inactive if is_offer => *slot = true,
            MediaDirection::SendRecv => *slot = false,
            _ => {}
        }
        let held = self.held.contains(&true) && self.answered();
        let room = self.facts.holds.len() < MOST_HOLDS;
        match (self.facts.holds.last_mut(), held) {
            (Some((_, None)), true) => {}
            (_, true) if room => self.facts.holds.push((at, None)),
            (Some((_, end @ None)), false) => *end = Some(at),
            _ => {}
        }
    }
}

/// Whether a call is over, by its own end or for want of anything new.
pub(super) fn is_due(c: &mut Conversation, now: WallTime, settings: &Settings) -> bool {
    if let Some(at) = c.close_at {
        return at <= now;
    }
    let quiet = match () {
        () if c.held.contains(&true) => settings.hold,
        () if c.answered() || c.orphan => settings.silence,
        () => ATTEMPT,
    };
    let last = c.last_activity();
    if now - last < quiet && now - c.facts.started_at < settings.longest {
        return false;
    }
    c.end(last, EndedBy::Timeout, Micros(0));
    true
}

pub(super) fn party(address: &NameAddr, target: Option<&str>) -> Party {
    let number = address.user().or_else(|| target.and_then(address::user));
    Party { uri: address.uri.clone().into(), number: number.map(Pii::new), name: address.display.clone().map(Pii::new) }
}

pub(super) fn keep_headers(facts: &mut CallFacts, m: &Message<'_>, wanted: &[String]) {
    for name in wanted {
        if let Some(value) = m.header(name) {
            facts.headers.entry(name.clone()).or_insert_with(|| Pii::new(value.into_owned()));
        }
    }
}
