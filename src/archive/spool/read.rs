//! Reading: one call by its blocks, or all segments after a restart.

use super::*;
use crate::call::{CallFacts, StreamNo};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A call as the spool holds it.
#[derive(Debug)]
pub struct SpooledCall {
    pub facts: CallFacts,
    /// In the order in which the tap saw them.
    pub packets: Vec<SpooledPacket>,
    bytes: Vec<u8>,
}

/// One packet's place.
#[derive(Debug, Clone, Copy)]
pub struct SpooledPacket {
    pub at: WallTime,
    pub stream: StreamNo,
    start: u32,
    len: u16,
}

impl SpooledCall {
    /// The packet from its RTP or RTCP header on.
    pub fn bytes(&self, packet: &SpooledPacket) -> &[u8] {
        &self.bytes[packet.start as usize..packet.start as usize + usize::from(packet.len)]
    }
}

/// Reads one call.
///
/// # Errors
/// When a segment cannot be read, a block does not prove itself, or no facts are there.
pub fn read_call(dir: &Path, call: &ClosedCall) -> io::Result<SpooledCall> {
    let mut files: HashMap<u64, File> = HashMap::new();
    let total: usize = call.blocks.iter().filter(|b| b.kind == BlockKind::Packets).map(|b| b.body_len as usize).sum();
    let mut bytes = Vec::with_capacity(total);
    let mut packets = Vec::with_capacity(total / 180);
    let mut facts = None;
    let mut buffer = Vec::new();
    for block in &call.blocks {
        let file = match files.entry(block.segment) {
            std::collections::hash_map::Entry::Occupied(e) => e.into_mut(),
            std::collections::hash_map::Entry::Vacant(e) => e.insert(File::open(dir.join(segment_name(block.segment)))?),
        };
        buffer.resize(BLOCK_HEADER + block.body_len as usize, 0);
        file.read_exact_at(&mut buffer, block.offset)?;
        let (header, body) = buffer.split_at(BLOCK_HEADER);
        if stored_checksum(header) != checksum(header, body) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("block at {} of segment {} is damaged", block.offset, block.segment)));
        }
        match block.kind {
            BlockKind::Packets => index(body, &mut bytes, &mut packets),
            _ => facts = Some(serde_json::from_slice(body).map_err(io::Error::other)?),
        }
    }
    let mut facts: CallFacts = facts.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the call has no facts in the spool"))?;
    if call.unclosed {
        facts.recovered = true;
        facts.ended_at = facts.ended_at.or(packets.last().map(|p: &SpooledPacket| p.at)).or(Some(facts.started_at));
        facts.ended_by = facts.ended_by.or(Some(crate::call::EndedBy::CaptureEnd));
    }
    Ok(SpooledCall { facts, packets, bytes })
}

fn index(body: &[u8], bytes: &mut Vec<u8>, packets: &mut Vec<SpooledPacket>) {
    let base = bytes.len();
    bytes.extend_from_slice(body);
    let mut at = 0;
    while let Some((head, rest)) = body[at..].split_first_chunk::<PACKET_HEADER>() {
        let micros = i64::from_le_bytes([head[0], head[1], head[2], head[3], head[4], head[5], head[6], head[7]]);
        let stream = StreamNo(u16::from_le_bytes([head[8], head[9]]));
        let len = u16::from_le_bytes([head[10], head[11]]);
        if rest.len() < usize::from(len) {
            break;
        }
        packets.push(SpooledPacket { at: WallTime(micros), stream, start: (base + at + PACKET_HEADER) as u32, len });
        at += PACKET_HEADER + usize::from(len);
    }
}

fn stored_checksum(header: &[u8]) -> u32 {
    u32::from_le_bytes([header[12], header[13], header[14], header[15]])
}

pub(super) fn segment_numbers(dir: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|n| n.strip_suffix(".spool")).and_then(|n| u64::from_str_radix(n, 16).ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Finds what earlier runs left: every call with a block that proves itself, in the order they began.
///
/// # Errors
/// When the folder or a segment cannot be read. A damaged or torn block is no error: reading of that segment ends there.
pub fn recover(dir: &Path) -> io::Result<Vec<ClosedCall>> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut calls: HashMap<Uuid, ClosedCall> = HashMap::new();
    let mut order = Vec::new();
    for segment in segment_numbers(dir)? {
        let bytes = std::fs::read(dir.join(segment_name(segment)))?;
        for (id, block) in blocks(&bytes, segment) {
            let call = calls.entry(id).or_insert_with(|| {
                order.push(id);
                ClosedCall { id, blocks: Vec::new(), losses: Vec::new(), unclosed: true }
            });
            call.unclosed &= block.kind != BlockKind::Close;
            call.blocks.push(block);
        }
    }
    let has_facts = |call: &ClosedCall| call.blocks.iter().any(|b| b.kind != BlockKind::Packets);
    Ok(order.into_iter().filter_map(|id| calls.remove(&id)).filter(has_facts).collect())
}

/// The blocks of a segment up to the first that does not prove itself.
fn blocks(segment_bytes: &[u8], segment: u64) -> Vec<(Uuid, BlockRef)> {
    let mut found = Vec::new();
    let proper = segment_bytes.len() >= SEGMENT_HEADER && &segment_bytes[..8] == SEGMENT_MAGIC;
    let mut at = if proper { u32::from_le_bytes([segment_bytes[12], segment_bytes[13], segment_bytes[14], segment_bytes[15]]) as usize } else { segment_bytes.len() };
    while let Some(header) = segment_bytes.get(at..at + BLOCK_HEADER) {
        let body_len = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
        let body = segment_bytes.get(at + BLOCK_HEADER..at + BLOCK_HEADER + body_len);
        let (Some(body), Some(kind), true) = (body, BlockKind::from_byte(header[4]), &header[..4] == BLOCK_MAGIC && body_len <= LARGEST_BODY) else { break };
        if stored_checksum(header) != checksum(header, body) {
            tracing::warn!(segment, offset = at, "a torn or damaged block: the rest of this spool segment is passed over");
            break;
        }
        let id = Uuid::from_slice(&header[16..32]).unwrap_or_default();
        found.push((id, BlockRef { segment, offset: at as u64, kind, body_len: body_len as u32 }));
        at += BLOCK_HEADER + body_len;
    }
    found
}
