//! `assay run`: the box, in one process or in two.
//!
//! [`whole`] taps, seals and serves the page. The halves do the same as two processes of different
//! users: [`capture`] taps and seals, with raw sockets, and without database, private key or network;
//! [`review`] has these, serves the page, and commits what the other has sealed. Between them is a
//! [`channel`](crate::recorder::channel).
//!
//! What records ([`record`], [`tap`]) needs the data folder alone, and begins before the database
//! is asked: a box whose database does not answer records, says so, and catches up when it does.

mod args;
mod capture;
mod left;
mod page;
mod readiness;
mod record;
mod review;
mod sealing;
mod tap;
mod waiting;
mod watch;
mod whole;

use super::folder::Place;
pub use args::Args;
use args::Role;
use std::process::ExitCode;

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
