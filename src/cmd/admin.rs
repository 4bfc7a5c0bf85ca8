//! `assay user`, `client`, `campaign`, `lines`, `checklist`: setting the box up from the shell.

use super::context::{Context, Place};
use crate::api::auth::hash_password;
use crate::store::audit::{self, Entry};
use crate::store::people::NewPerson;
use crate::store::{checklists, leads, people};
use crate::units::{Money, WallTime};
use anyhow::{Context as _, anyhow, bail};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum User {
    /// Enter somebody; prints a first password
    Add {
        login: String,
        #[arg(long)]
        name: String,
        #[arg(long, value_parser = ["telemarketer", "reviewer", "sales", "marketing", "manager", "admin"])]
        role: String,
        /// What their pay hangs on; reviewers are paid independently.
        #[arg(long, default_value = "fixed", value_parser = ["fixed", "commission", "qualified_leads", "pipeline"])]
        pay_basis: String,
        /// Client whose data they see; may be given more than once.
        #[arg(long)]
        client: Vec<String>,
    },
    /// Set a new password, print it, and end all sessions
    Password { login: String },
    /// Say who signs checklists for marketing or for sales
    Head {
        login: String,
        #[arg(value_parser = ["marketing", "sales", "nobody"])]
        of: String,
    },
}

#[derive(Debug, clap::Subcommand)]
pub enum Client {
    Add { name: String },
}

#[derive(Debug, clap::Subcommand)]
pub enum Campaign {
    /// Open a campaign with what a passed lead earns
    Add {
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
        /// Login of the manager who approves the plan
        #[arg(long)]
        approved_by: String,
        /// Days from earning to payout
        #[arg(long, default_value_t = 14)]
        payable_after_days: i64,
    },
}

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

