//! Two lanes to a file: Ogg Opus (RFC 7845) as two uncoupled streams, WAV or FLAC.
//!
//! Uncoupled means that one lane cannot leak into the other by construction; coupled stereo leaks
//! at speech bit rates. The `opus` crate has no multistream encoder, so each lane has a mono
//! encoder of its own and the two packets are joined as RFC 6716 appendix B says: the first one
//! self-delimiting, the second plain.

use super::flac;
use super::format::{AudioFormat, Look};
use super::wav;
pub use super::wav::Law;
use crate::media::lanes::resample;
use crate::units::Hertz;
use std::io::{self, Write};

/// Encodes both lanes, which are of one length, into memory; [`write()`] does it without holding
/// the result.
///
/// # Errors
/// What the encoder says; samples themselves are never refused.
pub fn encode(
    format: AudioFormat,
    lanes: [&[i16]; 2],
    rate: Hertz,
    law: Option<Law>,
) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    write(format, lanes, rate, law, &mut out, &mut |_| ())?;
    Ok(out)
}

/// Encodes both lanes, which are of one length, in many small pieces. `law` is the one by which all
/// of it came, for [`AudioFormat::G711`]. `look` is shown all of both lanes in their order, each
/// part while it is in the cache.
///
/// # Errors
/// What the encoder or `out` says; samples themselves are never refused.
pub fn write(
    format: AudioFormat,
    lanes: [&[i16]; 2],
    rate: Hertz,
    law: Option<Law>,
    out: &mut dyn Write,
    look: Look<'_>,
) -> io::Result<()> {
    if let (AudioFormat::G711, Some(law)) = (format, law) {
        return wav::g711(lanes, rate, law, out, look);
    }
    match format {
        AudioFormat::Wav | AudioFormat::G711 => wav::pcm(lanes, rate, out, look),
        AudioFormat::Flac => {
            look(lanes);
            out.write_all(&flac::flac(lanes, rate)?)
        }
        AudioFormat::Opus => {
            look(lanes);
            ogg_opus(lanes, rate, out)
        }
    }
}

/// Rates that libopus takes; others are brought to the next one up.
const OPUS_RATES: [u32; 5] = [8_000, 12_000, 16_000, 24_000, 48_000];
/// One frame: 20 ms.
const FRAMES_PER_SECOND: u32 = 50;
/// Granule positions always count at 48 kHz (RFC 7845 §4).
const GRANULE_RATE: u32 = 48_000;
/// A page each second, so that a player finds its place.
const PACKETS_PER_PAGE: usize = FRAMES_PER_SECOND as usize;
const SERIAL: u32 = 0x4153_5341;
const LARGEST_PACKET: usize = 1275;

fn ogg_opus(lanes: [&[i16]; 2], rate: Hertz, out: &mut dyn Write) -> io::Result<()> {
    let taken = Hertz(
        OPUS_RATES
            .into_iter()
            .find(|r| *r >= rate.0)
            .unwrap_or(GRANULE_RATE),
    );
    if taken != rate {
        let converted = lanes.map(|lane| resample(lane, rate, taken));
        return ogg_opus([&converted[0], &converted[1]], taken, out);
    }
    let bitrate = match rate.0 {
        8_000 => 24_000,
        12_000 | 16_000 => 28_000,
        _ => 32_000,
    };
    let mut encoders = [encoder(rate, bitrate)?, encoder(rate, bitrate)?];
    let to_granules = u64::from(GRANULE_RATE / rate.0);
    let pre_skip = encoders[0].get_lookahead().map_err(io::Error::other)? as u64 * to_granules;
    let frame = (rate.0 / FRAMES_PER_SECOND) as usize;
    let total = lanes[0].len();
    // The encoder runs behind by its look-ahead: one more frame brings the end out.
    let frames = (total + pre_skip as usize / to_granules as usize)
        .div_ceil(frame)
        .max(1);
    let mut ogg = ogg::PacketWriter::new(out);
    ogg.write_packet(
        head(pre_skip as u16, rate),
        SERIAL,
        ogg::PacketWriteEndInfo::EndPage,
        0,
    )?;
    ogg.write_packet(tags(), SERIAL, ogg::PacketWriteEndInfo::EndPage, 0)?;
    let mut padded = vec![0; frame];
    for number in 0..frames {
        let mut packet = Vec::with_capacity(300);
        for (lane, encoder) in encoders.iter_mut().enumerate() {
            let part = lanes[lane]
                .get(number * frame..((number + 1) * frame).min(total))
                .unwrap_or(&[]);
            padded[..part.len()].copy_from_slice(part);
            padded[part.len()..].fill(0);
            let encoded = encoder
                .encode_vec(&padded, LARGEST_PACKET)
                .map_err(io::Error::other)?;
            if lane == 0 {
                self_delimited(&encoded, &mut packet)?
            } else {
                packet.extend(encoded)
            }
        }
        let last = number + 1 == frames;
        let granule = match last {
            true => pre_skip + total as u64 * to_granules,
            false => ((number + 1) * frame) as u64 * to_granules,
        };
        let end = match () {
            () if last => ogg::PacketWriteEndInfo::EndStream,
            () if (number + 1) % PACKETS_PER_PAGE == 0 => ogg::PacketWriteEndInfo::EndPage,
            () => ogg::PacketWriteEndInfo::NormalPacket,
        };
        ogg.write_packet(packet, SERIAL, end, granule)?;
    }
    Ok(())
}

