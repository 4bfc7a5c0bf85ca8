//! A stored Ogg Opus recording as PCM WAV, in whatever range of bytes is asked for: an hour of it
//! is 690 MB, and nobody makes that to play a minute.

use super::decode::{decoder, split};
use super::error::{ArchiveError, Result};

/// Opus counts time at 48 kHz (RFC 7845 §4).
const RATE: u32 = 48_000;
/// Two lanes of 16 bits.
const FRAME: u64 = 4;
const HEADER: u64 = 44;
/// Decoding begins this much before what is asked for, at least: decoders meet again after 80 ms
/// (RFC 7845 §4.6).
const PRE_ROLL: u64 = RATE as u64 / 4;
const LONGEST_FRAME: usize = 5760;

/// One page of packets that all end on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    /// Its first byte, and the one after its last.
    bytes: (u64, u64),
    /// In samples, with what is skipped at the start.
    samples: (u64, u64),
}

/// Where in a recording which second lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    pages: Vec<Page>,
    pre_skip: u64,
}

impl Pages {
    /// Of a stored recording, from its plain bytes.
    ///
    /// # Errors
    /// When it is not what `encode` writes.
    pub fn of(bytes: &[u8]) -> Result<Pages> {
        let (mut pages, mut at, mut pre_skip, mut before) = (Vec::new(), 0, None, 0);
        while let Some(header) = bytes.get(at..at + 27).filter(|h| h.starts_with(b"OggS")) {
            let granule = u64::from_le_bytes(header[6..14].try_into().unwrap_or_default());
            let segments = usize::from(header[26]);
            let table = bytes.get(at + 27..at + 27 + segments).ok_or_else(cut)?;
            let body: usize = table.iter().map(|s| usize::from(*s)).sum();
            let start = at + 27 + segments;
            let end = start + body;
            if end > bytes.len() {
                return Err(cut());
            }
            if let Some(head) = bytes[start..end].strip_prefix(b"OpusHead") {
                let skip = head.get(2..4).ok_or_else(cut)?;
                pre_skip = Some(u64::from(u16::from_le_bytes([skip[0], skip[1]])));
            } else if !bytes[start..end].starts_with(b"OpusTags") {
                pages.push(Page {
                    bytes: (at as u64, end as u64),
                    samples: (before, granule),
                });
                before = granule;
            }
            at = end;
        }
        let pre_skip = pre_skip.ok_or_else(|| ArchiveError::damaged("no Ogg Opus"))?;
        let in_order = pages.iter().all(|p| p.samples.0 <= p.samples.1);
        match at == bytes.len() && in_order {
            true => Ok(Pages { pages, pre_skip }),
            false => Err(cut()),
        }
    }

    /// Bytes of the whole WAV.
    #[must_use]
    pub fn wav_length(&self) -> u64 {
        let end = self.pages.last().map_or(0, |p| p.samples.1);
        HEADER + end.saturating_sub(self.pre_skip) * FRAME
    }

    /// The WAV's bytes from `first` to before `end`; `read` gives stored bytes by place and count.
    ///
    /// # Errors
    /// When they cannot be read or decoded.
    pub fn wav(
        &self,
        first: u64,
        end: u64,
        read: impl FnOnce(u64, usize) -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let end = end.min(self.wav_length());
        let mut wav = Vec::with_capacity(end.saturating_sub(first) as usize);
        if first < HEADER {
            let header = header(self.wav_length());
            wav.extend(&header[first as usize..end.min(HEADER) as usize]);
        }
        if end <= HEADER || first >= end {
            return Ok(wav);
        }
        let from_byte = first.max(HEADER) - HEADER;
        let samples = (from_byte / FRAME, (end - HEADER).div_ceil(FRAME));
        let [left, right] = self.samples(samples, read)?;
        let mut pcm = Vec::with_capacity(left.len() * FRAME as usize);
        for (left, right) in left.iter().zip(&right) {
            pcm.extend(left.to_le_bytes());
            pcm.extend(right.to_le_bytes());
        }
        let skip = (from_byte % FRAME) as usize;
        let wanted = (end - HEADER - from_byte) as usize;
        wav.extend(pcm.get(skip..skip + wanted).ok_or_else(cut)?);
        Ok(wav)
    }

