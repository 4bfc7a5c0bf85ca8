//! What is put where packets are missing: the last pitch periods again, fading to silence (in the
//! manner of ITU-T G.711 appendix I, for any codec whose decoder cannot do it). Nothing that was
//! received is altered.

/// Beyond this a gap is silence: a repeated vowel of that length is a tone, not speech.
pub const LONGEST_MS: usize = 60;
/// So much is at full level.
const FULL_MS: usize = 10;

/// The samples to put after `before`, at most [`LONGEST_MS`] of them. Empty where there is too
/// little to repeat.
pub fn repeat(before: &[i16], wanted: usize, rate: u32) -> Vec<i16> {
    let per_ms = rate as usize / 1000;
    let count = wanted.min(LONGEST_MS * per_ms);
    let Some(period) = pitch(before, per_ms) else {
        return Vec::new();
    };
    let last = &before[before.len() - period..];
    let (full, end) = (FULL_MS * per_ms, LONGEST_MS * per_ms);
    (0..count)
        .map(|i| {
            let gain = if i < full {
                1.0
            } else {
                (end - i) as f32 / (end - full) as f32
            };
            (f32::from(last[i % period]) * gain) as i16
        })
        .collect()
}

/// The lag in 2.5 to 15 ms at which the last 20 ms are most like what came before.
fn pitch(before: &[i16], per_ms: usize) -> Option<usize> {
    let (shortest, longest, frame) = (per_ms * 5 / 2, per_ms * 15, per_ms * 20);
    if before.len() < frame + longest {
        return None;
    }
    // Every second sample will do to find the lag.
    let tail = &before[before.len() - frame..];
    let likeness = |lag: usize| {
        let earlier = &before[before.len() - frame - lag..before.len() - lag];
        let (mut product, mut energy) = (0.0_f32, 1.0_f32);
        for (a, b) in tail.iter().zip(earlier).step_by(2) {
            product += f32::from(*a) * f32::from(*b);
            energy += f32::from(*b) * f32::from(*b);
        }
        product / energy.sqrt()
    };
    (shortest..=longest).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_tone_goes_on_in_step() {
        let tone = |i: usize| ((i as f32 * std::f32::consts::TAU / 80.0).sin() * 8000.0) as i16;
        let before: Vec<i16> = (0..800).map(tone).collect();
        let filled = repeat(&before, 80, 8000);
        assert_eq!(filled.len(), 80);
        for (i, v) in filled.iter().enumerate() {
            assert!(
                (i32::from(*v) - i32::from(tone(800 + i))).abs() < 200,
                "sample {i}"
            );
        }
    }

    #[test]
    fn a_long_gap_ends_in_silence() {
        let before = vec![1000; 800];
        let filled = repeat(&before, 8000, 8000);
        assert_eq!(
            (filled.len(), filled[LONGEST_MS * 8 - 1]),
            (LONGEST_MS * 8, 2)
        );
        assert!(repeat(&before[..100], 160, 8000).is_empty());
    }
}
