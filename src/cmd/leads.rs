//! `assay leads`: import, and what is done by hand about duplicates (PRODUCT L1).

use super::office::{Office, Place};
use crate::jobs::importing::{self, List};
use crate::leads::import::DuplicateBy;
use crate::leads::{import, table};
use crate::store::leads::duplicates::{self, Pair, Place as At};
use crate::store::leads::imports::{self, Duplicates, Settling};
use crate::store::leads::merges;
use crate::store::leads::{self, Campaign, Lead};
use crate::store::{Actor, Tx};
use anyhow::{Context as _, anyhow, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The commands of `assay leads`.
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
        /// Whose list it is: their columns are kept
        #[arg(long, default_value = "")]
        supplier: String,
        /// What to do with a row whose number or mail another lead has
        #[arg(long, value_enum, default_value = "keep")]
        duplicates: OnDuplicate,
        /// Leave out rows that share nothing but their company with another lead
        #[arg(long)]
        skip_companies: bool,
        /// Only say what would happen
        #[arg(long)]
        dry_run: bool,
    },
    /// Take back the new leads of an import that nothing hangs on, and what it changed of others
    Undo {
        import: String,
        #[arg(long)]
        campaign: String,
    },
    /// Leads of a campaign that share a number, a mail address or a company, and that nobody settled
    Duplicates {
        #[arg(long)]
        campaign: String,
        /// What both have: number, mail or company
        #[arg(long, default_value = "number")]
        by: DuplicateBy,
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

/// What becomes of a row whose number or mail another lead of the campaign has.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum OnDuplicate {
    /// It is a lead of its own
    Keep,
    /// It is left out
    Skip,
    /// It is that lead, and brings it up to date
    Update,
}

impl From<OnDuplicate> for Duplicates {
    fn from(on: OnDuplicate) -> Duplicates {
        match on {
            OnDuplicate::Keep => Duplicates::Keep,
            OnDuplicate::Skip => Duplicates::Skip,
            OnDuplicate::Update => Duplicates::Update,
        }
    }
}

/// What is to be imported, and how.
struct Wanted<'a> {
    file: &'a Path,
    map: &'a [import::Mapping],
    supplier: &'a str,
    settling: Settling,
    dry_run: bool,
}

/// # Errors
/// When the file or the campaign cannot be read. Bad rows are no error of the command, and its exit
/// code is 1 then.
pub fn leads(command: &Leads, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let (Leads::Import { campaign, .. }
        | Leads::Undo { campaign, .. }
        | Leads::Duplicates { campaign, .. }
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
                file,
                dry_run,
                map,
                supplier,
                duplicates,
                skip_companies,
                ..
            } => {
                let wanted = Wanted {
                    file,
                    map,
                    supplier,
                    settling: Settling {
                        duplicates: (*duplicates).into(),
                        skip_companies: *skip_companies,
                    },
                    dry_run: *dry_run,
                };
                import_leads(&office, tx, &wanted, target).await
            }
            Leads::Undo { import, .. } => {
                drop(tx);
                undo(&office, target, import).await
            }
            Leads::Duplicates { by, .. } => {
                drop(tx);
                let mut tx = office.db.read().await?;
                for pair in duplicates_of(&mut tx, target, *by).await? {
                    println!("{pair}");
                }
                Ok(ExitCode::SUCCESS)
            }
            Leads::Merge { lead, into, .. } => merge(&office, tx, target, lead, into).await,
            Leads::Split { lead, .. } => split(&office, tx, target, lead).await,
        }
    })
}

async fn named_lead(tx: &mut Tx, campaign: &Campaign, id: &str) -> anyhow::Result<Lead> {
    leads::in_campaign(tx, &campaign.id, id)
        .await?
        .ok_or_else(|| anyhow!("the campaign '{}' has no lead '{id}'", campaign.name))
}

/// Pairs that are told of at most: who has more settles them on the page.
const MOST_PAIRS: usize = 1_000;

/// Leads that may be one, a line a pair, as the page of duplicates has them.
async fn duplicates_of(
    tx: &mut Tx,
    campaign: &Campaign,
    by: DuplicateBy,
) -> anyhow::Result<Vec<String>> {
    let (mut place, mut told) = (Some(At::default()), Vec::new());
    while let Some(at) = place.take() {
        let room = MOST_PAIRS - told.len();
        if room == 0 {
            told.push("there may be more: the page Duplicates has them all".to_owned());
            break;
        }
        let most = (room as i64, duplicates::AT_ONCE);
        let (pairs, next) = duplicates::pairs(tx, &campaign.id, by, &at, most).await?;
        told.extend(pairs.iter().map(|pair| pair_told(pair, campaign, by)));
        place = next;
    }
    Ok(told)
}

/// Tells of leads that share a number, which calls with it would ask about.
async fn tell_duplicates(tx: &mut Tx, campaign: &Campaign) -> anyhow::Result<()> {
    for pair in duplicates_of(tx, campaign, DuplicateBy::Number).await? {
        eprintln!("{pair}");
    }
    Ok(())
}

