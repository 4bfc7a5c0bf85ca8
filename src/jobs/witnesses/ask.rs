//! One witness is asked: with the proof from the tree that it cosigned last, and again from the one
//! that it says it did.

use crate::outgoing::Sender;
use crate::proof::witness::{AddCheckpoint, line_of, told_size};
use crate::proof::{Note, VerifierKey};
use crate::store::proof::checkpoints::{self, Signed};
use crate::store::proof::{consistency, others};
use crate::store::{Db, Result, StoreError};
use crate::units::WallTime;
use crate::webhook::Target;

/// Another size is told once; twice where another process of this box asks at the same time.
const MOST_TRIES: usize = 4;
const TEXT: &str = "text/plain; charset=utf-8";

/// Another box that cosigns this one's checkpoints.
#[derive(Debug, Clone)]
pub struct Witness {
    /// Its submission prefix and `/add-checkpoint`.
    pub target: Target,
    /// By which its cosignatures are verified.
    pub key: VerifierKey,
}

/// Why a witness has not cosigned.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It has seen another log than this one.
    Alarm(String),
    Failed(String),
}

/// What a witness answered.
enum Answer {
    /// Its signature line.
    Cosigned(String),
    /// It has cosigned a tree of so many leaves last.
    Other(u64),
}

impl Witness {
    /// Shows a checkpoint, and keeps the cosignature. `known` is the size that it cosigned last, by
    /// this box's database.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn ask(
        &self,
        sender: &Sender,
        db: &Db,
        mut signed: Signed,
        known: i64,
        now: WallTime,
    ) -> Result<std::result::Result<(), Trouble>> {
        let mut old = u64::try_from(known).unwrap_or(0);
        for _ in 0..MOST_TRIES {
            let answer = match self.show(sender, db, &signed, old).await? {
                Ok(answer) => answer,
                Err(trouble) => return Ok(Err(trouble)),
            };
            match answer {
                Answer::Cosigned(line) => {
                    let mut tx = db.write().await?;
                    others::keep_cosignature(&mut tx, &signed, &self.key, &line, now).await?;
                    tx.commit().await?;
                    return Ok(Ok(()));
                }
                Answer::Other(size) => {
                    // Another process that has this box's database may be ahead.
                    if i64::try_from(size).map_or(true, |size| size > signed.size) {
                        let newest = checkpoints::latest(&mut db.read().await?).await?;
                        match newest.filter(|n| u64::try_from(n.size).is_ok_and(|n| n >= size)) {
                            Some(newest) => signed = newest,
                            None => return Ok(Err(self.alarm())),
                        }
                    }
                    old = size;
                }
            }
        }
        let why = "it tells another size each time that it is asked";
        Ok(Err(Trouble::Failed(why.to_owned())))
    }

    async fn show(
        &self,
        sender: &Sender,
        db: &Db,
        signed: &Signed,
        old: u64,
    ) -> Result<std::result::Result<Answer, Trouble>> {
        let size = u64::try_from(signed.size).unwrap_or(0);
        let proof = consistency(&mut db.read().await?, old, size).await?;
        let asked = AddCheckpoint {
            old,
            proof,
            note: signed.note.clone(),
        };
        let reply = sender.ask(&self.target, TEXT, asked.to_string().into_bytes());
        let reply = match reply.await {
            Ok(reply) => reply,
            Err(why) => return Ok(Err(Trouble::Failed(why.plainly()))),
        };
        if reply.status != 200 {
            return Ok(self.refused(reply.status, &reply.body, old));
        }
        let note = Note::parse(signed.note.as_bytes());
        let note = note.map_err(|why| StoreError::Broken(format!("a checkpoint: {why}")))?;
        let line = line_of(&reply.body, &note, &self.key).map(Answer::Cosigned);
        Ok(line.ok_or_else(|| {
            Trouble::Failed("what it answered is no cosignature by the key that is set up".into())
        }))
    }

    fn refused(&self, status: u16, body: &[u8], old: u64) -> std::result::Result<Answer, Trouble> {
        let failed = |why: &str| Err(Trouble::Failed(why.to_owned()));
        match status {
            409 => match told_size(body) {
                Some(size) if size != old => Ok(Answer::Other(size)),
                _ => failed("it answered 409 without another size"),
            },
            422 => Err(self.alarm()),
            404 => failed(
                "it does not know this log: its [proof.witness] logs must have this log's key \
                 (`assay key log`), and the URL must end before /add-checkpoint",
            ),
            403 => failed("it knows another key of this log"),
            status => Err(Trouble::Failed(format!("it answered {status}"))),
        }
    }

    fn alarm(&self) -> Trouble {
        Trouble::Alarm(format!(
            "the witness {} has seen another log: this box's log was rolled back or rewritten. \
             Find out with `assay check --log COPY` before you trust its books",
            self.key.name()
        ))
    }
}
