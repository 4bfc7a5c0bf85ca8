//! The configuration file: typed, unknown keys refused, every error names the file, the line and
//! the key.

use crate::archive::AudioFormat;
use crate::call::{keep_out, tracker};
use crate::capture::filter;
use crate::leads::Numbers;
use crate::review::Rules;
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
    pub keep_out: KeepOut,
    pub review: Review,
}

/// How claims are judged.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Review {
    /// Of the speech, heard before a claim may pass.
    pub heard_percent: u8,
    /// Of the verdicts, judged again by somebody else.
    #[serde(alias = "second_look_percent")]
    pub second_review_percent: u8,
    #[serde(alias = "second_look_days")]
    pub second_review_days: u32,
    pub dispute_days: u32,
}

impl Default for Review {
    fn default() -> Review {
        Review {
            heard_percent: 50,
            second_review_percent: 5,
            second_review_days: 3,
            dispute_days: 14,
        }
    }
}

impl Review {
    pub fn rules(&self) -> Rules {
        let days = |n: u32| Micros::from_secs(86_400 * i64::from(n));
        Rules {
            heard_share: f64::from(self.heard_percent) / 100.0,
            second_reviews: f64::from(self.second_review_percent) / 100.0,
            second_review_within: days(self.second_review_days),
            dispute_within: days(self.dispute_days),
        }
    }
}

/// What is not recorded.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct KeepOut {
    pub never: Vec<String>,
    pub pause_keys: String,
    pub resume_keys: String,
    /// Keys are neither heard nor written down.
    pub mask_digits: bool,
    pub destination: Vec<Destination>,
}

/// What consent a destination asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    pub prefix: String,
    pub without_consent: WithoutConsent,
    #[serde(default)]
    pub consent_header: String,
    #[serde(default)]
    pub consent_keys: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WithoutConsent {
    Keep,
    Discard,
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
    /// Only what comes from or goes to these; empty is everything.
    pub hosts: Vec<String>,
    /// A file with a BPF program, instead of `hosts`.
    pub bpf: Option<PathBuf>,
}

impl Capture {
    /// # Errors
    /// When a network is none, or the file holds no program.
    pub fn filter(&self) -> Result<Vec<filter::Instruction>, String> {
        if let Some(path) = &self.bpf {
            let text = std::fs::read_to_string(path)
                .map_err(|e| format!("[capture] bpf: {} cannot be read: {e}", path.display()))?;
            return filter::parse(&text)
                .map_err(|e| format!("[capture] bpf: {}: {e}", path.display()));
        }
        let networks = self
            .hosts
            .iter()
            .map(|h| h.parse())
            .collect::<Result<Vec<_>, String>>()
            .map_err(|e| format!("[capture] hosts: {e}"))?;
        if networks.is_empty() {
            Ok(Vec::new())
        } else {
            filter::hosts(&networks).map_err(|e| format!("[capture] hosts: {e}"))
        }
    }
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
    /// The FFmpeg program, for codecs that are not decoded here.
    pub decoder: String,
    /// How long it may take for one stream.
    pub decoder_seconds: u32,
}

impl Default for Recording {
    fn default() -> Recording {
        Recording {
            format: AudioFormat::default(),
            encrypt: true,
            decoder: "ffmpeg".to_owned(),
            decoder_seconds: 60,
        }
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
        Data {
            folder: "assay-data".into(),
        }
    }
}

impl Default for Server {
    fn default() -> Server {
        Server {
            listen: SocketAddr::from(([127, 0, 0, 1], 8480)),
            secure_cookies: false,
            session_hours: 12,
        }
    }
}

impl Default for Capture {
    fn default() -> Capture {
        Capture {
            interfaces: vec!["any".to_owned()],
            promiscuous: true,
            hosts: Vec::new(),
            bpf: None,
        }
    }
}

impl Default for Calls {
    fn default() -> Calls {
        let s = tracker::Settings::default();
        let seconds = |d: Micros| (d.0 / 1_000_000) as u32;
        Calls {
            headers: s.headers,
            silence_seconds: seconds(s.silence),
            hold_seconds: seconds(s.hold),
            longest_minutes: seconds(s.longest) / 60,
        }
    }
}

