//! Whole calls as folders: `call.pcap.gz` as real phones made it, `expect.toml` with what was said
//! and how it ended.

mod common;

use common::*;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Expect {
    outcome: String,
    from: String,
    to: String,
    codec: Option<String>,
    ended_by: Option<String>,
    lead_header: Option<String>,
    dtmf: Option<String>,
    #[serde(default)]
    turn: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    side: String,
    from_ms: usize,
    to_ms: usize,
}

fn folders() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(root().join("tests/fixtures/calls"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    all.sort();
    all
}

fn loudness(samples: &[i16]) -> f64 {
    (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len().max(1) as f64)
        .sqrt()
}

/// Each turn is heard in its speaker's lane, and the other lane is silent meanwhile.
fn check_turns(name: &str, data: &Path, call: &Value, turns: &[Turn]) {
    let (rate, lanes) = samples(data, call);
    for turn in turns {
        let own = (call["lanes"][0]["side"] != turn.side.as_str()) as usize;
        let part = |lane: usize| {
            let at = |ms: usize| (ms * rate as usize / 1000).min(lanes[lane].len());
            // Both files began to play a moment apart, and a turn's edges are soft.
            &lanes[lane][at(turn.from_ms + 150)..at(turn.to_ms.saturating_sub(150))]
        };
        if turn.to_ms - turn.from_ms > 600 && part(own).len() > rate as usize / 4 {
            let (said, other) = (loudness(part(own)), loudness(part(1 - own)));
            assert!(
                said > 400.0 && other < said / 10.0,
                "{name}: {} at {} ms: own lane {said:.0}, other {other:.0}",
                turn.side,
                turn.from_ms
            );
        }
    }
}

#[test]
fn every_call_of_ours_comes_out_as_it_was_made() {
    for folder in folders() {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let expect: Expect =
            toml::from_str(&std::fs::read_to_string(folder.join("expect.toml")).unwrap()).unwrap();
        let data = tempfile::tempdir().unwrap();
        let calls = replay(&[&folder.join("call.pcap.gz")], data.path(), "wav");
        let [call] = calls.as_slice() else {
            panic!("{name}: {} calls", calls.len())
        };
        assert_eq!(call["outcome"], expect.outcome, "{name}");
        assert_eq!(call["from"]["number"], expect.from, "{name}");
        assert_eq!(call["to"]["number"], expect.to, "{name}");
        if let Some(lead) = &expect.lead_header {
            assert_eq!(call["headers"]["X-Lead-Id"], **lead, "{name}");
        }
        assert_eq!(call["gaps"], serde_json::json!([]), "{name}");
        if let Some(codec) = &expect.codec {
            assert_eq!(call["ended_by"], expect.ended_by.clone().unwrap(), "{name}");
            for lane in call["lanes"].as_array().unwrap() {
                assert_eq!(lane["codecs"], serde_json::json!([codec]), "{name}");
                assert_eq!(lane["lost"], 0, "{name}");
            }
            let pressed: String = call["lanes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|l| l["dtmf"].as_str().unwrap())
                .collect();
            assert_eq!(pressed, expect.dtmf.clone().unwrap_or_default(), "{name}");
            if name != "hold" && name != "dtmf" {
                check_turns(&name, data.path(), call, &expect.turn);
            }
        } else {
            assert_eq!(call["recording"], Value::Null, "{name}");
        }
    }
}

#[test]
fn every_key_of_the_contract_is_always_there() {
    for name in ["busy", "full_bant"] {
        let data = tempfile::tempdir().unwrap();
        let call = replay(&[&fixture(name)], data.path(), "opus").remove(0);
        let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let mut expected: Vec<&str> = vec![
            "call",
            "call_ids",
            "from",
            "to",
            "direction",
            "outcome",
            "sip_status",
            "started_at",
            "answered_at",
            "ended_at",
            "ended_by",
            "linked",
            "headers",
            "recording",
            "lanes",
            "gaps",
        ];
        expected.sort_unstable();
        assert_eq!(keys(&call), expected, "{name}");
        assert_eq!(keys(&call["from"]), ["name", "number", "uri"]);
        if name == "full_bant" {
            assert_eq!(
                keys(&call["recording"]),
                [
                    "channels",
                    "duration_ms",
                    "format",
                    "path",
                    "peaks",
                    "sample_rate",
                    "sha256",
                    "starts_at"
                ]
            );
            let mut lane = vec![
                "lane",
                "side",
                "codecs",
                "encryption",
                "packets",
                "lost",
                "late",
                "duplicate",
                "concealed_ms",
                "jitter_ms",
                "mos",
                "dtmf",
                "address",
            ];
            lane.sort_unstable();
            assert_eq!(keys(&call["lanes"][0]), lane);
            let peaks: Value = serde_json::from_slice(
                &std::fs::read(
                    data.path()
                        .join(call["recording"]["peaks"].as_str().unwrap()),
                )
                .unwrap(),
            )
            .unwrap();
            assert_eq!(
                (peaks["channels"].as_u64(), peaks["version"].as_u64()),
                (Some(2), Some(2))
            );
        }
    }
}

#[test]
fn several_files_are_merged_by_time_and_standard_input_is_a_file_too() {
    let data = tempfile::tempdir().unwrap();
    let all: Vec<PathBuf> = ["busy", "cancelled", "voicemail", "hold"]
        .iter()
        .map(|n| fixture(n))
        .collect();
    let reversed: Vec<&Path> = all.iter().rev().map(PathBuf::as_path).collect();
    let calls = replay(&reversed, data.path(), "opus");
    assert_eq!(calls.len(), 4);
    assert!(
        calls
            .windows(2)
            .all(|w| w[0]["started_at"].as_str() < w[1]["started_at"].as_str())
    );

    let data = tempfile::tempdir().unwrap();
    let done = std::process::Command::new(ASSAY)
        .args([
            "replay",
            "-",
            "--json",
            "--data",
            data.path().to_str().unwrap(),
        ])
        .stdin(std::fs::File::open(fixture("busy")).unwrap())
        .output()
        .unwrap();
    assert_eq!(lines(&done)[0]["outcome"], "busy");
}

#[test]
fn opus_and_wav_hold_the_same_sound_and_nothing_stays_in_the_spool() {
    let data = tempfile::tempdir().unwrap();
    let opus = replay(&[&fixture("voicemail")], &data.path().join("o"), "opus").remove(0);
    let wav = replay(&[&fixture("voicemail")], &data.path().join("w"), "wav").remove(0);
    assert_eq!(
        opus["recording"]["duration_ms"],
        wav["recording"]["duration_ms"]
    );
    let (rate, lanes) = samples(&data.path().join("o"), &opus);
    assert_eq!(
        lanes[0].len() as u64 * 1000 / u64::from(rate),
        opus["recording"]["duration_ms"].as_u64().unwrap()
    );
    let left = std::fs::read_dir(data.path().join("o/spool"))
        .unwrap()
        .filter(|e| {
            e.as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|x| x == "spool")
        });
    assert_eq!(left.count(), 0);
}

#[test]
fn bad_input_is_told_plainly_and_costs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("empty.pcap"), b"").unwrap();
    std::fs::write(
        at("letter.pcap"),
        "Dear Sir or Madam, this is no capture at all, it is a letter.".repeat(20),
    )
    .unwrap();
    let mut whole = Vec::new();
    std::io::Read::read_to_end(
        &mut flate2::read::GzDecoder::new(std::fs::File::open(fixture("full_bant")).unwrap()),
        &mut whole,
    )
    .unwrap();
    std::fs::write(at("cut.pcap"), &whole[..whole.len() / 2 + 7]).unwrap();
    let cases = [
        (at("empty.pcap"), "is empty", 0),
        (at("letter.pcap"), "is no capture file", 0),
        (at("missing.pcap"), "No such file", 0),
        (folder.path().to_owned(), "is a folder", 0),
        (at("cut.pcap"), "ends in the middle of a packet", 1),
    ];
    for (path, told, calls) in cases {
        let data = tempfile::tempdir().unwrap();
        let done = assay(&[
            "replay",
            "--json",
            "--data",
            data.path().to_str().unwrap(),
            path.to_str().unwrap(),
        ]);
        let error = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{path:?}: {error}");
        assert!(
            error.contains(told) && !error.contains("panicked"),
            "{path:?}: {error}"
        );
        assert_eq!(lines(&done).len(), calls, "{path:?}");
    }
    // One bad file does not cost the good ones.
    let data = tempfile::tempdir().unwrap();
    let done = assay(&[
        "replay",
        "--json",
        "--data",
        data.path().to_str().unwrap(),
        at("letter.pcap").to_str().unwrap(),
        fixture("busy").to_str().unwrap(),
    ]);
    assert_eq!((done.status.code(), lines(&done).len()), (Some(1), 1));
    assert_eq!(assay(&["replay"]).status.code(), Some(2));
}

