//! Writing: buffers per call on the caller's side, one thread that appends and syncs.

use super::*;
use crate::call::{CallFacts, CallNo, Commands, StreamNo};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

/// Blocks that may wait for the disk; at 32 KiB each this bounds the memory.
const QUEUE: usize = 1024;

/// Counted by the writer; the recorder shows them.
#[derive(Debug, Default)]
pub struct SpoolCounters {
    pub blocks: AtomicU64,
    pub bytes: AtomicU64,
    pub packets: AtomicU64,
    /// Packets that could not be written, for want of space or time.
    pub packets_lost: AtomicU64,
    pub sync_errors: AtomicU64,
}

enum Job {
    Block {
        id: Uuid,
        kind: BlockKind,
        body: Vec<u8>,
        packets: u32,
        span: (WallTime, WallTime),
    },
    Lost {
        id: Uuid,
        loss: SpoolLoss,
    },
    Sealed(Uuid),
    Sync(Sender<()>),
    /// No further call will close: lets go of the sealing queue.
    NoMoreCalls,
    Stop,
}

/// A call's packets that are not yet a block.
struct Gathering {
    id: Uuid,
    body: Vec<u8>,
    packets: u32,
    span: (WallTime, WallTime),
}

/// The near end of the spool: give it to a tracker as its [`Commands`].
pub struct Spool {
    gathering: HashMap<CallNo, Gathering>,
    jobs: SyncSender<Job>,
    spare: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
    counters: Arc<SpoolCounters>,
    /// Wait for the disk (capture files) rather than drop (a live tap must not stall).
    patient: bool,
    flushed: Instant,
}

/// Tells the spool that a call is sealed, from any thread.
#[derive(Clone)]
pub struct SealedNotice(SyncSender<Job>);

impl SealedNotice {
    pub fn sealed(&self, id: Uuid) {
        let _ = self.0.send(Job::Sealed(id));
    }
}

impl Spool {
    /// Opens a new segment in `dir`. `earlier` are the calls that [`recover`] found: their segments stay until they are
    /// sealed. Closed calls are sent to `closed` once they are on disk.
    ///
    /// # Errors
    /// When the folder or the first segment cannot be made.
    pub fn start(dir: &Path, earlier: &[ClosedCall], patient: bool, closed: Sender<ClosedCall>, now: WallTime) -> io::Result<Spool> {
        std::fs::create_dir_all(dir)?;
        let counters = Arc::new(SpoolCounters::default());
        let (jobs, inbox) = sync_channel(QUEUE);
        let (returned, spare) = channel();
        let mut writer = Writer::new(dir.to_owned(), earlier, closed, counters.clone(), now)?;
        let thread = std::thread::Builder::new().name("spool".into()).spawn(move || writer.run(&inbox, &returned))?;
        Ok(Spool { gathering: HashMap::new(), jobs, spare, thread: Some(thread), counters, patient, flushed: Instant::now() })
    }

    pub fn counters(&self) -> Arc<SpoolCounters> {
        self.counters.clone()
    }

    pub fn sealed_notice(&self) -> SealedNotice {
        SealedNotice(self.jobs.clone())
    }

    /// Hands over what has gathered for [`FLUSH_EVERY`]. The recorder calls this in its loop, packets or not.
    pub fn flush_if_due(&mut self) {
        if self.flushed.elapsed() >= FLUSH_EVERY {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.flushed = Instant::now();
        let calls: Vec<CallNo> = self.gathering.iter().filter(|(_, g)| g.packets > 0).map(|(no, _)| *no).collect();
        for call in calls {
            self.hand_over(call);
        }
    }

    /// Everything given so far is on disk when this returns.
    pub fn sync(&mut self) {
        self.flush();
        let (done, wait) = channel();
        if self.jobs.send(Job::Sync(done)).is_ok() {
            let _ = wait.recv();
        }
    }

    /// No further call will close; sealed ones are still taken note of. Syncs.
    pub fn no_more_calls(&mut self) {
        self.sync();
        let _ = self.jobs.send(Job::NoMoreCalls);
    }

    fn hand_over(&mut self, call: CallNo) {
        let Some(g) = self.gathering.get_mut(&call).filter(|g| g.packets > 0) else { return };
        let body = std::mem::replace(&mut g.body, self.spare.try_recv().unwrap_or_else(|_| Vec::with_capacity(BLOCK_BYTES + 2048)));
        let job = Job::Block { id: g.id, kind: BlockKind::Packets, body, packets: std::mem::take(&mut g.packets), span: g.span };
        self.send(job);
    }

    fn send(&mut self, job: Job) {
        if self.patient {
            let _ = self.jobs.send(job);
            return;
        }
        // Facts are few and small: they may wait for the disk; packets must not make the tap wait.
        match self.jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(Job::Block { id, packets, span, kind: BlockKind::Packets, .. })) => {
                self.counters.packets_lost.fetch_add(u64::from(packets), Relaxed);
                let loss = SpoolLoss { from: span.0, to: span.1, packets: u64::from(packets), reason: SpoolLossReason::Overload };
                let _ = self.jobs.send(Job::Lost { id, loss });
            }
            Err(TrySendError::Full(job)) => drop(self.jobs.send(job)),
            Err(TrySendError::Disconnected(_)) => {}
        }
    }

    fn note(&mut self, call: CallNo, kind: BlockKind, facts: &CallFacts) {
        self.hand_over(call);
        let body = serde_json::to_vec(facts).unwrap_or_default();
        self.send(Job::Block { id: facts.id, kind, body, packets: 0, span: (facts.started_at, facts.started_at) });
    }
}

