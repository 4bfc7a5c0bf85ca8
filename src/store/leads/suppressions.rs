//! Numbers that are never to be called, by client, and calls that were made all the same.

use crate::pii::Pii;
use crate::store::{Actor, ROWS_AT_A_TIME, Result, StoreError, Tx, all, all_in, insert, log, run};
use crate::units::{CallId, ClientId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// A list takes no more at once.
pub const MOST: usize = 100_000;

/// Puts numbers (E.164) on a client's list; gives how many were on none before. They stay on the
/// list, and with the date, on which they first stood.
///
/// # Errors
/// [`StoreError::Refused`] for a list without a name, or too long a one.
pub async fn add(
    tx: &mut Tx,
    by: &Actor,
    (client, list): (&ClientId, &str),
    numbers: &[String],
    now: WallTime,
) -> Result<usize> {
    let list = list.trim();
    if list.is_empty() || list.chars().count() > 80 {
        return Err(StoreError::Refused(
            "Say which list it is: its name has 1 to 80 characters.".to_owned(),
        ));
    }
    if numbers.len() > MOST {
        return Err(StoreError::Refused(format!(
            "A list takes {MOST} numbers at once: send it in pieces."
        )));
    }
    let mut added = 0;
    for numbers in numbers.chunks(ROWS_AT_A_TIME) {
        let new = insert!(
            tx,
            (String,),
            "INSERT INTO suppressions (client_id, e164, list, added_at) ",
            numbers,
            |e164| [client, e164, list, now],
            " ON CONFLICT (client_id, e164) DO NOTHING RETURNING e164"
        )?;
        added += new.len();
    }
    let detail = json!({ "list": list, "numbers": numbers.len(), "added": added });
    let subject = format!("client:{client}");
    log::append(tx, by, "suppressions.added", subject, detail, now).await?;
    Ok(added)
}

/// Takes a list of a client away; gives how many numbers stood on it.
///
/// # Errors
/// When the database fails.
pub async fn remove(
    tx: &mut Tx,
    by: &Actor,
    (client, list): (&ClientId, &str),
    now: WallTime,
) -> Result<u64> {
    let gone = run!(
        tx,
        "DELETE FROM suppressions WHERE client_id = $1 AND list = $2",
        client,
        list
    )?;
    let detail = json!({ "list": list, "numbers": gone });
    let subject = format!("client:{client}");
    log::append(tx, by, "suppressions.removed", subject, detail, now).await?;
    Ok(gone)
}

/// A list of a client.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct List {
    pub client_id: ClientId,
    pub client: String,
    pub list: String,
    pub numbers: i64,
    pub newest: WallTime,
}

/// Lists of somebody's clients.
///
/// # Errors
/// When the database fails.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<Vec<List>> {
    Ok(all!(
        tx,
        List,
        "SELECT s.client_id, c.name AS client, s.list, COUNT(*) AS numbers, MAX(s.added_at) AS \
         newest FROM suppressions s JOIN clients c ON c.id = s.client_id JOIN person_clients pc ON \
         pc.client_id = s.client_id AND pc.person_id = $1 GROUP BY s.client_id, c.name, s.list \
         ORDER BY c.name, s.list",
        person
    )?)
}

/// A call to a number that was on a list by then.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Called {
    pub call_id: CallId,
    pub started_at: WallTime,
    /// In E.164.
    pub number: Pii<String>,
    pub list: String,
    pub added_at: WallTime,
    /// Whose line it was.
    pub person: Option<Pii<String>>,
    pub client_id: ClientId,
    pub client: String,
}

/// Calls that our side made to numbers on a list, at somebody's clients, the newest 200.
///
/// # Errors
/// When the database fails.
pub async fn called(tx: &mut Tx, person: &PersonId) -> Result<Vec<Called>> {
    Ok(all!(
        tx,
        Called,
        "SELECT k.id AS call_id, k.started_at, k.prospect_e164 AS number, s.list, s.added_at, \
         p.name AS person, c.id AS client_id, c.name AS client FROM suppressions s JOIN person_clients pc ON \
         pc.client_id = s.client_id AND pc.person_id = $1 JOIN calls k ON k.prospect_e164 = \
         s.e164 AND k.client_id = s.client_id AND k.started_at > s.added_at AND (k.direction IS \
         NULL OR k.direction <> 'inbound') JOIN clients c ON c.id = s.client_id LEFT JOIN people \
         p ON p.id = k.person_id ORDER BY k.started_at DESC, k.id DESC LIMIT 200",
        person
    )?)
}

/// Which of these numbers stand on a list, by client.
///
/// # Errors
/// When the database fails.
pub async fn listed(tx: &mut Tx, numbers: &[&str]) -> Result<Vec<(ClientId, String, String)>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    Ok(all_in!(
        tx,
        (ClientId, String, String),
        "SELECT client_id, e164, list FROM suppressions WHERE e164 IN (",
        numbers,
        ")"
    )?)
}
