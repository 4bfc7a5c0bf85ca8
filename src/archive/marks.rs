//! Which milliseconds of a recording lie in which of its bytes: what the box has served of a sound
//! is known from the byte ranges that a player asked for.

use super::AudioFormat;
use crate::units::Spans;

/// A monotonous line through (byte, millisecond), straight between its marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks(Vec<(u64, u64)>);

/// Opus counts time at 48 kHz, whatever the sound's own rate (RFC 7845 §4).
const TICKS_PER_MS: u64 = 48;
/// Of a canonical WAV header; ours is a little longer for G.711, which does not matter here.
const WAV_HEADER: u64 = 44;

impl Marks {
    /// Of a stored recording, from its plain bytes.
    #[must_use]
    pub fn of(format: AudioFormat, bytes: &[u8], duration_ms: u64) -> Marks {
        let length = bytes.len() as u64;
        let marks = match format {
            AudioFormat::Opus => ogg(bytes),
            AudioFormat::Flac => flac(bytes),
            AudioFormat::Wav | AudioFormat::G711 => return Marks::even(length, duration_ms),
        };
        Marks::through(marks, length, duration_ms)
    }

    /// Of sound whose every second takes as many bytes.
    #[must_use]
    pub fn even(length: u64, duration_ms: u64) -> Marks {
        Marks::through(vec![(WAV_HEADER.min(length), 0)], length, duration_ms)
    }

    fn through(mut marks: Vec<(u64, u64)>, length: u64, duration_ms: u64) -> Marks {
        marks.insert(0, (0, 0));
        marks.push((length, duration_ms));
        let (mut byte, mut ms) = (0, 0);
        for mark in &mut marks {
            (byte, ms) = (
                mark.0.max(byte).min(length),
                mark.1.max(ms).min(duration_ms),
            );
            *mark = (byte, ms);
        }
        Marks(marks)
    }

    /// The same sound in another wrapping of so many bytes, packet by packet.
    #[must_use]
    pub fn rewrapped(&self, length: u64) -> Marks {
        let own = self.0.last().map_or(1, |m| m.0.max(1));
        let scale = |byte: u64| (u128::from(byte) * u128::from(length) / u128::from(own)) as u64;
        Marks(
            self.0
                .iter()
                .map(|(byte, ms)| (scale(*byte), *ms))
                .collect(),
        )
    }

    /// The milliseconds in the bytes from `first` to before `end`.
    #[must_use]
    pub fn spans(&self, first: u64, end: u64) -> Spans {
        Spans::of([(self.at(first, false), self.at(end, true))])
    }

    /// The millisecond at a byte, rounded down or up.
    fn at(&self, byte: u64, up: bool) -> u64 {
        let next = self.0.partition_point(|m| m.0 < byte);
        let Some((to_byte, to_ms)) = self.0.get(next).copied() else {
            return self.0.last().map_or(0, |m| m.1);
        };
        let (from_byte, from_ms) = match next {
            0 => return to_ms,
            n => self.0[n - 1],
        };
        let (wide, part) = (to_byte - from_byte, byte - from_byte);
        let ms = (to_ms - from_ms) * part;
        from_ms + if up { ms.div_ceil(wide) } else { ms / wide }
    }
}

/// Where each page ends, and the time it ends at (RFC 3533 §6, RFC 7845 §4.3).
fn ogg(bytes: &[u8]) -> Vec<(u64, u64)> {
    let (mut marks, mut at, mut pre_skip) = (Vec::new(), 0, 0);
    while let Some(header) = bytes.get(at..at + 27).filter(|h| h.starts_with(b"OggS")) {
        let granule = u64::from_le_bytes(header[6..14].try_into().unwrap_or_default());
        let segments = usize::from(header[26]);
        let Some(table) = bytes.get(at + 27..at + 27 + segments) else {
            break;
        };
        let body: usize = table.iter().map(|s| usize::from(*s)).sum();
        let start = at + 27 + segments;
        if let Some(head) = bytes.get(start..start + 12)
            && head.starts_with(b"OpusHead")
        {
            pre_skip = u64::from(u16::from_le_bytes([head[10], head[11]]));
        }
        at = start + body;
        // No packet ends on such a page.
        if granule != u64::MAX {
            marks.push((at as u64, granule.saturating_sub(pre_skip) / TICKS_PER_MS));
        }
    }
    marks
}

