//! What a listener gets of a call in progress.

use crate::call::{CallFacts, StreamNo};

/// What a listener gets.
#[derive(Debug, PartialEq)]
pub enum Heard {
    Facts(Box<CallFacts>),
    Packet(StreamNo, Vec<u8>),
    /// The call goes on, and nothing came.
    Nothing,
    End,
}
