//! Reading: one call by its blocks, or all segments after a restart.

use super::super::beneath::Beneath;
use super::super::cipher::open_block;
use super::super::disk::ALIGNED;
use super::super::error::{ArchiveError, Result};
use super::super::keys::{DataKey, Keyring, WRAPPED};
use super::{
    BLOCK_HEADER, BLOCK_MAGIC, BlockKind, BlockRef, CIPHER_AES_256_GCM, CIPHER_NONE, ClosedCall,
    Given, LARGEST_BODY, LARGEST_SEGMENT, PACKET_HEADER, SEGMENT_HEADER, SEGMENT_MAGIC, SpoolLoss,
    SpoolLossReason, about, add_loss, checksum, segment_name,
};
use crate::call::{CallFacts, StreamNo};
use crate::units::WallTime;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A call as the spool holds it.
#[derive(Debug)]
pub struct SpooledCall<'a> {
    pub facts: CallFacts,
    /// In the order in which the tap saw them.
    pub packets: Vec<SpooledPacket>,
    /// What should be here and is not.
    pub losses: Vec<SpoolLoss>,
    bytes: &'a [u8],
}

/// One packet's place.
#[derive(Debug, Clone, Copy)]
pub struct SpooledPacket {
    pub at: WallTime,
    pub stream: StreamNo,
    start: u32,
    len: u16,
}

impl SpooledCall<'_> {
    /// The packet from its RTP or RTCP header on.
    pub fn bytes(&self, packet: &SpooledPacket) -> &[u8] {
        &self.bytes[packet.start as usize..packet.start as usize + usize::from(packet.len)]
    }
}

/// Reads calls one after the other. It keeps segments open, and a segment that is open keeps its
/// place on the disk: call [`SpoolReader::rest`] when no call is to be read for a while.
pub struct SpoolReader {
    dir: PathBuf,
    keyring: Keyring,
    segments: HashMap<u64, (File, Option<DataKey>)>,
    /// The last call's blocks; memory for the next one's.
    bytes: Vec<u8>,
}

/// Memory that is kept while resting: as much as a call of an hour needs.
const KEPT: usize = 64 << 20;

impl SpoolReader {
    /// A reader without open segments.
    pub fn new(dir: &Path, keyring: &Keyring) -> SpoolReader {
        SpoolReader {
            dir: dir.to_owned(),
            keyring: keyring.clone(),
            segments: HashMap::new(),
            bytes: Vec::new(),
        }
    }

    /// Closes what is open.
    pub fn rest(&mut self) {
        self.segments.clear();
        if self.bytes.len() > KEPT {
            self.bytes = Vec::new();
        }
    }

