//! Capture files: pcap and pcapng, in either byte order, micro- and nanoseconds, plain, gzip or
//! zstd; one or several merged by time; `-` is standard input.

use crate::units::WallTime;
use crate::wire::{Frame, Link};
use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{Block, PcapBlockOwned, PcapError};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What is wrong with a capture file. Each names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CaptureFileError {
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    #[error("{0} is a folder: name the capture files in it, as in {0}/*.pcap")]
    Folder(PathBuf),
    #[error("{0} is empty: nothing was captured into it")]
    Empty(PathBuf),
    #[error(
        "{0} is no capture file: it begins as neither pcap nor pcapng; make one with `tcpdump -w`"
    )]
    NotACapture(PathBuf),
    #[error(
        "{file} ends in the middle of a packet, after {frames} whole ones: what it held was read; \
         the rest was never written or was cut off in copying"
    )]
    Truncated { file: PathBuf, frames: u64 },
    #[error("{file} is damaged after {frames} packets: what came before was read ({reason})")]
    Damaged {
        file: PathBuf,
        frames: u64,
        reason: String,
    },
}

/// One or more capture files, read as one, in the order of time.
pub struct CaptureFiles {
    files: Vec<Reader>,
    errors: Vec<CaptureFileError>,
}

impl CaptureFiles {
    /// Opens all. Files that cannot be read are left out and listed by
    /// [`CaptureFiles::into_errors`], so that one bad file costs nothing else.
    pub fn open(paths: &[PathBuf]) -> CaptureFiles {
        let mut all = CaptureFiles {
            files: Vec::new(),
            errors: Vec::new(),
        };
        for path in paths {
            match Reader::open(path) {
                Ok(mut reader) => match reader.advance() {
                    Ok(_) => all.files.push(reader),
                    Err(error) => all.errors.push(error),
                },
                Err(error) => all.errors.push(error),
            }
        }
        all
    }

    /// Gives the next frame of all files by time; the frame is only lent until the next call.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        for file in &mut self.files {
            if std::mem::take(&mut file.taken)
                && let Err(error) = file.advance()
            {
                self.errors.push(error);
            }
        }
        // The first of those that come earliest.
        let earliest = self
            .files
            .iter_mut()
            .filter(|f| f.has_frame)
            .min_by_key(|f| f.at)?;
        earliest.taken = true;
        Some(earliest.frame())
    }

    /// What was wrong, in the order found.
    pub fn into_errors(self) -> Vec<CaptureFileError> {
        self.errors
    }
}

struct Interface {
    link: Link,
    /// Ticks per second of its timestamps, and seconds to add.
    resolution: u64,
    offset: i64,
}

struct Reader {
    path: PathBuf,
    /// How much the reader's buffer holds.
    buffer: usize,
    reader: Box<dyn PcapReaderIterator>,
    interfaces: Vec<Interface>,
    /// How a pcap file lays its records out; `None` in a pcapng.
    records: Option<Records>,
    frames: u64,
    // The frame at hand: it stays where it was read.
    has_frame: bool,
    taken: bool,
    at: WallTime,
    interface: u16,
    link: Link,
    original_len: usize,
    bytes: Range<usize>,
    /// Up to where what was read has been given out; let go of when more is read.
    used: usize,
}

/// A pcap file's records (draft-ietf-opsawg-pcap-04 §5): four numbers of 32 bits, then the packet.
#[derive(Debug, Clone, Copy)]
struct Records {
    nanoseconds: bool,
    big_endian: bool,
    /// A kind of old with longer heads, which is left to the library.
    modified: bool,
}

/// Seconds, their fraction, captured and original length.
const RECORD_HEADER: usize = 16;

impl Records {
    fn time(self, seconds: u32, fraction: u32) -> WallTime {
        let micros = if self.nanoseconds {
            fraction / 1000
        } else {
            fraction
        };
        WallTime(i64::from(seconds) * 1_000_000 + i64::from(micros))
    }

    /// The record at the beginning, if all of it is there: its time, its packet's length on the
    /// wire, and as captured.
    #[inline]
    fn first(self, bytes: &[u8]) -> Option<(WallTime, usize, usize)> {
        let head = bytes
            .first_chunk::<RECORD_HEADER>()
            .filter(|_| !self.modified)?
            .as_chunks::<4>()
            .0;
        let [seconds, fraction, captured, original] = [0, 1, 2, 3].map(|n: usize| {
            if self.big_endian {
                u32::from_be_bytes(head[n])
            } else {
                u32::from_le_bytes(head[n])
            }
        });
        let captured = captured as usize;
        (captured <= bytes.len() - RECORD_HEADER)
            .then(|| (self.time(seconds, fraction), original as usize, captured))
    }
}

/// Larger than what captures hold, by the 262,144 bytes that tcpdump cuts at; and small, so that
/// what was read is still near the processor when it is looked at.
const BUFFER: usize = 320 << 10;
/// It grows for a capture whose blocks are larger, up to this.
const LARGEST_BLOCK: usize = 16 << 20;

