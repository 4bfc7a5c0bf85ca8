//! One stream, from packets to sound in its place: put in order, decrypted, decoded, timed.

use super::codec::foreign::{Coded, Foreign, NoSound, Part, Sound, one_by_one};
use super::codec::{Codec, frames, g726, noise};
use super::dtmf::Digits;
use super::lane::{Encryption, GapReason, LaneStats};
use super::quality::{self, Arrival};
use super::srtp::Unlocker;
use super::stream::{self, Ordered, Placed};
use super::timeline::{self, Timeline};
use crate::call::{CallFacts, Side, StreamFacts};
use crate::sip::crypto::Crypto;
use crate::sip::sdp::Keying;
use crate::units::{Hertz, Micros, WallTime};
use crate::wire::rtp::{self, Rtp};

/// A stream's packets as they came, from the RTP header on.
pub(super) type Packets<'a> = Vec<(WallTime, Rtp, &'a [u8])>;

/// A stream, decoded and timed.
pub(super) struct Voice {
    pub(super) pieces: Vec<Piece>,
    pub(super) pcm: Vec<i16>,
    pub(super) losses: Vec<(WallTime, WallTime, GapReason)>,
    pub(super) stats: LaneStats,
}

/// A run of samples and where it belongs.
pub(super) struct Piece {
    pub(super) start: WallTime,
    pub(super) rate: Hertz,
    pub(super) from: usize,
    pub(super) len: usize,
    /// Packets are missing before it, so that the hole before it is to be concealed.
    pub(super) after_loss: bool,
    /// Made up by the codec's own concealment.
    pub(super) concealed: bool,
}

/// How a stream is encrypted: both sides must have offered keys for it to be.
pub fn keying(facts: &CallFacts, stream: &StreamFacts) -> Keying {
    let of = |side: Side| {
        facts
            .formats
            .iter()
            .rfind(|f| f.side == side && f.leg == stream.leg)
            .map_or(Keying::None, |f| f.keying)
    };
    match (of(Side::Caller), of(Side::Callee)) {
        (Keying::None, _) | (_, Keying::None) => Keying::None,
        (keying, _) => keying,
    }
}

/// The keys under which a stream may have been sent: its speaker's on that leg, then those of other
/// legs, then the listener's, for a proxy that passes keys on. Newest first.
pub fn keys<'a>(facts: &'a CallFacts, stream: &StreamFacts) -> Vec<&'a Crypto> {
    let of = |own_side: bool, own_leg: bool| {
        let described = facts.formats.iter().rev().filter(move |f| {
            (f.side == stream.speaker) == own_side && (f.leg == stream.leg) == own_leg
        });
        described.flat_map(|f| &f.crypto)
    };
    let all = [(true, true), (true, false), (false, true), (false, false)]
        .into_iter()
        .flat_map(|(side, leg)| of(side, leg));
    let mut keys: Vec<&Crypto> = Vec::new();
    for key in all {
        if keys.len() < MOST_KEYS
            && !keys
                .iter()
                .any(|k| (k.suite, &k.key, &k.mki) == (key.suite, &key.key, &key.mki))
        {
            keys.push(key);
        }
    }
    keys
}

/// Keys that are tried.
const MOST_KEYS: usize = 64;

/// Whether its sound can be had at all.
pub(super) fn is_readable(facts: &CallFacts, stream: &StreamFacts) -> bool {
    match keying(facts, stream) {
        Keying::None => true,
        Keying::Sdes => !keys(facts, stream).is_empty(),
        _ => false,
    }
}

/// Codecs by payload type, looked up once for each as long as no new description comes.
struct Formats<'a> {
    facts: &'a CallFacts,
    stream: &'a StreamFacts,
    known: Vec<Known>,
    /// Which of them the last packet was.
    last: usize,
}

/// A payload type between two descriptions.
struct Known {
    payload_type: u8,
    from: WallTime,
    until: WallTime,
    codec: Codec,
    /// As the descriptions have it.
    name: String,
}

impl Known {
    fn is(&self, p: &Placed) -> bool {
        self.payload_type == p.payload_type && self.from <= p.at && p.at < self.until
    }
}

