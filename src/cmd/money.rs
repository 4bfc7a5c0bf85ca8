//! `assay commission export` and `assay prove sales-neutral`.

use super::context::{Context, Place};
use crate::store::commission::ledger::{self, Totals};
use crate::store::handover::answers;
use crate::store::log;
use crate::units::{Money, WallTime};
use std::io;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum Commission {
    /// Ledger lines as CSV for payroll
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
    let lines = context.block_on(async {
        let mut tx = context.db.write().await?;
        let lines = ledger::all_lines(&mut tx).await?;
        let detail = serde_json::json!({ "period": period });
        log::append(
            &mut tx,
            log::Entry {
                at: context.clock.now(),
                actor: "shell",
                action: "ledger.exported",
                subject: "ledger",
                detail,
            },
        )
        .await?;
        tx.commit().await?;
        anyhow::Ok(lines)
    })?;
    let mut out = csv::Writer::from_writer(io::stdout());
    out.write_record([
        "line",
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
    for l in lines
        .iter()
        .filter(|l| period.as_ref().is_none_or(|p| *p == l.period))
    {
        let amount = Money {
            minor: l.amount_minor,
            currency: l.currency.clone(),
        }
        .to_string();
        let amount = amount.split(' ').next().unwrap_or_default().to_owned();
        let (claim, earned, payable) = (
            format!("C-{}", l.claim_number),
            WallTime(l.earned_at).to_string(),
            WallTime(l.payable_at).to_string(),
        );
        let (corrects, reason) = (
            l.corrects.as_deref().unwrap_or_default(),
            l.reason.as_deref().unwrap_or_default(),
        );
        out.write_record([
            &l.id,
            &l.kind,
            &l.person_id,
            &l.campaign,
            &l.company,
            &claim,
            &amount,
            &l.currency,
            &earned,
            &payable,
            &l.period,
            corrects,
            reason,
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
