//! Pulled plugs: what a kill costs, and what the next start makes of it.

mod common;

use common::*;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A packet of 20 ms of G.711 in an Ethernet frame.
fn is_media(packet: &[u8]) -> bool {
    packet.len() == 16 + 214
}

/// Starts on the same data; the calls that came out of the spool.
fn recovered(data: &Path) -> Vec<serde_json::Value> {
    let calls = replay(&[&fixture("busy")], data, "wav");
    calls
        .into_iter()
        .filter(|c| c["outcome"] != "busy")
        .collect()
}

#[test]
fn a_kill_in_the_middle_of_a_call_costs_less_than_a_second_of_it() {
    let pcap = unzipped("full_bant");
    let all = packets(&pcap);
    let data = tempfile::tempdir().unwrap();
    let mut reader = Command::new(ASSAY)
        .args(["replay", "-", "--format", "wav", "--data"])
        .arg(data.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = reader.stdin.take().unwrap();
    input.write_all(&pcap[..24]).unwrap();
    // Twenty seconds of the call at once, the next two as they were spoken, then the plug.
    let first = all[0].0;
    let (at_once, as_spoken) = (first + 20_000_000, first + 22_000_000);
    let began = Instant::now();
    let mut fed = 0;
    for (at, bytes) in all.iter().take_while(|(at, _)| *at < as_spoken) {
        if let Some(wait) = at
            .checked_sub(at_once)
            .and_then(|us| u64::try_from(us).ok())
        {
            std::thread::sleep(Duration::from_micros(wait).saturating_sub(began.elapsed()));
        }
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
        fed += i64::from(is_media(bytes));
    }
    reader.kill().unwrap();
    reader.wait().unwrap();
    drop(input);

    let calls = recovered(data.path());
    let [call] = calls.as_slice() else {
        panic!("{} calls", calls.len())
    };
    assert_eq!(
        (call["outcome"].as_str(), call["ended_by"].as_str()),
        (Some("answered"), Some("capture_end"))
    );
    // Two lanes of 50 packets a second: what is missing, to the packet.
    let kept: i64 = call["lanes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["packets"].as_i64().unwrap())
        .sum();
    let lost = (fed - kept) * 20 / 2;
    println!("kill -9 in the middle of a replay: {lost} ms of the call were lost");
    assert!((0..1000).contains(&lost), "{lost} ms were lost");
    // What was recovered is sealed once, and stays.
    assert_eq!(recovered(data.path()).len(), 0);
    assert!(
        assay(&["check", "--data", data.path().to_str().unwrap()])
            .status
            .success()
    );
}

#[test]
fn a_torn_block_and_a_flipped_bit_cost_themselves_alone() {
    let pcap = unzipped("voicemail");
    let all = packets(&pcap);
    let spooled = tempfile::tempdir().unwrap();
    let mut reader = Command::new(ASSAY)
        .args(["replay", "-", "--format", "wav", "--data"])
        .arg(spooled.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = reader.stdin.take().unwrap();
    input.write_all(&pcap[..24]).unwrap();
    for (_, bytes) in &all[..all.len() - 4] {
        input.write_all(bytes).unwrap();
    }
    input.flush().unwrap();
    let segment = spooled.path().join("spool/0000000000000001.spool");
    until("the spool has most of it", || {
        segment.metadata().is_ok_and(|m| m.len() > 200_000)
    });
    reader.kill().unwrap();
    reader.wait().unwrap();
    let whole = std::fs::read(&segment).unwrap();

    let mut last = i64::MAX;
    for (name, bytes) in [
        ("cut", whole[..whole.len() - 1].to_vec()),
        ("flipped", {
            let mut b = whole.clone();
            let at = b.len() * 3 / 4;
            b[at] ^= 1;
            b
        }),
        ("halved", whole[..whole.len() / 2].to_vec()),
        ("header alone", whole[..64].to_vec()),
        ("half a header", whole[..20].to_vec()),
    ] {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join("spool")).unwrap();
        std::fs::write(data.path().join("spool/0000000000000001.spool"), bytes).unwrap();
        let calls = recovered(data.path());
        let ms = calls
            .first()
            .map_or(0, |c| c["recording"]["duration_ms"].as_i64().unwrap());
        assert_eq!(calls.len(), usize::from(!name.contains("header")), "{name}");
        if name == "flipped" {
            // The call goes on behind the block, which is a gap: no longer than a block gathers.
            let gaps = calls[0]["gaps"].as_array().unwrap();
            let longest = gaps
                .iter()
                .map(|g| g["to_ms"].as_i64().unwrap() - g["from_ms"].as_i64().unwrap())
                .max();
            assert!(
                ms >= last && longest.is_some_and(|ms| (20..3_000).contains(&ms)),
                "{ms} after {last}, gaps {gaps:?}"
            );
            assert!(gaps.iter().any(|g| g["reason"] == "damaged"), "{gaps:?}");
            continue;
        }
        assert!(ms <= last, "{name}: {ms} after {last}");
        last = ms;
    }
}

/// A disk that has three hundred kilobytes left, in a mount namespace of the test's own.
#[test]
fn a_full_disk_is_told_and_costs_only_what_did_not_fit() {
    if !is_root() {
        not_run("a small disk needs root");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_str().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=64m none {at} && {ASSAY} replay --data {at} {} >/dev/null 2>&1; \
         mount -o remount,size=$(( $(df -k --output=used {at} | tail -1) + 300 ))k {at}; \
         {ASSAY} replay --json --format wav --data {at} \
         {} 2>{at}.log; echo \"exit $?\" >>{at}.log; rm -rf {at}/recordings/2026; \
         mount -o remount,size=64m {at} && {ASSAY} replay --json --format wav --data {at} {} \
         2>>{at}.log",
        fixture("busy").display(),
        fixture("full_bant").display(),
        fixture("busy").display()
    );
    let done = Command::new("unshare")
        .args(["-m", "sh", "-c", &script])
        .output()
        .unwrap();
    let log = std::fs::read_to_string(format!("{at}.log")).unwrap_or_default();
    let _ = std::fs::remove_file(format!("{at}.log"));
    assert!(
        log.contains("No space left on device") && log.contains("exit 1"),
        "{log}"
    );
    assert!(!log.contains("panicked"), "{log}");
    let calls = lines(&done);
    println!(
        "{}",
        calls
            .iter()
            .map(|c| format!(
                "{} {} gaps {}",
                c["outcome"], c["recording"]["duration_ms"], c["gaps"]
            ))
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert!(
        calls.iter().any(|c| c["outcome"] == "answered"),
        "once there is space the call is sealed: {log}"
    );
}

#[test]
fn two_recorders_in_one_folder_do_not_take_each_others_calls() {
    let data = tempfile::tempdir().unwrap();
    let first = Command::new(ASSAY)
        .args(["replay", "-", "--data"])
        .arg(data.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = Running(first);
    until("the first has the folder", || {
        data.path().join("spool/0000000000000001.spool").exists()
    });
    let second = assay(&[
        "replay",
        "--data",
        data.path().to_str().unwrap(),
        fixture("busy").to_str().unwrap(),
    ]);
    assert_eq!(second.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&second.stderr).contains("another assay records into this folder"),
        "{}",
        String::from_utf8_lossy(&second.stderr)
    );
    first.kill();
    assert_eq!(replay(&[&fixture("busy")], data.path(), "wav").len(), 1);
}
