//! FLAC (RFC 9639): both lanes without loss, so neither can leak into the other.

use crate::units::Hertz;
use flacenc::bitsink::ByteSink;
use flacenc::component::BitRepr;
use flacenc::error::Verify;
use flacenc::source::MemSource;
use std::io;

/// Samples of a block: half a second of narrowband, as the reference encoder has them.
const BLOCK: usize = 4096;

pub(super) fn flac(lanes: [&[i16]; 2], rate: Hertz) -> io::Result<Vec<u8>> {
    let samples: Vec<i32> = lanes[0]
        .iter()
        .zip(lanes[1])
        .flat_map(|(l, r)| [i32::from(*l), i32::from(*r)])
        .collect();
    let config = flacenc::config::Encoder::default()
        .into_verified()
        .map_err(|(_, e)| io::Error::other(format!("{e:?}")))?;
    let source = MemSource::from_samples(&samples, 2, 16, rate.0 as usize);
    let stream = flacenc::encode_with_fixed_block_size(&config, source, BLOCK)
        .map_err(|e| io::Error::other(format!("{e:?}")))?;
    let mut sink = ByteSink::new();
    stream
        .write(&mut sink)
        .map_err(|e| io::Error::other(format!("{e:?}")))?;
    Ok(sink.into_inner())
}
