//! A receiver's line: its messages, delivered strictly in order, one at a time.
//!
//! # Invariants
//! - The first message that waits is the only one that is tried: the next follows when it is
//!   delivered or dead.
//! - Who sends has the receiver's lease, and writes the outcome only while it is still theirs: two
//!   processes never send to one receiver at a time, and a crash holds a line up until its lease
//!   ends.
//! - No transaction is open while a message is on its way. What was sent and not marked is sent again
//!   under the same id.

use crate::store::webhook::PausedFor;
use crate::store::webhook::receivers::{self, tell};
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{MessageId, Micros, ReceiverId, WallTime};
use crate::webhook::schedule::{self, Next, WINDOW};
use crate::webhook::{Judged, Master, Secret, Subject};
use crate::words;
use serde_json::json;
use sqlx::FromRow;

/// How long a sender has a receiver to itself: several times what one attempt may take.
pub const LEASE: Micros = Micros::from_secs(60);
/// Rows of a page.
pub const PAGE: i64 = 50;

words! {
    /// How a message stands with a receiver.
    pub enum MessageState: "state of a message" {
        Waiting = "waiting",
        Delivered = "delivered",
        /// Given up after three days; it can be replayed.
        Dead = "dead",
    }
}

/// A message that its sender has the lease for.
#[derive(Debug, Clone)]
pub struct Taken {
    pub receiver: ReceiverId,
    pub url: String,
    pub message: MessageId,
    /// JSON, as it was put.
    pub body: String,
    /// The newest first.
    pub secrets: Vec<Secret>,
    /// Names this lease.
    lease: String,
    seq: i64,
    since: WallTime,
    failures: i64,
}

/// What an attempt came to.
#[derive(Debug, Clone)]
pub struct Tried {
    pub judged: Judged,
    /// The HTTP status; none: there was no answer.
    pub status: Option<u16>,
    /// In words; none: it was delivered.
    pub error: Option<String>,
}

const WAITS: &str = "d.delivered_at IS NULL AND d.dead_at IS NULL";

