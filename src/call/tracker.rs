//! The tracker: SIP and media in, commands out.
//!
//! A conversation is found by its Call-ID; each hop on which its messages were seen is a leg. A
//! session description names its sender's media address: a packet *to* it carries the other side's
//! voice, and a packet *from* it, where phones listen where they speak from (RFC 4961), its own.
//! Legs of one conversation under different Call-IDs are joined by `joining`; which legs carry the
//! same voice twice is left to sealing, where the whole call is at hand. Nothing grows without
//! bound, even under hostile traffic: each table has a cap and a counter.
//!
//! This file holds the tables and lets time pass; what a message or packet changes is in one file
//! per kind of event: `invite`, `answer`, `describe`, `media`, `transfer`; `attempts` says who may
//! call, `notes` when what is known of a call is written down.

mod answer;
mod attempts;
pub(super) mod describe;
pub(super) mod invite;
pub(super) mod media;
pub(super) mod notes;
mod transfer;

use super::attempts::Attempts;

use super::commands::{Commands, Instruction};
use super::conversation::recording::Instructed;
use super::conversation::{Conversation, MediaSoFar, Origin};
use super::facts::{CallFacts, EndedBy, Side, Withheld};
use super::flows::{FlowKey, Flows, Table};
use super::index::Index;
use super::joining::Referrals;
use super::seen::{Event, Seen};
use super::settings::Settings;
use super::tally::Tally;
use super::waiting::{Waiting, WaitingFlow};
use super::{CallNo, Discard, Limit, Lines};
use crate::units::{Micros, WallTime};
use crate::wire::{Datagram, Kind, Sample, Samples, kind};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use uuid::Uuid;

/// Fewer packets than this at the end of a capture are no call.
const FEWEST_PACKETS: usize = 10;
/// Unmatched media is dropped after this long without a packet.
const WAIT: Micros = Micros::from_secs(10);
/// A closed Call-ID is remembered this long, so that a late retransmission opens no second call
/// (64*T1).
const REMEMBER: Micros = Micros::from_secs(64);
/// Closed Call-IDs that are remembered; the oldest is forgotten for another.
pub(super) const MOST_CLOSED: usize = 65_536;
/// How often time is let pass.
const TICK: Micros = Micros::from_secs(1);
/// The clock of a capture can step back; beyond this it is a new time, not disorder.
const FAR_BACK: Micros = Micros::from_secs(60);

/// Where a side listens, by what its session description says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MediaAddress {
    call: CallNo,
    side: Side,
    leg: u16,
    /// What comes here is a copy for a recording server.
    copy: bool,
}

/// Whose an address is.
#[derive(Debug, Clone, Copy)]
struct Listener {
    now: MediaAddress,
    /// A call that named it while another was heard there: it follows, and has from the start what
    /// its own descriptions name the sender of.
    next: Option<MediaAddress>,
}

/// A Call-ID whose call is over.
#[derive(Debug, Clone, Copy)]
struct Closed {
    at: WallTime,
    last_cseq: u32,
    id: Uuid,
}

/// See the module's doc.
pub struct Tracker {
    settings: Settings,
    lines: Lines,
    ids: Box<dyn FnMut(WallTime) -> Uuid + Send>,
    calls: Table<CallNo, Box<Conversation>>,
    by_call_id: Table<String, CallNo>,
    by_id: Table<Uuid, CallNo>,
    index: Index,
    closed: Table<String, Closed>,
    /// Those, in their order.
    closed_order: VecDeque<(WallTime, String)>,
    /// Call-IDs of recording sessions (RFC 7866) that copy a call which is seen itself.
    copies: Table<String, CallNo>,
    referrals: Referrals,
    attempts: Attempts,
    addresses: Table<SocketAddr, Listener>,
    /// Calls by media alone.
    orphans: usize,
    /// Bytes of all calls' descriptions.
    described: usize,
    /// Calls whose facts have changed and wait to be written.
    changed: Vec<CallNo>,
    wrote: WallTime,
    flows: Flows,
    waiting: Waiting,
    next: u32,
    last_tick: WallTime,
    tally: Tally,
    /// The last packets that were discarded.
    discarded: Samples<Discard>,
    /// On which interface the packet at hand came; `None` when it is of no one frame.
    interface: Option<u16>,
}

