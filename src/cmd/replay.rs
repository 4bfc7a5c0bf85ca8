//! `assay replay`: capture files through the very path of the live tap.

use super::json;
use crate::archive::objects::Objects;
use crate::archive::{AudioFormat, SealedCall, spool};
use crate::call::Lines;
use crate::call::tracker::Settings;
use crate::capture::CaptureFiles;
use crate::clock::Clock;
use crate::recorder::sealer::{Commit, SealSettings, start_sealing};
use crate::recorder::{Conservation, Recorder};
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
    /// Folder that recordings are sealed into.
    #[arg(long, default_value = "assay-data")]
    data: PathBuf,
    #[arg(long, default_value = "opus", value_parser = ["opus", "wav"])]
    format: String,
    /// Print one line of JSON per call on standard output.
    #[arg(long)]
    json: bool,
}

/// Frames between two looks at the spool's clock.
const PULSE_EVERY: u64 = 4096;

/// Runs it: exit code 0 when every file was read to its end, 1 with what was wrong otherwise.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let sealed = Arc::new(Mutex::new(Vec::new()));
    let collect = sealed.clone();
    let commit: Commit = Arc::new(move |call: SealedCall| {
        collect.lock().map_err(|e| e.to_string())?.push(call);
        Ok(())
    });
    let (conservation, errors) = replay(args, &commit, Lines::default())?;
    let mut calls = std::mem::take(&mut *sealed.lock().map_err(|e| anyhow::anyhow!("{e}"))?);
    calls.sort_by_key(|c| (c.facts.started_at, c.facts.id));
    if args.json {
        let mut out = io::stdout().lock();
        for call in &calls {
            writeln!(out, "{}", json::line(call))?;
        }
    } else {
        println!("{} calls, {} recorded, from {} packets", calls.len(), calls.iter().filter(|c| c.recording.is_some()).count(), conservation.frames);
    }
    tracing::debug!(?conservation, "packets accounted for");
    for error in &errors {
        eprintln!("assay: {error}");
    }
    Ok(if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn replay(args: &Args, commit: &Commit, lines: Lines) -> anyhow::Result<(Conservation, Vec<String>)> {
    let spool_dir = args.data.join("spool");
    let earlier = spool::recover(&spool_dir)?;
    let settings = SealSettings {
        spool: spool_dir.clone(),
        objects: Objects::open(&args.data)?,
        format: AudioFormat::from_name(&args.format).unwrap_or_default(),
        workers: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let notice = Arc::new(OnceLock::new());
    let told = notice.clone();
    let queue = start_sealing(&settings, commit, move || told.get().cloned())?;
    let mut recorder = Recorder::start(&spool_dir, &earlier, Settings::default(), lines, true, queue.closed.clone(), Clock::System.now())?;
    let _ = notice.set(recorder.sealed_notice());
    for call in earlier {
        let _ = queue.closed.send(call);
    }
    let mut files = CaptureFiles::open(&args.files);
    let mut frames = 0_u64;
    while let Some(frame) = files.next_frame() {
        recorder.frame(&frame);
        frames += 1;
        if frames.is_multiple_of(PULSE_EVERY) {
            recorder.pulse(None);
        }
    }
    recorder.finish();
    let conservation = recorder.conservation();
    // The recorder outlives the queue: it takes note of what is sealed and removes finished segments.
    queue.finish();
    drop(recorder);
    Ok((conservation, files.into_errors().iter().map(ToString::to_string).collect()))
}
