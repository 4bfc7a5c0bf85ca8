//! Digits sent as telephone events (RFC 4733 §2.3), and keeping digits out of what is heard: a card
//! number that is keyed in is not to be played back.

use super::lane::{Assembled, Digit};
use crate::units::{Hertz, Micros, WallTime};

const KEYS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D',
];

/// Gathers the packets of a stream: all that share a timestamp are one press (§2.5.1.2), the last
/// of which knows how long it was.
#[derive(Debug, Default)]
pub struct Digits {
    last_timestamp: Option<i64>,
    pub pressed: Vec<Digit>,
}

impl Digits {
    /// `clock` is the stream's, in ticks a second.
    pub fn take(&mut self, at: WallTime, timestamp: i64, payload: &[u8], clock: u32) {
        let &[event, _, high, low, ..] = payload else {
            return;
        };
        let Some(key) = KEYS.get(usize::from(event)) else {
            return;
        };
        let ms = u32::from(u16::from_be_bytes([high, low])) * 1000 / clock.max(1);
        if self.last_timestamp.replace(timestamp) != Some(timestamp) {
            self.pressed.push(Digit { at, key: *key, ms });
        } else if let Some(last) = self.pressed.last_mut() {
            last.ms = last.ms.max(ms);
        }
    }
}

/// Around each press: what the phone itself lets through before and after it signals.
const MARGIN: Micros = Micros::from_millis(60);
/// Tones are looked for in windows of this length, each half over the one before.
const WINDOW_MS: u32 = 20;
/// So many windows in a row make a press: 40 ms, the shortest that a receiver must take (ITU-T
/// Q.24).
const FEWEST: usize = 3;

/// Silences keys in both lanes, those signalled beside the sound and those that sound in it, and
/// forgets which they were.
pub fn mask(call: &mut Assembled) {
    let (rate, starts_at) = (call.sample_rate, call.starts_at);
    let place = |at: WallTime| rate.samples_in(at - starts_at).max(0) as usize;
    let signalled: Vec<(usize, usize)> = call
        .lanes
        .iter()
        .flat_map(|l| &l.stats.dtmf)
        .map(|d| {
            (
                place(d.at + Micros(-MARGIN.0)),
                place(d.at + Micros::from_millis(i64::from(d.ms)) + MARGIN),
            )
        })
        .collect();
    for lane in &mut call.lanes {
        lane.stats.dtmf.clear();
        let sounding = tones(&lane.samples, rate);
        for (from, to) in signalled.iter().copied().chain(sounding) {
            let end = to.min(lane.samples.len());
            lane.samples[from.min(end)..end].fill(0);
        }
    }
}

/// Windows in which a key's two tones sound.
fn tones(samples: &[i16], rate: Hertz) -> Vec<(usize, usize)> {
    let window = (rate.0 * WINDOW_MS / 1000) as usize;
    let hop = (window / 2).max(1);
    let mut found = Vec::new();
    let mut run = 0;
    let count = samples.len().saturating_sub(window) / hop + 1;
    for number in 0..=count {
        let sounds = number < count
            && samples
                .get(number * hop..number * hop + window)
                .is_some_and(|w| is_key(w, rate));
        if sounds {
            run += 1;
            continue;
        }
        if run >= FEWEST {
            found.push((
                ((number - run) * hop).saturating_sub(window),
                number * hop + 2 * window,
            ));
        }
        run = 0;
    }
    found
}

const LOW: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
/// Quieter than this (about -42 dBm0) it is no key.
const LEAST_RMS: f64 = 150.0;
/// The two tones hold so much of all there is; speech spreads wider.
const LEAST_SHARE: f64 = 0.8;
/// One tone may be so much stronger than the other, in power: 10 dB.
const MOST_TWIST: f64 = 10.0;

