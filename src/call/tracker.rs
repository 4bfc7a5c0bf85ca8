//! The tracker: SIP and media in, commands out.
//!
//! A conversation is found by its Call-ID; each hop on which its messages were seen is a leg. A session description
//! says where its sender listens, which this file calls an ear: a packet *to* an ear carries the other side's voice,
//! and a packet *from* it, where phones listen where they speak from (RFC 4961), its own. Which legs carry the same
//! voice twice is left to sealing, where the whole call is at hand.

use super::conversation::{Conversation, is_due, keep_headers, party};
use super::facts::{CallFacts, Direction, EndedBy, Outcome, Side, SideFormats, StreamFacts};
use super::flows::{Flow, FlowKey, Flows, Waiting, WaitingFlow};
use super::{CallNo, Discard, Lines, StreamNo};
use crate::sip::message::CSeq;
use crate::sip::{Message, NameAddr, Sdp, Start};
use crate::units::{Micros, WallTime};
use crate::wire::{Datagram, Kind, kind, rtp};
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use uuid::Uuid;

/// What the tracker tells the recorder to do. Bytes are only lent.
pub trait Commands {
    /// A call began; what is known of it so far.
    fn open(&mut self, call: CallNo, facts: &CallFacts);
    /// Append this RTP or RTCP packet, from its own header on.
    fn packet(&mut self, call: CallNo, stream: StreamNo, at: WallTime, packet: &[u8]);
    /// The facts changed.
    fn facts(&mut self, call: CallNo, facts: &CallFacts);
    /// The call is over; nothing more comes for it.
    fn close(&mut self, call: CallNo, facts: &CallFacts);
}

/// What may be set; the defaults suit a telephone system.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Headers of the INVITE that are kept, by name.
    pub headers: Vec<String>,
    /// How long a call stays open for stragglers after its end.
    pub linger: Micros,
    /// An answered call without media or signalling for this long has ended.
    pub silence: Micros,
    /// The same while one side is on hold.
    pub hold: Micros,
    /// No call lasts longer than this.
    pub longest: Micros,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            headers: ["X-Lead-Id", "X-VICIdial-Lead-Id", "X-Campaign", "X-Call-Uuid", "X-Disposition", "P-Asserted-Identity", "Diversion"].map(str::to_owned).to_vec(),
            linger: Micros::from_secs(3),
            silence: Micros::from_secs(60),
            hold: Micros::from_secs(3600),
            longest: Micros::from_secs(4 * 3600),
        }
    }
}

/// Unmatched media becomes a call of its own once it has lasted this long with this many packets.
const ORPHAN_AFTER: Micros = Micros::from_secs(2);
const ORPHAN_PACKETS: usize = 50;
/// Fewer packets than this at the end of a capture are no call.
const FEWEST_PACKETS: usize = 10;
/// Unmatched media is dropped after this long without a packet.
const WAIT: Micros = Micros::from_secs(10);
/// A closed Call-ID is remembered this long, so that a late retransmission opens no second call (64*T1).
const REMEMBER: Micros = Micros::from_secs(64);
/// More streams than any phone system makes for one call.
const MOST_STREAMS: usize = 64;

/// Counts of what came in. `total` is the sum of all others at any time (PRODUCT I5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub total: u64,
    pub spooled: u64,
    /// Held until their signalling comes.
    pub waiting: u64,
    pub discarded: BTreeMap<Discard, u64>,
}

impl Tally {
    fn discard(&mut self, why: Discard, packets: u64) {
        *self.discarded.entry(why).or_default() += packets;
    }

    /// What came in and is neither spooled, waiting nor discarded: always zero.
    pub fn unaccounted(&self) -> i64 {
        self.total as i64 - self.spooled as i64 - self.waiting as i64 - self.discarded.values().sum::<u64>() as i64
    }
}

/// A SIP message that was seen, with the parts that every step asks for.
struct Seen<'a> {
    at: WallTime,
    src: SocketAddr,
    dst: SocketAddr,
    message: Message<'a>,
    call_id: String,
    cseq: CSeq,
    from: NameAddr,
}

