//! A hundred calls of people beside floods of everything that a stranger can send (PRODUCT I5, I9): in memory, through
//! the very path of `assay replay`. Seconds of each here, ten minutes of each in `make siege`
//! (`ASSAY_SIEGE_SECONDS=600`); `tests/siege/live.sh` has them written as capture files, and plays
//! them onto a live box.

#[path = "siege/floods.rs"]
mod floods;
#[path = "siege/frames.rs"]
mod frames;
#[path = "siege/honest.rs"]
mod honest;

use assay::archive::keys::Keyring;
use assay::archive::spool::{ClosedCall, SealedNotice, SpoolReader, SpoolSettings};
use assay::call::{Lines, Settings};
use assay::recorder::Recorder;
use assay::units::WallTime;
use assay::wire::{Frame, Link};
use floods::Flood;
use std::collections::HashSet;
use std::io::Write;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

const START_US: i64 = 1_790_000_000_000_000;
/// One round of a hundred calls.
const ROUND_SECONDS: i64 = 10;
const MOST_MEMORY_MB: u64 = 300;

fn setting(name: &str, default: i64) -> i64 {
    let set = std::env::var(name).ok();
    set.map_or(default, |value| value.parse().unwrap())
}

/// Frames of one round: the calls' and the flood's, by time.
fn round(
    (number, flood): (u16, &mut Option<Flood>),
    seconds: i64,
    rate: i64,
    mut each: impl FnMut(i64, &[u8]),
) -> u16 {
    let (honest, packets) = honest::frames(number, seconds);
    let mut honest = honest.into_iter().peekable();
    for n in 0..seconds * rate {
        let at = n * 1_000_000 / rate;
        while let Some((when, frame)) = honest.next_if(|(when, _)| *when <= at) {
            each(when, &frame);
        }
        if let Some(flood) = flood {
            each(at, &flood.frame());
        }
    }
    honest.for_each(|(at, frame)| each(at, &frame));
    packets
}

struct Box {
    recorder: Recorder,
    closed: Receiver<ClosedCall>,
    reader: SpoolReader,
    notice: SealedNotice,
    found: HashSet<(u16, usize, u16)>,
    twice: u64,
    strange: u64,
    calls: u64,
    /// Whose calls are under way.
    round: u16,
}

impl Box {
    fn start(folder: &std::path::Path) -> Box {
        let (closed, inbox) = channel();
        let settings = SpoolSettings::new(folder, Keyring::default(), true);
        let recorder = Recorder::start(
            settings,
            Some(&[]),
            Settings::default(),
            Lines::default(),
            closed,
            WallTime(0),
        )
        .unwrap();
        Box {
            notice: recorder.sealed_notice(),
            recorder,
            closed: inbox,
            reader: SpoolReader::new(folder, &Keyring::default()),
            found: HashSet::new(),
            twice: 0,
            strange: 0,
            calls: 0,
            round: 0,
        }
    }

    fn frame(&mut self, at: i64, bytes: &[u8]) {
        self.recorder.frame(&Frame {
            at: WallTime(START_US + at),
            interface: 0,
            link: Link::Ethernet,
            bytes,
            original_len: bytes.len(),
        });
    }

    /// Looks into what was closed, as sealing would.
    fn look(&mut self) {
        for closed in self.closed.try_iter() {
            let call = self.reader.call(&closed).unwrap();
            self.calls += 1;
            if call
                .facts
                .call_ids
                .iter()
                .any(|id| id.starts_with("honest-"))
            {
                for packet in &call.packets {
                    match honest::whose(call.bytes(packet)) {
                        Some(key)
                            if call
                                .facts
                                .call_ids
                                .contains(&honest::call_id(self.round, key.0)) =>
                        {
                            self.twice += u64::from(!self.found.insert(key));
                        }
                        _ => self.strange += 1,
                    }
                }
            }
            self.notice.sealed(closed.id);
        }
        self.reader.rest();
    }
}

/// Kilobytes, by the kernel's name.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn siege(name: Option<&'static str>) {
    let seconds = setting("ASSAY_SIEGE_SECONDS", 2);
    siege_of(name, seconds, setting("ASSAY_SIEGE_RATE", 50_000));
}

