//! The ledger: entries are added, never edited or deleted; the schema refuses both.

use crate::commission::{Accrual, EntryKind, Part, ReversalReason, SoFar, open_period};
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
use uuid::Uuid;

/// An entry with what a statement shows of it. Names are those of the day it was booked.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Entry {
    pub id: EntryId,
    pub kind: EntryKind,
    /// Whose part of what the lead earns; of a reversal, that of the entry that it takes back.
    pub part: Part,
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
    /// The claim's on the day of the booking; each entry is booked with one.
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
    /// What of the payee stood in the campaign's period before it: leads of their own claims, and
    /// minor units; of an opener's part, where the rate begins by which the claimant earned. Null
    /// for what was booked before the tenth migration.
    pub leads_before: Option<i64>,
    /// Null with the leads.
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
    "SELECT g.id, g.kind, g.part, g.person_id, g.payee, g.campaign_id, g.campaign, g.lead_id, g.company, \
     g.claim_id, c.number AS claim_number, g.verdict_id, g.second_review_id, g.plan_id, \
     g.plan_version, g.checklist_version_id, g.amount_minor, g.currency, g.exponent, g.earned_at, \
     g.payable_at, g.period, g.zone, g.corrects, g.reason, g.ruling_id, g.booked_at, \
     g.place, g.leads_before, g.minor_before, r.id AS taken_back_by
  FROM ledger g JOIN claims c ON c.id = g.claim_id LEFT JOIN ledger r ON r.corrects = g.id AND \
     r.kind = 'reversal'";

/// An accrual that nothing has taken back.
const STANDS: &str = "a.kind = 'accrual' AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.corrects = \
    a.id AND r.kind = 'reversal')";

/// Claims that rest on a conversation on which a claim rests, too: one that stands in it, or that
/// opened its lead.
const SHARING_A_CONVERSATION: &str = "SELECT y.claim_id FROM claim_calls x JOIN claim_calls y ON \
    y.call_id = x.call_id WHERE x.claim_id = $1 UNION SELECT o.id FROM claim_calls x JOIN claims o \
    ON o.opener_call_id = x.call_id WHERE x.claim_id = $1 UNION SELECT y.claim_id FROM claims c \
    JOIN claim_calls y ON y.call_id = c.opener_call_id WHERE c.id = $1 UNION SELECT o.id FROM \
    claims c JOIN claims o ON o.opener_call_id = c.opener_call_id WHERE c.id = $1";

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
        "SELECT a.id FROM ledger a WHERE a.lead_id <> $2 AND {STANDS} AND a.claim_id IN \
         ({SHARING_A_CONVERSATION}) LIMIT 1"
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

/// What stands of a payee in a period of a campaign: leads of their own claims, whatever the
/// currency, and money of the plan's own, an opener's shares too.
pub(in crate::store) async fn so_far(
    tx: &mut Tx,
    (campaign, payee): (&CampaignId, &PersonId),
    (period, currency): (&str, &str),
) -> Result<SoFar> {
    let sql = format!(
        "SELECT COUNT(CASE WHEN a.part <> 'opener' THEN 1 END), CAST(COALESCE(SUM(CASE WHEN \
         a.currency = $4 THEN a.amount_minor END), 0) \
         AS BIGINT) FROM ledger a WHERE \
         a.campaign_id = $1 AND a.person_id = $2 AND a.period = $3 AND {STANDS}"
    );
    let found = one!(
        tx,
        (i64, i64),
        sqlx::AssertSqlSafe(sql),
        campaign,
        payee,
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

/// The name of a verdict's next entry: the one that the verdict gives, and where that has been
/// taken back, another that follows from it.
pub(in crate::store) async fn name_for(
    tx: &mut Tx,
    verdict: &VerdictId,
    named: &EntryId,
) -> Result<EntryId> {
    let before = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM ledger WHERE verdict_id = $1 AND kind = 'accrual' AND part <> 'opener'",
        verdict
    )?
    .map_or(0, |row| row.0);
    if before == 0 {
        return Ok(named.clone());
    }
    let again = format!("{named} again {before}");
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, again.as_bytes());
    Ok(id.to_string().into())
}