impl<'a> Seen<'a> {
    fn read(at: WallTime, d: &Datagram<'a>) -> Option<Seen<'a>> {
        let message = Message::parse(d.payload)?;
        let (call_id, cseq, from) = (message.call_id()?.into_owned(), message.cseq()?, message.from()?);
        Some(Seen { at, src: d.src, dst: d.dst, message, call_id, cseq, from })
    }

    fn is_request(&self) -> bool {
        matches!(self.message.start, Start::Request { .. })
    }

    fn is_invite(&self) -> bool {
        matches!(self.message.start, Start::Request { method: rsip::Method::Invite, .. })
    }
}

/// Where a side listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ear {
    call: CallNo,
    side: Side,
    leg: u16,
}

/// See the module's doc.
pub struct Tracker {
    settings: Settings,
    lines: Lines,
    ids: Box<dyn FnMut(WallTime) -> Uuid + Send>,
    calls: HashMap<CallNo, Conversation>,
    by_call_id: HashMap<String, CallNo>,
    /// Call-IDs of closed calls, with the time and the last CSeq of their INVITE.
    closed: HashMap<String, (WallTime, u32)>,
    ears: HashMap<SocketAddr, Ear>,
    flows: Flows,
    waiting: Waiting,
    next: u32,
    last_tick: WallTime,
    tally: Tally,
}

impl Tracker {
    /// `ids` names each new call; the recorder hands in UUIDv7.
    pub fn new(settings: Settings, lines: Lines, ids: impl FnMut(WallTime) -> Uuid + Send + 'static) -> Tracker {
        Tracker {
            settings,
            lines,
            ids: Box::new(ids),
            calls: HashMap::new(),
            by_call_id: HashMap::new(),
            closed: HashMap::new(),
            ears: HashMap::new(),
            flows: Flows::default(),
            waiting: Waiting::default(),
            next: 1,
            last_tick: WallTime(i64::MIN),
            tally: Tally::default(),
        }
    }

    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Lines may change while calls are under way; calls that began before keep what they know.
    pub fn set_lines(&mut self, lines: Lines) {
        self.lines = lines;
    }

    /// Calls in progress, as they stand.
    pub fn live(&self) -> impl Iterator<Item = (CallNo, &CallFacts)> {
        self.calls.iter().map(|(no, c)| (*no, &c.facts))
    }

    /// Takes in one datagram.
    pub fn datagram(&mut self, at: WallTime, d: &Datagram<'_>, out: &mut impl Commands) {
        self.tally.total += 1;
        match kind::kind(d.payload) {
            Kind::Rtp => self.media(at, d, 8, out),
            Kind::Rtcp => self.media(at, d, 4, out),
            Kind::Sip => self.sip(at, d, out),
            Kind::Stun | Kind::Dtls | Kind::Zrtp => self.tally.discard(Discard::Handshake, 1),
            Kind::KeepAlive => self.tally.discard(Discard::KeepAlive, 1),
            Kind::Other => self.tally.discard(Discard::Other, 1),
        }
        // The clock of a capture can step back; a tick comes when it has moved a second on, or far back.
        if at - self.last_tick >= Micros::from_secs(1) || self.last_tick - at > Micros::from_secs(60) {
            self.tick(at, out);
        }
    }

    /// RTP and RTCP; the SSRC of their sender stands at another offset in each.
    fn media(&mut self, at: WallTime, d: &Datagram<'_>, ssrc_at: usize, out: &mut impl Commands) {
        let Some(ssrc) = d.payload.get(ssrc_at..ssrc_at + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes) else {
            return self.tally.discard(Discard::BadRtp, 1);
        };
        let key = FlowKey { src: d.src, dst: d.dst, ssrc, rtcp: ssrc_at == 4 };
        match self.flows.get(&key) {
            Some(Flow::Stream { call, stream }) => self.append(call, stream, at, d, out),
            Some(Flow::Ended { .. }) => self.tally.discard(Discard::AfterEnd, 1),
            None => self.first_of_flow(key, at, d, out),
        }
    }

