//! The database beside the data folder: what every subcommand that asks or changes what was said
//! and judged opens first.

use super::folder::{DATABASE, Folder};
pub use super::place::Place;
use crate::archive::SealedCall;
use crate::archive::spool::ClosedCall;
use crate::call::Lines;
use crate::clock::Clock;
use crate::config::Config;
use crate::leads::Numbers;
use crate::recorder::sealer::Commit;
use crate::store::people::Person;
use crate::store::{Db, Tx, calls, people};
use crate::units::CallId;
use anyhow::{Context as _, anyhow};
use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;
use tokio::runtime::Handle;
use uuid::Uuid;

/// An open data folder with its database.
pub struct Office {
    pub db: Db,
    folder: Folder,
}

impl Deref for Office {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.folder
    }
}

impl Office {
    /// A box, which begins here where there is none.
    ///
    /// # Errors
    /// When the configuration, the folder or the database cannot be opened.
    pub fn open(place: &Place) -> anyhow::Result<Office> {
        let folder = Folder::open(place)?;
        let db = folder.block_on(open_db(&folder.config))?;
        Ok(Office::of(folder, db))
    }

    /// A box that is there: for commands that ask one, or change what it has.
    ///
    /// # Errors
    /// When there is none, or it cannot be opened.
    pub fn of_box(place: &Place) -> anyhow::Result<Office> {
        let folder = Folder::of_box(place)?;
        let db = folder.block_on(open_db(&folder.config))?;
        Ok(Office::of(folder, db))
    }

    /// A folder whose database answers.
    pub fn of(folder: Folder, db: Db) -> Office {
        Office { db, folder }
    }

    /// Commits sealed calls into the store, from the sealing threads.
    pub fn committer(&self, and_then: impl Fn(&SealedCall) + Send + Sync + 'static) -> Commit {
        committer(
            self.runtime.handle().clone(),
            self.db.clone(),
            self.numbers.clone(),
            self.clock.clone(),
            and_then,
        )
    }

    /// What earlier runs left in the spool and the store does not have yet.
    ///
    /// # Errors
    /// When spool or store cannot be read.
    pub fn unsealed(&self) -> anyhow::Result<Vec<ClosedCall>> {
        let found = self.spooled()?;
        let (waiting, _) = self.block_on(sort_out(&self.db, found))?;
        Ok(waiting)
    }

    /// The house's own numbers, for the tracker.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lines(&self) -> anyhow::Result<Lines> {
        self.block_on(lines(&self.db))
    }

    /// Somebody by login.
    ///
    /// # Errors
    /// When there is nobody of that login.
    pub async fn person(&self, tx: &mut Tx, login: &str) -> anyhow::Result<Person> {
        people::by_login(tx, login).await?.ok_or_else(|| {
            anyhow!("nobody signs in as '{login}'; `assay user list` shows who does")
        })
    }
}

/// Of calls that lie in the spool those that the store does not have yet, and those that it has.
///
/// # Errors
/// When the store cannot be read.
pub async fn sort_out(
    db: &Db,
    found: Vec<ClosedCall>,
) -> anyhow::Result<(Vec<ClosedCall>, Vec<ClosedCall>)> {
    let mut tx = db.read().await?;
    let (mut waiting, mut sealed) = (Vec::new(), Vec::new());
    for call in found {
        match calls::is_sealed(&mut tx, &CallId::from(call.id.to_string())).await? {
            true => sealed.push(call),
            false => waiting.push(call),
        }
    }
    Ok((waiting, sealed))
}

/// Which of these calls the store has.
///
/// # Errors
/// When the store cannot be read.
pub async fn sealed_of(db: &Db, ids: &HashSet<Uuid>) -> anyhow::Result<Vec<Uuid>> {
    let mut tx = db.read().await?;
    let mut sealed = Vec::new();
    for id in ids {
        if calls::is_sealed(&mut tx, &CallId::from(id.to_string())).await? {
            sealed.push(*id);
        }
    }
    Ok(sealed)
}

/// The same, for the tracker.
///
/// # Errors
/// When the store cannot be read.
pub async fn lines(db: &Db) -> anyhow::Result<Lines> {
    Ok(Lines::new(line_values(db).await?))
}

/// The house's own numbers.
///
/// # Errors
/// When the store cannot be read.
pub async fn line_values(db: &Db) -> anyhow::Result<Vec<String>> {
    let mut tx = db.read().await?;
    let lines = people::lines(&mut tx).await?.into_iter();
    Ok(lines.map(|l| l.value.into_inner()).collect())
}

/// Commits sealed calls into the store, from the sealing threads.
pub fn committer(
    handle: Handle,
    db: Db,
    numbers: Numbers,
    clock: Clock,
    and_then: impl Fn(&SealedCall) + Send + Sync + 'static,
) -> Commit {
    Arc::new(move |sealed: Vec<SealedCall>| {
        let stored: crate::store::Result<()> = handle.block_on(async {
            let mut tx = db.write().await?;
            calls::insert(&mut tx, &sealed, &numbers, clock.now()).await?;
            tx.commit().await
        });
        stored
            .map(|()| sealed.iter().for_each(&and_then))
            .map_err(Into::into)
    })
}

/// Opens the configuration's database.
///
/// # Errors
/// When it does not answer, or is not what this program knows.
pub async fn open_db(config: &Config) -> anyhow::Result<Db> {
    match config.database.url.as_str() {
        "" => {
            let path = config.data.folder.join(DATABASE);
            Db::sqlite(&path)
                .await
                .with_context(|| format!("the database {} cannot be opened", path.display()))
        }
        url => Db::postgres(url)
            .await
            .context("the database of [database] url cannot be opened"),
    }
}
