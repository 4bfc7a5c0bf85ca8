//! What strangers made, in the place of calls: recordings and captures that unpack to more than
//! they should, with clocks that are none. Each ends at a limit, in an error that says what to do.

mod common;

use assay::archive::AudioFormat;
use assay::archive::encode::encode;
use assay::capture::CaptureFiles;
use assay::confine::limits;
use assay::media::codec::{Codec, Decoder};
use assay::recorder::worker::WorkerSettings;
use assay::recorder::worker::listening::Listening;
use assay::recorder::worker::reading;
use assay::units::Hertz;
use common::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

fn worker() -> WorkerSettings {
    WorkerSettings {
        program: ASSAY.into(),
        ..WorkerSettings::default()
    }
}

/// Bytes of samples that are taken here: an eighth of what an import takes.
const MOST: usize = limits::IMPORTED_SOUND / 8;

/// Reads a recording, as `assay import` has it read.
fn import(bytes: &[u8], extension: &str) -> Result<reading::Recorded, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    reading::read(&worker(), File::open(file.path()).unwrap(), extension, MOST)
}

/// Tests whose memory is looked at run one at a time; it is counted from here on.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    // Resets the peak (proc(5), `clear_refs`).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    one
}

/// Memory of this process that was resident at most, in MiB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<u64>().unwrap() >> 10
}

fn wav(rate: u32, channels: u16, data: u32, bytes: &[u8]) -> Vec<u8> {
    let mut file = b"RIFF".to_vec();
    file.extend((36_u32.wrapping_add(data)).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend(rate.wrapping_mul(u32::from(channels) * 2).to_le_bytes());
    file.extend((channels * 2).to_le_bytes());
    file.extend(b"\x10\0data");
    file.extend(data.to_le_bytes());
    file.extend(bytes);
    file
}

#[test]
fn a_recording_is_read_as_it_was_and_opus_among_them() {
    let lane: Vec<i16> = (0..160_000).map(|n| (n % 400) as i16 * 20).collect();
    let bytes = encode(AudioFormat::Wav, [&lane, &lane], Hertz(8000), None).unwrap();
    let read = import(&bytes, "").unwrap();
    assert_eq!(read.lanes, [lane.clone(), lane.clone()]);
    assert!(!read.about.cut_short && read.about.sample_rate == Hertz(8000));
    let cut = import(&bytes[..bytes.len() * 2 / 3], "").unwrap();
    assert!(cut.lanes[0].len() < lane.len() && lane.starts_with(&cut.lanes[0]));
    let folder = tempfile::tempdir().unwrap();
    let wav = folder.path().join("call.wav");
    std::fs::write(&wav, &bytes).unwrap();
    for (name, codec) in [
        ("call.flac", "flac"),
        ("call.ogg", "opus"),
        ("call.m4a", "aac"),
        ("call.mp3", "mp3"),
    ] {
        let made = folder.path().join(name);
        let mut ffmpeg = std::process::Command::new("ffmpeg");
        ffmpeg.args(["-loglevel", "error", "-i"]).arg(&wav);
        if codec == "opus" {
            ffmpeg.args(["-c:a", "libopus"]);
        }
        assert!(ffmpeg.arg(&made).status().unwrap().success());
        let read = import(&std::fs::read(&made).unwrap(), name).unwrap();
        let seconds = read.lanes[0].len() as f64 / f64::from(read.about.sample_rate.0);
        assert_eq!((read.about.codec.as_str(), read.lanes.len()), (codec, 2));
        assert!((seconds - 20.0).abs() < 0.3, "{name}: {seconds} s");
    }
    assert!(import(b"no recording at all, but longer than a head of one", "wav").is_err());
}

#[test]
fn a_wav_that_lies_about_itself_ends_at_once() {
    for (rate, said) in [
        (1, "1 Hz"),
        (u32::MAX, "4294967295 Hz"),
        (0, ""),
        (192_001, "192001 Hz"),
    ] {
        let began = Instant::now();
        let error = import(&wav(rate, 1, 1 << 20, &vec![1; 1 << 20]), "wav").unwrap_err();
        assert!(error.contains(said), "{rate}: {error}");
        assert!(began.elapsed() < Duration::from_secs(20), "{rate}");
    }
    // Sizes beyond the file's end: what is there is read.
    for size in [u32::MAX, u32::MAX - 1, 1 << 31] {
        let read = import(&wav(8000, 1, size, &[1; 20_000]), "wav");
        let length = read.map(|r| r.lanes[0].len());
        println!("SHOW {size}: {length:?}");
        assert!(length.is_err() || length == Ok(10_000), "{size}");
    }
    for channels in [0, 255, u16::MAX / 2] {
        let _ = import(&wav(8000, channels, 1 << 16, &vec![1; 1 << 16]), "wav");
    }
}

/// CRC-8 and CRC-16 of FLAC's frames (RFC 9639 §9.1.8, §9.3).
fn crc(bytes: &[u8], polynomial: u32, bits: u32) -> u32 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << (bits - 8)), |c, _| {
            let out = c >> (bits - 1) & 1;
            ((c << 1) ^ (out * polynomial)) & ((1 << bits) - 1)
        })
    })
}

