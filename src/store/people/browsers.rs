//! Browsers in which somebody has signed in before: from them a login that is being guessed at
//! stays open to its owner (OWASP, "device cookies").

use crate::store::{Result, Tx, one, run};
use crate::units::{PersonId, WallTime};

/// Browsers that are remembered for somebody; the oldest are forgotten.
pub const MOST_BROWSERS: i64 = 20;

/// Whether somebody has signed in before in the browser that has this token.
///
/// # Errors
/// When the database fails.
pub async fn is_known(tx: &mut Tx, person: &PersonId, token_hash: &str) -> Result<bool> {
    let found = one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM known_browsers WHERE token_hash = $1 AND person_id = $2",
        token_hash,
        person
    )?;
    Ok(found.is_some_and(|row| row.0 > 0))
}

/// Remembers a browser, at a sign-in.
///
/// # Errors
/// When the database fails.
pub async fn remember(
    tx: &mut Tx,
    person: &PersonId,
    token_hash: &str,
    now: WallTime,
) -> Result<()> {
    run!(
        tx,
        "INSERT INTO known_browsers (token_hash, person_id, created_at) VALUES ($1, $2, $3)",
        token_hash,
        person,
        now
    )?;
    run!(
        tx,
        "DELETE FROM known_browsers WHERE person_id = $1 AND token_hash NOT IN (SELECT token_hash \
         FROM known_browsers WHERE person_id = $1 ORDER BY created_at DESC LIMIT $2)",
        person,
        MOST_BROWSERS
    )?;
    Ok(())
}
