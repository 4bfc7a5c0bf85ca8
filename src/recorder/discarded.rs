//! Discarded packets that can be looked at, whichever stage discarded them.

use crate::call::Discard;
use crate::units::WallTime;
use crate::wire::{Reject, Sample};
use std::net::SocketAddr;

/// A discarded packet. It may hold numbers and names: for those alone who may see the tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discarded {
    pub reason: DiscardReason,
    sample: Sample,
}

/// Why a packet was discarded, and by which stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscardReason {
    /// A frame that gave no datagram; its bytes begin at the link layer.
    Frame(Reject),
    /// A datagram that is of no recorded call; its bytes begin at the payload.
    Datagram(Discard),
}

impl DiscardReason {
    /// As metrics spell it.
    pub fn name(self) -> &'static str {
        match self {
            DiscardReason::Frame(reject) => reject.name(),
            DiscardReason::Datagram(discard) => discard.name(),
        }
    }
}

impl Discarded {
    /// Of a frame that [`crate::wire::Wire`] rejected.
    pub fn frame((reason, sample): (Reject, &Sample)) -> Discarded {
        Discarded {
            reason: DiscardReason::Frame(reason),
            sample: *sample,
        }
    }

    /// Of a datagram that the tracker discarded.
    pub fn datagram((reason, sample): (Discard, &Sample)) -> Discarded {
        Discarded {
            reason: DiscardReason::Datagram(reason),
            sample: *sample,
        }
    }

    /// When the tap saw it.
    pub fn at(&self) -> WallTime {
        self.sample.at
    }

    /// By the kernel's number; `None` where it was put together from several frames.
    pub fn interface(&self) -> Option<u16> {
        self.sample.interface
    }

    /// From and to; `None` where it was not read that far.
    pub fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.sample.addresses
    }

    /// Of all that was captured, in bytes.
    pub fn length(&self) -> usize {
        self.sample.length
    }

    /// Its first bytes; of media its header alone.
    pub fn first_bytes(&self) -> &[u8] {
        self.sample.bytes()
    }
}
