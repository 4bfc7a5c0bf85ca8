//! Whole calls through a seeded bad network: where each word ends up on the tap's clock (PRODUCT
//! C14).

use assay::call::{CallFacts, Side, StreamFacts, StreamNo};
use assay::media::codec::foreign::InPlace;
use assay::media::codec::g711::ALAW;
use assay::media::{Assembled, GapReason, assemble};
use assay::units::WallTime;
use uuid::Uuid;

/// A small generator of our own, so that a seed means the same everywhere (Steele and Vigna's
/// SplitMix64).
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

#[derive(Clone, Copy, Default)]
struct Network {
    loss_percent: u64,
    /// Every so many packets, this many in a row are lost.
    burst: Option<(u64, u64)>,
    /// Delay above the smallest, evenly spread, in milliseconds.
    jitter_ms: u64,
    drift_ppm: i64,
    reorder_percent: u64,
    duplicate_percent: u64,
}

const START: i64 = 1_790_000_000_000_000;
const FRAME: usize = 160;
/// A word is spoken every two seconds: four packets of loud noise, silence between.
const WORD_EVERY: usize = 100;
const WORD: usize = 4;

/// What is spoken in packet `n`: A-law bytes.
fn spoken(n: usize) -> [u8; FRAME] {
    let mut noise = Seeded(n as u64);
    let mut bytes = [0xd5; FRAME];
    if n % WORD_EVERY < WORD {
        bytes.fill_with(|| if noise.below(2) == 0 { 0x90 } else { 0x10 });
    }
    bytes
}

/// When packet `n` was spoken, on the tap's clock, in microseconds.
fn spoken_at(n: usize, network: Network) -> i64 {
    let nominal = n as i64 * 20_000;
    START + nominal + nominal * network.drift_ppm / 1_000_000
}

