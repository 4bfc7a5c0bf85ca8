//! What the tap or a capture file gives.

use super::link::Link;
use crate::units::WallTime;

/// One frame as the tap or a capture file gave it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When the tap saw it, on the tap's clock.
    pub at: WallTime,
    /// The interface's number within the capture.
    pub interface: u16,
    pub link: Link,
    /// What was captured; shorter than `original_len` when the capture's snap length cut it.
    pub bytes: &'a [u8],
    /// The frame's length on the wire, in bytes.
    pub original_len: usize,
}