    /// Reads one call. A block that is gone or does not prove itself costs itself alone.
    ///
    /// # Errors
    /// When a segment cannot be read or its key is not there, or nothing is left of the call.
    pub fn call(&mut self, call: &ClosedCall) -> Result<SpooledCall<'_>> {
        let total: usize = call
            .blocks
            .iter()
            .filter(|b| b.kind == BlockKind::Packets)
            .map(|b| BLOCK_HEADER + b.body_len as usize)
            .sum();
        let mut packets: Vec<SpooledPacket> = Vec::with_capacity(total / 180);
        let mut facts: Option<CallFacts> = None;
        let mut losses = Vec::new();
        let mut holes = Holes::default();
        let mut unclosed = call.unclosed;
        // What is kept ends here.
        let mut end = 0;
        for block in &call.blocks {
            let body = match self.block(block, end) {
                Ok(body) => Some(body),
                Err(why) if is_damage(&why) => {
                    tracing::error!(call = %call.id, %why, "a part of a call cannot be read back \
                        from the spool: it becomes a gap on the call");
                    unclosed |= block.kind == BlockKind::Close && call.facts.is_none();
                    None
                }
                Err(why) => return Err(why),
            };
            let known = packets.len();
            match (block.kind, body) {
                (BlockKind::Packets, Some(body)) => {
                    index(&self.bytes[body.clone()], body.start, &mut packets);
                    end = body.end;
                }
                (_, None) => {}
                (BlockKind::Losses, Some(body)) => {
                    losses = serde_json::from_slice(&self.bytes[body])?;
                }
                (_, Some(body)) => facts = Some(serde_json::from_slice(&self.bytes[body])?),
            }
            holes.pass(block.given, &packets, known);
        }
        if let Some(last) = &call.facts {
            facts = Some(serde_json::from_slice(last)?);
        }
        let mut facts = match (facts, packets.first()) {
            (Some(facts), _) => facts,
            // Whose media it is, and of which codec, is gone with them.
            (None, Some(first)) => {
                unclosed = true;
                holes.all(&packets);
                CallFacts::new(call.id, first.at)
            }
            (None, None) => Err(ArchiveError::Damaged(format!(
                "call {}, of which the spool has nothing left,",
                call.id
            )))?,
        };
        if !call.keys.is_empty() {
            facts.formats.clone_from(&call.keys);
        }
        if unclosed {
            facts.recovered = true;
            facts.ended_at = facts
                .ended_at
                .or(packets.last().map(|p: &SpooledPacket| p.at))
                .or(Some(facts.started_at));
            facts.ended_by = facts.ended_by.or(Some(crate::call::EndedBy::CaptureEnd));
        }
        // What the run that recorded it knows is the newest.
        if !call.losses.is_empty() {
            losses.clone_from(&call.losses);
        }
        for loss in holes.unsaid(&facts, &losses) {
            add_loss(&mut losses, loss);
        }
        Ok(SpooledCall {
            facts,
            packets,
            losses,
            bytes: &self.bytes[..end],
        })
    }

    /// Reads a block to `start` of the memory, where its packets stay; gives where its body is,
    /// in the clear.
    fn block(&mut self, block: &BlockRef, start: usize) -> Result<Range<usize>> {
        let (file, key) = match self.segments.entry(block.segment) {
            Entry::Occupied(e) => e.into_mut(),
            Entry::Vacant(e) => e.insert(open_segment(&self.dir, &self.keyring, block.segment)?),
        };
        let end = start + BLOCK_HEADER + block.body_len as usize;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let bytes = &mut self.bytes[start..end];
        file.read_exact_at(bytes, block.offset)?;
        let damaged = || {
            let BlockRef {
                offset, segment, ..
            } = block;
            ArchiveError::Damaged(format!("the block at {offset} of segment {segment}"))
        };
        let (header, body) = bytes.split_at_mut(BLOCK_HEADER);
        if stored_checksum(header) != checksum(header, body) {
            return Err(damaged());
        }
        let length = match key {
            Some(key) => {
                let sealed = body.len().checked_sub(8).ok_or_else(damaged)?;
                let (sealed, number) = body.split_at_mut(sealed);
                let number = u64::from_le_bytes((&*number).try_into().map_err(|_| damaged())?);
                open_block(key, number, &about(header), sealed)?
            }
            None => body.len(),
        };
        Ok(start + BLOCK_HEADER..start + BLOCK_HEADER + length)
    }
}

/// Whether what was written is gone or changed, and will not come back by waiting.
fn is_damage(why: &ArchiveError) -> bool {
    match why {
        ArchiveError::Damaged(_) => true,
        ArchiveError::Io(why) => matches!(
            why.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof
        ),
        _ => false,
    }
}

/// Where a call was given more packets than its blocks hold.
#[derive(Default)]
struct Holes {
    given: Given,
    found: Vec<Hole>,
}

struct Hole {
    /// Of the packets on both sides; none before the first and behind the last.
    from: Option<WallTime>,
    to: Option<WallTime>,
    packets: u64,
}

impl Holes {
    /// A block was passed that had `given` before it, and has the packets from `known` on in it.
    fn pass(&mut self, given: Option<Given>, packets: &[SpooledPacket], known: usize) {
        let Some(given) = given else { return };
        let missing = u64::from(given.beyond(self.given));
        let behind = given.plus((packets.len() - known) as u32);
        if missing > 0 {
            self.found.push(Hole {
                from: known.checked_sub(1).map(|last| packets[last].at),
                to: packets.get(known).map(|next| next.at),
                packets: missing,
            });
        }
        // What was written twice is older than what came before it.
        if behind.beyond(self.given) > 0 {
            self.given = behind;
        }
    }

