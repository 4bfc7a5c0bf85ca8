//! `assay commission export` and `assay prove sales-neutral`.

use super::context::{Context, Place};
use crate::store::Actor;
use crate::store::commission::ledger::{self, Totals};
use crate::store::handover::answers;
use crate::store::log::{self, Outside};
use crate::units::Money;
use std::io;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum Commission {
    /// Entries of the ledger as CSV for payroll
    Export {
        /// A period such as 2026-11; without it all
        #[arg(long)]
        period: Option<String>,
    },
}

#[derive(Debug, clap::Subcommand)]
pub enum Prove {
    /// Show that no answer of sales reaches the ledger: a period's totals, and the same with every
    /// answer flipped
    SalesNeutral {
        /// A period such as 2026-11; without it the current one
        #[arg(long)]
        period: Option<String>,
    },
}

/// # Errors
/// When the store cannot be read.
pub fn commission(command: &Commission, place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    let Commission::Export { period } = command;
    let entries = context.block_on(async {
        let mut tx = context.db.write().await?;
        let entries = ledger::all_entries(&mut tx).await?;
        let what = Outside::LedgerExported(period.clone());
        log::note(&mut tx, &Actor::Shell, &what, context.clock.now()).await?;
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
    ])?;
    for e in entries
        .iter()
        .filter(|e| period.as_ref().is_none_or(|p| *p == e.period))
    {
        let amount = e.amount().to_string();
        out.write_record([
            e.id.as_str(),
            e.kind.as_str(),
            &e.person_id,
            &e.campaign,
            e.company.reveal(),
            &format!("C-{}", e.claim_number),
            amount.split(' ').next().unwrap_or_default(),
            &e.currency,
            &e.earned_at.to_string(),
            &e.payable_at.to_string(),
            &e.period,
            e.corrects.as_deref().unwrap_or_default(),
            e.reason.as_deref().unwrap_or_default(),
        ])?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Exit code 0 when both totals are the same, 1 when not.
///
/// # Errors
/// When the store cannot be read.
pub fn prove(command: &Prove, place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    let Prove::SalesNeutral { period } = command;
    let period = period
        .clone()
        .unwrap_or_else(|| context.clock.now().to_string()[..7].to_owned());
    let (as_is, flipped, answers) = context.block_on(async {
        // Dropped without a commit: the flipped answers never stand.
        let mut tx = context.db.write().await?;
        let as_is = ledger::recompute(&mut tx, &period).await?;
        let answers = answers::flip(&mut tx).await?;
        let flipped = ledger::recompute(&mut tx, &period).await?;
        anyhow::Ok((as_is, flipped, answers))
    })?;
    println!("period {period}, {answers} answers of sales");
    println!("as answered:            {}", shown(&as_is));
    println!("every answer flipped:   {}", shown(&flipped));
    if as_is == flipped {
        println!("identical: no answer of sales reaches the ledger");
        return Ok(ExitCode::SUCCESS);
    }
    println!("DIFFERENT: an answer of sales reaches the ledger");
    Ok(ExitCode::FAILURE)
}

fn shown(totals: &Totals) -> String {
    let lines = totals
        .iter()
        .map(|((person, currency), minor)| format!("{person} {}", Money::new(*minor, currency)));
    let text: Vec<String> = lines.collect();
    if text.is_empty() {
        "nothing earned".to_owned()
    } else {
        text.join(", ")
    }
}
