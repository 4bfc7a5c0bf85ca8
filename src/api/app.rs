//! What handlers share.

use crate::archive::objects::Objects;
use crate::clock::Clock;
use crate::jobs::Jobs;
use crate::leads::Numbers;
use crate::recorder::live::Live;
use crate::review::Rules;
use crate::store::Db;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex};

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
    pub jobs: Jobs,
    pub metrics: Arc<Metrics>,
    pub secure_cookies: bool,
    pub session_hours: u32,
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
}
