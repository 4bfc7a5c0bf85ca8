//! A checkpoint as the database keeps it.

use crate::units::WallTime;
use sqlx::FromRow;

/// A signed root.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
pub struct Signed {
    /// Leaves.
    pub size: i64,
    /// 64 hex digits.
    pub root: String,
    /// The note as this box signed it (C2SP tlog-checkpoint).
    pub note: String,
    pub at: WallTime,
    /// When a copy of it, and of the tiles, left the box; null: it has not.
    pub left_at: Option<WallTime>,
}
