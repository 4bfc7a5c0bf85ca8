//! One call while it lasts: what its messages and packets have said so far, and when it is over.
//!
//! One file per kind of event: [`invite`], [`answer`], [`describe`], [`media`], [`recording`] (what
//! is kept out), [`leg`] (what goes on elsewhere).

mod answer;
pub(super) mod bounds;
mod describe;
mod invite;
pub(super) mod leg;
mod media;
pub(super) mod recording;

use self::bounds::{MOST_DIALOGS, MOST_LINKS};
use super::dialog::Dialog;
use super::facts::{CallFacts, EndedBy, Outcome, Party, Side, Withheld};
use super::index::Trait;
use super::keys::Keys;
use super::life::Life;
use super::seen::Seen;
use super::settings::Settings;
use crate::pii::Pii;
use crate::sip::{NameAddr, address};
use crate::units::{Micros, WallTime};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// An unanswered call attempt is given up after this long without a message (RFC 3261 timer C is
/// three minutes).
const ATTEMPT: Micros = Micros::from_secs(200);
/// A phone system takes this long to pass a hang-up on.
const PASSED_ON: Micros = Micros::from_secs(3);

/// A call in progress.
#[derive(Debug)]
pub(super) struct Conversation {
    pulse: Pulse,
    facts: CallFacts,
    life: Life,
    origin: Origin,
    /// The host whose attempt this is, while it waits for an answer.
    attempt: Option<IpAddr>,
    /// From-tags of its INVITEs: who sends a request under one of them is the caller.
    caller_tags: Vec<String>,
    /// Where the first INVITE came from; final answers to it outrank those between proxies.
    originator: IpAddr,
    /// In the order of `facts.call_ids`.
    dialogs: Vec<Dialog>,
    /// Where its INVITEs were sent to.
    invited: Vec<SocketAddr>,
    /// A leg behind a back-to-back user agent was answered.
    leg_answered: bool,
    /// Who hung up first, on a leg behind a back-to-back user agent.
    leg_ended: Option<(WallTime, Side)>,
    /// When its first ACK was seen, which follows every final answer.
    acked_at: Option<WallTime>,
    /// Its media addresses, with the dialog that named each.
    addresses: Vec<(SocketAddr, usize)>,
    /// A transfer that was asked for and is not over yet.
    transfer: Option<Transfer>,
    /// Pairs of addresses between which its messages were seen; a leg is an index.
    hops: Vec<(SocketAddr, SocketAddr)>,
    /// Which side has put the other on hold. An INVITE may offer that before anybody answers.
    held: [bool; 2],
    last_signal: WallTime,
    keys: [Keys; 2],
    /// A destination's rule asks for consent that has not been given.
    asks_consent: bool,
    /// When its facts were written last.
    pub(super) noted: Noted,
    /// What it is looked for by has changed.
    is_moved: bool,
    /// Call-IDs of recording sessions that copy it.
    pub(super) copies: Vec<String>,
    /// Bytes of its descriptions.
    described: usize,
}

/// When the facts of a call were written, and whether they have changed since.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Noted {
    /// `None` while nothing of the call is written.
    pub(super) at: Option<WallTime>,
    pub(super) has_changed: bool,
    /// How often they were written at once.
    pub(super) at_once: u32,
    pub(super) state: State,
}

/// What of the facts must not wait: without it packets in the spool cannot be read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    streams: usize,
    descriptions: usize,
    withheld: Option<Withheld>,
    is_answered: bool,
    is_open: bool,
}

/// What every packet of a call touches, together in two lines of the processor's cache: with many
/// calls at once each packet finds its call far away.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Pulse {
    last_media: Option<WallTime>,
    /// Payload types that are telephone events in some description of the call, a bit each.
    event_types: u128,
    /// By side.
    media: [MediaSoFar; 2],
    /// Why the call is not recorded now; since when is the last of `facts.withheld`.
    withheld: Option<Withheld>,
}

/// How a call came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// By its own signalling.
    Signalling,
    /// By media that no signalling explained.
    Media,
    /// From legs of other calls that outlived them.
    Legs,
}

/// Somebody asked that the far ends of two of their calls be put through to each other (RFC 3891).
#[derive(Debug, Clone, Copy)]
pub(super) struct Transfer {
    /// The dialog of this call that ends with it.
    pub(super) leaves: usize,
    /// The other call, and the dialog that ends there.
    pub(super) other: super::CallNo,
    pub(super) other_leaves: usize,
}

/// One side's media so far, for those who watch the call; sealing counts for the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MediaSoFar {
    pub packets: u64,
    /// Missing between those.
    pub lost: u64,
    /// When the last came.
    pub last: Option<WallTime>,
}

