//! The bounds of this room's tables, lists and texts, for `LIMITS.md` and its test.

use super::conversation::bounds as of_call;
use super::{flows, index, joining, tracker, waiting};
use crate::sip::{address, message, sdp};

/// A bound that was met, and is no packet's end: what was not kept is no sound. Each is a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// A description was longer than is read, or its call has too many.
    Description,
    /// A call named more media addresses than are kept, or there are too many in all.
    Address,
    /// A call named an address at which another is heard: it waits for it.
    Claimed,
    /// An attempt that nobody has answered made room for another.
    Attempt,
    /// More calls are alike than joining looks at.
    Alike,
    /// A call's Call-ID was forgotten before late messages of it are out of the question.
    Closed,
    /// Facts that change faster than they are written.
    Facts,
    /// A stream that had few packets made room for one that has more.
    Stream,
}

impl Limit {
    /// As metrics spell it.
    pub fn name(self) -> &'static str {
        match self {
            Limit::Description => "description",
            Limit::Address => "address",
            Limit::Claimed => "claimed",
            Limit::Attempt => "attempt",
            Limit::Alike => "alike",
            Limit::Closed => "closed",
            Limit::Facts => "facts",
            Limit::Stream => "stream",
        }
    }
}

/// Every bound by its name in `LIMITS.md`.
pub const BOUNDS: [(&str, usize); 36] = [
    ("calls", tracker::MOST_CALLS),
    ("attempts of a host", tracker::MOST_ATTEMPTS),
    ("attempts unheard of", tracker::MOST_PENDING),
    ("attempts in peace", tracker::FEW_PENDING),
    ("attempts written and unheard of", tracker::MOST_BARE),
    ("calls by media alone", tracker::MOST_ORPHANS),
    ("closed Call-IDs", tracker::MOST_CLOSED),
    ("media addresses in all", tracker::MOST_ADDRESSES),
    ("recording sessions", tracker::MOST_COPIES),
    ("recording sessions of a call", tracker::MOST_COPIES_OF_CALL),
    ("bytes of descriptions in all", tracker::MOST_DESCRIBED),
    ("flows looked at for an address", tracker::MOST_LOOKED_AT),
    ("flows judged at a call's end", tracker::MOST_JUDGED),
    ("facts at once", tracker::MOST_AT_ONCE as usize),
    ("calls that are alike", index::MOST_ALIKE),
    ("referrals", joining::MOST),
    ("flows of recording sessions", flows::MOST_COPIES),
    ("ended flows", flows::MOST_ENDED),
    ("waiting flows", waiting::MOST_FLOWS),
    ("waiting bytes", waiting::MOST_BYTES),
    ("waiting packets of a flow", waiting::MOST_PACKETS),
    ("waiting bytes of a flow", waiting::MOST_OF_FLOW),
    ("dialogs of a call", of_call::MOST_DIALOGS),
    ("links of a call", of_call::MOST_LINKS),
    ("hops of a call", of_call::MOST_HOPS),
    ("descriptions of a call", of_call::MOST_FORMATS),
    ("bytes of a call's descriptions", of_call::MOST_DESCRIBED),
    ("media addresses of a call", of_call::MOST_ADDRESSES),
    ("holds of a call", of_call::MOST_HOLDS),
    ("streams of a call", of_call::MOST_STREAMS),
    ("streams at once", of_call::AT_ONCE),
    ("streams of reports", of_call::MOST_REPORTS),
    ("keys pressed", super::keys::MOST_KEYS),
    ("bytes of a header", of_call::LONGEST_HEADER),
    ("bytes of a Call-ID", message::LONGEST_CALL_ID),
    ("bytes of a URI", address::LONGEST_URI),
];

/// The same of a message's own parts.
pub const OF_MESSAGES: [(&str, usize); 10] = [
    ("bytes of a name", address::LONGEST_NAME),
    ("bytes of a tag", address::LONGEST_TAG),
    ("headers", message::MOST_HEADERS),
    ("parts of a body", message::MOST_PARTS),
    ("bytes of a description", sdp::MOST_BYTES),
    ("lines of a description", sdp::MOST_LINES),
    ("audio sections", sdp::MOST_SECTIONS),
    ("formats of a section", sdp::MOST_FORMATS),
    ("keys of a section", sdp::MOST_KEYS),
    ("bytes of a format's text", sdp::LONGEST_TEXT),
];
