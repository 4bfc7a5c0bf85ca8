//! `assay commission payroll`: makes a payroll run, or writes the file of one again.

use super::office::{Office, Place};
use super::setup;
use crate::commission::is_period;
use crate::commission::payroll::{PayrollFormat, Shares};
use crate::store::commission::payroll::{self, Run, Wanted};
use crate::store::{Actor, StoreError};
use anyhow::{Context as _, anyhow, bail};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to pay and in which format, or which run's file to write again.
#[derive(Debug, clap::Args)]
pub struct Payroll {
    /// A locked period such as 2026-11: entries of it and of those before it
    #[arg(long, required_unless_present = "run", conflicts_with = "run")]
    period: Option<String>,
    /// csv, datev_lodas or gusto
    #[arg(long, required_unless_present = "run", conflicts_with = "run")]
    format: Option<PayrollFormat>,
    /// Login of the manager who makes the run, and whose interest is asked about
    #[arg(long, required_unless_present = "run")]
    by: Option<String>,
    /// Pay day such as 2026-12-15: what is payable by its end; without it, by the period's end
    #[arg(long)]
    pay_day: Option<String>,
    /// Entries of this currency alone
    #[arg(long)]
    currency: Option<String>,
    /// The file of a run that is made already, byte for byte, by its number
    #[arg(long)]
    run: Option<i64>,
    /// Where the file is written; one that is there is not overwritten
    #[arg(long)]
    out: PathBuf,
}

/// # Errors
/// When there is nothing to pay, somebody may not, or the file cannot be written.
pub fn run(args: &Payroll, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    if args.out.exists() {
        bail!(
            "{} is there already: name another file, or move it away",
            args.out.display()
        );
    }
    let (run, shares, bytes) = match args.run {
        Some(number) => office.block_on(again(&office, number))?,
        None => office.block_on(make(&office, args))?,
    };
    keep(&args.out, &bytes).with_context(|| {
        format!(
            "run {} is made, and {} cannot be written: `assay commission payroll --run {} --out \
             FILE` writes it elsewhere",
            run.number,
            args.out.display(),
            run.number
        )
    })?;
    tell(&run, &shares, &args.out);
    Ok(ExitCode::SUCCESS)
}

async fn make(office: &Office, args: &Payroll) -> anyhow::Result<(Run, Shares, Vec<u8>)> {
    let (Some(period), Some(format), Some(by)) = (&args.period, args.format, &args.by) else {
        bail!("name --period, --format and --by");
    };
    if !is_period(period) {
        bail!("'{period}' is no period: write a month such as 2026-11");
    }
    let (zone, now) = (setup::zone(&office.config)?, office.clock.now());
    let datev = setup::datev(&office.config);
    let mut tx = office.db.write().await?;
    let by = office.person(&mut tx, by).await?;
    let wanted = Wanted {
        period,
        format,
        pay_day: args.pay_day.as_deref(),
        currency: args.currency.as_deref(),
        datev: &datev,
    };
    let run = match payroll::make(&mut tx, &by.id, &wanted, &zone, now).await {
        Ok(run) => run,
        Err(error) => return Err(said(tx.refuse(error).await)),
    };
    let shares = payroll::shares(&mut tx, &run.id).await?;
    let bytes = payroll::hand_out(&mut tx, &Actor::Shell, &run, now).await?;
    tx.commit().await?;
    Ok((run, shares, bytes))
}

fn said(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Interest(why) => anyhow!("{why}. It was logged."),
        error => error.into(),
    }
}

async fn again(office: &Office, number: i64) -> anyhow::Result<(Run, Shares, Vec<u8>)> {
    let mut tx = office.db.write().await?;
    let run = payroll::by_number(&mut tx, number)
        .await?
        .ok_or_else(|| anyhow!("there is no payroll run {number}"))?;
    let shares = payroll::shares(&mut tx, &run.id).await?;
    let now = office.clock.now();
    let bytes = payroll::hand_out(&mut tx, &Actor::Shell, &run, now).await?;
    tx.commit().await?;
    Ok((run, shares, bytes))
}

/// Readable by its owner alone: it says what people earn.
fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn tell(run: &Run, shares: &Shares, out: &Path) {
    println!(
        "run {} of {}, {}: {} rows, SHA-256 {}, written to {}",
        run.number,
        run.period,
        run.format,
        shares.rows.len(),
        run.sha256,
        out.display()
    );
    for left in &shares.left_out {
        println!(
            "left out for the next run: {}, {} in {} entries: {}",
            left.payee.reveal(),
            left.amount,
            left.entries,
            left.reason
        );
    }
}
