//! Writing, the far end: one thread that owns the files, appends blocks and syncs them.

use super::bounds::JOB;
use super::job::{Job, SpoolCounters, SpoolSettings};
use super::segment::Segment;
use super::{
    BLOCK_HEADER, BlockKind, BlockRef, ClosedCall, Given, SEGMENT_BYTES, SYNC_EVERY, SpoolLoss,
    SpoolLossReason, WRITE_EVERY, add_loss, segment_name,
};
use crate::units::WallTime;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Instant;
use uuid::Uuid;

/// So much memory may hold what is written and not synced.
const MOST_UNSYNCED: usize = 8 << 20;
/// And so much while syncing fails: beyond it, what is oldest is lost.
const MOST_KEPT: usize = 64 << 20;

/// Keeps a segment of which nobody knows yet whose it is.
const NOT_READ: Uuid = Uuid::nil();

fn has_facts(kind: BlockKind) -> bool {
    !matches!(kind, BlockKind::Packets | BlockKind::Losses)
}

/// A block that was written and may not outlast a power cut yet.
struct Unsynced {
    id: Uuid,
    kind: BlockKind,
    body: Vec<u8>,
    packets: u32,
    span: (WallTime, WallTime),
    block: BlockRef,
}

/// The far end: owns the files.
pub(super) struct Writer {
    settings: SpoolSettings,
    closed: Option<Sender<ClosedCall>>,
    counters: Arc<SpoolCounters>,
    open: Segment,
    unsynced: Vec<Unsynced>,
    unsynced_bytes: usize,
    flushed: Instant,
    synced: Instant,
    /// Calls whose blocks are gathered for sealing.
    calls: HashMap<Uuid, ClosedCall>,
    /// Closed calls that wait for the next sync.
    closing: Vec<ClosedCall>,
    /// Calls whose losses are not on disk yet.
    unsaved: HashSet<Uuid>,
    /// Calls that keep each segment.
    segments: BTreeMap<u64, HashSet<Uuid>>,
    scratch: Vec<u8>,
}

impl Writer {
    pub(super) fn new(
        settings: SpoolSettings,
        earlier: Option<&[ClosedCall]>,
        closed: Sender<ClosedCall>,
        counters: Arc<SpoolCounters>,
        now: WallTime,
    ) -> io::Result<Writer> {
        let mut segments: BTreeMap<u64, HashSet<Uuid>> = BTreeMap::new();
        for number in super::read::segment_numbers(&settings.dir)? {
            let kept_by = segments.entry(number).or_default();
            kept_by.extend(earlier.is_none().then_some(NOT_READ));
        }
        for call in earlier.into_iter().flatten() {
            for block in &call.blocks {
                segments.entry(block.segment).or_default().insert(call.id);
            }
        }
        let number = segments.keys().next_back().map_or(1, |last| last + 1);
        let open = Segment::create(&settings, number, now)?;
        segments.insert(number, HashSet::new());
        let mut writer = Writer {
            settings,
            closed: Some(closed),
            counters,
            open,
            unsynced: Vec::new(),
            unsynced_bytes: 0,
            flushed: Instant::now(),
            synced: Instant::now(),
            calls: HashMap::new(),
            closing: Vec::new(),
            unsaved: HashSet::new(),
            segments,
            scratch: Vec::new(),
        };
        writer.remove_finished();
        Ok(writer)
    }

    pub(super) fn first_segment(&self) -> u64 {
        self.open.number
    }

