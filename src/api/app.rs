//! What handlers share.

use crate::api::cosigner::Cosigner;
use crate::archive::marks::Marks;
use crate::archive::objects::Objects;
use crate::clock::Clock;
use crate::commission::payroll::Datev;
use crate::jobs::witnesses::Alarms;
use crate::jobs::{Jobs, Sending};
use crate::leads::Numbers;
use crate::proof::VerifierKey;
use crate::recorder::live::Live;
use crate::review::Rules;
use crate::store::Db;
use crate::units::CallId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

/// What handlers share.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub objects: Objects,
    /// Calls under way; nobody answers where no tap runs.
    pub live: Live,
    pub clock: Clock,
    pub numbers: Numbers,
    pub rules: Rules,
    /// What the payroll office calls the house by.
    pub datev: Datev,
    /// Working days in which a question about money is answered.
    pub answer_within_days: u32,
    pub jobs: Jobs,
    /// By which statements and bundles of this box are verified; why there is none, where the box
    /// records and judges without it.
    pub log_key: Result<VerifierKey, String>,
    /// This box as a witness of others' logs; why it cannot be one, where it is set up to be.
    pub witness: Option<Result<Arc<Cosigner>, String>>,
    /// What witnesses say against this box's own log.
    pub alarms: Alarms,
    pub sending: Sending,
    /// Which milliseconds lie in which bytes, of the recordings that were listened to last.
    pub marks: MarksKept,
    pub metrics: Arc<Metrics>,
    pub secure_cookies: bool,
    pub session_hours: u32,
}

/// The marks of the recordings that were listened to last.
#[derive(Clone, Debug, Default)]
pub struct MarksKept(Arc<Mutex<VecDeque<OneMarks>>>);

/// A call, the hash of its recording's bytes, and its marks.
type OneMarks = (CallId, String, Arc<Marks>);

/// An hour's marks take some 60 kB.
const MOST_KEPT: usize = 64;

impl MarksKept {
    /// Those of a call's recording, by the hash of its bytes.
    #[must_use]
    pub fn get(&self, call: &CallId, sha256: &str) -> Option<Arc<Marks>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(c, hash, _)| c == call && hash == sha256);
        found.map(|(_, _, marks)| marks.clone())
    }

    /// Keeps them; the oldest go.
    pub fn keep(&self, call: &CallId, sha256: &str, marks: &Arc<Marks>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(MOST_KEPT - 1);
        kept.push_front((call.clone(), sha256.to_owned(), marks.clone()));
    }
}

/// What the recorder tells of itself; written by its own thread, read here.
#[derive(Debug, Default)]
pub struct Metrics {
    pub frames: AtomicU64,
    pub spooled: AtomicU64,
    pub unaccounted: AtomicI64,
    pub kernel_dropped: AtomicU64,
    pub spool_lost: AtomicU64,
    pub live_calls: AtomicU64,
    pub kernel_received: AtomicU64,
    /// What the interfaces themselves could not receive since the start.
    pub interface_lost: AtomicU64,
    pub capture_loss_alarm: AtomicU64,
    pub waiting: AtomicU64,
    pub fragments_given_up: AtomicU64,
    pub stream_bytes_missing: AtomicU64,
    pub spool_queued: AtomicU64,
    pub spool_sync_errors: AtomicU64,
    pub sealing: AtomicU64,
    pub sealed: AtomicU64,
    /// Packets by the reason for which they are not in the spool.
    pub discarded: Mutex<Vec<(String, u64)>>,
    /// Facts of calls in progress that were not written, for want of time.
    pub facts_put_off: AtomicU64,
    /// Bounds of the tap that were met, `call/LIMITS.md`.
    pub limits_met: Mutex<Vec<(&'static str, u64)>>,
}
