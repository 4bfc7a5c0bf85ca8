//! Messages to the outside, written in the transaction of what they tell of.

use crate::store::{Result, Tx, new_id, run};
use crate::units::WallTime;
use crate::words;
use serde_json::Value;

words! {
    /// What a message tells of.
    pub(in crate::store) enum Subject: "message" {
        /// A verdict's hold is over; what it booked stands with it.
        VerdictFinal = "verdict.sealed",
        /// A dispute has its last answer.
        DisputeDecided = "dispute.decided",
        /// A claim that passed and waited for earlier ones earns, or does not.
        ClaimSettled = "claim.settled",
        /// A signed root of the proof log has left the box.
        CheckpointMade = "checkpoint.made",
    }
}

/// Puts a message into the outbox, to be sent from now on.
pub(in crate::store) async fn put(
    tx: &mut Tx,
    subject: Subject,
    body: &Value,
    now: WallTime,
) -> Result<()> {
    let id: String = new_id();
    run!(
        tx,
        "INSERT INTO outbox (id, topic, body, created_at, next_attempt_at) VALUES ($1, $2, $3, \
         $4, $4)",
        id,
        subject.as_str(),
        body.to_string(),
        now
    )?;
    Ok(())
}
