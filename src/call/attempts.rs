//! Attempts: INVITEs that nobody has answered yet. A scanner makes thousands, with any sender it
//! likes; none of them may keep a call of people out.
//!
//! In peace an attempt is written down at once. While more than [`FEW_PENDING`] are under way of
//! which no other message was seen, a new one is held in memory until somebody answers it or a
//! second has gone by, and where too many are held, the one that has waited longest goes, and is
//! counted: an answer comes within a fraction of a second, and then it is a call like any other.
//! A host may have [`MOST_ATTEMPTS`] that wait for an answer.

use super::CallNo;
use super::flows::Table;
use crate::wire::turns::{Turn, Turns};
use std::net::IpAddr;

/// Calls at once; new ones are refused whole, those under way go on.
pub(super) const MOST_CALLS: usize = 20_000;
/// Attempts of one host that wait for an answer: a scanner has more, a dialler has not.
pub(super) const MOST_ATTEMPTS: usize = 200;
/// Attempts in memory alone. At 50,000 a second each stays for a sixth of a second.
pub(super) const MOST_PENDING: usize = 8192;
/// So many that nobody has answered are a busy hour; more are a scanner.
pub(super) const FEW_PENDING: usize = 1000;
/// Attempts that were written down and that nobody has answered: they last for three minutes.
pub(super) const MOST_BARE: usize = 4000;

/// See the module's doc.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// That wait for an answer, by the host that makes them.
    of_host: Table<IpAddr, usize>,
    /// Of which no other message was seen.
    bare: Table<CallNo, Bare>,
    turns: Turns<CallNo>,
    pending: usize,
    has_dropped: bool,
}

#[derive(Debug, Clone, Copy)]
struct Bare {
    /// Its place among those in memory alone; `None` when it is written down.
    turn: Option<Turn>,
}

impl Attempts {
    pub(super) fn begin(&mut self, call: CallNo, host: IpAddr) {
        *self.of_host.entry(host).or_default() += 1;
        self.bare.insert(call, Bare { turn: None });
    }

    pub(super) fn settle(&mut self, host: IpAddr) {
        if let Some(waiting) = self.of_host.get_mut(&host) {
            *waiting -= 1;
            if *waiting == 0 {
                self.of_host.remove(&host);
            }
        }
    }

    pub(super) fn of(&self, host: IpAddr) -> usize {
        self.of_host.get(&host).copied().unwrap_or(0)
    }

    /// Another message of it was seen, or it is over.
    pub(super) fn over(&mut self, call: CallNo) {
        if let Some(Bare { turn: Some(_) }) = self.bare.remove(&call) {
            self.pending -= 1;
        }
    }

    pub(super) fn hold(&mut self, call: CallNo) {
        if self.is_pending(call) {
            return;
        }
        let turn = self.turns.join(call);
        if let Some(bare) = self.bare.get_mut(&call) {
            bare.turn = Some(turn);
            self.pending += 1;
        }
        let bare = &self.bare;
        self.turns
            .tidy(self.pending, |call, turn| is_own(bare, call, turn));
    }

    /// It is written down now.
    pub(super) fn written(&mut self, call: CallNo) {
        let held = self.bare.get_mut(&call).and_then(|bare| bare.turn.take());
        self.pending -= usize::from(held.is_some());
    }

    /// The one in memory alone that has waited longest; it stays.
    pub(super) fn oldest(&mut self) -> Option<CallNo> {
        let bare = &self.bare;
        self.turns.peek(|call, turn| is_own(bare, call, turn))
    }

    /// Whether it is in memory alone.
    pub(super) fn is_pending(&self, call: CallNo) -> bool {
        self.bare.get(&call).is_some_and(|b| b.turn.is_some())
    }

    pub(super) fn is_bare(&self, call: CallNo) -> bool {
        self.bare.contains_key(&call)
    }

    /// Whether one went to make room for another since this was asked last.
    pub(super) fn take_dropped(&mut self) -> bool {
        std::mem::take(&mut self.has_dropped)
    }

    pub(super) fn pending(&self) -> usize {
        self.pending
    }

    /// Written down, and still unheard of.
    pub(super) fn bare(&self) -> usize {
        self.bare.len() - self.pending
    }

    /// All of which no other message was seen.
    pub(super) fn unheard(&self) -> usize {
        self.bare.len()
    }

    pub(super) fn note_dropped(&mut self) {
        self.has_dropped = true;
    }

    pub(super) fn most_of_a_host(&self) -> usize {
        self.of_host.values().copied().max().unwrap_or(0)
    }
}

fn is_own(bare: &Table<CallNo, Bare>, call: &CallNo, turn: Turn) -> bool {
    bare.get(call).is_some_and(|b| b.turn == Some(turn))
}
