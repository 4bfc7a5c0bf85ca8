//! Sealing: from a call in the spool to a stored recording and what is told of it. Idempotent: the same spool gives the
//! same result, so a crash half way costs nothing but the work.

use super::encode::{self, AudioFormat};
use super::objects::Objects;
use super::spool::{ClosedCall, SpoolLossReason, SpooledCall, read_call};
use crate::call::{CallFacts, Side};
use crate::media::lanes::LaneStats;
use crate::media::speech::{self, Stretch};
use crate::media::{Assembled, Gap, GapReason, assemble, peaks};
use crate::units::{Hertz, WallTime};
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// A call with everything that is known after sealing; the store takes it in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct SealedCall {
    pub facts: CallFacts,
    /// `None` when there was no media.
    pub recording: Option<Recording>,
    pub lanes: Vec<SealedLane>,
    pub gaps: Vec<Gap>,
}

/// One lane's facts: whose it is, how it arrived, when somebody speaks in it.
#[derive(Debug, Clone, PartialEq)]
pub struct SealedLane {
    pub side: Side,
    pub stats: LaneStats,
    pub speech: Vec<Stretch>,
}

/// A stored recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The object's name, relative to the data folder.
    pub path: String,
    pub peaks: String,
    /// What could not be decoded yet, kept as it came; `None` when all was.
    pub raw: Option<String>,
    pub format: AudioFormat,
    pub sample_rate: Hertz,
    pub duration_ms: u64,
    pub starts_at: WallTime,
    /// SHA-256 of the stored bytes, in hex.
    pub sha256: String,
    pub bytes: u64,
}

/// Seals one call.
///
/// # Errors
/// When the spool cannot be read or the disk cannot be written; the call stays in the spool.
pub fn seal(spool: &Path, objects: &Objects, call: &ClosedCall, format: AudioFormat) -> io::Result<SealedCall> {
    let spooled = read_call(spool, call)?;
    let packets = spooled.packets.iter().map(|p| (p.at, p.stream, spooled.bytes(p)));
    let assembled = assemble(&spooled.facts, packets);
    let Some(mut assembled) = assembled else {
        return Ok(SealedCall { facts: spooled.facts, recording: None, lanes: Vec::new(), gaps: Vec::new() });
    };
    add_spool_losses(&mut assembled, call);
    let recording = store(&spooled, &assembled, objects, format)?;
    let left = spooled.facts.left();
    let Assembled { lanes, gaps, sample_rate, .. } = assembled;
    let lanes = lanes.into_iter().zip([left, left.other()]).map(|(lane, side)| SealedLane { side, speech: speech::map(&lane.samples, sample_rate.0), stats: lane.stats }).collect();
    Ok(SealedCall { facts: spooled.facts, recording: Some(recording), lanes, gaps })
}

fn add_spool_losses(assembled: &mut Assembled, call: &ClosedCall) {
    let ms = |at: WallTime| at.millis_since(assembled.starts_at).max(0) as u64;
    for loss in &call.losses {
        let reason = match loss.reason {
            SpoolLossReason::Disk => GapReason::Disk,
            SpoolLossReason::Overload => GapReason::Overload,
        };
        // A block holds both sides' packets.
        assembled.gaps.extend([0, 1].map(|lane| Gap { lane, from_ms: ms(loss.from), to_ms: ms(loss.to), reason }));
    }
}

fn store(spooled: &SpooledCall, assembled: &Assembled, objects: &Objects, format: AudioFormat) -> io::Result<Recording> {
    let (id, at) = (spooled.facts.id, spooled.facts.started_at);
    let lanes = [assembled.lanes[0].samples.as_slice(), assembled.lanes[1].samples.as_slice()];
    let bytes = encode::encode(format, lanes, assembled.sample_rate)?;
    let picture = peaks::peaks(lanes, assembled.sample_rate.0);
    let path = Objects::name(at, id, format.extension());
    let peaks_path = Objects::name(at, id, "peaks.json");
    objects.put(&path, &bytes)?;
    objects.put(&peaks_path, &serde_json::to_vec(&picture)?)?;
    let undecoded = assembled.gaps.iter().any(|g| matches!(g.reason, GapReason::UnsupportedCodec | GapReason::Encrypted | GapReason::DecoderFailed));
    let raw = undecoded.then(|| Objects::name(at, id, "raw"));
    if let Some(name) = &raw {
        objects.put(name, &raw_bytes(spooled)?)?;
    }
    Ok(Recording {
        sha256: hex(&Sha256::digest(&bytes)),
        bytes: bytes.len() as u64,
        path,
        peaks: peaks_path,
        raw,
        format,
        sample_rate: assembled.sample_rate,
        duration_ms: (lanes[0].len() as u64 * 1000) / u64::from(assembled.sample_rate.0.max(1)),
        starts_at: assembled.starts_at,
    })
}

/// The call as the spool had it: one line of facts as JSON, then the packets with the spool's own heads.
fn raw_bytes(spooled: &SpooledCall) -> io::Result<Vec<u8>> {
    let mut raw = serde_json::to_vec(&spooled.facts)?;
    raw.push(b'\n');
    for packet in &spooled.packets {
        let bytes = spooled.bytes(packet);
        raw.extend(packet.at.micros().to_le_bytes());
        raw.extend(packet.stream.0.to_le_bytes());
        raw.extend((bytes.len() as u16).to_le_bytes());
        raw.extend_from_slice(bytes);
    }
    Ok(raw)
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
