//! The hand-over: what sales gets of a lead that passed, what it answers, and what was promised to
//! the buyer. Rules only; nothing here reaches the ledger (PRODUCT I2).

pub mod answer;
pub mod attempts;
pub mod content;
pub mod cost;
pub mod mapping;
pub mod pact;
pub mod promise;
pub mod push;
pub mod source;
pub mod write_up;

pub use answer::{Answer, Given, RejectReason};
pub use attempts::{Attempt, counted};
pub use pact::Pact;
pub use promise::{PromiseKind, PromiseState};
pub use write_up::{Completeness, Field};

use crate::words;

words! {
    /// What sales knows of how ready a buyer is, beside the verdict (PRODUCT H6).
    pub enum Readiness: "readiness" {
        NotReady = "not_ready",
        /// Finds out what there is.
        Exploring = "exploring",
        /// Holds offers side by side.
        Comparing = "comparing",
        /// Wants to buy.
        Ready = "ready",
    }
}

words! {
    /// What a CRM says became of a lead.
    pub enum CrmOutcome: "outcome of a CRM" {
        Opportunity = "opportunity",
        Won = "won",
        Lost = "lost",
    }
}

words! {
    /// How a lead stands with a CRM.
    pub enum SendState: "state of a lead with a CRM" {
        Waiting = "waiting",
        Sent = "sent",
        /// After three days, or because the CRM will not have it.
        GivenUp = "given_up",
    }
}
