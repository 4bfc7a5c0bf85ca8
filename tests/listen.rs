//! The box's own sound card, as ALSA's file plugin stands in for it. It has no clock: frames are
//! counted, not time.
#![cfg(feature = "sound-card")]

mod common;

use common::*;
use std::process::Command;

#[test]
fn a_call_is_heard_on_the_sound_card_lane_by_lane() {
    if !std::path::Path::new("/usr/share/alsa/alsa.conf").exists() {
        not_run("ALSA's configuration is not installed; tests/setup.sh test does it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (config, heard, data) = (
        folder.path().join("asoundrc"),
        folder.path().join("heard.raw"),
        folder.path().join("data"),
    );
    std::fs::write(
        &config,
        format!(
            "</usr/share/alsa/alsa.conf>\npcm.tofile {{ type file; \
        slave.pcm \"null\"; file \"{}\"; format \"raw\" }}\n",
            heard.display()
        ),
    )
    .unwrap();
    let call = replay(&[&fixture("voicemail")], &data, "wav").remove(0);
    let done = Command::new(ASSAY)
        .args([
            "listen",
            call["call"].as_str().unwrap(),
            "--device",
            "tofile",
            "--data",
        ])
        .arg(&data)
        .env("ALSA_CONFIG_PATH", &config)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let (_, lanes) = samples(&data, &call);
    assert!(
        String::from_utf8_lossy(&done.stdout)
            .contains(&format!("played {} frames", lanes[0].len()))
    );
    let played: Vec<i16> = std::fs::read(&heard)
        .unwrap()
        .chunks_exact(2)
        .map(|b| i16::from_le_bytes([b[0], b[1]]))
        .collect();
    let wanted: Vec<i16> = lanes[0]
        .iter()
        .zip(&lanes[1])
        .flat_map(|(l, r)| [*l, *r])
        .collect();
    // The card may ask for silence before it starts.
    let start = played.iter().position(|s| *s == wanted[0]).unwrap_or(0);
    let same = (start..start + 64)
        .step_by(2)
        .any(|at| played[at..].starts_with(&wanted[..8000]));
    assert!(
        same || played.windows(8000).any(|w| w == &wanted[..8000]),
        "what was heard is not the recording"
    );

    let missing = Command::new(ASSAY)
        .args([
            "listen",
            call["call"].as_str().unwrap(),
            "--device",
            "nosuchcard",
            "--data",
        ])
        .arg(&data)
        .env("ALSA_CONFIG_PATH", &config)
        .output()
        .unwrap();
    assert!(!missing.status.success());
    assert!(
        String::from_utf8_lossy(&missing.stderr).contains("no such sound card"),
        "{}",
        String::from_utf8_lossy(&missing.stderr)
    );
}