fn is_key(window: &[i16], rate: Hertz) -> bool {
    let energy: f64 = window.iter().map(|s| f64::from(*s).powi(2)).sum();
    if energy < LEAST_RMS * LEAST_RMS * window.len() as f64 {
        return false;
    }
    let best = |group: &[f64; 4]| {
        group
            .iter()
            .map(|f| power(window, *f, rate))
            .fold(0.0, f64::max)
    };
    let (low, high) = (best(&LOW), best(&HIGH));
    (low + high) / energy > LEAST_SHARE && low < high * MOST_TWIST && high < low * MOST_TWIST
}

/// The energy of one frequency in a window (Goertzel), on the scale of the sum of squares.
fn power(window: &[i16], frequency: f64, rate: Hertz) -> f64 {
    let step = 2.0 * (std::f64::consts::TAU * frequency / f64::from(rate.0)).cos();
    let (a, b) = window
        .iter()
        .fold((0.0, 0.0), |(a, b), s| (f64::from(*s) + step * a - b, a));
    (a * a + b * b - step * a * b) * 2.0 / window.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Lane;

    fn sine(hertz: f64, i: usize, rate: u32) -> f64 {
        (std::f64::consts::TAU * hertz * i as f64 / f64::from(rate)).sin()
    }

    #[test]
    fn a_press_is_one_digit_however_many_packets_say_it() {
        let mut d = Digits::default();
        for (timestamp, duration) in [(1000, 160_u16), (1000, 320), (1000, 800), (9000, 160)] {
            let payload = [&[5, 0x0a][..], &duration.to_be_bytes()].concat();
            d.take(WallTime(timestamp), timestamp, &payload, 8000);
        }
        assert_eq!(
            d.pressed,
            [
                Digit {
                    at: WallTime(1000),
                    key: '5',
                    ms: 100
                },
                Digit {
                    at: WallTime(9000),
                    key: '5',
                    ms: 20
                }
            ]
        );
    }

    #[test]
    fn keys_are_silenced_and_speech_is_not() {
        for rate in [8_000, 16_000] {
            let n = rate as usize;
            // A second of a voice-like mix, 100 ms of key 7 in the middle, and a key that was
            // signalled at 800 ms.
            let voice = |i: usize| {
                5000.0
                    * (sine(190.0, i, rate)
                        + 0.6 * sine(380.0, i, rate)
                        + 0.5 * sine(760.0, i, rate)
                        + 0.3 * sine(1330.0, i, rate)
                        + 0.3 * sine(2280.0, i, rate))
            };
            let key = |i: usize| 6000.0 * (sine(852.0, i, rate) + sine(1209.0, i, rate));
            let in_key = |i: usize| (n * 4 / 10..n / 2).contains(&i);
            let samples: Vec<i16> = (0..n)
                .map(|i| if in_key(i) { key(i) } else { voice(i) } as i16)
                .collect();
            let lane = |samples: &[i16]| Lane {
                samples: samples.to_vec(),
                ..Lane::default()
            };
            let mut call = Assembled {
                sample_rate: Hertz(rate),
                starts_at: WallTime(0),
                lanes: [lane(&samples), lane(&samples)],
                gaps: Vec::new(),
            };
            call.lanes[1].stats.dtmf.push(Digit {
                at: WallTime(800_000),
                key: '4',
                ms: 60,
            });
            mask(&mut call);
            for lane in &call.lanes {
                assert!(lane.stats.dtmf.is_empty());
                let quiet = |from_ms: usize, to_ms: usize| {
                    lane.samples[n * from_ms / 1000..n * to_ms / 1000]
                        .iter()
                        .all(|s| *s == 0)
                };
                assert!(quiet(400, 500) && quiet(750, 910), "{rate}");
                let kept = (0..n)
                    .filter(|i| lane.samples[*i] == samples[*i] && samples[*i] != 0)
                    .count();
                assert!(kept > n * 6 / 10, "{rate}: {kept} of {n} kept");
                assert_eq!(lane.samples[..n * 3 / 10], samples[..n * 3 / 10]);
            }
        }
    }
}