/// Frames of 65,535 samples in two lanes that are the same throughout: 17 bytes for 262,140.
fn flac_bomb(frames: u32) -> Vec<u8> {
    let mut file = b"fLaC\x80\0\0\x22".to_vec();
    let block = 65_535_u16.to_be_bytes();
    file.extend([block, block].concat());
    file.extend([0; 6]);
    // 8,000 Hz in 20 bits, two channels, 16 bits, length unknown.
    file.extend([0x01, 0xf4, 0x02, 0xf0, 0, 0, 0, 0]);
    file.extend([0; 16]);
    for n in 0..frames {
        let mut frame = vec![0xff, 0xf8, 0x74, 0x18];
        // Frame numbers as UTF-8 has characters.
        match n {
            0..0x80 => frame.push(n as u8),
            0x80..0x800 => frame.extend([0xc0 | (n >> 6) as u8, 0x80 | (n & 63) as u8]),
            _ => frame.extend([
                0xe0 | (n >> 12) as u8,
                0x80 | (n >> 6 & 63) as u8,
                0x80 | (n & 63) as u8,
            ]),
        }
        frame.extend((65_535_u16 - 1).to_be_bytes());
        frame.push(crc(&frame, 0x07, 8) as u8);
        // Two constant subframes.
        frame.extend([0, 0x01, 0x00, 0, 0x01, 0x00]);
        let sum = crc(&frame, 0x8005, 16) as u16;
        frame.extend(sum.to_be_bytes());
        file.extend(frame);
    }
    file
}

#[test]
fn a_flac_of_nothing_ends_at_what_it_unpacks_to() {
    let _alone = alone();
    // First a few frames, so that it is known to be one.
    let few = import(&flac_bomb(3), "flac").unwrap();
    assert_eq!((few.lanes.len(), few.lanes[0].len()), (2, 3 * 65_535));
    let bomb = flac_bomb(2_000);
    let error = import(&bomb, "flac").unwrap_err();
    assert!(
        error.contains("128 MiB of sound") && error.contains("-ar 8000"),
        "{error}"
    );
    let most = most_memory();
    assert!(most < 500, "{} kB took {most} MiB", bomb.len() >> 10);
}