impl Formats<'_> {
    /// What a packet is, and whether the one before was something else.
    fn of(&mut self, p: &Placed) -> (&Known, bool) {
        if self.known.get(self.last).is_some_and(|k| k.is(p)) {
            return (&self.known[self.last], false);
        }
        self.last = self.known.iter().position(|k| k.is(p)).unwrap_or_else(|| {
            let described = || self.facts.formats.iter().map(|f| f.at);
            let from = described()
                .filter(|at| *at <= p.at)
                .max()
                .unwrap_or(WallTime(i64::MIN));
            let until = described()
                .filter(|at| *at > p.at)
                .min()
                .unwrap_or(WallTime(i64::MAX));
            let format = self.facts.format(self.stream, p.payload_type, p.at);
            let codec = format.as_ref().map_or(Codec::Unsupported, Codec::of);
            let name = format.map_or_else(
                || format!("payload type {}", p.payload_type),
                |f| f.encoding,
            );
            self.known.push(Known {
                payload_type: p.payload_type,
                from,
                until,
                codec,
                name,
            });
            self.known.len() - 1
        });
        (&self.known[self.last], true)
    }
}

/// What is known of a packet before and after decoding.
struct Taken {
    codec: Codec,
    /// Packets that are missing before it, and the samples of those.
    lost: u64,
    missing: u32,
    /// Where its samples begin: those made up for lost ones, then its own.
    from: usize,
    part: Part,
    /// Why it has no sound.
    silent: Option<GapReason>,
}

impl Taken {
    fn level(&self, pcm: &[i16]) -> Option<u32> {
        if self.codec == Codec::TelephoneEvent {
            return None;
        }
        let start = self.from + self.part.made_up as usize;
        let own = &pcm[start..start + self.part.len as usize];
        // Comfort noise is as good a place as any.
        Some(own.iter().map(|s| u32::from(s.unsigned_abs())).sum::<u32>() / own.len().max(1) as u32)
    }
}

/// Decodes a stream.
pub(super) fn decode(
    facts: &CallFacts,
    stream: &StreamFacts,
    packets: &Packets<'_>,
    foreign: &mut dyn Foreign,
) -> Voice {
    let clock = packets
        .iter()
        .find_map(|(at, rtp, _)| {
            facts
                .format(stream, rtp.payload_type, *at)
                .filter(|f| Codec::of(f).is_audio())
        })
        .map_or(8000, |f| f.clock);
    let ordered = stream::order(
        packets
            .iter()
            .enumerate()
            .map(|(i, (at, rtp, _))| (i, *at, *rtp)),
        clock,
    );
    let mut voice = Voice {
        pieces: Vec::with_capacity(packets.len()),
        pcm: Vec::new(),
        losses: Vec::new(),
        stats: stats(stream, &ordered, clock),
    };
    let keying = keying(facts, stream);
    let hidden = keying == Keying::None && looks_encrypted(facts, stream, &ordered, packets);
    voice.stats.encryption = match keying {
        Keying::None if hidden => Encryption::Unknown,
        Keying::None => Encryption::None,
        Keying::Sdes => Encryption::Sdes,
        Keying::Dtls => Encryption::Dtls,
        Keying::Zrtp => Encryption::Zrtp,
    };
    let mut taken = look(facts, stream, &ordered, clock, &mut voice.stats);
    voice.stats.mos = score(&taken);
    if hidden {
        taken
            .iter_mut()
            .for_each(|t| (t.codec, t.silent) = (Codec::Unsupported, Some(GapReason::Encrypted)));
        voice.stats.unheard = Some(
            "The media is encrypted, although no signalling that was seen says so: the tap \
                must see the signalling, or take a leg that is not encrypted."
                .to_owned(),
        );
    }
    let clear = match keying {
        Keying::None => None,
        _ => Some(unlock(facts, stream, &ordered, packets, &mut voice.stats)),
    };
    let payloads: Vec<&[u8]> = ordered
        .packets
        .iter()
        .enumerate()
        .map(|(i, p)| payload(packets, p, clear.as_ref().map(|c| c[i].as_deref())))
        .collect();
    if let Some(clear) = &clear {
        taken
            .iter_mut()
            .zip(clear)
            .filter(|(_, c)| c.is_none())
            .for_each(|(t, _)| {
                (t.codec, t.silent) = (Codec::Unsupported, Some(GapReason::Encrypted))
            });
        voice.stats.unheard = voice
            .stats
            .unheard
            .take()
            .or_else(|| way_out(keying, clear));
    }
    voice.stats.dtmf = digits(&ordered, &taken, &payloads, clock);
    decode_all(&mut taken, &payloads, foreign, &mut voice);
    let times = timeline::place(&ordered.packets, clock, |i| taken[i].level(&voice.pcm));
    voice.stats.drift_shifts = times.shifts;
    voice.stats.drift_shifted_us = times.shifted_us;
    cut_into_pieces(&ordered, &times, &taken, clock, &mut voice);
    if stream.cut_packets > 0
        && let (Some(first), Some(last)) = (times.starts.first(), times.starts.last())
    {
        voice.losses.push((*first, *last, GapReason::NotCaptured));
    }
    voice
}

