//! The audit chain: every line holds the hash of the one before, so that a line cannot be changed,
//! added or taken out later without every hash after it changing too.

use crate::hex::hex;
use crate::store::{Actor, ROWS_AT_A_TIME, Result, StoreError, Tx, all, insert, one};
use crate::units::{CallId, Micros, PersonId, WallTime};
use serde_json::json;
use sha2::{Digest, Sha256};

/// What the first line points at.
const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One thing that somebody did. `detail` is JSON without personal data beyond identifiers.
#[derive(Debug, Clone)]
pub(in crate::store) struct Entry<'a> {
    pub at: WallTime,
    pub by: &'a Actor,
    pub action: &'a str,
    /// What it was done to, as `kind:id`.
    pub subject: String,
    pub detail: serde_json::Value,
}

/// What a line says in place of a value that it must not say: enough to hold the value against.
pub(in crate::store) fn digest_of(subject: &str, value: &str) -> String {
    hex(&Sha256::digest(format!("{subject} {value}")))
}

/// A clock that runs ahead by more than this is wrong, and nothing follows it.
const AHEAD: Micros = Micros::from_secs(60);

/// `now`, or a moment after the latest of the newest lines where that is no later: who waited for
/// their turn to write acts after those before them, whatever they saw on the clock while waiting.
pub(in crate::store) async fn after_others(tx: &mut Tx, now: WallTime) -> Result<WallTime> {
    let newest = one!(
        tx,
        (WallTime,),
        "SELECT COALESCE(MAX(n.at), 0) FROM (SELECT at FROM audit ORDER BY seq DESC LIMIT 1000) n"
    )?;
    let next = newest.map_or(now, |row| WallTime(row.0.micros() + 1));
    Ok(if next <= now + AHEAD {
        next.max(now)
    } else {
        now
    })
}

/// Adds a line, in the transaction of what it tells of.
pub(in crate::store) async fn append(
    tx: &mut Tx,
    by: &Actor,
    action: &str,
    subject: String,
    detail: serde_json::Value,
    now: WallTime,
) -> Result<()> {
    let entry = Entry {
        at: now,
        by,
        action,
        subject,
        detail,
    };
    append_all(tx, &[entry]).await
}

/// Adds a line for each of these, in their order.
pub(in crate::store) async fn append_all(tx: &mut Tx, entries: &[Entry<'_>]) -> Result<()> {
    let last = one!(
        tx,
        (i64, String),
        "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
    )?;
    let (mut seq, mut previous) = last.unwrap_or((0, START.to_owned()));
    let mut lines = Vec::with_capacity(entries.len());
    for entry in entries {
        seq += 1;
        let detail = entry.detail.to_string();
        let hash = line_hash(
            seq,
            entry.at.micros(),
            entry.by.as_str(),
            entry.action,
            &entry.subject,
            &detail,
            &previous,
        );
        let before = std::mem::replace(&mut previous, hash.clone());
        lines.push((seq, entry, detail, before, hash));
    }
    for lines in lines.chunks(ROWS_AT_A_TIME) {
        insert!(
            tx,
            (),
            "INSERT INTO audit (seq, at, actor, action, subject, detail, previous, hash) ",
            lines,
            |line| [
                line.0,
                line.1.at,
                line.1.by.as_str(),
                line.1.action,
                &line.1.subject,
                &line.2,
                &line.3,
                &line.4
            ],
            ""
        )?;
    }
    Ok(())
}

/// What changes nothing in the database and leaves a line all the same (PRODUCT I7): what was read
/// or exported, what was said to the recorder, what was done to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outside {
    /// The recording of a call in progress was paused.
    Paused(CallId),
    /// It was resumed.
    Resumed(CallId),
    /// The other side has said yes to being recorded.
    Consented(CallId),
    /// The other side has been told that it is recorded.
    Announced(CallId),
    /// The ledger left the box as a file; a period, or all of it.
    LedgerExported(Option<String>),
    /// The extract of the books left the box as a file; of a person, or of all that one sees.
    BooksExtracted(Option<PersonId>),
    /// The audit pack of a period left the box.
    AuditPackMade(String),
    KeyMade(String),
    KeyExported(String),
    KeyForgotten(String),
    KeyImported(String),
    /// So many recordings that lay in the open were encrypted.
    RecordingsAdopted(usize),
    /// The release before took the box back, with the database as it was then: what came since is
    /// not in it.
    UpgradeUndone(WallTime),
}

