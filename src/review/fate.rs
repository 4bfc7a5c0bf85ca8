//! What became of a claim, in one word: nothing that was claimed drops out of the books (PRODUCT
//! M2).

use super::{ClaimOutcome, ClaimState, DisputeState};
use crate::words;

words! {
    /// What became of a claim.
    pub enum Fate: "fate of a claim" {
        /// It waits for a reviewer.
        InQueue = "in_queue",
        InReview = "in_review",
        /// Its verdict can still be taken back.
        OnHold = "on_hold",
        /// By its claimant, before anybody had it.
        Withdrawn = "withdrawn",
        /// It is about another company.
        SentBack = "sent_back",
        Failed = "failed",
        /// It failed, and a second reviewer judges it afresh.
        Disputed = "disputed",
        /// It passed, and an earlier claim on the lead may still earn.
        WaitsForEarlier = "waits_for_earlier",
        /// It passed, and no plan is approved.
        WaitsForPlan = "waits_for_plan",
        /// It passed, and its claimant has not read the plan.
        WaitsForReading = "waits_for_reading",
        /// It passed, and the lead had earned already.
        AlreadyEarned = "already_earned",
        /// It passed, and was ruled out: a duplicate or fraud.
        RuledOut = "ruled_out",
        Earned = "earned",
        /// It had earned, and a ruling took that back.
        TakenBack = "taken_back",
    }
}

/// What is known of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    pub state: ClaimState,
    /// `None` until it is decided.
    pub outcome: Option<ClaimOutcome>,
    /// `None`: nobody has disputed it.
    pub dispute: Option<DisputeState>,
    /// An entry of it stands.
    pub earns: bool,
    /// An entry of it was taken back.
    pub taken_back: bool,
    /// An earlier claim on the lead is not over, or may be disputed.
    pub behind_another: bool,
    /// A plan was there when it was made.
    pub has_plan: bool,
}

/// What became of a claim.
#[must_use]
pub fn fate(c: &Came) -> Fate {
    let waits = match (c.behind_another, c.has_plan) {
        (true, _) => Fate::WaitsForEarlier,
        (false, false) => Fate::WaitsForPlan,
        (false, true) => Fate::WaitsForReading,
    };
    match (c.state, c.outcome) {
        (ClaimState::Open, _) => Fate::InQueue,
        (ClaimState::InReview, _) => Fate::InReview,
        (ClaimState::Held, _) => Fate::OnHold,
        (ClaimState::Withdrawn, _) => Fate::Withdrawn,
        (ClaimState::SentBack, _) => Fate::SentBack,
        (ClaimState::Decided, _) if c.earns => Fate::Earned,
        (ClaimState::Decided, _) if c.taken_back => Fate::TakenBack,
        (ClaimState::Decided, Some(ClaimOutcome::PassedWaiting)) => waits,
        (ClaimState::Decided, Some(ClaimOutcome::PassedAlreadyPaid)) => Fate::AlreadyEarned,
        (ClaimState::Decided, Some(ClaimOutcome::Passed)) => Fate::RuledOut,
        (ClaimState::Decided, _) if c.dispute == Some(DisputeState::Open) => Fate::Disputed,
        (ClaimState::Decided, _) => Fate::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(state: ClaimState, outcome: Option<ClaimOutcome>) -> Came {
        Came {
            state,
            outcome,
            dispute: None,
            earns: false,
            taken_back: false,
            behind_another: false,
            has_plan: true,
        }
    }

    #[test]
    fn every_claim_came_to_something() {
        use ClaimOutcome::{Failed, Passed, PassedAlreadyPaid, PassedWaiting};
        let of = |state, outcome| fate(&came(state, outcome));
        assert_eq!(of(ClaimState::Open, None), Fate::InQueue);
        assert_eq!(of(ClaimState::InReview, None), Fate::InReview);
        assert_eq!(of(ClaimState::Held, None), Fate::OnHold);
        assert_eq!(of(ClaimState::Withdrawn, None), Fate::Withdrawn);
        assert_eq!(of(ClaimState::SentBack, None), Fate::SentBack);
        let decided = |outcome| came(ClaimState::Decided, Some(outcome));
        assert_eq!(fate(&decided(Failed)), Fate::Failed);
        let disputed = Came {
            dispute: Some(DisputeState::Open),
            ..decided(Failed)
        };
        assert_eq!(fate(&disputed), Fate::Disputed);
        assert_eq!(fate(&decided(PassedAlreadyPaid)), Fate::AlreadyEarned);
        assert_eq!(fate(&decided(Passed)), Fate::RuledOut);
        let earned = Came {
            earns: true,
            ..decided(Passed)
        };
        assert_eq!(fate(&earned), Fate::Earned);
        // Earned again after it was taken back.
        let again = Came {
            taken_back: true,
            ..earned
        };
        assert_eq!(fate(&again), Fate::Earned);
        let back = Came {
            taken_back: true,
            ..decided(Passed)
        };
        assert_eq!(fate(&back), Fate::TakenBack);
        for (behind_another, has_plan, waits) in [
            (true, true, Fate::WaitsForEarlier),
            (true, false, Fate::WaitsForEarlier),
            (false, false, Fate::WaitsForPlan),
            (false, true, Fate::WaitsForReading),
        ] {
            let waiting = Came {
                behind_another,
                has_plan,
                ..decided(PassedWaiting)
            };
            assert_eq!(fate(&waiting), waits);
        }
    }
}
