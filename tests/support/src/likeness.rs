//! How much a recorded lane is like what its speaker said.

/// What is compared is at this rate (Hz).
pub const RATE: usize = 8000;
/// The envelope's frame: 10 ms.
const FRAME: usize = RATE / 100;

/// Whole multiples of 8 kHz alone, by averaging: good enough to compare with.
pub fn at_8000(samples: &[f32], rate: usize) -> Vec<f32> {
    samples
        .chunks(rate / RATE)
        .map(|c| c.iter().sum::<f32>() / c.len() as f32)
        .collect()
}

fn envelope(samples: &[f32]) -> Vec<f32> {
    samples
        .chunks(FRAME)
        .map(|c| (c.iter().map(|s| s * s).sum::<f32>() / FRAME as f32).sqrt())
        .collect()
}

/// Likeness of `lane[lag + i]` and `spoken[i]` where both are: 1 is the same but for loudness.
fn likeness(lane: &[f32], spoken: &[f32], lag: i64) -> f32 {
    let (a, b) = if lag >= 0 {
        (&lane[(lag as usize).min(lane.len())..], spoken)
    } else {
        (lane, &spoken[((-lag) as usize).min(spoken.len())..])
    };
    let (mut product, mut energy_a, mut energy_b) = (0.0_f64, 1e-9_f64, 1e-9_f64);
    for (x, y) in a.iter().zip(b) {
        product += f64::from(x * y);
        energy_a += f64::from(x * x);
        energy_b += f64::from(y * y);
    }
    (product / (energy_a * energy_b).sqrt()) as f32
}

/// The best likeness over all lags: found by the envelope, refined to the sample.
pub fn best_likeness(lane: &[f32], spoken: &[f32]) -> f32 {
    let spoken = &spoken[..spoken.len().min(lane.len())];
    let (lane_shape, spoken_shape) = (envelope(lane), envelope(spoken));
    let mut lags: Vec<(f32, i64)> = (-150..1200)
        .map(|lag| (likeness(&lane_shape, &spoken_shape, lag), lag))
        .collect();
    lags.sort_by(|a, b| b.0.total_cmp(&a.0));
    let around = |frames: i64| {
        (frames * FRAME as i64 - 120..frames * FRAME as i64 + 120)
            .map(|lag| likeness(lane, spoken, lag))
            .fold(0.0, f32::max)
    };
    lags.iter()
        .take(3)
        .map(|(_, lag)| around(*lag))
        .fold(0.0, f32::max)
}