fn rtp(sequence: usize, ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend((sequence as u16).to_be_bytes());
    packet.extend((sequence as u32 * FRAME as u32).to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(spoken(sequence));
    packet
}

fn call(packets: usize, network: Network, seed: u64) -> Assembled {
    let mut facts = CallFacts::new(Uuid::nil(), WallTime(START));
    facts.answered_at = Some(WallTime(START));
    for (speaker, port) in [(Side::Caller, 4000_u16), (Side::Callee, 5000)] {
        let (src, dst) = (([10, 0, 0, 1], port).into(), ([10, 0, 0, 2], port).into());
        facts.streams.push(StreamFacts {
            speaker,
            leg: 0,
            src,
            dst,
            ssrc: u32::from(port),
            rtcp: false,
            cut_packets: 0,
            is_second: false,
        });
    }
    let mut random = Seeded(seed);
    let mut arrived: Vec<(WallTime, StreamNo, Vec<u8>)> = Vec::new();
    for n in 0..packets {
        for stream in 0..2_u16 {
            let in_burst = network
                .burst
                .is_some_and(|(every, length)| n as u64 % every >= every - length);
            if random.below(100) < network.loss_percent || in_burst {
                continue;
            }
            let late = if random.below(100) < network.reorder_percent {
                45_000
            } else {
                0
            };
            let at = WallTime(
                spoken_at(n, network) + random.below(network.jitter_ms * 1000 + 1) as i64 + late,
            );
            let packet = rtp(n, 4000 + 1000 * u32::from(stream));
            if random.below(100) < network.duplicate_percent {
                arrived.push((at, StreamNo(stream), packet.clone()));
            }
            arrived.push((at, StreamNo(stream), packet));
        }
    }
    arrived.sort_by_key(|(at, ..)| *at);
    assemble(
        &facts,
        arrived
            .iter()
            .map(|(at, stream, bytes)| (*at, *stream, bytes.as_slice())),
        &mut InPlace,
    )
    .unwrap()
}

/// How far the words lie from where they were spoken, at most, in milliseconds, and how many were
/// found.
fn worst_misplacement(
    call: &Assembled,
    lane: usize,
    packets: usize,
    network: Network,
) -> (f64, usize) {
    let samples = &call.lanes[lane].samples;
    let (mut worst, mut found) = (0.0_f64, 0);
    for word in (0..packets).step_by(WORD_EVERY) {
        let wanted: Vec<i16> = spoken(word).iter().map(|b| ALAW[usize::from(*b)]).collect();
        let expected = (spoken_at(word, network) - call.starts_at.micros()) * 8 / 1000;
        let near = (expected - 400).max(0) as usize
            ..((expected + 400).max(0) as usize).min(samples.len().saturating_sub(FRAME));
        // Its first packet, to the sample; lost ones are not there to be found.
        if let Some(at) = near
            .into_iter()
            .find(|at| samples[*at..*at + FRAME] == wanted[..])
        {
            worst = worst.max((at as i64 - expected).abs() as f64 / 8.0);
            found += 1;
        }
    }
    (worst, found)
}

/// Whose loss it was is told by the far end's receiver report (RFC 3550 §6.4.2), where there is
/// one.
#[test]
fn what_the_far_end_had_was_lost_by_the_mirror() {
    use assay::media::lane::LossWas;
    let mut facts = CallFacts::new(Uuid::nil(), WallTime(START));
    let (src, dst) = (([10, 0, 0, 1], 4000).into(), ([10, 0, 0, 2], 4000).into());
    facts.streams.push(StreamFacts {
        speaker: Side::Caller,
        leg: 0,
        src,
        dst,
        ssrc: 7,
        rtcp: false,
        cut_packets: 0,
        is_second: false,
    });
    facts.streams.push(StreamFacts {
        speaker: Side::Callee,
        leg: 0,
        src: dst,
        dst: src,
        ssrc: 8,
        rtcp: true,
        cut_packets: 0,
        is_second: false,
    });
    let report = |lost: u8| {
        [
            vec![0x81, 201, 0, 7, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, lost],
            vec![0; 16],
        ]
        .concat()
    };
    for (theirs, blame) in [
        (Some(0), LossWas::Mirror),
        (Some(9), LossWas::Network),
        (None, LossWas::Unknown),
    ] {
        let mut packets: Vec<(WallTime, StreamNo, Vec<u8>)> = (0..200)
            .filter(|n| n % 20 != 7)
            .map(|n| (WallTime(START + n as i64 * 20_000), StreamNo(0), rtp(n, 7)))
            .collect();
        packets.extend(theirs.map(|lost| (WallTime(START + 4_000_000), StreamNo(1), report(lost))));
        let call = assemble(
            &facts,
            packets
                .iter()
                .map(|(at, stream, bytes)| (*at, *stream, bytes.as_slice())),
            &mut InPlace,
        )
        .unwrap();
        assert_eq!(
            (call.lanes[0].stats.lost, call.lanes[0].stats.loss_was),
            (10, blame)
        );
    }
}

#[test]
fn an_unimpaired_call_is_bit_exact_and_within_a_millisecond() {
    let packets = 3000;
    let call = call(packets, Network::default(), 1);
    let sent: Vec<i16> = (0..packets)
        .flat_map(spoken)
        .map(|b| ALAW[usize::from(b)])
        .collect();
    for lane in 0..2 {
        assert_eq!(call.lanes[lane].samples, sent);
        assert!(worst_misplacement(&call, lane, packets, Network::default()).0 <= 1.0);
        assert_eq!(
            (
                call.lanes[lane].stats.lost,
                call.lanes[lane].stats.concealed_ms
            ),
            (0, 0)
        );
    }
    assert_eq!(call.gaps, []);
}

#[test]
fn both_lanes_stay_within_twenty_milliseconds_from_the_first_second_to_the_last() {
    let networks = [
        (
            "jitter 40 ms",
            Network {
                jitter_ms: 40,
                ..Network::default()
            },
        ),
        (
            "loss 1 %",
            Network {
                loss_percent: 1,
                jitter_ms: 10,
                ..Network::default()
            },
        ),
        (
            "loss 5 %",
            Network {
                loss_percent: 5,
                jitter_ms: 20,
                ..Network::default()
            },
        ),
        (
            "bursts of 1 s",
            Network {
                burst: Some((530, 50)),
                jitter_ms: 20,
                ..Network::default()
            },
        ),
        (
            "reordering and copies",
            Network {
                reorder_percent: 5,
                duplicate_percent: 5,
                jitter_ms: 10,
                ..Network::default()
            },
        ),
        (
            "+100 ppm",
            Network {
                drift_ppm: 100,
                jitter_ms: 20,
                ..Network::default()
            },
        ),
        (
            "-100 ppm",
            Network {
                drift_ppm: -100,
                jitter_ms: 20,
                ..Network::default()
            },
        ),
        (
            "all of it",
            Network {
                loss_percent: 5,
                burst: Some((1730, 50)),
                jitter_ms: 30,
                drift_ppm: 100,
                reorder_percent: 3,
                duplicate_percent: 3,
            },
        ),
    ];
    // Twenty minutes: 100 ppm are 120 ms by the end.
    let packets = 60_000;
    for (name, network) in networks {
        let call = call(packets, network, 4475);
        for lane in 0..2 {
            let (worst, found) = worst_misplacement(&call, lane, packets, network);
            let stats = &call.lanes[lane].stats;
            println!(
                "{name}, lane {lane}: {worst:.1} ms at most over {found} words; lost {}, late {}, \
                 copies {}, concealed {} ms, shifts {}",
                stats.lost, stats.late, stats.duplicate, stats.concealed_ms, stats.drift_shifts
            );
            assert!(worst <= 20.0, "{name}, lane {lane}: {worst} ms");
            assert!(
                found * 10 >= packets / WORD_EVERY * 8,
                "{name}: {found} words found"
            );
            // Every lost packet lies in a gap that says so.
            let lost_ms: u64 = call
                .gaps
                .iter()
                .filter(|g| usize::from(g.lane) == lane && g.reason == GapReason::Lost)
                .map(|g| g.to_ms - g.from_ms)
                .sum();
            assert!(
                lost_ms.abs_diff(stats.lost * 20) <= stats.lost * 2 + 200,
                "{name}: {lost_ms} ms for {} packets",
                stats.lost
            );
        }
    }
}

/// A sender that goes quiet says so once (RFC 3389): what follows is its noise, not a hole, and
/// what comes after it lies where it was spoken.
#[test]
fn a_pause_has_the_noise_that_its_sender_asked_for() {
    let mut facts = CallFacts::new(Uuid::nil(), WallTime(START));
    let (src, dst) = (([10, 0, 0, 1], 4000).into(), ([10, 0, 0, 2], 4000).into());
    facts.streams.push(StreamFacts {
        speaker: Side::Caller,
        leg: 0,
        src,
        dst,
        ssrc: 7,
        rtcp: false,
        cut_packets: 0,
        is_second: false,
    });
    // A second of speech, two of silence, a second of speech; sequence numbers go on, timestamps
    // leap.
    let mut packets: Vec<(WallTime, StreamNo, Vec<u8>)> = Vec::new();
    for (sequence, n) in (0..50).chain(150..200).enumerate() {
        let mut packet = rtp(n, 7);
        packet[2..4].copy_from_slice(&((sequence + usize::from(n >= 150)) as u16).to_be_bytes());
        packets.push((WallTime(START + n as i64 * 20_000), StreamNo(0), packet));
    }
    let noise = [
        &[0x80, 13][..],
        &50_u16.to_be_bytes(),
        &(50 * FRAME as u32).to_be_bytes(),
        &[0, 0, 0, 7, 60],
    ]
    .concat();
    packets.insert(50, (WallTime(START + 1_000_000), StreamNo(0), noise));
    let call = assemble(
        &facts,
        packets
            .iter()
            .map(|(at, stream, bytes)| (*at, *stream, bytes.as_slice())),
        &mut InPlace,
    )
    .unwrap();
    let lane = &call.lanes[0];
    assert_eq!(
        (call.gaps.len(), lane.stats.lost, lane.samples.len()),
        (0, 0, 200 * FRAME)
    );
    let level = |from: usize, to: usize| {
        (lane.samples[from * FRAME..to * FRAME]
            .iter()
            .map(|s| f64::from(*s).powi(2))
            .sum::<f64>()
            / ((to - from) * FRAME) as f64)
            .sqrt()
    };
    // 60 dB below overload is an RMS of 33.
    assert!((25.0..40.0).contains(&level(51, 149)), "{}", level(51, 149));
    assert_eq!(
        lane.samples[150 * FRAME..151 * FRAME],
        spoken(150).map(|b| ALAW[usize::from(b)])[..]
    );
}

/// Who speaks first is not moved to the other's beginning, nor the other to theirs.
#[test]
fn a_side_that_begins_later_is_silent_until_then() {
    for late in [0, 1, 163, 40_000] {
        let mut facts = CallFacts::new(Uuid::nil(), WallTime(START));
        let (a, b) = (([10, 0, 0, 1], 4000).into(), ([10, 0, 0, 2], 4000).into());
        for (speaker, src, dst, ssrc) in [(Side::Caller, a, b, 7), (Side::Callee, b, a, 8)] {
            facts.streams.push(StreamFacts {
                speaker,
                leg: 0,
                src,
                dst,
                ssrc,
                rtcp: false,
                cut_packets: 0,
                is_second: false,
            });
        }
        let at = |n: usize, samples: i64| WallTime(START + n as i64 * 20_000 + samples * 125);
        let packets: Vec<_> = (0..50)
            .flat_map(|n| {
                [
                    (at(n, 0), StreamNo(0), rtp(n, 7)),
                    (at(n, late), StreamNo(1), rtp(n, 8)),
                ]
            })
            .collect();
        let call = assemble(
            &facts,
            packets
                .iter()
                .map(|(at, stream, bytes)| (*at, *stream, bytes.as_slice())),
            &mut InPlace,
        )
        .unwrap();
        let sound: Vec<i16> = (0..50)
            .flat_map(|n| spoken(n).map(|b| ALAW[usize::from(b)]))
            .collect();
        let silence = vec![0; late as usize];
        assert!(
            call.lanes[0].samples == [sound.clone(), silence.clone()].concat()
                && call.lanes[1].samples == [silence, sound].concat(),
            "{late}"
        );
    }
}

/// Payloads that are all longer than their ticks by a tag: encrypted media whose signalling nobody
/// saw is not played as noise.
#[test]
fn encrypted_media_without_signalling_is_not_taken_for_speech() {
    let mut facts = CallFacts::new(Uuid::nil(), WallTime(START));
    let (src, dst) = (([10, 0, 0, 1], 4000).into(), ([10, 0, 0, 2], 4000).into());
    facts.streams.push(StreamFacts {
        speaker: Side::Caller,
        leg: 0,
        src,
        dst,
        ssrc: 7,
        rtcp: false,
        cut_packets: 0,
        is_second: false,
    });
    let packets: Vec<(WallTime, StreamNo, Vec<u8>)> = (0..100)
        .map(|n| {
            (
                WallTime(START + n as i64 * 20_000),
                StreamNo(0),
                [rtp(n, 7), vec![0x5a; 10]].concat(),
            )
        })
        .collect();
    let call = assemble(
        &facts,
        packets
            .iter()
            .map(|(at, stream, bytes)| (*at, *stream, bytes.as_slice())),
        &mut InPlace,
    )
    .unwrap();
    assert!(call.lanes[0].samples.iter().all(|s| *s == 0));
    assert!(
        call.gaps.iter().all(|g| g.reason == GapReason::Encrypted)
            && call.gaps.iter().any(|g| g.to_ms - g.from_ms > 1900),
        "{:?}",
        call.gaps
    );
    assert!(
        call.lanes[0]
            .stats
            .unheard
            .as_ref()
            .is_some_and(|u| u.contains("encrypted"))
    );
}
