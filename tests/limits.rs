//! `src/call/LIMITS.md`: its numbers are those of the code, and each bound is flooded.

use assay::archive::disk::{Disk, DiskFile};
use assay::archive::keys::Keyring;
use assay::archive::spool::{self, Spool, SpoolSettings};
use assay::call::limits;
use assay::call::{CallFacts, CallNo, Commands, Lines, Settings, StreamNo, Tracker};
use assay::sip::{Message, Sdp};
use assay::units::{Micros, WallTime};
use assay::wire::{Datagram, Frame, Link, Wire};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

#[path = "siege/frames.rs"]
#[allow(dead_code, reason = "the sieges use the rest")]
mod frames;

const TABLE: &str = include_str!("../src/call/LIMITS.md");

/// A row's number and counter, by its name.
fn rows() -> BTreeMap<&'static str, (usize, &'static str)> {
    let rows = TABLE
        .lines()
        .filter(|l| l.starts_with("| ") && !l.starts_with("| bound"));
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 6, "{line}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{line}");
        (cells[0], (cells[2].parse().unwrap(), cells[4]))
    };
    rows.map(row).collect()
}

fn bounds() -> BTreeMap<&'static str, usize> {
    let call = limits::BOUNDS.into_iter().chain(limits::OF_MESSAGES);
    call.chain(assay::wire::BOUNDS)
        .chain(spool::BOUNDS)
        .collect()
}

#[test]
fn the_table_says_what_the_code_does() {
    let written: BTreeMap<_, _> = rows()
        .into_iter()
        .map(|(n, (number, _))| (n, number))
        .collect();
    assert_eq!(written, bounds());
}

#[derive(Default)]
struct Sink {
    opened: usize,
    written: usize,
    bytes: usize,
    packets: usize,
    closed: Vec<CallFacts>,
}

impl Commands for Sink {
    fn open(&mut self, _: CallNo, facts: &CallFacts) {
        self.opened += 1;
        self.bytes += serde_json::to_vec(facts).unwrap().len();
    }
    fn packet(&mut self, _: CallNo, _: StreamNo, _: WallTime, _: &[u8]) {
        self.packets += 1;
    }
    fn facts(&mut self, _: CallNo, facts: &CallFacts) {
        self.written += 1;
        self.bytes += serde_json::to_vec(facts).unwrap().len();
    }
    fn close(&mut self, _: CallNo, facts: &CallFacts) {
        self.closed.push(facts.clone());
    }
}

/// A tracker under a flood, and the most that it held.
struct Flooded {
    tracker: Tracker,
    out: Sink,
    now: WallTime,
    most: BTreeMap<&'static str, usize>,
    steps: u64,
}

type At = (Ipv4Addr, u16);

fn host(n: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0b00_0000 + n)
}

const PBX: At = (Ipv4Addr::new(10, 0, 0, 1), 5060);
const PHONE: At = (Ipv4Addr::new(10, 0, 0, 2), 5060);

impl Flooded {
    fn new() -> Flooded {
        let mut n = 0_u128;
        let ids = move |_| {
            n += 1;
            Uuid::from_u128(n)
        };
        let mut settings = Settings::default();
        settings.keep_out.pause = "*1".into();
        Flooded {
            tracker: Tracker::new(settings, Lines::default(), ids),
            out: Sink::default(),
            now: WallTime(1_000_000_000),
            most: BTreeMap::new(),
            steps: 0,
        }
    }

    fn send(&mut self, from: At, to: At, payload: &[u8]) {
        let d = Datagram {
            src: SocketAddr::from(from),
            dst: SocketAddr::from(to),
            payload,
            cut: false,
        };
        self.tracker.datagram(self.now, &d, &mut self.out);
        self.steps += 1;
        if self.steps.is_multiple_of(997) {
            self.look();
        }
    }

    fn wait(&mut self, ms: i64) {
        self.now = self.now + Micros::from_millis(ms);
        self.tracker.tick(self.now, &mut self.out);
    }

    fn look(&mut self) {
        for (name, held) in self.tracker.held() {
            let most = self.most.entry(name).or_default();
            *most = held.max(*most);
        }
        assert_eq!(self.tracker.tally().unaccounted(), 0);
    }

