//! The life of what a reviewer judges: claims and second reviews share one queue machine, and each
//! goes its own way once it is judged. A transition takes the place something has and gives the
//! next, or says why it cannot be.

use crate::review::LOCK;
use crate::units::{PersonId, WallTime};
use crate::words;

words! {
    /// Where a claim stands.
    pub enum ClaimState: "claim state" {
        /// In the queue.
        Open = "open",
        /// With a reviewer, locked.
        InReview = "in_review",
        /// Its verdict can be taken back for ten seconds.
        Held = "held",
        /// Its verdict is final.
        Decided = "decided",
        /// Its claimant took it out of the queue before anybody had it.
        Withdrawn = "withdrawn",
        /// A reviewer heard that it is about another company: nothing was judged.
        SentBack = "sent_back",
    }
}

impl ClaimState {
    /// Whether a verdict is still to come.
    #[must_use]
    pub fn is_undecided(self) -> bool {
        matches!(
            self,
            ClaimState::Open | ClaimState::InReview | ClaimState::Held
        )
    }
}

words! {
    /// Why a reviewer puts something back.
    pub enum PutBack: "reason for putting back" {
        /// A pause: it is theirs again when they come back, if nobody took it.
        Break = "break",
        /// They know somebody in it: it is never offered to them again.
        Interest = "interest",
        /// They do not understand the language.
        Language = "language",
        /// Nothing can be heard.
        NoSound = "no_sound",
        /// As their note says.
        Other = "other",
    }
}

words! {
    /// What a claim came to.
    pub enum ClaimOutcome: "claim outcome" {
        Passed = "passed",
        Failed = "failed",
        /// It passed, and its lead had earned its one commission already.
        PassedAlreadyPaid = "passed_already_paid",
        /// It passed, and an earlier claim on its lead may still earn.
        PassedWaiting = "passed_waiting",
    }
}

impl ClaimOutcome {
    /// Whether the verdict passed the lead, whoever was paid for it.
    #[must_use]
    pub fn has_passed(self) -> bool {
        self != ClaimOutcome::Failed
    }
}

words! {
    /// Where a verdict stands.
    pub enum VerdictState: "verdict state" {
        /// On hold: it can be taken back.
        Held = "held",
        /// It stands, with what it booked.
        Final = "final",
        /// Taken back within the hold.
        TakenBack = "taken_back",
    }
}

words! {
    /// Why a call is judged a second time (PRODUCT R9 to R12).
    pub enum SecondReviewReason: "reason of a second review" {
        /// Drawn by chance.
        Random = "random",
        /// The claimant disputes the verdict.
        Dispute = "dispute",
        /// Sales rejected the lead and cites a criterion.
        SalesRejection = "sales_rejection",
        /// Several reviewers judge the same call.
        Calibration = "calibration",
        /// A sample of calls that nobody claimed.
        Unclaimed = "unclaimed",
    }
}

words! {
    /// Where a second review stands.
    pub enum SecondReviewState: "state of a second review" {
        Open = "open",
        InReview = "in_review",
        /// Answered blind; a dispute's reviewer now sees the reason.
        Answered = "answered",
        Decided = "decided",
        /// Ruled out before anybody judged it.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// Where a dispute stands.
    pub enum DisputeState: "dispute state" {
        Open = "open",
        /// The second reviewer confirmed the verdict.
        Stands = "stands",
        /// The second reviewer passed what had failed.
        Changed = "changed",
        /// A manager ruled that it was not to be judged.
        Ineligible = "ineligible",
    }
}

words! {
    /// What a manager may rule of a dispute: on eligibility alone, never on the answers.
    pub enum Ruling: "ruling" {
        Duplicate = "duplicate",
        WrongClaimant = "wrong_claimant",
    }
}

/// Where something stands in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nobody has it.
    Waiting,
    /// A reviewer has it; past `until` somebody else may take it.
    AtWork { by: PersonId, until: WallTime },
    /// It has been judged, or is not to be judged any more.
    Over,
}

/// Why a transition cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransition {
    #[error("somebody else has taken this one; the next is offered to you")]
    Taken,
    #[error(
        "this one is not with you any more: its lock ran out, somebody else has it, or it is judged"
    )]
    NotYours,
    #[error("it has been judged already")]
    Over,
}

impl Place {
    /// As a row holds it: whether it waits or is at work, by whom and until when.
    #[must_use]
    pub fn of(waits: bool, at_work: bool, by: Option<&PersonId>, until: Option<WallTime>) -> Place {
        match (waits, at_work, by, until) {
            (true, ..) => Place::Waiting,
            (_, true, Some(by), Some(until)) => Place::AtWork {
                by: by.clone(),
                until,
            },
            _ => Place::Over,
        }
    }

