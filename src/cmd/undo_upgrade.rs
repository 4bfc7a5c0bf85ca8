//! `assay undo-upgrade`: the release before takes the box back, with the copy of the database that
//! the newer one made before it changed anything.

use super::folder::Folder;
use super::office::{Office, Place};
use crate::store::log::{self, Outside};
use crate::store::{Actor, upgrade};
use anyhow::bail;
use std::process::ExitCode;

/// Says where what it replaced lies, and that it is lost to the box.
///
/// # Errors
/// When the database is no file, is in use, or has no copy that is of this release.
pub fn run(place: &Place) -> anyhow::Result<ExitCode> {
    let folder = Folder::of_box(place)?;
    if !folder.config.database.url.is_empty() {
        bail!(
            "the database is a PostgreSQL server's: restore the copy that you made with pg_dump \
             before the upgrade"
        );
    }
    let database = folder.folder().join("assay.db");
    let done = folder.block_on(upgrade::put_back(&database))?;
    let copied = done.copied_at;
    drop(folder);
    let office = Office::of_box(place)?;
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let line = Outside::UpgradeUndone(copied);
        log::note(&mut tx, &Actor::Shell, &line, office.clock.now()).await?;
        tx.commit().await
    })?;
    println!(
        "The database is again as it was at {copied}. Verdicts, money and leads since then are not \
         in it any more; they lie in {}, which the newer release reads. Recordings are all there: \
         `assay check` names those that the database does not know. Checkpoints of the log that left \
         the box since then do not agree with it any more, and say so to whoever has one.",
        done.aside.display()
    );
    Ok(ExitCode::SUCCESS)
}
