//! `assay demo`: a working box on embedded defaults, with people, leads and calls that the recorder
//! reads from capture files made by real phones.

use crate::api::Metrics;
use crate::api::people::door::hash_password;
use crate::archive::AudioFormat;
use crate::capture::CaptureFiles;
use crate::cmd::office::{Office, Place};
use crate::cmd::replay;
use crate::cmd::serve;
use crate::commission::Terms;
use crate::identity::{House, PayBasis, Role};
use crate::leads::Disposition;
use crate::recorder::Backlog;
use crate::recorder::live::Live;
use crate::review::checklist::BANT;
use crate::store::commission::plans::{self, NewPlan};
use crate::store::people::{self, NewLine, NewPerson};
use crate::store::review::{checklists, claiming};
use crate::store::{Actor, Tx, calls, leads};
use crate::units::{CampaignId, ClientId, Micros, Money, PersonId, WallTime};
use anyhow::anyhow;
use serde_json::json;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use stock::{BY, Captures, DAY, add_leads};

mod past;
mod sales;
mod script;
mod stock;
mod write_ups;

/// Where the demo listens, and what is there when it begins.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of the page
    #[arg(long, default_value = "127.0.0.1:8480")]
    listen: SocketAddr,
    /// Weeks in which the house has worked already when the demo begins, 0 to 12
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=12))]
    weeks: u32,
    /// Set everything up and end
    #[arg(long)]
    prepare_only: bool,
}

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
const PEOPLE: [(&str, &str, Role, PayBasis, &str); 10] = [
    (
        "ines",
        "Ines Okafor",
        Role::Telemarketer,
        PayBasis::Commission,
        "N",
    ),
    (
        "tom",
        "Tom Brandt",
        Role::Telemarketer,
        PayBasis::Commission,
        "N",
    ),
    (
        "sofia",
        "Sofia Lind",
        Role::Telemarketer,
        PayBasis::Commission,
        "C",
    ),
    (
        "marek",
        "Marek Dvořák",
        Role::Reviewer,
        PayBasis::Fixed,
        "NC",
    ),
    ("rana", "Rana Aziz", Role::Reviewer, PayBasis::Fixed, "NC"),
    ("sam", "Sam Whitlock", Role::Sales, PayBasis::Fixed, "N"),
    ("mia", "Mia Castell", Role::Marketing, PayBasis::Fixed, "N"),
    ("max", "Max Oberg", Role::Manager, PayBasis::Fixed, "NC"),
    // A month is closed, and fraud is found, by two.
    ("nora", "Nora Quist", Role::Manager, PayBasis::Fixed, "NC"),
    ("ada", "Ada Voss", Role::Admin, PayBasis::Fixed, ""),
];

/// # Errors
/// When the address is taken or the data folder cannot be used.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let place = Place {
        data: Some(place.data.clone().unwrap_or_else(|| "assay-demo".into())),
        config: place.config.clone(),
    };
    let office = Office::open(&place)?;
    // Nobody is kept from an address by what only prepares.
    let listener = match args.prepare_only {
        true => None,
        false => Some(serve::listen(&office, args.listen)?),
    };
    let fresh = office.block_on(async { people::count(&mut office.db.read().await?).await })? == 0;
    if fresh {
        println!("Setting the demo up in {} …", office.folder().display());
        office.first_key()?;
        let now = office.clock.now();
        let began = now - Micros(DAY.0 * (30 + 7 * i64::from(args.weeks)));
        let campaigns = seed(&office, began, now)?;
        if args.weeks > 0 {
            println!("{} weeks go by, with some two hundred calls …", args.weeks);
            std::fs::create_dir_all(office.folder().join("captures"))?;
            sales::begin(&office, &campaigns[0], began)?;
            past::live_through(&office, args.weeks, &campaigns, now)?;
        }
        fresh_leads(&office, &campaigns, now - Micros(3 * DAY.0))?;
        record(&office, now)?;
        office.block_on(first_claims(&office, now))?;
    }
    let tls = serve::tls(&office, args.listen)?;
    println!(
        "\nAssay is at {}\n\n  login   role          password\n  -----   -----------   \
         ----------",
        serve::told(args.listen, tls.as_deref())
    );
    for (login, _, role, ..) in PEOPLE {
        println!("  {login:<7} {role:<13} {PASSWORD}");
    }
    println!(
        "\nThe way from a claim to the money: sign in as ines, claim Brightwater Logistics; sign \
         in as marek in another\nbrowser, take the oldest claims and judge them; ten seconds \
         later ines sees verdict and commission.\nCtrl-C ends it; the data stays in {}.\n",
        office.folder().display()
    );
    let Some(listener) = listener else {
        return Ok(ExitCode::SUCCESS);
    };
    let app = serve::app(
        &office,
        Arc::new(Metrics::default()),
        Live::new(Backlog::default(), office.worker()).0,
    )?;
    serve::serve(&office, listener, app, tls, std::future::pending())?;
    office.block_on(office.db.close());
    Ok(ExitCode::SUCCESS)
}

