//! What the records of the log are about.

use crate::words;

words! {
    /// Kind of a record, and of an item in a bundle.
    pub enum Kind: "kind of record" {
        LedgerEntry = "ledger_entry",
        Verdict = "verdict",
        Claim = "claim",
        Recording = "recording",
        ChecklistVersion = "checklist_version",
        Plan = "plan",
        PlanAck = "plan_ack",
        Ruling = "ruling",
        PeriodAct = "period_act",
        SecondReview = "second_review",
        ClaimWords = "claim_words",
        LogLine = "log_line",
    }
}

impl Kind {
    /// Whether a bundle may hold it as erased. What money rests on may not: plans, their
    /// acknowledgements, checklists, rulings and entries are kept without personal data.
    #[must_use]
    pub fn may_be_erased(self) -> bool {
        match self {
            Kind::Verdict
            | Kind::Claim
            | Kind::Recording
            | Kind::SecondReview
            | Kind::ClaimWords
            | Kind::LogLine => true,
            Kind::LedgerEntry
            | Kind::ChecklistVersion
            | Kind::Plan
            | Kind::PlanAck
            | Kind::Ruling
            | Kind::PeriodAct => false,
        }
    }
}