#[test]
fn a_pbx_recording_becomes_a_call_once() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder
        .path()
        .join("out-004940555010-201-20261120-105207-1763632327.18.wav");
    let write = |loud: f32| {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(&name, spec).unwrap();
        for i in 0..8000 {
            wav.write_sample(((i as f32 * 0.2).sin() * loud) as i16)
                .unwrap();
            wav.write_sample(0_i16).unwrap();
        }
        wav.finalize().unwrap();
    };
    let bad = folder.path().join("notes-of-a-meeting.wav");
    std::fs::write(
        &bad,
        b"no sound in here, and far more than forty-four bytes of it",
    )
    .unwrap();
    let data = folder.path().join("data");
    // The third time another file has come by the same name: what is sealed stays as it is.
    for (loud, told) in [
        (
            8000.0,
            "1 recordings imported, 0 were in already, 1 left out",
        ),
        (
            8000.0,
            "0 recordings imported, 1 were in already, 1 left out",
        ),
        (400.0, "rename the file if it is another"),
    ] {
        write(loud);
        let done = assay(&[
            "import",
            "--data",
            data.to_str().unwrap(),
            name.to_str().unwrap(),
            bad.to_str().unwrap(),
        ]);
        let (said, error) = (
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr),
        );
        assert_eq!(done.status.code(), Some(1), "{error}");
        assert!(error.contains("notes-of-a-meeting.wav"), "{error}");
        assert!(said.contains(told), "{said}");
    }
    let check = || {
        let checked = assay(&["check", "--data", data.to_str().unwrap()]);
        (
            checked.status.success(),
            String::from_utf8_lossy(&checked.stdout).into_owned(),
        )
    };
    let (well, said) = check();
    assert!(
        well && said.contains("recordings: 1 of 1 as sealed"),
        "{said}"
    );
    // An old file that no call names is told of; one of this moment may be about to be named.
    let left = data.join("recordings/2026/left.opus");
    let file = std::fs::File::create(&left).unwrap();
    assert!(check().0);
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let (well, said) = check();
    assert!(
        !well && said.contains("recordings/2026/left.opus: no call names this file"),
        "{said}"
    );
}

