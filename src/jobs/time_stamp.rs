//! Has the root of each checkpoint that leaves the box stamped by an authority (RFC 3161), and puts
//! the answer beside the log's copy. Only the newest is asked for: its tree begins with all before.
//! What fails here fails alone: sealing, signing and copying go on.

use crate::jobs::done::Done;
use crate::jobs::notary::Copy;
use crate::outgoing::Sender;
use crate::proof::{Hash, stamp};
use crate::store::proof::checkpoints::{self, Signed};
use crate::store::proof::others;
use crate::store::{Db, Result, StoreError};
use crate::units::{Micros, WallTime};
use crate::webhook::Target;

/// How often it is looked whether a checkpoint has left.
const EVERY: Micros = Micros::from_secs(2);
const QUERY: &str = "application/timestamp-query";

/// The job.
pub struct TimeStamp {
    pub sender: Sender,
    /// Where the authority answers.
    pub authority: Target,
    pub copy: Copy,
}

impl TimeStamp {
    /// Asks for what is due, at most once. The error says why there is no stamp; it is tried again.
    ///
    /// # Errors
    /// When the authority does not answer as it should, or the database or the copy fails.
    pub async fn once(&self, db: &Db, now: WallTime) -> std::result::Result<Done, String> {
        let done = Done {
            next: now + EVERY,
            trouble: None,
        };
        let mut read = db.read().await.map_err(said)?;
        let Some(left) = checkpoints::last_left(&mut read).await.map_err(said)? else {
            return Ok(done);
        };
        let stamped = others::stamp_of(&mut read, left.size).await.map_err(said)?;
        drop(read);
        if stamped.is_none() {
            let answer = self.ask(&left).await;
            let answer = answer.map_err(|why| {
                let (size, host) = (left.size, &self.authority.host);
                format!("no time stamp of the checkpoint of {size} leaves from {host}: {why}")
            })?;
            self.keep(db, &left, &answer, now).await.map_err(said)?;
        }
        self.put_beside(db, &left).await?;
        Ok(done)
    }

    async fn ask(&self, left: &Signed) -> std::result::Result<Vec<u8>, String> {
        let root = Hash::from_hex(&left.root).ok_or("its root does not read")?;
        let nonce = rand::random();
        let asked = stamp::request(root, nonce);
        let reply = self.sender.ask(&self.authority, QUERY, asked).await;
        let reply = reply.map_err(|why| why.plainly())?;
        if reply.status != 200 {
            return Err(format!("it answered {}", reply.status));
        }
        match stamp::answers(&reply.body, root, nonce) {
            Ok(_) => Ok(reply.body),
            Err(why) => Err(why.to_string()),
        }
    }

    async fn keep(&self, db: &Db, left: &Signed, answer: &[u8], now: WallTime) -> Result<()> {
        let mut tx = db.write().await?;
        let authority = self.authority.host.to_string();
        others::keep_stamp(&mut tx, left, &authority, answer, now).await?;
        tx.commit().await
    }

    /// Also what an earlier run kept and did not come to write.
    async fn put_beside(&self, db: &Db, left: &Signed) -> std::result::Result<(), String> {
        let mut read = db.read().await.map_err(said)?;
        let note = others::note_of(&mut read, left).await.map_err(said)?;
        let stamped = others::stamp_of(&mut read, left.size).await.map_err(said)?;
        let answer = stamped.map(|s| s.answer()).transpose().map_err(said)?;
        let added = self.copy.add(left.size, &note, answer.as_deref());
        added.map_err(|why| why.to_string())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an error's last use")]
fn said(error: StoreError) -> String {
    error.to_string()
}
