//! Writing, the near end: buffers per call on the caller's side, handed over as blocks.

use super::bounds::{JOB, MOST_FACTS, MOST_QUEUED, MOST_UNSEALED};
use super::job::{Job, SpoolCounters, SpoolSettings};
use super::writer::Writer;
use super::{
    BLOCK_BYTES, BlockKind, ClosedCall, FLUSH_EVERY, Given, PACKET_HEADER, SpoolLoss,
    SpoolLossReason,
};
use crate::call::{CallFacts, CallNo, Commands, StreamNo, Table};
use crate::units::WallTime;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// From here on new calls are shed, so that those under way stay whole.
const CROWDED: usize = MOST_QUEUED / 2;
/// A call's buffer at first, enough for a flush's worth of G.711; it grows where more comes.
const BUFFER: usize = 8 << 10;
/// A reader of files waits for the disk from here on: more would only take memory.
const PATIENT_QUEUED: usize = 4 << 20;
/// How long it waits at a time.
const SHORT: Duration = Duration::from_micros(200);

/// A call's packets that are not yet a block.
struct Gathering {
    id: Uuid,
    body: Vec<u8>,
    packets: u32,
    /// Those of the call that came before.
    given: Given,
    span: (WallTime, WallTime),
    /// What was lost since the last block; said with the next, so that a disk that stands still
    /// does not fill the queue with it.
    lost: Option<SpoolLoss>,
}

/// The near end of the spool: give it to a tracker as its [`Commands`].
pub struct Spool {
    gathering: Table<CallNo, Gathering>,
    jobs: Sender<Job>,
    spare: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
    /// Older segments are those of earlier runs.
    first_segment: u64,
    counters: Arc<SpoolCounters>,
    patient: bool,
    encrypted: bool,
    flushed: Instant,
}

/// Notifies the spool that a call is sealed, from any thread.
#[derive(Clone)]
pub struct SealedNotice(Sender<Job>);

impl SealedNotice {
    /// What earlier runs left has been read: their segments stay until these calls are sealed.
    pub fn earlier(&self, calls: &[ClosedCall]) {
        let calls = calls.iter().map(|call| {
            let segments = call.blocks.iter().map(|block| block.segment);
            (call.id, segments.collect())
        });
        let _ = self.0.send(Job::Earlier(calls.collect()));
    }

    /// The call is committed: its blocks may go.
    pub fn sealed(&self, id: Uuid) {
        let _ = self.0.send(Job::Sealed(id));
    }
}

impl Spool {
    /// Opens a new segment. `earlier` are the calls that [`super::recover`] found: their segments
    /// stay until they are sealed. Where nobody has looked yet, `None`, all older segments stay
    /// until [`SealedNotice::earlier`]. Closed calls are sent to `closed` once they are on disk.
    ///
    /// # Errors
    /// When the folder or the first segment cannot be made.
    pub fn start(
        settings: SpoolSettings,
        earlier: Option<&[ClosedCall]>,
        closed: Sender<ClosedCall>,
        now: WallTime,
    ) -> io::Result<Spool> {
        std::fs::create_dir_all(&settings.dir)?;
        let counters = Arc::new(SpoolCounters::default());
        let (jobs, inbox) = channel();
        let (returned, spare) = channel();
        let (patient, encrypted) = (settings.patient, settings.keyring.encrypts());
        let mut writer = Writer::new(settings, earlier, closed, counters.clone(), now)?;
        let first_segment = writer.first_segment();
        let thread = std::thread::Builder::new()
            .name("spool".into())
            .spawn(move || writer.run(&inbox, &returned))?;
        Ok(Spool {
            gathering: Table::default(),
            jobs,
            spare,
            thread: Some(thread),
            first_segment,
            counters,
            patient,
            encrypted,
            flushed: Instant::now(),
        })
    }

    /// What was written and lost so far.
    pub fn counters(&self) -> Arc<SpoolCounters> {
        self.counters.clone()
    }

    /// Which segment this run began with.
    pub fn first_segment(&self) -> u64 {
        self.first_segment
    }

    /// A handle for the sealing threads.
    pub fn sealed_notice(&self) -> SealedNotice {
        SealedNotice(self.jobs.clone())
    }

