//! The tracker alone, with messages made here: what becomes one call, when it ends, and that no
//! packet is unaccounted for.

use assay::call::Settings;
use assay::call::{
    CallFacts, CallNo, Commands, Discard, EndedBy, Lines, Outcome, Side, StreamNo, Tracker,
};
use assay::units::{Micros, WallTime};
use assay::wire::Datagram;
use std::net::SocketAddr;
use uuid::Uuid;

#[derive(Default)]
struct Seen {
    opened: Vec<CallNo>,
    packets: Vec<(CallNo, StreamNo)>,
    closed: Vec<CallFacts>,
    crowded: bool,
}

impl Commands for Seen {
    fn crowded(&self) -> bool {
        self.crowded
    }
    fn open(&mut self, call: CallNo, _: &CallFacts) {
        assert!(!self.opened.contains(&call), "a call was opened twice");
        self.opened.push(call);
    }
    fn packet(&mut self, call: CallNo, stream: StreamNo, _: WallTime, _: &[u8]) {
        assert!(
            self.opened.contains(&call),
            "a packet for a call that was never opened"
        );
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
        Wire {
            tracker: Tracker::new(Settings::default(), Lines::new(["201".to_owned()]), ids),
            seen: Seen::default(),
            now: WallTime(1_000_000_000),
        }
    }

    fn wait(&mut self, ms: i64) {
        self.now = self.now + Micros::from_millis(ms);
        self.tracker.tick(self.now, &mut self.seen);
        assert_eq!(self.tracker.tally().unaccounted(), 0);
    }

    fn send(&mut self, from: (&str, u16), to: (&str, u16), payload: &[u8]) {
        let address = |(ip, port): (&str, u16)| SocketAddr::new(ip.parse().unwrap(), port);
        let d = Datagram {
            src: address(from),
            dst: address(to),
            payload,
            cut: false,
        };
        self.tracker.datagram(self.now, &d, &mut self.seen);
        assert_eq!(self.tracker.tally().unaccounted(), 0);
    }

    /// A request or response from A to B, or back with `back`; `sdp` is the port of its
    /// description.
    fn sip(&mut self, first: &str, cseq: &str, tags: (&str, &str), sdp: Option<u16>, back: bool) {
        let (from, to) = if back { (B, A) } else { (A, B) };
        let body = sdp
            .map(|port| {
                format!(
                    "v=0\r\no=- 1 1 IN IP4 {from}\r\ns=-\r\nc=IN IP4 \
            {from}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
                )
            })
            .unwrap_or_default();
        let tag = |t: &str| {
            if t.is_empty() {
                String::new()
            } else {
                format!(";tag={t}")
            }
        };
        let text = format!(
            "{first}\r\nFrom: <sip:201@{A}>{}\r\nTo: <sip:+494055501010@{B}>{}\r\nCall-ID: \
             one@{A}\r\nCSeq: {cseq}\r\nContent-Type: application/sdp\r\nContent-Length: \
             {}\r\n\r\n{body}",
            tag(tags.0),
            tag(tags.1),
            body.len()
        );
        self.send((from, 5060), (to, 5060), text.as_bytes());
    }

    fn invite(&mut self) {
        self.sip(
            "INVITE sip:+494055501010@10.0.0.2 SIP/2.0",
            "1 INVITE",
            ("a", ""),
            Some(4000),
            false,
        );
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
        let (from, to) = if back {
            ((B, 5000), (A, 4000))
        } else {
            ((A, 4000), (B, 5000))
        };
        self.send(from, to, &packet);
    }

