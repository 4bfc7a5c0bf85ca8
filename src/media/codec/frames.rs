//! Payloads taken apart into the frames that FFmpeg's decoders know, and frames put into the files
//! that it reads from a pipe.
//!
//! Silence descriptors are taken out here: FFmpeg knows neither G.729's two bytes at a frame's end
//! nor AMR's comfort noise, and a decoder that gave nothing for a frame would shift all that
//! follows.

use super::{Codec, noise};

/// A payload taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unpacked {
    /// Frames of speech, as a file would hold them.
    pub frames: Vec<Vec<u8>>,
    /// The sender says that its side is silent now, with noise of this level, in dB below overload.
    pub quiet: Option<u8>,
    /// It is not what the codec makes.
    pub refused: bool,
}

impl Unpacked {
    fn speech(frames: impl IntoIterator<Item = Vec<u8>>) -> Unpacked {
        Unpacked {
            frames: frames.into_iter().collect(),
            ..Unpacked::default()
        }
    }

    fn refused() -> Unpacked {
        Unpacked {
            refused: true,
            ..Unpacked::default()
        }
    }
}

const G729_FRAME: usize = 10;
const G729_SILENCE: usize = 2;
const GSM_FRAME: usize = 33;
/// iLBC at 20 ms and 30 ms (RFC 3951 §3.8).
const ILBC_FRAMES: [(u8, usize); 2] = [(20, 38), (30, 50)];

/// Takes one payload apart.
pub fn unpack(codec: Codec, payload: &[u8]) -> Unpacked {
    let whole = |size: usize| match payload.len().is_multiple_of(size) && !payload.is_empty() {
        true => Unpacked::speech(payload.chunks(size).map(<[u8]>::to_vec)),
        false => Unpacked::refused(),
    };
    match codec {
        Codec::Gsm => whole(GSM_FRAME),
        Codec::Ilbc { .. } => whole(ilbc_frame(codec, payload)),
        Codec::G729 => g729(payload),
        Codec::G7231 => g7231(payload),
        Codec::Speex { .. } if speex_frames(payload) > 0 => Unpacked::speech([payload.to_vec()]),
        Codec::Amr {
            wide,
            octet_aligned,
            crc,
        } => amr(payload, wide, octet_aligned, crc).unwrap_or_else(Unpacked::refused),
        _ => Unpacked::refused(),
    }
}

/// Samples of one frame.
pub fn samples(codec: Codec, frame: &[u8]) -> usize {
    match codec {
        Codec::G729 => 80,
        Codec::G7231 => 240,
        Codec::Ilbc { ms } => usize::from(ms) * 8,
        Codec::Speex { rate } => speex_frames(frame) * rate as usize / 50,
        Codec::Amr { wide: true, .. } => 320,
        _ => 160,
    }
}

/// The mode that a stream's payloads fit; its description may be wrong.
pub fn settle(codec: Codec, payloads: &[&[u8]]) -> Codec {
    let Codec::Ilbc { ms } = codec else {
        return codec;
    };
    let fits = |size: usize| {
        payloads
            .iter()
            .filter(|p| !p.is_empty() && p.len().is_multiple_of(size))
            .count()
    };
    let best = ILBC_FRAMES
        .into_iter()
        .max_by_key(|(m, size)| (fits(*size), *m == ms));
    best.map_or(codec, |(ms, _)| Codec::Ilbc { ms })
}

fn ilbc_frame(codec: Codec, payload: &[u8]) -> usize {
    ILBC_FRAMES
        .into_iter()
        .find(|(ms, _)| codec == Codec::Ilbc { ms: *ms })
        .map_or(payload.len().max(1), |(_, size)| size)
}

/// Frames of 10 bytes; a last one of 2 is silence (RFC 3551 §4.5.6).
fn g729(payload: &[u8]) -> Unpacked {
    let (speech, rest) = payload.split_at(payload.len() - payload.len() % G729_FRAME);
    let quiet = match rest {
        [] => None,
        [a, b] => Some(noise::g729_level([*a, *b])),
        _ => return Unpacked::refused(),
    };
    Unpacked {
        quiet,
        refused: payload.is_empty(),
        ..Unpacked::speech(speech.chunks(G729_FRAME).map(<[u8]>::to_vec))
    }
}

const _: () = assert!(G729_SILENCE < G729_FRAME);

