//! `assay commission extract`: every claim of somebody, whatever became of it, as CSV.

use super::office::{Office, Place};
use super::setup;
use crate::store::Actor;
use crate::store::commission::extract::{self, Wanted, Whose};
use crate::store::log::{self, Outside};
use crate::units::WallTime;
use anyhow::{anyhow, bail};
use std::io::{self, Write};
use std::process::ExitCode;

/// Whose claims, and of which days.
#[derive(Debug, clap::Args)]
pub struct Extract {
    /// Login of a telemarketer; without it everybody's
    #[arg(long)]
    person: Option<String>,
    /// Claims made from this day on, such as 2026-11-01
    #[arg(long)]
    from: Option<String>,
    /// Claims made up to this day, included
    #[arg(long)]
    to: Option<String>,
}

/// # Errors
/// When there is no such person or day, or the store cannot be read.
pub fn run(args: &Extract, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let zone = setup::zone(&office.config)?;
    let day = |text: &Option<String>, of: &dyn Fn(&str) -> Option<WallTime>| {
        let read = text
            .as_deref()
            .map(|t| of(t).ok_or_else(|| anyhow!("'{t}' is no day: write one such as 2026-11-20")));
        read.transpose()
    };
    let from = day(&args.from, &|t| zone.start_of_day(t))?;
    let before = day(&args.to, &|t| zone.end_of_day(t))?;
    if from
        .zip(before)
        .is_some_and(|(from, before)| before <= from)
    {
        bail!("the last day lies before the first: exchange --from and --to");
    }
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let person = match &args.person {
            Some(login) => Some(office.person(&mut tx, login).await?.id),
            None => None,
        };
        let what = Outside::BooksExtracted(person.clone());
        log::note(&mut tx, &Actor::Shell, &what, office.clock.now()).await?;
        tx.commit().await?;
        let mut out = io::stdout().lock();
        out.write_all(extract::HEADER.as_bytes())?;
        let mut after = None;
        loop {
            let mut tx = office.db.read().await?;
            let wanted = Wanted {
                whose: person.as_ref().map_or(Whose::All, Whose::Person),
                from,
                before,
                after,
                limit: extract::MOST,
            };
            let found = extract::page(&mut tx, &wanted).await?;
            for claim in &found {
                out.write_all(claim.csv().as_bytes())?;
            }
            match found.last() {
                Some(last) => after = Some(last.number),
                None => break,
            }
        }
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    })
}
