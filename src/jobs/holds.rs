//! Verdicts whose hold is over become final and are paid, whether or not a browser is there.

use crate::jobs::done::Done;
use crate::review::Rules;
use crate::store::review::second_reviews::{self, When};
use crate::store::review::{claims, eligible, openers, verdicts};
use crate::store::{Db, Result, Tx};
use crate::units::{ClaimId, Micros, VerdictId, WallTime};
use std::collections::BTreeMap;

/// How often holds are looked at: the page shows a verdict within two seconds of its hold's end
/// (PRODUCT M4).
const EVERY: Micros = Micros::from_millis(200);
/// A verdict that cannot be made final is tried again after so long.
const AGAIN: Micros = Micros::from_secs(5);

/// The job, and what it could not do.
#[derive(Debug, Default)]
pub struct Holds {
    /// Verdicts that could not be made final, and when each is tried again.
    stuck: BTreeMap<VerdictId, WallTime>,
}

impl Holds {
    /// Makes every verdict final that is due, one by one: one that cannot be holds up no other.
    /// Then looks at the claims that passed and whose turn may have come, and at openers' parts
    /// that wait. The trouble names those that are stuck; they are tried again by themselves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn once(&mut self, db: &Db, rules: &Rules, now: WallTime) -> Result<Done> {
        let mut read = db.read().await?;
        let due = verdicts::due(&mut read, now, self.stuck.len()).await?;
        let mut turns: Vec<(ClaimId, Turn)> = Vec::new();
        let due_turns = claims::turns_due(&mut read, now).await?;
        turns.extend(due_turns.into_iter().map(|claim| (claim, Turn::Claim)));
        let openers = openers::due(&mut read, now).await?;
        turns.extend(openers.into_iter().map(|claim| (claim, Turn::Opener)));
        drop(read);
        self.stuck.retain(|verdict, _| due.contains(verdict));
        for verdict in due {
            if self.stuck.get(&verdict).is_some_and(|at| *at > now) {
                continue;
            }
            // A task of its own: what panics on one verdict's numbers ends that attempt alone.
            let (db, rules, id) = (db.clone(), rules.clone(), verdict.clone());
            let attempt = tokio::spawn(async move { make_final(&db, &rules, &id, now).await });
            let error = match attempt.await {
                Ok(Ok(())) => {
                    self.stuck.remove(&verdict);
                    continue;
                }
                Ok(Err(error)) => error.to_string(),
                Err(panicked) => panicked.to_string(),
            };
            tracing::error!(%verdict, error, "a verdict cannot be made final");
            self.stuck.insert(verdict, now + AGAIN);
        }
        let mut waiting = Vec::new();
        for (claim, turn) in turns {
            let (db, rules, id) = (db.clone(), rules.clone(), claim.clone());
            let attempt =
                tokio::spawn(async move { take_turn(&db, &rules, (&id, turn), now).await });
            let error = match attempt.await {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(panicked) => panicked.to_string(),
            };
            tracing::error!(%claim, error, "a claim's turn has come, and it cannot be settled");
            waiting.push(claim);
        }
        let stuck: Vec<&str> = self
            .stuck
            .keys()
            .map(VerdictId::as_str)
            .chain(waiting.iter().map(ClaimId::as_str))
            .collect();
        Ok(Done {
            next: now + EVERY,
            trouble: (!stuck.is_empty())
                .then(|| format!("verdicts that cannot be made final: {}", stuck.join(", "))),
        })
    }
}

/// What of a claim waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Claim,
    /// The opener's part.
    Opener,
}

async fn take_turn(
    db: &Db,
    rules: &Rules,
    (claim, turn): (&ClaimId, Turn),
    now: WallTime,
) -> Result<()> {
    let mut tx = db.write().await?;
    match turn {
        Turn::Claim => verdicts::take_turn(&mut tx, claim, rules, now).await?,
        Turn::Opener => verdicts::take_opener_turn(&mut tx, claim, rules, now).await?,
    };
    tx.commit().await
}

async fn make_final(db: &Db, rules: &Rules, verdict: &VerdictId, now: WallTime) -> Result<()> {
    let mut tx = db.write().await?;
    if let Some((v, claim)) = verdicts::make_final(&mut tx, verdict, rules, now).await? {
        if rand::random::<f64>() < rules.second_reviews {
            let when = when_drawn(&mut tx, &v, &claim, rules, now).await?;
            second_reviews::draw(&mut tx, &v, &claim, now, when).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// When a verdict that chance has drawn is judged again (PRODUCT R10). Where only one reviewer is
/// left who could judge a dispute of it afresh, it waits until it can no longer be disputed.
async fn when_drawn(
    tx: &mut Tx,
    v: &verdicts::Verdict,
    claim: &crate::store::review::claims::Claim,
    rules: &Rules,
    now: WallTime,
) -> Result<When> {
    let kept_free = if eligible::reviewers(tx, claim).await?.len() > 1 {
        None
    } else {
        eligible::kept_free_until(tx, v, rules).await?
    };
    Ok(When::within(
        kept_free.unwrap_or(now),
        rules.second_review_within,
    ))
}
