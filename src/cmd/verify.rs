//! `assay verify BUNDLE`: proves an entry without the box that booked it.

use crate::proof::bundle::{Bundle, Given, Report, Stamped, verify};
use crate::proof::{Hash, Scheme, VerifierKey, stamp};
use anyhow::{Context as _, anyhow};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Which bundle to prove, and against which key, recordings and checkpoint.
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
    /// The key of a witness (name+id+key), or a file that holds it: it must have cosigned a
    /// checkpoint of the bundle
    #[arg(long)]
    witness: Vec<String>,
    /// A folder to write the bundle's time stamps to, for `openssl ts -verify`
    #[arg(long)]
    stamps: Option<PathBuf>,
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
    let checkpoint = checkpoint.map(|bytes| uncopied(&bytes));
    let witnesses: Vec<VerifierKey> = args
        .witness
        .iter()
        .map(|key| witness(key))
        .collect::<anyhow::Result<_>>()?;
    let given = Given {
        log: &key,
        witnesses: &witnesses,
        audio: &sounds,
        other_checkpoint: checkpoint.as_deref(),
    };
    match verify(&bytes, &given) {
        Ok(report) => {
            for line in &report.lines {
                println!("{line}");
            }
            for stamped in &report.stamped {
                println!("{}", by_hand(stamped, args.stamps.as_deref())?);
            }
            if let Some(missing) = not_cosigned(&report, &witnesses) {
                return Ok(no(&missing));
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

/// How the authority's signature is verified, which is not done here.
fn by_hand(stamped: &Stamped, folder: Option<&Path>) -> anyhow::Result<String> {
    let name = format!("checkpoint-{}.tsr", stamped.head.size);
    let path = folder.map_or_else(|| PathBuf::from(&name), |folder| folder.join(&name));
    let mut said = format!(
        "The time stamp of {} leaves is of this root. Its signature is verified by: {}",
        stamped.head.size,
        stamp::by_hand(stamped.head.root, &path.display().to_string())
    );
    match folder {
        Some(folder) => std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, &stamped.answer))
            .with_context(|| format!("{} cannot be written", path.display()))?,
        None => said += " (--stamps FOLDER writes the file)",
    }
    Ok(said)
}

/// The first witness that was given and has cosigned no checkpoint of the bundle.
fn not_cosigned(report: &Report, witnesses: &[VerifierKey]) -> Option<String> {
    let has = |witness: &&VerifierKey| {
        let mut names = report.cosigned.iter().map(|(name, _)| name);
        names.any(|name| name == witness.name())
    };
    let missing = witnesses.iter().find(|witness| !has(witness))?;
    Some(format!(
        "the witness {} has cosigned no checkpoint of this bundle",
        missing.name()
    ))
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
    VerifierKey::parse(text).map_err(|why| {
        anyhow!(
            "'{}' is no key of a log: {why}. A key is one line, name+id+key, such as \
             box.example/log+1a2b3c4d+AWl0…; `assay key log` prints a box's",
            begun(text)
        )
    })
}

/// So many characters of what is no key are shown.
const SHOWN: usize = 40;

/// How a text begins: it may be any file.
fn begun(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let first: String = line
        .chars()
        .filter(|c| !c.is_control())
        .take(SHOWN)
        .collect();
    match first.len() < text.len() {
        true => format!("{first}…"),
        false => first,
    }
}

/// A checkpoint as it was saved, or as somebody has copied it from a page or from paper: long lines
/// are broken there, and line ends and the empty line before the signatures are lost.
fn uncopied(bytes: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return bytes.to_vec();
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let (mut head, mut signatures) = (String::new(), Vec::<String>::new());
    for line in lines {
        match signatures.last_mut() {
            _ if line.starts_with("— ") => signatures.push(line.to_owned()),
            None => head += &format!("{line}\n"),
            // Broken behind the name, or within the signature.
            Some(broken) if broken.split(' ').count() < 3 => *broken += &format!(" {line}"),
            Some(broken) => *broken += line,
        }
    }
    format!("{head}\n{}\n", signatures.join("\n")).into_bytes()
}

/// A witness's key as text, or the file that holds it.
fn witness(key: &str) -> anyhow::Result<VerifierKey> {
    let found = trusted(key)?;
    match found.scheme() {
        Scheme::Cosignature => Ok(found),
        Scheme::Note => Err(anyhow!("'{found}' is the key of a log, not of a witness")),
    }
}

fn hashed(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "box.example/log\n7\nRk0tq7yW\n\n— box.example/log AAAA\n— other BBBBCCCC\n";

    #[test]
    fn a_checkpoint_that_was_copied_from_paper_reads_as_it_was() {
        for copied in [
            NOTE.to_owned(),
            NOTE.trim_end().to_owned(),
            NOTE.replace('\n', "\r\n"),
            NOTE.replace("\n\n", "\n"),
            format!("\n{}", NOTE.replace('\n', "  \n  ")),
            NOTE.replace("log AAAA", "log\nAAAA")
                .replace("BBBBCCCC", "BBBB\nCCCC"),
        ] {
            let read = String::from_utf8(uncopied(copied.as_bytes())).unwrap();
            assert_eq!(read, NOTE, "{copied:?}");
        }
        assert_ne!(
            uncopied(NOTE.replace("\n7\n", "\n8\n").as_bytes()),
            NOTE.as_bytes()
        );
        assert_eq!(uncopied(b"\xff"), b"\xff");
    }

    #[test]
    fn of_a_file_that_is_no_key_only_its_beginning_is_told() {
        let file = format!("{{\"secret\":\"{}\"}}\nsecond line", "x".repeat(5_000));
        let why = parsed(&file).unwrap_err().to_string();
        assert!(why.starts_with("'{\"secret\":\"xxxx"), "{why}");
        assert!(why.contains("name+id+key") && why.len() < 300, "{why}");
        let why = parsed("nonsense").unwrap_err().to_string();
        assert!(why.starts_with("'nonsense' is no key"), "{why}");
    }
}
