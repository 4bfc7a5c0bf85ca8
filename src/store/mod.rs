//! The database: SQLite on one box, PostgreSQL behind several. `sqlx` stops here.
//!
//! One SQL text serves both, with `$1` placeholders, `TEXT` and `BIGINT` alone, and UUIDs as text;
//! [`SCHEMA.md`] beside this file says what each column means. There is one writer at a time and
//! many readers ([`locks`]): on SQLite a write transaction begins `IMMEDIATE`, so that reading
//! first and writing then never fails half way. A change and its consequences (audit line, ledger
//! line, outgoing message) commit together.
//!
//! [`SCHEMA.md`]: https://github.com/assay/assay/blob/main/src/store/SCHEMA.md

mod actor;
pub mod calls;
pub mod commission;
mod events;
pub mod handover;
pub mod idempotency;
pub mod leads;
mod locks;
pub mod log;
mod outbox;
pub mod people;
pub mod proof;
pub mod report;
pub mod review;
pub mod rules;
pub mod upgrade;
mod wal;
pub mod webhook;
mod writer;

use crate::pii::Pii;
use crate::units::{WallTime, Word};
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::panic::Location;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use wal::Wal;
use writer::{Held, Writer};

pub use actor::Actor;
pub use events::{Event, Topic};
pub use writer::{BOUNDS, Holding};

/// A database that has been brought to the newest schema, and who listens for its changes.
#[derive(Clone, Debug)]
pub struct Db {
    pool: Pool,
    /// What committed transactions changed; see [`Db::subscribe`].
    events: broadcast::Sender<Event>,
    writer: Arc<Writer>,
}

#[derive(Clone, Debug)]
enum Pool {
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        /// For pieces of long work: [`Db::write_piece`].
        pieces: SqlitePool,
        wal: Arc<Wal>,
    },
    Postgres {
        read: PgPool,
        write: PgPool,
    },
}

/// A transaction. Dropped without [`Tx::commit`], it leaves no trace and tells nobody.
pub struct Tx {
    on: On,
    /// Sent when the transaction has committed, so that no page asks too early and no verb forgets.
    events: Vec<Event>,
    tell: broadcast::Sender<Event>,
    /// Of one that may write to SQLite.
    wal: Option<Arc<Wal>>,
    /// Of one that may write. The last field: what ends the transaction counts too.
    _held: Option<Held>,
}

/// The transaction of either database; the macros below reach it.
enum On {
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
    /// What was given cannot be stored; it says why.
    #[error("{0}")]
    Refused(String),
    /// Answers that are no verdict yet, with everything that is missing (PRODUCT R7, R8).
    #[error("the verdict is not ready")]
    NotReady(Vec<crate::review::Missing>),
    /// Somebody has an interest in what they asked for (PRODUCT I1).
    #[error("{0}")]
    Interest(crate::review::Refusal),
    /// A row that others rest on is missing or cannot be read: the data is broken, and the row is
    /// named. Never the fault of whoever asked.
    #[error("broken data: {0}")]
    Broken(String),
}

impl StoreError {
    /// A UNIQUE constraint said no: what was to be added is already there.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, StoreError::Database(sqlx::Error::Database(e)) if e.is_unique_violation())
    }

    /// A row that another one points at is gone.
    pub(in crate::store) fn gone(what: &str, id: &str) -> StoreError {
        StoreError::Broken(format!("{what} {id} is gone, and rows point at it"))
    }
}

