//! What must point at what in a bundle, and what must agree. `FORMAT.md` prints these tables.

use crate::proof::kind::Kind;
use Kind::{
    ChecklistVersion, Claim, LedgerEntry, Plan, PlanAck, Recording, Ruling, SecondReview, Verdict,
};

/// Whether a field has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// In every item of its kind.
    Always,
    /// Only what is there is looked at; `null` counts as not there.
    IfThere,
    /// Where the field of this name has one of these words; elsewhere, if it is there.
    Where(&'static str, &'static [&'static str]),
}

/// That a field holds the subject of another item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub from: Kind,
    /// The list in which each member has the field: `answers[].clips[]`; empty for the record.
    pub each: &'static str,
    pub field: &'static str,
    pub to: Kind,
    pub need: Need,
}

const fn link(from: Kind, each: &'static str, field: &'static str, to: Kind, need: Need) -> Link {
    Link {
        from,
        each,
        field,
        to,
        need,
    }
}

const TAKES_BACK: Need = Need::Where("entry_kind", &["reversal", "correction"]);
const RULED: Need = Need::Where("reason", &["duplicate", "fraud"]);
const DUPLICATE: Need = Need::Where("ruling_kind", &["duplicate"]);
const OVERTURNED: Need = Need::Where("reason", &["overturned"]);

/// Which field of which kind points at which item.
#[rustfmt::skip]
pub const LINKS: &[Link] = &[
    link(LedgerEntry, "", "claim", Claim, Need::Always),
    link(LedgerEntry, "", "verdict", Verdict, Need::Always),
    link(LedgerEntry, "", "checklist_version", ChecklistVersion, Need::Always),
    link(LedgerEntry, "", "plan", Plan, Need::Always),
    link(LedgerEntry, "", "corrects", LedgerEntry, TAKES_BACK),
    link(LedgerEntry, "", "ruling", Ruling, RULED),
    link(LedgerEntry, "", "second_review", SecondReview, OVERTURNED),
    link(Verdict, "", "claim", Claim, Need::Always),
    link(Verdict, "", "checklist_version", ChecklistVersion, Need::Always),
    link(Verdict, "recordings[]", "recording", Recording, Need::Always),
    link(Verdict, "answers[].clips[]", "recording", Recording, Need::Always),
    link(Claim, "", "plan", Plan, Need::IfThere),
    link(Claim, "", "checklist_version", ChecklistVersion, Need::IfThere),
    link(Claim, "recordings[]", "recording", Recording, Need::Always),
    link(PlanAck, "", "plan", Plan, Need::Always),
    link(Ruling, "", "claim", Claim, Need::Always),
    link(Ruling, "", "same_as", Claim, DUPLICATE),
    link(SecondReview, "", "claim", Claim, Need::IfThere),
    link(SecondReview, "", "verdict", Verdict, Need::IfThere),
    link(SecondReview, "recordings[]", "recording", Recording, Need::Always),
    link(SecondReview, "answers[].clips[]", "recording", Recording, Need::Always),
];

/// How two fields must compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// The same value.
    Same,
    /// Another value.
    Other,
    /// Integers of which the first is at least the second.
    AtLeast,
    /// Integers of which the first is at most the second.
    AtMost,
}

/// That a field agrees with one of the item that a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    pub from: Kind,
    pub each: &'static str,
    /// The link's field.
    pub via: &'static str,
    /// That link's kind.
    pub to: Kind,
    pub ours: &'static str,
    pub op: Op,
    pub theirs: &'static str,
    /// Both fields, or, if it need not be there, either.
    pub need: Need,
}

const fn agree(
    from: Kind,
    (each, via, to): (&'static str, &'static str, Kind),
    ours: &'static str,
    op: Op,
    theirs: &'static str,
) -> Agreement {
    Agreement {
        from,
        each,
        via,
        to,
        ours,
        op,
        theirs,
        need: Need::Always,
    }
}

const fn perhaps(agreement: Agreement) -> Agreement {
    Agreement {
        need: Need::IfThere,
        ..agreement
    }
}