/// A campaign of the demo.
struct DemoCampaign {
    client: ClientId,
    name: &'static str,
    /// What a passed lead earns.
    amount: (&'static str, &'static str),
}

/// Sets the house up as it was on the day it `began`; gives its two campaigns.
fn seed(office: &Office, began: WallTime, now: WallTime) -> anyhow::Result<[CampaignId; 2]> {
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let northlight = people::add_client(&mut tx, &BY, "Northlight Fleet", began).await?;
        let calder = people::add_client(&mut tx, &BY, "Calder Insurance", began).await?;
        let ids = seed_people(&mut tx, &northlight, &calder, began).await?;
        for (value, login, client) in [
            ("201", "ines", &northlight),
            ("202", "tom", &northlight),
            ("203", "sofia", &calder),
        ] {
            let line = NewLine {
                value,
                person: &ids[login],
                client,
                from: WallTime(0),
                to: None,
            };
            people::add_line(&mut tx, &BY, &line, began).await?;
        }
        let northlight = DemoCampaign {
            client: northlight,
            name: "Fleet autumn",
            amount: ("40.00", "EUR"),
        };
        let calder = DemoCampaign {
            client: calder,
            name: "Cyber cover",
            amount: ("35.00", "GBP"),
        };
        let campaigns = [
            seed_campaign(&mut tx, &northlight, &ids, began, now).await?,
            seed_campaign(&mut tx, &calder, &ids, began, now).await?,
        ];
        tx.commit().await?;
        anyhow::Ok(campaigns)
    })
}

async fn seed_campaign(
    tx: &mut Tx,
    c: &DemoCampaign,
    ids: &HashMap<&'static str, PersonId>,
    began: WallTime,
    now: WallTime,
) -> anyhow::Result<CampaignId> {
    let (client, name) = (&c.client, c.name);
    let (checklist, version) = checklists::add(tx, &BY, client, BANT, began).await?;
    let (names, again) = (("Mia Castell", "Sam Whitlock"), now + Micros(60 * DAY.0));
    checklists::sign(tx, &BY, &version, names, began, Some(again)).await?;
    let campaign = leads::add_campaign(tx, &BY, client, name, &checklist, began).await?;
    let amount = Money::parse(c.amount.0, c.amount.1).map_err(|e| anyhow!(e))?;
    let plan = NewPlan {
        campaign: &campaign,
        amount: &amount,
        terms: &Terms::default(),
        payable_after_days: 14,
        from: None,
    };
    let draft = plans::propose(tx, &BY, &plan, began).await?;
    let plan = plans::approve(tx, &ids["max"], &draft, began).await?;
    for telemarketer in ["ines", "tom", "sofia"] {
        plans::acknowledge(tx, &ids[telemarketer], &plan, began).await?;
    }
    Ok(campaign)
}

/// The leads that the demo's own calls are made to.
fn fresh_leads(office: &Office, campaigns: &[CampaignId; 2], at: WallTime) -> anyhow::Result<()> {
    let lists = [
        include_str!("../../../config/demo/northlight.csv"),
        include_str!("../../../config/demo/calder.csv"),
    ];
    office.block_on(async {
        let mut tx = office.db.write().await?;
        for (campaign, csv) in campaigns.iter().zip(lists) {
            add_leads(&mut tx, office, campaign, csv, at).await?;
        }
        tx.commit().await?;
        anyhow::Ok(())
    })
}

