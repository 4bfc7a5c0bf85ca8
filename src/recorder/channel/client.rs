//! The page's end of the channel. Every ask is a connection of its own: on one box that costs some
//! tens of microseconds, and nothing waits behind anything.

use super::frame::{LONGEST_ANSWER, PATIENCE, read, read_frame, send};
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
use std::time::Duration;
use uuid::Uuid;

/// Where the tap's process listens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    path: PathBuf,
}

/// How long to wait before a tap's process that does not answer is asked again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long the other end may think before it answers: it asks the tap's thread itself.
const ANSWER: Duration = Duration::from_secs(3);

impl Client {
    pub fn new(path: &Path) -> Client {
        Client {
            path: path.to_owned(),
        }
    }

    fn connect(&self, ask: &Ask) -> io::Result<UnixStream> {
        let mut tap = UnixStream::connect(&self.path)?;
        tap.set_read_timeout(Some(ANSWER))?;
        tap.set_write_timeout(Some(PATIENCE))?;
        send(&mut tap, ask)?;
        Ok(tap)
    }

    /// Asks once; the calling thread waits up to five seconds.
    ///
    /// # Errors
    /// When the tap's process does not answer, or in words that are not understood.
    pub fn ask<T: DeserializeOwned>(&self, ask: &Ask) -> io::Result<T> {
        read(&mut self.connect(ask)?, LONGEST_ANSWER)
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
        let mut tap = self.connect(&Ask::Listen { call })?;
        loop {
            let heard = heard::read(&read_frame(&mut tap, LONGEST_ANSWER)?)?;
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

/// Commits what the tap's process has sealed, until it is told to stop.
pub fn commit_all(client: &Client, commit: &Commit, stop: &AtomicBool) {
    while !stop.load(Relaxed) {
        if let Err(why) = commit_from(client, commit, stop) {
            tracing::debug!(%why, "the tap's half hands over no sealed calls");
        }
        std::thread::sleep(AGAIN);
    }
}

fn commit_from(client: &Client, commit: &Commit, stop: &AtomicBool) -> io::Result<()> {
    let mut tap = client.connect(&Ask::Commit)?;
    while !stop.load(Relaxed) {
        let calls: Vec<SealedCall> = read(&mut tap, LONGEST_ANSWER)?;
        let why = match calls.is_empty() {
            true => None,
            false => commit(calls).err().map(|why| why.to_string()),
        };
        send(&mut tap, &why)?;
    }
    Ok(())
}