/// The first two bits of each frame give its length (RFC 3551 §4.5.3); silence is a frame like the
/// others.
fn g7231(mut payload: &[u8]) -> Unpacked {
    let mut frames = Vec::new();
    while let Some(first) = payload.first() {
        let length = [24, 20, 4, 1][usize::from(first & 3)];
        let Some((frame, rest)) = payload.split_at_checked(length) else {
            return Unpacked::refused();
        };
        frames.push(frame.to_vec());
        payload = rest;
    }
    Unpacked {
        refused: frames.is_empty(),
        ..Unpacked::speech(frames)
    }
}

/// Bits from the most significant on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        (self.at + count <= self.bytes.len() * 8).then(|| {
            let value = (self.at..self.at + count).fold(0, |v, bit| {
                v << 1 | u32::from(self.bytes[bit / 8] >> (7 - bit % 8) & 1)
            });
            self.at += count;
            value
        })
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at += count;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// Bits as bytes, the last one filled up with zeros.
    fn bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(count.div_ceil(8));
        let mut left = count;
        while left > 0 {
            let part = left.min(8);
            out.push((self.take(part)? << (8 - part)) as u8);
            left -= part;
        }
        Some(out)
    }
}

/// Bits of each frame type (RFC 4867 §3.6: classes A, B and C together), silence last.
const AMR_BITS: [usize; 9] = [95, 103, 118, 134, 148, 159, 204, 244, 39];
const AMR_WB_BITS: [usize; 10] = [132, 177, 253, 285, 317, 365, 397, 461, 477, 40];
const AMR_NO_DATA: u32 = 15;

/// RFC 4867 §4.3 and §4.4: a mode request, a table of contents, the frames; each in octets or bit
/// behind bit.
fn amr(payload: &[u8], wide: bool, octet_aligned: bool, crc: bool) -> Option<Unpacked> {
    let sizes: &[usize] = if wide { &AMR_WB_BITS } else { &AMR_BITS };
    let silence = sizes.len() as u32 - 1;
    let mut bits = Bits {
        bytes: payload,
        at: 0,
    };
    bits.skip(if octet_aligned { 8 } else { 4 })?;
    let mut contents = Vec::new();
    loop {
        let (more, kind, good) = (bits.take(1)?, bits.take(4)?, bits.take(1)?);
        bits.skip(if octet_aligned { 2 } else { 0 })?;
        contents.push((kind, good));
        if more == 0 {
            break;
        }
    }
    if crc {
        bits.skip(
            8 * contents
                .iter()
                .filter(|(kind, _)| sizes.get(*kind as usize).is_some())
                .count(),
        )?;
    }
    let mut all = Unpacked::default();
    for (kind, good) in contents {
        let Some(&size) = sizes.get(kind as usize) else {
            // 14 is speech that was lost on the way, 15 nothing to send; the others are no frames.
            all.refused |= kind < 14;
            all.quiet = all
                .quiet
                .or((kind == AMR_NO_DATA && all.frames.is_empty()).then_some(UNKNOWN_LEVEL));
            continue;
        };
        let body = bits.bytes(size)?;
        if octet_aligned {
            bits.skip((8 - size % 8) % 8)?;
        }
        match (kind == silence, good) {
            (true, _) => all.quiet = Some(amr_level(&body, wide)),
            (false, 1) => all
                .frames
                .push([&[(kind << 3) as u8 | 4], body.as_slice()].concat()),
            _ => {}
        }
    }
    Some(all)
}

/// The level of a pause that brings no level of its own.
pub const UNKNOWN_LEVEL: u8 = 255;

/// The frame energy in AMR's silence frames (3GPP TS 26.092 §5.2, TS 26.192 §5.2): six bits of a
/// logarithm.
fn amr_level(body: &[u8], wide: bool) -> u8 {
    let mut bits = Bits {
        bytes: body,
        at: if wide { 28 } else { 29 },
    };
    let index = f64::from(bits.take(6).unwrap_or(0));
    let rms = match wide {
        true => (index / 2.625 - 2.0).exp2().sqrt(),
        // Counted in samples of 13 bits.
        false => 8.0 * (index / 4.0 - 2.5).exp2().sqrt(),
    };
    noise::below_overload(rms)
}

