//! The ledger: entries are added, never edited or deleted; the schema refuses both.

use crate::commission::{Accrual, EntryKind, ReversalReason, SoFar, open_period};
use crate::pii::Pii;
use crate::store::events::{Event, Topic};
use crate::store::leads::same;
use crate::store::outbox::{self, Of};
use crate::store::review::claims::Claim;
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{
    CampaignId, ClaimId, EntryId, LeadId, Money, PersonId, PlanId, RulingId, SecondReviewId,
    VerdictId, VersionId, WallTime, Zone,
};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;

/// An entry with what a statement shows of it. Names are those of the day it was booked.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Entry {
    pub id: EntryId,
    pub kind: EntryKind,
    pub person_id: PersonId,
    /// The payee's name.
    pub payee: Pii<String>,
    pub campaign_id: CampaignId,
    pub campaign: String,
    pub lead_id: LeadId,
    pub company: Pii<String>,
    pub claim_id: ClaimId,
    pub claim_number: i64,
    pub verdict_id: VerdictId,
    /// The second review that turned the verdict; null: the verdict's own answers stand.
    pub second_review_id: Option<SecondReviewId>,
    pub plan_id: PlanId,
    pub plan_version: i64,
    pub checklist_version_id: Option<VersionId>,
    /// Cents, or whatever the currency's smallest unit is.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Digits after the currency's decimal point.
    pub exponent: i64,
    pub earned_at: WallTime,
    pub payable_at: WallTime,
    /// `2026-11`.
    pub period: String,
    /// The time zone whose month that is.
    pub zone: String,
    /// The entry that this one takes back; null for an accrual.
    pub corrects: Option<EntryId>,
    /// Why; null for an accrual.
    pub reason: Option<String>,
    /// The ruling that a reversal rests on; null for an accrual, and for what was taken back before
    /// the ninth migration.
    pub ruling_id: Option<RulingId>,
    pub booked_at: WallTime,
    /// Entries in the order in which they were booked, from 1 on, without a gap.
    pub place: i64,
    /// What of the payee stood in the campaign's period before it: entries, and minor units; null
    /// for what was booked before the tenth migration.
    pub leads_before: Option<i64>,
    pub minor_before: Option<i64>,
    /// The entry that took this one back.
    pub taken_back_by: Option<EntryId>,
}

impl Entry {
    /// What it earns, or takes back.
    #[must_use]
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, &self.currency)
    }
}

const ENTRY: &str =
    "SELECT g.id, g.kind, g.person_id, g.payee, g.campaign_id, g.campaign, g.lead_id, g.company, \
     g.claim_id, c.number AS claim_number, g.verdict_id, g.second_review_id, g.plan_id, \
     g.plan_version, g.checklist_version_id, g.amount_minor, g.currency, g.exponent, g.earned_at, \
     g.payable_at, g.period, g.zone, g.corrects, g.reason, g.ruling_id, g.booked_at, \
     g.place, g.leads_before, g.minor_before, r.id AS taken_back_by
  FROM ledger g JOIN claims c ON c.id = g.claim_id LEFT JOIN ledger r ON r.corrects = g.id AND \
     r.kind = 'reversal'";

/// An accrual that nothing has taken back.
const STANDS: &str = "a.kind = 'accrual' AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = \
    a.id AND r.kind = 'reversal')";

/// Whether a claim can earn nothing any more: its lead has earned its one commission in the
/// campaign, a lead that was ruled to be the same has, or its conversation has earned for another
/// lead (PRODUCT I3). What was taken back does not count.
pub async fn has_earned(tx: &mut Tx, claim: &Claim, at: WallTime) -> Result<bool> {
    for lead in same::leads(tx, &claim.lead_id, at).await? {
        let sql = format!(
            "SELECT a.id FROM ledger a WHERE a.campaign_id = $1 AND a.lead_id = $2 AND {STANDS} \
             LIMIT 1"
        );
        let found = one!(
            tx,
            (EntryId,),
            sqlx::AssertSqlSafe(sql),
            &claim.campaign_id,
            &lead
        )?;
        if found.is_some() {
            return Ok(true);
        }
    }
    let sql = format!(
        "SELECT a.id FROM claim_calls x JOIN claim_calls y ON y.call_id = x.call_id JOIN ledger a \
         ON a.claim_id = y.claim_id AND a.lead_id <> $2 AND {STANDS} WHERE x.claim_id = $1 LIMIT 1"
    );
    let elsewhere = one!(
        tx,
        (EntryId,),
        sqlx::AssertSqlSafe(sql),
        &claim.id,
        &claim.lead_id
    )?;
    Ok(elsewhere.is_some())
}

