//! Signing in, and what comes of it: a session, until it ends.

use crate::pii::Pii;
use crate::store::events::{Event, Topic};
use crate::store::people::{self, Person, subject};
use crate::store::{Actor, Flag, Result, Tx, all, changed_one, log, one, run};
use crate::units::{Micros, PersonId, SessionId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// Sessions that somebody has at once; one more ends the oldest.
pub const MOST_SESSIONS: i64 = 20;
/// Ended sessions are forgotten after this.
const KEPT: Micros = Micros::from_secs(30 * 86_400);
/// A session's last use is noted this often.
pub const SEEN_EVERY: Micros = Micros::from_secs(5 * 60);

/// A session that begins.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    pub person: &'a PersonId,
    /// SHA-256 of its token, in hex; the token itself is never stored.
    pub token_hash: &'a str,
    pub address: &'a str,
    /// What the browser says it is.
    pub agent: &'a str,
    /// The password's hash that was held against what was typed.
    pub password_hash: &'a Pii<String>,
    /// Since when the second factor is asked for that was shown; none was asked for.
    pub second_factor_since: Option<WallTime>,
    pub expires: WallTime,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub created_at: WallTime,
    pub expires_at: WallTime,
    /// When it was last used, to some minutes; null: not since it began.
    pub seen_at: Option<WallTime>,
    pub address: String,
    pub agent: String,
    #[sqlx(try_from = "Flag")]
    pub second_factor: bool,
}

/// The first half of a hash names a session: it is long enough to be one's own, and no key.
const SESSION: &str = "substr(token_hash, 1, 32) AS id, created_at, expires_at, seen_at, address, \
    agent, second_factor";

/// Notes a sign-in that failed; `person` is none where nobody has the login. The address stands in
/// the log, the login that was tried does not: it may be a password.
///
/// # Errors
/// When the database fails.
pub async fn sign_in_failed(
    tx: &mut Tx,
    person: Option<&PersonId>,
    address: &str,
    now: WallTime,
) -> Result<()> {
    let detail = json!({ "address": address });
    let Some(person) = person else {
        let subject = "person:unknown".to_owned();
        return log::append(tx, &Actor::System, "sign_in.failed", subject, detail, now).await;
    };
    run!(
        tx,
        "UPDATE people SET failed_sign_ins = failed_sign_ins + 1 WHERE id = $1",
        person
    )?;
    let by = Actor::from(person);
    log::append(tx, &by, "sign_in.failed", subject(person), detail, now).await
}

/// Notes that somebody knows a password, and has shown no second factor yet.
///
/// # Errors
/// When the database fails.
pub async fn password_alone(
    tx: &mut Tx,
    person: &PersonId,
    address: &str,
    now: WallTime,
) -> Result<()> {
    let detail = json!({ "address": address });
    let by = Actor::from(person);
    log::append(
        tx,
        &by,
        "sign_in.password_alone",
        subject(person),
        detail,
        now,
    )
    .await
}

/// Forgets some of the sessions that ended longer ago than is kept, whoever's they were; gives how
/// many.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, many: i64, now: WallTime) -> Result<u64> {
    Ok(run!(
        tx,
        "DELETE FROM sessions WHERE token_hash IN (SELECT o.token_hash FROM sessions o WHERE \
         o.expires_at < $1 OR o.revoked_at < $1 ORDER BY o.token_hash LIMIT $2)",
        now - KEPT,
        many
    )?)
}

/// Signs somebody in. Beyond [`MOST_SESSIONS`] the oldest end.
///
/// # Errors
/// [`StoreError::Conflict`](crate::store::StoreError) for who may not sign in any more, and where
/// password or second factor have changed since they were asked for.
pub async fn sign_in(tx: &mut Tx, new: &NewSession<'_>, now: WallTime) -> Result<()> {
    let works = run!(
        tx,
        "UPDATE people SET failed_sign_ins = 0 WHERE id = $1 AND disabled_at IS NULL AND \
         password_hash = $2 AND COALESCE(totp_since, 0) = $3",
        new.person,
        new.password_hash.reveal(),
        new.second_factor_since.map_or(0, |at| at.micros())
    )?;
    changed_one(works, "this login has just been changed: sign in once more")?;
    run!(
        tx,
        "DELETE FROM sessions WHERE person_id = $1 AND (expires_at < $2 OR revoked_at < $2)",
        new.person,
        now - KEPT
    )?;
    run!(
        tx,
        "UPDATE sessions SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL AND \
         expires_at > $2 AND token_hash NOT IN (SELECT token_hash FROM sessions WHERE person_id = \
         $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY created_at DESC LIMIT $3)",
        new.person,
        now,
        MOST_SESSIONS - 1
    )?;
    run!(
        tx,
        "INSERT INTO sessions (token_hash, person_id, created_at, expires_at, address, agent, \
         second_factor) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.token_hash,
        new.person,
        now,
        new.expires,
        new.address,
        new.agent,
        i64::from(new.second_factor_since.is_some())
    )?;
    let detail = json!({
        "address": new.address,
        "session": id_of(new.token_hash),
        "second_factor": new.second_factor_since.is_some(),
    });
    let by = Actor::from(new.person);
    log::append(tx, &by, "sign_in", subject(new.person), detail, now).await
}

/// What a session is called, by its token's hash.
#[must_use]
pub fn id_of(token_hash: &str) -> SessionId {
    token_hash.get(..32).unwrap_or(token_hash).into()
}

