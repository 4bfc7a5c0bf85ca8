//! FFmpeg as a program on pipes: frames in, samples out. It is never linked; any build that is
//! installed will do. It runs confined further than the process that starts it: it starts no other,
//! and takes no more processor time than it is given.

use crate::confine::{Inner, Program, limits};
use crate::media::codec::foreign::{Coded, NoSound, Part, Sound};
use crate::media::codec::{Codec, frames};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs for one stream: a frame that the decoder refuses is found by halving, and that must end.
const MOST_RUNS: u32 = 40;

/// How it is run.
#[derive(Clone, Copy)]
pub(super) struct Runs<'a> {
    /// As it was asked for.
    pub(super) name: &'a str,
    pub(super) program: &'a Program,
    pub(super) inner: &'a Inner,
    pub(super) patience: Duration,
}

/// One frame, and what it should give.
struct Frame<'a> {
    bytes: &'a [u8],
    samples: usize,
}

impl Runs<'_> {
    /// Decodes a stream's packets.
    pub(super) fn decode(&self, codec: Codec, packets: &[Coded<'_>]) -> Result<Sound, NoSound> {
        decode(*self, codec, packets)
    }
}

/// Why a codec has no decoder, where the program cannot be found or run.
pub(super) fn unusable(codec: Codec, program: &str, error: &io::Error) -> NoSound {
    match error.kind() {
        io::ErrorKind::NotFound => NoSound::NotInstalled(format!(
            "{} needs FFmpeg, which is not installed: `apt install ffmpeg`, then `assay seal` \
             makes the call audible.",
            name(codec)
        )),
        _ => NoSound::Failed(format!("{program} cannot be run: {error}")),
    }
}

fn decode(runs: Runs<'_>, codec: Codec, packets: &[Coded<'_>]) -> Result<Sound, NoSound> {
    let unpacked: Vec<frames::Unpacked> = packets
        .iter()
        .map(|p| frames::unpack(codec, p.payload))
        .collect();
    let all: Vec<Frame<'_>> = unpacked
        .iter()
        .flat_map(|u| &u.frames)
        .map(|f| Frame {
            bytes: f,
            samples: frames::samples(codec, f),
        })
        .collect();
    let mut decoder = Decoder {
        with: runs,
        codec,
        runs: 0,
    };
    let mut pcm = Vec::with_capacity(all.iter().map(|f| f.samples).sum());
    let mut silent = Vec::new();
    decoder.run(&all, &mut pcm, &mut silent)?;
    let mut at = 0;
    let parts = unpacked.iter().map(|u| {
        let mine = at..at + u.frames.len();
        at = mine.end;
        let len: usize = all[mine.clone()].iter().map(|f| f.samples).sum();
        Part {
            made_up: 0,
            len: len as u32,
            quiet: u.quiet,
            refused: u.refused || mine.into_iter().any(|f| silent.contains(&f)),
        }
    });
    let parts = parts.collect();
    Ok(Sound { pcm, parts })
}

struct Decoder<'a> {
    with: Runs<'a>,
    codec: Codec,
    runs: u32,
}

