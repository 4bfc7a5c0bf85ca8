//! Looks through gzip (RFC 1952) and zstd (RFC 8878) by a file's first bytes, and stops where it
//! unpacks to more than a capture does.

use crate::confine::limits;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Whether unpacking was stopped; shared with the reader, which gets a bare error.
#[derive(Debug, Clone, Default)]
pub(super) struct Stopped(Arc<AtomicBool>);

impl Stopped {
    pub(super) fn is(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// What a file holds, unpacked where it is packed.
pub(super) fn unpacked(
    mut input: Box<dyn Read + Send>,
) -> io::Result<(Box<dyn Read + Send>, Stopped)> {
    let mut magic = [0; 4];
    let mut have = 0;
    while have < 4 {
        match input.read(&mut magic[have..])? {
            0 => break,
            n => have += n,
        }
    }
    let taken = Arc::new(AtomicU64::new(have as u64));
    let whole = Prefixed {
        prefix: magic[..have].to_vec(),
        rest: Counted {
            rest: input,
            taken: taken.clone(),
        },
    };
    let stopped = Stopped::default();
    let inner: Box<dyn Read + Send> = match magic {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(whole)),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(
            ruzstd::decoding::StreamingDecoder::new_with_max_window_size(
                whole,
                limits::CAPTURE_WINDOW,
            )
            .map_err(io::Error::other)?,
        ),
        _ => return Ok((Box::new(whole), stopped)),
    };
    let bounded = Bounded {
        inner,
        taken,
        given: 0,
        stopped: stopped.clone(),
    };
    Ok((Box::new(bounded), stopped))
}

/// Bytes that were read ahead, then the rest, in one `read`: `io::Chain` would give four bytes
/// alone at first, and the capture reader knows the file's kind by its first read.
struct Prefixed<R> {
    prefix: Vec<u8>,
    rest: R,
}

impl<R: Read> Read for Prefixed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ahead = self.prefix.len().min(buffer.len());
        buffer[..ahead].copy_from_slice(&self.prefix[..ahead]);
        self.prefix.drain(..ahead);
        Ok(ahead + self.rest.read(&mut buffer[ahead..])?)
    }
}

/// Counts what is taken of the packed file.
struct Counted<R> {
    rest: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.rest.read(buffer)?;
        self.taken.fetch_add(read as u64, Relaxed);
        Ok(read)
    }
}

/// Gives what was unpacked, as long as it is not too much for what was taken.
struct Bounded<R> {
    inner: R,
    taken: Arc<AtomicU64>,
    given: u64,
    stopped: Stopped,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self
            .taken
            .load(Relaxed)
            .saturating_mul(limits::CAPTURE_RATIO);
        if self.given > limits::CAPTURE_FREE.saturating_add(most) {
            self.stopped.0.store(true, Relaxed);
            return Err(io::Error::other("it unpacks to too much"));
        }
        let read = self.inner.read(buffer)?;
        self.given += read as u64;
        Ok(read)
    }
}
