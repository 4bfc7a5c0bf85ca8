//! Keys that somebody presses during a call.

/// What one side has pressed lately.
#[derive(Debug, Default)]
pub(super) struct Keys {
    last_timestamp: Option<u32>,
    pressed: String,
}

/// No code is longer.
pub(super) const MOST_KEYS: usize = 16;

impl Keys {
    /// Takes in a telephone event (RFC 4733 §2.3); whether it is a new key. Packets of one press
    /// share a timestamp.
    pub(super) fn event(&mut self, timestamp: u32, event: u8) -> bool {
        let key = "0123456789*#ABCD".as_bytes().get(usize::from(event));
        if self.last_timestamp.replace(timestamp) == Some(timestamp) {
            return false;
        }
        key.is_some_and(|key| {
            self.press(char::from(*key));
            true
        })
    }

    pub(super) fn press(&mut self, key: char) {
        if self.pressed.len() >= MOST_KEYS {
            self.pressed.remove(0);
        }
        self.pressed.push(key);
    }

    /// Whether a code was the last that was pressed; it counts once.
    pub(super) fn take_code(&mut self, code: &str) -> bool {
        let pressed = !code.is_empty() && self.pressed.ends_with(code);
        if pressed {
            self.pressed.clear();
        }
        pressed
    }
}
