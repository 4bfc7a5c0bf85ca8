//! Commission plans by version: none is ever changed. A version is proposed, approved by a manager
//! who is signed in and has no interest in it, and read by each telemarketer before anything
//! accrues to them under it (PRODUCT M1).

use crate::commission::{Plan, Terms, plan_at};
use crate::identity::Role;
use crate::pii::Pii;
use crate::review::Act;
use crate::store::events::{Event, Topic};
use crate::store::outbox::{self, Of};
use crate::store::review::claims::{self, Claim};
use crate::store::review::interest;
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, leads, log, new_id, one, run};
use crate::units::{CampaignId, ClientId, Micros, Money, PersonId, PlanDraftId, PlanId, WallTime};
use crate::webhook::Subject;
use serde_json::json;
use sqlx::FromRow;

/// What the next version of a plan says.
#[derive(Debug, Clone)]
pub struct NewPlan<'a> {
    pub campaign: &'a CampaignId,
    /// What a passed lead earns.
    pub amount: &'a Money,
    /// Tiers, cap and split, in the amount's currency.
    pub terms: &'a Terms,
    /// 0 to 3,660.
    pub payable_after_days: i64,
    /// In force from then on; at the earliest when it is approved.
    pub from: Option<WallTime>,
}

/// A version that nobody has approved yet.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Draft {
    pub id: PlanDraftId,
    pub campaign_id: CampaignId,
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    #[sqlx(try_from = "String")]
    pub terms: Terms,
    pub payable_after_days: i64,
    /// Null: from its approval on.
    pub from_at: Option<WallTime>,
    /// A person's id, or `shell`.
    pub proposed_by: String,
    /// Their name; null: it was proposed by a command on the box.
    pub proposed_by_name: Option<Pii<String>>,
    pub proposed_at: WallTime,
}

impl Draft {
    /// What a passed lead would earn.
    #[must_use]
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, &self.currency)
    }
}

const DRAFT: &str = "SELECT d.id, d.campaign_id, d.amount_minor, d.currency, d.terms, \
    d.payable_after_days, d.from_at, d.proposed_by, h.name AS proposed_by_name, d.proposed_at FROM \
    plan_drafts d LEFT JOIN people h ON h.id = d.proposed_by WHERE d.plan_id IS NULL AND \
    d.withdrawn_at IS NULL";

/// A payout later than ten years after the verdict is a slip of the pen.
const MOST_DAYS: i64 = 3_660;

/// Proposes the next version of a campaign's plan. Nothing is in force by it.
///
/// # Errors
/// [`StoreError::Refused`] for amounts and spans beyond any commission.
pub async fn propose(
    tx: &mut Tx,
    by: &Actor,
    plan: &NewPlan<'_>,
    now: WallTime,
) -> Result<PlanDraftId> {
    if !(0..=Money::MOST).contains(&plan.amount.minor) {
        return Err(StoreError::Refused(
            "A commission is 0 or more, and has at most 13 digits: correct the amount".to_owned(),
        ));
    }
    if !(0..=MOST_DAYS).contains(&plan.payable_after_days) {
        return Err(StoreError::Refused(format!(
            "Pay out 0 to {MOST_DAYS} days after the verdict"
        )));
    }
    let latest = now + Micros::from_secs(MOST_DAYS * 86_400);
    if plan.from.is_some_and(|from| from > latest) {
        return Err(StoreError::Refused(
            "A plan begins within ten years: correct the day from which it holds".to_owned(),
        ));
    }
    plan.terms
        .check()
        .map_err(|why| StoreError::Refused(why.to_string()))?;
    let id: PlanDraftId = new_id();
    run!(
        tx,
        "INSERT INTO plan_drafts (id, campaign_id, amount_minor, currency, payable_after_days, \
         from_at, proposed_by, proposed_at, terms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &id,
        plan.campaign,
        plan.amount.minor,
        &plan.amount.currency,
        plan.payable_after_days,
        plan.from,
        by.as_str(),
        now,
        written(plan.terms)
    )?;
    let detail = json!({
        "amount": plan.amount, "campaign": plan.campaign, "terms": plan.terms,
        "payable_after_days": plan.payable_after_days, "from": plan.from
    });
    let subject = format!("plan_draft:{id}");
    log::append(tx, by, "plan.proposed", subject, detail, now).await?;
    Ok(id)
}