impl From<upgrade::Failed> for StoreError {
    fn from(error: upgrade::Failed) -> StoreError {
        match error {
            upgrade::Failed::Refused(why) => StoreError::Refused(why),
            upgrade::Failed::Database(error) => error.into(),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> StoreError {
        StoreError::Broken(format!("JSON in a row: {error}"))
    }
}

/// What comes of asking the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Runs one statement; gives the number of rows it changed.
macro_rules! run {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut $tx.on {
            $crate::store::On::Sqlite(t) => sqlx::query($sql)$(.bind($bind))*
                .execute(&mut **t).await.map(|r| r.rows_affected()),
            $crate::store::On::Postgres(t) => sqlx::query($sql)$(.bind($bind))*
                .execute(&mut **t).await.map(|r| r.rows_affected()),
        }
    };
}

/// Reads all rows of a query.
macro_rules! all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut $tx.on {
            $crate::store::On::Sqlite(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*
                .fetch_all(&mut **t).await,
            $crate::store::On::Postgres(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*
                .fetch_all(&mut **t).await,
        }
    };
}

/// Reads one row or none.
macro_rules! one {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut $tx.on {
            $crate::store::On::Sqlite(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*
                .fetch_optional(&mut **t).await,
            $crate::store::On::Postgres(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*
                .fetch_optional(&mut **t).await,
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
        match &mut $tx.on {
            $crate::store::On::Sqlite(t) => read!(t, sqlx::Sqlite),
            $crate::store::On::Postgres(t) => read!(t, sqlx::Postgres),
        }
    }};
}

/// Inserts rows, at least one, by one statement, which is not kept either: `$sql` ends before
/// `VALUES`, and `$after` may say what to do on a conflict and what to give of each row that was
/// inserted.
macro_rules! insert {
    (
        $tx:expr, $given:ty, $sql:expr, $rows:expr,
        |$row:ident| [$($bind:expr),* $(,)?], $after:expr
    ) => {{
        macro_rules! insert_into {
            ($t:expr, $db:ty) => {{
                let mut query = sqlx::QueryBuilder::<$db>::new($sql);
                query.push_values($rows, |mut values, $row| {
                    $(values.push_bind($bind);)*
                });
                let built = query.push($after).build_query_as::<$given>();
                built.persistent(false).fetch_all(&mut **$t).await
            }};
        }
        match &mut $tx.on {
            $crate::store::On::Sqlite(t) => insert_into!(t, sqlx::Sqlite),
            $crate::store::On::Postgres(t) => insert_into!(t, sqlx::Postgres),
        }
    }};
}

/// A database takes a limited number of values in one statement, SQLite 32,766: so many rows at a
/// time are far from it.
pub(crate) const ROWS_AT_A_TIME: usize = 1000;

pub(crate) use {all, all_in, insert, one, run};

/// So many connections that are kept for good. sqlx's own task that goes over idle ones is not begun:
/// while one is given back its count of them can be below zero, and it then counts for ever
/// (`sqlx-core` 0.9.0, `pool/inner.rs`), so that a program neither rests nor ends.
fn pool_of<DB: sqlx::Database>(most: u32) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(None)
        .max_lifetime(None)
}

impl Db {
    /// Opens a SQLite file, made where there is none; what an upgrade changes is copied first
    /// ([`upgrade`]).
    ///
    /// # Errors
    /// When the file cannot be opened, is of a newer release, or its schema cannot be brought up to
    /// date.
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
        let one = || {
            pool_of::<Sqlite>(1)
                .before_acquire(|c, _| Box::pin(async { Ok(!c.is_in_transaction()) }))
        };
        let patient = one().connect_with(options.clone()).await?;
        let schema = upgrade::sqlite();
        upgrade::copy_before(&patient, path, &schema).await?;
        schema.run(&patient).await?;
        // It asks by itself whether another process writes: `locks`. No commit writes the log back:
        // `wal`.
        let options = options
            .pragma("wal_autocheckpoint", "0")
            .pragma("journal_size_limit", wal::LONG.to_string());
        let writer = options.clone().busy_timeout(Duration::ZERO);
        let write = one().connect_with(writer.clone()).await?;
        patient.close().await;
        // A piece is in the log, whole, before whatever is committed after it: one that a power cut
        // takes leaves no hole.
        let pieces = one().connect_lazy_with(writer.synchronous(SqliteSynchronous::Normal));
        let wal = Wal::of(path, one().connect_lazy_with(options.clone()));
        let read = pool_of(4).connect_with(options.read_only(true)).await?;
        Ok(Db::on(Pool::Sqlite {
            read,
            write,
            pieces,
            wal,
        }))
    }

