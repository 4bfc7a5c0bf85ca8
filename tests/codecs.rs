//! Codecs against reference vectors, where the folder of real captures is there.

mod common;

use assay::media::codec::foreign::{Coded, Foreign};
use assay::media::codec::{Codec, Decoder};
use assay::media::codec::{g711, g722};
use assay::recorder::worker::{Worker, WorkerSettings};
use common::{ASSAY, captures, replay, samples};

fn words(bytes: &[u8]) -> Vec<u16> {
    bytes
        .chunks_exact(2)
        .map(|b| u16::from_le_bytes([b[0], b[1]]))
        .collect()
}

#[test]
fn g711_is_the_itus_to_the_bit() {
    let Some(folder) = captures() else { return };
    let read = |name: &str| words(&std::fs::read(folder.join("vectors/g711").join(name)).unwrap());
    for (codec, coded, decoded) in [
        (Codec::Pcma, "sweep-r.a", "sweep-r.rea"),
        (Codec::Pcmu, "sweep-r.u", "sweep-r.reu"),
    ] {
        let bytes: Vec<u8> = read(coded).iter().map(|w| *w as u8).collect();
        let mut out = Vec::new();
        Decoder::new(codec).decode(&bytes, &mut out).unwrap();
        let wanted: Vec<i16> = read(decoded).iter().map(|w| *w as i16).collect();
        assert_eq!(out.len(), wanted.len());
        let wrong = out.iter().zip(&wanted).filter(|(a, b)| a != b).count();
        println!("{coded}: {wrong} of {} samples differ", out.len());
        assert_eq!(wrong, 0, "{coded}");
        // And back again, as WAV that holds G.711 needs it.
        let samples: Vec<i16> = read("sweep.src").iter().map(|w| *w as i16).collect();
        let mut codes = vec![0; samples.len()];
        if codec == Codec::Pcma {
            g711::encode_alaw(&samples, &mut codes)
        } else {
            g711::encode_ulaw(&samples, &mut codes)
        }
        let wrong: Vec<(i16, u8, u8)> = samples
            .iter()
            .zip(codes.iter().zip(&bytes))
            .filter(|(_, (a, b))| a != b)
            .map(|(s, (a, b))| (*s, *a, *b))
            .collect();
        println!("{coded}: {} of {} codes differ", wrong.len(), codes.len());
        assert_eq!(wrong, [], "{coded}");
    }
}

/// The test vectors of the ITU's software tools: 64 kbit/s, mode 1, through the receive QMF.
#[test]
fn g722_is_the_itus_to_the_bit() {
    let Some(folder) = captures() else { return };
    let read = |name: &str| std::fs::read(folder.join("vectors/g722").join(name)).unwrap();
    // One code word in each 16-bit word.
    let codes: Vec<u8> = words(&read("codspw.cod"))
        .iter()
        .map(|w| *w as u8)
        .collect();
    let wanted: Vec<i16> = words(&read("outsp1.bin"))
        .iter()
        .map(|w| *w as i16)
        .collect();
    let mut decoder = g722::Decoder::default();
    let mut out = Vec::new();
    decoder.decode(&codes, &mut out);
    let wrong = out.iter().zip(&wanted).filter(|(a, b)| a != b).count();
    println!(
        "G.722: {wrong} of {} samples differ ({} wanted)",
        out.len(),
        wanted.len()
    );
    assert_eq!((wrong, out.len()), (0, wanted.len()));
}

fn worker() -> Worker {
    Worker::new(WorkerSettings {
        program: ASSAY.into(),
        ..WorkerSettings::default()
    })
}

/// Decodes frames of 20 ms or less, one a packet, as sealing has it done.
fn through_the_worker(codec: Codec, frames: &[Vec<u8>]) -> Vec<i16> {
    let coded: Vec<Coded<'_>> = frames
        .iter()
        .map(|f| Coded {
            missing: 0,
            payload: f,
        })
        .collect();
    let sound = worker().decode(codec, &coded).unwrap();
    assert!(
        sound.parts.iter().all(|p| !p.refused),
        "{codec:?}: a frame was refused"
    );
    sound.pcm
}

