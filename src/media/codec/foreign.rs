//! What is asked of decoders that are not ours, and what comes back. Their caller keeps their
//! failures to themselves: the answer is sound, or a reason.

use super::{Codec, Decoder};
use serde::{Deserialize, Serialize};

/// One packet of a stream, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coded<'a> {
    /// Samples that are missing before it.
    pub missing: u32,
    pub payload: &'a [u8],
}

/// What became of a packet. Parts follow each other in [`Sound::pcm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    /// Samples that the codec put in place of missing ones; they come before its own.
    pub made_up: u32,
    /// Samples of its own.
    pub len: u32,
    /// The sender says that from the packet's end on its side is silent, with noise of this level,
    /// in dB below overload.
    pub quiet: Option<u8>,
    /// The decoder refused it.
    pub refused: bool,
}

/// A stream's sound, a part for each packet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sound {
    pub pcm: Vec<i16>,
    pub parts: Vec<Part>,
}

/// Why there is no sound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoSound {
    #[error("{0}")]
    NotInstalled(String),
    #[error("{0}")]
    Failed(String),
    /// No decoder was started, because it could not be confined.
    #[error("{0}")]
    Refused(String),
}

/// Decodes the packets of one codec in a stream.
pub trait Foreign {
    /// # Errors
    /// When the decoder is not there, or falls over on these packets.
    fn decode(&mut self, codec: Codec, packets: &[Coded<'_>]) -> Result<Sound, NoSound>;
}

/// Packet by packet, in this process: what is ours, and libopus.
#[derive(Debug, Clone, Copy, Default)]
pub struct InPlace;

impl Foreign for InPlace {
    fn decode(&mut self, codec: Codec, packets: &[Coded<'_>]) -> Result<Sound, NoSound> {
        if codec.is_foreign() && codec != Codec::Opus {
            return Err(NoSound::NotInstalled(format!(
                "{codec:?} is not decoded here"
            )));
        }
        Ok(one_by_one(codec, packets))
    }
}

/// Samples for which there is room behind the sound: a lane of it begins with the silence before
/// its first packet.
const ROOM: usize = 2048;

/// Decodes with [`Decoder`].
pub fn one_by_one(codec: Codec, packets: &[Coded<'_>]) -> Sound {
    let mut decoder = Decoder::new(codec);
    let bytes: usize = packets.iter().map(|p| p.payload.len()).sum();
    let mut sound = Sound {
        pcm: Vec::with_capacity(bytes + ROOM),
        parts: Vec::with_capacity(packets.len()),
    };
    for packet in packets {
        let start = sound.pcm.len();
        if packet.missing > 0 {
            decoder.conceal(packet.missing as usize, packet.payload, &mut sound.pcm);
        }
        let own = sound.pcm.len();
        let refused = decoder.decode(packet.payload, &mut sound.pcm).is_err();
        sound.parts.push(Part {
            made_up: (own - start) as u32,
            len: (sound.pcm.len() - own) as u32,
            quiet: None,
            refused,
        });
    }
    sound
}