    /// Opens a PostgreSQL database by its URL.
    ///
    /// # Errors
    /// When it cannot be reached or its schema cannot be brought up to date.
    pub async fn postgres(url: &str) -> Result<Db> {
        let options: PgConnectOptions = url.parse()?;
        // Nobody who hangs holds the writer's lock for ever.
        let writer = options.clone().options([
            ("lock_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "60s"),
        ]);
        let write = pool_of(1).connect_with(writer).await?;
        upgrade::postgres().run(&write).await?;
        let read = pool_of(7).connect_with(options).await?;
        Ok(Db::on(Pool::Postgres { read, write }))
    }

    fn on(pool: Pool) -> Db {
        // A page that falls further behind asks for everything again.
        let (events, _) = broadcast::channel(256);
        Db {
            pool,
            events,
            writer: Arc::default(),
        }
    }

    /// How long the one writer was held since the start.
    pub fn holding(&self) -> Holding {
        self.writer.holding()
    }

    /// What is changed from now on, each when its transaction has committed.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    fn transaction(&self, on: On, held: Option<Held>) -> Tx {
        let wal = match &self.pool {
            Pool::Sqlite { wal, .. } if held.is_some() => Some(Arc::clone(wal)),
            _ => None,
        };
        Tx {
            on,
            events: Vec::new(),
            tell: self.events.clone(),
            wal,
            _held: held,
        }
    }

    /// A transaction that only reads: all of it as it was when it began.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn read(&self) -> Result<Tx> {
        let on = match &self.pool {
            Pool::Sqlite { read, .. } => On::Sqlite(read.begin().await?),
            Pool::Postgres { read, .. } => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ";
                On::Postgres(read.begin_with(begin).await?)
            }
        };
        Ok(self.transaction(on, None))
    }

    /// A transaction that may write. Keep it short: there is one at a time.
    ///
    /// # Errors
    /// When no connection is to be had, or another process holds the lock for half a minute.
    #[track_caller]
    pub fn write(&self) -> impl Future<Output = Result<Tx>> + Send + '_ {
        let (by, asked) = (Location::caller(), Instant::now());
        async move {
            let on = match &self.pool {
                Pool::Sqlite { write, .. } => On::Sqlite(locks::begin_alone(write).await?),
                Pool::Postgres { write, .. } => {
                    let mut tx = write.begin().await?;
                    locks::alone(&mut tx).await?;
                    On::Postgres(tx)
                }
            };
            let held = Held::now(&self.writer, asked, by);
            Ok(self.transaction(on, Some(held)))
        }
    }

    /// As [`Db::write`], for a piece of long work that goes on, or is found unfinished, after
    /// whatever ended it. Its commit does not wait for the disk, and so holds nobody up by it: a
    /// power cut may take the last pieces with it, each whole, and nothing that was committed by
    /// [`Db::write`] after them.
    ///
    /// # Errors
    /// As [`Db::write`].
    #[track_caller]
    pub fn write_piece(&self) -> impl Future<Output = Result<Tx>> + Send + '_ {
        let (by, asked) = (Location::caller(), Instant::now());
        async move {
            let on = match &self.pool {
                Pool::Sqlite { pieces, .. } => On::Sqlite(locks::begin_alone(pieces).await?),
                Pool::Postgres { write, .. } => {
                    let mut tx = write.begin().await?;
                    locks::alone(&mut tx).await?;
                    let hurry = "SET LOCAL synchronous_commit TO OFF";
                    sqlx::query(hurry).execute(&mut *tx).await?;
                    On::Postgres(tx)
                }
            };
            let held = Held::now(&self.writer, asked, by);
            Ok(self.transaction(on, Some(held)))
        }
    }

    /// Between the pieces of long work: lets other writers have their turn. On PostgreSQL everybody
    /// has a queue.
    pub async fn let_others_write(&self) {
        if let Pool::Sqlite { .. } = &self.pool {
            tokio::time::sleep(locks::PAUSE).await;
        }
    }

    /// Lets go of all connections.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite {
                read,
                write,
                pieces,
                wal,
            } => {
                read.close().await;
                pieces.close().await;
                wal.close().await;
                write.close().await;
            }
            Pool::Postgres { read, write } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

