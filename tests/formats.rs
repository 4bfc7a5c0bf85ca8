//! What is stored, read by somebody else's decoder: each lane where it should be and nowhere else,
//! to the sample where the format promises it.

mod common;

use assay::archive::AudioFormat;
use assay::archive::decode::decode;
use assay::archive::encode::encode;
use assay::archive::webm;
use assay::units::Hertz;
use std::io::Write;
use std::process::{Command, Stdio};

/// Both lanes as FFmpeg hears them.
fn elsewhere(bytes: &[u8], rate: u32) -> [Vec<i16>; 2] {
    let mut run = Command::new("ffmpeg");
    run.args([
        "-nostdin",
        "-loglevel",
        "error",
        "-i",
        "pipe:0",
        "-f",
        "s16le",
        "-ac",
        "2",
        "-ar",
        &rate.to_string(),
        "pipe:1",
    ]);
    let mut child = run
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    let output = std::thread::scope(|s| {
        s.spawn(move || to.write_all(bytes).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success());
    let lane = |n: usize| {
        output
            .stdout
            .chunks_exact(4)
            .map(|f| i16::from_le_bytes([f[2 * n], f[2 * n + 1]]))
            .collect()
    };
    [lane(0), lane(1)]
}

/// Something like a voice: a few harmonics, coming and going, in values that A-law has.
fn voice(rate: u32, seconds: u32) -> Vec<i16> {
    let table = &assay::media::codec::g711::ALAW;
    let sample = |i: u32| {
        let t = f64::from(i) / f64::from(rate);
        let tone: f64 = [1.0, 2.0, 3.0, 5.0, 9.0]
            .iter()
            .map(|h| (std::f64::consts::TAU * 140.0 * h * t).sin() / h)
            .sum();
        let wanted = tone * 6000.0 * (0.5 + 0.5 * (std::f64::consts::TAU * 1.7 * t).sin());
        *table
            .iter()
            .min_by_key(|v| (f64::from(**v) - wanted).abs() as i32)
            .unwrap()
    };
    (0..rate * seconds).map(sample).collect()
}

fn decibels(samples: &[i16]) -> f64 {
    let power = samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64;
    10.0 * (power.max(1e-3) / 32_768_f64.powi(2)).log10()
}

#[test]
fn every_format_keeps_its_lanes_apart_for_others_too() {
    let (speaking, silent) = (voice(8000, 3), vec![0; 24_000]);
    for format in [
        AudioFormat::Opus,
        AudioFormat::Wav,
        AudioFormat::G711,
        AudioFormat::Flac,
    ] {
        for left in [true, false] {
            let lanes: [&[i16]; 2] = if left {
                [&speaking, &silent]
            } else {
                [&silent, &speaking]
            };
            let law = Some(assay::archive::encode::Law::A);
            let bytes = encode(format, lanes, Hertz(8000), law).unwrap();
            let heard = elsewhere(
                &bytes,
                if format == AudioFormat::Opus {
                    48_000
                } else {
                    8000
                },
            );
            let isolation = (decibels(&heard[0]) - decibels(&heard[1])).abs();
            println!(
                "{format:?}: lanes are {isolation:.0} dB apart, {} bytes",
                bytes.len()
            );
            assert!(isolation > 50.0, "{format:?}: {isolation} dB");
            match format {
                AudioFormat::Opus => {
                    assert_eq!(heard[0].len(), 144_000, "three seconds, to the sample")
                }
                // A-law's smallest step either side of zero is its silence.
                AudioFormat::G711 => {
                    let loud = usize::from(!left);
                    assert_eq!(heard[loud], speaking);
                    assert!(heard[1 - loud].iter().all(|s| s.abs() <= 8));
                }
                _ => assert_eq!(
                    (heard[0].as_slice(), heard[1].as_slice()),
                    (lanes[0], lanes[1]),
                    "{format:?}"
                ),
            }
        }
    }
}

#[test]
fn webm_holds_the_same_packets_as_ogg() {
    let (a, b) = (
        voice(8000, 7),
        voice(8000, 7).into_iter().rev().collect::<Vec<_>>(),
    );
    let ogg = encode(AudioFormat::Opus, [&a, &b], Hertz(8000), None).unwrap();
    let webm = webm::from_ogg_opus(&ogg).unwrap();
    assert_eq!(
        elsewhere(&webm, 48_000)[0][..300_000],
        elsewhere(&ogg, 48_000)[0][..300_000]
    );
    let ours = decode(AudioFormat::Opus, &ogg).unwrap();
    assert_eq!(ours.lanes[1].len(), 7 * 48_000);
    // It says how long it is, and where each second lies.
    let path = tempfile::NamedTempFile::with_suffix(".webm").unwrap();
    std::fs::write(path.path(), &webm).unwrap();
    let probe = Command::new("ffprobe")
        .args([
            "-loglevel",
            "error",
            "-show_entries",
            "format=duration",
            "-of",
            "csv=p=0",
        ])
        .arg(path.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&probe.stdout).trim(), "7.000000");
    let last = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-ss", "6", "-i"])
        .arg(path.path())
        .args(["-f", "s16le", "-ac", "2", "-"])
        .output()
        .unwrap();
    assert!(
        last.status.success() && (180_000..200_000).contains(&last.stdout.len()),
        "a second after seeking: {} bytes",
        last.stdout.len()
    );
    for cut in [0, 10, 60, ogg.len() / 2] {
        // A damaged recording is an error, never a panic.
        let _ = webm::from_ogg_opus(&ogg[..cut]);
    }
    assert!(webm::from_ogg_opus(b"RIFF").is_err());
}
