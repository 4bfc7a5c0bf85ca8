//! What happens by itself: verdicts whose hold is over are sealed and paid, whether or not a
//! browser is there.

use crate::clock::Clock;
use crate::review::Rules;
use crate::store::review::claims;
use crate::store::review::eligible;
use crate::store::review::second_reviews::{self, When};
use crate::store::review::verdicts;
use crate::store::{Db, Result, Tx};
use crate::units::WallTime;
use std::time::Duration;

/// How often holds are looked at: the page shows a verdict within two seconds of its hold's end
/// (PRODUCT M4).
const EVERY: Duration = Duration::from_millis(200);

/// Seals every verdict that is due; gives the claimants whose pages want to know.
///
/// # Errors
/// When the database fails; what is not sealed now is sealed next time.
pub async fn seal_due(db: &Db, clock: &Clock, rules: &Rules) -> Result<Vec<String>> {
    let mut read = db.read().await?;
    let due = verdicts::due(&mut read, clock.now()).await?;
    drop(read);
    let mut claimants = Vec::new();
    for verdict in due {
        let mut tx = db.write().await?;
        let now = clock.now();
        if let Some(claimant) = verdicts::seal(&mut tx, &verdict, now).await? {
            if rand::random::<f64>() < rules.second_looks {
                look_again(&mut tx, &verdict, rules, now).await?;
            }
            tx.commit().await?;
            claimants.push(claimant);
        }
    }
    Ok(claimants)
}

/// Chance has drawn this verdict for a second, blind review (PRODUCT R10). Where only one reviewer
/// is left who could judge a dispute of it afresh, it waits until it can no longer be disputed.
async fn look_again(tx: &mut Tx, verdict: &str, rules: &Rules, now: WallTime) -> Result<()> {
    let Some(v) = verdicts::by_id(tx, verdict).await? else {
        return Ok(());
    };
    if let Some(claim) = claims::by_id(tx, &v.claim_id).await? {
        let kept_back = if eligible::reviewers(tx, &claim).await?.len() > 1 {
            None
        } else {
            eligible::kept_back_until(tx, &v, rules).await?
        };
        let opens = kept_back.unwrap_or(now);
        second_reviews::add_of_verdict(
            tx,
            &v,
            &claim,
            "random",
            None,
            now,
            When::within(opens, rules.second_look_within),
        )
        .await?;
    }
    Ok(())
}

/// Runs until the process ends; tells each claimant through `tell`.
pub async fn run(db: Db, clock: Clock, rules: Rules, tell: impl Fn(String)) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match seal_due(&db, &clock, &rules).await {
            Ok(claimants) => claimants.into_iter().for_each(&tell),
            Err(error) => {
                tracing::error!(%error, "verdicts could not be sealed; tried again at once")
            }
        }
    }
}
