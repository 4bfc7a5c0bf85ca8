//! Frames of the channel, and their bounds.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// Connections at once; further ones are closed unheard. Thirty-two listeners, and what else a page
/// asks.
pub const MOST_CONNECTIONS: usize = 64;
/// In bytes: a house of a hundred thousand lines.
pub const LONGEST_ASK: usize = 4 << 20;
/// In bytes: the twenty thousand calls in progress that are the most, and ten thousand that wait.
pub const LONGEST_ANSWER: usize = 32 << 20;
/// In bytes, of what a listener gets.
pub const LONGEST_HEARD: usize = 1 << 20;
/// In bytes, of sealed calls: those that are handed over together, or one of four hours in which
/// every second packet is missing.
pub const LONGEST_CALLS: usize = 256 << 20;
/// How long a peer may neither send nor take.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// One number for both halves: what they say to each other is of one kind, or they say nothing.
pub const PROTOCOL: u32 = 1;

/// A peer that has so long to say all that it says: one byte now and then is no answer.
pub(super) struct Until<'a> {
    peer: &'a UnixStream,
    end: Instant,
}

impl<'a> Until<'a> {
    pub(super) fn after(peer: &'a UnixStream, time: Duration) -> Until<'a> {
        Until {
            peer,
            end: Instant::now() + time,
        }
    }
}

impl Read for Until<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.peer.set_read_timeout(Some(left))?;
        (&mut &*self.peer).read(into)
    }
}

pub(super) fn send_frame(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(bytes)?;
    to.flush()
}

pub(super) fn read_frame(from: &mut impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > most {
        return Err(io::Error::other(format!(
            "a frame of {length} bytes, and {most} are the most"
        )));
    }
    // What is announced is not believed: room is made as the bytes come.
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    match bytes.len() == length {
        true => Ok(bytes),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

pub(super) fn send(to: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    send_frame(to, &serde_json::to_vec(what)?)
}

pub(super) fn read<T: DeserializeOwned>(from: &mut impl Read, most: usize) -> io::Result<T> {
    understood(&read_frame(from, most)?)
}

pub(super) fn understood<T: DeserializeOwned>(frame: &[u8]) -> io::Result<T> {
    serde_json::from_slice(frame).map_err(|why| {
        io::Error::other(format!(
            "what came over the channel is not understood ({why}): both halves must be of one \
             version; restart them"
        ))
    })
}
