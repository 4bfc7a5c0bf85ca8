//! The promise that nobody is singled out: who made it, who lifts it, and what is told meanwhile
//! (PRODUCT P1; the rule is in [`crate::report::aggregate`]).

use crate::identity::Role;
use crate::pii::Pii;
use crate::report::aggregate::{FEWEST_PEOPLE, block_of, days_of, last_to_count};
use crate::report::slots::{Counts, Dialled, Grid};
use crate::report::talk::FEWEST_REPLIES;
use crate::store::events::{Event, Topic};
use crate::store::{
    Actor, Result, StoreError, Tx, all, changed_one, insert, log, new_id, one, people, run,
};
use crate::units::{ClientId, PersonId, WallTime, Zone};
use serde_json::json;
use sqlx::FromRow;
use std::collections::BTreeSet;

/// A promise for a client's people, in force or lifted.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Promise {
    pub id: String,
    pub client_id: ClientId,
    pub since: WallTime,
    pub put_by: Pii<String>,
    /// Who wants it lifted, and since when; null: nobody.
    pub lift_asked_by: Option<Pii<String>>,
    /// Null with the name.
    pub lift_asked_at: Option<WallTime>,
    /// The second manager, who agreed; null: in force.
    pub lifted_by: Option<Pii<String>>,
    /// Null: in force.
    pub lifted_at: Option<WallTime>,
}

const PROMISE: &str = "SELECT m.id, m.client_id, m.since, h.name AS put_by, a.name AS \
    lift_asked_by, m.lift_asked_at, b.name AS lifted_by, m.lifted_at FROM aggregate_modes m JOIN \
    people h ON h.id = m.put_by LEFT JOIN people a ON a.id = m.lift_asked_by LEFT JOIN people b ON \
    b.id = m.lifted_by";

/// A client's promises, newest first.
///
/// # Errors
/// When the database fails.
pub async fn promises(tx: &mut Tx, client: &ClientId) -> Result<Vec<Promise>> {
    let sql = format!("{PROMISE} WHERE m.client_id = $1 ORDER BY m.since DESC, m.id DESC");
    Ok(all!(tx, Promise, sqlx::AssertSqlSafe(sql), client)?)
}

/// The promise that is in force for a client.
///
/// # Errors
/// When the database fails.
pub async fn in_force(tx: &mut Tx, client: &ClientId) -> Result<Option<Promise>> {
    let sql = format!("{PROMISE} WHERE m.client_id = $1 AND m.lifted_at IS NULL");
    Ok(one!(tx, Promise, sqlx::AssertSqlSafe(sql), client)?)
}