async fn seed_people(
    tx: &mut Tx,
    northlight: &ClientId,
    calder: &ClientId,
    now: WallTime,
) -> anyhow::Result<HashMap<&'static str, PersonId>> {
    // One hash for all: it is slow on purpose.
    let hash = hash_password(PASSWORD).map_err(|e| anyhow!(e))?;
    let mut ids = HashMap::new();
    for (login, name, role, pay_basis, of) in PEOPLE {
        let clients: Vec<ClientId> = [("N", northlight), ("C", calder)]
            .into_iter()
            .filter(|(c, _)| of.contains(c))
            .map(|(_, id)| id.clone())
            .collect();
        let new = NewPerson {
            login,
            name,
            role,
            pay_basis,
            password_hash: &hash,
            clients: &clients,
        };
        let id = people::add(tx, &BY, &new, now).await?;
        let head_of = match role {
            Role::Marketing => Some(House::Marketing),
            Role::Sales => Some(House::Sales),
            _ => None,
        };
        if let (Some(house), Some(person)) = (head_of, people::by_id(tx, &id).await?) {
            people::set_head(tx, &BY, &person, Some(house), now).await?;
        }
        ids.insert(login, id);
    }
    Ok(ids)
}

/// Lets the recorder read every capture, each moved to its place in the last day.
fn record(office: &Office, now: WallTime) -> anyhow::Result<()> {
    let folder = office.folder().join("captures");
    std::fs::create_dir_all(&folder)?;
    let commit = office.committer(|_| {});
    for (name, minutes) in CALLS {
        let capture = Captures::get(&format!("{name}/call.pcap.gz"))
            .ok_or_else(|| anyhow!("the capture of '{name}' is not in this program"))?;
        let path = folder.join(format!("{name}.pcap.gz"));
        std::fs::write(&path, &capture.data)?;
        let later = first_packet(&path).map_or(Micros(0), |first| {
            now - Micros::from_secs(minutes * 60) - first
        });
        let (_, errors) = replay::replay(
            office,
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
async fn first_claims(office: &Office, now: WallTime) -> anyhow::Result<()> {
    let mut tx = office.db.write().await?;
    let yesterday = now - Micros::from_secs(24 * 3600);
    let claimed = [
        (
            "tom",
            "Norvik Ferries",
            "Two hundred vans, decides herself, budget every year, within three months.",
            json!({
                "budget": "in_place",
                "authority": "decides",
                "need": "pain",
                "timescale": "months_3",
            }),
        ),
        (
            "ines",
            "Halden Cold Chain",
            "Lost logs cost them two customers; the brothers decide. Budget still open.",
            json!({ "budget": "access", "authority": "decides", "need": "pain" }),
        ),
    ];
    for (login, company, write_up, answers) in claimed {
        let person = office.person(&mut tx, login).await?;
        let own = calls::of_person(&mut tx, &person.id, WallTime(i64::MAX), 100).await?;
        let Some(call) = own
            .into_iter()
            .find(|c| c.company.as_ref().is_some_and(|c| c.reveal() == company))
        else {
            continue;
        };
        let (Some(lead), Some(campaign)) = (&call.lead_id, &call.campaign_id) else {
            continue;
        };
        calls::set_disposition(
            &mut tx,
            &Actor::from(&person.id),
            &call.id,
            &calls::NewDisposition {
                kind: Disposition::Conversation,
                appointment_at: None,
                appointment_with: None,
            },
            yesterday,
        )
        .await?;
        let new = claiming::NewClaim {
            lead,
            campaign,
            person: &person.id,
            calls: std::slice::from_ref(&call.id),
            write_up,
            own_answers: &answers.to_string(),
            by: crate::leads::ClaimedBy::Page,
        };
        claiming::add(&mut tx, &new, yesterday).await?;
    }
    tx.commit().await?;
    Ok(())
}
