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
//! per kind of event: `invite`, `answer`, `describe`, `media`, `transfer`.

mod answer;
mod describe;
mod invite;
mod media;
mod transfer;

use super::commands::{Commands, Instruction};
use super::conversation::recording::Instructed;
use super::conversation::{Conversation, MediaSoFar, Origin};
use super::facts::{CallFacts, EndedBy, Side, Withheld};
use super::flows::{FlowKey, Flows, Table, Waiting, WaitingFlow};
use super::joining::Referrals;
use super::seen::{Event, Seen};
use super::settings::Settings;
use super::tally::Tally;
use super::{CallNo, Discard, Lines};
use crate::units::{Micros, WallTime};
use crate::wire::{Datagram, Kind, Sample, Samples, kind};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use uuid::Uuid;

/// Fewer packets than this at the end of a capture are no call.
const FEWEST_PACKETS: usize = 10;
/// Unmatched media is dropped after this long without a packet.
const WAIT: Micros = Micros::from_secs(10);
/// A closed Call-ID is remembered this long, so that a late retransmission opens no second call
/// (64*T1).
const REMEMBER: Micros = Micros::from_secs(64);
/// Calls at once; new ones are refused whole, those under way go on.
const MOST_CALLS: usize = 20_000;
/// Closed Call-IDs that are remembered.
const MOST_CLOSED: usize = 65_536;
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
    by_call_id: HashMap<String, CallNo>,
    closed: HashMap<String, Closed>,
    /// Call-IDs of recording sessions (RFC 7866) that copy a call which is seen itself.
    copies: HashMap<String, CallNo>,
    referrals: Referrals,
    /// Attempts that wait for an answer, by the host that makes them.
    attempts: HashMap<IpAddr, usize>,
    addresses: HashMap<SocketAddr, MediaAddress>,
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
            by_call_id: HashMap::new(),
            closed: HashMap::new(),
            copies: HashMap::new(),
            referrals: Referrals::default(),
            attempts: HashMap::new(),
            addresses: HashMap::new(),
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
        let open = self.calls.values().filter(|c| c.is_open());
        open.map(|c| (c.facts(), c.media(), c.withheld()))
    }

    /// A call that is not closed.
    pub fn by_id(&self, id: Uuid) -> Option<(CallNo, &CallFacts)> {
        self.calls().find(|(_, facts)| facts.id == id)
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
        let Some((no, c)) = self.calls.iter_mut().find(|(_, c)| c.facts().id == id) else {
            return false;
        };
        let done = c.instruct(instruction, at);
        if done == Instructed::Changed {
            out.facts(*no, c.facts());
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
    pub fn pass(&mut self, at: WallTime, out: &mut impl Commands) {
        if at - self.last_tick >= TICK || self.last_tick - at > FAR_BACK {
            self.tick(at, out);
        }
    }

    fn open(&mut self, at: WallTime, originator: IpAddr, origin: Origin) -> CallNo {
        let call = CallNo(self.next);
        self.next += 1;
        let attempt = (origin == Origin::Signalling).then_some(originator);
        if let Some(host) = attempt {
            *self.attempts.entry(host).or_default() += 1;
        }
        let facts = CallFacts::new((self.ids)(at), at);
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
        self.show(call, out);
    }

    /// Hands the facts of a call on.
    fn show(&self, call: CallNo, out: &mut impl Commands) {
        if let Some(c) = self.calls.get(&call) {
            out.facts(call, c.facts());
        }
    }

    fn with(&mut self, call: CallNo, change: impl FnOnce(&mut Conversation)) {
        if let Some(conversation) = self.calls.get_mut(&call) {
            change(conversation);
        }
    }

    /// An attempt that has come to something: its host may make another.
    fn settle_attempt(&mut self, call: CallNo) {
        let Some(host) = self.calls.get_mut(&call).and_then(|c| c.settle_attempt()) else {
            return;
        };
        if let Some(waiting) = self.attempts.get_mut(&host) {
            *waiting -= 1;
            if *waiting == 0 {
                self.attempts.remove(&host);
            }
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
        let stale = self.waiting.take(|_, f| now - f.last > WAIT);
        self.drop_waiting(&stale);
        self.flows.forget(now);
        self.closed.retain(|_, c| now - c.at < REMEMBER);
    }

    fn drop_waiting(&mut self, flows: &[(FlowKey, WaitingFlow)]) {
        for (key, flow) in flows {
            self.tally.waiting -= flow.len() as u64;
            self.discard_waiting(Discard::Unmatched, key, flow);
        }
    }

    /// The capture is over: open calls are closed as they are.
    pub fn finish(&mut self, now: WallTime, out: &mut impl Commands) {
        while let Some(key) = self.waiting.find(|f| f.len() >= FEWEST_PACKETS) {
            self.promote(key, now, out);
        }
        let rest = self.waiting.take(|_, _| true);
        self.drop_waiting(&rest);
        let mut open: Vec<CallNo> = self.calls.keys().copied().collect();
        open.sort();
        for call in open {
            self.with(call, |c| c.give_up(EndedBy::CaptureEnd));
            self.close(call, now, out);
        }
    }

    fn close(&mut self, call: CallNo, now: WallTime, out: &mut impl Commands) {
        self.settle_attempt(call);
        let Some(mut c) = self.calls.remove(&call) else {
            return;
        };
        self.remember(call, &c, now);
        self.copies.retain(|_, copied| *copied != call);
        let streams = c.facts().streams.iter().map(|s| s.dst);
        let touched: Vec<SocketAddr> = c.addresses().chain(streams).collect();
        let facts = c.close();
        match facts.ended_by {
            Some(EndedBy::Timeout) => self.flows.let_go(call, &touched),
            _ => self.flows.end(call, &touched, now),
        }
        out.close(call, facts);
        for address in c.addresses() {
            if self.addresses.get(&address).is_some_and(|a| a.call == call) {
                self.addresses.remove(&address);
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
            if self.closed.len() < MOST_CLOSED {
                let closed = Closed {
                    at: now,
                    last_cseq,
                    id: c.facts().id,
                };
                self.closed.insert(id.clone(), closed);
            }
        }
    }
}
