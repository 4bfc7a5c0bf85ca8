//! `assay check`: proves files, rows, the audit chain and the ledger against each other on a live
//! box, and that the schema holds the rules that it came with (PRODUCT I10, O3).

use super::office::{Office, Place};
use crate::hex::hex;
use crate::jobs::notary::{LogKey, LogKeyError, known};
use crate::store::commission::{ledger, payroll, rebook};
use crate::store::proof::{check, log as sealed};
use crate::store::{self, calls, log};
use crate::units::Micros;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::process::ExitCode;

/// What left the box before, to hold it against.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A copy of the proof log, or a checkpoint, that left the box: what was rewritten on the box
    /// with every hash is found against it alone. The copy that the box itself keeps is always
    /// looked at
    #[arg(long)]
    log: Vec<PathBuf>,
}

/// # Errors
/// When the store cannot be read at all.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let (mut problems, mut good) = (0, 0);
    let (chain, recordings) = office.block_on(async {
        let mut tx = office.db.read().await?;
        let chain = log::verify(&mut tx).await;
        anyhow::Ok((chain, calls::all_recordings(&mut tx).await?))
    })?;
    match chain {
        Ok(lines) => println!("audit chain: {lines} lines, whole"),
        Err(error) => {
            problems += 1;
            println!("audit chain: {error}");
        }
    }
    problems += office.block_on(ledger_and_schema(&office))?;
    problems += proof_log(&office, &args.log)?;
    let objects = office.objects()?;
    for r in &recordings {
        let problem = match objects.read(&r.path) {
            Err(error) => Some(format!("cannot be read: {error}")),
            Ok(bytes) if hex(&Sha256::digest(&bytes)) != r.sha256 => {
                Some("is not what was sealed: its hash differs".to_owned())
            }
            Ok(_) if objects.get(&r.peaks).is_err() => Some("has lost its waveform".to_owned()),
            Ok(_) => None,
        };
        match problem {
            Some(problem) => {
                problems += 1;
                println!("recording {} of call {} {problem}", r.path, r.call_id);
            }
            None => good += 1,
        }
    }
    println!("recordings: {good} of {} as sealed", recordings.len());
    let named: HashSet<&str> = recordings
        .iter()
        .flat_map(|r| [Some(&r.path), Some(&r.peaks), r.raw.as_ref()])
        .flatten()
        .map(String::as_str)
        .collect();
    // A call that is being sealed has its files before its row.
    let settled = office.clock.now() + Micros::from_secs(-3600);
    for name in objects
        .written_before(settled)?
        .iter()
        .filter(|name| !named.contains(name.as_str()))
    {
        problems += 1;
        println!(
            "{name}: no call names this file. A run that was cut short may have left it: look \
             whether its call is there, then delete it by hand"
        );
    }
    Ok(if problems == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Books the whole ledger again and compares, and looks for rules that are gone or were planted;
/// gives the number of problems.
async fn ledger_and_schema(office: &Office) -> anyhow::Result<usize> {
    let zone = super::setup::zone(&office.config)?;
    let mut tx = office.db.read().await?;
    let entries = ledger::all_entries(&mut tx).await?;
    let again = rebook::book_again(&mut tx, &zone).await?;
    drop(tx);
    let mut tx = office.db.read().await?;
    let wrong_runs = payroll::differences(&mut tx).await?;
    drop(tx);
    let periods: BTreeSet<&str> = entries.iter().chain(&again).map(|e| &*e.period).collect();
    let mut problems = 0;
    for d in periods
        .iter()
        .flat_map(|period| rebook::differences(&entries, &again, period))
    {
        problems += 1;
        println!(
            "ledger: C-{}, entry {}: {}",
            d.claim_number, d.entry, d.what
        );
    }
    println!(
        "ledger: {} entries, {} as their verdicts and rulings book them",
        entries.len(),
        entries.len().saturating_sub(problems)
    );
    for what in &wrong_runs {
        println!("payroll: {what}");
    }
    problems += wrong_runs.len();
    let (wanted, found) = (office.db.rules_wanted().await?, office.db.rules().await?);
    let wrong = store::rules::broken(&wanted, &found);
    for what in &wrong {
        println!("schema: {what}");
    }
    problems += wrong.len();
    Ok(problems)
}

/// Holds every row against its leaf, and the leaves against what has left the box; gives the number
/// of problems.
fn proof_log(office: &Office, outside: &[PathBuf]) -> anyhow::Result<usize> {
    let (size, queued) = office.block_on(async {
        let mut tx = office.db.read().await?;
        anyhow::Ok((sealed::size(&mut tx).await?, sealed::queued(&mut tx).await?))
    })?;
    let key = match LogKey::open(office.folder()) {
        Ok(key) => key.verifier(),
        // The page's process makes it, and seals.
        Err(LogKeyError::Missing(_)) if size == 0 && outside.is_empty() => {
            println!("proof log: nothing is sealed yet, {queued} rows wait");
            return Ok(0);
        }
        Err(why) => {
            println!("proof log: {why}");
            return Ok(1);
        }
    };
    let own = office.log_copy().folder;
    let mut copies: Vec<_> = outside.iter().map(|path| known(path, &key)).collect();
    if own.join("checkpoint").exists() {
        copies.push(known(&own, &key));
    }
    let (mut held, mut problems) = (Vec::new(), 0);
    for copy in copies {
        match copy {
            Ok(copy) => held.push(copy),
            Err(why) => {
                problems += 1;
                println!("proof log: {why}");
            }
        }
    }
    let outcome = office.block_on(async {
        let mut tx = office.db.read().await?;
        check::all_rows(&mut tx, &key, &held).await
    });
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(why) => {
            println!("proof log: {why}");
            return Ok(problems + 1);
        }
    };
    for finding in &outcome.findings {
        println!("proof log: {finding}");
    }
    println!(
        "proof log: {} leaves, {} waiting; agrees with {} checkpoints, {} of them from \
         outside the database",
        outcome.leaves,
        outcome.queued,
        outcome.checkpoints,
        held.len()
    );
    Ok(problems + outcome.findings.len())
}
