//! What the demo brings along, and by whom it is set up.

use crate::cmd::office::Office;
use crate::leads::NewSource;
use crate::leads::import::{self, NewLead};
use crate::store::leads::imports::{self, Duplicates, GoodRow, NewImport, Piece, Settling};
use crate::store::leads::{Campaign, sources};
use crate::store::{Actor, Tx, leads};
use crate::units::{CampaignId, Micros, Money, WallTime};
use anyhow::anyhow;
use rust_embed::RustEmbed;

/// Captures of calls that real phones made, each `NAME/call.pcap.gz`.
#[derive(RustEmbed)]
#[folder = "tests/fixtures/calls"]
pub(super) struct Captures;

/// The demo is set up as an administrator would, from the shell.
pub(super) const BY: Actor = Actor::Shell;
pub(super) const DAY: Micros = Micros::from_secs(86_400);

/// Takes in leads that came at a moment, one by one as a CRM sends them.
pub(super) async fn add_leads(
    tx: &mut Tx,
    office: &Office,
    campaign: &CampaignId,
    csv: &str,
    now: WallTime,
) -> anyhow::Result<()> {
    let (campaign, good) = read(tx, office, campaign, csv, now).await?;
    leads::importing::import(tx, &BY, &campaign, &good, 0, now).await?;
    Ok(())
}

/// Takes in a list that a supplier sends; duplicates are left out.
pub(super) async fn add_list(
    tx: &mut Tx,
    office: &Office,
    campaign: &CampaignId,
    (supplier, file_name, csv): (&str, &str, &str),
    now: WallTime,
) -> anyhow::Result<()> {
    let (campaign, good) = read(tx, office, campaign, csv, now).await?;
    let new = NewImport {
        campaign: &campaign,
        supplier,
        file_name,
        map: &[],
        total: good.len(),
    };
    let id = imports::begin(tx, &BY, &new, now).await?;
    let rows = (2..).zip(csv.lines().skip(1)).zip(good);
    let piece = Piece {
        good: rows
            .map(|((line, content), lead)| GoodRow {
                line,
                content: content.to_owned(),
                lead,
            })
            .collect(),
        bad: Vec::new(),
    };
    let begun = imports::by_id(tx, &id).await?;
    let begun = begun.ok_or_else(|| anyhow!("a list of the demo's is gone"))?;
    let settling = Settling {
        duplicates: Duplicates::Skip,
        skip_companies: false,
    };
    imports::take(tx, &BY, (&begun, settling), &piece, now).await?;
    imports::finish(tx, &BY, &id, None, now).await?;
    Ok(())
}

async fn read(
    tx: &mut Tx,
    office: &Office,
    campaign: &CampaignId,
    csv: &str,
    now: WallTime,
) -> anyhow::Result<(Campaign, Vec<NewLead>)> {
    let campaign = leads::existing_campaign(tx, campaign).await?;
    let sources = sources::names(tx, &campaign.client_id).await?;
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
    Ok((campaign, good))
}

/// What a lead of some sources costs; of the others nobody has said it.
pub(super) async fn set_costs(
    tx: &mut Tx,
    campaign: &CampaignId,
    (costs, currency): (&[(&str, i64)], &str),
    now: WallTime,
) -> anyhow::Result<()> {
    let campaign = leads::existing_campaign(tx, campaign).await?;
    for source in sources::of_client(tx, &campaign.client_id).await? {
        let Some((_, minor)) = costs.iter().find(|(name, _)| *name == source.name) else {
            continue;
        };
        let new = NewSource {
            name: source.name.clone(),
            grade: source.grade.clone(),
            contact_within_hours: source.contact_within_hours,
            supplier: source.supplier.clone(),
            cost: Some(Money::new(*minor, currency)),
            origin: source.origin,
        };
        sources::change(tx, &BY, &source, (new, false), now).await?;
    }
    Ok(())
}
