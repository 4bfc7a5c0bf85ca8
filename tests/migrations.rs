//! The schema by its migrations: both dialects come to the same tables, and a database of every
//! earlier version with rows in every table is upgraded to what a fresh one is.

mod common;

use assay::store::{Db, log, upgrade};
use common::Postgres;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

static SQLITE: Migrator = sqlx::migrate!("src/store/migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("src/store/migrations/postgres");

/// Rows for the tables that a version made, in its own words.
const ROWS: [(i64, &str); 27] = [
    (1, include_str!("fixtures/rows/0001.sql")),
    (2, include_str!("fixtures/rows/0002.sql")),
    (3, include_str!("fixtures/rows/0003.sql")),
    (5, include_str!("fixtures/rows/0005.sql")),
    (8, include_str!("fixtures/rows/0008.sql")),
    (9, include_str!("fixtures/rows/0009.sql")),
    (11, include_str!("fixtures/rows/0011.sql")),
    (12, include_str!("fixtures/rows/0012.sql")),
    (13, include_str!("fixtures/rows/0013.sql")),
    (15, include_str!("fixtures/rows/0015.sql")),
    (17, include_str!("fixtures/rows/0017.sql")),
    (18, include_str!("fixtures/rows/0018.sql")),
    (19, include_str!("fixtures/rows/0019.sql")),
    (20, include_str!("fixtures/rows/0020.sql")),
    (21, include_str!("fixtures/rows/0021.sql")),
    (22, include_str!("fixtures/rows/0022.sql")),
    (23, include_str!("fixtures/rows/0023.sql")),
    (26, include_str!("fixtures/rows/0026.sql")),
    (27, include_str!("fixtures/rows/0027.sql")),
    (28, include_str!("fixtures/rows/0028.sql")),
    (29, include_str!("fixtures/rows/0029.sql")),
    (30, include_str!("fixtures/rows/0030.sql")),
    (31, include_str!("fixtures/rows/0031.sql")),
    (32, include_str!("fixtures/rows/0032.sql")),
    (33, include_str!("fixtures/rows/0033.sql")),
    (36, include_str!("fixtures/rows/0036.sql")),
    (38, include_str!("fixtures/rows/0038.sql")),
];

/// Table to its columns: type, and whether null is allowed.
type Tables = BTreeMap<String, BTreeMap<String, (String, bool)>>;

/// What a schema is as far as the program can see: tables, and the names of indexes and triggers.
#[derive(Debug, PartialEq, Eq)]
struct Schema {
    tables: Tables,
    indexes: BTreeSet<String>,
    triggers: BTreeSet<String>,
}

fn schema(
    columns: Vec<(String, String, String, bool)>,
    indexes: Vec<(String,)>,
    triggers: Vec<(String,)>,
) -> Schema {
    let mut tables = Tables::new();
    for (table, column, kind, null) in columns {
        let kind = kind.to_uppercase();
        tables
            .entry(table)
            .or_default()
            .insert(column, (kind, null));
    }
    tables.remove("_sqlx_migrations");
    Schema {
        tables,
        indexes: indexes.into_iter().map(|i| i.0).collect(),
        triggers: triggers.into_iter().map(|t| t.0).collect(),
    }
}

async fn of_sqlite(pool: &SqlitePool) -> Schema {
    // A primary key of SQLite may say that it takes null, and does not.
    let columns = sqlx::query_as(
        "SELECT m.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0 FROM sqlite_schema m JOIN \
         pragma_table_info(m.name) c WHERE m.type = 'table'",
    );
    let indexes =
        sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL");
    let triggers = sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'trigger'");
    schema(
        columns.fetch_all(pool).await.unwrap(),
        indexes.fetch_all(pool).await.unwrap(),
        triggers.fetch_all(pool).await.unwrap(),
    )
}

async fn of_postgres(pool: &PgPool) -> Schema {
    let columns = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES' FROM \
         information_schema.columns WHERE table_schema = 'public'",
    );
    let indexes = sqlx::query_as(
        "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN \
         pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND NOT EXISTS \
         (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)",
    );
    let triggers = sqlx::query_as("SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal");
    schema(
        columns.fetch_all(pool).await.unwrap(),
        indexes.fetch_all(pool).await.unwrap(),
        triggers.fetch_all(pool).await.unwrap(),
    )
}

/// The versions of a set's migrations, up to one; their numbers may have gaps.
fn steps(all: &Migrator, version: i64) -> Vec<i64> {
    let versions = all.migrations.iter().map(|m| m.version);
    versions.filter(|v| *v <= version).collect()
}

