//! Decoders that are not ours: what they do to a call when they crash, hang, eat memory or are not
//! there, and that what they could not make audible becomes so later.

mod common;

use common::*;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A call of 4 s, GSM one way and A-law the other, as a capture file.
fn gsm_call(folder: &Path) -> PathBuf {
    let (a, b) = ([10, 80, 0, 1], [10, 80, 0, 2]);
    let frame = |src: ([u8; 4], u16), dst: ([u8; 4], u16), payload: &[u8]| {
        let mut f = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
        f.extend(((28 + payload.len()) as u16).to_be_bytes());
        f.extend([0, 0, 0, 0, 64, 17, 0, 0]);
        f.extend(src.0.iter().chain(&dst.0));
        f.extend(
            [src.1, dst.1, 8 + payload.len() as u16, 0]
                .iter()
                .flat_map(|w| w.to_be_bytes()),
        );
        f.extend_from_slice(payload);
        f
    };
    let sip = |first: &str, cseq: &str, tag: &str, ip: &str, port: u16| {
        let sdp = if port == 0 {
            String::new()
        } else {
            format!(
                "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} \
                 RTP/AVP 3 8\r\n"
            )
        };
        format!(
            "{first}\r\nFrom: <sip:201@{ip}>;tag=a\r\nTo: \
            <sip:+494055501010@pbx>{tag}\r\nCall-ID: gsm@test\r\nCSeq: {cseq}\r\nContent-Type: \
            application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        )
        .into_bytes()
    };
    let mut packets = vec![
        (
            0,
            frame(
                (a, 5060),
                (b, 5060),
                &sip(
                    "INVITE sip:+494055501010@pbx SIP/2.0",
                    "1 INVITE",
                    "",
                    "10.80.0.1",
                    4000,
                ),
            ),
        ),
        (
            900,
            frame(
                (b, 5060),
                (a, 5060),
                &sip("SIP/2.0 200 OK", "1 INVITE", ";tag=b", "10.80.0.2", 5000),
            ),
        ),
    ];
    for n in 0..200_u16 {
        let rtp = |kind: u8, ssrc: u8| {
            [
                &[0x80, kind][..],
                &n.to_be_bytes(),
                &(u32::from(n) * 160).to_be_bytes(),
                &[0, 0, 0, ssrc],
            ]
            .concat()
        };
        let gsm: Vec<u8> = std::iter::once(0xd3)
            .chain((1..33).map(|i| (i as u8).wrapping_mul(37) ^ n as u8))
            .collect();
        packets.push((
            1000 + i64::from(n) * 20_000,
            frame((a, 4000), (b, 5000), &[rtp(3, 1), gsm].concat()),
        ));
        packets.push((
            1001 + i64::from(n) * 20_000,
            frame((b, 5000), (a, 4000), &[rtp(8, 2), vec![0x2a; 160]].concat()),
        ));
    }
    packets.push((
        4_100_000,
        frame(
            (a, 5060),
            (b, 5060),
            &sip("BYE sip:x SIP/2.0", "2 BYE", ";tag=b", "10.80.0.1", 0),
        ),
    ));
    packets.push((
        4_101_000,
        frame(
            (b, 5060),
            (a, 5060),
            &sip("SIP/2.0 200 OK", "2 BYE", ";tag=b", "10.80.0.1", 0),
        ),
    ));
    let path = folder.join("gsm.pcap");
    let packets: Vec<(i64, Vec<u8>)> = packets
        .into_iter()
        .map(|(at, data)| (1_790_000_000_000_000 + at, data))
        .collect();
    write_pcap(&path, &packets);
    path
}

/// A box with that call, and a decoder of the test's own.
struct Bench {
    folder: tempfile::TempDir,
    capture: PathBuf,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        // The worker is nobody, and must be able to reach the decoder.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let capture = gsm_call(folder.path());
        Bench { folder, capture }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn configured(&self, decoder: &str) -> PathBuf {
        let path = self.folder.path().join("assay.toml");
        // A real decoder may be slow on a busy machine; the scripts that hang are waited for.
        let seconds = if decoder == "ffmpeg" { 30 } else { 2 };
        std::fs::write(
            &path,
            format!(
                "[recording]\nformat = \"wav\"\ndecoder = \
            \"{decoder}\"\ndecoder_seconds = {seconds}\n"
            ),
        )
        .unwrap();
        path
    }

    /// A decoder that is a shell script; each start adds a line to `started`.
    fn script(&self, body: &str) -> String {
        let path = self.folder.path().join("decoder");
        let started = self.folder.path().join("started");
        std::fs::write(&started, "").unwrap();
        std::fs::set_permissions(&started, std::fs::Permissions::from_mode(0o666)).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run(&self, command: &str, decoder: &str) -> std::process::Output {
        let config = self.configured(decoder);
        let mut run = std::process::Command::new(ASSAY);
        run.arg(command)
            .arg("--config")
            .arg(config)
            .arg("--data")
            .arg(self.data());
        if command == "replay" {
            run.args(["--json", "--format", "wav"]).arg(&self.capture);
        }
        run.output().unwrap()
    }

    fn replay(&self, decoder: &str) -> (Value, String) {
        let output = self.run("replay", decoder);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        (
            serde_json::from_slice(&output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }
}

/// The other side is whole, the one that failed is a gap with its reason, and its payload is kept.
fn is_kept(b: &Bench, call: &Value, reason: &str) {
    let gaps = call["gaps"].as_array().unwrap();
    assert!(
        !gaps.is_empty() && gaps.iter().all(|g| g["reason"] == reason && g["lane"] == 0),
        "{gaps:?}"
    );
    let (_, lanes) = samples(&b.data(), call);
    assert!(lanes[0].iter().all(|s| *s == 0), "nothing is made up");
    assert_eq!(
        lanes[1].iter().filter(|s| **s != 0).count(),
        32_000,
        "the other side is untouched"
    );
    let raw = std::fs::read_dir(
        b.data()
            .join(call["recording"]["path"].as_str().unwrap())
            .parent()
            .unwrap(),
    )
    .unwrap();
    assert!(
        raw.map(|e| e.unwrap().path())
            .any(|p| p.extension().is_some_and(|e| e == "raw")
                && p.metadata().unwrap().len() > 40_000),
        "the payload is kept"
    );
}

#[test]
fn a_decoder_that_crashes_costs_its_stream_alone_and_is_tried_twice() {
    let b = Bench::new();
    let (call, log) = b.replay(&b.script("kill -SEGV $$"));
    is_kept(&b, &call, "decoder_failed");
    assert_eq!(log.matches("a decoder failed").count(), 2, "{log}");
}

#[test]
fn a_decoder_that_hangs_is_ended_with_all_that_it_started() {
    let b = Bench::new();
    let began = Instant::now();
    // It does not even read what it is given.
    let marker = "98765.4321";
    let (call, log) = b.replay(&b.script(&format!("sleep {marker} & sleep {marker}")));
    is_kept(&b, &call, "decoder_failed");
    assert!(log.contains("did not answer within 2 s"), "{log}");
    assert!(began.elapsed().as_secs() < 60);
    let left = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|e| std::fs::read(e.unwrap().path().join("cmdline")).ok())
        .filter(|c| String::from_utf8_lossy(c).contains(marker))
        .count();
    assert_eq!(left, 0, "something was left running");
}

#[test]
fn a_decoder_that_eats_memory_meets_its_limit() {
    let b = Bench::new();
    let (call, _) = b.replay(&b.script("exec python3 -c 'x = bytearray(8 << 30); print(len(x))'"));
    is_kept(&b, &call, "decoder_failed");
}

#[test]
fn a_decoder_has_no_privileges_no_files_and_no_network() {
    let b = Bench::new();
    // It tells what it found by how it exits.
    let probe = "grep -q 'CapEff:.0000000000000000' /proc/self/status || exit 41\ngrep -q \
        'NoNewPrivs:.1' /proc/self/status || exit 42\n[ \"$(id -u)\" != 0 ] || exit 43\n\
                 (echo x > /dev/shm/assay-was-here) 2>/dev/null && [ -s /dev/shm/assay-was-here ] \
        && exit 44\n[ -z \"$ASSAY_LOG\" ] || exit 45\nexit 46";
    let (call, log) = b.replay(&b.script(probe));
    is_kept(&b, &call, "decoder_failed");
    let _ = std::fs::remove_file("/dev/shm/assay-was-here");
    assert!(log.contains("exit status: 46"), "{log}");
}

#[test]
fn a_decoder_that_gives_too_little_or_too_much_moves_nothing() {
    let b = Bench::new();
    for body in [
        "cat >/dev/null; head -c 1000 /dev/zero",
        "cat >/dev/null; head -c 100000000 /dev/zero",
        "cat >/dev/null",
    ] {
        let _ = std::fs::remove_dir_all(b.data());
        let (call, _) = b.replay(&b.script(body));
        let (_, lanes) = samples(&b.data(), &call);
        assert_eq!(lanes[1].iter().filter(|s| **s != 0).count(), 32_000);
        assert!(
            call["gaps"]
                .as_array()
                .unwrap()
                .iter()
                .all(|g| g["lane"] == 0 && g["reason"] == "decoder_failed"),
            "{body}: {}",
            call["gaps"]
        );
    }
}

#[test]
fn what_could_not_be_decoded_becomes_audible_later() {
    let b = Bench::new();
    let (call, _) = b.replay("/nowhere/ffmpeg");
    is_kept(&b, &call, "unsupported_codec");
    let again = b.run("seal", "/nowhere/ffmpeg");
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(
        said.contains("apt install ffmpeg") && said.contains("0 calls are audible now"),
        "{said}"
    );
    let again = b.run("seal", "ffmpeg");
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(
        said.contains("1 calls are audible now"),
        "{said} {}",
        String::from_utf8_lossy(&again.stderr)
    );
    assert!(b.run("check", "ffmpeg").status.success());
    assert!(
        String::from_utf8_lossy(&b.run("seal", "ffmpeg").stdout)
            .contains("0 calls are audible now, 0 are as they were")
    );
    // The same as if the decoder had been there at once.
    let fresh = Bench::new();
    let (direct, _) = fresh.replay("ffmpeg");
    assert_eq!(direct["gaps"], Value::Array(Vec::new()));
    let wavs = |b: &Bench| {
        let folder = b.data().join(direct["recording"]["path"].as_str().unwrap());
        let all = std::fs::read_dir(folder.parent().unwrap())
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "wav"));
        all.map(|p| std::fs::read(p).unwrap()).collect::<Vec<_>>()
    };
    // And nothing else: no row names what was replaced.
    assert_eq!((wavs(&fresh).len(), wavs(&b) == wavs(&fresh)), (1, true));
}
