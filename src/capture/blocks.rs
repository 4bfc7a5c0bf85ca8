//! What the blocks of a capture file say: how its records are laid out, its interfaces, and their
//! packets.

use crate::confine::limits;
use crate::units::WallTime;
use crate::wire::Link;
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, PcapBlockOwned};

pub(super) struct Interface {
    pub(super) link: Link,
    /// Ticks per second of its timestamps, and seconds to add.
    resolution: u64,
    offset: i64,
}

impl Interface {
    /// A packet's time; `None` when its clock is none.
    fn time(&self, ticks: u64) -> Option<WallTime> {
        let micros = u128::from(ticks) * 1_000_000 / u128::from(self.resolution.max(1));
        let micros = i64::try_from(micros).ok()?;
        let micros = self.offset.checked_mul(1_000_000)?.checked_add(micros)?;
        limits::CAPTURE_TIMES
            .contains(&micros)
            .then_some(WallTime(micros))
    }
}

/// A pcap file's records (draft-ietf-opsawg-pcap-04 §5): four numbers of 32 bits, then the packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Records {
    nanoseconds: bool,
    big_endian: bool,
    /// A kind of old with longer heads, which is left to the library.
    modified: bool,
}

/// Seconds, their fraction, captured and original length.
pub(super) const RECORD_HEADER: usize = 16;

impl Records {
    fn time(self, seconds: u32, fraction: u32) -> WallTime {
        let micros = if self.nanoseconds {
            fraction / 1000
        } else {
            fraction
        };
        WallTime(i64::from(seconds) * 1_000_000 + i64::from(micros))
    }

    /// The record at the beginning, if all of it is there: its time, its packet's length on the
    /// wire, and as captured.
    #[inline]
    pub(super) fn first(self, bytes: &[u8]) -> Option<(WallTime, usize, usize)> {
        let head = bytes
            .first_chunk::<RECORD_HEADER>()
            .filter(|_| !self.modified)?
            .as_chunks::<4>()
            .0;
        let [seconds, fraction, captured, original] = [0, 1, 2, 3].map(|n: usize| {
            if self.big_endian {
                u32::from_be_bytes(head[n])
            } else {
                u32::from_le_bytes(head[n])
            }
        });
        let captured = captured as usize;
        (captured <= bytes.len() - RECORD_HEADER)
            .then(|| (self.time(seconds, fraction), original as usize, captured))
    }
}

/// A packet's time, interface, length on the wire and bytes.
pub(super) type Packet<'a> = (WallTime, u16, usize, &'a [u8]);

/// Takes what a block says; of a packet its time, interface, length on the wire and bytes. The
/// error is what no capture says.
pub(super) fn take<'a>(
    block: &'a PcapBlockOwned<'_>,
    interfaces: &mut Vec<Interface>,
    records: &mut Option<Records>,
) -> Result<Option<Packet<'a>>, &'static str> {
    match block {
        PcapBlockOwned::LegacyHeader(header) => {
            *records = Some(Records {
                nanoseconds: header.is_nanosecond_precision(),
                big_endian: header.is_bigendian(),
                modified: header.is_modified_format(),
            });
            *interfaces = vec![Interface {
                link: Link::from(header.network.0 as u32),
                resolution: 0,
                offset: 0,
            }];
            Ok(None)
        }
        PcapBlockOwned::Legacy(packet) => {
            let packet = records.as_ref().map(|r| {
                let at = r.time(packet.ts_sec, packet.ts_usec);
                (at, 0, packet.origlen as usize, packet.data)
            });
            Ok(packet)
        }
        PcapBlockOwned::NG(Block::SectionHeader(_)) => {
            interfaces.clear();
            Ok(None)
        }
        PcapBlockOwned::NG(Block::InterfaceDescription(i)) => {
            if interfaces.len() == limits::CAPTURE_INTERFACES {
                return Err("a section describes more interfaces than packets can name");
            }
            interfaces.push(Interface {
                link: Link::from(i.linktype.0 as u32),
                resolution: resolution(i.if_tsresol),
                offset: i.if_tsoffset,
            });
            Ok(None)
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let Some(interface) = interfaces.get(packet.if_id as usize) else {
                return Ok(None);
            };
            let ticks = (u64::from(packet.ts_high) << 32) | u64::from(packet.ts_low);
            Ok(Some((
                interface.time(ticks).ok_or("a packet's time is none")?,
                packet.if_id as u16,
                packet.origlen as usize,
                packet.packet_data(),
            )))
        }
        // Simple packets have no time: there is nothing to place them by.
        PcapBlockOwned::NG(_) => Ok(None),
    }
}

/// Ticks a second by the option `if_tsresol`: a power of ten, or of two where the highest bit is
/// set (draft-ietf-opsawg-pcapng-04 §4.2); microseconds where it is out of range.
fn resolution(option: u8) -> u64 {
    let exponent = u32::from(option & 0x7f);
    let ticks = match option & 0x80 {
        0 => 10_u64.checked_pow(exponent),
        _ => 1_u64.checked_shl(exponent),
    };
    ticks.unwrap_or(1_000_000)
}
