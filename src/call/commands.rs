//! What the tracker has done, and what it is asked to do.

use super::facts::CallFacts;
use super::{CallNo, StreamNo};
use crate::units::WallTime;
use serde::{Deserialize, Serialize};

/// What the tracker has the recorder do. Bytes are only lent.
pub trait Commands {
    /// A call began; what is known of it so far.
    fn open(&mut self, call: CallNo, facts: &CallFacts);
    /// Append this RTP or RTCP packet, from its own header on.
    fn packet(&mut self, call: CallNo, stream: StreamNo, at: WallTime, packet: &[u8]);
    /// The facts changed.
    fn facts(&mut self, call: CallNo, facts: &CallFacts);
    /// What is recorded cannot be taken away fast enough: a call that begins now is shed, so that
    /// those under way stay whole.
    fn crowded(&self) -> bool {
        false
    }
    /// Not even what is known of another call can be taken, or so many calls wait to be sealed that
    /// strangers' attempts are refused.
    fn full(&self) -> bool {
        false
    }
    /// The call is over; nothing more comes for it.
    fn close(&mut self, call: CallNo, facts: &CallFacts);
}

/// What somebody outside the wire asks for a call in progress (PRODUCT C17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Instruction {
    Pause,
    Resume,
    /// The other side has said yes to being recorded.
    Consent,
    /// The other side has heard that the call is recorded.
    Announced,
}
