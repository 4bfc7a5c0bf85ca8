//! The waiting room: media that came before its signalling (RFC 3264 §5.1 lets media overtake it),
//! and media towards a call that has not shown yet that it is of the call.
//!
//! What a stranger sends can fill it, so it is bounded, and the emptiest flow goes first: one
//! packet of nobody is worth less than a second packet of somebody. Of flows alike, the one that
//! has waited longest goes. At 50,000 new flows a second a first packet stays for a sixth of a
//! second, several times what anybody waits between two.

use super::flows::{FlowKey, Table, Touching};
use crate::units::{Micros, WallTime};
use crate::wire::turns::{Turn, Turns};
use std::net::SocketAddr;

/// Flows that may wait at once.
pub(super) const MOST_FLOWS: usize = 8192;
/// Bytes that they may hold.
pub(super) const MOST_BYTES: usize = 16 << 20;
/// Packets and bytes of one flow: ten seconds of 20 ms. What comes after is not held.
pub(super) const MOST_PACKETS: usize = 512;
pub(super) const MOST_OF_FLOW: usize = 256 << 10;
/// What a packet takes beside its bytes.
const OVERHEAD: usize = 16;
/// What is looked at to tell a voice.
const PROOF: usize = 4;
/// They take so long at least: three steps of the shortest packets that are met.
const PACE: Micros = Micros::from_millis(20);
/// A step of the sequence number by more is none of a voice; packets may come out of order.
const STRIDE: i16 = 1000;
const DISORDER: i16 = 16;
/// From so many packets on a flow is of the next class: those that hold least go first.
const CLASSES: [usize; 3] = [1, 2, 4];

/// See the module's doc.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    flows: Table<FlowKey, WaitingFlow>,
    touching: Touching,
    turns: [Turns<FlowKey>; CLASSES.len()],
    bytes: usize,
}

/// The packets of one flow that waits.
#[derive(Debug)]
pub(super) struct WaitingFlow {
    /// When its first packet came.
    pub(super) first: WallTime,
    /// When its last packet came.
    pub(super) last: WallTime,
    /// Packets back to back, with the time and the end offset of each.
    packets: Vec<(WallTime, usize)>,
    bytes: Vec<u8>,
    turn: Turn,
}

impl WaitingFlow {
    /// In the order in which they came, with the time of each.
    pub(super) fn packets(&self) -> impl Iterator<Item = (WallTime, &[u8])> {
        let starts = std::iter::once(0).chain(self.packets.iter().map(|(_, end)| *end));
        self.packets
            .iter()
            .zip(starts)
            .map(|((at, end), start)| (*at, &self.bytes[start..*end]))
    }

    /// How many packets wait.
    pub(super) fn len(&self) -> usize {
        self.packets.len()
    }

    /// Of its last packet.
    pub(super) fn payload_type(&self) -> Option<u8> {
        Some(self.last_packets(1).next()?.get(1)? & 0x7f)
    }

    /// Of its last packet.
    pub(super) fn sequence(&self) -> Option<u16> {
        let packet = self.last_packets(1).next()?;
        Some(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]))
    }

    fn last_packets(&self, most: usize) -> impl Iterator<Item = &[u8]> {
        let from = self.packets.len().saturating_sub(most);
        (from..self.packets.len()).map(|n| {
            let start = n.checked_sub(1).map_or(0, |before| self.packets[before].1);
            &self.bytes[start..self.packets[n].1]
        })
    }

    /// Whether its last packets follow each other as those of a voice do: by their sequence
    /// numbers, in one payload type, in time.
    pub(super) fn is_steady(&self) -> bool {
        let mut ahead = 0;
        let mut before: Option<(u16, u8)> = None;
        for packet in self.last_packets(PROOF) {
            let &[_, kind, a, b, ..] = packet else {
                return false;
            };
            let now = (u16::from_be_bytes([a, b]), kind & 0x7f);
            if let Some(before) = before.replace(now) {
                let step = now.0.wrapping_sub(before.0) as i16;
                if !(-DISORDER..STRIDE).contains(&step) || now.1 != before.1 {
                    return false;
                }
                ahead += usize::from(step > 0);
            }
        }
        // A mirror may show each twice.
        ahead > 0 && self.last - self.first >= PACE
    }

    fn weight(&self) -> usize {
        self.bytes.len() + OVERHEAD * self.packets.len()
    }

    fn class(&self) -> usize {
        CLASSES
            .iter()
            .rposition(|from| self.len() >= *from)
            .unwrap_or(0)
    }
}

impl Waiting {
    /// Holds a packet; `false` when its flow holds as much as one may. Gives what had to go for it.
    pub(super) fn hold(
        &mut self,
        key: FlowKey,
        at: WallTime,
        packet: &[u8],
        gone: &mut Vec<(FlowKey, WaitingFlow)>,
    ) -> bool {
        let known = self.flows.get(&key);
        if known
            .is_some_and(|f| f.len() >= MOST_PACKETS || f.bytes.len() + packet.len() > MOST_OF_FLOW)
        {
            return false;
        }
        let is_new = known.is_none();
        while (is_new && self.flows.len() >= MOST_FLOWS)
            || self.bytes + packet.len() + OVERHEAD > MOST_BYTES
        {
            let Some(emptiest) = self.emptiest(&key) else {
                return false;
            };
            gone.extend(self.remove(&emptiest).map(|flow| (emptiest, flow)));
        }
        if is_new {
            self.touching.add(key);
        }
        let flow = self.flows.entry(key).or_insert_with(|| WaitingFlow {
            first: at,
            last: at,
            packets: Vec::new(),
            bytes: Vec::new(),
            turn: Turn::default(),
        });
        flow.bytes.extend_from_slice(packet);
        flow.packets.push((at, flow.bytes.len()));
        flow.last = flow.last.max(at);
        self.bytes += packet.len() + OVERHEAD;
        if CLASSES.contains(&flow.len()) {
            flow.turn = self.turns[flow.class()].join(key);
            let flows = &self.flows;
            for (class, turns) in self.turns.iter_mut().enumerate() {
                turns.tidy(flows.len(), |key, turn| is_own(flows, class, key, turn));
            }
        }
        true
    }

