//! The whole program with a failing system underneath: at the n-th system call that touches the
//! disk, for one n after the other, it gets an error or a kill. Nothing is lost in silence, nothing
//! is sealed twice, and what is left is sound.
//!
//! `ASSAY_FAULTS=all` tries every n until none is struck (`make faults`); without it the first ones
//! and a sample.

mod common;

use common::*;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output};

const ALL: &str = "pwrite64,fdatasync,fsync,ftruncate,rename,renameat,openat,mkdir,mkdirat,\
                   unlink,unlinkat";
const WRITES: &str = "pwrite64,ftruncate,mkdir,mkdirat";
/// One kind at a time: strace counts for each thread by itself, so that among all kinds the start's
/// many would come first and no kill would ever strike the spool or the sealing.
const KILLED_AT: [&str; 6] = [
    "rename,renameat",
    "ftruncate",
    "fsync",
    "fdatasync",
    "pwrite64",
    "unlink,unlinkat",
];

/// Replays under a fault; also whether it struck.
fn struck(data: &Path, calls: &str, fault: &str, n: usize) -> (Output, bool) {
    let log = data.with_extension("log");
    let done = Command::new("strace")
        .args([
            "-f",
            "-qq",
            "-o",
            log.to_str().unwrap(),
            "-e",
            &format!("trace={calls}"),
            "-e",
            &format!("inject={calls}:{fault}:when={n}"),
        ])
        .args([
            ASSAY,
            "replay",
            "--json",
            "--format",
            "wav",
            "--data",
            data.to_str().unwrap(),
            fixture("call_back").to_str().unwrap(),
        ])
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let killed = fault.contains("KILL") && text.contains("+++ killed by SIGKILL");
    (done, killed || text.contains("(INJECTED)"))
}

fn traceable() -> bool {
    let traced = Command::new("strace")
        .args(["-qq", "-e", "trace=write", "true"])
        .output();
    traced.is_ok_and(|o| o.status.success())
}

/// One call by its lanes' packets; the sum of all.
fn packets(call: &Value) -> u64 {
    call["lanes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["packets"].as_u64().unwrap())
        .sum()
}

/// Recordings under a data folder.
fn recordings(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|e| e.unwrap().path());
    entries
        .map(|path| {
            if path.is_dir() {
                recordings(&path)
            } else {
                usize::from(path.extension().is_some_and(|e| e == "wav"))
            }
        })
        .sum()
}

#[derive(Default)]
struct Tried {
    runs: usize,
    complete: usize,
    told: usize,
    recovered: usize,
    before: usize,
}

/// A folder with a key. A kill is to strike a box that has been at work before, not the making of
/// its database.
fn begun(data: &Path, is_kill: bool) {
    let at = data.to_str().unwrap();
    let busy = fixture("busy");
    assert!(assay(&["key", "new", "--data", at]).status.success());
    assert!(
        !is_kill
            || assay(&["replay", "--data", at, busy.to_str().unwrap()])
                .status
                .success()
    );
}

fn copied(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(copied.unwrap().success());
}

fn try_all(calls: &str, fault: &str, is_kill: bool, whole: u64, tried: &mut Tried) {
    let every = std::env::var("ASSAY_FAULTS").is_ok_and(|v| v == "all");
    let folder = tempfile::tempdir().unwrap();
    let before = folder.path().join("before");
    begun(&before, is_kill);
    let mut n = 0;
    loop {
        n += if every || n < 24 { 1 } else { 41 };
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let at = data.to_str().unwrap();
        copied(&before, &data);
        let (done, hit) = struck(&data, calls, fault, n);
        if !hit {
            return;
        }
        let what = format!("{fault} at the {n}th of {calls}");
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(
            is_kill || !done.status.success() || lines(&done).len() == 1,
            "{what}: it says that all is well"
        );
        // The next start finds what is left.
        let again = assay(&[
            "replay",
            "--json",
            "--format",
            "wav",
            "--data",
            at,
            fixture("busy").to_str().unwrap(),
        ]);
        assert!(
            again.status.success(),
            "{what}: {}",
            String::from_utf8_lossy(&again.stderr)
        );
        let mut found: HashMap<String, Value> = HashMap::new();
        for call in lines(&done)
            .into_iter()
            .chain(lines(&again))
            .filter(|c| c["outcome"] != "busy")
        {
            assert!(
                found.insert(call["call"].to_string(), call).is_none(),
                "{what}: sealed twice"
            );
        }
        assert!(found.len() <= 1, "{what}");
        let gapless = |c: &Value| c["gaps"].as_array().unwrap().is_empty();
        match found.values().next() {
            Some(call) if packets(call) == whole && gapless(call) => tried.complete += 1,
            Some(call) if !gapless(call) => tried.told += 1,
            Some(call) => {
                assert!(
                    call["ended_by"] == "capture_end",
                    "{what}: {} of {whole} packets and nothing said of the others: {call}\n{error}",
                    packets(call)
                );
                tried.recovered += 1;
            }
            // Sealed, and killed before it could be told.
            None if is_kill && recordings(&data) == 1 => tried.complete += 1,
            // A kill comes before the spool's first quarter second; an error must be told.
            None => {
                if is_kill {
                    tried.before += 1;
                } else {
                    tried.told += 1;
                }
                assert!(
                    is_kill || (!done.status.success() && !error.is_empty()),
                    "{what}: gone in silence"
                );
            }
        }
        assert!(recordings(&data) <= 1, "{what}: recorded twice");
        let checked = assay(&["check", "--data", at]);
        assert!(
            checked.status.success(),
            "{what}: {}",
            String::from_utf8_lossy(&checked.stdout)
        );
        tried.runs += 1;
    }
}

/// What came of one fault at all of `kinds` of calls, one kind after the other.
fn every_call_struck(name: &str, kinds: &[&str], fault: &str) {
    if !traceable() {
        not_run("strace is missing or may not trace here");
        return;
    }
    let is_kill = fault.contains("KILL");
    let data = tempfile::tempdir().unwrap();
    let whole = packets(&replay(&[&fixture("call_back")], data.path(), "wav")[0]);
    let mut tried = Tried::default();
    for calls in kinds {
        try_all(calls, fault, is_kill, whole, &mut tried);
    }
    let Tried {
        runs,
        complete,
        told,
        recovered,
        before,
    } = tried;
    println!(
        "{name}: {runs} runs, the call was whole in {complete}, its loss told in {told}, cut short \
         and marked in {recovered}, killed before its first block was written in {before}"
    );
    assert!(runs > 20 && complete > 5, "{name}: {runs}, {complete}");
}

#[test]
fn a_disk_that_fails_at_any_system_call_loses_nothing_in_silence() {
    every_call_struck("EIO", &[ALL], "error=EIO");
}

#[test]
fn a_disk_that_is_full_at_any_system_call_loses_nothing_in_silence() {
    every_call_struck("ENOSPC", &[WRITES], "error=ENOSPC");
}

#[test]
fn a_kill_at_any_system_call_loses_nothing() {
    every_call_struck("kill", &KILLED_AT, "signal=KILL");
}
