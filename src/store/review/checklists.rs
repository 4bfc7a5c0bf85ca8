//! Checklist versions: bytes that never change once two heads have signed.

use crate::hex::hex;
use crate::identity::House;
use crate::pii::Pii;
use crate::review::Checklist;
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{ChecklistId, ClientId, PersonId, VersionId, WallTime};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

/// A version as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Version {
    pub id: VersionId,
    pub checklist_id: ChecklistId,
    /// Counted from 1 within its checklist.
    pub version: i64,
    /// TOML, as it was signed.
    pub body: String,
    pub sha256: String,
    /// Null until both heads have signed.
    pub in_force_from: Option<WallTime>,
    /// Name of the head of marketing who signed; null: none has.
    pub signed_by_marketing: Option<Pii<String>>,
    /// Name of the head of sales who signed; null: none has.
    pub signed_by_sales: Option<Pii<String>>,
    /// When to look at it again.
    pub review_on: Option<WallTime>,
}

impl Version {
    /// # Errors
    /// When the stored text no longer reads, or is not what its hash says.
    pub fn checklist(&self) -> Result<Checklist> {
        if sha256(&self.body) != self.sha256 {
            return Err(StoreError::Broken(format!(
                "checklist version {} is not what was signed",
                self.id
            )));
        }
        Checklist::parse(&self.body).map_err(StoreError::Broken)
    }
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

const VERSION: &str = "SELECT id, checklist_id, version, body, sha256, in_force_from, \
    signed_by_marketing, signed_by_sales, review_on FROM checklist_versions";

/// Adds a version, unsigned, to a client's checklist, which is made where there is none of that
/// name. Gives (checklist, version).
///
/// # Errors
/// [`StoreError::Refused`] when the text is no checklist.
pub async fn add(
    tx: &mut Tx,
    by: &Actor,
    client: &ClientId,
    body: &str,
    now: WallTime,
) -> Result<(ChecklistId, VersionId)> {
    let list = Checklist::parse(body).map_err(StoreError::Refused)?;
    let checklist = match by_name(tx, client, &list.name).await? {
        Some(id) => id,
        None => {
            let id: ChecklistId = new_id();
            let author = match by {
                Actor::Person(person) => Some(person),
                _ => None,
            };
            run!(
                tx,
                "INSERT INTO checklists (id, name, created_by, client_id) VALUES ($1, $2, $3, $4)",
                &id,
                &list.name,
                author,
                client
            )?;
            id
        }
    };
    let number = one!(
        tx,
        (i64,),
        "SELECT COALESCE(MAX(version), 0) + 1 FROM checklist_versions WHERE checklist_id = $1",
        &checklist
    )?
    .map_or(1, |r| r.0);
    let id: VersionId = new_id();
    run!(
        tx,
        "INSERT INTO checklist_versions (id, checklist_id, version, body, sha256) VALUES ($1, $2, \
         $3, $4, $5)",
        &id,
        &checklist,
        number,
        body,
        sha256(body)
    )?;
    note(tx, by, "checklist.drafted", &id, json!({}), now).await?;
    Ok((checklist, id))
}

async fn note(
    tx: &mut Tx,
    by: &Actor,
    action: &str,
    id: &VersionId,
    detail: serde_json::Value,
    now: WallTime,
) -> Result<()> {
    let subject = format!("checklist_version:{id}");
    log::append(tx, by, action, subject, detail, now).await
}

/// Signs a version by name for both houses: it is in force from `from` on.
///
/// # Errors
/// A conflict when it is in force already or does not exist; refused when one name signs for both.
pub async fn sign(
    tx: &mut Tx,
    by: &Actor,
    version: &VersionId,
    (marketing, sales): (&str, &str),
    from: WallTime,
    review_on: Option<WallTime>,
) -> Result<()> {
    if marketing == sales {
        return Err(StoreError::Refused(
            "two heads sign: marketing and sales".to_owned(),
        ));
    }
    let rows = run!(
        tx,
        "UPDATE checklist_versions SET signed_by_marketing = $2, signed_by_sales = $3, \
         in_force_from = $4, review_on = $5 WHERE id = $1 AND in_force_from IS NULL",
        version,
        marketing,
        sales,
        from,
        review_on
    )?;
    changed_one(
        rows,
        "this checklist version is in force already, or does not exist",
    )?;
    note(tx, by, "checklist.in_force", version, json!({}), from).await
}

/// The version of a checklist in force at a moment.
pub async fn in_force(
    tx: &mut Tx,
    checklist: &ChecklistId,
    at: WallTime,
) -> Result<Option<Version>> {
    let sql = format!(
        "{VERSION} WHERE checklist_id = $1 AND in_force_from <= $2 ORDER BY version DESC LIMIT 1"
    );
    Ok(one!(tx, Version, sqlx::AssertSqlSafe(sql), checklist, at)?)
}

/// A version, signed or not.
pub async fn by_id(tx: &mut Tx, id: &VersionId) -> Result<Option<Version>> {
    Ok(one!(
        tx,
        Version,
        sqlx::AssertSqlSafe(format!("{VERSION} WHERE id = $1")),
        id
    )?)
}

/// A version that another row points at.
///
/// # Errors
/// [`StoreError::Broken`] when it is gone.
pub async fn existing(tx: &mut Tx, id: &VersionId) -> Result<Version> {
    by_id(tx, id)
        .await?
        .ok_or_else(|| StoreError::gone("checklist version", id))
}

/// A client's checklist of a name.
pub async fn by_name(tx: &mut Tx, client: &ClientId, name: &str) -> Result<Option<ChecklistId>> {
    Ok(one!(
        tx,
        (ChecklistId,),
        "SELECT id FROM checklists WHERE client_id = $1 AND name = $2",
        client,
        name
    )?
    .map(|r| r.0))
}

/// A checklist, whatever its version.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Listed {
    pub id: ChecklistId,
    pub name: String,
    pub client_id: ClientId,
    pub client: String,
}