/// G.711 has a byte for each tick; packets that are all longer by an authentication tag are SRTP
/// whose keys were never seen, and would sound as noise at full level.
fn looks_encrypted(
    facts: &CallFacts,
    stream: &StreamFacts,
    ordered: &Ordered,
    packets: &Packets<'_>,
) -> bool {
    let is_g711 = |p: &Placed| {
        facts
            .format(stream, p.payload_type, p.at)
            .is_some_and(|f| matches!(Codec::of(&f), Codec::Pcmu | Codec::Pcma))
    };
    if !ordered.packets.first().is_some_and(is_g711) {
        return false;
    }
    let steps = ordered
        .packets
        .windows(2)
        .filter(|w| w[1].sequence == w[0].sequence + 1 && w[1].payload_type == w[0].payload_type);
    let extra = |w: &[Placed]| {
        let rtp = packets[w[0].index].1;
        (rtp.payload_end - rtp.payload_start) as i64 - (w[1].timestamp - w[0].timestamp)
    };
    let (tagged, all) = steps
        .map(extra)
        .fold((0_usize, 0_usize), |(tagged, all), e| {
            (tagged + usize::from(SRTP_TAGS.contains(&e)), all + 1)
        });
    all >= 50 && tagged * 10 >= all * 9
}

/// Bytes that SRTP's suites add (RFC 3711 §5.2, RFC 7714 §13.1, and its drafts).
const SRTP_TAGS: [i64; 4] = [4, 8, 10, 16];

fn stats(stream: &StreamFacts, ordered: &Ordered, clock: u32) -> LaneStats {
    LaneStats {
        packets: ordered.packets.len() as u64,
        lost: ordered.lost,
        late: ordered.late,
        duplicate: ordered.duplicate,
        jitter_ms: (ordered.jitter_ticks * 1000.0 / f64::from(clock) * 100.0).round() / 100.0,
        address: Some(stream.src),
        ..LaneStats::default()
    }
}

/// Each packet's codec, and what is missing before it.
fn look(
    facts: &CallFacts,
    stream: &StreamFacts,
    ordered: &Ordered,
    clock: u32,
    stats: &mut LaneStats,
) -> Vec<Taken> {
    let mut formats = Formats {
        facts,
        stream,
        known: Vec::new(),
        last: 0,
    };
    let mut taken = Vec::with_capacity(ordered.packets.len());
    for (i, p) in ordered.packets.iter().enumerate() {
        let (Known { codec, name, .. }, is_other) = formats.of(p);
        let codec = *codec;
        if is_other
            && codec.is_audio()
            && !stats.codecs.iter().any(|c| name.eq_ignore_ascii_case(c))
        {
            stats.codecs.push(name.clone());
        }
        let before = i.checked_sub(1).map(|b| &ordered.packets[b]);
        let mut lost = before.map_or(0, |b| stream::lost_between(b, p));
        if lost > 0 && before.is_some_and(|b| withheld(facts, b.at, p.at)) {
            // Not recorded on purpose, so not lost.
            stats.lost = stats.lost.saturating_sub(lost);
            lost = 0;
        }
        // Of the step between two neighbours, one packet's worth is sound and the rest is missing.
        let missing = before.filter(|_| lost > 0).map_or(0, |b| {
            let ticks = (p.timestamp - b.timestamp) * lost as i64 / (lost as i64 + 1);
            (ticks * i64::from(codec.sample_rate().0) / i64::from(clock.max(1)))
                .clamp(0, MOST_MISSING) as u32
        });
        let silent = (codec == Codec::Unsupported).then_some(GapReason::UnsupportedCodec);
        taken.push(Taken {
            codec,
            lost,
            missing,
            from: 0,
            part: Part::default(),
            silent,
        });
    }
    taken
}

/// The E-model's figures for the codec of most packets.
fn score(taken: &[Taken]) -> Option<f64> {
    let mut counted: Vec<(Codec, usize)> = Vec::new();
    for t in taken.iter().filter(|t| t.codec.is_audio()) {
        match counted.iter_mut().find(|(c, _)| *c == t.codec) {
            Some((_, count)) => *count += 1,
            None => counted.push((t.codec, 1)),
        }
    }
    let codec = counted.into_iter().max_by_key(|(_, count)| *count)?.0;
    let arrival = Arrival {
        received: taken.len() as u64,
        lost: taken.iter().map(|t| t.lost).sum(),
        bursts: taken.iter().filter(|t| t.lost > 0).count() as u64,
    };
    Some((quality::mos(quality::rating(codec, arrival)) * 100.0).round() / 100.0)
}