#[test]
fn mp4_atoms_that_claim_everything_are_no_recording() {
    let _alone = alone();
    let atom =
        |name: &[u8; 4], size: u32, body: &[u8]| [&size.to_be_bytes()[..], name, body].concat();
    let file = |inner: &[u8]| {
        [
            atom(b"ftyp", 16, b"M4A \0\0\0\0").as_slice(),
            &atom(b"moov", 8 + inner.len() as u32, inner),
        ]
        .concat()
    };
    // Tables that claim four thousand million entries, and atoms as long as 64 bits say.
    let mut inners: Vec<Vec<u8>> = [b"stts", b"stsz", b"stsc", b"stco", b"co64", b"ctts"]
        .iter()
        .map(|name| {
            let table = atom(name, u32::MAX, &[&[0; 8][..], &[255; 64]].concat());
            let around = |name, inner: &[u8]| atom(name, 8 + inner.len() as u32, inner);
            let (stbl, minf, mdia) = (
                around(b"stbl", &table),
                around(b"minf", b""),
                around(b"mdia", b""),
            );
            let minf = around(b"minf", &[stbl, minf].concat());
            around(b"trak", &around(b"mdia", &[minf, mdia].concat()))
        })
        .collect();
    inners.push([&1_u32.to_be_bytes()[..], b"trak", &[255; 8]].concat());
    inners.push(b"\0\0\0\x08trak".repeat(200_000));
    // Atoms in atoms in atoms.
    let deep = (0..20_000).fold(Vec::new(), |inner: Vec<u8>, _| {
        if inner.len() > 150_000 {
            return inner;
        }
        atom(b"udta", 8 + inner.len() as u32, &inner)
    });
    inners.push(deep);
    for inner in inners {
        let began = Instant::now();
        let error = import(&file(&inner), "m4a").unwrap_err();
        assert!(!error.is_empty());
        assert!(began.elapsed() < Duration::from_secs(30), "{error}");
    }
    assert!(most_memory() < 1800);
}

fn read_capture(bytes: &[u8], name: &str) -> (u64, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read_capture_at(&path)
}

fn read_capture_at(path: &Path) -> (u64, Vec<String>) {
    let mut files = CaptureFiles::open(&[path.to_owned()]);
    let mut frames = 0;
    while files.next_frame().is_some() {
        frames += 1;
    }
    let errors = files.into_errors();
    (frames, errors.iter().map(ToString::to_string).collect())
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = (12 + body.len() as u32).to_le_bytes();
    [&kind.to_le_bytes()[..], &length, body, &length].concat()
}

fn section() -> Vec<u8> {
    let mut body = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    body.extend([1, 0, 0, 0]);
    body.extend([255; 8]);
    block(0x0a0d_0d0a, &body)
}

fn interface(options: &[u8]) -> Vec<u8> {
    block(1, &[&[1, 0, 0, 0, 0, 0, 4, 0], options].concat())
}

fn packet(at: u64) -> Vec<u8> {
    let words = [0, (at >> 32) as u32, at as u32, 60, 60];
    let mut body = words.map(u32::to_le_bytes).concat();
    body.extend([0; 60]);
    block(6, &body)
}

fn offset(seconds: i64) -> Vec<u8> {
    [&[14, 0, 8, 0][..], &seconds.to_le_bytes(), &[0; 4]].concat()
}

#[test]
fn a_clock_that_is_none_ends_the_file_and_not_the_program() {
    let now = 1_790_000_000_000_000;
    let good = [section(), interface(&[]), packet(now), packet(now + 1)].concat();
    assert_eq!(read_capture(&good, "good"), (2, Vec::new()));
    for seconds in [
        1 << 62,
        i64::MAX,
        i64::MIN,
        -(1 << 62),
        -2_000_000_000,
        1 << 40,
    ] {
        let file = [
            section(),
            interface(&[]),
            packet(now),
            section(),
            interface(&offset(seconds)),
            packet(now),
        ];
        let (frames, errors) = read_capture(&file.concat(), "offset");
        assert_eq!((frames, errors.len()), (1, 1), "{seconds}: {errors:?}");
        assert!(errors[0].contains("time is none"), "{errors:?}");
    }
    for resolution in [0, 19, 20, 0x7f, 0x80, 0x80 | 20, 0xbf, 0xff] {
        let options = [9, 0, 1, 0, resolution, 0, 0, 0, 0, 0, 0, 0];
        let file = [section(), interface(&options), packet(u64::MAX), packet(1)].concat();
        let (frames, errors) = read_capture(&file, "resolution");
        assert!(
            frames + errors.len() as u64 >= 1,
            "{resolution}: {errors:?}"
        );
    }
    // Ticks of 2^-20 s, as a file may have them.
    let file = [
        section(),
        interface(&[9, 0, 1, 0, 0x80 | 20, 0, 0, 0, 0, 0, 0, 0]),
        packet(1_790_000_000 << 20),
    ]
    .concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("binary");
    std::fs::write(&path, file).unwrap();
    let mut files = CaptureFiles::open(&[path]);
    assert_eq!(
        files.next_frame().unwrap().at.micros(),
        1_790_000_000_000_000
    );
}