    /// Both lanes from one sample to before another.
    fn samples(
        &self,
        (first, end): (u64, u64),
        read: impl FnOnce(u64, usize) -> Result<Vec<u8>>,
    ) -> Result<[Vec<i16>; 2]> {
        let (first, end) = (first + self.pre_skip, end + self.pre_skip);
        let from = first.saturating_sub(PRE_ROLL);
        let begin = self.pages.partition_point(|p| p.samples.1 <= from);
        let finish = self.pages.partition_point(|p| p.samples.0 < end);
        let pages = self
            .pages
            .get(begin..finish)
            .filter(|p| !p.is_empty())
            .ok_or_else(cut)?;
        let (start, stop) = (pages[0].bytes.0, pages[pages.len() - 1].bytes.1);
        let stored = read(start, (stop - start) as usize)?;
        let broken = |e: opus::Error| ArchiveError::damaged(format!("the sound ({e})"));
        let mut decoders = [decoder()?, decoder()?];
        let mut lanes = [Vec::new(), Vec::new()];
        for packet in packets(&stored)? {
            let (one, two) = split(&packet).ok_or_else(cut)?;
            for ((lane, decoder), data) in lanes
                .iter_mut()
                .zip(&mut decoders)
                .zip([one.as_slice(), two])
            {
                let had: usize = Vec::len(lane);
                lane.resize(had + LONGEST_FRAME, 0);
                let got = decoder
                    .decode(data, &mut lane[had..], false)
                    .map_err(broken)?;
                lane.truncate(had + got);
            }
        }
        let skip = (first - pages[0].samples.0) as usize;
        let wanted = (end - first) as usize;
        for lane in &mut lanes {
            lane.resize(lane.len().max(skip + wanted), 0);
            lane.drain(..skip);
            lane.truncate(wanted);
        }
        Ok(lanes)
    }

    /// A part as a WAV of its own, in milliseconds of the recording.
    ///
    /// # Errors
    /// When it cannot be read or decoded.
    pub fn excerpt(
        &self,
        (from_ms, to_ms): (u64, u64),
        read: impl FnOnce(u64, usize) -> Result<Vec<u8>>,
    ) -> Result<[Vec<i16>; 2]> {
        let all = (self.wav_length() - HEADER) / FRAME;
        let at = |ms: u64| (ms * u64::from(RATE) / 1000).min(all);
        match at(from_ms) < at(to_ms) {
            true => self.samples((at(from_ms), at(to_ms)), read),
            false => Ok([Vec::new(), Vec::new()]),
        }
    }
}

