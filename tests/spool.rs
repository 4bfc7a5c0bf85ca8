//! The spool's invariants, tried one operation at a time on a disk made here: one that fails,
//! fills, lies about a sync, is stopped in the middle of a write, or loses its power.

use assay::archive::disk::{Disk, DiskFile};
use assay::archive::keys::{self, Keyring};
use assay::archive::spool::{
    ClosedCall, Spool, SpoolLoss, SpoolLossReason, SpoolReader, SpoolSettings, recover,
};
use assay::call::{CallFacts, CallNo, Commands, EndedBy, StreamNo};
use assay::units::{Micros, WallTime};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// What happens at one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Refused, nothing done.
    Error(i32),
    /// So many bytes are written, then an error.
    Short(usize),
    /// A sync that fails, and takes with it what was not synced.
    SyncLost,
    /// The process ends here; a write may have got so far.
    Stop(usize),
}

#[derive(Default)]
struct File {
    bytes: Vec<u8>,
    /// What they were when they were synced.
    durable: Vec<u8>,
    /// Its folder was synced since it was made.
    named: bool,
}

#[derive(Default)]
struct Sim {
    operations: usize,
    fault: Option<(usize, Fault)>,
    stopped: bool,
    hit: bool,
    files: HashMap<PathBuf, File>,
}

#[derive(Clone, Default)]
struct SimDisk(Arc<Mutex<Sim>>);

struct Handle {
    disk: SimDisk,
    path: PathBuf,
}

impl SimDisk {
    /// Counts an operation; gives the fault that strikes it.
    fn step(&self) -> io::Result<Option<Fault>> {
        let mut sim = self.0.lock().unwrap();
        let stopped = || io::Error::other("the process has ended");
        if sim.stopped {
            return Err(stopped());
        }
        sim.operations += 1;
        let struck = sim
            .fault
            .filter(|(at, _)| *at == sim.operations)
            .map(|(_, fault)| fault);
        sim.hit |= struck.is_some();
        sim.stopped |= matches!(struck, Some(Fault::Stop(_)));
        match struck {
            Some(Fault::Error(code)) => Err(io::Error::from_raw_os_error(code)),
            other => Ok(other),
        }
    }

    fn stopped(&self) -> bool {
        self.0.lock().unwrap().stopped
    }

    /// Puts on the real disk what a kill leaves, or, with `power`, what a power cut leaves: of what
    /// was not synced, the disk may have any sector or not.
    fn leave(&self, dir: &Path, power: Option<&mut dyn FnMut(usize) -> usize>) {
        let sim = self.0.lock().unwrap();
        let mut power = power;
        for (path, file) in &sim.files {
            let kept = match &mut power {
                Some(_) if !file.named => continue,
                Some(some) => torn(file, some),
                None => file.bytes.clone(),
            };
            std::fs::write(dir.join(path.file_name().unwrap()), kept).unwrap();
        }
    }
}

const SECTOR: usize = 512;

fn torn(file: &File, some: &mut dyn FnMut(usize) -> usize) -> Vec<u8> {
    let (shorter, longer) = (
        file.bytes.len().min(file.durable.len()),
        file.bytes.len().max(file.durable.len()),
    );
    let mut left = vec![0; shorter + some(longer - shorter)];
    for (sector, part) in left.chunks_mut(SECTOR).enumerate() {
        let from = if some(1) == 0 {
            &file.durable
        } else {
            &file.bytes
        };
        let there = from.get(sector * SECTOR..).unwrap_or_default();
        let there = &there[..there.len().min(part.len())];
        part[..there.len()].copy_from_slice(there);
    }
    left
}

impl Disk for SimDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let _ = self.step()?;
        if self.stopped() {
            return Err(io::Error::other("ended"));
        }
        let mut sim = self.0.lock().unwrap();
        assert!(
            !sim.files.contains_key(path),
            "a segment's name is used twice"
        );
        sim.files.insert(path.to_owned(), File::default());
        Ok(Box::new(Handle {
            disk: self.clone(),
            path: path.to_owned(),
        }))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let _ = self.step()?;
        if !self.stopped() {
            self.0.lock().unwrap().files.remove(path);
        }
        Ok(())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        let struck = self.step()?;
        if struck.is_none() {
            self.0
                .lock()
                .unwrap()
                .files
                .values_mut()
                .for_each(|f| f.named = true);
        }
        Ok(())
    }
}

