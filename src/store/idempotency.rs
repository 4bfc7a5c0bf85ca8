//! Requests that may come twice: the first one's answer is kept, in the same transaction as its
//! effect, and given again.

use crate::hex::hex;
use crate::store::{Result, StoreError, Tx, one, run};
use crate::units::{Micros, PersonId, WallTime};
use sha2::{Digest, Sha256};

/// A request's name: who sent it, under which key, and what it says.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub person: &'a PersonId,
    pub key: &'a str,
    pub route: &'a str,
    pub body: &'a [u8],
}

impl Request<'_> {
    fn sha256(&self) -> String {
        hex(&Sha256::new()
            .chain_update(self.route)
            .chain_update([0])
            .chain_update(self.body)
            .finalize())
    }
}

/// The kept answer, if this request was answered before.
///
/// # Errors
/// [`StoreError::Conflict`] when the key was used for another request.
pub async fn earlier(tx: &mut Tx, request: &Request<'_>) -> Result<Option<String>> {
    let found = one!(
        tx,
        (String, String),
        "SELECT request_sha256, response FROM idempotency WHERE person_id = $1 AND key = $2",
        request.person,
        request.key
    )?;
    match found {
        Some((sha256, _)) if sha256 != request.sha256() => Err(StoreError::Conflict(
            "this Idempotency-Key was used for another request: use a new one",
        )),
        found => Ok(found.map(|(_, response)| response)),
    }
}

/// Keeps the answer.
///
/// # Errors
/// When the database fails, or the same request was kept meanwhile.
pub async fn keep(tx: &mut Tx, request: &Request<'_>, response: &str, now: WallTime) -> Result<()> {
    run!(
        tx,
        "INSERT INTO idempotency (person_id, key, request_sha256, status, response, created_at) \
         VALUES ($1, $2, $3, 200, $4, $5)",
        request.person,
        request.key,
        request.sha256(),
        response,
        now
    )?;
    Ok(())
}

/// Answers are kept for thirty days: nothing sends a request again after that.
const KEPT: Micros = Micros::from_secs(30 * 86_400);

/// Forgets some of the answers that are older than is kept, the oldest first; gives how many.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, many: i64, now: WallTime) -> Result<u64> {
    Ok(run!(
        tx,
        "DELETE FROM idempotency WHERE (person_id, key) IN (SELECT o.person_id, o.key FROM \
         idempotency o WHERE o.created_at < $1 ORDER BY o.created_at LIMIT $2)",
        now - KEPT,
        many
    )?)
}
