//! Leads handed over to sales, what sales says of them, and the way back to whoever made the call.

pub mod answer;
pub mod card;
pub mod content;
pub mod crm;
pub mod crms;
pub mod list;
pub mod mappings;
pub mod own;
pub mod pacts;
pub mod promises;
pub mod result_sheets;
pub mod results;
pub mod say;
pub mod sent;
pub mod views;

use crate::api::access::Who;
use crate::api::problem::Problem;
use crate::identity::Role;
use crate::store::Tx;
use crate::store::handover::list::{self as stored, Handover};
use crate::store::review::claims::{self, Claim};
use crate::units::ClaimId;

/// The hand-over of a claim that somebody may see: for a telemarketer their own, for the others
/// what was handed over of their clients' leads.
pub(super) async fn seen_by(
    tx: &mut Tx,
    who: &Who,
    id: &ClaimId,
) -> Result<(Handover, Claim), Problem> {
    let handover = stored::of_claim(tx, id).await?;
    let handover = handover
        .filter(|h| match who.is(Role::Telemarketer) {
            true => h.claimant_id == *who.id(),
            false => h.handed_at.is_some() && who.sees_client(&h.client_id),
        })
        .ok_or_else(Problem::not_found)?;
    let claim = claims::by_id(tx, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok((handover, claim))
}
