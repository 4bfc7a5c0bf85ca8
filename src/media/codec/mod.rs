//! Decoders. Each turns packets' payloads into samples at the codec's own rate.
//!
//! What cannot fail on any input is decoded in place: G.711, G.722, G.726 and L16, by tables and
//! integers of our own. All else is [`foreign`]: libopus and FFmpeg's decoders, which run in a
//! process that may fall over (`recorder::worker`).

pub mod foreign;
pub mod frames;
pub mod g711;
pub mod g722;
pub mod g726;
pub mod noise;
pub mod opus;
mod refused;

pub use refused::BadPayload;

use crate::sip::Format;
use crate::units::Hertz;
use serde::{Deserialize, Serialize};

/// What a payload format is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    Pcmu,
    Pcma,
    G722,
    /// 16-bit samples, the most significant byte first (RFC 3551 §4.5.11).
    L16 {
        rate: u32,
        channels: u8,
    },
    Opus,
    /// 2 to 5 bits a sample. `low_first`: the first one stands in the lowest bits (RFC 3551
    /// §4.5.4), else in the highest (ITU-T I.366.2, "AAL2").
    G726 {
        bits: u8,
        low_first: bool,
    },
    G729,
    G7231,
    Gsm,
    /// RFC 3952: frames of 20 or 30 ms.
    Ilbc {
        ms: u8,
    },
    /// RFC 5574, at 8,000, 16,000 or 32,000 Hz.
    Speex {
        rate: u32,
    },
    /// RFC 4867, without interleaving and robust sorting.
    Amr {
        wide: bool,
        octet_aligned: bool,
        crc: bool,
    },
    /// Digits, not sound (RFC 4733).
    TelephoneEvent,
    /// A level of noise to play during silence (RFC 3389).
    ComfortNoise,
    /// Known by name at most: the payload is kept.
    Unsupported,
}

impl Codec {
    /// By a payload format of a session description.
    pub fn of(format: &Format) -> Codec {
        let is = |name: &str| format.encoding.eq_ignore_ascii_case(name);
        match () {
            () if is("PCMU") => Codec::Pcmu,
            () if is("PCMA") => Codec::Pcma,
            () if is("G722") => Codec::G722,
            () if is("L16")
                && (1..=2).contains(&format.channels)
                && (8_000..=96_000).contains(&format.clock) =>
            {
                Codec::L16 {
                    rate: format.clock,
                    channels: format.channels,
                }
            }
            () if is("opus") => Codec::Opus,
            () if is("G729") || is("G729A") || is("G729AB") => Codec::G729,
            () if is("G723") => Codec::G7231,
            () if is("GSM") => Codec::Gsm,
            () if is("iLBC") => Codec::Ilbc {
                ms: if parameter(&format.fmtp, "mode") == Some("20") {
                    20
                } else {
                    30
                },
            },
            () if is("speex") && [8_000, 16_000, 32_000].contains(&format.clock) => {
                Codec::Speex { rate: format.clock }
            }
            () if is("AMR") || is("AMR-WB") => amr(format),
            () if is("telephone-event") => Codec::TelephoneEvent,
            () if is("CN") => Codec::ComfortNoise,
            () => g726(&format.encoding).unwrap_or(Codec::Unsupported),
        }
    }

    /// Samples per second of what the decoder gives.
    pub fn sample_rate(self) -> Hertz {
        Hertz(match self {
            Codec::G722 | Codec::Amr { wide: true, .. } => 16_000,
            Codec::Opus => 48_000,
            Codec::L16 { rate, .. } | Codec::Speex { rate } => rate,
            _ => 8_000,
        })
    }

    /// Whether its payload is sound.
    pub fn is_audio(self) -> bool {
        !matches!(self, Codec::TelephoneEvent | Codec::ComfortNoise)
    }

    /// Decoded by somebody else's code.
    pub fn is_foreign(self) -> bool {
        !matches!(
            self,
            Codec::Pcmu
                | Codec::Pcma
                | Codec::G722
                | Codec::G726 { .. }
                | Codec::L16 { .. }
                | Codec::TelephoneEvent
                | Codec::ComfortNoise
                | Codec::Unsupported
        )
    }
}

/// `G726-32` and `AAL2-G726-32`, 16 to 40.
fn g726(encoding: &str) -> Option<Codec> {
    let name = encoding.to_ascii_uppercase();
    let (low_first, rate) = match name.strip_prefix("AAL2-G726-") {
        Some(rate) => (false, rate),
        None => (true, name.strip_prefix("G726-")?),
    };
    let bits = match rate {
        "16" => 2,
        "24" => 3,
        "32" => 4,
        "40" => 5,
        _ => return None,
    };
    Some(Codec::G726 { bits, low_first })
}

