//! `assay coverage`: calls made, recorded, gaps by reason; held against the phone system's records
//! (PRODUCT C16).

use super::office::{Office, Place};
use crate::intake::cdr;
use crate::report::coverage::{self, Difference, Record, Totals};
use crate::store::Actor;
use crate::store::report::coverage as stored;
use crate::units::{Micros, WallTime};
use anyhow::{Context as _, anyhow};
use jiff::tz::TimeZone;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

/// Which records to take in, and of which period to tell.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Call detail records to import first: Asterisk's or FreeSWITCH's Master.csv, FreeSWITCH's
    /// XML, or CSV with from, to, started_at
    #[arg(long = "cdr", num_args = 1..)]
    files: Vec<PathBuf>,
    /// Zone of times that name none, such as Europe/Berlin
    #[arg(long, default_value = "UTC")]
    timezone: String,
    /// Period; without it, the last 24 hours, or that of the imported records
    #[arg(long)]
    from: Option<WallTime>,
    #[arg(long)]
    to: Option<WallTime>,
    #[arg(long)]
    json: bool,
}

const DAY: Micros = Micros::from_secs(86_400);

/// Exit code 0 when both accounts agree, 1 when they differ or a row was left out.
///
/// # Errors
/// When a file or the store cannot be read.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let now = office.clock.now();
    let zone = TimeZone::get(&args.timezone).map_err(|_| {
        anyhow!(
            "'{}' is no time zone; they are called like Europe/Berlin",
            args.timezone
        )
    })?;
    let (imported, left_out) = read_files(&args.files, &zone)?;
    let spans = || imported.iter().map(|r| r.started_at);
    let from = args.from.or(spans().min()).unwrap_or(now - DAY);
    let to = args
        .to
        .or(spans().max().map(|t| t + Micros(1)))
        .unwrap_or(now);
    let (calls, records) = office.block_on(async {
        let mut tx = office.db.write().await?;
        if !imported.is_empty() {
            let by = &Actor::Shell;
            stored::import_records(&mut tx, by, &imported, left_out, now).await?;
        }
        let slack = Micros::from_secs(10);
        let found = (
            stored::calls(&mut tx, from - slack, to + slack).await?,
            stored::records(&mut tx, from, to).await?,
        );
        tx.commit().await?;
        anyhow::Ok(found)
    })?;
    let within: Vec<_> = calls
        .iter()
        .filter(|c| c.started_at >= from && c.started_at < to)
        .cloned()
        .collect();
    let totals = coverage::totals(&within);
    let differences = coverage::reconcile(&calls, &records, &office.numbers);
    if args.json {
        println!(
            "{}",
            json!({ "from": from, "to": to, "totals": totals, "records": records.len(), "differences": differences })
        );
    } else {
        println!("{from} to {to}: {}", seen(&totals));
        println!(
            "{} records of the phone system, {} differences",
            records.len(),
            differences.len()
        );
        for d in &differences {
            println!("  {}", told(d)?);
        }
    }
    Ok(if differences.is_empty() && left_out == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The rows of all files, and how many were left out; each of those is told.
fn read_files(files: &[PathBuf], zone: &TimeZone) -> anyhow::Result<(Vec<Record>, usize)> {
    let (mut imported, mut left_out) = (Vec::new(), 0);
    for file in files {
        let bytes =
            std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let (good, bad) =
            cdr::read(&bytes, zone).map_err(|e| anyhow!("{}: {e}", file.display()))?;
        for row in &bad {
            eprintln!("{}: line {}: {}", file.display(), row.line, row.reason);
        }
        left_out += bad.len();
        imported.extend(good.into_iter().map(record));
    }
    Ok((imported, left_out))
}

/// What the tap saw, a line for each reason.
fn seen(totals: &Totals) -> String {
    let mut lines = vec![format!(
        "{} calls seen, {} answered, {} recorded, {} media without signalling",
        totals.calls, totals.answered, totals.recorded, totals.without_signalling
    )];
    for (reason, count) in &totals.not_recorded {
        lines.push(format!("  answered and not recorded, {reason}: {count}"));
    }
    for (reason, count) in &totals.with_gap {
        lines.push(format!("  with a gap, {reason}: {count}"));
    }
    lines.join("\n")
}

fn told(d: &Difference) -> anyhow::Result<String> {
    let kind = serde_json::to_value(d.kind)?;
    let known = |number: &Option<String>| number.clone().unwrap_or_else(|| "?".to_owned());
    Ok(format!(
        "{} {} {} -> {}: {}",
        d.at,
        kind.as_str().unwrap_or_default(),
        known(&d.from),
        known(&d.to),
        d.likely
    ))
}

/// The phone system's own name for it, or one made of what it says, so that a file imported twice
/// adds nothing.
fn record(cdr: cdr::Cdr) -> Record {
    let about = format!(
        "{}|{}|{}|{}",
        cdr.started_at,
        cdr.from.reveal(),
        cdr.to.reveal(),
        cdr.id.as_deref().unwrap_or_default()
    );
    Record {
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, about.as_bytes()).to_string(),
        call_id: cdr.call_id,
        from: cdr.from.reveal().clone(),
        to: cdr.to.reveal().clone(),
        started_at: cdr.started_at,
        answered_at: cdr.answered_at,
        ended_at: cdr.ended_at,
    }
}
