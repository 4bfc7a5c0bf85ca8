//! What a job says of an attempt.

use crate::units::WallTime;

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// When the next attempt is due.
    pub next: WallTime,
    /// What it could not do though it did the rest: shown, and no reason to do the rest later.
    pub trouble: Option<String>,
}
