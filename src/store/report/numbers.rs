//! What the report of our numbers is made of: calls in the order in which they were dialled.

use crate::pii::Pii;
use crate::report::numbers::Dials;
use crate::report::slots::GRAIN;
use crate::report::talk::FEWEST_REPLIES;
use crate::store::{Result, Tx, all};
use crate::units::ClientId;
use sqlx::FromRow;

#[derive(FromRow)]
struct Five {
    shown: Pii<String>,
    campaign: String,
    day: i64,
    five: i64,
    calls: i64,
    connects: i64,
}

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
    let sql = format!(
        "SELECT f.shown, COALESCE(f.campaign_id, '') AS campaign, f.day, f.minute / {GRAIN} AS \
         five, COUNT(*) AS calls, COUNT(CASE WHEN f.answered = 1 AND f.nobody = 0 AND f.speech_ms \
         >= $4 AND f.replies >= $5 THEN 1 END) AS connects FROM call_figures f WHERE f.client_id = \
         $1 AND f.day >= $2 AND f.day < $3 GROUP BY f.day, f.minute / {GRAIN}, f.shown, \
         COALESCE(f.campaign_id, '') ORDER BY f.day, f.minute / {GRAIN}, f.shown, \
         COALESCE(f.campaign_id, '')"
    );
    let rows = all!(
        tx,
        Five,
        sqlx::AssertSqlSafe(sql),
        client,
        days.0,
        days.1,
        connect_ms,
        FEWEST_REPLIES
    )?;
    let dials = rows.into_iter().map(|r| Dials {
        shown: r.shown.into_inner(),
        campaign: r.campaign,
        day: r.day,
        minute: r.five * GRAIN,
        calls: r.calls,
        connects: r.connects,
    });
    Ok(dials.collect())
}
