//! What a worker process may be for. One that decodes itself never starts another, and one that
//! starts others decodes nothing itself.

use serde::{Deserialize, Serialize};

/// What one process does for its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Decodes calls' packets itself: libopus.
    Packets,
    /// Has FFmpeg decode them.
    Programs {
        ffmpeg: String,
        /// Processor time for one run.
        seconds: u64,
    },
    /// Decodes a call's packets for one who listens in.
    Listening,
    /// Reads the recording that is its input, up to so many bytes of samples.
    Reading { extension: String, most: usize },
}

/// A job, and the user that root becomes for it; `None` is one of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub job: Job,
    pub user: Option<u32>,
}
