//! Content that marketing offers for the first mail to a buyer, where it was used, and what was
//! looked for in vain (PRODUCT H5).

use crate::handover::content::{LARGEST_FILE, Piece, Wanted, file_name, score};
use crate::hex::hex;
use crate::identity::Role;
use crate::leads::BuyerStage;
use crate::leads::finding::folded;
use crate::pii::Pii;
use crate::store::events::{Event, Topic};
use crate::store::handover::opening;
use crate::store::review::claims::Claim;
use crate::store::{Actor, Result, StoreError, Tx, all, changed_one, log, new_id, one, run};
use crate::units::{ClaimId, ClientId, ContentId, PersonId, WallTime};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

/// A piece of content.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Content {
    pub id: ContentId,
    pub client_id: ClientId,
    pub client: String,
    pub title: String,
    pub link: String,
    /// Of a piece that is a file of the box's; null: it is a link.
    pub file: Option<String>,
    pub theme: String,
    pub topic: String,
    /// Empty: for any.
    pub stage: String,
    pub pain: String,
    pub added_at: WallTime,
    /// How often sales took it for a buyer.
    pub uses: i64,
}

const CONTENT: &str = "SELECT c.id, c.client_id, k.name AS client, c.title, c.link, f.name AS \
    file, c.theme, c.topic, c.stage, c.pain, c.added_at, (SELECT COUNT(*) FROM content_uses u \
    WHERE u.content_id = c.id) AS uses FROM content c JOIN clients k ON k.id = c.client_id LEFT \
    JOIN content_files f ON f.content_id = c.id";

/// Content that is offered, of a person's clients, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<Vec<Content>> {
    let sql = format!(
        "{CONTENT} JOIN person_clients pc ON pc.client_id = c.client_id AND pc.person_id = $1 \
         WHERE c.retired_at IS NULL ORDER BY c.added_at DESC, c.id LIMIT 500"
    );
    Ok(all!(tx, Content, sqlx::AssertSqlSafe(sql), person)?)
}

async fn of_client(tx: &mut Tx, client: &ClientId) -> Result<Vec<Content>> {
    let sql = format!(
        "{CONTENT} WHERE c.client_id = $1 AND c.retired_at IS NULL ORDER BY c.added_at DESC, c.id \
         LIMIT 500"
    );
    Ok(all!(tx, Content, sqlx::AssertSqlSafe(sql), client)?)
}

/// A piece of content, offered or not any more.
///
/// # Errors
/// When the database fails.
pub async fn by_id(tx: &mut Tx, id: &ContentId) -> Result<Option<Content>> {
    let sql = format!("{CONTENT} WHERE c.id = $1");
    Ok(one!(tx, Content, sqlx::AssertSqlSafe(sql), id)?)
}

/// What fits a lead best, or words that somebody looks for; at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn fitting(
    tx: &mut Tx,
    client: &ClientId,
    wanted: &Wanted<'_>,
    limit: usize,
) -> Result<Vec<Content>> {
    let mut scored: Vec<(i64, Content)> = of_client(tx, client)
        .await?
        .into_iter()
        .map(|c| {
            let piece = Piece {
                title: &c.title,
                theme: &c.theme,
                topic: &c.topic,
                pain: &c.pain,
                stage: c.stage.parse().ok(),
            };
            (score(&piece, wanted), c)
        })
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by_key(|(score, _)| -score);
    scored.truncate(limit);
    Ok(scored.into_iter().map(|(_, c)| c).collect())
}

