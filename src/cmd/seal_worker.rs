//! `assay seal-worker`: what the recorder starts for decoders that are not ours. Not for people.

use crate::recorder::worker::child;
use std::process::ExitCode;

/// What a worker process is to do.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What it is to do, as the recorder writes it; without it, the input begins with it
    order: Option<String>,
}

/// # Errors
/// When a pipe breaks.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    child::serve(args.order.as_deref())?;
    Ok(ExitCode::SUCCESS)
}