/// Signal to difference, in dB.
fn likeness(got: &[i16], wanted: &[i16]) -> f64 {
    assert_eq!(got.len(), wanted.len());
    let sum = |of: &dyn Fn(usize) -> f64| (0..got.len()).map(of).map(|v| v * v).sum::<f64>();
    let (signal, difference) = (
        sum(&|i| f64::from(wanted[i])),
        sum(&|i| f64::from(got[i]) - f64::from(wanted[i])),
    );
    10.0 * (signal / difference.max(1e-9)).log10()
}

/// The ITU's own test sequences for G.729 and its annex A: FFmpeg's decoder, through the worker. It
/// is a decoder of the main body; the post-filter of annex A is a simpler one, so those differ
/// more.
#[test]
fn g729_is_the_itus_to_the_ear() {
    let Some(folder) = captures() else { return };
    for (body, least) in [("g729", 24.0), ("g729a", 17.0)] {
        for name in ["SPEECH", "ALGTHM", "FIXED", "LSP", "PITCH", "TAME"] {
            let read = |extension: &str| {
                words(
                    &std::fs::read(folder.join(format!("vectors/{body}/{name}.{extension}")))
                        .unwrap(),
                )
            };
            // A sync word, a length, then each bit as a word of its own.
            let frame = |f: &[u16]| {
                f[2..]
                    .chunks(8)
                    .map(|bits| bits.iter().fold(0, |v, b| v << 1 | u8::from(*b == 0x81)))
                    .collect::<Vec<u8>>()
            };
            let frames: Vec<Vec<u8>> = read("BIT").chunks_exact(82).map(frame).collect();
            let wanted: Vec<i16> = read("PST").iter().map(|w| *w as i16).collect();
            let got = through_the_worker(Codec::G729, &frames);
            let n = got.len().min(wanted.len());
            let (differ, like) = (
                got.iter().zip(&wanted).filter(|(a, b)| a != b).count(),
                likeness(&got[..n], &wanted[..n]),
            );
            println!("{body} {name}: {differ} of {n} samples differ, {like:.1} dB");
            assert!(like > least, "{body} {name}: {like}");
        }
    }
}

/// The ITU's codewords for G.726 at its four rates, normal and overloaded, in both laws. The
/// vectors end behind a G.711 coder with the adjustment for tandems, which moves a code by one step
/// at most; everything before that must be right to the bit, or the two would drift apart within a
/// few hundred samples.
#[test]
fn g726_is_the_itus_but_for_the_last_coders_adjustment() {
    let Some(folder) = captures() else { return };
    let rank = |law: &[i16; 256], sample: i16| law.iter().filter(|v| **v < sample).count() as i64;
    for (kind, table, letter) in [
        ("rn", &g711::ALAW, 'a'),
        ("rv", &g711::ALAW, 'a'),
        ("rn", &g711::ULAW, 'm'),
        ("rv", &g711::ULAW, 'm'),
    ] {
        for bits in 2..=5_u8 {
            let rate = 8 * u32::from(bits);
            let path = |end: &str| folder.join(format!("vectors/g726/{kind}{rate}f{letter}.{end}"));
            let (Ok(codes), Ok(wanted)) = (std::fs::read(path("i")), std::fs::read(path("o")))
            else {
                continue;
            };
            let mut got = Vec::new();
            let mut decoder = Decoder::new(Codec::G726 {
                bits,
                low_first: false,
            });
            // A codeword in each word: packed eight at a time, so that bytes are whole.
            for group in words(&codes).chunks_exact(8) {
                let all = group
                    .iter()
                    .fold(0_u64, |all, code| all << bits | u64::from(*code))
                    .to_be_bytes();
                decoder
                    .decode(&all[8 - usize::from(bits)..], &mut got)
                    .unwrap();
            }
            let steps = got
                .iter()
                .zip(words(&wanted))
                .map(|(g, w)| (rank(table, *g) - rank(table, table[usize::from(w as u8)])).abs());
            let (most, adjusted, n) = steps.fold((0, 0, 0), |(most, moved, n), s| {
                (most.max(s), moved + u32::from(s > 0), n + 1)
            });
            println!(
                "G.726 {kind}{rate}f{letter}: {n} samples, {adjusted} a step or more beside, \
                 {most} steps at most"
            );
            assert!(n > 1000 && most <= 2, "{kind}{rate}f{letter}: {most} steps");
        }
    }
}