#[test]
fn blocks_and_records_that_claim_much_are_believed_up_to_a_limit() {
    let _alone = alone();
    for claimed in [5 << 20, 1 << 30, u32::MAX - 3] {
        let mut file = [section(), interface(&[])].concat();
        file.extend([&6_u32.to_le_bytes()[..], &claimed.to_le_bytes()].concat());
        file.extend(vec![0; 6 << 20]);
        let (frames, errors) = read_capture(&file, "block");
        assert_eq!((frames, errors.len()), (0, 1), "{claimed}: {errors:?}");
    }
    // A million options in one block.
    let options = [1, 0, 0, 0].repeat(4 << 18);
    let file = [section(), interface(&options), packet(1)].concat();
    let (_, errors) = read_capture(&file, "options");
    assert_eq!(errors.len(), 1, "{errors:?}");
    let file = [section(), interface(&[]).repeat(70_000), packet(1)].concat();
    let (frames, errors) = read_capture(&file, "interfaces");
    assert_eq!(frames, 0);
    assert!(errors[0].contains("more interfaces"), "{errors:?}");
    assert!(most_memory() < 600, "{} MiB", most_memory());
}

/// A pcapng of 200 MB, of one kind of block.
fn packed(one: &[u8], to: &mut impl Write) {
    to.write_all(&[section(), interface(&[])].concat()).unwrap();
    let many = one.repeat((1 << 20) / one.len());
    for _ in 0..200 {
        to.write_all(&many).unwrap();
    }
}

#[test]
fn a_gzip_of_nothing_ends_at_what_it_unpacks_to() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    // Blocks that say nothing, and packets that are all the same.
    for (name, one) in [("silence", block(0x0bad, &[0; 52])), ("packets", packet(1))] {
        let path = folder.path().join(name);
        let mut file = GzEncoder::new(File::create(&path).unwrap(), Compression::best());
        packed(&one, &mut file);
        file.finish().unwrap();
        let (_, errors) = read_capture_at(&path);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0].contains("more than 200 times its size"),
            "{errors:?}"
        );
    }
    assert!(most_memory() < 600, "{} MiB", most_memory());
}

/// A zstd file of blocks that repeat one byte: four bytes for 128 KiB (RFC 8878 §3.1.1.2.2).
fn zstd_bomb(blocks: usize, window: u8) -> Vec<u8> {
    let mut file = vec![0x28, 0xb5, 0x2f, 0xfd, 0, window];
    let first = [section(), interface(&[])].concat();
    let raw = |bytes: &[u8]| (bytes.len() as u32) << 3;
    file.extend(&raw(&first).to_le_bytes()[..3]);
    file.extend(&first);
    for _ in 0..blocks {
        // A block of zeros is no block of a capture: one that says how long it is comes before.
        let head = [
            &0x0bad_u32.to_le_bytes()[..],
            &(128_u32 << 10).to_le_bytes(),
        ]
        .concat();
        file.extend(&raw(&head).to_le_bytes()[..3]);
        file.extend(&head);
        let zeros = (128 << 10) - 12_u32;
        file.extend(&(zeros << 3 | 1 << 1).to_le_bytes()[..3]);
        file.push(0);
        let tail = (128_u32 << 10).to_le_bytes();
        file.extend(&raw(&tail).to_le_bytes()[..3]);
        file.extend(tail);
    }
    file.extend([1, 0, 0]);
    file
}

