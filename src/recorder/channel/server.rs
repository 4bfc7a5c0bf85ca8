//! The tap's end of the channel: threads of their own, never in the tap's way.

use super::frame::{
    LONGEST_ASK, LONGEST_CALLS, MOST_CONNECTIONS, PATIENCE, PROTOCOL, Until, read, send, send_frame,
};
use super::heard;
use super::words::{Ask, LeftBehind, TapState};
use crate::archive::SealedCall;
use crate::recorder::heard::Heard;
use crate::recorder::live::Live;
use crate::recorder::sealer::Commit;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use uuid::Uuid;

/// What the channel asks of the process around the tap.
pub trait Tap: Send + Sync {
    fn state(&self) -> TapState;
    /// The house's own numbers have come.
    fn lines(&self, values: Vec<String>);
    /// Calls of earlier runs that are not known to be committed.
    fn left_behind(&self) -> LeftBehind;
    /// Of those, these are.
    fn sealed(&self, calls: &[Uuid]);
}

/// How often a peer that waits is told that it still waits; so both find out that the other is
/// gone.
const STILL: Duration = Duration::from_millis(500);

/// Sealed calls on their way to the one who commits them.
pub struct Committing(Mutex<Held>);

struct Held {
    inbox: Receiver<Batch>,
    /// Given to a peer that has not answered: the next one gets it again.
    batch: Option<Batch>,
}

struct Batch {
    calls: Vec<SealedCall>,
    done: Sender<Result<(), String>>,
}

impl Committing {
    /// Both ends: what the channel takes sealed calls from, and what the sealing threads commit by.
    /// They wait until somebody has committed.
    pub fn new() -> (Committing, Commit) {
        let (to, inbox) = channel();
        let commit = move |calls: Vec<SealedCall>| {
            let (done, answer) = channel();
            let _ = to.send(Batch { calls, done });
            match answer.recv() {
                Ok(answer) => answer.map_err(Into::into),
                Err(_) => Err("the channel to the page's half has ended".into()),
            }
        };
        let held = Held { inbox, batch: None };
        (Committing(Mutex::new(held)), Arc::new(commit))
    }

    /// Hands over what comes, one peer at a time, until the peer is gone.
    fn hand_over(&self, peer: &mut UnixStream) -> io::Result<()> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if held.batch.is_none() {
                held.batch = match held.inbox.recv_timeout(STILL) {
                    Ok(batch) => Some(batch),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                };
            }
            let calls = held.batch.as_ref().map_or(&[][..], |b| &b.calls);
            let frame = serde_json::to_vec(calls)?;
            let why = match frame.len() > LONGEST_CALLS {
                // Each by itself is tried then; one alone stays in the spool, and the log says so.
                true => Some(format!("{} bytes are too much to hand over", frame.len())),
                false => {
                    send_frame(peer, &frame)?;
                    // Committing may take its time: a verdict is being written, or the disk is slow.
                    read(&mut Until::after(peer, COMMITTED), LONGEST_ASK)?
                }
            };
            if let Some(batch) = held.batch.take() {
                let _ = batch.done.send(why.map_or(Ok(()), Err));
            }
        }
    }
}

/// How long a commit may take.
const COMMITTED: Duration = Duration::from_secs(60);

/// Listens until it is dropped.
pub struct Server {
    path: PathBuf,
    listener: Arc<UnixListener>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    live: Live,
    committing: Committing,
    tap: Arc<dyn Tap>,
    stop: Arc<AtomicBool>,
    connections: AtomicUsize,
}

impl Server {
    /// Takes the place of a socket that an earlier run left: the spool's lock says that there is no
    /// other now.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn start(
        path: &Path,
        live: Live,
        committing: Committing,
        tap: Arc<dyn Tap>,
    ) -> io::Result<Server> {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let listener = Arc::new(UnixListener::bind(path)?);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
        let stop = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(Shared {
            live,
            committing,
            tap,
            stop: stop.clone(),
            connections: AtomicUsize::new(0),
        });
        let named = std::thread::Builder::new().name("channel".into());
        let accepting = listener.clone();
        let thread = named.spawn(move || shared.accept(&accepting))?;
        Ok(Server {
            path: path.to_owned(),
            listener,
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        // Whoever waits in accept(2) is woken, also where the socket's file is gone.
        // SAFETY: the descriptor is the listener's own and open.
        unsafe { libc::shutdown(self.listener.as_raw_fd(), libc::SHUT_RDWR) };
        self.thread.take().into_iter().for_each(|t| _ = t.join());
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Shared {
    fn accept(self: &Arc<Shared>, listener: &UnixListener) {
        for peer in listener.incoming() {
            if self.stop.load(Relaxed) {
                return;
            }
            let Ok(peer) = peer else {
                // Out of descriptors, perhaps: not at once again.
                std::thread::sleep(STILL);
                continue;
            };
            if self.connections.fetch_add(1, Relaxed) >= MOST_CONNECTIONS {
                self.connections.fetch_sub(1, Relaxed);
                continue;
            }
            let shared = self.clone();
            let named = std::thread::Builder::new().name("channel".into());
            let spawned = named.spawn(move || {
                if let Err(why) = shared.serve(peer) {
                    tracing::debug!(%why, "a connection of the page's half has ended");
                }
                shared.connections.fetch_sub(1, Relaxed);
            });
            if spawned.is_err() {
                self.connections.fetch_sub(1, Relaxed);
            }
        }
    }

    fn serve(&self, mut peer: UnixStream) -> io::Result<()> {
        peer.set_write_timeout(Some(PATIENCE))?;
        let ask = read(&mut Until::after(&peer, PATIENCE), LONGEST_ASK)?;
        match ask {
            Ask::State => send(&mut peer, &self.tap.state()),
            Ask::Discarded => send(&mut peer, &self.live.discarded().unwrap_or_default()),
            Ask::Instruct { call, instruction } => match self.live.instruct(call, instruction) {
                Some(done) => send(&mut peer, &done),
                None => Err(io::Error::other("the tap's thread does not answer")),
            },
            Ask::Hurry { call } => send(&mut peer, &self.live.hurry(call)),
            Ask::Listen { call } => self.listened(call, &mut peer),
            Ask::Lines { values } => {
                let values = values.into_iter().map(crate::pii::Pii::into_inner);
                self.tap.lines(values.collect());
                send(&mut peer, &())
            }
            Ask::Commit { protocol } if protocol != PROTOCOL => {
                tracing::error!(
                    protocol,
                    own = PROTOCOL,
                    "the page's half is of another version"
                );
                Err(io::Error::other("another version"))
            }
            Ask::Commit { .. } => self.committing.hand_over(&mut peer),
            Ask::LeftBehind => send(&mut peer, &self.tap.left_behind()),
            Ask::Sealed { calls } => {
                self.tap.sealed(&calls);
                send(&mut peer, &())
            }
        }
    }

    fn listened(&self, call: Uuid, peer: &mut UnixStream) -> io::Result<()> {
        let packets = self.live.listen(call);
        while !self.stop.load(Relaxed) {
            let heard = match packets.recv_timeout(STILL) {
                Ok(heard) => heard,
                Err(RecvTimeoutError::Timeout) => Heard::Nothing,
                Err(RecvTimeoutError::Disconnected) => Heard::End,
            };
            send_frame(peer, &heard::written(&heard)?)?;
            if heard == Heard::End {
                break;
            }
        }
        Ok(())
    }
}
