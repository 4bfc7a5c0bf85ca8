//! Where somebody speaks: energy over the noise floor, in frames of 20 ms.
//!
//! A map for skipping silence and for measuring what was heard, not a recogniser: cheap enough to run on every lane.

use serde::{Deserialize, Serialize};

/// A stretch of a lane, in milliseconds from the recording's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    pub from_ms: u32,
    pub to_ms: u32,
}

const FRAME_MS: usize = 20;
/// Speech is at least this much above the floor (12 dB in power) and above -50 dBFS.
const OVER_FLOOR: f32 = 16.0;
const LEAST_POWER: f32 = 10_000.0;
/// Pauses shorter than this belong to the speech around them; so does this much before and after.
const BRIDGE_FRAMES: usize = 15;
const MARGIN_FRAMES: usize = 4;

/// The stretches of speech in one lane.
pub fn map(samples: &[i16], rate: u32) -> Vec<Stretch> {
    let frame = rate as usize * FRAME_MS / 1000;
    let powers: Vec<f32> = samples.chunks(frame.max(1)).map(power).collect();
    let threshold = (floor(&powers) * OVER_FLOOR).max(LEAST_POWER);
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    for (i, _) in powers.iter().enumerate().filter(|(_, p)| **p >= threshold) {
        match stretches.last_mut() {
            Some((_, end)) if i <= *end + BRIDGE_FRAMES => *end = i + 1,
            _ => stretches.push((i, i + 1)),
        }
    }
    let length_ms = samples.len() * 1000 / rate.max(1) as usize;
    let ms = |frame: usize| (frame * FRAME_MS).min(length_ms) as u32;
    stretches.into_iter().map(|(from, to)| Stretch { from_ms: ms(from.saturating_sub(MARGIN_FRAMES)), to_ms: ms(to + MARGIN_FRAMES) }).collect()
}

fn power(frame: &[i16]) -> f32 {
    // The sum of two products fits 32 bits without sign, that of all does not: so written, it is done many at a time.
    let square = |s: &i16| i32::from(*s) * i32::from(*s);
    let (pairs, last) = frame.as_chunks::<2>();
    let sum: u64 = pairs.iter().map(|[a, b]| u64::from(square(a).wrapping_add(square(b)).cast_unsigned())).sum();
    let last: u64 = last.iter().map(|s| u64::from(square(s).cast_unsigned())).sum();
    (sum + last) as f32 / frame.len().max(1) as f32
}

/// The noise floor: the quietest tenth that is not digital silence.
fn floor(powers: &[f32]) -> f32 {
    let mut heard: Vec<f32> = powers.iter().copied().filter(|p| *p > 4.0).collect();
    if heard.is_empty() {
        return 0.0;
    }
    let tenth = heard.len() / 10;
    *heard.select_nth_unstable_by(tenth, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_frame_is_not_a_quiet_one() {
        for frame in [&[i16::MIN; 160][..], &[i16::MIN; 3], &[i16::MIN]] {
            assert_eq!(power(frame), 32_768.0 * 32_768.0);
        }
        assert_eq!((power(&[3, 4, 5]), power(&[])), (50.0 / 3.0, 0.0));
    }

    #[test]
    fn speech_stands_out_of_noise() {
        let mut samples = vec![0_i16; 8000 * 6];
        for (i, s) in samples.iter_mut().enumerate() {
            *s = if i % 2 == 0 { 20 } else { -20 };
            if (16_000..24_000).contains(&i) {
                *s = ((i as f32 * 0.3).sin() * 6000.0) as i16;
            }
        }
        let stretches = map(&samples, 8000);
        assert_eq!(stretches, [Stretch { from_ms: 1920, to_ms: 3080 }]);
        assert!(map(&vec![0; 8000], 8000).is_empty());
    }
}