    fn append(&mut self, call: CallNo, stream: StreamNo, at: WallTime, d: &Datagram<'_>, out: &mut impl Commands) {
        let Some(conversation) = self.calls.get_mut(&call) else {
            return self.tally.discard(Discard::AfterEnd, 1);
        };
        conversation.last_media = Some(at);
        if d.cut
            && let Some(stream) = conversation.facts.streams.get_mut(usize::from(stream.0))
        {
            stream.cut_packets += 1;
        }
        self.tally.spooled += 1;
        out.packet(call, stream, at, d.payload);
    }

    fn first_of_flow(&mut self, key: FlowKey, at: WallTime, d: &Datagram<'_>, out: &mut impl Commands) {
        let rtcp = key.rtcp;
        if !rtcp && rtp::parse(d.payload).is_none() && !d.cut {
            return self.tally.discard(Discard::BadRtp, 1);
        }
        if let Some((ear, speaker)) = self.owner(&key) {
            return match self.add_stream(ear, speaker, key, out) {
                Some(stream) => self.append(ear.call, stream, at, d, out),
                None => self.tally.discard(Discard::Overflow, 1),
            };
        }
        if rtcp {
            return self.tally.discard(Discard::Unmatched, 1);
        }
        if !self.waiting.hold(key, at, d.payload) {
            return self.tally.discard(Discard::Overflow, 1);
        }
        self.tally.waiting += 1;
        if self.waiting.get(&key).is_some_and(|f| f.len() >= ORPHAN_PACKETS && at - f.first >= ORPHAN_AFTER) {
            self.promote(key, at, out);
        }
    }

    /// Whose ear a flow goes to or comes from, and who speaks in it. RTCP runs one port above (RFC 3550 §11) or beside.
    fn owner(&self, key: &FlowKey) -> Option<(Ear, Side)> {
        let find = |address: SocketAddr| {
            let below = || SocketAddr::new(address.ip(), address.port().wrapping_sub(1));
            self.ears.get(&address).or_else(|| self.ears.get(&below()).filter(|_| key.rtcp)).filter(|ear| self.calls.contains_key(&ear.call)).copied()
        };
        find(key.dst).map(|ear| (ear, ear.side.other())).or_else(|| find(key.src).map(|ear| (ear, ear.side)))
    }

    fn add_stream(&mut self, ear: Ear, speaker: Side, key: FlowKey, out: &mut impl Commands) -> Option<StreamNo> {
        let conversation = self.calls.get_mut(&ear.call)?;
        let streams = &mut conversation.facts.streams;
        if streams.len() >= MOST_STREAMS {
            return None;
        }
        let stream = StreamNo(streams.len() as u16);
        streams.push(StreamFacts { speaker, leg: ear.leg, src: key.src, dst: key.dst, ssrc: key.ssrc, rtcp: key.rtcp, cut_packets: 0 });
        self.flows.insert(key, Flow::Stream { call: ear.call, stream });
        out.facts(ear.call, &conversation.facts);
        Some(stream)
    }

    /// Moves a flow from the waiting room into its call.
    fn admit(&mut self, ear: Ear, speaker: Side, key: FlowKey, flow: &WaitingFlow, out: &mut impl Commands) {
        let packets = flow.len() as u64;
        self.tally.waiting -= packets;
        let Some(stream) = self.add_stream(ear, speaker, key, out) else {
            return self.tally.discard(Discard::Overflow, packets);
        };
        for (at, packet) in flow.packets() {
            out.packet(ear.call, stream, at, packet);
        }
        self.tally.spooled += packets;
        if let Some(conversation) = self.calls.get_mut(&ear.call) {
            conversation.last_media = conversation.last_media.max(Some(flow.last));
        }
    }

    /// Media that no signalling explains becomes a call of its own: both directions between the two addresses.
    fn promote(&mut self, key: FlowKey, now: WallTime, out: &mut impl Commands) {
        let between = |k: &FlowKey| (k.src == key.src && k.dst == key.dst) || (k.src == key.dst && k.dst == key.src);
        let taken = self.waiting.take(|k, _| between(k));
        let Some(first) = taken.iter().map(|(_, f)| f.first).min() else { return };
        let caller = taken[0].0;
        let call = self.open(first, caller.src.ip(), true);
        if let Some(c) = self.calls.get_mut(&call) {
            c.last_signal = now;
            out.open(call, &c.facts);
        }
        for (address, side) in [(caller.src, Side::Caller), (caller.dst, Side::Callee)] {
            self.ears.insert(address, Ear { call, side, leg: 0 });
        }
        for (key, flow) in &taken {
            let speaker = if key.src == caller.src { Side::Caller } else { Side::Callee };
            self.admit(Ear { call, side: speaker, leg: 0 }, speaker, *key, flow, out);
        }
    }

