//! Sealing: from a call in the spool to a stored recording and its facts. Idempotent: the
//! same spool gives the same result, so a crash half way costs nothing but the work.

use super::encode;
use super::error::{ArchiveError, Result};
use super::format::AudioFormat;
use super::objects::Objects;
use super::spool::{self, ClosedCall, SpoolLossReason, SpoolReader, SpooledCall};
use super::wav::Law;
use crate::call::Withheld;
use crate::call::{CallFacts, Side, StreamNo};
use crate::hex::hex;
use crate::media::codec::Codec;
use crate::media::codec::foreign::Foreign;
use crate::media::dtmf;
use crate::media::lane::LaneStats;
use crate::media::peaks::Painter;
use crate::media::speech::{Listener, SpeechSpan};
use crate::media::{Assembled, Gap, GapReason, Lane, assemble};
use crate::units::{Hertz, WallTime};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use uuid::Uuid;

/// A gap that the spool knows of and the one in the sequence numbers differ by a packet and its
/// jitter.
const SLACK_MS: u64 = 80;

/// A call with everything that is known after sealing; the store takes it in one transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SealedCall {
    pub facts: CallFacts,
    /// `None` when there was no media.
    pub recording: Option<Recording>,
    pub lanes: Vec<SealedLane>,
    /// In the order of their start.
    pub gaps: Vec<Gap>,
}

impl SealedCall {
    /// Whether its objects bear the names that sealing gives them.
    pub fn is_named_as_sealed(&self) -> bool {
        let Some(recording) = &self.recording else {
            return true;
        };
        let name = |extension: &str| Objects::name(self.facts.started_at, self.facts.id, extension);
        recording.path == name(recording.format.extension())
            && recording.peaks == name("peaks.json")
            && recording.raw.as_ref().is_none_or(|raw| *raw == name("raw"))
    }
}

/// One lane's facts: whose it is, how it arrived, when somebody speaks in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SealedLane {
    pub side: Side,
    pub stats: LaneStats,
    /// When its speaker speaks.
    pub speech: Vec<SpeechSpan>,
}

/// A stored recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The object's name, relative to the data folder.
    pub path: String,
    /// The waveform's object.
    pub peaks: String,
    /// What could not be decoded yet, kept as it came; `None` when all was.
    pub raw: Option<String>,
    pub format: AudioFormat,
    pub sample_rate: Hertz,
    pub duration_ms: u64,
    /// Of the first sample.
    pub starts_at: WallTime,
    /// The key for which it is encrypted.
    pub key: Option<String>,
    /// SHA-256 of the recording, in hex; encryption at rest does not change it.
    pub sha256: String,
    /// Length of the recording, before encryption.
    pub bytes: u64,
}

/// How calls are sealed.
#[derive(Debug, Clone, Copy, Default)]
pub struct SealOptions {
    pub format: AudioFormat,
    /// Silence keys in the sound, and forget which they were.
    pub mask_digits: bool,
}

/// A sealed call whose objects a power cut could still take the names from: [`settle`] comes before
/// any row.
#[must_use]
pub struct Written(SealedCall);

/// Makes sealed calls' objects outlast a power cut.
///
/// # Errors
/// When the disk fails.
pub fn settle(objects: &Objects, written: Vec<Written>) -> Result<Vec<SealedCall>> {
    let calls: Vec<SealedCall> = written.into_iter().map(|w| w.0).collect();
    objects.settle(
        calls
            .iter()
            .filter_map(|c| c.recording.as_ref())
            .map(|r| r.path.as_str()),
    )?;
    Ok(calls)
}