    pub(super) fn run(&mut self, inbox: &Receiver<Job>, returned: &Sender<Vec<u8>>) {
        loop {
            let wait = SYNC_EVERY
                .saturating_sub(self.synced.elapsed())
                .min(WRITE_EVERY.saturating_sub(self.flushed.elapsed()));
            match inbox.recv_timeout(wait) {
                Ok(Job::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(job) => self.handle(job, returned),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.synced.elapsed() >= SYNC_EVERY || self.unsynced_bytes >= MOST_UNSYNCED {
                self.sync(returned);
            } else if self.flushed.elapsed() >= WRITE_EVERY {
                // A failure shows, and is handled, at the sync.
                let _ = self.open.flush();
                self.flushed = Instant::now();
            }
        }
        self.sync(returned);
        self.give_up();
        // Nothing is appended any more: the open segment may go like the others.
        self.open.number = u64::MAX;
        self.remove_finished();
    }

    fn handle(&mut self, job: Job, returned: &Sender<Vec<u8>>) {
        match job {
            Job::Block {
                id,
                kind,
                body,
                given,
                packets,
                span,
            } => {
                self.counters.queued.fetch_sub(1, Relaxed);
                self.counters
                    .queued_bytes
                    .fetch_sub(body.capacity() + JOB, Relaxed);
                self.append(id, (kind, given), body, packets, span);
            }
            Job::Lost { id, loss } => {
                add_loss(&mut self.call(id).losses, loss);
                self.unsaved.insert(id);
            }
            Job::Keys { id, formats, bytes } => {
                self.counters.queued_bytes.fetch_sub(bytes, Relaxed);
                self.call(id).keys = formats;
            }
            Job::Sealed(id) => self.sealed(id),
            Job::Earlier(calls) => self.earlier(calls),
            Job::NoMoreCalls => {
                self.sync(returned);
                // What waited for the disk in vain is sealed from what there is.
                self.give_up();
                self.hand_over();
                self.closed = None;
            }
            Job::Stop => {}
            Job::Sync(done) => {
                self.sync(returned);
                let _ = done.send(());
            }
        }
    }

    fn call(&mut self, id: Uuid) -> &mut ClosedCall {
        self.calls.entry(id).or_insert_with(|| ClosedCall {
            id,
            blocks: Vec::new(),
            losses: Vec::new(),
            unclosed: false,
            facts: None,
            keys: Vec::new(),
        })
    }

    fn append(
        &mut self,
        id: Uuid,
        (kind, given): (BlockKind, Given),
        body: Vec<u8>,
        packets: u32,
        span: (WallTime, WallTime),
    ) {
        match self.write(id, (kind, Some(given)), &body) {
            Ok(block) => {
                self.counters.blocks.fetch_add(1, Relaxed);
                self.counters
                    .bytes
                    .fetch_add(BLOCK_HEADER as u64 + u64::from(block.body_len), Relaxed);
                self.counters.packets.fetch_add(u64::from(packets), Relaxed);
                self.place(id, block);
                self.unsynced_bytes += body.capacity();
                self.unsynced.push(Unsynced {
                    id,
                    kind,
                    body,
                    packets,
                    span,
                    block,
                });
            }
            Err(error) => {
                tracing::error!(%error, call = %id, packets, "the spool cannot write: free space \
                    on its disk; what cannot be written becomes a gap on the call");
                self.lose(id, kind, body, packets, span);
            }
        }
        if self.unsaved.contains(&id) {
            self.save_losses(id);
        }
        if kind == BlockKind::Close
            && let Some(call) = self.calls.remove(&id)
        {
            self.closing.push(call);
        }
    }

    /// Writes what a call has lost; tried again with its next block and at each sync.
    fn save_losses(&mut self, id: Uuid) {
        let call = self
            .calls
            .get(&id)
            .or_else(|| self.closing.iter().find(|c| c.id == id));
        let Some(body) = call.and_then(|c| serde_json::to_vec(&c.losses).ok()) else {
            self.unsaved.remove(&id);
            return;
        };
        if let Ok(block) = self.write(id, (BlockKind::Losses, None), &body) {
            self.unsaved.remove(&id);
            match self.closing.iter_mut().find(|c| c.id == id) {
                Some(closing) => closing.blocks.push(block),
                None => self.call(id).blocks.push(block),
            }
            self.unsynced_bytes += body.capacity();
            self.unsynced.push(Unsynced {
                id,
                kind: BlockKind::Losses,
                body,
                packets: 0,
                span: (WallTime(0), WallTime(0)),
                block,
            });
        }
    }

    fn place(&mut self, id: Uuid, block: BlockRef) {
        let call = self.call(id);
        call.blocks.push(block);
        if has_facts(block.kind) {
            call.facts = None;
        }
    }

    /// The disk did not take a block: packets become a gap, facts stay in memory.
    fn lose(
        &mut self,
        id: Uuid,
        kind: BlockKind,
        body: Vec<u8>,
        packets: u32,
        span: (WallTime, WallTime),
    ) {
        self.counters
            .packets_lost
            .fetch_add(u64::from(packets), Relaxed);
        let call = match self.closing.iter_mut().find(|c| c.id == id) {
            Some(closing) => closing,
            None => self.call(id),
        };
        match kind {
            BlockKind::Packets => {
                let loss = SpoolLoss {
                    from: span.0,
                    to: span.1,
                    packets: u64::from(packets),
                    reason: SpoolLossReason::Disk,
                };
                add_loss(&mut call.losses, loss);
                self.unsaved.insert(id);
            }
            BlockKind::Losses => drop(self.unsaved.insert(id)),
            _ => call.facts = Some(body),
        }
    }

    fn write(
        &mut self,
        id: Uuid,
        what: (BlockKind, Option<Given>),
        body: &[u8],
    ) -> io::Result<BlockRef> {
        if self.open.length >= SEGMENT_BYTES || self.open.broken || self.open.suspect {
            self.next_segment()?;
        }
        let block = self.open.append(id, what, body, &mut self.scratch)?;
        self.segments
            .entry(self.open.number)
            .or_default()
            .insert(id);
        Ok(block)
    }

    /// Leaves the open segment for a new one. What it holds unsynced is synced or, failing that,
    /// written again.
    fn next_segment(&mut self) -> io::Result<()> {
        let certain = !self.open.suspect && self.open.sync().is_ok();
        self.open.suspect = !certain;
        let number = self.segments.keys().next_back().map_or(1, |last| last + 1);
        // Also where a file is left behind by a failure, its number is not used again.
        self.segments.insert(number, HashSet::new());
        self.open = Segment::create(&self.settings, number, WallTime(0))?;
        if !certain {
            self.write_again();
        }
        self.remove_finished();
        Ok(())
    }

    /// Writes what is not known to be on disk into the open segment.
    fn write_again(&mut self) {
        for mut lost in std::mem::take(&mut self.unsynced) {
            let what = (lost.kind, lost.block.given);
            let again = self
                .open
                .append(lost.id, what, &lost.body, &mut self.scratch);
            let Ok(block) = again else {
                self.unsynced_bytes -= lost.body.capacity();
                self.unplace(&lost, None);
                self.lose(lost.id, lost.kind, lost.body, lost.packets, lost.span);
                continue;
            };
            self.segments
                .entry(self.open.number)
                .or_default()
                .insert(lost.id);
            self.unplace(&lost, Some(block));
            lost.block = block;
            self.unsynced.push(lost);
        }
    }

    /// A block was moved, or lost.
    fn unplace(&mut self, lost: &Unsynced, now: Option<BlockRef>) {
        let call = self
            .calls
            .get_mut(&lost.id)
            .or_else(|| self.closing.iter_mut().find(|c| c.id == lost.id));
        let Some(call) = call else { return };
        let Some(at) = call.blocks.iter().position(|b| *b == lost.block) else {
            return;
        };
        match now {
            Some(block) => {
                call.blocks[at] = block;
                if has_facts(block.kind) {
                    call.facts = None;
                }
            }
            None => drop(call.blocks.remove(at)),
        }
    }

    fn sync(&mut self, returned: &Sender<Vec<u8>>) {
        self.synced = Instant::now();
        self.flushed = self.synced;
        for id in self.unsaved.iter().copied().collect::<Vec<_>>() {
            self.save_losses(id);
        }
        if self.unsynced.is_empty() || self.try_sync() {
            for block in self.unsynced.drain(..) {
                if block.kind == BlockKind::Packets {
                    let mut body = block.body;
                    body.clear();
                    let _ = returned.send(body);
                }
            }
            self.unsynced_bytes = 0;
            self.hand_over();
            return;
        }
        // The disk fails for good: memory is bounded, so what is oldest goes, and is said to have
        // gone.
        while self.unsynced_bytes > MOST_KEPT {
            let oldest = self.unsynced.remove(0);
            self.unsynced_bytes -= oldest.body.capacity();
            self.unplace(&oldest, None);
            self.lose(
                oldest.id,
                oldest.kind,
                oldest.body,
                oldest.packets,
                oldest.span,
            );
        }
    }

    fn try_sync(&mut self) -> bool {
        let error = match self.open.sync() {
            Ok(()) => return true,
            Err(error) => error,
        };
        self.counters.sync_errors.fetch_add(1, Relaxed);
        tracing::error!(%error, "the spool cannot be synced to disk: what is not certain is \
            written again");
        self.open.suspect = true;
        self.next_segment().is_ok() && self.open.sync().is_ok()
    }

    /// Nothing more will be tried: what is in memory alone is lost, and counted as lost.
    fn give_up(&mut self) {
        for lost in std::mem::take(&mut self.unsynced) {
            if lost.block.segment != self.open.number || self.open.holds(&lost.block) {
                self.unsynced.push(lost);
                continue;
            }
            self.unsynced_bytes -= lost.body.capacity();
            self.unplace(&lost, None);
            self.lose(lost.id, lost.kind, lost.body, lost.packets, lost.span);
        }
    }

    /// Gives what is closed and on disk to sealing.
    fn hand_over(&mut self) {
        for call in self.closing.drain(..) {
            if let Some(closed) = &self.closed {
                self.counters.closed.fetch_add(1, Relaxed);
                let _ = closed.send(call);
            }
        }
    }

    fn earlier(&mut self, calls: Vec<(Uuid, Vec<u64>)>) {
        for (id, segments) in calls {
            for segment in segments {
                // One that is gone is kept by nobody.
                if let Some(kept_by) = self.segments.get_mut(&segment) {
                    kept_by.insert(id);
                }
            }
        }
        for kept_by in self.segments.values_mut() {
            kept_by.remove(&NOT_READ);
        }
        self.remove_finished();
    }

    fn sealed(&mut self, id: Uuid) {
        let sealed = |unsealed: usize| unsealed.checked_sub(1);
        let _ = self
            .counters
            .unsealed
            .fetch_update(Relaxed, Relaxed, sealed);
        for calls in self.segments.values_mut() {
            calls.remove(&id);
        }
        self.remove_finished();
    }

    /// Removes segments that no call needs; the open one stays.
    fn remove_finished(&mut self) {
        let (open, settings) = (self.open.number, &self.settings);
        self.segments.retain(|number, calls| {
            let keep = *number == open || !calls.is_empty();
            if !keep {
                settings.keyring.forget_segment(*number);
                let path = settings.dir.join(segment_name(*number));
                if let Err(error) = settings.disk.remove(&path)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    tracing::warn!(%error, segment = number, "a finished spool segment cannot be \
                        removed");
                }
            }
            keep
        });
    }
}