impl Conversation {
    /// `attempt` is the host whose attempt it is, where one is counted.
    pub(super) fn new(
        facts: CallFacts,
        originator: IpAddr,
        origin: Origin,
        attempt: Option<IpAddr>,
    ) -> Conversation {
        Conversation {
            pulse: Pulse::default(),
            last_signal: facts.started_at,
            facts,
            life: Life::Ringing { cancelled: false },
            origin,
            attempt,
            caller_tags: Vec::new(),
            originator,
            dialogs: Vec::new(),
            invited: Vec::new(),
            leg_answered: false,
            leg_ended: None,
            acked_at: None,
            addresses: Vec::new(),
            transfer: None,
            hops: Vec::new(),
            held: [false; 2],
            keys: Default::default(),
            asks_consent: false,
            noted: Noted::default(),
            is_moved: false,
            copies: Vec::new(),
            described: 0,
        }
    }

    /// See [`State`].
    pub(super) fn state(&self) -> State {
        State {
            streams: self.facts.streams.len(),
            descriptions: self.facts.formats.len(),
            withheld: self.withheld(),
            is_answered: self.is_answered(),
            is_open: self.is_open(),
        }
    }

    /// Whether what it is looked for by has changed since this was asked last.
    pub(super) fn take_moved(&mut self) -> bool {
        std::mem::take(&mut self.is_moved)
    }

    /// By what joining and recording sessions find it.
    pub(super) fn traits(&self) -> Vec<Trait> {
        let number = |p: &Party| p.number.as_ref().map(|n| n.reveal().clone());
        let (from, to) = (number(&self.facts.from), number(&self.facts.to));
        if self.is_from_media() {
            let first = self.facts.streams.first();
            let alone = first.filter(|_| self.facts.call_ids.is_empty());
            let hosts = alone.map(|s| Trait::between(s.src.ip(), s.dst.ip()));
            return hosts.into_iter().collect();
        }
        let mut hosts: Vec<IpAddr> = self.invited.iter().map(SocketAddr::ip).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let invited = hosts.into_iter().flat_map(|host| {
            let from = Trait::of(Trait::InvitedFrom, host, from.as_deref());
            [from, Trait::of(Trait::InvitedTo, host, to.as_deref())]
        });
        let inviting = Trait::of(Trait::Inviting, self.originator, from.as_deref());
        let caller = from.clone().map(Trait::Caller);
        invited.chain([inviting, caller]).flatten().collect()
    }

    pub(super) fn facts(&self) -> &CallFacts {
        &self.facts
    }

    /// Where the first INVITE came from.
    pub(super) fn originator(&self) -> IpAddr {
        self.originator
    }

    /// Where its INVITEs were sent to.
    pub(super) fn invited(&self) -> &[SocketAddr] {
        &self.invited
    }

    pub(super) fn is_from_media(&self) -> bool {
        self.origin == Origin::Media
    }

    /// Whether a leg behind a back-to-back user agent was answered and goes on.
    pub(super) fn is_leg_answered(&self) -> bool {
        self.leg_answered
    }

    pub(super) fn is_answered(&self) -> bool {
        self.life.is_answered()
    }

    /// Whether it goes on.
    pub(super) fn is_open(&self) -> bool {
        self.life.is_open()
    }

    pub(super) fn has_room_for_a_dialog(&self) -> bool {
        self.dialogs.len() < MOST_DIALOGS
    }

    /// The host whose attempt it was, once, when it has come to something.
    pub(super) fn settle_attempt(&mut self) -> Option<IpAddr> {
        self.attempt.take()
    }

    /// Whether a final answer or an end was seen.
    pub(super) fn has_outcome(&self) -> bool {
        self.is_answered() || self.facts.ended_at.is_some()
    }

    /// The side that sent a request.
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

    fn dialog_mut(&mut self, call_id: &str) -> Option<&mut Dialog> {
        let number = self.dialog_number(call_id)?;
        self.dialogs.get_mut(number)
    }

    /// Its dialogs by Call-ID, with the highest CSeq of each.
    pub(super) fn call_ids(&self) -> impl Iterator<Item = (&String, u32)> {
        let dialogs = self.dialogs.iter().map(|d| d.cseq);
        self.facts.call_ids.iter().zip(dialogs)
    }

    /// Whether one of its dialogs was hung up.
    pub(super) fn is_dialog_ended(&self, number: usize) -> bool {
        self.dialogs.get(number).is_some_and(Dialog::is_ended)
    }

    /// The first dialog that was hung up.
    pub(super) fn ended_dialog(&self) -> Option<usize> {
        self.dialogs.iter().position(Dialog::is_ended)
    }

    pub(super) fn transfer(&self) -> Option<Transfer> {
        self.transfer
    }

    pub(super) fn set_transfer(&mut self, transfer: Option<Transfer>) {
        self.transfer = transfer;
    }

    /// Notes another call that this one comes from or leads to.
    pub(super) fn link(&mut self, other: uuid::Uuid) {
        let links = &mut self.facts.linked;
        if other != self.facts.id && !links.contains(&other) && links.len() < MOST_LINKS {
            links.push(other);
        }
    }