/// The first migrations of a set, up to a version.
fn up_to(all: &Migrator, version: i64) -> Migrator {
    let some = all.migrations.iter().filter(|m| m.version <= version);
    Migrator {
        migrations: some.cloned().collect::<Vec<_>>().into(),
        ..Migrator::DEFAULT
    }
}

async fn counts<'a>(
    tables: impl Iterator<Item = &'a String>,
    count: impl AsyncFn(String) -> i64,
) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for table in tables {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        counts.insert(table.clone(), count(sql).await);
    }
    counts
}

async fn open_sqlite(path: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true);
    SqlitePool::connect_with(options).await.unwrap()
}

#[test]
fn both_dialects_come_to_the_same_schema() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let versions = |m: &Migrator| m.migrations.iter().map(|m| m.version).collect::<Vec<_>>();
    assert_eq!(versions(&SQLITE), versions(&POSTGRES));
    let Some(postgres) = Postgres::start() else {
        return;
    };
    runtime.block_on(async {
        let path = folder.path().join("assay.db");
        Db::sqlite(&path).await.unwrap().close().await;
        let lite = open_sqlite(&path).await;
        Db::postgres(&postgres.url()).await.unwrap().close().await;
        let pg = PgPool::connect(&postgres.url()).await.unwrap();
        let (lite, pg) = (of_sqlite(&lite).await, of_postgres(&pg).await);
        assert_eq!(lite.tables, pg.tables);
        assert_eq!(lite.indexes, pg.indexes);
        assert_eq!(lite.triggers, pg.triggers);
        assert!(lite.tables.len() > 35, "{} tables", lite.tables.len());
    });
}

#[test]
fn every_earlier_version_of_a_sqlite_file_is_upgraded_with_its_rows() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let fresh = folder.path().join("fresh.db");
        Db::sqlite(&fresh).await.unwrap().close().await;
        let wanted = of_sqlite(&open_sqlite(&fresh).await).await;
        for version in SQLITE.migrations.iter().map(|m| m.version) {
            let path = folder.path().join(format!("{version}.db"));
            let pool = open_sqlite(&path).await;
            for step in steps(&SQLITE, version) {
                up_to(&SQLITE, step).run(&pool).await.unwrap();
                for (_, rows) in ROWS.iter().filter(|(at, _)| *at == step) {
                    sqlx::raw_sql(*rows).execute(&pool).await.unwrap();
                }
            }
            let of = async |sql: String| {
                let count: (i64,) = sqlx::query_as(AssertSqlSafe(sql))
                    .fetch_one(&pool)
                    .await
                    .unwrap();
                count.0
            };
            let earlier = of_sqlite(&pool).await;
            let before = counts(earlier.tables.keys(), of).await;
            assert!(before.values().all(|n| *n > 0), "{version}: {before:?}");
            Db::sqlite(&path).await.unwrap().close().await;
            let upgraded = of_sqlite(&pool).await;
            assert_eq!(upgraded, wanted, "from version {version}");
            is_copied_before(&path, version, &earlier, &before).await;
            let after = counts(upgraded.tables.keys(), of).await;
            // What a migration puts into tables of its own comes on top.
            let kept = after.iter().filter(|(table, _)| {
                if *table == "leaf_queue" {
                    return false;
                }
                let filled = [
                    "plan_acks",
                    "settlements",
                    "lead_work",
                    "lead_stages",
                    "handovers",
                    "figures_due",
                    "figure_days",
                ];
                !filled.contains(&table.as_str()) || before.contains_key(*table)
            });
            let (rows, kept) = (
                before.values().sum::<i64>() - before.get("leaf_queue").unwrap_or(&0),
                kept.map(|(_, n)| n).sum::<i64>(),
            );
            assert_eq!(kept, rows, "from version {version}: {after:?}");
            // What was there becomes leaves, too.
            let words = "SELECT COUNT(*) FROM claims c JOIN leaf_queue q ON q.kind = \
                         'claim_words' AND q.subject = c.id || ':0'";
            assert_eq!(
                of(words.to_owned()).await,
                after["claims"],
                "from version {version}"
            );
            let broken: Vec<(String,)> =
                sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check")
                    .fetch_all(&pool)
                    .await
                    .unwrap();
            assert_eq!(broken, [], "from version {version}");
            let state: (String, i64) =
                sqlx::query_as("SELECT state, final_at FROM verdicts WHERE id = 'verdict'")
                    .fetch_one(&pool)
                    .await
                    .unwrap();
            assert_eq!(state, ("final".to_owned(), 3), "from version {version}");
            refuses_what_a_fresh_one_refuses(&pool).await;
        }
    });
}