/// Bits of each narrowband mode and each layer above it, heads included (the Speex manual, tables
/// 9.2 and 10.2).
const SPEEX_BITS: [usize; 9] = [5, 43, 119, 160, 220, 300, 364, 492, 79];
const SPEEX_LAYER_BITS: [usize; 5] = [4, 36, 112, 192, 352];
const SPEEX_INBAND_BITS: [usize; 16] = [1, 1, 4, 4, 4, 4, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64];

/// Frames of 20 ms in a Speex payload; empty when it is not Speex.
fn speex_frames(payload: &[u8]) -> usize {
    let mut bits = Bits {
        bytes: payload,
        at: 0,
    };
    let mut frames = 0;
    loop {
        let start = bits.at;
        let used = match (bits.take(1), frames) {
            (Some(1), 1..) => bits
                .take(3)
                .and_then(|mode| SPEEX_LAYER_BITS.get(mode as usize).copied()),
            (Some(0), _) => match bits.take(4) {
                Some(mode @ 0..=8) => {
                    frames += 1;
                    Some(SPEEX_BITS[mode as usize])
                }
                Some(14) => bits
                    .take(4)
                    .map(|code| 9 + SPEEX_INBAND_BITS[code as usize]),
                Some(13) => bits.take(5).map(|length| 10 + 8 * length as usize),
                // 15 ends the packet, and so do bits too few for another frame.
                _ => return frames,
            },
            (None, _) => return frames,
            _ => return 0,
        };
        match used {
            Some(used) if start + used <= payload.len() * 8 => bits.at = start + used,
            _ => return 0,
        }
    }
}

/// FFmpeg's options for reading what [`file()`] makes.
pub fn options(codec: Codec) -> Vec<String> {
    let of = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    match codec {
        Codec::G729 => of(&["-f", "g729"]),
        Codec::G7231 => of(&["-f", "g723_1"]),
        Codec::Gsm => of(&["-f", "gsm"]),
        Codec::Ilbc { .. } => of(&["-f", "ilbc"]),
        Codec::Amr { .. } => of(&["-f", "amr"]),
        Codec::Speex { .. } => of(&["-f", "ogg"]),
        _ => Vec::new(),
    }
}

/// Frames as a file that FFmpeg reads. Speex packets must all hold as many frames.
pub fn file(codec: Codec, frames: &[&[u8]]) -> Vec<u8> {
    let magic: &[u8] = match codec {
        Codec::Ilbc { ms: 20 } => b"#!iLBC20\n",
        Codec::Ilbc { .. } => b"#!iLBC30\n",
        Codec::Amr { wide: false, .. } => b"#!AMR\n",
        Codec::Amr { wide: true, .. } => b"#!AMR-WB\n",
        Codec::Speex { rate } => return speex_file(rate, frames).unwrap_or_default(),
        _ => b"",
    };
    [magic]
        .iter()
        .chain(frames)
        .flat_map(|part| part.iter().copied())
        .collect()
}

