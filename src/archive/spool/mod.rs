//! The spool: what is on disk here is already the truth; sealing is a function of it and can be run
//! again.
//!
//! # Invariants
//! 1. A block that was synced is never changed: what is written over it, as the last page fills, is
//!    the same again. Segments only grow, and go as a whole.
//! 2. A block says its call, length and checksum: one that does not prove itself costs itself
//!    alone, and reading goes on at the next that does.
//! 3. A segment goes only when every call with a block in it is sealed.
//! 4. What a call gathers waits in memory for at most [`FLUSH_EVERY`], is written at most
//!    [`WRITE_EVERY`] later and synced at most [`SYNC_EVERY`] later, so a kill loses under half a
//!    second and a power cut under one (PRODUCT S3).
//! 5. What is not known to be synced is still in memory. A sync that fails says nothing of what was
//!    written since the last (the kernel may drop it and then say that all is well), so those
//!    blocks are written again, into a new segment.
//! 6. A call is handed to sealing once all of it is synced. Its last facts are handed over with it,
//!    so that a disk that fails at the last block takes no call away.
//! 7. Nothing that could not be written goes unsaid: it is a [`SpoolLoss`] of its call, or, with
//!    its facts, kept in memory.
//! 8. Nothing that was written and cannot be read back goes unsaid: a block says how many packets
//!    its call was given before it, so what was cut out, cut off or changed is a [`SpoolLoss`] too,
//!    as long as any later block of the call is left. Where none is, the call is marked recovered,
//!    as after a crash, which leaves the same.
//!
//! `tests/spool.rs` tries them: a stop after every step and every byte, what was not synced
//! dropped, every operation failing in turn.
//!
//! # Steps
//! A call's packets gather in a buffer of its own; full or after [`FLUSH_EVERY`] it becomes one
//! block. A writer thread appends blocks to the open segment and calls `fdatasync` every
//! [`SYNC_EVERY`]. Facts are blocks too, each the whole of what is known, so the last one counts.
//! DESIGN §1 speaks of a record per packet; a block per call and flush keeps the same promise,
//! costs one checksum and one encryption for twenty to fifty packets, and lets sealing read a call
//! with a few dozen `pread`s instead of every segment it overlapped.
//!
//! # Recovery
//! All segments are read from their start. Calls with a `Close` block are sealed as they stand; the
//! others are closed with what there is and marked `recovered`. Finding them needs no key; reading
//! them does.
//!
//! # Layout (little endian)
//! ```text
//! segment: "ASSAYSPL" version:u16 cipher:u16 header_len:u32 created_µs:i64 key_id:[u8;32] reserved:[u8;8]   = 64 bytes
//!          cipher 1: wrapped:[u8;80]                                                                        = 144 bytes
//! block:   "BLK1" kind:u8 given:u24 body_len:u32 crc32:u32 call:[u8;16]                                      = 32 bytes
//! packet:  at_µs:i64 stream:u16 len:u16 bytes…
//! zeros up to a whole page
//! ```
//! `given` has its highest bit set and counts, modulo 2²³, the packets that the call was given before
//! the block, those among them that no disk took; zero where that is not said.
//!
//! `cipher` 0 is plain. Under 1 a body is AES-256-GCM by the segment's key, which is wrapped for
//! the public key behind the header: cipher text, tag, and the block's number as u64, which is its
//! nonce and never comes twice.

mod bounds;
mod job;
mod read;
mod segment;
mod write;
mod writer;

pub use bounds::BOUNDS;
pub use job::{SpoolCounters, SpoolSettings};
pub use read::{SpoolReader, SpooledCall, SpooledPacket, packets, recover, recover_before};
pub use write::{SealedNotice, Spool};

use crate::call::SideFormats;
use crate::units::WallTime;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// How long packets may wait in memory.
pub const FLUSH_EVERY: Duration = Duration::from_millis(250);
/// How long blocks may wait in memory to be written in one piece.
pub const WRITE_EVERY: Duration = Duration::from_millis(200);
/// How often the open segment is synced.
pub const SYNC_EVERY: Duration = Duration::from_millis(500);
/// A segment is left for a new one at this size.
const SEGMENT_BYTES: u64 = 64 << 20;
/// What is larger was not written here.
const LARGEST_SEGMENT: u64 = 4 * SEGMENT_BYTES;
/// A call’s buffer becomes a block at this size: five hundred calls at once hold ten megabytes of
/// them. Blocks of 32 KB made sealing 5 % cheaper at best; but a flush of a thousand calls then
/// filled the queue, and at 270,000 packets/s some were lost.
const BLOCK_BYTES: usize = 20 << 10;

