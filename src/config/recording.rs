//! `[recording]`: how calls are stored.

use serde::Deserialize;

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
}

impl Default for Recording {
    fn default() -> Recording {
        Recording {
            format: Format::default(),
            encrypt: true,
            decoder: "ffmpeg".to_owned(),
            decoder_seconds: 60,
        }
    }
}
