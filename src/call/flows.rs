//! The flow table: from addresses and SSRC to a stream of a call, in one look-up per packet.

use super::{CallNo, Side, StreamNo};
use crate::units::{Micros, WallTime};
use foldhash::fast::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

/// A table that is asked for every packet. Its hash is seeded anew in each process, so that no
/// sender can fill one bucket.
pub type Table<K, V> = HashMap<K, V, RandomState>;

/// Never the SSRC alone: behind a proxy both legs carry the same one (DESIGN §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowKey {
    pub src: SocketAddr,
    pub dst: SocketAddr,
    pub ssrc: u32,
    /// RTCP of the same sender, which may run on the same ports (RFC 5761).
    pub rtcp: bool,
}

/// In three words where the derived way takes ten: this is most of what a packet costs the table.
impl Hash for FlowKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let ip = |address: &SocketAddr| match address.ip() {
            IpAddr::V4(ip) => u128::from(ip.to_bits()),
            IpAddr::V6(ip) => ip.to_bits(),
        };
        state.write_u128(ip(&self.src));
        state.write_u128(ip(&self.dst));
        let ports = u64::from(self.src.port()) << 16 | u64::from(self.dst.port());
        state.write_u64(u64::from(self.ssrc) << 32 ^ ports << 1 ^ u64::from(self.rtcp));
    }
}

/// Where a flow's packets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Stream(Followed),
    /// A copy of a call for a recording server.
    Copy {
        call: CallNo,
    },
    /// Its call has ended.
    Ended {
        at: WallTime,
    },
}

/// A stream of a call, as its packets come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    pub call: CallNo,
    pub stream: StreamNo,
    pub speaker: Side,
    /// Of the last packet: its time and sequence number.
    pub last: Option<(WallTime, u16)>,
    /// Packets so far, of RTP.
    pub packets: u32,
    /// Its sender is one whom the call's descriptions name.
    pub is_named: bool,
}

/// A step of the sequence number from here on is a restart, not a loss.
const RESTART: u16 = 1000;

impl Followed {
    /// Takes note of a packet; gives how many are missing between it and the one before.
    #[inline]
    pub fn next(&mut self, at: WallTime, sequence: u16) -> u64 {
        let before = self.last.replace((at, sequence));
        self.packets = self.packets.saturating_add(1);
        let step = before.map_or(1, |(_, before)| sequence.wrapping_sub(before));
        u64::from(step.wrapping_sub(1)) * u64::from((2..RESTART).contains(&step))
    }
}

/// Which flows touch an address. Adding and removing cost the same however many do.
#[derive(Debug, Default)]
pub(super) struct Touching {
    at: Table<SocketAddr, Vec<FlowKey>>,
    /// Where a flow is in the list of its sender and of its receiver.
    places: Table<FlowKey, [u32; 2]>,
}

impl Touching {
    pub(super) fn add(&mut self, key: FlowKey) {
        let places = [key.src, key.dst].map(|address| {
            let list = self.at.entry(address).or_default();
            list.push(key);
            list.len() as u32 - 1
        });
        self.places.insert(key, places);
    }

    pub(super) fn remove(&mut self, key: &FlowKey) {
        for (end, address) in [key.src, key.dst].into_iter().enumerate() {
            let Some(place) = self.places.get(key).map(|p| p[end]) else {
                return;
            };
            let Some(list) = self.at.get_mut(&address) else {
                continue;
            };
            list.swap_remove(place as usize);
            // Somebody sends to themselves: such a flow is in the list twice.
            if let Some(moved) = list.get(place as usize)
                && let Some(places) = self.places.get_mut(moved)
            {
                let last = list.len() as u32;
                let end = usize::from(places[0] != last || moved.src != address);
                places[end] = place;
            }
            if list.is_empty() {
                self.at.remove(&address);
            }
        }
        self.places.remove(key);
    }

    pub(super) fn of(&self, address: &SocketAddr) -> &[FlowKey] {
        self.at.get(address).map_or(&[], Vec::as_slice)
    }
}

/// All flows that are known.
#[derive(Debug, Default)]
pub struct Flows {
    known: Table<FlowKey, Flow>,
    /// So that a new description need not look at all.
    touching: Touching,
    /// Flows whose call has ended, in that order.
    ended: VecDeque<(WallTime, FlowKey)>,
    copies: usize,
}

/// Ended flows are forgotten after this long without their call.
const FORGET_AFTER: Micros = Micros::from_secs(120);
/// Ended flows that are remembered; the oldest are forgotten earlier.
pub(super) const MOST_ENDED: usize = 65_536;
/// Flows to recording servers that are remembered; others are looked up packet by packet.
pub(super) const MOST_COPIES: usize = 4096;
/// Flows at one address that are looked at to see whether it is in use.
const FEW: usize = 128;

impl Flows {
    /// Where a flow's packets go.
    #[inline]
    pub fn get(&self, key: &FlowKey) -> Option<Flow> {
        self.known.get(key).copied()
    }

