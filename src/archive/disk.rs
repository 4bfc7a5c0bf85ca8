//! The few things that the spool asks of a disk, so that tests can be the disk: full, failing,
//! slow, or cut from power.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A folder's files.
pub trait Disk: Send + Sync {
    /// Makes a file that must not be there yet.
    ///
    /// # Errors
    /// When it is there, or the disk fails.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// # Errors
    /// When the disk fails.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes names outlast a power cut.
    ///
    /// # Errors
    /// When the disk fails.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// A file that grows in whole pages.
pub trait DiskFile: Send {
    /// Writes all of it at a place; on an error any part may have been written. Place and length
    /// are multiples of 4,096, and bytes that were written there before come again.
    ///
    /// # Errors
    /// When the disk is full or fails.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts the file off at a length.
    ///
    /// # Errors
    /// When the disk fails.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
    /// Returns once the bytes would outlast a power cut.
    ///
    /// # Errors
    /// When the disk fails; nothing is known then of what was written since the last success.
    fn sync(&mut self) -> io::Result<()>;
}

/// The real one.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        past_the_cache(&file, true);
        Ok(Box::new(LocalFile(file)))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

struct LocalFile(File);

impl DiskFile for LocalFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self.0.write_all_at(bytes, offset) {
            // The disk wants another alignment: through the page cache, then.
            Err(error)
                if error.kind() == io::ErrorKind::InvalidInput
                    && past_the_cache(&self.0, false) =>
            {
                self.0.write_all_at(bytes, offset)
            }
            done => done,
        }
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Has a file written past the page cache, or through it again; whether the file system can do
/// that.
fn past_the_cache(file: &File, past: bool) -> bool {
    // SAFETY: the descriptor is the file's own and open; the flags are a plain number.
    let done = unsafe {
        libc::fcntl(
            file.as_raw_fd(),
            libc::F_SETFL,
            if past { libc::O_DIRECT } else { 0 },
        )
    };
    done == 0
}

/// Memory of whole pages that begins at one, as a disk wants it that is written past the page
/// cache.
pub(super) struct Aligned {
    room: Vec<u8>,
    start: usize,
    length: usize,
}

impl Aligned {
    /// Of this length in bytes, rounded up to whole pages.
    pub fn new(length: usize) -> Aligned {
        let length = length.next_multiple_of(ALIGNED).max(ALIGNED);
        let room = vec![0; length + ALIGNED];
        let start = room.as_ptr().align_offset(ALIGNED);
        Aligned {
            room,
            start,
            length,
        }
    }

    /// All of it.
    pub fn bytes(&mut self) -> &mut [u8] {
        &mut self.room[self.start..self.start + self.length]
    }

    /// In bytes.
    pub fn len(&self) -> usize {
        self.length
    }
}

/// What a disk wants its buffers, places and lengths to be multiples of.
pub(super) const ALIGNED: usize = 4096;
/// What a file gathers before it is written: a write costs what it holds and something of its own,
/// so few are better.
const GATHERED: usize = 1 << 20;
/// So much of that memory is touched ahead of what comes.
const AHEAD: usize = ALIGNED;
/// What a processor fetches at a time.
const LINE: usize = 64;
/// Smaller files are not worth the detour.
const LEAST_DIRECT: usize = 128 << 10;

/// A new file, written from its beginning to its end and then synced. What comes gathers in memory
/// and goes to the disk in large pieces, past the page cache where the file system can do that:
/// it may not be read for hours, and copying it there costs more than all else that is done to
/// write it.
pub(super) struct NewFile {
    file: File,
    room: Aligned,
    filled: usize,
    length: u64,
    direct: bool,
}

impl NewFile {
    /// Of an empty file. `room` is memory of an earlier one.
    pub fn of(file: File, room: Option<Aligned>) -> NewFile {
        NewFile {
            file,
            room: room.unwrap_or_else(|| Aligned::new(GATHERED)),
            filled: 0,
            length: 0,
            direct: false,
        }
    }

    /// Writes what is left and returns once all of it would outlast a power cut; gives the memory
    /// back.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn finish(mut self) -> io::Result<Aligned> {
        self.put()?;
        self.file.sync_all()?;
        Ok(self.room)
    }

    fn put(&mut self) -> io::Result<()> {
        if self.length == 0 && self.filled >= LEAST_DIRECT {
            self.direct = past_the_cache(&self.file, true);
        }
        let (count, offset) = (self.filled, self.length);
        let gathered = self.room.bytes();
        if self.direct {
            let padded = count.next_multiple_of(ALIGNED);
            gathered[count..padded].fill(0);
            match self.file.write_all_at(&gathered[..padded], offset) {
                // The disk wants another alignment: through the page cache, then.
                Err(error)
                    if error.kind() == io::ErrorKind::InvalidInput
                        && past_the_cache(&self.file, false) =>
                {
                    self.direct = false
                }
                done => done?,
            }
            if self.direct && padded > count {
                self.file.set_len(offset + count as u64)?;
            }
        }
        if !self.direct {
            self.file.write_all_at(&gathered[..count], offset)?;
        }
        self.length += count as u64;
        self.filled = 0;
        Ok(())
    }
}

impl io::Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = &mut self.room.bytes()[self.filled..];
        let taken = bytes.len().min(left.len());
        left[..taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        if self.filled == self.room.len() {
            self.put()?;
        }
        // The disk has read this memory since it was last filled, which takes it out of the
        // processor's cache. Touched, it comes back while the next piece is made and hashed.
        self.room.bytes()[self.filled..]
            .chunks_mut(LINE)
            .take(AHEAD / LINE)
            .for_each(|line| line[0] = 0);
        Ok(taken)
    }

    /// Nothing: only whole pages go past the page cache.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_holds_what_was_written_whatever_its_length_and_its_memory_held_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut room = None;
        let lengths = [
            3 * GATHERED - 1,
            0,
            1,
            LEAST_DIRECT - 1,
            LEAST_DIRECT,
            ALIGNED * 33 + 7,
            GATHERED - 1,
            GATHERED,
            GATHERED + 1,
            2 * GATHERED + ALIGNED,
        ];
        for (n, length) in lengths.into_iter().enumerate() {
            let bytes: Vec<u8> = (0..length)
                .map(|i| (i * 31 + i / 4096 + n) as u8 | 1)
                .collect();
            let path = folder.path().join(n.to_string());
            let mut file = NewFile::of(File::create(&path).unwrap(), room);
            // Pieces that divide nothing.
            bytes
                .chunks(4099)
                .for_each(|piece| file.write_all(piece).unwrap());
            room = Some(file.finish().unwrap());
            assert!(fs::read(&path).unwrap() == bytes, "{length} bytes");
        }
    }
}
