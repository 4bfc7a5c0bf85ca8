//! Counts calls for reports, a moment after they came or changed, and packs the days of them that
//! are over; counts the blocks of those of whom nobody is to be singled out, when they are over; and
//! draws and counts experiments, when it is time.

use crate::jobs::done::Done;
use crate::store::report::{aggregate, days, experiments, figures};
use crate::store::{Db, Result};
use crate::units::{Micros, WallTime, Zone};

/// How often it is looked whether calls wait.
const EVERY: Micros = Micros::from_secs(2);
/// Between two batches of a long backlog: others write meanwhile.
const BREATH: Micros = Micros::from_millis(20);

/// The job.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Days and minutes are told in it.
    pub zone: Zone,
    /// A connect has so much of the other side's speech, in milliseconds.
    pub connect_ms: i64,
}

impl Figures {
    /// Counts what waits, some of it at a time.
    ///
    /// # Errors
    /// When the database fails, or a call's speech does not read.
    pub async fn once(&self, db: &Db, now: WallTime) -> Result<Done> {
        let mut read = db.read().await?;
        let waiting = figures::waiting(&mut read).await?;
        drop(read);
        let mut tx = db.write().await?;
        experiments::draw_due(&mut tx, &self.zone, now).await?;
        let counted = figures::count(&mut tx, &self.zone).await?;
        if waiting == 0 && counted == 0 {
            aggregate::count_blocks(&mut tx, &self.zone, self.connect_ms, now).await?;
            experiments::count_due(&mut tx, &self.zone, now).await?;
        }
        tx.commit().await?;
        let goes_on = counted > 0 || waiting == 0 && self.pack(db, now).await?;
        let next = now + if goes_on { BREATH } else { EVERY };
        Ok(Done {
            next,
            trouble: None,
        })
    }

    /// Packs a day, if one is over and not packed; whether there was one.
    async fn pack(&self, db: &Db, now: WallTime) -> Result<bool> {
        let (today, _) = self.zone.day_and_minute(now);
        let mut read = db.read().await?;
        let is_due = days::is_due(&mut read, today).await?;
        drop(read);
        if !is_due {
            return Ok(false);
        }
        let mut tx = db.write_piece().await?;
        let packed = days::pack(&mut tx, today).await?;
        tx.commit().await?;
        Ok(packed)
    }
}
