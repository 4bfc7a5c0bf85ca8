//! What is shown of a call in progress.

use crate::call::{CallFacts, MediaSoFar, Side, Withheld};
use crate::pii::Pii;
use crate::units::WallTime;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A call in progress, as of the last second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallInProgress {
    pub id: Uuid,
    /// Of its legs, as the phone system names them.
    pub call_ids: Vec<String>,
    pub started_at: WallTime,
    /// `None` while unanswered.
    pub answered_at: Option<WallTime>,
    /// Number of the caller, where it shows one.
    pub from: Option<Pii<String>>,
    /// Number of the callee, where the signalling names one.
    pub to: Option<Pii<String>>,
    /// Our side, where the line is known.
    pub telemarketer: Option<Side>,
    /// Why it is not recorded now; `None` while it is.
    pub withheld: Option<Withheld>,
    /// Caller, callee.
    pub sides: [MediaSoFar; 2],
}

impl CallInProgress {
    pub(super) fn of(
        facts: &CallFacts,
        sides: [MediaSoFar; 2],
        withheld: Option<Withheld>,
    ) -> CallInProgress {
        CallInProgress {
            id: facts.id,
            call_ids: facts.call_ids.clone(),
            started_at: facts.started_at,
            answered_at: facts.answered_at,
            from: facts.from.number.clone(),
            to: facts.to.number.clone(),
            telemarketer: facts.telemarketer,
            withheld,
            sides,
        }
    }
}
