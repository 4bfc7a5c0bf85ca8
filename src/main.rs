//! `assay`: reads its arguments and hands over to the subcommand.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

use assay::cmd::{self, place::Place};
use clap::{Parser, Subcommand};
use std::io::IsTerminal as _;
use std::process::ExitCode;

/// Taps a telemarketing team's calls, lets an independent reviewer judge each claimed lead, and
/// books the commission once.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Command {
    /// Tap the interfaces, seal the calls, serve the page
    Run(cmd::run::Args),
    /// A working box with people, leads and calls of its own
    Demo(cmd::demo::Args),
    /// Read capture files through the very path of the live tap
    Replay(cmd::replay::Args),
    /// Import recordings that a PBX wrote
    Import(cmd::import::Args),
    /// Play a call on this box's sound card
    #[cfg(feature = "sound-card")]
    Listen(cmd::listen::Args),
    /// Who signs in
    #[command(subcommand)]
    User(cmd::admin::User),
    /// Tokens of machines: phone system, CRM, payroll, metrics
    #[command(subcommand)]
    Token(cmd::token::Token),
    /// Whom the team works for
    #[command(subcommand)]
    Client(cmd::admin::Client),
    /// Campaigns and what a passed lead earns
    #[command(subcommand)]
    Campaign(cmd::admin::Campaign),
    /// Extensions and whose they are
    #[command(subcommand)]
    Lines(cmd::admin::Lines),
    /// Leads
    #[command(subcommand)]
    Leads(cmd::leads::Leads),
    /// What a client's CRM calls our fields and states
    #[command(subcommand)]
    Crm(cmd::crm::Crm),
    /// What a reviewer asks of a lead
    #[command(subcommand)]
    Checklist(cmd::admin::Checklist),
    /// Keys under which recordings lie on disk
    #[command(subcommand)]
    Key(cmd::key::Key),
    /// The ledger
    #[command(subcommand)]
    Commission(cmd::commission::Commission),
    /// Proofs
    #[command(subcommand)]
    Prove(cmd::commission::Prove),
    /// Calls made, recorded, gaps by reason; held against the phone system's records
    Coverage(cmd::coverage::Args),
    /// Figures of the reports
    #[command(subcommand)]
    Report(cmd::report::Report),
    /// What is wrong with this box and its mirror, and what to do
    Doctor(cmd::doctor::Args),
    /// Make calls audible that could not be decoded when they were recorded
    Seal,
    /// Decoders that are not ours, started by the recorder; not for people
    #[command(hide = true)]
    SealWorker(cmd::seal_worker::Args),
    /// Prove files, rows, the audit chain and the proof log against each other
    Check(cmd::check::Args),
    /// Prove an entry of the ledger without the box that booked it
    Verify(cmd::verify::Args),
    /// Put back the copy of the database that an upgrade made, after installing the release before
    UndoUpgrade,
    /// Print the API's document (OpenAPI), which the box serves under /api/openapi.json
    Openapi,
}

/// Sealing takes and gives back some megabytes for every call: kept at hand, they need not be
/// cleared by the kernel each time. What is larger goes back at once (mallopt(3)).
#[cfg(target_env = "gnu")]
fn keep_memory_at_hand() {
    const AT_HAND: libc::c_int = 32 << 20;
    // SAFETY: each sets a number within the allocator, before another thread is there.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, AT_HAND);
        libc::mallopt(libc::M_TRIM_THRESHOLD, AT_HAND);
    }
}

#[cfg(not(target_env = "gnu"))]
fn keep_memory_at_hand() {}

fn main() -> ExitCode {
    keep_memory_at_hand();
    // What the box writes is nobody else's to read.
    // SAFETY: it sets this process's own mask, before there is another thread.
    unsafe { libc::umask(0o027) };
    let Cli { command, place } = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("ASSAY_LOG")
        .unwrap_or_else(|_| "info,sqlx=warn".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Colours are for who looks at a terminal, not for a journal.
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let done = match command {
        Command::Run(args) => cmd::run::run(&args, &place),
        Command::Seal => cmd::seal::run(&place),
        Command::SealWorker(args) => cmd::seal_worker::run(&args),
        Command::Demo(args) => cmd::demo::run(&args, &place),
        Command::Replay(args) => cmd::replay::run(&args, &place),
        Command::Import(args) => cmd::import::run(&args, &place),
        #[cfg(feature = "sound-card")]
        Command::Listen(args) => cmd::listen::run(&args, &place),
        Command::User(command) => cmd::admin::user(&command, &place),
        Command::Token(command) => cmd::token::run(&command, &place),
        Command::Client(command) => cmd::admin::client(&command, &place),
        Command::Campaign(command) => cmd::admin::campaign(&command, &place),
        Command::Lines(command) => cmd::admin::lines(&command, &place),
        Command::Leads(command) => cmd::leads::leads(&command, &place),
        Command::Crm(command) => cmd::crm::run(&command, &place),
        Command::Checklist(command) => cmd::admin::checklist(&command, &place),
        Command::Key(command) => cmd::key::run(&command, &place),
        Command::Commission(command) => cmd::commission::commission(&command, &place),
        Command::Prove(command) => cmd::commission::prove(&command, &place),
        Command::Coverage(args) => cmd::coverage::run(&args, &place),
        Command::Report(command) => cmd::report::report(&command, &place),
        Command::Doctor(args) => cmd::doctor::run(&args, &place),
        Command::Check(args) => cmd::check::run(&args, &place),
        Command::Verify(args) => cmd::verify::run(&args),
        Command::UndoUpgrade => cmd::undo_upgrade::run(&place),
        Command::Openapi => cmd::openapi::run(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("assay: {error:#}");
        ExitCode::FAILURE
    })
}
