//! What others say of this box's checkpoints: an authority when it was shown a root (RFC 3161), and
//! witnesses that the log had only grown (C2SP tlog-cosignature). Kept with the checkpoint, never
//! edited. There is no line in the audit log of it: a line is a leaf, and the log would grow by
//! being looked at.

use crate::proof::{Hash, Note, VerifierKey, cosigned_at, stamp};
use crate::store::proof::signed::Signed;
use crate::store::{Result, StoreError, Tx, all, one, run};
use crate::units::{Micros, WallTime};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sqlx::FromRow;

/// A time stamp of a checkpoint.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Stamped {
    /// Leaves of the checkpoint.
    pub size: i64,
    /// The host that was asked.
    pub authority: String,
    /// Its answer, DER in base64.
    answer: String,
    /// By its own clock.
    pub stamped_at: WallTime,
}

impl Stamped {
    /// The authority's answer (RFC 3161).
    ///
    /// # Errors
    /// [`StoreError::Broken`] when the row does not read.
    pub fn answer(&self) -> Result<Vec<u8>> {
        let bytes = STANDARD.decode(&self.answer);
        bytes.map_err(|_| {
            broken(format!(
                "the time stamp of {} leaves does not read",
                self.size
            ))
        })
    }
}

const STAMPED: &str = "SELECT size, authority, answer, stamped_at FROM stamps";

/// A witness's cosignature of a checkpoint.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Cosigned {
    /// Leaves of the checkpoint.
    pub size: i64,
    /// The witness's verifier key.
    pub witness: String,
    /// By its own clock.
    pub cosigned_at: WallTime,
}

/// Keeps what an authority answered; the first answer of a checkpoint stays.
///
/// # Errors
/// [`StoreError::Refused`] when it is no time stamp of the checkpoint's root.
pub async fn keep_stamp(
    tx: &mut Tx,
    signed: &Signed,
    authority: &str,
    answer: &[u8],
    now: WallTime,
) -> Result<()> {
    let root = Hash::from_hex(&signed.root);
    let root = root.ok_or_else(|| broken(format!("the root of {} leaves", signed.size)))?;
    let found = stamp::is_of(answer, root).map_err(|why| StoreError::Refused(why.to_string()))?;
    run!(
        tx,
        "INSERT INTO stamps (size, authority, answer, stamped_at, at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (size) DO NOTHING",
        signed.size,
        authority,
        STANDARD.encode(answer),
        at(found.at),
        now
    )?;
    Ok(())
}

/// Keeps a witness's signature line with its checkpoint, which then stays; the first of each
/// witness holds.
///
/// # Errors
/// [`StoreError::Refused`] when the line is no cosignature of it by this witness.
pub async fn keep_cosignature(
    tx: &mut Tx,
    signed: &Signed,
    witness: &VerifierKey,
    line: &str,
    now: WallTime,
) -> Result<()> {
    let refused = |why: String| StoreError::Refused(why);
    let note = Note::parse(format!("{}{line}", signed.note).as_bytes());
    let note = note.map_err(|why| refused(why.to_string()))?;
    let when = cosigned_at(&note, witness).map_err(|why| refused(why.to_string()))?;
    let when = when.ok_or_else(|| refused(format!("no cosignature of {}", witness.name())))?;
    // While the witness was asked, a newer one may have taken its place.
    run!(
        tx,
        "INSERT INTO checkpoints (size, root, note, at) VALUES ($1, $2, $3, $4) ON CONFLICT (size) \
         DO NOTHING",
        signed.size,
        &signed.root,
        &signed.note,
        signed.at
    )?;
    run!(
        tx,
        "INSERT INTO cosignatures (size, witness, line, cosigned_at, at) VALUES ($1, $2, $3, $4, \
         $5) ON CONFLICT (size, witness) DO NOTHING",
        signed.size,
        witness.to_string(),
        line,
        at(when),
        now
    )?;
    Ok(())
}

/// Seconds since 1970, as far as they can be kept.
fn at(seconds: u64) -> WallTime {
    WallTime(0) + Micros::from_secs(i64::try_from(seconds).unwrap_or(0).min(MAX_SECONDS))
}

/// The year 9999.
const MAX_SECONDS: i64 = 253_402_300_799;

fn broken(what: String) -> StoreError {
    StoreError::Broken(what)
}

/// The time stamp of a checkpoint.
///
/// # Errors
/// When the database fails.
pub async fn stamp_of(tx: &mut Tx, size: i64) -> Result<Option<Stamped>> {
    let sql = format!("{STAMPED} WHERE size = $1");
    Ok(one!(tx, Stamped, sqlx::AssertSqlSafe(sql), size)?)
}

/// The time stamp of the largest tree that has one.
///
/// # Errors
/// When the database fails.
pub async fn last_stamp(tx: &mut Tx) -> Result<Option<Stamped>> {
    let sql = format!("{STAMPED} ORDER BY size DESC LIMIT 1");
    Ok(one!(tx, Stamped, sqlx::AssertSqlSafe(sql))?)
}

/// A checkpoint's note with its cosignatures.
///
/// # Errors
/// When the database fails.
pub async fn note_of(tx: &mut Tx, signed: &Signed) -> Result<String> {
    let lines = all!(
        tx,
        (String,),
        "SELECT line FROM cosignatures WHERE size = $1 ORDER BY witness",
        signed.size
    )?;
    let lines = lines.into_iter().map(|(line,)| line);
    Ok(std::iter::once(signed.note.clone()).chain(lines).collect())
}

/// The largest checkpoint with a time stamp and the largest with a cosignature, of those below a
/// size.
///
/// # Errors
/// When the database fails.
pub async fn anchors(tx: &mut Tx, below: i64) -> Result<Vec<Signed>> {
    Ok(all!(
        tx,
        Signed,
        "SELECT size, root, note, at, left_at FROM checkpoints WHERE size IN ((SELECT MAX(size) \
         FROM stamps WHERE size < $1), (SELECT MAX(size) FROM cosignatures WHERE size < $1)) \
         ORDER BY size",
        below
    )?)
}

/// The largest tree that each witness has cosigned.
///
/// # Errors
/// When the database fails.
pub async fn last_cosigned(tx: &mut Tx) -> Result<Vec<Cosigned>> {
    Ok(all!(
        tx,
        Cosigned,
        "SELECT c.size, c.witness, c.cosigned_at FROM cosignatures c WHERE c.size = (SELECT \
         MAX(d.size) FROM cosignatures d WHERE d.witness = c.witness) ORDER BY c.witness"
    )?)
}