impl Default for NumberPlan {
    fn default() -> NumberPlan {
        NumberPlan {
            country: "DE".to_owned(),
            outside_prefix: String::new(),
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// Names the file, and within it the line and the key.
    pub fn read(path: &Path) -> Result<Config, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| format!("the configuration {} cannot be read: {e}", path.display()))?;
        let config: Config = toml::from_str(&text)
            .map_err(|e| format!("the configuration {}: {e}", path.display()))?;
        config
            .check()
            .map_err(|e| format!("the configuration {}: {e}", path.display()))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        Numbers::new(&self.numbers.country, &self.numbers.outside_prefix)
            .map_err(|e| format!("[numbers] country: {e}"))?;
        if self.capture.interfaces.is_empty() {
            return Err(
                "[capture] interfaces: name at least one; \"any\" is all of them".to_owned(),
            );
        }
        self.capture.filter()?;
        self.keep_out.check()?;
        if self.review.heard_percent > 100 || self.review.second_review_percent > 100 {
            return Err("[review] heard_percent and second_review_percent are 0 to 100".to_owned());
        }
        if self.review.second_review_days == 0 || self.review.dispute_days == 0 {
            return Err("[review] second_review_days and dispute_days must be above 0".to_owned());
        }
        if self.calls.silence_seconds == 0 || self.calls.longest_minutes == 0 {
            return Err("[calls] silence_seconds and longest_minutes must be above 0".to_owned());
        }
        if !self.database.url.is_empty()
            && !self.database.url.starts_with("postgres://")
            && !self.database.url.starts_with("postgresql://")
        {
            return Err(
                "[database] url: it begins with postgres://, or is empty for SQLite in the \
                data folder"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// The rules for numbers; checked when the file was read.
    pub fn number_plan(&self) -> Numbers {
        Numbers::new(&self.numbers.country, &self.numbers.outside_prefix)
            .unwrap_or_else(|_| unreachable!("checked in Config::check"))
    }

    pub fn tracker(&self) -> tracker::Settings {
        let seconds = |s: u32| Micros::from_secs(i64::from(s));
        tracker::Settings {
            headers: self.calls.headers.clone(),
            silence: seconds(self.calls.silence_seconds),
            hold: seconds(self.calls.hold_seconds),
            longest: seconds(self.calls.longest_minutes * 60),
            keep_out: self.keep_out.rules(),
            ..tracker::Settings::default()
        }
    }
}

impl KeepOut {
    fn rules(&self) -> keep_out::KeepOut {
        let destination = |d: &Destination| keep_out::Destination {
            prefix: d.prefix.clone(),
            keep_without_consent: d.without_consent == WithoutConsent::Keep,
            header: d.consent_header.clone(),
            keys: d.consent_keys.clone(),
        };
        keep_out::KeepOut {
            never: self.never.clone(),
            pause: self.pause_keys.clone(),
            resume: self.resume_keys.clone(),
            destinations: self.destination.iter().map(destination).collect(),
        }
    }

    /// A rule that means nothing is a mistake, and would leave in what should be kept out.
    fn check(&self) -> Result<(), String> {
        let keys = |k: &str| k.chars().all(|c| "0123456789*#ABCD".contains(c)) && k.len() <= 8;
        let numeric = |n: &str| {
            n.chars().any(|c| c.is_ascii_digit())
                && n.chars()
                    .all(|c| c.is_ascii_digit() || "+-. ()*".contains(c))
        };
        if self.pause_keys.is_empty() != self.resume_keys.is_empty() {
            return Err(
                "[keep_out] pause_keys and resume_keys belong together: set both or neither"
                    .to_owned(),
            );
        }
        let codes = [&self.pause_keys, &self.resume_keys]
            .into_iter()
            .chain(self.destination.iter().map(|d| &d.consent_keys));
        if let Some(wrong) = codes.into_iter().find(|k| !keys(k)) {
            return Err(format!(
                "[keep_out] '{wrong}' are no keys: up to eight of 0-9 * # A-D"
            ));
        }
        if let Some(wrong) = self
            .never
            .iter()
            .chain(self.destination.iter().map(|d| &d.prefix))
            .find(|n| !numeric(n) && n.parse::<u32>().is_err())
        {
            return Err(format!("[keep_out] '{wrong}' is no number and no prefix"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_file_holds_the_defaults() {
        let example: Config = toml::from_str(include_str!("../../config/assay.toml")).unwrap();
        let defaults = Config {
            data: Data {
                folder: "/var/lib/assay".into(),
            },
            ..Config::default()
        };
        assert_eq!(format!("{example:?}"), format!("{defaults:?}"));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.toml");
        std::fs::write(&path, "[server]\nlisten = \"127.0.0.1:1\"\nlissten = 3\n").unwrap();
        let error = Config::read(&path).unwrap_err();
        assert!(
            error.contains("assay.toml") && error.contains("line 3") && error.contains("lissten"),
            "{error}"
        );
        std::fs::write(&path, "[numbers]\ncountry = \"Germany\"\n").unwrap();
        assert!(Config::read(&path).unwrap_err().contains("ISO 3166"));
    }
}
