//! `assay key`: the keys under which recordings lie on disk (PRODUCT S4), and the public halves of those
//! that sign (S8).

use super::office::{Office, Place};
use crate::archive::keys;
use crate::archive::objects::Objects;
use crate::hex::hex;
use crate::store::Actor;
use crate::store::calls::{self, StoredRecording};
use crate::store::log::{self, Outside};
use anyhow::{Context as _, bail};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::process::ExitCode;

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
    /// Print the key by which checkpoints and proofs of this box are verified: name+id+key; made where
    /// nothing is sealed yet
    Log,
    /// Print the key by which this box cosigns checkpoints of other boxes; made where there is none
    Witness,
}

/// # Errors
/// Each says what is wrong and what to do.
pub fn run(command: &Key, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::open(place)?;
    let data = office.folder();
    match command {
        Key::Log => {
            println!("{}", super::serve::log_key(&office)?.verifier());
            return Ok(ExitCode::SUCCESS);
        }
        Key::Witness => {
            println!("{}", super::serve::witness_key(&office)?.verifier());
            return Ok(ExitCode::SUCCESS);
        }
        Key::Adopt => return adopt(&office),
        _ => {}
    }
    let known = keys::places(data)?;
    let done = match command {
        Key::Show => {
            if known.is_empty() {
                println!("there is no key: recordings lie open; `assay key new` makes one");
            }
            for key in known {
                let private = key.private.map_or_else(
                    || "private key not on this box".to_owned(),
                    |p| format!("private key in {}", p.display()),
                );
                println!(
                    "{} {:7} {private}",
                    key.id,
                    if key.current { "current" } else { "" }
                );
            }
            return Ok(ExitCode::SUCCESS);
        }
        Key::New => Outside::KeyMade(keys::generate(data)?),
        Key::Export { file, id } => {
            let Some(id) = id
                .clone()
                .or_else(|| known.iter().find(|k| k.current).map(|k| k.id.clone()))
            else {
                bail!("there is no key to export; `assay key new` makes one")
            };
            let text = keys::export(data, &id)
                .with_context(|| format!("the private key {id} is not on this box"))?;
            keys::write_private(file, text.trim())
                .with_context(|| format!("{} cannot be written", file.display()))?;
            println!(
                "written to {}: whoever has it hears every recording made under it",
                file.display()
            );
            Outside::KeyExported(id)
        }
        Key::Forget { id, exported } => {
            if !exported {
                bail!(
                    "export it first (`assay key export FILE --id {id}`), keep the copy safe, and \
                     say so with --exported: without it nobody hears these recordings again"
                );
            }
            keys::forget(data, id)
                .with_context(|| format!("the private key {id} is not on this box"))?;
            Outside::KeyForgotten(id.clone())
        }
        Key::Import { file } => {
            let text = zeroize::Zeroizing::new(
                std::fs::read_to_string(file)
                    .with_context(|| format!("{} cannot be read", file.display()))?,
            );
            Outside::KeyImported(keys::import(data, &text)?)
        }
        Key::Log | Key::Witness | Key::Adopt => return Ok(ExitCode::SUCCESS),
    };
    office.block_on(async {
        let mut tx = office.db.write().await?;
        log::note(&mut tx, &Actor::Shell, &done, office.clock.now()).await?;
        tx.commit().await
    })?;
    println!("{done}; a running recorder takes it up at its next start");
    Ok(ExitCode::SUCCESS)
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
