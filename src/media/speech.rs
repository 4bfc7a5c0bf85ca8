//! Where somebody speaks: energy over the noise floor, in frames of 20 ms.
//!
//! A map for skipping silence and for measuring what was heard, not a recogniser: cheap enough to
//! run on every lane.

use super::wide::wide;
use serde::{Deserialize, Serialize};

/// A time in which somebody speaks in a lane, in milliseconds from the recording's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeechSpan {
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

/// Listens to a lane that comes bit by bit.
pub struct Listener {
    rate: u32,
    /// Samples of a frame.
    frame: usize,
    powers: Vec<f32>,
    /// Of the frame at hand: samples so far, and the sum of their squares.
    samples: usize,
    energy: u64,
}

impl Listener {
    /// For a lane of this sample rate, in Hz.
    pub fn new(rate: u32) -> Listener {
        Listener {
            rate,
            frame: (rate as usize * FRAME_MS / 1000).max(1),
            powers: Vec::new(),
            samples: 0,
            energy: 0,
        }
    }

    /// Takes the lane's next samples.
    pub fn take(&mut self, mut samples: &[i16]) {
        while !samples.is_empty() {
            let (now, later) = samples.split_at((self.frame - self.samples).min(samples.len()));
            self.energy += energy(now);
            self.samples += now.len();
            samples = later;
            if self.samples == self.frame {
                self.frame();
            }
        }
    }

    /// The speech spans of all that came.
    pub fn finish(mut self) -> Vec<SpeechSpan> {
        let heard = self.powers.len() * self.frame + self.samples;
        if self.samples > 0 {
            self.frame();
        }
        let threshold = (floor(&self.powers) * OVER_FLOOR).max(LEAST_POWER);
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for (i, _) in self
            .powers
            .iter()
            .enumerate()
            .filter(|(_, p)| **p >= threshold)
        {
            match spans.last_mut() {
                Some((_, end)) if i <= *end + BRIDGE_FRAMES => *end = i + 1,
                _ => spans.push((i, i + 1)),
            }
        }
        let length_ms = heard * 1000 / self.rate.max(1) as usize;
        let ms = |frame: usize| (frame * FRAME_MS).min(length_ms) as u32;
        spans
            .into_iter()
            .map(|(from, to)| SpeechSpan {
                from_ms: ms(from.saturating_sub(MARGIN_FRAMES)),
                to_ms: ms(to + MARGIN_FRAMES),
            })
            .collect()
    }

    fn frame(&mut self) {
        self.powers.push(self.energy as f32 / self.samples as f32);
        (self.samples, self.energy) = (0, 0);
    }
}

fn energy(samples: &[i16]) -> u64 {
    // The sum of two products fits 32 bits without sign, that of all does not: so written, it is
    // done many at a time.
    let square = |s: &i16| i32::from(*s) * i32::from(*s);
    let (pairs, last) = samples.as_chunks::<2>();
    let sum: u64 = wide(|| {
        pairs
            .iter()
            .map(|[a, b]| u64::from(square(a).wrapping_add(square(b)).cast_unsigned()))
            .sum()
    });
    let last: u64 = last
        .iter()
        .map(|s| u64::from(square(s).cast_unsigned()))
        .sum();
    sum + last
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

    fn map(samples: &[i16], at_a_time: usize) -> Vec<SpeechSpan> {
        let mut listener = Listener::new(8000);
        samples
            .chunks(at_a_time)
            .for_each(|part| listener.take(part));
        listener.finish()
    }

    #[test]
    fn the_loudest_frame_is_not_a_quiet_one() {
        for frame in [&[i16::MIN; 160][..], &[i16::MIN; 3], &[i16::MIN]] {
            assert_eq!(energy(frame), frame.len() as u64 * 32_768 * 32_768);
        }
        assert_eq!((energy(&[3, 4, 5]), energy(&[])), (50, 0));
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
        for at_a_time in [1, 80, 161, samples.len()] {
            assert_eq!(
                map(&samples, at_a_time),
                [SpeechSpan {
                    from_ms: 1920,
                    to_ms: 3080
                }]
            );
        }
        // The end of a frame that was cut off is one, too.
        assert_eq!(
            map(&samples[..20_001], 8000),
            [SpeechSpan {
                from_ms: 1920,
                to_ms: 2500
            }]
        );
        assert!(map(&[0; 8000], 8000).is_empty() && map(&[], 8000).is_empty());
    }
}