impl Decoder<'_> {
    /// Appends the samples of all frames. Where there are not as many as there should be, some
    /// frame gave none and all behind it would be out of place: each half is tried alone, down to
    /// the frame, which becomes silence.
    fn run(
        &mut self,
        all: &[Frame<'_>],
        pcm: &mut Vec<i16>,
        silent: &mut Vec<usize>,
    ) -> Result<(), NoSound> {
        self.part(all, 0, pcm, silent)
    }

    fn part(
        &mut self,
        part: &[Frame<'_>],
        first: usize,
        pcm: &mut Vec<i16>,
        silent: &mut Vec<usize>,
    ) -> Result<(), NoSound> {
        if part.is_empty() {
            return Ok(());
        }
        let wanted: usize = part.iter().map(|f| f.samples).sum();
        self.runs += 1;
        let got = if self.runs > MOST_RUNS {
            Vec::new()
        } else {
            self.samples(part, wanted)?
        };
        if got.len() == wanted {
            pcm.extend(got);
            return Ok(());
        }
        if part.len() == 1 || self.runs > MOST_RUNS {
            silent.extend(first..first + part.len());
            pcm.resize(pcm.len() + wanted, 0);
            return Ok(());
        }
        let (a, b) = part.split_at(part.len() / 2);
        self.part(a, first, pcm, silent)?;
        self.part(b, first + a.len(), pcm, silent)
    }

    fn samples(&self, part: &[Frame<'_>], wanted: usize) -> Result<Vec<i16>, NoSound> {
        // FFmpeg's iLBC bursts in its first frame, even a silent one: it gets one to warm up on.
        let first = part
            .first()
            .filter(|_| matches!(self.codec, Codec::Ilbc { .. }));
        let warm_up = first.map_or(0, |f| f.samples);
        let bytes: Vec<&[u8]> = first.into_iter().chain(part).map(|f| f.bytes).collect();
        let input = frames::file(self.codec, &bytes);
        let run = self.pipe(input, (warm_up + wanted) * 2 + 4096);
        let (output, complaint, failed) =
            run.map_err(|error| unusable(self.codec, self.with.name, &error))?;
        if complaint.contains("Unknown input format") || complaint.contains("Decoder (codec") {
            return Err(NoSound::NotInstalled(format!(
                "This FFmpeg has no decoder for {}: install Debian's `ffmpeg`, then `assay seal` \
                 makes the call audible.",
                name(self.codec)
            )));
        }
        match failed {
            // It may give up at the frame that it cannot read; what came before is looked at by
            // length.
            Some(how) if output.is_empty() && part.len() > 1 => Err(NoSound::Failed(format!(
                "{how}: {}",
                complaint.lines().last().unwrap_or_default()
            ))),
            _ => Ok(output
                .chunks_exact(2)
                .skip(warm_up)
                .map(|b| i16::from_le_bytes([b[0], b[1]]))
                .collect()),
        }
    }

    /// Runs the program; gives its output, its complaints, and how it failed if it did.
    fn pipe(&self, input: Vec<u8>, most: usize) -> io::Result<(Vec<u8>, String, Option<String>)> {
        let mut command = Command::new(self.with.program.path());
        command
            .args([
                "-nostdin",
                "-hide_banner",
                "-loglevel",
                "error",
                "-threads",
                "1",
                "-protocol_whitelist",
                "pipe",
            ])
            .args(frames::options(self.codec))
            .args(["-i", "pipe:0"]);
        let rate = self.codec.sample_rate().0.to_string();
        command.args([
            "-f",
            "s16le",
            "-c:a",
            "pcm_s16le",
            "-ac",
            "1",
            "-ar",
            &rate,
            "pipe:1",
        ]);
        let (inner, patience) = (self.with.inner.clone(), self.with.patience);
        // What hangs on the processor is ended by the system; what merely waits, by the recorder.
        // SAFETY: between fork and exec only system calls are made, which are async-signal-safe;
        // nothing is allocated or locked.
        unsafe {
            command.pre_exec(move || inner.enter(patience));
        }
        let mut child = command
            .env_clear()
            .arg0(self.with.name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (to, from, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (output, complaint) = std::thread::scope(|scope| {
            scope.spawn(move || to.map(|mut to| to.write_all(&input)));
            let complaint = scope.spawn(move || {
                let mut text = Vec::new();
                let mut errors = errors?;
                errors
                    .by_ref()
                    .take(limits::COMPLAINT)
                    .read_to_end(&mut text)
                    .ok()?;
                io::copy(&mut errors, &mut io::sink()).ok()?;
                Some(String::from_utf8_lossy(&text).into_owned())
            });
            let mut output = Vec::new();
            let read = from.map_or(Ok(0), |from| {
                from.take(most as u64).read_to_end(&mut output)
            });
            (
                read.map(|_| output),
                complaint.join().ok().flatten().unwrap_or_default(),
            )
        });
        let status = child.wait()?;
        Ok((
            output?,
            complaint,
            (!status.success()).then(|| status.to_string()),
        ))
    }
}

/// What a codec is called among people.
fn name(codec: Codec) -> &'static str {
    match codec {
        Codec::G729 => "G.729",
        Codec::G7231 => "G.723.1",
        Codec::Gsm => "GSM",
        Codec::Ilbc { .. } => "iLBC",
        Codec::Speex { .. } => "Speex",
        Codec::Amr { wide: true, .. } => "AMR-WB",
        Codec::Amr { .. } => "AMR",
        _ => "This codec",
    }
}