/// Samples that a decoder may be asked to make up at once.
const MOST_MISSING: i64 = 1 << 20;

/// Whether a withheld time range is between two packets.
fn withheld(facts: &CallFacts, from: WallTime, to: WallTime) -> bool {
    facts
        .withheld
        .iter()
        .any(|s| s.packets > 0 && s.from < to && s.to.is_none_or(|end| end > from))
}

/// The packets in the clear, in order; empty where no key fits.
fn unlock(
    facts: &CallFacts,
    stream: &StreamFacts,
    ordered: &Ordered,
    packets: &Packets<'_>,
    stats: &mut LaneStats,
) -> Vec<Option<Vec<u8>>> {
    let mut unlocker = Unlocker::new(&keys(facts, stream));
    let first = ordered.packets.first().map_or(0, |p| p.sequence >> 16);
    let rolled = |p: &Placed| ((p.sequence >> 16) - first) as u32;
    let clear: Vec<Option<Vec<u8>>> = ordered
        .packets
        .iter()
        .map(|p| unlocker.packet(packets[p.index].2, rolled(p)))
        .collect();
    if clear.iter().any(Option::is_some) {
        stats.not_authentic = clear.iter().filter(|c| c.is_none()).count() as u64;
    }
    clear
}

/// Why encrypted media stays so, and what to do.
fn way_out(keying: Keying, clear: &[Option<Vec<u8>>]) -> Option<String> {
    let text = match keying {
        _ if clear.iter().all(Option::is_some) => return None,
        Keying::Dtls => {
            "The media is encrypted by DTLS-SRTP: its keys are agreed between the phones and no \
             tap can have them. Let the phone system record by SIPREC, or take the leg on which \
             it is not encrypted."
        }
        Keying::Zrtp => {
            "The media is encrypted by ZRTP: its keys are agreed between the phones and no tap \
             can have them. Switch ZRTP off, or let the phone system record by SIPREC."
        }
        _ if clear.iter().any(Option::is_some) => {
            "Some packets fit none of the keys that the signalling gave."
        }
        _ => {
            "The media is encrypted and its keys were not seen: the tap must see the signalling \
             from the start, in the clear (behind TLS: by HEP from the phone system, or by \
             SIPREC)."
        }
    };
    Some(text.to_owned())
}

/// A packet's payload, in the clear where it was encrypted.
fn payload<'a>(packets: &Packets<'a>, p: &Placed, clear: Option<Option<&'a [u8]>>) -> &'a [u8] {
    let bytes = match clear {
        None => packets[p.index].2,
        Some(clear) => clear.unwrap_or_default(),
    };
    // What was not encrypted has been parsed already.
    let rtp = if clear.is_none() {
        Some(packets[p.index].1)
    } else {
        rtp::parse(bytes)
    };
    rtp.and_then(|r| bytes.get(r.payload_start..r.payload_end))
        .unwrap_or_default()
}

fn digits(
    ordered: &Ordered,
    taken: &[Taken],
    payloads: &[&[u8]],
    clock: u32,
) -> Vec<super::lane::Digit> {
    let mut digits = Digits::default();
    let events = ordered
        .packets
        .iter()
        .zip(taken)
        .zip(payloads)
        .filter(|((_, t), _)| t.codec == Codec::TelephoneEvent);
    events.for_each(|((p, _), payload)| digits.take(p.at, p.timestamp, payload, clock));
    digits.pressed
}

/// Decodes codec by codec, each with its own memory, and gives every packet its part of the sound.
fn decode_all(
    taken: &mut [Taken],
    payloads: &[&[u8]],
    foreign: &mut dyn Foreign,
    voice: &mut Voice,
) {
    let mut codecs: Vec<Codec> = Vec::new();
    for t in taken.iter() {
        if t.silent.is_none() && t.codec != Codec::TelephoneEvent && !codecs.contains(&t.codec) {
            codecs.push(t.codec);
        }
    }
    for codec in codecs {
        let mine: Vec<usize> = (0..taken.len())
            .filter(|i| taken[*i].codec == codec && taken[*i].silent.is_none())
            .collect();
        if codec == Codec::ComfortNoise {
            mine.iter()
                .for_each(|i| taken[*i].part.quiet = noise::level(payloads[*i]));
            continue;
        }
        let coded: Vec<Coded<'_>> = mine
            .iter()
            .map(|i| Coded {
                missing: taken[*i].missing,
                payload: payloads[*i],
            })
            .collect();
        match sound_of(codec, &coded, foreign) {
            Ok(sound) => {
                let mut from = voice.pcm.len();
                for (i, part) in mine.into_iter().zip(sound.parts) {
                    taken[i].from = from;
                    taken[i].part = part;
                    taken[i].silent = part.refused.then_some(GapReason::DecoderFailed);
                    from += (part.made_up + part.len) as usize;
                }
                match voice.pcm.is_empty() {
                    true => voice.pcm = sound.pcm,
                    false => voice.pcm.extend(sound.pcm),
                }
            }
            Err(why) => {
                let reason = if matches!(why, NoSound::NotInstalled(_)) {
                    GapReason::UnsupportedCodec
                } else {
                    GapReason::DecoderFailed
                };
                mine.iter().for_each(|i| taken[*i].silent = Some(reason));
                voice.stats.unheard = Some(why.to_string());
            }
        }
    }
    if voice.stats.unheard.is_none()
        && taken
            .iter()
            .any(|t| t.silent == Some(GapReason::UnsupportedCodec))
    {
        voice.stats.unheard = Some(format!(
            "No decoder for {}: the payload is kept, and a later release may make it audible with \
             `assay seal`.",
            voice.stats.codecs.join(", ")
        ));
    }
}

