//! `assay run`: the box, in one process or in two.
//!
//! [`whole`] taps, seals and serves the page. The halves do the same as two processes of different
//! users: [`capture`] taps and seals, with raw sockets, and without database, private key or network;
//! [`review`] has these, serves the page, and commits what the other has sealed. Between them is a
//! [`channel`](crate::recorder::channel).
//!
//! What records ([`record`], [`tap`]) needs the data folder alone, and begins before the database
//! is asked: a box whose database does not answer records, says so, and catches up when it does.

mod capture;
mod left;
mod page;
mod readiness;
mod record;
mod review;
mod tap;
mod waiting;
mod watch;
mod whole;

use super::folder::{Folder, Place};
use super::setup;
use crate::capture::live::{self, LiveTap};
use crate::confine;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to tap and where to listen, instead of the configuration's.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Interface to tap; may be given more than once.
    #[arg(long, short)]
    interface: Vec<String>,
    /// Address of the page and the API.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// What this process is of the box: all of it, the half that taps, or the half that serves the
    /// page. The halves share the data folder.
    #[arg(long, value_enum, default_value_t = Role::All)]
    role: Role,
}

/// What a process is of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Role {
    /// Taps, seals, serves the page.
    All,
    /// Taps and seals: needs raw sockets, and neither the database nor the private key.
    Capture,
    /// Serves the page and commits what is sealed.
    Review,
}

/// # Errors
/// When the data folder, the address or an interface cannot be opened.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    match args.role {
        Role::All => whole::run(args, place),
        Role::Capture if args.listen.is_some() => {
            anyhow::bail!("the half that taps has no page: --listen is for `--role review`")
        }
        Role::Capture => capture::run(args, place),
        Role::Review if !args.interface.is_empty() => {
            anyhow::bail!("the half of the page taps nothing: --interface is for `--role capture`")
        }
        Role::Review => review::run(args, place),
    }
}

/// The interfaces that are tapped.
fn interfaces(args: &Args, folder: &Folder) -> Vec<String> {
    match args.interface.is_empty() {
        true => folder.config.capture.interfaces.clone(),
        false => args.interface.clone(),
    }
}

/// The interfaces, opened; and why the kernel does not keep them from sending, where it does not.
fn open_taps(folder: &Folder, names: &[String]) -> anyhow::Result<(Vec<LiveTap>, Option<String>)> {
    let settings = &folder.config.capture;
    let filter = setup::filter(settings)?;
    let open = |name: &String| LiveTap::open(name, settings.promiscuous, &filter);
    let taps = names.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    confine::keep_memory_private()?;
    let unmuted = live::mute(&taps).err().map(|why| why.to_string());
    if let Some(why) = &unmuted {
        tracing::error!(%why, "the kernel does not keep the tap from sending; it records");
    }
    Ok((taps, unmuted))
}

/// Where the halves meet: in the data folder, so that who may reach one reaches the other.
fn socket(folder: &Folder) -> PathBuf {
    folder.folder().join("tap.sock")
}
