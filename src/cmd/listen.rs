//! `assay listen`: a call on the box's own sound card.

use super::office::{Office, Place};
use crate::archive::decode::{Lanes, decode};
use crate::media::lanes::resample;
use crate::store::Actor;
use crate::store::calls;
use crate::store::calls::listens::{self, Listen, Way};
use crate::units::CallId;
use crate::units::Hertz;
use anyhow::{Context as _, anyhow, bail};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Which call to play, and on what.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The call's id
    call: CallId,
    /// ALSA device, such as hw:0 or default; without it the system's default
    #[arg(long)]
    device: Option<String>,
}

/// Nothing heard for this long means that the card has stopped asking.
const STALLED: Duration = Duration::from_secs(10);

/// # Errors
/// When there is no such recording or no such card.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<ExitCode> {
    let office = Office::of_box(place)?;
    let recording = office.block_on(async {
        let mut tx = office.db.write().await?;
        let found = calls::recording(&mut tx, &args.call)
            .await?
            .ok_or_else(|| anyhow!("call {} has no recording", args.call))?;
        let listen = Listen {
            call: &args.call,
            way: Way::SoundCard,
            session: "-",
            address: "box",
        };
        listens::note(&mut tx, &Actor::Shell, &listen, office.clock.now()).await?;
        tx.commit().await?;
        anyhow::Ok(found)
    })?;
    let bytes = office
        .objects()?
        .read(&recording.path)
        .with_context(|| format!("{} cannot be read", recording.path))?;
    let lanes = decode(recording.format, &bytes)?;
    let frames = play(lanes, args.device.as_deref())?;
    println!("played {frames} frames");
    Ok(ExitCode::SUCCESS)
}

/// Plays both lanes, left and right; gives the number of frames that the card took.
fn play(lanes: Lanes, device: Option<&str>) -> anyhow::Result<usize> {
    let device = card(device)?;
    let rate = rate_of(&device, lanes.rate)?;
    let [left, right] = lanes
        .lanes
        .map(|lane| resample(&lane, lanes.rate, Hertz(rate)));
    let total = left.len().min(right.len());
    let (progress, heard) = channel();
    let mut at = 0;
    let fill = move |out: &mut [i16], _: &cpal::OutputCallbackInfo| {
        for frame in out.chunks_exact_mut(2) {
            frame.copy_from_slice(&[
                left.get(at).copied().unwrap_or(0),
                right.get(at).copied().unwrap_or(0),
            ]);
            at += 1;
        }
        let _ = progress.send(at);
    };
    let config = cpal::StreamConfig {
        channels: 2,
        sample_rate: rate,
        buffer_size: cpal::BufferSize::Default,
    };
    let stream = device
        .build_output_stream(
            config,
            fill,
            |error| eprintln!("assay: the sound card: {error}"),
            None,
        )
        .context("the sound card cannot be opened")?;
    stream.play().context("the sound card does not play")?;
    wait(&heard, total)
}

/// The sound card of a name, or the usual one.
fn card(name: Option<&str>) -> anyhow::Result<cpal::Device> {
    let host = cpal::default_host();
    let found = match name {
        Some(name) => host.device_by_id(
            &format!("alsa:{name}")
                .parse()
                .map_err(|e| anyhow!("'{name}' is no device name: {e}"))?,
        ),
        None => host.default_output_device(),
    };
    found.ok_or_else(|| anyhow!("there is no such sound card; `aplay -L` lists them"))
}

/// At which rate it takes stereo of 16 bits: best the recording's own.
fn rate_of(device: &cpal::Device, own: Hertz) -> anyhow::Result<u32> {
    let supported = device.supported_output_configs();
    let supported: Vec<_> = supported
        .context("the sound card cannot be asked")?
        .filter(|c| c.channels() == 2 && c.sample_format() == cpal::SampleFormat::I16)
        .collect();
    let takes = |c: &cpal::SupportedStreamConfigRange, rate: u32| {
        (c.min_sample_rate()..=c.max_sample_rate()).contains(&rate)
    };
    let rates = [own.0, 48_000, 44_100];
    let found = rates
        .into_iter()
        .find(|rate| supported.iter().any(|c| takes(c, *rate)));
    found.ok_or_else(|| {
        anyhow!(
            "the sound card takes no stereo of 16 bits at {} Hz or 48 kHz; choose another with \
             --device, for instance a plug: one",
            own.0
        )
    })
}

/// Until so many frames were taken. They count, not time: a card without a clock takes them as fast
/// as it can.
fn wait(heard: &Receiver<usize>, total: usize) -> anyhow::Result<usize> {
    loop {
        match heard.recv_timeout(STALLED) {
            Ok(frames) if frames >= total => return Ok(total),
            Ok(_) => {}
            Err(_) => bail!("the sound card stopped taking sound"),
        }
    }
}
