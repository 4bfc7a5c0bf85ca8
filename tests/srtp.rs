//! SRTP undone, against packets that libsrtp protected (`tests/fixtures/make_srtp.py`) and the
//! RFCs' own vectors.

mod common;

use assay::call::{CallFacts, Side, SideFormats, StreamFacts, StreamNo};

use assay::media::codec::g711;
use assay::media::srtp::{Context, Unlocker, rtcp};
use assay::recorder::heard::Heard;
use assay::recorder::mixer::Mixer;
use assay::sip::crypto::{Crypto, Secret, Suite};
use assay::sip::sdp::Keying;
use assay::units::WallTime;
use common::*;
use serde_json::Value;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

fn suite(name: &str) -> Suite {
    match name {
        "AES_CM_128_HMAC_SHA1_80" => Suite::AesCm128Sha1_80,
        "AES_CM_128_HMAC_SHA1_32" => Suite::AesCm128Sha1_32,
        "AES_192_CM_HMAC_SHA1_80" => Suite::AesCm192Sha1_80,
        "AES_192_CM_HMAC_SHA1_32" => Suite::AesCm192Sha1_32,
        "AES_256_CM_HMAC_SHA1_80" => Suite::AesCm256Sha1_80,
        "AES_256_CM_HMAC_SHA1_32" => Suite::AesCm256Sha1_32,
        "AEAD_AES_128_GCM" => Suite::AeadAes128Gcm,
        "AEAD_AES_256_GCM" => Suite::AeadAes256Gcm,
        "AEAD_AES_128_GCM_8" => Suite::AeadAes128Gcm8,
        "AEAD_AES_256_GCM_8" => Suite::AeadAes256Gcm8,
        other => panic!("{other}"),
    }
}

/// A packet as it was and as it was protected.
type Pair = (Vec<u8>, Vec<u8>);

/// A suite's key, its packets and its RTCP packet, without and with a master key identifier.
struct Vectors {
    key: Crypto,
    rtp: Vec<Pair>,
    rtcp: Pair,
    mki: Vec<u8>,
    rtp_mki: Vec<Pair>,
    rtcp_mki: Pair,
}

fn vectors() -> Vec<Vectors> {
    let text = std::fs::read_to_string(root().join("tests/fixtures/srtp/vectors.json")).unwrap();
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    let pair = |p: &Value| (bytes(p[0].as_str().unwrap()), bytes(p[1].as_str().unwrap()));
    let one = |v: &Value| Vectors {
        key: Crypto {
            tag: 1,
            suite: suite(v["suite"].as_str().unwrap()),
            key: Secret::new(bytes(v["key"].as_str().unwrap())),
            mki: Vec::new(),
            open: false,
        },
        rtp: v["rtp"].as_array().unwrap().iter().map(pair).collect(),
        rtcp: pair(&v["rtcp"]),
        mki: bytes(v["mki"].as_str().unwrap()),
        rtp_mki: v["rtp_mki"].as_array().unwrap().iter().map(pair).collect(),
        rtcp_mki: pair(&v["rtcp_mki"]),
    };
    all.iter().map(one).collect()
}

/// The key as libsrtp uses it: with AES-192 that is not as RFC 6188 does.
fn as_libsrtp(key: &Crypto) -> Context {
    Context::all(key).pop().unwrap()
}

fn sequence(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[2], packet[3]])
}

#[test]
fn what_libsrtp_protects_is_read_across_a_roll_over() {
    for v in vectors() {
        let context = as_libsrtp(&v.key);
        for (plain, protected) in &v.rtp {
            let roll_over = u32::from(sequence(plain) < 100);
            assert_eq!(
                context.rtp(protected, roll_over).as_ref(),
                Some(plain),
                "{:?} {}",
                v.key.suite,
                sequence(plain)
            );
            assert_eq!(context.rtp(protected, 1 - roll_over), None, "another count");
            let mut altered = protected.clone();
            *altered.last_mut().unwrap() ^= 1;
            assert_eq!(context.rtp(&altered, roll_over), None, "an altered tag");
            altered = protected.clone();
            altered[20] ^= 1;
            assert_eq!(context.rtp(&altered, roll_over), None, "an altered payload");
            (0..protected.len()).for_each(|n| {
                assert!(
                    context.rtp(&protected[..n], roll_over).is_none(),
                    "cut to {n}"
                )
            });
        }
        assert_eq!(
            rtcp(&[&v.key], &v.rtcp.1).as_ref(),
            Some(&v.rtcp.0),
            "{:?} RTCP",
            v.key.suite
        );
        (0..v.rtcp.1.len()).for_each(|n| assert!(rtcp(&[&v.key], &v.rtcp.1[..n]).is_none()));
    }
}

