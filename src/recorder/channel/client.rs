//! The page's end of the channel. Every ask is a connection of its own: on one box that costs some
//! tens of microseconds, and nothing waits behind anything.

use super::frame::{
    LONGEST_ANSWER, LONGEST_CALLS, LONGEST_HEARD, PATIENCE, PROTOCOL, Until, read, read_frame,
    send, understood,
};
use super::heard;
use super::words::Ask;
use crate::archive::SealedCall;
use crate::recorder::heard::Heard;
use crate::recorder::sealer::Commit;
use serde::de::DeserializeOwned;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// Where the tap's process listens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    path: PathBuf,
}

/// How long to wait before a tap's process that does not answer is asked again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long an answer may take as a whole: the other end asks the tap's thread itself.
const ANSWER: Duration = Duration::from_secs(3);
/// And calls, on a box that is busy.
const HANDED_OVER: Duration = Duration::from_secs(30);

impl Client {
    pub fn new(path: &Path) -> Client {
        Client {
            path: path.to_owned(),
        }
    }

    fn connect(&self, ask: &Ask) -> io::Result<UnixStream> {
        let mut tap = UnixStream::connect(&self.path)?;
        tap.set_write_timeout(Some(PATIENCE))?;
        send(&mut tap, ask)?;
        Ok(tap)
    }

    /// Asks once; the calling thread waits some seconds at most.
    ///
    /// # Errors
    /// When the tap's process does not answer, or in words that are not understood.
    pub fn ask<T: DeserializeOwned>(&self, ask: &Ask) -> io::Result<T> {
        let tap = self.connect(ask)?;
        read(&mut Until::after(&tap, ANSWER), LONGEST_ANSWER)
    }

    /// Hands what is heard of a call to `to`, until the call ends or nobody takes it.
    pub(in crate::recorder) fn listen(&self, call: Uuid, to: SyncSender<Heard>) {
        let client = self.clone();
        let named = std::thread::Builder::new().name("listen".into());
        let spawned = named.spawn(move || {
            if let Err(why) = client.hear(call, &to) {
                tracing::debug!(%why, "listening in has ended");
            }
        });
        if let Err(why) = spawned {
            tracing::warn!(%why, "nobody can listen in");
        }
    }

    fn hear(&self, call: Uuid, to: &SyncSender<Heard>) -> io::Result<()> {
        let tap = self.connect(&Ask::Listen { call })?;
        loop {
            // It says at least twice a second that nothing came.
            let frame = read_frame(&mut Until::after(&tap, ANSWER), LONGEST_HEARD)?;
            let heard = heard::read(&frame)?;
            let is_end = heard == Heard::End;
            // What does not fit is dropped for this listener alone.
            let gone = matches!(to.try_send(heard), Err(TrySendError::Disconnected(_)));
            if is_end || gone {
                return Ok(());
            }
        }
    }
}

/// An answer, or `None` where there is none: the log says why.
pub fn told<T>(answer: io::Result<T>) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(why) => {
            tracing::warn!(%why, "the tap's half does not answer");
            None
        }
    }
}

/// Why sealed calls are not handed over just now; nothing while all is well. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Standstill(Arc<Mutex<Option<String>>>);

impl Standstill {
    pub fn why(&self) -> Option<String> {
        let why = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        why.clone()
    }

    fn set(&self, why: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }
}

/// Commits what the tap's process has sealed, until it is told to stop.
pub fn commit_all(client: &Client, commit: &Commit, standstill: &Standstill, stop: &AtomicBool) {
    while !stop.load(Relaxed) {
        if let Err(why) = commit_from(client, commit, standstill, stop) {
            tracing::debug!(%why, "the tap's half hands over no sealed calls");
            standstill.set(Some(why.to_string()));
        }
        std::thread::sleep(AGAIN);
    }
}

fn commit_from(
    client: &Client,
    commit: &Commit,
    standstill: &Standstill,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut tap = client.connect(&Ask::Commit { protocol: PROTOCOL })?;
    while !stop.load(Relaxed) {
        let frame = read_frame(&mut Until::after(&tap, HANDED_OVER), LONGEST_CALLS)?;
        // What is not understood stays with the tap, which tries it again.
        let why = match understood::<Vec<SealedCall>>(&frame) {
            Ok(calls) if calls.is_empty() => None,
            Ok(calls) => commit(calls).err().map(|why| why.to_string()),
            Err(why) => Some(why.to_string()),
        };
        if let Some(why) = &why {
            tracing::error!(why, "sealed calls of the tap's half are not committed");
        }
        standstill.set(why.clone());
        send(&mut tap, &why)?;
    }
    Ok(())
}
