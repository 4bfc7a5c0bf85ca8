//! Somebody leaves the house, or comes back.

use crate::review::PutBack;
use crate::store::people::sessions::{self, Which};
use crate::store::people::{self, Person};
use crate::store::review::{claims, second_reviews};
use crate::store::{Actor, Result, StoreError, Tx, log, run};
use crate::units::WallTime;
use serde_json::json;

/// Switches a login off: its sessions and the streams that hang on them end, known browsers are
/// forgotten, and what was on the desk goes back into the queue. Money and history stay.
///
/// # Errors
/// [`StoreError::Refused`] for oneself, for who is switched off already, and for the last
/// administrator.
pub async fn disable(tx: &mut Tx, by: &Actor, person: &Person, now: WallTime) -> Result<()> {
    let refused = |why: &str| Err(StoreError::Refused(why.to_owned()));
    if *by == Actor::from(&person.id) {
        return refused("nobody switches their own login off: ask another administrator");
    }
    if person.role == crate::identity::Role::Admin && !people::other_admin(tx, &person.id).await? {
        return refused("this is the last administrator: add another one first");
    }
    let changed = run!(
        tx,
        "UPDATE people SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL",
        &person.id,
        now
    )?;
    if changed == 0 {
        return refused("this login is switched off already");
    }
    let ended = sessions::end_quietly(tx, &person.id, Which::All, now).await?;
    run!(
        tx,
        "DELETE FROM known_browsers WHERE person_id = $1",
        &person.id
    )?;
    let back = (PutBack::Break, "");
    let claim = claims::taken_by(tx, &person.id, now).await?;
    if let Some(claim) = &claim {
        claims::put_back(tx, &person.id, claim, back, now).await?;
    }
    let second = second_reviews::taken_by(tx, &person.id, now).await?;
    // One that is answered, and waits to be confirmed, is given to another by the manager.
    let second = second.filter(|s| s.place().is_with(&person.id, now));
    if let Some(second) = &second {
        second_reviews::put_back(tx, &person.id, second, back, now).await?;
    }
    let detail = json!({
        "sessions": ended,
        "claim": claim.map(|c| c.id),
        "second_review": second.map(|s| s.id),
    });
    let subject = people::subject(&person.id);
    log::append(tx, by, "person.disabled", subject, detail, now).await
}

/// Lets somebody sign in again, by the password that they had.
///
/// # Errors
/// [`StoreError::Refused`] for who may.
pub async fn enable(tx: &mut Tx, by: &Actor, person: &Person, now: WallTime) -> Result<()> {
    let changed = run!(
        tx,
        "UPDATE people SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL",
        &person.id
    )?;
    if changed == 0 {
        return Err(StoreError::Refused(
            "this login is not switched off".to_owned(),
        ));
    }
    let subject = people::subject(&person.id);
    log::append(tx, by, "person.enabled", subject, json!({}), now).await
}