    /// Hands over what has gathered for [`FLUSH_EVERY`]. The recorder calls this in its loop,
    /// packets or not.
    pub fn flush_if_due(&mut self) {
        if self.flushed.elapsed() >= FLUSH_EVERY {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.flushed = Instant::now();
        let calls: Vec<CallNo> = self
            .gathering
            .iter()
            .filter(|(_, g)| g.packets > 0 || g.lost.is_some())
            .map(|(no, _)| *no)
            .collect();
        for call in calls {
            self.hand_over(call);
        }
    }

    /// Whether there is no room in the queue, nor in so much beside it.
    fn is_full(&self, beside: usize) -> bool {
        !self.patient && self.counters.queued_bytes.load(Relaxed) >= MOST_QUEUED + beside
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
        let queued = self.counters.queued_bytes.load(Relaxed);
        let is_full = !self.patient && queued >= MOST_QUEUED;
        let Some(g) = self.gathering.get_mut(&call) else {
            return;
        };
        if is_full && g.packets > 0 {
            g.lose(&self.counters);
        }
        if let Some(loss) = g.lost.take_if(|_| !is_full) {
            let _ = self.jobs.send(Job::Lost { id: g.id, loss });
        }
        if g.packets == 0 {
            return;
        }
        let body = std::mem::replace(
            &mut g.body,
            self.spare
                .try_recv()
                .unwrap_or_else(|_| Vec::with_capacity(BUFFER)),
        );
        let (id, packets, given, span) = (g.id, std::mem::take(&mut g.packets), g.given, g.span);
        g.given = given.plus(packets);
        self.send(id, BlockKind::Packets, body, (given, packets), span);
    }

    /// Queues a block.
    fn send(
        &mut self,
        id: Uuid,
        kind: BlockKind,
        body: Vec<u8>,
        (given, packets): (Given, u32),
        span: (WallTime, WallTime),
    ) {
        let queued = || self.counters.queued_bytes.load(Relaxed);
        while self.patient && queued() >= PATIENT_QUEUED {
            std::thread::sleep(SHORT);
        }
        self.counters.queued.fetch_add(1, Relaxed);
        self.counters
            .queued_bytes
            .fetch_add(body.capacity() + JOB, Relaxed);
        let _ = self.jobs.send(Job::Block {
            id,
            kind,
            body,
            given,
            packets,
            span,
        });
    }

    /// Queues a call's facts. Those that cannot be written down are not replaced by an empty block:
    /// the last ones that could be stand. Nor are those of a call in progress written when the disk
    /// is so far behind that there is no room for them: its end brings them.
    fn note(&mut self, call: CallNo, kind: BlockKind, facts: &CallFacts) {
        self.hand_over(call);
        if kind == BlockKind::Facts && self.is_full(MOST_FACTS) {
            self.counters.facts_put_off.fetch_add(1, Relaxed);
            return;
        }
        let body = if self.encrypted || !facts.has_keys() {
            serde_json::to_vec(facts)
        } else {
            let formats = facts.formats.clone();
            let bytes = facts.weight() + JOB;
            self.counters.queued_bytes.fetch_add(bytes, Relaxed);
            let id = facts.id;
            let _ = self.jobs.send(Job::Keys { id, formats, bytes });
            serde_json::to_vec(&facts.without_keys())
        };
        let at = facts.started_at;
        let given = self.gathering.get(&call).map(|g| g.given);
        let given = given.unwrap_or_default();
        match body {
            Ok(body) => self.send(facts.id, kind, body, (given, 0), (at, at)),
            Err(error) => {
                self.counters.facts_lost.fetch_add(1, Relaxed);
                tracing::error!(%error, call = %facts.id, ?kind, "the facts of a call cannot be \
                    written: its last ones stand");
            }
        }
    }
}

impl Gathering {
    /// The disk is too far behind: what has gathered is lost, and will be said to be.
    fn lose(&mut self, counters: &SpoolCounters) {
        self.given = self.given.plus(self.packets);
        let packets = u64::from(std::mem::take(&mut self.packets));
        self.body.clear();
        counters.packets_lost.fetch_add(packets, Relaxed);
        let loss = self.lost.get_or_insert(SpoolLoss {
            from: self.span.0,
            to: self.span.1,
            packets: 0,
            reason: SpoolLossReason::Overload,
        });
        loss.packets += packets;
        loss.to = self.span.1;
    }
}

impl Commands for Spool {
    fn open(&mut self, call: CallNo, facts: &CallFacts) {
        self.counters.unsealed.fetch_add(1, Relaxed);
        self.gathering.insert(
            call,
            Gathering {
                id: facts.id,
                // Most attempts have no media.
                body: Vec::new(),
                packets: 0,
                given: Given::default(),
                span: (facts.started_at, facts.started_at),
                lost: None,
            },
        );
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
        if g.body.capacity() == 0 {
            let spare = self.spare.try_recv();
            g.body = spare.unwrap_or_else(|_| Vec::with_capacity(BUFFER));
        }
        // Doubling would take twice what a block needs.
        if g.body.capacity() - g.body.len() < PACKET_HEADER + len {
            g.body.reserve_exact(
                (BLOCK_BYTES + 2048)
                    .saturating_sub(g.body.len())
                    .max(PACKET_HEADER + len),
            );
        }
        let mut head = [0; PACKET_HEADER];
        head[..8].copy_from_slice(&at.micros().to_le_bytes());
        head[8..10].copy_from_slice(&stream.0.to_le_bytes());
        head[10..].copy_from_slice(&(len as u16).to_le_bytes());
        g.body.extend_from_slice(&head);
        g.body.extend_from_slice(&packet[..len]);
        if g.body.len() >= BLOCK_BYTES {
            self.hand_over(call);
        }
    }

    fn facts(&mut self, call: CallNo, facts: &CallFacts) {
        self.note(call, BlockKind::Facts, facts);
    }

    fn crowded(&self) -> bool {
        !self.patient && self.counters.queued_bytes.load(Relaxed) >= CROWDED
    }

    fn full(&self) -> bool {
        self.is_full(MOST_FACTS)
            || (!self.patient && self.counters.unsealed.load(Relaxed) >= MOST_UNSEALED)
    }

    fn close(&mut self, call: CallNo, facts: &CallFacts) {
        self.hand_over(call);
        if let Some(loss) = self.gathering.get_mut(&call).and_then(|g| g.lost.take()) {
            let _ = self.jobs.send(Job::Lost { id: facts.id, loss });
        }
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
