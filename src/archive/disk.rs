//! The few things that the spool asks of a disk, so that tests can be the disk: full, failing, slow, or cut from power.

use std::fs::{self, File, OpenOptions};
use std::io;
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

/// A file that is only appended to.
pub trait DiskFile: Send {
    /// Appends all of it; on an error any part may have been written.
    ///
    /// # Errors
    /// When the disk is full or fails.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file off at a length and appends from there.
    ///
    /// # Errors
    /// When the disk fails.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
    /// Returns once the bytes would outlast a power cut.
    ///
    /// # Errors
    /// When the disk fails; nothing is known then of what was appended since the last success.
    fn sync(&mut self) -> io::Result<()>;
}

/// The real one.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(LocalFile { file: OpenOptions::new().write(true).create_new(true).open(path)?, length: 0 }))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

struct LocalFile {
    file: File,
    /// Where the next bytes go: what a failed write left behind is written over.
    length: u64,
}

impl DiskFile for LocalFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.length)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.length = length;
        self.file.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// What a disk wants its buffers, places and lengths to be multiples of.
const ALIGNED: usize = 4096;
const DIRECT_CHUNK: usize = 256 << 10;
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
    let mut room = vec![0; DIRECT_CHUNK + ALIGNED];
    let start = room.as_ptr().align_offset(ALIGNED);
    for (number, part) in bytes.chunks(DIRECT_CHUNK).enumerate() {
        let padded = part.len().next_multiple_of(ALIGNED);
        let chunk = &mut room[start..start + padded];
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
