//! Learns how likely sales accepts a lead, one client after the other, and puts leads where their
//! campaigns want them in the list of work.

use crate::jobs::done::Done;
use crate::store::report::score::{self, Lesson};
use crate::store::{Db, Result};
use crate::units::{ClientId, Micros, WallTime, Zone};

/// A lesson is learnt again after so long.
const OLD: Micros = Micros::from_secs(3_600);
/// How often it is looked whether one is due.
const EVERY: Micros = Micros::from_secs(20);
/// Between two clients: others work meanwhile.
const BREATH: Micros = Micros::from_millis(200);
/// So many leads are moved in one transaction: some milliseconds.
const AT_A_TIME: usize = 200;

/// Learns the lesson that is oldest, where that is an hour old.
///
/// # Errors
/// When the database fails, or a verdict does not read.
pub async fn once(db: &Db, zone: &Zone, now: WallTime) -> Result<Done> {
    let mut tx = db.read().await?;
    let due = score::due(&mut tx, now - OLD).await?;
    drop(tx);
    let next = match due {
        Some(client) => {
            learn(db, &client, zone, now).await?;
            now + BREATH
        }
        None => now + EVERY,
    };
    Ok(Done {
        next,
        trouble: None,
    })
}

/// Learns a client's lesson, keeps it, and moves its leads; nobody waits for it meanwhile.
///
/// # Errors
/// When the database fails, or a verdict does not read.
pub async fn learn(db: &Db, client: &ClientId, zone: &Zone, now: WallTime) -> Result<()> {
    let mut tx = db.read().await?;
    let lesson = score::learn(&mut tx, client, zone, now).await?;
    drop(tx);
    let mut tx = db.write().await?;
    score::keep(&mut tx, client, &lesson, zone, now).await?;
    tx.commit().await?;
    order(db, client, &lesson, zone).await
}

async fn order(db: &Db, client: &ClientId, lesson: &Lesson, zone: &Zone) -> Result<()> {
    let mut after = None;
    loop {
        let mut tx = db.read().await?;
        let (moved, next) = score::look(&mut tx, client, (lesson, zone), after.as_ref()).await?;
        drop(tx);
        for some in moved.chunks(AT_A_TIME) {
            let mut tx = db.write().await?;
            score::place(&mut tx, some).await?;
            tx.commit().await?;
            db.let_others_write().await;
        }
        if next.is_none() {
            return Ok(());
        }
        after = next;
    }
}
