//! The two people of a call: streams decoded, placed, and joined into a left and a right lane.
//!
//! This room reads `call`'s facts and `sip`'s formats as well as `wire`: they say whose voice a stream is and what its
//! payload types mean, and handing them over in a third form would only say it twice.

use super::codec::{Codec, Decoder};
use super::dtmf::{Digit, Digits};
use super::stream::{self, Ordered, Placed};
use super::{conceal, timeline};
use crate::call::{CallFacts, Side, StreamFacts, StreamNo};
use crate::sip::sdp::Keying;
use crate::units::{Hertz, Micros, WallTime};
use crate::wire::rtcp;
use crate::wire::rtp::{self, Rtp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::SocketAddr;

/// A call as it will be heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Assembled {
    /// Of both lanes: the higher of what they were sent at.
    pub sample_rate: Hertz,
    pub starts_at: WallTime,
    /// Left is the telemarketer's where the line is known, else the caller's. Both are of one length.
    pub lanes: [Lane; 2],
    pub gaps: Vec<Gap>,
}

/// One person's sound and how it arrived.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lane {
    pub samples: Vec<i16>,
    pub stats: LaneStats,
}

/// What is told of a lane (DESIGN §4).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LaneStats {
    /// SDP encoding names in order of use.
    pub codecs: Vec<String>,
    pub encryption: Encryption,
    pub packets: u64,
    pub lost: u64,
    /// Came after one that should have followed them; put back in their place.
    pub late: u64,
    pub duplicate: u64,
    pub concealed_ms: u64,
    pub jitter_ms: f64,
    pub dtmf: Vec<Digit>,
    /// Where the speaker's media came from.
    pub address: Option<SocketAddr>,
    /// Whose loss it was, where the far end's receiver reports tell.
    #[serde(default)]
    pub loss_was: LossWas,
    /// Shifts by whole samples for drift, and their sum.
    pub drift_shifts: u32,
    pub drift_shifted_us: i64,
}

/// Who lost the packets that are missing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LossWas {
    /// Nothing was lost, or nobody reports.
    #[default]
    Unknown,
    /// The far end missed them too.
    Network,
    /// The far end had them: the mirror or the tap lost them.
    Mirror,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    #[default]
    None,
    Sdes,
    Dtls,
    Zrtp,
    Unknown,
}

/// Time that is not what was said, with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub lane: u8,
    pub from_ms: u64,
    pub to_ms: u64,
    pub reason: GapReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Missing sequence numbers: the network or the mirror lost packets.
    Lost,
    /// The tap saw no media of this side, or saw it cut short.
    NotCaptured,
    Encrypted,
    UnsupportedCodec,
    DecoderFailed,
    Paused,
    Policy,
    Disk,
    Overload,
}

/// Sound is never longer than this, whatever timestamps say: a hostile one must not fill the memory.
const LONGEST: Micros = Micros::from_secs(6 * 3600);

/// A packet that sealing is given: when, on which stream, and its bytes from the RTP header on.
pub type Packet<'a> = (WallTime, StreamNo, &'a [u8]);