/// Seals one call.
///
/// # Errors
/// When the spool cannot be read or the disk cannot be written; the call stays in the spool.
pub fn seal(
    spool: &mut SpoolReader,
    objects: &Objects,
    call: &ClosedCall,
    options: SealOptions,
    foreign: &mut dyn Foreign,
) -> Result<Written> {
    let spooled = spool.call(call)?;
    let packets = spooled
        .packets
        .iter()
        .map(|p| (p.at, p.stream, spooled.bytes(p)));
    let assembled = assemble(&spooled.facts, packets, foreign);
    let Some(mut assembled) = assembled else {
        let gaps = missing(
            &spooled,
            spooled
                .facts
                .answered_at
                .unwrap_or(spooled.facts.started_at),
        );
        return Ok(Written(SealedCall {
            facts: spooled.facts,
            recording: None,
            lanes: Vec::new(),
            gaps,
        }));
    };
    if options.mask_digits {
        dtmf::mask(&mut assembled);
    }
    let missing = missing(&spooled, assembled.starts_at);
    // What the disk lost is one gap, with its own reason.
    let known = |g: &Gap| {
        g.reason == GapReason::Lost
            && missing.iter().any(|m| {
                m.lane == g.lane
                    && g.from_ms + SLACK_MS >= m.from_ms
                    && g.to_ms <= m.to_ms + SLACK_MS
            })
    };
    assembled.gaps.retain(|g| !known(g));
    assembled.gaps.extend(missing);
    assembled.gaps.sort_by_key(|g| (g.from_ms, g.lane));
    let stored = store(
        (spooled.facts.id, spooled.facts.started_at),
        &assembled,
        objects,
        options,
        Some(&spooled),
        "",
    )?;
    Ok(sealed(spooled.facts, assembled, stored))
}

/// Sound that somebody else recorded.
#[derive(Debug, Clone)]
pub struct OthersAudio {
    pub sample_rate: Hertz,
    /// One lane where both voices were mixed; else two, the caller's first.
    pub lanes: Vec<Vec<i16>>,
    /// By its short name.
    pub codec: String,
    /// The file ended early.
    pub cut_short: bool,
}

/// Seals a recording that somebody else made. A mixed one holds both voices in the left lane; the
/// right one is a gap.
///
/// # Errors
/// When the disk cannot be written.
pub fn seal_imported(
    facts: CallFacts,
    imported: OthersAudio,
    objects: &Objects,
    format: AudioFormat,
) -> Result<Written> {
    let rate = imported.sample_rate;
    let length = imported.lanes.iter().map(Vec::len).max().unwrap_or(0);
    let length_ms = length as u64 * 1000 / u64::from(rate.0.max(1));
    let mut gaps = Vec::new();
    let mixed = imported.lanes.len() < 2;
    let mut given = imported.lanes.into_iter();
    let mut lanes = [0_u8, 1].map(|number| {
        let mut samples = given.next().unwrap_or_default();
        if samples.is_empty() {
            gaps.push(Gap {
                lane: number,
                from_ms: 0,
                to_ms: length_ms,
                reason: GapReason::NotCaptured,
            });
        }
        samples.resize(length, 0);
        Lane {
            samples,
            stats: LaneStats {
                codecs: vec![imported.codec.clone()],
                ..LaneStats::default()
            },
        }
    });
    // The first channel is the caller's; left is the telemarketer's.
    let left = facts.left();
    if left == Side::Callee && !mixed {
        lanes.swap(0, 1);
    }
    if imported.cut_short {
        gaps.extend([0, 1].map(|lane| Gap {
            lane,
            from_ms: length_ms,
            to_ms: length_ms + 1,
            reason: GapReason::NotCaptured,
        }));
    }
    let assembled = Assembled {
        sample_rate: rate,
        starts_at: facts.started_at,
        lanes,
        gaps,
    };
    let stored = store(
        (facts.id, facts.started_at),
        &assembled,
        objects,
        SealOptions {
            format,
            mask_digits: false,
        },
        None,
        "",
    )?;
    Ok(sealed(facts, assembled, stored))
}

