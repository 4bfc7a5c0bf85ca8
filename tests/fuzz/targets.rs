// What is fuzzed, shared by the fuzzer's targets and by the test that replays the corpora. Each takes any bytes and must
// neither panic nor grow without bound; what it can check beside that, it checks.

use assay::call::Settings;
use assay::call::{CallFacts, CallNo, Commands, Lines, StreamNo, Tracker};
use assay::sip::{Message, Sdp};
use assay::units::WallTime;
use assay::wire::{Datagram, Frame, Link, Wire, kind, rtcp, rtp};
use std::net::SocketAddr;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// Name and function of each.
pub const TARGETS: [(&str, Target); 15] = [
    ("frames", frames),
    ("streams", streams),
    ("sip", sip),
    ("sdp", sdp),
    ("rtp", media),
    ("calls", calls),
    ("spool", spool),
    ("cdr", cdr),
    ("captures", captures),
    ("answers", answers),
    ("channel", channel),
    ("bundles", bundles),
    ("notes", notes),
    ("stamps", stamps),
    ("leads", leads),
];

/// Pieces of input, each with a length in its first two bytes.
fn pieces(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (head, tail) = rest.split_at_checked(2)?;
        let (piece, after) = tail
            .split_at(usize::from(u16::from_be_bytes([head[0], head[1]]) & 0x0fff).min(tail.len()));
        rest = after;
        Some(piece)
    })
}