/// Receivers whose next message may be tried now.
///
/// # Errors
/// When the database fails.
pub async fn due(tx: &mut Tx, now: WallTime) -> Result<Vec<ReceiverId>> {
    let sql = format!(
        "SELECT r.id FROM receivers r WHERE r.removed_at IS NULL AND r.paused_at IS NULL AND \
         r.next_attempt_at <= $1 AND (r.lease_until IS NULL OR r.lease_until <= $1) AND EXISTS \
         (SELECT 1 FROM deliveries d WHERE d.receiver_id = r.id AND {WAITS}) ORDER BY r.failures, \
         r.id"
    );
    let rows = all!(tx, (ReceiverId,), sqlx::AssertSqlSafe(sql), now)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

#[derive(FromRow)]
struct Head {
    url: String,
    failures: i64,
    seq: i64,
    message_id: MessageId,
    body: String,
    since: WallTime,
}

/// Takes the first message that waits for a receiver, with the receiver's lease; none where nothing
/// is due, or somebody else has it.
///
/// # Errors
/// When the database fails; [`StoreError::Conflict`] when the key file is another one.
pub async fn take(
    tx: &mut Tx,
    id: &ReceiverId,
    master: &Master,
    now: WallTime,
) -> Result<Option<Taken>> {
    let lease: String = new_id();
    let rows = run!(
        tx,
        "UPDATE receivers SET lease = $2, lease_until = $3 WHERE id = $1 AND removed_at IS NULL \
         AND paused_at IS NULL AND next_attempt_at <= $4 AND (lease_until IS NULL OR lease_until \
         <= $4)",
        id,
        &lease,
        now + LEASE,
        now
    )?;
    if rows == 0 {
        return Ok(None);
    }
    let sql = format!(
        "SELECT r.url, r.failures, d.seq, d.message_id, d.since, m.body FROM receivers r JOIN \
         deliveries d ON d.receiver_id = r.id AND {WAITS} JOIN outbox m ON m.id = d.message_id \
         WHERE r.id = $1 ORDER BY d.seq LIMIT 1"
    );
    let Some(head) = one!(tx, Head, sqlx::AssertSqlSafe(sql), id)? else {
        // The caller drops the transaction, and the lease with it.
        return Ok(None);
    };
    Ok(Some(Taken {
        receiver: id.clone(),
        url: head.url,
        message: head.message_id,
        body: head.body,
        secrets: receivers::secrets(tx, id, master, now).await?,
        lease,
        seq: head.seq,
        since: head.since,
        failures: head.failures,
    }))
}

/// Writes down what an attempt came to, and gives the lease back.
///
/// # Errors
/// [`StoreError::Conflict`] when the lease has ended and is somebody else's: nothing is written,
/// and the message may be sent again.
pub async fn finish(
    tx: &mut Tx,
    taken: &Taken,
    tried: &Tried,
    chance: f64,
    now: WallTime,
) -> Result<()> {
    let failures = match tried.judged {
        Judged::Delivered => 0,
        _ => taken.failures.saturating_add(1),
    };
    let next = match tried.judged {
        Judged::Failed { asked } => {
            let nth = u32::try_from(failures).unwrap_or(u32::MAX);
            schedule::next(nth, taken.since, asked, chance, now)
        }
        _ => Next::Again(now),
    };
    let at = match next {
        Next::Again(at) => at,
        Next::GiveUp => now,
    };
    let worked = (tried.judged == Judged::Delivered).then_some(now);
    let rows = run!(
        tx,
        "UPDATE receivers SET lease = NULL, lease_until = NULL, failures = $3, next_attempt_at = \
         $4, worked_at = COALESCE($5, worked_at) WHERE id = $1 AND lease = $2",
        &taken.receiver,
        &taken.lease,
        failures,
        at,
        worked
    )?;
    changed_one(
        rows,
        "the lease has ended: another process sends to this receiver",
    )?;
    let rows = run!(
        tx,
        "UPDATE deliveries SET attempts = attempts + 1, last_at = $3, last_status = $4, last_error \
         = $5, delivered_at = $6 WHERE receiver_id = $1 AND seq = $2 AND delivered_at IS NULL",
        &taken.receiver,
        taken.seq,
        now,
        tried.status.map(i64::from),
        &tried.error,
        worked
    )?;
    changed_one(rows, "this message was delivered meanwhile")?;
    if next == Next::GiveUp {
        give_up(tx, taken, now).await?;
    }
    if tried.judged == Judged::Gone {
        pause_as_gone(tx, &taken.receiver, now).await?;
    }
    // A page need not be told of every message of a long line.
    if failures != taken.failures || !waits(tx, &taken.receiver).await? {
        tell(tx);
    }
    Ok(())
}

/// Whether anything waits for a receiver.
async fn waits(tx: &mut Tx, id: &ReceiverId) -> Result<bool> {
    let sql =
        format!("SELECT d.seq FROM deliveries d WHERE d.receiver_id = $1 AND {WAITS} LIMIT 1");
    Ok(one!(tx, (i64,), sqlx::AssertSqlSafe(sql), id)?.is_some())
}

/// The receiver has said so itself; somebody may have paused or removed it meanwhile.
async fn pause_as_gone(tx: &mut Tx, id: &ReceiverId, now: WallTime) -> Result<()> {
    let (by, why) = (&Actor::System, PausedFor::Gone);
    match receivers::pause(tx, by, id, why, now).await {
        Err(StoreError::Conflict(_)) => Ok(()),
        other => other,
    }
}

/// A message's time is over, and its receiver still fails: it is dead, and so is what came after it
/// and has waited as long.
async fn give_up(tx: &mut Tx, taken: &Taken, now: WallTime) -> Result<()> {
    let dead = run!(
        tx,
        "UPDATE deliveries SET dead_at = $3, last_error = COALESCE(last_error, 'it waited for \
         three days behind others') WHERE receiver_id = $1 AND since <= $2 AND delivered_at IS \
         NULL AND dead_at IS NULL",
        &taken.receiver,
        now - WINDOW,
        now
    )?;
    let subject = format!("receiver:{}", taken.receiver);
    let detail = json!({ "messages": dead, "first": taken.message });
    log::append(tx, &Actor::System, "message.dead", subject, detail, now).await?;
    tell(tx);
    Ok(())
}

/// Puts dead messages back into their receiver's line, in their order and before what waits there:
/// one, or all. Gives how many. They go out under the ids that they had.
///
/// # Errors
/// [`StoreError::Conflict`] when there is nothing to replay, or the receiver is paused or removed.
pub async fn replay(
    tx: &mut Tx,
    by: &Actor,
    (receiver, message): (&ReceiverId, Option<&MessageId>),
    now: WallTime,
) -> Result<u64> {
    let rows = run!(
        tx,
        "UPDATE receivers SET failures = 0, next_attempt_at = $2 WHERE id = $1 AND removed_at IS \
         NULL AND paused_at IS NULL",
        receiver,
        now
    )?;
    changed_one(rows, "the receiver is paused or removed: resume it first")?;
    let replayed = run!(
        tx,
        "UPDATE deliveries SET dead_at = NULL, since = $3, replays = replays + 1 WHERE \
         receiver_id = $1 AND dead_at IS NOT NULL AND ($2 = '' OR message_id = $2)",
        receiver,
        message.map_or("", |m| m.as_str()),
        now
    )?;
    if replayed == 0 {
        return Err(StoreError::Conflict(
            "there is no dead message to replay: it waits, or was delivered meanwhile",
        ));
    }
    let subject = format!("receiver:{receiver}");
    let detail = json!({ "messages": replayed, "message": message });
    log::append(tx, by, "message.replayed", subject, detail, now).await?;
    tell(tx);
    Ok(replayed)
}

/// A message as a page lists it.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Listed {
    pub receiver_id: ReceiverId,
    /// The order in which they were put.
    pub seq: i64,
    pub message_id: MessageId,
    pub topic: Subject,
    pub created_at: WallTime,
    pub attempts: i64,
    /// When it was last tried; null: not yet.
    pub last_at: Option<WallTime>,
    /// What HTTP answered then; null: nothing did.
    pub last_status: Option<i64>,
    /// Why that failed, or why it was given up, in words; null: delivered, or not tried yet.
    pub last_error: Option<String>,
    pub replays: i64,
    /// Null: not delivered.
    pub delivered_at: Option<WallTime>,
    /// When it was given up; null: it was not, or is replayed.
    pub dead_at: Option<WallTime>,
}

