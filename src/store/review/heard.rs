//! What reviewers have heard, and the answers they have not given yet. An item is a claim or a
//! second review.

use crate::review::heard::{self, Heard, Played};
use crate::store::{Result, StoreError, Tx, all, changed_one, log, one, run};
use crate::units::{CallId, ItemId, PersonId, Spans, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// A report of what a page played of an item's call.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    pub item: &'a ItemId,
    pub reviewer: &'a PersonId,
    pub call: &'a CallId,
    /// When the item was taken.
    pub taken_at: WallTime,
    pub played: &'a [Played],
}

/// Takes in what a page says it played, as far as it is believed; more than an honest page can have
/// played stands in the log. Gives what is credited of the call now.
///
/// # Errors
/// [`StoreError::Refused`] when the report cannot have come from a player.
pub async fn report(tx: &mut Tx, r: &Report<'_>, now: WallTime) -> Result<Heard> {
    let used = one!(
        tx,
        (i64,),
        "SELECT used_until FROM listening WHERE reviewer_id = $1",
        r.reviewer
    )?
    .map(|row| WallTime(row.0));
    let served = served(tx, r.reviewer, r.call).await?;
    let credit = heard::credit(used, r.taken_at, now, &served, r.played)
        .map_err(|why| StoreError::Refused(format!("This was not counted as heard: {why}")))?;
    if credit.is_implausible() {
        let detail = json!({ "call": r.call, "too_much_ms": credit.too_much_ms });
        let (by, subject) = (r.reviewer.into(), format!("item:{}", r.item));
        log::append(tx, &by, "review.implausible", subject, detail, now).await?;
    }
    run!(
        tx,
        "INSERT INTO listening (reviewer_id, used_until) VALUES ($1, $2) ON CONFLICT \
         (reviewer_id) DO UPDATE SET used_until = excluded.used_until",
        r.reviewer,
        credit.used_until
    )?;
    let known = one!(
        tx,
        (String,),
        "SELECT ranges FROM heard WHERE item_id = $1 AND reviewer_id = $2 AND call_id = $3",
        r.item,
        r.reviewer,
        r.call
    )?;
    let mut heard = known.map(|row| Heard::parse(&row.0)).unwrap_or_default();
    credit.believed.iter().for_each(|p| heard.add(p));
    run!(
        tx,
        "INSERT INTO heard (item_id, reviewer_id, call_id, ranges) VALUES ($1, $2, $3, $4) ON \
         CONFLICT (item_id, reviewer_id, call_id) DO UPDATE SET ranges = excluded.ranges",
        r.item,
        r.reviewer,
        r.call,
        heard.text()
    )?;
    Ok(heard)
}

/// What the box has served of a call's sound to somebody, in milliseconds from its start.
///
/// # Errors
/// When the database fails.
pub async fn served(tx: &mut Tx, person: &PersonId, call: &CallId) -> Result<Spans> {
    let known = one!(
        tx,
        (String,),
        "SELECT ranges FROM served WHERE person_id = $1 AND call_id = $2",
        person,
        call
    )?;
    Ok(known.map(|row| Spans::parse(&row.0)).unwrap_or_default())
}

/// The box serves somebody these milliseconds of a call's sound.
///
/// # Errors
/// When the database fails.
pub async fn serve(
    tx: &mut Tx,
    person: &PersonId,
    call: &CallId,
    ms: &Spans,
    now: WallTime,
) -> Result<()> {
    let all = served(tx, person, call).await?.union(ms);
    run!(
        tx,
        "INSERT INTO served (person_id, call_id, ranges, at) VALUES ($1, $2, $3, $4) ON CONFLICT \
         (person_id, call_id) DO UPDATE SET ranges = excluded.ranges, at = excluded.at",
        person,
        call,
        all.text(),
        now
    )?;
    Ok(())
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
        "SELECT call_id, ranges FROM heard WHERE item_id = $1 AND reviewer_id = $2 ORDER BY \
         call_id",
        item,
        reviewer
    )?;
    Ok(rows
        .into_iter()
        .map(|(call, ranges)| (call, Heard::parse(&ranges)))
        .collect())
}

/// A draft of somebody's answers.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Draft {
    /// JSON, as the page left it.
    pub body: String,
    /// Counts the times that it was saved, from 1.
    pub revision: i64,
}

/// Keeps what a reviewer has answered so far, over the `known` revision (0: none yet); gives the
/// next. Another page that saved meanwhile is not written over (PRODUCT R14).
///
/// # Errors
/// [`StoreError::Conflict`] when another page was first.
pub async fn keep_draft(
    tx: &mut Tx,
    item: &ItemId,
    reviewer: &PersonId,
    body: &str,
    known: i64,
    now: WallTime,
) -> Result<i64> {
    let rows = if known == 0 {
        run!(
            tx,
            "INSERT INTO drafts (item_id, reviewer_id, body, saved_at, revision) VALUES ($1, $2, \
             $3, $4, 1) ON CONFLICT (item_id, reviewer_id) DO NOTHING",
            item,
            reviewer,
            body,
            now
        )?
    } else {
        run!(
            tx,
            "UPDATE drafts SET body = $3, saved_at = $4, revision = revision + 1 WHERE item_id = \
             $1 AND reviewer_id = $2 AND revision = $5",
            item,
            reviewer,
            body,
            now,
            known
        )?
    };
    changed_one(rows, "open in another tab; its answers are newer")?;
    Ok(known + 1)
}

/// The answers that a reviewer has not given yet.
///
/// # Errors
/// When the database fails.
pub async fn draft(tx: &mut Tx, item: &ItemId, reviewer: &PersonId) -> Result<Option<Draft>> {
    Ok(one!(
        tx,
        Draft,
        "SELECT body, revision FROM drafts WHERE item_id = $1 AND reviewer_id = $2",
        item,
        reviewer
    )?)
}
