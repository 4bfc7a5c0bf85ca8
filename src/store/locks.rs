//! The one order of locks: there is one writer at a time, on both databases.
//!
//! SQLite has one writer by itself. On PostgreSQL a write transaction takes one lock of the whole
//! database when it begins and holds it until it ends, so that no two of them ever wait for each
//! other: not for rows in another order, not for the audit chain, not for numbers that must have no
//! gap. What a verb reads in its transaction stays true until it commits, and a story runs alike on
//! both. Acts are short (claims and verdicts some milliseconds), and hundreds a second are far more
//! than a house full of telemarketers makes; readers never wait.
//!
//! Writers of one process queue for its one connection that writes, and leave the others to
//! readers; on SQLite pieces of long work have one of their own, as another process would. Who waits longer than half a minute for another process is told; who hangs within a
//! transaction for a minute loses it.
//!
//! SQLite keeps no queue between connections: who waits asks again now and then, in ever longer
//! steps, and beside a command that imports a long list never met the moment between two of its
//! pieces. So a writer here asks every [`ASK_AGAIN`], and what writes piece after piece stays away
//! for [`PAUSE`] between them.

use sqlx::{Postgres, Sqlite, SqlitePool, Transaction};
use std::time::{Duration, Instant};

/// How often a writer asks whether another process has ended its transaction.
const ASK_AGAIN: Duration = Duration::from_millis(2);
/// Long enough for whoever asks so often.
pub(super) const PAUSE: Duration = Duration::from_millis(6);
/// After so long it is told that the database is locked.
const LONGEST: Duration = Duration::from_secs(30);
/// `SQLITE_BUSY`, with what SQLite adds to it in the higher bytes.
const BUSY: u32 = 5;

/// Begins to write once no other process does. The pool's connection must not wait by itself.
pub(super) async fn begin_alone(write: &SqlitePool) -> sqlx::Result<Transaction<'static, Sqlite>> {
    let until = Instant::now() + LONGEST;
    loop {
        match write.begin_with("BEGIN IMMEDIATE").await {
            Err(why) if is_busy(&why) && Instant::now() < until => {
                tokio::time::sleep(ASK_AGAIN).await;
            }
            begun => return begun,
        }
    }
}

fn is_busy(why: &sqlx::Error) -> bool {
    let code = why.as_database_error().and_then(|e| e.code());
    code.and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| code & 0xff == BUSY)
}

/// The lock of a database's writer (`pg_advisory_xact_lock`).
const WRITER: i64 = 0x4153_5341_5900;

/// Waits until no other process writes.
pub(super) async fn alone(tx: &mut Transaction<'static, Postgres>) -> sqlx::Result<()> {
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITER);
    lock.execute(&mut **tx).await.map(drop)
}
