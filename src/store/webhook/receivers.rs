//! Receivers: who is sent what, and the generations of their secrets. The secrets themselves are
//! not here (see `webhook::sign`); a fingerprint tells whether the key file is still the same.
//!
//! Every verb that changes a receiver waits its turn in the chain first: acts that put messages
//! hold the chain too, and neither may wait for the other.

use crate::identity::Role;
use crate::store::events::{Event, Topic};
use crate::store::outbox;
use crate::store::webhook::PausedFor;
use crate::store::{Actor, Flag, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{ClientId, ReceiverId, WallTime};
use crate::webhook::schedule::OVERLAP;
use crate::webhook::{Master, Secret, Subject};
use serde_json::json;
use sqlx::FromRow;

/// More are refused: each may have an attempt under way at the same time.
pub const MOST: usize = 64;

/// So many secrets of a receiver sign side by side: each is a part of a header.
pub const MOST_SECRETS: usize = 4;

/// A receiver as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Receiver {
    pub id: ReceiverId,
    pub name: String,
    pub url: String,
    /// Topics that come later, too.
    #[sqlx(try_from = "Flag")]
    pub all_topics: bool,
    /// Only messages of this client; null: of all, and of the house.
    pub client_id: Option<ClientId>,
    pub created_at: WallTime,
    /// Since when nothing is sent; null: it is sent to.
    pub paused_at: Option<WallTime>,
    /// Null with it.
    pub paused_for: Option<PausedFor>,
    /// Attempts in a row that failed.
    pub failures: i64,
    /// When the next message may be tried.
    pub next_attempt_at: WallTime,
    /// When one was last delivered.
    pub worked_at: Option<WallTime>,
}

const RECEIVER: &str = "SELECT r.id, r.name, r.url, r.all_topics, r.client_id, r.created_at, \
    r.paused_at, r.paused_for, r.failures, r.next_attempt_at, r.worked_at FROM receivers r WHERE \
    r.removed_at IS NULL";

/// What a receiver is set up with.
#[derive(Debug, Clone)]
pub struct NewReceiver<'a> {
    /// 1 to 80 characters, unlike any other's.
    pub name: &'a str,
    /// As [`Target::parse`](crate::webhook::Target::parse) takes it.
    pub url: &'a str,
    /// None: all.
    pub topics: Option<&'a [Subject]>,
    /// Only messages of this client.
    pub client: Option<&'a ClientId>,
}

/// A generation of a receiver's secret.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Generation {
    pub generation: i64,
    pub fingerprint: String,
    pub from_at: WallTime,
    /// It signs until then; null: until it is rotated.
    pub until_at: Option<WallTime>,
}

fn subject(id: &ReceiverId) -> String {
    format!("receiver:{id}")
}

pub(in crate::store) fn tell(tx: &mut Tx) {
    tx.tell(Event::to_role(Topic::Messages, Role::Admin));
    tx.tell(Event::to_role(Topic::Messages, Role::Manager));
}

/// Sets a receiver up with its first secret.
///
/// # Errors
/// [`StoreError::Refused`] for a name that is none or taken, no topics, or too many receivers.
pub async fn add(
    tx: &mut Tx,
    by: &Actor,
    new: &NewReceiver<'_>,
    master: &Master,
    now: WallTime,
) -> Result<(ReceiverId, Secret)> {
    check(tx, new, None).await?;
    if all(tx).await?.len() >= MOST {
        return Err(StoreError::Refused(format!(
            "There are {MOST} receivers: remove one first"
        )));
    }
    let id: ReceiverId = new_id();
    run!(
        tx,
        "INSERT INTO receivers (id, name, url, all_topics, client_id, made_by, created_at, \
         next_attempt_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        &id,
        new.name,
        new.url,
        i64::from(new.topics.is_none()),
        new.client,
        by.as_str(),
        now
    )?;
    set_topics(tx, &id, new.topics).await?;
    let secret = next_generation(tx, &id, master, now).await?;
    let mut detail = said(&id, new);
    detail["client"] = json!(new.client);
    log::append(tx, by, "receiver.added", subject(&id), detail, now).await?;
    tell(tx);
    Ok((id, secret))
}

/// What the log says of a receiver; of its URL the host alone, since the rest may hold a secret.
fn said(id: &ReceiverId, new: &NewReceiver<'_>) -> serde_json::Value {
    json!({
        "name": new.name,
        "host": host_of(new.url),
        "topics": new.topics,
        "url_sha256": log::digest_of(&subject(id), new.url),
    })
}

/// Scheme, host and port of a URL.
#[must_use]
pub fn host_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..]
        .find(['/', '?'])
        .map_or(url.len(), |at| host + at);
    &url[..end]
}

