//! What is to be kept out of the recording is not on the disk: it is searched for (PRODUCT C17).

mod common;

use common::*;
use serde_json::Value;
use std::collections::HashSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const MEDIA: usize = 16 + 214;

fn config(folder: &Path, rules: &str) -> String {
    let path = folder.join("assay.toml");
    std::fs::write(&path, format!("[keep_out]\n{rules}\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Replays under rules; the one call.
fn under(rules: &str, name: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), rules);
    let data = folder.path().join("data");
    let done = assay(&[
        "replay",
        "--json",
        "--format",
        "wav",
        "--config",
        &config,
        "--data",
        data.to_str().unwrap(),
        fixture(name).to_str().unwrap(),
    ]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let calls = lines(&done);
    assert_eq!(calls.len(), 1);
    calls[0].clone()
}

fn reasons(call: &Value) -> HashSet<String> {
    call["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g["reason"].as_str().unwrap().to_owned())
        .collect()
}

/// Every 64 bytes of payload that lie anywhere in the folder, as (time of the packet, whether it
/// was found).
fn on_disk(folder: &Path, pcap: &[u8]) -> Vec<(i64, bool)> {
    let mut disk = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path)
            } else {
                disk.extend(std::fs::read(path).unwrap())
            }
        }
    }
    let windows: HashSet<&[u8]> = disk.windows(64).collect();
    let is_spoken = |p: &&(i64, &[u8])| {
        p.1.len() == MEDIA && p.1[70..134].iter().collect::<HashSet<_>>().len() > 20
    };
    packets(pcap)
        .iter()
        .filter(is_spoken)
        .map(|(at, bytes)| (*at, windows.contains(&bytes[70..134])))
        .collect()
}

/// Feeds a call to a recorder, pulls its plug before the end, and looks at what is in its folder.
fn in_the_spool(rules: &str, name: &str) -> Vec<(i64, bool)> {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), rules);
    let data = folder.path().join("data");
    let mut reader = Command::new(ASSAY)
        .args(["replay", "-", "--config", &config, "--data"])
        .arg(&data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pcap = unzipped(name);
    let all = packets(&pcap);
    let mut input = reader.stdin.take().unwrap();
    input.write_all(&pcap[..24]).unwrap();
    // Without the last packets, so that the call is still open and nothing is sealed away; the last
    // bytes make it flush.
    for (n, (_, bytes)) in all[..all.len() - 6].iter().enumerate() {
        if n + 40 == all.len() - 6 {
            std::thread::sleep(std::time::Duration::from_millis(600));
        }
        input.write_all(bytes).unwrap();
    }
    input.flush().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    reader.kill().unwrap();
    reader.wait().unwrap();
    on_disk(&data, &pcap)
}

#[test]
fn a_number_that_is_never_recorded_leaves_a_row_and_no_sound() {
    for rule in [
        "never = [\"+494055501010\"]",
        "never = [\"201\"]",
        "never = [\"+4940*\"]",
    ] {
        let call = under(rule, "full_bant");
        assert_eq!(
            (call["outcome"].as_str(), &call["recording"]),
            (Some("answered"), &Value::Null),
            "{rule}"
        );
        assert_eq!(
            reasons(&call),
            HashSet::from(["policy".to_owned()]),
            "{rule}"
        );
    }
    assert!(
        in_the_spool("", "full_bant")
            .iter()
            .filter(|(_, found)| *found)
            .count()
            > 500,
        "without the rule it is there to be found"
    );
    assert!(
        in_the_spool("never = [\"201\"]", "full_bant")
            .iter()
            .all(|(_, found)| !found)
    );
}

