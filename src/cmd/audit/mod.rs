//! `assay commission audit`: the audit pack of a period, a folder that opens without the box
//! (PRODUCT M6). `index.html` holds everything, and each of its tables lies beside it as CSV and in
//! `pack.json`.

mod page;
mod tables;

use super::office::{Office, Place};
use super::setup;
use crate::archive::objects::Objects;
use crate::commission::draw::{draw, seed_of};
use crate::commission::is_period;
use crate::hex::hex;
use crate::store::commission::audit::{self, Books, Drawn, RecordingOf};
use crate::store::log::{self, Outside};
use crate::store::{Actor, StoreError};
use anyhow::{Context as _, anyhow, bail};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tables::{FileState, Made, Table};

/// Which period, how its entries are drawn, and where the pack goes.
#[derive(Debug, clap::Args)]
pub struct Audit {
    /// A period such as 2026-11
    #[arg(long)]
    period: String,
    /// How many entries are drawn and looked at with their evidence
    #[arg(long, default_value_t = 25)]
    sample: usize,
    /// What the draw follows from; without it, from the period's entries
    #[arg(long)]
    seed: Option<String>,
    /// A folder that is not there yet
    #[arg(long)]
    out: PathBuf,
}

/// Exit code 0 when all agrees, 1 when something does not; the pack is written in both cases.
///
/// # Errors
/// When nothing was booked in the period, the folder is there, or it cannot be written.
pub fn run(args: &Audit, place: &Place) -> anyhow::Result<ExitCode> {
    if !is_period(&args.period) {
        bail!(
            "'{}' is no period: write a month such as 2026-11",
            args.period
        );
    }
    if args.sample == 0 {
        bail!("--sample 0 would look at nothing: draw at least one entry");
    }
    if args.out.exists() {
        bail!(
            "{} is there already: name another folder",
            args.out.display()
        );
    }
    let office = Office::of_box(place)?;
    let zone = setup::zone(&office.config)?;
    let objects = office.objects()?;
    let (books, drawn, broken, seed) = office.block_on(async {
        // Never committed: booking again works on copies in it.
        let mut tx = office.db.read().await?;
        let books = audit::books(&mut tx, &args.period, &zone)
            .await
            .map_err(|why| anyhow!("{why}"))?;
        let seed = args.seed.clone().unwrap_or_else(|| seed_of_period(&books));
        let (mut drawn, mut broken) = (Vec::new(), Vec::new());
        let ids = books.entries.iter().map(|e| e.id.as_str());
        let chosen = draw(&seed, ids, args.sample);
        for id in chosen {
            if let Some(entry) = books.entries.iter().find(|e| e.id == *id) {
                match audit::drawn(&mut tx, entry).await {
                    Ok(found) => drawn.push(found),
                    // The pack is for whoever looks into just that.
                    Err(StoreError::Broken(why)) => broken.push((entry.id.to_string(), why)),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        anyhow::Ok((books, drawn, broken, seed))
    })?;
    let made = Made {
        at: office.clock.now(),
        zone,
        seed,
        sample: args.sample,
        files: files(&objects, &drawn),
        broken,
    };
    let tables = tables::all(&books, &drawn, &made);
    write(&args.out, &tables, &page::html(&books, &made, &tables))?;
    office.block_on(note(&office, &args.period))?;
    Ok(tell(args, &books, &drawn, &made, &tables))
}

fn seed_of_period(books: &Books) -> String {
    seed_of(
        books
            .entries
            .iter()
            .map(|e| (e.id.as_str(), e.amount_minor)),
    )
}

/// What the recordings' files on this box are, held against what the verdicts sealed.
fn files(objects: &Objects, drawn: &[Drawn]) -> Vec<(String, FileState)> {
    let all = drawn.iter().flat_map(|d| &d.recordings);
    let one = |r: &RecordingOf| (r.call.to_string(), file_state(objects, r));
    all.map(one).collect()
}

fn file_state(objects: &Objects, recording: &RecordingOf) -> FileState {
    let bytes = recording.path.as_ref().map(|path| objects.read(path));
    match bytes {
        Some(Ok(bytes)) if hex(&Sha256::digest(&bytes)) == recording.sha256 => FileState::AsSealed,
        Some(Ok(_)) => FileState::Differs,
        Some(Err(_)) | None => FileState::NotHere,
    }
}

async fn note(office: &Office, period: &str) -> anyhow::Result<()> {
    let mut tx = office.db.write().await?;
    let what = Outside::AuditPackMade(period.to_owned());
    log::note(&mut tx, &Actor::Shell, &what, office.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Writes the folder beside its name first: it is there whole, or not at all.
fn write(out: &Path, tables: &[Table], html: &str) -> anyhow::Result<()> {
    let folder = out.with_extension("being-written");
    let put = |name: &str, text: &str| -> anyhow::Result<()> {
        let path = folder.join(name);
        let mut file = fs::File::create_new(&path)
            .with_context(|| format!("{} is not written", path.display()))?;
        file.write_all(text.as_bytes())?;
        Ok(file.sync_all()?)
    };
    let mut builder = fs::DirBuilder::new();
    // It says what people earn, and of whom.
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(&folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    put("index.html", html)?;
    for table in tables {
        put(&format!("{}.csv", table.name), &table.csv())?;
    }
    put("pack.json", &tables::json(tables)?)?;
    fs::rename(&folder, out).with_context(|| format!("{} cannot be named", out.display()))
}

fn tell(args: &Audit, books: &Books, drawn: &[Drawn], made: &Made, tables: &[Table]) -> ExitCode {
    println!(
        "period {}: {} entries, {} drawn by seed {}",
        books.period,
        books.entries.len(),
        drawn.len(),
        made.seed
    );
    if books.locked_at.is_none() {
        println!("the period is open: what is booked later is not in the pack");
    }
    println!("written to {}", args.out.display());
    let wrong: BTreeSet<String> = tables::wrong(books, drawn, made).into_iter().collect();
    for what in &wrong {
        println!("DIFFERENT: {what}");
    }
    if wrong.is_empty() {
        let rows: usize = tables.iter().map(|t| t.rows.len()).sum();
        println!("everything agrees ({rows} rows)");
        ExitCode::SUCCESS
    } else {
        println!("{} things do not agree", wrong.len());
        ExitCode::FAILURE
    }
}