/// Whose session it is, if it is still good.
///
/// # Errors
/// When the database fails.
pub async fn session(
    tx: &mut Tx,
    token_hash: &str,
    now: WallTime,
) -> Result<Option<(Person, Session)>> {
    let sql = format!(
        "SELECT {SESSION} FROM sessions WHERE token_hash = $1 AND expires_at > $2 AND revoked_at \
         IS NULL"
    );
    let found = one!(tx, Session, sqlx::AssertSqlSafe(sql), token_hash, now)?;
    let Some(session) = found else {
        return Ok(None);
    };
    let whose = one!(
        tx,
        (PersonId,),
        "SELECT s.person_id FROM sessions s JOIN people p ON p.id = s.person_id WHERE \
         s.token_hash = $1 AND p.disabled_at IS NULL",
        token_hash
    )?;
    let Some((person,)) = whose else {
        return Ok(None);
    };
    let person = people::by_id(tx, &person).await?;
    Ok(person.map(|person| (person, session)))
}

/// Notes that a session is in use.
///
/// # Errors
/// When the database fails.
pub async fn seen(tx: &mut Tx, token_hash: &str, now: WallTime) -> Result<()> {
    run!(
        tx,
        "UPDATE sessions SET seen_at = $2 WHERE token_hash = $1 AND COALESCE(seen_at, 0) < $2",
        token_hash,
        now
    )?;
    Ok(())
}

/// Somebody's sessions that are still good, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_person(tx: &mut Tx, person: &PersonId, now: WallTime) -> Result<Vec<Session>> {
    let sql = format!(
        "SELECT {SESSION} FROM sessions WHERE person_id = $1 AND expires_at > $2 AND revoked_at IS \
         NULL ORDER BY created_at DESC"
    );
    Ok(all!(tx, Session, sqlx::AssertSqlSafe(sql), person, now)?)
}

/// How many sessions each of those has who has any.
///
/// # Errors
/// When the database fails.
pub async fn counts(tx: &mut Tx, now: WallTime) -> Result<Vec<(PersonId, i64)>> {
    Ok(all!(
        tx,
        (PersonId, i64),
        "SELECT person_id, COUNT(*) FROM sessions WHERE expires_at > $1 AND revoked_at IS NULL \
         GROUP BY person_id",
        now
    )?)
}

/// Which of somebody's sessions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    One(&'a SessionId),
    AllBut(&'a SessionId),
    All,
}

/// Ends sessions of somebody, and with them the streams that hang on them; gives how many.
///
/// # Errors
/// When the database fails.
pub async fn end(
    tx: &mut Tx,
    by: &Actor,
    person: &PersonId,
    which: Which<'_>,
    now: WallTime,
) -> Result<u64> {
    let ended = end_quietly(tx, person, which, now).await?;
    if ended > 0 {
        let session = match which {
            Which::One(id) => json!(id),
            Which::AllBut(_) | Which::All => json!(null),
        };
        let detail = json!({ "ended": ended, "session": session });
        log::append(tx, by, "session.ended", subject(person), detail, now).await?;
    }
    Ok(ended)
}

/// The same as a part of another act, which has its own line.
pub(in crate::store) async fn end_quietly(
    tx: &mut Tx,
    person: &PersonId,
    which: Which<'_>,
    now: WallTime,
) -> Result<u64> {
    let (one, but) = match which {
        Which::One(id) => (id.as_str(), ""),
        Which::AllBut(id) => ("", id.as_str()),
        Which::All => ("", ""),
    };
    let ended = run!(
        tx,
        "UPDATE sessions SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL AND ($3 = \
         '' OR substr(token_hash, 1, 32) = $3) AND substr(token_hash, 1, 32) <> $4",
        person,
        now,
        one,
        but
    )?;
    if ended > 0 {
        tx.tell(Event::to_person(Topic::Sessions, person));
    }
    Ok(ended)
}

/// Ends a session by its token.
///
/// # Errors
/// When the database fails.
pub async fn sign_out(tx: &mut Tx, token_hash: &str, now: WallTime) -> Result<()> {
    let whose = one!(
        tx,
        (PersonId,),
        "SELECT person_id FROM sessions WHERE token_hash = $1 AND revoked_at IS NULL",
        token_hash
    )?;
    let Some((person,)) = whose else {
        return Ok(());
    };
    let session = id_of(token_hash);
    end_quietly(tx, &person, Which::One(&session), now).await?;
    let (by, subject) = ((&person).into(), subject(&person));
    let detail = json!({ "session": session });
    log::append(tx, &by, "sign_out", subject, detail, now).await
}

/// Sets a password, ends the sessions of `which`, and forgets known browsers. One that another
/// person makes is a first one: its owner sets their own before anything else.
///
/// # Errors
/// When the database fails.
pub async fn set_password(
    tx: &mut Tx,
    by: &Actor,
    person: &PersonId,
    hash: &Pii<String>,
    which: Which<'_>,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "UPDATE people SET password_hash = $2, password_by = $3, failed_sign_ins = 0 WHERE id = $1",
        person,
        hash.reveal(),
        by.person().filter(|by| *by != person)
    )?;
    end_quietly(tx, person, which, now).await?;
    run!(
        tx,
        "DELETE FROM known_browsers WHERE person_id = $1",
        person
    )?;
    let subject = subject(person);
    let detail = json!({ "password_sha256": log::digest_of(&subject, hash.reveal()) });
    log::append(tx, by, "person.password", subject, detail, now).await
}
