//! What both ends of the spool's writing share: settings, counters, and the jobs that one gives the
//! other.

use super::super::disk::{Disk, LocalDisk};
use super::super::keys::Keyring;
use super::{BlockKind, Given, SpoolLoss};
use crate::call::SideFormats;
use crate::units::WallTime;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::mpsc::Sender;
use uuid::Uuid;

/// Large enough for a disk to take it at one go, small beside what waits to be synced.
const WRITE_BYTES: usize = 1 << 20;

/// How a spool is kept.
#[derive(Clone)]
pub struct SpoolSettings {
    /// Of the segments.
    pub dir: PathBuf,
    /// Its current key encrypts them; without one they are plain.
    pub keyring: Keyring,
    /// Wait for the disk (capture files) rather than drop (a live tap must not stall).
    pub patient: bool,
    pub disk: Arc<dyn Disk>,
    /// How much is written at once, in whole pages of 4,096 bytes.
    pub write_bytes: usize,
}

impl SpoolSettings {
    /// On the real disk.
    pub fn new(dir: &Path, keyring: Keyring, patient: bool) -> SpoolSettings {
        SpoolSettings {
            dir: dir.to_owned(),
            keyring,
            patient,
            disk: Arc::new(LocalDisk),
            write_bytes: WRITE_BYTES,
        }
    }
}

/// Counted by the writer; the recorder shows them.
#[derive(Debug, Default)]
pub struct SpoolCounters {
    /// Written.
    pub blocks: AtomicU64,
    /// Written.
    pub bytes: AtomicU64,
    /// Written.
    pub packets: AtomicU64,
    /// Packets that could not be written, for want of space or time.
    pub packets_lost: AtomicU64,
    /// Syncs that failed.
    pub sync_errors: AtomicU64,
    /// Facts that could not be written down.
    pub facts_lost: AtomicU64,
    /// Facts of calls in progress that were not written, for want of time: their end brings them.
    pub facts_put_off: AtomicU64,
    /// Calls that were opened and are not sealed.
    pub unsealed: AtomicUsize,
    /// Calls that were handed to sealing.
    pub closed: AtomicU64,
    /// Blocks that wait for the disk now, and the memory they hold.
    pub queued: AtomicUsize,
    pub queued_bytes: AtomicUsize,
}

/// What the far end is to do.
pub(super) enum Job {
    Block {
        id: Uuid,
        kind: BlockKind,
        body: Vec<u8>,
        /// Those of its call that came before.
        given: Given,
        packets: u32,
        span: (WallTime, WallTime),
    },
    Lost {
        id: Uuid,
        loss: SpoolLoss,
    },
    /// Keys that must not be on a disk that is not encrypted.
    Keys {
        id: Uuid,
        formats: Vec<SideFormats>,
        /// What it counts for in the queue.
        bytes: usize,
    },
    Sealed(Uuid),
    /// What earlier runs left has been read: calls, and the segments that each is in.
    Earlier(Vec<(Uuid, Vec<u64>)>),
    Sync(Sender<()>),
    /// No further call will close: lets go of the sealing queue.
    NoMoreCalls,
    Stop,
}
