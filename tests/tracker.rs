//! The tracker alone, with messages made here: what becomes one call, when it ends, and that no packet is unaccounted for.

use assay::call::tracker::Settings;
use assay::call::{CallFacts, CallNo, Commands, Discard, EndedBy, Lines, Outcome, Side, StreamNo, Tracker};
use assay::units::{Micros, WallTime};
use assay::wire::Datagram;
use std::net::SocketAddr;
use uuid::Uuid;

#[derive(Default)]
struct Seen {
    opened: Vec<CallNo>,
    packets: Vec<(CallNo, StreamNo)>,
    closed: Vec<CallFacts>,
}

impl Commands for Seen {
    fn open(&mut self, call: CallNo, _: &CallFacts) {
        self.opened.push(call);
    }
    fn packet(&mut self, call: CallNo, stream: StreamNo, _: WallTime, _: &[u8]) {
        assert!(self.opened.contains(&call), "a packet for a call that was never opened");
        self.packets.push((call, stream));
    }
    fn facts(&mut self, _: CallNo, _: &CallFacts) {}
    fn close(&mut self, _: CallNo, facts: &CallFacts) {
        self.closed.push(facts.clone());
    }
}

struct Wire {
    tracker: Tracker,
    seen: Seen,
    now: WallTime,
}

const A: &str = "10.0.0.1";
const B: &str = "10.0.0.2";

impl Wire {
    fn new() -> Wire {
        let mut n = 0_u128;
        let ids = move |_| {
            n += 1;
            Uuid::from_u128(n)
        };
        Wire { tracker: Tracker::new(Settings::default(), Lines::new(["201".to_owned()]), ids), seen: Seen::default(), now: WallTime(1_000_000_000) }
    }

    fn wait(&mut self, ms: i64) {
        self.now = self.now + Micros::from_millis(ms);
        self.tracker.tick(self.now, &mut self.seen);
        assert_eq!(self.tracker.tally().unaccounted(), 0);
    }

    fn send(&mut self, from: (&str, u16), to: (&str, u16), payload: &[u8]) {
        let address = |(ip, port): (&str, u16)| SocketAddr::new(ip.parse().unwrap(), port);
        let d = Datagram { src: address(from), dst: address(to), payload, cut: false };
        self.tracker.datagram(self.now, &d, &mut self.seen);
        assert_eq!(self.tracker.tally().unaccounted(), 0);
    }

    /// A request or response from A to B, or back with `back`; `sdp` is the port of its description.
    fn sip(&mut self, first: &str, cseq: &str, tags: (&str, &str), sdp: Option<u16>, back: bool) {
        let (from, to) = if back { (B, A) } else { (A, B) };
        let body = sdp.map(|port| format!("v=0\r\no=- 1 1 IN IP4 {from}\r\ns=-\r\nc=IN IP4 {from}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n")).unwrap_or_default();
        let tag = |t: &str| if t.is_empty() { String::new() } else { format!(";tag={t}") };
        let text = format!(
            "{first}\r\nFrom: <sip:201@{A}>{}\r\nTo: <sip:+494055501010@{B}>{}\r\nCall-ID: one@{A}\r\nCSeq: {cseq}\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            tag(tags.0),
            tag(tags.1),
            body.len()
        );
        self.send((from, 5060), (to, 5060), text.as_bytes());
    }

    fn invite(&mut self) {
        self.sip("INVITE sip:+494055501010@10.0.0.2 SIP/2.0", "1 INVITE", ("a", ""), Some(4000), false);
    }

    fn ok(&mut self) {
        self.sip("SIP/2.0 200 OK", "1 INVITE", ("a", "b"), Some(5000), true);
    }

    fn rtp(&mut self, back: bool, sequence: u16) {
        let mut packet = vec![0x80, 8];
        packet.extend(sequence.to_be_bytes());
        packet.extend((u32::from(sequence) * 160).to_be_bytes());
        packet.extend(if back { [0, 0, 0, 2] } else { [0, 0, 0, 1] });
        packet.extend([0xd5; 160]);
        let (from, to) = if back { ((B, 5000), (A, 4000)) } else { ((A, 4000), (B, 5000)) };
        self.send(from, to, &packet);
    }

    fn discarded(&self, why: Discard) -> u64 {
        self.tracker.tally().discarded.get(&why).copied().unwrap_or(0)
    }
}

#[test]
fn retransmissions_make_no_second_call_and_media_after_the_end_is_counted() {
    let mut w = Wire::new();
    for _ in 0..3 {
        w.invite();
    }
    w.ok();
    w.ok();
    for n in 0..20 {
        w.rtp(false, n);
        w.rtp(true, n);
        w.wait(20);
    }
    w.sip("BYE sip:x@10.0.0.1 SIP/2.0", "1 BYE", ("b", "a"), None, true);
    w.rtp(false, 20);
    w.wait(5_000);
    let facts = w.seen.closed.first().expect("closed after its stragglers").clone();
    assert_eq!((facts.outcome, facts.ended_by, facts.telemarketer), (Outcome::Answered, Some(EndedBy::Callee), Some(Side::Caller)));
    // Late copies: of the INVITE, of the media, of the BYE.
    w.invite();
    w.rtp(true, 21);
    w.sip("BYE sip:x@10.0.0.1 SIP/2.0", "1 BYE", ("b", "a"), None, true);
    assert_eq!((w.seen.opened.len(), w.seen.packets.len(), w.discarded(Discard::AfterEnd)), (1, 41, 1));
}

