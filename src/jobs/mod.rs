//! What happens by itself: verdicts whose hold is over are sealed and paid, whether or not a browser is there.

use crate::clock::Clock;
use crate::store::{Db, Result, verdicts};
use std::time::Duration;

/// How often holds are looked at: the page shows a verdict within two seconds of its hold's end (PRODUCT M4).
const EVERY: Duration = Duration::from_millis(200);

/// Seals every verdict that is due; gives the claimants whose pages want to know.
///
/// # Errors
/// When the database fails; what is not sealed now is sealed next time.
pub async fn seal_due(db: &Db, clock: &Clock) -> Result<Vec<String>> {
    let mut read = db.read().await?;
    let due = verdicts::due(&mut read, clock.now()).await?;
    drop(read);
    let mut claimants = Vec::new();
    for verdict in due {
        let mut tx = db.write().await?;
        if let Some(claimant) = verdicts::seal(&mut tx, &verdict, clock.now()).await? {
            tx.commit().await?;
            claimants.push(claimant);
        }
    }
    Ok(claimants)
}

/// Runs until the process ends; tells each claimant through `tell`.
pub async fn run(db: Db, clock: Clock, tell: impl Fn(String)) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match seal_due(&db, &clock).await {
            Ok(claimants) => claimants.into_iter().for_each(&tell),
            Err(error) => tracing::error!(%error, "verdicts could not be sealed; tried again at once"),
        }
    }
}
