//! SQLite's write-ahead log, written back into the database beside those who commit.
//!
//! SQLite by itself writes it back within the commit that finds it long: whoever gives that verdict
//! waits for a thousand pages all over the file, and for the disk to say twice that it has them.
//! Here a commit that finds the log long begins this on a connection of its own, and goes on. It is
//! done passively (<https://sqlite.org/c3ref/wal_checkpoint_v2.html>): it waits for nobody, and
//! nobody waits for it. What is committed is as safe in the log as in the database.
//!
//! The log starts anew with the first write that finds all of it written back and nobody reading
//! it, and is cut to its length then.

use sqlx::SqlitePool;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// From here on it is written back, in bytes: a thousand pages, as SQLite has it.
pub(super) const LONG: u64 = 4 << 20;

/// The log of one database.
#[derive(Debug)]
pub(super) struct Wal {
    file: PathBuf,
    back: SqlitePool,
    is_written_back: AtomicBool,
}

impl Wal {
    /// Of a database; `back` is used for nothing else.
    pub fn of(database: &Path, back: SqlitePool) -> Arc<Wal> {
        let mut file = database.as_os_str().to_owned();
        file.push("-wal");
        Arc::new(Wal {
            file: file.into(),
            back,
            is_written_back: AtomicBool::new(false),
        })
    }

    /// Something was committed: a long log begins to be written back, unless it is already.
    pub fn committed(self: &Arc<Wal>) {
        if !self.is_long() || self.is_written_back.swap(true, Ordering::AcqRel) {
            return;
        }
        let wal = Arc::clone(self);
        tokio::spawn(async move {
            let passive = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)");
            let done = passive.execute(&wal.back).await;
            wal.is_written_back.store(false, Ordering::Release);
            if let Err(why) = done {
                tracing::warn!(%why, "the database's log is not written back, and grows");
            }
        });
    }

    fn is_long(&self) -> bool {
        std::fs::metadata(&self.file).is_ok_and(|found| found.len() > LONG)
    }

    pub async fn close(&self) {
        self.back.close().await;
    }
}
