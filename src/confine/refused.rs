//! A step of confinement that could not be taken.

use std::io;

/// A step of confinement that could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("it could not {step}: {error}")]
pub struct Refused {
    step: &'static str,
    error: io::Error,
}

impl Refused {
    pub(super) fn at(step: &'static str, error: io::Error) -> Refused {
        Refused { step, error }
    }

    /// What the system said.
    pub(super) fn into_error(self) -> io::Error {
        self.error
    }
}
