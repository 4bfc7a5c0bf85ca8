//! What this box has as a witness of others' logs: its key, and whose checkpoints it cosigns.

use crate::jobs::notary::WitnessKey;
use crate::proof::VerifierKey;
use tokio::sync::{Semaphore, SemaphorePermit};

/// So many requests are worked on or wait; others are told to come again.
const MOST_AT_ONCE: usize = 8;

/// A witness at work.
#[derive(Debug)]
pub struct Cosigner {
    pub key: WitnessKey,
    /// By which their checkpoints are verified.
    pub logs: Vec<VerifierKey>,
    places: Semaphore,
    turn: Semaphore,
}

impl Cosigner {
    /// Cosigns with this key, and for these logs alone.
    #[must_use]
    pub fn new(key: WitnessKey, logs: Vec<VerifierKey>) -> Cosigner {
        Cosigner {
            key,
            logs,
            places: Semaphore::new(MOST_AT_ONCE),
            turn: Semaphore::new(1),
        }
    }

    /// A place in the queue; none where it is full.
    pub fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.try_acquire().ok()
    }

    /// One after the other.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turn.acquire().await.ok()
    }
}
