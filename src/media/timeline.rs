//! Where each packet belongs on the tap's clock (PRODUCT C14).
//!
//! A sender's timestamps give the distances between packets; the tap's arrival times say where
//! they belong, plus the network's delay. The smallest delay seen in a
//! while is the true offset between both clocks, so each second's smallest `arrival - timestamp` is
//! taken as that second's offset. While it stays within [`TOLERANCE`] of the one in use, nothing
//! moves and every sample stays as it was sent. When it drifts beyond, the stream is shifted by
//! whole samples in the quietest packet near by; when it jumps, as after a pause in which the
//! sender's timestamp stood still, the stream is anchored anew.

use super::stream::{Placed, same_epoch};
use crate::units::{Hertz, Micros, WallTime};

/// Where packets begin, on the tap's clock, in the order of the input.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    pub starts: Vec<WallTime>,
    /// Shifts for drift: how often, and by how much altogether, in microseconds, without sign.
    pub shifts: u32,
    /// Sum of all shifts for drift, in µs.
    pub shifted_us: i64,
}

const WINDOW: Micros = Micros::from_secs(1);
/// Drift up to this stays uncorrected. Half of what C14 allows.
const TOLERANCE: Micros = Micros::from_millis(8);
/// From here on it is no drift.
const JUMP: Micros = Micros::from_millis(120);
/// A later offset must have held for this many windows: a burst of delay does not last.
const CONFIRM: usize = 3;

/// Places packets that [`super::stream::order`] put in order. `clock` is in ticks per second;
/// `level` gives a packet's loudness, so that shifts fall into pauses, and `None` for packets that
/// say nothing of time: those of a telephone event all carry the time of its beginning (RFC 4733
/// §2.2.1).
pub fn place(packets: &[Placed], clock: u32, level: impl Fn(usize) -> Option<u32>) -> Timeline {
    let mut timeline = Timeline {
        starts: Vec::with_capacity(packets.len()),
        ..Timeline::default()
    };
    let mut from = 0;
    while from < packets.len() {
        let length = packets[from..]
            .iter()
            .take_while(|p| same_epoch(&packets[from], p))
            .count();
        place_epoch(
            &packets[from..from + length],
            clock,
            from,
            &level,
            &mut timeline,
        );
        from += length;
    }
    timeline
}

fn place_epoch(
    packets: &[Placed],
    clock: u32,
    first_index: usize,
    level: &impl Fn(usize) -> Option<u32>,
    out: &mut Timeline,
) {
    let sent: Vec<Micros> = packets
        .iter()
        .map(|p| Hertz(clock).duration(p.timestamp))
        .collect();
    let mut offsets: Vec<i64> = packets
        .iter()
        .zip(&sent)
        .map(|(p, sent)| p.at.micros() - sent.0)
        .collect();
    let telling = |i: usize| level(first_index + i).is_some();
    let mut last = (0..packets.len()).find(|i| telling(*i)).map(|i| offsets[i]);
    for (i, offset) in offsets.iter_mut().enumerate() {
        match (telling(i), last) {
            (true, _) => last = Some(*offset),
            (false, Some(neighbour)) => *offset = neighbour,
            (false, None) => {}
        }
    }
    let windows = windows(packets, &offsets);
    let mut anchor = windows.first().map_or(0, |w| w.smallest);
    // Packet from which on each anchor holds.
    let mut anchors = vec![(0, anchor)];
    for (i, window) in windows.iter().enumerate().skip(1) {
        let ahead = windows[i..]
            .iter()
            .take(CONFIRM)
            .map(|w| w.smallest)
            .min()
            .unwrap_or(window.smallest);
        // Earlier than the anchor allows can be no delay; later must last.
        let target = if window.smallest < anchor {
            window.smallest
        } else {
            ahead
        };
        let off = target - anchor;
        if off.abs() >= JUMP.0 {
            let here = (window.first..window.end)
                .find(|p| (offsets[*p] - anchor).abs() >= JUMP.0 / 2)
                .unwrap_or(window.first);
            anchors.push((here, target));
            anchor = target;
        } else if off.abs() > TOLERANCE.0 {
            let quietest = (window.first..window.end)
                .min_by_key(|p| level(first_index + p).unwrap_or(0))
                .unwrap_or(window.first);
            anchors.push((quietest, target));
            out.shifts += 1;
            out.shifted_us += off.abs();
            anchor = target;
        }
    }
    let mut current = 0;
    for (i, sent) in sent.into_iter().enumerate() {
        while anchors.get(current + 1).is_some_and(|(from, _)| *from <= i) {
            current += 1;
        }
        out.starts.push(WallTime(anchors[current].1) + sent);
    }
}