#[test]
fn what_was_said_in_a_pause_is_not_on_the_disk() {
    // Keys of the fixture: 2, and later 7.
    let rules = "pause_keys = \"2\"\nresume_keys = \"7\"";
    let call = under(rules, "dtmf");
    let gap = call["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["reason"] == "paused")
        .expect("a gap with its reason")
        .clone();
    assert_eq!(
        reasons(&call),
        HashSet::from(["paused".to_owned()]),
        "nothing else is missing: {}",
        call["gaps"]
    );
    assert!(
        call["lanes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|l| l["lost"] == 0),
        "nobody lost it"
    );
    let (from, to) = (
        gap["from_ms"].as_i64().unwrap(),
        gap["to_ms"].as_i64().unwrap(),
    );
    let start: jiff::Timestamp = call["recording"]["starts_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let paused = |at: i64| {
        let ms = (at - start.as_microsecond()) / 1000;
        ms > from && ms < to
    };
    let found = in_the_spool(rules, "dtmf");
    let (within, outside): (Vec<_>, Vec<_>) = found.iter().partition(|(at, _)| paused(*at));
    assert!(
        within.len() > 50 && within.iter().all(|(_, found)| !found),
        "{} of {} packets of the pause lie on the disk",
        within.iter().filter(|p| p.1).count(),
        within.len()
    );
    assert!(
        outside.iter().filter(|(_, found)| *found).count() > 100,
        "what was said before and after is there"
    );
}

#[test]
fn a_destination_is_recorded_from_its_yes_on() {
    let rule = |prefix: &str, without: &str, yes: &str| {
        format!(
            "[[keep_out.destination]]\nprefix = \"{prefix}\"\nwithout_consent = \
             \"{without}\"\n{yes}"
        )
    };
    assert_eq!(
        under(&rule("+49", "discard", ""), "full_bant")["recording"],
        Value::Null
    );
    assert_ne!(
        under(&rule("+49", "keep", ""), "full_bant")["recording"],
        Value::Null
    );
    assert_ne!(
        under(&rule("+1", "discard", ""), "full_bant")["recording"],
        Value::Null,
        "another destination"
    );
    // The fixture's signalling has a header on the lead; the telemarketer's keys are no yes of the
    // other side.
    let by_header = under(
        &rule("+49", "discard", "consent_header = \"Call-ID\""),
        "full_bant",
    );
    assert!(
        by_header["recording"] != Value::Null && by_header["gaps"].as_array().unwrap().is_empty()
    );
    assert_eq!(
        under(&rule("+44", "discard", "consent_keys = \"2\""), "dtmf")["recording"],
        Value::Null
    );
}

#[test]
fn rules_that_cannot_be_read_record_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (rules, told) in [
        ("never = \"112\"", "never"),
        ("newer = [\"112\"]", "newer"),
        ("never = [\"one one two\"]", "no number"),
        ("pause_keys = \"*7\"", "belong together"),
        (
            "[[keep_out.destination]]\nprefix = \"+49\"\nwithout_consent = \"perhaps\"",
            "perhaps",
        ),
    ] {
        let config = config(folder.path(), rules);
        let data = folder.path().join("data");
        let done = assay(&[
            "replay",
            "--config",
            &config,
            "--data",
            data.to_str().unwrap(),
            fixture("full_bant").to_str().unwrap(),
        ]);
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(
            done.status.code() == Some(1) && error.contains(told),
            "{rules}: {error}"
        );
        assert!(
            !data.join("recordings").exists() && !data.join("spool").exists(),
            "{rules}"
        );
    }
}

#[test]
fn keys_that_are_masked_are_neither_told_nor_heard() {
    let pressed = |call: &Value| {
        call["lanes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| l["dtmf"].as_str().unwrap().len())
            .sum::<usize>()
    };
    assert!(pressed(&under("", "dtmf")) >= 2, "the fixture presses keys");
    let masked = under("mask_digits = true", "dtmf");
    assert_eq!(pressed(&masked), 0);
    assert_ne!(
        masked["recording"]["sha256"],
        under("", "dtmf")["recording"]["sha256"],
        "and the sound has changed"
    );
}
