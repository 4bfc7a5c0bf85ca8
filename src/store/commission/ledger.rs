//! The ledger: entries are added, never edited or deleted; the schema refuses both.

use crate::commission::{
    Accrual, Booking, EntryKind, FinalVerdict, ReversalReason, book, open_period, plan_at,
};
use crate::pii::Pii;
use crate::store::commission::plans;
use crate::store::events::{Event, Topic};
use crate::store::{Actor, Flag, Result, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{
    CampaignId, ClaimId, EntryId, LeadId, Money, PersonId, PlanId, SecondReviewId, VerdictId,
    WallTime,
};
use serde_json::json;
use sqlx::FromRow;
use std::collections::{BTreeMap, HashSet};

/// An entry with what a statement shows of it.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Entry {
    pub id: EntryId,
    pub kind: EntryKind,
    pub person_id: PersonId,
    pub campaign: String,
    pub company: Pii<String>,
    pub claim_id: ClaimId,
    pub claim_number: i64,
    pub verdict_id: VerdictId,
    /// The second review that turned the verdict; null: the verdict's own answers stand.
    pub second_review_id: Option<SecondReviewId>,
    pub plan_version: i64,
    /// Cents, or whatever the currency's smallest unit is.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    pub earned_at: WallTime,
    pub payable_at: WallTime,
    /// `2026-11`.
    pub period: String,
    /// The entry that this one takes back or corrects; null for an accrual.
    pub corrects: Option<EntryId>,
    /// Why; null for an accrual.
    pub reason: Option<String>,
    pub booked_at: WallTime,
}

impl Entry {
    /// What it earns, or takes back.
    #[must_use]
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, &self.currency)
    }
}

const ENTRY: &str =
    "SELECT g.id, g.kind, g.person_id, k.name AS campaign, l.company, g.claim_id, c.number AS \
     claim_number, g.verdict_id, g.second_review_id, p.version AS plan_version, g.amount_minor, \
     g.currency, g.earned_at, g.payable_at, g.period, g.corrects, g.reason, g.booked_at
  FROM ledger g JOIN campaigns k ON k.id = g.campaign_id JOIN leads l ON l.id = g.lead_id JOIN \
     claims c ON c.id = g.claim_id JOIN plans p ON p.id = g.plan_id";

/// Whether a lead has earned its one commission in a campaign.
pub async fn has_earned(tx: &mut Tx, campaign: &CampaignId, lead: &LeadId) -> Result<bool> {
    Ok(one!(
        tx,
        (String,),
        "SELECT id FROM ledger WHERE campaign_id = $1 AND lead_id = $2 AND kind = 'accrual'",
        campaign,
        lead
    )?
    .is_some())
}

/// The names of the periods that take no entry any more.
pub async fn locked_periods(tx: &mut Tx) -> Result<Vec<String>> {
    Ok(all!(
        tx,
        (String,),
        "SELECT name FROM periods WHERE locked_at IS NOT NULL ORDER BY name"
    )?
    .into_iter()
    .map(|r| r.0)
    .collect())
}

/// Locks a period: what comes later is booked into the next.
///
/// # Errors
/// When the database fails.
pub async fn lock_period(tx: &mut Tx, by: &PersonId, period: &str, now: WallTime) -> Result<()> {
    open(tx, period).await?;
    run!(
        tx,
        "UPDATE periods SET locked_at = $2, locked_by = $3 WHERE name = $1 AND locked_at IS NULL",
        period,
        now,
        by
    )?;
    let subject = format!("period:{period}");
    log::append(tx, &by.into(), "period.locked", subject, json!({}), now).await
}

/// The period's row, made where there is none.
async fn open(tx: &mut Tx, period: &str) -> Result<()> {
    run!(
        tx,
        "INSERT INTO periods (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
        period
    )?;
    Ok(())
}

/// Who earns for which claim and verdict.
#[derive(Debug, Clone)]
pub(in crate::store) struct Earns<'a> {
    /// The entry's id, named when the verdict was committed.
    pub entry: &'a EntryId,
    pub person: &'a PersonId,
    pub campaign: &'a CampaignId,
    pub lead: &'a LeadId,
    pub claim: &'a ClaimId,
    pub verdict: &'a VerdictId,
    /// The second review that turned the verdict, whose answers the entry rests on.
    pub second_review: Option<&'a SecondReviewId>,
}

