//! `[data]` and `[database]`: where everything is kept.

use super::BadValue;
use serde::Deserialize;
use std::path::PathBuf;

/// Where everything is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    pub folder: PathBuf,
}

impl Default for Data {
    fn default() -> Data {
        Data {
            folder: "assay-data".into(),
        }
    }
}

/// Which database is used.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// A `postgres://` URL; empty is SQLite in the data folder.
    pub url: String,
}

impl Database {
    pub(super) fn check(&self) -> Result<(), BadValue> {
        let known = ["postgres://", "postgresql://"];
        if self.url.is_empty() || known.iter().any(|scheme| self.url.starts_with(scheme)) {
            return Ok(());
        }
        Err(BadValue::new(
            "[database] url",
            "it begins with postgres://, or is empty for SQLite in the data folder",
        ))
    }
}
