//! Session descriptions: which addresses carry whose voice.

use super::{Listener, MediaAddress, Tracker};
use crate::call::conversation::bounds::MOST_DESCRIBED as MOST_OF_CALL;
use crate::call::facts::Side;
use crate::call::flows::{Flow, FlowKey, Table};
use crate::call::seen::Seen;
use crate::call::{CallNo, Commands, Discard, Limit};
use crate::units::{Micros, WallTime};
use std::net::SocketAddr;

/// Media addresses of all calls.
pub(in crate::call) const MOST_ADDRESSES: usize = 131_072;
/// Bytes of all calls' descriptions; beyond, only calls that are heard add to theirs, up to twice
/// as much.
pub(in crate::call) const MOST_DESCRIBED: usize = 24 << 20;
/// Flows that wait at an address and are looked at when a description names it; the others are
/// when their next packet comes.
pub(in crate::call) const MOST_LOOKED_AT: usize = 64;
/// An address at which a call was heard so lately is not another's.
const IN_USE: Micros = Micros::from_secs(1);

impl Tracker {
    /// Takes in a message's session description, if it has one.
    pub(super) fn describe(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) {
        let Some(sdp) = seen.message.sdp() else {
            return;
        };
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        let room = MOST_DESCRIBED * if c.facts().streams.is_empty() { 1 } else { 2 };
        let before = c.described();
        // A call adds no more than all of its own.
        let has_room = self.described + MOST_OF_CALL <= room;
        let described = c.describe(seen, &sdp.audio, has_room);
        self.described = self.described + c.described() - before;
        let is_cut = sdp.is_cut || described.is_too_many;
        self.tally.met(is_cut.then_some(Limit::Description));
        let owner = MediaAddress {
            call,
            side: described.side,
            leg: described.leg,
            copy: false,
        };
        for address in sdp.audio.iter().filter_map(|a| a.address) {
            self.note_address(address, owner, described.dialog, seen.at, out);
        }
    }

    /// Notes whose a media address is, and lets in what waited for it.
    pub(super) fn note_address(
        &mut self,
        address: SocketAddr,
        owner: MediaAddress,
        dialog: usize,
        at: WallTime,
        out: &mut impl Commands,
    ) {
        let known = self.addresses.get(&address).copied();
        let has_room = known.is_some() || self.addresses.len() < MOST_ADDRESSES;
        let Some(c) = self.calls.get_mut(&owner.call) else {
            return;
        };
        if !has_room || !c.note_address(address, dialog) {
            return self.tally.met([Limit::Address]);
        }
        let is_known =
            |k: MediaAddress| k.call == owner.call && k.side == owner.side && k.copy == owner.copy;
        if known.is_some_and(|k| is_known(k.now)) {
            return;
        }
        if let Some(listener) = known.filter(|k| self.is_in_use(address, k.now, owner, at)) {
            let listener = Listener {
                next: Some(owner),
                ..listener
            };
            self.addresses.insert(address, listener);
            return self.tally.met([Limit::Claimed]);
        }
        self.flows.release(address, owner.call);
        self.listen_at(address, owner);
        self.let_in(address, owner, out);
    }

    /// From now on an address is this one's; who waited for it waits on.
    pub(super) fn listen_at(&mut self, address: SocketAddr, owner: MediaAddress) {
        let known = self.addresses.get(&address);
        let next = known.and_then(|k| k.next.filter(|next| next.call != owner.call));
        self.addresses
            .insert(address, Listener { now: owner, next });
    }

    /// Whether a call other than the one that names an address is heard there, and goes on: whoever
    /// names the address of two who talk does not get their voices.
    fn is_in_use(
        &self,
        address: SocketAddr,
        now: MediaAddress,
        owner: MediaAddress,
        at: WallTime,
    ) -> bool {
        let incumbent = self.calls.get(&now.call).filter(|_| now.call != owner.call);
        incumbent.is_some_and(|c| c.is_open())
            && self.flows.is_flowing(&address, now.call, at - IN_USE)
    }

    /// Lets in what waited for an address to be named.
    fn let_in(&mut self, address: SocketAddr, owner: MediaAddress, out: &mut impl Commands) {
        let keys = self.waiting.touching(&address, MOST_LOOKED_AT);
        if owner.copy {
            for (key, flow) in self.waiting.take_out(keys) {
                self.tally.waiting -= flow.len() as u64;
                self.discard_waiting(Discard::RecordingCopy, &key, &flow);
                self.flows.insert(key, Flow::Copy { call: owner.call });
            }
            return;
        }
        let mut admitted = Vec::new();
        for key in keys {
            let side = owner.side;
            let speaker = if key.dst == address {
                side.other()
            } else {
                side
            };
            let flow = self.waiting.get(&key);
            let is_its = flow.is_some_and(|f| self.is_of_call(owner, speaker, &key, f));
            admitted.extend(is_its.then_some((key, speaker)));
        }
        let speakers: Table<FlowKey, Side> = admitted.iter().copied().collect();
        let keys = admitted.into_iter().map(|(key, _)| key).collect();
        for (key, flow) in self.waiting.take_out(keys) {
            let speaker = speakers.get(&key).copied().unwrap_or(owner.side);
            self.admit(owner, speaker, key, &flow, out);
        }
    }
}
