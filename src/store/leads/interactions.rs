//! What contacts read or attended, each once (PRODUCT L1): from lists, and from a machine that
//! follows them.

use crate::leads::interaction::Interaction;
use crate::pii::Pii;
use crate::store::leads::Lead;
use crate::store::{Actor, ROWS_AT_A_TIME, Result, Tx, all, insert, log};
use crate::units::{ImportId, LeadId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// Something that a contact read or attended.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Read {
    pub at: WallTime,
    pub what: Pii<String>,
}

/// What is shown of one lead.
const MOST: i64 = 500;

/// What the contact of a lead read or attended, and of those that were merged into it; oldest
/// first, the newest 500.
///
/// # Errors
/// When the database fails.
pub async fn of_lead(tx: &mut Tx, lead: &LeadId) -> Result<Vec<Read>> {
    let mut found = all!(
        tx,
        Read,
        "SELECT DISTINCT i.at, i.what FROM lead_interactions i WHERE i.lead_id = $1 OR i.lead_id \
         IN (SELECT m.lead_id FROM lead_merges m WHERE m.into_id = $1 AND m.split_at IS NULL) \
         ORDER BY i.at DESC, i.what LIMIT $2",
        lead,
        MOST
    )?;
    found.reverse();
    Ok(found)
}

/// Keeps what is not there yet; gives how many that are.
pub(super) async fn put(
    tx: &mut Tx,
    by: &Actor,
    import: Option<&ImportId>,
    said: &[(LeadId, Interaction)],
    now: WallTime,
) -> Result<usize> {
    let mut new = 0;
    for said in said.chunks(ROWS_AT_A_TIME / 2) {
        let kept = insert!(
            tx,
            (LeadId,),
            "INSERT INTO lead_interactions (lead_id, at, what, told_at, actor, import_id) ",
            said,
            |one| [&one.0, one.1.at, &one.1.what, now, by.as_str(), import],
            " ON CONFLICT (lead_id, at, what) DO NOTHING RETURNING lead_id"
        )?;
        new += kept.len();
    }
    Ok(new)
}

/// A machine tells what the contact of a lead read or attended; said again, it is there already.
/// Gives whether it is new.
///
/// # Errors
/// When the database fails.
pub async fn tell(
    tx: &mut Tx,
    by: &Actor,
    lead: &Lead,
    said: Interaction,
    now: WallTime,
) -> Result<bool> {
    let detail = json!({ "at": said.at });
    let new = put(tx, by, None, &[(lead.id.clone(), said)], now).await? > 0;
    if new {
        let subject = format!("lead:{}", lead.id);
        log::append(tx, by, "lead.interaction", subject, detail, now).await?;
    }
    Ok(new)
}