fn amr(format: &Format) -> Codec {
    let on = |name: &str| parameter(&format.fmtp, name) == Some("1");
    if on("robust-sorting")
        || parameter(&format.fmtp, "interleaving").is_some()
        || format.channels > 1
    {
        return Codec::Unsupported;
    }
    // A CRC implies octets (RFC 4867 §8.1).
    let crc = on("crc");
    Codec::Amr {
        wide: format.encoding.eq_ignore_ascii_case("AMR-WB"),
        octet_aligned: on("octet-align") || crc,
        crc,
    }
}

/// A parameter of `a=fmtp`, as in `mode-set=0,2; octet-align=1`.
fn parameter<'a>(fmtp: &'a str, name: &str) -> Option<&'a str> {
    fmtp.split(';')
        .filter_map(|p| p.split_once('='))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// A decoder with its memory of what came before, for what is decoded packet by packet. Those
/// without memory cost nothing to make.
pub enum Decoder {
    Pcmu,
    Pcma,
    G722(Box<g722::Decoder>),
    G726(Box<g726::Decoder>),
    L16 {
        channels: usize,
    },
    Opus(opus::Decoder),
    /// Gives no samples.
    Silent,
}

impl Decoder {
    /// A decoder at its start.
    pub fn new(codec: Codec) -> Decoder {
        match codec {
            Codec::Pcmu => Decoder::Pcmu,
            Codec::Pcma => Decoder::Pcma,
            Codec::G722 => Decoder::G722(Box::default()),
            Codec::G726 { bits, low_first } => {
                Decoder::G726(Box::new(g726::Decoder::new(bits, low_first)))
            }
            Codec::L16 { channels, .. } => Decoder::L16 {
                channels: usize::from(channels.max(1)),
            },
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
            Decoder::Pcmu => g711::decode_ulaw(payload, out),
            Decoder::Pcma => g711::decode_alaw(payload, out),
            Decoder::G722(d) => d.decode(payload, out),
            Decoder::G726(d) => d.decode(payload, out),
            Decoder::L16 { channels } => {
                // Two channels of one speaker: the middle of both.
                let sum = |frame: &[u8]| {
                    frame
                        .chunks_exact(2)
                        .map(|s| i32::from(i16::from_be_bytes([s[0], s[1]])))
                        .sum::<i32>()
                };
                out.extend(
                    payload
                        .chunks_exact(2 * *channels)
                        .map(|frame| (sum(frame) / *channels as i32) as i16),
                );
            }
            Decoder::Opus(d) => return d.decode(payload, out),
            Decoder::Silent => {}
        }
        Ok(())
    }

    /// Appends what the codec itself puts in place of `samples` that were lost, if it can; `next`
    /// is the packet after the gap, which may carry a copy of the last lost frame.
    pub fn conceal(&mut self, samples: usize, next: &[u8], out: &mut Vec<i16>) -> bool {
        match self {
            Decoder::Opus(d) => d.conceal(samples, next, out),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(encoding: &str, clock: u32, fmtp: &str) -> Format {
        Format {
            payload_type: 96,
            encoding: encoding.to_owned(),
            clock,
            channels: 1,
            fmtp: fmtp.to_owned(),
        }
    }

    #[test]
    fn parameters_tell_what_a_name_leaves_open() {
        let amr = |wide, octet_aligned, crc| Codec::Amr {
            wide,
            octet_aligned,
            crc,
        };
        let cases = [
            (format("AMR", 8000, ""), amr(false, false, false)),
            (
                format("amr-wb", 16_000, "mode-set=0,2; octet-align=1"),
                amr(true, true, false),
            ),
            (format("AMR", 8000, "crc=1"), amr(false, true, true)),
            (
                format("AMR", 8000, "octet-align=1;interleaving=4"),
                Codec::Unsupported,
            ),
            (format("iLBC", 8000, "mode=20"), Codec::Ilbc { ms: 20 }),
            (format("iLBC", 8000, ""), Codec::Ilbc { ms: 30 }),
            (
                format("G726-32", 8000, ""),
                Codec::G726 {
                    bits: 4,
                    low_first: true,
                },
            ),
            (
                format("AAL2-G726-40", 8000, ""),
                Codec::G726 {
                    bits: 5,
                    low_first: false,
                },
            ),
            (format("G726-48", 8000, ""), Codec::Unsupported),
            (
                format("L16", 16_000, ""),
                Codec::L16 {
                    rate: 16_000,
                    channels: 1,
                },
            ),
            (format("codec2", 8000, ""), Codec::Unsupported),
        ];
        for (format, codec) in cases {
            assert_eq!(Codec::of(&format), codec, "{format:?}");
        }
    }

    #[test]
    fn two_channels_of_a_speaker_become_their_middle() {
        let mut out = Vec::new();
        Decoder::new(Codec::L16 {
            rate: 8000,
            channels: 2,
        })
        .decode(&[1, 0, 0, 0, 0xff, 0xfe, 0xff, 0xfc, 9], &mut out)
        .unwrap();
        assert_eq!(out, [128, -3]);
    }
}
