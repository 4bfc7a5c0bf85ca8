//! What the report of our numbers is made of: calls in the order in which they were dialled.

use crate::report::numbers::{Dials, Gathered};
use crate::store::report::days;
use crate::store::{Result, Tx};
use crate::units::ClientId;

/// A client's calls from the first day on, before the second, by the number shown, campaign and
/// five minutes; a connect has so much of the other side's speech.
///
/// # Errors
/// When the database fails.
pub async fn dials(
    tx: &mut Tx,
    client: &ClientId,
    days: (i64, i64),
    connect_ms: i64,
) -> Result<Vec<Dials>> {
    let mut gathered = Gathered::default();
    days::each(tx, client, days, |day| gathered.add(day, connect_ms)).await?;
    Ok(gathered.done())
}