    fn message(&mut self, from: At, to: At, first: &str, id: &str, cseq: &str, body: &str) {
        let users = [
            "201@x>;tag=a",
            if cseq.starts_with("1 ") {
                "9@x>"
            } else {
                "9@x>;tag=b"
            },
        ];
        self.send(from, to, &frames::sip(first, id, cseq, users, body));
    }

    fn invite(&mut self, from: At, to: At, id: &str, body: &str) {
        self.message(from, to, "INVITE sip:9@x SIP/2.0", id, "1 INVITE", body);
    }

    fn again(&mut self, from: At, to: At, id: &str, body: &str) {
        self.message(from, to, "INVITE sip:9@x SIP/2.0", id, "2 INVITE", body);
    }

    /// A call that is answered, between two media addresses.
    fn call(&mut self, n: u32) {
        let (phone, id) = ((host(n), 5060), format!("call-number-{n}"));
        self.invite(phone, PBX, &id, &frames::sdp(host(n), 4000));
        let body = frames::sdp(PBX.0, 4000 + (n % 60_000) as u16);
        self.message(PBX, phone, "SIP/2.0 200 OK", &id, "1 INVITE", &body);
    }

    fn done(mut self) -> Flooded {
        self.look();
        self
    }

    fn counter(&self, name: &str) -> u64 {
        let tally = self.tracker.tally();
        let discarded = tally
            .discarded
            .iter()
            .map(|(why, n)| (why.name().to_owned(), *n));
        let limits = tally
            .limits
            .iter()
            .map(|(l, n)| (format!("limit {}", l.name()), *n));
        let mut all = discarded.chain(limits);
        all.find(|(known, _)| known == name).map_or(0, |(_, n)| n)
    }

