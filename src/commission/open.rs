//! What a close waits for.

use crate::words;

words! {
    /// Why a claim is not settled yet.
    pub enum OpenReason: "reason why a claim is open" {
        /// No reviewer has judged it.
        Undecided = "undecided",
        /// Its verdict can still be taken back.
        OnHold = "on_hold",
        /// It passed, and an earlier claim on the lead may still earn.
        WaitsForEarlier = "waits_for_earlier",
        /// It passed, and no plan is approved.
        WaitsForPlan = "waits_for_plan",
        /// It passed, and its claimant has not read the plan.
        WaitsForReading = "waits_for_reading",
        /// A second reviewer judges it afresh.
        Disputed = "disputed",
        /// Somebody says that it is fraud, and nobody has confirmed it.
        Alleged = "alleged",
    }
}
