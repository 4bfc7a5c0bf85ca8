//! When a decoder refuses what it is given.

/// A payload that its codec's decoder refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload is not what its codec makes")]
pub struct BadPayload;
