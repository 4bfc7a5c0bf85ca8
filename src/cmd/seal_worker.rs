//! `assay seal-worker`: what the recorder starts for decoders that are not ours. Not for people.

use crate::recorder::worker::child;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// FFmpeg's program
    #[arg(long)]
    ffmpeg: String,
    /// Processor time for one run of it
    #[arg(long)]
    seconds: u64,
}

/// # Errors
/// When a pipe breaks.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    child::serve(&args.ffmpeg, Duration::from_secs(args.seconds))?;
    Ok(ExitCode::SUCCESS)
}
