//! What is not of a call costs it nothing (PRODUCT I5): media is told by where it comes from, by its payload type, its
//! sequence and its timing, and who names an address does not get what is said there.

use assay::call::{CallFacts, CallNo, Commands, Discard, Lines, Settings, StreamNo, Tracker};
use assay::units::{Micros, WallTime};
use assay::wire::Datagram;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use uuid::Uuid;

#[path = "siege/frames.rs"]
#[allow(dead_code, reason = "the sieges use the rest")]
mod frames;

type At = (Ipv4Addr, u16);

const PHONE: At = (Ipv4Addr::new(10, 0, 0, 1), 4000);
const TRUNK: At = (Ipv4Addr::new(10, 0, 0, 2), 5000);
const NAT: At = (Ipv4Addr::new(198, 51, 100, 7), 3333);

/// Packets by call and SSRC.
#[derive(Default)]
struct Sink {
    packets: HashMap<(CallNo, u32), Vec<u16>>,
    written: usize,
    closed: HashMap<String, CallFacts>,
}

impl Commands for Sink {
    fn open(&mut self, _: CallNo, _: &CallFacts) {
        self.written += 1;
    }
    fn packet(&mut self, call: CallNo, _: StreamNo, _: WallTime, packet: &[u8]) {
        let ssrc = u32::from_be_bytes(packet[8..12].try_into().unwrap());
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        self.packets.entry((call, ssrc)).or_default().push(sequence);
    }
    fn facts(&mut self, _: CallNo, _: &CallFacts) {
        self.written += 1;
    }
    fn close(&mut self, _: CallNo, facts: &CallFacts) {
        let id = facts.call_ids.first().cloned().unwrap_or_default();
        self.closed.insert(id, facts.clone());
    }
}

struct World {
    tracker: Tracker,
    out: Sink,
    now: WallTime,
}

impl World {
    fn new() -> World {
        let mut n = 0_u128;
        let ids = move |_| {
            n += 1;
            Uuid::from_u128(n)
        };
        World {
            tracker: Tracker::new(Settings::default(), Lines::default(), ids),
            out: Sink::default(),
            now: WallTime(1_000_000_000),
        }
    }

    fn send(&mut self, from: At, to: At, payload: &[u8]) {
        let (src, dst) = (SocketAddr::from(from), SocketAddr::from(to));
        let d = Datagram {
            src,
            dst,
            payload,
            cut: false,
        };
        self.tracker.datagram(self.now, &d, &mut self.out);
        assert_eq!(self.tracker.tally().unaccounted(), 0);
    }

    fn message(&mut self, first: &str, id: &str, (from, to): (At, At), body: &str) {
        let cseq = if first.starts_with("BYE") {
            "2 BYE"
        } else {
            "1 INVITE"
        };
        let users = [
            "201@x>;tag=a",
            if first.starts_with("INVITE") {
                "9@x>"
            } else {
                "9@x>;tag=b"
            },
        ];
        self.send(
            (from.0, 5060),
            (to.0, 5060),
            &frames::sip(first, id, cseq, users, body),
        );
    }

    fn call(&mut self, id: &str, phone: At, trunk: At) {
        let sdp = |at: At| frames::sdp(at.0, at.1);
        self.message("INVITE sip:9@x SIP/2.0", id, (phone, trunk), &sdp(phone));
        self.message("SIP/2.0 200 OK", id, (trunk, phone), &sdp(trunk));
    }

    /// So many packets of a voice, 20 ms apart.
    fn voice(&mut self, from: At, to: At, ssrc: u32, sequences: std::ops::Range<u16>) {
        for n in sequences {
            self.now = self.now + Micros::from_millis(20);
            self.send(
                from,
                to,
                &frames::rtp(8, n, u32::from(n) * 160, ssrc, &[0xd5; 160]),
            );
        }
    }

    /// What a call has of an SSRC.
    fn has(&self, call: u32, ssrc: u32) -> usize {
        self.out
            .packets
            .get(&(CallNo(call), ssrc))
            .map_or(0, Vec::len)
    }