fn sealed(facts: CallFacts, assembled: Assembled, stored: Stored) -> Written {
    let left = facts.left();
    let lanes = assembled
        .lanes
        .into_iter()
        .zip(stored.speech)
        .zip([left, left.other()]);
    let lanes = lanes
        .map(|((lane, speech), side)| SealedLane {
            side,
            speech,
            stats: lane.stats,
        })
        .collect();
    Written(SealedCall {
        facts,
        recording: Some(stored.recording),
        lanes,
        gaps: assembled.gaps,
    })
}

/// Reads what [`seal`] kept of a call that it could not make audible, and seals it anew: into
/// objects of its own, so that the first recording stays what it was until a row names the new one.
///
/// # Errors
/// When what was kept cannot be read, or the disk cannot be written.
pub fn seal_again(
    objects: &Objects,
    raw: &str,
    options: SealOptions,
    foreign: &mut dyn Foreign,
) -> Result<Option<Written>> {
    let bytes = objects.read(raw)?;
    let damaged = || ArchiveError::damaged(raw);
    let end = bytes.iter().position(|b| *b == b'\n').ok_or_else(damaged)?;
    let facts: CallFacts = serde_json::from_slice(&bytes[..end])?;
    let packets = spool::packets(&bytes[end + 1..]);
    let Some(mut assembled) = assemble(&facts, packets, foreign) else {
        return Ok(None);
    };
    if options.mask_digits {
        dtmf::mask(&mut assembled);
    }
    let name = format!("again-{}", Uuid::now_v7().simple());
    let mut stored = store(
        (facts.id, facts.started_at),
        &assembled,
        objects,
        options,
        None,
        &name,
    )?;
    stored.recording.raw = Some(raw.to_owned());
    Ok(Some(sealed(facts, assembled, stored)))
}

/// Gaps that the spool and the house's rules know of, counted from `start`. A block holds both
/// sides' packets, and a rule withholds both.
fn missing(spooled: &SpooledCall<'_>, start: WallTime) -> Vec<Gap> {
    let ms = |at: WallTime| at.millis_since(start).max(0) as u64;
    let end = spooled
        .facts
        .ended_at
        .or(spooled.packets.last().map(|p| p.at))
        .unwrap_or(start);
    let lost = spooled.losses.iter().map(|loss| {
        let reason = match loss.reason {
            SpoolLossReason::Disk => GapReason::Disk,
            SpoolLossReason::Overload => GapReason::Overload,
            SpoolLossReason::Damaged => GapReason::Damaged,
        };
        (loss.from, loss.to, reason)
    });
    // A range before the first packet or after the last withheld nothing.
    let withheld = spooled
        .facts
        .withheld
        .iter()
        .filter(|s| s.packets > 0)
        .map(|s| {
            let reason = match s.why {
                Withheld::Paused => GapReason::Paused,
                Withheld::Policy => GapReason::Policy,
                Withheld::Overload => GapReason::Overload,
            };
            (s.from, s.to.unwrap_or(end), reason)
        });
    lost.chain(withheld)
        .flat_map(|(from, to, reason)| {
            [0, 1].map(|lane| Gap {
                lane,
                from_ms: ms(from),
                to_ms: ms(to),
                reason,
            })
        })
        .collect()
}

/// A recording, and what was seen of each lane while it was written.
struct Stored {
    recording: Recording,
    speech: [Vec<SpeechSpan>; 2],
}

