//! The waveform's picture, made once: the page never decodes a whole file to draw it.

use super::wide::wide;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Minimum and maximum of each lane per pixel, as 8-bit values: the JSON form (version 2) that
/// BBC's audiowaveform writes and waveform players read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peaks {
    /// Of the JSON form: 2.
    pub version: u8,
    pub channels: u8,
    pub sample_rate: u32,
    pub samples_per_pixel: u32,
    pub bits: u8,
    /// Pixels.
    pub length: u32,
    /// For each pixel: min, max of lane 0, then of lane 1.
    pub data: Vec<i8>,
}

impl Peaks {
    /// As the page reads it. The data is written by a table: it is nearly all of the text, and
    /// there is much of it.
    ///
    /// # Errors
    /// These fields cannot fail; the signature leaves room for others.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let mut json = serde_json::to_vec(&Peaks {
            data: Vec::new(),
            ..*self
        })?;
        let close = json.split_off(json.len() - CLOSE.len());
        debug_assert_eq!(close, CLOSE);
        let mut at = json.len();
        json.resize(at + self.data.len() * LONGEST, 0);
        for value in &self.data {
            let (text, length) = &TEXTS[usize::from(value.cast_unsigned())];
            json[at..at + LONGEST].copy_from_slice(text);
            at += usize::from(*length);
        }
        // The last comma goes.
        json.truncate(at - usize::from(!self.data.is_empty()));
        json.extend(close);
        Ok(json)
    }
}

/// What follows the data, which is the last of the fields.
const CLOSE: &[u8] = b"]}";
/// `-128,`
const LONGEST: usize = 5;

/// Each value's text with a comma, by its bits, and how much of it counts.
static TEXTS: LazyLock<[([u8; LONGEST], u8); 256]> = LazyLock::new(|| {
    std::array::from_fn(|bits| {
        let text = format!("{},", (bits as u8).cast_signed());
        let mut padded = [0; LONGEST];
        padded[..text.len()].copy_from_slice(text.as_bytes());
        (padded, text.len() as u8)
    })
});

/// A picture wider than this shows no more on any screen.
const MOST_PIXELS: usize = 24_000;
const FINEST_PER_SECOND: u32 = 100;

/// Makes the picture of sound that comes bit by bit.
pub struct Painter {
    picture: Peaks,
    /// Of the pixel at hand: frames so far, and each lane's least and greatest sample.
    frames: usize,
    extremes: [(i16, i16); 2],
}

impl Painter {
    /// For so many frames in all.
    pub fn new(frames: usize, rate: u32) -> Painter {
        let step = (rate / FINEST_PER_SECOND)
            .max(frames.div_ceil(MOST_PIXELS) as u32)
            .max(1);
        let data = Vec::with_capacity(frames.div_ceil(step as usize) * 4);
        let picture = Peaks {
            version: 2,
            channels: 2,
            sample_rate: rate,
            samples_per_pixel: step,
            bits: 8,
            length: 0,
            data,
        };
        Painter {
            picture,
            frames: 0,
            extremes: [(0, 0); 2],
        }
    }

    /// Takes the next samples of both lanes, as many of each.
    pub fn take(&mut self, mut lanes: [&[i16]; 2]) {
        while !lanes[0].is_empty() {
            let count = (self.picture.samples_per_pixel as usize - self.frames).min(lanes[0].len());
            for (lane, extremes) in lanes.iter_mut().zip(&mut self.extremes) {
                let (now, later) = lane.split_at(count);
                let (low, high) = wide(|| {
                    now.iter().fold((0, 0), |(low, high): (i16, i16), s| {
                        (low.min(*s), high.max(*s))
                    })
                });
                *extremes = (extremes.0.min(low), extremes.1.max(high));
                *lane = later;
            }
            self.frames += count;
            if self.frames == self.picture.samples_per_pixel as usize {
                self.pixel();
            }
        }
    }

    /// The picture of all that came.
    pub fn finish(mut self) -> Peaks {
        if self.frames > 0 {
            self.pixel();
        }
        self.picture
    }

    fn pixel(&mut self) {
        self.picture.data.extend(
            self.extremes
                .map(|(low, high)| [(low >> 8) as i8, (high >> 8) as i8])
                .as_flattened(),
        );
        self.picture.length += 1;
        (self.frames, self.extremes) = (0, [(0, 0); 2]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peaks(lanes: [&[i16]; 2], at_a_time: usize) -> Peaks {
        let mut painter = Painter::new(lanes[0].len(), 8000);
        lanes[0]
            .chunks(at_a_time)
            .zip(lanes[1].chunks(at_a_time))
            .for_each(|(l, r)| painter.take([l, r]));
        painter.finish()
    }

    #[test]
    fn each_pixel_holds_both_lanes_extremes() {
        let left: Vec<i16> = [vec![0; 80], vec![25_600; 80], vec![-300; 3]].concat();
        for at_a_time in [1, 33, 80, 1000] {
            let p = peaks([&left, &[-2560; 163]], at_a_time);
            assert_eq!((p.length, p.samples_per_pixel), (3, 80));
            assert_eq!(p.data, [0, 0, -10, 0, 0, 100, -10, 0, -2, 0, -10, 0]);
        }
        let hour = vec![0; 8000 * 3600];
        assert!(peaks([&hour, &hour], 8000).length <= MOST_PIXELS as u32);
    }

    #[test]
    fn the_text_is_what_a_reader_of_json_finds() {
        let all: Vec<i8> = (i8::MIN..=i8::MAX).collect();
        for data in [Vec::new(), vec![-1], all] {
            let p = Peaks {
                data,
                ..peaks([&[], &[]], 1)
            };
            assert_eq!(
                serde_json::from_slice::<Peaks>(&p.to_json().unwrap()).unwrap(),
                p
            );
        }
    }
}
