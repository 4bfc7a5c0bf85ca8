//! `assay crm`: what a client's CRM calls our fields and states (PRODUCT O6).

use super::office::{Office, Place};
use crate::handover::mapping::Mapping;
use crate::store::handover::crms;
use crate::store::handover::mappings::{self, Mappings};
use crate::store::{Actor, Tx, people};
use crate::units::ClientId;
use anyhow::{Context as _, anyhow};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The commands of `assay crm`.
#[derive(Debug, clap::Subcommand)]
pub enum Crm {
    /// Print a client's mapping as TOML: its names of our fields, its words for our states, and
    /// what its states mean here
    Mapping {
        #[arg(long)]
        client: String,
    },
    /// Change a client's mapping to that of a file, which is written as `mapping` prints it
    Map {
        file: PathBuf,
        #[arg(long)]
        client: String,
    },
}

/// # Errors
/// When there is no such client, it has no CRM, or the mapping cannot be so.
pub fn run(command: &Crm, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let (Crm::Mapping { client } | Crm::Map { client, .. }) = command;
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let id = people::client_by_name(&mut tx, client).await?;
        let id = id.ok_or_else(|| anyhow!("there is no client '{client}'"))?;
        let stands = stands(&mut tx, &id).await?;
        match command {
            Crm::Mapping { .. } => print!("{}", toml::to_string(stands.current())?),
            Crm::Map { file, .. } => {
                let new = (read(file)?, stands.version());
                let now = office.clock.now();
                let version = mappings::set(&mut tx, &Actor::Shell, &id, new, now).await?;
                tx.commit().await?;
                println!("version {version} of the mapping holds");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn stands(tx: &mut Tx, client: &ClientId) -> anyhow::Result<Mappings> {
    let crm = crms::of_client(tx, client).await?;
    let crm = crm.ok_or_else(|| anyhow!("this client has no CRM: it is set up under CRM"))?;
    Ok(mappings::of(tx, client, crm.kind).await?)
}

fn read(file: &Path) -> anyhow::Result<Mapping> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is no mapping", file.display()))
}
