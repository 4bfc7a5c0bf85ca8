//! Reports.

pub mod coverage;
pub mod promise;
pub mod slots;

use crate::api::access::Who;
use crate::api::problem::Problem;
use crate::store::{Tx, people};
use crate::units::ClientId;
use serde::Serialize;
use utoipa::ToSchema;

/// A client whose figures somebody may see.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportClient {
    id: ClientId,
    name: String,
}

/// The client that is asked for, or the first by name; and all of whoever asks.
///
/// # Errors
/// 404 for another's client, and for who has none.
async fn client(
    tx: &mut Tx,
    who: &Who,
    wanted: Option<&ClientId>,
) -> Result<(ClientId, Vec<ReportClient>), Problem> {
    let all = people::all_clients(tx).await?;
    let own: Vec<ReportClient> = all
        .into_iter()
        .filter(|(id, _)| who.sees_client(id))
        .map(|(id, name)| ReportClient { id, name })
        .collect();
    let chosen = own.iter().find(|c| wanted.is_none_or(|w| *w == c.id));
    let chosen = chosen.ok_or_else(Problem::not_found)?.id.clone();
    Ok((chosen, own))
}
