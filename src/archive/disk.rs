//! The few things that the spool asks of a disk, so that tests can be the disk: full, failing, slow, or cut from power.

use std::fs::{self, File, OpenOptions};
use std::io;
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
