//! Dialogs: each a leg between a phone system and a phone, another system, or a trunk.

use crate::sip::NameAddr;
use std::net::SocketAddr;

/// One dialog of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Dialog {
    /// The highest CSeq of an INVITE in it.
    pub(super) cseq: u32,
    /// Who invited whom, on the hop on which that was first seen.
    pub(super) hop: Option<(SocketAddr, SocketAddr)>,
    pub(super) from: NameAddr,
    pub(super) to: NameAddr,
    /// The hops of the call on which its session descriptions were seen.
    pub(super) legs: Vec<u16>,
    pub(super) state: DialogState,
}

/// Where a dialog is in its life (RFC 3261 §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum DialogState {
    #[default]
    Early,
    Confirmed,
    /// A BYE was seen; nothing confirms it again.
    Ended,
}

impl Dialog {
    /// A 2xx; `to` names who answered.
    pub(super) fn confirm(&mut self, to: NameAddr) {
        if self.state == DialogState::Early {
            self.state = DialogState::Confirmed;
        }
        self.to = to;
    }

    pub(super) fn end(&mut self) {
        self.state = DialogState::Ended;
    }

    pub(super) fn is_up(&self) -> bool {
        self.state == DialogState::Confirmed
    }

    pub(super) fn is_ended(&self) -> bool {
        self.state == DialogState::Ended
    }
}