impl Outside {
    /// The action as the log names it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Outside::Paused(_) => "call.paused",
            Outside::Resumed(_) => "call.resumed",
            Outside::Consented(_) => "call.consent",
            Outside::Announced(_) => "call.announced",
            Outside::LedgerExported(_) => "ledger.exported",
            Outside::BooksExtracted(_) => "books.extracted",
            Outside::AuditPackMade(_) => "audit_pack.made",
            Outside::KeyMade(_) => "key.made",
            Outside::KeyExported(_) => "key.exported",
            Outside::KeyForgotten(_) => "key.forgotten",
            Outside::KeyImported(_) => "key.imported",
            Outside::RecordingsAdopted(_) => "recordings.adopted",
            Outside::UpgradeUndone(_) => "upgrade.undone",
        }
    }

    fn subject(&self) -> String {
        match self {
            Outside::Paused(call)
            | Outside::Resumed(call)
            | Outside::Consented(call)
            | Outside::Announced(call) => format!("call:{call}"),
            Outside::LedgerExported(_) | Outside::BooksExtracted(None) => "ledger".to_owned(),
            Outside::BooksExtracted(Some(person)) => format!("person:{person}"),
            Outside::AuditPackMade(period) => format!("period:{period}"),
            Outside::KeyMade(key)
            | Outside::KeyExported(key)
            | Outside::KeyForgotten(key)
            | Outside::KeyImported(key) => format!("key:{key}"),
            Outside::RecordingsAdopted(_) => "recordings".to_owned(),
            Outside::UpgradeUndone(at) => format!("database:{at}"),
        }
    }
}

/// Action and object, for the one who did it.
impl std::fmt::Display for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let subject = self.subject();
        let id = subject.split_once(':').map_or(&*subject, |(_, id)| id);
        write!(f, "{} {id}", self.action())
    }
}

/// Writes down what happened outside the database.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut Tx, by: &Actor, what: &Outside, now: WallTime) -> Result<()> {
    let detail = match what {
        Outside::RecordingsAdopted(count) => json!({ "count": count }),
        Outside::LedgerExported(period) => json!({ "period": period }),
        _ => json!({}),
    };
    append(tx, by, what.action(), what.subject(), detail, now).await
}

/// Each field with its length, so that no two lines read the same.
fn line_hash(
    seq: i64,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
    previous: &str,
) -> String {
    let mut digest = Sha256::new();
    for field in [
        &seq.to_string(),
        &at.to_string(),
        actor,
        action,
        subject,
        detail,
        previous,
    ] {
        digest.update((field.len() as u64).to_le_bytes());
        digest.update(field.as_bytes());
    }
    hex(&digest.finalize())
}

/// A line about somebody or something, as the log has it.
#[derive(Debug, Clone, sqlx::FromRow, PartialEq, Eq)]
pub struct Told {
    pub at: WallTime,
    /// A person's id, `shell`, `system` or `link`.
    pub actor: String,
    pub action: String,
    /// JSON.
    pub detail: String,
}

/// The lines about something, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn lines_of(tx: &mut Tx, subject: &str) -> Result<Vec<Told>> {
    Ok(all!(
        tx,
        Told,
        "SELECT at, actor, action, detail FROM audit WHERE subject = $1 ORDER BY seq",
        subject
    )?)
}

/// The hash of the last line; none where the log is empty.
///
/// # Errors
/// When the database fails.
pub async fn last_hash(tx: &mut Tx) -> Result<Option<String>> {
    let found = one!(
        tx,
        (String,),
        "SELECT hash FROM audit ORDER BY seq DESC LIMIT 1"
    )?;
    Ok(found.map(|row| row.0))
}

/// What was done to something, in order.
pub async fn actions(tx: &mut Tx, subject: &str) -> Result<Vec<String>> {
    Ok(all!(
        tx,
        (String,),
        "SELECT action FROM audit WHERE subject = $1 ORDER BY seq",
        subject
    )?
    .into_iter()
    .map(|r| r.0)
    .collect())
}

type Line = (i64, i64, String, String, String, String, String, String);

/// Walks the whole chain; gives its length.
///
/// # Errors
/// [`StoreError::Broken`] names the first line that does not fit.
pub async fn verify(tx: &mut Tx) -> Result<u64> {
    let lines = all!(
        tx,
        Line,
        "SELECT seq, at, actor, action, subject, detail, previous, hash FROM audit ORDER BY seq"
    )?;
    let mut before = START.to_owned();
    for (expected, (seq, at, actor, action, subject, detail, previous, hash)) in (1..).zip(&lines) {
        let fits = *seq == expected
            && *previous == before
            && *hash == line_hash(*seq, *at, actor, action, subject, detail, previous);
        if !fits {
            return Err(StoreError::Broken(format!(
                "the audit chain is broken at line {seq}"
            )));
        }
        before.clone_from(hash);
    }
    Ok(lines.len() as u64)
}