/// Changes name, URL and topics; whose messages it is sent stays.
///
/// # Errors
/// As [`add`]; [`StoreError::Conflict`] when it was removed.
pub async fn change(
    tx: &mut Tx,
    by: &Actor,
    id: &ReceiverId,
    new: &NewReceiver<'_>,
    now: WallTime,
) -> Result<()> {
    check(tx, new, Some(id)).await?;
    let rows = run!(
        tx,
        "UPDATE receivers SET name = $2, url = $3, all_topics = $4, failures = 0, next_attempt_at \
         = $5 WHERE id = $1 AND removed_at IS NULL",
        id,
        new.name,
        new.url,
        i64::from(new.topics.is_none()),
        now
    )?;
    changed_one(rows, REMOVED)?;
    run!(tx, "DELETE FROM receiver_topics WHERE receiver_id = $1", id)?;
    set_topics(tx, id, new.topics).await?;
    log::append(tx, by, "receiver.changed", subject(id), said(id, new), now).await?;
    tell(tx);
    Ok(())
}

const REMOVED: &str = "this receiver was removed; reload the page";

async fn check(tx: &mut Tx, new: &NewReceiver<'_>, but: Option<&ReceiverId>) -> Result<()> {
    let refused = |why: &str| Err(StoreError::Refused(why.to_owned()));
    let length = new.name.chars().count();
    let one_line = new.name.trim() == new.name && !new.name.chars().any(char::is_control);
    if !one_line || !(1..=80).contains(&length) {
        return refused(
            "A receiver's name is one line of 1 to 80 characters, with no space at its ends: give \
             it one",
        );
    }
    if new.topics.is_some_and(<[Subject]>::is_empty) {
        return refused("A receiver without a topic is never sent anything: choose one, or all");
    }
    let taken = all(tx).await?;
    if taken
        .iter()
        .any(|r| r.name == new.name && Some(&r.id) != but)
    {
        return refused("Another receiver has this name: choose another");
    }
    Ok(())
}

async fn set_topics(tx: &mut Tx, id: &ReceiverId, topics: Option<&[Subject]>) -> Result<()> {
    for topic in topics.unwrap_or_default() {
        run!(
            tx,
            "INSERT INTO receiver_topics (receiver_id, topic) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            id,
            *topic
        )?;
    }
    Ok(())
}

async fn next_generation(
    tx: &mut Tx,
    id: &ReceiverId,
    master: &Master,
    now: WallTime,
) -> Result<Secret> {
    let last = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(generation), 0) FROM receiver_secrets WHERE receiver_id = $1",
        id
    )?;
    let generation = last.map_or(1, |row| row.0 + 1);
    let secret = master.secret(id, generation);
    run!(
        tx,
        "INSERT INTO receiver_secrets (receiver_id, generation, fingerprint, from_at) VALUES ($1, \
         $2, $3, $4)",
        id,
        generation,
        secret.fingerprint(),
        now
    )?;
    Ok(secret)
}

/// Makes the next secret. The one before signs beside it for another day; or, where it is known to
/// others, no more.
///
/// # Errors
/// [`StoreError::Conflict`] when the receiver was removed, or [`MOST_SECRETS`] sign already.
pub async fn rotate(
    tx: &mut Tx,
    by: &Actor,
    id: &ReceiverId,
    (master, at_once): (&Master, bool),
    now: WallTime,
) -> Result<Secret> {
    existing(tx, id).await?;
    if !at_once && generations(tx, id, now).await?.len() >= MOST_SECRETS {
        return Err(StoreError::Conflict(
            "its secret was rotated several times today, and each earlier one still signs: wait \
             a day, or end them now",
        ));
    }
    let until = if at_once { now } else { now + OVERLAP };
    run!(
        tx,
        "UPDATE receiver_secrets SET until_at = CASE WHEN from_at > $2 THEN from_at ELSE $2 END \
         WHERE receiver_id = $1 AND (until_at IS NULL OR until_at > $2)",
        id,
        until
    )?;
    let secret = next_generation(tx, id, master, now).await?;
    let detail = json!({ "at_once": at_once });
    log::append(tx, by, "receiver.secret_rotated", subject(id), detail, now).await?;
    tell(tx);
    Ok(secret)
}

/// Somebody looks at a receiver's newest secret.
///
/// # Errors
/// [`StoreError::Conflict`] when the receiver was removed, or the key file is another one.
pub async fn show_secret(
    tx: &mut Tx,
    by: &Actor,
    id: &ReceiverId,
    master: &Master,
    now: WallTime,
) -> Result<Secret> {
    existing(tx, id).await?;
    let secrets = secrets(tx, id, master, now).await?;
    let newest = secrets.into_iter().next().ok_or(OTHER_KEY)?;
    let action = "receiver.secret_shown";
    log::append(tx, by, action, subject(id), json!({}), now).await?;
    Ok(newest)
}

const OTHER_KEY: StoreError = StoreError::Conflict(
    "the key file webhooks.key is not the one that this secret was made with: put that back, or \
     rotate the secret",
);

/// The secrets that sign now, the newest first.
///
/// # Errors
/// [`StoreError::Conflict`] when the key file is another one than they were made with.
pub async fn secrets(
    tx: &mut Tx,
    id: &ReceiverId,
    master: &Master,
    now: WallTime,
) -> Result<Vec<Secret>> {
    let mut found = Vec::new();
    for generation in generations(tx, id, now).await? {
        let secret = master.secret(id, generation.generation);
        if secret.fingerprint() != generation.fingerprint {
            return Err(OTHER_KEY);
        }
        found.push(secret);
    }
    Ok(found)
}