/// Approves a proposed version. It is in force from the day it names, never before now: a claim
/// that was made before keeps its own. Claims that passed while no plan was there have their turn.
///
/// # Errors
/// [`StoreError::Conflict`] when it is approved or withdrawn already; [`StoreError::Interest`].
pub async fn approve(
    tx: &mut Tx,
    by: &PersonId,
    draft: &PlanDraftId,
    now: WallTime,
) -> Result<PlanId> {
    let draft = draft_by_id(tx, draft).await?.ok_or(StoreError::Conflict(
        "it is approved already, or was withdrawn",
    ))?;
    let campaign = leads::existing_campaign(tx, &draft.campaign_id).await?;
    let stake = interest::of_client(tx, &campaign.client_id).await?;
    let subject = format!("campaign:{}", draft.campaign_id);
    interest::ask(tx, Act::Approve, by, &stake, &subject, now).await?;
    let id: PlanId = new_id();
    let version = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(version), 0) + 1 FROM plans WHERE campaign_id = $1",
        &draft.campaign_id
    )?
    .map_or(1, |r| r.0);
    let from = draft.from_at.map_or(now, |from| from.max(now));
    run!(
        tx,
        "INSERT INTO plans (id, campaign_id, version, amount_minor, currency, payable_after_days, \
         from_at, approved_by, approved_at, terms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
         $10)",
        &id,
        &draft.campaign_id,
        version,
        draft.amount_minor,
        &draft.currency,
        draft.payable_after_days,
        from,
        by,
        now,
        written(&draft.terms)
    )?;
    run!(
        tx,
        "UPDATE plan_drafts SET plan_id = $2 WHERE id = $1",
        &draft.id,
        &id
    )?;
    let detail = json!({
        "draft": draft.id, "amount": draft.amount(), "terms": draft.terms, "version": version,
        "payable_after_days": draft.payable_after_days
    });
    log::append(
        tx,
        &by.into(),
        "plan.approved",
        format!("plan:{id}"),
        detail,
        now,
    )
    .await?;
    let amount = draft.amount();
    let data = json!({
        "plan": id,
        "version": version,
        "campaign": draft.campaign_id,
        "client": campaign.client_id,
        "amount": {
            "minor": amount.minor,
            "currency": amount.currency,
            "exponent": amount.exponent(),
        },
        "payable_after_days": draft.payable_after_days,
        "from": from,
    });
    let of = Of::Client(&campaign.client_id);
    outbox::put(tx, Subject::PlanApproved, of, &data, now).await?;
    claims::plan_came(tx, &draft.campaign_id, now).await?;
    tx.tell(Event::to_role(Topic::Claims, Role::Telemarketer));
    Ok(id)
}

/// Takes a proposal back.
///
/// # Errors
/// [`StoreError::Conflict`] when it is approved or withdrawn already.
pub async fn withdraw(
    tx: &mut Tx,
    by: &PersonId,
    draft: &PlanDraftId,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE plan_drafts SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL AND \
         plan_id IS NULL",
        draft,
        now
    )?;
    changed_one(rows, "it is approved already, or was withdrawn")?;
    let subject = format!("plan_draft:{draft}");
    log::append(tx, &by.into(), "plan.withdrawn", subject, json!({}), now).await
}

/// Sets the end of a version that is in force or to come: claims made from then on wait until
/// another is approved. A claim that was made before keeps its own.
///
/// # Errors
/// [`StoreError::Refused`] for an end in the past; [`StoreError::Conflict`] when it has one, or a
/// later version has followed it; [`StoreError::Interest`].
pub async fn end(
    tx: &mut Tx,
    by: &PersonId,
    plan: &Version,
    at: Option<WallTime>,
    now: WallTime,
) -> Result<()> {
    let stake = interest::of_client(tx, &plan.client_id).await?;
    let subject = format!("plan:{}", plan.id);
    interest::ask(tx, Act::Approve, by, &stake, &subject, now).await?;
    let at = at.unwrap_or(now);
    if at < now {
        return Err(StoreError::Refused(
            "A plan ends now or later: what was claimed under it stays so".to_owned(),
        ));
    }
    if in_force(tx, &plan.campaign_id, at).await?.map(|p| p.id) != Some(plan.id.clone()) {
        return Err(StoreError::Conflict(
            "this plan is not in force then: it has an end, or another follows it",
        ));
    }
    run!(
        tx,
        "INSERT INTO plan_ends (plan_id, at, ended_by, ended_at) VALUES ($1, $2, $3, $4)",
        &plan.id,
        at,
        by,
        now
    )?;
    let data = json!({ "plan": plan.id, "version": plan.version, "campaign": plan.campaign_id, "until": at });
    outbox::put(
        tx,
        Subject::PlanEnded,
        Of::Client(&plan.client_id),
        &data,
        now,
    )
    .await?;
    for role in [Role::Telemarketer, Role::Manager] {
        tx.tell(Event::to_role(Topic::Claims, role));
    }
    log::append(
        tx,
        &by.into(),
        "plan.ended",
        subject,
        json!({ "until": at }),
        now,
    )
    .await
}