    fn discarded(&self, why: Discard) -> u64 {
        self.tracker
            .tally()
            .discarded
            .get(&why)
            .copied()
            .unwrap_or(0)
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
    w.sip(
        "BYE sip:x@10.0.0.1 SIP/2.0",
        "1 BYE",
        ("b", "a"),
        None,
        true,
    );
    w.rtp(false, 20);
    w.wait(5_000);
    let facts = w
        .seen
        .closed
        .first()
        .expect("closed after its stragglers")
        .clone();
    assert_eq!(
        (facts.outcome, facts.ended_by, facts.telemarketer),
        (Outcome::Answered, Some(EndedBy::Callee), Some(Side::Caller))
    );
    // Late copies: of the INVITE, of the media, of the BYE.
    w.invite();
    w.rtp(true, 21);
    w.sip(
        "BYE sip:x@10.0.0.1 SIP/2.0",
        "1 BYE",
        ("b", "a"),
        None,
        true,
    );
    assert_eq!(
        (
            w.seen.opened.len(),
            w.seen.packets.len(),
            w.discarded(Discard::AfterEnd)
        ),
        (1, 41, 1)
    );
}

/// A mirror that was away for longer than a call may be silent: what follows is recorded, as a call
/// of its own.
#[test]
fn a_call_that_was_given_up_and_goes_on_is_recorded_on() {
    let mut w = Wire::new();
    w.invite();
    w.ok();
    for n in 0..20 {
        w.rtp(false, n);
        w.rtp(true, n);
        w.wait(20);
    }
    w.wait(70_000);
    assert_eq!(
        w.seen.closed.iter().map(|c| c.ended_by).collect::<Vec<_>>(),
        [Some(EndedBy::Timeout)]
    );
    for n in 3_500..3_700 {
        w.rtp(false, n);
        w.rtp(true, n);
        w.wait(20);
    }
    assert_eq!(
        (
            w.seen.opened.len(),
            w.seen.packets.len(),
            w.discarded(Discard::AfterEnd)
        ),
        (2, 440, 0)
    );
    let streams = w
        .tracker
        .in_progress()
        .map(|(facts, media, _)| (facts.streams.len(), media[0].packets > 0))
        .collect::<Vec<_>>();
    assert_eq!(streams, [(2, true)], "both directions in one");
}

/// No call lasts for ever, and what is longer goes on in another.
#[test]
fn a_call_that_is_too_long_goes_on_in_another() {
    let mut w = Wire::new();
    let mut n = 0_u128;
    let ids = move |_| {
        n += 1;
        Uuid::from_u128(n)
    };
    w.tracker = Tracker::new(
        Settings {
            longest: Micros::from_secs(30),
            ..Settings::default()
        },
        Lines::default(),
        ids,
    );
    w.invite();
    w.ok();
    for n in 0..5_000 {
        w.rtp(false, n);
        w.wait(20);
    }
    assert_eq!(
        (
            w.seen.opened.len(),
            w.seen.closed.len(),
            w.seen.packets.len()
        ),
        (4, 3, 5_000),
        "{:?}",
        w.tracker.tally()
    );
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
    assert_eq!(
        (facts.ended_by, facts.ended_at),
        (Some(EndedBy::Timeout), Some(last))
    );
}

#[test]
fn a_held_call_is_waited_for() {
    let mut w = Wire::new();
    w.invite();
    w.ok();
    w.rtp(false, 0);
    let hold = "v=0\r\no=- 1 2 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio \
        4000 RTP/AVP 8\r\na=sendonly\r\n";
    let text = format!(
        "INVITE sip:b@10.0.0.2 SIP/2.0\r\nFrom: <sip:201@{A}>;tag=a\r\nTo: \
         <sip:b@{B}>;tag=b\r\nCall-ID: one@{A}\r\nCSeq: 2 INVITE\r\nContent-Type: \
         application/sdp\r\n\r\n{hold}"
    );
    w.send((A, 5060), (B, 5060), text.as_bytes());
    let held_at = w.now;
    w.wait(300_000);
    assert!(w.seen.closed.is_empty(), "five minutes on hold are no end");
    w.sip(
        "INVITE sip:b@10.0.0.2 SIP/2.0",
        "3 INVITE",
        ("a", "b"),
        Some(4000),
        false,
    );
    let resumed_at = w.now;
    w.sip(
        "BYE sip:b@10.0.0.2 SIP/2.0",
        "4 BYE",
        ("a", "b"),
        None,
        false,
    );
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
    assert_eq!(
        (w.seen.opened.len(), w.seen.packets.len()),
        (1, 300),
        "both directions are one call"
    );
    w.tracker.finish(w.now, &mut w.seen);
    assert_eq!(
        (w.seen.closed[0].outcome, w.seen.closed[0].call_ids.len()),
        (Outcome::Incomplete, 0)
    );
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
        w.sip(
            &format!("SIP/2.0 {status} No"),
            "1 INVITE",
            ("a", "b"),
            None,
            true,
        );
        w.wait(10_000);
        let facts = &w.seen.closed[0];
        assert_eq!(
            (facts.outcome, facts.sip_status, facts.ended_by),
            (outcome, Some(status), Some(by)),
            "{status}"
        );
    }
    // Asked for credentials, the second attempt counts (RFC 3261 §22.2).
    let mut w = Wire::new();
    w.invite();
    w.sip(
        "SIP/2.0 407 Proxy Authentication Required",
        "1 INVITE",
        ("a", "b"),
        None,
        true,
    );
    w.wait(100);
    w.sip(
        "INVITE sip:b@10.0.0.2 SIP/2.0",
        "2 INVITE",
        ("a", ""),
        Some(4000),
        false,
    );
    w.sip("SIP/2.0 200 OK", "2 INVITE", ("a", "c"), Some(5000), true);
    w.wait(10_000);
    assert!(w.seen.closed.is_empty() && w.seen.opened.len() == 1);
}

const PHONE: &str = "10.0.0.1";
const PBX: &str = "10.0.0.20";
const TRUNK: &str = "10.0.0.30";
const DESK: &str = "10.0.0.41";

/// A message between two hosts' SIP ports.
struct Said<'a> {
    hosts: (&'a str, &'a str),
    first: &'a str,
    id: &'a str,
    cseq: &'a str,
    from: &'a str,
    to: &'a str,
    more: &'a str,
    audio: Option<u16>,
}

impl Wire {
    fn say(&mut self, m: &Said<'_>) {
        let (src, dst) = m.hosts;
        let body = m
            .audio
            .map(|port| {
                format!(
                    "v=0\r\no=- 1 1 IN IP4 {src}\r\ns=-\r\nc=IN IP4 \
            {src}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
                )
            })
            .unwrap_or_default();
        let text = format!(
            "{}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {}\r\n{}Content-Type: \
             application/sdp\r\n\r\n{body}",
            m.first, m.from, m.to, m.id, m.cseq, m.more
        );
        self.send((src, 5060), (dst, 5060), text.as_bytes());
        self.wait(10);
    }

