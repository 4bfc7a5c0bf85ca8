//! Comfort noise: what is played while a sender that transmits discontinuously sends nothing.

/// The level of an RFC 3389 packet: its first byte, in dB below overload. The spectrum behind it is
/// passed over.
pub fn level(payload: &[u8]) -> Option<u8> {
    payload.first().map(|b| b & 0x7f)
}

/// RMS of the excitation by G.729's gain index, in eighths (ITU-T G.729 annex B, table B.3's steps
/// of 2 dB from index 6 on).
const G729_GAIN: [f64; 32] = [
    2.0, 5.0, 8.0, 13.0, 20.0, 32.0, 50.0, 64.0, 80.0, 101.0, 127.0, 160.0, 201.0, 253.0, 318.0,
    401.0, 505.0, 635.0, 800.0, 1007.0, 1268.0, 1596.0, 2010.0, 2530.0, 3185.0, 4009.0, 5048.0,
    6355.0, 8000.0, 10_071.0, 12_679.0, 15_962.0,
];

/// The level of a G.729 silence frame: one bit of predictor, five and four of the spectrum, five of
/// gain, one to spare.
pub fn g729_level(sid: [u8; 2]) -> u8 {
    let gain = usize::from(u16::from_be_bytes(sid) >> 1 & 31);
    below_overload(G729_GAIN[gain] / 8.0)
}

/// An amplitude's level in dB below overload.
pub fn below_overload(rms: f64) -> u8 {
    (20.0 * (32_768.0 / rms.max(0.02)).log10())
        .round()
        .clamp(0.0, 127.0) as u8
}

/// Noise in pauses is never louder than this: 30 dB below overload.
const LOUDEST: u8 = 30;

/// White noise at a level; the same for the same seed.
pub fn noise(level: u8, count: usize, seed: u64) -> impl Iterator<Item = i16> {
    let rms = 32_768.0 * 10_f64.powf(-f64::from(level.max(LOUDEST)) / 20.0);
    // Evenly spread between -a and a, the RMS is a/√3.
    let reach = rms * 3_f64.sqrt();
    let mut state = seed | 1;
    (0..count).map(move |_| {
        // Marsaglia's xorshift64.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 11) as f64 / (1_u64 << 52) as f64 * reach - reach).round() as i16
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_level_that_was_asked_for() {
        for asked in [40, 55, 70] {
            let samples: Vec<i16> = noise(asked, 16_000, 7).collect();
            let rms =
                (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / 16_000.0).sqrt();
            assert!(below_overload(rms).abs_diff(asked) <= 1, "{asked}: {rms}");
        }
        assert!(
            noise(0, 8000, 1).all(|s| s.unsigned_abs() < 1900),
            "a hostile packet cannot shout"
        );
        assert_eq!((g729_level([0xff, 0xff]), g729_level([0, 0])), (24, 102));
    }
}
