//! The configuration file: typed, unknown keys refused, every error names the file, the line and
//! the key. One file per section.
//!
//! A leaf: it names no other room. `cmd` sets the rooms up from it, and refuses there what only a
//! room can judge (a country, a network).

mod calls;
mod capture;
mod data;
mod house;
mod keep_out;
mod numbers;
mod payroll;
mod proof;
mod questions;
mod recording;
mod reports;
mod review;
mod server;
mod webhooks;

pub use calls::Calls;
pub use capture::Capture;
pub use data::{Data, Database};
pub use house::House;
pub use keep_out::{Destination, KeepOut, WithoutConsent};
pub use numbers::NumberPlan;
pub use payroll::Payroll;
pub use proof::{Proof, Witness, Witnessing};
pub use questions::Questions;
pub use recording::{Format, Recording};
pub use reports::Reports;
pub use review::Review;
pub use server::{Server, Tls};
pub use webhooks::Webhooks;

use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};

/// `config/assay.toml` comments every key with unit and default.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub house: House,
    pub data: Data,
    pub server: Server,
    pub database: Database,
    pub capture: Capture,
    pub calls: Calls,
    pub recording: Recording,
    pub numbers: NumberPlan,
    pub keep_out: KeepOut,
    pub review: Review,
    pub proof: Proof,
    pub payroll: Payroll,
    pub questions: Questions,
    pub reports: Reports,
    pub webhooks: Webhooks,
}

/// What is wrong with a configuration file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration {} cannot be read: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    /// Not TOML, an unknown key, or a value of another type; names the line.
    #[error("the configuration {}: {error}", path.display())]
    Syntax {
        path: PathBuf,
        error: Box<toml::de::Error>,
    },
    #[error("the configuration {}: {error}", path.display())]
    Value { path: PathBuf, error: BadValue },
}

/// A value that makes no sense, by section and key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct BadValue {
    /// `[section] key`.
    pub key: &'static str,
    pub reason: String,
}

impl BadValue {
    /// `key` as `[section] key`.
    pub fn new(key: &'static str, reason: impl Into<String>) -> BadValue {
        BadValue {
            key,
            reason: reason.into(),
        }
    }
}

impl Config {
    /// Reads a file. `judge` refuses what only another room can judge.
    ///
    /// # Errors
    /// Names the file, and within it the line and the key.
    pub fn read(
        path: &Path,
        judge: impl FnOnce(&Config) -> Result<(), BadValue>,
    ) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Io {
            path: path.to_owned(),
            error,
        })?;
        let config: Config = toml::from_str(&text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            error: Box::new(error),
        })?;
        match config.check().and_then(|()| judge(&config)) {
            Ok(()) => Ok(config),
            Err(error) => Err(ConfigError::Value {
                path: path.to_owned(),
                error,
            }),
        }
    }

    fn check(&self) -> Result<(), BadValue> {
        self.capture.check()?;
        self.keep_out.check()?;
        self.review.check()?;
        self.payroll.check()?;
        self.questions.check()?;
        self.reports.check()?;
        self.calls.check()?;
        self.webhooks.check()?;
        self.server.check()?;
        self.database.check()
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
        let error = Config::read(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(
            error.contains("assay.toml") && error.contains("line 3") && error.contains("lissten"),
            "{error}"
        );
        std::fs::write(&path, "[calls]\nsilence_seconds = 0\n").unwrap();
        let error = Config::read(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains("[calls] silence_seconds"), "{error}");
    }
}