impl DiskFile for Handle {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        assert!(
            bytes.len().is_multiple_of(4096)
                && offset.is_multiple_of(4096)
                && bytes.as_ptr().addr().is_multiple_of(4096),
            "a disk past the page cache would refuse this"
        );
        let struck = self.disk.step()?;
        let mut sim = self.disk.0.lock().unwrap();
        let file = sim.files.get_mut(&self.path).unwrap();
        let (written, done) = match struck {
            Some(Fault::Short(n) | Fault::Stop(n)) => (
                &bytes[..n.min(bytes.len())],
                Err(io::Error::from_raw_os_error(libc::ENOSPC)),
            ),
            _ => (bytes, Ok(())),
        };
        let (from, to) = (offset as usize, offset as usize + written.len());
        assert!(from <= file.bytes.len(), "a hole");
        file.bytes.resize(file.bytes.len().max(to), 0);
        file.bytes[from..to].copy_from_slice(written);
        done
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let struck = self.disk.step()?;
        if struck.is_none() {
            let mut sim = self.disk.0.lock().unwrap();
            let file = sim.files.get_mut(&self.path).unwrap();
            file.bytes.resize(length as usize, 0);
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let struck = self.disk.step()?;
        let mut sim = self.disk.0.lock().unwrap();
        let file = sim.files.get_mut(&self.path).unwrap();
        match struck {
            Some(Fault::SyncLost) => {
                // The kernel drops the pages and calls them clean.
                let length = file.bytes.len();
                file.bytes.clone_from(&file.durable);
                file.bytes.resize(length, 0);
                file.durable.clone_from(&file.bytes);
                Err(io::Error::from_raw_os_error(libc::EIO))
            }
            Some(_) => Err(io::Error::from_raw_os_error(libc::EIO)),
            None => {
                file.durable.clone_from(&file.bytes);
                Ok(())
            }
        }
    }
}

const CALLS: u32 = 3;
const ROUNDS: u16 = 6;
const PER_ROUND: u16 = 7;

fn facts(call: u32) -> CallFacts {
    CallFacts::new(
        Uuid::from_u128(u128::from(call) + 1),
        WallTime(i64::from(call) * 1000),
    )
}

/// The n-th packet of a call says which it is.
fn packet(call: u32, n: u16) -> Vec<u8> {
    [
        &call.to_be_bytes()[..],
        &n.to_be_bytes(),
        &[n as u8 ^ call as u8 ^ 0x5a; 160],
    ]
    .concat()
}

struct Outcome {
    /// Packets per call that were synced while nothing had gone wrong, and calls that were closed
    /// by then.
    certain: HashMap<u32, (u16, bool)>,
    closed: Vec<ClosedCall>,
}

/// Written page by page, and in pieces that take a whole round.
const WRITES: [usize; 2] = [4096, 256 << 10];

/// Three calls in turns; each round is synced. The last one is still open at the end.
fn story(disk: &SimDisk, dir: &Path, keyring: &Keyring, write_bytes: usize) -> io::Result<Outcome> {
    let settings = SpoolSettings {
        disk: Arc::new(disk.clone()),
        write_bytes,
        ..SpoolSettings::new(dir, keyring.clone(), true)
    };
    let (closed, inbox) = channel();
    let mut spool = Spool::start(settings, Some(&[]), closed, WallTime(0))?;
    let mut certain: HashMap<u32, (u16, bool)> = HashMap::new();
    for call in 0..CALLS {
        spool.open(CallNo(call), &facts(call));
    }
    for round in 0..ROUNDS {
        for call in 0..CALLS {
            for n in round * PER_ROUND..(round + 1) * PER_ROUND {
                spool.packet(
                    CallNo(call),
                    StreamNo(0),
                    WallTime(i64::from(n) * 20_000),
                    &packet(call, n),
                );
            }
            if round + 1 == ROUNDS && call + 1 < CALLS {
                let mut last = facts(call);
                last.ended_by = Some(EndedBy::Callee);
                spool.close(CallNo(call), &last);
            }
        }
        spool.sync();
        if !disk.stopped() {
            for call in 0..CALLS {
                certain.insert(
                    call,
                    (
                        (round + 1) * PER_ROUND,
                        round + 1 == ROUNDS && call + 1 < CALLS,
                    ),
                );
            }
        }
    }
    drop(spool);
    Ok(Outcome {
        certain,
        closed: inbox.try_iter().collect(),
    })
}

