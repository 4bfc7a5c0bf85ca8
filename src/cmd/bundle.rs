//! `assay commission bundle`: an entry's proof as a file, with its sound beside it.

use super::office::{Office, Place};
use crate::jobs::notary::LogKey;
use crate::store::Actor;
use crate::store::calls;
use crate::store::calls::listens::{self, Listen, Way};
use crate::store::proof::bundle::{Reader, of_entry};
use crate::units::{CallId, EntryId};
use anyhow::{Context as _, anyhow};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Which entry, and where to.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The entry's id, as the export has it
    entry: String,
    /// Where to write it
    #[arg(long)]
    out: PathBuf,
    /// Its recordings too, beside it
    #[arg(long)]
    with_audio: bool,
    /// An older checkpoint that it is to be held against, such as an old statement's
    #[arg(long)]
    since: Option<PathBuf>,
}

/// # Errors
/// When the entry is not there or not sealed into the log yet, or a file cannot be read or written.
pub fn run(wanted: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let key = LogKey::open(office.folder())?.verifier();
    let older = wanted.since.as_ref().map(|path| {
        std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
    });
    let older = older.transpose()?.into_iter().collect();
    let entry = EntryId::from(wanted.entry.clone());
    let mut bundle = office.block_on(async {
        let mut tx = office.db.read().await?;
        anyhow::Ok(of_entry(&mut tx, &key, (&entry, Reader::Manager), older).await?)
    })?;
    if wanted.with_audio {
        let objects = office.objects()?;
        let folder = wanted.out.parent().unwrap_or(Path::new("."));
        for audio in &mut bundle.audio {
            let call = audio.recording.split(':').next().unwrap_or_default();
            let id = CallId::from(call.to_owned());
            let found = office.block_on(async {
                let mut tx = office.db.write().await?;
                let listen = Listen {
                    call: &id,
                    way: Way::Bundle,
                    session: "-",
                    address: "box",
                };
                listens::note(&mut tx, &Actor::Shell, &listen, office.clock.now()).await?;
                let found = calls::recording(&mut tx, &id).await?;
                tx.commit().await?;
                anyhow::Ok(found)
            })?;
            let recording = found.ok_or_else(|| anyhow!("the recording of call {call} is gone"))?;
            let name = format!("{call}.{}", extension(&recording.path));
            let path = folder.join(&name);
            std::fs::write(&path, objects.read(&recording.path)?)
                .with_context(|| format!("{} cannot be written", path.display()))?;
            audio.file = Some(name);
        }
    }
    std::fs::write(&wanted.out, bundle.to_json())
        .with_context(|| format!("{} cannot be written", wanted.out.display()))?;
    println!(
        "{}: entry {} with {} records, proved by the log {key}",
        wanted.out.display(),
        wanted.entry,
        bundle.items.len()
    );
    Ok(ExitCode::SUCCESS)
}

fn extension(path: &str) -> &str {
    Path::new(path)
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or("bin")
}
