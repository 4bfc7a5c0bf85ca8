//! The waveform's picture, made once: the page never decodes a whole file to draw it.

use serde::{Deserialize, Serialize};

/// Minimum and maximum of each lane per pixel, as 8-bit values: the JSON form (version 2) that BBC's audiowaveform
/// writes and waveform players read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peaks {
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
    /// As the page reads it.
    ///
    /// # Errors
    /// None that these fields could give.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        // At most four signs and a comma each, and the names of the fields.
        let mut json = Vec::with_capacity(self.data.len() * 5 + 200);
        serde_json::to_writer(&mut json, self)?;
        Ok(json)
    }
}

/// A picture wider than this shows no more on any screen.
const MOST_PIXELS: usize = 24_000;
const FINEST_PER_SECOND: u32 = 100;

pub fn peaks(lanes: [&[i16]; 2], rate: u32) -> Peaks {
    let samples = lanes[0].len().max(lanes[1].len());
    let step = (rate / FINEST_PER_SECOND).max(samples.div_ceil(MOST_PIXELS) as u32).max(1) as usize;
    let length = samples.div_ceil(step);
    let mut data = Vec::with_capacity(length * 4);
    for pixel in 0..length {
        for lane in lanes {
            let part = lane.get(pixel * step..((pixel + 1) * step).min(lane.len())).unwrap_or(&[]);
            let (low, high) = part.iter().fold((0_i16, 0_i16), |(low, high), s| (low.min(*s), high.max(*s)));
            data.extend([(low >> 8) as i8, (high >> 8) as i8]);
        }
    }
    Peaks { version: 2, channels: 2, sample_rate: rate, samples_per_pixel: step as u32, bits: 8, length: length as u32, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pixel_holds_both_lanes_extremes() {
        let left: Vec<i16> = [vec![0; 80], vec![25_600; 80]].concat();
        let p = peaks([&left, &[-2560; 80]], 8000);
        assert_eq!((p.length, p.samples_per_pixel), (2, 80));
        assert_eq!(p.data, [0, 0, -10, 0, 0, 100, 0, 0]);
        assert!(peaks([&vec![0; 8000 * 3600], &[]], 8000).length <= MOST_PIXELS as u32);
    }
}
