//! Discarded packets that can be looked at, whichever stage discarded them.

use crate::call::Discard;
use crate::pii::Pii;
use crate::units::WallTime;
use crate::wire::{Reject, Sample};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A discarded packet. It may hold numbers and names: for those alone who may see the tap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discarded {
    /// Why, as metrics spell it.
    pub reason: String,
    /// When the tap saw it.
    pub at: WallTime,
    /// By the kernel's number; `None` where it was put together from several frames.
    pub interface: Option<u16>,
    /// From and to; `None` where it was not read that far.
    pub addresses: Option<(SocketAddr, SocketAddr)>,
    /// Of all that was captured, in bytes.
    pub length: usize,
    /// Of a frame from the link layer on, of a datagram from the payload on; of media its header
    /// alone.
    pub first_bytes: Pii<Vec<u8>>,
}

impl Discarded {
    /// A frame that gave no datagram.
    pub fn frame((reason, sample): (Reject, &Sample)) -> Discarded {
        Discarded::of(reason.name(), sample)
    }

    /// A datagram that is of no recorded call.
    pub fn datagram((reason, sample): (Discard, &Sample)) -> Discarded {
        Discarded::of(reason.name(), sample)
    }

    fn of(reason: &str, sample: &Sample) -> Discarded {
        Discarded {
            reason: reason.to_owned(),
            at: sample.at,
            interface: sample.interface,
            addresses: sample.addresses,
            length: sample.length,
            first_bytes: sample.bytes().to_vec().into(),
        }
    }
}
