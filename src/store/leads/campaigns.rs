//! The end of a campaign. Conversations that began before it are still claimed, judged and paid, by
//! the plan of the claim; nothing new begins in it: no list is taken in, no call finds its leads.

use crate::identity::Role;
use crate::review::Act;
use crate::store::events::{Event, Topic};
use crate::store::leads::existing_campaign;
use crate::store::outbox::{self, Of};
use crate::store::review::interest;
use crate::store::{Actor, Result, StoreError, Tx, changed_one, log, run};
use crate::units::{CampaignId, WallTime};
use crate::webhook::Subject;
use serde_json::json;

/// Ends a campaign now.
///
/// # Errors
/// [`StoreError::Conflict`] when it is over already; [`StoreError::Interest`].
pub async fn close(tx: &mut Tx, by: &Actor, id: &CampaignId, now: WallTime) -> Result<()> {
    may(tx, by, id, now).await?;
    let rows = run!(
        tx,
        "UPDATE campaigns SET closed_at = $2, closed_by = $3 WHERE id = $1 AND closed_at IS NULL",
        id,
        now,
        by.as_str()
    )?;
    changed_one(rows, "this campaign is over already")?;
    tell(tx, id, Subject::CampaignClosed, now).await?;
    let subject = format!("campaign:{id}");
    let detail = json!({ "until": now });
    log::append(tx, by, "campaign.closed", subject, detail, now).await
}

/// Takes the end of a campaign back: it goes on as if it had never ended.
///
/// # Errors
/// [`StoreError::Conflict`] when it is running; [`StoreError::Interest`].
pub async fn reopen(tx: &mut Tx, by: &Actor, id: &CampaignId, now: WallTime) -> Result<()> {
    may(tx, by, id, now).await?;
    let rows = run!(
        tx,
        "UPDATE campaigns SET closed_at = NULL, closed_by = NULL WHERE id = $1 AND closed_at IS \
         NOT NULL",
        id
    )?;
    changed_one(rows, "this campaign is running")?;
    tell(tx, id, Subject::CampaignReopened, now).await?;
    let subject = format!("campaign:{id}");
    log::append(tx, by, "campaign.reopened", subject, json!({}), now).await
}

/// A person needs to be a manager without an interest, since an end decides what can be earned.
async fn may(tx: &mut Tx, by: &Actor, id: &CampaignId, now: WallTime) -> Result<()> {
    let campaign = existing_campaign(tx, id).await?;
    match by {
        Actor::Shell => Ok(()),
        Actor::Person(person) => {
            let stake = interest::of_client(tx, &campaign.client_id).await?;
            let subject = format!("campaign:{id}");
            interest::ask(tx, Act::Approve, person, &stake, &subject, now).await
        }
        _ => Err(StoreError::Conflict("a manager ends a campaign")),
    }
}

/// Receivers, and the pages of those whom it concerns.
async fn tell(tx: &mut Tx, id: &CampaignId, subject: Subject, now: WallTime) -> Result<()> {
    for role in [Role::Telemarketer, Role::Manager] {
        tx.tell(Event::to_role(Topic::Claims, role));
    }
    let data = json!({ "campaign": id });
    outbox::put(tx, subject, Of::Campaign(id), &data, now).await
}