/// Link to datagram: every layer below, fragments and tunnels with it.
pub fn frames(data: &[u8]) {
    let mut wire = Wire::default();
    let links = [
        Link::Ethernet,
        Link::RawIp,
        Link::LinuxCooked,
        Link::LinuxCooked2,
        Link::Loopback,
    ];
    let mut given = 0_u64;
    for (n, bytes) in pieces(data).enumerate() {
        let link = links[bytes.first().map_or(0, |b| usize::from(*b) % links.len())];
        let frame = Frame {
            at: WallTime(n as i64 * 1000),
            interface: 0,
            link,
            bytes: bytes.get(1..).unwrap_or_default(),
            original_len: bytes.len(),
        };
        wire.frame(&frame, &mut |_, _: &Datagram<'_>| given += 1);
    }
    wire.finish(&mut |_, _: &Datagram<'_>| given += 1);
    let tally = wire.tally();
    assert_eq!((tally.unaccounted(), tally.given), (0, given));
}

/// TCP segments of two streams, in any order: framing by length, and WebSocket.
pub fn streams(data: &[u8]) {
    let mut wire = Wire::default();
    for (n, piece) in pieces(data).enumerate() {
        let Some((head, payload)) = piece.split_at_checked(4) else {
            continue;
        };
        let ports = if head[0] & 1 == 0 {
            [0x13, 0xc4, 0x20, 0x01]
        } else {
            [0x20, 0x01, 0x13, 0xc4]
        };
        let sequence = (u32::from(head[1]) * 16).to_be_bytes();
        let tcp = [
            &ports[..],
            &sequence,
            &[0; 4],
            &[0x50, head[2] & 0x17, 0xff, 0xff, 0, 0, 0, 0],
            payload,
        ]
        .concat();
        let mut ip = vec![
            0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ];
        ip[2..4].copy_from_slice(&((20 + tcp.len()) as u16).to_be_bytes());
        ip.extend(tcp);
        let frame = Frame {
            at: WallTime(n as i64 * 100_000 * i64::from(head[3])),
            interface: 0,
            link: Link::RawIp,
            bytes: &ip,
            original_len: ip.len(),
        };
        wire.frame(&frame, &mut |_, _: &Datagram<'_>| {});
    }
    wire.finish(&mut |_, _: &Datagram<'_>| {});
    assert_eq!(wire.tally().unaccounted(), 0);
}

pub fn sip(data: &[u8]) {
    let _ = kind::kind(data);
    if let Some(m) = Message::parse(data) {
        let _ = (
            m.from(),
            m.to(),
            m.cseq(),
            m.call_id().map(|c| c.len()),
            m.sdp(),
            m.siprec_metadata(),
            m.info_key(),
        );
        assert!(m.body.len() <= data.len());
    }
}

pub fn sdp(data: &[u8]) {
    let _ = Sdp::parse(data);
}

pub fn media(data: &[u8]) {
    if let Some(p) = rtp::parse(data) {
        assert!(p.payload_start <= p.payload_end && p.payload_end <= data.len());
    }
    let _ = rtcp::reports(data);
}

struct Counted(u64);

impl Commands for Counted {
    fn open(&mut self, _: CallNo, _: &CallFacts) {}
    fn packet(&mut self, _: CallNo, _: StreamNo, _: WallTime, _: &[u8]) {
        self.0 += 1;
    }
    fn facts(&mut self, _: CallNo, _: &CallFacts) {}
    fn close(&mut self, _: CallNo, _: &CallFacts) {}
}

/// Messages and media between four hosts.
pub fn calls(data: &[u8]) {
    let mut n = 0;
    let ids = move |_| {
        n += 1;
        uuid::Uuid::from_u128(n)
    };
    let mut tracker = Tracker::new(Settings::default(), Lines::new(["201".to_owned()]), ids);
    let (mut out, mut now) = (Counted(0), 0);
    for piece in pieces(data) {
        let Some((head, payload)) = piece.split_at_checked(2) else {
            continue;
        };
        now += i64::from(head[1]) * 50_000;
        let host = |b: u8| SocketAddr::from(([10, 0, 0, b & 3], 4000 + u16::from(b & 12)));
        let d = Datagram {
            src: host(head[0]),
            dst: host(head[0] >> 4),
            payload,
            cut: false,
        };
        tracker.datagram(WallTime(now), &d, &mut out);
        assert_eq!(tracker.tally().unaccounted(), 0);
    }
    tracker.finish(WallTime(now), &mut out);
    assert_eq!(
        (tracker.tally().unaccounted(), tracker.tally().spooled),
        (0, out.0)
    );
}

/// A spool segment of any bytes is recovered from.
pub fn spool(data: &[u8]) {
    let folder = std::env::temp_dir().join(format!(
        "assay-fuzz-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let _ = std::fs::create_dir_all(&folder);
    if std::fs::write(folder.join("0000000000000001.spool"), data).is_ok()
        && let Ok(found) = assay::archive::spool::recover(&folder)
    {
        let mut reader = assay::archive::spool::SpoolReader::new(
            &folder,
            &assay::archive::keys::Keyring::default(),
        );
        for call in &found {
            let _ = reader.call(call);
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
}

pub fn cdr(data: &[u8]) {
    let _ = assay::intake::cdr::read(data, &jiff::tz::TimeZone::UTC);
}

/// A capture file of any bytes: what it unpacks to and where its times lie is bounded.
pub fn captures(data: &[u8]) {
    let name = format!(
        "assay-fuzz-{}-{:?}.pcap",
        std::process::id(),
        std::thread::current().id()
    );
    let path = std::env::temp_dir().join(name);
    if std::fs::write(&path, data).is_err() {
        return;
    }
    let mut files = assay::capture::CaptureFiles::open(std::slice::from_ref(&path));
    while let Some(frame) = files.next_frame() {
        assert!(frame.bytes.len() <= assay::confine::limits::CAPTURE_BLOCK);
    }
    for error in files.into_errors() {
        assert!(!error.to_string().is_empty());
    }
    let _ = std::fs::remove_file(&path);
}

/// What a decoder that was taken over says to the recorder.
pub fn answers(data: &[u8]) {
    assay::recorder::worker::hear(data);
}

/// What the other half of the box says over the channel.
pub fn channel(data: &[u8]) {
    assay::recorder::channel::hear(data);
}

/// A bundle from anywhere, before the key of some log.
pub fn bundles(data: &[u8]) {
    let log = some_log();
    let given = assay::proof::bundle::Given {
        log: &log.verifier(),
        witnesses: &[],
        audio: &[],
        other_checkpoint: None,
    };
    if let Err(broken) = assay::proof::bundle::verify(data, &given) {
        assert!(!broken.to_string().is_empty());
    }
}

/// A signed note: a checkpoint, a cosignature, a key and a tile's path are read from what came. What
/// is read is written as it was.
pub fn notes(data: &[u8]) {
    if let Ok(note) = assay::proof::Note::parse(data) {
        assert_eq!(note.to_string().as_bytes(), data);
        let _ = assay::proof::Checkpoint::parse(note.text());
        let _ = assay::proof::cosigned_at(&note, &some_log().verifier());
    }
    let _ = assay::proof::open(data, &some_log().verifier());
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = assay::proof::VerifierKey::parse(text);
        if let Some(tile) = assay::proof::Tile::parse(text) {
            assert_eq!(tile.path(), text);
        }
    }
    let _ = assay::proof::tile_hashes(data);
    let _ = assay::proof::bundle_entries(data);
}

fn some_log() -> assay::proof::SignerKey {
    assay::proof::SignerKey::new("assay-test", assay::proof::Scheme::Note, &[7; 32])
        .expect("a key of thirty-two bytes")
}

/// What a time stamp authority answers.
pub fn stamps(data: &[u8]) {
    if let Ok(stamp) = assay::proof::stamp::read(data) {
        assert!(assay::proof::stamp::is_of(data, stamp.imprint).is_ok());
    }
}

/// A list of leads: each of its lines is a lead or a reason.
pub fn leads(data: &[u8]) {
    let numbers = assay::leads::Numbers::new("DE", "0").expect("a country that there is");
    let checks = assay::leads::import::Checks {
        numbers: &numbers,
        sources: &[],
        now: WallTime(1_800_000_000_000_000),
    };
    if let Ok((_, bad)) = assay::leads::import::read(data, &checks, &[]) {
        assert!(bad.iter().all(|row| row.line > 1 && !row.reason.is_empty()));
    }
}