    /// An INVITE and, unless the port is zero, its 200; users alone name the parties.
    fn dial(&mut self, hosts: (&str, &str), id: &str, (from, to): (&str, &str), ports: (u16, u16)) {
        let (f, t) = (format!("<sip:{from}@x>;tag=f{id}"), format!("<sip:{to}@x>"));
        self.say(&Said {
            hosts,
            first: &format!("INVITE sip:{to}@x SIP/2.0"),
            id,
            cseq: "1 INVITE",
            from: &f,
            to: &t,
            more: "",
            audio: Some(ports.0),
        });
        if ports.1 != 0 {
            self.pick_up(hosts, id, (from, to), ports.1);
        }
    }

    fn status(
        &mut self,
        hosts: (&str, &str),
        id: &str,
        (from, to): (&str, &str),
        status: &str,
        audio: Option<u16>,
    ) {
        let (f, t) = (
            format!("<sip:{from}@x>;tag=f{id}"),
            format!("<sip:{to}@x>;tag=t{id}"),
        );
        self.say(&Said {
            hosts: (hosts.1, hosts.0),
            first: &format!("SIP/2.0 {status}"),
            id,
            cseq: "1 INVITE",
            from: &f,
            to: &t,
            more: "",
            audio,
        });
    }

    fn pick_up(&mut self, hosts: (&str, &str), id: &str, users: (&str, &str), port: u16) {
        self.status(hosts, id, users, "200 OK", Some(port));
    }

    /// The party that was called hangs up, or the caller.
    fn hang_up(&mut self, hosts: (&str, &str), id: &str, (from, to): (&str, &str), callee: bool) {
        let (f, t) = (
            format!("<sip:{from}@x>;tag=f{id}"),
            format!("<sip:{to}@x>;tag=t{id}"),
        );
        let (hosts, f, t) = if callee {
            ((hosts.1, hosts.0), t, f)
        } else {
            (hosts, f, t)
        };
        self.say(&Said {
            hosts,
            first: "BYE sip:x SIP/2.0",
            id,
            cseq: "9 BYE",
            from: &f,
            to: &t,
            more: "",
            audio: None,
        });
    }

    fn refer(&mut self, hosts: (&str, &str), id: &str, refer_to: &str) {
        let more = format!("Refer-To: <{refer_to}>\r\n");
        self.say(&Said {
            hosts,
            first: "REFER sip:x SIP/2.0",
            id,
            cseq: "5 REFER",
            from: &format!("<sip:a@x>;tag=t{id}"),
            to: "<sip:b@x>;tag=z",
            more: &more,
            audio: None,
        });
    }

    fn voice(&mut self, from: (&str, u16), to: (&str, u16), ssrc: u8, packets: u16) {
        for n in 0..packets {
            let mut packet = vec![0x80, 8];
            packet.extend(n.to_be_bytes());
            packet.extend((u32::from(n) * 160).to_be_bytes());
            packet.extend([0, 0, 0, ssrc]);
            packet.extend([0xd5; 160]);
            self.send(from, to, &packet);
        }
    }

    fn done(&mut self) -> Vec<CallFacts> {
        self.wait(5_000);
        self.tracker.finish(self.now, &mut self.seen);
        assert_eq!(self.tracker.tally().unaccounted(), 0);
        self.seen.closed.clone()
    }
}

#[test]
fn a_call_through_a_pbx_is_one_whichever_leg_is_seen_first_and_whatever_number_it_shows() {
    for (number_out, overtaken) in [("201", false), ("201", true), ("+493012345", false)] {
        let mut w = Wire::new();
        let (a, b) = (("201", "0004940555010"), (number_out, "+494940555010"));
        if overtaken {
            w.dial((PBX, TRUNK), "b", (number_out, "0004940555010"), (6000, 0));
            w.dial((PHONE, PBX), "a", a, (4000, 0));
        } else {
            w.dial((PHONE, PBX), "a", a, (4000, 0));
            w.dial((PBX, TRUNK), "b", b, (6000, 0));
        }
        w.pick_up((PBX, TRUNK), "b", b, 7000);
        w.pick_up((PHONE, PBX), "a", a, 5000);
        w.voice((PHONE, 4000), (PBX, 5000), 1, 5);
        w.voice((PBX, 5000), (PHONE, 4000), 2, 5);
        w.voice((PBX, 6000), (TRUNK, 7000), 3, 5);
        w.voice((TRUNK, 7000), (PBX, 6000), 4, 5);
        w.hang_up((PBX, TRUNK), "b", b, true);
        w.hang_up((PHONE, PBX), "a", a, true);
        let calls = w.done();
        let [call] = calls.as_slice() else {
            panic!("{} calls", calls.len())
        };
        assert_eq!(
            (call.call_ids.as_slice(), call.outcome, call.ended_by),
            (
                ["a".to_owned(), "b".to_owned()].as_slice(),
                Outcome::Answered,
                Some(EndedBy::Callee)
            )
        );
        assert_eq!(
            call.from.number.as_ref().map(|n| n.reveal().as_str()),
            Some("201")
        );
        let speakers: Vec<(Side, u16)> = call
            .streams
            .iter()
            .map(|s| (s.speaker, s.dst.port()))
            .collect();
        assert_eq!(
            speakers,
            [
                (Side::Caller, 5000),
                (Side::Callee, 4000),
                (Side::Caller, 7000),
                (Side::Callee, 6000)
            ]
        );
    }
}