    /// Whether a reviewer has it now.
    #[must_use]
    pub fn is_with(&self, who: &PersonId, now: WallTime) -> bool {
        matches!(self, Place::AtWork { by, until } if by == who && *until >= now)
    }

    /// A reviewer takes it, or takes it again; a lock that ran out holds nobody off.
    ///
    /// # Errors
    /// When somebody else is at work on it, or it is judged.
    pub fn take(self, who: &PersonId, now: WallTime) -> Result<Place, InvalidTransition> {
        match self {
            Place::Over => Err(InvalidTransition::Over),
            Place::AtWork { by, until } if by != *who && until >= now => {
                Err(InvalidTransition::Taken)
            }
            Place::Waiting | Place::AtWork { .. } => Ok(Place::AtWork {
                by: who.clone(),
                until: now + LOCK,
            }),
        }
    }

    /// The reviewer at work keeps it for as long again.
    ///
    /// # Errors
    /// When it is not with them now.
    pub fn keep(self, who: &PersonId, now: WallTime) -> Result<Place, InvalidTransition> {
        self.ended(who, now)?;
        Ok(Place::AtWork {
            by: who.clone(),
            until: now + LOCK,
        })
    }

    /// The reviewer puts it back, also when the lock has run out and nobody has taken it since.
    ///
    /// # Errors
    /// When it is not theirs.
    pub fn put_back(self, who: &PersonId) -> Result<Place, InvalidTransition> {
        match self {
            Place::AtWork { by, .. } if by == *who => Ok(Place::Waiting),
            _ => Err(InvalidTransition::NotYours),
        }
    }

    /// The reviewer gives an answer.
    ///
    /// # Errors
    /// When it is not with them now.
    pub fn judge(self, who: &PersonId, now: WallTime) -> Result<Place, InvalidTransition> {
        self.ended(who, now)?;
        Ok(Place::Over)
    }

    /// Nobody needs to judge it any more.
    ///
    /// # Errors
    /// When it is judged already.
    pub fn withdraw(self) -> Result<Place, InvalidTransition> {
        match self {
            Place::Over => Err(InvalidTransition::Over),
            Place::Waiting | Place::AtWork { .. } => Ok(Place::Over),
        }
    }

    fn ended(&self, who: &PersonId, now: WallTime) -> Result<(), InvalidTransition> {
        match self.is_with(who, now) {
            true => Ok(()),
            false => Err(InvalidTransition::NotYours),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Micros;

    const NOW: WallTime = WallTime(1_000_000_000);

    fn with(who: &str, until: WallTime) -> Place {
        Place::AtWork {
            by: who.into(),
            until,
        }
    }

    #[test]
    fn one_reviewer_has_it_until_the_lock_runs_out() {
        let (marek, rosa) = (PersonId::from("marek"), PersonId::from("rosa"));
        let taken = Place::Waiting.take(&marek, NOW).unwrap();
        assert_eq!(taken, with("marek", NOW + LOCK));
        assert_eq!(
            taken.clone().take(&rosa, NOW + LOCK),
            Err(InvalidTransition::Taken)
        );
        let late = NOW + LOCK + Micros(1);
        assert!(taken.is_with(&marek, NOW + LOCK) && !taken.is_with(&marek, late));
        assert_eq!(
            taken.clone().take(&rosa, late),
            Ok(with("rosa", late + LOCK))
        );
        assert_eq!(
            taken.clone().judge(&marek, late),
            Err(InvalidTransition::NotYours)
        );
        assert_eq!(taken.clone().put_back(&marek), Ok(Place::Waiting));
        assert_eq!(
            taken.clone().put_back(&rosa),
            Err(InvalidTransition::NotYours)
        );
        assert_eq!(taken.judge(&marek, NOW), Ok(Place::Over));
    }

    #[test]
    fn what_is_over_stays_over() {
        let marek = PersonId::from("marek");
        assert_eq!(Place::Over.take(&marek, NOW), Err(InvalidTransition::Over));
        assert_eq!(
            Place::Over.keep(&marek, NOW),
            Err(InvalidTransition::NotYours)
        );
        assert_eq!(
            Place::Over.put_back(&marek),
            Err(InvalidTransition::NotYours)
        );
        assert_eq!(Place::Over.withdraw(), Err(InvalidTransition::Over));
        assert_eq!(Place::Waiting.withdraw(), Ok(Place::Over));
    }
}
