//! `[recording]`: how calls are stored.

use serde::Deserialize;
use std::path::PathBuf;

/// How a recording is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Opus,
    Wav,
    G711,
    Flac,
}

/// How calls are stored.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recording {
    pub format: Format,
    /// Make a key at the first run, so that nothing is stored in the clear.
    pub encrypt: bool,
    /// The FFmpeg program, for codecs that are not decoded here.
    pub decoder: String,
    /// How long it may take for one stream.
    pub decoder_seconds: u32,
    /// The user that a decoder runs as where the recorder is root; 0 is one of its own for each.
    pub decoder_user: u32,
    /// Where a service listens that starts decoders under a user of its own; empty: the recorder
    /// starts them.
    pub decoder_socket: PathBuf,
}

impl Default for Recording {
    fn default() -> Recording {
        Recording {
            format: Format::default(),
            encrypt: true,
            decoder: "ffmpeg".to_owned(),
            decoder_seconds: 60,
            decoder_user: 0,
            decoder_socket: PathBuf::new(),
        }
    }
}
