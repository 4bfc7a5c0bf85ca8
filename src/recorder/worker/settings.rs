//! How workers are started.

use std::path::PathBuf;
use std::time::Duration;

/// How foreign decoders are run.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// This program, which is also the worker.
    pub program: PathBuf,
    /// FFmpeg, by name or path.
    pub ffmpeg: String,
    /// How long an attempt may take, and a second more for each 20,000 bytes of payload.
    pub patience: Duration,
    /// The user that a worker becomes where this process is root; `None` is one of its own.
    pub user: Option<u32>,
    /// Where a service listens that starts workers under a user of its own; empty: they are started
    /// from here.
    pub socket: PathBuf,
}

impl Default for WorkerSettings {
    fn default() -> WorkerSettings {
        WorkerSettings {
            program: PathBuf::from("/proc/self/exe"),
            ffmpeg: "ffmpeg".to_owned(),
            patience: Duration::from_secs(60),
            user: None,
            socket: PathBuf::new(),
        }
    }
}