/// What two leads have in common, and what can be done about it.
fn pair_told(pair: &Pair, campaign: &Campaign, by: DuplicateBy) -> String {
    let (one, other) = (&pair.one.lead.external_id, &pair.other.lead.external_id);
    let (shared, meanwhile) = match by {
        DuplicateBy::Number => (
            "number",
            "; until then calls with that number ask which it was",
        ),
        DuplicateBy::Mail => ("mail address", ""),
        DuplicateBy::Company => ("company", ""),
    };
    format!(
        "{one} and {other} share the {shared} {}: if they are one lead, `assay leads merge {other} \
         {one} --campaign '{}'`{meanwhile}",
        pair.shared.reveal(),
        campaign.name
    )
}

async fn merge(
    office: &Office,
    mut tx: Tx,
    campaign: &Campaign,
    lead: &str,
    into: &str,
) -> anyhow::Result<ExitCode> {
    let (lead, into) = (
        named_lead(&mut tx, campaign, lead).await?,
        named_lead(&mut tx, campaign, into).await?,
    );
    let (by, now) = (&Actor::Shell, office.clock.now());
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
    office: &Office,
    mut tx: Tx,
    campaign: &Campaign,
    lead: &str,
) -> anyhow::Result<ExitCode> {
    let lead = named_lead(&mut tx, campaign, lead).await?;
    let (by, now) = (&Actor::Shell, office.clock.now());
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
    office: &Office,
    mut tx: Tx,
    wanted: &Wanted<'_>,
    target: &Campaign,
) -> anyhow::Result<ExitCode> {
    let file = wanted.file;
    let bytes =
        std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let (text, _) = table::text(bytes);
    let (by, now) = (&Actor::Shell, office.clock.now());
    if wanted.dry_run {
        let sources = leads::sources::names(&mut tx, &target.client_id).await?;
        let checks = import::Checks {
            numbers: &office.numbers,
            sources: &sources,
            now,
        };
        let (good, bad) = import::read(text.as_bytes(), &checks, wanted.map)
            .map_err(|e| anyhow!("{}: {e}", file.display()))?;
        let added = leads::importing::import(&mut tx, by, target, &good, bad.len(), now).await?;
        tell_duplicates(&mut tx, target).await?;
        println!(
            "{added} new leads, {} brought up to date, {} rows left out (nothing was stored)",
            good.len() - added,
            bad.len()
        );
        return Ok(told(file, bad.iter().map(|b| (b.line as i64, &*b.reason))));
    }
    drop(tx);
    let list = List {
        campaign: target.clone(),
        supplier: wanted.supplier.to_owned(),
        file_name: file
            .file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        text,
        map: wanted.map.to_vec(),
        settling: wanted.settling,
    };
    let (db, clock) = (&office.db, &office.clock);
    let id = importing::begin(db, by, &list, clock)
        .await
        .map_err(|e| anyhow!("{}: {e}", file.display()))?;
    importing::run(db, by, (&id, &list), &office.numbers, clock).await?;
    let mut tx = db.read().await?;
    let done = imports::by_id(&mut tx, &id)
        .await?
        .context("the import is gone")?;
    tell_duplicates(&mut tx, target).await?;
    println!(
        "{} new leads, {} brought up to date, {} rows left out{}; {} earlier calls joined them\n\
         `assay leads undo {id} --campaign '{}'` takes the new ones back that nothing hangs on",
        done.added,
        done.changed,
        done.bad,
        match done.skipped {
            0 => String::new(),
            skipped => format!(", {skipped} duplicates skipped"),
        },
        done.joined,
        target.name
    );
    let bad = imports::bad_rows(&mut tx, &id).await?;
    Ok(told(
        file,
        bad.iter().map(|(line, reason, _)| (*line, &**reason)),
    ))
}

/// Says which lines were left out, and why.
fn told<'a>(file: &Path, bad: impl Iterator<Item = (i64, &'a str)>) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for (line, reason) in bad {
        eprintln!("{}: line {line}: {reason}", file.display());
        code = ExitCode::FAILURE;
    }
    code
}

async fn undo(office: &Office, target: &Campaign, id: &str) -> anyhow::Result<ExitCode> {
    let mut tx = office.db.read().await?;
    let found = imports::by_id(&mut tx, &id.into()).await?;
    drop(tx);
    let import = found
        .filter(|i| i.campaign_id == target.id)
        .with_context(|| format!("the campaign '{}' has no import '{id}'", target.name))?;
    let (db, clock) = (&office.db, &office.clock);
    let undone = importing::undo(db, &Actor::Shell, &import, clock).await?;
    println!(
        "{} leads went; {} stay, because something hangs on them; {} that it had brought up to \
         date are as they were, {} stay, because they were changed since",
        undone.gone, undone.left, undone.given.restored, undone.given.kept
    );
    if undone.forgotten > 0 {
        println!(
            "what {} that it had brought up to date were before is no longer known, since that is \
             kept for thirty days: they stay as they are",
            undone.forgotten
        );
    }
    Ok(ExitCode::SUCCESS)
}