#[test]
fn two_people_who_call_at_once_are_not_one_call() {
    let mut w = Wire::new();
    // The same callee, both through the PBX: each leg out belongs to its own caller.
    w.dial((PHONE, PBX), "a1", ("201", "040555010"), (4000, 0));
    w.dial((DESK, PBX), "a2", ("202", "040555010"), (4100, 0));
    w.dial((PBX, TRUNK), "b2", ("202", "040555010"), (6100, 0));
    w.dial((PBX, TRUNK), "b1", ("201", "040555010"), (6000, 0));
    let ids: Vec<Vec<String>> = w.done().into_iter().map(|c| c.call_ids).collect();
    assert_eq!(ids, [["a1", "b1"], ["a2", "b2"]]);
    // Under the trunk's number nobody knows which is whose: nothing is guessed.
    let mut w = Wire::new();
    w.dial((PHONE, PBX), "a1", ("201", "040555010"), (4000, 0));
    w.dial((DESK, PBX), "a2", ("202", "040555010"), (4100, 0));
    w.dial((PBX, TRUNK), "b1", ("+4930123", "040555010"), (6000, 0));
    assert_eq!(w.done().len(), 3);
    // All on one host: the ports tell them apart.
    let mut w = Wire::new();
    w.dial((PHONE, PHONE), "x", ("alice", "bob"), (4000, 0));
    let text = "INVITE sip:bob@x SIP/2.0\r\nFrom: <sip:carol@x>;tag=1\r\nTo: \
        <sip:bob@x>\r\nCall-ID: y\r\nCSeq: 1 INVITE\r\n\r\n";
    w.send((PHONE, 5071), (PHONE, 5060), text.as_bytes());
    assert_eq!(w.done().len(), 2);
}

#[test]
fn a_queue_tries_one_extension_after_the_other_and_is_one_call() {
    let mut w = Wire::new();
    let customer = "+494055501010";
    w.dial((TRUNK, PBX), "in", (customer, "4930900"), (4000, 5000));
    w.wait(30_000);
    w.dial((PBX, PHONE), "one", (customer, "299"), (6000, 0));
    w.wait(15_000);
    w.status(
        (PBX, PHONE),
        "one",
        (customer, "299"),
        "487 Request Terminated",
        None,
    );
    w.wait(20_000);
    w.dial((PBX, DESK), "two", (customer, "201"), (6100, 7100));
    w.voice((DESK, 7100), (PBX, 6100), 4, 5);
    w.wait(20_000);
    w.hang_up((PBX, DESK), "two", (customer, "201"), true);
    // A survey after the call is still this call.
    w.wait(10_000);
    w.voice((PBX, 5000), (TRUNK, 4000), 2, 5);
    w.hang_up((TRUNK, PBX), "in", (customer, "4930900"), false);
    let calls = w.done();
    let [call] = calls.as_slice() else {
        panic!("{} calls", calls.len())
    };
    assert_eq!(
        (
            call.outcome,
            call.call_ids.len(),
            call.ended_by,
            call.telemarketer
        ),
        (
            Outcome::Answered,
            3,
            Some(EndedBy::Caller),
            Some(Side::Callee)
        )
    );
    assert_eq!(
        call.to.number.as_ref().map(|n| n.reveal().as_str()),
        Some("201"),
        "the extension that took it"
    );
}

#[test]
fn a_line_that_is_never_recorded_is_not_recorded_behind_a_queue_either() {
    let mut w = Wire::new();
    let keep_out = assay::call::keep_out::KeepOut {
        never: vec!["299".into()],
        ..Default::default()
    };
    let mut n = 0_u128;
    let ids = move |_| {
        n += 1;
        Uuid::from_u128(n)
    };
    w.tracker = Tracker::new(
        Settings {
            keep_out,
            ..Settings::default()
        },
        Lines::new(["201".to_owned()]),
        ids,
    );
    w.dial(
        (TRUNK, PBX),
        "in",
        ("+494055501010", "4930900"),
        (4000, 5000),
    );
    w.dial((PBX, DESK), "leg", ("+494055501010", "299"), (6100, 7100));
    w.voice((DESK, 7100), (PBX, 6100), 4, 5);
    w.voice((TRUNK, 4000), (PBX, 5000), 1, 5);
    assert_eq!(
        (w.seen.packets.len(), w.discarded(Discard::Withheld)),
        (0, 10)
    );
}