const SEGMENT_MAGIC: &[u8; 8] = b"ASSAYSPL";
const SEGMENT_HEADER: usize = 64;
const VERSION: u16 = 1;
const CIPHER_NONE: u16 = 0;
const CIPHER_AES_256_GCM: u16 = 1;
/// Behind an encrypted body: its tag and its number.
const BLOCK_TAIL: usize = super::cipher::TAG + 8;
const BLOCK_MAGIC: &[u8; 4] = b"BLK1";
const BLOCK_HEADER: usize = 32;
const PACKET_HEADER: usize = 12;
/// No block is larger: a length beyond it is a torn header.
const LARGEST_BODY: usize = 4 << 20;

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// The call's facts at its start, as JSON.
    Open = 1,
    /// The facts as they are now.
    Facts = 2,
    Packets = 3,
    /// The facts at the end.
    Close = 4,
    /// All losses of the call so far, as JSON: a disk that failed for a moment must not be
    /// forgotten by the next start.
    Losses = 5,
}

impl BlockKind {
    fn from_byte(byte: u8) -> Option<BlockKind> {
        [
            BlockKind::Open,
            BlockKind::Facts,
            BlockKind::Packets,
            BlockKind::Close,
            BlockKind::Losses,
        ]
        .into_iter()
        .find(|k| *k as u8 == byte)
    }
}

/// Where a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRef {
    pub segment: u64,
    /// In the segment's file, in bytes.
    pub offset: u64,
    pub kind: BlockKind,
    /// With its tail where it is encrypted, in bytes.
    pub body_len: u32,
    /// How many packets its call was given before it, where that is said.
    pub given: Option<Given>,
}

/// How many packets a call was given, modulo 2²³: more than four hours of two lanes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given(u32);

impl Given {
    const MODULUS: u32 = 1 << 23;

    fn plus(self, packets: u32) -> Given {
        Given(self.0.wrapping_add(packets) % Given::MODULUS)
    }

    /// How many more than `earlier`; none where it is less, as in a block that was written twice.
    fn beyond(self, earlier: Given) -> u32 {
        let more = self.0.wrapping_sub(earlier.0) % Given::MODULUS;
        if more < Given::MODULUS / 2 { more } else { 0 }
    }

    fn to_bytes(given: Option<Given>) -> [u8; 3] {
        let said = given.map_or(0, |given| given.0 | Given::MODULUS);
        let [a, b, c, _] = said.to_le_bytes();
        [a, b, c]
    }

    fn from_bytes(bytes: [u8; 3]) -> Option<Given> {
        let said = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
        (said >= Given::MODULUS).then_some(Given(said % Given::MODULUS))
    }
}

/// Packets that should be in the spool and are not: a gap on the call, with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpoolLoss {
    /// When the first of them came.
    pub from: WallTime,
    /// When the last of them came.
    pub to: WallTime,
    pub packets: u64,
    pub reason: SpoolLossReason,
}

/// Why packets are not in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpoolLossReason {
    /// The disk was full or failed.
    Disk,
    /// The disk could not keep up.
    Overload,
    /// They were written, and what was written is gone or changed.
    Damaged,
}

/// A call that is whole in the spool and waits to be sealed.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedCall {
    pub id: Uuid,
    /// In the order in which they were written.
    pub blocks: Vec<BlockRef>,
    pub losses: Vec<SpoolLoss>,
    /// Its run ended before it did.
    pub unclosed: bool,
    /// The facts at its end, where the disk did not take them.
    pub facts: Option<Vec<u8>>,
    /// Descriptions with the keys of encrypted media, where the spool is not encrypted and so must
    /// not hold them.
    pub keys: Vec<SideFormats>,
}

/// Adds one to the losses of a call; where there are too many, the last becomes longer.
fn add_loss(losses: &mut Vec<SpoolLoss>, loss: SpoolLoss) {
    let is_full = losses.len() >= bounds::MOST_LOSSES;
    match losses.last_mut() {
        Some(last) if is_full => {
            last.to = last.to.max(loss.to);
            last.packets += loss.packets;
        }
        _ => losses.push(loss),
    }
}

/// Takes the folder for this process, as long as the file that it gives is held: two writers would
/// take each other's calls for what a crash left.
///
/// # Errors
/// When another process has it, or the folder cannot be made.
pub fn lock(dir: &Path) -> io::Result<File> {
    std::fs::create_dir_all(dir)?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other(
            "another assay records into this folder: end it, or name another with --data",
        )),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn segment_name(number: u64) -> String {
    format!("{number:016x}.spool")
}

/// What an encrypted body is bound to: its kind, its length and its call.
fn about(header: &[u8]) -> [u8; 28] {
    let mut about = [0; 28];
    about[..12].copy_from_slice(&header[..12]);
    about[12..].copy_from_slice(&header[16..32]);
    about
}

fn checksum(header: &[u8], body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&header[..12]);
    crc.update(&header[16..]);
    crc.update(body);
    crc.finalize()
}
