//! The tracker: SIP and media in, commands out.
//!
//! A conversation is found by its Call-ID; each hop on which its messages were seen is a leg. A
//! session description says where its sender listens, which this file calls an ear: a packet *to*
//! an ear carries the other side's voice, and a packet *from* it, where phones listen where they
//! speak from (RFC 4961), its own. Legs of one conversation under different Call-IDs are joined by
//! `story`; which legs carry the same voice twice is left to sealing, where the whole call is at
//! hand. Nothing grows without bound, whoever sends what: each table has a cap and a counter.

mod media;
mod transfer;

use super::commands::{Commands, Word};
use super::conversation::{
    Conversation, Dialog, MOST_DIALOGS, MOST_FORMATS, Pulse, is_due, keep_headers, party,
};
use super::facts::{CallFacts, Direction, EndedBy, Outcome, Side, SideFormats, Withheld};
use super::flows::{Flow, FlowKey, Flows, Table, Waiting, WaitingFlow};
use super::joining::{self, Invite, Joint, Referrals};
use super::settings::Settings;
use super::{CallNo, Discard, Lines, MediaSoFar};
use crate::sip::message::CSeq;
use crate::sip::{Message, NameAddr, Sdp, Start};
use crate::units::{Micros, WallTime};
use crate::wire::{Datagram, Kind, kind};
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use uuid::Uuid;

/// Fewer packets than this at the end of a capture are no call.
const FEWEST_PACKETS: usize = 10;
/// Unmatched media is dropped after this long without a packet.
const WAIT: Micros = Micros::from_secs(10);
/// A closed Call-ID is remembered this long, so that a late retransmission opens no second call
/// (64*T1).
const REMEMBER: Micros = Micros::from_secs(64);
/// Addresses that a call names: re-INVITEs move its media, a hostile one does nothing else.
const MOST_EARS: usize = 256;
/// Calls at once; new ones are refused whole, those under way go on.
const MOST_CALLS: usize = 20_000;
/// Attempts of one host that wait for an answer: a scanner has more, a dialler has not.
const MOST_ATTEMPTS: usize = 200;
/// Closed Call-IDs that are remembered.
const MOST_CLOSED: usize = 65_536;
/// Forks of a call may fail one after the other before the next is tried; it is over when nothing
/// comes for this long.
const FORK: Micros = Micros::from_secs(40);

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
        self.total as i64
            - self.spooled as i64
            - self.waiting as i64
            - self.discarded.values().sum::<u64>() as i64
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
        let (call_id, cseq, from) = (
            message.call_id()?.into_owned(),
            message.cseq()?,
            message.from()?,
        );
        Some(Seen {
            at,
            src: d.src,
            dst: d.dst,
            message,
            call_id,
            cseq,
            from,
        })
    }

    /// The dialog that this message begins, or is the first of that was seen.
    fn dialog(&self) -> Dialog {
        let hop = if self.is_request() {
            (self.src, self.dst)
        } else {
            (self.dst, self.src)
        };
        let to = self.message.to().unwrap_or_default();
        let under_way = self.is_request() && to.tag.is_some();
        Dialog {
            cseq: self.cseq.number,
            hop: Some(hop),
            from: self.from.clone(),
            to,
            answered: under_way,
            ..Dialog::default()
        }
    }

    fn is_request(&self) -> bool {
        matches!(self.message.start, Start::Request { .. })
    }

    fn is_invite(&self) -> bool {
        matches!(
            self.message.start,
            Start::Request {
                method: rsip::Method::Invite,
                ..
            }
        )
    }
}

