//! Recordings that a PBX wrote (PRODUCT C13): who and when from a sidecar or the file's name. The
//! sound is [`super::sound`]'s.

use crate::units::WallTime;
use serde::Deserialize;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A recording as it was found.
#[derive(Debug)]
pub struct Found {
    pub file: File,
    /// Of its name; empty where it has none.
    pub extension: String,
    pub about: About,
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
    /// The lead's id, as its list calls it; `None`: it is found by the number.
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
    Undecodable { path: PathBuf, error: String },
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

/// Opens one file. The sidecar is a JSON file beside it with the same name and `.json` behind.
///
/// # Errors
/// Says what is wrong with the file or its metadata, and what to do.
pub fn find(path: &Path) -> Result<Found, AudioError> {
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
    let extension = path.extension().and_then(|e| e.to_str());
    Ok(Found {
        file,
        extension: extension.unwrap_or_default().to_owned(),
        about,
    })
}

/// A sidecar is some hundred bytes.
const LONGEST_SIDECAR: u64 = 64 << 10;

fn about(path: &Path) -> Result<About, AudioError> {
    let mut sidecar = path.as_os_str().to_owned();
    sidecar.push(".json");
    let sidecar = PathBuf::from(sidecar);
    if let Ok(file) = File::open(&sidecar) {
        return serde_json::from_reader(file.take(LONGEST_SIDECAR)).map_err(|error| {
            AudioError::Sidecar {
                path: sidecar,
                error,
            }
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
