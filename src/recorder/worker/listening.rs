//! Decoding for one who listens in: a confined process per listener, asked packet by packet.
//!
//! A packet goes over as its decoder's number, its length (16 bits, little endian) and its bytes.
//! Back come the number of samples (32 bits) and the samples, or [`REFUSED`].

use super::job::Job;
use super::process::Process;
use super::settings::WorkerSettings;
use crate::confine::limits;
use crate::media::codec::foreign::NoSound;
use crate::media::codec::{Codec, Decoder};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::time::Duration;

/// In place of a number of samples: the decoder refused the packet.
const REFUSED: u32 = u32::MAX;
/// Streams that one listener's process decodes.
const DECODERS: usize = 32;
/// How long one packet may take; a listener is not kept waiting longer.
const PACKET: Duration = Duration::from_millis(500);

/// The near end, which starts its process with the first packet.
#[derive(Default)]
pub struct Listening {
    settings: WorkerSettings,
    process: Option<Process>,
    /// It could not be started, or fell over: the listener hears no more of what it decodes.
    gone: bool,
}

impl Listening {
    /// Starts no process yet.
    pub fn new(settings: WorkerSettings) -> Listening {
        Listening {
            settings,
            ..Listening::default()
        }
    }

    /// Decodes an Opus packet by the decoder of that number; a packet that it refuses adds nothing.
    /// `false` when there is no decoder any more.
    pub fn decode(&mut self, decoder: u8, payload: &[u8], out: &mut Vec<i16>) -> bool {
        if self.gone {
            return false;
        }
        match self.ask(decoder, payload, out) {
            Ok(()) => true,
            Err(reason) => {
                tracing::warn!(%reason, "a listener's decoder failed");
                self.process = None;
                self.gone = true;
                false
            }
        }
    }

    fn ask(&mut self, decoder: u8, payload: &[u8], out: &mut Vec<i16>) -> Result<(), NoSound> {
        let process = match &mut self.process {
            Some(process) => process,
            none => none.insert(Process::start(&self.settings, Job::Listening)?),
        };
        process.wait_at_most(PACKET);
        let failed = |error: io::Error| NoSound::Failed(error.to_string());
        let Ok(length) = u16::try_from(payload.len()) else {
            return Ok(());
        };
        let [low, high] = length.to_le_bytes();
        let question = [&[decoder, low, high], payload].concat();
        process.to.write_all(&question).map_err(failed)?;
        answer(&mut process.from, out).map_err(failed)
    }
}

/// Reads an answer; what the decoder refused adds nothing.
pub(super) fn answer(from: &mut impl Read, out: &mut Vec<i16>) -> io::Result<()> {
    let mut count = [0; 4];
    from.read_exact(&mut count)?;
    let count = u32::from_le_bytes(count);
    if count == REFUSED {
        return Ok(());
    }
    if count > limits::PACKET_SAMPLES {
        return Err(io::Error::other("more samples than a packet has"));
    }
    let mut bytes = vec![0; count as usize * 2];
    from.read_exact(&mut bytes)?;
    out.extend(
        bytes
            .chunks_exact(2)
            .map(|b| i16::from_le_bytes([b[0], b[1]])),
    );
    Ok(())
}

/// The worker's end.
pub(super) fn serve(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut decoders: BTreeMap<u8, Decoder> = BTreeMap::new();
    let mut samples = Vec::new();
    loop {
        let mut head = [0; 3];
        match from.read_exact(&mut head) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let [number, low, high] = head;
        let mut payload = vec![0; usize::from(u16::from_le_bytes([low, high]))];
        from.read_exact(&mut payload)?;
        if !decoders.contains_key(&number) && decoders.len() == DECODERS {
            decoders.pop_first();
        }
        let decoder = decoders
            .entry(number)
            .or_insert_with(|| Decoder::new(Codec::Opus));
        samples.clear();
        let count = match decoder.decode(&payload, &mut samples) {
            Ok(_) => samples.len() as u32,
            Err(_) => REFUSED,
        };
        let mut reply = count.to_le_bytes().to_vec();
        if count != REFUSED {
            reply.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
        }
        to.write_all(&reply)?;
        to.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_believed_up_to_what_a_packet_holds() {
        let mut out = Vec::new();
        answer(&mut [2, 0, 0, 0, 1, 0, 255, 255].as_slice(), &mut out).unwrap();
        assert_eq!(out, [1, -1]);
        answer(&mut REFUSED.to_le_bytes().as_slice(), &mut out).unwrap();
        assert_eq!(out.len(), 2, "a refused packet adds nothing");
        let much = (limits::PACKET_SAMPLES + 1).to_le_bytes();
        assert!(answer(&mut much.as_slice(), &mut out).is_err());
    }
}