/// Where a side listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ear {
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
    ears: HashMap<SocketAddr, Ear>,
    flows: Flows,
    waiting: Waiting,
    next: u32,
    last_tick: WallTime,
    tally: Tally,
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

    /// Calls in progress with what caller and callee have sent, and why they are not recorded now.
    pub fn live_calls(
        &self,
    ) -> impl Iterator<Item = (&CallFacts, [MediaSoFar; 2], Option<Withheld>)> {
        self.calls
            .values()
            .filter(|c| c.close_at.is_none())
            .map(|c| (&c.facts, c.pulse.media, c.pulse.shut))
    }

    pub fn by_id(&self, id: Uuid) -> Option<(CallNo, &CallFacts)> {
        self.live().find(|(_, facts)| facts.id == id)
    }

    /// Takes a word about a call; `false` when there is no such call, or it makes no difference to
    /// it. What the house's rules keep out stays out.
    pub fn tell(&mut self, id: Uuid, word: Word, at: WallTime, out: &mut impl Commands) -> bool {
        let Some((no, c)) = self.calls.iter_mut().find(|(_, c)| c.facts.id == id) else {
            return false;
        };
        match (word, c.pulse.shut) {
            (Word::Pause, None) => c.set_shut(Some(Withheld::Paused), at),
            (Word::Resume, Some(Withheld::Paused)) => c.set_shut(None, at),
            (Word::Pause, shut) => return shut == Some(Withheld::Paused),
            (Word::Resume, shut) => return shut.is_none(),
            (Word::Consent, _) if c.asks_consent => c.consent(at),
            (Word::Consent, _) => return c.facts.consent_at.is_some(),
            (Word::Announced, _) => drop(c.facts.announced_at.get_or_insert(at)),
        }
        out.facts(*no, &c.facts);
        true
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
        self.pass(at, out);
    }

    /// Lets time pass, as every frame shows it, whatever it holds: on a mirror where nobody calls
    /// any more, calls end all the same.
    pub fn pass(&mut self, at: WallTime, out: &mut impl Commands) {
        // The clock of a capture can step back; a tick comes when it has moved a second on, or far
        // back.
        if at - self.last_tick >= Micros::from_secs(1)
            || self.last_tick - at > Micros::from_secs(60)
        {
            self.tick(at, out);
        }
    }

    fn open(&mut self, at: WallTime, originator: IpAddr, orphan: bool) -> CallNo {
        let call = CallNo(self.next);
        self.next += 1;
        let conversation = Conversation {
            pulse: Pulse::default(),
            facts: CallFacts::new((self.ids)(at), at),
            caller_tags: Vec::new(),
            originator,
            attempted_by: originator,
            settled: false,
            dialogs: Vec::new(),
            transfer: None,
            invited: Vec::new(),
            leg_answered: false,
            leg_ended: None,
            acked_at: None,
            hops: Vec::new(),
            ears: Vec::new(),
            held: [false; 2],
            cancelled: false,
            last_signal: at,
            close_at: None,
            orphan,
            keys: Default::default(),
            asks_consent: false,
        };
        self.calls.insert(call, Box::new(conversation));
        call
    }

    fn sip(&mut self, at: WallTime, d: &Datagram<'_>, out: &mut impl Commands) {
        let Some(seen) = Seen::read(at, d) else {
            return self.tally.discard(Discard::BadSip, 1);
        };
        let call = match self.find_or_open(&seen, out) {
            Ok(call) => call,
            Err(why) => return self.tally.discard(why, 1),
        };
        self.tally.discard(Discard::Signalling, 1);
        let Some(call) = call else { return };
        self.with(call, |c| c.last_signal = c.last_signal.max(at));
        self.hear_consent(call, &seen);
        match &seen.message.start {
            Start::Request {
                method: rsip::Method::Cancel,
                ..
            } => {
                // A proxy and a PBX cancel the other forks of a call that goes on.
                self.with(call, |c| {
                    c.cancelled |= c.is_first(&seen.call_id) && seen.src.ip() == c.originator
                });
            }
            Start::Request {
                method: rsip::Method::Bye,
                ..
            } => self.bye(call, &seen, out),
            Start::Request {
                method: rsip::Method::Ack,
                ..
            } => {
                self.with(call, |c| c.acked_at = c.acked_at.or(Some(at)));
                self.describe(call, &seen, out);
            }
            Start::Request {
                method: rsip::Method::Refer,
                ..
            } => self.refer(call, &seen),
            Start::Request {
                method: rsip::Method::Notify,
                ..
            } => self.hear_of_transfer(call, &seen.message),
            Start::Response { .. } if seen.cseq.method == rsip::Method::Refer => {
                self.hear_of_transfer(call, &seen.message)
            }
            Start::Response { status } if seen.cseq.method == rsip::Method::Invite => {
                self.answer(call, &seen, *status, out)
            }
            _ => self.describe(call, &seen, out),
        }
        if let Some(c) = self.calls.get(&call) {
            out.facts(call, &c.facts);
        }
    }

    /// A yes to being recorded, by header; keys that are sent by INFO (RFC 6086;
    /// `application/dtmf-relay`).
    fn hear_consent(&mut self, call: CallNo, seen: &Seen<'_>) {
        let rules = &self.settings.keep_out;
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        if c.asks_consent {
            let rule = c
                .facts
                .to
                .number
                .as_ref()
                .and_then(|n| rules.destination(n.reveal()))
                .filter(|d| !d.header.is_empty());
            if rule
                .and_then(|d| seen.message.header(&d.header))
                .is_some_and(|v| !v.trim().eq_ignore_ascii_case("no"))
            {
                c.consent(seen.at);
            }
        }
        if rules.listens()
            && matches!(
                seen.message.start,
                Start::Request {
                    method: rsip::Method::Info,
                    ..
                }
            )
        {
            let side = c.requester(&seen.from);
            if let Some(key) = seen.message.info_key()
                && c.keys[side as usize].press(key)
            {
                c.pressed(side, rules, seen.at);
            }
        }
    }

    fn with(&mut self, call: CallNo, change: impl FnOnce(&mut Conversation)) {
        if let Some(conversation) = self.calls.get_mut(&call) {
            change(conversation);
        }
    }

    /// The conversation a message belongs to, if any. An INVITE opens one, or joins one as another
    /// leg of it; within a dialog that is already under way, any message finds the media it fits.
    fn find_or_open(
        &mut self,
        seen: &Seen<'_>,
        out: &mut impl Commands,
    ) -> Result<Option<CallNo>, Discard> {
        if let Some(call) = self.by_call_id.get(&seen.call_id).copied() {
            if seen.is_invite() {
                self.repeated_invite(call, seen);
            }
            return Ok(Some(call));
        }
        if let Some(call) = self.copies.get(&seen.call_id).copied() {
            self.hear_copy(call, seen, out);
            return Ok(None);
        }
        if self
            .closed
            .get(&seen.call_id)
            .is_some_and(|c| seen.cseq.number <= c.last_cseq || !seen.is_invite())
        {
            return Ok(None);
        }
        if !seen.is_invite() {
            if let Some(call) = self.adopt(seen) {
                return Ok(self.begin(call, seen, out));
            }
            // Of a mirror of one direction the answer may be all that is seen.
            let answers = seen.cseq.method == rsip::Method::Invite
                && matches!(seen.message.start, Start::Response { status: 101..300 });
            if !answers {
                return Ok(None);
            }
            if self.is_flooded(seen.dst.ip()) {
                return Err(Discard::Flood);
            }
            let call = self.open(seen.at, seen.dst.ip(), false);
            *self.attempts.entry(seen.dst.ip()).or_default() += 1;
            self.begin(call, seen, out);
            self.with(call, |c| c.facts.outcome = Outcome::Incomplete);
            if let Some(c) = self.calls.get(&call) {
                out.open(call, &c.facts);
            }
            return Ok(Some(call));
        }
        if let Some(call) = self.copied(seen) {
            if self.copies.len() >= MOST_CALLS {
                return Err(Discard::Flood);
            }
            self.copies.insert(seen.call_id.clone(), call);
            self.hear_copy(call, seen, out);
            return Ok(None);
        }
        let to = seen.message.to().unwrap_or_default();
        let target = match &seen.message.start {
            Start::Request { uri, .. } => crate::sip::address::user(uri),
            Start::Response { .. } => None,
        };
        let invite = Invite {
            at: seen.at,
            src: seen.src,
            dst: seen.dst.ip(),
            call_id: &seen.call_id,
            from: seen.from.user(),
            to: to.user().or(target),
        };
        if to.tag.is_none()
            && let Some((call, joint)) = joining::join(
                &invite,
                self.calls
                    .iter()
                    .filter(|(_, c)| c.dialogs.len() < MOST_DIALOGS)
                    .map(|(no, c)| (*no, &**c)),
            )
        {
            return Ok(self.joined(call, joint, seen));
        }
        if self.is_flooded(seen.src.ip()) {
            return Err(Discard::Flood);
        }
        let call = self.open(seen.at, seen.src.ip(), false);
        *self.attempts.entry(seen.src.ip()).or_default() += 1;
        let begun = self.begin(call, seen, out);
        if let Some(asked_by) = self
            .referrals
            .followed(&invite)
            .or_else(|| joining::taken_over(&invite, self.calls.values().map(|c| &**c)))
        {
            let own = self.calls.get(&call).map(|c| c.facts.id);
            self.with(call, |c| c.link(asked_by));
            if let (Some(other), Some(own)) = (
                self.calls.values_mut().find(|c| c.facts.id == asked_by),
                own,
            ) {
                other.link(own);
            }
        }
        if let Some(replaced) = seen
            .message
            .header("Replaces")
            .and_then(|v| joining::replaced(&v))
        {
            self.link_to(call, &replaced);
        }
        Ok(begun)
    }

    /// The first message of a conversation.
    fn begin(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) -> Option<CallNo> {
        self.by_call_id.insert(seen.call_id.clone(), call);
        let c = self.calls.get_mut(&call)?;
        name_parties(c, seen);
        (c.facts.direction, c.facts.telemarketer) = direction(&c.facts, &self.lines);
        keep_headers(&mut c.facts, &seen.message, &self.settings.headers);
        c.facts.user_agent = seen.message.header("User-Agent").map(|v| v.into_owned());
        c.apply(&self.settings.keep_out, seen.at);
        if out.crowded() {
            c.set_shut(Some(Withheld::Overload), seen.at);
        }
        if seen.is_invite() {
            c.invited.push(seen.dst);
            out.open(call, &c.facts);
        }
        Some(call)
    }

    /// Another leg of a call that is there.
    fn joined(&mut self, call: CallNo, joint: Joint, seen: &Seen<'_>) -> Option<CallNo> {
        let c = self.calls.get_mut(&call)?;
        self.by_call_id.insert(seen.call_id.clone(), call);
        c.caller_tags.extend(seen.from.tag.clone());
        if !c.invited.contains(&seen.dst) {
            c.invited.push(seen.dst);
        }
        match joint {
            Joint::Onward => {
                c.facts.call_ids.push(seen.call_id.clone());
                c.dialogs.push(seen.dialog());
            }
            Joint::Before => {
                c.facts.call_ids.insert(0, seen.call_id.clone());
                c.dialogs.insert(0, seen.dialog());
                c.ears.iter_mut().for_each(|(_, dialog)| *dialog += 1);
                c.originator = seen.src.ip();
                c.facts.from = party(&seen.from, None);
            }
        }
        keep_headers(&mut c.facts, &seen.message, &self.settings.headers);
        (c.facts.direction, c.facts.telemarketer) = direction(&c.facts, &self.lines);
        c.apply(&self.settings.keep_out, seen.at);
        Some(call)
    }

    /// A recording session (RFC 7866 §6.1) of a call that is seen itself: its metadata names both
    /// parties.
    fn copied(&self, seen: &Seen<'_>) -> Option<CallNo> {
        let metadata = seen.message.siprec_metadata()?;
        let text = String::from_utf8_lossy(metadata).into_owned();
        let named = |p: &super::Party| {
            p.number
                .as_ref()
                .is_some_and(|n| text.contains(&format!(":{}@", n.reveal())))
        };
        self.calls
            .iter()
            .find(|(_, c)| !c.orphan && named(&c.facts.from) && named(&c.facts.to))
            .map(|(no, _)| *no)
    }

    /// Where a recording session sends its copies.
    fn hear_copy(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) {
        let addresses = seen.message.sdp().map(|sdp| sdp.audio).unwrap_or_default();
        for address in addresses.iter().filter_map(|a| a.address) {
            self.hear(
                address,
                Ear {
                    call,
                    side: Side::Caller,
                    leg: 0,
                    copy: true,
                },
                0,
                out,
            );
        }
    }

    /// The same INVITE on another hop, a retransmission, a second dialog under the same Call-ID, or
    /// the next attempt with credentials (RFC 3261 §22.2).
    fn repeated_invite(&mut self, call: CallNo, seen: &Seen<'_>) {
        let wanted = &self.settings.headers;
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        if seen.message.to().is_none_or(|to| to.tag.is_some()) {
            return;
        }
        if let Some(tag) = seen
            .from
            .tag
            .as_ref()
            .filter(|tag| !c.caller_tags.contains(tag) && c.caller_tags.len() < MOST_DIALOGS)
        {
            c.caller_tags.push(tag.clone());
        }
        if !c.invited.contains(&seen.dst) && c.invited.len() < MOST_DIALOGS {
            c.invited.push(seen.dst);
        }
        keep_headers(&mut c.facts, &seen.message, wanted);
        let is_first = c.is_first(&seen.call_id);
        let is_next = c.dialog(&seen.call_id).is_some_and(|d| {
            let newest = d.cseq.max(seen.cseq.number);
            std::mem::replace(&mut d.cseq, newest) < newest
        });
        if c.answered() || !is_first {
            return;
        }
        if is_next {
            c.facts.outcome = Outcome::Incomplete;
            c.facts.sip_status = None;
            c.facts.ended_at = None;
            c.facts.ended_by = None;
        }
        if is_next || seen.src.ip() != c.originator {
            // The next attempt, or another fork of this one.
            c.close_at = None;
        }
    }

    /// Signalling of a call that was under way when the tap started: it belongs to the one orphan
    /// between these hosts.
    fn adopt(&self, seen: &Seen<'_>) -> Option<CallNo> {
        let hosts = |a: IpAddr, b: IpAddr| (a.min(b), a.max(b));
        let wanted = hosts(seen.src.ip(), seen.dst.ip());
        let mut fits = self.calls.iter().filter(|(_, c)| {
            c.orphan
                && c.facts.call_ids.is_empty()
                && c.facts
                    .streams
                    .first()
                    .is_some_and(|s| hosts(s.src.ip(), s.dst.ip()) == wanted)
        });
        let (call, _) = fits.next()?;
        fits.next().is_none().then_some(*call)
    }

    /// A response to an INVITE.
    fn answer(&mut self, call: CallNo, seen: &Seen<'_>, status: u16, out: &mut impl Commands) {
        let linger = self.settings.linger;
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        let at = seen.at;
        let is_first = c.is_first(&seen.call_id);
        let of_invite =
            c.dialogs.iter().any(|d| d.cseq == seen.cseq.number) || c.caller_tags.len() > 1;
        if let Some(dialog) = c
            .dialog(&seen.call_id)
            .filter(|_| (200..300).contains(&status))
        {
            dialog.answered = true;
            dialog.to = seen.message.to().unwrap_or_default();
        }
        match status {
            101..200 if !c.answered() => {
                if status == 180 || status == 183 {
                    c.facts.ringing_at.get_or_insert(at);
                }
                c.close_at = None;
            }
            200..300 if !is_first && of_invite => {
                c.leg_answered = true;
                // A line that is never recorded may stand behind a queue's number.
                let parties = [Some(&seen.from).cloned(), seen.message.to()];
                if parties
                    .iter()
                    .flatten()
                    .filter_map(NameAddr::user)
                    .any(|n| self.settings.keep_out.is_never(&n))
                {
                    c.asks_consent = false;
                    c.set_shut(Some(Withheld::Policy), at);
                }
                // Behind a queue the extension that answers is the one that was called.
                let to = seen.message.to().unwrap_or_default();
                if c.facts.direction.is_none()
                    && to.user().is_some_and(|user| self.lines.has(&user))
                {
                    c.facts.to = party(&to, None);
                    (c.facts.direction, c.facts.telemarketer) = direction(&c.facts, &self.lines);
                }
            }
            200..300 if of_invite && !c.answered() => {
                c.facts.outcome = Outcome::Answered;
                c.facts.sip_status = Some(status);
                c.facts.answered_at.get_or_insert(at);
                c.facts.ended_at = None;
                c.facts.ended_by = None;
                c.close_at = None;
            }
            300.. if is_first && !c.answered() => {
                let to_originator = seen.dst.ip() == c.originator;
                if to_originator || c.facts.sip_status.is_none() {
                    c.facts.outcome = Outcome::of_status(status);
                    c.facts.sip_status = Some(status);
                    c.facts.ended_by = Some(match c.facts.outcome {
                        Outcome::Cancelled => EndedBy::Caller,
                        Outcome::Busy | Outcome::Rejected => EndedBy::Callee,
                        _ => EndedBy::Network,
                    });
                    // One fork's answer is not yet the caller's.
                    c.end(
                        at,
                        EndedBy::Network,
                        if to_originator { linger } else { FORK },
                    );
                }
            }
            _ => {}
        }
        if c.answered() || c.facts.ended_at.is_some() {
            self.settled(call);
        }
        if status < 300 {
            self.describe(call, seen, out);
        }
    }

    /// Whether there is no room for another call of a host.
    fn is_flooded(&self, host: IpAddr) -> bool {
        self.calls.len() >= MOST_CALLS
            || self
                .attempts
                .get(&host)
                .is_some_and(|n| *n >= MOST_ATTEMPTS)
    }

    /// An attempt has come to something: its host may make another.
    fn settled(&mut self, call: CallNo) {
        let Some(c) = self
            .calls
            .get_mut(&call)
            .filter(|c| !c.settled && !c.orphan)
        else {
            return;
        };
        c.settled = true;
        let host = c.attempted_by;
        if let Some(waiting) = self.attempts.get_mut(&host) {
            *waiting -= 1;
            if *waiting == 0 {
                self.attempts.remove(&host);
            }
        }
    }

    /// Takes in a session description: who listens where, in which formats, and who is on hold.
    fn describe(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) {
        let Some(Sdp { audio }) = seen.message.sdp() else {
            return;
        };
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        let (at, is_request) = (seen.at, seen.is_request());
        let requester = c.requester(&seen.from);
        let side = if is_request {
            requester
        } else {
            requester.other()
        };
        let leg = c.leg(seen.src, seen.dst);
        for format in audio
            .iter()
            .flat_map(|a| &a.formats)
            .filter(|f| f.encoding.eq_ignore_ascii_case("telephone-event"))
        {
            c.pulse.event_types |= 1 << (format.payload_type & 0x7f);
        }
        let dialog = c.dialog_number(&seen.call_id).unwrap_or(0);
        if let Some(dialog) = c.dialogs.get_mut(dialog).filter(|d| !d.legs.contains(&leg)) {
            dialog.legs.push(leg);
        }
        for stream in &audio {
            c.hold(side, stream.direction, is_request, at);
            let described = SideFormats {
                side,
                leg,
                at,
                formats: stream.formats.clone(),
                keying: stream.keying,
                crypto: stream.crypto.clone(),
            };
            let last = c
                .facts
                .formats
                .iter()
                .rfind(|f| f.side == side && f.leg == leg);
            if c.facts.formats.len() < MOST_FORMATS
                && last.is_none_or(|l| {
                    l.formats != described.formats
                        || l.keying != described.keying
                        || l.crypto != described.crypto
                })
            {
                c.facts.formats.push(described);
            }
        }
        for address in audio.iter().filter_map(|a| a.address) {
            self.hear(
                address,
                Ear {
                    call,
                    side,
                    leg,
                    copy: false,
                },
                dialog,
                out,
            );
        }
    }

    /// Notes an ear and lets in what waited for it.
    fn hear(&mut self, address: SocketAddr, ear: Ear, dialog: usize, out: &mut impl Commands) {
        let Some(c) = self.calls.get_mut(&ear.call) else {
            return;
        };
        if !c.ears.iter().any(|(known, _)| *known == address) {
            if c.ears.len() >= MOST_EARS {
                return;
            }
            c.ears.push((address, dialog));
        }
        match self.ears.get(&address) {
            Some(known)
                if known.call == ear.call && known.side == ear.side && known.copy == ear.copy =>
            {
                return;
            }
            _ => {
                self.flows.release(address, ear.call);
                self.ears.insert(address, ear);
            }
        }
        for (key, flow) in self
            .waiting
            .take(|key, _| key.dst == address || key.src == address)
        {
            if ear.copy {
                self.tally.waiting -= flow.len() as u64;
                self.tally
                    .discard(Discard::RecordingCopy, flow.len() as u64);
                self.flows.insert(key, Flow::Copy { call: ear.call });
                continue;
            }
            let speaker = if key.dst == address {
                ear.side.other()
            } else {
                ear.side
            };
            self.admit(ear, speaker, key, &flow, out);
        }
    }

    /// Closes what has ended, gives up what will not come: once a second of the tap's clock, and of
    /// the box's when no frame comes.
    pub fn tick(&mut self, now: WallTime, out: &mut impl Commands) {
        self.last_tick = now;
        let due: Vec<CallNo> = self
            .calls
            .iter_mut()
            .filter_map(|(no, c)| is_due(c, now, &self.settings).then_some(*no))
            .collect();
        for call in due {
            self.go_on(call, now, out);
            self.close(call, now, out);
        }
        let stale = self.waiting.take(|_, f| now - f.last > WAIT);
        self.drop_waiting(stale);
        self.flows.forget(now);
        self.closed.retain(|_, c| now - c.at < REMEMBER);
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
        self.settled(call);
        let Some(mut c) = self.calls.remove(&call) else {
            return;
        };
        if c.facts.outcome == Outcome::Incomplete && c.cancelled {
            c.facts.outcome = Outcome::Cancelled;
            c.facts.ended_by = Some(EndedBy::Caller);
        }
        for (id, dialog) in c.facts.call_ids.iter().zip(&c.dialogs) {
            if self.by_call_id.get(id) != Some(&call) {
                continue;
            }
            self.by_call_id.remove(id);
            if self.closed.len() < MOST_CLOSED {
                self.closed.insert(
                    id.clone(),
                    Closed {
                        at: now,
                        last_cseq: dialog.cseq,
                        id: c.facts.id,
                    },
                );
            }
        }
        self.copies.retain(|_, copied| *copied != call);
        let addresses: Vec<SocketAddr> = c
            .ears
            .iter()
            .map(|(address, _)| *address)
            .chain(c.facts.streams.iter().map(|s| s.dst))
            .collect();
        match c.facts.ended_by {
            Some(EndedBy::Timeout) => self.flows.let_go(call, &addresses),
            _ => self.flows.end(call, &addresses, now),
        }
        for (address, _) in &c.ears {
            if self.ears.get(address).is_some_and(|ear| ear.call == call) {
                self.ears.remove(address);
            }
        }
        out.close(call, &c.facts);
    }
}

/// Who calls whom, from the first message seen of a conversation. An adopted call named its sides
/// by its media: keep to that.
fn name_parties(c: &mut Conversation, seen: &Seen<'_>) {
    let to = seen.message.to().unwrap_or_default();
    let under_way = to.tag.is_some();
    let from_is_caller = seen.is_invite() || seen.src.ip() == c.originator;
    let (caller, callee) = if from_is_caller == seen.is_request() {
        (&seen.from, &to)
    } else {
        (&to, &seen.from)
    };
    let target = match &seen.message.start {
        Start::Request {
            method: rsip::Method::Invite,
            uri,
        } if !under_way => Some(uri.as_ref()),
        _ => None,
    };
    c.facts.call_ids.push(seen.call_id.clone());
    c.caller_tags.extend(caller.tag.clone());
    c.dialogs.push(seen.dialog());
    c.facts.from = party(caller, None);
    c.facts.to = party(callee, target);
    if under_way {
        c.facts.outcome = Outcome::Answered;
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
