//! One RTP stream put in order: extended sequence numbers and timestamps, duplicates out, losses
//! counted (RFC 3550 appendix A.1 and A.8, with the whole stream at hand).

use crate::units::WallTime;
use crate::wire::rtp::Rtp;

/// A packet in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub at: WallTime,
    /// Sequence number without wrap. A jump too large to be loss starts a new epoch, 2^32 further
    /// on.
    pub sequence: i64,
    /// Timestamp in ticks without wrap; each epoch counts from its own start.
    pub timestamp: i64,
    pub payload_type: u8,
    pub marker: bool,
    /// Which packet of the input this is.
    pub index: usize,
}

/// The stream in order, and what it took.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ordered {
    pub packets: Vec<Placed>,
    pub duplicate: u64,
    /// Came after one that should have followed them.
    pub late: u64,
    pub lost: u64,
    /// Single packets far outside the sequence: left out.
    pub stray: u64,
    /// Mean interarrival jitter in ticks (RFC 3550 §6.4.1).
    pub jitter_ticks: f64,
}

/// A forward step this large, or a backward one of [`MISORDER`], is a restart once a second packet
/// confirms it.
const DROPOUT: i64 = 3000;
const MISORDER: i64 = -500;
const EPOCH: i64 = 1 << 32;

/// Orders packets given as they came.
pub fn order(packets: impl IntoIterator<Item = (usize, WallTime, Rtp)>, clock: u32) -> Ordered {
    let packets = packets.into_iter();
    let mut out = Ordered {
        packets: Vec::with_capacity(packets.size_hint().0),
        ..Ordered::default()
    };
    let mut extender = Extender::default();
    let mut jitter = Jitter::default();
    // A packet far outside the sequence, until the next one shows whether it was a restart.
    let mut outside: Option<(Placed, u32)> = None;
    for (index, at, rtp) in packets {
        let place = |(sequence, timestamp)| Placed {
            at,
            sequence,
            timestamp,
            payload_type: rtp.payload_type,
            marker: rtp.marker,
            index,
        };
        match extender.extend(&rtp) {
            Step::Next(position) => {
                jitter.take(at, position.1, clock);
                out.packets.push(place(position));
            }
            Step::Outside => {
                out.stray += u64::from(outside.is_some());
                outside = Some((place((0, 0)), rtp.timestamp));
            }
            Step::Restart(position) => {
                if let Some((first, timestamp)) = outside.take() {
                    let behind = i64::from(rtp.timestamp.wrapping_sub(timestamp) as i32);
                    out.packets.push(Placed {
                        sequence: position.0 - 1,
                        timestamp: position.1 - behind,
                        ..first
                    });
                }
                jitter.take(at, position.1, clock);
                out.packets.push(place(position));
            }
        }
    }
    out.stray += u64::from(outside.is_some());
    out.jitter_ticks = jitter.mean();
    // As most streams come.
    if !out
        .packets
        .is_sorted_by(|a, b| a.sequence < b.sequence && a.index < b.index)
    {
        // Stable: of duplicates the first that came stays.
        out.packets.sort_by_key(|p| p.sequence);
        let all = out.packets.len();
        out.packets.dedup_by_key(|p| p.sequence);
        out.duplicate = (all - out.packets.len()) as u64;
        out.late = late(&out.packets);
    }
    out.lost = out
        .packets
        .windows(2)
        .map(|w| lost_between(&w[0], &w[1]))
        .sum();
    out
}

/// How many came after one that should have followed them.
fn late(ordered: &[Placed]) -> u64 {
    let mut arrivals: Vec<(usize, i64)> = ordered.iter().map(|p| (p.index, p.sequence)).collect();
    arrivals.sort_unstable();
    let mut highest = i64::MIN;
    let mut late = 0;
    for (_, sequence) in arrivals {
        late += u64::from(sequence < highest);
        highest = highest.max(sequence);
    }
    late
}

/// Packets missing between two neighbours; 0 across a restart.
pub fn lost_between(a: &Placed, b: &Placed) -> u64 {
    let step = b.sequence - a.sequence;
    if (2..=DROPOUT).contains(&step) {
        (step - 1) as u64
    } else {
        0
    }
}

