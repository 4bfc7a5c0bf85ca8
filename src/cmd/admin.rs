//! `assay user`, `client`, `campaign`, `lines`, `checklist`: setting the box up from the shell.

use super::office::{Office, Place};
use crate::api::people::door::{first_password, hash_password};
use crate::commission::{Split, Terms};
use crate::identity::{House, PayBasis, Role};
use crate::pii::Pii;
use crate::review::checklist::BANT;
use crate::store::commission::plans::{self, NewPlan};
use crate::store::people::sessions::{self, Which};
use crate::store::people::{self, NewLine, NewPerson, second_factor};
use crate::store::review::{checklists, leaving};
use crate::store::{Actor, Tx, leads};
use crate::units::{ChecklistId, ClientId, Money, VersionId, WallTime};
use anyhow::{Context as _, anyhow, bail};
use std::path::PathBuf;
use std::process::ExitCode;

/// The commands of `assay user`.
#[derive(Debug, clap::Subcommand)]
pub enum User {
    /// Enter somebody; prints a first password
    Add {
        login: String,
        #[arg(long)]
        name: String,
        /// telemarketer, reviewer, sales, marketing, manager or admin
        #[arg(long)]
        role: Role,
        /// What their pay hangs on: fixed, commission, qualified_leads or pipeline; reviewers are
        /// paid independently
        #[arg(long, default_value = "fixed")]
        pay_basis: PayBasis,
        /// Client whose data they see; may be given more than once.
        #[arg(long)]
        client: Vec<String>,
    },
    /// Set a new password, print it, and end all sessions
    Password { login: String },
    /// Switch a login off: sessions end, and what was on the desk goes back into the queue
    Disable { login: String },
    /// Let somebody sign in again
    Enable { login: String },
    /// Take the second factor off of who has lost it; they set one up anew
    SecondFactor { login: String },
    /// Say who signs checklists for marketing or for sales
    Head {
        login: String,
        #[arg(value_parser = ["marketing", "sales", "nobody"])]
        of: String,
    },
}

/// The commands of `assay client`.
#[derive(Debug, clap::Subcommand)]
pub enum Client {
    Add { name: String },
}

/// The commands of `assay campaign`.
#[derive(Debug, clap::Subcommand)]
pub enum Campaign {
    /// Open a campaign with what a passed lead earns
    Add(NewCampaign),
    /// End a campaign: calls that began before are still claimed, judged and paid
    Close {
        name: String,
        #[arg(long)]
        client: String,
    },
    /// Take the end of a campaign back
    Reopen {
        name: String,
        #[arg(long)]
        client: String,
    },
}

/// A campaign with what a passed lead earns.
#[derive(Debug, clap::Args)]
pub struct NewCampaign {
    name: String,
    #[arg(long)]
    client: String,
    /// Amount per passed lead, such as 40.00
    #[arg(long)]
    amount: String,
    #[arg(long, default_value = "EUR")]
    currency: String,
    #[arg(long, default_value = "BANT")]
    checklist: String,
    /// Days from earning to payout
    #[arg(long, default_value_t = 14)]
    payable_after_days: i64,
    #[command(flatten)]
    opener: OpenerShare,
}

/// The share of another telemarketer who opened the lead that a claim passes on.
#[derive(Debug, clap::Args)]
pub struct OpenerShare {
    /// Percent of what a passed lead earns that whoever opened it has; without it nobody shares
    #[arg(long)]
    opener_percent: Option<i64>,
    /// Seconds of talk that the opener's first recorded conversation had at least
    #[arg(long, default_value_t = 60, requires = "opener_percent")]
    opener_seconds: i64,
    /// Days before the claim within which it was
    #[arg(long, default_value_t = 90, requires = "opener_percent")]
    opener_days: i64,
}

impl OpenerShare {
    fn split(&self) -> Option<Split> {
        self.opener_percent.map(|opener_percent| Split {
            opener_percent,
            min_seconds: self.opener_seconds,
            within_days: self.opener_days,
        })
    }
}

/// The commands of `assay lines`.
#[derive(Debug, clap::Subcommand)]
pub enum Lines {
    /// Give an extension, trunk or agent ID to somebody
    Add {
        value: String,
        login: String,
        #[arg(long)]
        client: String,
        /// Since when, RFC 3339 or a date; without it since ever
        #[arg(long)]
        from: Option<WallTime>,
        #[arg(long)]
        to: Option<WallTime>,
    },
    /// Lines that calls were seen on and that belong to nobody
    Unknown,
}

/// The commands of `assay checklist`.
#[derive(Debug, clap::Subcommand)]
pub enum Checklist {
    /// Add a version of a client's checklist from a TOML file
    Add {
        file: PathBuf,
        /// Whose checklist it is
        #[arg(long)]
        client: String,
    },
    /// Bring a version into force: the heads of marketing and sales sign by name
    Sign {
        version: String,
        #[arg(long)]
        marketing: String,
        #[arg(long)]
        sales: String,
        #[arg(long)]
        review_on: Option<WallTime>,
    },
}

