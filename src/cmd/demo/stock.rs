//! What the demo brings along, and by whom it is set up.

use crate::cmd::office::Office;
use crate::leads::import;
use crate::store::{Actor, Tx, leads};
use crate::units::{CampaignId, Micros, WallTime};
use anyhow::anyhow;
use rust_embed::RustEmbed;

/// Captures of calls that real phones made, each `NAME/call.pcap.gz`.
#[derive(RustEmbed)]
#[folder = "tests/fixtures/calls"]
pub(super) struct Captures;

/// The demo is set up as an administrator would, from the shell.
pub(super) const BY: Actor = Actor::Shell;
pub(super) const DAY: Micros = Micros::from_secs(86_400);

/// Takes in leads that came at a moment, as a list that marketing sends.
pub(super) async fn add_leads(
    tx: &mut Tx,
    office: &Office,
    campaign: &CampaignId,
    csv: &str,
    now: WallTime,
) -> anyhow::Result<()> {
    let campaign = leads::existing_campaign(tx, campaign).await?;
    let sources = leads::sources::names(tx, &campaign.client_id).await?;
    let checks = import::Checks {
        numbers: &office.numbers,
        sources: &sources,
        now,
    };
    let (good, bad) = import::read(csv.as_bytes(), &checks, &[]).map_err(|e| anyhow!(e))?;
    if let Some(row) = bad.first() {
        return Err(anyhow!(
            "the demo's leads, line {}: {}",
            row.line,
            row.reason
        ));
    }
    leads::importing::import(tx, &BY, &campaign, &good, 0, now).await?;
    Ok(())
}
