//! `assay demo`: a working box on embedded defaults, with people, leads and calls that the recorder
//! reads from capture files made by real phones.

use super::context::{Context, Place};
use super::replay;
use super::serve;
use crate::api::Metrics;
use crate::api::auth::hash_password;
use crate::archive::AudioFormat;
use crate::capture::CaptureFiles;
use crate::leads::import;
use crate::recorder::Backlog;
use crate::recorder::live::Live;
use crate::store::people::NewPerson;
use crate::store::{Tx, calls, checklists, claims, leads, people};
use crate::units::{Micros, Money, WallTime};
use anyhow::anyhow;
use rust_embed::RustEmbed;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of the page
    #[arg(long, default_value = "127.0.0.1:8480")]
    listen: SocketAddr,
    /// Set everything up and end
    #[arg(long)]
    prepare_only: bool,
}

#[derive(RustEmbed)]
#[folder = "tests/fixtures/calls"]
struct Captures;

/// The demo's calls, oldest first, each so many minutes before the demo begins.
const CALLS: [(&str, i64); 12] = [
    ("size_only", 26 * 60),
    ("no_budget", 25 * 60 + 20),
    ("voicemail", 24 * 60 + 10),
    ("cancelled", 215),
    ("declined", 190),
    ("busy", 171),
    ("dtmf", 148),
    ("hold", 121),
    ("ipv6", 95),
    ("meeting", 66),
    ("full_bant", 38),
    ("call_back", 12),
];

const PASSWORD: &str = "assay-demo";

/// login, name, role, pay basis, clients (N: Northlight, C: Calder)
const PEOPLE: [(&str, &str, &str, &str, &str); 9] = [
    ("ines", "Ines Okafor", "telemarketer", "commission", "N"),
    ("tom", "Tom Brandt", "telemarketer", "commission", "N"),
    ("sofia", "Sofia Lind", "telemarketer", "commission", "C"),
    ("marek", "Marek Dvořák", "reviewer", "fixed", "NC"),
    ("rana", "Rana Aziz", "reviewer", "fixed", "NC"),
    ("sam", "Sam Whitlock", "sales", "fixed", "N"),
    ("mia", "Mia Castell", "marketing", "fixed", "N"),
    ("max", "Max Oberg", "manager", "fixed", "NC"),
    ("ada", "Ada Voss", "admin", "fixed", ""),
];

/// # Errors
/// When the address is taken or the data folder cannot be used.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let place = Place {
        data: Some(place.data.clone().unwrap_or_else(|| "assay-demo".into())),
        config: place.config.clone(),
    };
    let context = Context::open(&place)?;
    let listener = serve::listen(&context, args.listen)?;
    let fresh =
        context.block_on(async { people::count(&mut context.db.read().await?).await })? == 0;
    if fresh {
        println!("Setting the demo up in {} …", context.folder().display());
        context.first_key()?;
        let now = context.clock.now();
        seed(&context, now)?;
        record(&context, now)?;
        context.block_on(first_claims(&context, now))?;
    }
    println!(
        "\nAssay is at http://{}\n\n  login   role          password\n  -----   -----------   \
         ----------",
        args.listen
    );
    for (login, _, role, ..) in PEOPLE {
        println!("  {login:<7} {role:<13} {PASSWORD}");
    }
    println!(
        "\nThe way from a claim to the money: sign in as ines, claim Brightwater Logistics; sign \
         in as marek in another\nbrowser, take the oldest claims and judge them; ten seconds \
         later ines sees verdict and commission.\nCtrl-C ends it; the data stays in {}.\n",
        context.folder().display()
    );
    if args.prepare_only {
        return Ok(ExitCode::SUCCESS);
    }
    let app = serve::app(
        &context,
        Arc::new(Metrics::default()),
        Live::new(Backlog::default()).0,
    )?;
    serve::serve(&context, listener, app, std::future::pending())?;
    context.block_on(context.db.close());
    Ok(ExitCode::SUCCESS)
}