#[test]
fn the_phone_system_can_say_yes_for_the_other_side_and_when_it_was_told() {
    use assay::call::Instruction;
    use assay::call::keep_out::{Destination, KeepOut};
    let mut w = Wire::new();
    let keep_out = KeepOut {
        destinations: vec![Destination {
            prefix: "+49".into(),
            ..Destination::default()
        }],
        ..KeepOut::default()
    };
    w.tracker = Tracker::new(
        Settings {
            keep_out,
            ..Settings::default()
        },
        Lines::new(["201".to_owned()]),
        |_| Uuid::from_u128(7),
    );
    w.invite();
    w.ok();
    let talk = |w: &mut Wire, numbers: std::ops::Range<u16>| {
        numbers.for_each(|n| [false, true].into_iter().for_each(|back| w.rtp(back, n)))
    };
    talk(&mut w, 0..50);
    assert!(w.seen.packets.is_empty(), "nobody has said yes");
    let tell = |w: &mut Wire, word| {
        w.tracker
            .instruct(Uuid::from_u128(7), word, w.now, &mut w.seen)
    };
    assert!(
        !tell(&mut w, Instruction::Pause),
        "the rules keep it out already"
    );
    assert!(tell(&mut w, Instruction::Announced) && tell(&mut w, Instruction::Consent));
    let told = w.now;
    talk(&mut w, 50..60);
    assert_eq!(w.seen.packets.len(), 20);
    assert!(
        tell(&mut w, Instruction::Announced),
        "said again, it changes nothing"
    );
    assert!(
        !w.tracker
            .instruct(Uuid::from_u128(8), Instruction::Consent, w.now, &mut w.seen)
    );
    w.sip("BYE sip:x SIP/2.0", "2 BYE", ("a", "b"), None, false);
    w.wait(5000);
    let facts = &w.seen.closed[0];
    assert_eq!(
        (facts.announced_at, facts.consent_at),
        (Some(told), Some(told))
    );
}

#[test]
fn a_failed_fork_does_not_end_the_call_of_the_others() {
    let mut w = Wire::new();
    w.dial((PHONE, PBX), "a", ("201", "team"), (4000, 0));
    w.dial((PBX, DESK), "a", ("201", "team"), (4000, 0));
    w.dial((PBX, TRUNK), "a", ("201", "team"), (4000, 0));
    w.status((PBX, DESK), "a", ("201", "team"), "486 Busy Here", None);
    w.wait(30_000);
    assert!(w.seen.closed.is_empty(), "the other still rings");
    w.pick_up((PBX, TRUNK), "a", ("201", "team"), 7000);
    w.hang_up((PHONE, PBX), "a", ("201", "team"), false);
    assert_eq!(w.done()[0].outcome, Outcome::Answered);
}

#[test]
fn transfers_are_calls_of_their_own_and_linked() {
    let linked = |calls: &[CallFacts]| {
        calls
            .iter()
            .all(|c| c.linked.len() == 1 && calls.iter().any(|o| o.linked.contains(&c.id)))
    };
    // Blind, phone to phone.
    let mut w = Wire::new();
    w.dial((PHONE, DESK), "x", ("alice", "bob"), (4000, 5000));
    w.refer((DESK, PHONE), "x", "sip:carol@10.0.0.50");
    w.dial((PHONE, "10.0.0.50"), "y", ("alice", "carol"), (4002, 5002));
    w.hang_up((PHONE, DESK), "x", ("alice", "bob"), true);
    let calls = w.done();
    assert!(calls.len() == 2 && linked(&calls), "{calls:?}");
    // Attended: the second call is named by Replaces, in the REFER and in the INVITE.
    let mut w = Wire::new();
    w.dial((PHONE, DESK), "x", ("alice", "bob"), (4000, 5000));
    w.dial((PHONE, "10.0.0.50"), "y", ("alice", "carol"), (4002, 5002));
    w.refer(
        (PHONE, DESK),
        "x",
        "sip:carol@10.0.0.50?Replaces=y%3Bto-tag%3D1%3Bfrom-tag%3D2",
    );
    let (f, t) = ("<sip:bob@x>;tag=q", "<sip:carol@x>");
    w.say(&Said {
        hosts: (DESK, "10.0.0.50"),
        first: "INVITE sip:carol@x SIP/2.0",
        id: "z",
        cseq: "1 INVITE",
        from: f,
        to: t,
        more: "Replaces: y;to-tag=1;from-tag=2\r\n",
        audio: Some(5004),
    });
    let calls = w.done();
    let counts: Vec<usize> = calls.iter().map(|c| c.linked.len()).collect();
    assert_eq!(counts, [2, 2, 2], "each with both others");
    // By the PBX, with and without a REFER on the wire: the first conversation ends when its second
    // party leaves.
    for with_refer in [true, false] {
        let mut w = Wire::new();
        w.dial((TRUNK, PBX), "a", ("040555010", "201"), (4000, 0));
        w.dial((PBX, PHONE), "b", ("040555010", "201"), (6000, 7000));
        w.pick_up((TRUNK, PBX), "a", ("040555010", "201"), 5000);
        if with_refer {
            w.refer((PHONE, PBX), "b", "sip:202@x");
        }
        w.dial((PBX, DESK), "c", ("040555010", "202"), (6100, 7100));
        let left = w.now;
        w.hang_up((PBX, PHONE), "b", ("040555010", "201"), true);
        w.wait(30_000);
        w.voice((DESK, 7100), (PBX, 6100), 9, 5);
        w.hang_up((PBX, DESK), "c", ("040555010", "202"), false);
        w.hang_up((TRUNK, PBX), "a", ("040555010", "201"), false);
        let calls = w.done();
        assert!(calls.len() == 2 && linked(&calls), "{calls:?}");
        assert_eq!(
            (calls[0].ended_at, calls[0].ended_by, calls[1].streams.len()),
            (Some(left), Some(EndedBy::Callee), 1)
        );
    }
}

