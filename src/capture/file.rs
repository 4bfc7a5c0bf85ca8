//! Capture files: pcap and pcapng, in either byte order, micro- and nanoseconds, plain, gzip or
//! zstd; one or several merged by time; `-` is standard input.

use super::blocks::{Interface, RECORD_HEADER, Records, take};
use super::unpack::{Stopped, unpacked};
use crate::confine::limits;
use crate::units::WallTime;
use crate::wire::{Frame, Link};
use pcap_parser::PcapError;
use pcap_parser::traits::PcapReaderIterator;
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
    #[error(
        "{file} unpacks to more than {} times its size, as no capture of calls does: what came \
         before, {frames} packets, was read; if it is one all the same, unpack it and name the \
         result",
        limits::CAPTURE_RATIO
    )]
    Bomb { file: PathBuf, frames: u64 },
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

struct Reader {
    path: PathBuf,
    /// How much the reader's buffer holds.
    buffer: usize,
    reader: Box<dyn PcapReaderIterator>,
    /// Why nothing more is read, where it is packed.
    stopped: Stopped,
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

/// Larger than what captures hold, by the 262,144 bytes that tcpdump cuts at; and small, so that
/// what was read is still near the processor when it is looked at.
const BUFFER: usize = 320 << 10;
impl Reader {
    fn open(path: &Path) -> Result<Reader, CaptureFileError> {
        let io_error = |e| CaptureFileError::Io(path.to_owned(), e);
        let input: Box<dyn Read + Send> = match path.to_str() {
            Some("-") => Box::new(io::stdin()),
            _ if path.is_dir() => return Err(CaptureFileError::Folder(path.to_owned())),
            _ => Box::new(File::open(path).map_err(io_error)?),
        };
        let (input, stopped) = unpacked(input).map_err(io_error)?;
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
            stopped,
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
                    let taken = take(&block, &mut self.interfaces, &mut self.records);
                    let (at, interface, original_len, bytes) = match taken {
                        Ok(Some(packet)) => packet,
                        Ok(None) => continue,
                        Err(reason) => {
                            return Err(CaptureFileError::Damaged {
                                file: self.path.clone(),
                                frames: self.frames,
                                reason: reason.to_owned(),
                            });
                        }
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
                Err(PcapError::BufferTooSmall) if self.buffer < limits::CAPTURE_BLOCK => {
                    self.buffer = (self.buffer * 2).min(limits::CAPTURE_BLOCK);
                    self.reader.grow(self.buffer);
                    None
                }
                Err(PcapError::UnexpectedEof) => return Err(self.truncated()),
                Err(PcapError::BufferTooSmall) => {
                    let most = limits::CAPTURE_BLOCK >> 20;
                    Some(format!("a block claims more than {most} MiB"))
                }
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
        if self.stopped.is() {
            return CaptureFileError::Bomb {
                file: self.path.clone(),
                frames: self.frames,
            };
        }
        CaptureFileError::Truncated {
            file: self.path.clone(),
            frames: self.frames,
        }
    }
}

fn short<T: std::fmt::Debug>(error: &PcapError<T>) -> String {
    format!("{error:?}")
        .split(['(', ' '])
        .next()
        .unwrap_or_default()
        .to_owned()
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
