//! WAV: PCM by hound, and G.711 as it was received, for which hound has no header (RIFF's
//! `WAVE_FORMAT_ALAW` and `_MULAW`, RFC 2361 appendix A).

use super::format::Look;
use crate::media::codec::g711;
use crate::media::wide::wide;
use crate::units::Hertz;
use std::io::{self, Cursor, Write};

/// The laws of G.711.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    A,
    Mu,
}

/// Both lanes as 16-bit samples. Hound makes the head; what it would take one by one is joined here
/// many at a time. `look` as in [`super::encode::write()`].
pub(super) fn pcm(
    lanes: [&[i16]; 2],
    rate: Hertz,
    out: &mut dyn Write,
    look: Look<'_>,
) -> io::Result<()> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: rate.0,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let length = lanes[0].len() * 4;
    let mut head = Cursor::new(Vec::with_capacity(PCM_HEADER));
    hound::WavWriter::new(&mut head, spec)
        .and_then(hound::WavWriter::finalize)
        .map_err(io::Error::other)?;
    let mut head = head.into_inner();
    if head.len() != PCM_HEADER {
        return Err(io::Error::other(
            "hound's head for PCM has another length than RIFF's",
        ));
    }
    head[4..8].copy_from_slice(&((PCM_HEADER - 8 + length) as u32).to_le_bytes());
    head[PCM_HEADER - 4..].copy_from_slice(&(length as u32).to_le_bytes());
    out.write_all(&head)?;
    let mut joined = [0; 4 * JOINED];
    for (left, right) in lanes[0].chunks(JOINED).zip(lanes[1].chunks(JOINED)) {
        look([left, right]);
        let frames = &mut joined[..4 * left.len()];
        wide(|| {
            for ((frame, l), r) in frames.chunks_exact_mut(4).zip(left).zip(right) {
                let both = u32::from(l.cast_unsigned()) | u32::from(r.cast_unsigned()) << 16;
                frame.copy_from_slice(&both.to_le_bytes());
            }
        });
        out.write_all(frames)?;
    }
    Ok(())
}

/// RIFF, format and the data's own head (Multimedia Programming Interface and Data Specifications
/// 1.0, "WAVE").
const PCM_HEADER: usize = 44;
/// Frames that are looked at, joined and written at a time, in memory that stays near.
const JOINED: usize = 1024;

/// Both lanes as the bytes of one law: every sample that the wire brought goes back to the byte it
/// was, so nothing is lost.
pub(super) fn g711(
    lanes: [&[i16]; 2],
    rate: Hertz,
    law: Law,
    out: &mut dyn Write,
    look: Look<'_>,
) -> io::Result<()> {
    let code = match law {
        Law::A => g711::encode_alaw,
        Law::Mu => g711::encode_ulaw,
    };
    let length = lanes[0].len() * 2;
    let mut chunk = |name: &[u8; 4], length: usize, body: &[u8]| {
        out.write_all(&[&name[..], &(length as u32).to_le_bytes(), body].concat())
    };
    chunk(b"RIFF", HEADER - 8 + length, b"WAVE")?;
    let tag: u16 = if law == Law::A { 6 } else { 7 };
    // Tag, channels, rate, bytes a second, bytes a frame, bits a sample, nothing more.
    let format = [tag.to_le_bytes(), 2_u16.to_le_bytes()]
        .concat()
        .into_iter()
        .chain(rate.0.to_le_bytes())
        .chain((rate.0 * 2).to_le_bytes());
    let format: Vec<u8> = format
        .chain(2_u16.to_le_bytes())
        .chain(8_u16.to_le_bytes())
        .chain(0_u16.to_le_bytes())
        .collect();
    chunk(b"fmt ", format.len(), &format)?;
    chunk(b"fact", 4, &(lanes[0].len() as u32).to_le_bytes())?;
    chunk(b"data", length, &[])?;
    let mut joined = [0; 2 * JOINED];
    for (left, right) in lanes[0].chunks(JOINED).zip(lanes[1].chunks(JOINED)) {
        look([left, right]);
        let mut codes = [[0; JOINED]; 2];
        code(left, &mut codes[0]);
        code(right, &mut codes[1]);
        let frames = &mut joined[..2 * left.len()];
        wide(|| {
            frames
                .chunks_exact_mut(2)
                .zip(&codes[0])
                .zip(&codes[1])
                .for_each(|((frame, l), r)| frame.copy_from_slice(&[*l, *r]))
        });
        out.write_all(frames)?;
    }
    Ok(())
}

const HEADER: usize = 12 + 26 + 12 + 8;

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
    let lane = |first: usize| {
        bytes[HEADER..]
            .iter()
            .skip(first)
            .step_by(2)
            .map(|b| table[usize::from(*b)])
            .collect()
    };
    Some((rate, [lane(0), lane(1)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wav_holds_the_samples_themselves() {
        for length in [0, 3, JOINED, JOINED + 1, 5 * JOINED - 1] {
            let (left, right): (Vec<i16>, Vec<i16>) =
                (0..length).map(|n| (n as i16, -(n as i16) - 1)).unzip();
            let mut bytes = Vec::new();
            let mut seen = [Vec::new(), Vec::new()];
            pcm([&left, &right], Hertz(8000), &mut bytes, &mut |lanes| {
                [0, 1]
                    .iter()
                    .for_each(|n: &usize| seen[*n].extend_from_slice(lanes[*n]))
            })
            .unwrap();
            assert_eq!(seen, [left.clone(), right.clone()]);
            let reader = hound::WavReader::new(Cursor::new(bytes)).unwrap();
            assert_eq!(
                (reader.spec().sample_rate, reader.duration() as usize),
                (8000, length)
            );
            let read: Vec<i16> = reader.into_samples().map(Result::unwrap).collect();
            let expected: Vec<i16> = left
                .iter()
                .zip(&right)
                .flat_map(|(l, r)| [*l, *r])
                .collect();
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn what_came_as_g711_lies_there_as_g711() {
        for (law, table) in [(Law::A, &g711::ALAW), (Law::Mu, &g711::ULAW)] {
            let backwards: Vec<i16> = table.iter().rev().copied().collect();
            let mut bytes = Vec::new();
            g711(
                [table, &backwards],
                Hertz(8000),
                law,
                &mut bytes,
                &mut |_| (),
            )
            .unwrap();
            assert_eq!(bytes.len(), HEADER + 512);
            let (rate, lanes) = read_g711(&bytes).unwrap();
            assert_eq!((rate, lanes), (Hertz(8000), [table.to_vec(), backwards]));
        }
    }
}
