//! The audit chain: every line holds the hash of the one before, so that a line cannot be changed,
//! added or taken out later without every hash after it changing too.

use super::{ROWS_AT_A_TIME, Result, StoreError, Tx, all, insert, one};
use crate::hex::hex;
use crate::units::WallTime;
use sha2::{Digest, Sha256};

/// Serializes writers of the chain on PostgreSQL.
const CHAIN_LOCK: i64 = 0x4155_4449;
/// What the first line points at.
const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One thing that somebody did. `detail` is JSON without personal data beyond identifiers.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    pub at: WallTime,
    /// A person's id, or `system`.
    pub actor: &'a str,
    pub action: &'a str,
    /// What it was done to, as `kind:id`.
    pub subject: &'a str,
    pub detail: serde_json::Value,
}

/// Adds a line, in the transaction of what it tells of.
///
/// # Errors
/// When the database fails.
pub async fn append(tx: &mut Tx, entry: Entry<'_>) -> Result<()> {
    append_all(tx, &[entry]).await
}

/// Adds a line for each of these, in their order.
///
/// # Errors
/// When the database fails.
pub async fn append_all(tx: &mut Tx, entries: &[Entry<'_>]) -> Result<()> {
    tx.serialize(CHAIN_LOCK).await?;
    let last: Option<(i64, String)> = one!(
        tx,
        (i64, String),
        "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
    )?;
    let (mut seq, mut previous) = last.unwrap_or((0, START.to_owned()));
    let mut lines: Vec<(i64, &Entry<'_>, String, String, String)> =
        Vec::with_capacity(entries.len());
    for entry in entries {
        seq += 1;
        let detail = entry.detail.to_string();
        let hash = line_hash(
            seq,
            entry.at.micros(),
            entry.actor,
            entry.action,
            entry.subject,
            &detail,
            &previous,
        );
        lines.push((
            seq,
            entry,
            detail,
            std::mem::replace(&mut previous, hash.clone()),
            hash,
        ));
    }
    for lines in lines.chunks(ROWS_AT_A_TIME) {
        insert!(
            tx,
            (),
            "INSERT INTO audit (seq, at, actor, action, subject, detail, previous, hash) ",
            lines,
            |line| [
                line.0,
                line.1.at.micros(),
                line.1.actor,
                line.1.action,
                line.1.subject,
                &line.2,
                &line.3,
                &line.4
            ],
            ""
        )?;
    }
    Ok(())
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
/// [`StoreError::Value`] names the first line that does not fit.
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
            return Err(StoreError::Value(format!(
                "the audit chain is broken at line {seq}"
            )));
        }
        before.clone_from(hash);
    }
    Ok(lines.len() as u64)
}
