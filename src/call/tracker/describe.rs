//! Session descriptions: which addresses carry whose voice.

use super::{MediaAddress, Tracker};
use crate::call::flows::Flow;
use crate::call::seen::Seen;
use crate::call::{CallNo, Commands, Discard};
use crate::sip::Sdp;
use std::net::SocketAddr;

impl Tracker {
    /// Takes in a message's session description, if it has one.
    pub(super) fn describe(&mut self, call: CallNo, seen: &Seen<'_>, out: &mut impl Commands) {
        let Some(Sdp { audio }) = seen.message.sdp() else {
            return;
        };
        let Some(c) = self.calls.get_mut(&call) else {
            return;
        };
        let described = c.describe(seen, &audio);
        let owner = MediaAddress {
            call,
            side: described.side,
            leg: described.leg,
            copy: false,
        };
        for address in audio.iter().filter_map(|a| a.address) {
            self.note_address(address, owner, described.dialog, out);
        }
    }

    /// Notes whose a media address is, and lets in what waited for it.
    pub(super) fn note_address(
        &mut self,
        address: SocketAddr,
        owner: MediaAddress,
        dialog: usize,
        out: &mut impl Commands,
    ) {
        let Some(c) = self.calls.get_mut(&owner.call) else {
            return;
        };
        if !c.note_address(address, dialog) {
            return;
        }
        let known = self.addresses.get(&address);
        if known
            .is_some_and(|k| k.call == owner.call && k.side == owner.side && k.copy == owner.copy)
        {
            return;
        }
        self.flows.release(address, owner.call);
        self.addresses.insert(address, owner);
        let touching = self
            .waiting
            .take(|key, _| key.dst == address || key.src == address);
        for (key, flow) in touching {
            if owner.copy {
                self.tally.waiting -= flow.len() as u64;
                self.discard_waiting(Discard::RecordingCopy, &key, &flow);
                self.flows.insert(key, Flow::Copy { call: owner.call });
                continue;
            }
            let speaker = if key.dst == address {
                owner.side.other()
            } else {
                owner.side
            };
            self.admit(owner, speaker, key, &flow, out);
        }
    }
}