/// A telemarketer (201) talks with a prospect by way of the PBX, asks sales (202) on a second call,
/// and puts the two through.
fn put_through(refer: bool, answer: &str) -> (Vec<CallFacts>, WallTime, Wire) {
    let mut w = Wire::new();
    let (out, inner) = (("201", "040555010"), ("201", "202"));
    w.dial((PHONE, PBX), "a", out, (4000, 0));
    w.dial((PBX, TRUNK), "b", out, (6000, 7000));
    w.pick_up((PHONE, PBX), "a", out, 5000);
    let talk = |w: &mut Wire| {
        for (from, to, ssrc) in [
            ((TRUNK, 7000), (PBX, 6000), 1),
            ((PBX, 6000), (TRUNK, 7000), 2),
        ] {
            w.voice(from, to, ssrc, 10);
        }
    };
    talk(&mut w);
    w.dial((PHONE, PBX), "c", inner, (4002, 0));
    w.dial((PBX, DESK), "d", inner, (6100, 7100));
    w.pick_up((PHONE, PBX), "c", inner, 5002);
    w.voice((DESK, 7100), (PBX, 6100), 3, 10);
    if refer {
        w.say(&Said {
            hosts: (PHONE, PBX),
            first: "REFER sip:x SIP/2.0",
            id: "a",
            cseq: "5 REFER",
            from: "<sip:201@x>;tag=fa",
            to: "<sip:040555010@x>;tag=ta",
            more: "Refer-To: <sip:202@x?Replaces=c%3Bto-tag%3Dtc%3Bfrom-tag%3Dfc>\r\n",
            audio: None,
        });
        w.say(&Said {
            hosts: (PBX, PHONE),
            first: answer,
            id: "a",
            cseq: "5 REFER",
            from: "<sip:201@x>;tag=fa",
            to: "<sip:040555010@x>;tag=ta",
            more: "",
            audio: None,
        });
    }
    w.hang_up((PHONE, PBX), "c", inner, true);
    w.hang_up((PHONE, PBX), "a", out, false);
    let left = w.now;
    for _ in 0..60 {
        w.wait(100);
        talk(&mut w);
        w.voice((DESK, 7100), (PBX, 6100), 3, 10);
    }
    w.hang_up((PBX, DESK), "d", inner, true);
    w.hang_up((PBX, TRUNK), "b", out, false);
    let calls = w.done();
    (calls, left, w)
}

#[test]
fn whom_a_telemarketer_puts_through_have_a_call_of_their_own() {
    let (mut calls, left, w) = put_through(true, "SIP/2.0 202 Accepted");
    calls.sort_by_key(|c| c.started_at);
    let [prospect, asked, sale] = &calls[..] else {
        panic!("{calls:?}")
    };
    let before = |ms: i64| Some(WallTime(left.0 - ms * 1000));
    assert_eq!(
        (prospect.ended_at, asked.ended_at, sale.answered_at),
        (before(10), before(20), before(10))
    );
    assert!(
        sale.linked == [prospect.id, asked.id]
            && prospect.linked.contains(&sale.id)
            && asked.linked.contains(&sale.id),
        "{calls:?}"
    );
    let number = |p: &assay::call::Party| p.number.as_ref().map(|n| n.reveal().clone());
    assert_eq!(
        (
            number(&sale.from).as_deref(),
            number(&sale.to).as_deref(),
            sale.outcome
        ),
        (Some("202"), Some("040555010"), Outcome::Answered)
    );
    // Each voice is on the side of the one who speaks.
    let speaker = |port: u16| {
        sale.streams
            .iter()
            .find(|s| s.src.port() == port)
            .map(|s| s.speaker)
    };
    assert_eq!(
        (
            speaker(7000),
            speaker(6000),
            speaker(7100),
            sale.streams.len()
        ),
        (
            Some(Side::Callee),
            Some(Side::Caller),
            Some(Side::Caller),
            3
        )
    );
    assert_eq!(
        (sale.ended_by, w.discarded(Discard::AfterEnd)),
        (Some(EndedBy::Caller), 0)
    );
    assert!(prospect.streams.len() == 2 && asked.streams.len() == 1);
}

#[test]
fn a_leg_that_goes_on_after_its_call_was_hung_up_is_not_lost() {
    // Put through by the PBX itself, and after a transfer that was refused on the wire.
    for (refer, answer) in [(false, ""), (true, "SIP/2.0 486 Busy Here")] {
        let (calls, _, w) = put_through(refer, answer);
        assert_eq!(
            (calls.len(), w.discarded(Discard::AfterEnd)),
            (4, 0),
            "{calls:?}"
        );
        assert!(
            calls[2..].iter().all(|c| c.linked.len() == 1
                && c.outcome == Outcome::Answered
                && !c.streams.is_empty()),
            "{calls:?}"
        );
    }
}

