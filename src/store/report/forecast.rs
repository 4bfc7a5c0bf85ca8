//! What the forecast of hand-overs is made of (PRODUCT P2).

use crate::report::aggregate::{BLOCK, days_of};
use crate::report::forecast::Contacts;
use crate::store::{Result, Tx, all, one};
use crate::units::{ClientId, Micros, WallTime, Zone};
use std::collections::BTreeMap;

/// A quarter of an hour: no zone is off by less.
const GRAIN_US: i64 = 900_000_000;
const DAY: Micros = Micros::from_secs(86_400);

/// First contacts of a client since a moment, by the day and by the day of the hand-over.
///
/// # Errors
/// When the database fails.
pub async fn contacts(
    tx: &mut Tx,
    client: &ClientId,
    since: WallTime,
    zone: &Zone,
) -> Result<Vec<Contacts>> {
    let sql = format!(
        "SELECT w.first_contact_at / {GRAIN_US} AS contacted, h.handed_at / {GRAIN_US} AS handed, \
         COUNT(*) AS leads FROM lead_work w LEFT JOIN handovers h ON h.lead_id = w.lead_id WHERE \
         w.client_id = $1 AND w.first_contact_at >= $2 GROUP BY w.first_contact_at / {GRAIN_US}, \
         h.handed_at / {GRAIN_US}"
    );
    let rows = all!(
        tx,
        (i64, Option<i64>, i64),
        sqlx::AssertSqlSafe(sql),
        client,
        since
    )?;
    let mut days: BTreeMap<(i64, Option<i64>), i64> = BTreeMap::new();
    let day = |grain: i64| zone.day_and_minute(WallTime(grain * GRAIN_US)).0;
    for (contacted, handed, leads) in rows {
        // Handed over before anybody of ours is seen to have talked to them: no time was taken.
        let first = day(contacted);
        let handed = handed.map(|h| day(h).max(first));
        *days.entry((first, handed)).or_default() += leads;
    }
    let contacts = days
        .into_iter()
        .map(|((day, handed), leads)| Contacts { day, handed, leads });
    Ok(contacts.collect())
}

/// How many people called for a client in each block of four weeks.
///
/// # Errors
/// When the database fails.
pub async fn callers(tx: &mut Tx, client: &ClientId) -> Result<BTreeMap<i64, i64>> {
    let first = days_of(0).0;
    let sql = format!(
        "SELECT (day - {first}) / {BLOCK} AS block, COUNT(DISTINCT person_id) FROM call_figures \
         WHERE client_id = $1 AND day >= {first} GROUP BY (day - {first}) / {BLOCK}"
    );
    let rows = all!(tx, (i64, i64), sqlx::AssertSqlSafe(sql), client)?;
    Ok(rows.into_iter().collect())
}

/// Of the leads that came in within half a year and more than thirty days ago: how many there are,
/// and how many were reached within thirty days.
///
/// # Errors
/// When the database fails.
pub async fn reached(tx: &mut Tx, client: &ClientId, now: WallTime) -> Result<(i64, i64)> {
    let row = one!(
        tx,
        (i64, i64),
        "SELECT COUNT(*), COUNT(CASE WHEN first_contact_at < received_at + $4 THEN 1 END) FROM \
         lead_work WHERE client_id = $1 AND received_at >= $2 AND received_at < $3",
        client,
        now - Micros(DAY.0 * 213),
        now - Micros(DAY.0 * 30),
        DAY.0 * 30
    )?;
    Ok(row.unwrap_or((0, 0)))
}