#[test]
fn a_zstd_of_nothing_ends_at_what_it_unpacks_to() {
    let _alone = alone();
    let (frames, errors) = read_capture(&zstd_bomb(3, 0x38), "few");
    assert_eq!((frames, errors.len()), (0, 0), "{errors:?}");
    let bomb = zstd_bomb(5_000, 0x38);
    let (_, errors) = read_capture(&bomb, "bomb");
    assert!(
        errors[0].contains("more than 200 times its size"),
        "{errors:?}"
    );
    // A window of terabytes.
    let (_, errors) = read_capture(&zstd_bomb(3, 0xf8), "window");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(most_memory() < 600, "{} MiB", most_memory());
}

/// Packets of Opus, of a tone.
fn opus(packets: usize) -> Vec<Vec<u8>> {
    let tone: Vec<i16> = (0..packets * 960).map(|n| (n % 100) as i16 * 200).collect();
    let bytes = encode(AudioFormat::Opus, [&tone, &tone], Hertz(48_000), None).unwrap();
    let mut reader = ogg_packets(&bytes);
    reader.drain(..2);
    // The first of the two streams in a packet, without its length (RFC 6716 appendix B).
    reader
        .iter()
        .map(|p| {
            let (length, from) = match p[1] {
                252.. => (usize::from(p[1]) + 4 * usize::from(p[2]), 3),
                short => (usize::from(short), 2),
            };
            [&p[..1], &p[from..from + length]].concat()
        })
        .collect()
}

/// Packets of an Ogg file with one stream (RFC 3533 §6).
fn ogg_packets(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut packets, mut packet) = (Vec::new(), Vec::new());
    while bytes.len() > 27 {
        let count = usize::from(bytes[26]);
        let (lacing, mut body) = bytes[27..].split_at(count);
        for length in lacing {
            let (piece, rest) = body.split_at(usize::from(*length));
            packet.extend_from_slice(piece);
            body = rest;
            if *length < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        bytes = body;
    }
    packets
}

#[test]
fn a_listener_hears_what_libopus_says_and_waits_no_longer_for_it() {
    let packets = opus(500);
    let (mut here, mut there) = (Vec::new(), Vec::new());
    let mut decoder = Decoder::new(Codec::Opus);
    let began = Instant::now();
    for packet in &packets {
        decoder.decode(packet, &mut here).unwrap();
    }
    let in_place = began.elapsed();
    let mut listening = Listening::new(worker());
    assert!(listening.decode(0, &packets[0], &mut there));
    let began = Instant::now();
    let mut longest = Duration::ZERO;
    for packet in &packets[1..] {
        let asked = Instant::now();
        assert!(listening.decode(0, packet, &mut there));
        longest = longest.max(asked.elapsed());
    }
    let confined = began.elapsed();
    println!("500 packets: {in_place:?} in place, {confined:?} confined, the longest {longest:?}");
    assert_eq!(here, there);
    assert!(longest < Duration::from_millis(200), "{longest:?}");
    // What is no Opus adds nothing, and costs nothing else.
    assert!(listening.decode(0, &[], &mut there) && listening.decode(1, &[0xff; 3], &mut there));
    assert_eq!(here.len(), there.len());
    assert!(listening.decode(0, &packets[0], &mut there));
}

#[test]
fn a_listener_whose_decoder_is_gone_is_told_and_not_kept_waiting() {
    for program in ["/bin/false", "/bin/cat", "/nowhere"] {
        let settings = WorkerSettings {
            program: program.into(),
            ..WorkerSettings::default()
        };
        let mut listening = Listening::new(settings);
        let began = Instant::now();
        assert!(!listening.decode(0, &[0xf8, 0xff, 0xfe], &mut Vec::new()));
        assert!(!listening.decode(0, &[0xf8, 0xff, 0xfe], &mut Vec::new()));
        assert!(began.elapsed() < Duration::from_secs(5), "{program}");
    }
}