impl Commands for Spool {
    fn open(&mut self, call: CallNo, facts: &CallFacts) {
        let body = Vec::with_capacity(BLOCK_BYTES + 2048);
        self.gathering.insert(call, Gathering { id: facts.id, body, packets: 0, span: (facts.started_at, facts.started_at) });
        self.note(call, BlockKind::Open, facts);
    }

    fn packet(&mut self, call: CallNo, stream: StreamNo, at: WallTime, packet: &[u8]) {
        let Some(g) = self.gathering.get_mut(&call) else {
            self.counters.packets_lost.fetch_add(1, Relaxed);
            return;
        };
        let len = packet.len().min(usize::from(u16::MAX));
        if g.packets == 0 {
            g.span = (at, at);
        }
        g.span.1 = at;
        g.packets += 1;
        g.body.extend_from_slice(&at.micros().to_le_bytes());
        g.body.extend_from_slice(&stream.0.to_le_bytes());
        g.body.extend_from_slice(&(len as u16).to_le_bytes());
        g.body.extend_from_slice(&packet[..len]);
        if g.body.len() >= BLOCK_BYTES {
            self.hand_over(call);
        }
    }

    fn facts(&mut self, call: CallNo, facts: &CallFacts) {
        self.note(call, BlockKind::Facts, facts);
    }