impl Listed {
    /// Where it stands, by when it was delivered or given up.
    #[must_use]
    pub fn state(&self) -> MessageState {
        match (self.delivered_at, self.dead_at) {
            (Some(_), _) => MessageState::Delivered,
            (_, Some(_)) => MessageState::Dead,
            _ => MessageState::Waiting,
        }
    }
}

/// What a page lists.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub receiver: &'a ReceiverId,
    /// None: all.
    pub state: Option<MessageState>,
    /// Only those that were put before this one.
    pub before: Option<i64>,
}

/// A receiver's messages, newest first, at most [`PAGE`].
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, wanted: &Wanted<'_>) -> Result<Vec<Listed>> {
    let state = match wanted.state {
        None => "1 = 1",
        Some(MessageState::Waiting) => WAITS,
        Some(MessageState::Delivered) => "d.delivered_at IS NOT NULL",
        Some(MessageState::Dead) => "d.dead_at IS NOT NULL",
    };
    let sql = format!(
        "SELECT d.receiver_id, d.seq, d.message_id, m.topic, m.created_at, d.attempts, d.last_at, \
         d.last_status, d.last_error, d.replays, d.delivered_at, d.dead_at FROM deliveries d JOIN \
         outbox m ON m.id = d.message_id WHERE d.receiver_id = $1 AND d.seq < $2 AND {state} ORDER \
         BY d.seq DESC LIMIT $3"
    );
    Ok(all!(
        tx,
        Listed,
        sqlx::AssertSqlSafe(sql),
        wanted.receiver,
        wanted.before.unwrap_or(i64::MAX),
        PAGE
    )?)
}

/// How a receiver's line stands.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Standing {
    pub receiver_id: ReceiverId,
    /// Messages that are still to be delivered.
    pub waiting: i64,
    /// Messages that were given up.
    pub dead: i64,
    /// Attempts in a row that failed.
    pub failures: i64,
    /// When the first that waits began to.
    pub oldest: Option<WallTime>,
    /// What the last attempt of the first that waits came to.
    pub last_error: Option<String>,
}

/// How the line of every receiver stands.
///
/// # Errors
/// When the database fails.
pub async fn standing(tx: &mut Tx) -> Result<Vec<Standing>> {
    let sql = format!(
        "SELECT r.id AS receiver_id, r.failures, (SELECT COUNT(*) FROM deliveries d WHERE \
         d.receiver_id = r.id AND {WAITS}) AS waiting, (SELECT COUNT(*) FROM deliveries d WHERE \
         d.receiver_id = r.id AND d.dead_at IS NOT NULL) AS dead, (SELECT d.since FROM deliveries \
         d WHERE d.receiver_id = r.id AND {WAITS} ORDER BY d.seq LIMIT 1) AS oldest, (SELECT \
         d.last_error FROM deliveries d WHERE d.receiver_id = r.id AND {WAITS} ORDER BY d.seq \
         LIMIT 1) AS last_error FROM receivers r WHERE r.removed_at IS NULL ORDER BY r.id"
    );
    Ok(all!(tx, Standing, sqlx::AssertSqlSafe(sql))?)
}
