//! What a listener hears, as a frame: packets are not JSON.
//!
//! ```text
//! 0 facts as JSON | 1 stream:u16 packet… | 2 nothing came | 3 the end
//! ```

use crate::call::StreamNo;
use crate::recorder::heard::Heard;
use std::io;

const FACTS: u8 = 0;
const PACKET: u8 = 1;
const NOTHING: u8 = 2;
const END: u8 = 3;

pub(super) fn written(heard: &Heard) -> io::Result<Vec<u8>> {
    Ok(match heard {
        Heard::Facts(facts) => {
            let mut bytes = vec![FACTS];
            serde_json::to_writer(&mut bytes, facts)?;
            bytes
        }
        Heard::Packet(stream, packet) => {
            [&[PACKET][..], &stream.0.to_be_bytes(), packet.as_slice()].concat()
        }
        Heard::Nothing => vec![NOTHING],
        Heard::End => vec![END],
    })
}

pub(super) fn read(frame: &[u8]) -> io::Result<Heard> {
    match frame {
        [FACTS, facts @ ..] => Ok(Heard::Facts(serde_json::from_slice(facts)?)),
        [PACKET, high, low, packet @ ..] => {
            let stream = StreamNo(u16::from_be_bytes([*high, *low]));
            Ok(Heard::Packet(stream, packet.to_vec()))
        }
        [NOTHING] => Ok(Heard::Nothing),
        [END] => Ok(Heard::End),
        _ => Err(io::Error::other("a frame that is nothing to hear")),
    }
}