/// # Errors
/// When the database fails.
pub async fn draft_by_id(tx: &mut Tx, id: &PlanDraftId) -> Result<Option<Draft>> {
    let sql = format!("{DRAFT} AND d.id = $1");
    Ok(one!(tx, Draft, sqlx::AssertSqlSafe(sql), id)?)
}

/// A campaign's proposals, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn drafts(tx: &mut Tx, campaign: &CampaignId) -> Result<Vec<Draft>> {
    let sql = format!("{DRAFT} AND d.campaign_id = $1 ORDER BY d.proposed_at, d.id");
    Ok(all!(tx, Draft, sqlx::AssertSqlSafe(sql), campaign)?)
}

/// A telemarketer has read a version: what waited for that has its turn.
///
/// # Errors
/// When the database fails.
pub async fn acknowledge(tx: &mut Tx, by: &PersonId, plan: &PlanId, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "INSERT INTO plan_acks (plan_id, person_id, at) VALUES ($1, $2, $3) ON CONFLICT (plan_id, \
         person_id) DO NOTHING",
        plan,
        by,
        now
    )?;
    if rows == 1 {
        let subject = format!("plan:{plan}");
        log::append(tx, &by.into(), "plan.acknowledged", subject, json!({}), now).await?;
        claims::plan_read(tx, by, now).await?;
        tx.tell(Event::to_person(Topic::Claims, by));
    }
    Ok(())
}

/// When somebody has read a version; none: not yet.
///
/// # Errors
/// When the database fails.
pub async fn acknowledged(
    tx: &mut Tx,
    plan: &PlanId,
    person: &PersonId,
) -> Result<Option<WallTime>> {
    let found = one!(
        tx,
        (WallTime,),
        "SELECT at FROM plan_acks WHERE plan_id = $1 AND person_id = $2",
        plan,
        person
    )?;
    Ok(found.map(|row| row.0))
}

/// Who of a client's telemarketers has read a version, and when, by name.
///
/// # Errors
/// When the database fails.
pub async fn readers(tx: &mut Tx, plan: &PlanId) -> Result<Vec<Reader>> {
    Ok(all!(
        tx,
        Reader,
        "SELECT h.id AS person_id, h.name, a.at FROM plans p JOIN campaigns k ON k.id = \
         p.campaign_id JOIN person_clients x ON x.client_id = k.client_id JOIN people h ON h.id = \
         x.person_id AND h.role = 'telemarketer' AND h.disabled_at IS NULL LEFT JOIN plan_acks a \
         ON a.plan_id = p.id AND a.person_id = h.id WHERE p.id = $1 ORDER BY h.name, h.id",
        plan
    )?)
}

/// Somebody who earns by a plan.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Reader {
    pub person_id: PersonId,
    pub name: Pii<String>,
    /// When they read it; null: not yet.
    pub at: Option<WallTime>,
}

