//! One call while it lasts: what its messages and packets have said so far, and when it is over.

use super::Discard;
use super::facts::{CallFacts, EndedBy, Outcome, Party, Side, Stretch, Withheld};
use super::keep_out::KeepOut;
use super::settings::Settings;
use crate::pii::Pii;
use crate::sip::{MediaDirection, Message, NameAddr, address};
use crate::units::{Micros, WallTime};
use std::net::{IpAddr, SocketAddr};

/// An unanswered call attempt is given up after this long without a message (RFC 3261 timer C is
/// three minutes).
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
    pub(super) pulse: Pulse,
    pub(super) facts: CallFacts,
    /// From-tags of its INVITEs: who sends a request under one of them is the caller.
    pub(super) caller_tags: Vec<String>,
    /// Where the first INVITE came from; final answers to it outrank those between proxies.
    pub(super) originator: IpAddr,
    /// The host that made the attempt, and whether it has come to something.
    pub(super) attempted_by: IpAddr,
    pub(super) settled: bool,
    /// Its dialogs, in the order of `facts.call_ids`.
    pub(super) dialogs: Vec<Dialog>,
    /// Where its INVITEs were sent to.
    pub(super) invited: Vec<SocketAddr>,
    /// A leg behind a back-to-back user agent was answered.
    pub(super) leg_answered: bool,
    /// Who hung up first, on a leg behind a back-to-back user agent.
    pub(super) leg_ended: Option<(WallTime, Side)>,
    /// When its first ACK was seen, which follows every final answer.
    pub(super) acked_at: Option<WallTime>,
    /// Where it listens, with the dialog that said so.
    pub(super) ears: Vec<(SocketAddr, usize)>,
    /// A transfer that was asked for and is not over yet.
    pub(super) transfer: Option<Transfer>,
    pub(super) hops: Vec<(SocketAddr, SocketAddr)>,
    pub(super) held: [bool; 2],
    pub(super) cancelled: bool,
    pub(super) last_signal: WallTime,
    /// When it is closed for good.
    pub(super) close_at: Option<WallTime>,
    /// Media without signalling.
    pub(super) orphan: bool,
    pub(super) keys: [Keys; 2],
    /// A destination's rule asks for a yes that has not come.
    pub(super) asks_consent: bool,
}

/// What every packet of a call touches, together in two lines of the processor's cache: with many
/// calls at once each packet finds its call far away.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Pulse {
    pub(super) last_media: Option<WallTime>,
    /// Payload types that are telephone events in some description of the call, a bit each.
    pub(super) event_types: u128,
    /// What each side has sent: packets, those missing between them, when the last came.
    pub(super) media: [MediaSoFar; 2],
    /// Not recorded now; the stretch is the last of `facts.withheld`.
    pub(super) shut: Option<Withheld>,
}

/// One dialog of a call: a leg between a phone system and a phone, another system, or a trunk.
#[derive(Debug, Clone, Default)]
pub(super) struct Dialog {
    /// The highest CSeq of an INVITE in it.
    pub(super) cseq: u32,
    /// Who invited whom, on the hop on which that was first seen.
    pub(super) hop: Option<(SocketAddr, SocketAddr)>,
    pub(super) from: NameAddr,
    pub(super) to: NameAddr,
    /// The hops of the call on which its session descriptions were seen.
    pub(super) legs: Vec<u16>,
    pub(super) answered: bool,
    pub(super) ended: bool,
}

impl Dialog {
    pub(super) fn is_up(&self) -> bool {
        self.answered && !self.ended
    }
}

/// Somebody asked that the far ends of two of their calls be put through to each other (RFC 3891).
#[derive(Debug, Clone)]
pub(super) struct Transfer {
    /// The dialog of this call that ends with it.
    pub(super) leaves: usize,
    /// The other call, and the dialog that ends there.
    pub(super) other: super::CallNo,
    pub(super) other_leaves: usize,
}

/// One side's media so far: packets, those missing between them, and when the last came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MediaSoFar {
    pub packets: u64,
    pub lost: u64,
    pub last: Option<WallTime>,
}

/// What one side has pressed lately.
#[derive(Debug, Default)]
pub(super) struct Keys {
    last_timestamp: Option<u32>,
    pressed: String,
}

/// No code is longer.
const MOST_KEYS: usize = 16;

impl Keys {
    /// Takes in a telephone event (RFC 4733 §2.3); whether it is a new key. Packets of one press
    /// share a timestamp.
    pub(super) fn event(&mut self, timestamp: u32, event: u8) -> bool {
        let key = "0123456789*#ABCD".as_bytes().get(usize::from(event));
        if self.last_timestamp.replace(timestamp) == Some(timestamp) {
            return false;
        }
        key.is_some_and(|key| self.press(char::from(*key)))
    }

    pub(super) fn press(&mut self, key: char) -> bool {
        if self.pressed.len() >= MOST_KEYS {
            self.pressed.remove(0);
        }
        self.pressed.push(key);
        true
    }

