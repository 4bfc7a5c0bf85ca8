//! Which numbers are lines of the house.

use std::collections::HashSet;

/// The extensions, trunks and agent IDs that belong to telemarketers (PRODUCT L0). Built from the
/// store, so that this room stays pure.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    known: HashSet<String>,
}

impl Lines {
    /// By user part.
    pub fn new(lines: impl IntoIterator<Item = String>) -> Lines {
        Lines {
            known: lines.into_iter().collect(),
        }
    }

    /// Whether a user part is a line of the house.
    pub fn has(&self, user: &str) -> bool {
        self.known.contains(user)
    }
}