/// The generations that sign at a moment, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn generations(tx: &mut Tx, id: &ReceiverId, at: WallTime) -> Result<Vec<Generation>> {
    Ok(all!(
        tx,
        Generation,
        "SELECT generation, fingerprint, from_at, until_at FROM receiver_secrets WHERE receiver_id \
         = $1 AND (until_at IS NULL OR until_at > $2) ORDER BY generation DESC",
        id,
        at
    )?)
}

/// Sends nothing to a receiver until it is resumed; what it asks for waits.
///
/// # Errors
/// [`StoreError::Conflict`] when it was removed or is paused.
pub async fn pause(
    tx: &mut Tx,
    by: &Actor,
    id: &ReceiverId,
    why: PausedFor,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE receivers SET paused_at = $2, paused_for = $3 WHERE id = $1 AND removed_at IS NULL \
         AND paused_at IS NULL",
        id,
        now,
        why
    )?;
    changed_one(rows, "it is paused already, or was removed")?;
    let detail = json!({ "why": why });
    log::append(tx, by, "receiver.paused", subject(id), detail, now).await?;
    tell(tx);
    Ok(())
}

/// Goes on sending: what waited has three days from now.
///
/// # Errors
/// [`StoreError::Conflict`] when it was removed or is not paused.
pub async fn resume(tx: &mut Tx, by: &Actor, id: &ReceiverId, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE receivers SET paused_at = NULL, paused_for = NULL, failures = 0, next_attempt_at = \
         $2 WHERE id = $1 AND removed_at IS NULL AND paused_at IS NOT NULL",
        id,
        now
    )?;
    changed_one(rows, "it is not paused, or was removed")?;
    run!(
        tx,
        "UPDATE deliveries SET since = $2 WHERE receiver_id = $1 AND delivered_at IS NULL AND \
         dead_at IS NULL",
        id,
        now
    )?;
    log::append(tx, by, "receiver.resumed", subject(id), json!({}), now).await?;
    tell(tx);
    Ok(())
}

/// Removes a receiver: nothing more is sent to it. What was sent stays on record.
///
/// # Errors
/// [`StoreError::Conflict`] when it was removed.
pub async fn remove(tx: &mut Tx, by: &Actor, id: &ReceiverId, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE receivers SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL",
        id,
        now
    )?;
    changed_one(rows, REMOVED)?;
    log::append(tx, by, "receiver.removed", subject(id), json!({}), now).await?;
    tell(tx);
    Ok(())
}

/// Puts a message into a receiver's line that says nothing but that it is a test.
///
/// # Errors
/// [`StoreError::Conflict`] when it was removed or is paused.
pub async fn test(tx: &mut Tx, by: &Actor, id: &ReceiverId, now: WallTime) -> Result<()> {
    let receiver = existing(tx, id).await?;
    if receiver.paused_at.is_some() {
        return Err(StoreError::Conflict(
            "it is paused: resume it, then send a test message",
        ));
    }
    let data = json!({ "receiver": id, "name": receiver.name });
    let to = (receiver.client_id.as_ref(), std::slice::from_ref(id));
    outbox::put_for(tx, Subject::Test, to, &data, now).await?;
    log::append(tx, by, "receiver.tested", subject(id), json!({}), now).await?;
    tell(tx);
    Ok(())
}

/// All that were not removed, by name.
///
/// # Errors
/// When the database fails.
pub async fn all(tx: &mut Tx) -> Result<Vec<Receiver>> {
    let sql = format!("{RECEIVER} ORDER BY r.name, r.id");
    Ok(all!(tx, Receiver, sqlx::AssertSqlSafe(sql))?)
}

/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &ReceiverId) -> Result<Option<Receiver>> {
    let sql = format!("{RECEIVER} AND r.id = $1");
    Ok(one!(tx, Receiver, sqlx::AssertSqlSafe(sql), id)?)
}

async fn existing(tx: &mut Tx, id: &ReceiverId) -> Result<Receiver> {
    by_id(tx, id).await?.ok_or(StoreError::Conflict(REMOVED))
}

/// The topics that a receiver asks for, in words; empty where it is sent all.
///
/// # Errors
/// When the database fails, or a row names a topic that is none.
pub async fn topics(tx: &mut Tx, id: &ReceiverId) -> Result<Vec<Subject>> {
    let rows = all!(
        tx,
        (Subject,),
        "SELECT topic FROM receiver_topics WHERE receiver_id = $1 ORDER BY topic",
        id
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_has_a_urls_host_and_no_secret_of_its_path() {
        assert_eq!(
            host_of("https://a.example:8443/key?x"),
            "https://a.example:8443"
        );
        assert_eq!(host_of("https://a.example?key"), "https://a.example");
        assert_eq!(host_of("https://a.example"), "https://a.example");
    }
}