fn store(
    (id, at): (Uuid, WallTime),
    assembled: &Assembled,
    objects: &Objects,
    options: SealOptions,
    spooled: Option<&SpooledCall<'_>>,
    prefix: &str,
) -> Result<Stored> {
    let lanes = [
        assembled.lanes[0].samples.as_slice(),
        assembled.lanes[1].samples.as_slice(),
    ];
    let format = options.format;
    let rate = assembled.sample_rate;
    let dotted = if prefix.is_empty() {
        String::new()
    } else {
        format!("{prefix}.")
    };
    let path = Objects::name(at, id, &format!("{dotted}{}", format.extension()));
    let peaks_path = Objects::name(at, id, &format!("{dotted}peaks.json"));
    let (mut painter, mut listeners) = (
        Painter::new(lanes[0].len(), rate.0),
        [Listener::new(rate.0), Listener::new(rate.0)],
    );
    let mut look = |part: [&[i16]; 2]| {
        painter.take(part);
        listeners
            .iter_mut()
            .zip(part)
            .for_each(|(listener, lane)| listener.take(lane));
    };
    let mut hashed = Hashed::new(objects.create(&path)?);
    encode::write(format, lanes, rate, law(assembled), &mut hashed, &mut look)?;
    let (object, sha256, bytes) = hashed.finish();
    let key = object.finish()?;
    objects.put(&peaks_path, &painter.finish().to_json()?)?;
    let undecoded = assembled.gaps.iter().any(|g| {
        matches!(
            g.reason,
            GapReason::UnsupportedCodec | GapReason::Encrypted | GapReason::DecoderFailed
        )
    });
    let undecoded = spooled.filter(|_| undecoded);
    let raw = undecoded.map(|_| Objects::name(at, id, "raw"));
    if let (Some(name), Some(spooled)) = (&raw, undecoded) {
        objects.put(
            name,
            &raw_bytes(spooled, objects.keyring().encrypts(), options.mask_digits)?,
        )?;
    }
    let recording = Recording {
        sha256,
        bytes,
        path,
        key,
        peaks: peaks_path,
        raw,
        format,
        sample_rate: rate,
        duration_ms: (lanes[0].len() as u64 * 1000) / u64::from(rate.0.max(1)),
        starts_at: assembled.starts_at,
    };
    Ok(Stored {
        recording,
        speech: listeners.map(Listener::finish),
    })
}

/// Hashes and counts what passes.
struct Hashed<W> {
    to: W,
    digest: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    fn new(to: W) -> Hashed<W> {
        Hashed {
            to,
            digest: Sha256::new(),
            bytes: 0,
        }
    }

    /// Where it went, the SHA-256 in hex, and the length in bytes.
    fn finish(self) -> (W, String, u64) {
        (self.to, hex(&self.digest.finalize()), self.bytes)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.to.write(bytes)?;
        self.digest.update(&bytes[..taken]);
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The law by which all of a call came.
fn law(assembled: &Assembled) -> Option<Law> {
    let mut codecs = assembled.lanes.iter().flat_map(|l| &l.stats.codecs);
    let first = codecs.next()?;
    let same = codecs.all(|c| c.eq_ignore_ascii_case(first));
    match first.to_ascii_uppercase().as_str() {
        "PCMA" if same => Some(Law::A),
        "PCMU" if same => Some(Law::Mu),
        _ => None,
    }
}

/// The call as the spool had it: one line of facts as JSON, then the packets with the spool's own
/// heads. Keys of encrypted media are kept only where the object itself is encrypted; keys that
/// people pressed, only where they are not masked.
fn raw_bytes(spooled: &SpooledCall<'_>, encrypted: bool, mask_digits: bool) -> Result<Vec<u8>> {
    let mut raw = if encrypted {
        serde_json::to_vec(&spooled.facts)?
    } else {
        serde_json::to_vec(&spooled.facts.without_keys())?
    };
    raw.push(b'\n');
    for packet in &spooled.packets {
        let bytes = spooled.bytes(packet);
        if mask_digits && is_key(&spooled.facts, packet.stream, packet.at, bytes) {
            continue;
        }
        raw.extend(packet.at.micros().to_le_bytes());
        raw.extend(packet.stream.0.to_le_bytes());
        raw.extend((bytes.len() as u16).to_le_bytes());
        raw.extend_from_slice(bytes);
    }
    Ok(raw)
}

fn is_key(facts: &CallFacts, stream: StreamNo, at: WallTime, packet: &[u8]) -> bool {
    let format = facts
        .streams
        .get(usize::from(stream.0))
        .zip(packet.get(1))
        .and_then(|(s, second)| facts.format(s, second & 0x7f, at));
    format.is_some_and(|f| Codec::of(&f) == Codec::TelephoneEvent)
}
