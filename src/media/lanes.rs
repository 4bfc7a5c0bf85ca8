//! The two people of a call: streams decoded, placed, and joined into a left and a right lane.
//!
//! This room reads `call`'s facts and `sip`'s formats as well as `wire`: they say whose voice a
//! stream is and what its payload types mean, and handing them over in a third form would only say
//! it twice.

use super::codec::foreign::Foreign;
use super::conceal;
use super::lane::{Assembled, Gap, GapReason, Lane, LaneStats, LossWas};
use super::srtp;
use super::voice::{self, Packets, Piece, Voice, keying};
use crate::call::{CallFacts, Side, StreamFacts, StreamNo};
use crate::sip::sdp::Keying;
use crate::units::{Hertz, Micros, WallTime};
use crate::wire::rtcp;
use crate::wire::rtp;
use std::collections::HashMap;

/// Sound is never longer than this: a hostile timestamp must not fill the
/// memory.
const LONGEST: Micros = Micros::from_secs(6 * 3600);

/// A packet that sealing is given: when, on which stream, and its bytes from the RTP header on.
pub type Packet<'a> = (WallTime, StreamNo, &'a [u8]);

/// Makes the lanes; `foreign` decodes what is not ours. `None` when there was no media at all.
pub fn assemble<'a>(
    facts: &CallFacts,
    packets: impl Iterator<Item = Packet<'a>>,
    foreign: &mut dyn Foreign,
) -> Option<Assembled> {
    let each = packets.size_hint().0 / facts.streams.len().max(1);
    let mut streams: Vec<Packets<'a>> = facts
        .streams
        .iter()
        .map(|_| Vec::with_capacity(each))
        .collect();
    let mut reported: HashMap<u32, u64> = HashMap::new();
    for (at, stream, bytes) in packets {
        let number = usize::from(stream.0);
        match facts.streams.get(number) {
            Some(f) if f.rtcp => reported.extend(reports(facts, f, bytes)),
            Some(_) => streams[number].extend(
                rtp::parse(bytes)
                    .or_else(|| rtp::parse_encrypted(bytes))
                    // A stream that took another's place does not have its packets.
                    .filter(|rtp| {
                        !facts.streams[number].is_second || rtp.ssrc == facts.streams[number].ssrc
                    })
                    .map(|rtp| (at, rtp, bytes)),
            ),
            None => {}
        }
    }
    let left = facts.left();
    let voices = [left, left.other()].map(|side| voices(facts, &streams, &reported, side, foreign));
    let starts_at = voices.iter().flatten().filter_map(Voice::first).min()?;
    let rate = voices
        .iter()
        .flatten()
        .flat_map(|v| &v.pieces)
        .map(|p| p.rate)
        .max()
        .unwrap_or(Hertz(8000));
    let mut gaps = Vec::new();
    let mut lane = 0;
    let mut lanes = voices.map(|voices| {
        let laid = lay(voices, lane, starts_at, rate, &mut gaps);
        lane += 1;
        laid
    });
    let length = lanes[0].samples.len().max(lanes[1].samples.len());
    for (number, lane) in lanes.iter_mut().enumerate() {
        lane.samples.resize(length, 0);
        // An answered call in which one side was never seen.
        if facts.answered_at.is_some() && lane.stats.packets == 0 {
            let to_ms = (length as u64 * 1000) / u64::from(rate.0);
            gaps.push(Gap {
                lane: number as u8,
                from_ms: 0,
                to_ms,
                reason: GapReason::NotCaptured,
            });
        }
    }
    Some(Assembled {
        sample_rate: rate,
        starts_at,
        lanes,
        gaps,
    })
}

impl Voice {
    fn first(&self) -> Option<WallTime> {
        let sound = self.pieces.iter().map(|p| p.start).min();
        let silence = self.losses.iter().map(|(from, ..)| *from).min();
        sound.into_iter().chain(silence).min()
    }
}

/// What a receiver report says of each SSRC.
fn reports(facts: &CallFacts, stream: &StreamFacts, packet: &[u8]) -> Vec<(u32, u64)> {
    let clear = match keying(facts, stream) {
        Keying::Sdes => srtp::rtcp(&voice::keys(facts, stream), packet),
        _ => None,
    };
    rtcp::reports(clear.as_deref().unwrap_or(packet))
        .iter()
        .map(|r| (r.ssrc, r.cumulative_lost))
        .collect()
}

/// Another leg's stream is the same voice again when it overlaps by more than this, or by a tenth
/// of its length.
const OVERLAP: Micros = Micros::from_secs(1);