/// What an entry rests on.
#[derive(Debug, Clone)]
pub(in crate::store) struct Earns<'a> {
    /// The entry's id: as [`name_for`] gives it, or what [`opener_entry`] makes of that.
    pub entry: &'a EntryId,
    pub claim: &'a Claim,
    pub verdict: &'a VerdictId,
    /// The second review that turned the verdict, whose answers the entry rests on.
    pub second_review: Option<&'a SecondReviewId>,
}

impl Earns<'_> {
    /// Who is paid by a part.
    fn payee(&self, part: Part) -> Option<&PersonId> {
        match part {
            Part::Whole | Part::Claimant => Some(&self.claim.person_id),
            Part::Opener => self.claim.opener_id.as_ref(),
        }
    }
}

/// The id of the opener's entry beside the one that a verdict names: the same whenever it is
/// booked.
#[must_use]
pub fn opener_entry(entry: &EntryId) -> EntryId {
    let name = format!("opener:{entry}");
    EntryId::from(Uuid::new_v5(&OPENERS, name.as_bytes()).to_string())
}

/// The namespace of such ids (RFC 9562 §5.5), drawn once.
const OPENERS: Uuid = Uuid::from_u128(0x4f0d_5a0e_9c2b_4e5f_8f3a_6b1d_2c7e_9a41);

/// Books what a verdict earns, with the names as they are now; the verdict's own line in the log
/// names the entry, and one of its own an opener's.
pub(in crate::store) async fn accrue(
    tx: &mut Tx,
    e: &Earns<'_>,
    accrual: &Accrual,
    zone: &Zone,
    now: WallTime,
) -> Result<()> {
    let payee = e
        .payee(accrual.part)
        .ok_or_else(|| StoreError::gone("opener of claim", &e.claim.id))?;
    open(tx, &accrual.period).await?;
    let sql = format!(
        "INSERT INTO ledger (id, kind, person_id, campaign_id, lead_id, claim_id, verdict_id, \
         plan_id, amount_minor, currency, earned_at, payable_at, period, booked_at, \
         second_review_id, exponent, zone, payee, company, campaign, plan_version, \
         checklist_version_id, nth, leads_before, minor_before, part, place)
         SELECT $2, 'accrual', h.id, c.campaign_id, c.lead_id, c.id, $3, $4, $5, $6, $7, \
         $8, $9, $10, $11, $12, $13, h.name, l.company, k.name, p.version, c.checklist_version_id,
           (SELECT COUNT(*) FROM ledger g WHERE g.kind = 'accrual' AND g.part <> 'opener' AND \
         g.campaign_id = c.campaign_id AND g.lead_id = c.lead_id) - $17, $14, $15, $16, {NEXT_PLACE}
         FROM claims c JOIN people h ON h.id = $18 JOIN leads l ON l.id = c.lead_id JOIN \
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
        accrual.so_far.minor,
        accrual.part,
        // An opener's stands beside the claimant's, which is the lead's last.
        i64::from(accrual.part == Part::Opener),
        payee
    )?;
    changed_one(rows, "the claim or its plan is gone: nothing was booked")?;
    tx.tell(Event::to_person(Topic::Claims, payee));
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
        "part": e.part,
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

/// Books an entry's opposite, whole. What was not payable yet is taken back when it would have
/// been: nothing payable is ever touched by it. A second reversal of the same entry is refused by
/// the schema.
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
         checklist_version_id, nth, ruling_id, part, place)
         SELECT $2, 'reversal', person_id, campaign_id, lead_id, claim_id, verdict_id, plan_id, \
         -amount_minor, currency, $3, CASE WHEN payable_at > $3 THEN payable_at ELSE $3 END, $4, \
         id, $5, $3, second_review_id, exponent, $7, payee, company, campaign, plan_version, \
         checklist_version_id, nth, $6, part, {NEXT_PLACE} FROM ledger WHERE id = $1 AND kind = 'accrual'"
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

