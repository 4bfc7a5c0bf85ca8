//! Decoders that are not ours: what they do to a call when they crash, hang, eat memory or are not
//! there; that one which was taken over reaches nothing, whoever runs the recorder; and that what
//! they could not make audible becomes so later.

#[path = "worker/call.rs"]
mod call;
mod common;
#[path = "worker/hostile.rs"]
mod hostile;
#[path = "worker/kernel.rs"]
mod kernel;

use common::*;
use kernel::{Kernel, Who};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// A box with that call, and a decoder of the test's own.
struct Bench {
    folder: tempfile::TempDir,
    capture: PathBuf,
    who: Who,
    kernel: Kernel,
}

impl Bench {
    fn new() -> Bench {
        Bench::of(Who::Same, Kernel::AsItIs)
    }

    /// Run by somebody, on a kernel that may refuse something.
    fn of(who: Who, kernel: Kernel) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        // The worker is another user, and must be able to reach the decoder.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let capture = call::gsm(folder.path());
        who.owns(folder.path());
        Bench {
            folder,
            capture,
            who,
            kernel,
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn configured(&self, decoder: &str) -> PathBuf {
        let path = self.folder.path().join("assay.toml");
        // A real decoder may be slow on a busy machine; those that hang are waited for.
        let seconds = match decoder {
            "ffmpeg" => 30,
            tries if tries.ends_with("tries-everything") => 60,
            _ => 2,
        };
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

    /// This test's own program as a decoder that does something: see `worker/hostile.rs`.
    fn decoder(&self, does: &str) -> String {
        let path = self.folder.path().join(format!("{}{does}", hostile::NAME));
        std::fs::copy(std::env::current_exe().unwrap(), &path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut run = Command::new(ASSAY);
        run.args(arguments).arg("--data").arg(self.data());
        self.who.runs(&mut run);
        self.kernel.under(&mut run);
        run
    }

    fn run(&self, command: &str, decoder: &str) -> std::process::Output {
        let config = self.configured(decoder);
        let mut run = self.command(&[command]);
        run.arg("--config").arg(config);
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

    /// The same call on a box without it.
    fn replay_again(&self, decoder: &str) -> (Value, String) {
        std::fs::remove_dir_all(self.data()).unwrap();
        self.replay(decoder)
    }

    /// What lies in the data folder, and a copy of its key, open to everybody: what keeps a decoder
    /// off is not their modes.
    fn lay_open(&self) {
        let key = self.folder.path().join("the.key");
        assert!(self.command(&["key", "new"]).status().unwrap().success());
        let export = ["key", "export", key.to_str().unwrap()];
        assert!(self.command(&export).status().unwrap().success());
        let all = Command::new("chmod")
            .args(["-R", "a+rwX"])
            .arg(self.folder.path())
            .status();
        assert!(all.unwrap().success());
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
    let (call, log) = b.replay(&b.decoder("crashes"));
    is_kept(&b, &call, "decoder_failed");
    assert_eq!(log.matches("a decoder failed").count(), 2, "{log}");
}

#[test]
fn a_decoder_that_hangs_is_ended_with_all_that_it_started() {
    let b = Bench::new();
    let began = Instant::now();
    // It does not even read what it is given.
    let decoder = b.decoder("hangs");
    let (call, log) = b.replay(&decoder);
    is_kept(&b, &call, "decoder_failed");
    assert!(log.contains("did not answer within 2 s"), "{log}");
    assert!(began.elapsed().as_secs() < 60);
    let left = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|e| std::fs::read(e.unwrap().path().join("cmdline")).ok())
        .filter(|c| String::from_utf8_lossy(c).contains(&decoder))
        .count();
    assert_eq!(left, 0, "something was left running");
}

#[test]
fn a_decoder_that_takes_without_end_meets_its_limits() {
    for does in [
        "eats-memory",
        "spins",
        "gives-without-end",
        "complains-without-end",
    ] {
        let b = Bench::new();
        let began = Instant::now();
        let (call, _) = b.replay(&b.decoder(does));
        is_kept(&b, &call, "decoder_failed");
        assert!(
            began.elapsed().as_secs() < 120,
            "{does}: {:?}",
            began.elapsed()
        );
    }
}

/// Holds what a hostile program tried against what it may have: nothing.
fn reached_nothing(who: &str, said: &str) {
    let tried: Vec<(&str, &str)> = said
        .split_whitespace()
        .filter_map(|t| t.split_once('='))
        .collect();
    println!("{who}: {said}");
    assert!(tried.len() > 65, "{who}: it did not try everything: {said}");
    for (what, came) in tried {
        let most = match what {
            "processes-signalled" | "environment" => Some(0),
            "descriptors" => Some(3),
            "descriptors-kept" => Some(64),
            "threads" => Some(256),
            _ => None,
        };
        match most {
            Some(most) => assert!(came.parse::<u32>().unwrap() <= most, "{who}: {what}={came}"),
            None => assert_ne!(came, "done", "{who}: {what}"),
        }
    }
}

#[test]
fn a_decoder_that_was_taken_over_reaches_nothing_whoever_runs_the_recorder() {
    for who in Who::here() {
        for kernel in Kernel::tried() {
            // Such a unit has a user of its own, which root cannot become under its filter.
            if (who, kernel) == (Who::Same, Kernel::ShippedUnit) && kernel::is_root() {
                continue;
            }
            let b = Bench::of(who, kernel);
            b.lay_open();
            let (call, log) = b.replay(&b.decoder("tries-everything"));
            let gap = call["gaps"][0]["reason"].as_str();
            assert_eq!(gap, Some("decoder_failed"), "{log}");
            let said = log
                .split(&format!("exit status: {}: ", hostile::TRIED))
                .nth(1);
            let said = said.unwrap_or_else(|| panic!("{who:?}, {kernel:?}: {log}"));
            reached_nothing(
                &format!("in FFmpeg's place, {who:?}, {kernel:?}"),
                said.lines().next().unwrap(),
            );
            let (_, log) = b.replay_again(&b.decoder("runs-a-shell-by-the-loader"));
            assert!(log.contains("exit status: 127"), "{log}");
        }
    }
}

#[test]
fn libopus_taken_over_reaches_nothing_whoever_runs_the_recorder() {
    for who in Who::here() {
        let tried = Kernel::tried();
        for kernel in tried.into_iter().chain([Kernel::NoLandlock]) {
            // Such a unit has a user of its own, which root cannot become under its filter.
            if (who, kernel) == (Who::Same, Kernel::ShippedUnit) && kernel::is_root() {
                continue;
            }
            let b = Bench::of(who, kernel);
            b.lay_open();
            let mut run = Command::new(b.decoder("of-its-own"));
            run.arg(hostile::OWN).arg(b.folder.path()).env_clear();
            who.runs(&mut run);
            kernel.under(&mut run);
            let output = run.output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(hostile::TRIED), "{said}");
            reached_nothing(
                &format!("in libopus's place, {who:?}, {kernel:?}"),
                said.trim(),
            );
        }
    }
}

#[test]
fn a_kernel_that_refuses_a_step_costs_the_sound_and_not_the_payload() {
    for (kernel, why) in [
        (Kernel::NoLandlock, "this kernel has no Landlock"),
        (Kernel::NoFilters, "give up other system calls"),
        (Kernel::NoLimits, "limit what it takes"),
        (Kernel::NoDescriptors, "close its descriptors"),
        (Kernel::NoPrivileges, "give up its capabilities"),
    ] {
        let b = Bench::of(Who::Same, kernel);
        let (call, log) = b.replay("ffmpeg");
        is_kept(&b, &call, "decoder_failed");
        assert!(log.contains(why), "{kernel:?}: {log}");
        // On a kernel that refuses nothing, what was kept is heard.
        let b = Bench {
            kernel: Kernel::AsItIs,
            ..b
        };
        let again = b.run("seal", "ffmpeg");
        let said = String::from_utf8_lossy(&again.stdout).into_owned();
        assert!(
            said.contains("1 calls are audible now"),
            "{kernel:?}: {said}"
        );
    }
}

#[test]
fn the_doctor_names_what_a_kernel_refuses_and_what_still_holds() {
    for (kernel, said) in [
        (Kernel::AsItIs, "good    decoders run confined"),
        (Kernel::NoLandlock, "warning this kernel has no Landlock"),
        (Kernel::NoFilters, "BAD     the decoder was not started"),
    ] {
        let b = Bench::of(Who::Same, kernel);
        let output = b
            .command(&["doctor", "--seconds", "1", "-i", "lo"])
            .output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(text.contains(said), "{kernel:?}: {text}");
    }
}

#[test]
fn the_doctor_begins_no_box() {
    let b = Bench::new();
    let output = b
        .command(&["doctor", "--seconds", "1", "-i", "lo"])
        .output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(text.contains("warning there is no box in"), "{text}");
    assert!(!b.data().exists());
}

#[test]
fn a_script_is_no_decoder_and_is_said_to_be_none() {
    let b = Bench::new();
    let path = b.folder.path().join("wrapper");
    std::fs::write(&path, "#!/bin/sh\nexec ffmpeg \"$@\"\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (call, log) = b.replay(path.to_str().unwrap());
    is_kept(&b, &call, "decoder_failed");
    assert!(log.contains("name the program itself"), "{log}");
}

#[test]
fn a_decoder_that_gives_too_little_or_too_much_moves_nothing() {
    let b = Bench::new();
    for does in ["gives-too-little", "gives-without-end", "gives-nothing"] {
        let _ = std::fs::remove_dir_all(b.data());
        let (call, _) = b.replay(&b.decoder(does));
        let (_, lanes) = samples(&b.data(), &call);
        assert_eq!(lanes[1].iter().filter(|s| **s != 0).count(), 32_000);
        assert!(
            call["gaps"]
                .as_array()
                .unwrap()
                .iter()
                .all(|g| g["lane"] == 0 && g["reason"] == "decoder_failed"),
            "{does}: {}",
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
