//! People, their clients and interests, and the lines that tell whose call it is.

pub mod browsers;
pub mod second_factor;
pub mod sessions;
pub mod tokens;

use crate::identity::{House, PayBasis, Role, check_login, check_name};
use crate::pii::Pii;
use crate::store::events::{Event, Topic};
use crate::store::{Actor, Result, StoreError, Tx, all, all_in, log, new_id, one, run};
use crate::units::{ClientId, LineId, PersonId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// Somebody who signs in.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub login: Pii<String>,
    pub name: Pii<String>,
    pub role: Role,
    pub pay_basis: PayBasis,
    /// Argon2id in PHC form.
    pub password_hash: Pii<String>,
    /// Who made it for them; null: they did, or the box's own shell.
    pub password_by: Option<PersonId>,
    /// Wrong passwords since the last right one.
    pub failed_sign_ins: i64,
    /// Since when they may not sign in; null: they may.
    pub disabled_at: Option<WallTime>,
    /// The house for which they sign checklists; null: none.
    pub head_of: Option<House>,
    /// From what their second factor's secret is made; null: they have none.
    pub totp_nonce: Option<String>,
    /// Since when it is asked for; null: they have not shown yet that theirs works.
    pub totp_since: Option<WallTime>,
    /// Which code they used last.
    pub totp_step: Option<i64>,
}

const PERSON: &str = "id, login, name, role, pay_basis, password_hash, password_by, failed_sign_ins, \
    disabled_at, head_of, totp_nonce, totp_since, totp_step";

/// What is needed to enter somebody.
#[derive(Debug, Clone)]
pub struct NewPerson<'a> {
    pub login: &'a str,
    pub name: &'a str,
    pub role: Role,
    pub pay_basis: PayBasis,
    /// An Argon2 hash in PHC form.
    pub password_hash: &'a str,
    pub clients: &'a [ClientId],
}

pub(in crate::store) fn subject(person: &PersonId) -> String {
    format!("person:{person}")
}

fn refused(why: &str) -> StoreError {
    StoreError::Refused(why.to_owned())
}

/// Enters somebody; gives the id.
///
/// # Errors
/// A duplicate when the login is taken; [`StoreError::Refused`] for a login or a name that cannot
/// be one, and where a client does not exist.
pub async fn add(
    tx: &mut Tx,
    by: &Actor,
    person: &NewPerson<'_>,
    now: WallTime,
) -> Result<PersonId> {
    check_login(person.login).map_err(refused)?;
    check_name(person.name).map_err(refused)?;
    let id: PersonId = new_id();
    run!(
        tx,
        "INSERT INTO people (id, login, name, role, pay_basis, password_hash, created_at, \
         password_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &id,
        person.login,
        person.name,
        person.role,
        person.pay_basis,
        person.password_hash,
        now,
        by.person()
    )?;
    for client in person.clients {
        let added = run!(
            tx,
            "INSERT INTO person_clients (person_id, client_id) SELECT $1, id FROM clients WHERE id \
             = $2",
            &id,
            client
        )?;
        if added == 0 {
            return Err(refused("there is no such client"));
        }
    }
    let subject = subject(&id);
    let detail = json!({
        "role": person.role,
        "pay_basis": person.pay_basis,
        "password_sha256": log::digest_of(&subject, person.password_hash),
    });
    log::append(tx, by, "person.added", subject, detail, now).await?;
    Ok(id)
}

/// Somebody by what they sign in with, disabled or not.
pub async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<Person>> {
    Ok(one!(
        tx,
        Person,
        sqlx::AssertSqlSafe(format!("SELECT {PERSON} FROM people WHERE login = $1")),
        login
    )?)
}

/// Somebody, disabled or not.
pub async fn by_id(tx: &mut Tx, id: &PersonId) -> Result<Option<Person>> {
    Ok(one!(
        tx,
        Person,
        sqlx::AssertSqlSafe(format!("SELECT {PERSON} FROM people WHERE id = $1")),
        id
    )?)
}

/// What a payroll file names somebody by.
///
/// # Errors
/// When the database fails.
pub async fn payroll_number(tx: &mut Tx, id: &PersonId) -> Result<Option<String>> {
    let found = one!(
        tx,
        (Option<String>,),
        "SELECT payroll_number FROM people WHERE id = $1",
        id
    )?;
    Ok(found.and_then(|row| row.0))
}

