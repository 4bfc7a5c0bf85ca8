//! Decoders. Each turns one packet's payload into samples at the codec's own rate.

pub mod g711;
pub mod g722;
pub mod opus;

use crate::sip::Format;
use crate::units::Hertz;

/// What a payload format is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    Pcmu,
    Pcma,
    G722,
    Opus,
    /// Digits, not sound (RFC 4733).
    TelephoneEvent,
    /// A level of noise to play while nobody speaks (RFC 3389).
    ComfortNoise,
    /// Known by name at most: the payload is kept.
    Unsupported,
}

impl Codec {
    pub fn of(format: &Format) -> Codec {
        let is = |name: &str| format.encoding.eq_ignore_ascii_case(name);
        match () {
            () if is("PCMU") => Codec::Pcmu,
            () if is("PCMA") => Codec::Pcma,
            () if is("G722") => Codec::G722,
            () if is("opus") => Codec::Opus,
            () if is("telephone-event") => Codec::TelephoneEvent,
            () if is("CN") => Codec::ComfortNoise,
            () => Codec::Unsupported,
        }
    }

    /// Samples per second of what the decoder gives.
    pub fn sample_rate(self) -> Hertz {
        Hertz(match self {
            Codec::G722 => 16_000,
            Codec::Opus => 48_000,
            _ => 8_000,
        })
    }

    pub fn is_audio(self) -> bool {
        !matches!(self, Codec::TelephoneEvent | Codec::ComfortNoise)
    }
}

/// A decoder with its memory of what came before. Those without memory cost nothing to make.
pub enum Decoder {
    Pcmu,
    Pcma,
    G722(Box<g722::Decoder>),
    Opus(opus::Decoder),
    /// Gives no samples.
    Silent,
}

impl Decoder {
    pub fn new(codec: Codec) -> Decoder {
        match codec {
            Codec::Pcmu => Decoder::Pcmu,
            Codec::Pcma => Decoder::Pcma,
            Codec::G722 => Decoder::G722(Box::default()),
            Codec::Opus => opus::Decoder::new().map_or(Decoder::Silent, Decoder::Opus),
            _ => Decoder::Silent,
        }
    }

    /// Appends the samples of one payload.
    ///
    /// # Errors
    /// When the payload is not what the codec makes.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) -> Result<(), BadPayload> {
        match self {
            Decoder::Pcmu => out.extend(payload.iter().map(|b| g711::ULAW[usize::from(*b)])),
            Decoder::Pcma => out.extend(payload.iter().map(|b| g711::ALAW[usize::from(*b)])),
            Decoder::G722(d) => d.decode(payload, out),
            Decoder::Opus(d) => return d.decode(payload, out),
            Decoder::Silent => {}
        }
        Ok(())
    }

    /// Appends what the codec itself puts in place of `samples` that were lost, if it can; `next` is the packet after
    /// the gap, which may carry a copy of the last lost frame.
    pub fn conceal(&mut self, samples: usize, next: &[u8], out: &mut Vec<i16>) -> bool {
        match self {
            Decoder::Opus(d) => d.conceal(samples, next, out),
            _ => false,
        }
    }
}

/// A payload that its codec's decoder refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload is not what its codec makes")]
pub struct BadPayload;
