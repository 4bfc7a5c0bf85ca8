//! `assay leads`: import, and what is done by hand about duplicates (PRODUCT L1).

use super::context::{Context, Place};
use crate::leads::import;
use crate::store::leads::merges;
use crate::store::leads::{self, Campaign, Lead};
use crate::store::{Actor, Tx};
use anyhow::{Context as _, anyhow, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum Leads {
    /// Import leads from a CSV file; bad rows are told and left out
    Import {
        file: PathBuf,
        #[arg(long)]
        campaign: String,
        /// The file's own name of a column, as in --map company=Firma; may be given more than once
        #[arg(long = "map", value_parser = import::mapping)]
        map: Vec<import::Mapping>,
        /// Only say what would happen
        #[arg(long)]
        dry_run: bool,
    },
    /// Leads of a campaign that share a number
    Duplicates {
        #[arg(long)]
        campaign: String,
    },
    /// Two leads are one: the first becomes part of the second, with its calls and numbers
    Merge {
        lead: String,
        into: String,
        #[arg(long)]
        campaign: String,
    },
    /// A merged lead is one of its own again
    Split {
        lead: String,
        #[arg(long)]
        campaign: String,
    },
}

/// # Errors
/// When the file or the campaign cannot be read. Bad rows are no error of the command, and its exit
/// code is 1 then.
pub fn leads(command: &Leads, place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    context.block_on(async {
        let mut tx = context.db.write().await?;
        let (Leads::Import { campaign, .. }
        | Leads::Duplicates { campaign }
        | Leads::Merge { campaign, .. }
        | Leads::Split { campaign, .. }) = command;
        let found = leads::campaigns_by_name(&mut tx, campaign).await?;
        let [target] = found.as_slice() else {
            bail!(
                "there {} of the name '{campaign}'",
                if found.is_empty() {
                    "is no campaign"
                } else {
                    "are several campaigns"
                }
            )
        };
        match command {
            Leads::Import {
                file, dry_run, map, ..
            } => import_leads(&context, tx, (file, map), target, *dry_run).await,
            Leads::Duplicates { .. } => {
                tell_duplicates(&mut tx, target).await?;
                Ok(ExitCode::SUCCESS)
            }
            Leads::Merge { lead, into, .. } => merge(&context, tx, target, lead, into).await,
            Leads::Split { lead, .. } => split(&context, tx, target, lead).await,
        }
    })
}

async fn named_lead(tx: &mut Tx, campaign: &Campaign, id: &str) -> anyhow::Result<Lead> {
    leads::in_campaign(tx, &campaign.id, id)
        .await?
        .ok_or_else(|| anyhow!("the campaign '{}' has no lead '{id}'", campaign.name))
}

async fn tell_duplicates(tx: &mut Tx, campaign: &Campaign) -> anyhow::Result<()> {
    for (one, other, number) in merges::duplicates(tx, &campaign.id).await? {
        let (one, other) = (&one.external_id, &other.external_id);
        eprintln!(
            "{one} and {other} share the number {}: if they are one lead, `assay leads \
             merge {other} {one} --campaign '{}'`; until then calls with that number ask which it \
             was",
            number.reveal(),
            campaign.name
        );
    }
    Ok(())
}

async fn merge(
    context: &Context,
    mut tx: Tx,
    campaign: &Campaign,
    lead: &str,
    into: &str,
) -> anyhow::Result<ExitCode> {
    let (lead, into) = (
        named_lead(&mut tx, campaign, lead).await?,
        named_lead(&mut tx, campaign, into).await?,
    );
    let (by, now) = (&Actor::Shell, context.clock.now());
    let moved = merges::merge(&mut tx, by, &lead, &into, now).await?;
    tx.commit().await?;
    println!(
        "{} ({}) is part of {} ({}) now; {moved} calls moved",
        lead.external_id,
        lead.company.reveal(),
        into.external_id,
        into.company.reveal()
    );
    Ok(ExitCode::SUCCESS)
}

async fn split(
    context: &Context,
    mut tx: Tx,
    campaign: &Campaign,
    lead: &str,
) -> anyhow::Result<ExitCode> {
    let lead = named_lead(&mut tx, campaign, lead).await?;
    let (by, now) = (&Actor::Shell, context.clock.now());
    let (back, kept) = merges::split(&mut tx, by, &lead, now).await?;
    tx.commit().await?;
    println!(
        "{} ({}) is a lead of its own again; {back} calls went back, {kept} stay where they have \
         been claimed or settled by hand",
        lead.external_id,
        lead.company.reveal()
    );
    Ok(ExitCode::SUCCESS)
}

async fn import_leads(
    context: &Context,
    mut tx: Tx,
    (file, map): (&Path, &[import::Mapping]),
    target: &Campaign,
    dry_run: bool,
) -> anyhow::Result<ExitCode> {
    let input = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let sources = leads::source_names(&mut tx).await?;
    let (good, bad) = import::read(input, &context.numbers, &sources, map)
        .map_err(|e| anyhow!("{}: {e}", file.display()))?;
    let (by, now) = (&Actor::Shell, context.clock.now());
    let added = leads::import(&mut tx, by, target, &good, bad.len(), now).await?;
    tell_duplicates(&mut tx, target).await?;
    if !dry_run {
        tx.commit().await?;
    }
    println!(
        "{added} new leads, {} brought up to date, {} rows left out{}",
        good.len() - added,
        bad.len(),
        if dry_run { " (nothing was stored)" } else { "" }
    );
    for row in &bad {
        eprintln!("{}: line {}: {}", file.display(), row.line, row.reason);
    }
    Ok(if bad.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
