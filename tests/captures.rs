//! Real calls of real phones: each lane against what its speaker said, outcomes, left and right,
//! none missing. The calls of `../shared/captures/calls` whose codec and case are in place; the
//! others are named at the end.

mod common;

use assay_test_support::likeness::{at_8000, best_likeness};
use common::*;
use serde_json::Value;
use std::path::Path;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::{FormatOptions, TrackType, probe::Hint};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

/// Calls, their outcome, and whose voices should lie left and right (files without `.flac`); empty
/// where nobody spoke.
const CALLS: [(&str, &str, &[[&str; 2]]); 52] = [
    ("d_488", "failed", &[]),
    ("d_busy", "busy", &[]),
    ("d_cancel", "cancelled", &[]),
    ("p_404", "failed", &[]),
    ("p_cancel", "cancelled", &[]),
    ("d_pcmu", "answered", &[["caller", "callee"]]),
    ("d_pcma", "answered", &[["caller", "callee"]]),
    ("d_g722", "answered", &[["caller", "callee"]]),
    ("d_human_g722", "answered", &[["caller", "callee"]]),
    ("d_multi_offer", "answered", &[["caller", "callee"]]),
    ("d_opus", "answered", &[["caller", "callee"]]),
    ("d_dtmf", "answered", &[["caller", "callee"]]),
    ("d_early", "answered", &[["caller", "callee"]]),
    ("d_hold", "answered", &[["caller", "callee"]]),
    ("d_ipv6", "answered", &[["caller", "callee"]]),
    ("d_oneway", "answered", &[["caller", ""]]),
    ("d_ptime40", "answered", &[["caller", "callee"]]),
    ("d_rtcpmux", "answered", &[["caller", "callee"]]),
    (
        "d_blind_xfer",
        "answered",
        &[["caller", "callee"], ["alice_sent_2", "third"]],
    ),
    ("l_cross_opus", "answered", &[["alice", "bob"]]),
    ("l_dtmf", "answered", &[["alice", "bob"]]),
    ("l_hold", "answered", &[["alice", "bob"]]),
    ("l_opus", "answered", &[["alice", "bob"]]),
    ("p_auth407", "answered", &[["caller", "callee"]]),
    ("p_fork", "answered", &[["caller", "third"]]),
    ("p_proxy_rr", "answered", &[["caller", "callee"]]),
    ("p_register", "answered", &[["caller", "callee"]]),
    ("p_rtpengine", "answered", &[["caller", "callee"]]),
    ("p_rtpe_hold", "answered", &[["caller", "callee"]]),
    ("d_tcp", "answered", &[["caller", "callee"]]),
    (
        "l_attended_xfer",
        "answered",
        &[["alice", "bob"], ["alice", "carol"]],
    ),
    ("p_b2bua", "answered", &[["caller", "callee"]]),
    (
        "p_blind_xfer",
        "answered",
        &[["caller", "callee"], ["alice_sent_2", "third"]],
    ),
    ("p_hep", "answered", &[["caller", "callee"]]),
    ("p_rtpe_srtp_bridge", "answered", &[["caller", "callee"]]),
    ("p_rtpe_transcode", "answered", &[["caller", "callee"]]),
    ("r_siprec_hold", "answered", &[["caller", "callee"]]),
    ("r_siprec_pcma", "answered", &[["caller", "callee"]]),
    ("r_siprec_pcmu", "answered", &[["caller", "callee"]]),
    ("p_tcp_udp", "answered", &[["caller", "callee"]]),
    (
        "s_early_media",
        "answered",
        &[["caller", "callee_answered"]],
    ),
    ("s_late_offer", "answered", &[["caller_part1", "callee"]]),
    (
        "s_session_refresh",
        "answered",
        &[["caller_part1", "callee"]],
    ),
    ("d_gsm", "answered", &[["caller", "callee"]]),
    ("d_g726", "answered", &[["caller", "callee"]]),
    ("d_l16", "answered", &[["caller", "callee"]]),
    ("d_amrnb", "answered", &[["caller", "callee"]]),
    ("d_amrwb", "answered", &[["caller", "callee"]]),
    ("d_srtp_sdes", "answered", &[["caller", "callee"]]),
    ("d_srtp_opus", "answered", &[["caller", "callee"]]),
    ("l_speex16", "answered", &[["alice", "bob"]]),
    ("l_srtp", "answered", &[["alice", "bob"]]),
];