/// Where a piece is.
#[derive(Clone, Copy)]
pub enum What<'a> {
    /// On the web.
    Link(&'a str),
    /// With the box.
    File(&'a Attached),
}

/// A file, as it is kept; made before anybody waits for it.
pub struct Attached {
    name: String,
    bytes: i64,
    sha256: String,
    base64: String,
}

impl Attached {
    /// `name` is what it was called where it came from.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for an empty one, a large one, and a kind that is not sent.
    pub fn of(name: &str, bytes: &[u8]) -> Result<Attached> {
        let name = file_name(name).map_err(StoreError::Refused)?;
        if bytes.is_empty() || bytes.len() > LARGEST_FILE {
            return Err(StoreError::Refused(
                "The file is empty or larger than 5 MB: give a link to it, or a smaller one"
                    .to_owned(),
            ));
        }
        Ok(Attached {
            name,
            bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            sha256: hex(&Sha256::digest(bytes)),
            base64: STANDARD.encode(bytes),
        })
    }
}

/// What marketing offers.
#[derive(Clone)]
pub struct NewContent<'a> {
    pub client: &'a ClientId,
    pub title: &'a str,
    pub what: What<'a>,
    pub theme: &'a str,
    pub topic: &'a str,
    /// `None`: for any.
    pub stage: Option<BuyerStage>,
    pub pain: &'a str,
}

const LONGEST: usize = 300;

/// Marketing offers a piece of content.
///
/// # Errors
/// [`StoreError::Refused`] without a title or with what is no link.
pub async fn add(tx: &mut Tx, by: &PersonId, new: &NewContent<'_>, now: WallTime) -> Result<()> {
    let title = new.title.trim();
    let texts = [title, new.theme, new.topic, new.pain];
    if title.is_empty() || texts.iter().any(|t| t.chars().count() > LONGEST) {
        return Err(StoreError::Refused(
            "Content has a title; title, theme, topic and pain have at most 300 characters"
                .to_owned(),
        ));
    }
    let id: ContentId = new_id();
    let link = match new.what {
        What::Link(link) => web_link(link)?.to_owned(),
        What::File(..) => format!("/api/v1/content/{id}/file"),
    };
    run!(
        tx,
        "INSERT INTO content (id, client_id, title, link, theme, topic, stage, pain, added_by, \
         added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &id,
        new.client,
        title,
        link,
        new.theme.trim(),
        new.topic.trim(),
        new.stage.map_or("", BuyerStage::as_str),
        new.pain.trim(),
        by,
        now
    )?;
    if let What::File(file) = new.what {
        run!(
            tx,
            "INSERT INTO content_files (content_id, name, bytes, sha256, base64) VALUES ($1, $2, \
             $3, $4, $5)",
            &id,
            &file.name,
            file.bytes,
            &file.sha256,
            &file.base64
        )?;
    }
    note(tx, by, "content.added", &id, now).await
}

/// A link is followed from sales' page: nothing but the web.
fn web_link(link: &str) -> Result<&str> {
    let link = link.trim();
    let is_web = link.starts_with("https://") || link.starts_with("http://");
    if !is_web || link.len() > 1_000 || link.contains(char::is_whitespace) {
        return Err(StoreError::Refused(
            "Give a link that begins with https://, of at most 1,000 characters".to_owned(),
        ));
    }
    Ok(link)
}

/// The name and the bytes of a piece that is a file.
///
/// # Errors
/// [`StoreError::Broken`] when they are not those that came in.
pub async fn file(tx: &mut Tx, id: &ContentId) -> Result<Option<(String, Vec<u8>)>> {
    let found = one!(
        tx,
        (String, String, String),
        "SELECT name, sha256, base64 FROM content_files WHERE content_id = $1",
        id
    )?;
    let Some((name, sha256, text)) = found else {
        return Ok(None);
    };
    match STANDARD.decode(text) {
        Ok(bytes) if hex(&Sha256::digest(&bytes)) == sha256 => Ok(Some((name, bytes))),
        _ => Err(StoreError::Broken(format!(
            "the file of content {id} is not what came in"
        ))),
    }
}