struct Window {
    first: usize,
    end: usize,
    smallest: i64,
}

/// The smallest offset in each second of arrival.
fn windows(packets: &[Placed], offsets: &[i64]) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    let mut began = WallTime(i64::MIN);
    for (i, p) in packets.iter().enumerate() {
        match windows.last_mut() {
            Some(w) if p.at - began < WINDOW && !jumps(offsets, i) => {
                w.end = i + 1;
                w.smallest = w.smallest.min(offsets[i]);
            }
            _ => {
                began = p.at;
                windows.push(Window {
                    first: i,
                    end: i + 1,
                    smallest: offsets[i],
                });
            }
        }
    }
    windows
}

/// A step of the offset between neighbours that may be a restart: it begins a window of its own.
fn jumps(offsets: &[i64], i: usize) -> bool {
    (offsets[i] - offsets[i - 1]).abs() >= JUMP.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(i: i64, at: i64, timestamp: i64) -> Placed {
        Placed {
            at: WallTime(at),
            sequence: i,
            timestamp,
            payload_type: 0,
            marker: false,
            index: i as usize,
        }
    }

    fn worst_error(packets: &[Placed], truth: impl Fn(usize) -> i64) -> i64 {
        let t = place(packets, 8000, |_| Some(0));
        (0..packets.len())
            .map(|i| (t.starts[i].micros() - truth(i)).abs())
            .max()
            .unwrap()
    }

    #[test]
    fn an_even_stream_is_not_moved_by_a_sample() {
        let packets: Vec<_> = (0..3000)
            .map(|i| {
                packet(
                    i,
                    1_000_000 + i * 20_000 + [0, 3000, 900][i as usize % 3],
                    160 * i,
                )
            })
            .collect();
        let t = place(&packets, 8000, |_| Some(0));
        assert_eq!(t.shifts, 0);
        assert!(t.starts.windows(2).all(|w| w[1] - w[0] == Micros(20_000)));
        assert_eq!(worst_error(&packets, |i| 1_000_000 + i as i64 * 20_000), 0);
    }

    #[test]
    fn a_hundred_ppm_over_an_hour_stay_within_twenty_milliseconds() {
        for ppm in [100, -100] {
            let packets: Vec<_> = (0..180_000)
                .map(|i| {
                    packet(
                        i,
                        5_000_000 + i * 20_000 + i * 20_000 * ppm / 1_000_000,
                        160 * i,
                    )
                })
                .collect();
            let worst = worst_error(&packets, |i| packets[i].at.micros());
            assert!(worst <= 20_000, "{ppm} ppm: {worst} µs");
        }
    }

    #[test]
    fn a_timestamp_that_stood_still_during_a_pause_is_anchored_anew() {
        let packets: Vec<_> = (0..1000)
            .map(|i| {
                packet(
                    i,
                    i * 20_000 + if i >= 400 { 5_000_000 } else { 0 },
                    160 * i,
                )
            })
            .collect();
        assert_eq!(worst_error(&packets, |i| packets[i].at.micros()), 0);
    }

    #[test]
    fn a_key_that_is_held_down_moves_nothing() {
        // Every packet of the press carries the time of its beginning.
        let pressed = |i: i64| (400..440).contains(&i);
        let packets: Vec<_> = (0..1000)
            .map(|i| packet(i, i * 20_000, 160 * if pressed(i) { 400 } else { i }))
            .collect();
        let t = place(&packets, 8000, |i| (!pressed(i as i64)).then_some(0));
        assert!(
            (0..1000)
                .filter(|i| !pressed(*i))
                .all(|i| t.starts[i as usize].micros() == i * 20_000)
        );
    }

    #[test]
    fn a_burst_of_delay_moves_nothing() {
        let packets: Vec<_> = (0..1000)
            .map(|i| {
                packet(
                    i,
                    i * 20_000
                        + if (400..445).contains(&i) {
                            900_000 - (i - 400) * 20_000
                        } else {
                            0
                        },
                    160 * i,
                )
            })
            .collect();
        assert_eq!(worst_error(&packets, |i| i as i64 * 20_000), 0);
    }
}
