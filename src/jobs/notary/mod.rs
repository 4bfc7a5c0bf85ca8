//! The notary: makes leaves of what is queued, signs the root, and brings both off the box daily
//! and after each close (PRODUCT S8).

mod files;
mod key;

pub use files::{Copy, CopyError, known};
pub use key::{LogKey, LogKeyError, WitnessKey, WitnessKeyError};

use crate::jobs::done::Done;
use crate::proof::Checkpoint;
use crate::store::proof::checkpoints::{self, Signed};
use crate::store::proof::{log, others, tiles_from};
use crate::store::{Db, Result, StoreError};
use crate::units::{Micros, WallTime, Zone};
use std::sync::Arc;

/// How often the queue is looked at.
const EVERY: Micros = Micros::from_secs(1);
/// A copy that cannot be written is tried again after so long.
const AGAIN: Micros = Micros::from_secs(60);
/// Batches in one go: a year that becomes leaves for the first time lets others write in between.
const BATCHES: usize = 20;

/// The job.
#[derive(Debug, Clone)]
pub struct Notary {
    pub key: Arc<LogKey>,
    /// Where tiles and checkpoints go.
    pub copy: Copy,
    /// A day ends by it.
    pub zone: Zone,
}

impl Notary {
    /// Makes leaves of what waits, signs, and copies what is due to leave. The trouble says why a
    /// copy could not be written; it is tried again.
    ///
    /// # Errors
    /// When the database fails, or a row does not read.
    pub async fn once(&self, db: &Db, now: WallTime) -> Result<Done> {
        let Some(stuck) = self.append(db, now).await? else {
            return Ok(Done {
                next: now,
                trouble: None,
            });
        };
        let newest = self.sign(db, now).await?;
        let left = match newest {
            Some(newest) => self.leave(db, &newest, now).await?,
            None => Ok(()),
        };
        let trouble = (!stuck.is_empty()).then(|| stuck.join("; "));
        Ok(match left {
            Ok(()) => Done {
                next: now + EVERY,
                trouble,
            },
            Err(why) => Done {
                next: now + AGAIN,
                trouble: Some(why.to_string()),
            },
        })
    }

    /// What cannot become a leaf, once everything else has; none while there is more to do.
    async fn append(&self, db: &Db, now: WallTime) -> Result<Option<Vec<String>>> {
        for _ in 0..BATCHES {
            let mut read = db.read().await?;
            if log::queued(&mut read).await? == 0 {
                return Ok(Some(Vec::new()));
            }
            drop(read);
            let mut tx = db.write().await?;
            let appended = log::append(&mut tx, now).await?;
            if appended.done == 0 {
                return Ok(Some(appended.stuck));
            }
            tx.commit().await?;
        }
        Ok(None)
    }

    /// The newest checkpoint, signed where the log has grown.
    async fn sign(&self, db: &Db, now: WallTime) -> Result<Option<Signed>> {
        let mut read = db.read().await?;
        let latest = checkpoints::latest(&mut read).await?;
        let size = log::size(&mut read).await?;
        drop(read);
        if size == 0
            || latest
                .as_ref()
                .is_some_and(|l| u64::try_from(l.size) == Ok(size))
        {
            return Ok(latest);
        }
        let mut tx = db.write().await?;
        let head = log::head(&mut tx).await?;
        let checkpoint = Checkpoint {
            origin: self.key.name().to_owned(),
            head,
            extensions: Vec::new(),
        };
        let note = checkpoint.sign(self.key.signer());
        let note = note.map_err(|why| StoreError::Broken(format!("the log's key: {why}")))?;
        checkpoints::keep(&mut tx, head, &note.to_string(), now).await?;
        let latest = checkpoints::latest(&mut tx).await?;
        tx.commit().await?;
        Ok(latest)
    }

    /// Copies what is due, and says so to whoever listens.
    async fn leave(
        &self,
        db: &Db,
        newest: &Signed,
        now: WallTime,
    ) -> Result<std::result::Result<(), CopyError>> {
        let mut read = db.read().await?;
        let before = checkpoints::last_left(&mut read).await?;
        let due = match before.as_ref().and_then(|b| b.left_at) {
            None => true,
            Some(at) => {
                self.zone.day(at) != self.zone.day(now)
                    || checkpoints::closed_since(&mut read, at).await?
            }
        };
        if !due || before.is_some_and(|b| b.size == newest.size) {
            return Ok(Ok(()));
        }
        // What the copy has, not what a row says that it has.
        let since = self.copy.size(&self.key.verifier());
        let size = u64::try_from(newest.size).unwrap_or(0);
        let tiles = tiles_from(&mut read, since.min(size), size).await?;
        let note = others::note_of(&mut read, newest).await?;
        drop(read);
        let key = self.key.verifier();
        if let Err(why) = self.copy.write(&tiles, (newest, &note), &key) {
            return Ok(Err(why));
        }
        let mut tx = db.write().await?;
        checkpoints::has_left(&mut tx, newest, now).await?;
        tx.commit().await?;
        Ok(Ok(()))
    }
}
