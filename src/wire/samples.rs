//! The last few discarded packets of each reason, to be looked at.
//!
//! Rings of fixed size, made at the start: noting a packet copies its first bytes and allocates
//! nothing. What is kept may hold numbers and names; show it only to those who may see the tap.

use crate::units::WallTime;
use std::net::SocketAddr;

/// At most so many bytes of a packet are kept.
pub const SAMPLE_BYTES: usize = 64;
/// Samples of each reason.
pub(super) const EACH: usize = 8;

/// A discarded packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When the tap saw it.
    pub at: WallTime,
    /// By the kernel's number, or the capture file's; `None` where it was put together from several
    /// frames.
    pub interface: Option<u16>,
    /// From and to; `None` where it was not read that far.
    pub addresses: Option<(SocketAddr, SocketAddr)>,
    /// Of all that was captured, in bytes.
    pub length: usize,
    bytes: [u8; SAMPLE_BYTES],
    kept: u8,
}

impl Sample {
    /// `most` limits what is kept of the packet, in bytes.
    pub fn of(
        at: WallTime,
        interface: Option<u16>,
        addresses: Option<(SocketAddr, SocketAddr)>,
        packet: &[u8],
        most: usize,
    ) -> Sample {
        let kept = packet.len().min(most).min(SAMPLE_BYTES);
        let mut bytes = [0; SAMPLE_BYTES];
        bytes[..kept].copy_from_slice(&packet[..kept]);
        Sample {
            at,
            interface,
            addresses,
            length: packet.len(),
            bytes,
            kept: kept as u8,
        }
    }

    /// The packet's first bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.kept)]
    }
}

/// The last samples of each reason.
#[derive(Debug, Clone)]
pub struct Samples<R> {
    rings: Vec<Ring<R>>,
}

#[derive(Debug, Clone)]
struct Ring<R> {
    reason: R,
    samples: Vec<Sample>,
    /// Where the next one goes.
    next: usize,
}

impl<R: Copy + PartialEq> Samples<R> {
    /// Room for all samples of these reasons; others are not kept.
    pub fn new(reasons: &[R]) -> Samples<R> {
        let ring = |reason: &R| Ring {
            reason: *reason,
            samples: Vec::with_capacity(EACH),
            next: 0,
        };
        Samples {
            rings: reasons.iter().map(ring).collect(),
        }
    }

    /// Keeps a sample in place of the oldest of its reason.
    pub fn note(&mut self, reason: R, sample: Sample) {
        let Some(ring) = self.rings.iter_mut().find(|r| r.reason == reason) else {
            return;
        };
        if ring.samples.len() < EACH {
            ring.samples.push(sample);
        } else {
            ring.samples[ring.next] = sample;
        }
        ring.next = (ring.next + 1) % EACH;
    }

    /// All that are kept, of each reason the newest first.
    pub fn iter(&self) -> impl Iterator<Item = (R, &Sample)> {
        self.rings.iter().flat_map(|ring| {
            let (newer, older) = ring.samples.split_at(ring.next.min(ring.samples.len()));
            let newest_first = newer.iter().rev().chain(older.iter().rev());
            newest_first.map(|sample| (ring.reason, sample))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_few_of_each_reason_are_kept_the_newest_first() {
        let mut samples = Samples::new(&['a', 'b']);
        let sample = |at| Sample::of(WallTime(at), Some(2), None, &[7; 100], SAMPLE_BYTES);
        (0..20).for_each(|at| samples.note('a', sample(at)));
        (20..23).for_each(|at| samples.note('b', sample(at)));
        samples.note('c', sample(23));
        let kept: Vec<_> = samples.iter().map(|(r, s)| (r, s.at.0)).collect();
        let expected: Vec<_> = (12..20).rev().map(|at| ('a', at)).collect();
        assert_eq!(kept[..8], expected);
        assert_eq!(kept[8..], [('b', 22), ('b', 21), ('b', 20)]);
    }

    #[test]
    fn no_more_of_a_packet_is_kept_than_may_be() {
        let packet: Vec<u8> = (0..200).collect();
        let sample = |most| Sample::of(WallTime(1), None, None, &packet, most);
        assert_eq!(sample(12).bytes(), &packet[..12]);
        assert_eq!(sample(500).bytes(), &packet[..SAMPLE_BYTES]);
        assert_eq!(sample(12).length, 200);
    }
}
