//! Before a SQLite file is brought to a newer schema, a copy of it is made beside it, so that the
//! release before can be put back (PRODUCT O4). A PostgreSQL database is copied by its own tools.

use crate::units::WallTime;
use rustix::fs::{Mode, OFlags, open, statvfs};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteLockingMode};
use sqlx::{ConnectOptions, Connection, SqlitePool};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use std::{fs, io};

/// Why a database cannot be upgraded, or put back.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It says what to do; nothing was changed.
    #[error("{0}")]
    Refused(String),
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
}

type Result<T> = std::result::Result<T, Failed>;

/// The schema of this release.
pub(super) fn sqlite() -> Migrator {
    sqlx::migrate!("src/store/migrations/sqlite")
}

/// The same for PostgreSQL.
pub(super) fn postgres() -> Migrator {
    sqlx::migrate!("src/store/migrations/postgres")
}

/// The number of this release's schema.
#[must_use]
pub fn schema() -> i64 {
    newest(&sqlite())
}

fn newest(all: &Migrator) -> i64 {
    all.iter().map(|m| m.version).max().unwrap_or_default()
}

/// A copy is of no use once the release that made it has worked for so long.
const KEPT: Duration = Duration::from_secs(30 * 86_400);
/// What calls in progress may write meanwhile.
const SPARE: u64 = 256 << 20;

/// Where the copy of a database lies that has a schema: `assay.db.schema-30`.
#[must_use]
pub fn copy_of(database: &Path, schema: i64) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(format!(".schema-{schema}"));
    name.into()
}

