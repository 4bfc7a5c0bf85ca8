//! The write-up that goes with a lead: its fields, which are only ever added to, and which of them
//! a campaign must have before it hands a lead over.

use crate::handover::Field;
use crate::handover::write_up::LONGEST_FIELD;
use crate::identity::Role;
use crate::pii::Pii;
use crate::store::events::{Event, Topic};
use crate::store::handover::opening;
use crate::store::review::claims::Claim;
use crate::store::{Actor, Result, StoreError, Tx, all, log, new_id, one, run};
use crate::units::{CampaignId, ClaimId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// A field as it stands.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Filled {
    pub field: Field,
    pub text: Pii<String>,
    pub at: WallTime,
}

/// What stands in a claim's fields; a blank one is not among them.
///
/// # Errors
/// When the database fails.
pub async fn of_claim(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<Filled>> {
    Ok(all!(
        tx,
        Filled,
        "SELECT f.field, f.text, f.at FROM handover_fields f WHERE f.claim_id = $1 AND f.text <> \
         '' AND f.id = (SELECT g.id FROM handover_fields g WHERE g.claim_id = f.claim_id AND \
         g.field = f.field ORDER BY g.at DESC, g.id DESC LIMIT 1)",
        claim
    )?)
}

/// Its claimant fills a field, or says it anew. The last blank that held the hand-over back hands
/// it over.
///
/// # Errors
/// [`StoreError::Refused`] for another's claim, or a text that is too long.
pub async fn fill(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    (field, text): (Field, &str),
    now: WallTime,
) -> Result<()> {
    if claim.person_id != *by {
        return Err(StoreError::Refused(
            "Whoever made the call writes it up".to_owned(),
        ));
    }
    if text.chars().count() > LONGEST_FIELD {
        return Err(StoreError::Refused(format!(
            "A field has at most {LONGEST_FIELD} characters"
        )));
    }
    run!(
        tx,
        "INSERT INTO handover_fields (id, claim_id, field, text, person_id, at) VALUES ($1, $2, \
         $3, $4, $5, $6)",
        new_id::<String>(),
        &claim.id,
        field,
        text,
        by,
        now
    )?;
    let (by, detail) = (Actor::from(by), json!({ "field": field }));
    opening::note(tx, &by, "handover.written_up", &claim.id, detail, now).await?;
    let passed = claim.outcome.is_some_and(|outcome| outcome.has_passed());
    if passed && opening::blanks(tx, &claim.id).await?.is_empty() {
        opening::hand(tx, &by, &claim.id, now).await?;
    }
    tx.tell(Event::to_role(Topic::Handovers, Role::Sales));
    tx.tell(Event::to_person(Topic::Handovers, &claim.person_id));
    Ok(())
}

/// Fields that hold a campaign's hand-overs back while they are blank.
///
/// # Errors
/// When the database fails.
pub async fn needed(tx: &mut Tx, campaign: &CampaignId) -> Result<Vec<Field>> {
    let rows = all!(
        tx,
        (Field,),
        "SELECT field FROM campaign_needs WHERE campaign_id = $1 ORDER BY field",
        campaign
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Says which fields they are from now on. What waits for a field that is no longer asked for is
/// handed over; what was handed over stays so.
///
/// # Errors
/// When the database fails.
pub async fn need(
    tx: &mut Tx,
    by: &PersonId,
    campaign: &CampaignId,
    fields: &[Field],
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "DELETE FROM campaign_needs WHERE campaign_id = $1",
        campaign
    )?;
    for field in fields {
        run!(
            tx,
            "INSERT INTO campaign_needs (campaign_id, field) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            campaign,
            field
        )?;
    }
    let (subject, detail) = (format!("campaign:{campaign}"), json!({ "fields": fields }));
    let actor = Actor::from(by);
    log::append(tx, &actor, "campaign.needs", subject, detail, now).await?;
    let waiting = all!(
        tx,
        (ClaimId,),
        "SELECT claim_id FROM handovers WHERE campaign_id = $1 AND handed_at IS NULL",
        campaign
    )?;
    for (claim,) in waiting {
        if opening::blanks(tx, &claim).await?.is_empty() {
            opening::hand(tx, &actor, &claim, now).await?;
        }
    }
    Ok(())
}

/// Numbers of a lead, as they were given.
///
/// # Errors
/// When the database fails.
pub async fn numbers(tx: &mut Tx, lead: &crate::units::LeadId) -> Result<Vec<Pii<String>>> {
    let rows = all!(
        tx,
        (Pii<String>,),
        "SELECT e164 FROM lead_numbers WHERE lead_id = $1 ORDER BY e164",
        lead
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// A person's line now.
///
/// # Errors
/// When the database fails.
pub async fn line_of(tx: &mut Tx, person: &PersonId, now: WallTime) -> Result<Option<Pii<String>>> {
    let found = one!(
        tx,
        (Pii<String>,),
        "SELECT value FROM lines WHERE person_id = $1 AND from_at <= $2 AND (to_at IS NULL OR \
         to_at > $2) ORDER BY from_at DESC LIMIT 1",
        person,
        now
    )?;
    Ok(found.map(|r| r.0))
}
