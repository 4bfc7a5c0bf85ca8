//! The ledger: lines are added, never edited or deleted; the schema refuses both.

use crate::commission::{Accrual, Booking, SealedVerdict, book};
use crate::store::log;
use crate::store::review::claims::Claim;
use crate::store::review::verdicts::Verdict;
use crate::store::{Result, Tx, all, new_id, one, run};
use crate::units::{Money, WallTime};
use serde::Serialize;
use serde_json::json;
use sqlx::FromRow;
use std::collections::{BTreeMap, HashSet};

/// A line with what a statement shows of it.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub kind: String,
    pub person_id: String,
    pub campaign: String,
    pub company: String,
    pub claim_id: String,
    pub claim_number: i64,
    pub verdict_id: String,
    pub plan_version: i64,
    pub amount_minor: i64,
    pub currency: String,
    pub earned_at: i64,
    pub payable_at: i64,
    pub period: String,
    pub corrects: Option<String>,
    pub reason: Option<String>,
    pub booked_at: i64,
}

const LINE: &str =
    "SELECT g.id, g.kind, g.person_id, k.name AS campaign, l.company, g.claim_id, c.number AS \
     claim_number, g.verdict_id, p.version AS plan_version, g.amount_minor, g.currency,
    g.earned_at, g.payable_at, g.period, g.corrects, g.reason, g.booked_at
  FROM ledger g JOIN campaigns k ON k.id = g.campaign_id JOIN leads l ON l.id = g.lead_id JOIN \
     claims c ON c.id = g.claim_id JOIN plans p ON p.id = g.plan_id";

pub async fn has_earned(tx: &mut Tx, campaign: &str, lead: &str) -> Result<bool> {
    Ok(one!(
        tx,
        (String,),
        "SELECT id FROM ledger WHERE campaign_id = $1 AND lead_id = $2 AND kind = 'accrual'",
        campaign,
        lead
    )?
    .is_some())
}

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
pub async fn lock_period(tx: &mut Tx, period: &str, by: &str, now: WallTime) -> Result<()> {
    run!(
        tx,
        "INSERT INTO periods (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
        period
    )?;
    run!(
        tx,
        "UPDATE periods SET locked_at = $2, locked_by = $3 WHERE name = $1 AND locked_at IS NULL",
        period,
        now.micros(),
        by
    )?;
    log::append(
        tx,
        log::Entry {
            at: now,
            actor: by,
            action: "period.locked",
            subject: &format!("period:{period}"),
            detail: json!({}),
        },
    )
    .await
}

pub(in crate::store) async fn accrue(
    tx: &mut Tx,
    verdict: &Verdict,
    claim: &Claim,
    accrual: &Accrual,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "INSERT INTO periods (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
        &accrual.period
    )?;
    run!(
        tx,
        "INSERT INTO ledger (id, kind, person_id, campaign_id, lead_id, claim_id, verdict_id, \
         plan_id, amount_minor, currency, earned_at, payable_at, period, booked_at)
         VALUES ($1, 'accrual', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &verdict.ledger_line_id,
        &claim.person_id,
        &claim.campaign_id,
        &claim.lead_id,
        &claim.id,
        &verdict.id,
        &accrual.plan_id,
        accrual.amount.minor,
        &accrual.amount.currency,
        accrual.earned_at.micros(),
        accrual.payable_at.micros(),
        &accrual.period,
        now.micros()
    )?;
    Ok(())
}