/// Makes the lanes. `None` when there was no media at all.
pub fn assemble<'a>(facts: &CallFacts, packets: impl Iterator<Item = Packet<'a>>) -> Option<Assembled> {
    let mut streams: Vec<Vec<(WallTime, Rtp, &'a [u8])>> = vec![Vec::new(); facts.streams.len()];
    let mut reported: HashMap<u32, u64> = HashMap::new();
    for (at, stream, bytes) in packets {
        let number = usize::from(stream.0);
        match facts.streams.get(number).map(|s| s.rtcp) {
            Some(true) => reported.extend(rtcp::reports(bytes).iter().map(|r| (r.ssrc, r.cumulative_lost))),
            Some(false) => streams[number].extend(rtp::parse(bytes).map(|rtp| (at, rtp, &bytes[rtp.payload_start..rtp.payload_end]))),
            None => {}
        }
    }
    let left = facts.left();
    let voices = [left, left.other()].map(|side| voice(facts, &streams, &reported, side));
    let starts_at = voices.iter().flatten().filter_map(Voice::first).min()?;
    let rate = voices.iter().flatten().flat_map(|v| &v.pieces).map(|p| p.rate).max().unwrap_or(Hertz(8000));
    let mut gaps = Vec::new();
    let mut lanes = [0, 1].map(|lane| lay(&voices[usize::from(lane)], lane, starts_at, rate, &mut gaps));
    let length = lanes[0].samples.len().max(lanes[1].samples.len());
    for (number, lane) in lanes.iter_mut().enumerate() {
        lane.samples.resize(length, 0);
        // An answered call in which one side was never seen.
        if facts.answered_at.is_some() && lane.stats.packets == 0 {
            let to_ms = (length as u64 * 1000) / u64::from(rate.0);
            gaps.push(Gap { lane: number as u8, from_ms: 0, to_ms, reason: GapReason::NotCaptured });
        }
    }
    Some(Assembled { sample_rate: rate, starts_at, lanes, gaps })
}

/// A stream, decoded and timed.
struct Voice {
    pieces: Vec<Piece>,
    pcm: Vec<i16>,
    losses: Vec<(WallTime, WallTime, GapReason)>,
    stats: LaneStats,
}

/// A run of samples and where it belongs.
struct Piece {
    start: WallTime,
    rate: Hertz,
    from: usize,
    len: usize,
    /// Packets are missing before it, so that what lies between is to be concealed.
    after_loss: bool,
    /// Made up by the codec's own concealment.
    concealed: bool,
}

impl Voice {
    fn first(&self) -> Option<WallTime> {
        let sound = self.pieces.iter().map(|p| p.start).min();
        let silence = self.losses.iter().map(|(from, ..)| *from).min();
        sound.into_iter().chain(silence).min()
    }
}

/// Another leg's stream is the same voice again when it overlaps by more than this, or by a tenth of its length.
const OVERLAP: Micros = Micros::from_secs(1);

/// A stream's facts and its packets.
type Heard<'a, 'p> = (&'a StreamFacts, &'a Vec<(WallTime, Rtp, &'p [u8])>);

/// Adds streams of other legs where the chosen one is silent: after a re-INVITE the phones may send to each other, past
/// the leg on which the call began.
fn fill<'a, 'p>(mine: &mut Vec<Heard<'a, 'p>>, mut others: Vec<Heard<'a, 'p>>) {
    let span = |packets: &[(WallTime, Rtp, &[u8])]| packets.first().zip(packets.last()).map_or((WallTime(0), WallTime(0)), |(a, b)| (a.0, b.0));
    others.sort_by_key(|(_, packets)| std::cmp::Reverse(packets.len()));
    for (facts, packets) in others {
        let (from, to) = span(packets);
        let shared = |(_, known): &Heard<'_, '_>| {
            let (a, b) = span(known);
            (to.min(b) - from.max(a)).max(Micros(0))
        };
        let overlap: i64 = mine.iter().map(|m| shared(m).0).sum();
        if overlap <= OVERLAP.0.max((to - from).0 / 10) {
            mine.push((facts, packets));
        }
    }
}

/// The streams that carry one side's voice, on the leg that shows both sides best.
fn voice(facts: &CallFacts, streams: &[Vec<(WallTime, Rtp, &[u8])>], reported: &HashMap<u32, u64>, side: Side) -> Vec<Voice> {
    let count = |leg: u16, side: Side| -> usize {
        let mine = facts.streams.iter().zip(streams).filter(|(f, _)| f.leg == leg && f.speaker == side);
        mine.map(|(f, packets)| if keying(facts, f) == Keying::None { packets.len() * 2 } else { packets.len() }).sum()
    };
    let mut legs: Vec<u16> = facts.streams.iter().map(|f| f.leg).collect();
    legs.sort_unstable();
    legs.dedup();
    let score = |leg: u16| (count(leg, Side::Caller).min(count(leg, Side::Callee)), count(leg, Side::Caller) + count(leg, Side::Callee), std::cmp::Reverse(leg));
    let both = legs.iter().copied().max_by_key(|leg| score(*leg));
    let alone = legs.iter().copied().max_by_key(|leg| (count(*leg, side), std::cmp::Reverse(*leg)));
    let Some(leg) = both.filter(|leg| count(*leg, side) > 0).or(alone) else { return Vec::new() };
    let mut mine: Vec<(&StreamFacts, &Vec<_>)> = facts.streams.iter().zip(streams).filter(|(f, p)| f.leg == leg && f.speaker == side && !p.is_empty()).collect();
    let others = facts.streams.iter().zip(streams).filter(|(f, p)| f.leg != leg && f.speaker == side && !p.is_empty());
    fill(&mut mine, others.collect());
    // Where two streams claim the same moment, the longer one is the conversation.
    mine.sort_by_key(|(_, packets)| std::cmp::Reverse(packets.len()));
    let with_blame = |(f, packets): (&StreamFacts, &Vec<_>)| {
        let mut voice = decode(facts, f, packets);
        voice.stats.loss_was = loss_was(voice.stats.lost, reported.get(&f.ssrc).copied());
        voice
    };
    mine.into_iter().map(with_blame).collect()
}

/// The far end's last report beside our own count: it misses about as many, or it has what we miss.
fn loss_was(lost: u64, reported: Option<u64>) -> LossWas {
    match reported {
        Some(theirs) if lost > 0 && theirs * 2 >= lost => LossWas::Network,
        Some(_) if lost > 0 => LossWas::Mirror,
        _ => LossWas::Unknown,
    }
}

/// How a stream is encrypted: both sides must have offered keys for it to be.
fn keying(facts: &CallFacts, stream: &StreamFacts) -> Keying {
    let of = |side: Side| facts.formats.iter().rfind(|f| f.side == side && f.leg == stream.leg).map_or(Keying::None, |f| f.keying);
    match (of(Side::Caller), of(Side::Callee)) {
        (Keying::None, _) | (_, Keying::None) => Keying::None,
        (keying, _) => keying,
    }
}

fn decode(facts: &CallFacts, stream: &StreamFacts, packets: &[(WallTime, Rtp, &[u8])]) -> Voice {
    let mut formats = Formats { facts, stream, known: Vec::new() };
    let clock = packets.iter().find_map(|(at, rtp, _)| facts.format(stream, rtp.payload_type, *at).filter(|f| Codec::of(f).is_audio())).map_or(8000, |f| f.clock);
    let ordered = stream::order(packets.iter().enumerate().map(|(i, (at, rtp, _))| (i, *at, *rtp)), clock);
    let samples = packets.iter().map(|(_, _, payload)| payload.len()).sum();
    let mut voice = Voice { pieces: Vec::with_capacity(packets.len()), pcm: Vec::with_capacity(samples), losses: Vec::new(), stats: stats(stream, &ordered, clock) };
    let encrypted = match keying(facts, stream) {
        Keying::None => Encryption::None,
        Keying::Sdes => Encryption::Sdes,
        Keying::Dtls => Encryption::Dtls,
        Keying::Zrtp => Encryption::Zrtp,
    };
    voice.stats.encryption = encrypted;
    let mut state = DecodeState { decoders: Vec::new(), ranges: Vec::with_capacity(ordered.packets.len()), digits: Digits::default(), failed: Vec::new() };
    for (i, p) in ordered.packets.iter().enumerate() {
        let (codec, name) = formats.of(p);
        if codec.is_audio() && !voice.stats.codecs.iter().any(|c| name.eq_ignore_ascii_case(c)) {
            voice.stats.codecs.push(name.to_owned());
        }
        let mut lost = i.checked_sub(1).map_or(0, |before| stream::lost_between(&ordered.packets[before], p));
        if lost > 0 && i.checked_sub(1).is_some_and(|before| withheld(facts, ordered.packets[before].at, p.at)) {
            // Not recorded on purpose: nobody lost them.
            voice.stats.lost = voice.stats.lost.saturating_sub(lost);
            lost = 0;
        }
        let gap_ticks = i.checked_sub(1).map_or(0, |before| p.timestamp - ordered.packets[before].timestamp);
        let codec = if encrypted == Encryption::None { codec } else { Codec::Unsupported };
        state.take(p, packets[p.index].2, codec, (lost, gap_ticks), clock, &mut voice.pcm);
    }
    voice.stats.dtmf = state.digits.pressed.clone();
    let level = |i: usize| state.ranges[i].level(&voice.pcm);
    let times = timeline::place(&ordered.packets, clock, level);
    voice.stats.drift_shifts = times.shifts;
    voice.stats.drift_shifted_us = times.shifted_us;
    cut_into_pieces(&ordered, &times, &state, clock, encrypted, &mut voice);
    if stream.cut_packets > 0
        && let (Some(first), Some(last)) = (times.starts.first(), times.starts.last())
    {
        voice.losses.push((*first, *last, GapReason::NotCaptured));
    }
    voice
}

/// What payload types stand for, looked up once for each as long as no new description comes.
struct Formats<'a> {
    facts: &'a CallFacts,
    stream: &'a StreamFacts,
    /// By payload type and the number of descriptions before the packet.
    known: Vec<((u8, usize), Codec, String)>,
}

impl Formats<'_> {
    /// A packet's codec, and its name as the descriptions have it.
    fn of(&mut self, p: &Placed) -> (Codec, &str) {
        let key = (p.payload_type, self.facts.formats.iter().filter(|f| f.at <= p.at).count());
        let at = self.known.iter().rposition(|(k, ..)| *k == key).unwrap_or_else(|| {
            let format = self.facts.format(self.stream, p.payload_type, p.at);
            let codec = format.as_ref().map_or(Codec::Unsupported, Codec::of);
            self.known.push((key, codec, format.map_or_else(|| format!("payload type {}", p.payload_type), |f| f.encoding)));
            self.known.len() - 1
        });
        let (_, codec, name) = &self.known[at];
        (*codec, name)
    }
}

/// Whether a stretch that was withheld lies between two packets.
fn withheld(facts: &CallFacts, from: WallTime, to: WallTime) -> bool {
    facts.withheld.iter().any(|s| s.packets > 0 && s.from < to && s.to.is_none_or(|end| end > from))
}

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

/// What a packet gave: its samples, and before them those that the codec made up for lost ones.
#[derive(Clone, Copy)]
struct Decoded {
    codec: Codec,
    from: usize,
    made_up: usize,
    len: usize,
    lost: u64,
}

impl Decoded {
    fn level(&self, pcm: &[i16]) -> Option<u32> {
        if self.codec == Codec::TelephoneEvent {
            return None;
        }
        let own = &pcm[self.from + self.made_up..self.from + self.made_up + self.len];
        // Comfort noise is as good a place as any.
        Some(own.iter().map(|s| u32::from(s.unsigned_abs())).sum::<u32>() / own.len().max(1) as u32)
    }
}

struct DecodeState {
    decoders: Vec<(Codec, Decoder)>,
    ranges: Vec<Decoded>,
    digits: Digits,
    /// Packets whose payload the decoder refused.
    failed: Vec<usize>,
}

impl DecodeState {
    fn take(&mut self, p: &Placed, payload: &[u8], codec: Codec, (lost, gap_ticks): (u64, i64), clock: u32, pcm: &mut Vec<i16>) {
        let from = pcm.len();
        if codec == Codec::TelephoneEvent {
            self.digits.take(p.at, p.timestamp, payload);
            self.ranges.push(Decoded { codec, from, made_up: 0, len: 0, lost });
            return;
        }
        let known = self.decoders.iter().position(|(c, _)| *c == codec);
        let at = known.unwrap_or_else(|| {
            self.decoders.push((codec, Decoder::new(codec)));
            self.decoders.len() - 1
        });
        let decoder = &mut self.decoders[at].1;
        if lost > 0 {
            // Of the step between two neighbours, one packet's worth is sound and the rest is missing.
            let missing = gap_ticks * lost as i64 / (lost as i64 + 1);
            let samples = missing * i64::from(codec.sample_rate().0) / i64::from(clock.max(1));
            decoder.conceal(samples.clamp(0, 1 << 20) as usize, payload, pcm);
        }
        let made_up = pcm.len() - from;
        if decoder.decode(payload, pcm).is_err() {
            self.failed.push(self.ranges.len());
        }
        self.ranges.push(Decoded { codec, from, made_up, len: pcm.len() - from - made_up, lost });
    }
}

/// Turns decoded packets and their times into pieces, and what gave no sound into losses.
fn cut_into_pieces(ordered: &Ordered, times: &timeline::Timeline, state: &DecodeState, clock: u32, encryption: Encryption, voice: &mut Voice) {
    let mut last_end: Option<WallTime> = None;
    for (i, decoded) in state.ranges.iter().enumerate() {
        let (start, rate) = (times.starts[i], decoded.codec.sample_rate());
        if decoded.lost > 0
            && let Some(end) = last_end.filter(|end| *end < start)
        {
            voice.losses.push((end, start, GapReason::Lost));
            if decoded.made_up > 0 {
                voice.pieces.push(Piece { start: end, rate, from: decoded.from, len: decoded.made_up, after_loss: false, concealed: true });
            }
        }
        let own = decoded.from + decoded.made_up;
        if decoded.len > 0 {
            voice.pieces.push(Piece { start, rate, from: own, len: decoded.len, after_loss: decoded.lost > 0 && decoded.made_up == 0, concealed: false });
        }
        let nominal = || {
            let next = ordered.packets.get(i + 1).map(|n| n.timestamp - ordered.packets[i].timestamp);
            Hertz(clock).duration(next.filter(|t| (1..=i64::from(clock)).contains(t)).unwrap_or(i64::from(clock) / 50))
        };
        let end = start + if decoded.len > 0 { rate.duration(decoded.len as i64) } else { nominal() };
        if decoded.codec == Codec::Unsupported || state.failed.contains(&i) {
            let reason = match (decoded.codec, encryption) {
                (Codec::Unsupported, Encryption::None) => GapReason::UnsupportedCodec,
                (Codec::Unsupported, _) => GapReason::Encrypted,
                _ => GapReason::DecoderFailed,
            };
            voice.losses.push((start, end, reason));
        }
        last_end = Some(end);
    }
}

/// Lays a side's streams onto one lane.
fn lay(voices: &[Voice], lane: u8, starts_at: WallTime, rate: Hertz, gaps: &mut Vec<Gap>) -> Lane {
    let mut out = Lane::default();
    let mut by_rate: Vec<(Hertz, Vec<i16>)> = Vec::new();
    let mut taken: Vec<(WallTime, WallTime)> = Vec::new();
    for (number, voice) in voices.iter().enumerate() {
        let before = taken.clone();
        let free = |at: WallTime| !before.iter().any(|(from, to)| *from <= at && at < *to);
        let mut end = i64::MIN;
        let last = voice.pieces.iter().map(|p| p.start - starts_at).max().unwrap_or_default().min(LONGEST);
        for piece in voice.pieces.iter().filter(|p| p.start - starts_at < LONGEST && free(p.start)) {
            let buffer = buffer_for(&mut by_rate, piece.rate, last);
            end = write(buffer, piece, &voice.pcm, piece.rate.samples_in(piece.start - starts_at), end, &mut out.stats.concealed_ms);
        }
        if let (Some(first), Some(last)) = (voice.pieces.first(), voice.pieces.last()) {
            taken.push((first.start, last.start + last.rate.duration(last.len as i64)));
        }
        note_gaps(voice, lane, starts_at, gaps);
        merge_stats(&mut out.stats, &voice.stats, number == 0);
    }
    out.samples = join(by_rate, rate);
    // A lane that gave no sound still lasts as long as its gaps.
    let silent_ms = gaps.iter().filter(|g| g.lane == lane && g.reason != GapReason::Lost).map(|g| g.to_ms).max().unwrap_or(0);
    let silent = (silent_ms * u64::from(rate.0) / 1000) as usize;
    if out.samples.len() < silent {
        out.samples.resize(silent, 0);
    }
    out
}

/// Room beyond the start of the last packet, in parts of a second.
const ROOM: usize = 4;

fn buffer_for(by_rate: &mut Vec<(Hertz, Vec<i16>)>, rate: Hertz, length: Micros) -> &mut Vec<i16> {
    let at = by_rate.iter().position(|(r, _)| *r == rate).unwrap_or_else(|| {
        by_rate.push((rate, Vec::with_capacity(rate.samples_in(length).max(0) as usize + rate.0 as usize / ROOM)));
        by_rate.len() - 1
    });
    &mut by_rate[at].1
}

/// A step between packets up to this is a shift for drift or a rounding, to be bridged; beyond, the sender was silent.
const BRIDGED: i64 = 40;

/// Writes one piece; gives the sample after it.
fn write(buffer: &mut Vec<i16>, piece: &Piece, pcm: &[i16], position: i64, end: i64, concealed_ms: &mut u64) -> i64 {
    // What would lie before the start or over what is already there is cut off.
    let skip = (end.max(0) - position).clamp(0, piece.len as i64);
    let position = position + skip;
    let samples = &pcm[piece.from + skip as usize..piece.from + piece.len];
    if samples.is_empty() {
        return end;
    }
    let at = position as usize;
    if buffer.len() < at {
        let hole = at - buffer.len();
        let small = hole as i64 <= i64::from(piece.rate.0) * BRIDGED / 1000 && end == buffer.len() as i64;
        if piece.after_loss || small {
            let fill = conceal::repeat(buffer, hole, piece.rate.0);
            if piece.after_loss {
                *concealed_ms += fill.len() as u64 * 1000 / u64::from(piece.rate.0);
            }
            buffer.extend(fill);
        }
        buffer.resize(at, 0);
    }
    let over = (buffer.len() - at).min(samples.len());
    buffer[at..at + over].copy_from_slice(&samples[..over]);
    buffer.extend_from_slice(&samples[over..]);
    if piece.concealed {
        *concealed_ms += samples.len() as u64 * 1000 / u64::from(piece.rate.0);
    }
    position + samples.len() as i64
}

fn note_gaps(voice: &Voice, lane: u8, starts_at: WallTime, gaps: &mut Vec<Gap>) {
    let ms = |at: WallTime| at.millis_since(starts_at).clamp(0, LONGEST.0 / 1000) as u64;
    for (from, to, reason) in &voice.losses {
        let gap = Gap { lane, from_ms: ms(*from), to_ms: ms(*to), reason: *reason };
        match gaps.last_mut() {
            Some(last) if last.lane == lane && last.reason == *reason && gap.from_ms <= last.to_ms + 1 => last.to_ms = last.to_ms.max(gap.to_ms),
            _ if gap.to_ms > gap.from_ms => gaps.push(gap),
            _ => {}
        }
    }
}

fn merge_stats(all: &mut LaneStats, one: &LaneStats, main: bool) {
    for codec in &one.codecs {
        if !all.codecs.contains(codec) {
            all.codecs.push(codec.clone());
        }
    }
    all.packets += one.packets;
    all.lost += one.lost;
    all.late += one.late;
    all.duplicate += one.duplicate;
    all.drift_shifts += one.drift_shifts;
    all.drift_shifted_us += one.drift_shifted_us;
    all.dtmf.extend(&one.dtmf);
    all.dtmf.sort_by_key(|d| d.at);
    if main {
        all.jitter_ms = one.jitter_ms;
        all.address = one.address;
        all.encryption = one.encryption;
        all.loss_was = one.loss_was;
    }
}

/// Brings what was sent at lower rates to the lane's and adds it up: pieces never overlap, so adding is placing.
fn join(by_rate: Vec<(Hertz, Vec<i16>)>, rate: Hertz) -> Vec<i16> {
    let mut parts = by_rate.into_iter().map(|(r, samples)| if r == rate { samples } else { resample(&samples, r, rate) });
    let mut all = parts.next().unwrap_or_default();
    for part in parts {
        if all.len() < part.len() {
            all.resize(part.len(), 0);
        }
        for (sum, sample) in all.iter_mut().zip(&part) {
            *sum = sum.saturating_add(*sample);
        }
    }
    all
}

/// Band-limited conversion by FFT; empty when the rates cannot be converted, which those of telephony all can.
pub fn resample(samples: &[i16], from: Hertz, to: Hertz) -> Vec<i16> {
    use rubato::audioadapter_buffers::owned::InterleavedOwned;
    use rubato::{Fft, FixedSync, Resampler as _};
    if from == to || samples.is_empty() {
        return samples.to_vec();
    }
    let input = samples.iter().map(|s| f32::from(*s)).collect();
    let converted = Fft::<f32>::new(from.0 as usize, to.0 as usize, 1024, 1, FixedSync::Both).ok().and_then(|mut r| {
        let input = InterleavedOwned::new_from(input, 1, samples.len()).ok()?;
        r.process_all(&input, samples.len(), None).ok()
    });
    converted.map(|c| c.take_data().into_iter().map(|s| s.round().clamp(-32_768.0, 32_767.0) as i16).collect()).unwrap_or_default()
}
