//! `[capture]`: what is tapped.

use super::BadValue;
use serde::Deserialize;
use std::path::PathBuf;

/// What is tapped.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capture {
    /// By name; `any` is all of them.
    pub interfaces: Vec<String>,
    pub promiscuous: bool,
    /// Only what comes from or goes to these addresses or networks; empty is everything.
    pub hosts: Vec<String>,
    /// A file with a BPF program, instead of `hosts`.
    pub bpf: Option<PathBuf>,
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

impl Capture {
    pub(super) fn check(&self) -> Result<(), BadValue> {
        if self.interfaces.is_empty() {
            return Err(BadValue::new(
                "[capture] interfaces",
                "name at least one; \"any\" is all of them",
            ));
        }
        Ok(())
    }
}