/// The packets' numbers, proved to be what was given.
fn numbers(dir: &Path, keyring: &Keyring, call: &ClosedCall) -> (Vec<u16>, CallFacts) {
    let (numbers, facts, _) = read(dir, keyring, call);
    (numbers, facts)
}

/// The same, and what is told to be missing.
fn read(dir: &Path, keyring: &Keyring, call: &ClosedCall) -> (Vec<u16>, CallFacts, Vec<SpoolLoss>) {
    let mut reader = SpoolReader::new(dir, keyring);
    let spooled = reader.call(call).unwrap();
    let no = spooled.facts.id.as_u128() as u32 - 1;
    let read = spooled.packets.iter().map(|p| {
        let bytes = spooled.bytes(p);
        let n = u16::from_be_bytes([bytes[4], bytes[5]]);
        assert_eq!(
            (bytes, p.at),
            (packet(no, n).as_slice(), WallTime(i64::from(n) * 20_000))
        );
        n
    });
    (read.collect(), spooled.facts, spooled.losses)
}

fn keyrings() -> Vec<(tempfile::TempDir, Keyring)> {
    let plain = tempfile::tempdir().unwrap();
    let sealed = tempfile::tempdir().unwrap();
    keys::generate(sealed.path()).unwrap();
    [plain, sealed]
        .into_iter()
        .map(|dir| (Keyring::open(dir.path()).unwrap(), dir))
        .map(|(ring, dir)| (dir, ring))
        .collect()
}

fn each() -> impl Iterator<Item = (tempfile::TempDir, Keyring, usize)> {
    WRITES.into_iter().flat_map(|write| {
        keyrings()
            .into_iter()
            .map(move |(dir, ring)| (dir, ring, write))
    })
}

fn operations(keyring: &Keyring, write_bytes: usize) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let disk = SimDisk::default();
    story(&disk, dir.path(), keyring, write_bytes).unwrap();
    disk.0.lock().unwrap().operations
}

fn random(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % (below as u64 + 1)) as usize
    }
}

