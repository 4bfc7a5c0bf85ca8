//! Review: what a checklist asks, who may judge, and what the answers come to. Rules only.

pub mod agreement;
pub mod checklist;
pub mod fate;
pub mod given;
pub mod heard;
pub mod interest;
pub mod judge;
pub mod life;
mod order;
pub mod sheet;
mod tag;
pub mod trial;

pub use checklist::{Answer, Checklist, Criterion, NOT_APPLICABLE};
pub use given::{Evidence, Given};
pub use interest::{Act, Party, Refusal, Stake, may};
pub use judge::{Judgement, Missing, judge};
pub use life::{
    ClaimOutcome, ClaimState, DisputeState, InvalidTransition, Place, PutBack, Ruling,
    SecondReviewReason, SecondReviewState, VerdictState,
};
pub use order::{Earlier, Turn, turn};

pub use tag::Tag;

use crate::units::{Micros, Zone};

/// The house's own rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// The share of speech, 0 to 1, that must have been heard before a verdict.
    pub heard_share: f64,
    /// The share of sealed verdicts, 0 to 1, that somebody else judges again.
    pub second_reviews: f64,
    /// How long a second review may take.
    pub second_review_within: Micros,
    /// How long a claimant may dispute a verdict.
    pub dispute_within: Micros,
    /// Whose months the ledger's periods are.
    pub zone: Zone,
}

/// How long a verdict can be taken back (PRODUCT R7).
pub const HOLD: Micros = Micros::from_secs(10);
/// How long a claim stays with a reviewer from whom nothing is heard; a page at work keeps it.
pub const LOCK: Micros = Micros::from_secs(30 * 60);