#[test]
fn a_call_without_a_bye_ends_when_nothing_comes_any_more() {
    let mut w = Wire::new();
    w.invite();
    w.ok();
    w.rtp(false, 0);
    let last = w.now;
    w.wait(59_000);
    assert!(w.seen.closed.is_empty());
    w.wait(2_000);
    let facts = &w.seen.closed[0];
    assert_eq!((facts.ended_by, facts.ended_at), (Some(EndedBy::Timeout), Some(last)));
}

#[test]
fn a_held_call_is_waited_for() {
    let mut w = Wire::new();
    w.invite();
    w.ok();
    w.rtp(false, 0);
    let hold = "v=0\r\no=- 1 2 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=sendonly\r\n";
    let text = format!(
        "INVITE sip:b@10.0.0.2 SIP/2.0\r\nFrom: <sip:201@{A}>;tag=a\r\nTo: <sip:b@{B}>;tag=b\r\nCall-ID: one@{A}\r\nCSeq: 2 INVITE\r\nContent-Type: application/sdp\r\n\r\n{hold}"
    );
    w.send((A, 5060), (B, 5060), text.as_bytes());
    let held_at = w.now;
    w.wait(300_000);
    assert!(w.seen.closed.is_empty(), "five minutes on hold are no end");
    w.sip("INVITE sip:b@10.0.0.2 SIP/2.0", "3 INVITE", ("a", "b"), Some(4000), false);
    let resumed_at = w.now;
    w.sip("BYE sip:b@10.0.0.2 SIP/2.0", "4 BYE", ("a", "b"), None, false);
    w.wait(5_000);
    assert_eq!(w.seen.closed[0].holds, [(held_at, Some(resumed_at))]);
    assert_eq!(w.seen.closed[0].ended_by, Some(EndedBy::Caller));
}

#[test]
fn media_that_overtakes_its_signalling_is_let_in_and_media_without_any_becomes_a_call() {
    let mut w = Wire::new();
    for n in 0..5 {
        w.rtp(true, n);
        w.wait(20);
    }
    assert_eq!((w.seen.packets.len(), w.tracker.tally().waiting), (0, 5));
    w.invite();
    assert_eq!((w.seen.packets.len(), w.tracker.tally().waiting), (5, 0));

    let mut w = Wire::new();
    for n in 0..150 {
        w.rtp(true, n);
        w.rtp(false, n);
        w.wait(20);
    }
    assert_eq!((w.seen.opened.len(), w.seen.packets.len()), (1, 300), "both directions are one call");
    w.tracker.finish(w.now, &mut w.seen);
    assert_eq!((w.seen.closed[0].outcome, w.seen.closed[0].call_ids.len()), (Outcome::Incomplete, 0));
}

#[test]
fn every_way_to_be_refused() {
    for (status, outcome, by) in [
        (486, Outcome::Busy, EndedBy::Callee),
        (600, Outcome::Busy, EndedBy::Callee),
        (403, Outcome::Rejected, EndedBy::Callee),
        (603, Outcome::Rejected, EndedBy::Callee),
        (487, Outcome::Cancelled, EndedBy::Caller),
        (408, Outcome::NoAnswer, EndedBy::Network),
        (480, Outcome::NoAnswer, EndedBy::Network),
        (404, Outcome::Failed, EndedBy::Network),
        (503, Outcome::Failed, EndedBy::Network),
    ] {
        let mut w = Wire::new();
        w.invite();
        w.sip(&format!("SIP/2.0 {status} No"), "1 INVITE", ("a", "b"), None, true);
        w.wait(10_000);
        let facts = &w.seen.closed[0];
        assert_eq!((facts.outcome, facts.sip_status, facts.ended_by), (outcome, Some(status), Some(by)), "{status}");
    }
    // Asked for credentials, the second attempt counts (RFC 3261 §22.2).
    let mut w = Wire::new();
    w.invite();
    w.sip("SIP/2.0 407 Proxy Authentication Required", "1 INVITE", ("a", "b"), None, true);
    w.wait(100);
    w.sip("INVITE sip:b@10.0.0.2 SIP/2.0", "2 INVITE", ("a", ""), Some(4000), false);
    w.sip("SIP/2.0 200 OK", "2 INVITE", ("a", "c"), Some(5000), true);
    w.wait(10_000);
    assert!(w.seen.closed.is_empty() && w.seen.opened.len() == 1);
}

proptest::proptest! {
    /// Packets in are packets spooled, waiting or discarded, whatever comes in whatever order (PRODUCT I5).
    #[test]
    fn nothing_is_unaccounted_for(steps in proptest::collection::vec((0_u8..12, 0_u16..40, 0_i64..40_000), 0..300)) {
        let mut w = Wire::new();
        for (what, n, ms) in steps {
            match what {
                0 => w.invite(),
                1 => w.ok(),
                2..=4 => w.rtp(false, n),
                5..=7 => w.rtp(true, n),
                8 => w.sip("BYE sip:x SIP/2.0", "9 BYE", ("a", "b"), None, false),
                9 => w.sip("CANCEL sip:x SIP/2.0", "1 CANCEL", ("a", ""), None, false),
                10 => w.send((A, n), (B, 9), &vec![n as u8; usize::from(n)]),
                _ => w.wait(ms),
            }
        }
        w.tracker.finish(w.now, &mut w.seen);
        let tally = w.tracker.tally();
        proptest::prop_assert_eq!((tally.unaccounted(), tally.waiting), (0, 0));
        proptest::prop_assert_eq!(tally.spooled, w.seen.packets.len() as u64);
        proptest::prop_assert_eq!(w.seen.opened.len(), w.seen.closed.len());
    }
}
