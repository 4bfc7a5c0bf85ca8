//! The bounds of this room's tables, lists and texts, for `LIMITS.md` and its test.

use super::conversation::bounds as of_call;
use super::tracker::media::strangers;
use super::tracker::{describe, invite, notes};
use super::{attempts, flows, index, joining, tracker, waiting};
use crate::sip::{address, message, sdp};

/// Every bound by its name in `LIMITS.md`.
pub const BOUNDS: [(&str, usize); 37] = [
    ("calls", attempts::MOST_CALLS),
    ("attempts of a host", attempts::MOST_ATTEMPTS),
    ("attempts unheard of", attempts::MOST_PENDING),
    ("attempts in peace", attempts::FEW_PENDING),
    ("attempts written and unheard of", attempts::MOST_BARE),
    ("calls by media alone", strangers::MOST_ORPHANS),
    ("closed Call-IDs", tracker::MOST_CLOSED),
    ("media addresses in all", describe::MOST_ADDRESSES),
    ("recording sessions", invite::MOST_COPIES),
    ("recording sessions of a call", invite::MOST_COPIES_OF_CALL),
    ("bytes of descriptions in all", describe::MOST_DESCRIBED),
    ("flows looked at for an address", describe::MOST_LOOKED_AT),
    ("flows judged at a call's end", strangers::MOST_JUDGED),
    ("facts at once", notes::MOST_AT_ONCE as usize),
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
    ("streams of nobody's reports", of_call::FIRST_REPORTS),
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
