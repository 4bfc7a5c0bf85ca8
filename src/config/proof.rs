//! `[proof]`: where the proof log goes, and who says that it was seen.

use serde::Deserialize;
use std::path::PathBuf;

/// Where the proof log goes, and who says that it was seen.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Proof {
    /// A folder, best one that is kept on another machine; empty is `log` in the data folder.
    pub copy_to: PathBuf,
    /// An authority (RFC 3161) that stamps what leaves the box; empty is none.
    pub timestamp_url: String,
    /// Other boxes that cosign this one's checkpoints.
    pub witnesses: Vec<Witness>,
    pub witness: Witnessing,
}

/// Another box that cosigns this one's checkpoints.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Where it takes requests: the address before `/add-checkpoint` (C2SP tlog-witness).
    pub url: String,
    /// Its verifier key: `name+id+key`.
    pub key: String,
}

/// This box as a witness of others.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Witnessing {
    /// Verifier keys of the logs that it cosigns; empty: it is no witness.
    pub logs: Vec<String>,
}