fn speex_file(rate: u32, frames: &[&[u8]]) -> std::io::Result<Vec<u8>> {
    let per_packet = frames.first().map_or(1, |f| speex_frames(f)).max(1) as u32;
    let mut head = b"Speex   assay".to_vec();
    head.resize(28, 0);
    // Version, header's length, rate, mode, mode's version, channels, bit rate, frame, VBR, frames
    // per packet, three spare.
    let mode = rate.trailing_zeros() - 8_000_u32.trailing_zeros();
    for word in [
        1,
        80,
        rate,
        mode,
        4,
        1,
        u32::MAX,
        rate / 50,
        0,
        per_packet,
        0,
        0,
        0,
    ] {
        head.extend(word.to_le_bytes());
    }
    let mut out = Vec::new();
    let mut ogg = ogg::PacketWriter::new(&mut out);
    ogg.write_packet(head, 1, ogg::PacketWriteEndInfo::EndPage, 0)?;
    ogg.write_packet(
        b"\x05\0\0\0assay\0\0\0\0".to_vec(),
        1,
        ogg::PacketWriteEndInfo::EndPage,
        0,
    )?;
    let step = u64::from(per_packet * rate / 50);
    for (number, frame) in frames.iter().enumerate() {
        let end = if number + 1 == frames.len() {
            ogg::PacketWriteEndInfo::EndStream
        } else {
            ogg::PacketWriteEndInfo::NormalPacket
        };
        ogg.write_packet(frame.to_vec(), 1, end, step * (number as u64 + 1))?;
    }
    drop(ogg);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_split_off_where_the_decoder_does_not_know_it() {
        let u = unpack(Codec::G729, &[7; 22]);
        assert_eq!(
            (u.frames.len(), u.quiet.is_some(), u.refused),
            (2, true, false)
        );
        assert_eq!(unpack(Codec::G729, &[0, 0]).frames.len(), 0);
        assert!(unpack(Codec::G729, &[7; 13]).refused && unpack(Codec::G729, &[]).refused);
        let u = unpack(
            Codec::G7231,
            &[&[0; 24][..], &[1; 20], &[2; 4], &[3]].concat(),
        );
        assert_eq!(
            u.frames.iter().map(Vec::len).collect::<Vec<_>>(),
            [24, 20, 4, 1]
        );
    }

    #[test]
    fn amr_is_read_in_octets_and_in_bits() {
        let narrow = |octet_aligned, crc| Codec::Amr {
            wide: false,
            octet_aligned,
            crc,
        };
        // One frame of 4.75 kbit/s: 95 bits.
        let aligned = [&[0xf0, 0x04][..], &[0xab; 11], &[0xaa]].concat();
        let u = unpack(narrow(true, false), &aligned);
        assert_eq!(u.frames, [[&[0x04][..], &[0xab; 11], &[0xaa]].concat()]);
        // The same bit behind bit: four of the request, six of the contents, then the frame.
        let mut bits: Vec<u8> = [1, 1, 1, 1, 0, 0, 0, 0, 0, 1].to_vec();
        bits.extend((0..95).map(|b| aligned[2 + b / 8] >> (7 - b % 8) & 1));
        let packed: Vec<u8> = bits
            .chunks(8)
            .map(|c| c.iter().enumerate().fold(0, |v, (i, b)| v | b << (7 - i)))
            .collect();
        assert_eq!(unpack(narrow(false, false), &packed).frames, u.frames);
        let with_crc = [&[0xf0, 0x04, 0x55][..], &aligned[2..]].concat();
        assert_eq!(unpack(narrow(true, true), &with_crc).frames, u.frames);
        assert!(
            unpack(narrow(true, false), &aligned[..9]).refused,
            "cut short"
        );
        let silence = unpack(narrow(true, false), &[0xf0, 0x44, 0, 0, 0, 0, 0]);
        assert!(silence.frames.is_empty() && silence.quiet.is_some());
        assert_eq!(
            unpack(narrow(true, false), &[0xf0, 0x7c]).quiet,
            Some(UNKNOWN_LEVEL)
        );
    }

    #[test]
    fn a_description_that_names_the_wrong_ilbc_mode_is_corrected() {
        assert_eq!(
            settle(Codec::Ilbc { ms: 30 }, &[&[0; 38], &[0; 76]]),
            Codec::Ilbc { ms: 20 }
        );
        assert_eq!(settle(Codec::Ilbc { ms: 30 }, &[]), Codec::Ilbc { ms: 30 });
    }

    #[test]
    fn speex_frames_are_counted_by_walking_through_them() {
        // Mode 0 and the terminator.
        assert_eq!(speex_frames(&[0b0000_0011, 0b1100_0000]), 1);
        assert_eq!(speex_frames(&[0b0101_0000]), 0, "a mode that there is not");
        assert_eq!(speex_frames(&[]), 0);
    }

    #[test]
    fn no_payload_harms() {
        let amr = |wide, octet_aligned, crc| Codec::Amr {
            wide,
            octet_aligned,
            crc,
        };
        let codecs = [
            Codec::G729,
            Codec::G7231,
            Codec::Gsm,
            Codec::Ilbc { ms: 20 },
            Codec::Speex { rate: 16_000 },
            amr(false, true, true),
            amr(true, false, false),
            amr(false, false, false),
        ];
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        for _ in 0..20_000 {
            let payload: Vec<u8> = (0..next() % 130).map(|_| next() as u8).collect();
            for codec in codecs {
                let u = unpack(codec, &payload);
                let frames: Vec<&[u8]> = u.frames.iter().map(Vec::as_slice).collect();
                let length: usize = frames.iter().map(|f| samples(codec, f)).sum();
                // 40 frames of G.723.1 in as many bytes are the most that fits.
                assert!(
                    length <= 130 * 240,
                    "{codec:?}: {length} samples of {} bytes",
                    payload.len()
                );
                assert!(file(codec, &frames).len() >= frames.iter().map(|f| f.len()).sum());
            }
        }
    }
}