impl Tx {
    /// Commits, and tells the open pages whom it concerns what has changed.
    ///
    /// # Errors
    /// When the database cannot commit; nothing of the transaction stands then.
    pub async fn commit(self) -> Result<()> {
        match self.on {
            On::Sqlite(t) => t.commit().await?,
            On::Postgres(t) => t.commit().await?,
        }
        if let Some(wal) = self.wal {
            wal.committed();
        }
        for event in self.events {
            // Nobody may be listening.
            let _ = self.tell.send(event);
        }
        Ok(())
    }

    /// Ends an act that was refused: nothing of it stands, but where an interest forbade it, the
    /// line in the log does. Gives the reason on.
    pub async fn refuse(self, why: StoreError) -> StoreError {
        if matches!(why, StoreError::Interest(_))
            && let Err(error) = self.commit().await
        {
            return error;
        }
        why
    }

    /// Whom to tell when this has committed.
    pub(in crate::store) fn tell(&mut self, event: Event) {
        if !self.events.contains(&event) {
            self.events.push(event);
        }
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
pub fn new_id<T: From<String>>() -> T {
    uuid::Uuid::now_v7().to_string().into()
}

/// A yes or no in a row: 0 or 1, since the two databases share no boolean. Rows read it with
/// `#[sqlx(try_from = "Flag")]`.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Flag(i64);

impl From<Flag> for bool {
    fn from(flag: Flag) -> bool {
        flag.0 != 0
    }
}

/// The same where a column may be null.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct MaybeFlag(Option<i64>);

impl From<MaybeFlag> for Option<bool> {
    fn from(flag: MaybeFlag) -> Option<bool> {
        flag.0.map(|f| f != 0)
    }
}

/// Types that a column holds as another one: how they go into a row and come out.
macro_rules! stored {
    ($raw:ty: $($type:ty, $out:expr, $in:expr);+ $(;)?) => {$(
        impl<D: sqlx::Database> sqlx::Type<D> for $type
        where
            $raw: sqlx::Type<D>,
        {
            fn type_info() -> D::TypeInfo {
                <$raw as sqlx::Type<D>>::type_info()
            }

            fn compatible(info: &D::TypeInfo) -> bool {
                <$raw as sqlx::Type<D>>::compatible(info)
            }
        }

        impl<'q, D: sqlx::Database> sqlx::Encode<'q, D> for $type
        where
            $raw: sqlx::Encode<'q, D>,
        {
            fn encode_by_ref(
                &self,
                buffer: &mut <D as sqlx::Database>::ArgumentBuffer,
            ) -> std::result::Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                let raw: $raw = ($out)(self);
                sqlx::Encode::<D>::encode_by_ref(&raw, buffer)
            }
        }

        impl<'r, D: sqlx::Database> sqlx::Decode<'r, D> for $type
        where
            $raw: sqlx::Decode<'r, D>,
        {
            fn decode(
                value: <D as sqlx::Database>::ValueRef<'r>,
            ) -> std::result::Result<Self, sqlx::error::BoxDynError> {
                let raw = <$raw as sqlx::Decode<'r, D>>::decode(value)?;
                ($in)(raw)
            }
        }
    )+};
}

type Read<T> = std::result::Result<T, sqlx::error::BoxDynError>;

fn read_word<T: Word>(word: String) -> Read<T> {
    Ok(T::from_word(&word)?)
}

macro_rules! stored_words {
    ($($type:ty),+ $(,)?) => {
        stored! { String: $($type, |v: &$type| v.as_str().to_owned(), read_word::<$type>);+ }
    };
}

fn write_name<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        // The schema's CHECK refuses what is no name.
        _ => String::new(),
    }
}

