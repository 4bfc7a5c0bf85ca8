//! Review: what a checklist asks, who may judge, and what the answers come to. Rules only.

pub mod checklist;
pub mod eligibility;
pub mod judge;

pub use checklist::{Answer, Checklist, Criterion, NOT_APPLICABLE};
pub use eligibility::{Judge, Refusal, may_judge};
pub use judge::{Given, Judgement, Missing, judge};

use crate::units::Micros;

/// How long a verdict can be taken back (PRODUCT R7).
pub const HOLD: Micros = Micros::from_secs(10);
/// How long a claim stays with the reviewer who took it.
pub const LOCK: Micros = Micros::from_secs(30 * 60);