/// One call altered mechanically: every form of it is the same call.
#[test]
fn the_same_call_in_every_wrapping() {
    let Some(captures) = captures() else { return };
    for name in [
        "vlan_100.pcap",
        "qinq_200_100.pcap",
        "big_endian.pcap",
        "nanosecond.pcap",
        "pcapng_plain.pcapng",
        "dup_all.pcap",
        "seq_wrap.pcap",
        "loss_1pct.pcap",
        "loss_20pct.pcap",
    ] {
        let data = tempfile::tempdir().unwrap();
        let call = replay(&[&captures.join("derived").join(name)], data.path(), "wav").remove(0);
        assert_eq!(
            (call["outcome"].as_str(), call["ended_by"].as_str()),
            (Some("answered"), Some("caller")),
            "{name}"
        );
        let ms = call["recording"]["duration_ms"].as_i64().unwrap();
        assert!((ms - 11_062).abs() <= 40, "{name}: {ms} ms");
        let lost: u64 = call["lanes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| l["lost"].as_u64().unwrap())
            .sum();
        let duplicate: u64 = call["lanes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| l["duplicate"].as_u64().unwrap())
            .sum();
        match name {
            // A packet that is missing at the very end is no gap between two others.
            "loss_1pct.pcap" => assert!((12..=13).contains(&lost), "{lost}"),
            "loss_20pct.pcap" => assert!((218..=222).contains(&lost), "{lost}"),
            "dup_all.pcap" => assert_eq!((lost, duplicate), (0, 1106)),
            _ => assert_eq!((lost, duplicate), (0, 0), "{name}"),
        }
    }
    let data = tempfile::tempdir().unwrap();
    let call = replay(
        &[&captures.join("derived/only_one_direction.pcap")],
        data.path(),
        "wav",
    )
    .remove(0);
    assert!(
        call["gaps"]
            .as_array()
            .unwrap()
            .iter()
            .any(|g| g["reason"] == "not_captured" && g["lane"] == 1),
        "{}",
        call["gaps"]
    );
    let call = replay(
        &[&captures.join("derived/first5s_missing.pcap")],
        data.path(),
        "wav",
    );
    // Who called cannot be told from the middle of a call; that its BYE belongs to it can.
    assert_eq!(
        (call.len(), call[0]["call_ids"].as_array().unwrap().len()),
        (1, 1)
    );
    assert!(
        matches!(call[0]["ended_by"].as_str(), Some("caller" | "callee")),
        "{}",
        call[0]["ended_by"]
    );
}

#[test]
fn no_log_names_anybody() {
    let data = tempfile::tempdir().unwrap();
    let done = std::process::Command::new(ASSAY)
        .args(["replay", "--data", data.path().to_str().unwrap()])
        .args(["full_bant", "no_budget", "cancelled", "ipv6"].map(fixture))
        .env("ASSAY_LOG", "trace")
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success() && log.len() > 1000,
        "there is something to look through"
    );
    for personal in [
        "Ines", "Sofia", "4940555", "49431555", "44207555", "L-1002", "sip:2",
    ] {
        assert!(!log.contains(personal), "'{personal}' stands in the log");
    }
}