/// The packets of pages in a row (RFC 3533 §6), which may begin anywhere in the file.
fn packets(pages: &[u8]) -> Result<Vec<Vec<u8>>> {
    let (mut packets, mut packet, mut at) = (Vec::new(), Vec::new(), 0);
    while at < pages.len() {
        let header = pages.get(at..at + 27).ok_or_else(cut)?;
        let segments = usize::from(header[26]);
        let table = pages.get(at + 27..at + 27 + segments).ok_or_else(cut)?;
        at += 27 + segments;
        for length in table {
            let piece = pages.get(at..at + usize::from(*length)).ok_or_else(cut)?;
            packet.extend_from_slice(piece);
            at += piece.len();
            // A shorter one ends its packet.
            if *length < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
    }
    Ok(packets)
}

fn cut() -> ArchiveError {
    ArchiveError::damaged("the sound is cut short")
}

/// RIFF WAVE of PCM, 48 kHz, two channels of 16 bits; lengths that do not fit are their most.
fn header(length: u64) -> [u8; HEADER as usize] {
    let fits = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let mut header = [0; HEADER as usize];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        header[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(b"RIFF");
    put(&fits(length - 8));
    put(b"WAVEfmt ");
    put(&16_u32.to_le_bytes());
    put(&1_u16.to_le_bytes());
    put(&2_u16.to_le_bytes());
    put(&RATE.to_le_bytes());
    put(&(RATE * FRAME as u32).to_le_bytes());
    put(&(FRAME as u16).to_le_bytes());
    put(&16_u16.to_le_bytes());
    put(b"data");
    put(&fits(length - HEADER));
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::AudioFormat;
    use crate::archive::decode::decode;
    use crate::archive::encode::encode;
    use crate::units::Hertz;

    /// Some seconds of two lanes that differ, as they are stored.
    fn stored(seconds: f32) -> Vec<u8> {
        let tone = |hertz: f32| -> Vec<i16> {
            (0..(seconds * 16_000.0) as u32)
                .map(|i| {
                    let at = i as f32 / 16_000.0;
                    ((at * hertz * std::f32::consts::TAU).sin() * 9_000.0 * (at * 0.7).cos()) as i16
                })
                .collect()
        };
        encode(
            AudioFormat::Opus,
            [&tone(440.0), &tone(710.0)],
            Hertz(16_000),
            None,
        )
        .unwrap()
    }

    #[test]
    fn the_whole_is_what_decoding_gives_and_parts_are_parts_of_it() {
        let ogg = stored(7.3);
        let pages = Pages::of(&ogg).unwrap();
        let read = |first: u64, count: usize| Ok(ogg[first as usize..][..count].to_vec());
        let whole = pages.wav(0, u64::MAX, read).unwrap();
        assert_eq!(whole.len() as u64, pages.wav_length());
        let mut reader = hound::WavReader::new(&whole[..]).unwrap();
        let both: Vec<i16> = reader.samples().map(|s| s.unwrap()).collect();
        let lanes = decode(AudioFormat::Opus, &ogg).unwrap().lanes;
        let expected: Vec<i16> = lanes[0]
            .iter()
            .zip(&lanes[1])
            .flat_map(|(l, r)| [*l, *r])
            .collect();
        assert_eq!(both, expected);
        // Any part: the same sound, to what a decoder that began later hears differently.
        for (first, end) in [
            (0, 10),
            (40, 50),
            (44, 48),
            (45, 100_003),
            (600_001, 600_002),
            (900_000, 1_300_000),
        ] {
            let part = pages.wav(first, end, read).unwrap();
            assert_eq!(part.len() as u64, end - first, "{first}");
            if first >= HEADER && first % 2 == 0 {
                let pairs = |bytes: &[u8]| -> Vec<i32> {
                    let two = bytes.chunks_exact(2);
                    two.map(|b| i32::from(i16::from_le_bytes([b[0], b[1]])))
                        .collect()
                };
                let there = &whole[first as usize..end as usize];
                let off = pairs(&part)
                    .iter()
                    .zip(pairs(there))
                    .map(|(a, b)| (a - b).abs())
                    .max();
                assert!(off.unwrap_or(0) < 200, "{first}: {off:?}");
            } else if end <= HEADER {
                assert_eq!(part, whole[first as usize..end as usize]);
            }
        }
    }

    #[test]
    fn a_part_reads_no_more_than_it_needs() {
        let ogg = stored(30.0);
        let pages = Pages::of(&ogg).unwrap();
        let end = pages.wav_length();
        let mut most = 0;
        let mut asked = |first: u64, count: usize| {
            most = most.max(count);
            Ok(ogg[first as usize..][..count].to_vec())
        };
        pages
            .wav(end / 2, end / 2 + 48_000 * 4, &mut asked)
            .unwrap();
        assert!(most * 8 < ogg.len(), "{most} of {}", ogg.len());
    }

    #[test]
    fn what_is_cut_short_is_said() {
        let ogg = stored(3.0);
        for end in [0, 10, 27, 60, ogg.len() / 2, ogg.len() - 1] {
            assert!(Pages::of(&ogg[..end]).is_err(), "{end}");
        }
    }
}