/// Books what a verdict earns; the verdict's own line in the log names the entry.
pub(in crate::store) async fn accrue(
    tx: &mut Tx,
    e: &Earns<'_>,
    accrual: &Accrual,
    now: WallTime,
) -> Result<()> {
    open(tx, &accrual.period).await?;
    run!(
        tx,
        "INSERT INTO ledger (id, kind, person_id, campaign_id, lead_id, claim_id, verdict_id, \
         plan_id, amount_minor, currency, earned_at, payable_at, period, booked_at, \
         second_review_id)
         VALUES ($1, 'accrual', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        e.entry,
        e.person,
        e.campaign,
        e.lead,
        e.claim,
        e.verdict,
        &accrual.plan_id,
        accrual.amount.minor,
        &accrual.amount.currency,
        accrual.earned_at,
        accrual.payable_at,
        &accrual.period,
        now,
        e.second_review
    )?;
    tx.tell(Event::to_person(Topic::Claims, e.person));
    Ok(())
}

/// Takes an entry back by adding its opposite: for an overturned verdict, a duplicate or proven
/// fraud, and for nothing else. A second reversal of the same entry is refused by the schema.
///
/// # Errors
/// A conflict for what is no accrual; a duplicate when it is reversed already.
pub async fn reverse(
    tx: &mut Tx,
    by: &Actor,
    entry: &EntryId,
    reason: ReversalReason,
    now: WallTime,
) -> Result<EntryId> {
    let id: EntryId = new_id();
    let period = open_period(now, &locked_periods(tx).await?);
    open(tx, &period).await?;
    let rows = run!(
        tx,
        "INSERT INTO ledger (id, kind, person_id, campaign_id, lead_id, claim_id, verdict_id, \
         plan_id, amount_minor, currency, earned_at, payable_at, period, corrects, reason, \
         booked_at, second_review_id)
         SELECT $2, 'reversal', person_id, campaign_id, lead_id, claim_id, verdict_id, plan_id, \
         -amount_minor, currency, $3, $3, $4, id, $5, $3, second_review_id FROM ledger WHERE id = $1 AND kind = \
         'accrual'",
        entry,
        &id,
        now,
        &period,
        reason
    )?;
    changed_one(rows, "only an accrual can be reversed")?;
    let detail = json!({ "reversal": id, "reason": reason });
    let subject = format!("entry:{entry}");
    log::append(tx, by, "ledger.reversed", subject, detail, now).await?;
    let whose = one!(
        tx,
        (PersonId,),
        "SELECT person_id FROM ledger WHERE id = $1",
        entry
    )?;
    if let Some((person,)) = whose {
        tx.tell(Event::to_person(Topic::Claims, &person));
    }
    Ok(id)
}

/// A person's entries, newest first, at most 2,000.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<Vec<Entry>> {
    Ok(all!(
        tx,
        Entry,
        sqlx::AssertSqlSafe(format!(
            "{ENTRY} WHERE g.person_id = $1 ORDER BY g.booked_at DESC, g.id LIMIT 2000"
        )),
        person
    )?)
}

/// What a verdict earned.
pub async fn of_verdict(tx: &mut Tx, verdict: &VerdictId) -> Result<Option<Entry>> {
    Ok(one!(
        tx,
        Entry,
        sqlx::AssertSqlSafe(format!(
            "{ENTRY} WHERE g.verdict_id = $1 AND g.kind = 'accrual'"
        )),
        verdict
    )?)
}

/// All entries, oldest first, for payroll and checks.
pub async fn all_entries(tx: &mut Tx) -> Result<Vec<Entry>> {
    Ok(all!(
        tx,
        Entry,
        sqlx::AssertSqlSafe(format!("{ENTRY} ORDER BY g.booked_at, g.id"))
    )?)
}

/// Totals per person and currency.
pub type Totals = BTreeMap<(PersonId, String), i64>;

/// What the accruals of a period come to when they are computed again from the verdicts, through
/// the very rule that booked them. Sales' answers are no input of it; `assay prove sales-neutral`
/// shows that.
pub async fn recompute(tx: &mut Tx, period: &str) -> Result<Totals> {
    let mut totals = Totals::new();
    let mut earned: HashSet<(CampaignId, LeadId)> = HashSet::new();
    for v in verdicts_in_order(tx).await? {
        let key = (v.campaign_id.clone(), v.lead_id.clone());
        let verdict = FinalVerdict {
            passed: v.passed,
            at: v.final_at,
            lead_already_earned: earned.contains(&key),
        };
        let plans = plans::of_campaign(tx, &v.campaign_id).await?;
        let own = v.plan_id.as_ref();
        let plan = own
            .and_then(|id| plans.iter().find(|p| p.id == *id))
            .or_else(|| plan_at(&plans, v.final_at));
        if let Booking::Accrue(a) = book(&verdict, plan, &[]) {
            earned.insert(key);
            if a.period == period {
                let Money { minor, currency } = a.amount;
                *totals.entry((v.person_id.clone(), currency)).or_default() += minor;
            }
        }
    }
    Ok(totals)
}

#[derive(FromRow)]
struct FinalRow {
    campaign_id: CampaignId,
    lead_id: LeadId,
    person_id: PersonId,
    plan_id: Option<PlanId>,
    #[sqlx(try_from = "Flag")]
    passed: bool,
    final_at: WallTime,
}

/// Verdicts in the order in which their claims were settled: of those on one lead the first earned.
#[cfg(not(feature = "planted-coupling"))]
const FINAL: &str =
    "SELECT c.campaign_id, c.lead_id, c.person_id, c.plan_id, CASE WHEN d.id IS NULL THEN v.passed \
     ELSE 1 END AS passed, COALESCE(c.settled_at, d.decided_at, v.final_at) AS final_at
  FROM verdicts v JOIN claims c ON c.id = v.claim_id LEFT JOIN disputes d ON d.verdict_id = v.id \
     AND d.state = 'changed' WHERE v.state = 'final' AND c.outcome <> 'passed_waiting' ORDER BY \
     COALESCE(c.settled_at, d.decided_at, v.final_at), c.place, c.number";

/// The defect that `tests/planted_coupling.sh` must find: a lead that sales rejected earns nothing.
#[cfg(feature = "planted-coupling")]
const FINAL: &str =
    "SELECT c.campaign_id, c.lead_id, c.person_id, c.plan_id, v.passed, v.final_at \
    FROM verdicts v JOIN claims c ON c.id = v.claim_id WHERE v.state = 'final'
  AND NOT EXISTS (SELECT 1 FROM sales_answers s WHERE s.claim_id = c.id AND s.answer = 'reject') \
    ORDER BY COALESCE(c.settled_at, v.final_at), c.place, c.number";

async fn verdicts_in_order(tx: &mut Tx) -> Result<Vec<FinalRow>> {
    Ok(all!(tx, FinalRow, FINAL)?)
}