#[test]
fn the_capture_ends_while_a_leg_goes_on_and_every_call_is_closed() {
    let mut w = Wire::new();
    let out = ("201", "040555010");
    w.dial((PHONE, PBX), "a", out, (4000, 0));
    w.dial((PBX, TRUNK), "b", out, (6000, 7000));
    w.pick_up((PHONE, PBX), "a", out, 5000);
    w.hang_up((PHONE, PBX), "a", out, false);
    for _ in 0..25 {
        w.wait(100);
        w.voice((TRUNK, 7000), (PBX, 6000), 1, 5);
    }
    // Still within the straggler's wait: what is there is closed, and nothing new begins that
    // nobody would close.
    w.tracker.finish(w.now, &mut w.seen);
    assert_eq!(
        (
            w.seen.opened.len(),
            w.seen.closed.len(),
            w.tracker.tally().unaccounted()
        ),
        (1, 1, 0)
    );
}

#[test]
fn ports_are_free_for_the_next_call_and_a_moved_stream_is_found_again() {
    let mut w = Wire::new();
    for n in 0..50 {
        let id = format!("c{n}");
        w.dial((PHONE, DESK), &id, ("alice", "bob"), (4000, 5000));
        w.voice((PHONE, 4000), (DESK, 5000), 1, 5);
        w.voice((DESK, 5000), (PHONE, 4000), 2, 5);
        w.hang_up((PHONE, DESK), &id, ("alice", "bob"), false);
        // Sometimes the ports are used again before the straggler's wait is over.
        w.wait(if n % 2 == 0 { 10 } else { 4_000 });
    }
    let calls = w.done();
    assert_eq!(
        (
            calls.len(),
            w.seen.packets.len(),
            w.discarded(Discard::AfterEnd)
        ),
        (50, 500, 0)
    );
    assert!(
        calls.iter().all(|c| c.streams.len() == 2),
        "each call has its own two"
    );
}

#[test]
fn a_mirror_of_one_direction_still_shows_the_call() {
    // What the caller sends alone.
    let mut w = Wire::new();
    w.dial((PHONE, PBX), "a", ("201", "040555010"), (4000, 0));
    let (f, t) = ("<sip:201@x>;tag=fa", "<sip:040555010@x>;tag=ta");
    w.say(&Said {
        hosts: (PHONE, PBX),
        first: "ACK sip:x SIP/2.0",
        id: "a",
        cseq: "1 ACK",
        from: f,
        to: t,
        more: "",
        audio: None,
    });
    let acked = w.now;
    w.voice((PHONE, 4000), (PBX, 5000), 1, 50);
    w.hang_up((PHONE, PBX), "a", ("201", "040555010"), false);
    let calls = w.done();
    assert_eq!(
        (
            calls.len(),
            calls[0].outcome,
            calls[0].ended_by,
            calls[0].streams.len()
        ),
        (1, Outcome::Answered, Some(EndedBy::Caller), 1)
    );
    assert!(
        calls[0]
            .answered_at
            .is_some_and(|at| acked - at < Micros::from_millis(20))
    );
    // What the callee sends alone.
    let mut w = Wire::new();
    w.status((PHONE, PBX), "a", ("201", "040555010"), "180 Ringing", None);
    w.pick_up((PHONE, PBX), "a", ("201", "040555010"), 5000);
    w.voice((PBX, 5000), (PHONE, 4000), 2, 50);
    w.hang_up((PHONE, PBX), "a", ("201", "040555010"), true);
    let calls = w.done();
    assert_eq!(
        (
            calls.len(),
            calls[0].outcome,
            calls[0].ended_by,
            calls[0].call_ids.len()
        ),
        (1, Outcome::Answered, Some(EndedBy::Callee), 1)
    );
    assert_eq!(
        (
            calls[0].streams[0].speaker,
            calls[0].from.number.as_ref().map(|n| n.reveal().as_str())
        ),
        (Side::Callee, Some("201"))
    );
}

#[test]
fn when_the_disk_is_too_slow_new_calls_are_shed_whole_and_those_under_way_stay_whole() {
    let mut w = Wire::new();
    w.dial((PHONE, DESK), "old", ("alice", "bob"), (4000, 5000));
    w.voice((PHONE, 4000), (DESK, 5000), 1, 5);
    w.seen.crowded = true;
    w.dial((PHONE, TRUNK), "new", ("alice", "carol"), (4002, 5002));
    w.voice((PHONE, 4002), (TRUNK, 5002), 3, 7);
    w.voice((PHONE, 4000), (DESK, 5000), 1, 5);
    w.seen.crowded = false;
    w.voice((PHONE, 4002), (TRUNK, 5002), 3, 7);
    assert_eq!(
        (w.seen.packets.len(), w.discarded(Discard::Shed)),
        (10, 14),
        "shed to its end, not in pieces"
    );
    w.dial((PHONE, PBX), "next", ("alice", "dan"), (4004, 5004));
    w.voice((PHONE, 4004), (PBX, 5004), 4, 3);
    let calls = w.done();
    let shed = calls.iter().find(|c| c.call_ids == ["new"]).unwrap();
    assert_eq!(
        (shed.outcome, shed.withheld[0].packets, w.seen.packets.len()),
        (Outcome::Answered, 14, 13)
    );
}