/// The clients for whom it is promised.
///
/// # Errors
/// When the database fails.
pub async fn promised(tx: &mut Tx) -> Result<BTreeSet<ClientId>> {
    let rows = all!(
        tx,
        (ClientId,),
        "SELECT client_id FROM aggregate_modes WHERE lifted_at IS NULL"
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Promises that nobody of a client is singled out. All blocks that are over are counted at once.
///
/// # Errors
/// [`StoreError::Conflict`] when it is promised already; [`StoreError::Refused`] for who is no
/// manager of this client.
pub async fn promise(tx: &mut Tx, by: &PersonId, client: &ClientId, now: WallTime) -> Result<()> {
    is_manager_of(tx, by, client, PROMISES).await?;
    let id: String = new_id();
    let rows = run!(
        tx,
        "INSERT INTO aggregate_modes (id, client_id, since, put_by) VALUES ($1, $2, $3, $4) ON \
         CONFLICT DO NOTHING",
        &id,
        client,
        now,
        by
    )?;
    changed_one(rows, "it is promised already")?;
    note(tx, by, client, "report.aggregate_only", now).await
}

/// Asks for the promise to be lifted. It holds until a second manager says so too.
///
/// # Errors
/// As for [`promise`]; [`StoreError::Conflict`] when nothing is promised, or somebody asked before.
pub async fn ask_to_lift(
    tx: &mut Tx,
    by: &PersonId,
    client: &ClientId,
    now: WallTime,
) -> Result<()> {
    is_manager_of(tx, by, client, PROMISES).await?;
    let rows = run!(
        tx,
        "UPDATE aggregate_modes SET lift_asked_by = $2, lift_asked_at = $3 WHERE client_id = $1 \
         AND lifted_at IS NULL AND lift_asked_by IS NULL",
        client,
        by,
        now
    )?;
    changed_one(
        rows,
        "nothing is promised here, or somebody has asked for it already",
    )?;
    note(tx, by, client, "report.lift_asked", now).await
}

/// A second manager agrees, and the promise is lifted; or anybody who may ask takes the wish back.
///
/// # Errors
/// As for [`promise`]; [`StoreError::Conflict`] when nobody asked, or for who asked themselves.
pub async fn lift(tx: &mut Tx, by: &PersonId, client: &ClientId, now: WallTime) -> Result<()> {
    is_manager_of(tx, by, client, PROMISES).await?;
    let rows = run!(
        tx,
        "UPDATE aggregate_modes SET lifted_by = $2, lifted_at = $3 WHERE client_id = $1 AND \
         lifted_at IS NULL AND lift_asked_by IS NOT NULL AND lift_asked_by <> $2",
        client,
        by,
        now
    )?;
    changed_one(
        rows,
        "it takes two people: one manager asks for it, and another agrees",
    )?;
    note(tx, by, client, "report.by_person_again", now).await
}

/// Takes back the wish to lift it.
///
/// # Errors
/// As for [`promise`]; [`StoreError::Conflict`] when nobody asked.
pub async fn keep(tx: &mut Tx, by: &PersonId, client: &ClientId, now: WallTime) -> Result<()> {
    is_manager_of(tx, by, client, PROMISES).await?;
    let rows = run!(
        tx,
        "UPDATE aggregate_modes SET lift_asked_by = NULL, lift_asked_at = NULL WHERE client_id = \
         $1 AND lifted_at IS NULL AND lift_asked_by IS NOT NULL",
        client
    )?;
    changed_one(rows, "nobody has asked for it to be lifted")?;
    note(tx, by, client, "report.lift_withdrawn", now).await
}

async fn note(
    tx: &mut Tx,
    by: &PersonId,
    client: &ClientId,
    what: &str,
    now: WallTime,
) -> Result<()> {
    for role in [Role::Telemarketer, Role::Manager] {
        tx.tell(Event::to_role(Topic::Calls, role));
    }
    let subject = format!("client:{client}");
    log::append(tx, &Actor::from(by), what, subject, json!({}), now).await
}

const PROMISES: &str = "only a manager of this client can promise that, or lift it";

/// Refuses with `why` who is no manager of a client, or may not sign in.
pub(in crate::store) async fn is_manager_of(
    tx: &mut Tx,
    by: &PersonId,
    client: &ClientId,
    why: &str,
) -> Result<()> {
    let person = people::by_id(tx, by).await?;
    let is_manager = person.is_some_and(|p| p.role == Role::Manager && p.disabled_at.is_none());
    let clients = people::clients_of(tx, by).await?;
    if is_manager && clients.contains(client) {
        return Ok(());
    }
    Err(StoreError::Refused(why.to_owned()))
}

/// Counts the blocks that are over of every client with a promise, once each: what is told of them
/// never changes. Call it when no call waits to be counted. Gives how many blocks were counted.
///
/// # Errors
/// When the database fails.
pub async fn count_blocks(
    tx: &mut Tx,
    zone: &Zone,
    connect_ms: i64,
    now: WallTime,
) -> Result<usize> {
    let last = last_to_count(zone.day_and_minute(now).0);
    let clients = all!(
        tx,
        (ClientId, Option<i64>, Option<i64>),
        "SELECT m.client_id, (SELECT MIN(f.day) FROM call_figures f WHERE f.client_id = \
         m.client_id) AS first, (SELECT MAX(b.block) FROM slot_blocks b WHERE b.client_id = \
         m.client_id) AS counted FROM aggregate_modes m WHERE m.lifted_at IS NULL"
    )?;
    let mut made = 0;
    for (client, first, counted) in clients {
        let Some(first) = first else { continue };
        let next = counted.map_or(block_of(first), |block| block + 1);
        for block in next..=last {
            count_block(tx, &client, block, connect_ms, now).await?;
            made += 1;
        }
    }
    Ok(made)
}

#[derive(FromRow)]
struct Piece {
    weekday: i64,
    ten: i64,
    people: i64,
    calls: i64,
    connects: i64,
    meetings: i64,
}

async fn count_block(
    tx: &mut Tx,
    client: &ClientId,
    block: i64,
    connect_ms: i64,
    now: WallTime,
) -> Result<()> {
    let (from, to) = days_of(block);
    run!(
        tx,
        "INSERT INTO slot_blocks (client_id, block, made_at) VALUES ($1, $2, $3)",
        client,
        block,
        now
    )?;
    // A slot begins ten minutes past, and its day with it: what is dialled before is of the last
    // one of the evening before.
    let pieces = all!(
        tx,
        Piece,
        "SELECT (p.at / 1440 + 3) % 7 AS weekday, p.at % 1440 / 20 AS ten, COUNT(DISTINCT \
         p.person_id) AS people, COUNT(*) AS calls, COUNT(CASE WHEN p.answered = 1 AND p.nobody = \
         0 AND p.speech_ms >= $4 AND p.replies >= $5 THEN 1 END) AS connects, COUNT(CASE WHEN \
         p.meeting = 1 THEN 1 END) AS meetings FROM (SELECT f.day * 1440 + f.minute - 10 AS at, \
         f.person_id, f.answered, f.nobody, f.speech_ms, f.replies, f.meeting FROM call_figures f \
         WHERE f.client_id = $1 AND f.day >= $2 AND f.day < $3) p GROUP BY (p.at / 1440 + 3) % 7, \
         p.at % 1440 / 20 HAVING COUNT(DISTINCT p.person_id) >= $6 ORDER BY 1, 2",
        client,
        from,
        to,
        connect_ms,
        FEWEST_REPLIES,
        FEWEST_PEOPLE
    )?;
    if pieces.is_empty() {
        return Ok(());
    }
    insert!(
        tx,
        (i64,),
        "INSERT INTO slot_counts (client_id, block, weekday, start, people, calls, connects, \
         meetings) ",
        &pieces,
        |p| [
            client,
            block,
            p.weekday,
            p.ten * 20 + 10,
            p.people,
            p.calls,
            p.connects,
            p.meetings,
        ],
        " RETURNING start"
    )?;
    Ok(())
}

/// Blocks that were counted for a client, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn blocks(tx: &mut Tx, client: &ClientId) -> Result<Vec<i64>> {
    let rows = all!(
        tx,
        (i64,),
        "SELECT block FROM slot_blocks WHERE client_id = $1 ORDER BY block",
        client
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// What is told of a client's blocks, from the first to the last: sums of pieces, each of five
/// people or more.
///
/// # Errors
/// When the database fails.
pub async fn told(
    tx: &mut Tx,
    client: &ClientId,
    (first, last): (i64, i64),
) -> Result<Vec<Dialled>> {
    let rows = all!(
        tx,
        (i64, i64, i64, i64, i64),
        "SELECT weekday, start, CAST(SUM(calls) AS BIGINT), CAST(SUM(connects) AS BIGINT), \
         CAST(SUM(meetings) AS BIGINT) FROM slot_counts WHERE client_id = $1 AND block >= $2 AND \
         block <= $3 GROUP BY weekday, start ORDER BY weekday, start",
        client,
        first,
        last
    )?;
    let grid = Grid::default();
    let dialled = rows
        .into_iter()
        .map(|(weekday, start, calls, connects, meetings)| Dialled {
            weekday,
            minute: grid.start_of(start),
            counts: Counts {
                calls,
                connects,
                meetings,
            },
        });
    Ok(dialled.collect())
}
