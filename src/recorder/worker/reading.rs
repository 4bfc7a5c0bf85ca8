//! Reads a recording that a PBX wrote, in a confined process whose input is the file.
//!
//! Samples come back packet by packet: the number of frames (32 bits, little endian), the number of
//! lanes (8 bits), and the lanes one after the other. No frames mean the end, and that JSON says
//! what the sound was, or why there is none.

use super::job::Job;
use super::process::Process;
use super::protocol;
use super::settings::WorkerSettings;
use crate::confine::limits;
use crate::intake::sound::{self, About};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::FromRawFd;

/// A recording's sound: one lane where the PBX mixed both voices, else two of one length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub about: About,
    pub lanes: Vec<Vec<i16>>,
}

/// Reads a file; `extension` is a hint at its format, and `most` how many bytes of samples are
/// taken ([`limits::IMPORTED_SOUND`] at the most).
///
/// # Errors
/// Says why it cannot be read, and what to do where something can be done.
pub fn read(
    settings: &WorkerSettings,
    file: File,
    extension: &str,
    most: usize,
) -> Result<Recorded, String> {
    let most = most.min(limits::IMPORTED_SOUND);
    let job = Job::Reading {
        extension: extension.to_owned(),
        most,
    };
    let mut process = Process::over(settings, job, file).map_err(|why| why.to_string())?;
    process.wait_at_most(limits::READING);
    let mut lanes = Vec::new();
    match collect(&mut process.from, most, &mut lanes) {
        Ok(about) => about.map(|about| Recorded { about, lanes }),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(format!(
            "reading it takes more than {} s, which no recording of a call does",
            limits::READING.as_secs()
        )),
        Err(error) => Err(process.ended(&format!(
            "its reader ended ({error}): it is damaged, or needs more memory or time than a \
             recording of a call; convert it to WAV elsewhere and import that"
        ))),
    }
}

fn collect(
    from: &mut impl Read,
    mut room: usize,
    lanes: &mut Vec<Vec<i16>>,
) -> io::Result<Result<About, String>> {
    loop {
        let mut head = [0; 5];
        from.read_exact(&mut head)?;
        let [a, b, c, d, count] = head;
        let frames = u32::from_le_bytes([a, b, c, d]) as usize;
        if frames == 0 {
            return protocol::said(from);
        }
        let bytes = frames.saturating_mul(usize::from(count)).saturating_mul(2);
        if !(1..=2).contains(&count) || bytes > room {
            return Err(io::Error::other("more sound than was agreed on"));
        }
        room -= bytes;
        lanes.resize_with(lanes.len().max(usize::from(count)), Vec::new);
        for lane in lanes.iter_mut().take(usize::from(count)) {
            let mut samples = vec![0; frames * 2];
            from.read_exact(&mut samples)?;
            lane.extend(
                samples
                    .chunks_exact(2)
                    .map(|s| i16::from_le_bytes([s[0], s[1]])),
            );
        }
    }
}

/// What a worker said, of a file that may hold a little.
pub(super) fn heard(from: &mut impl Read) -> io::Result<Vec<Vec<i16>>> {
    let mut lanes = Vec::new();
    let _ = collect(from, 1 << 20, &mut lanes)?;
    Ok(lanes)
}

/// The worker's end.
pub(super) fn serve(extension: &str, most: usize, to: &mut impl Write) -> io::Result<()> {
    // SAFETY: descriptor 0 is this process's input, which nothing else here reads or closes.
    let file = unsafe { File::from_raw_fd(0) };
    let rates = limits::SLOWEST..=limits::FASTEST;
    let mut room = most;
    let read = sound::read(file, extension, rates, &mut |lanes| {
        give(lanes, (&mut room, most), to)
    });
    to.write_all(&[0; 5])?;
    protocol::say(to, &read.map_err(|why| short(&why.to_string())))
}

fn give(
    lanes: &[Vec<i16>],
    (room, most): (&mut usize, usize),
    to: &mut impl Write,
) -> io::Result<()> {
    let frames = lanes.iter().map(Vec::len).min().unwrap_or(0);
    if frames == 0 {
        return Ok(());
    }
    *room = room.checked_sub(frames * lanes.len() * 2).ok_or_else(|| {
        io::Error::other(format!(
            "it unpacks to more than {} MiB of sound: cut it into parts, or bring it to 8,000 \
                 Hz (`ffmpeg -i FILE -ar 8000 OUT.wav`)",
            most >> 20
        ))
    })?;
    to.write_all(&(frames as u32).to_le_bytes())?;
    to.write_all(&[lanes.len() as u8])?;
    for lane in lanes {
        let bytes: Vec<u8> = lane[..frames]
            .iter()
            .flat_map(|s| s.to_le_bytes())
            .collect();
        to.write_all(&bytes)?;
    }
    Ok(())
}

/// A reason, which may quote the file, on one line of a length that is read.
fn short(why: &str) -> String {
    why.chars().filter(|c| !c.is_control()).take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_collected_and_no_more_than_agreed() {
        let mut pipe = Vec::new();
        let mut room = 12;
        give(&[vec![1, -2], vec![3, 4]], (&mut room, 12), &mut pipe).unwrap();
        give(&[vec![5]], (&mut room, 12), &mut pipe).unwrap();
        let full = give(&[vec![6, 7]], (&mut room, 12), &mut pipe).unwrap_err();
        assert!(full.to_string().contains("cut it into parts"), "{full}");
        pipe.extend([0; 5]);
        protocol::say(&mut pipe, &Err::<About, _>("why")).unwrap();
        let mut lanes = Vec::new();
        let said = collect(&mut pipe.as_slice(), 12, &mut lanes).unwrap();
        assert_eq!(
            (said, lanes),
            (Err("why".to_owned()), vec![vec![1, -2, 5], vec![3, 4]])
        );
        for lie in [[255, 255, 255, 255, 2], [1, 0, 0, 0, 3], [1, 0, 0, 0, 0]] {
            let collected = collect(&mut lie.as_slice(), 1 << 20, &mut Vec::new());
            assert!(collected.is_err(), "{lie:?}");
        }
    }
}
