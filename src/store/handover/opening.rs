//! How a lead that passed comes to sales: in the transaction that makes its verdict final, or,
//! where its campaign holds it back for a blank, in the one that fills it (PRODUCT H1).

use crate::handover::Field;
use crate::identity::Role;
use crate::leads::Stage;
use crate::leads::finding::folded;
use crate::store::events::{Event, Topic};
use crate::store::handover::pacts;
use crate::store::leads::stages::{self, Worth};
use crate::store::outbox::{self, Of};
use crate::store::{Actor, Result, Tx, all, log, one, run};
use crate::units::{CampaignId, ClaimId, ClientId, LeadId, Micros, PersonId, WallTime};
use crate::webhook::Subject;
use serde_json::json;

/// A claim that passed, with whom it concerns.
pub(in crate::store) struct Passed<'a> {
    pub claim: &'a ClaimId,
    pub lead: &'a LeadId,
    pub campaign: &'a CampaignId,
    pub client: &'a ClientId,
    pub claimant: &'a PersonId,
}

/// Opens the hand-over of a lead, once: of several claims that pass the first is handed over.
pub(in crate::store) async fn open(tx: &mut Tx, p: &Passed<'_>, now: WallTime) -> Result<()> {
    let sales = whose(tx, p).await?;
    let rows = run!(
        tx,
        "INSERT INTO handovers (claim_id, lead_id, campaign_id, client_id, sales_id, passed_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        p.claim,
        p.lead,
        p.campaign,
        p.client,
        &sales,
        now
    )?;
    if rows == 0 {
        return Ok(());
    }
    let blanks = blanks(tx, p.claim).await?;
    if blanks.is_empty() {
        return hand(tx, &Actor::System, p.claim, now).await;
    }
    tx.tell(Event::to_person(Topic::Handovers, p.claimant));
    let detail = json!({ "blanks": blanks });
    note(
        tx,
        &Actor::System,
        "handover.held_back",
        p.claim,
        detail,
        now,
    )
    .await
}

/// Hands a lead over: from now on its times run.
pub(in crate::store) async fn hand(
    tx: &mut Tx,
    by: &Actor,
    claim: &ClaimId,
    now: WallTime,
) -> Result<()> {
    let found = one!(
        tx,
        (ClientId, PersonId, LeadId),
        "SELECT h.client_id, c.person_id, h.lead_id FROM handovers h JOIN claims c ON c.id = \
         h.claim_id WHERE h.claim_id = $1 AND h.handed_at IS NULL",
        claim
    )?;
    let Some((client, claimant, lead)) = found else {
        return Ok(());
    };
    let owed = pacts::owed(tx, &client, now).await?;
    let hours = |n: i64| now + Micros::from_secs(n * 3_600);
    run!(
        tx,
        "UPDATE handovers SET handed_at = $2, answer_due_at = $3, call_due_at = $4 WHERE claim_id \
         = $1 AND handed_at IS NULL",
        claim,
        now,
        hours(owed.answer_hours),
        hours(owed.call_hours)
    )?;
    let step = (Stage::HandedOver, &Worth::default());
    stages::moved(tx, by, &lead, step, now).await?;
    let data = json!({
        "claim": claim,
        "lead": lead,
        "client": client,
        "person": claimant,
        "answer_due_at": hours(owed.answer_hours),
        "call_due_at": hours(owed.call_hours),
    });
    outbox::put(tx, Subject::LeadHandedOver, Of::Client(&client), &data, now).await?;
    tx.tell(Event::to_role(Topic::Handovers, Role::Sales));
    tx.tell(Event::to_person(Topic::Handovers, &claimant));
    note(tx, by, "handover.handed", claim, json!({}), now).await
}

pub(in crate::store) async fn note(
    tx: &mut Tx,
    by: &Actor,
    action: &str,
    claim: &ClaimId,
    detail: serde_json::Value,
    now: WallTime,
) -> Result<()> {
    log::append(tx, by, action, format!("claim:{claim}"), detail, now).await
}

/// The sales person whom the lead names as its owner, by login or name; the only one of the client;
/// otherwise nobody in particular.
async fn whose(tx: &mut Tx, p: &Passed<'_>) -> Result<Option<PersonId>> {
    let sales = all!(
        tx,
        (PersonId, String, String, Option<String>),
        "SELECT s.id, s.login, s.name, l.owner FROM leads l JOIN person_clients pc ON pc.client_id = \
         l.client_id JOIN people s ON s.id = pc.person_id AND s.role = 'sales' AND s.disabled_at \
         IS NULL WHERE l.id = $1 ORDER BY s.id",
        p.lead
    )?;
    let owner = sales.iter().find(|(_, login, name, owner)| {
        let owner = owner.as_deref().map(folded);
        owner.is_some_and(|owner| owner == folded(login) || owner == folded(name))
    });
    let only = sales.first().filter(|_| sales.len() == 1);
    Ok(owner.or(only).map(|row| row.0.clone()))
}

/// Fields that a claim's campaign asks for and that are blank: they hold its hand-over back.
///
/// # Errors
/// When the database fails.
pub(in crate::store) async fn blanks(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<Field>> {
    let rows = all!(
        tx,
        (Field,),
        "SELECT n.field FROM campaign_needs n JOIN claims c ON c.campaign_id = n.campaign_id WHERE \
         c.id = $1 AND COALESCE((SELECT f.text FROM handover_fields f WHERE f.claim_id = c.id AND \
         f.field = n.field ORDER BY f.at DESC, f.id DESC LIMIT 1), '') = '' ORDER BY n.field",
        claim
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}
