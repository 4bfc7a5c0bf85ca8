//! A lead's stages and its buyer's, each with its date, only ever added to (PRODUCT L4).

use crate::leads::{BuyerStage, Stage};
use crate::store::leads::Lead;
use crate::store::{Actor, Result, Tx, all, log, one, run};
use crate::units::{LeadId, Money, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// One step of a lead's way.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Entered {
    pub at: WallTime,
    /// Ours; null: the buyer's changed.
    pub stage: Option<Stage>,
    /// The buyer's; null: ours changed.
    pub buyer_stage: Option<BuyerStage>,
    /// Of an opportunity, in cents of the currency; null: not said.
    pub value_minor: Option<i64>,
    /// ISO 4217; null with the value.
    pub currency: Option<String>,
    /// 1 with a proof of concept, 0 without; null: not said.
    pub proof_of_concept: Option<i64>,
}

/// A lead's steps, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_lead(tx: &mut Tx, lead: &LeadId) -> Result<Vec<Entered>> {
    Ok(all!(
        tx,
        Entered,
        "SELECT at, stage, buyer_stage, value_minor, currency, proof_of_concept FROM lead_stages \
         WHERE lead_id = $1 ORDER BY nth",
        lead
    )?)
}

/// What is known of an opportunity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worth {
    /// `None`: not said.
    pub value: Option<Money>,
    /// `None`: not said.
    pub proof_of_concept: Option<bool>,
}

/// A lead enters a stage. The verb that causes it has its line in the log.
pub(in crate::store) async fn enter(
    tx: &mut Tx,
    by: &Actor,
    lead: &LeadId,
    (stage, worth): (Stage, &Worth),
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "UPDATE lead_work SET stage = $2 WHERE lead_id = $1",
        lead,
        stage
    )?;
    run!(
        tx,
        "INSERT INTO lead_stages (lead_id, nth, at, actor, stage, value_minor, currency, \
         proof_of_concept) SELECT $1, COALESCE(MAX(nth), 0) + 1, $2, $3, $4, $5, $6, $7 FROM \
         lead_stages WHERE lead_id = $1",
        lead,
        now,
        by.as_str(),
        stage,
        worth.value.as_ref().map(|v| v.minor),
        worth.value.as_ref().map(|v| v.currency.as_str()),
        worth.proof_of_concept.map(i64::from)
    )?;
    Ok(())
}

/// The hand-over, or what sales or its CRM says, moves a lead on: what stands there already stays,
/// and what is behind sales' own stages never comes from here.
pub(in crate::store) async fn moved(
    tx: &mut Tx,
    by: &Actor,
    lead: &LeadId,
    (stage, worth): (Stage, &Worth),
    now: WallTime,
) -> Result<()> {
    let stands = one!(
        tx,
        (Stage,),
        "SELECT stage FROM lead_work WHERE lead_id = $1",
        lead
    )?;
    // An answer that is changed once there is an opportunity takes nothing from it.
    let stays = |s: Stage| {
        (s == stage && *worth == Worth::default())
            || (s > Stage::Accepted && stage <= Stage::Accepted)
    };
    if stands.is_none_or(|s| stays(s.0)) {
        return Ok(());
    }
    enter(tx, by, lead, (stage, worth), now).await
}

/// Somebody says how far the buyer has come.
///
/// # Errors
/// When the database fails.
pub async fn set_buyer(
    tx: &mut Tx,
    by: &Actor,
    lead: &Lead,
    stage: BuyerStage,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE lead_work SET buyer_stage = $2 WHERE lead_id = $1 AND (buyer_stage IS NULL OR \
         buyer_stage <> $2)",
        &lead.id,
        stage
    )?;
    if rows == 0 {
        return Ok(());
    }
    run!(
        tx,
        "INSERT INTO lead_stages (lead_id, nth, at, actor, buyer_stage) SELECT $1, \
         COALESCE(MAX(nth), 0) + 1, $2, $3, $4 FROM lead_stages WHERE lead_id = $1",
        &lead.id,
        now,
        by.as_str(),
        stage
    )?;
    let subject = format!("lead:{}", lead.id);
    log::append(
        tx,
        by,
        "lead.buyer_stage",
        subject,
        json!({ "stage": stage }),
        now,
    )
    .await
}
