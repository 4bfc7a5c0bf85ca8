//! Where a lead stands (PRODUCT L4), what was said of it last (L6), and what is next, from what the
//! rows hold.

use crate::units::{Micros, PersonId, WallTime, Word};
use crate::words;

words! {
    /// How far a lead has come. The order is the way of a lead that goes well.
    pub enum Stage: "stage" {
        /// Nobody has talked to it yet.
        Suspect = "suspect",
        Contacted = "contacted",
        /// A claim on it waits for its verdict.
        Claimed = "claimed",
        Passed = "passed",
        HandedOver = "handed_over",
        Accepted = "accepted",
        Opportunity = "opportunity",
        Won = "won",
        Lost = "lost",
    }
}

words! {
    /// How far the buyer has come, beside our own stage.
    pub enum BuyerStage: "buyer's stage" {
        Awareness = "awareness",
        Consideration = "consideration",
        Purchase = "purchase",
    }
}

words! {
    /// What a telemarketer says of a lead: what they say of a call, or that it is not ready.
    pub enum LeadDisposition: "disposition of a lead" {
        NoAnswer = "no_answer",
        Voicemail = "voicemail",
        Gatekeeper = "gatekeeper",
        Conversation = "conversation",
        MeetingMade = "meeting_made",
        CallBack = "call_back",
        NotInterested = "not_interested",
        DoNotCall = "do_not_call",
        /// Not ready: with the date on which it is looked at again.
        Nurture = "nurture",
    }
}

impl LeadDisposition {
    /// Whether it names a time.
    #[must_use]
    pub fn has_time(self) -> bool {
        use LeadDisposition::{CallBack, MeetingMade, Nurture};
        matches!(self, MeetingMade | CallBack | Nurture)
    }

    /// Whether nothing more is to be done about the lead.
    #[must_use]
    pub fn closes(self) -> bool {
        matches!(
            self,
            LeadDisposition::NotInterested | LeadDisposition::DoNotCall
        )
    }

    /// As a call has it; a call has no nurture.
    #[must_use]
    pub fn of_call(self) -> Option<super::Disposition> {
        super::Disposition::from_word(self.as_str()).ok()
    }
}

/// No lead is untouched, and no conversation without a next step, for longer (PRODUCT L3).
pub const LONGEST: Micros = Micros::from_secs(7 * 86_400);

/// What was said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSaid {
    pub kind: LeadDisposition,
    pub at: WallTime,
    /// When something was agreed; `None`: nothing was.
    pub next_at: Option<WallTime>,
    /// With whom; `None`: nobody was named.
    pub next_with: Option<String>,
    /// Who said it, and does what is next.
    pub person: Option<PersonId>,
}

/// What the rows hold of a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub stage: Stage,
    pub merged: bool,
    /// A claim on it passed.
    pub passed: bool,
    /// A claim on it is undecided.
    pub claimed: bool,
    /// The last conversation; `None`: there was none.
    pub last_contact_at: Option<WallTime>,
    /// `None` while nothing stands that was said of it.
    pub said: Option<LastSaid>,
}

/// What follows from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub stage: Stage,
    /// It is on somebody's work list.
    pub open: bool,
    /// When something was agreed; `None`: nothing was, or the call back was made.
    pub next_at: Option<WallTime>,
}

impl Facts {
    /// Where the lead stands. What sales has made of it stays; before that the rows decide, also
    /// when a call or a claim is taken back. A call back that was made is no longer next.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let stage = match self.stage {
            later if later > Stage::Passed => later,
            _ if self.passed => Stage::Passed,
            _ if self.claimed => Stage::Claimed,
            _ if self.last_contact_at.is_some() => Stage::Contacted,
            _ => Stage::Suspect,
        };
        let said = self.said.as_ref();
        let next = said.filter(|said| {
            let made = said.kind == LeadDisposition::CallBack
                && self.last_contact_at.is_some_and(|at| at > said.at);
            !made
        });
        Standing {
            stage,
            open: stage <= Stage::Contacted
                && !self.merged
                && !said.is_some_and(|s| s.kind.closes()),
            next_at: next.and_then(|said| said.next_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            stage: Stage::Suspect,
            merged: false,
            passed: false,
            claimed: false,
            last_contact_at: None,
            said: None,
        }
    }

    fn said(kind: LeadDisposition, at: i64, next: Option<i64>) -> Option<LastSaid> {
        Some(LastSaid {
            kind,
            at: WallTime(at),
            next_at: next.map(WallTime),
            next_with: None,
            person: None,
        })
    }

    #[test]
    fn a_stage_follows_the_rows_until_sales_has_it() {
        let contacted = Facts {
            last_contact_at: Some(WallTime(5)),
            ..facts()
        };
        assert_eq!(contacted.standing().stage, Stage::Contacted);
        // The call turned out to be another lead's.
        let taken_back = Facts {
            stage: Stage::Contacted,
            ..facts()
        };
        assert_eq!(taken_back.standing().stage, Stage::Suspect);
        let claimed = Facts {
            claimed: true,
            ..contacted.clone()
        };
        assert_eq!(claimed.standing().stage, Stage::Claimed);
        assert!(!claimed.standing().open);
        let won = Facts {
            stage: Stage::Won,
            ..contacted
        };
        assert_eq!(won.standing().stage, Stage::Won);
    }

    #[test]
    fn what_was_said_last_says_what_is_next() {
        let call_back = Facts {
            said: said(LeadDisposition::CallBack, 5, Some(50)),
            ..facts()
        };
        assert_eq!(call_back.standing().next_at, Some(WallTime(50)));
        let made = Facts {
            last_contact_at: Some(WallTime(49)),
            ..call_back
        };
        assert_eq!(made.standing().next_at, None);
        let never = Facts {
            said: said(LeadDisposition::DoNotCall, 5, None),
            ..facts()
        };
        assert!(!never.standing().open);
        let merged = Facts {
            merged: true,
            ..facts()
        };
        assert!(!merged.standing().open && facts().standing().open);
    }
}
