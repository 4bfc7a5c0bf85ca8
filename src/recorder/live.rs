//! Calls under way: what the page shows of them, listening in, and pausing (PRODUCT C17, C18).
//!
//! The tap's thread never waits for a listener: packets of a call that somebody hears are copied
//! into a bounded queue, and those that do not fit are dropped for the listener alone. What is
//! paused or kept out is not heard either.
//!
//! The tap may run in another process than the page ([`channel`](super::channel)): [`Live`] asks it in the same
//! words.

use super::backlog::Backlog;
use super::channel::client::{Client, told};
use super::channel::words::{Ask, TapState};
use super::discarded::Discarded;
use super::heard::Heard;
use super::in_progress::CallInProgress;
use super::mixer::Mixer;
use super::worker::WorkerSettings;
use crate::call::{CallFacts, CallNo, Commands, Instruction, StreamNo};
use crate::units::WallTime;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// What may be asked of the tap's thread.
pub enum Control {
    Listen {
        call: Uuid,
        to: SyncSender<Heard>,
    },
    /// What was discarded lately.
    Discarded {
        to: Sender<Vec<Discarded>>,
    },
    Instruct {
        call: Uuid,
        instruction: Instruction,
        done: Sender<bool>,
    },
}

/// The page's end: cheap to clone.
#[derive(Clone)]
pub struct Live {
    tap: Tap,
    /// How a listener's decoder is run.
    worker: WorkerSettings,
}

/// Where the tap is.
#[derive(Clone)]
enum Tap {
    /// In this process.
    Here {
        calls: Arc<Mutex<Arc<Vec<CallInProgress>>>>,
        control: Sender<Control>,
        backlog: Backlog,
    },
    /// In another process of this box; `shown` is what it said last.
    There {
        client: Client,
        shown: Arc<Mutex<Arc<TapState>>>,
    },
}

/// How long the tap may take to answer.
const ANSWER: Duration = Duration::from_secs(2);
/// A second of both sides at 20 ms.
const QUEUE: usize = 100;

impl Live {
    /// Both ends: the page's, and what the tap's thread reads from.
    pub fn new(backlog: Backlog, worker: WorkerSettings) -> (Live, Receiver<Control>) {
        let (control, inbox) = channel();
        let tap = Tap::Here {
            calls: Arc::default(),
            control,
            backlog,
        };
        (Live { tap, worker }, inbox)
    }

    /// Of a tap in another process, which [`Live::show`] tells about.
    pub fn elsewhere(client: Client, worker: WorkerSettings) -> Live {
        let tap = Tap::There {
            client,
            shown: Arc::default(),
        };
        Live { tap, worker }
    }

    /// Calls in progress, as of the last second.
    pub fn calls(&self) -> Arc<Vec<CallInProgress>> {
        match &self.tap {
            Tap::Here { calls, .. } => held(calls).clone(),
            Tap::There { shown, .. } => held(shown).calls.clone(),
        }
    }

    /// Calls that have ended and wait to be sealed, those for whom somebody waits (`true`) first.
    pub fn waiting(&self) -> Vec<(CallInProgress, bool)> {
        match &self.tap {
            Tap::Here { backlog, .. } => backlog.calls(),
            Tap::There { shown, .. } => held(shown).backlog.clone(),
        }
    }

    /// Replaces what [`Live::calls`] gives; of a tap in this process.
    pub fn publish(&self, now: Vec<CallInProgress>) {
        if let Tap::Here { calls, .. } = &self.tap {
            *held(calls) = Arc::new(now);
        }
    }

    /// Replaces what a tap in another process said last.
    pub fn show(&self, state: TapState) {
        if let Tap::There { shown, .. } = &self.tap {
            *held(shown) = Arc::new(state);
        }
    }

    /// A call's packets from now on; the queue ends with the call.
    pub fn listen(&self, call: Uuid) -> Receiver<Heard> {
        let (to, heard) = sync_channel(QUEUE);
        match &self.tap {
            Tap::Here { control, .. } => drop(control.send(Control::Listen { call, to })),
            Tap::There { client, .. } => client.listen(call, to),
        }
        heard
    }

    /// What turns a call's packets into sound, for one listener.
    pub fn mixer(&self) -> Mixer {
        Mixer::new(self.worker.clone())
    }

    /// The last discarded packets; `None` when no tap answers. They may hold numbers and names: for
    /// those alone who may see the page of the tap. Waits up to two seconds.
    pub fn discarded(&self) -> Option<Vec<Discarded>> {
        match &self.tap {
            Tap::Here { control, .. } => {
                let (to, answer) = channel();
                control.send(Control::Discarded { to }).ok()?;
                answer.recv_timeout(ANSWER).ok()
            }
            Tap::There { client, .. } => told(client.ask(&Ask::Discarded)),
        }
    }

    /// Hands the tap an instruction; `None` when no tap answers, `Some(false)` when the call has
    /// ended or the house's rules stand against it. Waits up to two seconds.
    pub fn instruct(&self, call: Uuid, instruction: Instruction) -> Option<bool> {
        match &self.tap {
            Tap::Here { control, .. } => {
                let (done, answer) = channel();
                let what = Control::Instruct {
                    call,
                    instruction,
                    done,
                };
                control.send(what).ok()?;
                answer.recv_timeout(ANSWER).ok()
            }
            Tap::There { client, .. } => told(client.ask(&Ask::Instruct { call, instruction })),
        }
    }

    /// Somebody waits for a call; `false` when it is not among those to come. Waits up to two
    /// seconds.
    pub fn hurry(&self, call: Uuid) -> bool {
        match &self.tap {
            Tap::Here { backlog, .. } => backlog.hurry(call),
            Tap::There { client, .. } => told(client.ask(&Ask::Hurry { call })).unwrap_or(false),
        }
    }
}

/// Nothing that holds one of these locks can fail half way.
fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Commands on their way to the spool, with copies for those who listen in.
pub(super) struct Tee<'a, C> {
    pub(super) to: &'a mut C,
    pub(super) listeners: &'a mut Vec<(CallNo, SyncSender<Heard>)>,
    pub(super) backlog: &'a Backlog,
}

impl<C: Commands> Tee<'_, C> {
    fn copy(&mut self, call: CallNo, what: impl Fn() -> Heard) {
        if self.listeners.is_empty() {
            return;
        }
        self.listeners.retain(|(no, to)| {
            *no != call || !matches!(to.try_send(what()), Err(TrySendError::Disconnected(_)))
        });
    }
}

impl<C: Commands> Commands for Tee<'_, C> {
    fn open(&mut self, call: CallNo, facts: &CallFacts) {
        self.to.open(call, facts);
    }

    fn packet(&mut self, call: CallNo, stream: StreamNo, at: WallTime, packet: &[u8]) {
        self.to.packet(call, stream, at, packet);
        self.copy(call, || Heard::Packet(stream, packet.to_vec()));
    }

    fn facts(&mut self, call: CallNo, facts: &CallFacts) {
        self.to.facts(call, facts);
        self.copy(call, || Heard::Facts(Box::new(facts.clone())));
    }

    fn crowded(&self) -> bool {
        self.to.crowded()
    }

    fn close(&mut self, call: CallNo, facts: &CallFacts) {
        // Listed before it can be sealed.
        self.backlog.ended(facts);
        self.to.close(call, facts);
        self.copy(call, || Heard::End);
        self.listeners.retain(|(no, _)| *no != call);
    }
}