#[test]
fn a_master_key_identifier_is_taken_off_and_must_be_ours() {
    for v in vectors() {
        let ours = as_libsrtp(&Crypto {
            mki: v.mki.clone(),
            ..v.key.clone()
        });
        let another = as_libsrtp(&Crypto {
            mki: vec![0, 6],
            ..v.key.clone()
        });
        for (plain, protected) in &v.rtp_mki {
            let roll_over = u32::from(sequence(plain) < 100);
            assert_eq!(
                ours.rtp(protected, roll_over).as_ref(),
                Some(plain),
                "{:?}",
                v.key.suite
            );
            assert_eq!(another.rtp(protected, roll_over), None);
            assert_eq!(
                as_libsrtp(&v.key).rtp(protected, roll_over),
                None,
                "none was agreed on"
            );
        }
        assert_eq!(
            ours.rtcp(&v.rtcp_mki.1).as_ref(),
            Some(&v.rtcp_mki.0),
            "{:?} RTCP",
            v.key.suite
        );
        assert_eq!(another.rtcp(&v.rtcp_mki.1), None);
    }
}

#[test]
fn a_tap_that_comes_late_finds_the_count_and_a_new_key_is_taken_up() {
    let all = vectors();
    // The first key's packets after its roll-over, with nothing known of what was before; then the
    // second suite's.
    let keys: Vec<&Crypto> = all.iter().map(|v| &v.key).collect();
    let mut unlocker = Unlocker::new(&keys);
    for (plain, protected) in &all[0].rtp[6..] {
        assert_eq!(
            unlocker.packet(protected, 0).as_ref(),
            Some(plain),
            "joined after the roll-over"
        );
    }
    for (plain, protected) in &all[3].rtp[6..] {
        assert_eq!(
            unlocker.packet(protected, 0).as_ref(),
            Some(plain),
            "re-keyed"
        );
    }
    // AES-192 as libsrtp has it, among all keys of the call.
    for (plain, protected) in &all[4].rtp[6..] {
        assert_eq!(
            unlocker.packet(protected, 0).as_ref(),
            Some(plain),
            "re-keyed again"
        );
    }
    // Strangers cost a bounded search and change nothing for what follows.
    for n in 0..100_u8 {
        let mut stranger = all[0].rtp[7].1.clone();
        stranger[15] ^= n | 1;
        assert_eq!(unlocker.packet(&stranger, 0), None);
    }
    assert_eq!(
        unlocker.packet(&all[4].rtp[11].1, 0).as_ref(),
        Some(&all[4].rtp[11].0)
    );
}

#[test]
fn keys_are_derived_as_in_the_rfcs() {
    // RFC 3711 §B.3: AES-128.
    let master = bytes("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6");
    let derived = assay::media::srtp::session_keys(&Crypto {
        tag: 1,
        suite: Suite::AesCm128Sha1_80,
        key: Secret::new(master),
        mki: Vec::new(),
        open: false,
    });
    assert_eq!(derived[0], bytes("c61e7a93744f39ee10734afe3ff7a087"));
    assert_eq!(derived[2], bytes("30cbbc08863d8c85d49db34a9ae1"));
    assert_eq!(
        derived[1],
        bytes("cebe321f6ff7716b6fd4ab49af256a156d38baa4")
    );
    // RFC 6188 §7.4: AES-192.
    let master =
        bytes("73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1c8522f3acd4ce86d5add78edbb11");
    let derived = assay::media::srtp::session_keys(&Crypto {
        tag: 1,
        suite: Suite::AesCm192Sha1_80,
        key: Secret::new(master),
        mki: Vec::new(),
        open: false,
    });
    assert_eq!(
        derived[0],
        bytes("31874736a8f1143870c26e4857d8a5b2c4a354407faadabb")
    );
    assert_eq!(derived[2], bytes("2372b82d639b6d8503a47adc0a6c"));
    assert_eq!(
        derived[1],
        bytes("355b10973cd95b9eacf4061c7e1a7151e7cfbfcb")
    );
    // RFC 6188 §7.2: AES-256.
    let master = bytes(
        "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b63b04803de51ee7c96423ab5b78d2",
    );
    let derived = assay::media::srtp::session_keys(&Crypto {
        tag: 1,
        suite: Suite::AesCm256Sha1_80,
        key: Secret::new(master),
        mki: Vec::new(),
        open: false,
    });
    assert_eq!(
        derived[0],
        bytes("5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4")
    );
    assert_eq!(derived[2], bytes("fa31791685ca444a9e07c6c64e93"));
    assert_eq!(
        derived[1],
        bytes("fd9c32d39ed5fbb5a9dc96b30818454d1313dc05")
    );
}