#[test]
fn a_kill_or_a_power_cut_at_any_step_and_any_byte_loses_nothing_that_was_synced() {
    let mut tried = 0;
    for (data, keyring, write_bytes) in each() {
        for at in 1..=operations(&keyring, write_bytes) {
            for written in [0, 1, 31, 32, 33, 200, 1300, 4095, 4096, usize::MAX] {
                for power in [None, Some(1_u64), Some(2), Some(3)] {
                    let (dir, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
                    let disk = SimDisk::default();
                    disk.0.lock().unwrap().fault = Some((at, Fault::Stop(written)));
                    let certain = story(&disk, dir.path(), &keyring, write_bytes)
                        .map(|o| o.certain)
                        .unwrap_or_default();
                    match power {
                        None => disk.leave(left.path(), None),
                        Some(seed) => disk.leave(left.path(), Some(&mut random(seed + at as u64))),
                    }
                    // Another process comes: it has the keys of the folder, not those in memory.
                    let keyring = Keyring::open(data.path()).unwrap();
                    let found: HashMap<u32, ClosedCall> = recover(left.path())
                        .unwrap()
                        .into_iter()
                        .map(|c| (c.id.as_u128() as u32 - 1, c))
                        .collect();
                    for (call, (packets, closed)) in certain {
                        let what = format!(
                            "call {call} at step {at}, {written} of {write_bytes} bytes, power \
                             {power:?}"
                        );
                        let recovered =
                            found.get(&call).unwrap_or_else(|| panic!("{what} is gone"));
                        let (numbers, facts) = numbers(left.path(), &keyring, recovered);
                        assert!(
                            numbers.len() >= usize::from(packets)
                                && numbers
                                    .iter()
                                    .enumerate()
                                    .all(|(i, n)| i == usize::from(*n)),
                            "{what}: {numbers:?}"
                        );
                        // A close that was written and not synced may have got through.
                        assert!(
                            !(closed && recovered.unclosed)
                                && facts.recovered == recovered.unclosed
                                && facts.ended_by.is_some(),
                            "{what}"
                        );
                    }
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} kills and power cuts: nothing that was synced was lost");
    assert!(tried > 1000);
}

#[test]
fn every_operation_that_fails_loses_nothing_in_silence() {
    let mut tried = 0;
    for (_data, keyring, write_bytes) in each() {
        for at in 1..=operations(&keyring, write_bytes) {
            for fault in [
                Fault::Error(libc::EIO),
                Fault::Error(libc::ENOSPC),
                Fault::Short(0),
                Fault::Short(40),
                Fault::Short(500),
                Fault::Short(4096),
                Fault::SyncLost,
            ] {
                let (dir, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
                let disk = SimDisk::default();
                disk.0.lock().unwrap().fault = Some((at, fault));
                let Ok(outcome) = story(&disk, dir.path(), &keyring, write_bytes) else {
                    assert!(at <= 4, "only the start may be refused");
                    continue;
                };
                assert!(disk.0.lock().unwrap().hit);
                disk.leave(left.path(), None);
                assert_eq!(
                    outcome.closed.len(),
                    CALLS as usize - 1,
                    "every closed call is handed to sealing: {fault:?} at {at}"
                );
                for call in &outcome.closed {
                    let (numbers, facts, losses) = read(left.path(), &keyring, call);
                    assert_eq!(losses, call.losses, "nothing is told twice");
                    let lost: u64 = call.losses.iter().map(|l| l.packets).sum();
                    assert_eq!(
                        numbers.len() as u64 + lost,
                        u64::from(ROUNDS * PER_ROUND),
                        "{fault:?} at {at}: {numbers:?} {:?}",
                        call.losses
                    );
                    assert!(numbers.is_sorted(), "{numbers:?}");
                    assert_eq!(
                        facts.ended_by,
                        Some(EndedBy::Callee),
                        "its last facts came with it: {fault:?} at {at}"
                    );
                    for loss in &call.losses {
                        assert!(
                            loss.packets > 0
                                && loss.to - loss.from
                                    == Micros(20_000 * (loss.packets as i64 - 1))
                        );
                    }
                }
                tried += 1;
            }
        }
    }
    println!("{tried} failed operations: every packet is there or is told as a gap");
    assert!(tried > 200);
}

#[test]
fn a_disk_that_stays_broken_takes_no_memory_without_end_and_every_packet_is_told() {
    for (_data, keyring) in keyrings() {
        let dir = tempfile::tempdir().unwrap();
        let disk = SimDisk::default();
        let settings = SpoolSettings {
            disk: Arc::new(disk.clone()),
            ..SpoolSettings::new(dir.path(), keyring.clone(), true)
        };
        let (closed, inbox) = channel();
        let mut spool = Spool::start(settings, Some(&[]), closed, WallTime(0)).unwrap();
        spool.open(CallNo(0), &facts(0));
        spool.sync();
        // From here on nothing goes: the same as a disk that was pulled out.
        disk.0.lock().unwrap().stopped = true;
        for n in 0..400 {
            spool.packet(
                CallNo(0),
                StreamNo(0),
                WallTime(i64::from(n) * 20_000),
                &packet(0, n),
            );
        }
        spool.close(CallNo(0), &facts(0));
        spool.no_more_calls();
        let counters = spool.counters();
        drop(spool);
        let call = inbox.try_iter().next().expect("the call is told of");
        let lost: u64 = call.losses.iter().map(|l| l.packets).sum();
        assert_eq!(
            (
                lost,
                counters
                    .packets_lost
                    .load(std::sync::atomic::Ordering::Relaxed),
                call.facts.is_some()
            ),
            (400, 400, true)
        );
    }
}

#[test]
fn the_disk_holds_no_word_of_a_call_in_the_open() {
    let (_data, keyring) = keyrings().remove(1);
    let dir = tempfile::tempdir().unwrap();
    let disk = SimDisk::default();
    story(&disk, dir.path(), &keyring, WRITES[0]).unwrap();
    for file in disk.0.lock().unwrap().files.values() {
        for call in 0..CALLS {
            for n in 0..ROUNDS * PER_ROUND {
                let spoken = packet(call, n);
                assert!(
                    !file.bytes.windows(32).any(|w| w == &spoken[8..40]),
                    "packet {n} of call {call} lies open"
                );
            }
        }
        assert!(
            !file.bytes.windows(10).any(|w| w == b"started_at"),
            "the facts lie open"
        );
    }
}

fn segments(dir: &Path) -> Vec<String> {
    let names = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = names
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Waits until the writer has done what it was told.
fn soon(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it does not come");
}

#[test]
fn what_nobody_has_read_yet_stays_and_goes_when_its_calls_are_sealed() {
    let (_data, keyring) = keyrings().remove(1);
    let dir = tempfile::tempdir().unwrap();
    let start = |earlier| {
        let (closed, inbox) = channel();
        let settings = SpoolSettings::new(dir.path(), keyring.clone(), true);
        let spool = Spool::start(settings, earlier, closed, WallTime(0));
        (spool.unwrap(), inbox)
    };
    // Two runs, each with a call that is not sealed.
    for call in 0..2 {
        let (mut spool, _inbox) = start(None);
        spool.open(CallNo(call), &facts(call));
        spool.sync();
    }
    let (spool, _inbox) = start(None);
    assert_eq!((spool.first_segment(), segments(dir.path()).len()), (3, 3));
    let found = assay::archive::spool::recover_before(dir.path(), spool.first_segment()).unwrap();
    assert_eq!(found.len(), 2);
    let notice = spool.sealed_notice();
    // What is sealed before anybody has read the segments lets none of them go.
    notice.sealed(found[1].id);
    notice.earlier(&found[..1]);
    soon(|| segments(dir.path()).len() == 2);
    assert_eq!(segments(dir.path())[0], "0000000000000001.spool");
    notice.sealed(found[0].id);
    soon(|| segments(dir.path()) == ["0000000000000003.spool"]);
}

/// What somebody with the disk, or the disk itself, does to a segment.
#[derive(Debug, Clone, Copy)]
enum Harm {
    Flipped(usize),
    CutOut(usize, usize),
    Zeroed(usize, usize),
}

impl Harm {
    fn does(self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Harm::Flipped(at) => bytes[at] ^= 0x10,
            Harm::CutOut(from, to) => drop(bytes.drain(from..to)),
            Harm::Zeroed(from, to) => bytes[from..to].fill(0),
        }
        bytes
    }
}

/// What is there and what is told to be missing are all that was given, in its place.
fn is_all_told(numbers: &[u16], losses: &[SpoolLoss], all: u16, what: &str) {
    assert!(numbers.is_sorted(), "{what}: {numbers:?}");
    assert!(
        losses.iter().all(|l| l.reason == SpoolLossReason::Damaged),
        "{what}"
    );
    let lost: u64 = losses.iter().map(|l| l.packets).sum();
    assert_eq!(
        numbers.len() as u64 + lost,
        u64::from(all),
        "{what}: {numbers:?}, {losses:?}"
    );
    for n in (0..all).filter(|n| !numbers.contains(n)) {
        // Here calls begin up to two milliseconds after their first packet.
        let at = WallTime((i64::from(n) * 20_000).max(2_000));
        let is_told = losses.iter().any(|l| l.from <= at && at <= l.to);
        // Of a call without an end, nobody knows when it would have been.
        let is_last = losses.iter().any(|l| l.to <= at);
        assert!(is_told || is_last, "{what}: {n} is not in {losses:?}");
    }
}

#[test]
fn what_is_changed_or_cut_out_of_a_segment_is_told_on_each_call() {
    let mut tried = 0;
    for (data, keyring, write_bytes) in each() {
        let (dir, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let disk = SimDisk::default();
        let outcome = story(&disk, dir.path(), &keyring, write_bytes).unwrap();
        disk.leave(left.path(), None);
        let segment = left.path().join("0000000000000001.spool");
        let bytes = std::fs::read(&segment).unwrap();
        // Without its head nothing of it can be read: that is another test.
        let places = (200..bytes.len() - 1300).step_by(191);
        for harm in places.flat_map(|at| {
            [
                Harm::Flipped(at),
                Harm::CutOut(at, at + 1),
                Harm::CutOut(at, at + 1300),
                Harm::Zeroed(at, at + 700),
            ]
        }) {
            std::fs::write(&segment, harm.does(bytes.clone())).unwrap();
            let all = ROUNDS * PER_ROUND;
            // This run's reader knows where each block was; the next one's finds them.
            for call in &outcome.closed {
                let what = format!("{harm:?}, by the run that wrote it");
                match harm {
                    // The blocks behind are where no block was.
                    Harm::CutOut(..) => continue,
                    _ => {
                        let (numbers, _, losses) = read(left.path(), &keyring, call);
                        is_all_told(&numbers, &losses, all, &what);
                    }
                }
            }
            let keyring = Keyring::open(data.path()).unwrap();
            let found = recover(left.path()).unwrap();
            assert_eq!(found.len(), CALLS as usize, "{harm:?}");
            for call in &found {
                let what = format!("{harm:?}, by the next run");
                let (numbers, facts, losses) = read(left.path(), &keyring, call);
                assert_eq!(facts.recovered, call.unclosed, "{what}");
                if !call.unclosed {
                    is_all_told(&numbers, &losses, all, &what);
                    continue;
                }
                // Its end is gone, and it says that it was cut short; up to there nothing is.
                let lost: u64 = losses.iter().map(|l| l.packets).sum();
                let told = numbers.len() as u64 + lost;
                let last = numbers.last().map_or(0, |n| u64::from(*n) + 1);
                assert!(told >= last, "{what}: {numbers:?}, {losses:?}");
            }
            tried += 1;
        }
    }
    println!("{tried} segments were changed or cut: every packet is there or is told as a gap");
    assert!(tried > 2000);
}

#[test]
fn a_call_whose_facts_are_gone_is_told_with_all_its_packets() {
    let (_data, keyring) = keyrings().remove(0);
    let (dir, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let disk = SimDisk::default();
    story(&disk, dir.path(), &keyring, WRITES[0]).unwrap();
    disk.leave(left.path(), None);
    let segment = left.path().join("0000000000000001.spool");
    let mut bytes = std::fs::read(&segment).unwrap();
    // Kinds 1, 2 and 4 are facts: of the first call, none is left.
    let of_first = Uuid::from_u128(1);
    for at in 0..bytes.len() - 32 {
        let is_block =
            &bytes[at..at + 4] == b"BLK1" && bytes[at + 16..at + 32] == of_first.into_bytes();
        if is_block && [1, 2, 4].contains(&bytes[at + 4]) {
            bytes[at + 12] ^= 1;
        }
    }
    std::fs::write(&segment, bytes).unwrap();
    let found = recover(left.path()).unwrap();
    let call = found.iter().find(|c| c.id == of_first);
    let call = call.expect("it is not forgotten");
    let (_, facts, losses) = read(left.path(), &keyring, call);
    let lost: u64 = losses.iter().map(|l| l.packets).sum();
    assert!(facts.recovered && facts.ended_at.is_some());
    assert_eq!(lost, u64::from(ROUNDS * PER_ROUND));
}