fn sound_of(
    codec: Codec,
    coded: &[Coded<'_>],
    foreign: &mut dyn Foreign,
) -> Result<Sound, NoSound> {
    match codec {
        // The sound decides whether the first sample is in the high or the low bits: names are
        // used both ways (DESIGN §6).
        Codec::G726 { bits, low_first } => {
            let (named, other) = (
                one_by_one(codec, coded),
                one_by_one(
                    Codec::G726 {
                        bits,
                        low_first: !low_first,
                    },
                    coded,
                ),
            );
            Ok(
                if g726::strangeness(&other.pcm, bits) < g726::strangeness(&named.pcm, bits) {
                    other
                } else {
                    named
                },
            )
        }
        codec if codec.is_foreign() => {
            let payloads: Vec<&[u8]> = coded.iter().map(|c| c.payload).collect();
            foreign.decode(frames::settle(codec, &payloads), coded)
        }
        codec => Ok(one_by_one(codec, coded)),
    }
}

/// Noise is made for this long at most: a sender that is quiet repeats itself.
const LONGEST_QUIET: Micros = Micros::from_secs(30);
/// Of a pause without a level, in dB below overload.
const QUIET: u8 = 70;

/// Turns decoded packets and their times into pieces, and what gave no sound into losses.
fn cut_into_pieces(
    ordered: &Ordered,
    times: &Timeline,
    taken: &[Taken],
    clock: u32,
    voice: &mut Voice,
) {
    let mut last_end: Option<WallTime> = None;
    let mut level = QUIET;
    for (i, t) in taken.iter().enumerate() {
        let (start, rate) = (times.starts[i], t.codec.sample_rate());
        let (made_up, len) = (t.part.made_up as usize, t.part.len as usize);
        if t.lost > 0
            && let Some(end) = last_end.filter(|end| *end < start)
        {
            voice.losses.push((end, start, GapReason::Lost));
            if made_up > 0 {
                voice.pieces.push(Piece {
                    start: end,
                    rate,
                    from: t.from,
                    len: made_up,
                    after_loss: false,
                    concealed: true,
                });
            }
        }
        if len > 0 {
            voice.pieces.push(Piece {
                start,
                rate,
                from: t.from + made_up,
                len,
                after_loss: t.lost > 0 && made_up == 0,
                concealed: false,
            });
        }
        let nominal = || {
            let next = ordered
                .packets
                .get(i + 1)
                .map(|n| n.timestamp - ordered.packets[i].timestamp);
            Hertz(clock).duration(
                next.filter(|t| (1..=i64::from(clock)).contains(t))
                    .unwrap_or(i64::from(clock) / 50),
            )
        };
        let mut end = start
            + if len > 0 {
                rate.duration(len as i64)
            } else {
                nominal()
            };
        if let Some(given) = t.part.quiet {
            level = if given == frames::UNKNOWN_LEVEL {
                level
            } else {
                given
            };
            let from = if len > 0 { end } else { start };
            let until = times
                .starts
                .get(i + 1)
                .copied()
                .unwrap_or(end)
                .min(from + LONGEST_QUIET);
            let count = rate.samples_in(until - from).max(0) as usize;
            voice.pieces.push(Piece {
                start: from,
                rate,
                from: voice.pcm.len(),
                len: count,
                after_loss: false,
                concealed: false,
            });
            voice.pcm.extend(noise::noise(level, count, i as u64));
            end = end.max(until);
        }
        if let Some(reason) = t.silent {
            voice.losses.push((start, end, reason));
        }
        last_end = Some(end);
    }
}