/// Takes a line back by adding its opposite: for an overturned verdict, a duplicate or proven
/// fraud, and for nothing else (the schema's CHECK). A second reversal of the same line is refused
/// by the schema.
pub async fn reverse(
    tx: &mut Tx,
    line: &str,
    reason: &str,
    actor: &str,
    now: WallTime,
) -> Result<String> {
    let id = new_id();
    let period = crate::commission::open_period(now, &locked_periods(tx).await?);
    run!(
        tx,
        "INSERT INTO periods (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
        &period
    )?;
    let rows = run!(
        tx,
        "INSERT INTO ledger (id, kind, person_id, campaign_id, lead_id, claim_id, verdict_id, \
         plan_id, amount_minor, currency, earned_at, payable_at, period, corrects, reason, \
         booked_at)
         SELECT $2, 'reversal', person_id, campaign_id, lead_id, claim_id, verdict_id, plan_id, \
         -amount_minor, currency, $3, $3, $4, id, $5, $3 FROM ledger WHERE id = $1 AND kind = \
         'accrual'",
        line,
        &id,
        now.micros(),
        &period,
        reason
    )?;
    crate::store::changed_one(rows, "only an accrual can be reversed")?;
    log::append(
        tx,
        log::Entry {
            at: now,
            actor,
            action: "ledger.reversed",
            subject: &format!("line:{line}"),
            detail: json!({ "reversal": id, "reason": reason }),
        },
    )
    .await?;
    Ok(id)
}

pub async fn of_person(tx: &mut Tx, person: &str) -> Result<Vec<Line>> {
    Ok(all!(
        tx,
        Line,
        sqlx::AssertSqlSafe(format!(
            "{LINE} WHERE g.person_id = $1 ORDER BY g.booked_at DESC, g.id LIMIT 2000"
        )),
        person
    )?)
}

pub async fn of_verdict(tx: &mut Tx, verdict: &str) -> Result<Option<Line>> {
    Ok(one!(
        tx,
        Line,
        sqlx::AssertSqlSafe(format!(
            "{LINE} WHERE g.verdict_id = $1 AND g.kind = 'accrual'"
        )),
        verdict
    )?)
}

/// All lines, oldest first, for payroll and checks.
pub async fn all_lines(tx: &mut Tx) -> Result<Vec<Line>> {
    Ok(all!(
        tx,
        Line,
        sqlx::AssertSqlSafe(format!("{LINE} ORDER BY g.booked_at, g.id"))
    )?)
}

/// Totals per person and currency.
pub type Totals = BTreeMap<(String, String), i64>;

/// What the accruals of a period come to when they are computed again from the verdicts, through
/// the very rule that booked them. Sales' answers are no input of it; `assay prove sales-neutral`
/// shows that.
pub async fn recompute(tx: &mut Tx, period: &str) -> Result<Totals> {
    let mut totals = Totals::new();
    let mut earned: HashSet<(String, String)> = HashSet::new();
    for v in verdicts_in_order(tx).await? {
        let key = (v.campaign_id.clone(), v.lead_id.clone());
        let sealed = SealedVerdict {
            passed: v.passed == 1,
            at: WallTime(v.sealed_at),
            lead_already_earned: earned.contains(&key),
        };
        let plans = crate::store::leads::plans(tx, &v.campaign_id).await?;
        if let Booking::Accrue(a) = book(&sealed, &plans, &[]) {
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
struct SealedRow {
    campaign_id: String,
    lead_id: String,
    person_id: String,
    passed: i64,
    sealed_at: i64,
}

#[cfg(not(feature = "planted-coupling"))]
const SEALED: &str =
    "SELECT c.campaign_id, c.lead_id, c.person_id, CASE WHEN d.id IS NULL THEN v.passed ELSE 1 \
     END AS passed, COALESCE(d.decided_at, v.sealed_at) AS sealed_at
  FROM verdicts v JOIN claims c ON c.id = v.claim_id LEFT JOIN disputes d ON d.verdict_id = v.id \
     AND d.state = 'changed' WHERE v.state = 'sealed' ORDER BY COALESCE(d.decided_at, \
     v.sealed_at), v.id";

/// The defect that `tests/sales_neutral.rs` must find: a lead that sales rejected earns nothing.
#[cfg(feature = "planted-coupling")]
const SEALED: &str = "SELECT c.campaign_id, c.lead_id, c.person_id, v.passed, v.sealed_at FROM \
    verdicts v JOIN claims c ON c.id = v.claim_id WHERE v.state = 'sealed'
  AND NOT EXISTS (SELECT 1 FROM sales_answers s WHERE s.claim_id = c.id AND s.answer = 'reject') \
    ORDER BY v.sealed_at, v.id";

async fn verdicts_in_order(tx: &mut Tx) -> Result<Vec<SealedRow>> {
    Ok(all!(tx, SealedRow, SEALED)?)
}
