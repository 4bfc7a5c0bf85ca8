//! Comments pinned to the audio, and clips that are shared by an expiring link (PRODUCT R13).

use crate::identity::Role;
use crate::pii::Pii;
use crate::review::Tag;
use crate::store::calls::listens::{self, Listen, Way};
use crate::store::{Actor, Result, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{CallId, CommentId, PersonId, ShareId, WallTime};
use serde_json::json;
use sqlx::FromRow;

/// A comment with who wrote it.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Comment {
    pub id: CommentId,
    pub call_id: CallId,
    pub person_id: PersonId,
    pub person: Pii<String>,
    pub role: Role,
    pub from_ms: i64,
    pub to_ms: i64,
    /// Null: none was chosen.
    pub tag: Option<Tag>,
    pub text: Pii<String>,
    pub created_at: WallTime,
}

const COMMENT: &str = "SELECT m.id, m.call_id, m.person_id, p.name AS person, p.role, m.from_ms, \
    m.to_ms, m.tag, m.text, m.created_at FROM comments m JOIN people p ON p.id = m.person_id";

/// What somebody says of a time range of a call.
#[derive(Debug, Clone)]
pub struct NewComment<'a> {
    pub call: &'a CallId,
    pub person: &'a PersonId,
    pub from_ms: i64,
    pub to_ms: i64,
    /// `None`: none was chosen.
    pub tag: Option<Tag>,
    pub text: &'a str,
}

/// Pins a comment; gives its id.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, c: &NewComment<'_>, now: WallTime) -> Result<CommentId> {
    let id: CommentId = new_id();
    run!(
        tx,
        "INSERT INTO comments (id, call_id, person_id, from_ms, to_ms, tag, text, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &id,
        c.call,
        c.person,
        c.from_ms,
        c.to_ms,
        c.tag,
        c.text,
        now
    )?;
    let (by, detail) = (c.person.into(), json!({ "comment": id }));
    log::append(tx, &by, "comment.made", subject(c.call), detail, now).await?;
    Ok(id)
}

fn subject(call: &CallId) -> String {
    format!("call:{call}")
}

/// A call's comments in the order of its audio, at most 500.
pub async fn of_call(tx: &mut Tx, call: &CallId) -> Result<Vec<Comment>> {
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
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Share {
    pub id: ShareId,
    pub call_id: CallId,
    pub from_ms: i64,
    pub to_ms: i64,
    pub created_by: PersonId,
    pub reason: Pii<String>,
    pub created_at: WallTime,
    pub expires_at: WallTime,
    /// Null: good until it expires.
    pub revoked_at: Option<WallTime>,
    /// How often the link was opened.
    pub opened: i64,
}

const SHARE: &str = "SELECT id, call_id, from_ms, to_ms, created_by, reason, created_at, \
    expires_at, revoked_at, opened FROM shares";

/// What is shared, by whom, why and until when.
#[derive(Debug, Clone)]
pub struct NewShare<'a> {
    /// SHA-256 of the link's secret; the secret itself is in the link alone.
    pub token_hash: &'a str,
    pub call: &'a CallId,
    pub from_ms: i64,
    pub to_ms: i64,
    pub by: &'a PersonId,
    pub reason: &'a str,
    pub expires_at: WallTime,
}

/// Shares a clip; gives the share's id.
///
/// # Errors
/// When the database fails.
pub async fn share(tx: &mut Tx, s: &NewShare<'_>, now: WallTime) -> Result<ShareId> {
    let id: ShareId = new_id();
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
        now,
        s.expires_at
    )?;
    let detail = json!({
        "share": id,
        "from_ms": s.from_ms,
        "to_ms": s.to_ms,
        "expires_at": s.expires_at,
    });
    log::append(
        tx,
        &s.by.into(),
        "clip.shared",
        subject(s.call),
        detail,
        now,
    )
    .await?;
    Ok(id)
}

/// Opens the clip behind a link that is still good; each opening is counted and logged.
///
/// # Errors
/// When the database fails.
pub async fn open(
    tx: &mut Tx,
    token_hash: &str,
    address: &str,
    now: WallTime,
) -> Result<Option<Share>> {
    let sql = format!("{SHARE} WHERE token_hash = $1 AND expires_at > $2 AND revoked_at IS NULL");
    let found = one!(tx, Share, sqlx::AssertSqlSafe(sql), token_hash, now)?;
    if let Some(share) = &found {
        run!(
            tx,
            "UPDATE shares SET opened = opened + 1 WHERE id = $1",
            &share.id
        )?;
        let listen = Listen {
            call: &share.call_id,
            way: Way::Shared,
            session: &share.id,
            address,
        };
        listens::note(tx, &Actor::Link, &listen, now).await?;
    }
    Ok(found)
}

/// A call's shared clips, newest first, at most 100.
pub async fn shares_of_call(tx: &mut Tx, call: &CallId) -> Result<Vec<Share>> {
    Ok(all!(
        tx,
        Share,
        sqlx::AssertSqlSafe(format!(
            "{SHARE} WHERE call_id = $1 ORDER BY created_at DESC LIMIT 100"
        )),
        call
    )?)
}

/// Makes a link good for nothing.
///
/// # Errors
/// A conflict when it is revoked already, or does not exist.
pub async fn revoke(
    tx: &mut Tx,
    by: &PersonId,
    share: &ShareId,
    call: &CallId,
    now: WallTime,
) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE shares SET revoked_at = $3 WHERE id = $1 AND call_id = $2 AND revoked_at IS NULL",
        share,
        call,
        now
    )?;
    changed_one(rows, "this link is revoked already, or does not exist")?;
    let detail = json!({ "share": share });
    log::append(tx, &by.into(), "clip.revoked", subject(call), detail, now).await
}