    /// Any message of it was seen.
    pub(super) fn note_signal(&mut self, at: WallTime) {
        self.last_signal = self.last_signal.max(at);
    }

    pub(super) fn note_ack(&mut self, at: WallTime) {
        self.acked_at.get_or_insert(at);
    }

    /// A CANCEL. A proxy and a PBX cancel the other forks of a call that goes on: only the
    /// caller's own counts.
    pub(super) fn cancel(&mut self, seen: &Seen<'_>) {
        if self.is_first(&seen.call_id)
            && seen.src.ip() == self.originator
            && let Ok(life) = self.life.cancel()
        {
            self.life = life;
        }
    }

    fn last_activity(&self) -> WallTime {
        self.pulse
            .last_media
            .map_or(self.last_signal, |m| m.max(self.last_signal))
    }

    /// A BYE; gives who sent it. [`Conversation::hang_up`] says what becomes of the call.
    pub(super) fn bye(&mut self, seen: &Seen<'_>, settings: &Settings) -> Side {
        // A PBX may say how it came out as it hangs up.
        self.keep_headers(&seen.message, &settings.headers);
        if self.facts.outcome == Outcome::Incomplete
            && let Ok(life) = self.life.answer()
        {
            // Its answers went another way: who hangs up was connected.
            self.life = life;
            self.facts.outcome = Outcome::Answered;
            self.facts.answered_at = self.facts.answered_at.or(self.acked_at);
        }
        if let Some(dialog) = self.dialog_mut(&seen.call_id) {
            dialog.end();
        }
        self.requester(&seen.from)
    }

    /// The caller's own dialog was hung up.
    pub(super) fn hang_up_first(&mut self, at: WallTime, by: Side, linger: Micros) {
        let passed_on = self.leg_ended.filter(|(ended, _)| at - *ended <= PASSED_ON);
        self.hang_up(at, passed_on.map_or(by, |(_, side)| side), linger);
    }

    /// A leg behind the PBX was hung up: the caller's own goes on until it ends too, with a menu, a
    /// survey or somebody else.
    pub(super) fn hang_up_leg(&mut self, at: WallTime, by: Side) {
        self.leg_ended = Some((at, by));
        self.leg_answered = false;
    }

    /// The call is over, but for late packets.
    pub(super) fn hang_up(&mut self, at: WallTime, by: Side, linger: Micros) {
        self.end_facts(at, by.into());
        if let Ok(life) = self.life.hang_up(at + linger) {
            self.life = life;
        }
    }

    /// Ends it with its last sign of life, unless its end is known.
    pub(super) fn give_up(&mut self, by: EndedBy) {
        if self.facts.ended_at.is_none() {
            let last = self.last_activity();
            self.expire(last, by);
        }
    }

    fn expire(&mut self, last: WallTime, by: EndedBy) {
        self.end_facts(last, by);
        if let Ok(life) = self.life.expire(last) {
            self.life = life;
        }
    }

    fn end_facts(&mut self, at: WallTime, by: EndedBy) {
        self.facts.ended_at.get_or_insert(at);
        self.facts.ended_by.get_or_insert(by);
        if let Some((_, end @ None)) = self.facts.holds.last_mut() {
            *end = Some(at);
        }
        if let Some(last) = self.facts.withheld.last_mut().filter(|w| w.to.is_none()) {
            last.to = Some(at);
        }
    }

    /// Whether the call is over, by its own end or for want of anything new.
    pub(super) fn is_due(&mut self, now: WallTime, settings: &Settings) -> bool {
        if let Some(at) = self.life.closes_at() {
            return at <= now;
        }
        let quiet = match () {
            () if self.held.contains(&true) => settings.hold,
            () if self.is_answered() || self.is_from_media() => settings.silence,
            () => ATTEMPT,
        };
        let last = self.last_activity();
        if now - last < quiet && now - self.facts.started_at < settings.longest {
            return false;
        }
        self.expire(last, EndedBy::Timeout);
        true
    }

    /// The facts as they are when it is closed.
    pub(super) fn close(&mut self) -> &CallFacts {
        if self.facts.outcome == Outcome::Incomplete
            && self.life == (Life::GivenUp { cancelled: true })
        {
            self.facts.outcome = Outcome::Cancelled;
            self.facts.ended_by = Some(EndedBy::Caller);
        }
        &self.facts
    }

    /// The media addresses that its descriptions named.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().map(|(address, _)| *address)
    }
}

fn party(address: &NameAddr, target: Option<&str>) -> Party {
    let number = address.user().or_else(|| target.and_then(address::user));
    Party {
        uri: address.uri.clone().into(),
        number: number.map(Pii::new),
        name: address.display.clone().map(Pii::new),
    }
}