impl Tracker {
    /// `ids` names each new call; the recorder hands in UUIDv7.
    pub fn new(
        settings: Settings,
        lines: Lines,
        ids: impl FnMut(WallTime) -> Uuid + Send + 'static,
    ) -> Tracker {
        Tracker {
            settings,
            lines,
            ids: Box::new(ids),
            calls: Table::default(),
            by_call_id: Table::default(),
            by_id: Table::default(),
            index: Index::default(),
            closed: Table::default(),
            closed_order: VecDeque::new(),
            copies: Table::default(),
            referrals: Referrals::default(),
            attempts: Attempts::default(),
            addresses: Table::default(),
            orphans: 0,
            described: 0,
            changed: Vec::new(),
            wrote: WallTime(i64::MIN),
            flows: Flows::default(),
            waiting: Waiting::default(),
            next: 1,
            last_tick: WallTime(i64::MIN),
            tally: Tally::default(),
            discarded: Samples::new(&Discard::SAMPLED),
            interface: None,
        }
    }

    /// Where all packets went so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The last discarded packets of each reason, from their own header on; of media no more than
    /// that header.
    pub fn discarded(&self) -> &Samples<Discard> {
        &self.discarded
    }

    /// What each table holds now, by its name in `LIMITS.md`.
    pub fn held(&self) -> [(&'static str, usize); 17] {
        let per_call = |count: fn(&CallFacts) -> usize| {
            let calls = self.calls.values();
            calls.map(|c| count(c.facts())).max().unwrap_or(0)
        };
        [
            ("calls", self.calls.len()),
            ("attempts of a host", self.attempts.most_of_a_host()),
            ("attempts unheard of", self.attempts.pending()),
            ("attempts written and unheard of", self.attempts.bare()),
            ("calls by media alone", self.orphans),
            ("closed Call-IDs", self.closed.len()),
            ("media addresses in all", self.addresses.len()),
            ("recording sessions", self.copies.len()),
            ("bytes of descriptions in all", self.described),
            ("calls that are alike", self.index.longest()),
            ("referrals", self.referrals.len()),
            ("flows of recording sessions", self.flows.copies()),
            ("ended flows", self.flows.ended()),
            ("waiting flows", self.waiting.len()),
            ("waiting bytes", self.waiting.bytes()),
            ("descriptions of a call", per_call(|f| f.formats.len())),
            ("streams of a call", per_call(|f| f.streams.len())),
        ]
    }

    /// Names the interface on which the next datagrams come, for [`Tracker::discarded`].
    #[inline]
    pub fn set_interface(&mut self, interface: Option<u16>) {
        self.interface = interface;
    }

    /// Counts a discarded datagram, and keeps its first bytes.
    fn discard(&mut self, why: Discard, at: WallTime, d: &Datagram<'_>) {
        self.tally.discard(why, 1);
        let addresses = Some((d.src, d.dst));
        let most = why.most_kept();
        let sample = Sample::of(at, self.interface, addresses, d.payload, most);
        self.discarded.note(why, sample);
    }

    /// The same for what has waited, of which the last packet is kept.
    fn discard_waiting(&mut self, why: Discard, key: &FlowKey, flow: &WaitingFlow) {
        self.tally.discard(why, flow.len() as u64);
        if let Some((at, packet)) = flow.packets().last() {
            let addresses = Some((key.src, key.dst));
            let sample = Sample::of(at, None, addresses, packet, why.most_kept());
            self.discarded.note(why, sample);
        }
    }

    /// Lines may change while calls are under way; calls that began before keep what they know.
    pub fn set_lines(&mut self, lines: Lines) {
        self.lines = lines;
    }

    /// Calls that are not closed, as they stand.
    pub fn calls(&self) -> impl Iterator<Item = (CallNo, &CallFacts)> {
        self.calls.iter().map(|(no, c)| (*no, c.facts()))
    }

    /// Calls in progress with what caller and callee have sent, and why they are not recorded now.
    pub fn in_progress(
        &self,
    ) -> impl Iterator<Item = (&CallFacts, [MediaSoFar; 2], Option<Withheld>)> {
        // An attempt in memory alone is none yet.
        let open = self.calls.values();
        let open = open.filter(|c| c.is_open() && c.noted.at.is_some());
        open.map(|c| (c.facts(), c.media(), c.withheld()))
    }

    /// A call that is not closed.
    pub fn by_id(&self, id: Uuid) -> Option<(CallNo, &CallFacts)> {
        let no = *self.by_id.get(&id)?;
        Some((no, self.calls.get(&no)?.facts()))
    }

    /// Applies an outside instruction. Returns `false` if the call is unknown or the rules stand
    /// against it.
    pub fn instruct(
        &mut self,
        id: Uuid,
        instruction: Instruction,
        at: WallTime,
        out: &mut impl Commands,
    ) -> bool {
        let Some(no) = self.by_id.get(&id).copied() else {
            return false;
        };
        let Some(c) = self.calls.get_mut(&no) else {
            return false;
        };
        let done = c.instruct(instruction, at);
        if done == Instructed::Changed {
            self.write(no, at, out);
        }
        done != Instructed::Refused
    }

    /// Takes in one datagram.
    pub fn datagram(&mut self, at: WallTime, d: &Datagram<'_>, out: &mut impl Commands) {
        self.tally.total += 1;
        match kind::kind(d.payload) {
            Kind::Rtp => self.media(at, d, false, out),
            Kind::Rtcp => self.media(at, d, true, out),
            Kind::Sip => self.sip(at, d, out),
            Kind::Stun | Kind::Dtls | Kind::Zrtp => self.discard(Discard::Handshake, at, d),
            Kind::KeepAlive => self.discard(Discard::KeepAlive, at, d),
            Kind::Other => self.discard(Discard::Other, at, d),
        }
        self.pass(at, out);
    }

    /// Lets time pass. Every frame shows the time, telephony or not: on a mirror without further
    /// calls the last ones still end.
    #[inline]
    pub fn pass(&mut self, at: WallTime, out: &mut impl Commands) {
        if !self.changed.is_empty() {
            self.write_changed(at, out);
        }
        if at - self.last_tick >= TICK || self.last_tick - at > FAR_BACK {
            self.tick(at, out);
        }
    }

    fn open(&mut self, at: WallTime, originator: IpAddr, origin: Origin) -> CallNo {
        let call = CallNo(self.next);
        self.next += 1;
        let attempt = (origin == Origin::Signalling).then_some(originator);
        if let Some(host) = attempt {
            self.attempts.begin(call, host);
        }
        self.orphans += usize::from(origin == Origin::Media);
        let facts = CallFacts::new((self.ids)(at), at);
        self.by_id.insert(facts.id, call);
        let conversation = Conversation::new(facts, originator, origin, attempt);
        self.calls.insert(call, Box::new(conversation));
        call
    }

    fn sip(&mut self, at: WallTime, d: &Datagram<'_>, out: &mut impl Commands) {
        let Some(seen) = Seen::read(at, d) else {
            return self.discard(Discard::BadSip, at, d);
        };
        let call = match self.find_or_open(&seen, out) {
            Ok(call) => call,
            Err(why) => return self.discard(why, at, d),
        };
        self.tally.discard(Discard::Signalling, 1);
        if self.attempts.take_dropped() {
            // The one that went is gone; this one is like it.
            let most = Discard::Flood.most_kept();
            let addresses = Some((d.src, d.dst));
            let sample = Sample::of(at, self.interface, addresses, d.payload, most);
            self.discarded.note(Discard::Flood, sample);
        }
        let Some(call) = call else { return };
        if let Some(c) = self.calls.get_mut(&call) {
            c.note_signal(at);
            c.hear_signal(&seen, &self.settings.keep_out);
        }
        match seen.event() {
            Event::Cancel => self.with(call, |c| c.cancel(&seen)),
            Event::Bye => self.bye(call, &seen, out),
            Event::Ack => {
                self.with(call, |c| c.note_ack(at));
                self.describe(call, &seen, out);
            }
            Event::Refer => self.refer(call, &seen),
            Event::TransferProgress => self.note_transfer(call, &seen.message),
            Event::Answer(status) => self.answer(call, &seen, status, out),
            Event::Other => self.describe(call, &seen, out),
        }
        self.look_for(call);
        self.hear_of(call, &seen);
        self.show_or_hold(call, at, out);
    }

    /// Sees to it that a call is found by what is known of it now.
    fn look_for(&mut self, call: CallNo) {
        let traits = self.calls.get_mut(&call).and_then(|c| {
            let has_moved = c.take_moved();
            has_moved.then(|| c.traits())
        });
        if let Some(traits) = traits {
            let met = self.index.set(call, traits);
            self.tally.met(met);
        }
    }

    fn with(&mut self, call: CallNo, change: impl FnOnce(&mut Conversation)) {
        if let Some(conversation) = self.calls.get_mut(&call) {
            change(conversation);
        }
    }

    /// Closes what has ended, gives up what will not come: once a second of the tap's clock, and of
    /// the box's when no frame comes.
    pub fn tick(&mut self, now: WallTime, out: &mut impl Commands) {
        self.last_tick = now;
        let settings = &self.settings;
        let calls = self.calls.iter_mut();
        let due: Vec<CallNo> = calls
            .filter_map(|(no, c)| c.is_due(now, settings).then_some(*no))
            .collect();
        for call in due {
            self.go_on(call, now, out);
            self.close(call, now, out);
        }
        self.write_attempts(now, out);
        self.write_changed(now, out);
        let stale = self.waiting.take(|_, f| now - f.last > WAIT);
        self.judge_at_last(stale, out);
        self.flows.forget(now);
        while self
            .closed_order
            .front()
            .is_some_and(|(at, _)| now - *at >= REMEMBER)
        {
            self.forget_closed();
        }
    }

    fn forget_closed(&mut self) {
        if let Some((at, id)) = self.closed_order.pop_front()
            && self.closed.get(&id).is_some_and(|c| c.at == at)
        {
            self.closed.remove(&id);
        }
    }

    /// The capture is over: open calls are closed as they are.
    pub fn finish(&mut self, now: WallTime, out: &mut impl Commands) {
        self.write_attempts(now + TICK, out);
        let keys = self.waiting.keys(|_| true).into_iter();
        let keys = keys.filter(|key| self.owner(key).is_some()).collect();
        let owned = self.waiting.take_out(keys);
        self.judge_at_last(owned, out);
        for key in self.waiting.keys(|f| f.len() >= FEWEST_PACKETS) {
            self.promote(key, now, out);
        }
        let rest = self.waiting.take(|_, _| true);
        self.judge_at_last(rest, out);
        let mut open: Vec<CallNo> = self.calls.keys().copied().collect();
        open.sort();
        for call in open {
            self.with(call, |c| c.give_up(EndedBy::CaptureEnd));
            self.close(call, now, out);
        }
    }

    fn close(&mut self, call: CallNo, now: WallTime, out: &mut impl Commands) {
        self.settle_attempt(call);
        self.admit_the_rest(call, out);
        if self.calls.get(&call).is_some_and(|c| c.noted.at.is_none())
            && !self.attempts.is_pending(call)
        {
            self.write(call, now, out);
        }
        let Some(mut c) = self.calls.remove(&call) else {
            return;
        };
        let is_written = c.noted.at.is_some();
        if !is_written {
            self.tally.met([Limit::Attempt]);
            self.tally.recount(Discard::Signalling, Discard::Flood);
        }
        self.forget_call(call, &c);
        self.remember(call, &c, now);
        let streams = c.facts().streams.iter().map(|s| s.dst);
        let touched: Vec<SocketAddr> = c.addresses().chain(streams).collect();
        let facts = c.close();
        match facts.ended_by {
            Some(EndedBy::Timeout) => self.flows.let_go(call, &touched),
            _ => self.flows.end(call, &touched, now),
        }
        if is_written {
            out.close(call, facts);
        }
        self.free_addresses(call, c.addresses());
    }

    /// Takes a call out of the tables by which it is found.
    fn forget_call(&mut self, call: CallNo, c: &Conversation) {
        self.attempts.over(call);
        self.index.remove(call);
        self.by_id.remove(&c.facts().id);
        self.orphans -= usize::from(c.is_from_media());
        self.described -= c.described();
        for id in &c.copies {
            self.copies.remove(id);
        }
    }

    /// Addresses of a call that is over are those of who waits for them.
    fn free_addresses(&mut self, call: CallNo, addresses: impl Iterator<Item = SocketAddr>) {
        for address in addresses {
            let Some(listener) = self.addresses.get_mut(&address) else {
                continue;
            };
            listener.next = listener.next.filter(|next| next.call != call);
            if listener.now.call != call {
                continue;
            }
            match listener.next.take() {
                Some(next) => listener.now = next,
                None => drop(self.addresses.remove(&address)),
            }
        }
    }

    /// Notes the Call-IDs of a call that is closed.
    fn remember(&mut self, call: CallNo, c: &Conversation, now: WallTime) {
        for (id, last_cseq) in c.call_ids() {
            if self.by_call_id.get(id) != Some(&call) {
                continue;
            }
            self.by_call_id.remove(id);
            if c.noted.at.is_none() {
                // An attempt that made room for another: what follows of it is not late.
                continue;
            }
            while self.closed_order.len() >= MOST_CLOSED {
                self.forget_closed();
                self.tally.met([Limit::Closed]);
            }
            let closed = Closed {
                at: now,
                last_cseq,
                id: c.facts().id,
            };
            self.closed.insert(id.clone(), closed);
            self.closed_order.push_back((now, id.clone()));
        }
    }
}