    /// What is there cannot be used.
    fn all(&mut self, packets: &[SpooledPacket]) {
        self.found.push(Hole {
            from: packets.first().map(|first| first.at),
            to: packets.last().map(|last| last.at),
            packets: packets.len() as u64,
        });
    }

    /// Those that no loss speaks of.
    fn unsaid(self, facts: &CallFacts, said: &[SpoolLoss]) -> Vec<SpoolLoss> {
        let mut said: Vec<SpoolLoss> = said.to_vec();
        let end = |from: WallTime| facts.ended_at.unwrap_or(from).max(from);
        let unsaid = self.found.into_iter().filter_map(|hole| {
            let from = hole.from.unwrap_or(facts.started_at);
            let to = hole.to.unwrap_or_else(|| end(from)).max(from);
            let mut packets = hole.packets;
            for loss in said.iter_mut().filter(|l| l.from <= to && l.to >= from) {
                let told = loss.packets.min(packets);
                loss.packets -= told;
                packets -= told;
            }
            (packets > 0).then_some(SpoolLoss {
                from,
                to,
                packets,
                reason: SpoolLossReason::Damaged,
            })
        });
        unsaid.collect()
    }
}

/// A segment's file, and its key where it is encrypted: from memory when this process wrote it,
/// else unwrapped.
fn open_segment(dir: &Path, keyring: &Keyring, segment: u64) -> Result<(File, Option<DataKey>)> {
    let file = Beneath::open(dir)?.read(Path::new(&segment_name(segment)))?;
    let mut header = [0; SEGMENT_HEADER];
    file.read_exact_at(&mut header, 0)?;
    let key = match u16::from_le_bytes([header[10], header[11]]) {
        CIPHER_NONE => None,
        CIPHER_AES_256_GCM => Some(match keyring.segment(segment) {
            Some(key) => key,
            None => {
                let mut wrapped = [0; WRAPPED];
                file.read_exact_at(&mut wrapped, SEGMENT_HEADER as u64)?;
                let mut id = [0; 32];
                id.copy_from_slice(&header[24..56]);
                keyring.unwrap(&id, &wrapped)?
            }
        }),
        other => {
            return Err(ArchiveError::Unsupported(format!(
                "segment {segment} is of a kind ({other}) that a later release wrote"
            )));
        }
    };
    Ok((file, key))
}

/// Finds the packets of a block whose body is at `base` of all that was read.
fn index(body: &[u8], base: usize, packets: &mut Vec<SpooledPacket>) {
    let mut at = 0;
    while let Some((head, rest)) = body[at..].split_first_chunk::<PACKET_HEADER>() {
        let micros = i64::from_le_bytes([
            head[0], head[1], head[2], head[3], head[4], head[5], head[6], head[7],
        ]);
        let stream = StreamNo(u16::from_le_bytes([head[8], head[9]]));
        let len = u16::from_le_bytes([head[10], head[11]]);
        if rest.len() < usize::from(len) {
            break;
        }
        packets.push(SpooledPacket {
            at: WallTime(micros),
            stream,
            start: (base + at + PACKET_HEADER) as u32,
            len,
        });
        at += PACKET_HEADER + usize::from(len);
    }
}

/// Packets one behind the other, each with the spool's head.
pub fn packets(bytes: &[u8]) -> impl Iterator<Item = (WallTime, StreamNo, &[u8])> {
    let mut found = Vec::new();
    index(bytes, 0, &mut found);
    found.into_iter().map(|p| {
        (
            p.at,
            p.stream,
            &bytes[p.start as usize..p.start as usize + usize::from(p.len)],
        )
    })
}

fn stored_checksum(header: &[u8]) -> u32 {
    u32::from_le_bytes([header[12], header[13], header[14], header[15]])
}