    /// That a flood has filled a table to its bound and no further, and that it was counted.
    fn filled(&self, names: &[&'static str]) {
        let rows = rows();
        for name in names {
            let (number, counter) = rows[name];
            let most = self.most[name];
            assert!(most <= number, "{name}: {most} of {number}");
            assert!(
                most * 10 >= number * 9,
                "{name}: the flood reached {most} of {number}"
            );
            assert!(
                counter == "-" || self.counter(counter) > 0,
                "{name}: {counter}"
            );
        }
    }
}

/// Names that the floods below try; together they are the table's.
const TRIED: [&[&str]; 9] = [
    OF_ATTEMPTS,
    OF_CALLS,
    OF_ONE_CALL,
    OF_DESCRIPTIONS,
    OF_RECORDERS,
    OF_MEDIA,
    OF_TEXTS,
    OF_FRAMES,
    OF_SPOOL,
];

#[test]
fn every_bound_is_flooded() {
    let tried: BTreeSet<&str> = TRIED.concat().into_iter().collect();
    let written: BTreeSet<&str> = rows().into_keys().collect();
    assert_eq!(tried, written);
}

const OF_ATTEMPTS: &[&str] = &[
    "attempts of a host",
    "attempts in peace",
    "attempts unheard of",
    "attempts written and unheard of",
];

#[test]
fn attempts_of_strangers_fill_no_more_than_their_place() {
    let mut f = Flooded::new();
    for n in 0..300 {
        f.invite((host(0), 5060), PBX, &format!("one-host-{n}"), "");
    }
    assert_eq!(f.out.opened, 200);
    for n in 0..12_000 {
        f.now = f.now + Micros(20);
        f.invite((host(1 + n), 5060), PBX, &format!("many-hosts-{n}"), "");
    }
    assert_eq!(f.out.opened, bounds()["attempts in peace"]);
    // Somebody answers one that waits.
    let late = f.tracker.tally().total;
    let id = "many-hosts-11900";
    f.message(
        PBX,
        (host(11_901), 5060),
        "SIP/2.0 180 Ringing",
        id,
        "1 INVITE",
        "",
    );
    assert_eq!(
        (f.out.opened, late + 1),
        (bounds()["attempts in peace"] + 1, f.tracker.tally().total)
    );
    // And one that has made room: the answer is the first that is seen of it.
    let (id, phone) = ("many-hosts-1500", (host(1_501), 5060));
    f.message(
        PBX,
        phone,
        "SIP/2.0 200 OK",
        id,
        "1 INVITE",
        &frames::sdp(PBX.0, 4000),
    );
    assert_eq!(f.out.opened, bounds()["attempts in peace"] + 2);
    f.wait(1_500);
    let f = f.done();
    f.filled(&[
        "attempts of a host",
        "attempts unheard of",
        "attempts written and unheard of",
    ]);
    let flood = f
        .tracker
        .discarded()
        .iter()
        .filter(|(why, _)| why.name() == "flood");
    assert!(flood.count() > 0, "a sample to look at");
}

const OF_CALLS: &[&str] = &[
    "calls",
    "calls that are alike",
    "closed Call-IDs",
    "referrals",
    "ended flows",
];

#[test]
fn twenty_thousand_calls_are_the_most_and_the_rest_is_forgotten_in_its_turn() {
    let mut f = Flooded::new();
    for n in 0..20_100 {
        f.call(n);
    }
    f.look();
    f.filled(&["calls", "calls that are alike"]);
    for n in 0..1_100 {
        let text = format!(
            "REFER sip:x SIP/2.0\r\nFrom: <sip:201@x>;tag=a\r\nTo: <sip:9@x>;tag=b\r\nCall-ID: call-number-{n}\r\nCSeq: \
             3 REFER\r\nRefer-To: <sip:{n}@x>\r\n\r\n"
        );
        f.send((host(n), 5060), PBX, text.as_bytes());
    }
    f.filled_now(&["referrals"]);
    let end = |f: &mut Flooded, n: u32| {
        let id = format!("call-number-{n}");
        f.message((host(n), 5060), PBX, "BYE sip:x SIP/2.0", &id, "4 BYE", "");
    };
    // Sixteen streams of each of four thousand calls end.
    for ssrc in 0..16 {
        f.now = f.now + Micros::from_millis(250);
        for n in 0..4_200 {
            let packet = frames::rtp(8, 1, 160, ssrc, &[0xd5; 20]);
            f.send((host(n), 4000), (PBX.0, 4000 + n as u16), &packet);
        }
    }
    (0..4_200).for_each(|n| end(&mut f, n));
    (4_200..20_000).for_each(|n| end(&mut f, n));
    for round in 1..4 {
        f.wait(4_000);
        for n in 0..17_000 {
            let id = format!("round-{round}-{n}");
            let phone = (host(n), 5060);
            f.invite(phone, PBX, &id, "");
            f.message(PBX, phone, "SIP/2.0 486 Busy Here", &id, "1 INVITE", "");
        }
    }
    f.wait(4_000);
    f.filled_now(&["closed Call-IDs", "ended flows"]);
}

const OF_ONE_CALL: &[&str] = &[
    "dialogs of a call",
    "links of a call",
    "hops of a call",
    "holds of a call",
    "streams of a call",
    "streams at once",
    "streams of reports",
    "streams of nobody's reports",
    "keys pressed",
    "facts at once",
];

#[test]
fn one_call_holds_no_more_than_a_call_may() {
    let mut f = Flooded::new();
    f.call(1);
    let (phone, id) = ((host(1), 5060), "call-number-1");
    // Onward legs of it, built from its Call-ID.
    for n in 0..80 {
        f.invite(
            PBX,
            (host(1000 + n), 5060),
            &format!("call-number-1-{n}"),
            "",
        );
    }
    f.wait(2_000);
    let before = f.out.written;
    for n in 0..300_u32 {
        f.now = f.now + Micros::from_millis(10);
        let held = format!("{}a=sendonly\r\n", frames::sdp(host(1), 4000));
        f.again((host(5000 + n), 5060), PBX, id, &held);
        f.again((host(5000 + n), 5060), PBX, id, &frames::sdp(host(1), 4000));
        f.send(
            phone,
            PBX,
            &frames::sip(
                "INFO sip:x SIP/2.0",
                id,
                "9 INFO",
                ["201@x>;tag=a", "9@x>;tag=b"],
                "Signal=5",
            ),
        );
    }
    let written = f.out.written - before;
    assert!(
        written <= bounds()["facts at once"] + 5,
        "{written} times in three seconds"
    );
    // Other calls that take its place.
    for n in 0..40 {
        let text = format!(
            "INVITE sip:x SIP/2.0\r\nFrom: <sip:x{n}@x>;tag=a\r\nTo: <sip:y{n}@x>\r\nCall-ID: other{n}\r\nCSeq: 1 \
             INVITE\r\nReplaces: {id};to-tag=b\r\n\r\n"
        );
        f.send((host(9000 + n), 5060), (host(9500), 5060), text.as_bytes());
    }
    // Streams from where the description says, one after the other.
    let (ours, theirs) = ((host(1), 4000), (PBX.0, 4001));
    for ssrc in 1000..1010 {
        f.send((host(777), 9), ours, &frames::rtcp(ssrc));
    }
    let (_, facts) = f
        .tracker
        .calls()
        .find(|(_, c)| c.call_ids[0] == id)
        .unwrap();
    assert_eq!(facts.streams.len(), bounds()["streams of nobody's reports"]);
    for ssrc in 0..200 {
        f.send(theirs, ours, &frames::rtcp(ssrc));
    }
    let before = f.out.packets;
    for ssrc in 100..140 {
        f.now = f.now + Micros::from_millis(250);
        f.send(ours, theirs, &frames::rtp(8, 1, 160, ssrc, &[0xd5; 20]));
    }
    assert!(f.out.packets - before <= bounds()["streams at once"]);
    for ssrc in 100..200 {
        for n in 1..8_u16 {
            f.now = f.now + Micros::from_millis(10);
            f.send(ours, theirs, &frames::rtp(8, n, 160, ssrc, &[0xd5; 20]));
        }
    }
    // Somebody who says more takes the place of one who said little.
    for n in 0..200_u16 {
        f.now = f.now + Micros::from_millis(20);
        f.send(ours, theirs, &frames::rtp(8, n, 160, 7777, &[0xd5; 20]));
    }
    f.filled_now(&["streams of a call"]);
    assert!(f.counter("foreign") > 0 && f.counter("limit stream") > 0);
    let (_, facts) = f
        .tracker
        .calls()
        .find(|(_, c)| c.call_ids[0] == id)
        .unwrap();
    let heard = facts
        .streams
        .iter()
        .filter(|s| s.ssrc == 7777 && s.is_second);
    assert_eq!(
        (
            heard.count(),
            facts.streams.iter().filter(|s| s.rtcp).count()
        ),
        (1, 16)
    );
    assert_eq!(facts.call_ids.len(), bounds()["dialogs of a call"]);
    assert_eq!(facts.linked.len(), bounds()["links of a call"]);
    assert!(facts.holds.len() <= bounds()["holds of a call"] && facts.holds.len() > 200);
    let hops: BTreeSet<u16> = facts.formats.iter().map(|f| f.leg).collect();
    assert!(hops.len() <= bounds()["hops of a call"]);
    assert!(facts.foreign_packets > 0);
}

const OF_DESCRIPTIONS: &[&str] = &[
    "descriptions of a call",
    "bytes of a call's descriptions",
    "media addresses of a call",
    "media addresses in all",
    "bytes of descriptions in all",
];

/// A description of one format whose name is new.
fn described(host: Ipv4Addr, port: u16, name: &str) -> String {
    frames::sdp(host, port).replace("AVP 8", "AVP 96") + &format!("a=rtpmap:96 {name}/8000\r\n")
}

#[test]
fn descriptions_fill_no_more_than_their_place() {
    let mut f = Flooded::new();
    f.call(1);
    for n in 0..400 {
        let from = (host(1), 5060 + n % 70);
        f.again(
            from,
            PBX,
            "call-number-1",
            &described(host(1), 4000, &format!("x{n}")),
        );
    }
    f.look();
    f.filled(&["descriptions of a call"]);
    f.call(2);
    for n in 0..600_u16 {
        let name = format!("{n:0>250}");
        f.again(
            (host(2), 5060 + n % 70),
            PBX,
            "call-number-2",
            &described(host(2), 4000 + n, &name),
        );
    }
    let (_, facts) = f
        .tracker
        .calls()
        .find(|(_, c)| c.call_ids[0] == "call-number-2")
        .unwrap();
    let bytes: usize = facts.formats.iter().map(|f| f.weight()).sum();
    assert!(
        bytes <= bounds()["bytes of a call's descriptions"] && bytes > 30_000,
        "{bytes}"
    );
    assert!(f.counter("limit address") > 0 && f.counter("limit description") > 0);
    let mut f = Flooded::new();
    for n in 0..900 {
        f.call(n);
        let id = format!("call-number-{n}");
        for k in 0..32_u16 {
            let mut body = described(host(n), 5_000 + 8 * k, "first");
            for section in 1..8 {
                body += &format!("m=audio {} RTP/AVP 96\r\n", 5_000 + 8 * k + section);
                body += &format!(
                    "a=rtpmap:96 {:0>250}/8000\r\n",
                    u32::from(k) * 8 + u32::from(section)
                );
            }
            f.again((host(n), 5060), PBX, &id, &body);
        }
    }
    f.filled_now(&["media addresses in all", "bytes of descriptions in all"]);
}

const OF_RECORDERS: &[&str] = &[
    "recording sessions",
    "recording sessions of a call",
    "flows of recording sessions",
];

#[test]
fn recording_sessions_fill_no_more_than_their_place() {
    let mut f = Flooded::new();
    let recorder = (host(99_999), 5060);
    for n in 0..1_300 {
        let phone = (host(n), 5060);
        let caller = format!("caller{n}@x>;tag=a");
        let users = [caller.as_str(), "9@x>"];
        f.send(
            phone,
            PBX,
            &frames::sip(
                "INVITE sip:9@x SIP/2.0",
                &format!("call-{n}"),
                "1 INVITE",
                users,
                "",
            ),
        );
        let tagged = [users[0], "9@x>;tag=b"];
        f.send(
            PBX,
            phone,
            &frames::sip(
                "SIP/2.0 200 OK",
                &format!("call-{n}"),
                "1 INVITE",
                tagged,
                "",
            ),
        );
        for k in 0..20 {
            let body = format!(
                "--b\r\nContent-Type: application/sdp\r\n\r\n{}\r\n--b\r\n\r\n<recording aor='sip:caller{n}@x' \
                 aor='sip:9@x'/>\r\n--b--\r\n",
                frames::sdp(recorder.0, 7000)
            );
            let text = format!(
                "INVITE sip:srs@x SIP/2.0\r\nFrom: <sip:pbx@x>;tag=1\r\nTo: <sip:srs@x>\r\nCall-ID: \
                 copy-{n}-{k}\r\nCSeq: 1 INVITE\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n{body}"
            );
            f.send(PBX, recorder, text.as_bytes());
        }
        if n == 0 {
            f.look();
            assert_eq!(
                f.most["recording sessions"],
                bounds()["recording sessions of a call"]
            );
        }
    }
    for ssrc in 0..5_000 {
        f.send(
            PBX,
            (recorder.0, 7000),
            &frames::rtp(8, 1, 160, ssrc, &[0xd5; 20]),
        );
    }
    assert_eq!(f.counter("recording_copy"), 5_000);
    f.filled_now(&["recording sessions", "flows of recording sessions"]);
}

const OF_MEDIA: &[&str] = &[
    "waiting flows",
    "waiting bytes",
    "waiting packets of a flow",
    "waiting bytes of a flow",
    "calls by media alone",
    "flows looked at for an address",
    "flows judged at a call's end",
];

#[test]
fn media_of_nobody_fills_no_more_than_its_place() {
    let mut f = Flooded::new();
    for n in 0..9_000 {
        f.send((host(n), 9), PBX, &frames::rtp(8, 1, 160, n, &[0xd5; 20]));
    }
    f.filled_now(&["waiting flows"]);
    // Of those that wait at one address only some are looked at when it is named, and judged when
    // its call ends.
    f.call(1);
    let before = f.tracker.tally().waiting;
    f.again(
        (host(1), 5060),
        PBX,
        "call-number-1",
        &frames::sdp(PBX.0, PBX.1),
    );
    assert_eq!(f.tracker.tally().waiting, before);
    f.message(
        (host(1), 5060),
        PBX,
        "BYE sip:x SIP/2.0",
        "call-number-1",
        "4 BYE",
        "",
    );
    f.wait(4_000);
    let judged = f.counter("foreign") as usize;
    // One of them is all that was heard of its side.
    assert_eq!(judged + 1, bounds()["flows judged at a call's end"]);
    f.wait(10_000);
    assert!(f.counter("unmatched") > 0);
    let mut f = Flooded::new();
    for n in 0..100 {
        for k in 0..200 {
            f.send((host(n), 9), PBX, &frames::rtp(8, k, 160, n, &[0xd5; 1400]));
        }
    }
    f.filled_now(&["waiting bytes"]);
    for (size, most) in [
        (20, "waiting packets of a flow"),
        (1400, "waiting bytes of a flow"),
    ] {
        let mut f = Flooded::new();
        for k in 0..1_000 {
            f.send(
                (host(0), 9),
                PBX,
                &frames::rtp(8, k, 160, 7, &vec![0xd5; size]),
            );
        }
        let held = f.tracker.tally().waiting as usize * if size == 20 { 1 } else { 1412 };
        assert!(
            held <= bounds()[most] && held * 10 >= bounds()[most] * 9,
            "{most}: {held}"
        );
        assert!(f.counter("overflow") > 0);
    }
    let mut f = Flooded::new();
    for k in 0..700_u16 {
        f.now = f.now + Micros::from_millis(40);
        for n in 0..2_100 {
            if k < 60 || n > 2_000 {
                f.send(
                    (host(n), 4000),
                    (host(n), 4002),
                    &frames::rtp(8, k, 160, n, &[0xd5; 20]),
                );
            }
        }
    }
    f.filled_now(&["calls by media alone"]);
}

const OF_TEXTS: &[&str] = &[
    "bytes of a header",
    "bytes of a Call-ID",
    "bytes of a URI",
    "bytes of a name",
    "bytes of a tag",
    "headers",
    "parts of a body",
    "bytes of a description",
    "lines of a description",
    "audio sections",
    "formats of a section",
    "keys of a section",
    "bytes of a format's text",
];

#[test]
fn texts_are_no_longer_than_they_may_be() {
    let (bounds, long) = (bounds(), "9".repeat(3_000));
    let mut f = Flooded::new();
    let text = format!(
        "INVITE sip:9@x SIP/2.0\r\nFrom: \"{long}\" <sip:{long}@x>;tag={long}\r\nTo: <sip:9@x>\r\nCall-ID: \
         short\r\nCSeq: 1 INVITE\r\nX-Lead-Id: {long}\r\nUser-Agent: {long}\r\n\r\n"
    );
    f.send(PHONE, PBX, text.as_bytes());
    let from = Message::parse(text.as_bytes()).unwrap().from().unwrap();
    assert_eq!(from.tag.map(|t| t.len()), Some(bounds["bytes of a tag"]));
    assert_eq!(
        from.display.map(|t| t.len()),
        Some(bounds["bytes of a name"])
    );
    assert_eq!(from.uri.len(), bounds["bytes of a URI"]);
    let (_, facts) = f.tracker.calls().next().unwrap();
    assert_eq!(
        facts.headers["X-Lead-Id"].reveal().len(),
        bounds["bytes of a header"]
    );
    assert_eq!(
        facts.user_agent.as_ref().unwrap().len(),
        bounds["bytes of a header"]
    );
    f.send(PHONE, PBX, text.replace("short", &long).as_bytes());
    f.send(
        PHONE,
        PBX,
        text.replace("\r\n\r\n", &"\r\na: b".repeat(260)).as_bytes(),
    );
    assert_eq!(f.counter("bad_sip"), 2);
    let parts = "--b\r\n\r\nnone\r\n".repeat(bounds["parts of a body"]);
    let body = format!("{parts}--b\r\n\r\n{}", frames::sdp(host(1), 4000));
    let multi = |body: &str| {
        format!("INVITE x SIP/2.0\r\nContent-Type: multipart/x;boundary=b\r\n\r\n{body}")
    };
    assert!(
        Message::parse(multi(&body).as_bytes())
            .unwrap()
            .sdp()
            .is_none()
    );
    assert!(
        Message::parse(multi(&body[13..]).as_bytes())
            .unwrap()
            .sdp()
            .is_some()
    );
    let key =
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";
    let head = frames::sdp(host(1), 4000);
    let sections = "m=audio 4000 RTP/AVP 8\r\n".repeat(20);
    let formats = head.replace("AVP 8", &format!("AVP {}", "8 ".repeat(200)));
    let many = [
        (format!("{head}{}", key.repeat(40)), "keys of a section"),
        (format!("{head}{sections}"), "audio sections"),
        (formats, "formats of a section"),
        (described(host(1), 4000, &long), "bytes of a format's text"),
        (
            format!("{head}{}", "a=x\r\n".repeat(2_000)),
            "lines of a description",
        ),
        (
            format!("{head}{}", format!("a={long}\r\n").repeat(20)),
            "bytes of a description",
        ),
    ];
    for (text, name) in many {
        let read = Sdp::parse(text.as_bytes()).unwrap();
        let found = [
            ("keys of a section", read.audio[0].crypto.len()),
            ("audio sections", read.audio.len()),
            ("formats of a section", read.audio[0].formats.len()),
            (
                "bytes of a format's text",
                read.audio[0]
                    .formats
                    .iter()
                    .map(|f| f.encoding.len())
                    .max()
                    .unwrap(),
            ),
        ];
        assert!(read.is_cut, "{name}");
        assert!(found.iter().all(|(name, n)| *n <= bounds[name]), "{name}");
        assert!(
            found
                .iter()
                .all(|(n, held)| *n != name || *held == bounds[name]),
            "{name}"
        );
        f.invite(PHONE, PBX, &format!("long {name}"), &text);
    }
    assert_eq!(f.counter("limit description"), 6);
}

const OF_FRAMES: &[&str] = &[
    "datagrams in pieces",
    "bytes in pieces",
    "pieces of a datagram",
    "streams",
    "segments of a stream",
    "waiting bytes of a stream",
    "bytes of all streams",
    "bytes of a message in a stream",
    "tunnels in each other",
    "samples of a reason",
];

fn frame(wire: &mut Wire, at: i64, bytes: &[u8]) {
    let frame = Frame {
        at: WallTime(at),
        interface: 0,
        link: Link::Ethernet,
        bytes,
        original_len: bytes.len(),
    };
    wire.frame(&frame, &mut |_, _| {});
}

fn held(wire: &Wire, name: &str) -> usize {
    assert_eq!(wire.tally().unaccounted(), 0);
    let (_, held) = wire
        .held()
        .into_iter()
        .find(|(known, _)| *known == name)
        .unwrap();
    let bound = bounds()[name];
    assert!(
        held <= bound && held * 10 >= bound * 9,
        "{name}: {held} of {bound}"
    );
    held
}

#[test]
fn pieces_and_streams_fill_no_more_than_their_place() {
    let bounds = bounds();
    for (size, name) in [(64, "datagrams in pieces"), (8_000, "bytes in pieces")] {
        let mut wire = Wire::default();
        for n in 0..10_000 {
            frame(
                &mut wire,
                n,
                &frames::piece(host(n as u32), PBX.0, 1, 8_000 - 1_000, &vec![0; size]),
            );
        }
        held(&wire, name);
        assert!(wire.tally().fragments.given_up > 0);
    }
    let mut wire = Wire::default();
    for n in 0..300 {
        frame(
            &mut wire,
            n,
            &frames::piece(PHONE.0, PBX.0, 1, n as u16, &[0; 8]),
        );
    }
    assert_eq!(
        wire.tally().fragments.given_up,
        bounds["pieces of a datagram"] as u64 + 1
    );

    let head = b"INVITE sip:x@y SIP/2.0\r\nContent-Length: 200000\r\n\r\n";
    let mut wire = Wire::default();
    for n in 0..5_000 {
        frame(
            &mut wire,
            n,
            &frames::tcp((host(n as u32), 9), PBX, 1, 0x18, head),
        );
    }
    held(&wire, "streams");
    assert_eq!(
        wire.tally().streams.dropped,
        5_000 - bounds["streams"] as u64
    );
    for (size, most) in [
        (1, "segments of a stream"),
        (1_400, "waiting bytes of a stream"),
    ] {
        let mut wire = Wire::default();
        frame(&mut wire, 0, &frames::tcp(PHONE, PBX, 1, 0x18, head));
        for n in 0..1_500 {
            frame(
                &mut wire,
                n,
                &frames::tcp(
                    PHONE,
                    PBX,
                    1_000_000 + 2_000 * n as u32,
                    0x18,
                    &vec![b'y'; size],
                ),
            );
        }
        let waiting = wire.tally().streams.waiting as usize - head.len();
        assert!(
            waiting <= bounds[most] && waiting * 10 >= bounds[most] * 9,
            "{most}: {waiting}"
        );
        assert!(wire.tally().streams.skipped > 0);
    }
    let mut wire = Wire::default();
    for n in 0..200_u32 {
        for k in 0..100 {
            let at = i64::from(n * 100 + k);
            let payload = if k == 0 {
                head.to_vec()
            } else {
                vec![b'x'; 1_400]
            };
            let sequence = if k == 0 {
                1
            } else {
                1 + head.len() as u32 + 1_400 * (k - 1)
            };
            frame(
                &mut wire,
                at,
                &frames::tcp((host(n), 9), PBX, sequence, 0x18, &payload),
            );
        }
    }
    held(&wire, "bytes of all streams");
    assert!(wire.tally().streams.dropped > 0);
    let mut wire = Wire::default();
    frame(
        &mut wire,
        0,
        &frames::tcp(PHONE, PBX, 0, 0x18, b"OPTIONS sip:x@y SIP/2.0\r\n"),
    );
    for n in 0..400_u32 {
        let sequence = 25 + 1_400 * n;
        frame(
            &mut wire,
            1,
            &frames::tcp(PHONE, PBX, sequence, 0x18, &[b'x'; 1_400]),
        );
    }
    let streams = wire.tally().streams;
    assert!(streams.waiting as usize <= bounds["bytes of a message in a stream"] + 1_400);
    assert!(streams.skipped > 0);
    let mut nested = frames::udp(PHONE, PBX, b"x");
    (0..9).for_each(|_| nested = frames::gre(&nested));
    (0..20).for_each(|n| frame(&mut wire, n, &nested));
    assert_eq!(
        wire.rejected().iter().count(),
        bounds["samples of a reason"]
    );
}

const OF_SPOOL: &[&str] = &[
    "bytes for the spool",
    "bytes of facts for the spool",
    "calls that wait to be sealed",
    "losses of a call",
];

impl Flooded {
    fn filled_now(&mut self, names: &[&'static str]) {
        self.look();
        self.filled(names);
    }
}

/// A disk that stands still while somebody holds the gate.
#[derive(Clone, Default)]
struct Still(Arc<Mutex<()>>);

struct StillFile(Still);

impl Disk for Still {
    fn create(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(StillFile(self.clone())))
    }
    fn remove(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for StillFile {
    fn write_at(&mut self, _: &[u8], _: u64) -> io::Result<()> {
        drop(self.0.0.lock().unwrap());
        Ok(())
    }
    fn truncate(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
    fn sync(&mut self) -> io::Result<()> {
        drop(self.0.0.lock().unwrap());
        Ok(())
    }
}

#[test]
fn a_disk_that_stands_still_fills_no_more_than_its_place() {
    let (bounds, folder) = (bounds(), tempfile::tempdir().unwrap());
    let (closed, inbox) = channel();
    let disk = Still::default();
    let settings = SpoolSettings {
        disk: Arc::new(disk.clone()),
        ..SpoolSettings::new(folder.path(), Keyring::default(), false)
    };
    let mut spool = Spool::start(settings, Some(&[]), closed, WallTime(0)).unwrap();
    let counters = spool.counters();
    let queued = || counters.queued_bytes.load(Relaxed);
    let gate = disk.0.lock().unwrap();
    let mut facts = CallFacts::new(Uuid::from_u128(1), WallTime(0));
    facts.call_ids = vec!["x".repeat(2_000)];
    spool.open(CallNo(1), &facts);
    for n in 0..60_000 {
        spool.packet(CallNo(1), StreamNo(0), WallTime(n), &[0xd5; 1_400]);
    }
    let (packets, beside) = (
        bounds["bytes for the spool"],
        bounds["bytes of facts for the spool"],
    );
    // What the writer holds unsynced already is not queued, and a block may go over the bound.
    assert!(
        queued() <= packets + (64 << 10) && queued() >= packets,
        "{}",
        queued()
    );
    assert!(counters.packets_lost.load(Relaxed) > 0);
    assert!(spool.crowded() && !spool.full());
    for _ in 0..10_000 {
        spool.facts(CallNo(1), &facts);
    }
    assert!(queued() <= packets + beside + (64 << 10), "{}", queued());
    assert!(spool.full() && counters.facts_put_off.load(Relaxed) > 0);
    spool.close(CallNo(1), &facts);
    drop(gate);
    spool.sync();
    assert!(!spool.full());
    for n in 2..bounds["calls that wait to be sealed"] as u32 + 1 {
        let facts = CallFacts::new(Uuid::from_u128(n.into()), WallTime(0));
        spool.open(CallNo(n), &facts);
        spool.close(CallNo(n), &facts);
        if n.is_multiple_of(1_000) {
            spool.sync();
        }
    }
    assert!(spool.full());
    spool.sync();
    let call = inbox.try_iter().next().unwrap();
    let lost: u64 = call.losses.iter().map(|loss| loss.packets).sum();
    assert_eq!(
        lost,
        counters.packets_lost.load(Relaxed),
        "each is a gap of its call"
    );
    assert!(call.losses.len() <= bounds["losses of a call"]);
    spool.sealed_notice().sealed(call.id);
    spool.sync();
    assert!(!spool.full());
}
