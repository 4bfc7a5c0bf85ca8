//! Where the record of each kind is read from, and when a row stands for good. The migration's
//! triggers queue the same rows.

use crate::proof::Kind;

/// The rows of a kind.
pub(super) struct Source {
    /// What the record says, each column under the field's name; `…_json` is taken apart further.
    pub columns: &'static str,
    /// Table with its short name.
    pub from: &'static str,
    /// The record's subject.
    pub subject: &'static str,
    /// The column by which rows are asked for, and which of the subject's parts it is.
    pub key: &'static str,
    /// When a row stands for good.
    pub stands: &'static str,
}

/// The rows of a kind.
pub(super) const fn source(kind: Kind) -> Source {
    match kind {
        Kind::LedgerEntry => LEDGER_ENTRY,
        Kind::Verdict => VERDICT,
        Kind::Claim => CLAIM,
        Kind::Recording => RECORDING,
        Kind::ChecklistVersion => CHECKLIST_VERSION,
        Kind::Plan => PLAN,
        Kind::PlanAck => PLAN_ACK,
        Kind::Ruling => RULING,
        Kind::PeriodAct => PERIOD_ACT,
        Kind::SecondReview => SECOND_REVIEW,
        Kind::ClaimWords => CLAIM_WORDS,
        Kind::LogLine => LOG_LINE,
    }
}

const LEDGER_ENTRY: Source = Source {
    columns: "g.kind AS entry_kind, g.person_id AS payee, g.payee AS payee_name, g.campaign_id AS \
        campaign, g.campaign AS campaign_name, g.lead_id AS lead, g.company, g.claim_id AS claim, \
        g.verdict_id AS verdict, g.second_review_id AS second_review, g.plan_id AS plan, \
        g.plan_version, g.checklist_version_id AS checklist_version, g.amount_minor AS amount, \
        g.currency, g.exponent, g.earned_at, g.payable_at, g.period, g.zone, g.corrects, \
        g.reason, g.ruling_id AS ruling, g.booked_at, g.nth, g.place, g.leads_before, \
        g.minor_before, NULLIF(g.part, 'whole') AS part, p.amount_minor AS plan_amount, p.terms \
        AS plan_terms_json",
    from: "ledger g JOIN plans p ON p.id = g.plan_id",
    subject: "g.id",
    key: "g.id",
    stands: "1 = 1",
};

const VERDICT: Source = Source {
    columns: "v.claim_id AS claim, v.reviewer_id AS reviewer, v.checklist_version_id AS \
        checklist_version, v.checklist_sha256, v.recordings AS recordings_json, v.answers AS \
        answers_json, v.heard AS heard_json, v.passed, v.note, v.committed_at, v.hold_until, \
        v.final_at, v.entry_id AS entry",
    from: "verdicts v",
    subject: "v.id",
    key: "v.id",
    stands: "v.state = 'final'",
};

/// What never changes of a claim; its words are records of their own. Nobody opened the leads of
/// those from before the fourteenth migration, and their records are what they were.
const CLAIM: Source = Source {
    columns: "c.number, c.person_id AS claimant, c.lead_id AS lead, c.campaign_id AS campaign, \
              c.plan_id AS plan, c.created_at AS made_at, c.place, c.opener_id AS opener, \
              c.opener_call_id AS opener_call",
    from: "claims c",
    subject: "c.id",
    key: "c.id",
    stands: "1 = 1",
};

/// A recording that is sealed anew is another one: its hash is part of its name.
const RECORDING: Source = Source {
    columns: "r.call_id AS call, r.sha256, r.bytes, r.format, r.sample_rate, r.duration_ms, \
              r.starts_at",
    from: "recordings r",
    subject: "r.call_id || ':' || r.sha256",
    key: "r.call_id",
    stands: "1 = 1",
};

const CHECKLIST_VERSION: Source = Source {
    columns: "x.checklist_id AS checklist, x.version, x.body, x.sha256, x.signed_by_marketing, \
              x.signed_by_sales, x.marketing_signed_at, x.sales_signed_at, x.in_force_from",
    from: "checklist_versions x",
    subject: "x.id",
    key: "x.id",
    stands: "x.in_force_from IS NOT NULL",
};

const PLAN: Source = Source {
    columns: "p.campaign_id AS campaign, p.version, p.amount_minor AS amount, p.currency, p.terms \
              AS terms_json, p.payable_after_days, p.from_at, p.approved_by, p.approved_at",
    from: "plans p",
    subject: "p.id",
    key: "p.id",
    stands: "1 = 1",
};

const PLAN_ACK: Source = Source {
    columns: "a.plan_id AS plan, a.person_id AS payee, a.at",
    from: "plan_acks a",
    subject: "a.plan_id || ':' || a.person_id",
    key: "a.plan_id",
    stands: "1 = 1",
};

const RULING: Source = Source {
    columns: "d.kind AS ruling_kind, d.claim_id AS claim, d.same_as, d.lead_id AS lead, \
              d.same_lead_id AS same_lead, d.note, d.ruled_by, d.ruled_at, d.confirmed_by, \
              d.confirmed_at",
    from: "rulings d",
    subject: "d.id",
    key: "d.id",
    stands: "(d.kind <> 'fraud' OR d.confirmed_at IS NOT NULL)",
};

const PERIOD_ACT: Source = Source {
    columns: "a.period, a.act, a.note, a.sums AS sums_json, a.asked_by, a.asked_at, \
              a.confirmed_by, a.confirmed_at",
    from: "period_acts a",
    subject: "a.id",
    key: "a.id",
    stands: "a.confirmed_at IS NOT NULL",
};

const SECOND_REVIEW: Source = Source {
    columns: "s.number, s.reason AS review_reason, s.claim_id AS claim, s.verdict_id AS verdict, \
              s.reviewer_id AS reviewer, s.checklist_version_id AS checklist_version, s.recordings \
              AS recordings_json, s.answers AS blind_json, s.final_answers AS answers_json, \
              s.passed AS blind_passed, s.final_passed AS passed, s.final_note AS note, s.heard AS \
              heard_json, s.lead_id AS lead, s.campaign_id AS campaign, s.criterion, s.created_at, \
              s.answered_at, s.decided_at",
    from: "second_reviews s",
    subject: "s.id",
    key: "s.id",
    stands: "s.state = 'decided'",
};

/// What a claimant says, each version of it: only the last has a row.
const CLAIM_WORDS: Source = Source {
    columns: "w.id AS claim, w.words_version AS version, w.write_up, w.own_answers",
    from: "claims w",
    subject: "w.id || ':' || w.words_version",
    key: "w.id",
    stands: "1 = 1",
};

const LOG_LINE: Source = Source {
    columns: "l.at, l.actor, l.action, l.subject AS about, l.detail, l.previous, l.hash",
    from: "audit l",
    subject: "CAST(l.seq AS TEXT)",
    key: "l.seq",
    stands: "1 = 1",
};