fn seed(context: &Context, now: WallTime) -> anyhow::Result<()> {
    // One hash for all: it is slow on purpose.
    let hash = hash_password(PASSWORD).map_err(|e| anyhow!(e))?;
    context.block_on(async {
        let mut tx = context.db.write().await?;
        let northlight = people::add_client(&mut tx, "Northlight Fleet", now).await?;
        let calder = people::add_client(&mut tx, "Calder Insurance", now).await?;
        let mut ids = std::collections::HashMap::new();
        for (login, name, role, pay_basis, of) in PEOPLE {
            let clients: Vec<String> = [("N", &northlight), ("C", &calder)]
                .into_iter()
                .filter(|(c, _)| of.contains(c))
                .map(|(_, id)| id.clone())
                .collect();
            let id = people::add(
                &mut tx,
                &NewPerson {
                    login,
                    name,
                    role,
                    pay_basis,
                    password_hash: &hash,
                    clients: &clients,
                },
                now,
            )
            .await?;
            if matches!(login, "mia" | "sam") {
                people::set_head(&mut tx, &id, Some(role)).await?;
            }
            ids.insert(login, id);
        }
        for (line, login, client) in [
            ("201", "ines", &northlight),
            ("202", "tom", &northlight),
            ("203", "sofia", &calder),
        ] {
            people::add_line(&mut tx, line, &ids[login], client, WallTime(0), None).await?;
        }
        leads::seed_sources(&mut tx).await?;
        let (checklist, version) = checklists::add(&mut tx, crate::review::checklist::BANT).await?;
        checklists::sign(
            &mut tx,
            &version,
            "Mia Castell",
            "Sam Whitlock",
            now - Micros::from_secs(30 * 86_400),
            Some(now + Micros::from_secs(60 * 86_400)),
        )
        .await?;
        let before = now - Micros::from_secs(30 * 86_400);
        for (client, name, amount, csv) in [
            (
                &northlight,
                "Fleet autumn",
                "40.00 EUR",
                include_str!("../../config/demo/northlight.csv"),
            ),
            (
                &calder,
                "Cyber cover",
                "35.00 GBP",
                include_str!("../../config/demo/calder.csv"),
            ),
        ] {
            let (amount, currency) = amount.split_once(' ').unwrap_or_default();
            let campaign = leads::add_campaign(&mut tx, client, name, &checklist, before).await?;
            leads::add_plan(
                &mut tx,
                &campaign,
                &Money::parse(amount, currency).map_err(|e| anyhow!(e))?,
                14,
                before,
                &ids["max"],
                now,
            )
            .await?;
            add_leads(
                &mut tx,
                context,
                &campaign,
                csv,
                now - Micros::from_secs(3 * 86_400),
            )
            .await?;
        }
        tx.commit().await?;
        anyhow::Ok(())
    })
}

async fn add_leads(
    tx: &mut Tx,
    context: &Context,
    campaign: &str,
    csv: &str,
    now: WallTime,
) -> anyhow::Result<()> {
    let campaign = leads::campaign(tx, campaign)
        .await?
        .ok_or_else(|| anyhow!("the demo's campaign is missing"))?;
    let sources = leads::source_names(tx).await?;
    let (good, bad) =
        import::read(csv.as_bytes(), &context.numbers, &sources, &[]).map_err(|e| anyhow!(e))?;
    if let Some(row) = bad.first() {
        return Err(anyhow!(
            "the demo's leads, line {}: {}",
            row.line,
            row.reason
        ));
    }
    for lead in &good {
        leads::put(tx, &campaign, lead, now).await?;
    }
    Ok(())
}

/// Lets the recorder read every capture, each moved to its place in the last day.
fn record(context: &Context, now: WallTime) -> anyhow::Result<()> {
    let folder = context.folder().join("captures");
    std::fs::create_dir_all(&folder)?;
    let commit = context.committer(|_| {});
    for (name, minutes) in CALLS {
        let capture = Captures::get(&format!("{name}/call.pcap.gz"))
            .ok_or_else(|| anyhow!("the capture of '{name}' is not in this program"))?;
        let path = folder.join(format!("{name}.pcap.gz"));
        std::fs::write(&path, &capture.data)?;
        let later = first_packet(&path).map_or(Micros(0), |first| {
            now - Micros::from_secs(minutes * 60) - first
        });
        let (_, errors) = replay::replay(
            context,
            std::slice::from_ref(&path),
            AudioFormat::Opus,
            &commit,
            later,
        )?;
        if let Some(error) = errors.first() {
            return Err(anyhow!("{error}"));
        }
    }
    Ok(())
}

fn first_packet(path: &Path) -> Option<WallTime> {
    CaptureFiles::open(&[PathBuf::from(path)])
        .next_frame()
        .map(|f| f.at)
}

/// Two claims from yesterday wait for a reviewer, and yesterday's calls have their dispositions.
async fn first_claims(context: &Context, now: WallTime) -> anyhow::Result<()> {
    let mut tx = context.db.write().await?;
    let yesterday = now - Micros::from_secs(24 * 3600);
    let claimed = [
        (
            "tom",
            "Norvik Ferries",
            "Two hundred vans, decides herself, budget every year, within three months.",
            json!({ "budget": "in_place", "authority": "decides", "need": "pain", "timescale": "months_3" }),
        ),
        (
            "ines",
            "Halden Cold Chain",
            "Lost logs cost them two customers; the brothers decide. Budget still open.",
            json!({ "budget": "access", "authority": "decides", "need": "pain" }),
        ),
    ];
    for (login, company, write_up, answers) in claimed {
        let person = context.person(&mut tx, login).await?;
        let own = calls::of_person(&mut tx, &person.id, WallTime(i64::MAX), 100).await?;
        let Some(call) = own
            .into_iter()
            .find(|c| c.company.as_deref() == Some(company))
        else {
            continue;
        };
        let (Some(lead), Some(campaign)) = (&call.lead_id, &call.campaign_id) else {
            continue;
        };
        calls::set_disposition(
            &mut tx,
            &call.id,
            &calls::Disposition {
                kind: "conversation",
                appointment_at: None,
                appointment_with: None,
            },
            yesterday,
        )
        .await?;
        let new = claims::NewClaim {
            lead,
            campaign,
            person: &person.id,
            calls: std::slice::from_ref(&call.id),
            write_up,
            own_answers: &answers.to_string(),
        };
        claims::add(&mut tx, &new, yesterday).await?;
    }
    tx.commit().await?;
    Ok(())
}