/// The names of the periods that took no entry at a moment.
pub async fn locked_periods(tx: &mut Tx, at: WallTime) -> Result<Vec<String>> {
    Ok(all!(
        tx,
        (String,),
        "SELECT p.name FROM periods p WHERE COALESCE((SELECT a.act FROM period_acts a WHERE \
         a.period = p.name AND a.confirmed_at <= $1 ORDER BY a.confirmed_at DESC LIMIT 1), CASE \
         WHEN p.locked_at <= $1 AND NOT EXISTS (SELECT 1 FROM period_acts b WHERE b.period = \
         p.name AND b.confirmed_at IS NOT NULL) THEN 'lock' ELSE '' END) = 'lock' ORDER BY p.name",
        at
    )?
    .into_iter()
    .map(|r| r.0)
    .collect())
}

/// What stands of a claimant in a period of the claim's campaign: entries of any currency, money of
/// the plan's own.
pub(in crate::store) async fn so_far(
    tx: &mut Tx,
    claim: &Claim,
    (period, currency): (&str, &str),
) -> Result<SoFar> {
    let sql = format!(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN a.currency = $4 THEN a.amount_minor END), 0) \
         AS BIGINT) FROM ledger a WHERE \
         a.campaign_id = $1 AND a.person_id = $2 AND a.period = $3 AND {STANDS}"
    );
    let found = one!(
        tx,
        (i64, i64),
        sqlx::AssertSqlSafe(sql),
        &claim.campaign_id,
        &claim.person_id,
        period,
        currency
    )?;
    let (leads, minor) = found.unwrap_or_default();
    Ok(SoFar { leads, minor })
}

/// The next entry's place.
const NEXT_PLACE: &str = "(SELECT COALESCE(MAX(place), 0) + 1 FROM ledger)";

/// The period's row, made where there is none.
pub(in crate::store) async fn open(tx: &mut Tx, period: &str) -> Result<()> {
    run!(
        tx,
        "INSERT INTO periods (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
        period
    )?;
    Ok(())
}

/// The name of a verdict's next entry: the one that the verdict gives, and where that has been taken
/// back, another that follows from it.
pub(in crate::store) async fn name_for(
    tx: &mut Tx,
    verdict: &VerdictId,
    named: &EntryId,
) -> Result<EntryId> {
    let before = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM ledger WHERE verdict_id = $1 AND kind = 'accrual'",
        verdict
    )?
    .map_or(0, |row| row.0);
    if before == 0 {
        return Ok(named.clone());
    }
    let again = format!("{named} again {before}");
    let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, again.as_bytes());
    Ok(id.to_string().into())
}

/// What an entry rests on.
#[derive(Debug, Clone)]
pub(in crate::store) struct Earns<'a> {
    /// The entry's id, as [`name_for`] gives it.
    pub entry: &'a EntryId,
    pub claim: &'a Claim,
    pub verdict: &'a VerdictId,
    /// The second review that turned the verdict, whose answers the entry rests on.
    pub second_review: Option<&'a SecondReviewId>,
}

