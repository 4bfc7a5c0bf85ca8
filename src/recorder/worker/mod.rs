//! Decoders that are not ours, in a process of their own: `assay seal-worker`.
//!
//! It has no privileges, no keys, no database, no network and no files, and limits of memory and
//! time. It is handed the payloads of one stream and gives samples back. A decoder that crashes,
//! hangs or eats memory costs that attempt; it is tried once more in a fresh process, and after
//! that the stream's payload is kept with the reason. One worker serves many calls.
//!
//! DESIGN §1 would have the worker do all of sealing. What is ours cannot fall over on any input
//! (no `unsafe`, no panic that the queue does not catch) and needs the call's keys, which the
//! worker must not have: so decryption, ordering and placing stay here, and what crosses the pipe
//! is payloads one way and samples the other.

pub mod child;
mod ffmpeg;
mod protocol;

use crate::media::codec::Codec;
use crate::media::codec::foreign::{Coded, Foreign, NoSound, Sound};
use std::io::{self, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// How foreign decoders are run.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// This program, which is also the worker.
    pub program: PathBuf,
    /// FFmpeg, by name or path.
    pub ffmpeg: String,
    /// How long an attempt may take, and a second more for each [`BYTES_A_SECOND`] of payload.
    pub patience: Duration,
}

impl Default for WorkerSettings {
    fn default() -> WorkerSettings {
        WorkerSettings {
            program: PathBuf::from("/proc/self/exe"),
            ffmpeg: "ffmpeg".to_owned(),
            patience: Duration::from_secs(60),
        }
    }
}

/// The slowest decoder on the smallest box is several times quicker.
const BYTES_A_SECOND: usize = 20_000;
const ATTEMPTS: u32 = 2;

/// The near end of a worker process, which is started when it is first needed.
pub struct Worker {
    settings: WorkerSettings,
    process: Option<Process>,
}

struct Process {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts no process before there is something to decode.
    pub fn new(settings: WorkerSettings) -> Worker {
        Worker {
            settings,
            process: None,
        }
    }

    fn start(&self) -> io::Result<Process> {
        let mut command = Command::new(&self.settings.program);
        command
            .arg("seal-worker")
            .arg("--ffmpeg")
            .arg(&self.settings.ffmpeg)
            .arg("--seconds")
            .arg(self.settings.patience.as_secs().max(1).to_string());
        // A group of its own, so that what it starts goes with it.
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let missing = || io::Error::other("a pipe is missing");
        let (to, from) = (
            child.stdin.take().ok_or_else(missing)?,
            child.stdout.take().ok_or_else(missing)?,
        );
        Ok(Process {
            child,
            to,
            from: BufReader::new(from),
        })
    }

    fn attempt(&mut self, codec: Codec, packets: &[Coded<'_>]) -> Result<Sound, NoSound> {
        let bytes: usize = packets.iter().map(|p| p.payload.len()).sum();
        let patience =
            self.settings.patience + Duration::from_secs((bytes / BYTES_A_SECOND) as u64);
        let failed = |what: &str, error: io::Error| NoSound::Failed(format!("{what}: {error}"));
        let mut process = match self.process.take() {
            Some(process) => process,
            None => self
                .start()
                .map_err(|e| failed("the decoders' process cannot be started", e))?,
        };
        let watch = Watch::over(process.child.id(), patience);
        let answer = protocol::ask(&mut process.to, codec, packets)
            .and_then(|()| protocol::answer(&mut process.from, packets.len()));
        match (answer, watch.end()) {
            (Ok(answer), _) => {
                self.process = Some(process);
                answer
            }
            (Err(_), true) => Err(gone(
                process,
                &format!("the decoder did not answer within {} s", patience.as_secs()),
            )),
            (Err(error), false) => Err(gone(
                process,
                &format!("the decoder's process ended ({error})"),
            )),
        }
    }
}

/// Ends what is left of a process.
fn gone(mut process: Process, why: &str) -> NoSound {
    end(process.child.id());
    let status = process
        .child
        .wait()
        .map(|s| s.to_string())
        .unwrap_or_default();
    NoSound::Failed(format!("{why}; {status}"))
}

/// Ends a process and all that it started.
fn end(id: u32) {
    if let Ok(group) = libc::pid_t::try_from(id) {
        // SAFETY: plain numbers go in.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}

/// Ends a worker that takes too long.
struct Watch {
    done: Sender<()>,
    thread: Option<std::thread::JoinHandle<bool>>,
}

impl Watch {
    fn over(id: u32, patience: Duration) -> Watch {
        let (done, wait) = channel::<()>();
        let late = move || {
            let late =
                wait.recv_timeout(patience) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
            if late {
                end(id);
            }
            late
        };
        Watch {
            done,
            thread: std::thread::Builder::new()
                .name("seal-watch".into())
                .spawn(late)
                .ok(),
        }
    }

    /// Whether it had to.
    fn end(self) -> bool {
        drop(self.done);
        self.thread.is_some_and(|t| t.join().unwrap_or(false))
    }
}

impl Foreign for Worker {
    fn decode(&mut self, codec: Codec, packets: &[Coded<'_>]) -> Result<Sound, NoSound> {
        let mut last = None;
        for attempt in 1..=ATTEMPTS {
            match self.attempt(codec, packets) {
                Err(NoSound::Failed(reason)) => {
                    tracing::warn!(?codec, attempt, %reason, "a decoder failed");
                    last = Some(NoSound::Failed(reason));
                }
                answer => return answer,
            }
        }
        let NoSound::Failed(reason) = last.unwrap_or(NoSound::Failed(String::new())) else {
            unreachable!("only failures are kept")
        };
        Err(NoSound::Failed(format!(
            "The decoder failed twice ({reason}). The payload is kept: update FFmpeg and run \
             `assay seal`."
        )))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        // It ends when its input does; one that hangs is ended.
        let _ = process.to.flush();
        drop(process.to);
        end(process.child.id());
        let _ = process.child.wait();
    }
}