#[test]
fn the_copy_for_a_recording_server_is_no_second_call() {
    let mut w = Wire::new();
    w.dial((PHONE, DESK), "x", ("alice", "bob"), (4000, 5000));
    let metadata = "<recording xmlns='urn:ietf:params:xml:ns:recording:1'><nameID \
        aor=\"sip:alice@x\"/><nameID aor=\"sip:bob@x\"/></recording>";
    let sdp = "v=0\r\no=- 1 1 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\nm=audio \
        8000 RTP/AVP 8\r\n";
    let body = format!(
        "--b\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--b\r\nContent-Type: \
         application/rs-metadata+xml\r\n\r\n{metadata}\r\n--b--\r\n"
    );
    let text = format!(
        "INVITE sip:srs@x SIP/2.0\r\nFrom: <sip:pbx@x>;tag=1\r\nTo: <sip:srs@x>\r\nCall-ID: \
         copy\r\nCSeq: 1 INVITE\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n{body}"
    );
    w.voice((PBX, 8000), (TRUNK, 9000), 7, 3);
    w.send((PBX, 5060), (TRUNK, 5060), text.as_bytes());
    w.voice((PBX, 8000), (TRUNK, 9000), 7, 5);
    w.hang_up((PBX, TRUNK), "copy", ("pbx", "srs"), false);
    assert!(w.seen.closed.is_empty());
    w.hang_up((PHONE, DESK), "x", ("alice", "bob"), false);
    assert_eq!(
        (w.discarded(Discard::RecordingCopy), w.done().len()),
        (8, 1)
    );
}

#[test]
fn a_scanner_fills_nothing_and_the_calls_of_others_go_on() {
    let mut w = Wire::new();
    for n in 0..5_000 {
        let text = format!(
            "INVITE sip:{n}@x SIP/2.0\r\nFrom: <sip:scan@x>;tag={n}\r\nTo: \
             <sip:{n}@x>\r\nCall-ID: scan{n}\r\nCSeq: 1 INVITE\r\n\r\n"
        );
        w.send(("203.0.113.9", 5060), (PBX, 5060), text.as_bytes());
    }
    assert_eq!(
        (w.discarded(Discard::Flood), w.seen.opened.len()),
        (4_800, 200)
    );
    w.dial((PHONE, PBX), "a", ("201", "040555010"), (4000, 5000));
    w.voice((PHONE, 4000), (PBX, 5000), 1, 5);
    assert_eq!((w.seen.opened.len(), w.seen.packets.len()), (201, 5));
    // When its attempts are over, the host may call again.
    w.wait(210_000);
    let text = "INVITE sip:1@x SIP/2.0\r\nFrom: <sip:scan@x>;tag=q\r\nTo: <sip:1@x>\r\nCall-ID: \
        late\r\nCSeq: 1 INVITE\r\n\r\n";
    w.send(("203.0.113.9", 5060), (PBX, 5060), text.as_bytes());
    assert_eq!(w.discarded(Discard::Flood), 4_800);
}

proptest::proptest! {
    /// Packets in are packets spooled, waiting or discarded, whatever comes in whatever order
    /// (PRODUCT I5).
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

#[test]
fn discarded_packets_can_be_looked_at_and_nothing_that_was_said_in_a_call_that_is_kept_out() {
    let mut w = Wire::new();
    let keep_out = assay::call::keep_out::KeepOut {
        never: vec!["201".into()],
        ..Default::default()
    };
    let settings = Settings {
        keep_out,
        ..Settings::default()
    };
    w.tracker = Tracker::new(settings, Lines::default(), |_| Uuid::from_u128(7));
    w.invite();
    w.ok();
    w.tracker.set_interface(Some(3));
    (0..20).for_each(|n| w.rtp(false, n));
    w.send(
        (A, 9),
        (B, 9),
        b"nothing of telephony, and longer than what is kept of it: 64 bytes",
    );
    let of = |why| {
        let kept = w.tracker.discarded().iter();
        kept.filter(move |(reason, _)| *reason == why)
    };
    let withheld: Vec<_> = of(Discard::Withheld).map(|(_, s)| *s).collect();
    assert_eq!(withheld.len(), 8, "the last few");
    let newest = withheld[0];
    assert_eq!(newest.bytes()[..4], [0x80, 8, 0, 19], "the newest first");
    assert_eq!(
        (newest.bytes().len(), newest.length),
        (12, 172),
        "its header alone"
    );
    assert_eq!(newest.interface, Some(3));
    let address = |ip: &str, port| SocketAddr::new(ip.parse().unwrap(), port);
    assert_eq!(newest.addresses, Some((address(A, 4000), address(B, 5000))));
    let other: Vec<_> = of(Discard::Other).map(|(_, s)| s.bytes().len()).collect();
    assert_eq!(other, [64]);
}
