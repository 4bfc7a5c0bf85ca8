//! Checklist versions: bytes that never change once two heads have signed.

use super::{Result, StoreError, Tx, all, new_id, one, run};
use crate::hex::hex;
use crate::review::Checklist;
use crate::units::WallTime;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

/// A version as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Version {
    pub id: String,
    pub checklist_id: String,
    pub version: i64,
    pub body: String,
    pub sha256: String,
    pub in_force_from: Option<i64>,
    pub signed_by_marketing: Option<String>,
    pub signed_by_sales: Option<String>,
    pub review_on: Option<i64>,
}

impl Version {
    /// # Errors
    /// When the stored text no longer reads, or is not what its hash says.
    pub fn checklist(&self) -> Result<Checklist> {
        if sha256(&self.body) != self.sha256 {
            return Err(StoreError::Value(format!(
                "checklist version {} is not what was signed",
                self.id
            )));
        }
        Checklist::parse(&self.body).map_err(StoreError::Value)
    }
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

const VERSION: &str = "SELECT id, checklist_id, version, body, sha256, in_force_from, \
    signed_by_marketing, signed_by_sales, review_on FROM checklist_versions";

/// Adds a version, unsigned; the checklist is made where there is none of that name. Gives
/// (checklist, version).
pub async fn add(tx: &mut Tx, body: &str) -> Result<(String, String)> {
    let list = Checklist::parse(body).map_err(StoreError::Value)?;
    let known = one!(
        tx,
        (String,),
        "SELECT id FROM checklists WHERE name = $1",
        &list.name
    )?;
    let checklist = match known {
        Some((id,)) => id,
        None => {
            let id = new_id();
            run!(
                tx,
                "INSERT INTO checklists (id, name) VALUES ($1, $2)",
                &id,
                &list.name
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
    let id = new_id();
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
    Ok((checklist, id))
}

/// Signs a version by name for both houses: from then on it is in force.
pub async fn sign(
    tx: &mut Tx,
    version: &str,
    marketing: &str,
    sales: &str,
    from: WallTime,
    review_on: Option<WallTime>,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE checklist_versions SET signed_by_marketing = $2, signed_by_sales = $3, \
         in_force_from = $4, review_on = $5 WHERE id = $1 AND in_force_from IS NULL",
        version,
        marketing,
        sales,
        from.micros(),
        review_on.map(WallTime::micros)
    )?;
    super::changed_one(
        rows,
        "this checklist version is in force already, or does not exist",
    )
}

pub async fn in_force(tx: &mut Tx, checklist: &str, at: WallTime) -> Result<Option<Version>> {
    let sql = format!(
        "{VERSION} WHERE checklist_id = $1 AND in_force_from <= $2 ORDER BY version DESC LIMIT 1"
    );
    Ok(one!(
        tx,
        Version,
        sqlx::AssertSqlSafe(sql),
        checklist,
        at.micros()
    )?)
}

pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Version>> {
    Ok(one!(
        tx,
        Version,
        sqlx::AssertSqlSafe(format!("{VERSION} WHERE id = $1")),
        id
    )?)
}

pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<String>> {
    Ok(one!(
        tx,
        (String,),
        "SELECT id FROM checklists WHERE name = $1",
        name
    )?
    .map(|r| r.0))
}

/// A checklist with the campaigns that use it.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    pub name: String,
}

/// Checklists of a person's clients, and those that no campaign uses yet and that the shell or a
/// colleague began.
pub async fn of_person(tx: &mut Tx, person: &str) -> Result<Vec<Listed>> {
    Ok(all!(
        tx,
        Listed,
        "SELECT h.id, h.name FROM checklists h WHERE (NOT EXISTS (SELECT 1 FROM campaigns c WHERE \
         c.checklist_id = h.id)
             AND (h.created_by IS NULL OR EXISTS (SELECT 1 FROM person_clients a JOIN \
         person_clients b ON b.client_id = a.client_id WHERE a.person_id = h.created_by AND \
         b.person_id = $1)))
           OR EXISTS (SELECT 1 FROM campaigns c JOIN person_clients pc ON pc.client_id = \
         c.client_id WHERE c.checklist_id = h.id AND pc.person_id = $1) ORDER BY h.name",
        person
    )?)
}

/// Says who began a checklist on the page.
pub async fn began(tx: &mut Tx, checklist: &str, person: &str) -> Result<()> {
    run!(
        tx,
        "UPDATE checklists SET created_by = $2 WHERE id = $1",
        checklist,
        person
    )?;
    Ok(())
}

pub async fn versions(tx: &mut Tx, checklist: &str) -> Result<Vec<Version>> {
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
pub async fn campaigns(tx: &mut Tx, checklist: &str) -> Result<Vec<String>> {
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
pub async fn change(tx: &mut Tx, version: &Version, body: &str) -> Result<()> {
    let list = Checklist::parse(body).map_err(StoreError::Value)?;
    if by_name(tx, &list.name).await?.as_deref() != Some(&version.checklist_id) {
        return Err(StoreError::Value(
            "a version keeps its checklist's name; another name makes another checklist".to_owned(),
        ));
    }
    let rows = run!(
        tx,
        "UPDATE checklist_versions SET body = $2, sha256 = $3 WHERE id = $1 AND \
         signed_by_marketing IS NULL AND signed_by_sales IS NULL AND in_force_from IS NULL",
        &version.id,
        body,
        sha256(body)
    )?;
    super::changed_one(
        rows,
        "this version is signed, so it never changes again: make another from it",
    )
}

/// A head's signature; with both, the version is in force from now on. Gives whether it is.
///
/// # Errors
/// A conflict when this house has signed it already, or it is in force.
pub async fn sign_as(
    tx: &mut Tx,
    version: &str,
    house: House,
    name: &str,
    now: WallTime,
    review_on: Option<WallTime>,
) -> Result<bool> {
    let sql = match house {
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
    super::changed_one(
        run!(
            tx,
            sql,
            version,
            name,
            now.micros(),
            review_on.map(WallTime::micros)
        )?,
        "your house has signed this version already",
    )?;
    let both = "UPDATE checklist_versions SET in_force_from = $2 WHERE id = $1 AND \
        signed_by_marketing IS NOT NULL AND signed_by_sales IS NOT NULL AND in_force_from IS NULL";
    Ok(run!(tx, both, version, now.micros())? == 1)
}

/// Whose head signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum House {
    Marketing,
    Sales,
}

impl House {
    pub fn from_name(name: &str) -> Option<House> {
        match name {
            "marketing" => Some(House::Marketing),
            "sales" => Some(House::Sales),
            _ => None,
        }
    }
}