fn read_name<T: serde::de::DeserializeOwned>(name: String) -> Read<T> {
    Ok(serde_json::from_value(serde_json::Value::String(name))?)
}

/// Enums of the recorder's rooms, by the names that JSON has for them.
macro_rules! stored_names {
    ($($type:ty),+ $(,)?) => {
        stored! { String: $($type, write_name::<$type>, read_name::<$type>);+ }
    };
}

macro_rules! stored_ids {
    ($($type:ident),+ $(,)?) => {
        stored! {
            String: $(
                crate::units::$type,
                |v: &crate::units::$type| v.as_str().to_owned(),
                |text: String| Ok(crate::units::$type::from(text))
            );+
        }
    };
}

stored! {
    i64:
    WallTime, |v: &WallTime| v.micros(), |v| Ok(WallTime(v));
    Flag, |v: &Flag| v.0, |v| Ok(Flag(v));
}

stored! {
    Option<i64>:
    MaybeFlag, |v: &MaybeFlag| v.0, |v| Ok(MaybeFlag(v));
}

stored! {
    String:
    Pii<String>, |v: &Pii<String>| v.reveal().clone(), |v| Ok(Pii::new(v));
}

stored_ids! {
    ClientId, PersonId, LineId, CampaignId, PlanId, ChecklistId, VersionId, LeadId, CallId, ClaimId,
    VerdictId, EntryId, RulingId, PeriodActId, PlanDraftId, SecondReviewId, CalibrationId, DisputeId,
    CommentId, ShareId, ItemId, PayrollRunId, QuestionId, ReceiverId, MessageId,
    SessionId, TokenId, AnswerId, CoverageNoteId, HandoverQuestionId, PromiseId, PactId, ContentId,
    SourceId, ImportId, LeadDispositionId, CrmId,
}

stored_words! {
    crate::identity::Role,
    crate::identity::PayBasis,
    crate::identity::House,
    crate::review::ClaimState,
    crate::review::ClaimOutcome,
    crate::leads::ClaimedBy,
    crate::review::VerdictState,
    crate::review::SecondReviewReason,
    crate::review::SecondReviewState,
    crate::review::DisputeState,
    crate::review::Ruling,
    crate::review::PutBack,
    crate::commission::EntryKind,
    crate::commission::Part,
    crate::commission::ReversalReason,
    crate::commission::RulingKind,
    crate::commission::PeriodAct,
    crate::commission::payroll::PayrollFormat,
    crate::commission::payroll::LeftOutReason,
    crate::commission::question::About,
    crate::commission::question::PartKind,
    crate::handover::Answer,
    crate::handover::RejectReason,
    crate::handover::Readiness,
    crate::handover::CrmOutcome,
    crate::handover::mapping::CrmKind,
    crate::handover::SendState,
    crate::report::score::WorkOrder,
    crate::report::score::ScoreList,
    crate::leads::Origin,
    crate::handover::PromiseKind,
    crate::handover::Field,
    crate::leads::Disposition,
    crate::leads::FoundBy,
    crate::leads::Stage,
    crate::leads::BuyerStage,
    crate::leads::LeadDisposition,
    crate::leads::import::DuplicateBy,
    crate::review::Tag,
    crate::report::experiments::Over,
    crate::report::experiments::Measure,
    crate::proof::Kind,
    crate::webhook::Subject,
    crate::identity::listening::Way,
    webhook::PausedFor,
}

stored_names! {
    crate::call::Outcome,
    crate::call::Direction,
    crate::call::EndedBy,
    crate::call::Side,
    crate::media::GapReason,
    crate::archive::AudioFormat,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pool_has_a_task_that_goes_over_its_connections() {
        let of: PoolOptions<Sqlite> = pool_of(1);
        let kept = (of.get_idle_timeout(), of.get_max_lifetime());
        assert_eq!((kept, of.get_min_connections()), ((None, None), 0));
    }
}