    fn open(&mut self, at: WallTime, originator: IpAddr, orphan: bool) -> CallNo {
        let call = CallNo(self.next);
        self.next += 1;
        let conversation = Conversation {
            facts: CallFacts::new((self.ids)(at), at),
            caller_tags: Vec::new(),
            originator,
            invite_cseq: 0,
            hops: Vec::new(),
            held: [false; 2],
            cancelled: false,
            last_media: None,
            last_signal: at,
            close_at: None,
            orphan,
        };
        self.calls.insert(call, conversation);
        call
    }

    fn sip(&mut self, at: WallTime, d: &Datagram<'_>, out: &mut impl Commands) {
        let Some(seen) = Seen::read(at, d) else {
            return self.tally.discard(Discard::BadSip, 1);
        };
        self.tally.discard(Discard::Signalling, 1);
        let Some(call) = self.find_or_open(&seen, out) else { return };
        self.with(call, |c| c.last_signal = c.last_signal.max(at));
        match &seen.message.start {
            Start::Request { method: rsip::Method::Cancel, .. } => self.with(call, |c| c.cancelled = true),
            Start::Request { method: rsip::Method::Bye, .. } => {
                let (linger, wanted) = (self.settings.linger, self.settings.headers.clone());
                self.with(call, |c| {
                    // A PBX may say how it came out as it hangs up.
                    keep_headers(&mut c.facts, &seen.message, &wanted);
                    let by = c.requester(&seen.from).into();
                    c.end(at, by, linger);
                });
            }
            Start::Response { status } if seen.cseq.method == rsip::Method::Invite => self.answer(call, &seen, *status, out),
            _ => self.describe(call, &seen, out),
        }
        if let Some(c) = self.calls.get(&call) {
            out.facts(call, &c.facts);
        }
    }

    fn with(&mut self, call: CallNo, change: impl FnOnce(&mut Conversation)) {
        if let Some(conversation) = self.calls.get_mut(&call) {
            change(conversation);
        }
    }

    /// The conversation a message belongs to. An INVITE opens one; within a dialog that is already under way, any
    /// message finds the media it fits.
    fn find_or_open(&mut self, seen: &Seen<'_>, out: &mut impl Commands) -> Option<CallNo> {
        if let Some(call) = self.by_call_id.get(&seen.call_id).copied() {
            if seen.is_invite() {
                self.repeated_invite(call, seen);
            }
            return Some(call);
        }
        if self.closed.get(&seen.call_id).is_some_and(|(_, last)| seen.cseq.number <= *last || !seen.is_invite()) {
            return None;
        }
        let call = match seen.is_invite() {
            true => self.open(seen.at, seen.src.ip(), false),
            false => self.adopt(seen)?,
        };
        self.by_call_id.insert(seen.call_id.clone(), call);
        let c = self.calls.get_mut(&call)?;
        name_parties(c, seen);
        (c.facts.direction, c.facts.telemarketer) = direction(&c.facts, &self.lines);
        keep_headers(&mut c.facts, &seen.message, &self.settings.headers);
        c.facts.user_agent = seen.message.header("User-Agent").map(|v| v.into_owned());
        if seen.is_invite() {
            out.open(call, &c.facts);
        }
        Some(call)
    }