/// A phone that packs G.726 from the other end than its description says is heard all the same.
#[test]
fn g726_packed_from_the_wrong_end_is_heard_as_it_was_spoken() {
    let Some(folder) = captures() else { return };
    let mut pcap = std::fs::read(folder.join("calls/d_g726/call.pcap")).unwrap();
    let (mut at, mut turned) = (24, 0);
    while at + 16 < pcap.len() {
        let length = u32::from_le_bytes(pcap[at + 8..at + 12].try_into().unwrap()) as usize;
        let frame = &mut pcap[at + 16..at + 16 + length];
        // 20 ms of it behind Ethernet, IP, UDP and RTP.
        if length == 42 + 12 + 80 && frame[42] == 0x80 && frame[43] & 0x7f == 96 {
            frame[54..].iter_mut().for_each(|b| *b = b.rotate_left(4));
            turned += 1;
        }
        at += 16 + length;
    }
    assert!(turned > 500, "{turned}");
    let work = tempfile::tempdir().unwrap();
    let (path, data) = (work.path().join("turned.pcap"), work.path().join("data"));
    std::fs::write(&path, pcap).unwrap();
    let heard = |file: &std::path::Path, data: &std::path::Path| {
        samples(data, &replay(&[file], data, "wav")[0])
    };
    assert_eq!(
        heard(&path, &data),
        heard(
            &folder.join("calls/d_g726/call.pcap"),
            &work.path().join("other")
        )
    );
}

/// Our own fixture's voice through FFmpeg's encoders, where it has them, and back through the
/// worker: what was spoken is heard, also on a machine without the reference vectors. G.723.1 has
/// no other reference here.
#[test]
fn what_was_encoded_is_heard_again() {
    let data = tempfile::tempdir().unwrap();
    let call = &replay(&[&common::fixture("full_bant")], data.path(), "wav")[0];
    let (rate, lanes) = samples(data.path(), call);
    assert_eq!(rate, 8000);
    let voice = &lanes[0][..lanes[0].len().min(240 * 1000)];
    let pcm: Vec<u8> = voice.iter().flat_map(|s| s.to_le_bytes()).collect();
    let cases: [(&str, &[&str], Codec, usize); 2] = [
        (
            "g723_1",
            &["-b:a", "6300", "-f", "g723_1"],
            Codec::G7231,
            24,
        ),
        ("libgsm", &["-f", "gsm"], Codec::Gsm, 33),
    ];
    for (encoder, options, codec, frame) in cases {
        let mut run = std::process::Command::new("ffmpeg");
        run.args([
            "-nostdin",
            "-loglevel",
            "error",
            "-f",
            "s16le",
            "-ar",
            "8000",
            "-ac",
            "1",
            "-i",
            "pipe:0",
            "-c:a",
            encoder,
        ])
        .args(options)
        .arg("pipe:1");
        let mut child = run
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut to = child.stdin.take().unwrap();
        let coded = std::thread::scope(|s| {
            s.spawn(|| drop((std::io::Write::write_all(&mut to, &pcm), to)));
            child.wait_with_output().unwrap().stdout
        });
        if coded.is_empty() {
            println!("{encoder}: this FFmpeg cannot encode it, so nothing is compared");
            continue;
        }
        let frames: Vec<Vec<u8>> = coded.chunks_exact(frame).map(<[u8]>::to_vec).collect();
        let heard = through_the_worker(codec, &frames);
        // How alike both are at the best lag within 60 ms: a codec runs behind.
        let alike = |lag: usize| {
            let pairs = || {
                voice
                    .iter()
                    .zip(&heard[lag..])
                    .map(|(a, b)| (f64::from(*a), f64::from(*b)))
            };
            let (product, a, b) = pairs().fold((0.0, 1.0, 1.0), |(p, x, y), (a, b)| {
                (p + a * b, x + a * a, y + b * b)
            });
            product / f64::sqrt(a * b)
        };
        let best = (0..480).map(alike).fold(0.0, f64::max);
        println!("{encoder}: {} frames, likeness {best:.3}", frames.len());
        assert!(best > 0.7, "{encoder}: {best}");
    }
}