/// Books what a verdict earns, with the names as they are now; the verdict's own line in the log
/// names the entry.
pub(in crate::store) async fn accrue(
    tx: &mut Tx,
    e: &Earns<'_>,
    accrual: &Accrual,
    zone: &Zone,
    now: WallTime,
) -> Result<()> {
    open(tx, &accrual.period).await?;
    let sql = format!(
        "INSERT INTO ledger (id, kind, person_id, campaign_id, lead_id, claim_id, verdict_id, \
         plan_id, amount_minor, currency, earned_at, payable_at, period, booked_at, \
         second_review_id, exponent, zone, payee, company, campaign, plan_version, \
         checklist_version_id, nth, leads_before, minor_before, place)
         SELECT $2, 'accrual', c.person_id, c.campaign_id, c.lead_id, c.id, $3, $4, $5, $6, $7, \
         $8, $9, $10, $11, $12, $13, h.name, l.company, k.name, p.version, c.checklist_version_id,
           (SELECT COUNT(*) FROM ledger g WHERE g.kind = 'accrual' AND g.campaign_id = \
         c.campaign_id AND g.lead_id = c.lead_id), $14, $15, {NEXT_PLACE}
         FROM claims c JOIN people h ON h.id = c.person_id JOIN leads l ON l.id = c.lead_id JOIN \
         campaigns k ON k.id = c.campaign_id JOIN plans p ON p.id = $4 WHERE c.id = $1"
    );
    let rows = run!(
        tx,
        sqlx::AssertSqlSafe(sql),
        &e.claim.id,
        e.entry,
        e.verdict,
        &accrual.plan_id,
        accrual.amount.minor,
        &accrual.amount.currency,
        accrual.earned_at,
        accrual.payable_at,
        &accrual.period,
        now,
        e.second_review,
        i64::from(accrual.amount.exponent()),
        zone.to_string(),
        accrual.so_far.leads,
        accrual.so_far.minor
    )?;
    changed_one(rows, "the claim or its plan is gone: nothing was booked")?;
    tx.tell(Event::to_person(Topic::Claims, &e.claim.person_id));
    Ok(())
}

/// Takes an entry back, as a ruling says.
pub(in crate::store) async fn reverse(
    tx: &mut Tx,
    by: &Actor,
    entry: &EntryId,
    (ruling, reason): (&RulingId, ReversalReason),
    zone: &Zone,
    now: WallTime,
) -> Result<EntryId> {
    let id = book_reversal(tx, entry, (ruling, reason), zone, now).await?;
    let detail = json!({ "reversal": id, "reason": reason, "ruling": ruling });
    let subject = format!("entry:{entry}");
    log::append(tx, by, "ledger.reversed", subject, detail, now).await?;
    put_message(tx, Subject::EntryReversed, &id, now).await?;
    Ok(id)
}

/// Puts a message about an entry into the outbox: what it comes to and what it rests on, no names.
pub(in crate::store) async fn put_message(
    tx: &mut Tx,
    subject: Subject,
    id: &EntryId,
    now: WallTime,
) -> Result<()> {
    let e = one!(
        tx,
        Entry,
        sqlx::AssertSqlSafe(format!("{ENTRY} WHERE g.id = $1")),
        id
    )?
    .ok_or_else(|| StoreError::gone("entry", id))?;
    let data = json!({
        "entry": e.id,
        "kind": e.kind,
        "claim": e.claim_id,
        "claim_number": e.claim_number,
        "lead": e.lead_id,
        "campaign": e.campaign_id,
        "person": e.person_id,
        "verdict": e.verdict_id,
        "plan": e.plan_id,
        "plan_version": e.plan_version,
        "amount": {
            "minor": e.amount_minor,
            "currency": e.currency,
            "exponent": e.exponent,
        },
        "earned_at": e.earned_at,
        "payable_at": e.payable_at,
        "period": e.period,
        "reverses": e.corrects,
        "reason": e.reason,
        "ruling": e.ruling_id,
    });
    outbox::put(tx, subject, Of::Campaign(&e.campaign_id), &data, now).await
}

