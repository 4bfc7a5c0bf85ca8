//! `assay`: reads its arguments and hands over to the subcommand.

use assay::cmd;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Taps a telemarketing team's calls, lets an independent reviewer judge each claimed lead, and books the commission once.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read capture files through the very path of the live tap
    Replay(cmd::replay::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("ASSAY_LOG").unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match cli.command {
        Command::Replay(args) => cmd::replay::run(&args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("assay: {error:#}");
        ExitCode::FAILURE
    })
}