/// # Errors
/// Each says what is wrong and what to do.
pub fn user(command: &User, place: &Place) -> anyhow::Result<ExitCode> {
    // The first administrator may come before the box.
    let office = match command {
        User::Add { .. } => Office::open(place)?,
        _ => Office::of_box(place)?,
    };
    match command {
        User::Head { login, of } => head(&office, login, of),
        User::Disable { login } => changed(&office, login, Change::Disable),
        User::Enable { login } => changed(&office, login, Change::Enable),
        User::SecondFactor { login } => changed(&office, login, Change::SecondFactor),
        User::Password { login } => {
            let (password, hash) = first_and_hash()?;
            office.block_on(async {
                let mut tx = office.db.write().await?;
                let person = office.person(&mut tx, login).await?;
                let now = office.clock.now();
                let all = Which::All;
                sessions::set_password(
                    &mut tx,
                    &Actor::Shell,
                    &person.id,
                    &Pii::new(hash),
                    all,
                    now,
                )
                .await?;
                tx.commit().await?;
                anyhow::Ok(())
            })?;
            println!("{login} signs in with the password {password}");
            Ok(ExitCode::SUCCESS)
        }
        User::Add {
            login,
            name,
            role,
            pay_basis,
            client,
        } => {
            let (password, hash) = first_and_hash()?;
            let new = NewPerson {
                login,
                name,
                role: *role,
                pay_basis: *pay_basis,
                password_hash: &hash,
                clients: &[],
            };
            office.block_on(add(&office, &new, client))?;
            println!("{login} signs in with the password {password}");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What is changed about a login.
enum Change {
    Disable,
    Enable,
    SecondFactor,
}

fn changed(office: &Office, login: &str, change: Change) -> anyhow::Result<ExitCode> {
    let said = office.block_on(async {
        let mut tx = office.db.write().await?;
        let person = office.person(&mut tx, login).await?;
        let (by, now) = (&Actor::Shell, office.clock.now());
        let said = match change {
            Change::Disable => {
                leaving::disable(&mut tx, by, &person, now).await?;
                "may not sign in any more"
            }
            Change::Enable => {
                leaving::enable(&mut tx, by, &person, now).await?;
                "may sign in again"
            }
            Change::SecondFactor => {
                second_factor::remove(&mut tx, by, &person.id, now).await?;
                "has no second factor any more"
            }
        };
        tx.commit().await?;
        anyhow::Ok(said)
    })?;
    println!("{login} {said}");
    Ok(ExitCode::SUCCESS)
}

/// A password and its hash.
fn first_and_hash() -> anyhow::Result<(String, String)> {
    let password = first_password();
    let hash = hash_password(&password).map_err(|e| anyhow!(e))?;
    Ok((password, hash))
}

async fn add(office: &Office, new: &NewPerson<'_>, of: &[String]) -> anyhow::Result<()> {
    let mut tx = office.db.write().await?;
    let mut clients = Vec::new();
    for name in of {
        clients.push(client_of(&mut tx, name).await?);
    }
    let new = NewPerson {
        clients: &clients,
        ..new.clone()
    };
    let added = people::add(&mut tx, &Actor::Shell, &new, office.clock.now()).await;
    added.map_err(|e| match e.is_duplicate() {
        true => anyhow!("'{}' signs in already", new.login),
        false => e.into(),
    })?;
    Ok(tx.commit().await?)
}

async fn client_of(tx: &mut Tx, name: &str) -> anyhow::Result<ClientId> {
    people::client_by_name(tx, name)
        .await?
        .ok_or_else(|| anyhow!("there is no client '{name}'; add it with `assay client add`"))
}

/// A head of marketing or sales works there: nobody signs for another house.
fn head(office: &Office, login: &str, of: &str) -> anyhow::Result<ExitCode> {
    let of: Option<House> = Some(of)
        .filter(|of| *of != "nobody")
        .map(str::parse)
        .transpose()?;
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let person = office.person(&mut tx, login).await?;
        let now = office.clock.now();
        people::set_head(&mut tx, &Actor::Shell, &person, of, now).await?;
        tx.commit().await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// # Errors
/// When the client is there already.
pub fn client(command: &Client, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::open(place)?;
    let Client::Add { name } = command;
    office.block_on(async {
        let mut tx = office.db.write().await?;
        people::add_client(&mut tx, &Actor::Shell, name, office.clock.now())
            .await
            .map_err(|e| match e.is_duplicate() {
                true => anyhow!("the client '{name}' is there already"),
                false => e.into(),
            })?;
        tx.commit().await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// # Errors
/// When client, campaign or checklist do not exist, or a campaign ends twice.
pub fn campaign(command: &Campaign, place: &Place) -> anyhow::Result<ExitCode> {
    match command {
        Campaign::Add(new) => add_campaign(new, place),
        Campaign::Close { name, client } => end_campaign((name, client), true, place),
        Campaign::Reopen { name, client } => end_campaign((name, client), false, place),
    }
}

fn end_campaign(
    (name, client): (&str, &str),
    close: bool,
    place: &Place,
) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let now = office.clock.now();
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let client = client_of(&mut tx, client).await?;
        let named = leads::campaigns_by_name(&mut tx, name).await?;
        let found = named.into_iter().find(|c| c.client_id == client);
        let id = found
            .ok_or_else(|| anyhow!("this client has no campaign '{name}'"))?
            .id;
        match close {
            true => leads::campaigns::close(&mut tx, &Actor::Shell, &id, now).await?,
            false => leads::campaigns::reopen(&mut tx, &Actor::Shell, &id, now).await?,
        }
        tx.commit().await?;
        Ok(ExitCode::SUCCESS)
    })
}

fn add_campaign(new: &NewCampaign, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let NewCampaign {
        name,
        client,
        amount,
        currency,
        checklist,
        payable_after_days,
        opener,
    } = new;
    let terms = Terms {
        split: opener.split(),
        ..Terms::default()
    };
    let amount = Money::parse(amount, currency).map_err(|e| anyhow!(e))?;
    let now = office.clock.now();
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let client = client_of(&mut tx, client).await?;
        let list = checklist_id(&mut tx, &client, checklist, now).await?;
        let campaign = leads::add_campaign(&mut tx, &Actor::Shell, &client, name, &list, now)
            .await
            .map_err(|e| {
                if e.is_duplicate() {
                    anyhow!("the campaign '{name}' is there already")
                } else {
                    e.into()
                }
            })?;
        let plan = NewPlan {
            campaign: &campaign,
            amount: &amount,
            terms: &terms,
            payable_after_days: *payable_after_days,
            from: None,
        };
        plans::propose(&mut tx, &Actor::Shell, &plan, now).await?;
        tx.commit().await?;
        println!(
            "The plan of {amount} is proposed: a manager without an interest in it signs in and \
             approves it under Plans. Until then claims that pass wait, and nothing is lost."
        );
        Ok(ExitCode::SUCCESS)
    })
}

/// A client's checklist of a name; the box's own template is copied where the client has none.
async fn checklist_id(
    tx: &mut Tx,
    client: &ClientId,
    name: &str,
    now: WallTime,
) -> anyhow::Result<ChecklistId> {
    if let Some(id) = checklists::by_name(tx, client, name).await? {
        return Ok(id);
    }
    if name == "BANT" {
        return Ok(checklists::add(tx, &Actor::Shell, client, BANT, now)
            .await?
            .0);
    }
    bail!(
        "this client has no checklist '{name}'; add it with `assay checklist add FILE --client NAME`"
    )
}

/// # Errors
/// When the person or the client does not exist.
pub fn lines(command: &Lines, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    office.block_on(async {
        match command {
            Lines::Add {
                value,
                login,
                client,
                from,
                to,
            } => {
                let mut tx = office.db.write().await?;
                let person = office.person(&mut tx, login).await?;
                let client = client_of(&mut tx, client).await?;
                let line = NewLine {
                    value,
                    person: &person.id,
                    client: &client,
                    from: from.unwrap_or(WallTime(0)),
                    to: *to,
                };
                people::add_line(&mut tx, &Actor::Shell, &line, office.clock.now()).await?;
                tx.commit().await?;
            }
            Lines::Unknown => {
                let mut tx = office.db.read().await?;
                for line in people::unknown_lines(&mut tx).await? {
                    println!(
                        "{}\t{} calls, last {}",
                        line.number.reveal(),
                        line.calls,
                        line.last_at
                    );
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// # Errors
/// When the file does not read, or the version does not exist.
pub fn checklist(command: &Checklist, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let now = office.clock.now();
    office.block_on(async {
        let mut tx = office.db.write().await?;
        match command {
            Checklist::Add { file, client } => {
                let client = client_of(&mut tx, client).await?;
                let body = std::fs::read_to_string(file)
                    .with_context(|| format!("{} cannot be read", file.display()))?;
                let (_, version) = checklists::add(&mut tx, &Actor::Shell, &client, &body, now)
                    .await
                    .map_err(|e| anyhow!("{}: {e}", file.display()))?;
                println!("{version}");
            }
            Checklist::Sign {
                version,
                marketing,
                sales,
                review_on,
            } => {
                let (version, names) =
                    (VersionId::from(version.as_str()), (&**marketing, &**sales));
                let by = &Actor::Shell;
                checklists::sign(&mut tx, by, &version, names, now, *review_on).await?;
            }
        }
        tx.commit().await?;
        Ok(ExitCode::SUCCESS)
    })
}
