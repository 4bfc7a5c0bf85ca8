//! `assay seal`: what could not be decoded when it was recorded is tried again, with the decoders
//! and keys of today.

use super::office::{Office, Place};
use crate::archive::seal::{seal_again, settle};
use crate::media::{Gap, GapReason};
use crate::recorder::worker::Worker;
use crate::store::calls::StoredGap;
use crate::store::{Actor, calls};
use std::process::ExitCode;

/// Exit code 1 when something failed that should not have.
///
/// # Errors
/// When the data folder cannot be used.
pub fn run(place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let objects = office.objects()?;
    let mut worker = Worker::new(office.worker());
    let waiting = office.block_on(async {
        let mut tx = office.db.read().await?;
        anyhow::Ok(calls::unheard(&mut tx).await?)
    })?;
    let (mut audible, mut as_before, mut failed) = (0, 0, 0);
    for (number, waits) in waiting.iter().enumerate() {
        let call = &waits.call_id;
        if waits.judged {
            println!("{call}: left as it is, a verdict rests on it");
            as_before += 1;
            continue;
        }
        let before = office.block_on(async {
            let mut tx = office.db.read().await?;
            anyhow::Ok(calls::gaps(&mut tx, call).await?)
        })?;
        let sealed = seal_again(&objects, &waits.raw, office.options(None), &mut worker)
            .and_then(|written| Ok(settle(&objects, written.into_iter().collect())?.pop()));
        match sealed {
            Ok(Some(sealed)) if unheard_ms(&sealed.gaps) < stored_unheard_ms(&before) => {
                let replaced = office.block_on(async {
                    let mut tx = office.db.write().await?;
                    let replaced = calls::replace_recording(
                        &mut tx,
                        &Actor::Shell,
                        &sealed,
                        office.clock.now(),
                    )
                    .await?;
                    tx.commit().await?;
                    anyhow::Ok(replaced)
                })?;
                // No row names it any more: retention and erasure would never find it. What it was
                // made from is kept.
                if let Some(r) = replaced {
                    objects.remove(&[&r.path, &r.peaks])?;
                }
                audible += 1;
                println!("{call}: audible now ({} of {})", number + 1, waiting.len());
            }
            Ok(sealed) => {
                as_before += 1;
                let why = sealed
                    .iter()
                    .flat_map(|s| &s.lanes)
                    .find_map(|l| l.stats.unheard.clone())
                    .unwrap_or_default();
                println!("{call}: as before. {why}");
                for r in sealed.iter().filter_map(|s| s.recording.as_ref()) {
                    objects.remove(&[&r.path, &r.peaks])?;
                }
            }
            Err(error) => {
                failed += 1;
                eprintln!("assay: {call}: {error}");
            }
        }
    }
    println!("{audible} calls are audible now, {as_before} are as they were, {failed} failed");
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn is_unheard(reason: GapReason) -> bool {
    matches!(
        reason,
        GapReason::UnsupportedCodec | GapReason::DecoderFailed | GapReason::Encrypted
    )
}

fn unheard_ms(gaps: &[Gap]) -> i64 {
    gaps.iter()
        .filter(|g| is_unheard(g.reason))
        .map(|g| (g.to_ms - g.from_ms) as i64)
        .sum()
}

fn stored_unheard_ms(gaps: &[StoredGap]) -> i64 {
    gaps.iter()
        .filter(|g| is_unheard(g.reason))
        .map(|g| g.to_ms - g.from_ms)
        .sum()
}
