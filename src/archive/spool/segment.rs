//! The segment that is appended to. What is appended gathers in memory and is written in large
//! pieces of whole pages, the last one padded with zeros and written again when more has come: so a
//! disk is asked seldom, nothing is copied through the page cache where the file system can do
//! without it, and no byte that was synced ever changes.

use super::super::cipher::lock_block;
use super::super::disk::{ALIGNED, Aligned, DiskFile};
use super::super::keys::{DataKey, WRAPPED};
use super::job::SpoolSettings;
use super::{
    BLOCK_HEADER, BLOCK_MAGIC, BLOCK_TAIL, BlockKind, BlockRef, CIPHER_AES_256_GCM, Given,
    SEGMENT_HEADER, SEGMENT_MAGIC, VERSION, about, checksum, segment_name,
};
use crate::units::WallTime;
use std::io;
use uuid::Uuid;

pub(super) struct Segment {
    file: Box<dyn DiskFile>,
    /// Names its file, in 16 hexadecimal digits.
    pub number: u64,
    /// Of what was appended; the file may be shorter, or longer by what pads its last page.
    pub length: u64,
    tail: Tail,
    key: Option<DataKey>,
    /// Of the next block; never the same twice under a key, also when a write failed.
    block: u64,
    /// A write failed and could not be cut off again: nothing may follow it.
    pub broken: bool,
    /// A sync failed: a later one that succeeds proves nothing.
    pub suspect: bool,
}

/// What of the file's end is in memory: all behind the last page that will not change.
struct Tail {
    room: Aligned,
    /// Where in the file it begins, a multiple of a page.
    start: u64,
    filled: usize,
    /// Up to where the file has it.
    written: u64,
    /// Some of it is not in the file yet.
    dirty: bool,
}

impl Segment {
    /// Begins a segment, and makes its name outlast a power cut.
    pub fn create(settings: &SpoolSettings, number: u64, now: WallTime) -> io::Result<Segment> {
        let fresh = settings.keyring.fresh()?;
        let mut header = vec![0; SEGMENT_HEADER];
        header[..8].copy_from_slice(SEGMENT_MAGIC);
        header[8..10].copy_from_slice(&VERSION.to_le_bytes());
        header[16..24].copy_from_slice(&now.micros().to_le_bytes());
        let key = fresh.map(|(key, id, wrapped): (DataKey, _, [u8; WRAPPED])| {
            header[10..12].copy_from_slice(&CIPHER_AES_256_GCM.to_le_bytes());
            header[24..56].copy_from_slice(&id);
            header.extend_from_slice(&wrapped);
            settings.keyring.remember_segment(number, &key);
            key
        });
        let length = header.len() as u32;
        header[12..16].copy_from_slice(&length.to_le_bytes());
        let file = settings
            .disk
            .create(&settings.dir.join(segment_name(number)))?;
        let tail = Tail {
            room: Aligned::new(settings.write_bytes),
            start: 0,
            filled: 0,
            written: 0,
            dirty: false,
        };
        let mut segment = Segment {
            file,
            number,
            length: 0,
            tail,
            key,
            block: 0,
            broken: false,
            suspect: false,
        };
        segment.gather(&[&header])?;
        segment.sync()?;
        // The name must outlast a power cut as well as the bytes.
        settings.disk.sync_folder(&settings.dir)?;
        Ok(segment)
    }

    /// Appends a block; after a failure the segment ends where it ended before. It is in the file
    /// after [`Segment::flush`], and outlasts a power cut after [`Segment::sync`].
    pub fn append(
        &mut self,
        id: Uuid,
        (kind, given): (BlockKind, Option<Given>),
        body: &[u8],
        scratch: &mut Vec<u8>,
    ) -> io::Result<BlockRef> {
        let body_len = (body.len() + if self.key.is_some() { BLOCK_TAIL } else { 0 }) as u32;
        let mut header = [0; BLOCK_HEADER];
        header[..4].copy_from_slice(BLOCK_MAGIC);
        header[4] = kind as u8;
        header[5..8].copy_from_slice(&Given::to_bytes(given));
        header[8..12].copy_from_slice(&body_len.to_le_bytes());
        header[16..].copy_from_slice(id.as_bytes());
        let body = match &self.key {
            Some(key) => {
                let number = self.block;
                self.block += 1;
                let mut plain = std::mem::take(scratch);
                plain.clear();
                plain.extend_from_slice(body);
                *scratch = lock_block(key, number, &about(&header), plain)?;
                scratch.extend_from_slice(&number.to_le_bytes());
                &scratch[..]
            }
            None => body,
        };
        let crc = checksum(&header, body);
        header[12..16].copy_from_slice(&crc.to_le_bytes());
        let block = BlockRef {
            segment: self.number,
            offset: self.length,
            kind,
            body_len,
            given,
        };
        self.gather(&[&header, body])?;
        Ok(block)
    }

    /// All of the parts or, on an error, none.
    fn gather(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let (start, filled) = (self.tail.start, self.tail.filled);
        let done = parts
            .iter()
            .try_for_each(|part| self.tail.take(part, self.file.as_mut()));
        match done {
            Ok(()) => self.length += parts.iter().map(|p| p.len() as u64).sum::<u64>(),
            Err(_) if self.tail.start == start => {
                self.tail.filled = filled;
                self.broken = self.file.truncate(self.length).is_err();
            }
            // Part of it is in the file for good; what came before it is, too.
            Err(_) => {
                (self.tail.filled, self.tail.dirty) = (0, false);
                self.broken = true;
            }
        }
        done
    }

    /// Whether a block of this segment is in its file.
    pub fn holds(&self, block: &BlockRef) -> bool {
        block.offset + BLOCK_HEADER as u64 + u64::from(block.body_len) <= self.tail.written
    }

    /// Hands to the system what was appended: it outlasts this process.
    pub fn flush(&mut self) -> io::Result<()> {
        self.tail.flush(self.file.as_mut())
    }

    /// # Errors
    /// When the disk fails: nothing is known then of what was appended since the last success.
    pub fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        self.file.sync()
    }
}

impl Tail {
    fn take(&mut self, mut bytes: &[u8], file: &mut dyn DiskFile) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = &mut self.room.bytes()[self.filled..];
            let now = bytes.len().min(room.len());
            room[..now].copy_from_slice(&bytes[..now]);
            (self.filled, self.dirty) = (self.filled + now, true);
            bytes = &bytes[now..];
            if self.filled == self.room.len() {
                self.flush(file)?;
            }
        }
        Ok(())
    }

    /// Writes all of it, padded to whole pages; keeps the last page unless it is full.
    fn flush(&mut self, file: &mut dyn DiskFile) -> io::Result<()> {
        if !self.dirty {
            return Ok(());
        }
        let padded = self.filled.next_multiple_of(ALIGNED);
        let room = self.room.bytes();
        room[self.filled..padded].fill(0);
        file.write_at(&room[..padded], self.start)?;
        self.written = self.start + self.filled as u64;
        let whole = self.filled - self.filled % ALIGNED;
        room.copy_within(whole..self.filled, 0);
        (self.start, self.filled, self.dirty) =
            (self.start + whole as u64, self.filled - whole, false);
        Ok(())
    }
}