    /// Whether a code was the last that was pressed; it counts once.
    fn code(&mut self, code: &str) -> bool {
        let pressed = !code.is_empty() && self.pressed.ends_with(code);
        if pressed {
            self.pressed.clear();
        }
        pressed
    }
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

    pub(super) fn dialog_number(&self, call_id: &str) -> Option<usize> {
        self.facts.call_ids.iter().position(|id| id == call_id)
    }

    pub(super) fn dialog(&mut self, call_id: &str) -> Option<&mut Dialog> {
        let number = self.dialog_number(call_id)?;
        self.dialogs.get_mut(number)
    }

    pub(super) fn link(&mut self, other: uuid::Uuid) {
        if other != self.facts.id
            && !self.facts.linked.contains(&other)
            && self.facts.linked.len() < MOST_LINKS
        {
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

    /// Counts a packet of one side, and those that are missing before it, for those who watch the
    /// call; sealing counts for the record.
    #[inline]
    pub(super) fn count(&mut self, speaker: Side, at: WallTime, missing: u64) {
        let media = &mut self.pulse.media[speaker as usize];
        media.lost += missing;
        media.packets += 1;
        media.last = Some(at);
    }

    /// Stops recording, or goes on with it.
    pub(super) fn set_shut(&mut self, why: Option<Withheld>, at: WallTime) {
        if self.pulse.shut == why {
            return;
        }
        if self.pulse.shut.is_some()
            && let Some(last) = self.facts.withheld.last_mut()
        {
            last.to = Some(at);
        }
        self.pulse.shut = why;
        if let Some(why) = why.filter(|_| self.facts.withheld.len() < MOST_HOLDS) {
            self.facts.withheld.push(Stretch {
                from: at,
                to: None,
                why,
                packets: 0,
            });
        }
    }

    /// Counts packets that come while the call is not recorded; why they are not.
    pub(super) fn withhold(&mut self, packets: u64) -> Discard {
        if let Some(stretch) = self.facts.withheld.last_mut() {
            stretch.packets += packets;
        }
        if self.pulse.shut == Some(Withheld::Overload) {
            Discard::Shed
        } else {
            Discard::Withheld
        }
    }

    /// The house's rules, as far as the call's parties are known.
    pub(super) fn apply(&mut self, rules: &KeepOut, at: WallTime) {
        let numbers: Vec<String> = [&self.facts.from, &self.facts.to]
            .iter()
            .filter_map(|p| p.number.as_ref().map(|n| n.reveal().clone()))
            .collect();
        if numbers.iter().any(|n| rules.is_never(n)) {
            self.asks_consent = false;
            return self.set_shut(Some(Withheld::Policy), at);
        }
        let rule = numbers
            .last()
            .and_then(|callee| rules.destination(callee))
            .filter(|_| self.facts.consent_at.is_none());
        self.asks_consent = rule.is_some();
        if rule.is_some_and(|r| !r.keep_without_consent) && self.pulse.shut.is_none() {
            self.set_shut(Some(Withheld::Policy), at);
        }
    }

    /// Somebody pressed a key.
    pub(super) fn pressed(&mut self, side: Side, rules: &KeepOut, at: WallTime) {
        let callee = self.facts.to.number.as_ref().map(|n| n.reveal().clone());
        let consent = callee
            .as_deref()
            .and_then(|n| rules.destination(n))
            .map(|d| d.keys.clone())
            .filter(|_| self.asks_consent);
        let keys = &mut self.keys[side as usize];
        if side == Side::Callee && consent.is_some_and(|code| keys.code(&code)) {
            return self.consent(at);
        }
        if keys.code(&rules.pause) && self.pulse.shut.is_none() {
            self.set_shut(Some(Withheld::Paused), at);
        } else if keys.code(&rules.resume) && self.pulse.shut == Some(Withheld::Paused) {
            self.set_shut(None, at);
        }
    }

    pub(super) fn consent(&mut self, at: WallTime) {
        if self.asks_consent {
            self.asks_consent = false;
            self.facts.consent_at = Some(at);
            if self.pulse.shut == Some(Withheld::Policy) {
                self.set_shut(None, at);
            }
        }
    }

    pub(super) fn last_activity(&self) -> WallTime {
        self.pulse
            .last_media
            .map_or(self.last_signal, |m| m.max(self.last_signal))
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
        if let Some(stretch) = self.facts.withheld.last_mut().filter(|s| s.to.is_none()) {
            stretch.to = Some(at);
        }
    }

    /// Notes who holds whom (RFC 3264 §8.4): an offer with sendonly or inactive holds, one with
    /// sendrecv ends it.
    pub(super) fn hold(
        &mut self,
        side: Side,
        direction: MediaDirection,
        is_offer: bool,
        at: WallTime,
    ) {
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
    Party {
        uri: address.uri.clone().into(),
        number: number.map(Pii::new),
        name: address.display.clone().map(Pii::new),
    }
}

pub(super) fn keep_headers(facts: &mut CallFacts, m: &Message<'_>, wanted: &[String]) {
    for name in wanted {
        if let Some(value) = m.header(name) {
            facts
                .headers
                .entry(name.clone())
                .or_insert_with(|| Pii::new(value.into_owned()));
        }
    }
}
