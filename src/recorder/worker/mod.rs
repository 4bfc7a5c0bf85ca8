//! Decoders that are not ours, or not memory-safe, in processes of their own: `assay seal-worker`.
//!
//! Each is confined before it sees a stranger's byte ([`crate::confine`]): no user, keys, database,
//! network, files or signals, and limits of memory and time. It is handed the payloads of one
//! stream and gives samples back. A decoder that crashes, hangs or eats memory costs that attempt;
//! it is tried once more in a fresh process, and after that the stream's payload is kept with the
//! reason. One worker serves many calls. libopus decodes in one process; another starts FFmpeg,
//! which is confined further, for each stream. Those who listen in ([`listening`]) and recordings
//! of a PBX ([`reading`]) have processes of their own.
//!
//! DESIGN §1 would have the worker do all of sealing. What is ours cannot fall over on any input
//! (no `unsafe`, no panic that the queue does not catch) and needs the call's keys, which the
//! worker must not have: so decryption, ordering and placing stay here, and what crosses the pipe
//! is payloads one way and samples the other.

pub mod child;
mod ffmpeg;
pub mod job;
pub mod listening;
mod process;
mod protocol;
pub mod reading;
mod settings;

pub use settings::WorkerSettings;

use crate::confine::limits;
use crate::media::codec::Codec;
use crate::media::codec::foreign::{Coded, Foreign, NoSound, Sound};
use job::Job;
use process::Process;
use std::io;
use std::time::Duration;

/// The slowest decoder on the smallest box is several times quicker.
const BYTES_A_SECOND: usize = 20_000;
const ATTEMPTS: u32 = 2;

/// The near end of the workers for one sealing thread; each process is started when it is first
/// needed.
pub struct Worker {
    settings: WorkerSettings,
    /// Decodes itself.
    own: Option<Process>,
    /// Starts FFmpeg.
    programs: Option<Process>,
    /// Bytes that were asked of the first one.
    asked: usize,
}

impl Worker {
    /// Starts no process before there is something to decode.
    pub fn new(settings: WorkerSettings) -> Worker {
        Worker {
            settings,
            own: None,
            programs: None,
            asked: 0,
        }
    }

    /// The process for a codec, which is taken out until it has answered.
    fn process(&mut self, codec: Codec) -> Result<Process, NoSound> {
        let (kept, job) = match codec {
            Codec::Opus => (self.own.take(), Job::Packets),
            _ => {
                let programs = Job::Programs {
                    ffmpeg: self.settings.ffmpeg.clone(),
                    seconds: self.settings.patience.as_secs().max(1),
                };
                (self.programs.take(), programs)
            }
        };
        kept.map_or_else(|| Process::start(&self.settings, job), Ok)
    }

    fn attempt(&mut self, codec: Codec, packets: &[Coded<'_>]) -> Result<Sound, NoSound> {
        let bytes: usize = packets.iter().map(|p| p.payload.len()).sum();
        let patience =
            self.settings.patience + Duration::from_secs((bytes / BYTES_A_SECOND) as u64);
        let mut process = self.process(codec)?;
        process.wait_at_most(patience);
        let answer = protocol::ask(&mut process.to, codec, packets)
            .and_then(|()| protocol::answer(&mut process.from, packets.len()));
        match answer {
            Ok(answer) => {
                self.keep(codec, process, bytes);
                answer
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                let why = format!("the decoder did not answer within {} s", patience.as_secs());
                Err(NoSound::Failed(process.ended(&why)))
            }
            Err(error) => {
                let why = format!("the decoder's process ended ({error})");
                Err(NoSound::Failed(process.ended(&why)))
            }
        }
    }

    /// Keeps a process for the next call, unless it has done its share.
    fn keep(&mut self, codec: Codec, process: Process, bytes: usize) {
        if codec != Codec::Opus {
            self.programs = Some(process);
            return;
        }
        self.asked += bytes;
        match self.asked <= limits::ASKED_OF_ONE {
            true => self.own = Some(process),
            false => self.asked = 0,
        }
    }
}

impl Foreign for Worker {
    fn decode(&mut self, codec: Codec, packets: &[Coded<'_>]) -> Result<Sound, NoSound> {
        let mut last = String::new();
        for attempt in 1..=ATTEMPTS {
            match self.attempt(codec, packets) {
                Err(NoSound::Failed(reason)) => {
                    tracing::warn!(?codec, attempt, %reason, "a decoder failed");
                    last = reason;
                }
                Err(NoSound::Refused(reason)) => {
                    tracing::error!(?codec, %reason, "a decoder was refused");
                    return Err(NoSound::Refused(reason));
                }
                answer => return answer,
            }
        }
        Err(NoSound::Failed(format!(
            "The decoder failed twice ({last}). The payload is kept: update FFmpeg and run `assay \
             seal`."
        )))
    }
}

/// Reads any bytes as each near end reads what a worker says: for the fuzzer, in the place of a
/// decoder that was taken over. What is believed is bounded by what was asked.
pub fn hear(bytes: &[u8]) {
    const ASKED: usize = 3;
    if let Ok(Ok(sound)) = protocol::answer(&mut &bytes[..], ASKED) {
        let told: usize = sound
            .parts
            .iter()
            .map(|p| (p.made_up + p.len) as usize)
            .sum();
        assert_eq!((sound.parts.len(), sound.pcm.len()), (ASKED, told));
    }
    let _ = protocol::greeting(&mut &bytes[..]);
    let _ = reading::heard(&mut &bytes[..]);
    let mut samples = Vec::new();
    let _ = listening::answer(&mut &bytes[..], &mut samples);
    assert!(samples.len() <= limits::PACKET_SAMPLES as usize);
}