/// Where each frame begins, and the time it begins at (RFC 9639 §9.1).
fn flac(bytes: &[u8]) -> Vec<(u64, u64)> {
    let Some(info) = bytes.get(8..26).filter(|_| bytes.starts_with(b"fLaC")) else {
        return Vec::new();
    };
    let block = u64::from(u16::from_be_bytes([info[2], info[3]]));
    let rate = (u64::from(info[10]) << 12) | (u64::from(info[11]) << 4) | u64::from(info[12] >> 4);
    let mut marks = Vec::new();
    let mut expected = 0;
    for (at, pair) in bytes.windows(2).enumerate().skip(42) {
        if pair == [0xff, 0xf8] && frame_number(&bytes[at + 4..]) == Some(expected) {
            marks.push((at as u64, expected * block * 1_000 / rate.max(1)));
            expected += 1;
        }
    }
    marks
}

/// A frame's number, coded as UTF-8 codes a character.
fn frame_number(bytes: &[u8]) -> Option<u64> {
    let first = *bytes.first()?;
    let more = match first.leading_ones() {
        0 => return Some(u64::from(first)),
        ones @ 2..=6 => ones as usize - 1,
        _ => return None,
    };
    let mut number = u64::from(first & (0x3f >> more));
    for byte in bytes.get(1..=more)? {
        if byte >> 6 != 0b10 {
            return None;
        }
        number = number << 6 | u64::from(byte & 0x3f);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::super::encode::encode;
    use super::*;
    use crate::units::Hertz;

    /// Ten seconds: noise, silence, noise, so that a second of each takes other bytes.
    fn sound() -> Vec<i16> {
        let mut state = 1u32;
        (0..80_000)
            .map(|n| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if (24_000..56_000).contains(&n) {
                    0
                } else {
                    (state >> 18) as i16
                }
            })
            .collect()
    }

    #[test]
    fn every_format_knows_its_bytes() {
        let lane = sound();
        for format in [
            AudioFormat::Opus,
            AudioFormat::Wav,
            AudioFormat::G711,
            AudioFormat::Flac,
        ] {
            let bytes = encode(format, [&lane, &lane], Hertz(8_000), None).unwrap();
            let (length, marks) = (bytes.len() as u64, Marks::of(format, &bytes, 10_000));
            assert_eq!(
                marks.spans(0, length),
                Spans::of([(0, 10_000)]),
                "{format:?}"
            );
            assert!(marks.spans(0, 10).total() < 50, "{format:?}");
            let half = marks
                .spans(0, length / 2)
                .union(&marks.spans(length / 2, length));
            assert_eq!(
                half,
                Spans::of([(0, 10_000)]),
                "{format:?}: ranges that meet leave no gap"
            );
            let mut last = 0;
            for byte in (0..length).step_by(97) {
                let now = marks.at(byte, false);
                assert!(now >= last, "{format:?} runs backward");
                last = now;
            }
            if matches!(format, AudioFormat::Opus | AudioFormat::Flac) {
                // Silence takes few bytes: half of them are not half of the time.
                let marked = marks.0.len();
                assert!(marked > 8, "{format:?}: {marked} marks");
                let quarter = marks.at(length / 4, false);
                assert!(quarter < 2_400, "{format:?}: {quarter}");
            }
        }
    }

    #[test]
    fn what_is_no_sound_is_one_straight_line() {
        for bytes in [
            &b""[..],
            b"OggS",
            b"fLaC",
            &[0xff; 300],
            b"OggS\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff",
        ] {
            for format in [AudioFormat::Opus, AudioFormat::Flac] {
                let marks = Marks::of(format, bytes, 1_000);
                assert_eq!(marks.spans(0, bytes.len() as u64 + 9).total(), 1_000);
            }
        }
    }

    #[test]
    fn another_wrapping_keeps_the_time() {
        let marks = Marks::through(vec![(100, 0), (200, 900)], 1_000, 1_000);
        let webm = marks.rewrapped(2_000);
        assert_eq!(webm.spans(0, 400), Spans::of([(0, 900)]));
        assert_eq!(webm.spans(0, 2_000), Spans::of([(0, 1_000)]));
    }
}
