//! How recordings are stored.

use serde::{Deserialize, Serialize};

/// How a recording is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioFormat {
    #[default]
    Opus,
    /// PCM.
    Wav,
    /// WAV that holds G.711 as it was received, where both lanes came by one law; PCM otherwise.
    G711,
    Flac,
}

impl AudioFormat {
    const ALL: [AudioFormat; 4] = [
        AudioFormat::Opus,
        AudioFormat::Wav,
        AudioFormat::G711,
        AudioFormat::Flac,
    ];

    /// Of a file.
    pub fn extension(self) -> &'static str {
        match self {
            AudioFormat::Opus => "opus",
            AudioFormat::Wav | AudioFormat::G711 => "wav",
            AudioFormat::Flac => "flac",
        }
    }

    /// As the configuration and the store spell it.
    pub fn name(self) -> &'static str {
        if self == AudioFormat::G711 {
            "g711"
        } else {
            self.extension()
        }
    }

    /// Of a file, for HTTP.
    pub fn mime(self) -> &'static str {
        match self {
            AudioFormat::Opus => "audio/ogg",
            AudioFormat::Wav | AudioFormat::G711 => "audio/wav",
            AudioFormat::Flac => "audio/flac",
        }
    }

    /// The reverse of [`AudioFormat::name`].
    pub fn from_name(name: &str) -> Option<AudioFormat> {
        AudioFormat::ALL.into_iter().find(|f| f.name() == name)
    }
}

/// Sees both lanes, part by part.
pub type Look<'a> = &'a mut dyn FnMut([&[i16]; 2]);