/// Versions in force or to come that somebody has not read, of their clients' campaigns; and those
/// for which a claim or a share of theirs waits, though the campaign is over.
///
/// # Errors
/// When the database fails.
pub async fn unread(tx: &mut Tx, person: &PersonId, now: WallTime) -> Result<Vec<PlanId>> {
    let rows = all!(
        tx,
        (PlanId,),
        "SELECT p.id FROM plans p JOIN campaigns k ON k.id = p.campaign_id JOIN person_clients x \
         ON x.client_id = k.client_id AND x.person_id = $1 WHERE NOT EXISTS (SELECT 1 \
         FROM plan_acks a WHERE a.plan_id = p.id AND a.person_id = $1)
           AND ((k.closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM plan_ends e WHERE e.plan_id = \
         p.id AND e.at <= $2) AND (p.from_at > $2 OR p.version = (SELECT q.version FROM plans q \
         WHERE q.campaign_id = p.campaign_id AND q.from_at <= $2 ORDER BY q.from_at DESC, \
         q.version DESC LIMIT 1)))
           OR EXISTS (SELECT 1 FROM claims c WHERE c.plan_id = p.id AND ((c.person_id = $1 AND \
         c.outcome = 'passed_waiting') OR (c.opener_id = $1 AND c.opener_waits_until IS NOT NULL)))) \
         ORDER BY p.from_at, p.id",
        person,
        now
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// A version with who approved it.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Version {
    pub id: PlanId,
    pub campaign_id: CampaignId,
    pub campaign: String,
    pub client_id: ClientId,
    /// Counted from 1 within its campaign.
    pub version: i64,
    pub amount_minor: i64,
    pub currency: String,
    #[sqlx(try_from = "String")]
    pub terms: Terms,
    pub payable_after_days: i64,
    pub from_at: WallTime,
    pub approved_by: Pii<String>,
    pub approved_at: WallTime,
    /// Claims made from then on are not paid under it; null: until another follows.
    pub until_at: Option<WallTime>,
    /// Who set that end.
    pub ended_by: Option<Pii<String>>,
}

impl Version {
    fn into_plan(self) -> Plan {
        Plan {
            id: self.id,
            version: self.version,
            amount: Money::new(self.amount_minor, &self.currency),
            terms: self.terms,
            payable_after_days: self.payable_after_days,
            from: self.from_at,
            until: self.until_at,
        }
    }
}

const VERSION: &str = "SELECT p.id, p.campaign_id, k.name AS campaign, k.client_id, p.version, \
    p.amount_minor, p.currency, p.terms, p.payable_after_days, p.from_at, h.name AS approved_by, \
    p.approved_at, e.at AS until_at, b.name AS ended_by FROM plans p JOIN campaigns k ON k.id = \
    p.campaign_id JOIN people h ON h.id = p.approved_by LEFT JOIN plan_ends e ON e.plan_id = p.id \
    LEFT JOIN people b ON b.id = e.ended_by";

/// # Errors
/// When the database fails.
pub async fn version(tx: &mut Tx, plan: &PlanId) -> Result<Option<Version>> {
    let sql = format!("{VERSION} WHERE p.id = $1");
    Ok(one!(tx, Version, sqlx::AssertSqlSafe(sql), plan)?)
}

/// All versions of the campaigns of somebody's clients, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_clients(tx: &mut Tx, person: &PersonId) -> Result<Vec<Version>> {
    let sql = format!(
        "{VERSION} JOIN person_clients x ON x.client_id = k.client_id AND x.person_id = $1 ORDER \
         BY k.name, k.id, p.version DESC"
    );
    Ok(all!(tx, Version, sqlx::AssertSqlSafe(sql), person)?)
}

/// A campaign's versions, oldest first.
pub async fn of_campaign(tx: &mut Tx, campaign: &CampaignId) -> Result<Vec<Plan>> {
    let sql = format!("{VERSION} WHERE p.campaign_id = $1 ORDER BY p.version");
    let rows = all!(tx, Version, sqlx::AssertSqlSafe(sql), campaign)?;
    Ok(rows.into_iter().map(Version::into_plan).collect())
}

/// Terms as a row holds them.
fn written(terms: &Terms) -> String {
    json!(terms).to_string()
}

/// A campaign's version in force at a moment.
///
/// # Errors
/// When the database fails.
pub async fn in_force(tx: &mut Tx, campaign: &CampaignId, at: WallTime) -> Result<Option<Plan>> {
    Ok(plan_at(&of_campaign(tx, campaign).await?, at).cloned())
}

/// The version that a claim is paid under: the one in force when it was made (PRODUCT I4); where
/// none was, today's.
///
/// # Errors
/// When the database fails.
pub async fn of_claim(tx: &mut Tx, claim: &Claim, now: WallTime) -> Result<Option<Plan>> {
    let plans = of_campaign(tx, &claim.campaign_id).await?;
    let own = claim.plan_id.as_ref();
    let plan = own
        .and_then(|id| plans.iter().find(|p| p.id == *id))
        .or_else(|| plan_at(&plans, now));
    Ok(plan.cloned())
}
