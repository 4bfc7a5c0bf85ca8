//! Identifiers, each a type of its own, so that a lead's is never taken for a claim's. All are
//! UUIDv7 as text: they sort by time. Text from outside becomes one without a check, since an
//! identifier that names nothing finds nothing.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> $name {
                $name(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                $name(text.to_owned())
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<$name, std::convert::Infallible> {
                Ok($name(text.to_owned()))
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    )+};
}

ids! {
    /// A client of the agency.
    ClientId,
    /// Somebody who signs in.
    PersonId,
    /// A line's row: who had an extension, trunk or agent ID, and when.
    LineId,
    /// A campaign of a client.
    CampaignId,
    /// A version of a campaign's commission plan.
    PlanId,
    /// A checklist, whatever its version.
    ChecklistId,
    /// One version of a checklist.
    VersionId,
    /// A lead.
    LeadId,
    /// A recorded conversation.
    CallId,
    /// A telemarketer's claim on a lead.
    ClaimId,
    /// A reviewer's verdict on a claim.
    VerdictId,
    /// An entry of the ledger.
    EntryId,
    /// A manager's ruling on a claim.
    RulingId,
    /// Somebody's wish to lock a period or to open it again.
    PeriodActId,
    /// A plan's version that nobody has approved yet.
    PlanDraftId,
    /// A payroll run.
    PayrollRunId,
    /// A telemarketer's question about their money.
    QuestionId,
    /// A second review.
    SecondReviewId,
    /// A round of calibration.
    CalibrationId,
    /// A claimant's dispute of a verdict.
    DisputeId,
    /// A comment that is pinned to a call's audio.
    CommentId,
    /// A clip that is shared by a link.
    ShareId,
    /// A claim or a second review: what a reviewer has on the desk.
    ItemId,
    /// A receiver of outgoing messages.
    ReceiverId,
    /// A client's CRM as it was set up.
    CrmId,
    /// A session of somebody who is signed in: the first half of its token's hash.
    SessionId,
    /// A machine's token.
    TokenId,
    /// An answer of sales to a hand-over.
    AnswerId,
    /// What somebody found out about a difference between two accounts of the calls.
    CoverageNoteId,
    /// A question of sales about a hand-over.
    HandoverQuestionId,
    /// A promise to a buyer.
    PromiseId,
    /// A version of the agreement of marketing and sales.
    PactId,
    /// A piece of content.
    ContentId,
    /// Where leads come from.
    SourceId,
    /// A list of leads that was imported.
    ImportId,
    /// What was said of a lead.
    LeadDispositionId,
    /// An outgoing message, the same for every receiver and at every attempt.
    MessageId,
}

impl From<ClaimId> for ItemId {
    fn from(id: ClaimId) -> ItemId {
        ItemId(id.0)
    }
}

impl From<SecondReviewId> for ItemId {
    fn from(id: SecondReviewId) -> ItemId {
        ItemId(id.0)
    }
}
