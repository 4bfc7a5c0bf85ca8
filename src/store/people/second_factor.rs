//! Somebody's second factor: begun, shown to work, used, and taken off.

use crate::store::people::sessions::{self, Which};
use crate::store::people::{Person, subject};
use crate::store::{Actor, Result, StoreError, Tx, changed_one, log, one, run};
use crate::units::{PersonId, SessionId, WallTime};
use serde_json::json;

/// Begins anew: the secret is made from this nonce. Nothing is asked for until [`confirm`].
///
/// # Errors
/// [`StoreError::Conflict`] for who has one that works.
pub async fn begin(
    tx: &mut Tx,
    by: &Actor,
    person: &PersonId,
    nonce: &str,
    now: WallTime,
) -> Result<()> {
    let changed = run!(
        tx,
        "UPDATE people SET totp_nonce = $2, totp_step = NULL WHERE id = $1 AND totp_since IS NULL",
        person,
        nonce
    )?;
    changed_one(
        changed,
        "your second factor is set up; take it off first, with a code of it",
    )?;
    log::append(
        tx,
        by,
        "second_factor.begun",
        subject(person),
        json!({}),
        now,
    )
    .await
}

/// They have shown a code of the secret: from now on one is asked for. `codes` are the hashes of
/// their recovery codes. All their sessions but `session` end.
///
/// # Errors
/// [`StoreError::Conflict`] where another secret was begun in between, or one is in use.
pub async fn confirm(
    tx: &mut Tx,
    by: &Actor,
    person: &Person,
    step: i64,
    codes: &[String],
    session: &SessionId,
    now: WallTime,
) -> Result<()> {
    let changed = run!(
        tx,
        "UPDATE people SET totp_since = $2, totp_step = $3 WHERE id = $1 AND totp_since IS NULL \
         AND totp_nonce = $4",
        &person.id,
        now,
        step,
        person.totp_nonce.as_deref().unwrap_or_default()
    )?;
    changed_one(changed, "begin with the second factor once more")?;
    renew_codes(tx, &person.id, codes).await?;
    // No other session has ever shown one.
    sessions::end_quietly(tx, &person.id, Which::AllBut(session), now).await?;
    run!(
        tx,
        "UPDATE sessions SET second_factor = 1 WHERE person_id = $1 AND substr(token_hash, 1, 32) = $2",
        &person.id,
        session
    )?;
    let subject = subject(&person.id);
    log::append(tx, by, "second_factor.set_up", subject, json!({}), now).await
}

async fn renew_codes(tx: &mut Tx, person: &PersonId, codes: &[String]) -> Result<()> {
    run!(
        tx,
        "DELETE FROM recovery_codes WHERE person_id = $1",
        person
    )?;
    for code in codes {
        run!(
            tx,
            "INSERT INTO recovery_codes (person_id, code_hash) VALUES ($1, $2)",
            person,
            code
        )?;
    }
    Ok(())
}

/// Takes a code as used: it is good once, also for two who send it at the same time.
///
/// # Errors
/// [`StoreError::Conflict`] when it, or a later one, was used.
pub async fn use_code(tx: &mut Tx, person: &PersonId, step: i64) -> Result<()> {
    let changed = run!(
        tx,
        "UPDATE people SET totp_step = $2 WHERE id = $1 AND totp_since IS NOT NULL AND (totp_step \
         IS NULL OR totp_step < $2)",
        person,
        step
    )?;
    changed_one(changed, "this code was used already: wait for the next")
}

/// Takes a recovery code as used; gives how many are left, nothing where it is none.
///
/// # Errors
/// When the database fails.
pub async fn use_recovery(
    tx: &mut Tx,
    person: &PersonId,
    code_hash: &str,
    now: WallTime,
) -> Result<Option<i64>> {
    let used = run!(
        tx,
        "UPDATE recovery_codes SET used_at = $3 WHERE person_id = $1 AND code_hash = $2 AND \
         used_at IS NULL",
        person,
        code_hash,
        now
    )?;
    if used == 0 {
        return Ok(None);
    }
    let left = codes_left(tx, person).await?;
    let by = Actor::from(person);
    let detail = json!({ "left": left });
    log::append(
        tx,
        &by,
        "second_factor.recovered",
        subject(person),
        detail,
        now,
    )
    .await?;
    Ok(Some(left))
}

/// How many recovery codes somebody has left.
///
/// # Errors
/// When the database fails.
pub async fn codes_left(tx: &mut Tx, person: &PersonId) -> Result<i64> {
    let left = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM recovery_codes WHERE person_id = $1 AND used_at IS NULL",
        person
    )?;
    Ok(left.map_or(0, |row| row.0))
}

/// Takes the second factor off: by its owner with a code, or by an administrator for who has lost
/// it.
///
/// # Errors
/// [`StoreError::Refused`] where there is none.
pub async fn remove(tx: &mut Tx, by: &Actor, person: &PersonId, now: WallTime) -> Result<()> {
    let changed = run!(
        tx,
        "UPDATE people SET totp_nonce = NULL, totp_since = NULL, totp_step = NULL WHERE id = $1 \
         AND totp_nonce IS NOT NULL",
        person
    )?;
    if changed == 0 {
        return Err(StoreError::Refused(
            "there is no second factor to take off".to_owned(),
        ));
    }
    renew_codes(tx, person, &[]).await?;
    log::append(
        tx,
        by,
        "second_factor.removed",
        subject(person),
        json!({}),
        now,
    )
    .await
}
