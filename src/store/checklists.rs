//! Checklist versions: bytes that never change once two heads have signed.

use super::{Result, StoreError, Tx, new_id, one, run};
use crate::archive::seal::hex;
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
}

impl Version {
    /// # Errors
    /// When the stored text no longer reads, or is not what its hash says.
    pub fn checklist(&self) -> Result<Checklist> {
        if sha256(&self.body) != self.sha256 {
            return Err(StoreError::Value(format!("checklist version {} is not what was signed", self.id)));
        }
        Checklist::parse(&self.body).map_err(StoreError::Value)
    }
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

const VERSION: &str = "SELECT id, checklist_id, version, body, sha256, in_force_from FROM checklist_versions";

/// Adds a version, unsigned; the checklist is made where there is none of that name. Gives (checklist, version).
pub async fn add(tx: &mut Tx, body: &str) -> Result<(String, String)> {
    let list = Checklist::parse(body).map_err(StoreError::Value)?;
    let known = one!(tx, (String,), "SELECT id FROM checklists WHERE name = $1", &list.name)?;
    let checklist = match known {
        Some((id,)) => id,
        None => {
            let id = new_id();
            run!(tx, "INSERT INTO checklists (id, name) VALUES ($1, $2)", &id, &list.name)?;
            id
        }
    };
    let number = one!(tx, (i64,), "SELECT COALESCE(MAX(version), 0) + 1 FROM checklist_versions WHERE checklist_id = $1", &checklist)?.map_or(1, |r| r.0);
    let id = new_id();
    run!(tx, "INSERT INTO checklist_versions (id, checklist_id, version, body, sha256) VALUES ($1, $2, $3, $4, $5)", &id, &checklist, number, body, sha256(body))?;
    Ok((checklist, id))
}

/// Signs a version by name for both houses: from then on it is in force.
pub async fn sign(tx: &mut Tx, version: &str, marketing: &str, sales: &str, from: WallTime, review_on: Option<WallTime>) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE checklist_versions SET signed_by_marketing = $2, signed_by_sales = $3, in_force_from = $4, review_on = $5 WHERE id = $1 AND in_force_from IS NULL",
        version,
        marketing,
        sales,
        from.micros(),
        review_on.map(WallTime::micros)
    )?;
    super::changed_one(rows, "this checklist version is in force already, or does not exist")
}

pub async fn in_force(tx: &mut Tx, checklist: &str, at: WallTime) -> Result<Option<Version>> {
    let sql = format!("{VERSION} WHERE checklist_id = $1 AND in_force_from <= $2 ORDER BY version DESC LIMIT 1");
    Ok(one!(tx, Version, sqlx::AssertSqlSafe(sql), checklist, at.micros())?)
}

pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Version>> {
    Ok(one!(tx, Version, sqlx::AssertSqlSafe(format!("{VERSION} WHERE id = $1")), id)?)
}

pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<String>> {
    Ok(one!(tx, (String,), "SELECT id FROM checklists WHERE name = $1", name)?.map(|r| r.0))
}
