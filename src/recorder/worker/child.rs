//! The worker itself: gives up what it may do, then decodes what it is asked to.

use super::job::{Job, Order};
use super::{ffmpeg, listening, protocol, reading};
use crate::confine::{self, Bounds, Inner, Program, limits};
use crate::media::codec::Codec;
use crate::media::codec::foreign::{Coded, NoSound, Sound, one_by_one};
use std::io::{self, BufReader, BufWriter, Read, Write, stdin, stdout};
use std::time::Duration;

/// Serves until its input ends. Without an order in the arguments, the first thing on its input is
/// one.
///
/// # Errors
/// When a pipe breaks, or an order is none.
pub fn serve(order: Option<&str>) -> io::Result<()> {
    let mut from = BufReader::new(stdin().lock());
    let order: Order = match order {
        Some(order) => serde_json::from_str(order)?,
        None => protocol::ordered(&mut from)?,
    };
    let mut to = BufWriter::new(stdout().lock());
    let memory = match order.job {
        Job::Packets | Job::Programs { .. } => limits::MEMORY,
        Job::Listening => limits::LISTENING_MEMORY,
        Job::Reading { .. } => limits::READING_MEMORY,
    };
    let bounds = Bounds {
        memory,
        user: order.user,
    };
    match &order.job {
        Job::Programs { ffmpeg, seconds } => {
            let program = Program::find(ffmpeg);
            let patience = Duration::from_secs(*seconds);
            start(bounds, ffmpeg, program, patience, &mut from, &mut to)
        }
        Job::Packets => {
            confined(&mut to, confine::decoding(bounds))?;
            answer(&mut from, &mut to, |codec, coded| match codec {
                Codec::Opus => Ok(one_by_one(Codec::Opus, coded)),
                codec => Err(not_here(codec)),
            })
        }
        Job::Listening => {
            confined(&mut to, confine::decoding(bounds))?;
            listening::serve(&mut from, &mut to)
        }
        Job::Reading { extension, most } => {
            confined(&mut to, confine::decoding(bounds))?;
            drop(from);
            reading::serve(extension, *most, &mut to)
        }
    }
}

/// Says that it is confined; a process that is not says why, and ends here.
fn confined<T>(to: &mut impl Write, done: Result<T, confine::Refused>) -> io::Result<T> {
    match done {
        Ok(it) => {
            protocol::greet(to, Ok(()))?;
            Ok(it)
        }
        Err(refused) => {
            protocol::greet(to, Err(refused.to_string()))?;
            Err(io::Error::other(refused))
        }
    }
}

/// Starts FFmpeg for each question; where there is none, says so each time.
fn start(
    bounds: Bounds,
    name: &str,
    program: io::Result<Program>,
    patience: Duration,
    from: &mut impl Read,
    to: &mut impl Write,
) -> io::Result<()> {
    let program = match program {
        Ok(program) => program,
        Err(error) => {
            confined(to, confine::decoding(bounds))?;
            return answer(from, to, |codec, _| {
                Err(ffmpeg::unusable(codec, name, &error))
            });
        }
    };
    let inner: Inner = confined(to, confine::starting(bounds, &program))?;
    let runs = ffmpeg::Runs {
        name,
        program: &program,
        inner: &inner,
        patience,
    };
    answer(from, to, |codec, coded| match codec {
        codec if codec.is_foreign() && codec != Codec::Opus => runs.decode(codec, coded),
        codec => Err(not_here(codec)),
    })
}

fn not_here(codec: Codec) -> NoSound {
    NoSound::NotInstalled(format!("{codec:?} is no codec of a decoder here"))
}

fn answer(
    from: &mut impl Read,
    to: &mut impl Write,
    mut decode: impl FnMut(Codec, &[Coded<'_>]) -> Result<Sound, NoSound>,
) -> io::Result<()> {
    while let Some((question, payloads)) = protocol::question(from)? {
        let coded = question.coded(&payloads);
        protocol::reply(to, decode(question.codec, &coded))?;
    }
    Ok(())
}
