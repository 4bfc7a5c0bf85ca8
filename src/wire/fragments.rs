//! IP fragments put together again (RFC 791 §3.2, RFC 8200 §4.5), by etherparse's buffers.
//!
//! A hostile sender can open any number of datagrams and finish none, so all is bounded: datagrams
//! under way, pieces of each, and the time that the rest is waited for. What is given up is
//! counted, piece by piece.

use super::ip::{Packet, Piece};
use crate::units::{Micros, WallTime};
use etherparse::IpNumber;
use etherparse::defrag::IpDefragBuf;
use std::collections::HashMap;
use std::net::IpAddr;

/// Datagrams under way at once; the oldest goes when one more begins.
const MOST: usize = 1024;
/// A SIP message of 64 KiB over a link of 576 bytes has 120 pieces; twice that, as a mirror may
/// double them.
const MOST_PIECES: u64 = 256;
/// Linux waits as long (`ipfrag_time`).
const WAIT: Micros = Micros::from_secs(30);

#[derive(Debug, PartialEq, Eq, Hash, Clone, Copy)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    id: u32,
    protocol: u8,
}

#[derive(Debug)]
struct Unfinished {
    buffer: IpDefragBuf,
    first: WallTime,
    pieces: u64,
}

#[derive(Debug, Default)]
pub(super) struct Fragments {
    unfinished: HashMap<Key, Unfinished>,
    /// Pieces that wait for the others, those that were put together, and those that were given up.
    pub(super) waiting: u64,
    pub(super) joined: u64,
    pub(super) given_up: u64,
}

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
        if !self.unfinished.contains_key(&key) && self.unfinished.len() >= MOST {
            let oldest = self
                .unfinished
                .iter()
                .min_by_key(|(_, u)| u.first)
                .map(|(k, _)| *k);
            oldest.into_iter().for_each(|key| self.give_up(&key));
        }
        let buffer = || {
            IpDefragBuf::new(
                IpNumber(packet.protocol),
                Vec::with_capacity(2 * packet.payload.len()),
                Vec::with_capacity(4),
            )
        };
        let unfinished = self.unfinished.entry(key).or_insert_with(|| Unfinished {
            buffer: buffer(),
            first: at,
            pieces: 0,
        });
        unfinished.pieces += 1;
        self.waiting += 1;
        // Pieces that contradict each other or that the capture cut: none of them can be trusted.
        if packet.cut
            || unfinished.pieces > MOST_PIECES
            || unfinished
                .buffer
                .add(piece.offset, piece.more, packet.payload)
                .is_err()
        {
            self.give_up(&key);
            return None;
        }
        if !unfinished.buffer.is_complete() {
            return None;
        }
        let done = self.unfinished.remove(&key)?;
        self.waiting -= done.pieces;
        self.joined += done.pieces;
        Some(done.buffer.take_bufs().0)
    }

    fn give_up(&mut self, key: &Key) {
        if let Some(unfinished) = self.unfinished.remove(key) {
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
