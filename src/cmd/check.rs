//! `assay check`: proves files, rows and the audit chain against each other on a live box.

use super::context::{Context, Place};
use crate::hex::hex;
use crate::store::calls;
use crate::store::log;
use crate::units::Micros;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::process::ExitCode;

/// # Errors
/// When the store cannot be read at all.
pub fn run(place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    let (mut problems, mut good) = (0, 0);
    let (chain, recordings) = context.block_on(async {
        let mut tx = context.db.read().await?;
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
    let objects = context.objects()?;
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
    let settled = context.clock.now() + Micros::from_secs(-3600);
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
