//! Opus (RFC 6716, RFC 7587) by libopus, decoded to one channel at 48 kHz, with its own concealment
//! and FEC.

use super::refused::BadPayload;

/// The longest packet: 120 ms at 48 kHz (RFC 6716 §2.1.4).
const LONGEST: usize = 5760;
/// What is concealed by the codec at most; longer gaps are silence.
const MOST_CONCEALED: usize = 4800;

/// One stream's decoder.
pub struct Decoder {
    inner: ::opus::Decoder,
    /// Samples of the last packet: the unit in which lost ones are made up.
    frame: usize,
}

impl Decoder {
    /// `None` when libopus has no memory.
    pub fn new() -> Option<Decoder> {
        let inner = ::opus::Decoder::new(48_000, ::opus::Channels::Mono).ok()?;
        Some(Decoder { inner, frame: 960 })
    }

    pub(super) fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) -> Result<(), BadPayload> {
        // An empty payload would mean a loss to libopus.
        if payload.is_empty() {
            return Err(BadPayload);
        }
        self.frame = self
            .append(payload, LONGEST, false, out)
            .ok_or(BadPayload)?;
        Ok(())
    }

    /// Fills whole frames; the last one from the next packet's FEC where there is some (RFC 6716
    /// §2.1.7).
    pub(super) fn conceal(&mut self, samples: usize, next: &[u8], out: &mut Vec<i16>) -> bool {
        let frames = samples.min(MOST_CONCEALED) / self.frame.max(1);
        let whole = frames * self.frame == samples;
        for i in 0..frames {
            let from_next = whole && i + 1 == frames && !next.is_empty();
            let done = if from_next {
                self.append(next, self.frame, true, out)
            } else {
                None
            };
            if done
                .or_else(|| self.append(&[], self.frame, false, out))
                .is_none()
            {
                return i > 0;
            }
        }
        frames > 0
    }

    fn append(
        &mut self,
        payload: &[u8],
        room: usize,
        fec: bool,
        out: &mut Vec<i16>,
    ) -> Option<usize> {
        let start = out.len();
        out.resize(start + room, 0);
        let got = self.inner.decode(payload, &mut out[start..], fec).ok();
        out.truncate(start + got.unwrap_or(0));
        got
    }
}
