//! Personal data that redacts itself: numbers, names and lead data never reach a log by accident.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A value about a person. `Debug` and `Display` show only that something is there; [`Pii::reveal`]
/// says in the code where the value itself is wanted.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Takes a value in.
    pub fn new(value: T) -> Pii<T> {
        Pii(value)
    }

    /// The value, where it is meant to be shown.
    pub fn reveal(&self) -> &T {
        &self.0
    }

    /// The value, to be moved on.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Pii<T> {
    fn from(value: T) -> Pii<T> {
        Pii(value)
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> fmt::Display for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_does_not_show_in_a_log_line() {
        let number = Pii::new("+49 40 555 0101".to_owned());
        assert_eq!(format!("{number} {number:?}"), "[redacted] [redacted]");
        assert_eq!(number.reveal(), "+49 40 555 0101");
    }
}
