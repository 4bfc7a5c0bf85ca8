//! People, their clients and interests, sessions, and the lines that tell whose call it is.

use crate::store::{Result, Tx, all, all_in, new_id, one, run};
use crate::units::WallTime;
use serde::Serialize;
use sqlx::FromRow;

/// Somebody who signs in.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    pub login: String,
    pub name: String,
    pub role: String,
    pub pay_basis: String,
    pub password_hash: String,
    pub failed_sign_ins: i64,
    pub locked_until: Option<i64>,
    pub disabled_at: Option<i64>,
    /// marketing or sales, where they sign checklists for it.
    pub head_of: Option<String>,
}

const PERSON: &str = "id, login, name, role, pay_basis, password_hash, failed_sign_ins, \
    locked_until, disabled_at, head_of";

/// What is needed to enter somebody.
#[derive(Debug, Clone)]
pub struct NewPerson<'a> {
    pub login: &'a str,
    pub name: &'a str,
    pub role: &'a str,
    pub pay_basis: &'a str,
    /// An Argon2 hash in PHC form.
    pub password_hash: &'a str,
    pub clients: &'a [String],
}

/// Enters somebody; gives the id.
///
/// # Errors
/// When the login is taken or a client does not exist.
pub async fn add(tx: &mut Tx, person: &NewPerson<'_>, now: WallTime) -> Result<String> {
    let id = new_id();
    run!(
        tx,
        "INSERT INTO people (id, login, name, role, pay_basis, password_hash, created_at) VALUES \
         ($1, $2, $3, $4, $5, $6, $7)",
        &id,
        person.login,
        person.name,
        person.role,
        person.pay_basis,
        person.password_hash,
        now.micros()
    )?;
    for client in person.clients {
        run!(
            tx,
            "INSERT INTO person_clients (person_id, client_id) VALUES ($1, $2)",
            &id,
            client
        )?;
    }
    Ok(id)
}

pub async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<Person>> {
    Ok(one!(
        tx,
        Person,
        sqlx::AssertSqlSafe(format!("SELECT {PERSON} FROM people WHERE login = $1")),
        login
    )?)
}

pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Person>> {
    Ok(one!(
        tx,
        Person,
        sqlx::AssertSqlSafe(format!("SELECT {PERSON} FROM people WHERE id = $1")),
        id
    )?)
}

pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(one!(tx, (i64,), "SELECT COUNT(*) FROM people")?.map_or(0, |r| r.0))
}