fn siege_of(name: Option<&'static str>, seconds: i64, rate: i64) {
    let mut flood = name.map(|name| Flood::new(name, 711));
    let name = name.unwrap_or("none");
    let folder = tempfile::tempdir().unwrap();
    let mut besieged = Box::start(folder.path());
    let (mut lost, mut sent, mut frames, mut at_most) = (0, 0, 0_u64, 0);
    let (began, before) = (Instant::now(), memory("VmRSS"));
    let mut offset = 0;
    while offset < seconds {
        let length = ROUND_SECONDS.min(seconds - offset);
        let number = besieged.round;
        let packets = round((number, &mut flood), length, rate, |at, frame| {
            besieged.frame(offset * 1_000_000 + at, frame);
            frames += 1;
            if frames.is_multiple_of(16) {
                besieged.recorder.pulse(None);
            }
            if frames.is_multiple_of(20_000) {
                besieged.look();
                at_most = at_most.max(memory("VmRSS"));
            }
        });
        offset += length;
        if offset >= seconds {
            besieged.recorder.finish();
        } else {
            // What lingers of this round's calls is over.
            besieged
                .recorder
                .pulse(Some(WallTime(START_US + (offset + 4) * 1_000_000)));
        }
        at_most = at_most.max(memory("VmRSS"));
        besieged.recorder.sync();
        besieged.look();
        let all = u64::from(honest::CALLS) * 2 * u64::from(packets);
        sent += all;
        lost += all - besieged.found.len() as u64;
        besieged.found.clear();
        besieged.round += 1;
    }
    let took = began.elapsed();
    let c = besieged.recorder.conservation();
    let spool = besieged.recorder.spool_counters();
    println!(
        "{name:<12} {rate}/s {seconds} s: {lost} of {sent} honest packets lost, {} strange ones in honest calls, \
         {} twice, {} calls, peak {} MB (+{}), {:.2} µs a frame, spool {} kB, discarded {:?}",
        besieged.strange,
        besieged.twice,
        besieged.calls,
        at_most / 1024,
        at_most.saturating_sub(before) / 1024,
        took.as_secs_f64() * 1e6 / frames as f64,
        spool.bytes.load(std::sync::atomic::Ordering::Relaxed) / 1024,
        c.tally.discarded,
    );
    assert_eq!((c.unaccounted(), c.spool_lost), (0, 0));
    assert_eq!((lost, besieged.twice), (0, 0), "of {sent} honest packets");
    assert!(at_most / 1024 < MOST_MEMORY_MB, "{} MB", at_most / 1024);
}

/// As a little-endian microsecond pcap.
fn write(path: &std::path::Path, mut flood: Option<Flood>, seconds: i64, rate: i64) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let head = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1];
    out.write_all(&head.map(u32::to_le_bytes).concat()).unwrap();
    round((0, &mut flood), seconds, rate, |at, frame| {
        let (at, length) = (START_US + at, frame.len() as u32);
        let head = [
            (at / 1_000_000) as u32,
            (at % 1_000_000) as u32,
            length,
            length,
        ];
        out.write_all(&head.map(u32::to_le_bytes).concat()).unwrap();
        out.write_all(frame).unwrap();
    });
    out.flush().unwrap();
}

macro_rules! sieges {
    ($($test:ident: $flood:expr,)*) => {$(
        #[test]
        fn $test() {
            siege($flood);
        }
    )*};
}

sieges! {
    calls_lose_nothing_in_peace: None,
    calls_lose_nothing_beside_invites: Some("invites"),
    calls_lose_nothing_beside_re_invites_of_one_call: Some("re-invites"),
    calls_lose_nothing_beside_malformed_messages: Some("malformed"),
    calls_lose_nothing_beside_endless_descriptions: Some("sdp"),
    calls_lose_nothing_beside_junk_at_their_ports: Some("rtp-honest"),
    calls_lose_nothing_beside_media_of_nobody: Some("rtp-unknown"),
    calls_lose_nothing_beside_reports_of_nobody: Some("rtcp"),
    calls_lose_nothing_beside_broken_streams: Some("tcp"),
    calls_lose_nothing_beside_pieces_of_nothing: Some("fragments"),
    calls_lose_nothing_beside_hep: Some("hep"),
    calls_lose_nothing_beside_tunnels: Some("tunnels"),
}

/// The same ports again, as soon as they are free: a siege of minutes is made of such rounds.
#[test]
fn calls_of_later_rounds_lose_nothing() {
    siege_of(Some("rtp-unknown"), 3 * ROUND_SECONDS, 500);
}

/// For `tests/siege/live.sh`.
#[test]
fn a_siege_is_written() {
    let (folder, only) = ("ASSAY_SIEGE_WRITE", "ASSAY_SIEGE_ONLY");
    let Some((folder, only)) = std::env::var_os(folder).zip(std::env::var(only).ok()) else {
        return;
    };
    let name = floods::ALL.into_iter().find(|name| *name == only);
    let path = std::path::Path::new(&folder).join(format!("{only}.pcap"));
    let (seconds, rate) = (
        setting("ASSAY_SIEGE_SECONDS", 2),
        setting("ASSAY_SIEGE_RATE", 50_000),
    );
    write(&path, name.map(|name| Flood::new(name, 711)), seconds, rate);
}