/// The schema that a file has; `None` where there is no database yet.
async fn applied(pool: &SqlitePool) -> Result<Option<i64>> {
    let known: Option<(i64,)> =
        sqlx::query_as("SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_optional(pool)
            .await?;
    if known.is_none() {
        return Ok(None);
    }
    let newest: (Option<i64>,) = sqlx::query_as("SELECT MAX(version) FROM _sqlx_migrations")
        .fetch_one(pool)
        .await?;
    Ok(newest.0)
}

/// Copies a database that this release will change, or says why this release cannot read it.
///
/// # Errors
/// [`Failed::Refused`] when it is of a newer release, or there is no room for the copy.
pub(super) async fn copy_before(pool: &SqlitePool, database: &Path, all: &Migrator) -> Result<()> {
    let Some(applied) = applied(pool).await? else {
        return Ok(());
    };
    let newest = newest(all);
    if applied > newest {
        return Err(of_newer_release(database, applied, newest));
    }
    if applied == newest {
        return remove_old(database).map_err(|why| file_fails(database, &why));
    }
    let copy = copy_of(database, applied);
    has_room(database).map_err(|why| Failed::Refused(why.to_string()))?;
    let draft = copy.with_extension("draft");
    let drafted = made(pool, &draft).await;
    if drafted.is_err() {
        let _ = fs::remove_file(&draft);
    }
    drafted?;
    // Earlier copies stay: an upgrade that fails half way has a schema that no release knows, and it
    // is the copy before that one which the release before takes back.
    fs::rename(&draft, &copy)
        .and_then(|()| sync_folder(&copy))
        .map_err(|why| file_fails(&copy, &why))?;
    tracing::info!(copy = %copy.display(), from = applied, to = newest, "the schema is upgraded");
    Ok(())
}

async fn made(pool: &SqlitePool, draft: &Path) -> Result<()> {
    // SQLite takes an empty file as it takes none; this one is nobody else's to read.
    let flags =
        OFlags::CREATE | OFlags::TRUNC | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = open(draft, flags, Mode::RUSR | Mode::WUSR);
    let file = fs::File::from(file.map_err(|why| file_fails(draft, &why.into()))?);
    let path = draft.to_str();
    let path = path.ok_or_else(|| Failed::Refused("its folder's name is no text".to_owned()))?;
    sqlx::query("VACUUM INTO $1")
        .bind(path)
        .execute(pool)
        .await?;
    file.sync_all().map_err(|why| file_fails(draft, &why))
}

fn has_room(database: &Path) -> io::Result<()> {
    let mut size = fs::metadata(database)?.len();
    let mut wal = OsString::from(database);
    wal.push("-wal");
    size += fs::metadata(wal).map_or(0, |m| m.len());
    let disk = statvfs(folder(database))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free >= size.saturating_add(SPARE) {
        return Ok(());
    }
    let needed = size.saturating_add(SPARE).div_ceil(1 << 20);
    Err(io::Error::other(format!(
        "an upgrade copies the database first, and there is no room for that: {needed} MiB are \
         needed in {}, {} are free. Make room, and start again; nothing was changed",
        folder(database).display(),
        free >> 20
    )))
}

fn folder(database: &Path) -> &Path {
    match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn sync_folder(of: &Path) -> io::Result<()> {
    fs::File::open(folder(of))?.sync_all()
}

fn file_fails(path: &Path, why: &io::Error) -> Failed {
    Failed::Refused(format!("{}: {why}", path.display()))
}

fn of_newer_release(database: &Path, applied: i64, newest: i64) -> Failed {
    let copy = copy_of(database, newest);
    let way_back = match copy.is_file() {
        true => "or put back what it was before, by `assay undo-upgrade`",
        false => "no copy of what it was before is here",
    };
    Failed::Refused(format!(
        "the database is of a newer release: its schema is {applied}, and this release knows \
         {newest}. Install the newer one; {way_back}"
    ))
}

/// The copies of a database that are wanted.
fn copies(database: &Path, wanted: impl Fn(&PathBuf) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut begins = database.file_name().unwrap_or_default().to_owned();
    begins.push(".schema-");
    let begins = begins.into_encoded_bytes();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder(database))? {
        let entry = entry?;
        let is_copy = entry.file_name().as_encoded_bytes().starts_with(&begins);
        if is_copy && wanted(&entry.path()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Removes copies that nobody will go back to, by when the database was written last.
fn remove_old(database: &Path) -> io::Result<()> {
    let now = fs::metadata(database)?.modified()?;
    let old = |path: &PathBuf| {
        let made = fs::symlink_metadata(path).and_then(|m| m.modified());
        made.is_ok_and(|made| now.duration_since(made).is_ok_and(|age| age > KEPT))
    };
    for path in copies(database, old)? {
        fs::remove_file(&path)?;
        tracing::info!(copy = %path.display(), "a copy from before an upgrade is removed");
    }
    Ok(())
}

/// What was put back, and where what it replaced lies now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutBack {
    pub aside: PathBuf,
    /// When the copy was made.
    pub copied_at: WallTime,
}

/// Puts the copy of this release's schema in the place of a database that a newer release has
/// changed, which is kept beside it.
///
/// # Errors
/// [`Failed::Refused`] when there is no such copy, the box is running, or a file fails.
pub async fn put_back(database: &Path) -> Result<PutBack> {
    let copy = copy_of(database, schema());
    let made = fs::symlink_metadata(&copy).and_then(|m| m.modified());
    let made = made.map_err(|_| {
        Failed::Refused(format!(
            "there is no {}: only the release that the box was upgraded from puts its copy back. \
             Install that one first",
            copy.display()
        ))
    })?;
    nobody_has_open(database).await?;
    let mut aside = OsString::from(database);
    aside.push(".undone");
    let aside = PathBuf::from(aside);
    let swapped = swap(database, &copy, &aside);
    swapped.map_err(|why| file_fails(database, &why))?;
    let micros = made.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros());
    Ok(PutBack {
        aside,
        copied_at: WallTime(i64::try_from(micros).unwrap_or(i64::MAX)),
    })
}

/// Alone with a file, SQLite takes what waits in its log into it.
async fn nobody_has_open(database: &Path) -> Result<()> {
    let alone = SqliteConnectOptions::new()
        .filename(database)
        .locking_mode(SqliteLockingMode::Exclusive)
        .busy_timeout(Duration::from_secs(1));
    let mut connection = alone.connect().await?;
    let begun = sqlx::raw_sql("BEGIN EXCLUSIVE; COMMIT")
        .execute(&mut connection)
        .await;
    connection.close().await?;
    match begun {
        Ok(_) => Ok(()),
        Err(_) => Err(Failed::Refused(format!(
            "{} is in use: stop the box first",
            database.display()
        ))),
    }
}

fn swap(database: &Path, copy: &Path, aside: &Path) -> io::Result<()> {
    let beside = |path: &Path, what: &str| {
        let mut name = OsString::from(path);
        name.push(what);
        PathBuf::from(name)
    };
    if aside.symlink_metadata().is_ok() {
        return Err(io::Error::other(format!(
            "{} is there already: move it away first",
            aside.display()
        )));
    }
    // With what it has not taken in yet, so that it stays whole.
    for what in ["-wal", "-shm", ""] {
        match fs::rename(beside(database, what), beside(aside, what)) {
            Err(why) if what.is_empty() || why.kind() != io::ErrorKind::NotFound => {
                return Err(why);
            }
            _ => {}
        }
    }
    fs::rename(copy, database)?;
    sync_folder(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_goes_when_nobody_will_go_back_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("assay.db");
        let copy = copy_of(&database, 30);
        fs::write(&database, "").unwrap();
        fs::write(&copy, "").unwrap();
        let file = fs::File::options().write(true).open(&database).unwrap();
        let made = fs::metadata(&copy).unwrap().modified().unwrap();
        file.set_modified(made + KEPT).unwrap();
        remove_old(&database).unwrap();
        assert!(copy.is_file());
        file.set_modified(made + KEPT + Duration::from_secs(1))
            .unwrap();
        remove_old(&database).unwrap();
        assert!(!copy.is_file() && database.is_file());
    }

    /// An upgrade of two migrations that fails at the second begins again from the first.
    #[tokio::test]
    async fn an_upgrade_that_fails_half_way_leaves_the_copy_from_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        let pool = database(&path).await;
        let at = async |version: i64| {
            let sql = format!(
                "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT); INSERT INTO \
                 _sqlx_migrations VALUES ({version})"
            );
            let sql = sqlx::AssertSqlSafe(sql);
            sqlx::raw_sql(sql).execute(&pool).await.unwrap();
            copy_before(&pool, &path, &sqlite()).await.unwrap();
        };
        at(1).await;
        at(2).await;
        assert!(copy_of(&path, 1).is_file() && copy_of(&path, 2).is_file());
        assert!(!path.with_extension("db.draft").exists());
        pool.close().await;
    }

    async fn database(path: &Path) -> SqlitePool {
        let options = SqliteConnectOptions::new().filename(path);
        let wal = options.create_if_missing(true);
        let wal = wal.journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
        SqlitePool::connect_with(wal).await.unwrap()
    }

    async fn says(path: &Path) -> String {
        let pool = database(path).await;
        let said: (String,) = sqlx::query_as("SELECT word FROM said")
            .fetch_one(&pool)
            .await
            .unwrap();
        pool.close().await;
        said.0
    }

    async fn wrote(path: &Path, word: &str) -> SqlitePool {
        let pool = database(path).await;
        let sql = format!("CREATE TABLE said (word TEXT); INSERT INTO said VALUES ('{word}')");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&pool)
            .await
            .unwrap();
        pool
    }

    #[tokio::test]
    async fn what_is_put_back_leaves_the_newer_one_whole_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        let newer = wrote(&path, "newer").await;
        let refused = async |why: &str| {
            let said = put_back(&path).await.unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        };
        refused("Install that one first").await;
        let copy = copy_of(&path, schema());
        wrote(&copy, "older").await.close().await;
        refused("stop the box first").await;
        newer.close().await;
        let done = put_back(&path).await.unwrap();
        assert_eq!(says(&path).await, "older");
        assert_eq!(says(&done.aside).await, "newer");
        // Once more would write over it.
        wrote(&copy, "older").await.close().await;
        refused("move it away").await;
        assert_eq!(says(&done.aside).await, "newer");
    }
}