    /// The same INVITE on another hop, a retransmission, a second dialog under the same Call-ID, or the next attempt
    /// with credentials (RFC 3261 §22.2).
    fn repeated_invite(&mut self, call: CallNo, seen: &Seen<'_>) {
        let wanted = &self.settings.headers;
        let Some(c) = self.calls.get_mut(&call) else { return };
        if seen.message.to().is_none_or(|to| to.tag.is_some()) {
            return;
        }
        if let Some(tag) = seen.from.tag.as_ref().filter(|tag| !c.caller_tags.contains(tag)) {
            c.caller_tags.push(tag.clone());
        }
        keep_headers(&mut c.facts, &seen.message, wanted);
        if seen.cseq.number > c.invite_cseq && !c.answered() {
            c.invite_cseq = seen.cseq.number;
            c.facts.outcome = Outcome::Incomplete;
            c.facts.sip_status = None;
            c.facts.ended_at = None;
            c.facts.ended_by = None;
            c.close_at = None;
        }
    }

    /// Signalling of a call that was under way when the tap started: it belongs to the one orphan between these hosts.
    fn adopt(&self, seen: &Seen<'_>) -> Option<CallNo> {
        let hosts = |a: IpAddr, b: IpAddr| (a.min(b), a.max(b));
        let wanted = hosts(seen.src.ip(), seen.dst.ip());
        let mut fits =
            self.calls.iter().filter(|(_, c)| c.orphan && c.facts.call_ids.is_empty() && c.facts.streams.first().is_some_and(|s| hosts(s.src.ip(), s.dst.ip()) == wanted));
        let (call, _) = fits.next()?;
        fits.next().is_none().then_some(*call)
    }

    /// A response to an INVITE.
    fn answer(&mut self, call: CallNo, seen: &Seen<'_>, status: u16, out: &mut impl Commands) {
        let linger = self.settings.linger;
        let Some(c) = self.calls.get_mut(&call) else { return };
        let at = seen.at;
        let first_invite = seen.cseq.number == c.invite_cseq || c.caller_tags.len() > 1;
        match status {
            180 | 183 => {
                c.facts.ringing_at.get_or_insert(at);
            }
            200..300 if first_invite && !c.answered() => {
                c.facts.outcome = Outcome::Answered;
                c.facts.sip_status = Some(status);
                c.facts.answered_at.get_or_insert(at);
                c.facts.ended_at = None;
                c.facts.ended_by = None;
                c.close_at = None;
            }
            300.. if !c.answered() => {
                let to_originator = seen.dst.ip() == c.originator;
                if to_originator || c.facts.sip_status.is_none() {
                    c.facts.outcome = Outcome::of_status(status);
                    c.facts.sip_status = Some(status);
                    c.facts.ended_by = Some(match c.facts.outcome {
                        Outcome::Cancelled => EndedBy::Caller,
                        Outcome::Busy | Outcome::Rejected => EndedBy::Callee,
                        _ => EndedBy::Network,
                    });
                    c.end(at, EndedBy::Network, linger);
                }
            }
            _ => {}
        }
        if status < 300 {
            self.describe(call, seen, out);
        }
    }

    /// Takes in a session description: who listens where, in which formats, and who is on hold.
    fn describe(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) {
        let Some(Sdp { audio }) = seen.message.sdp() else { return };
        let Some(c) = self.calls.get_mut(&call) else { return };
        let (at, is_request) = (seen.at, seen.is_request());
        let requester = c.requester(&seen.from);
        let side = if is_request { requester } else { requester.other() };
        let leg = c.leg(seen.src, seen.dst);
        for stream in &audio {
            c.hold(side, stream.direction, is_request, at);
            let described = SideFormats { side, leg, at, formats: stream.formats.clone(), keying: stream.keying };
            let last = c.facts.formats.iter().rfind(|f| f.side == side && f.leg == leg);
            if last.is_none_or(|l| l.formats != described.formats || l.keying != described.keying) {
                c.facts.formats.push(described);
            }
        }
        for address in audio.iter().filter_map(|a| a.address) {
            self.hear(address, Ear { call, side, leg }, out);
        }
    }

    /// Notes an ear and lets in what waited for it.
    fn hear(&mut self, address: SocketAddr, ear: Ear, out: &mut impl Commands) {
        match self.ears.get(&address) {
            Some(known) if known.call == ear.call && known.side == ear.side => return,
            _ => {
                self.flows.release(address, ear.call);
                self.ears.insert(address, ear);
            }
        }
        for (key, flow) in self.waiting.take(|key, _| key.dst == address || key.src == address) {
            let speaker = if key.dst == address { ear.side.other() } else { ear.side };
            self.admit(ear, speaker, key, &flow, out);
        }
    }

