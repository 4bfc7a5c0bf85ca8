//! The hand-over: what sales answers to a lead that passed. Rules only; nothing here reaches the
//! ledger (PRODUCT I2).

use crate::words;

words! {
    /// What sales answers (PRODUCT H2).
    pub enum Answer: "answer of sales" {
        /// Takes the lead now.
        Now = "now",
        /// Takes it at the buyer's date.
        Later = "later",
        NeedsInformation = "needs_information",
        Nurture = "nurture",
        /// Turns it down: for a criterion of the checklist, or as a preference.
        Reject = "reject",
    }
}
