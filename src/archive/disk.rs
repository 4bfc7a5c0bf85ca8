//! The few things that the spool asks of a disk, so that tests can be the disk: full, failing, slow, or cut from power.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
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
    /// Writes all of it at a place; on an error any part may have been written. Place and length are multiples of 4,096, and
    /// bytes that were written there before come again.
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
            Err(error) if error.kind() == io::ErrorKind::InvalidInput && past_the_cache(&self.0, false) => self.0.write_all_at(bytes, offset),
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

/// Has a file written past the page cache, or through it again; whether the file system can do that.
fn past_the_cache(file: &File, past: bool) -> bool {
    // SAFETY: the descriptor is the file's own and open; flags are a plain number.
    let done = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, if past { libc::O_DIRECT } else { 0 }) };
    done == 0
}

/// Memory of whole pages that begins at one, as a disk wants it that is written past the page cache.
pub(super) struct Aligned {
    room: Vec<u8>,
    start: usize,
    length: usize,
}

impl Aligned {
    pub fn new(length: usize) -> Aligned {
        let length = length.next_multiple_of(ALIGNED).max(ALIGNED);
        let room = vec![0; length + ALIGNED];
        let start = room.as_ptr().align_offset(ALIGNED);
        Aligned { room, start, length }
    }

    pub fn bytes(&mut self) -> &mut [u8] {
        &mut self.room[self.start..self.start + self.length]
    }

    pub fn len(&self) -> usize {
        self.length
    }
}

/// What a disk wants its buffers, places and lengths to be multiples of.
pub(super) const ALIGNED: usize = 4096;
const DIRECT_CHUNK: usize = 1 << 20;
/// Smaller files are not worth the detour.
const LEAST_DIRECT: usize = 256 << 10;

/// Writes a whole new file and syncs it. A large one goes past the page cache where the file system can do that: nobody
/// may read it for hours, and copying it there costs more than all else that is done to write it.
///
/// # Errors
/// When the disk is full or fails.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = match File::options().write(true).create(true).truncate(true).custom_flags(libc::O_DIRECT).open(path) {
        Ok(file) if bytes.len() >= LEAST_DIRECT => write_direct(file, path, bytes)?,
        _ => {
            let file = File::create(path)?;
            file.write_all_at(bytes, 0)?;
            file
        }
    };
    file.sync_all()
}

fn write_direct(file: File, path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut room = Aligned::new(DIRECT_CHUNK);
    for (number, part) in bytes.chunks(DIRECT_CHUNK).enumerate() {
        let padded = part.len().next_multiple_of(ALIGNED);
        let chunk = &mut room.bytes()[..padded];
        chunk[..part.len()].copy_from_slice(part);
        chunk[part.len()..].fill(0);
        match file.write_all_at(chunk, (number * DIRECT_CHUNK) as u64) {
            // The disk wants another alignment.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                let file = File::create(path)?;
                file.write_all_at(bytes, 0)?;
                return Ok(file);
            }
            done => done?,
        }
    }
    file.set_len(bytes.len() as u64)?;
    Ok(file)
}