fn flac(path: &Path) -> Vec<f32> {
    let source = MediaSourceStream::new(
        Box::new(std::fs::File::open(path).unwrap()),
        Default::default(),
    );
    let mut format = symphonia::default::get_probe()
        .probe(
            Hint::new().with_extension("flac"),
            source,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .unwrap();
    let track = format.default_track(TrackType::Audio).unwrap();
    let parameters = track
        .codec_params
        .as_ref()
        .unwrap()
        .audio()
        .unwrap()
        .clone();
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .unwrap();
    let (mut samples, mut part): (Vec<f32>, Vec<Vec<f32>>) = (Vec::new(), Vec::new());
    while let Ok(Some(packet)) = format.next_packet() {
        decoder
            .decode(&packet)
            .unwrap()
            .copy_to_vecs_planar(&mut part);
        samples.extend(&part[0]);
    }
    at_8000(&samples, parameters.sample_rate.unwrap() as usize)
}

fn check(name: &str, folder: &Path, data: &Path, call: &Value, voices: &[&str; 2]) {
    let (rate, lanes) = samples(data, call);
    for (lane, wanted) in voices.iter().enumerate() {
        let heard: Vec<f32> = lanes[lane].iter().map(|s| f32::from(*s)).collect();
        let heard = at_8000(&heard, rate as usize);
        if wanted.is_empty() {
            assert!(
                heard.iter().all(|s| s.abs() < 200.0),
                "{name}: lane {lane} is not silent"
            );
            continue;
        }
        let like =
            |voice: &str| best_likeness(&heard, &flac(&folder.join(format!("{voice}.flac"))));
        let (own, other) = (
            like(wanted),
            if voices[1 - lane].is_empty() {
                0.0
            } else {
                like(voices[1 - lane])
            },
        );
        println!("{name}: lane {lane} is {wanted} to {own:.3}, the other voice to {other:.3}");
        // A vocoder keeps what the ear hears, not the wave: an independent decoder comes to 0.68
        // and 0.85 on this one.
        let least = if name == "d_amrnb" { 0.66 } else { 0.7 };
        assert!(own > least && own > 3.0 * other, "{name}: lane {lane}");
    }
}

#[test]
fn every_real_call_whose_codec_and_case_are_in_place() {
    let Some(captures) = captures() else { return };
    for (name, outcome, voices) in CALLS {
        let folder = captures.join("calls").join(name);
        let data = tempfile::tempdir().unwrap();
        let calls = replay(&[&folder.join("call.pcap")], data.path(), "wav");
        assert_eq!(calls.len(), voices.len().max(1), "{name}");
        for (call, voices) in calls.iter().zip(voices) {
            check(name, &folder, data.path(), call, voices);
        }
        for call in &calls {
            assert_eq!(call["outcome"], outcome, "{name}");
            assert_ne!(call["ended_by"], "capture_end", "{name}");
            assert_eq!(
                call["linked"].as_array().unwrap().len(),
                usize::from(name.ends_with("xfer")),
                "{name}"
            );
            assert_eq!(
                call["call_ids"].as_array().unwrap().len(),
                if name == "p_b2bua" { 2 } else { 1 },
                "{name}"
            );
        }
    }
    let named: Vec<String> = std::fs::read_dir(captures.join("calls"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| n != "INDEX.tsv")
        .collect();
    let mut rest: Vec<&String> = named
        .iter()
        .filter(|n| !CALLS.iter().any(|(name, ..)| name == n))
        .collect();
    rest.sort();
    println!("not in this list: {rest:?}");
    // Keys that no tap can have, and a codec that nobody here knows: named, the payload kept,
    // nothing made up.
    for (name, encryption, reason) in [
        ("d_dtls_srtp", "dtls", "encrypted"),
        ("l_zrtp", "zrtp", "encrypted"),
        ("d_codec2", "none", "unsupported_codec"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let calls = replay(
            &[&captures.join("calls").join(name).join("call.pcap")],
            data.path(),
            "wav",
        );
        let call = &calls[0];
        for lane in call["lanes"].as_array().unwrap() {
            assert_eq!(lane["encryption"], encryption, "{name}");
            assert!(lane["packets"].as_u64().unwrap() > 100, "{name}");
        }
        assert!(
            call["gaps"]
                .as_array()
                .unwrap()
                .iter()
                .all(|g| g["reason"] == reason),
            "{name}: {}",
            call["gaps"]
        );
        let (_, lanes) = samples(data.path(), call);
        assert!(
            lanes.iter().flatten().all(|s| *s == 0),
            "{name}: noise was taken for speech"
        );
    }
}

/// The torture messages of RFC 4475 and RFC 5118: those that count as readable are read, with what
/// a tap needs of them.
#[test]
fn torture_messages_are_read() {
    let Some(captures) = captures() else { return };
    let read = |folder: &str| -> Vec<(String, Vec<u8>)> {
        let files = std::fs::read_dir(captures.join("torture").join(folder))
            .unwrap()
            .map(|e| e.unwrap().path());
        files
            .map(|f| {
                (
                    f.file_name().unwrap().to_string_lossy().into_owned(),
                    std::fs::read(f).unwrap(),
                )
            })
            .collect()
    };
    let mut missed = Vec::new();
    let valid = read("valid");
    for (name, bytes) in &valid {
        let message = assay::sip::Message::parse(bytes);
        let whole = message.as_ref().is_some_and(|m| {
            m.call_id().is_some() && m.cseq().is_some() && m.from().is_some() && m.to().is_some()
        });
        if !whole || assay::wire::kind::kind(bytes) != assay::wire::Kind::Sip {
            missed.push(name.clone());
        }
    }
    let invalid = read("invalid");
    let readable = invalid
        .iter()
        .filter(|(_, bytes)| assay::sip::Message::parse(bytes).is_some())
        .count();
    println!(
        "torture: {} of {} readable ones are read, and {readable} of {} invalid ones; missed \
         {missed:?}",
        valid.len() - missed.len(),
        valid.len(),
        invalid.len()
    );
    assert!(missed.is_empty(), "{missed:?}");
}

/// One song in every codec, from a public collection: each is heard, at about the same level,
/// without bursts or noise.
#[test]
fn every_codec_of_a_public_collection_is_heard() {
    let Some(captures) = captures() else { return };
    let mut heard = 0;
    for name in ["g726", "g729a", "gsm", "ilbc", "l16", "speex"] {
        let data = tempfile::tempdir().unwrap();
        let file = captures.join(format!(
            "public/rickwporter_rtp-pcap__examples_sip-rtp-{name}.pcap"
        ));
        for call in replay(&[&file], data.path(), "wav") {
            let (rate, lanes) = samples(data.path(), &call);
            let song = &lanes[1];
            let power = |of: &mut dyn Iterator<Item = f64>| of.map(|v| v * v).sum::<f64>();
            let size = power(&mut song.iter().map(|s| f64::from(*s)));
            let rough =
                power(&mut song.windows(2).map(|w| f64::from(w[1]) - f64::from(w[0]))) / size;
            let (rms, peak) = (
                (size / song.len() as f64).sqrt(),
                song.iter().map(|s| s.unsigned_abs()).max().unwrap(),
            );
            println!(
                "{} at {rate} Hz: RMS {rms:.0}, peak {peak}, roughness {rough:.2}, MOS {}",
                call["lanes"][1]["codecs"][0], call["lanes"][1]["mos"]
            );
            assert!(
                (700.0..1100.0).contains(&rms) && peak < 8000 && rough < 0.4,
                "{name}: {rms} {peak} {rough}"
            );
            assert!(
                call["gaps"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|g| g["lane"] == 0),
                "{name}: {}",
                call["gaps"]
            );
            heard += 1;
        }
    }
    assert_eq!(heard, 18);
    // Encrypted, and no signalling that says so: silence with its reason, not noise.
    let data = tempfile::tempdir().unwrap();
    let calls = replay(
        &[&captures.join("public/rickwporter_rtp-pcap__examples_marseillaise-srtp.pcap")],
        data.path(),
        "wav",
    );
    let (_, lanes) = samples(data.path(), &calls[0]);
    assert!(
        calls[0]["lanes"][0]["encryption"] == "unknown" && lanes.iter().flatten().all(|s| *s == 0)
    );
}