const LISTED: &str = "SELECT h.id, h.name, h.client_id, c.name AS client FROM checklists h JOIN \
    clients c ON c.id = h.client_id";

/// A checklist with its client's name.
pub async fn listed(tx: &mut Tx, id: &ChecklistId) -> Result<Option<Listed>> {
    let sql = format!("{LISTED} WHERE h.id = $1");
    Ok(one!(tx, Listed, sqlx::AssertSqlSafe(sql), id)?)
}

/// The checklists of a person's clients.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<Vec<Listed>> {
    let sql = format!(
        "{LISTED} JOIN person_clients pc ON pc.client_id = h.client_id AND pc.person_id = $1 ORDER \
         BY c.name, h.name"
    );
    Ok(all!(tx, Listed, sqlx::AssertSqlSafe(sql), person)?)
}

/// All versions of a checklist, newest first.
pub async fn versions(tx: &mut Tx, checklist: &ChecklistId) -> Result<Vec<Version>> {
    Ok(all!(
        tx,
        Version,
        sqlx::AssertSqlSafe(format!(
            "{VERSION} WHERE checklist_id = $1 ORDER BY version DESC"
        )),
        checklist
    )?)
}

/// The names of a checklist's campaigns.
pub async fn campaigns(tx: &mut Tx, checklist: &ChecklistId) -> Result<Vec<String>> {
    Ok(all!(
        tx,
        (String,),
        "SELECT name FROM campaigns WHERE checklist_id = $1 AND closed_at IS NULL ORDER BY name",
        checklist
    )?
    .into_iter()
    .map(|r| r.0)
    .collect())
}

/// Changes a version that nobody has signed.
///
/// # Errors
/// A conflict once somebody has; a value error where the text is no checklist, or one of another
/// name.
pub async fn change(
    tx: &mut Tx,
    by: &Actor,
    version: &Version,
    body: &str,
    now: WallTime,
) -> Result<()> {
    let list = Checklist::parse(body).map_err(StoreError::Refused)?;
    let checklist = listed(tx, &version.checklist_id).await?;
    if checklist.is_none_or(|c| c.name != list.name) {
        return Err(StoreError::Refused(
            "a version keeps its checklist's name; another name makes another checklist".to_owned(),
        ));
    }
    let hash = sha256(body);
    let rows = run!(
        tx,
        "UPDATE checklist_versions SET body = $2, sha256 = $3 WHERE id = $1 AND \
         signed_by_marketing IS NULL AND signed_by_sales IS NULL AND in_force_from IS NULL",
        &version.id,
        body,
        &hash
    )?;
    changed_one(
        rows,
        "this version is signed, so it never changes again: make another from it",
    )?;
    let (action, detail) = ("checklist.changed", json!({ "sha256": hash }));
    note(tx, by, action, &version.id, detail, now).await
}

/// A head's signature.
#[derive(Debug, Clone)]
pub struct Signature<'a> {
    /// Whose head signs.
    pub house: House,
    /// Who signs.
    pub person: &'a PersonId,
    /// As it is written below.
    pub name: &'a str,
    /// When to look at the version again.
    pub review_on: Option<WallTime>,
}

/// Signs a version for one house; with both, it is in force from now on. Gives whether it is.
///
/// # Errors
/// A conflict when this house has signed it already, it is in force, or the signer is not of the
/// checklist's client.
pub async fn sign_as(
    tx: &mut Tx,
    version: &Version,
    signature: &Signature<'_>,
    now: WallTime,
) -> Result<bool> {
    let own = of_person(tx, signature.person).await?;
    if own.iter().all(|c| c.id != version.checklist_id) {
        return Err(StoreError::Conflict(
            "this checklist belongs to another client: its own heads sign it",
        ));
    }
    let sql = match signature.house {
        House::Marketing => {
            "UPDATE checklist_versions SET signed_by_marketing = $2, marketing_signed_at = $3, \
             review_on = COALESCE($4, review_on) WHERE id = $1 AND signed_by_marketing IS NULL \
             AND in_force_from IS NULL"
        }
        House::Sales => {
            "UPDATE checklist_versions SET signed_by_sales = $2, sales_signed_at = $3, review_on \
             = COALESCE($4, review_on) WHERE id = $1 AND signed_by_sales IS NULL AND \
             in_force_from IS NULL"
        }
    };
    let rows = run!(
        tx,
        sql,
        &version.id,
        signature.name,
        now,
        signature.review_on
    )?;
    changed_one(rows, "your house has signed this version already")?;
    let both = "UPDATE checklist_versions SET in_force_from = $2 WHERE id = $1 AND \
        signed_by_marketing IS NOT NULL AND signed_by_sales IS NOT NULL AND in_force_from IS NULL";
    let in_force = run!(tx, both, &version.id, now)? == 1;
    let action = if in_force {
        "checklist.in_force"
    } else {
        "checklist.signed"
    };
    let detail = json!({ "house": signature.house, "sha256": version.sha256 });
    let by = signature.person.into();
    note(tx, &by, action, &version.id, detail, now).await?;
    Ok(in_force)
}