impl Reader {
    fn open(path: &Path) -> Result<Reader, CaptureFileError> {
        let io_error = |e| CaptureFileError::Io(path.to_owned(), e);
        let input: Box<dyn Read + Send> = match path.to_str() {
            Some("-") => Box::new(io::stdin()),
            _ if path.is_dir() => return Err(CaptureFileError::Folder(path.to_owned())),
            _ => Box::new(File::open(path).map_err(io_error)?),
        };
        let input = decompressed(input).map_err(io_error)?;
        let reader = pcap_parser::create_reader(BUFFER, input).map_err(|e| match e {
            PcapError::Eof => CaptureFileError::Empty(path.to_owned()),
            PcapError::ReadError => io_error(io::Error::other(
                "it cannot be read, or is damaged where it was compressed",
            )),
            _ => CaptureFileError::NotACapture(path.to_owned()),
        })?;
        Ok(Reader {
            path: path.to_owned(),
            reader,
            buffer: BUFFER,
            interfaces: Vec::new(),
            records: None,
            frames: 0,
            has_frame: false,
            taken: false,
            at: WallTime(0),
            interface: 0,
            link: Link::Ethernet,
            original_len: 0,
            bytes: 0..0,
            used: 0,
        })
    }

    /// Reads on to the next frame; `Ok(false)` at the end.
    fn advance(&mut self) -> Result<bool, CaptureFileError> {
        // Nearly all records of a pcap file are there whole: to have the library look at each takes
        // a sixth of the tap's time. It reads, and sees to what is not so.
        if let Some((at, original_len, captured)) = self
            .records
            .and_then(|r| r.first(self.reader.data().get(self.used..)?))
        {
            let start = self.used + RECORD_HEADER;
            (self.at, self.original_len, self.bytes, self.used) =
                (at, original_len, start..start + captured, start + captured);
            self.frames += 1;
            self.has_frame = true;
            return Ok(true);
        }
        self.has_frame = false;
        loop {
            // The rest is moved to the front once, when more is read; `consume` would do it
            // whenever half is used.
            self.reader.consume_noshift(std::mem::take(&mut self.used));
            let buffer = self.reader.data().as_ptr().addr();
            let problem = match self.reader.next() {
                Ok((used, block)) => {
                    self.used = used;
                    let Some((at, interface, original_len, bytes)) =
                        take(&block, &mut self.interfaces, &mut self.records)
                    else {
                        continue;
                    };
                    let start = bytes.as_ptr().addr() - buffer;
                    self.bytes = start..start + bytes.len();
                    self.link = self
                        .interfaces
                        .get(usize::from(interface))
                        .map_or(Link::Other(u32::MAX), |i| i.link);
                    (self.at, self.interface, self.original_len) = (at, interface, original_len);
                    self.frames += 1;
                    self.has_frame = true;
                    return Ok(true);
                }
                Err(PcapError::Eof) => return Ok(false),
                Err(PcapError::Incomplete(_)) => None,
                Err(PcapError::BufferTooSmall) if self.buffer < LARGEST_BLOCK => {
                    self.buffer *= 2;
                    self.reader.grow(self.buffer);
                    None
                }
                Err(PcapError::UnexpectedEof) => return Err(self.truncated()),
                Err(error) => Some(short(&error)),
            };
            if let Some(reason) = problem {
                return Err(CaptureFileError::Damaged {
                    file: self.path.clone(),
                    frames: self.frames,
                    reason,
                });
            }
            if self.reader.reader_exhausted() || self.reader.refill().is_err() {
                return Err(self.truncated());
            }
        }
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            at: self.at,
            interface: self.interface,
            link: self.link,
            bytes: &self.reader.data()[self.bytes.clone()],
            original_len: self.original_len,
        }
    }

    fn truncated(&self) -> CaptureFileError {
        CaptureFileError::Truncated {
            file: self.path.clone(),
            frames: self.frames,
        }
    }
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

fn short<T: std::fmt::Debug>(error: &PcapError<T>) -> String {
    format!("{error:?}")
        .split(['(', ' '])
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Looks through gzip (RFC 1952) and zstd (RFC 8878) by their first bytes.
fn decompressed(mut input: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut magic = [0; 4];
    let mut have = 0;
    while have < 4 {
        match input.read(&mut magic[have..])? {
            0 => break,
            n => have += n,
        }
    }
    let whole = Prefixed {
        prefix: magic[..have].to_vec(),
        rest: input,
    };
    Ok(match magic {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(whole)),
        [0x28, 0xb5, 0x2f, 0xfd] => {
            Box::new(ruzstd::decoding::StreamingDecoder::new(whole).map_err(io::Error::other)?)
        }
        _ => Box::new(whole),
    })
}

