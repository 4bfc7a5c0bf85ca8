//! The configuration file: typed, unknown keys refused, every error names the file, the line and the key.

use crate::archive::AudioFormat;
use crate::call::tracker;
use crate::leads::Numbers;
use crate::units::Micros;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// `config/assay.toml` comments every key with unit and default.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub data: Data,
    pub server: Server,
    pub database: Database,
    pub capture: Capture,
    pub calls: Calls,
    pub recording: Recording,
    pub numbers: NumberPlan,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    pub folder: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub listen: SocketAddr,
    /// Cookies only over TLS: on where a proxy in front speaks HTTPS.
    pub secure_cookies: bool,
    pub session_hours: u32,
}

#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// A `postgres://` URL; empty is SQLite in the data folder.
    pub url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capture {
    pub interfaces: Vec<String>,
    pub promiscuous: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calls {
    pub headers: Vec<String>,
    pub silence_seconds: u32,
    pub hold_seconds: u32,
    pub longest_minutes: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recording {
    pub format: AudioFormat,
    /// Make a key at the first run, so that nothing lies open on the disk.
    pub encrypt: bool,
}

impl Default for Recording {
    fn default() -> Recording {
        Recording { format: AudioFormat::default(), encrypt: true }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NumberPlan {
    pub country: String,
    pub outside_prefix: String,
}

impl Default for Data {
    fn default() -> Data {
        Data { folder: "assay-data".into() }
    }
}

impl Default for Server {
    fn default() -> Server {
        Server { listen: SocketAddr::from(([127, 0, 0, 1], 8480)), secure_cookies: false, session_hours: 12 }
    }
}

impl Default for Capture {
    fn default() -> Capture {
        Capture { interfaces: vec!["any".to_owned()], promiscuous: true }
    }
}

impl Default for Calls {
    fn default() -> Calls {
        let s = tracker::Settings::default();
        let seconds = |d: Micros| (d.0 / 1_000_000) as u32;
        Calls { headers: s.headers, silence_seconds: seconds(s.silence), hold_seconds: seconds(s.hold), longest_minutes: seconds(s.longest) / 60 }
    }
}

impl Default for NumberPlan {
    fn default() -> NumberPlan {
        NumberPlan { country: "DE".to_owned(), outside_prefix: String::new() }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// Names the file, and within it the line and the key.
    pub fn read(path: &Path) -> Result<Config, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("the configuration {} cannot be read: {e}", path.display()))?;
        let config: Config = toml::from_str(&text).map_err(|e| format!("the configuration {}: {e}", path.display()))?;
        config.check().map_err(|e| format!("the configuration {}: {e}", path.display()))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        Numbers::new(&self.numbers.country, &self.numbers.outside_prefix).map_err(|e| format!("[numbers] country: {e}"))?;
        if self.capture.interfaces.is_empty() {
            return Err("[capture] interfaces: name at least one; \"any\" is all of them".to_owned());
        }
        if self.calls.silence_seconds == 0 || self.calls.longest_minutes == 0 {
            return Err("[calls] silence_seconds and longest_minutes must be above 0".to_owned());
        }
        if !self.database.url.is_empty() && !self.database.url.starts_with("postgres://") && !self.database.url.starts_with("postgresql://") {
            return Err("[database] url: it begins with postgres://, or is empty for SQLite in the data folder".to_owned());
        }
        Ok(())
    }

    /// The rules for numbers; checked when the file was read.
    pub fn number_plan(&self) -> Numbers {
        Numbers::new(&self.numbers.country, &self.numbers.outside_prefix).unwrap_or_else(|_| unreachable!("checked in Config::check"))
    }

    pub fn tracker(&self) -> tracker::Settings {
        let seconds = |s: u32| Micros::from_secs(i64::from(s));
        tracker::Settings {
            headers: self.calls.headers.clone(),
            silence: seconds(self.calls.silence_seconds),
            hold: seconds(self.calls.hold_seconds),
            longest: seconds(self.calls.longest_minutes * 60),
            ..tracker::Settings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_file_holds_the_defaults() {
        let example: Config = toml::from_str(include_str!("../../config/assay.toml")).unwrap();
        let defaults = Config { data: Data { folder: "/var/lib/assay".into() }, ..Config::default() };
        assert_eq!(format!("{example:?}"), format!("{defaults:?}"));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.toml");
        std::fs::write(&path, "[server]\nlisten = \"127.0.0.1:1\"\nlissten = 3\n").unwrap();
        let error = Config::read(&path).unwrap_err();
        assert!(error.contains("assay.toml") && error.contains("line 3") && error.contains("lissten"), "{error}");
        std::fs::write(&path, "[numbers]\ncountry = \"Germany\"\n").unwrap();
        assert!(Config::read(&path).unwrap_err().contains("ISO 3166"));
    }
}
