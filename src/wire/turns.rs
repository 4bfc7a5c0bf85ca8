//! Whose turn it is to go when a table is full: what came first, or was not used for longest.
//!
//! A queue beside the table. What leaves the table by itself leaves its place in the queue behind;
//! such places are passed over, and cleared away before they outnumber the others, so that each
//! step costs the same on average however full the table is.

use std::collections::VecDeque;

/// A place in the queue. The table keeps it beside the entry; a place that is not the entry's own
/// any more is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn(u64);

/// See the module's doc.
#[derive(Debug)]
pub struct Turns<K> {
    queue: VecDeque<(K, Turn)>,
    next: u64,
}

impl<K> Default for Turns<K> {
    fn default() -> Turns<K> {
        Turns {
            queue: VecDeque::new(),
            next: 0,
        }
    }
}

/// Stale places that are left alone.
const FEW: usize = 64;

impl<K: Copy> Turns<K> {
    /// Takes a place at the end.
    pub fn join(&mut self, key: K) -> Turn {
        self.next += 1;
        let turn = Turn(self.next);
        self.queue.push_back((key, turn));
        turn
    }

    /// Takes out the first whose place is its own, by what `is_own` says.
    pub fn first(&mut self, is_own: impl Fn(&K, Turn) -> bool) -> Option<K> {
        while let Some((key, turn)) = self.queue.pop_front() {
            if is_own(&key, turn) {
                return Some(key);
            }
        }
        None
    }

    /// The first whose place is its own, which stays.
    pub fn peek(&mut self, is_own: impl Fn(&K, Turn) -> bool) -> Option<K> {
        while let Some((key, turn)) = self.queue.front() {
            if is_own(key, *turn) {
                return Some(*key);
            }
            self.queue.pop_front();
        }
        None
    }

    /// Clears stale places away where they outnumber the `entries` of the table.
    pub fn tidy(&mut self, entries: usize, is_own: impl Fn(&K, Turn) -> bool) {
        if self.queue.len() > 2 * entries + FEW {
            self.queue.retain(|(key, turn)| is_own(key, *turn));
        }
    }

    /// Places, stale ones among them.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn the_first_goes_first_and_stale_places_are_cleared_away() {
        let (mut turns, mut table) = (Turns::default(), HashMap::new());
        for key in 0..1000 {
            let turn = turns.join(key % 10);
            table.insert(key % 10, turn);
            turns.tidy(table.len(), |key, turn| table.get(key) == Some(&turn));
            assert!(turns.len() <= 2 * 10 + FEW);
        }
        table.remove(&0);
        let own = |key: &i32, turn| table.get(key) == Some(&turn);
        assert_eq!(
            (turns.peek(own), turns.first(own), turns.first(own)),
            (Some(1), Some(1), Some(2))
        );
    }
}