/// Two neighbours belong to one run of the sender's counters.
pub fn same_epoch(a: &Placed, b: &Placed) -> bool {
    b.sequence.div_euclid(EPOCH) == a.sequence.div_euclid(EPOCH)
}

/// Unwraps the 16-bit sequence and the 32-bit timestamp.
#[derive(Default)]
struct Extender {
    last: Option<(i64, i64)>,
    epoch: i64,
    /// The sequence number that would confirm a restart.
    probation: Option<u16>,
}

enum Step {
    Next((i64, i64)),
    Outside,
    Restart((i64, i64)),
}

impl Extender {
    fn extend(&mut self, rtp: &Rtp) -> Step {
        let Some((last_sequence, last_timestamp)) = self.last else {
            return Step::Next(self.start(rtp));
        };
        let step = i64::from(rtp.sequence.wrapping_sub(last_sequence as u16) as i16);
        if !(MISORDER..=DROPOUT).contains(&step) {
            if self.probation == Some(rtp.sequence) {
                self.epoch += 1;
                return Step::Restart(self.start(rtp));
            }
            self.probation = Some(rtp.sequence.wrapping_add(1));
            return Step::Outside;
        }
        let sequence = last_sequence + step;
        let timestamp =
            last_timestamp + i64::from(rtp.timestamp.wrapping_sub(last_timestamp as u32) as i32);
        if step > 0 {
            self.last = Some((sequence, timestamp));
        }
        Step::Next((sequence, timestamp))
    }

    fn start(&mut self, rtp: &Rtp) -> (i64, i64) {
        // Room below for packets that were overtaken by the first.
        let place = (
            self.epoch * EPOCH + (1 << 20) + i64::from(rtp.sequence),
            i64::from(rtp.timestamp) + (1 << 33),
        );
        self.probation = None;
        self.last = Some(place);
        place
    }
}

#[derive(Default)]
struct Jitter {
    last: Option<(WallTime, i64)>,
    estimate: f64,
    sum: f64,
    count: u64,
}

impl Jitter {
    fn take(&mut self, at: WallTime, timestamp: i64, clock: u32) {
        if let Some((last_at, last_timestamp)) = self.last {
            let arrived = (at - last_at).0 as f64 * f64::from(clock) / 1e6;
            let d = (arrived - (timestamp - last_timestamp) as f64).abs();
            // A pause or a restart is no jitter.
            if d < f64::from(clock) {
                self.estimate += (d - self.estimate) / 16.0;
                self.sum += self.estimate;
                self.count += 1;
            }
        }
        self.last = Some((at, timestamp));
    }

    fn mean(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            self.sum / self.count as f64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(sequences: &[u16]) -> Vec<(usize, WallTime, Rtp)> {
        let rtp = |s: u16| Rtp {
            payload_type: 0,
            marker: false,
            sequence: s,
            timestamp: u32::from(s).wrapping_mul(160),
            ssrc: 1,
            payload_start: 12,
            payload_end: 172,
        };
        sequences
            .iter()
            .enumerate()
            .map(|(i, s)| (i, WallTime(i as i64 * 20_000), rtp(*s)))
            .collect()
    }

    #[test]
    fn a_wrap_a_swap_a_copy_and_a_hole() {
        let o = order(packets(&[65_534, 65_535, 1, 0, 0, 2, 5]), 8000);
        let steps: Vec<i64> = o
            .packets
            .iter()
            .map(|p| p.sequence - o.packets[0].sequence)
            .collect();
        assert_eq!(
            (steps.as_slice(), o.duplicate, o.late, o.lost),
            (&[0, 1, 2, 3, 4, 7][..], 1, 1, 2)
        );
    }

    #[test]
    fn a_restart_of_the_counter_is_no_loss() {
        let o = order(packets(&[10, 11, 12, 40_000, 40_001, 40_002, 40_003]), 8000);
        assert_eq!(o.lost, 0);
        assert_eq!(o.packets.len(), 7);
    }

    #[test]
    fn one_stray_packet_moves_nothing() {
        let o = order(packets(&[10, 11, 30_000, 12, 13]), 8000);
        let kept: Vec<usize> = o.packets.iter().map(|p| p.index).collect();
        assert_eq!((kept.as_slice(), o.stray), (&[0, 1, 3, 4][..], 1));
    }
}
