//! Receivers of outgoing messages, and what waits for each.

pub mod deliveries;
pub mod forget;
pub mod receivers;

use crate::words;

words! {
    /// Why nothing is sent to a receiver.
    pub enum PausedFor: "reason for a pause" {
        /// An administrator wants it so.
        Admin = "admin",
        /// It answered that it is gone for good (410).
        Gone = "gone",
    }
}