/// What an upgrade changed lies beside it as it was, nobody else's to read; what is of this release
/// already is not copied.
async fn is_copied_before(
    path: &Path,
    version: i64,
    earlier: &Schema,
    rows: &BTreeMap<String, i64>,
) {
    use std::os::unix::fs::PermissionsExt;
    let copy = upgrade::copy_of(path, version);
    if version == upgrade::schema() {
        assert!(!copy.exists());
        return;
    }
    let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let pool = open_sqlite(&copy).await;
    assert_eq!(of_sqlite(&pool).await, *earlier, "from version {version}");
    let of = async |sql: String| {
        let count = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&pool).await;
        let count: (i64,) = count.unwrap();
        count.0
    };
    assert_eq!(counts(rows.keys(), of).await, *rows);
    pool.close().await;
}

/// A file that a newer release has changed is not touched, and it is said what to do.
#[test]
fn a_file_of_a_newer_release_is_refused_and_its_copy_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assay.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        Db::sqlite(&path).await.unwrap().close().await;
        std::fs::copy(&path, upgrade::copy_of(&path, upgrade::schema())).unwrap();
        let newer = open_sqlite(&path).await;
        let sql = "INSERT INTO _sqlx_migrations (version, description, installed_on, success, \
                   checksum, execution_time) VALUES (9999, 'n', '2027-01-01', 1, x'00', 1)";
        sqlx::raw_sql(sql).execute(&newer).await.unwrap();
        newer.close().await;
        let refused = Db::sqlite(&path).await.unwrap_err().to_string();
        assert!(refused.contains("schema is 9999"), "{refused}");
        assert!(refused.contains("undo-upgrade"), "{refused}");
    });
    let undo = || common::assay(&["undo-upgrade", "--data", folder.path().to_str().unwrap()]);
    let done = undo();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success() && said.contains("assay.db.undone"),
        "{said}"
    );
    runtime.block_on(async {
        let db = Db::sqlite(&path).await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(log::verify(&mut tx).await.unwrap(), 1);
        drop(tx);
        db.close().await;
    });
    let again = undo();
    assert!(!again.status.success());
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("Install that one first"), "{said}");
}

/// The CHECK of a table that a migration changed in place.
async fn refuses_what_a_fresh_one_refuses(pool: &SqlitePool) {
    for wrong in [
        "UPDATE verdicts SET state = 'sealed', final_at = 5 WHERE id = 'on-hold'",
        "UPDATE verdicts SET state = 'final' WHERE id = 'on-hold'",
        "UPDATE verdicts SET note = 'other' WHERE id = 'verdict'",
        "UPDATE claims SET state = 'elsewhere' WHERE id = 'held'",
        "UPDATE claims SET outcome = 'perhaps' WHERE id = 'claim'",
        "UPDATE claims SET checklist_version_id = NULL WHERE id = 'claim'",
    ] {
        assert!(sqlx::query(wrong).execute(pool).await.is_err(), "{wrong}");
    }
}

#[test]
fn every_earlier_version_of_a_postgres_database_is_upgraded_with_its_rows() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let admin = PgPool::connect(&postgres.url()).await.unwrap();
        let mut wanted = None;
        for version in POSTGRES.migrations.iter().map(|m| m.version).rev() {
            let create = format!("CREATE DATABASE v{version}");
            sqlx::query(AssertSqlSafe(create))
                .execute(&admin)
                .await
                .unwrap();
            let url = postgres.url().replace("/postgres", &format!("/v{version}"));
            let pool = PgPool::connect(&url).await.unwrap();
            for step in steps(&POSTGRES, version) {
                up_to(&POSTGRES, step).run(&pool).await.unwrap();
                for (_, rows) in ROWS.iter().filter(|(at, _)| *at == step) {
                    sqlx::raw_sql(*rows).execute(&pool).await.unwrap();
                }
            }
            Db::postgres(&url).await.unwrap().close().await;
            let upgraded = of_postgres(&pool).await;
            // The newest comes first, and is what a fresh one is.
            assert_eq!(*wanted.get_or_insert(upgraded), of_postgres(&pool).await);
            let state: (String, i64) =
                sqlx::query_as("SELECT state, final_at FROM verdicts WHERE id = 'verdict'")
                    .fetch_one(&pool)
                    .await
                    .unwrap();
            assert_eq!(state, ("final".to_owned(), 3), "from version {version}");
            pool.close().await;
        }
    });
}