fn encoder(rate: Hertz, bitrate: i32) -> io::Result<opus::Encoder> {
    let mut encoder = opus::Encoder::new(rate.0, opus::Channels::Mono, opus::Application::Voip)
        .map_err(io::Error::other)?;
    encoder
        .set_bitrate(opus::Bitrate::Bits(bitrate))
        .map_err(io::Error::other)?;
    encoder
        .set_signal(opus::Signal::Voice)
        .map_err(io::Error::other)?;
    // On what came over a telephone more effort is not heard: by PESQ it is even a little worse
    // (tests/bench/sound.py), and takes two and a half times as long.
    encoder
        .set_complexity(if rate.0 <= 8_000 { 1 } else { 5 })
        .map_err(io::Error::other)?;
    Ok(encoder)
}

/// RFC 7845 §5.1, channel mapping family 1: two streams, none coupled, left then right.
fn head(pre_skip: u16, rate: Hertz) -> Vec<u8> {
    let mut head = b"OpusHead\x01\x02".to_vec();
    head.extend(pre_skip.to_le_bytes());
    head.extend(rate.0.to_le_bytes());
    head.extend([0, 0, 1, 2, 0, 0, 1]);
    head
}

fn tags() -> Vec<u8> {
    let vendor = b"assay";
    let mut tags = b"OpusTags".to_vec();
    tags.extend((vendor.len() as u32).to_le_bytes());
    tags.extend(vendor);
    tags.extend(0_u32.to_le_bytes());
    tags
}

/// Puts the frame's length behind the TOC byte (RFC 6716 appendix B). An encoder asked for 20 ms
/// makes one frame a packet (code 0); anything else would be its defect.
fn self_delimited(packet: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let [toc, frame @ ..] = packet else {
        return Err(io::Error::other("the Opus encoder gave an empty packet"));
    };
    if toc & 3 != 0 {
        return Err(io::Error::other(
            "the Opus encoder gave more than one frame in a packet",
        ));
    }
    out.push(*toc);
    if frame.len() < 252 {
        out.push(frame.len() as u8);
    } else {
        let first = 252 + (frame.len() & 3);
        out.extend([first as u8, ((frame.len() - first) >> 2) as u8]);
    }
    out.extend_from_slice(frame);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_rfc_6716_counts_them() {
        for len in [0_usize, 1, 251, 252, 255, 256, 1274] {
            let mut out = Vec::new();
            self_delimited(&vec![8; len + 1], &mut out).unwrap();
            let (read, used) = if out[1] < 252 {
                (usize::from(out[1]), 1)
            } else {
                (usize::from(out[1]) + 4 * usize::from(out[2]), 2)
            };
            assert_eq!((read, out.len()), (len, 1 + used + len));
        }
        assert!(self_delimited(&[9, 0], &mut Vec::new()).is_err());
    }
}
