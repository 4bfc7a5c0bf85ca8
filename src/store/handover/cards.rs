//! When sales first opened a card: the waterfall holds it against the hand-over (PRODUCT P6).

use crate::store::{Actor, Result, Tx, log, run};
use crate::units::{ClaimId, PersonId, WallTime};
use serde_json::json;

/// Sales opens the card of a lead that was handed over: the first time is kept, and nothing else
/// is.
///
/// # Errors
/// When the database fails.
pub async fn opened(tx: &mut Tx, by: &PersonId, claim: &ClaimId, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE handovers SET opened_at = $2 WHERE claim_id = $1 AND opened_at IS NULL AND \
         handed_at <= $2",
        claim,
        now
    )?;
    if rows == 0 {
        return Ok(());
    }
    let subject = format!("claim:{claim}");
    log::append(
        tx,
        &Actor::from(by),
        "handover.opened",
        subject,
        json!({}),
        now,
    )
    .await
}
