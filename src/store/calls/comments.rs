//! Comments pinned to the audio, and clips that are shared by an expiring link (PRODUCT R13).

use crate::store::{Result, Tx, all, new_id, one, run};
use crate::units::WallTime;
use serde::Serialize;
use sqlx::FromRow;

/// A comment with who wrote it.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Comment {
    pub id: String,
    pub call_id: String,
    pub person_id: String,
    pub person: String,
    pub role: String,
    pub from_ms: i64,
    pub to_ms: i64,
    /// stall, objection, bridge or coaching.
    pub tag: Option<String>,
    pub text: String,
    pub created_at: i64,
}

/// What tags there are.
pub const TAGS: [&str; 4] = ["stall", "objection", "bridge", "coaching"];

const COMMENT: &str = "SELECT m.id, m.call_id, m.person_id, p.name AS person, p.role, m.from_ms, \
    m.to_ms, m.tag, m.text, m.created_at FROM comments m JOIN people p ON p.id = m.person_id";

pub async fn add(
    tx: &mut Tx,
    call: &str,
    person: &str,
    (from_ms, to_ms): (i64, i64),
    tag: Option<&str>,
    text: &str,
    now: WallTime,
) -> Result<String> {
    let id = new_id();
    run!(
        tx,
        "INSERT INTO comments (id, call_id, person_id, from_ms, to_ms, tag, text, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &id,
        call,
        person,
        from_ms,
        to_ms,
        tag,
        text,
        now.micros()
    )?;
    Ok(id)
}

pub async fn of_call(tx: &mut Tx, call: &str) -> Result<Vec<Comment>> {
    Ok(all!(
        tx,
        Comment,
        sqlx::AssertSqlSafe(format!(
            "{COMMENT} WHERE m.call_id = $1 ORDER BY m.from_ms, m.created_at LIMIT 500"
        )),
        call
    )?)
}

/// A shared clip.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
pub struct Share {
    pub id: String,
    pub call_id: String,
    pub from_ms: i64,
    pub to_ms: i64,
    pub created_by: String,
    pub reason: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
    pub opened: i64,
}

const SHARE: &str = "SELECT id, call_id, from_ms, to_ms, created_by, reason, created_at, \
    expires_at, revoked_at, opened FROM shares";

/// What is shared, by whom, why and until when.
#[derive(Debug, Clone)]
pub struct NewShare<'a> {
    /// SHA-256 of the link's secret; the secret itself is in the link alone.
    pub token_hash: &'a str,
    pub call: &'a str,
    pub from_ms: i64,
    pub to_ms: i64,
    pub by: &'a str,
    pub reason: &'a str,
    pub expires_at: WallTime,
}

pub async fn share(tx: &mut Tx, s: &NewShare<'_>, now: WallTime) -> Result<String> {
    let id = new_id();
    run!(
        tx,
        "INSERT INTO shares (id, token_hash, call_id, from_ms, to_ms, created_by, reason, \
         created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &id,
        s.token_hash,
        s.call,
        s.from_ms,
        s.to_ms,
        s.by,
        s.reason,
        now.micros(),
        s.expires_at.micros()
    )?;
    Ok(id)
}

/// The clip behind a link that is still good; counts that it was opened.
pub async fn open(tx: &mut Tx, token_hash: &str, now: WallTime) -> Result<Option<Share>> {
    let sql = format!("{SHARE} WHERE token_hash = $1 AND expires_at > $2 AND revoked_at IS NULL");
    let found = one!(
        tx,
        Share,
        sqlx::AssertSqlSafe(sql),
        token_hash,
        now.micros()
    )?;
    if let Some(share) = &found {
        run!(
            tx,
            "UPDATE shares SET opened = opened + 1 WHERE id = $1",
            &share.id
        )?;
    }
    Ok(found)
}

pub async fn shares_of_call(tx: &mut Tx, call: &str) -> Result<Vec<Share>> {
    Ok(all!(
        tx,
        Share,
        sqlx::AssertSqlSafe(format!(
            "{SHARE} WHERE call_id = $1 ORDER BY created_at DESC LIMIT 100"
        )),
        call
    )?)
}

pub async fn revoke(tx: &mut Tx, share: &str, call: &str, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE shares SET revoked_at = $3 WHERE id = $1 AND call_id = $2 AND revoked_at IS NULL",
        share,
        call,
        now.micros()
    )?;
    crate::store::changed_one(rows, "this link is revoked already, or does not exist")
}