/// It is offered no more; where it was used it stays.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not offered.
pub async fn retire(tx: &mut Tx, by: &PersonId, id: &ContentId, now: WallTime) -> Result<()> {
    let rows = run!(
        tx,
        "UPDATE content SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL",
        id,
        now
    )?;
    changed_one(rows, "it is not offered any more")?;
    note(tx, by, "content.retired", id, now).await
}

async fn note(
    tx: &mut Tx,
    by: &PersonId,
    action: &str,
    id: &ContentId,
    now: WallTime,
) -> Result<()> {
    let subject = format!("content:{id}");
    log::append(tx, &Actor::from(by), action, subject, json!({}), now).await
}

/// Sales takes a piece for a buyer: it stands on the lead's timeline.
///
/// # Errors
/// When the database fails.
pub async fn take(
    tx: &mut Tx,
    by: &PersonId,
    claim: &Claim,
    content: &ContentId,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "INSERT INTO content_uses (id, content_id, claim_id, person_id, at) VALUES ($1, $2, $3, \
         $4, $5)",
        new_id::<String>(),
        content,
        &claim.id,
        by,
        now
    )?;
    let detail = json!({ "content": content });
    opening::note(tx, &Actor::from(by), "content.used", &claim.id, detail, now).await?;
    tx.tell(Event::to_role(Topic::Handovers, Role::Sales));
    Ok(())
}

/// A piece that was taken for a buyer.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Used {
    pub title: String,
    pub at: WallTime,
}

/// What was taken for a claim's buyer, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn used(tx: &mut Tx, claim: &ClaimId) -> Result<Vec<Used>> {
    Ok(all!(
        tx,
        Used,
        "SELECT c.title, u.at FROM content_uses u JOIN content c ON c.id = u.content_id WHERE \
         u.claim_id = $1 ORDER BY u.at",
        claim
    )?)
}

/// Somebody looked for words and found nothing: marketing sees what is missing.
///
/// # Errors
/// When the database fails.
pub async fn miss(
    tx: &mut Tx,
    by: &PersonId,
    client: &ClientId,
    words: &str,
    now: WallTime,
) -> Result<()> {
    let words: String = words.chars().take(LONGEST).collect();
    run!(
        tx,
        "INSERT INTO content_misses (id, client_id, person_id, words, at) VALUES ($1, $2, $3, $4, \
         $5)",
        new_id::<String>(),
        client,
        by,
        words,
        now
    )?;
    let (subject, action) = (format!("client:{client}"), "content.missed");
    log::append(tx, &Actor::from(by), action, subject, json!({}), now).await
}

/// Words that were looked for in vain.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Miss {
    pub words: Pii<String>,
    pub client: String,
    /// How often they were looked for.
    pub times: i64,
    pub last_at: WallTime,
}

/// What was looked for in vain by a person's clients' sales, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn misses(tx: &mut Tx, person: &PersonId) -> Result<Vec<Miss>> {
    let found = all!(
        tx,
        Miss,
        "SELECT m.words, k.name AS client, COUNT(*) AS times, MAX(m.at) AS last_at FROM \
         content_misses m JOIN clients k ON k.id = m.client_id JOIN person_clients pc ON \
         pc.client_id = m.client_id AND pc.person_id = $1 GROUP BY m.words, k.name ORDER BY \
         MAX(m.at) DESC, m.words LIMIT 1000",
        person
    )?;
    Ok(told_once(found))
}

/// Most words that are told.
const MOST_MISSES: usize = 100;

/// Words that differ in their case alone are one.
fn told_once(found: Vec<Miss>) -> Vec<Miss> {
    let mut told: Vec<Miss> = Vec::new();
    for mut miss in found {
        miss.words = folded(miss.words.reveal()).into();
        let same = |m: &&mut Miss| (&m.words, &m.client) == (&miss.words, &miss.client);
        match told.iter_mut().find(same) {
            Some(one) => one.times += miss.times,
            None => told.push(miss),
        }
    }
    told.truncate(MOST_MISSES);
    told
}