/// Takes what a block says; of a packet its time, interface, length on the wire and bytes.
fn take<'a>(
    block: &'a PcapBlockOwned<'_>,
    interfaces: &mut Vec<Interface>,
    records: &mut Option<Records>,
) -> Option<(WallTime, u16, usize, &'a [u8])> {
    match block {
        PcapBlockOwned::LegacyHeader(header) => {
            *records = Some(Records {
                nanoseconds: header.is_nanosecond_precision(),
                big_endian: header.is_bigendian(),
                modified: header.is_modified_format(),
            });
            *interfaces = vec![Interface {
                link: Link::from(header.network.0 as u32),
                resolution: 0,
                offset: 0,
            }];
            None
        }
        PcapBlockOwned::Legacy(packet) => {
            let at = records.as_ref()?.time(packet.ts_sec, packet.ts_usec);
            Some((at, 0, packet.origlen as usize, packet.data))
        }
        PcapBlockOwned::NG(Block::SectionHeader(_)) => {
            interfaces.clear();
            None
        }
        PcapBlockOwned::NG(Block::InterfaceDescription(i)) => {
            interfaces.push(Interface {
                link: Link::from(i.linktype.0 as u32),
                resolution: i.ts_resolution().unwrap_or(1_000_000),
                offset: i.if_tsoffset,
            });
            None
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let interface = interfaces.get(packet.if_id as usize)?;
            let ticks = (u64::from(packet.ts_high) << 32) | u64::from(packet.ts_low);
            let micros =
                (u128::from(ticks) * 1_000_000 / u128::from(interface.resolution.max(1))) as i64;
            Some((
                WallTime(micros + interface.offset * 1_000_000),
                packet.if_id as u16,
                packet.origlen as usize,
                packet.packet_data(),
            ))
        }
        // Simple packets have no time: there is nothing to place them by.
        PcapBlockOwned::NG(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pcap of packets of growing length, more than the buffer holds.
    fn pcap(magic: u32, big_endian: bool, padding: usize) -> Vec<u8> {
        let number = |n: u32| {
            if big_endian {
                n.to_be_bytes()
            } else {
                n.to_le_bytes()
            }
        };
        let mut file = [magic, 4 << 16 | 2, 0, 0, 262_144, 1].map(number).concat();
        for n in 0..1000_u32 {
            file.extend([n, 500_000 + n, n, n + 7].map(number).concat());
            file.extend(vec![0; padding]);
            file.extend(vec![n as u8; n as usize]);
        }
        file
    }

    fn read(bytes: &[u8]) -> (Vec<(i64, usize, usize)>, Vec<CaptureFileError>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut files = CaptureFiles::open(&[file.path().to_owned()]);
        let mut frames = Vec::new();
        while let Some(frame) = files.next_frame() {
            assert!(frame.bytes.iter().all(|b| *b == frame.bytes.len() as u8));
            frames.push((frame.at.micros(), frame.bytes.len(), frame.original_len));
        }
        (frames, files.into_errors())
    }

    #[test]
    fn records_are_read_in_either_order_and_fineness() {
        for (kind, magic, big_endian, padding) in [
            ("le", 0xa1b2_c3d4, false, 0),
            ("be", 0xa1b2_c3d4, true, 0),
            ("le-nano", 0xa1b2_3c4d, false, 0),
            ("be-nano", 0xa1b2_3c4d, true, 0),
            ("modified", 0xa1b2_cd34, false, 8),
        ] {
            let (frames, errors) = read(&pcap(magic, big_endian, padding));
            assert!(errors.is_empty(), "{kind}: {errors:?}");
            let fraction = |n: i64| {
                if kind.ends_with("nano") {
                    (500_000 + n) / 1000
                } else {
                    500_000 + n
                }
            };
            let wanted: Vec<(i64, usize, usize)> = (0..1000)
                .map(|n| (n * 1_000_000 + fraction(n), n as usize, n as usize + 7))
                .collect();
            assert_eq!(frames, wanted, "{kind}");
        }
    }

    #[test]
    fn a_file_that_was_cut_gives_what_is_whole() {
        let whole = pcap(0xa1b2_c3d4, false, 0);
        let last = 16 + 999;
        for (cut, frames) in [
            (last, 999),
            (last - 1, 999),
            (last - 16, 999),
            (last - 17, 999),
            (1, 999),
            (last + 1, 998),
        ] {
            let (read, errors) = read(&whole[..whole.len() - cut]);
            assert_eq!(read.len(), frames, "{cut}");
            match errors.as_slice() {
                [] => assert_eq!(cut, last),
                [
                    CaptureFileError::Truncated {
                        frames: counted, ..
                    },
                ] => {
                    assert_eq!(*counted, frames as u64)
                }
                other => panic!("{cut}: {other:?}"),
            }
        }
        // A length that no capture has.
        let mut wild = whole;
        wild[24 + 8..24 + 12].copy_from_slice(&u32::MAX.to_le_bytes());
        let (read, errors) = read(&wild);
        assert_eq!((read.len(), errors.len()), (0, 1));
    }
}
