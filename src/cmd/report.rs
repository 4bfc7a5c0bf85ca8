//! `assay report`: figures and scores made anew from what they are made of.

use super::office::{Office, Place};
use crate::jobs::scores;
use crate::store::report::{days, figures};
use crate::store::{Actor, people};
use std::process::ExitCode;

/// The commands of `assay report`.
#[derive(Debug, clap::Subcommand)]
pub enum Report {
    /// Count all calls anew for the reports and learn all scores anew; the page may stay open
    /// meanwhile
    Rebuild,
}

/// # Errors
/// When the database fails, or a call's speech does not read.
pub fn report(command: &Report, place: &Place) -> anyhow::Result<ExitCode> {
    let Report::Rebuild = command;
    let office = Office::of_box(place)?;
    let zone = super::setup::zone(&office.config)?;
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let all = figures::count_all(&mut tx, &Actor::Shell, office.clock.now()).await?;
        tx.commit().await?;
        println!("{all} calls are counted anew …");
        let mut done = 0_i64;
        loop {
            let mut tx = office.db.write().await?;
            let counted = figures::count(&mut tx, &zone).await?;
            tx.commit().await?;
            if counted == 0 {
                break;
            }
            office.db.let_others_write().await;
            let before = done / 50_000;
            done += i64::try_from(counted)?;
            if done / 50_000 > before {
                println!("{done} of {all}");
            }
        }
        println!("{done} calls were counted");
        let (today, _) = zone.day_and_minute(office.clock.now());
        loop {
            let mut tx = office.db.write_piece().await?;
            let packed = days::pack(&mut tx, today).await?;
            tx.commit().await?;
            if !packed {
                break;
            }
            office.db.let_others_write().await;
        }
        let mut tx = office.db.read().await?;
        let clients = people::all_clients(&mut tx).await?;
        drop(tx);
        for (client, _) in &clients {
            scores::learn(&office.db, client, &zone, office.clock.now()).await?;
        }
        println!("scores of {} clients were learnt", clients.len());
        Ok(ExitCode::SUCCESS)
    })
}
