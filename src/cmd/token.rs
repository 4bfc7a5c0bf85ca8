//! `assay token`: what machines ask the box with.

use super::office::{Office, Place};
use crate::hex::hex;
use crate::identity::token::{self, Scope};
use crate::store::Actor;
use crate::store::people;
use crate::store::people::tokens::{self, NewToken};
use crate::units::{Micros, TokenId};
use anyhow::anyhow;
use sha2::{Digest, Sha256};
use std::process::ExitCode;

/// The commands of `assay token`.
#[derive(Debug, clap::Subcommand)]
pub enum Token {
    /// Make a token for a machine; prints it this once
    Add {
        /// Which machine gets it
        name: String,
        /// pause, consent, disposition, dialler, claim, crm, leads, payroll or metrics; may be
        /// given more than once
        #[arg(long, required = true)]
        scope: Vec<Scope>,
        /// Whose data it reaches; without it every client's
        #[arg(long)]
        client: Option<String>,
        /// For how many days; without it until it is revoked
        #[arg(long)]
        days: Option<u32>,
    },
    /// All tokens, with their last use
    List,
    /// End a token
    Revoke { id: TokenId },
}

/// # Errors
/// Each says what is wrong and what to do.
pub fn run(command: &Token, place: &Place) -> anyhow::Result<ExitCode> {
    let office = match command {
        Token::Add { .. } => Office::open(place)?,
        Token::List | Token::Revoke { .. } => Office::of_box(place)?,
    };
    match command {
        Token::Add {
            name,
            scope,
            client,
            days,
        } => add(&office, name, scope, client.as_deref(), *days),
        Token::List => list(&office),
        Token::Revoke { id } => office.block_on(async {
            let mut tx = office.db.write().await?;
            tokens::revoke(&mut tx, &Actor::Shell, id, office.clock.now()).await?;
            tx.commit().await?;
            println!("token {id} is good for nothing any more");
            Ok(ExitCode::SUCCESS)
        }),
    }
}

fn add(
    office: &Office,
    name: &str,
    scopes: &[Scope],
    client: Option<&str>,
    days: Option<u32>,
) -> anyhow::Result<ExitCode> {
    let text = token::text(&hex(&rand::random::<[u8; 32]>()));
    let now = office.clock.now();
    office.block_on(async {
        let mut tx = office.db.write().await?;
        let client = match client {
            None => None,
            Some(name) => {
                let found = people::client_by_name(&mut tx, name).await?;
                Some(found.ok_or_else(|| anyhow!("there is no client '{name}'"))?)
            }
        };
        let new = NewToken {
            name,
            client: client.as_ref(),
            scopes,
            hash: &hex(&Sha256::digest(text.as_bytes())),
            expires: days.map(|d| now + Micros::from_secs(86_400 * i64::from(d.min(100_000)))),
        };
        let id = tokens::add(&mut tx, &Actor::Shell, &new, now).await?;
        tx.commit().await?;
        println!("token {id} for {}, shown this once:\n{text}", new.name);
        anyhow::Ok(ExitCode::SUCCESS)
    })
}

fn list(office: &Office) -> anyhow::Result<ExitCode> {
    let all = office.block_on(async {
        let mut tx = office.db.read().await?;
        anyhow::Ok(tokens::list(&mut tx).await?)
    })?;
    for t in all {
        let ended = t.revoked_at.map(|at| format!(", revoked {at}"));
        let until = t.expires_at.map(|at| format!(", until {at}"));
        let used = t.used_at.map_or("never used".to_owned(), |at| {
            format!("used {at} from {}", t.used_from.as_deref().unwrap_or("?"))
        });
        println!(
            "{}  {}  [{}]  {used}{}{}",
            t.id,
            t.name,
            t.scopes,
            until.unwrap_or_default(),
            ended.unwrap_or_default()
        );
    }
    Ok(ExitCode::SUCCESS)
}