#[derive(Debug, clap::Subcommand)]
pub enum Checklist {
    /// Add a version from a TOML file
    Add { file: PathBuf },
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

pub(super) const SHELL: &str = "shell";

/// # Errors
/// Each says what is wrong and what to do.
pub fn user(command: &User, place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    if let User::Head { login, of } = command {
        return head(&context, login, of);
    }
    let password = crate::hex::hex(&rand::random::<[u8; 8]>());
    let hash = hash_password(&password).map_err(|e| anyhow!(e))?;
    let now = context.clock.now();
    context.block_on(async {
        let mut tx = context.db.write().await?;
        let (login, action, id) = match command {
            User::Add {
                login,
                name,
                role,
                pay_basis,
                client,
            } => {
                let mut clients = Vec::new();
                for name in client {
                    clients.push(people::client_by_name(&mut tx, name).await?.ok_or_else(
                        || anyhow!("there is no client '{name}'; add it with `assay client add`"),
                    )?);
                }
                let new = NewPerson {
                    login,
                    name,
                    role,
                    pay_basis,
                    password_hash: &hash,
                    clients: &clients,
                };
                let id = people::add(&mut tx, &new, now).await.map_err(|e| {
                    if e.is_duplicate() {
                        anyhow!("'{login}' signs in already")
                    } else {
                        e.into()
                    }
                })?;
                (login, "person.added", id)
            }
            User::Head { .. } => unreachable!("answered above"),
            User::Password { login } => {
                let person = context.person(&mut tx, login).await?;
                people::set_password(&mut tx, &person.id, &hash, now).await?;
                (login, "person.password", person.id)
            }
        };
        audit::append(
            &mut tx,
            Entry {
                at: now,
                actor: SHELL,
                action,
                subject: &format!("person:{id}"),
                detail: json!({}),
            },
        )
        .await?;
        tx.commit().await?;
        println!("{login} signs in with the password {password}");
        Ok(ExitCode::SUCCESS)
    })
}

/// A head of marketing or sales works there: nobody signs for another house.
fn head(context: &Context, login: &str, of: &str) -> anyhow::Result<ExitCode> {
    let of = Some(of).filter(|of| *of != "nobody");
    context.block_on(async {
        let mut tx = context.db.write().await?;
        let person = context.person(&mut tx, login).await?;
        if of.is_some_and(|of| of != person.role) {
            bail!(
                "{login} is {}: the head of a house is one of its people",
                person.role
            );
        }
        people::set_head(&mut tx, &person.id, of).await?;
        let subject = format!("person:{}", person.id);
        audit::append(
            &mut tx,
            Entry {
                at: context.clock.now(),
                actor: SHELL,
                action: "person.head",
                subject: &subject,
                detail: json!({ "of": of }),
            },
        )
        .await?;
        tx.commit().await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// # Errors
/// When the client is there already.
pub fn client(command: &Client, place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    let Client::Add { name } = command;
    context.block_on(async {
        let mut tx = context.db.write().await?;
        people::add_client(&mut tx, name, context.clock.now())
            .await
            .map_err(|e| {
                if e.is_duplicate() {
                    anyhow!("the client '{name}' is there already")
                } else {
                    e.into()
                }
            })?;
        tx.commit().await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// # Errors
/// When client, checklist or approver do not exist, or the approver is no manager.
pub fn campaign(command: &Campaign, place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    let Campaign::Add {
        name,
        client,
        amount,
        currency,
        checklist,
        approved_by,
        payable_after_days,
    } = command;
    let amount = Money::parse(amount, currency).map_err(|e| anyhow!(e))?;
    let now = context.clock.now();
    context.block_on(async {
        let mut tx = context.db.write().await?;
        let client = people::client_by_name(&mut tx, client)
            .await?
            .ok_or_else(|| {
                anyhow!(
                    "there is \
            no client '{client}'"
                )
            })?;
        let approver = context.person(&mut tx, approved_by).await?;
        if approver.role != "manager" || approver.pay_basis != "fixed" {
            bail!(
                "{approved_by} may not approve a plan: it takes a manager whose pay does not \
                hang on leads or pipeline"
            );
        }
        let list = checklist_id(&mut tx, checklist).await?;
        leads::seed_sources(&mut tx).await?;
        let campaign = leads::add_campaign(&mut tx, &client, name, &list, now)
            .await
            .map_err(|e| {
                if e.is_duplicate() {
                    anyhow!("the campaign '{name}' is there already")
                } else {
                    e.into()
                }
            })?;
        let plan = leads::add_plan(
            &mut tx,
            &campaign,
            &amount,
            *payable_after_days,
            now,
            &approver.id,
            now,
        )
        .await?;
        audit::append(
            &mut tx,
            Entry {
                at: now,
                actor: SHELL,
                action: "plan.approved",
                subject: &format!("plan:{plan}"),
                detail: json!({ "by": approver.id, "amount": amount }),
            },
        )
        .await?;
        tx.commit().await?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn checklist_id(tx: &mut crate::store::Tx, name: &str) -> anyhow::Result<String> {
    if let Some(id) = checklists::by_name(tx, name).await? {
        return Ok(id);
    }
    if name == "BANT" {
        return Ok(checklists::add(tx, crate::review::checklist::BANT).await?.0);
    }
    bail!("there is no checklist '{name}'; add it with `assay checklist add FILE`")
}

/// # Errors
/// When the person or the client does not exist.
pub fn lines(command: &Lines, place: &Place) -> anyhow::Result<ExitCode> {
    let context = Context::open(place)?;
    context.block_on(async {
        match command {
            Lines::Add {
                value,
                login,
                client,
                from,
                to,
            } => {
                let mut tx = context.db.write().await?;
                let person = context.person(&mut tx, login).await?;
                let client = people::client_by_name(&mut tx, client)
                    .await?
                    .ok_or_else(|| anyhow!("there is no client '{client}'"))?;
                let id = people::add_line(
                    &mut tx,
                    value,
                    &person.id,
                    &client,
                    from.unwrap_or(WallTime(0)),
                    *to,
                )
                .await?;
                audit::append(
                    &mut tx,
                    Entry {
                        at: context.clock.now(),
                        actor: SHELL,
                        action: "line.given",
                        subject: &format!("line:{id}"),
                        detail: json!({ "person": person.id }),
                    },
                )
                .await?;
                tx.commit().await?;
            }
            Lines::Unknown => {
                let mut tx = context.db.read().await?;
                for line in people::unknown_lines(&mut tx).await? {
                    println!(
                        "{}\t{} calls, last {}",
                        line.number,
                        line.calls,
                        WallTime(line.last_at)
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
    let context = Context::open(place)?;
    let now = context.clock.now();
    context.block_on(async {
        let mut tx = context.db.write().await?;
        match command {
            Checklist::Add { file } => {
                let body = std::fs::read_to_string(file)
                    .with_context(|| format!("{} cannot be read", file.display()))?;
                let (_, version) = checklists::add(&mut tx, &body)
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
                if marketing == sales {
                    bail!("two heads sign: marketing and sales");
                }
                checklists::sign(&mut tx, version, marketing, sales, now, *review_on).await?;
                audit::append(
                    &mut tx,
                    Entry {
                        at: now,
                        actor: SHELL,
                        action: "checklist.in_force",
                        subject: &format!("checklist_version:{version}"),
                        detail: json!({}),
                    },
                )
                .await?;
            }
        }
        tx.commit().await?;
        Ok(ExitCode::SUCCESS)
    })
}
