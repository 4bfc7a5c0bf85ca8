//! Verdicts whose hold is over become final and are paid, whether or not a browser is there.

use crate::review::Rules;
use crate::store::review::second_reviews::{self, When};
use crate::store::review::{eligible, verdicts};
use crate::store::{Db, Result, StoreError, Tx};
use crate::units::{Micros, VerdictId, WallTime};
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
    /// Gives when to look again.
    ///
    /// # Errors
    /// When the database fails, or names the verdicts that are stuck; the others are final then.
    pub async fn once(&mut self, db: &Db, rules: &Rules, now: WallTime) -> Result<WallTime> {
        let mut read = db.read().await?;
        let due = verdicts::due(&mut read, now, self.stuck.len()).await?;
        drop(read);
        self.stuck.retain(|verdict, _| due.contains(verdict));
        for verdict in due {
            if self.stuck.get(&verdict).is_some_and(|at| *at > now) {
                continue;
            }
            match make_final(db, rules, &verdict, now).await {
                Ok(()) => {
                    self.stuck.remove(&verdict);
                }
                Err(error) => {
                    tracing::error!(%verdict, %error, "a verdict cannot be made final");
                    self.stuck.insert(verdict, now + AGAIN);
                }
            }
        }
        if self.stuck.is_empty() {
            return Ok(now + EVERY);
        }
        let stuck: Vec<&str> = self.stuck.keys().map(VerdictId::as_str).collect();
        Err(StoreError::Broken(format!(
            "verdicts that cannot be made final: {}",
            stuck.join(", ")
        )))
    }
}

async fn make_final(db: &Db, rules: &Rules, verdict: &VerdictId, now: WallTime) -> Result<()> {
    let mut tx = db.write().await?;
    if let Some((v, claim)) = verdicts::make_final(&mut tx, verdict, now).await? {
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
