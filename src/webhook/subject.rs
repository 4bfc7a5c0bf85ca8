//! What messages tell of.

use crate::words;

words! {
    /// What a message tells of: its `type`, and the topic that a receiver asks for.
    pub enum Subject: "topic" {
        /// A call is recorded and sealed.
        CallRecorded = "call.recorded",
        /// A telemarketer claims a lead.
        ClaimMade = "claim.made",
        /// Its claimant has withdrawn a claim before anybody had it.
        ClaimWithdrawn = "claim.withdrawn",
        /// A reviewer has sent a claim back: it is about another company.
        ClaimSentBack = "claim.sent_back",
        /// A verdict's hold is over; what it booked stands with it.
        VerdictFinal = "verdict.sealed",
        /// A claim that passed and waited for earlier ones earns, or does not.
        ClaimSettled = "claim.settled",
        /// A claimant disputes a verdict.
        DisputeOpened = "dispute.opened",
        /// A dispute has its last answer, or a manager has ruled it out.
        DisputeDecided = "dispute.decided",
        /// Two leads turned out to be one: the first is part of the second now.
        LeadMerged = "lead.merged",
        /// A lead that was part of another is one of its own again.
        LeadSplit = "lead.split",
        /// A lead that passed goes to sales.
        LeadHandedOver = "lead.handed_over",
        /// Sales has answered to a lead that was handed over.
        SalesAnswered = "sales.answered",
        /// The ledger has a new accrual.
        EntryBooked = "entry.booked",
        /// The ledger has a new reversal.
        EntryReversed = "entry.reversed",
        /// A manager has ruled on a claim; on fraud two have.
        RulingMade = "ruling.made",
        /// A campaign has a new version of its plan.
        PlanApproved = "plan.approved",
        /// A manager has set the end of a plan.
        PlanEnded = "plan.ended",
        /// A campaign is over.
        CampaignClosed = "campaign.closed",
        /// A campaign that was over goes on.
        CampaignReopened = "campaign.reopened",
        /// Somebody asks about their money, for the first time or on.
        QuestionAsked = "question.asked",
        /// A manager has answered a question about money.
        QuestionAnswered = "question.answered",
        /// Two people have locked a period.
        PeriodLocked = "period.locked",
        /// Two people have opened a period again.
        PeriodReopened = "period.reopened",
        /// A payroll run has its number and its file.
        PayrollMade = "payroll.made",
        /// A signed root of the proof log has left the box.
        CheckpointMade = "checkpoint.made",
        /// An administrator tries a receiver.
        Test = "webhook.test",
    }
}