pub(super) fn segment_numbers(dir: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let number = name
            .to_str()
            .and_then(|n| n.strip_suffix(".spool"))
            .and_then(|n| u64::from_str_radix(n, 16).ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Finds what earlier runs left: every call with a block that proves itself, in the order they
/// began.
///
/// # Errors
/// When the folder or a segment cannot be read. A damaged or torn block is no error: reading goes
/// on behind it.
pub fn recover(dir: &Path) -> io::Result<Vec<ClosedCall>> {
    recover_before(dir, u64::MAX)
}

/// The same of the segments before one: another process goes on writing behind them.
///
/// # Errors
/// As [`recover`].
pub fn recover_before(dir: &Path, segment: u64) -> io::Result<Vec<ClosedCall>> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let first = segment;
    let mut calls: HashMap<Uuid, ClosedCall> = HashMap::new();
    let mut order = Vec::new();
    let numbers = segment_numbers(dir)?.into_iter();
    for segment in numbers.take_while(|number| *number < first) {
        let Some(bytes) = whole(dir, segment)? else {
            continue;
        };
        for (id, block) in blocks(&bytes, segment) {
            let call = calls.entry(id).or_insert_with(|| {
                order.push(id);
                ClosedCall {
                    id,
                    blocks: Vec::new(),
                    losses: Vec::new(),
                    unclosed: true,
                    facts: None,
                    keys: Vec::new(),
                }
            });
            call.unclosed &= block.kind != BlockKind::Close;
            call.blocks.push(block);
        }
    }
    let has_something = |call: &ClosedCall| call.blocks.iter().any(|b| b.kind != BlockKind::Losses);
    Ok(order
        .into_iter()
        .filter_map(|id| calls.remove(&id))
        .filter(has_something)
        .collect())
}

/// All of a segment; nothing where it has gone since, or where what lies there is no segment.
fn whole(dir: &Path, segment: u64) -> io::Result<Option<Vec<u8>>> {
    let name = segment_name(segment);
    let is_none = |path: &Path| path.symlink_metadata().is_ok_and(|about| !about.is_file());
    let mut file = match Beneath::open(dir)?.read(Path::new(&name)) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) if is_none(&dir.join(&name)) => {
            tracing::error!(name, %why, "what is no segment is not read");
            return Ok(None);
        }
        file => file?,
    };
    let length = file.metadata()?.len();
    if length > LARGEST_SEGMENT {
        tracing::error!(name, length, "what is larger than any segment is not read");
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The blocks of a segment that prove themselves.
fn blocks(bytes: &[u8], segment: u64) -> Vec<(Uuid, BlockRef)> {
    let mut found = Vec::new();
    let proper = bytes.len() >= SEGMENT_HEADER && &bytes[..8] == SEGMENT_MAGIC;
    let mut at = if proper {
        u32::from_le_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]) as usize
    } else {
        bytes.len()
    };
    let mut passed_over = None;
    while at + BLOCK_HEADER <= bytes.len() {
        // What pads the last page.
        if bytes.len() - at < ALIGNED && bytes[at..].iter().all(|b| *b == 0) {
            break;
        }
        if let Some((id, block)) = block(bytes, segment, at) {
            at += BLOCK_HEADER + block.body_len as usize;
            found.push((id, block));
            continue;
        }
        passed_over.get_or_insert(at);
        // The next that proves itself; its checksum rules out what only looks like one.
        at = bytes[at + 1..]
            .windows(BLOCK_MAGIC.len())
            .position(|w| w == BLOCK_MAGIC)
            .map_or(bytes.len(), |next| at + 1 + next);
    }
    if let Some(offset) = passed_over {
        tracing::warn!(
            segment,
            offset,
            "a torn or damaged block in the spool: it is passed over"
        );
    }
    found
}

fn block(bytes: &[u8], segment: u64, at: usize) -> Option<(Uuid, BlockRef)> {
    let header = bytes.get(at..at + BLOCK_HEADER)?;
    let body_len = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
    if &header[..4] != BLOCK_MAGIC || body_len > LARGEST_BODY {
        return None;
    }
    let body = bytes.get(at + BLOCK_HEADER..at + BLOCK_HEADER + body_len)?;
    let kind = BlockKind::from_byte(header[4])
        .filter(|_| stored_checksum(header) == checksum(header, body))?;
    Some((
        Uuid::from_slice(&header[16..32]).ok()?,
        BlockRef {
            segment,
            offset: at as u64,
            kind,
            body_len: body_len as u32,
            given: Given::from_bytes([header[5], header[6], header[7]]),
        },
    ))
}