    fn close(&mut self, call: CallNo, facts: &CallFacts) {
        self.note(call, BlockKind::Close, facts);
        self.gathering.remove(&call);
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.flush();
        // The thread syncs before it goes.
        let _ = self.jobs.send(Job::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The far end: owns the files.
struct Writer {
    dir: PathBuf,
    closed: Option<Sender<ClosedCall>>,
    counters: Arc<SpoolCounters>,
    file: File,
    segment: u64,
    offset: u64,
    dirty: bool,
    synced: Instant,
    /// Calls whose blocks are gathered for sealing.
    calls: HashMap<Uuid, ClosedCall>,
    /// Calls that keep each segment.
    segments: BTreeMap<u64, HashSet<Uuid>>,
}

impl Writer {
    fn new(dir: PathBuf, earlier: &[ClosedCall], closed: Sender<ClosedCall>, counters: Arc<SpoolCounters>, now: WallTime) -> io::Result<Writer> {
        let mut segments: BTreeMap<u64, HashSet<Uuid>> = BTreeMap::new();
        for number in super::read::segment_numbers(&dir)? {
            segments.entry(number).or_default();
        }
        for call in earlier {
            for block in &call.blocks {
                segments.entry(block.segment).or_default().insert(call.id);
            }
        }
        let segment = segments.keys().next_back().map_or(1, |last| last + 1);
        let file = new_segment(&dir, segment, now)?;
        segments.insert(segment, HashSet::new());
        let mut writer =
            Writer { dir, closed: Some(closed), counters, file, segment, offset: SEGMENT_HEADER as u64, dirty: true, synced: Instant::now(), calls: HashMap::new(), segments };
        writer.remove_finished();
        Ok(writer)
    }

    fn run(&mut self, inbox: &Receiver<Job>, returned: &Sender<Vec<u8>>) {
        loop {
            let wait = SYNC_EVERY.saturating_sub(self.synced.elapsed());
            match inbox.recv_timeout(wait) {
                Ok(Job::Stop) => break,
                Ok(job) => self.handle(job, returned),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.synced.elapsed() >= SYNC_EVERY {
                self.sync();
            }
        }
        self.sync();
        // Nothing is appended any more: the open segment may go like the others.
        self.segment = u64::MAX;
        self.remove_finished();
    }

    fn handle(&mut self, job: Job, returned: &Sender<Vec<u8>>) {
        match job {
            Job::Block { id, kind, mut body, packets, span } => {
                self.append(id, kind, &body, packets, span);
                if kind == BlockKind::Packets {
                    body.clear();
                    let _ = returned.send(body);
                }
            }
            Job::Lost { id, loss } => self.call(id).losses.push(loss),
            Job::Sealed(id) => self.sealed(id),
            Job::NoMoreCalls => self.closed = None,
            Job::Stop => {}
            Job::Sync(done) => {
                self.sync();
                let _ = done.send(());
            }
        }
    }

    fn call(&mut self, id: Uuid) -> &mut ClosedCall {
        self.calls.entry(id).or_insert_with(|| ClosedCall { id, blocks: Vec::new(), losses: Vec::new(), unclosed: false })
    }

    fn append(&mut self, id: Uuid, kind: BlockKind, body: &[u8], packets: u32, span: (WallTime, WallTime)) {
        match self.write_block(id, kind, body) {
            Ok(block) => {
                self.counters.blocks.fetch_add(1, Relaxed);
                self.counters.bytes.fetch_add((BLOCK_HEADER + body.len()) as u64, Relaxed);
                self.counters.packets.fetch_add(u64::from(packets), Relaxed);
                self.segments.entry(self.segment).or_default().insert(id);
                self.call(id).blocks.push(block);
            }
            Err(error) => {
                tracing::error!(%error, call = %id, packets, "the spool cannot write: free space on its disk; what cannot be written becomes a gap on the call");
                self.counters.packets_lost.fetch_add(u64::from(packets), Relaxed);
                // What was written of the block is cut off again, so that the segment stays readable behind it.
                let _ = self.file.set_len(self.offset).and_then(|()| self.file.seek(SeekFrom::Start(self.offset)).map(drop));
                if packets > 0 {
                    let loss = SpoolLoss { from: span.0, to: span.1, packets: u64::from(packets), reason: SpoolLossReason::Disk };
                    self.call(id).losses.push(loss);
                }
            }
        }
        if kind == BlockKind::Close
            && let (Some(call), Some(closed)) = (self.calls.remove(&id), &self.closed)
        {
            let _ = closed.send(call);
        }
    }

    fn write_block(&mut self, id: Uuid, kind: BlockKind, body: &[u8]) -> io::Result<BlockRef> {
        if self.offset >= SEGMENT_BYTES {
            self.rotate()?;
        }
        let mut header = [0; BLOCK_HEADER];
        header[..4].copy_from_slice(BLOCK_MAGIC);
        header[4] = kind as u8;
        header[8..12].copy_from_slice(&(body.len() as u32).to_le_bytes());
        header[16..].copy_from_slice(id.as_bytes());
        let crc = checksum(&header, body);
        header[12..16].copy_from_slice(&crc.to_le_bytes());
        self.dirty = true;
        self.file.write_all(&header)?;
        self.file.write_all(body)?;
        let block = BlockRef { segment: self.segment, offset: self.offset, kind, body_len: body.len() as u32 };
        self.offset += (BLOCK_HEADER + body.len()) as u64;
        Ok(block)
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        let file = new_segment(&self.dir, self.segment + 1, WallTime(0))?;
        self.file = file;
        self.segment += 1;
        self.offset = SEGMENT_HEADER as u64;
        self.segments.insert(self.segment, HashSet::new());
        self.remove_finished();
        Ok(())
    }

    fn sync(&mut self) {
        self.synced = Instant::now();
        if !self.dirty {
            return;
        }
        match self.file.sync_data() {
            Ok(()) => self.dirty = false,
            Err(error) => {
                self.counters.sync_errors.fetch_add(1, Relaxed);
                tracing::error!(%error, "the spool cannot be synced to disk");
            }
        }
    }

    fn sealed(&mut self, id: Uuid) {
        for calls in self.segments.values_mut() {
            calls.remove(&id);
        }
        self.remove_finished();
    }

    /// Removes segments that no call needs; the open one stays.
    fn remove_finished(&mut self) {
        let open = self.segment;
        let dir = &self.dir;
        self.segments.retain(|number, calls| {
            let keep = *number == open || !calls.is_empty();
            if !keep && let Err(error) = std::fs::remove_file(dir.join(segment_name(*number))) {
                tracing::warn!(%error, segment = number, "a finished spool segment cannot be removed");
            }
            keep
        });
    }
}

fn new_segment(dir: &Path, number: u64, now: WallTime) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(dir.join(segment_name(number)))?;
    let mut header = [0; SEGMENT_HEADER];
    header[..8].copy_from_slice(SEGMENT_MAGIC);
    header[8..10].copy_from_slice(&VERSION.to_le_bytes());
    header[10..12].copy_from_slice(&CIPHER_NONE.to_le_bytes());
    header[12..16].copy_from_slice(&(SEGMENT_HEADER as u32).to_le_bytes());
    header[16..24].copy_from_slice(&now.micros().to_le_bytes());
    file.write_all(&header)?;
    file.sync_all()?;
    // The name must outlast a power cut as well as the bytes.
    File::open(dir)?.sync_all()?;
    Ok(file)
}
