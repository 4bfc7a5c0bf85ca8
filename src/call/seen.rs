//! A SIP message that was seen, with the parts that every step asks for.

use super::dialog::{Dialog, DialogState};
use crate::sip::message::CSeq;
use crate::sip::{Message, NameAddr, Start};
use crate::units::WallTime;
use crate::wire::Datagram;
use std::net::SocketAddr;

pub(super) struct Seen<'a> {
    pub(super) at: WallTime,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    pub(super) message: Message<'a>,
    pub(super) call_id: String,
    pub(super) cseq: CSeq,
    pub(super) from: NameAddr,
}

/// What a message is to a call that is known.
pub(super) enum Event {
    Cancel,
    Bye,
    Ack,
    Refer,
    /// How a transfer goes (RFC 3515 §2.4.4): a NOTIFY, or the answer to the REFER.
    TransferProgress,
    /// An answer to an INVITE, by its status.
    Answer(u16),
    /// Anything else; it may hold a session description.
    Other,
}

impl<'a> Seen<'a> {
    /// `None` when it is no SIP message, or lacks what ties it to a dialog.
    pub(super) fn read(at: WallTime, d: &Datagram<'a>) -> Option<Seen<'a>> {
        let message = Message::parse(d.payload)?;
        Some(Seen {
            at,
            src: d.src,
            dst: d.dst,
            call_id: message.call_id()?.into_owned(),
            cseq: message.cseq()?,
            from: message.from()?,
            message,
        })
    }

    pub(super) fn event(&self) -> Event {
        use rsip::Method as M;
        match (&self.message.start, &self.cseq.method) {
            (Start::Request { method, .. }, _) => match method {
                M::Cancel => Event::Cancel,
                M::Bye => Event::Bye,
                M::Ack => Event::Ack,
                M::Refer => Event::Refer,
                M::Notify => Event::TransferProgress,
                _ => Event::Other,
            },
            (Start::Response { .. }, M::Refer) => Event::TransferProgress,
            (Start::Response { status }, M::Invite) => Event::Answer(*status),
            (Start::Response { .. }, _) => Event::Other,
        }
    }

    /// The dialog that this message begins, or is the first of that was seen.
    pub(super) fn dialog(&self) -> Dialog {
        let hop = if self.is_request() {
            (self.src, self.dst)
        } else {
            (self.dst, self.src)
        };
        let under_way = self.is_request() && self.is_within_dialog();
        Dialog {
            cseq: self.cseq.number,
            hop: Some(hop),
            from: self.from.clone(),
            to: self.to(),
            state: if under_way {
                DialogState::Confirmed
            } else {
                DialogState::Early
            },
            legs: Vec::new(),
        }
    }

    /// Empty where the header is missing.
    pub(super) fn to(&self) -> NameAddr {
        self.message.to().unwrap_or_default()
    }

    /// Whether both ends have given their tags (RFC 3261 §12.2).
    pub(super) fn is_within_dialog(&self) -> bool {
        self.to().tag.is_some()
    }

    pub(super) fn is_request(&self) -> bool {
        matches!(self.message.start, Start::Request { .. })
    }

    fn is_request_of(&self, wanted: &rsip::Method) -> bool {
        matches!(&self.message.start, Start::Request { method, .. } if method == wanted)
    }

    pub(super) fn is_invite(&self) -> bool {
        self.is_request_of(&rsip::Method::Invite)
    }

    pub(super) fn is_info(&self) -> bool {
        self.is_request_of(&rsip::Method::Info)
    }

    /// The URI of a request.
    pub(super) fn target(&self) -> Option<&str> {
        match &self.message.start {
            Start::Request { uri, .. } => Some(uri.as_ref()),
            Start::Response { .. } => None,
        }
    }
}
