//! `assay key`: the keys under which recordings lie on disk (PRODUCT S4), and the public halves of those
//! that sign (S8).

use super::context::{Context, Place};
use crate::archive::keys;
use crate::store::Actor;
use crate::store::log::{self, Outside};
use anyhow::{Context as _, bail};
use std::path::PathBuf;
use std::process::ExitCode;

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
    /// Print the key by which checkpoints and proofs of this box are verified: name+id+key; made where
    /// nothing is sealed yet
    Log,
    /// Print the key by which this box cosigns checkpoints of other boxes; made where there is none
    Witness,
}

/// # Errors
/// Each says what is wrong and what to do.
pub fn run(command: &Key, place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    let data = context.folder();
    match command {
        Key::Log => {
            println!("{}", super::serve::log_key(&context)?.verifier());
            return Ok(ExitCode::SUCCESS);
        }
        Key::Witness => {
            println!("{}", super::serve::witness_key(&context)?.verifier());
            return Ok(ExitCode::SUCCESS);
        }
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
        Key::Log | Key::Witness => return Ok(ExitCode::SUCCESS),
    };
    context.block_on(async {
        let mut tx = context.db.write().await?;
        log::note(&mut tx, &Actor::Shell, &done, context.clock.now()).await?;
        tx.commit().await
    })?;
    println!("{done}; a running recorder takes it up at its next start");
    Ok(ExitCode::SUCCESS)
}