    fn end(&mut self, id: &str) -> CallFacts {
        self.message("BYE sip:x SIP/2.0", id, (PHONE, TRUNK), "");
        self.now = self.now + Micros::from_secs(4);
        self.tracker.tick(self.now, &mut self.out);
        self.out.closed[id].clone()
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
fn junk_before_the_media_begins_costs_no_packet() {
    let mut w = World::new();
    w.call("one", PHONE, TRUNK);
    for n in 0..200_u32 {
        let from = (Ipv4Addr::from(0xcb00_0000 + n), 9);
        for (to, spoofed) in [(PHONE, TRUNK), (TRUNK, PHONE)] {
            w.send(from, to, &frames::rtp(8, 1, 1, 1_000 + n, &[1; 160]));
            w.send(spoofed, to, &frames::rtp(8, 1, 1, 2_000 + n, &[1; 160]));
        }
    }
    for n in 0..100 {
        w.voice(PHONE, TRUNK, 1, n..n + 1);
        w.voice(TRUNK, PHONE, 2, n..n + 1);
    }
    let facts = w.end("one");
    assert_eq!((w.has(1, 1), w.has(1, 2)), (100, 100));
    assert_eq!(facts.streams.len(), 2 + 2);
    // The first each way from where the descriptions say was taken at its word.
    assert_eq!(
        (facts.foreign_packets, w.discarded(Discard::Foreign)),
        (800 - 2, 800 - 2)
    );
    let kept = w.tracker.discarded().iter();
    let sample = kept
        .filter(|(why, _)| *why == Discard::Foreign)
        .map(|(_, s)| s.bytes().len());
    assert_eq!(sample.max(), Some(12), "its header, to look at");
}

#[test]
fn a_voice_from_behind_a_nat_is_whole_and_so_is_a_short_one() {
    let mut w = World::new();
    w.call("one", PHONE, TRUNK);
    w.voice(NAT, TRUNK, 1, 0..50);
    w.voice(TRUNK, PHONE, 2, 0..50);
    assert_eq!((w.has(1, 1), w.has(1, 2)), (50, 50));
    assert_eq!(w.end("one").foreign_packets, 0);
    w.call("two", PHONE, TRUNK);
    w.voice(NAT, TRUNK, 1, 0..2);
    w.voice(TRUNK, PHONE, 2, 0..50);
    assert_eq!(w.has(2, 1), 0);
    assert_eq!(w.end("two").foreign_packets, 0);
    assert_eq!(w.has(2, 1), 2, "nothing else was heard of that side");
}

#[test]
fn a_stranger_beside_the_voice_is_foreign_until_the_voice_has_moved_there() {
    let mut w = World::new();
    w.call("one", PHONE, TRUNK);
    for n in 0..50 {
        w.voice(PHONE, TRUNK, 1, n..n + 1);
        w.voice(NAT, TRUNK, 7, n..n + 1);
    }
    assert_eq!((w.has(1, 1), w.has(1, 7)), (50, 0));
    // The phone gets another address in the middle of the call.
    w.voice(NAT, TRUNK, 8, 0..50);
    assert_eq!(w.has(1, 8), 50);
    let facts = w.end("one");
    assert_eq!((facts.foreign_packets, facts.streams.len()), (50, 2));
}

#[test]
fn who_has_many_streams_gets_others_for_them_when_those_say_more() {
    let mut w = World::new();
    w.call("one", PHONE, TRUNK);
    for ssrc in 100..200 {
        w.voice(PHONE, TRUNK, ssrc, 0..5);
    }
    w.voice(PHONE, TRUNK, 1, 0..100);
    assert_eq!(w.has(1, 1), 100);
    let facts = w.end("one");
    let second = facts.streams.iter().filter(|s| s.is_second).map(|s| s.ssrc);
    assert_eq!(
        (facts.streams.len(), second.collect::<Vec<_>>()),
        (64, vec![1])
    );
}

#[test]
fn who_names_the_address_of_two_who_talk_does_not_get_their_voices() {
    let mut w = World::new();
    w.call("one", PHONE, TRUNK);
    w.voice(PHONE, TRUNK, 1, 0..10);
    let thief = (Ipv4Addr::new(203, 0, 113, 5), 6000);
    let both = format!(
        "{}m=audio {} RTP/AVP 8\r\n",
        frames::sdp(TRUNK.0, TRUNK.1),
        7000
    );
    w.message(
        "INVITE sip:9@x SIP/2.0",
        "theft",
        (thief, (thief.0, 1)),
        &both,
    );
    w.message(
        "SIP/2.0 200 OK",
        "theft",
        ((thief.0, 1), thief),
        &frames::sdp(PHONE.0, PHONE.1),
    );
    w.voice(PHONE, TRUNK, 1, 10..20);
    w.voice(PHONE, TRUNK, 3, 20..30);
    assert_eq!(
        (w.has(1, 1), w.has(1, 3), w.has(2, 1), w.has(2, 3)),
        (20, 10, 0, 0)
    );
    // The port is used again by others, and nobody saw the first call's end.
    w.now = w.now + Micros::from_secs(5);
    w.call("next", PHONE, TRUNK);
    w.voice(PHONE, TRUNK, 4, 0..10);
    assert_eq!(w.has(3, 4), 10);
}

#[test]
fn what_is_known_of_a_call_is_written_once_a_second_and_what_reading_needs_at_once() {
    let mut w = World::new();
    w.call("one", PHONE, TRUNK);
    assert_eq!(w.out.written, 2, "its beginning, and who listens where");
    w.voice(PHONE, TRUNK, 1, 0..1);
    assert_eq!(w.out.written, 3, "its stream");
    for _ in 0..100 {
        w.message("SIP/2.0 183 Session Progress", "one", (TRUNK, PHONE), "");
        w.now = w.now + Micros::from_millis(50);
        w.tracker.pass(w.now, &mut w.out);
    }
    let before = w.out.written;
    assert!((4..=3 + 6).contains(&before), "{before} in five seconds");
    w.end("one");
    assert!(w.out.written <= before + 2);
}

/// A phone system with a thousand calls under way joins the legs of the next as those of the first.
#[test]
fn the_next_call_is_joined_as_the_first_was() {
    let mut w = World::new();
    let pbx = (Ipv4Addr::new(10, 0, 0, 9), 9000);
    let host = |n: u32, net: u32| (Ipv4Addr::from(net + n), 4000);
    for n in 0..1_000_u32 {
        let users = [
            format!("{}@x>;tag=a{n}", 1_000 + n),
            format!("0040555{n:04}@x>"),
        ];
        for (hop, id) in [
            ((host(n, 0x0a01_0000), pbx), format!("in-{n}")),
            ((pbx, host(n, 0x0a02_0000)), format!("out-{n}")),
        ] {
            let message = frames::sip(
                "INVITE sip:x SIP/2.0",
                &id,
                "1 INVITE",
                [&users[0], &users[1]],
                "",
            );
            w.send((hop.0.0, 5060), (hop.1.0, 5060), &message);
        }
    }
    let legs: Vec<usize> = w.tracker.calls().map(|(_, c)| c.call_ids.len()).collect();
    assert_eq!(
        (legs.len(), legs.iter().min(), legs.iter().max()),
        (1_000, Some(&2), Some(&2))
    );
}
