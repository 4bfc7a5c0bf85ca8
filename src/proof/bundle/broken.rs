//! The first thing in a bundle that does not hold.

use crate::words;

words! {
    /// What does not hold. The words are part of the format: every verifier uses them.
    pub enum Fault: "fault of a bundle" {
        /// Not JSON, or JSON of more than one reading.
        Json = "json",
        /// Members are missing, unknown or of another type, or a limit is passed.
        Frame = "frame",
        /// The bundle is of a log whose key the verifier does not trust.
        Key = "key",
        /// A checkpoint is malformed, of another log, or not signed as it must be.
        Checkpoint = "checkpoint",
        /// Two checkpoints are not shown to be of one log that only grew.
        Consistency = "consistency",
        /// A checkpoint's time stamp is none, or is of another root.
        Stamp = "stamp",
        /// An item's content and salt do not give its commitment.
        Commitment = "commitment",
        /// An item is not shown to be in the log.
        Inclusion = "inclusion",
        /// An item names another that is not in the bundle.
        Link = "link",
        /// Two items contradict each other, or a rule is broken.
        Agreement = "agreement",
        /// The entry's amount does not follow from its plan.
        Amount = "amount",
        /// The sound is not the one that was judged.
        Audio = "audio",
        /// The checkpoint from elsewhere does not fit.
        OtherCheckpoint = "other_checkpoint",
    }
}

/// Where and why a bundle does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct Broken {
    pub fault: Fault,
    /// The item or the part, as `verdict v-17` or `items[3].proof`.
    pub place: String,
    /// The reason, in words.
    pub why: String,
}

impl Broken {
    /// A fault at a place.
    #[must_use]
    pub fn new(fault: Fault, place: impl Into<String>, why: impl Into<String>) -> Broken {
        Broken {
            fault,
            place: place.into(),
            why: why.into(),
        }
    }
}
