//! `assay commission` and `assay prove sales-neutral`.

use super::office::{Office, Place};
use crate::commission::is_period;
use crate::commission::payroll::plain;
use crate::store::commission::rebook::{self, Difference};
use crate::store::commission::{ledger, periods};
use crate::store::handover::flip;
use crate::store::log::{self, Outside};
use crate::store::{Actor, Tx};
use anyhow::bail;
use std::collections::BTreeSet;
use std::io;
use std::process::ExitCode;

/// The commands of `assay commission`.
#[derive(Debug, clap::Subcommand)]
pub enum Commission {
    /// Entries of the ledger as CSV for payroll
    Export {
        /// A period such as 2026-11; without it all
        #[arg(long)]
        period: Option<String>,
    },
    /// What proves an entry without the box: a file that `assay verify` reads
    Bundle(super::bundle::Args),
    /// Make a payroll run of a locked period and write its file, or write one again
    Payroll(super::payroll::Payroll),
    /// Every claim of somebody, whatever became of it, as CSV
    Extract(super::extract::Extract),
    /// Write the audit pack of a period: a folder that opens without the box
    Audit(super::audit::Audit),
}

/// The commands of `assay prove`.
#[derive(Debug, clap::Subcommand)]
pub enum Prove {
    /// Book a period again from its verdicts, as it was and with every answer of sales flipped, and
    /// hold both against the ledger, entry by entry
    SalesNeutral {
        /// A period such as 2026-11; without it the current one
        #[arg(long)]
        period: Option<String>,
    },
}

/// # Errors
/// When the store cannot be read.
pub fn commission(command: &Commission, place: &Place) -> anyhow::Result<ExitCode> {
    match command {
        Commission::Export { period } => export(period.as_ref(), place),
        Commission::Bundle(args) => super::bundle::run(args, place),
        Commission::Payroll(args) => super::payroll::run(args, place),
        Commission::Extract(args) => super::extract::run(args, place),
        Commission::Audit(args) => super::audit::run(args, place),
    }
}

/// # Errors
/// When it is no month, or nothing was booked in it: a slip of the pen looks at nothing.
async fn known_period(tx: &mut Tx, name: &str) -> anyhow::Result<()> {
    if !is_period(name) {
        bail!("'{name}' is no period: write a month such as 2026-11");
    }
    let periods = periods::all(tx).await?;
    if periods.iter().any(|p| p.name == name) {
        return Ok(());
    }
    let names: Vec<&str> = periods.iter().map(|p| p.name.as_str()).collect();
    match names.is_empty() {
        true => bail!("nothing was booked in {name}: the books are empty"),
        false => bail!(
            "nothing was booked in {name}: the books know {}",
            names.join(", ")
        ),
    }
}

fn export(period: Option<&String>, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let entries = office.block_on(async {
        let mut tx = office.db.write().await?;
        if let Some(name) = period {
            known_period(&mut tx, name).await?;
        }
        let entries = ledger::all_entries(&mut tx).await?;
        let what = Outside::LedgerExported(period.cloned());
        log::note(&mut tx, &Actor::Shell, &what, office.clock.now()).await?;
        tx.commit().await?;
        anyhow::Ok(entries)
    })?;
    let mut out = csv::Writer::from_writer(io::stdout());
    out.write_record([
        "entry",
        "kind",
        "person",
        "campaign",
        "company",
        "claim",
        "amount",
        "currency",
        "earned_at",
        "payable_at",
        "period",
        "corrects",
        "reason",
        "part",
    ])?;
    for e in entries
        .iter()
        .filter(|e| period.is_none_or(|p| *p == e.period))
    {
        let amount = e.amount().to_string();
        out.write_record([
            e.id.as_str(),
            e.kind.as_str(),
            &e.person_id,
            &plain(&e.campaign),
            &plain(e.company.reveal()),
            &format!("C-{}", e.claim_number),
            amount.split(' ').next().unwrap_or_default(),
            &e.currency,
            &e.earned_at.to_string(),
            &e.payable_at.to_string(),
            &e.period,
            e.corrects.as_deref().unwrap_or_default(),
            e.reason.as_deref().unwrap_or_default(),
            e.part.as_str(),
        ])?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// So many answers are flipped where they stand: what is coupled to them by a trigger moves at
/// once.
const FLIPPED_IN_PLACE: i64 = 1_000;

/// Exit code 0 when the ledger is what booking again gives, with the answers of sales as they are
/// and with each one flipped; 1 when not.
///
/// # Errors
/// When the period is none, or the store cannot be read.
pub fn prove(command: &Prove, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let Prove::SalesNeutral { period } = command;
    let zone = super::setup::zone(&office.config)?;
    let period = match period {
        Some(name) => {
            office.block_on(async { known_period(&mut office.db.read().await?, name).await })?;
            name.clone()
        }
        None => zone.month(office.clock.now()),
    };
    let (ledger, as_is, flipped, answers) = office.block_on(async {
        // Neither transaction is ever committed.
        let mut tx = office.db.read().await?;
        let ledger = ledger::all_entries(&mut tx).await?;
        let as_is = rebook::book_again(&mut tx, &zone).await?;
        let answers = rebook::flip_answers(&mut tx).await?;
        let flipped = rebook::book_again(&mut tx, &zone).await?;
        anyhow::Ok((ledger, as_is, flipped, answers))
    })?;
    let moved = office.block_on(moved_in_place(&office))?;
    let entries = ledger.iter().filter(|e| e.period == period).count();
    let said: Vec<String> = answers
        .iter()
        .map(|(what, n)| format!("{n} {what}"))
        .collect();
    println!(
        "period {period}: {entries} entries, {} in all",
        said.join(", ")
    );
    let mut differ = told(
        "booked again from the verdicts",
        &rebook::differences(&ledger, &as_is, &period),
    );
    differ |= told(
        "booked again with every answer flipped",
        &rebook::differences(&ledger, &flipped, &period),
    );
    differ |= told("the answers flipped where they stand", &moved);
    if differ {
        println!("DIFFERENT: the ledger is not what its verdicts book");
        return Ok(ExitCode::FAILURE);
    }
    println!("identical: nothing that sales says reaches the ledger");
    Ok(ExitCode::SUCCESS)
}

/// What moves in the ledger when answers are flipped in the very table they stand in.
async fn moved_in_place(office: &Office) -> anyhow::Result<Vec<Difference>> {
    let mut tx = office.db.write().await?;
    let before = ledger::all_entries(&mut tx).await?;
    flip::flip(&mut tx, FLIPPED_IN_PLACE).await?;
    let after = ledger::all_entries(&mut tx).await?;
    let periods: BTreeSet<&str> = before.iter().chain(&after).map(|e| &*e.period).collect();
    Ok(periods
        .into_iter()
        .flat_map(|period| rebook::differences(&before, &after, period))
        .collect())
}

/// Prints what differs; gives whether anything does.
fn told(how: &str, found: &[Difference]) -> bool {
    match found.len() {
        0 => println!("{how}: no difference"),
        n => println!("{how}: {n} differences"),
    }
    for d in found {
        println!("  C-{}, entry {}: {}", d.claim_number, d.entry, d.what);
    }
    !found.is_empty()
}