type Way = (&'static str, &'static str, Kind);
const TO_CLAIM: Way = ("", "claim", Claim);
const TO_VERDICT: Way = ("", "verdict", Verdict);
const TO_CHECKLIST: Way = ("", "checklist_version", ChecklistVersion);
const TO_PLAN: Way = ("", "plan", Plan);
const TO_ENTRY: Way = ("", "corrects", LedgerEntry);
const TO_RULING: Way = ("", "ruling", Ruling);
const TO_SECOND: Way = ("", "second_review", SecondReview);
const HEARD: Way = ("recordings[]", "recording", Recording);
const CLIPS: Way = ("answers[].clips[]", "recording", Recording);

/// Which fields must agree across items.
#[rustfmt::skip]
pub const AGREEMENTS: &[Agreement] = &[
    agree(LedgerEntry, TO_CLAIM, "lead", Op::Same, "lead"),
    agree(LedgerEntry, TO_CLAIM, "campaign", Op::Same, "campaign"),
    perhaps(agree(LedgerEntry, TO_CLAIM, "plan", Op::Same, "plan")),
    perhaps(agree(LedgerEntry, TO_CLAIM, "checklist_version", Op::Same, "checklist_version")),
    agree(LedgerEntry, TO_CLAIM, "booked_at", Op::AtLeast, "made_at"),
    agree(LedgerEntry, TO_VERDICT, "claim", Op::Same, "claim"),
    agree(LedgerEntry, TO_VERDICT, "checklist_version", Op::Same, "checklist_version"),
    agree(LedgerEntry, TO_VERDICT, "payee", Op::Other, "reviewer"),
    agree(LedgerEntry, TO_VERDICT, "booked_at", Op::AtLeast, "committed_at"),
    agree(LedgerEntry, TO_PLAN, "campaign", Op::Same, "campaign"),
    agree(LedgerEntry, TO_PLAN, "currency", Op::Same, "currency"),
    perhaps(agree(LedgerEntry, TO_PLAN, "plan_version", Op::Same, "version")),
    agree(LedgerEntry, TO_PLAN, "booked_at", Op::AtLeast, "approved_at"),
    agree(LedgerEntry, TO_ENTRY, "payee", Op::Same, "payee"),
    agree(LedgerEntry, TO_ENTRY, "lead", Op::Same, "lead"),
    agree(LedgerEntry, TO_ENTRY, "campaign", Op::Same, "campaign"),
    agree(LedgerEntry, TO_ENTRY, "claim", Op::Same, "claim"),
    agree(LedgerEntry, TO_ENTRY, "currency", Op::Same, "currency"),
    agree(LedgerEntry, TO_ENTRY, "booked_at", Op::AtLeast, "booked_at"),
    agree(LedgerEntry, TO_RULING, "claim", Op::Same, "claim"),
    agree(LedgerEntry, TO_RULING, "reason", Op::Same, "ruling_kind"),
    agree(LedgerEntry, TO_RULING, "booked_at", Op::AtLeast, "ruled_at"),
    agree(LedgerEntry, TO_SECOND, "claim", Op::Same, "claim"),
    perhaps(agree(LedgerEntry, TO_SECOND, "booked_at", Op::AtLeast, "decided_at")),
    agree(Verdict, TO_CLAIM, "reviewer", Op::Other, "claimant"),
    perhaps(agree(Verdict, TO_CLAIM, "checklist_version", Op::Same, "checklist_version")),
    agree(Verdict, TO_CLAIM, "committed_at", Op::AtLeast, "made_at"),
    agree(Verdict, TO_CHECKLIST, "checklist_sha256", Op::Same, "sha256"),
    agree(Verdict, HEARD, "sha256", Op::Same, "sha256"),
    agree(Verdict, CLIPS, "to_ms", Op::AtMost, "duration_ms"),
    perhaps(agree(Claim, TO_PLAN, "campaign", Op::Same, "campaign")),
    agree(PlanAck, TO_PLAN, "at", Op::AtLeast, "approved_at"),
    perhaps(agree(Ruling, TO_CLAIM, "lead", Op::Same, "lead")),
    agree(SecondReview, TO_CLAIM, "reviewer", Op::Other, "claimant"),
    agree(SecondReview, TO_VERDICT, "reviewer", Op::Other, "reviewer"),
    agree(SecondReview, HEARD, "sha256", Op::Same, "sha256"),
    agree(SecondReview, CLIPS, "to_ms", Op::AtMost, "duration_ms"),
];
