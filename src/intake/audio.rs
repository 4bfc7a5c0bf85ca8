//! Recordings that a PBX wrote (PRODUCT C13): the sound by symphonia, who and when from a sidecar
//! or the file's name.

use crate::units::{Hertz, WallTime};
use serde::Deserialize;
use std::fs::File;
use std::path::{Path, PathBuf};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

/// A recording as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    pub sample_rate: Hertz,
    /// One lane where the PBX mixed both voices, else two.
    pub lanes: Vec<Vec<i16>>,
    /// By symphonia's short name.
    pub codec: String,
    pub about: About,
    /// The file ended early or was damaged; what came before is here.
    pub cut_short: bool,
}

/// Who spoke and when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The caller's number.
    pub from: String,
    /// The callee's number.
    pub to: String,
    pub started_at: WallTime,
    #[serde(default)]
    pub lead: Option<String>,
}

/// Why a file is left out, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    #[error("{} cannot be read: {error}", path.display())]
    Io {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{} holds no sound: it is a folder, or a recording in which nobody spoke", .0.display())]
    Empty(PathBuf),
    #[error(
        "{} is no recording that can be read (WAV, MP3, M4A, FLAC, Ogg): {error}", path.display()
    )]
    Undecodable { path: PathBuf, error: Error },
    #[error("the sidecar {}: {error}", path.display())]
    Sidecar {
        path: PathBuf,
        error: serde_json::Error,
    },
    #[error(
        "{}: neither a sidecar {}.json with from, to and started_at, nor a name like FreePBX's \
         type-dst-src-date-time-uniqueid", .0.display(), .0.display()
    )]
    Unnamed(PathBuf),
}

/// FreePBX writes 44 bytes of header for a call in which nobody spoke.
const EMPTY: u64 = 44;

/// Reads one file. The sidecar is a JSON file beside it with the same name and `.json` behind.
///
/// # Errors
/// Says what is wrong with the file or its metadata, and what to do.
pub fn read(path: &Path) -> Result<Imported, AudioError> {
    let io = |error| AudioError::Io {
        path: path.to_owned(),
        error,
    };
    let file = File::open(path).map_err(io)?;
    let length = file.metadata().map_or(0, |m| m.len());
    if path.is_dir() || length <= EMPTY {
        return Err(AudioError::Empty(path.to_owned()));
    }
    let about = about(path)?;
    let (sample_rate, lanes, codec, cut_short) =
        decode(file, path).map_err(|error| AudioError::Undecodable {
            path: path.to_owned(),
            error,
        })?;
    Ok(Imported {
        sample_rate,
        lanes,
        codec,
        about,
        cut_short,
    })
}

fn about(path: &Path) -> Result<About, AudioError> {
    let mut sidecar = path.as_os_str().to_owned();
    sidecar.push(".json");
    let sidecar = PathBuf::from(sidecar);
    if let Ok(text) = std::fs::read_to_string(&sidecar) {
        return serde_json::from_str(&text).map_err(|error| AudioError::Sidecar {
            path: sidecar,
            error,
        });
    }
    let name = path.file_stem().and_then(|n| n.to_str());
    name.and_then(freepbx)
        .ok_or_else(|| AudioError::Unnamed(path.to_owned()))
}

/// `type-dst-src-YYYYMMDD-HHMMSS-uniqueid`, read from the right: the left part may hold more
/// hyphens. FreePBX writes the box's local time; without its zone it is taken as UTC, and a sidecar
/// says better.
fn freepbx(name: &str) -> Option<About> {
    let mut fields = name.rsplitn(5, '-');
    let (_unique, time, date, src, rest) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(date, 8) || !digits(time, 6) {
        return None;
    }
    let (_kind, dst) = rest.split_once('-')?;
    let stamp = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..2],
        &time[2..4],
        &time[4..]
    );
    Some(About {
        from: src.to_owned(),
        to: dst.to_owned(),
        started_at: stamp.parse().ok()?,
        lead: None,
    })
}

type Decoded = (Hertz, Vec<Vec<i16>>, String, bool);

fn decode(file: File, path: &Path) -> Result<Decoded, Error> {
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
        hint.with_extension(extension);
    }
    let source = MediaSourceStream::new(Box::new(file), Default::default());
    let mut format = symphonia::default::get_probe().probe(
        &hint,
        source,
        FormatOptions::default(),
        MetadataOptions::default(),
    )?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or(Error::Unsupported("it has no audio track"))?;
    let id = track.id;
    let Some(CodecParameters::Audio(parameters)) = track.codec_params.clone() else {
        return Err(Error::Unsupported("its codec is not named"));
    };
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    // symphonia has no Opus of its own.
    registry.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    let mut decoder = registry.make_audio_decoder(&parameters, &AudioDecoderOptions::default())?;
    let codec = registry
        .get_audio_decoder(parameters.codec)
        .map_or("unknown", |d| d.codec.info.short_name)
        .to_owned();
    let mut lanes: Vec<Vec<i16>> = Vec::new();
    let mut rate = parameters.sample_rate.unwrap_or(8000);
    let mut part: Vec<Vec<i16>> = Vec::new();
    let cut_short = loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) if packet.track_id == id => packet,
            Ok(Some(_)) => continue,
            Ok(None) => break false,
            // A truncated file gives all whole frames and then an error: they are kept.
            Err(_) if lanes.iter().any(|l| !l.is_empty()) => break true,
            Err(error) => return Err(error),
        };
        match decoder.decode(&packet) {
            Ok(audio) => {
                rate = audio.spec().rate();
                audio.copy_to_vecs_planar(&mut part);
                lanes.resize_with(part.len().max(lanes.len()), Vec::new);
                lanes
                    .iter_mut()
                    .zip(&part)
                    .for_each(|(lane, samples)| lane.extend_from_slice(samples));
            }
            Err(Error::DecodeError(_)) => {}
            Err(error) => return Err(error),
        }
    };
    lanes.truncate(2);
    if lanes.iter().all(Vec::is_empty) {
        return Err(Error::Unsupported("it holds no sound"));
    }
    Ok((Hertz(rate), lanes, codec, cut_short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freepbx_names_are_read_from_the_right() {
        let a = freepbx("out-00494055501010-201-20261120-105207-1763632327.18").unwrap();
        assert_eq!(
            (
                a.from.as_str(),
                a.to.as_str(),
                a.started_at.to_string().as_str()
            ),
            ("201", "00494055501010", "2026-11-20T10:52:07.000000Z")
        );
        assert!(freepbx("meeting-notes").is_none());
    }
}