/// Books an entry's opposite, whole. What was not payable yet is taken back when it would have been:
/// nothing payable is ever touched by it. A second reversal of the same entry is refused by the
/// schema.
pub(in crate::store) async fn book_reversal(
    tx: &mut Tx,
    entry: &EntryId,
    (ruling, reason): (&RulingId, ReversalReason),
    zone: &Zone,
    now: WallTime,
) -> Result<EntryId> {
    let id: EntryId = new_id();
    let period = open_period(now, &locked_periods(tx, now).await?, zone);
    open(tx, &period).await?;
    let sql = format!(
        "INSERT INTO ledger (id, kind, person_id, campaign_id, lead_id, claim_id, verdict_id, \
         plan_id, amount_minor, currency, earned_at, payable_at, period, corrects, reason, \
         booked_at, second_review_id, exponent, zone, payee, company, campaign, plan_version, \
         checklist_version_id, nth, ruling_id, place)
         SELECT $2, 'reversal', person_id, campaign_id, lead_id, claim_id, verdict_id, plan_id, \
         -amount_minor, currency, $3, CASE WHEN payable_at > $3 THEN payable_at ELSE $3 END, $4, \
         id, $5, $3, second_review_id, exponent, $7, payee, company, campaign, plan_version, \
         checklist_version_id, nth, $6, {NEXT_PLACE} FROM ledger WHERE id = $1 AND kind = 'accrual'"
    );
    let rows = run!(
        tx,
        sqlx::AssertSqlSafe(sql),
        entry,
        &id,
        now,
        &period,
        reason,
        ruling,
        zone.to_string()
    )?;
    changed_one(rows, "only an accrual can be reversed")?;
    Ok(id)
}

/// The entry of a claim that stands.
pub(in crate::store) async fn standing_of_claim(
    tx: &mut Tx,
    claim: &ClaimId,
) -> Result<Option<EntryId>> {
    let sql = format!("SELECT a.id FROM ledger a WHERE a.claim_id = $1 AND {STANDS}");
    let found = one!(tx, (EntryId,), sqlx::AssertSqlSafe(sql), claim)?;
    Ok(found.map(|row| row.0))
}

/// The claims, with their numbers, that have earned on a lead in a campaign, and still do.
pub(in crate::store) async fn standing_on_lead(
    tx: &mut Tx,
    campaign: &CampaignId,
    lead: &LeadId,
) -> Result<Vec<(ClaimId, i64)>> {
    let sql = format!(
        "SELECT c.id, c.number FROM ledger a JOIN claims c ON c.id = a.claim_id WHERE \
         a.campaign_id = $1 AND a.lead_id = $2 AND {STANDS}"
    );
    Ok(all!(
        tx,
        (ClaimId, i64),
        sqlx::AssertSqlSafe(sql),
        campaign,
        lead
    )?)
}

/// What a claim has earned and nobody has taken back.
///
/// # Errors
/// When the database fails.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Option<Entry>> {
    Ok(one!(
        tx,
        Entry,
        sqlx::AssertSqlSafe(format!(
            "{ENTRY} WHERE g.claim_id = $1 AND g.kind = 'accrual' AND r.id IS NULL"
        )),
        claim
    )?)
}

/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &EntryId) -> Result<Option<Entry>> {
    let sql = format!("{ENTRY} WHERE g.id = $1");
    Ok(one!(tx, Entry, sqlx::AssertSqlSafe(sql), id)?)
}

/// A person's entries, newest first.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<Vec<Entry>> {
    Ok(all!(
        tx,
        Entry,
        sqlx::AssertSqlSafe(format!(
            "{ENTRY} WHERE g.person_id = $1 ORDER BY g.place DESC"
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
            "{ENTRY} WHERE g.verdict_id = $1 AND g.kind = 'accrual' ORDER BY g.place DESC LIMIT 1"
        )),
        verdict
    )?)
}

/// All entries, oldest first, for payroll and checks.
pub async fn all_entries(tx: &mut Tx) -> Result<Vec<Entry>> {
    Ok(all!(
        tx,
        Entry,
        sqlx::AssertSqlSafe(format!("{ENTRY} ORDER BY g.place"))
    )?)
}
