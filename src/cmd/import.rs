//! `assay import`: recordings that a PBX wrote become calls.

use super::office::{Office, Place};
use crate::archive::seal::{OthersAudio, seal_imported, settle};
use crate::call::{CallFacts, EndedBy, Outcome, Party, Side};
use crate::confine::limits;
use crate::intake::audio::{self, AudioError, Found};
use crate::recorder::worker::WorkerSettings;
use crate::recorder::worker::reading::{self, Recorded};
use crate::store::calls;
use crate::units::CallId;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use uuid::Uuid;

/// Which recordings to take in.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Audio files; each with a sidecar FILE.json (from, to, started_at, lead) or a name like
    /// FreePBX's
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Exit code 1 when a file was left out; the others are in.
///
/// # Errors
/// When the data folder cannot be used.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::open(place)?;
    office.warn_of_open_recordings();
    let objects = office.objects()?;
    let lines = office.lines()?;
    let commit = office.committer(|_| {});
    let (mut known, mut left_out) = (0, 0);
    for file in &args.files {
        let done = read(file, &office.worker())
            .map_err(|e| e.to_string())
            .and_then(|(about, recorded)| {
                let facts = facts(file, &about, &recorded, &lines);
                // What is sealed stays as it is, also when another file has come by the same name.
                if is_sealed(&office, facts.id)? {
                    known += 1;
                    println!(
                        "{}: a recording of this name, time and numbers is in already; rename \
                    the file if it is another",
                        file.display()
                    );
                    return Ok(());
                }
                let sealed = seal_imported(
                    facts,
                    sound(recorded),
                    &objects,
                    super::setup::format(office.config.recording.format),
                )
                .and_then(|written| settle(&objects, vec![written]));
                commit(sealed.map_err(|e| e.to_string())?).map_err(|e| e.to_string())
            });
        if let Err(error) = done {
            left_out += 1;
            eprintln!("assay: {error}");
        }
    }
    println!(
        "{} recordings imported, {known} were in already, {left_out} left out",
        args.files.len() - known - left_out
    );
    Ok(if left_out == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Reads a file's sound where nothing else can be reached.
fn read(file: &Path, worker: &WorkerSettings) -> Result<(audio::About, Recorded), AudioError> {
    let Found {
        file: opened,
        extension,
        about,
    } = audio::find(file)?;
    let recorded = reading::read(worker, opened, &extension, limits::IMPORTED_SOUND);
    let recorded = recorded.map_err(|error| AudioError::Undecodable {
        path: file.to_owned(),
        error,
    })?;
    Ok((about, recorded))
}

fn sound(recorded: Recorded) -> OthersAudio {
    OthersAudio {
        sample_rate: recorded.about.sample_rate,
        lanes: recorded.lanes,
        codec: recorded.about.codec,
        cut_short: recorded.about.cut_short,
    }
}

fn is_sealed(office: &Office, call: Uuid) -> Result<bool, String> {
    let sealed = office.block_on(async {
        let mut tx = office.db.read().await?;
        calls::is_sealed(&mut tx, &CallId::from(call.to_string())).await
    });
    sealed.map_err(|e| e.to_string())
}

fn facts(
    file: &Path,
    about: &audio::About,
    recorded: &Recorded,
    lines: &crate::call::Lines,
) -> CallFacts {
    // The same file gives the same call, so that importing a folder twice adds nothing.
    let name = format!(
        "{}|{}|{}|{}",
        about.started_at,
        about.from,
        about.to,
        file.file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default()
    );
    let mut facts = CallFacts::new(
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()),
        about.started_at,
    );
    let party = |number: &String| Party {
        number: Some(number.clone().into()),
        ..Party::default()
    };
    let length = recorded.lanes.iter().map(Vec::len).max().unwrap_or(0);
    facts.from = party(&about.from);
    facts.to = party(&about.to);
    facts.outcome = Outcome::Answered;
    facts.answered_at = Some(about.started_at);
    facts.ended_at = Some(about.started_at + recorded.about.sample_rate.duration(length as i64));
    facts.ended_by = Some(EndedBy::CaptureEnd);
    facts.telemarketer = match (lines.has(&about.from), lines.has(&about.to)) {
        (true, _) => Some(Side::Caller),
        (false, true) => Some(Side::Callee),
        _ => None,
    };
    if let Some(lead) = &about.lead {
        facts
            .headers
            .insert("X-Lead-Id".to_owned(), lead.clone().into());
    }
    facts
}