/// A stream's facts and its packets.
type Heard<'a, 'p> = (&'a StreamFacts, &'a Packets<'p>);

/// Adds streams of other legs where the chosen one is silent: after a re-INVITE the phones may send
/// to each other, past the leg on which the call began.
fn fill<'a, 'p>(mine: &mut Vec<Heard<'a, 'p>>, mut others: Vec<Heard<'a, 'p>>) {
    let span = |packets: &Packets<'_>| {
        packets
            .first()
            .zip(packets.last())
            .map_or((WallTime(0), WallTime(0)), |(a, b)| (a.0, b.0))
    };
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
fn voices(
    facts: &CallFacts,
    streams: &[Packets<'_>],
    reported: &HashMap<u32, u64>,
    side: Side,
    foreign: &mut dyn Foreign,
) -> Vec<Voice> {
    let count = |leg: u16, side: Side| -> usize {
        let mine = facts
            .streams
            .iter()
            .zip(streams)
            .filter(|(f, _)| f.leg == leg && f.speaker == side);
        mine.map(|(f, packets)| {
            if voice::is_readable(facts, f) {
                packets.len() * 2
            } else {
                packets.len()
            }
        })
        .sum()
    };
    let mut legs: Vec<u16> = facts.streams.iter().map(|f| f.leg).collect();
    legs.sort_unstable();
    legs.dedup();
    let score = |leg: u16| {
        (
            count(leg, Side::Caller).min(count(leg, Side::Callee)),
            count(leg, Side::Caller) + count(leg, Side::Callee),
            std::cmp::Reverse(leg),
        )
    };
    let both = legs.iter().copied().max_by_key(|leg| score(*leg));
    let alone = legs
        .iter()
        .copied()
        .max_by_key(|leg| (count(*leg, side), std::cmp::Reverse(*leg)));
    let Some(leg) = both.filter(|leg| count(*leg, side) > 0).or(alone) else {
        return Vec::new();
    };
    let mut mine: Vec<Heard<'_, '_>> = facts
        .streams
        .iter()
        .zip(streams)
        .filter(|(f, p)| f.leg == leg && f.speaker == side && !p.is_empty())
        .collect();
    let others = facts
        .streams
        .iter()
        .zip(streams)
        .filter(|(f, p)| f.leg != leg && f.speaker == side && !p.is_empty());
    fill(&mut mine, others.collect());
    // Where two streams claim the same moment, the longer one is the conversation.
    mine.sort_by_key(|(_, packets)| std::cmp::Reverse(packets.len()));
    let with_blame = |(f, packets): Heard<'_, '_>| {
        let mut voice = voice::decode(facts, f, packets, foreign);
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

/// Lays a side's streams onto one lane.
fn lay(
    mut voices: Vec<Voice>,
    lane: u8,
    starts_at: WallTime,
    rate: Hertz,
    gaps: &mut Vec<Gap>,
) -> Lane {
    let mut out = Lane::default();
    let seamless = seamless(&mut voices, starts_at, rate);
    out.samples =
        seamless.unwrap_or_else(|| join(pieces(&voices, starts_at, &mut out.stats), rate));
    for (number, voice) in voices.iter().enumerate() {
        note_gaps(voice, lane, starts_at, gaps);
        merge_stats(&mut out.stats, &voice.stats, number == 0);
    }
    // A lane that gave no sound still lasts as long as its gaps.
    let silent_ms = gaps
        .iter()
        .filter(|g| g.lane == lane && g.reason != GapReason::Lost)
        .map(|g| g.to_ms)
        .max()
        .unwrap_or(0);
    let silent = (silent_ms * u64::from(rate.0) / 1000) as usize;
    if out.samples.len() < silent {
        out.samples.resize(silent, 0);
    }
    out
}

/// The sound of one stream whose pieces follow each other without a hole: as it was decoded it is
/// the lane, after the silence before it.
fn seamless(voices: &mut [Voice], starts_at: WallTime, rate: Hertz) -> Option<Vec<i16>> {
    let [voice] = voices else { return None };
    let lead = rate.samples_in(voice.pieces.first()?.start - starts_at);
    let mut end = 0;
    for piece in &voice.pieces {
        let place = lead + end as i64;
        if piece.from != end
            || piece.rate != rate
            || piece.concealed
            || rate.samples_in(piece.start - starts_at) != place
            || piece.start - starts_at >= LONGEST
        {
            return None;
        }
        end += piece.len;
    }
    let silence = usize::try_from(lead)
        .ok()
        .filter(|_| end == voice.pcm.len())?;
    let mut samples = std::mem::take(&mut voice.pcm);
    samples.splice(0..0, std::iter::repeat_n(0, silence));
    Some(samples)
}

/// Puts all pieces in their place, for each rate apart.
fn pieces(voices: &[Voice], starts_at: WallTime, stats: &mut LaneStats) -> Vec<(Hertz, Vec<i16>)> {
    let mut by_rate: Vec<(Hertz, Vec<i16>)> = Vec::new();
    let mut taken: Vec<(WallTime, WallTime)> = Vec::new();
    for voice in voices {
        let before = taken.clone();
        let free = |at: WallTime| !before.iter().any(|(from, to)| *from <= at && at < *to);
        let mut end = i64::MIN;
        let last = voice
            .pieces
            .iter()
            .map(|p| p.start - starts_at)
            .max()
            .unwrap_or_default()
            .min(LONGEST);
        for piece in voice
            .pieces
            .iter()
            .filter(|p| p.start - starts_at < LONGEST && free(p.start))
        {
            let buffer = buffer_for(&mut by_rate, piece.rate, last);
            end = write(
                buffer,
                piece,
                &voice.pcm,
                piece.rate.samples_in(piece.start - starts_at),
                end,
                &mut stats.concealed_ms,
            );
        }
        if let (Some(first), Some(last)) = (voice.pieces.first(), voice.pieces.last()) {
            taken.push((
                first.start,
                last.start + last.rate.duration(last.len as i64),
            ));
        }
    }
    by_rate
}

/// Room beyond the start of the last packet, in parts of a second.
const ROOM: usize = 4;

fn buffer_for(by_rate: &mut Vec<(Hertz, Vec<i16>)>, rate: Hertz, length: Micros) -> &mut Vec<i16> {
    let at = by_rate
        .iter()
        .position(|(r, _)| *r == rate)
        .unwrap_or_else(|| {
            by_rate.push((
                rate,
                Vec::with_capacity(
                    rate.samples_in(length).max(0) as usize + rate.0 as usize / ROOM,
                ),
            ));
            by_rate.len() - 1
        });
    &mut by_rate[at].1
}

/// A step between packets up to this is a shift for drift or a rounding, to be bridged; beyond, the
/// sender was silent.
const BRIDGED: i64 = 40;

/// Writes one piece; gives the sample after it.
fn write(
    buffer: &mut Vec<i16>,
    piece: &Piece,
    pcm: &[i16],
    position: i64,
    end: i64,
    concealed_ms: &mut u64,
) -> i64 {
    // What would come before the start or over what is already there is cut off.
    let skip = (end.max(0) - position).clamp(0, piece.len as i64);
    let position = position + skip;
    let samples = &pcm[piece.from + skip as usize..piece.from + piece.len];
    if samples.is_empty() {
        return end;
    }
    let at = position as usize;
    if buffer.len() < at {
        let hole = at - buffer.len();
        let small =
            hole as i64 <= i64::from(piece.rate.0) * BRIDGED / 1000 && end == buffer.len() as i64;
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
        let gap = Gap {
            lane,
            from_ms: ms(*from),
            to_ms: ms(*to),
            reason: *reason,
        };
        match gaps.last_mut() {
            Some(last)
                if last.lane == lane && last.reason == *reason && gap.from_ms <= last.to_ms + 1 =>
            {
                last.to_ms = last.to_ms.max(gap.to_ms)
            }
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
    all.not_authentic += one.not_authentic;
    if all.unheard.is_none() {
        all.unheard.clone_from(&one.unheard);
    }
    all.drift_shifts += one.drift_shifts;
    all.drift_shifted_us += one.drift_shifted_us;
    all.dtmf.extend(&one.dtmf);
    all.dtmf.sort_by_key(|d| d.at);
    if main {
        all.jitter_ms = one.jitter_ms;
        all.mos = one.mos;
        all.address = one.address;
        all.encryption = one.encryption;
        all.loss_was = one.loss_was;
    }
}

/// Brings what was sent at lower rates to the lane's and adds it up: pieces never overlap, so
/// adding is placing.
fn join(by_rate: Vec<(Hertz, Vec<i16>)>, rate: Hertz) -> Vec<i16> {
    let mut parts = by_rate.into_iter().map(|(r, samples)| {
        if r == rate {
            samples
        } else {
            resample(&samples, r, rate)
        }
    });
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

/// Band-limited conversion by FFT; empty when the rates cannot be converted, which those of
/// telephony all can.
pub fn resample(samples: &[i16], from: Hertz, to: Hertz) -> Vec<i16> {
    use rubato::audioadapter_buffers::owned::InterleavedOwned;
    use rubato::{Fft, FixedSync, Resampler as _};
    if from == to || samples.is_empty() {
        return samples.to_vec();
    }
    let input = samples.iter().map(|s| f32::from(*s)).collect();
    let converted = Fft::<f32>::new(from.0 as usize, to.0 as usize, 1024, 1, FixedSync::Both)
        .ok()
        .and_then(|mut r| {
            let input = InterleavedOwned::new_from(input, 1, samples.len()).ok()?;
            r.process_all(&input, samples.len(), None).ok()
        });
    converted
        .map(|c| {
            c.take_data()
                .into_iter()
                .map(|s| s.round().clamp(-32_768.0, 32_767.0) as i16)
                .collect()
        })
        .unwrap_or_default()
}
