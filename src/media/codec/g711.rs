//! G.711 (ITU-T G.711, 1988), both laws, between bytes and 16-bit linear.

use crate::media::wide::wide;

/// µ-law: the 14-bit values of tables 2a and 2b, shifted to 16.
pub const ULAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = ulaw(byte as u8);
        byte += 1;
    }
    table
};

/// A-law: the 13-bit values of tables 1a and 1b, shifted to 16.
pub const ALAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = alaw(byte as u8);
        byte += 1;
    }
    table
};

/// Appends the samples of µ-law bytes.
pub fn decode_ulaw(bytes: &[u8], out: &mut Vec<i16>) {
    each(bytes, out, &ULAW, ulaw);
}

/// Appends the samples of A-law bytes.
pub fn decode_alaw(bytes: &[u8], out: &mut Vec<i16>) {
    each(bytes, out, &ALAW, alaw);
}

/// By arithmetic where that is done on many bytes at once: it needs a shift of each by an amount of
/// its own, which x86 has from AVX2 on. By table elsewhere: half as fast, and still faster than
/// arithmetic byte by byte.
#[inline(always)]
fn each(bytes: &[u8], out: &mut Vec<i16>, table: &[i16; 256], sample: impl Fn(u8) -> i16) {
    if has_wide_shifts() {
        wide(|| out.extend(bytes.iter().map(|b| sample(*b))));
    } else {
        out.extend(bytes.iter().map(|b| table[usize::from(*b)]));
    }
}

fn has_wide_shifts() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    cfg!(target_arch = "aarch64")
}

/// All bits are sent inverted; sign, three bits of segment, four of interval.
#[inline(always)]
const fn ulaw(byte: u8) -> i16 {
    let bits = !byte;
    let segment = (bits >> 4) & 7;
    let magnitude = (((((bits & 15) as i16) << 3) + 0x84) << segment) - 0x84;
    if bits & 0x80 != 0 {
        -magnitude
    } else {
        magnitude
    }
}

/// Every second bit is sent inverted (0x55); the sign bit is set for positive values.
#[inline(always)]
const fn alaw(byte: u8) -> i16 {
    let bits = byte ^ 0x55;
    let segment = (bits >> 4) & 7;
    let interval = ((bits & 15) as i16) << 4;
    let magnitude = match segment {
        0 => interval + 8,
        _ => (interval + 0x108) << (segment - 1),
    };
    if bits & 0x80 != 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// The µ-law codes of samples, by the decision values of tables 2a and 2b; of the two zeros the
/// positive one, which phones send for silence. `codes` has room for all.
pub fn encode_ulaw(samples: &[i16], codes: &mut [u8]) {
    wide(|| {
        samples
            .iter()
            .zip(codes)
            .for_each(|(sample, code)| *code = to_ulaw(*sample))
    });
}

/// The A-law codes of samples, by the decision values of tables 1a and 1b. `codes` has room for
/// all.
pub fn encode_alaw(samples: &[i16], codes: &mut [u8]) {
    wide(|| {
        samples
            .iter()
            .zip(codes)
            .for_each(|(sample, code)| *code = to_alaw(*sample))
    });
}

/// [`ulaw`] backwards.
#[inline(always)]
const fn to_ulaw(sample: i16) -> u8 {
    let magnitude = magnitude(sample);
    let bits = halvings(
        (if magnitude > ULAW_CLIP {
            ULAW_CLIP
        } else {
            magnitude
        }) + 0x84,
    ) as u8;
    !(if sample < 0 { bits | 0x80 } else { bits })
}

/// What would be beyond the last interval.
const ULAW_CLIP: u16 = 32_635;

/// [`alaw`] backwards.
#[inline(always)]
const fn to_alaw(sample: i16) -> u8 {
    let magnitude = magnitude(sample);
    // The first two segments have intervals of one length.
    let bits = if magnitude < 0x100 {
        magnitude as i32 >> 4
    } else {
        halvings(magnitude)
    } as u8;
    (if sample < 0 { bits } else { bits | 0x80 }) ^ 0x55
}

/// Of a negative sample in one's complement, so that a decision value belongs to the interval
/// nearer to zero.
#[inline(always)]
const fn magnitude(sample: i16) -> u16 {
    (if sample < 0 { !sample } else { sample }) as u16
}

/// Segment and interval of what is at least 128: how often it can be halved until then, and the
/// four bits after its highest. That is how a number of single precision lies in memory (IEEE 754:
/// 23 bits of fraction, of which 19 are dropped; the exponent counts from -127, and 128 is the
/// seventh power), and making one is something that processors do for many at once.
#[inline(always)]
const fn halvings(magnitude: u16) -> i32 {
    ((magnitude as i32 as f32).to_bits() >> 19) as i32 - ((127 + 7) << 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_once_are_the_same_as_one_by_one() {
        let bytes: Vec<u8> = (0..=255).chain([7, 200, 3]).collect();
        for (decode, table) in [
            (decode_ulaw as fn(&[u8], &mut Vec<i16>), &ULAW),
            (decode_alaw, &ALAW),
        ] {
            let mut out = vec![1];
            decode(&bytes, &mut out);
            assert_eq!(
                out[1..],
                bytes
                    .iter()
                    .map(|b| table[usize::from(*b)])
                    .collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn every_sample_goes_to_the_code_of_its_interval() {
        let samples: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        for (encode, table, loudest) in [
            (encode_ulaw as fn(&[i16], &mut [u8]), &ULAW, 32_635),
            (encode_alaw, &ALAW, 32_767),
        ] {
            let mut codes = vec![0; samples.len()];
            encode(&samples, &mut codes);
            let decoded: Vec<i16> = codes.iter().map(|code| table[usize::from(*code)]).collect();
            assert!(decoded.is_sorted());
            // A value lies in the middle of its interval, whose length doubles with each segment.
            for (sample, value) in samples
                .iter()
                .zip(&decoded)
                .filter(|(s, _)| (-loudest..=loudest).contains(*s))
            {
                let half = (i32::from(value.unsigned_abs()) + 0x84) / 32;
                assert!(
                    (i32::from(*value) - i32::from(*sample)).abs() <= half.max(8),
                    "{sample} {value}"
                );
            }
            // What came by the law goes back to what it was, but for the second zero.
            let mut back = [0; 256];
            encode(table, &mut back);
            let changed: Vec<usize> = (0..256)
                .filter(|byte| usize::from(back[*byte]) != *byte)
                .collect();
            assert_eq!(changed, if table == &ULAW { vec![0x7f] } else { vec![] });
            assert_eq!(table[usize::from(back[0x7f])], table[0x7f]);
        }
    }

    #[test]
    fn the_ends_and_the_middle_are_those_of_the_recommendation() {
        assert_eq!(
            (ULAW[0x00], ULAW[0x80], ULAW[0x7f], ULAW[0xff]),
            (-32_124, 32_124, 0, 0)
        );
        assert_eq!(
            (ALAW[0x2a], ALAW[0xaa], ALAW[0x55], ALAW[0xd5]),
            (-32_256, 32_256, -8, 8)
        );
    }
}
