//! From frames to sealed calls: the loop on the packet path, and the queue behind it.
//!
//! The packet path ([`Recorder::frame`]) reads a frame, asks the tracker whose it is and copies it
//! into the spool's buffer; no database, no decoding, nothing that blocks on a live tap. Sealing
//! runs in threads of its own, takes closed calls from the spool, and hands what it made to be
//! committed.

pub mod backlog;
pub mod channel;
mod discarded;
pub mod heard;
mod in_progress;
pub mod live;
pub mod mixer;
pub mod sealer;
pub mod worker;

pub use backlog::Backlog;
pub use discarded::Discarded;
use heard::Heard;
pub use in_progress::CallInProgress;
use live::{Control, Tee};
pub use sealer::{SealQueue, start_sealing};

use crate::archive::spool::{ClosedCall, Spool, SpoolCounters, SpoolSettings};
use crate::call::{CallNo, Lines, Settings, Tally, Tracker};
use crate::units::WallTime;
use crate::wire::{Datagram, Frame, Wire, WireTally};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender};
use uuid::Uuid;

/// People who listen in at once.
const MOST_LISTENERS: usize = 32;

/// The recorder's near end: feed it frames.
pub struct Recorder {
    wire: Wire,
    tracker: Tracker,
    spool: Spool,
    listeners: Vec<(CallNo, SyncSender<Heard>)>,
    backlog: Backlog,
    last: WallTime,
}

/// Where all packets went (PRODUCT I5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conservation {
    pub wire: WireTally,
    pub tally: Tally,
    /// Packets that the spool itself lost, of those the tracker gave it.
    pub spool_lost: u64,
}

impl Conservation {
    /// Packets in, less those spooled and those discarded with a reason: zero, or something is
    /// wrong.
    pub fn unaccounted(&self) -> i64 {
        let handed_on = self.wire.given as i64 - self.tally.total as i64;
        self.wire.unaccounted() + handed_on.abs() + self.tally.unaccounted().abs()
    }
}

impl Recorder {
    /// Starts with an empty table of calls.
    ///
    /// # Errors
    /// When the spool cannot be opened.
    pub fn start(
        spool: SpoolSettings,
        earlier: Option<&[ClosedCall]>,
        settings: Settings,
        lines: Lines,
        closed: Sender<ClosedCall>,
        now: WallTime,
    ) -> io::Result<Recorder> {
        let spool = Spool::start(spool, earlier, closed, now)?;
        let tracker = Tracker::new(settings, lines, new_id);
        Ok(Recorder {
            wire: Wire::default(),
            tracker,
            spool,
            listeners: Vec::new(),
            backlog: Backlog::default(),
            last: WallTime(0),
        })
    }

    /// Takes in one frame.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        self.last = self.last.max(frame.at);
        self.tracker.set_interface(Some(frame.interface));
        let (tracker, mut out) = (
            &mut self.tracker,
            Tee {
                to: &mut self.spool,
                listeners: &mut self.listeners,
                backlog: &self.backlog,
            },
        );
        self.wire.frame(frame, &mut |at, d: &Datagram<'_>| {
            tracker.datagram(at, d, &mut out)
        });
        tracker.pass(frame.at, &mut out);
    }

    /// To be called several times a second: writes out what waits, and on a live tap lets time pass
    /// without packets.
    pub fn pulse(&mut self, now: Option<WallTime>) {
        if let Some(now) = now {
            self.tracker.set_interface(None);
            let (tracker, mut out) = (
                &mut self.tracker,
                Tee {
                    to: &mut self.spool,
                    listeners: &mut self.listeners,
                    backlog: &self.backlog,
                },
            );
            self.wire.tick(now, &mut |at, d: &Datagram<'_>| {
                tracker.datagram(at, d, &mut out)
            });
            tracker.tick(now, &mut out);
        }
        self.spool.flush_if_due();
    }

    /// Does what the page asks for.
    pub fn control(&mut self, what: Control) {
        match what {
            Control::Listen { call, to } => {
                let Some((no, facts)) = self.tracker.by_id(call) else {
                    return;
                };
                if to.try_send(Heard::Facts(Box::new(facts.clone()))).is_ok()
                    && self.listeners.len() < MOST_LISTENERS
                {
                    self.listeners.push((no, to));
                }
            }
            Control::Discarded { to } => drop(to.send(self.discarded())),
            Control::Instruct {
                call,
                instruction,
                done,
            } => {
                let now = self.last;
                let known = self
                    .tracker
                    .instruct(call, instruction, now, &mut self.spool);
                let _ = done.send(known);
            }
        }
    }

    /// The last discarded packets, by reason, of each the newest first.
    pub fn discarded(&self) -> Vec<Discarded> {
        let frames = self.wire.rejected().iter().map(Discarded::frame);
        let datagrams = self.tracker.discarded().iter().map(Discarded::datagram);
        frames.chain(datagrams).collect()
    }

    /// Calls in progress.
    pub fn calls_in_progress(&self) -> Vec<CallInProgress> {
        self.tracker
            .in_progress()
            .map(|(facts, sides, withheld)| CallInProgress::of(facts, sides, withheld))
            .collect()
    }

    /// Where calls that end are listed until they are sealed.
    pub fn set_backlog(&mut self, backlog: Backlog) {
        self.backlog = backlog;
    }

    /// Lines may change while calls are under way.
    pub fn set_lines(&mut self, lines: Lines) {
        self.tracker.set_lines(lines);
    }

    /// The tracker, to be looked at.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// What the spool wrote and lost so far.
    pub fn spool_counters(&self) -> Arc<SpoolCounters> {
        self.spool.counters()
    }

    /// Which segment of the spool this run began with.
    pub fn first_segment(&self) -> u64 {
        self.spool.first_segment()
    }

    /// A handle by which the sealing threads report sealed calls.
    pub fn sealed_notice(&self) -> crate::archive::spool::SealedNotice {
        self.spool.sealed_notice()
    }

    /// Where all packets went so far.
    pub fn conservation(&self) -> Conservation {
        let spool_lost = self
            .spool
            .counters()
            .packets_lost
            .load(std::sync::atomic::Ordering::Relaxed);
        Conservation {
            wire: self.wire.tally(),
            tally: self.tracker.tally().clone(),
            spool_lost,
        }
    }

    /// The capture is over: closes what is open, and returns once everything is on disk. The
    /// sealing queue may end then.
    pub fn finish(&mut self) {
        let (tracker, spool) = (&mut self.tracker, &mut self.spool);
        self.wire
            .finish(&mut |at, d: &Datagram<'_>| tracker.datagram(at, d, spool));
        self.tracker.finish(self.last, &mut self.spool);
        self.spool.no_more_calls();
    }

    /// Returns once everything given so far is on disk.
    pub fn sync(&mut self) {
        self.spool.sync();
    }

    /// Leaves calls in progress as they are in the spool: the next start finds and marks them.
    pub fn suspend(&mut self) {
        self.spool.sync();
    }
}

/// UUIDv7 of the call's own start, so that identifiers sort by time.
fn new_id(at: WallTime) -> Uuid {
    let micros = at.micros().max(0) as u64;
    Uuid::new_v7(uuid::Timestamp::from_unix(
        uuid::NoContext,
        micros / 1_000_000,
        (micros % 1_000_000) as u32 * 1000,
    ))
}
