//! `assay key`: the keys under which recordings lie on disk (PRODUCT S4), and the public halves of
//! those that sign (S8).

use super::office::{Office, Place};
use crate::archive::keys;
use crate::archive::objects::Objects;
use crate::hex::hex;
use crate::store::Actor;
use crate::store::calls::{self, StoredRecording};
use crate::store::log::{self, Outside};
use anyhow::{Context as _, bail};
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// The commands of `assay key`.
#[derive(Debug, clap::Subcommand)]
pub enum Key {
    /// The keys of this box, and where their private halves are
    Show,
    /// Make a new pair; what is recorded from the next start on is encrypted for it
    New,
    /// Write a private key to a file of its own, to be kept elsewhere
    Export {
        file: PathBuf,
        /// Its id; without one, the current key
        #[arg(long)]
        id: Option<String>,
    },
    /// Take the private key off this box: it goes on recording and can no longer be heard here
    Forget {
        id: String,
        /// It has been exported and the copy is safe
        #[arg(long)]
        exported: bool,
    },
    /// Bring a private key back
    Import { file: PathBuf },
    /// Encrypt what was recorded before there was a key, where it still is as it was recorded
    Adopt,
    /// Print the key by which checkpoints and proofs of this box are verified: name+id+key; made
    /// where nothing is sealed yet
    Log,
    /// Print the key by which this box cosigns checkpoints of other boxes; made where there is none
    Witness,
}

/// # Errors
/// Each says what is wrong and what to do.
pub fn run(command: &Key, place: &Place) -> anyhow::Result<ExitCode> {
    // Keys may be there before the box.
    let office = match command {
        Key::New | Key::Import { .. } | Key::Log | Key::Witness => Office::open(place)?,
        Key::Show | Key::Export { .. } | Key::Forget { .. } | Key::Adopt => Office::of_box(place)?,
    };
    let data = office.folder();
    let done = match command {
        Key::Log => return shown(&super::serve::log_key(&office)?.verifier()),
        Key::Witness => return shown(&super::serve::witness_key(&office)?.verifier()),
        Key::Adopt => return adopt(&office),
        Key::Show => return show(data),
        Key::New => Outside::KeyMade(keys::generate(data)?),
        Key::Export { file, id } => Outside::KeyExported(export(data, file, id.as_deref())?),
        Key::Forget { id, exported } => {
            forget(data, id, *exported)?;
            Outside::KeyForgotten(id.clone())
        }
        Key::Import { file } => Outside::KeyImported(keys::import(data, &private(file)?)?),
    };
    office.block_on(note(&office, &done))?;
    println!(
        "{done}; a running box takes it up at its next start, the page's half before the tap's"
    );
    Ok(ExitCode::SUCCESS)
}

/// Of a key that proves something: what verifies it.
fn shown(verifier: &impl Display) -> anyhow::Result<ExitCode> {
    println!("{verifier}");
    Ok(ExitCode::SUCCESS)
}

async fn note(office: &Office, done: &Outside) -> anyhow::Result<()> {
    let mut tx = office.db.write().await?;
    log::note(&mut tx, &Actor::Shell, done, office.clock.now()).await?;
    Ok(tx.commit().await?)
}

fn show(data: &Path) -> anyhow::Result<ExitCode> {
    let known = keys::places(data)?;
    if known.is_empty() {
        println!("there is no key: recordings lie open; `assay key new` makes one");
    }
    for key in known {
        let current = if key.current { "current" } else { "" };
        println!("{} {current:7} {}", key.id, whereabouts(key.private));
    }
    Ok(ExitCode::SUCCESS)
}

fn whereabouts(private: Option<PathBuf>) -> String {
    match private {
        Some(path) => format!("private key in {}", path.display()),
        None => "private key not on this box".to_owned(),
    }
}

/// Writes a private key, the current one where none is named; gives which it was.
fn export(data: &Path, file: &Path, id: Option<&str>) -> anyhow::Result<String> {
    let Some(id) = id.map(str::to_owned).or(current(data)?) else {
        bail!("there is no key to export; `assay key new` makes one")
    };
    let text = keys::export(data, &id).with_context(|| absent(&id))?;
    keys::write_private(file, text.trim())
        .with_context(|| format!("{} cannot be written", file.display()))?;
    println!(
        "written to {}: whoever has it hears every recording made under it",
        file.display()
    );
    Ok(id)
}

fn current(data: &Path) -> anyhow::Result<Option<String>> {
    let known = keys::places(data)?;
    Ok(known.into_iter().find(|k| k.current).map(|k| k.id))
}

fn absent(id: &str) -> String {
    format!("the private key {id} is not on this box")
}

fn forget(data: &Path, id: &str, exported: bool) -> anyhow::Result<()> {
    if !exported {
        bail!(
            "export it first (`assay key export FILE --id {id}`), keep the copy safe, and say so \
             with --exported: without it nobody hears these recordings again"
        );
    }
    keys::forget(data, id).with_context(|| absent(id))
}

/// A private key from its file.
fn private(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(Zeroizing::new(text))
}

/// Encrypts recordings that lie in the open, and whose hash is the one that was sealed.
fn adopt(office: &Office) -> anyhow::Result<ExitCode> {
    let objects = office.objects()?;
    if !objects.keyring().encrypts() {
        bail!("there is no key to encrypt for: `assay key new` makes one");
    }
    let recordings = office.block_on(async {
        let mut tx = office.db.read().await?;
        anyhow::Ok(calls::all_recordings(&mut tx).await?)
    })?;
    let (mut adopted, mut others) = (0, 0);
    for r in &recordings {
        match adopt_one(&objects, r) {
            Ok(true) => adopted += 1,
            Ok(false) => {}
            Err(why) => {
                others += 1;
                eprintln!("recording {} of call {}: {why:#}", r.path, r.call_id);
            }
        }
    }
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let what = Outside::RecordingsAdopted(adopted);
        log::note(&mut tx, &Actor::Shell, &what, office.clock.now()).await?;
        tx.commit().await
    })?;
    println!("{adopted} recordings are encrypted now; {others} are not what was recorded");
    Ok(match others {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Whether a recording lay in the open, and was taken in.
fn adopt_one(objects: &Objects, r: &StoredRecording) -> anyhow::Result<bool> {
    let Some(sound) = objects.read_open(&r.path)? else {
        return Ok(false);
    };
    if hex(&Sha256::digest(&sound)) != r.sha256 {
        bail!("it lies in the open, and is not what was sealed: it stays as it is");
    }
    // What follows from the sound first: the sound says that all of it is done.
    for name in [Some(&r.peaks), r.raw.as_ref()].into_iter().flatten() {
        if let Some(bytes) = objects.read_open(name)? {
            objects.put(name, &bytes)?;
        }
    }
    objects.put(&r.path, &sound)?;
    objects.settle([r.path.as_str(), &r.peaks].into_iter())?;
    Ok(true)
}
