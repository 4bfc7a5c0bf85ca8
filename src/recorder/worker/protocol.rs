//! What goes over the pipes: a length, a line of JSON, then bytes. Both ends are this program; the
//! worker's end is trusted with nothing: lengths that it gives are checked against what was asked.

use super::job::Order;
use crate::confine::limits;
use crate::media::codec::Codec;
use crate::media::codec::foreign::{Coded, NoSound, Part, Sound};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

#[derive(Serialize, Deserialize)]
pub(super) struct Question {
    pub(super) codec: Codec,
    /// Missing samples before each packet, and its length in bytes.
    packets: Vec<(u32, u32)>,
}

/// A question's head is never longer: some bytes of JSON for each of a day's packets.
const LONGEST_HEAD: usize = 512 << 20;
/// An answer's is as long as a reason, and as JSON says what became of each packet.
const LONGEST_REASON: usize = 8 << 10;
const LONGEST_PART: usize = 96;

fn write_head(to: &mut impl Write, head: &impl Serialize) -> io::Result<()> {
    let head = serde_json::to_vec(head)?;
    to.write_all(&(head.len() as u32).to_le_bytes())?;
    to.write_all(&head)
}

fn read_bytes(from: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(bytes)
    }
}

fn read_head<T: for<'a> Deserialize<'a>>(from: &mut impl Read, most: usize) -> io::Result<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > most {
        return Err(io::Error::other("a head that is too long"));
    }
    Ok(serde_json::from_slice(&read_bytes(from, length)?)?)
}

/// What a worker says first: that it is confined, or why it is not.
pub(super) fn greet(to: &mut impl Write, confined: Result<(), String>) -> io::Result<()> {
    write_head(to, &confined)?;
    to.flush()
}

pub(super) fn greeting(from: &mut impl Read) -> io::Result<Result<(), String>> {
    read_head(from, LONGEST_REASON)
}

/// What a worker is to do, where its arguments do not say so.
pub(super) fn order(to: &mut impl Write, order: &Order) -> io::Result<()> {
    write_head(to, order)?;
    to.flush()
}

pub(super) fn ordered(from: &mut impl Read) -> io::Result<Order> {
    read_head(from, LONGEST_REASON)
}

/// Something said at the end of many bytes, or in place of them.
pub(super) fn say(to: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    write_head(to, what)?;
    to.flush()
}

pub(super) fn said<T: for<'a> Deserialize<'a>>(from: &mut impl Read) -> io::Result<T> {
    read_head(from, LONGEST_REASON)
}

/// The recorder's end.
pub(super) fn ask(to: &mut impl Write, codec: Codec, packets: &[Coded<'_>]) -> io::Result<()> {
    let question = Question {
        codec,
        packets: packets
            .iter()
            .map(|p| (p.missing, p.payload.len() as u32))
            .collect(),
    };
    write_head(to, &question)?;
    let payloads: Vec<u8> = packets
        .iter()
        .flat_map(|p| p.payload.iter().copied())
        .collect();
    to.write_all(&payloads)?;
    to.flush()
}

pub(super) fn answer(from: &mut impl Read, packets: usize) -> io::Result<Result<Sound, NoSound>> {
    let most = LONGEST_REASON + packets * LONGEST_PART;
    let parts = match read_head::<Result<Vec<Part>, NoSound>>(from, most)? {
        Ok(parts) => parts,
        Err(why) => return Ok(Err(why)),
    };
    if parts.len() != packets
        || parts
            .iter()
            .any(|p| p.made_up > limits::PACKET_SAMPLES || p.len > limits::PACKET_SAMPLES)
    {
        return Err(io::Error::other("an answer to something else"));
    }
    let bytes: u64 = parts.iter().map(|p| u64::from(p.made_up + p.len) * 2).sum();
    if bytes > limits::ANSWER {
        return Err(io::Error::other(
            "more sound than is taken from one decoder",
        ));
    }
    let bytes = read_bytes(from, bytes as usize)?;
    Ok(Ok(Sound {
        pcm: bytes
            .chunks_exact(2)
            .map(|b| i16::from_le_bytes([b[0], b[1]]))
            .collect(),
        parts,
    }))
}

/// The worker's end; `None` when nobody asks any more.
pub(super) fn question(from: &mut impl Read) -> io::Result<Option<(Question, Vec<u8>)>> {
    let question: Question = match read_head(from, LONGEST_HEAD) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    };
    let length = question
        .packets
        .iter()
        .map(|(_, length)| *length as usize)
        .sum();
    let payloads = read_bytes(from, length)?;
    Ok(Some((question, payloads)))
}

impl Question {
    pub(super) fn coded<'a>(&self, payloads: &'a [u8]) -> Vec<Coded<'a>> {
        let mut at = 0;
        let each = self.packets.iter().map(|(missing, length)| {
            let start = at;
            at += *length as usize;
            Coded {
                missing: *missing,
                payload: &payloads[start..at],
            }
        });
        each.collect()
    }
}

pub(super) fn reply(to: &mut impl Write, sound: Result<Sound, NoSound>) -> io::Result<()> {
    let (head, pcm) = match sound {
        Ok(sound) => (Ok(sound.parts), sound.pcm),
        Err(why) => (Err(why), Vec::new()),
    };
    write_head(to, &head)?;
    for part in pcm.chunks(1 << 16) {
        to.write_all(
            &part
                .iter()
                .flat_map(|s| s.to_le_bytes())
                .collect::<Vec<u8>>(),
        )?;
    }
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_arrives_and_what_is_answered_returns() {
        let packets = [
            Coded {
                missing: 0,
                payload: &[1, 2, 3],
            },
            Coded {
                missing: 160,
                payload: &[],
            },
            Coded {
                missing: 0,
                payload: &[9],
            },
        ];
        let mut pipe = Vec::new();
        ask(&mut pipe, Codec::Gsm, &packets).unwrap();
        let (asked, payloads) = question(&mut pipe.as_slice()).unwrap().unwrap();
        assert_eq!(
            (asked.codec, asked.coded(&payloads).as_slice()),
            (Codec::Gsm, packets.as_slice())
        );
        let sound = Sound {
            pcm: vec![1, -2, 3],
            parts: vec![
                Part {
                    len: 1,
                    ..Part::default()
                },
                Part {
                    refused: true,
                    ..Part::default()
                },
                Part {
                    made_up: 1,
                    len: 1,
                    ..Part::default()
                },
            ],
        };
        pipe.clear();
        reply(&mut pipe, Ok(sound.clone())).unwrap();
        assert_eq!(answer(&mut pipe.as_slice(), 3).unwrap(), Ok(sound));
        assert!(answer(&mut pipe.as_slice(), 2).is_err(), "a part too many");
        assert!(
            answer(&mut &pipe[..pipe.len() - 1], 3).is_err(),
            "cut short"
        );
        assert!(question(&mut [].as_slice()).unwrap().is_none());
    }
}
