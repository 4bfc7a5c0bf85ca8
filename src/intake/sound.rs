//! The sound of a recording that somebody else made, by symphonia. It is read and given out packet
//! by packet, so that a file that unpacks to more than it should ends early; where it runs is the
//! caller's matter (`recorder::worker::reading`: in a confined process).

use crate::units::Hertz;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Seek, SeekFrom};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

/// What is known of a sound when all of it was given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub sample_rate: Hertz,
    /// By symphonia's short name.
    pub codec: String,
    /// The file ended early or was damaged; what came before was given out.
    pub cut_short: bool,
}

/// Takes the samples of one packet: one lane, or two of one length.
pub type Take<'a> = &'a mut dyn FnMut(&[Vec<i16>]) -> io::Result<()>;

/// Why there is no sound.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error(transparent)]
    Symphonia(#[from] Error),
    /// What took the samples wants no more.
    #[error(transparent)]
    Stopped(#[from] io::Error),
    #[error("its sample rate is {0} Hz, which no recording of a call has")]
    Rate(u32),
}

/// Reads a file of known length; `extension` is a hint, and `rates` are those that are believed.
///
/// # Errors
/// When it is no recording, holds no sound, or `take` stops.
pub fn read(
    file: impl Read + Seek + Send + Sync + 'static,
    extension: &str,
    rates: std::ops::RangeInclusive<u32>,
    take: Take<'_>,
) -> Result<About, Unreadable> {
    let mut hint = Hint::new();
    if !extension.is_empty() {
        hint.with_extension(extension);
    }
    let source = MediaSourceStream::new(Box::new(Source::of(file)?), Default::default());
    let mut format = symphonia::default::get_probe().probe(
        &hint,
        source,
        FormatOptions::default(),
        MetadataOptions::default(),
    )?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or(Error::Unsupported("it has no audio track"))?;
    let id = track.id;
    let Some(CodecParameters::Audio(parameters)) = track.codec_params.clone() else {
        return Err(Error::Unsupported("its codec is not named").into());
    };
    let registry = registry();
    let mut decoder = registry.make_audio_decoder(&parameters, &AudioDecoderOptions::default())?;
    let codec = registry
        .get_audio_decoder(parameters.codec)
        .map_or("unknown", |d| d.codec.info.short_name)
        .to_owned();
    let mut rate = parameters.sample_rate.unwrap_or(8000);
    let (mut part, mut given): (Vec<Vec<i16>>, bool) = (Vec::new(), false);
    let cut_short = loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) if packet.track_id == id => packet,
            Ok(Some(_)) => continue,
            Ok(None) => break false,
            // A truncated file gives all whole frames and then an error: they are kept.
            Err(_) if given => break true,
            Err(error) => return Err(error.into()),
        };
        match decoder.decode(&packet) {
            Ok(audio) => {
                rate = audio.spec().rate();
                if !rates.contains(&rate) {
                    return Err(Unreadable::Rate(rate));
                }
                audio.copy_to_vecs_planar(&mut part);
                let lanes = &part[..part.len().min(2)];
                given |= lanes.iter().any(|l| !l.is_empty());
                take(lanes)?;
            }
            Err(Error::DecodeError(_)) => {}
            Err(error) => return Err(error.into()),
        }
    };
    if !given {
        return Err(Error::Unsupported("it holds no sound").into());
    }
    Ok(About {
        sample_rate: Hertz(rate),
        codec,
        cut_short,
    })
}

fn registry() -> CodecRegistry {
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    // symphonia has no Opus of its own.
    registry.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    registry
}

/// A file whose length was found by seeking: a confined process may not ask for more about it.
struct Source<F> {
    file: F,
    length: u64,
}

impl<F: Read + Seek> Source<F> {
    fn of(mut file: F) -> io::Result<Source<F>> {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Source { file, length })
    }
}

impl<F: Read> Read for Source<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl<F: Seek> Seek for Source<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl<F: Read + Seek + Send + Sync> MediaSource for Source<F> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
