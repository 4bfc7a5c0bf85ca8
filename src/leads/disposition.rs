//! The telemarketer's word on a call (PRODUCT L6), said on the page, by the PBX in a header, or on
//! the phone's keys.

use crate::units::Word;
use crate::words;

words! {
    /// What the telemarketer says became of a call.
    pub enum Disposition: "disposition" {
        NoAnswer = "no_answer",
        Voicemail = "voicemail",
        Gatekeeper = "gatekeeper",
        Conversation = "conversation",
        /// With whom and when is asked for too.
        MeetingMade = "meeting_made",
        /// When is asked for too.
        CallBack = "call_back",
        NotInterested = "not_interested",
        DoNotCall = "do_not_call",
    }
}

words! {
    /// How a claim was made.
    pub enum ClaimedBy: "way of claiming" {
        /// On the page, or by a program that asks as its person.
        Page = "page",
        /// By the phone system, in a header.
        Header = "header",
        /// On the phone's keys during the call.
        Keys = "keys",
        /// By a machine with a token, as a dialler or the phone system's own page.
        Machine = "machine",
    }
}

impl Disposition {
    /// Whether it names a time.
    #[must_use]
    pub fn has_appointment(self) -> bool {
        matches!(self, Disposition::MeetingMade | Disposition::CallBack)
    }
}

/// The header in which a PBX says it, in the INVITE or in the BYE.
pub const HEADER: &str = "X-Disposition";

/// Keys that the telemarketer presses during a call to claim its lead (PRODUCT R1).
pub const CLAIM_KEYS: &str = "*1#";

/// What a header or the keys said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said {
    /// `None` where the header is missing, or names none.
    pub disposition: Option<Disposition>,
    /// `None` where the lead is not claimed.
    pub claimed: Option<ClaimedBy>,
}

/// Reads the header's value, as `Meeting made`, `call-back` or `qualified`, and the keys of the
/// telemarketer's lane.
pub fn said(header: Option<&str>, keys: &str) -> Said {
    let word = header
        .map(|h| h.trim().to_lowercase().replace([' ', '-'], "_"))
        .unwrap_or_default();
    Said {
        disposition: Disposition::from_word(&word).ok(),
        claimed: match word.as_str() {
            "qualified" | "lead" | "claim" => Some(ClaimedBy::Header),
            _ => keys.contains(CLAIM_KEYS).then_some(ClaimedBy::Keys),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pbx_and_a_phone_say_it_in_their_own_way() {
        assert_eq!(
            said(Some("Not Interested"), ""),
            Said {
                disposition: Some(Disposition::NotInterested),
                claimed: None
            }
        );
        assert_eq!(
            said(Some("qualified"), "27*1#"),
            Said {
                disposition: None,
                claimed: Some(ClaimedBy::Header)
            }
        );
        assert_eq!(
            said(None, "27*1#"),
            Said {
                disposition: None,
                claimed: Some(ClaimedBy::Keys)
            }
        );
        assert_eq!(said(Some("lovely"), "27"), Said::default());
    }
}
