//! IP fragments put together again (RFC 791 §3.2, RFC 8200 §4.5), by etherparse's buffers.
//!
//! A hostile sender can open any number of datagrams and finish none, so all is bounded: datagrams
//! under way, their bytes, pieces of each, and the time that the rest is waited for. Pieces are
//! held as they came, so that one at the far end of its datagram takes no more than its own length;
//! they are joined once there are enough of them. When there is no room, the datagram that has
//! waited longest goes. What is given up is counted, piece by piece.

use super::ip::{Packet, Piece};
use super::turns::{Turn, Turns};
use crate::units::{Micros, WallTime};
use etherparse::defrag::IpDefragBuf;
use etherparse::{IpFragOffset, IpNumber};
use std::collections::HashMap;
use std::net::IpAddr;

/// Datagrams under way at once.
pub(super) const MOST: usize = 8192;
/// Bytes that they may hold.
pub(super) const MOST_BYTES: usize = 16 << 20;
/// A SIP message of 64 KiB over a link of 576 bytes has 120 pieces; twice that, as a mirror may
/// double them.
pub(super) const MOST_PIECES: u64 = 256;
/// Linux waits as long (`ipfrag_time`).
const WAIT: Micros = Micros::from_secs(30);
/// What a piece takes beside its bytes.
const OVERHEAD: usize = 64;

#[derive(Debug, PartialEq, Eq, Hash, Clone, Copy)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    id: u32,
    protocol: u8,
}

#[derive(Debug)]
struct Held {
    offset: IpFragOffset,
    more: bool,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Unfinished {
    held: Vec<Held>,
    first: WallTime,
    turn: Turn,
    /// All that came, doubles among them.
    pieces: u64,
    /// Of those that are held.
    bytes: usize,
    /// Where the last piece ends.
    end: Option<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Fragments {
    unfinished: HashMap<Key, Unfinished>,
    turns: Turns<Key>,
    bytes: usize,
    /// Pieces that wait for the others, those that were put together, and those that were given up.
    pub(super) waiting: u64,
    pub(super) joined: u64,
    pub(super) given_up: u64,
}

/// Pieces that contradict each other: none of them can be trusted.
struct Contradiction;

impl Fragments {
    /// Takes in a piece; gives the whole payload with the last of them.
    pub(super) fn add(
        &mut self,
        at: WallTime,
        packet: &Packet<'_>,
        piece: Piece,
    ) -> Option<Vec<u8>> {
        let key = Key {
            src: packet.src,
            dst: packet.dst,
            id: piece.id,
            protocol: packet.protocol,
        };
        self.make_room(&key, packet.payload.len());
        let turns = &mut self.turns;
        let unfinished = self.unfinished.entry(key).or_insert_with(|| Unfinished {
            held: Vec::with_capacity(2),
            first: at,
            turn: turns.join(key),
            pieces: 0,
            bytes: 0,
            end: None,
        });
        unfinished.pieces += 1;
        self.waiting += 1;
        let before = unfinished.bytes;
        let taken = unfinished.take(packet, piece);
        self.bytes += unfinished.bytes - before;
        if taken.is_err() {
            self.give_up(&key);
            return None;
        }
        if unfinished.end.is_none_or(|end| unfinished.received() < end) {
            return None;
        }
        match unfinished.join(packet.protocol) {
            Ok(None) => None,
            Ok(Some(whole)) => {
                let done = self.unfinished.remove(&key)?;
                self.bytes -= done.bytes;
                self.waiting -= done.pieces;
                self.joined += done.pieces;
                Some(whole)
            }
            Err(Contradiction) => {
                self.give_up(&key);
                None
            }
        }
    }

    /// Datagrams under way.
    pub(super) fn len(&self) -> usize {
        self.unfinished.len()
    }

    /// What they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn make_room(&mut self, key: &Key, more: usize) {
        let is_new = !self.unfinished.contains_key(key);
        while (is_new && self.unfinished.len() >= MOST) || self.bytes + more + OVERHEAD > MOST_BYTES
        {
            let unfinished = &self.unfinished;
            let is_own = |key: &Key, turn| unfinished.get(key).is_some_and(|u| u.turn == turn);
            let Some(oldest) = self.turns.first(is_own) else {
                break;
            };
            self.give_up(&oldest);
        }
        let unfinished = &self.unfinished;
        let is_own = |key: &Key, turn| unfinished.get(key).is_some_and(|u| u.turn == turn);
        self.turns.tidy(unfinished.len(), is_own);
    }

    fn give_up(&mut self, key: &Key) {
        if let Some(unfinished) = self.unfinished.remove(key) {
            self.bytes -= unfinished.bytes;
            self.waiting -= unfinished.pieces;
            self.given_up += unfinished.pieces;
        }
    }

    /// Gives up what has waited too long; `None` gives up everything.
    pub(super) fn expire(&mut self, now: Option<WallTime>) {
        let late: Vec<Key> = self
            .unfinished
            .iter()
            .filter(|(_, u)| now.is_none_or(|now| now - u.first > WAIT))
            .map(|(k, _)| *k)
            .collect();
        late.iter().for_each(|key| self.give_up(key));
    }
}

impl Unfinished {
    fn take(&mut self, packet: &Packet<'_>, piece: Piece) -> Result<(), Contradiction> {
        let bytes = packet.payload;
        let end = usize::from(piece.offset.byte_offset()) + bytes.len();
        let other_end = self.end.is_some_and(|known| match piece.more {
            true => end > known,
            false => end != known,
        });
        let unaligned = piece.more && !bytes.len().is_multiple_of(8);
        if packet.cut || self.pieces > MOST_PIECES || other_end || unaligned {
            return Err(Contradiction);
        }
        if !piece.more {
            self.end = Some(end);
        }
        let is_same = |h: &&mut Held| h.offset == piece.offset && h.bytes.len() == bytes.len();
        if let Some(double) = self.held.iter_mut().find(is_same) {
            double.bytes.copy_from_slice(bytes);
            return Ok(());
        }
        self.bytes += bytes.len() + OVERHEAD;
        self.held.push(Held {
            offset: piece.offset,
            more: piece.more,
            bytes: bytes.to_vec(),
        });
        Ok(())
    }

    /// Bytes that came, those twice that overlap.
    fn received(&self) -> usize {
        self.bytes - OVERHEAD * self.held.len()
    }

    /// The whole payload; `None` while a part is missing.
    fn join(&self, protocol: u8) -> Result<Option<Vec<u8>>, Contradiction> {
        let room = Vec::with_capacity(self.end.unwrap_or(0));
        let mut buffer = IpDefragBuf::new(IpNumber(protocol), room, Vec::with_capacity(4));
        for held in &self.held {
            let added = buffer.add(held.offset, held.more, &held.bytes);
            added.map_err(|_| Contradiction)?;
        }
        Ok(buffer.is_complete().then(|| buffer.take_bufs().0))
    }
}