/// Whoever listens in hears it too, also from after a roll-over on, and across the next.
#[test]
fn an_encrypted_call_is_heard_while_it_lasts() {
    let v = &vectors()[0];
    let mut facts = CallFacts::new(uuid::Uuid::from_u128(1), WallTime(0));
    let address = |port: u16| std::net::SocketAddr::from(([10, 0, 0, 1], port));
    facts.streams = vec![StreamFacts {
        speaker: Side::Caller,
        leg: 0,
        src: address(1),
        dst: address(2),
        ssrc: 1,
        rtcp: false,
        cut_packets: 0,
        is_second: false,
    }];
    let described = |side, key: &Crypto| SideFormats {
        side,
        leg: 0,
        at: WallTime(0),
        formats: Vec::new(),
        keying: Keying::Sdes,
        crypto: vec![key.clone()],
    };
    facts.formats = vec![
        described(Side::Caller, &v.key),
        described(Side::Callee, &vectors()[1].key),
    ];
    // 40 bytes of A-law a packet, and the packet with an extension has as many; at 16 kHz each
    // sample is there twice.
    let wanted = |plain: &[u8]| {
        plain[plain.len() - 40..]
            .iter()
            .flat_map(|b| [g711::ALAW[usize::from(*b)]; 2])
            .collect::<Vec<_>>()
    };
    for from in [0, 7] {
        let mut mixer = Mixer::default();
        mixer.take(Heard::Facts(Box::new(facts.clone())));
        for (plain, protected) in &v.rtp[from..] {
            mixer.take(Heard::Packet(StreamNo(0), protected.clone()));
            let left: Vec<i16> = mixer
                .mix(80)
                .chunks_exact(4)
                .map(|frame| i16::from_le_bytes([frame[0], frame[1]]))
                .collect();
            assert_eq!(
                (left, mixer.silent),
                (wanted(plain), None),
                "{}",
                sequence(plain)
            );
        }
    }
    // Keys that were not seen.
    facts.formats.iter_mut().for_each(|f| f.crypto.clear());
    let mut mixer = Mixer::default();
    mixer.take(Heard::Facts(Box::new(facts)));
    mixer.take(Heard::Packet(StreamNo(0), v.rtp[0].1.clone()));
    assert_eq!(mixer.silent, Some("encrypted"));
}

/// A-law bytes of packet `n` from one side, as `make_srtp.py` has them.
fn spoken(side: usize, n: usize) -> impl Iterator<Item = i16> {
    (0..160).map(move |i| assay::media::codec::g711::ALAW[(i * (side + 2) + n * 7) & 0xff])
}

/// A call whose tap came late (the counts had rolled over), re-keyed in the middle, with packets
/// missing around both.
#[test]
fn an_encrypted_call_is_heard_to_the_sample_and_its_keys_are_on_no_open_disk_and_in_no_log() {
    let data = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(ASSAY)
        .args(["replay", "--json", "--format", "wav", "--data"])
        .arg(data.path())
        .arg(root().join("tests/fixtures/srtp/call.pcap.gz"))
        .env("ASSAY_LOG", "trace")
        .output()
        .unwrap();
    let call: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (
            &call["lanes"][0]["encryption"],
            &call["gaps"].as_array().unwrap().len()
        ),
        (&Value::from("sdes"), &2)
    );
    let (_, lanes) = samples(data.path(), &call);
    for (side, lane) in lanes.iter().enumerate() {
        let heard = |n: usize| lane[n * 160..(n + 1) * 160].to_vec();
        for n in (0..300).filter(|n| !(140..150).contains(n)) {
            assert_eq!(
                heard(n),
                spoken(side, n).collect::<Vec<_>>(),
                "lane {side}, packet {n}"
            );
        }
    }
    // The keys: as the signalling spelled them, and as bytes. Once with a plain disk, and killed
    // before anything is sealed.
    let secrets: Vec<Vec<u8>> = std::fs::read_to_string(root().join("tests/fixtures/srtp/keys"))
        .unwrap()
        .lines()
        .flat_map(spellings)
        .collect();
    let tapped = tempfile::tempdir().unwrap();
    let tap = std::process::Command::new(ASSAY)
        .args(["replay", "--tap-only", "--data"])
        .arg(tapped.path())
        .arg(root().join("tests/fixtures/srtp/call.pcap.gz"))
        .env("ASSAY_LOG", "trace")
        .output()
        .unwrap();
    assert!(tap.status.success());
    let mut places = vec![output.stderr, output.stdout, tap.stderr];
    places.extend(files(data.path()).into_iter().chain(files(tapped.path())));
    for (place, secret) in places
        .iter()
        .flat_map(|p| secrets.iter().map(move |s| (p, s)))
    {
        assert!(
            !place.windows(secret.len()).any(|w| w == secret.as_slice()),
            "a key lies open"
        );
    }
}

/// A key as the signalling writes it, as bytes, and as the facts' JSON would have it.
fn spellings(key: &str) -> [Vec<u8>; 3] {
    let bytes = base64(key);
    let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
    [
        key.as_bytes().to_vec(),
        bytes,
        numbers.join(",").into_bytes(),
    ]
}

/// Nothing but the standard alphabet without line breaks.
fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
            .iter()
            .position(|a| *a == c)
            .unwrap() as u32
    };
    let text = text.trim_end_matches('=').as_bytes();
    let bits: Vec<u8> = text
        .iter()
        .flat_map(|c| (0..6).rev().map(move |b| (value(*c) >> b & 1) as u8))
        .collect();
    bits.chunks_exact(8)
        .map(|c| c.iter().fold(0, |v, b| v << 1 | b))
        .collect()
}

fn files(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(std::fs::read(path).unwrap())
        }
    }
    found
}