    /// Closes what has ended, gives up what will not come. Called by the tracker once a second of the tap's clock, and
    /// by the recorder when no packet comes.
    pub fn tick(&mut self, now: WallTime, out: &mut impl Commands) {
        self.last_tick = now;
        let due: Vec<CallNo> = self.calls.iter_mut().filter_map(|(no, c)| is_due(c, now, &self.settings).then_some(*no)).collect();
        for call in due {
            self.close(call, now, out);
        }
        let stale = self.waiting.take(|_, f| now - f.last > WAIT);
        self.drop_waiting(stale);
        self.flows.forget(now);
        self.closed.retain(|_, (at, _)| now - *at < REMEMBER);
    }

    fn drop_waiting(&mut self, flows: Vec<(FlowKey, WaitingFlow)>) {
        let packets = flows.iter().map(|(_, f)| f.len() as u64).sum();
        self.tally.waiting -= packets;
        self.tally.discard(Discard::Unmatched, packets);
    }

    /// The capture is over: what is still open is closed as it stands.
    pub fn finish(&mut self, now: WallTime, out: &mut impl Commands) {
        while let Some(key) = self.waiting.find(|f| f.len() >= FEWEST_PACKETS) {
            self.promote(key, now, out);
        }
        let rest = self.waiting.take(|_, _| true);
        self.drop_waiting(rest);
        let mut open: Vec<CallNo> = self.calls.keys().copied().collect();
        open.sort();
        for call in open {
            self.with(call, |c| {
                if c.facts.ended_at.is_none() {
                    let at = c.last_activity();
                    c.end(at, EndedBy::CaptureEnd, Micros(0));
                }
            });
            self.close(call, now, out);
        }
    }

    fn close(&mut self, call: CallNo, now: WallTime, out: &mut impl Commands) {
        let Some(mut c) = self.calls.remove(&call) else { return };
        if c.facts.outcome == Outcome::Incomplete && c.cancelled {
            c.facts.outcome = Outcome::Cancelled;
            c.facts.ended_by = Some(EndedBy::Caller);
        }
        for id in &c.facts.call_ids {
            self.by_call_id.remove(id);
            self.closed.insert(id.clone(), (now, c.invite_cseq));
        }
        self.flows.end(call, now);
        self.ears.retain(|_, ear| ear.call != call);
        out.close(call, &c.facts);
    }
}

/// Who calls whom, from the first message seen of a conversation. An adopted call named its sides by its media: keep to
/// that.
fn name_parties(c: &mut Conversation, seen: &Seen<'_>) {
    let to = seen.message.to().unwrap_or_default();
    let under_way = to.tag.is_some();
    let from_is_caller = seen.is_invite() || seen.src.ip() == c.originator;
    let (caller, callee) = if from_is_caller == seen.is_request() { (&seen.from, &to) } else { (&to, &seen.from) };
    let target = match &seen.message.start {
        Start::Request { method: rsip::Method::Invite, uri } if !under_way => Some(uri.as_ref()),
        _ => None,
    };
    c.facts.call_ids.push(seen.call_id.clone());
    c.caller_tags.extend(caller.tag.clone());
    c.invite_cseq = seen.cseq.number;
    c.facts.from = party(caller, None);
    c.facts.to = party(callee, target);
    if under_way {
        c.facts.outcome = Outcome::Answered;
    }
}

/// Seen from the lines: which way a call goes, and whose side is the telemarketer's.
fn direction(facts: &CallFacts, lines: &Lines) -> (Option<Direction>, Option<Side>) {
    let known = [&facts.from, &facts.to].map(|p| p.number.as_ref().is_some_and(|n| lines.has(n.reveal())));
    match known {
        [true, true] => (Some(Direction::Internal), Some(Side::Caller)),
        [true, false] => (Some(Direction::Outbound), Some(Side::Caller)),
        [false, true] => (Some(Direction::Inbound), Some(Side::Callee)),
        [false, false] => (None, None),
    }
}
