//! WAV: PCM by hound, and G.711 as it was received, for which hound has no header (RIFF's `WAVE_FORMAT_ALAW` and `_MULAW`,
//! RFC 2361 appendix A).

use crate::media::codec::g711;
use crate::units::Hertz;
use std::io::{self, Cursor};

/// The laws of G.711.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    A,
    Mu,
}

/// Both lanes as 16-bit samples.
pub(super) fn pcm(lanes: [&[i16]; 2], rate: Hertz) -> io::Result<Vec<u8>> {
    let spec = hound::WavSpec { channels: 2, sample_rate: rate.0, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut bytes = Cursor::new(Vec::with_capacity(44 + lanes[0].len() * 4));
    let mut writer = hound::WavWriter::new(&mut bytes, spec).map_err(io::Error::other)?;
    let mut samples = writer.get_i16_writer((lanes[0].len() * 2) as u32);
    for (left, right) in lanes[0].iter().zip(lanes[1]) {
        samples.write_sample(*left);
        samples.write_sample(*right);
    }
    samples.flush().map_err(io::Error::other)?;
    writer.finalize().map_err(io::Error::other)?;
    Ok(bytes.into_inner())
}

/// Both lanes as the bytes of one law: every sample that the wire brought goes back to the byte it was, so nothing is lost.
pub(super) fn g711(lanes: [&[i16]; 2], rate: Hertz, law: Law) -> Vec<u8> {
    let table = match law {
        Law::A => &g711::ALAW,
        Law::Mu => &g711::ULAW,
    };
    let codes = inverse(table);
    let length = lanes[0].len() * 2;
    let mut out = Vec::with_capacity(HEADER + length);
    let mut chunk = |name: &[u8; 4], length: usize, body: &[u8]| {
        out.extend_from_slice(name);
        out.extend((length as u32).to_le_bytes());
        out.extend_from_slice(body);
    };
    chunk(b"RIFF", HEADER - 8 + length, b"WAVE");
    let tag: u16 = if law == Law::A { 6 } else { 7 };
    // Tag, channels, rate, bytes a second, bytes a frame, bits a sample, nothing more.
    let format = [tag.to_le_bytes(), 2_u16.to_le_bytes()].concat().into_iter().chain(rate.0.to_le_bytes()).chain((rate.0 * 2).to_le_bytes());
    let format: Vec<u8> = format.chain(2_u16.to_le_bytes()).chain(8_u16.to_le_bytes()).chain(0_u16.to_le_bytes()).collect();
    chunk(b"fmt ", format.len(), &format);
    chunk(b"fact", 4, &(lanes[0].len() as u32).to_le_bytes());
    chunk(b"data", length, &[]);
    out.extend(lanes[0].iter().zip(lanes[1]).flat_map(|(l, r)| [codes[usize::from(*l as u16)], codes[usize::from(*r as u16)]]));
    out
}

const HEADER: usize = 12 + 26 + 12 + 8;

/// The code whose value is nearest, for each of the 65,536 samples.
fn inverse(table: &[i16; 256]) -> Vec<u8> {
    let mut known: Vec<(i16, u8)> = table.iter().copied().zip(0..=255).collect();
    // Of two zeros the positive one stands, which phones send for silence.
    known.sort_by_key(|(value, code)| (*value, std::cmp::Reverse(*code)));
    known.dedup_by_key(|(value, _)| *value);
    let nearest = |sample: i16| {
        let above = known.partition_point(|(value, _)| *value < sample);
        let around = [above.saturating_sub(1), above.min(known.len() - 1)];
        around.into_iter().min_by_key(|i| (i32::from(known[*i].0) - i32::from(sample)).abs()).map_or(0, |i| known[i].1)
    };
    (0..=u16::MAX).map(|sample| nearest(sample as i16)).collect()
}

/// Samples of a G.711 WAV that [`g711()`] wrote; `None` when it is something else.
pub(super) fn read_g711(bytes: &[u8]) -> Option<(Hertz, [Vec<i16>; 2])> {
    if bytes.len() < HEADER || &bytes[..4] != b"RIFF" || &bytes[12..16] != b"fmt " {
        return None;
    }
    let table = match bytes[20] {
        6 => &g711::ALAW,
        7 => &g711::ULAW,
        _ => return None,
    };
    let rate = Hertz(u32::from_le_bytes(bytes[24..28].try_into().ok()?));
    let lane = |first: usize| bytes[HEADER..].iter().skip(first).step_by(2).map(|b| table[usize::from(*b)]).collect();
    Some((rate, [lane(0), lane(1)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wav_holds_the_samples_themselves() {
        let bytes = pcm([&[1, 2, 3], &[-1, -2, -3]], Hertz(8000)).unwrap();
        let read: Vec<i16> = hound::WavReader::new(Cursor::new(bytes)).unwrap().into_samples().map(Result::unwrap).collect();
        assert_eq!(read, [1, -1, 2, -2, 3, -3]);
    }

    #[test]
    fn what_came_as_g711_lies_there_as_g711() {
        for (law, table) in [(Law::A, &g711::ALAW), (Law::Mu, &g711::ULAW)] {
            let backwards: Vec<i16> = table.iter().rev().copied().collect();
            let bytes = g711([table, &backwards], Hertz(8000), law);
            assert_eq!(bytes.len(), HEADER + 512);
            let (rate, lanes) = read_g711(&bytes).unwrap();
            assert_eq!((rate, lanes), (Hertz(8000), [table.to_vec(), backwards]));
        }
    }
}
