//! What is said over the channel.

use crate::call::Instruction;
use crate::pii::Pii;
use crate::recorder::in_progress::CallInProgress;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// What the page's process asks of the tap's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// How it stands.
    State,
    /// The last discarded packets.
    Discarded,
    Instruct {
        call: Uuid,
        instruction: Instruction,
    },
    /// Somebody waits for a call that is not sealed yet.
    Hurry { call: Uuid },
    /// A call's packets from now on.
    Listen { call: Uuid },
    /// The house's own numbers, from now on.
    Lines { values: Vec<Pii<String>> },
    /// Sealed calls, to be committed, by who speaks the same protocol.
    Commit { protocol: u32 },
    /// What earlier runs left in the spool.
    LeftBehind,
    /// These of them are committed: their spool may go.
    Sealed { calls: Vec<Uuid> },
}

/// How the tap stands, as of the last second.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TapState {
    /// [`PROTOCOL`](super::frame::PROTOCOL) of the tap's process.
    pub protocol: u32,
    /// Calls in progress.
    pub calls: Arc<Vec<CallInProgress>>,
    /// Calls that have ended and wait to be sealed, those for whom somebody waits (`true`) first.
    pub backlog: Vec<(CallInProgress, bool)>,
    pub figures: TapFigures,
    /// Why it does not record as it should, a sentence each.
    pub troubles: Vec<String>,
    /// Calls of earlier runs in the spool.
    pub left_behind: usize,
}

/// Calls of earlier runs that are not known to be committed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LeftBehind {
    pub calls: Vec<Uuid>,
    /// All of them is in segments with a lower number: from there on this run writes.
    pub before_segment: u64,
}

/// The tap's counters, by the names that metrics give them without `assay_`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TapFigures {
    pub counts: BTreeMap<String, i64>,
    /// Packets by the reason for which they are not in the spool.
    pub discarded: Vec<(String, u64)>,
    /// Bounds that were met.
    pub limits_met: Vec<(String, u64)>,
}
