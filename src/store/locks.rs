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
//! readers. Who waits longer than half a minute for another process is told; who hangs within a
//! transaction for a minute loses it.

use sqlx::{Postgres, Transaction};

/// The lock of a database's writer (`pg_advisory_xact_lock`).
const WRITER: i64 = 0x4153_5341_5900;

/// Waits until no other process writes.
pub(super) async fn alone(tx: &mut Transaction<'static, Postgres>) -> sqlx::Result<()> {
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITER);
    lock.execute(&mut **tx).await.map(drop)
}
