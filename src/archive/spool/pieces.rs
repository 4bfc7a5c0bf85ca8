//! Reading segments back in pieces past the page cache. A segment is written past it, so that what
//! is read through it comes from the disk all the same, and is copied out of memory that nobody
//! touched before: that was a fifth of what sealing costs. Blocks of a call that lie near each
//! other come in one piece.

use super::super::disk::{ALIGNED, Aligned, past_the_cache};
use super::{BLOCK_HEADER, BlockRef};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// So much is read at a time: it stays in a processor's cache until it is copied out.
const PIECE: usize = 256 << 10;
/// Of other calls between two blocks, so much is read along: a further read would cost more.
const BETWEEN: u64 = 32 << 10;

/// The piece of a segment that was read last.
pub(super) struct Pieces {
    room: Aligned,
    segment: u64,
    start: u64,
    length: usize,
}

impl Pieces {
    pub fn new() -> Pieces {
        Pieces {
            room: Aligned::new(PIECE),
            segment: 0,
            start: 0,
            length: 0,
        }
    }

    /// Has a segment's file read past the page cache, where the file system can do that.
    pub fn opened(file: &File) {
        past_the_cache(file, true);
    }

    /// Forgets what was read: a segment's end may have grown since.
    pub fn forget(&mut self) {
        self.length = 0;
    }

    /// Fills `bytes` from a place in a segment; `wanted` ends what will be asked for next, one
    /// block behind the other.
    ///
    /// # Errors
    /// When the disk fails, or the segment ends before.
    pub fn read(
        &mut self,
        (file, segment): (&File, u64),
        bytes: &mut [u8],
        at: u64,
        wanted: u64,
    ) -> io::Result<()> {
        let mut filled = 0;
        while filled < bytes.len() {
            let place = at + filled as u64;
            if !self.holds(segment, place) {
                self.fetch((file, segment), place, wanted)?;
            }
            let from = (place - self.start) as usize;
            let count = (self.length - from).min(bytes.len() - filled);
            let held = &self.room.bytes()[from..from + count];
            bytes[filled..filled + count].copy_from_slice(held);
            filled += count;
        }
        Ok(())
    }

    fn holds(&self, segment: u64, place: u64) -> bool {
        let end = self.start + self.length as u64;
        self.segment == segment && (self.start..end).contains(&place)
    }

    fn fetch(&mut self, (file, segment): (&File, u64), place: u64, wanted: u64) -> io::Result<()> {
        self.length = 0;
        let start = place - place % ALIGNED as u64;
        let end = wanted.max(place + 1).next_multiple_of(ALIGNED as u64);
        let most = self.room.len().min((end - start) as usize);
        let room = &mut self.room.bytes()[..most];
        let length = loop {
            match file.read_at(room, start) {
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                // The disk wants another alignment: through the page cache, then.
                Err(why)
                    if why.kind() == io::ErrorKind::InvalidInput && past_the_cache(file, false) => {
                }
                read => break read?,
            }
        };
        if start + length as u64 <= place {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        (self.segment, self.start, self.length) = (segment, start, length);
        Ok(())
    }
}

/// Where reading may go on to in one piece from the first of these blocks: over those of the same
/// segment that lie near behind it.
pub(super) fn run(blocks: &[BlockRef]) -> u64 {
    let Some(first) = blocks.first() else {
        return 0;
    };
    let most = first.offset - first.offset % ALIGNED as u64 + PIECE as u64;
    let mut reached = end(first);
    for next in &blocks[1..] {
        let is_near = next.segment == first.segment
            && (reached..=reached + BETWEEN).contains(&next.offset)
            && end(next) <= most;
        if !is_near {
            break;
        }
        reached = end(next);
    }
    reached
}

fn end(block: &BlockRef) -> u64 {
    block.offset + (BLOCK_HEADER as u64) + u64::from(block.body_len)
}

#[cfg(test)]
mod tests {
    use super::super::BlockKind;
    use super::*;

    fn block(segment: u64, offset: u64, body_len: u32) -> BlockRef {
        BlockRef {
            segment,
            offset,
            kind: BlockKind::Packets,
            body_len,
            given: None,
        }
    }

    #[test]
    fn blocks_that_lie_near_each_other_are_one_piece() {
        let head = BLOCK_HEADER as u64;
        let near = [block(1, 100, 50), block(1, 20_000, 50)];
        assert_eq!(run(&near), 20_050 + head);
        let far = [block(1, 100, 50), block(1, 200 + head + BETWEEN, 50)];
        assert_eq!(run(&far), 150 + head);
        let elsewhere = [block(1, 100, 50), block(2, 200 + head, 50)];
        assert_eq!(run(&elsewhere), 150 + head);
        // What was written twice lies before it.
        let back = [block(1, 5_000, 50), block(1, 100, 50)];
        assert_eq!(run(&back), 5_050 + head);
        // No piece is larger than its room, whatever the first block's own length is.
        let many: Vec<BlockRef> = (0..40).map(|n| block(1, n * 20_000, 19_000)).collect();
        assert_eq!(run(&many), 12 * 20_000 + 19_000 + head);
        let large = [block(1, 100, 4 << 20), block(1, 200 + (4 << 20), 50)];
        assert_eq!(run(&large), 100 + (4 << 20) + head);
    }

    #[test]
    fn a_segment_is_read_as_it_is_whatever_is_asked_for_and_wherever_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("segment");
        let bytes: Vec<u8> = (0..700_003u32).map(|n| (n * 31 + n / 256) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let file = File::open(&path).unwrap();
        Pieces::opened(&file);
        let mut pieces = Pieces::new();
        for (at, count, ahead) in [
            (0, 1, 0),
            (4_095, 2, 100_000),
            (4_097, 60_000, 0),
            (64, 700_000 - 64, 0),
            (699_000, 1_003, 10_000_000),
            (100, 300_000, 50),
        ] {
            let mut read = vec![0; count];
            let wanted = (at + count) as u64 + ahead;
            pieces
                .read((&file, 1), &mut read, at as u64, wanted)
                .unwrap();
            assert!(read == bytes[at..at + count], "{count} at {at}");
        }
        // Behind the end there is nothing, and nothing is made up.
        let mut read = [0; 8];
        for at in [699_999, 700_003, 9_000_000] {
            let why = pieces.read((&file, 1), &mut read, at, at + 8).unwrap_err();
            assert_eq!(why.kind(), io::ErrorKind::UnexpectedEof, "at {at}");
        }
        // Another segment is another file, also at the same place.
        let other = folder.path().join("other");
        std::fs::write(&other, [7; 5_000]).unwrap();
        let other = File::open(&other).unwrap();
        pieces.read((&file, 1), &mut read, 64, 72).unwrap();
        pieces.read((&other, 2), &mut read, 64, 72).unwrap();
        assert_eq!(read, [7; 8]);
    }
}
