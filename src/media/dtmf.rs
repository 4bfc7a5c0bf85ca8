//! Digits sent as telephone events (RFC 4733 §2.3).

use crate::units::WallTime;
use serde::{Deserialize, Serialize};

/// A key that was pressed, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digit {
    pub at: WallTime,
    pub key: char,
}

const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

/// Gathers the packets of a stream: all that share a timestamp are one press (§2.5.1.2).
#[derive(Debug, Default)]
pub struct Digits {
    last_timestamp: Option<i64>,
    pub pressed: Vec<Digit>,
}

impl Digits {
    pub fn take(&mut self, at: WallTime, timestamp: i64, payload: &[u8]) {
        let [event, ..] = payload else { return };
        if payload.len() < 4 || self.last_timestamp == Some(timestamp) {
            return;
        }
        self.last_timestamp = Some(timestamp);
        if let Some(key) = KEYS.get(usize::from(*event)) {
            self.pressed.push(Digit { at, key: *key });
        }
    }
}