/// The entries of a claim that stand, in the order in which they are taken back: the opener's part
/// goes before the claimant's.
pub(in crate::store) async fn standing_of_claim(
    tx: &mut Tx,
    claim: &ClaimId,
) -> Result<Vec<EntryId>> {
    let sql = format!(
        "SELECT a.id FROM ledger a WHERE a.claim_id = $1 AND {STANDS} ORDER BY a.place DESC"
    );
    let found = all!(tx, (EntryId,), sqlx::AssertSqlSafe(sql), claim)?;
    Ok(found.into_iter().map(|row| row.0).collect())
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

/// A part of a claim that stands.
pub(in crate::store) async fn standing_part(
    tx: &mut Tx,
    claim: &ClaimId,
    part: Part,
) -> Result<Option<Entry>> {
    Ok(one!(
        tx,
        Entry,
        sqlx::AssertSqlSafe(format!(
            "{ENTRY} WHERE g.claim_id = $1 AND g.part = $2 AND g.kind = 'accrual' AND r.id IS NULL"
        )),
        claim,
        part
    )?)
}

/// What a claim has earned for its claimant and nobody has taken back.
///
/// # Errors
/// When the database fails.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Option<Entry>> {
    Ok(one!(
        tx,
        Entry,
        sqlx::AssertSqlSafe(format!(
            "{ENTRY} WHERE g.claim_id = $1 AND g.part <> 'opener' AND g.kind = 'accrual' AND r.id \
             IS NULL"
        )),
        claim
    )?)
}

/// What a claim has earned for all who share it, and nobody has taken back.
///
/// # Errors
/// When the database fails.
pub async fn earned_by_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Option<Money>> {
    let Some(own) = of_claim(tx, claim).await? else {
        return Ok(None);
    };
    let opener = standing_part(tx, claim, Part::Opener).await?;
    let shared = opener.map_or(0, |entry| entry.amount_minor);
    let sum = own.amount_minor.saturating_add(shared);
    Ok(Some(Money::new(sum, &own.currency)))
}

/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &EntryId) -> Result<Option<Entry>> {
    let sql = format!("{ENTRY} WHERE g.id = $1");
    Ok(one!(tx, Entry, sqlx::AssertSqlSafe(sql), id)?)
}

/// A person's entries, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<Vec<Entry>> {
    seen_of_person(tx, person, None).await
}

/// A person's entries, newest first; of the clients of `viewer` alone where one is given.
///
/// # Errors
/// When the database fails.
pub async fn seen_of_person(
    tx: &mut Tx,
    person: &PersonId,
    viewer: Option<&PersonId>,
) -> Result<Vec<Entry>> {
    let sql = format!(
        "{ENTRY} WHERE g.person_id = $1 AND ($2 = '' OR EXISTS (SELECT 1 FROM campaigns k JOIN \
         person_clients x ON x.client_id = k.client_id AND x.person_id = $2 WHERE k.id = \
         g.campaign_id)) ORDER BY g.place DESC"
    );
    let viewer = viewer.map_or("", |v| v.as_str());
    Ok(all!(tx, Entry, sqlx::AssertSqlSafe(sql), person, viewer)?)
}

/// What a verdict earned for the claimant.
pub async fn of_verdict(tx: &mut Tx, verdict: &VerdictId) -> Result<Option<Entry>> {
    Ok(one!(
        tx,
        Entry,
        sqlx::AssertSqlSafe(format!(
            "{ENTRY} WHERE g.verdict_id = $1 AND g.part <> 'opener' AND g.kind = 'accrual' ORDER \
             BY g.place DESC LIMIT 1"
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
