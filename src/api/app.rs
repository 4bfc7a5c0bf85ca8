//! What handlers share.

use crate::api::cosigner::Cosigner;
use crate::api::metrics::Metrics;
use crate::api::people::door::Door;
use crate::api::problem::Problem;
use crate::archive::marks::Marks;
use crate::archive::objects::Objects;
use crate::archive::pcm::Pages;
use crate::clock::Clock;
use crate::commission::payroll::Datev;
use crate::jobs::notary::Copy;
use crate::jobs::numbers::Fallen;
use crate::jobs::witnesses::Alarms;
use crate::jobs::{Jobs, Sending};
use crate::leads::Numbers;
use crate::proof::VerifierKey;
use crate::recorder::live::Live;
use crate::report::waterfall::WorkingHours;
use crate::review::Rules;
use crate::store::{Db, Tx};
use crate::units::CallId;
use axum::body::Bytes;
use axum::http::StatusCode;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OnceCell, Semaphore};

/// Commits what a handler has changed, and answers that there is nothing more to say.
pub(in crate::api) async fn done(tx: Tx) -> Result<StatusCode, Problem> {
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What handlers share.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub objects: Objects,
    /// Where this box keeps its data.
    pub folder: PathBuf,
    /// Calls under way; nobody answers where no tap runs.
    pub live: Live,
    pub clock: Clock,
    pub numbers: Numbers,
    pub rules: Rules,
    /// What the payroll office calls the house by.
    pub datev: Datev,
    /// Working days in which a question about money is answered.
    pub answer_within_days: u32,
    /// What a connect is, and when a rate is told.
    pub reports: Reports,
    pub jobs: Jobs,
    /// Which of our numbers connect less than they did, as it was found last.
    pub fallen: Fallen,
    /// By which statements and bundles of this box are verified; why there is none, where the box
    /// records and judges without it.
    pub log_key: Result<VerifierKey, String>,
    /// Where the log is copied to.
    pub log_copy: Copy,
    /// This box as a witness of others' logs; why it cannot be one, where it is set up to be.
    pub witness: Option<Result<Arc<Cosigner>, String>>,
    /// What witnesses say against this box's own log.
    pub alarms: Alarms,
    pub sending: Sending,
    pub conversions: Conversions,
    /// One list of leads at a time is in memory.
    pub importing: Arc<Semaphore>,
    pub metrics: Arc<Metrics>,
    pub door: Door,
    pub secure_cookies: bool,
    pub session_hours: u32,
}

/// What reports count by.
#[derive(Debug, Clone, Copy)]
pub struct Reports {
    /// Milliseconds of the other side's speech that make an answered call a connect.
    pub connect_ms: i64,
    /// A rate is told from so many calls on.
    pub fewest: i64,
    /// The share of answered calls that is to be recorded, 0 to 1.
    pub recorded: f64,
    pub working_hours: WorkingHours,
}

/// What was made of the recordings that were listened to last. Each is made once: a player that
/// seeks asks a dozen times within a second, and who asks meanwhile waits for the same.
#[derive(Debug)]
pub struct Kept<T>(Arc<Mutex<VecDeque<One<T>>>>);

/// A call, the hash of its recording's bytes, and what is made of it.
type One<T> = (CallId, String, Arc<OnceCell<T>>);

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Kept(self.0.clone())
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept(Arc::default())
    }
}

impl<T: Clone> Kept<T> {
    /// What was made of a call's recording, by the hash of its bytes; made now by the first who
    /// asks. Beyond `most` the oldest go.
    ///
    /// # Errors
    /// What `make` says: nothing is kept then, and the next who asks makes it anew.
    pub async fn or_make<E>(
        &self,
        (call, sha256): (&CallId, &str),
        most: usize,
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let cell = self.cell(call, sha256, most);
        cell.get_or_try_init(|| make).await.cloned()
    }

    fn cell(&self, call: &CallId, sha256: &str, most: usize) -> Arc<OnceCell<T>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().find(|(c, hash, _)| c == call && hash == sha256);
        if let Some((_, _, cell)) = known {
            return cell.clone();
        }
        let cell = Arc::new(OnceCell::new());
        kept.truncate(most.saturating_sub(1));
        kept.push_front((call.clone(), sha256.to_owned(), cell.clone()));
        cell
    }

    /// Keeps it no longer.
    pub fn forget(&self, call: &CallId, sha256: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(c, hash, _)| c != call || hash != sha256);
    }
}

/// What is made of recordings for who asks for them otherwise than they are stored: few at a time,
/// and each once.
#[derive(Debug, Clone)]
pub struct Conversions {
    /// Which milliseconds lie in which bytes.
    pub marks: Kept<Arc<Marks>>,
    /// Which seconds.
    pub pages: Kept<Arc<Pages>>,
    /// The same packets in WebM.
    pub webm: Kept<Bytes>,
    /// Of those that are made at the same time.
    pub turns: Arc<Semaphore>,
}

impl Conversions {
    /// An hour's marks take some 60 kB, and its pages 120.
    pub const MOST_MARKS: usize = 64;
    /// Half an hour of WebM takes some 8 MB.
    pub const MOST_WEBM: usize = 3;
    /// What is larger is made each time.
    pub const LARGEST_WEBM: usize = 24 << 20;
    /// At the same time.
    pub const AT_ONCE: usize = 2;
}

impl Default for Conversions {
    fn default() -> Conversions {
        Conversions {
            marks: Kept::default(),
            pages: Kept::default(),
            webm: Kept::default(),
            turns: Arc::new(Semaphore::new(Conversions::AT_ONCE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use uuid::Uuid;

    /// A player that seeks through an hour asks twenty times before the first was answered.
    #[tokio::test]
    async fn what_many_ask_for_at_once_is_made_once() {
        let (kept, call) = (
            Kept::<usize>::default(),
            CallId::from(Uuid::now_v7().to_string()),
        );
        let made = AtomicUsize::new(0);
        let make = async || {
            tokio::task::yield_now().await;
            Ok::<_, ()>(made.fetch_add(1, Ordering::Relaxed))
        };
        let asked = (0..20).map(|_| kept.or_make((&call, "a"), 3, make()));
        let given = futures_util::future::join_all(asked).await;
        assert_eq!(given, [Ok(0); 20]);
        // Other bytes are another recording; what failed is tried again; what is forgotten, too.
        assert_eq!(kept.or_make((&call, "b"), 3, make()).await, Ok(1));
        let fails = async { Err("the disk fails") };
        assert_eq!(
            kept.or_make((&call, "c"), 3, fails).await,
            Err("the disk fails")
        );
        assert_eq!(kept.or_make((&call, "c"), 3, make()).await, Ok(2));
        kept.forget(&call, "a");
        assert_eq!(kept.or_make((&call, "a"), 3, make()).await, Ok(3));
        // Beyond the most, the oldest goes.
        assert_eq!(kept.or_make((&call, "d"), 3, make()).await, Ok(4));
        assert_eq!(kept.or_make((&call, "b"), 3, make()).await, Ok(5));
        assert_eq!(kept.or_make((&call, "d"), 3, make()).await, Ok(4));
    }
}