/// Everybody, by name; those who have left last.
///
/// # Errors
/// When the database fails.
pub async fn everybody(tx: &mut Tx) -> Result<Vec<Person>> {
    let sql = format!(
        "SELECT {PERSON} FROM people ORDER BY CASE WHEN disabled_at IS NULL THEN 0 ELSE 1 END, \
         name, id"
    );
    Ok(all!(tx, Person, sqlx::AssertSqlSafe(sql))?)
}

/// Whether another administrator may sign in.
pub(in crate::store) async fn other_admin(tx: &mut Tx, than: &PersonId) -> Result<bool> {
    let found = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM people WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1",
        than
    )?;
    Ok(found.is_some_and(|row| row.0 > 0))
}

/// How many people there are, those who are disabled too.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(one!(tx, (i64,), "SELECT COUNT(*) FROM people")?.map_or(0, |r| r.0))
}

/// The clients whose data a person may see.
pub async fn clients_of(tx: &mut Tx, person: &PersonId) -> Result<Vec<ClientId>> {
    let rows = all!(
        tx,
        (ClientId,),
        "SELECT client_id FROM person_clients WHERE person_id = $1 ORDER BY client_id",
        person
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Every client, by name.
///
/// # Errors
/// When the database fails.
pub async fn all_clients(tx: &mut Tx) -> Result<Vec<(ClientId, String)>> {
    Ok(all!(
        tx,
        (ClientId, String),
        "SELECT id, name FROM clients ORDER BY name, id"
    )?)
}

/// The same with their names, by name.
pub async fn named_clients_of(tx: &mut Tx, person: &PersonId) -> Result<Vec<(ClientId, String)>> {
    Ok(all!(
        tx,
        (ClientId, String),
        "SELECT c.id, c.name FROM clients c JOIN person_clients p ON p.client_id = c.id WHERE \
         p.person_id = $1 ORDER BY c.name",
        person
    )?)
}

/// Those whose pay carries this person's.
pub async fn interests_of(tx: &mut Tx, person: &PersonId) -> Result<Vec<PersonId>> {
    let rows = all!(
        tx,
        (PersonId,),
        "SELECT earner_id FROM interests WHERE person_id = $1",
        person
    )?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// The pay of `person` hangs on that of `earner`: the first may not judge the second.
///
/// # Errors
/// When it is known already.
pub async fn add_interest(
    tx: &mut Tx,
    by: &Actor,
    person: &PersonId,
    earner: &PersonId,
    reason: &str,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "INSERT INTO interests (person_id, earner_id, reason) VALUES ($1, $2, $3)",
        person,
        earner,
        reason
    )?;
    let detail = json!({ "earner": earner, "reason": reason });
    log::append(tx, by, "person.interest", subject(person), detail, now).await
}

/// Says who signs checklists for a house, or that somebody no longer does. Its head works there.
///
/// # Errors
/// [`StoreError::Refused`] for somebody of another role.
pub async fn set_head(
    tx: &mut Tx,
    by: &Actor,
    person: &Person,
    of: Option<House>,
    now: WallTime,
) -> Result<()> {
    if of.is_some_and(|of| of.role() != person.role) {
        return Err(StoreError::Refused(format!(
            "{} is {}: the head of a house is one of its people",
            person.login.reveal(),
            person.role
        )));
    }
    run!(
        tx,
        "UPDATE people SET head_of = $2 WHERE id = $1",
        &person.id,
        of
    )?;
    let detail = json!({ "of": of });
    log::append(tx, by, "person.head", subject(&person.id), detail, now).await
}

/// Those who sign in with a role, for some client of a person.
pub async fn colleagues(tx: &mut Tx, person: &PersonId, role: Role) -> Result<Vec<Person>> {
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
pub async fn of_client(tx: &mut Tx, client: &ClientId, role: Role) -> Result<Vec<Person>> {
    let sql = format!(
        "SELECT {PERSON} FROM people WHERE role = $2 AND disabled_at IS NULL AND id IN (SELECT \
         person_id FROM person_clients WHERE client_id = $1) ORDER BY name"
    );
    Ok(all!(tx, Person, sqlx::AssertSqlSafe(sql), client, role)?)
}

/// A telephone line and whose it is.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Line {
    pub id: LineId,
    /// Extension, trunk or agent ID.
    pub value: Pii<String>,
    pub person_id: PersonId,
    pub client_id: ClientId,
    pub from_at: WallTime,
    /// Null: until further notice.
    pub to_at: Option<WallTime>,
}

impl Line {
    /// Whether it is this person's at a moment.
    #[must_use]
    pub fn is_at(&self, at: WallTime) -> bool {
        self.from_at <= at && self.to_at.is_none_or(|to| to > at)
    }
}

/// Adds a client; gives the id.
///
/// # Errors
/// A duplicate when there is one of that name; [`StoreError::Refused`] for what is no name.
pub async fn add_client(tx: &mut Tx, by: &Actor, name: &str, now: WallTime) -> Result<ClientId> {
    check_name(name).map_err(refused)?;
    let id: ClientId = new_id();
    run!(
        tx,
        "INSERT INTO clients (id, name, created_at) VALUES ($1, $2, $3)",
        &id,
        name,
        now
    )?;
    let subject = format!("client:{id}");
    log::append(tx, by, "client.added", subject, json!({}), now).await?;
    Ok(id)
}

/// The client of a name.
pub async fn client_by_name(tx: &mut Tx, name: &str) -> Result<Option<ClientId>> {
    Ok(one!(
        tx,
        (ClientId,),
        "SELECT id FROM clients WHERE name = $1",
        name
    )?
    .map(|r| r.0))
}

/// A line that becomes somebody's.
#[derive(Debug, Clone)]
pub struct NewLine<'a> {
    /// Extension, trunk or agent ID.
    pub value: &'a str,
    pub person: &'a PersonId,
    pub client: &'a ClientId,
    pub from: WallTime,
    /// Without it, until further notice.
    pub to: Option<WallTime>,
}

/// Gives a line to a person from a moment on. Calls of that line since then that belong to nobody
/// become theirs.
///
/// # Errors
/// [`StoreError::Refused`] for what is no line, where it was given from that very moment on
/// already, and where there is no such person or client.
pub async fn add_line(
    tx: &mut Tx,
    by: &Actor,
    line: &NewLine<'_>,
    now: WallTime,
) -> Result<LineId> {
    check_login(line.value).map_err(refused)?;
    // Of two from the same moment on nobody could say which holds.
    let given = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM lines WHERE value = $1 AND from_at = $2",
        line.value,
        line.from
    )?;
    if given.is_some_and(|row| row.0 > 0) {
        return Err(refused(
            "this line is somebody's from that moment on already: say since when it is another's",
        ));
    }
    let id: LineId = new_id();
    let added = run!(
        tx,
        "INSERT INTO lines (id, value, person_id, client_id, from_at, to_at) SELECT $1, $2, p.id, \
         c.id, $5, $6 FROM people p, clients c WHERE p.id = $3 AND c.id = $4",
        &id,
        line.value,
        line.person,
        line.client,
        line.from,
        line.to
    )?;
    if added == 0 {
        return Err(refused("there is no such person or client"));
    }
    run!(
        tx,
        "UPDATE calls SET person_id = $2, client_id = $3 WHERE line = $1 AND person_id IS NULL \
         AND started_at >= $4 AND ($5 IS NULL OR started_at < $5)",
        line.value,
        line.person,
        line.client,
        line.from,
        line.to
    )?;
    let subject = format!("line:{id}");
    let detail = json!({
        "person": line.person,
        "client": line.client,
        "from": line.from,
        "to": line.to,
        "value_sha256": log::digest_of(&subject, line.value),
    });
    log::append(tx, by, "line.given", subject, detail, now).await?;
    tx.tell(Event::to_person(Topic::Calls, line.person));
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
        at
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
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct UnknownLine {
    /// Our side's, as it was seen.
    pub number: Pii<String>,
    pub calls: i64,
    pub last_at: WallTime,
}

/// Such lines, the last one that was seen first, at most 200.
pub async fn unknown_lines(tx: &mut Tx) -> Result<Vec<UnknownLine>> {
    Ok(all!(
        tx,
        UnknownLine,
        "SELECT line AS number, COUNT(*) AS calls, MAX(started_at) AS last_at FROM calls WHERE \
         person_id IS NULL AND line IS NOT NULL GROUP BY line ORDER BY MAX(started_at) DESC LIMIT \
         200"
    )?)
}
