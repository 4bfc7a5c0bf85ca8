//! `assay verify BUNDLE`: proves an entry without the box that booked it.

use crate::proof::bundle::{Bundle, Given, verify};
use crate::proof::{Hash, VerifierKey};
use anyhow::{Context as _, anyhow};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The bundle, as the page or `assay commission bundle` gave it
    bundle: PathBuf,
    /// The log's key (name+id+key) or a file that holds it, from a statement or another source than
    /// the bundle; without it the bundle's own is taken, and named
    #[arg(long)]
    key: Option<String>,
    /// A recording that the bundle must be about
    #[arg(long)]
    audio: Vec<PathBuf>,
    /// A checkpoint that the log must have grown from: an old statement's
    #[arg(long)]
    checkpoint: Option<PathBuf>,
}

/// Exit code 0 when everything holds; 1 when something does not, and it is named.
///
/// # Errors
/// When a file cannot be read, or the key is none.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let read = |path: &PathBuf| {
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let bytes = read(&args.bundle)?;
    let (key, own) = match &args.key {
        Some(key) => (trusted(key)?, false),
        None => match Bundle::parse(&bytes) {
            Ok(bundle) => (parsed(&bundle.log)?, true),
            Err(broken) => return Ok(no(&broken.to_string())),
        },
    };
    let sounds = args
        .audio
        .iter()
        .map(|path| anyhow::Ok(hashed(&read(path)?)));
    let sounds: Vec<Hash> = sounds.collect::<anyhow::Result<_>>()?;
    let checkpoint = args.checkpoint.as_ref().map(read).transpose()?;
    let given = Given {
        log: &key,
        witnesses: &[],
        audio: &sounds,
        other_checkpoint: checkpoint.as_deref(),
    };
    match verify(&bytes, &given) {
        Ok(report) => {
            for line in &report.lines {
                println!("{line}");
            }
            println!("yes: entry {} holds", report.entry);
            if own {
                println!(
                    "The key is the bundle's own. Compare it with the key on a statement, or give \
                     it with --key: {key}"
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => Ok(no(&broken.to_string())),
    }
}

fn no(why: &str) -> ExitCode {
    println!("no: {why}");
    ExitCode::FAILURE
}

/// A key as text, or the file that holds it.
fn trusted(key: &str) -> anyhow::Result<VerifierKey> {
    match std::fs::read_to_string(key) {
        Ok(text) => parsed(text.trim()),
        Err(_) => parsed(key),
    }
}

fn parsed(text: &str) -> anyhow::Result<VerifierKey> {
    VerifierKey::parse(text).map_err(|why| anyhow!("'{text}' is no key of a log: {why}"))
}

fn hashed(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}
