//! `assay replay`: capture files through the very path of the live tap.

use super::office::{Office, Place};
use super::{json, setup};
use crate::archive::spool::{self, SealedNotice, SpoolSettings};
use crate::archive::{AudioFormat, SealedCall};
use crate::capture::CaptureFiles;
use crate::recorder::sealer::{Commit, SealSettings, start_sealing};
use crate::recorder::{Backlog, Conservation, Recorder};
use crate::units::Micros;
use crate::wire::Frame;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock};

/// What to replay and where to.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Capture files (pcap or pcapng, also gzip or zstd), merged by time; `-` reads standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[arg(long, default_value = "opus", value_parser = ["opus", "wav", "g711", "flac"])]
    format: String,
    /// Print one line of JSON per call on standard output.
    #[arg(long)]
    json: bool,
    /// Only tap: everything goes into the spool, and the next start seals it
    #[arg(long)]
    tap_only: bool,
}

/// Frames between two looks at the clock: few, since standard input may be a live capture that
/// stalls.
const PULSE_EVERY: u64 = 16;

/// Runs it: exit code 0 when every file was read to its end, 1 with what was wrong otherwise.
///
/// # Errors
/// When the data folder cannot be used.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::open(place)?;
    office.warn_of_open_recordings();
    if args.tap_only {
        return tap_only(&office, &args.files);
    }
    let sealed = Arc::new(Mutex::new(Vec::new()));
    let collect = sealed.clone();
    let commit = office.committer(move |call: &SealedCall| {
        if let Ok(mut all) = collect.lock() {
            all.push(call.clone());
        }
    });
    let (conservation, errors) = replay(
        &office,
        &args.files,
        AudioFormat::from_name(&args.format).unwrap_or_default(),
        &commit,
        Micros(0),
    )?;
    let mut calls = std::mem::take(&mut *sealed.lock().map_err(|e| anyhow::anyhow!("{e}"))?);
    calls.sort_by_key(|c| (c.facts.started_at, c.facts.id));
    if args.json {
        let mut out = io::stdout().lock();
        for call in &calls {
            writeln!(out, "{}", json::line(call))?;
        }
    } else {
        println!(
            "{} calls, {} recorded, from {} packets",
            calls.len(),
            calls.iter().filter(|c| c.recording.is_some()).count(),
            conservation.wire.frames
        );
    }
    tracing::debug!(?conservation, "packets accounted for");
    if conservation.unaccounted() != 0 {
        anyhow::bail!(
            "{} packets are not accounted for: please report this as a defect",
            conservation.unaccounted()
        );
    }
    for error in &errors {
        eprintln!("assay: {error}");
    }
    Ok(if errors.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The tap alone, as when sealing is far behind.
fn tap_only(office: &Office, files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let spool_dir = office.folder().join("spool");
    let _only_one = spool::lock(&spool_dir)?;
    let spool = SpoolSettings::new(&spool_dir, office.objects()?.keyring().clone(), true);
    let (closed, _unread) = std::sync::mpsc::channel();
    let mut recorder = Recorder::start(
        spool,
        Some(&office.unsealed()?),
        setup::tracker(&office.config),
        office.lines()?,
        closed,
        office.clock.now(),
    )?;
    let mut files = CaptureFiles::open(files);
    feed(&mut recorder, &mut files, Micros(0));
    recorder.finish();
    let c = recorder.conservation();
    println!(
        "{} packets: {} spooled, {} discarded, {} unaccounted for",
        c.wire.frames,
        c.tally.spooled,
        c.tally.discarded.values().sum::<u64>(),
        c.unaccounted()
    );
    let errors = files.into_errors();
    errors.iter().for_each(|error| eprintln!("assay: {error}"));
    Ok(if errors.is_empty() && c.unaccounted() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Reads capture files through recorder, spool and sealing; returns when every call is stored.
/// `later` is added to each packet's time.
///
/// # Errors
/// When the data folder cannot be used; what is wrong with a file is in the list instead.
pub fn replay(
    office: &Office,
    files: &[PathBuf],
    format: AudioFormat,
    commit: &Commit,
    later: Micros,
) -> anyhow::Result<(Conservation, Vec<String>)> {
    let spool_dir = office.folder().join("spool");
    let _only_one = spool::lock(&spool_dir)?;
    let earlier = office.unsealed()?;
    let objects = office.objects()?;
    let settings = SealSettings {
        spool: spool_dir.clone(),
        objects: objects.clone(),
        options: office.options(Some(format)),
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        worker: office.worker(),
        backlog: Backlog::default(),
        keep_trying: false,
    };
    let notice = Arc::new(OnceLock::<SealedNotice>::new());
    let told = notice.clone();
    let may_go = move |id| told.get().into_iter().for_each(|notice| notice.sealed(id));
    let queue = start_sealing(&settings, commit, may_go)?;
    let mut recorder = Recorder::start(
        SpoolSettings::new(&spool_dir, objects.keyring().clone(), true),
        Some(&earlier),
        setup::tracker(&office.config),
        office.lines()?,
        queue.closed.clone(),
        office.clock.now(),
    )?;
    let _ = notice.set(recorder.sealed_notice());
    for call in earlier {
        let _ = queue.closed.send(call);
    }
    let mut files = CaptureFiles::open(files);
    feed(&mut recorder, &mut files, later);
    recorder.finish();
    let conservation = recorder.conservation();
    // The recorder outlives the queue: it takes note of what is sealed and removes finished
    // segments.
    let unsealed = queue.finish();
    drop(recorder);
    let errors = files.into_errors();
    let told = errors.iter().map(ToString::to_string);
    let lost = conservation.spool_lost;
    let errors = told.chain(not_sealed(unsealed)).chain(not_kept(lost));
    Ok((conservation, errors.collect()))
}

fn feed(recorder: &mut Recorder, files: &mut CaptureFiles, later: Micros) {
    let mut frames = 0_u64;
    while let Some(frame) = files.next_frame() {
        let at = frame.at + later;
        recorder.frame(&Frame { at, ..frame });
        frames += 1;
        if frames.is_multiple_of(PULSE_EVERY) {
            recorder.pulse(None);
        }
    }
}

fn not_sealed(calls: usize) -> Option<String> {
    let why = "could not be sealed and stay in the spool: free space on the disk and run the \
        command again";
    (calls > 0).then(|| format!("{calls} calls {why}"))
}

fn not_kept(packets: u64) -> Option<String> {
    let why = "could not be written to the spool; each is a gap on its call";
    (packets > 0).then(|| format!("{packets} packets {why}"))
}
