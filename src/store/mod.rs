//! The database: SQLite on one box, PostgreSQL behind several. `sqlx` stops here.
//!
//! One SQL text serves both, with `$1` placeholders, `TEXT` and `BIGINT` alone, and UUIDs as text;
//! [`SCHEMA.md`] beside this file says what each column means. SQLite has one writer and many
//! readers: a write transaction begins `IMMEDIATE`, so that reading first and writing then never
//! fails half way. A change and its consequences (audit line, ledger line, outgoing message) commit
//! together.
//!
//! [`SCHEMA.md`]: https://github.com/assay/assay/blob/main/src/store/SCHEMA.md

pub mod calls;
pub mod commission;
pub mod handover;
pub mod idempotency;
pub mod leads;
pub mod log;
pub mod people;
pub mod report;
pub mod review;

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::path::Path;
use std::time::Duration;

/// A database that has been brought to the newest schema.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
}

/// A transaction on either. Dropped without [`Tx::commit`], it leaves no trace.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Why the store refused.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database's schema: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Another transaction was first, or the row is not in the state that the change needs.
    #[error("{0}")]
    Conflict(&'static str),
    #[error("a stored value cannot be read: {0}")]
    Value(String),
}

impl StoreError {
    /// A UNIQUE constraint said no: what was to be added is already there.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, StoreError::Database(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> StoreError {
        StoreError::Value(error.to_string())
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// Runs one statement; gives the number of rows it changed.
macro_rules! run {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(t) => sqlx::query($sql)$(.bind($bind))*.execute(&mut **t).await.map(|r| r.rows_affected()),
            $crate::store::Tx::Postgres(t) => sqlx::query($sql)$(.bind($bind))*.execute(&mut **t).await.map(|r| r.rows_affected()),
        }
    };
}

/// Reads all rows of a query.
macro_rules! all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **t).await,
            $crate::store::Tx::Postgres(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **t).await,
        }
    };
}

/// Reads one row or none.
macro_rules! one {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **t).await,
            $crate::store::Tx::Postgres(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **t).await,
        }
    };
}

/// Reads all rows of a query that lists values: `$before` ends with `IN (`, `$after` begins with
/// its end. A statement for each number of values would crowd the others out of the database's
/// memory: none is kept.
macro_rules! all_in {
    ($tx:expr, $row:ty, $before:expr, $values:expr, $after:expr) => {{
        macro_rules! read {
            ($t:expr, $db:ty) => {{
                let mut query = sqlx::QueryBuilder::<$db>::new($before);
                let mut list = query.separated(", ");
                for value in $values {
                    list.push_bind(value);
                }
                query
                    .push($after)
                    .build_query_as::<$row>()
                    .persistent(false)
                    .fetch_all(&mut **$t)
                    .await
            }};
        }
        match $tx {
            $crate::store::Tx::Sqlite(t) => read!(t, sqlx::Sqlite),
            $crate::store::Tx::Postgres(t) => read!(t, sqlx::Postgres),
        }
    }};
}

/// Inserts rows, at least one, by one statement, which is not kept either: `$sql` ends before
/// `VALUES`, and `$after` may say what to do on a conflict and what to give of each row that was
/// inserted.
macro_rules! insert {
    ($tx:expr, $given:ty, $sql:expr, $rows:expr, |$row:ident| [$($bind:expr),* $(,)?], $after:expr) => {{
        macro_rules! insert_into {
            ($t:expr, $db:ty) => {{
                let mut query = sqlx::QueryBuilder::<$db>::new($sql);
                query.push_values($rows, |mut values, $row| {
                    $(values.push_bind($bind);)*
                });
                query.push($after).build_query_as::<$given>().persistent(false).fetch_all(&mut **$t).await
            }};
        }
        match $tx {
            $crate::store::Tx::Sqlite(t) => insert_into!(t, sqlx::Sqlite),
            $crate::store::Tx::Postgres(t) => insert_into!(t, sqlx::Postgres),
        }
    }};
}

/// A database takes a limited number of values in one statement, SQLite 32,766: so many rows at a
/// time are far from it.
pub(crate) const ROWS_AT_A_TIME: usize = 1000;

pub(crate) use {all, all_in, insert, one, run};

impl Db {
    /// Opens a SQLite file, made where there is none.
    ///
    /// # Errors
    /// When the file cannot be opened or its schema cannot be brought up to date.
    pub async fn sqlite(path: &Path) -> Result<Db> {
        // WAL lets readers go on while one writes; FULL, because a power cut must not lose a
        // verdict that was given.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        // After a disk error in the middle of a transaction sqlx counts it as open for ever: such a
        // connection is left behind.
        let write = SqlitePoolOptions::new()
            .before_acquire(|c, _| Box::pin(async { Ok(!c.is_in_transaction()) }))
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(30))
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!("src/store/migrations/sqlite")
            .run(&write)
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(30))
            .connect_with(options.read_only(true))
            .await?;
        Ok(Db::Sqlite { read, write })
    }

    /// Opens a PostgreSQL database by its URL.
    ///
    /// # Errors
    /// When it cannot be reached or its schema cannot be brought up to date.
    pub async fn postgres(url: &str) -> Result<Db> {
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(30))
            .connect(url)
            .await?;
        sqlx::migrate!("src/store/migrations/postgres")
            .run(&pool)
            .await?;
        Ok(Db::Postgres(pool))
    }

    /// A transaction that only reads.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match self {
            Db::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Db::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// A transaction that may write. Keep it short: on SQLite there is one at a time.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn write(&self) -> Result<Tx> {
        Ok(match self {
            Db::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Lets go of all connections.
    pub async fn close(&self) {
        match self {
            Db::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// # Errors
    /// When the database cannot commit; nothing of the transaction stands then.
    pub async fn commit(self) -> Result<()> {
        match self {
            Tx::Sqlite(t) => t.commit().await?,
            Tx::Postgres(t) => t.commit().await?,
        }
        Ok(())
    }

    /// One writer at a time where it matters: SQLite has that anyway, PostgreSQL takes a lock until
    /// the commit.
    pub(crate) async fn serialize(&mut self, what: i64) -> Result<()> {
        if let Tx::Postgres(t) = self {
            sqlx::query("SELECT pg_advisory_xact_lock($1)")
                .bind(what)
                .execute(&mut **t)
                .await?;
        }
        Ok(())
    }
}

/// Asserts that a statement changed the one row it was meant to.
pub(crate) fn changed_one(rows: u64, otherwise: &'static str) -> Result<()> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict(otherwise))
    }
}

/// A new identifier; they sort by time.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
