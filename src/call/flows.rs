//! The flow table: from addresses and SSRC to a stream of a call, in one look-up per packet; and
//! the waiting room for media that came before its signalling.

use super::{CallNo, Side, StreamNo};
use crate::units::{Micros, WallTime};
use foldhash::fast::RandomState;
use std::collections::HashMap;
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
}

/// A step of the sequence number from here on is a restart, not a loss.
const RESTART: u16 = 1000;

impl Followed {
    /// Takes note of a packet; gives how many are missing between it and the one before.
    #[inline]
    pub fn next(&mut self, at: WallTime, sequence: u16) -> u64 {
        let before = self.last.replace((at, sequence));
        let step = before.map_or(1, |(_, before)| sequence.wrapping_sub(before));
        u64::from(step.wrapping_sub(1)) * u64::from((2..RESTART).contains(&step))
    }
}

/// All flows that are known.
#[derive(Debug, Default)]
pub struct Flows {
    known: Table<FlowKey, Flow>,
    /// The flows that touch an address, so that a new description need not look at all.
    touching: HashMap<SocketAddr, Vec<FlowKey>>,
}

/// Ended flows are forgotten after this long without their call.
const FORGET_AFTER: Micros = Micros::from_secs(120);

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
        if self.known.insert(key, flow).is_none() {
            self.touching.entry(key.src).or_default().push(key);
            self.touching.entry(key.dst).or_default().push(key);
        }
    }

    fn remove(&mut self, key: &FlowKey) {
        self.known.remove(key);
        for address in [key.src, key.dst] {
            if let Some(keys) = self.touching.get_mut(&address) {
                keys.retain(|k| k != key);
                if keys.is_empty() {
                    self.touching.remove(&address);
                }
            }
        }
    }

    /// A new description names this address: takes it from other calls.
    pub fn release(&mut self, address: SocketAddr, keep: CallNo) {
        let others = |key: &&FlowKey| !matches!(self.known.get(*key), Some(Flow::Stream(s)) if s.call == keep);
        let gone: Vec<FlowKey> = self
            .touching
            .get(&address)
            .into_iter()
            .flatten()
            .filter(others)
            .copied()
            .collect();
        gone.iter().for_each(|key| self.remove(key));
    }

    /// A call has ended; `addresses` are those that its flows touch. Later packets on these flows
    /// belong to no call.
    pub fn end(&mut self, call: CallNo, addresses: &[SocketAddr], now: WallTime) {
        for key in self.of(call, addresses) {
            self.known.insert(key, Flow::Ended { at: now });
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
            .flat_map(|a| self.touching.get(a).into_iter().flatten())
            .filter(is_its)
            .copied()
            .collect()
    }

    /// Forgets flows whose call ended long ago.
    pub fn forget(&mut self, now: WallTime) {
        let old: Vec<FlowKey> = self
            .known
            .iter()
            .filter(|(_, flow)| matches!(flow, Flow::Ended { at } if now - *at > FORGET_AFTER))
            .map(|(k, _)| *k)
            .collect();
        old.iter().for_each(|key| self.remove(key));
    }

    /// Flows that are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether no flow is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// Media without signalling, held for a while: the SDP may be a moment behind (RFC 3264 §5.1 lets
/// media overtake it).
#[derive(Debug, Default)]
pub struct Waiting {
    flows: Table<FlowKey, WaitingFlow>,
    bytes: usize,
}

/// The packets of one flow that waits.
#[derive(Debug)]
pub struct WaitingFlow {
    /// When its first packet came.
    pub first: WallTime,
    /// When its last packet came.
    pub last: WallTime,
    /// Packets back to back, with the time and the end offset of each.
    packets: Vec<(WallTime, usize)>,
    bytes: Vec<u8>,
}

impl WaitingFlow {
    /// In the order in which they came, with the time of each.
    pub fn packets(&self) -> impl Iterator<Item = (WallTime, &[u8])> {
        let starts = std::iter::once(0).chain(self.packets.iter().map(|(_, end)| *end));
        self.packets
            .iter()
            .zip(starts)
            .map(|((at, end), start)| (*at, &self.bytes[start..*end]))
    }

    /// How many packets wait.
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }
}

/// Flows and bytes that may wait at once.
const MOST_FLOWS: usize = 512;
const MOST_BYTES: usize = 8 << 20;

impl Waiting {
    /// Holds a packet; `false` when the waiting room is full.
    pub fn hold(&mut self, key: FlowKey, at: WallTime, packet: &[u8]) -> bool {
        let full = self.bytes + packet.len() > MOST_BYTES
            || (self.flows.len() >= MOST_FLOWS && !self.flows.contains_key(&key));
        if full {
            return false;
        }
        let flow = self.flows.entry(key).or_insert_with(|| WaitingFlow {
            first: at,
            last: at,
            packets: Vec::new(),
            bytes: Vec::new(),
        });
        flow.bytes.extend_from_slice(packet);
        flow.packets.push((at, flow.bytes.len()));
        flow.last = flow.last.max(at);
        self.bytes += packet.len();
        true
    }

    /// What waits of a flow.
    pub fn get(&self, key: &FlowKey) -> Option<&WaitingFlow> {
        self.flows.get(key)
    }

    /// Any flow that the test picks.
    pub fn find(&self, pick: impl Fn(&WaitingFlow) -> bool) -> Option<FlowKey> {
        self.flows.iter().find(|(_, f)| pick(f)).map(|(k, _)| *k)
    }

    /// Takes out all flows that the test picks, oldest first.
    pub fn take(
        &mut self,
        pick: impl Fn(&FlowKey, &WaitingFlow) -> bool,
    ) -> Vec<(FlowKey, WaitingFlow)> {
        let mut keys: Vec<(WallTime, FlowKey)> = self
            .flows
            .iter()
            .filter(|(k, f)| pick(k, f))
            .map(|(k, f)| (f.first, *k))
            .collect();
        keys.sort_by_key(|(first, key)| (*first, key.ssrc));
        let taken: Vec<_> = keys
            .into_iter()
            .filter_map(|(_, key)| Some((key, self.flows.remove(&key)?)))
            .collect();
        self.bytes -= taken.iter().map(|(_, f)| f.bytes.len()).sum::<usize>();
        taken
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }
}