/// The clients whose data a person may see.
pub async fn clients_of(tx: &mut Tx, person: &str) -> Result<Vec<String>> {
    let rows = all!(
        tx,
        (String,),
        "SELECT client_id FROM person_clients WHERE person_id = $1 ORDER BY client_id",
        person
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Those whose pay carries this person's.
pub async fn interests_of(tx: &mut Tx, person: &str) -> Result<Vec<String>> {
    let rows = all!(
        tx,
        (String,),
        "SELECT earner_id FROM interests WHERE person_id = $1",
        person
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

pub async fn add_interest(tx: &mut Tx, person: &str, earner: &str, reason: &str) -> Result<()> {
    run!(
        tx,
        "INSERT INTO interests (person_id, earner_id, reason) VALUES ($1, $2, $3)",
        person,
        earner,
        reason
    )?;
    Ok(())
}

/// Who signs checklists for marketing or for sales.
pub async fn set_head(tx: &mut Tx, person: &str, of: Option<&str>) -> Result<()> {
    run!(
        tx,
        "UPDATE people SET head_of = $2 WHERE id = $1",
        person,
        of
    )?;
    Ok(())
}

/// Those who sign in with a role, for some client of a person.
pub async fn colleagues(tx: &mut Tx, person: &str, role: &str) -> Result<Vec<Person>> {
    let columns: Vec<String> = PERSON.split(", ").map(|c| format!("p.{c}")).collect();
    let sql = format!(
        "SELECT DISTINCT {} FROM people p JOIN person_clients a ON a.person_id = p.id JOIN \
         person_clients b ON b.client_id = a.client_id AND b.person_id = $1 WHERE p.role = $2 AND \
         p.disabled_at IS NULL ORDER BY p.name",
        columns.join(", ")
    );
    Ok(all!(tx, Person, sqlx::AssertSqlSafe(sql), person, role)?)
}

/// Those who sign in with a role, for one client.
pub async fn of_client(tx: &mut Tx, client: &str, role: &str) -> Result<Vec<Person>> {
    let sql = format!(
        "SELECT {PERSON} FROM people WHERE role = $2 AND disabled_at IS NULL AND id IN (SELECT \
         person_id FROM person_clients WHERE client_id = $1) ORDER BY name"
    );
    Ok(all!(tx, Person, sqlx::AssertSqlSafe(sql), client, role)?)
}

/// Notes a sign-in that failed; from the fifth on the login rests until `locked_until`.
pub async fn failed_sign_in(
    tx: &mut Tx,
    person: &str,
    locked_until: Option<WallTime>,
) -> Result<()> {
    run!(
        tx,
        "UPDATE people SET failed_sign_ins = failed_sign_ins + 1, locked_until = $2 WHERE id = $1",
        person,
        locked_until.map(WallTime::micros)
    )?;
    Ok(())
}

pub async fn signed_in(tx: &mut Tx, person: &str) -> Result<()> {
    run!(
        tx,
        "UPDATE people SET failed_sign_ins = 0, locked_until = NULL WHERE id = $1",
        person
    )?;
    Ok(())
}

/// Sets a password and ends all sessions.
pub async fn set_password(tx: &mut Tx, person: &str, hash: &str, now: WallTime) -> Result<()> {
    run!(
        tx,
        "UPDATE people SET password_hash = $2, failed_sign_ins = 0, locked_until = NULL WHERE id \
         = $1",
        person,
        hash
    )?;
    run!(
        tx,
        "UPDATE sessions SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL",
        person,
        now.micros()
    )?;
    Ok(())
}

/// Opens a session under the hash of its token; the token itself is never stored.
pub async fn open_session(
    tx: &mut Tx,
    token_hash: &str,
    person: &str,
    now: WallTime,
    expires: WallTime,
) -> Result<()> {
    run!(
        tx,
        "INSERT INTO sessions (token_hash, person_id, created_at, expires_at) VALUES ($1, $2, $3, \
         $4)",
        token_hash,
        person,
        now.micros(),
        expires.micros()
    )?;
    Ok(())
}

pub async fn session(tx: &mut Tx, token_hash: &str, now: WallTime) -> Result<Option<Person>> {
    let row = one!(
        tx,
        (String,),
        "SELECT s.person_id FROM sessions s JOIN people p ON p.id = s.person_id WHERE \
         s.token_hash = $1 AND s.expires_at > $2 AND s.revoked_at IS NULL AND p.disabled_at IS \
         NULL",
        token_hash,
        now.micros()
    )?;
    match row {
        Some((person,)) => by_id(tx, &person).await,
        None => Ok(None),
    }
}

pub async fn revoke_session(tx: &mut Tx, token_hash: &str, now: WallTime) -> Result<()> {
    run!(
        tx,
        "UPDATE sessions SET revoked_at = $2 WHERE token_hash = $1 AND revoked_at IS NULL",
        token_hash,
        now.micros()
    )?;
    Ok(())
}

/// A line and whose it is.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub value: String,
    pub person_id: String,
    pub client_id: String,
    pub from_at: i64,
    pub to_at: Option<i64>,
}

impl Line {
    /// Whether it is this person's at a moment.
    pub fn is_at(&self, at: WallTime) -> bool {
        self.from_at <= at.micros() && self.to_at.is_none_or(|to| to > at.micros())
    }
}

pub async fn add_client(tx: &mut Tx, name: &str, now: WallTime) -> Result<String> {
    let id = new_id();
    run!(
        tx,
        "INSERT INTO clients (id, name, created_at) VALUES ($1, $2, $3)",
        &id,
        name,
        now.micros()
    )?;
    Ok(id)
}

pub async fn client_by_name(tx: &mut Tx, name: &str) -> Result<Option<String>> {
    Ok(one!(
        tx,
        (String,),
        "SELECT id FROM clients WHERE name = $1",
        name
    )?
    .map(|r| r.0))
}

/// Gives a line to a person from a moment on. Calls of that line since then that belong to nobody
/// become theirs.
pub async fn add_line(
    tx: &mut Tx,
    value: &str,
    person: &str,
    client: &str,
    from: WallTime,
    to: Option<WallTime>,
) -> Result<String> {
    let id = new_id();
    let to_at = to.map(WallTime::micros);
    run!(
        tx,
        "INSERT INTO lines (id, value, person_id, client_id, from_at, to_at) VALUES ($1, $2, $3, \
         $4, $5, $6)",
        &id,
        value,
        person,
        client,
        from.micros(),
        to_at
    )?;
    run!(
        tx,
        "UPDATE calls SET person_id = $2, client_id = $3 WHERE line = $1 AND person_id IS NULL \
         AND started_at >= $4 AND ($5 IS NULL OR started_at < $5)",
        value,
        person,
        client,
        from.micros(),
        to_at
    )?;
    Ok(id)
}

/// Whose a line was at a moment; the later entry wins where two overlap.
pub async fn line_at(tx: &mut Tx, value: &str, at: WallTime) -> Result<Option<Line>> {
    Ok(one!(
        tx,
        Line,
        "SELECT id, value, person_id, client_id, from_at, to_at FROM lines WHERE value = $1 AND \
         from_at <= $2 AND (to_at IS NULL OR to_at > $2) ORDER BY from_at DESC LIMIT 1",
        value,
        at.micros()
    )?)
}

/// Whose lines of these names were, at any time; [`Line::is_at`] tells when.
pub async fn lines_named(tx: &mut Tx, values: &[&str]) -> Result<Vec<Line>> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    Ok(all_in!(
        tx,
        Line,
        "SELECT id, value, person_id, client_id, from_at, to_at FROM lines WHERE value IN (",
        values,
        ") ORDER BY from_at DESC"
    )?)
}

/// All lines, for the tracker to know the house's own numbers.
pub async fn lines(tx: &mut Tx) -> Result<Vec<Line>> {
    Ok(all!(
        tx,
        Line,
        "SELECT id, value, person_id, client_id, from_at, to_at FROM lines ORDER BY value, from_at"
    )?)
}

/// A line that calls were seen on and that belongs to nobody yet (PRODUCT L0).
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct UnknownLine {
    pub number: String,
    pub calls: i64,
    pub last_at: i64,
}

pub async fn unknown_lines(tx: &mut Tx) -> Result<Vec<UnknownLine>> {
    Ok(all!(
        tx,
        UnknownLine,
        "SELECT line AS number, COUNT(*) AS calls, MAX(started_at) AS last_at FROM calls WHERE \
         person_id IS NULL AND line IS NOT NULL GROUP BY line ORDER BY MAX(started_at) DESC LIMIT \
         200"
    )?)
}
