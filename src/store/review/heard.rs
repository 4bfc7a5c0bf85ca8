//! What reviewers have heard, and the answers they have not given yet. An item is a claim or a
//! second review.

use crate::review::heard::{self, Heard, Implausible, Played};
use crate::store::{Result, Tx, all, log, one, run};
use crate::units::{CallId, ItemId, PersonId, WallTime};
use serde_json::json;

/// Serializes reports on PostgreSQL, so that two pages of one reviewer share one clock.
const LISTEN_LOCK: i64 = 0x4845_4152;

/// Takes in what a page says it played of an item's call. The inner error is not believed: it
/// changes nothing, and stands in the log.
///
/// # Errors
/// When the database fails.
pub async fn report(
    tx: &mut Tx,
    item: &ItemId,
    reviewer: &PersonId,
    call: &CallId,
    taken_at: WallTime,
    now: WallTime,
    played: &[Played],
) -> Result<std::result::Result<(), Implausible>> {
    tx.serialize(LISTEN_LOCK).await?;
    let used = one!(
        tx,
        (i64,),
        "SELECT used_until FROM listening WHERE reviewer_id = $1",
        reviewer
    )?
    .map(|r| WallTime(r.0));
    let until = match heard::allow(used, taken_at, now, played) {
        Ok(until) => until,
        Err(why) => {
            let detail = json!({ "why": format!("{why:?}") });
            let (by, subject) = (reviewer.into(), format!("item:{item}"));
            log::append(tx, &by, "review.implausible", subject, detail, now).await?;
            return Ok(Err(why));
        }
    };
    run!(
        tx,
        "INSERT INTO listening (reviewer_id, used_until) VALUES ($1, $2) ON CONFLICT \
         (reviewer_id) DO UPDATE SET used_until = excluded.used_until",
        reviewer,
        until
    )?;
    let known = one!(
        tx,
        (String,),
        "SELECT halves FROM heard WHERE item_id = $1 AND reviewer_id = $2 AND call_id = $3",
        item,
        reviewer,
        call
    )?;
    let mut heard = known.map(|r| Heard::parse(&r.0)).unwrap_or_default();
    played.iter().for_each(|p| heard.add(p));
    run!(
        tx,
        "INSERT INTO heard (item_id, reviewer_id, call_id, halves) VALUES ($1, $2, $3, $4) ON \
         CONFLICT (item_id, reviewer_id, call_id) DO UPDATE SET halves = excluded.halves",
        item,
        reviewer,
        call,
        heard.text()
    )?;
    Ok(Ok(()))
}

/// What a reviewer has heard of an item, by call.
pub async fn of_item(
    tx: &mut Tx,
    item: &ItemId,
    reviewer: &PersonId,
) -> Result<Vec<(CallId, Heard)>> {
    let rows = all!(
        tx,
        (CallId, String),
        "SELECT call_id, halves FROM heard WHERE item_id = $1 AND reviewer_id = $2 ORDER BY \
         call_id",
        item,
        reviewer
    )?;
    Ok(rows
        .into_iter()
        .map(|(call, halves)| (call, Heard::parse(&halves)))
        .collect())
}

/// Keeps what a reviewer has answered so far; the newest stands.
pub async fn keep_draft(
    tx: &mut Tx,
    item: &ItemId,
    reviewer: &PersonId,
    body: &str,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "INSERT INTO drafts (item_id, reviewer_id, body, saved_at) VALUES ($1, $2, $3, $4) ON \
         CONFLICT (item_id, reviewer_id) DO UPDATE SET body = excluded.body, saved_at = \
         excluded.saved_at",
        item,
        reviewer,
        body,
        now
    )?;
    Ok(())
}

/// The answers that a reviewer has not given yet, as the page left them.
pub async fn draft(tx: &mut Tx, item: &ItemId, reviewer: &PersonId) -> Result<Option<String>> {
    Ok(one!(
        tx,
        (String,),
        "SELECT body FROM drafts WHERE item_id = $1 AND reviewer_id = $2",
        item,
        reviewer
    )?
    .map(|r| r.0))
}
