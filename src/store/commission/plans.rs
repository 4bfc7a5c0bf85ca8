//! Commission plans by version: none is ever changed.

use crate::commission::{Plan, plan_at};
use crate::review::Act;
use crate::store::review::interest;
use crate::store::{Actor, Result, Tx, all, leads, log, new_id, one, run};
use crate::units::{CampaignId, Money, PersonId, PlanId, WallTime};
use serde_json::json;

/// What the next version of a plan says.
#[derive(Debug, Clone)]
pub struct NewPlan<'a> {
    pub campaign: &'a CampaignId,
    /// What a passed lead earns.
    pub amount: &'a Money,
    pub payable_after_days: i64,
    /// In force from then on.
    pub from: WallTime,
    pub approved_by: &'a PersonId,
}

/// Adds the next version of a campaign's plan.
///
/// # Errors
/// [`StoreError::Interest`](crate::store::StoreError::Interest) when the approver has one: it takes
/// a manager of the client whose pay hangs on nobody's leads.
pub async fn add(tx: &mut Tx, by: &Actor, plan: &NewPlan<'_>, now: WallTime) -> Result<PlanId> {
    let campaign = leads::existing_campaign(tx, plan.campaign).await?;
    let stake = interest::of_client(tx, &campaign.client_id).await?;
    let subject = format!("campaign:{}", plan.campaign);
    interest::ask(tx, Act::Approve, plan.approved_by, &stake, &subject, now).await?;
    let id: PlanId = new_id();
    let version = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(version), 0) + 1 FROM plans WHERE campaign_id = $1",
        plan.campaign
    )?
    .map_or(1, |r| r.0);
    run!(
        tx,
        "INSERT INTO plans (id, campaign_id, version, amount_minor, currency, payable_after_days, \
         from_at, approved_by, approved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &id,
        plan.campaign,
        version,
        plan.amount.minor,
        &plan.amount.currency,
        plan.payable_after_days,
        plan.from,
        plan.approved_by,
        now
    )?;
    let detail = json!({ "by": plan.approved_by, "amount": plan.amount });
    log::append(tx, by, "plan.approved", format!("plan:{id}"), detail, now).await?;
    Ok(id)
}

/// A campaign's versions, oldest first.
pub async fn of_campaign(tx: &mut Tx, campaign: &CampaignId) -> Result<Vec<Plan>> {
    let rows = all!(
        tx,
        (PlanId, i64, i64, String, i64, WallTime),
        "SELECT id, version, amount_minor, currency, payable_after_days, from_at FROM plans WHERE \
         campaign_id = $1 ORDER BY version",
        campaign
    )?;
    Ok(rows
        .into_iter()
        .map(
            |(id, version, minor, currency, payable_after_days, from)| Plan {
                id,
                version,
                amount: Money { minor, currency },
                payable_after_days,
                from,
            },
        )
        .collect())
}

/// A campaign's version in force at a moment.
///
/// # Errors
/// When the database fails.
pub async fn in_force(tx: &mut Tx, campaign: &CampaignId, at: WallTime) -> Result<Option<Plan>> {
    Ok(plan_at(&of_campaign(tx, campaign).await?, at).cloned())
}
