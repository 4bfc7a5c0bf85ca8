//! Stored recordings back to samples: what [`super::encode`] wrote, for the box's own sound card
//! and for checks.

use super::error::{ArchiveError, Result};
use super::format::AudioFormat;
use super::wav::read_g711;
use crate::units::Hertz;
use std::io::Cursor;

/// Two lanes at one rate.
pub struct Lanes {
    pub rate: Hertz,
    pub lanes: [Vec<i16>; 2],
}

/// Decodes a stored recording.
///
/// # Errors
/// When the bytes are not what `encode` writes.
pub fn decode(format: AudioFormat, bytes: &[u8]) -> Result<Lanes> {
    match format {
        AudioFormat::Wav | AudioFormat::G711 => {
            read_g711(bytes).map_or_else(|| wav(bytes), |(rate, lanes)| Ok(Lanes { rate, lanes }))
        }
        AudioFormat::Flac => Err(ArchiveError::Unsupported(
            "FLAC is played in the browser, or by any player".to_owned(),
        )),
        AudioFormat::Opus => ogg_opus(bytes),
    }
}

/// What a decoder says of bytes that are not what was written.
fn broken(error: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::damaged(format!("the sound ({error})"))
}

fn wav(bytes: &[u8]) -> Result<Lanes> {
    let mut reader = hound::WavReader::new(Cursor::new(bytes)).map_err(broken)?;
    let rate = Hertz(reader.spec().sample_rate);
    let mut lanes = [Vec::new(), Vec::new()];
    for (i, sample) in reader.samples::<i16>().enumerate() {
        lanes[i % 2].push(sample.map_err(broken)?);
    }
    Ok(Lanes { rate, lanes })
}

const RATE: u32 = 48_000;
const LONGEST_FRAME: usize = 5760;

fn ogg_opus(bytes: &[u8]) -> Result<Lanes> {
    let bad = |what: &str| ArchiveError::damaged(what);
    let mut reader = ogg::PacketReader::new(Cursor::new(bytes));
    let mut next = || reader.read_packet().map_err(broken);
    let head = next()?.ok_or_else(|| bad("an empty Ogg file"))?.data;
    if head.len() < 21
        || !head.starts_with(b"OpusHead")
        || head[18] != 1
        || head[19] != 2
        || head[20] != 0
    {
        return Err(bad("not an Ogg Opus file of two uncoupled streams"));
    }
    let pre_skip = usize::from(u16::from_le_bytes([head[10], head[11]]));
    next()?;
    let mut decoders = [decoder()?, decoder()?];
    let mut lanes = [Vec::new(), Vec::new()];
    let mut end = 0;
    while let Some(packet) = next()? {
        end = packet.absgp_page() as usize;
        let (first, second) =
            split(&packet.data).ok_or_else(|| bad("a packet that is cut short"))?;
        for ((lane, decoder), data) in lanes
            .iter_mut()
            .zip(&mut decoders)
            .zip([first.as_slice(), second])
        {
            let start: usize = Vec::len(lane);
            lane.resize(start + LONGEST_FRAME, 0);
            let got = decoder
                .decode(data, &mut lane[start..], false)
                .map_err(broken)?;
            lane.truncate(start + got);
        }
    }
    for lane in &mut lanes {
        lane.truncate(end);
        lane.drain(..pre_skip.min(lane.len()));
    }
    Ok(Lanes {
        rate: Hertz(RATE),
        lanes,
    })
}

pub(super) fn decoder() -> Result<opus::Decoder> {
    opus::Decoder::new(RATE, opus::Channels::Mono).map_err(broken)
}

/// The self-delimited first packet, as a plain one, and the second (RFC 6716 appendix B).
pub(super) fn split(packet: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (toc, rest) = packet.split_first()?;
    let (short, after) = rest.split_first()?;
    let (length, after) = match *short {
        252.. => (
            usize::from(*short) + 4 * usize::from(*after.first()?),
            &after[1..],
        ),
        short => (usize::from(short), after),
    };
    let frame = after.get(..length)?;
    Some(([&[*toc], frame].concat(), &after[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::encode::encode;

    fn tone(rate: u32, hertz: f32) -> Vec<i16> {
        (0..rate * 2)
            .map(|i| {
                ((i as f32 * std::f32::consts::TAU * hertz / rate as f32).sin() * 12_000.0) as i16
            })
            .collect()
    }

    fn loudness(samples: &[i16]) -> f64 {
        let power: f64 = samples
            .iter()
            .map(|s| f64::from(*s) * f64::from(*s))
            .sum::<f64>()
            / samples.len() as f64;
        10.0 * (power.max(1e-3) / (32_768.0 * 32_768.0)).log10()
    }

    #[test]
    fn a_lane_never_leaks_into_the_other() {
        for rate in [8_000, 16_000, 48_000] {
            let (speaking, silent) = (tone(rate, 440.0), vec![0; rate as usize * 2]);
            for (left, right) in [(&speaking, &silent), (&silent, &speaking)] {
                let bytes = encode(AudioFormat::Opus, [left, right], Hertz(rate), None).unwrap();
                let heard = decode(AudioFormat::Opus, &bytes).unwrap();
                assert_eq!(heard.lanes[0].len(), 96_000, "two seconds, to the sample");
                let levels = [loudness(&heard.lanes[0]), loudness(&heard.lanes[1])];
                let isolation = (levels[0] - levels[1]).abs();
                assert!(isolation > 60.0, "{rate} Hz: {levels:?}");
            }
        }
    }
}