    /// The flow that goes next, other than this one.
    fn emptiest(&mut self, but: &FlowKey) -> Option<FlowKey> {
        let flows = &self.flows;
        let mut classes = self.turns.iter_mut().enumerate();
        classes.find_map(|(class, turns)| {
            turns.first(|key, turn| key != but && is_own(flows, class, key, turn))
        })
    }

    /// What waits of a flow.
    pub(super) fn get(&self, key: &FlowKey) -> Option<&WaitingFlow> {
        self.flows.get(key)
    }

    /// All flows that the test picks, oldest first.
    pub(super) fn keys(&self, pick: impl Fn(&WaitingFlow) -> bool) -> Vec<FlowKey> {
        let picked = self.flows.iter().filter(|(_, f)| pick(f));
        let mut keys: Vec<_> = picked.map(|(k, f)| (f.first, k.ssrc, *k)).collect();
        keys.sort_by_key(|(first, ssrc, _)| (*first, *ssrc));
        keys.into_iter().map(|(.., key)| key).collect()
    }

    /// Some of the flows from or to an address: those that came last.
    pub(super) fn touching(&self, address: &SocketAddr, most: usize) -> Vec<FlowKey> {
        let keys = self.touching.of(address);
        keys[keys.len().saturating_sub(most)..].to_vec()
    }

    /// Takes a flow out.
    pub(super) fn remove(&mut self, key: &FlowKey) -> Option<WaitingFlow> {
        let flow = self.flows.remove(key)?;
        self.touching.remove(key);
        self.bytes -= flow.weight();
        Some(flow)
    }

    /// Takes out all flows that the test picks, oldest first.
    pub(super) fn take(
        &mut self,
        pick: impl Fn(&FlowKey, &WaitingFlow) -> bool,
    ) -> Vec<(FlowKey, WaitingFlow)> {
        let picked = self.flows.iter().filter(|(k, f)| pick(k, f));
        let keys = picked.map(|(k, _)| *k).collect();
        self.take_out(keys)
    }

    /// Takes these out, oldest first.
    pub(super) fn take_out(&mut self, keys: Vec<FlowKey>) -> Vec<(FlowKey, WaitingFlow)> {
        let with_flow = |key: FlowKey| Some((key, self.remove(&key)?));
        let mut taken: Vec<_> = keys.into_iter().filter_map(with_flow).collect();
        taken.sort_by_key(|(key, flow)| (flow.first, key.ssrc));
        taken
    }

    /// Flows that wait.
    pub(super) fn len(&self) -> usize {
        self.flows.len()
    }

    /// What they hold, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Whether a place in a class's queue is a flow's own.
fn is_own(flows: &Table<FlowKey, WaitingFlow>, class: usize, key: &FlowKey, turn: Turn) -> bool {
    let flow = flows.get(key);
    flow.is_some_and(|f| f.turn == turn && f.class() == class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u32) -> FlowKey {
        let at = |ip: u32| SocketAddr::from((std::net::Ipv4Addr::from(ip), 4000));
        FlowKey {
            src: at(n),
            dst: at(7),
            ssrc: n,
            rtcp: false,
        }
    }

    #[test]
    fn the_emptiest_goes_first_and_of_those_the_oldest() {
        let (mut waiting, mut gone) = (Waiting::default(), Vec::new());
        let somebody = MOST_FLOWS as u32 / 2;
        for n in 0..MOST_FLOWS as u32 {
            waiting.hold(key(n), WallTime(i64::from(n)), &[0; 20], &mut gone);
        }
        waiting.hold(key(somebody), WallTime(9_999), &[0; 20], &mut gone);
        assert!(gone.is_empty());
        for n in 0..2 * MOST_FLOWS as u32 {
            waiting.hold(key(1_000_000 + n), WallTime(10_000), &[0; 20], &mut gone);
        }
        assert_eq!(waiting.len(), MOST_FLOWS);
        let order = gone.iter().take(4).map(|(key, _)| key.ssrc);
        assert_eq!(order.collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(waiting.get(&key(somebody)).map(WaitingFlow::len), Some(2));
        assert_eq!(waiting.touching.of(&key(0).dst).len(), MOST_FLOWS);
        waiting.take(|_, _| true);
        assert_eq!((waiting.len(), waiting.bytes()), (0, 0));
    }

    #[test]
    fn bytes_are_bounded_too_and_one_flow_holds_no_more_than_it_may() {
        let (mut waiting, mut gone) = (Waiting::default(), Vec::new());
        for n in 0..400 {
            for _ in 0..80 {
                waiting.hold(key(n), WallTime(1), &[0; 1400], &mut gone);
            }
            assert!(waiting.bytes() <= MOST_BYTES);
        }
        assert!(!gone.is_empty());
        let mut held = |_: &i32| waiting.hold(key(9999), WallTime(2), &[0; 20], &mut gone);
        assert_eq!((0..1000).filter(|n| held(n)).count(), MOST_PACKETS);
    }
}