    /// The same, to note a packet.
    #[inline]
    pub fn get_mut(&mut self, key: &FlowKey) -> Option<&mut Flow> {
        self.known.get_mut(key)
    }

    /// Sets where a flow's packets go.
    pub fn insert(&mut self, key: FlowKey, flow: Flow) {
        let is_copy = matches!(flow, Flow::Copy { .. });
        if is_copy && self.copies >= MOST_COPIES {
            return;
        }
        self.copies += usize::from(is_copy);
        match self.known.insert(key, flow) {
            None => self.touching.add(key),
            Some(Flow::Copy { .. }) => self.copies -= 1,
            Some(_) => {}
        }
    }

    /// Forgets a flow: its next packet is its first.
    pub fn remove(&mut self, key: &FlowKey) {
        if let Some(flow) = self.known.remove(key) {
            self.copies -= usize::from(matches!(flow, Flow::Copy { .. }));
            self.touching.remove(key);
        }
    }

    /// Whether media of a call has come from or to an address since then.
    pub fn is_flowing(&self, address: &SocketAddr, call: CallNo, since: WallTime) -> bool {
        let mut keys = self.touching.of(address).iter().take(FEW);
        keys.any(|key| match self.known.get(key) {
            Some(Flow::Stream(s)) => s.call == call && s.last.is_some_and(|(at, _)| at >= since),
            _ => false,
        })
    }

    /// The streams of a call at an address.
    pub fn streams(&self, address: &SocketAddr) -> impl Iterator<Item = (&FlowKey, &Followed)> {
        let keys = self.touching.of(address).iter().take(FEW);
        keys.filter_map(|key| match self.known.get(key) {
            Some(Flow::Stream(followed)) => Some((key, followed)),
            _ => None,
        })
    }

    /// A new description names this address: takes it from other calls.
    pub fn release(&mut self, address: SocketAddr, keep: CallNo) {
        let others = |key: &&FlowKey| !matches!(self.known.get(*key), Some(Flow::Stream(s)) if s.call == keep);
        let touching = self.touching.of(&address).iter();
        let gone: Vec<FlowKey> = touching.filter(others).copied().collect();
        gone.iter().for_each(|key| self.remove(key));
    }

    /// A call has ended; `addresses` are those that its flows touch. Later packets on these flows
    /// belong to no call.
    pub fn end(&mut self, call: CallNo, addresses: &[SocketAddr], now: WallTime) {
        for key in self.of(call, addresses) {
            if let Some(Flow::Copy { .. }) = self.known.insert(key, Flow::Ended { at: now }) {
                self.copies -= 1;
            }
            self.ended.push_back((now, key));
        }
        while self.ended.len() > MOST_ENDED {
            self.forget_first();
        }
    }

    /// A call has timed out, and may not have ended: later packets on its flows count as new.
    pub fn let_go(&mut self, call: CallNo, addresses: &[SocketAddr]) {
        self.of(call, addresses)
            .iter()
            .for_each(|key| self.remove(key));
    }

    fn of(&self, call: CallNo, addresses: &[SocketAddr]) -> Vec<FlowKey> {
        let is_its = |key: &&FlowKey| matches!(self.known.get(*key), Some(Flow::Stream(Followed { call: c, .. }) | Flow::Copy { call: c }) if *c == call);
        addresses
            .iter()
            .flat_map(|a| self.touching.of(a))
            .filter(is_its)
            .copied()
            .collect()
    }

    fn forget_first(&mut self) {
        if let Some((ended, key)) = self.ended.pop_front()
            && matches!(self.known.get(&key), Some(Flow::Ended { at }) if *at == ended)
        {
            self.remove(&key);
        }
    }

    /// Forgets flows whose call ended long ago.
    pub fn forget(&mut self, now: WallTime) {
        while self
            .ended
            .front()
            .is_some_and(|(at, _)| now - *at > FORGET_AFTER)
        {
            self.forget_first();
        }
    }

    /// Flows that are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Flows whose call has ended.
    pub fn ended(&self) -> usize {
        self.ended.len()
    }

    /// Flows to recording servers.
    pub fn copies(&self) -> usize {
        self.copies
    }

    /// Whether no flow is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_at_one_address_come_and_go_in_any_order() {
        let address = |port: u16| SocketAddr::from(([10, 0, 0, 1], port));
        let key = |n: u16| FlowKey {
            src: address(n % 7),
            dst: address(n % 3),
            ssrc: u32::from(n),
            rtcp: false,
        };
        let mut touching = Touching::default();
        (0..300).for_each(|n| touching.add(key(n)));
        let mut gone = 0;
        for n in (0..300).map(|n| n * 77 % 300) {
            touching.remove(&key(n));
            gone += 1;
            let left: usize = (0..7).map(|port| touching.of(&address(port)).len()).sum();
            assert_eq!(left, 2 * (300 - gone));
            for (key, places) in &touching.places {
                assert_eq!(touching.at[&key.src][places[0] as usize], *key);
                assert_eq!(touching.at[&key.dst][places[1] as usize], *key);
            }
        }
        assert!(touching.at.is_empty() && touching.places.is_empty());
    }
}
