//! Calls that have ended and are not sealed yet: what the page says of them, and whose turn it is.

use super::in_progress::CallInProgress;
use crate::archive::spool::ClosedCall;
use crate::call::{CallFacts, MediaSoFar};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Cheap to clone; the tap, the sealing threads and the page hold one each.
#[derive(Clone)]
pub struct Backlog {
    inner: Arc<Mutex<Inner>>,
    /// Whether somebody waits for a call by what its own signalling says.
    is_urgent: fn(&CallFacts) -> bool,
}

#[derive(Default)]
struct Inner {
    calls: Vec<CallInProgress>,
    /// For whom somebody waits, longest first.
    first: Vec<Uuid>,
    /// What was tried as often as it is, and stays in the spool.
    stuck: HashSet<Uuid>,
}

/// At most this many are listed on the page; the rest are still sealed.
const MOST_LISTED: usize = 10_000;

impl Default for Backlog {
    fn default() -> Backlog {
        Backlog::new(|_| false)
    }
}

impl Backlog {
    /// `is_urgent` says whether somebody waits for a call, by its facts.
    pub fn new(is_urgent: fn(&CallFacts) -> bool) -> Backlog {
        Backlog {
            inner: Arc::default(),
            is_urgent,
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        // Nothing in here can fail half way.
        work(
            &mut self
                .inner
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }

    /// A call has ended.
    pub(super) fn ended(&self, facts: &CallFacts) {
        let call = CallInProgress::of(facts, [MediaSoFar::default(); 2], None);
        self.with(|inner| {
            if inner.calls.len() < MOST_LISTED {
                inner.calls.push(call);
            }
            if (self.is_urgent)(facts) {
                inner.first.push(facts.id);
            }
        });
    }

    /// Somebody waits for a call; `false` when it is not among those to come.
    pub fn hurry(&self, id: Uuid) -> bool {
        self.with(|inner| {
            let known = inner.calls.iter().any(|c| c.id == id);
            if known && !inner.first.contains(&id) {
                inner.first.push(id);
            }
            known
        })
    }

    /// Takes the next call out of those that wait: one for whom somebody waits, else the one that
    /// ended first.
    pub(super) fn next(&self, waiting: &mut VecDeque<ClosedCall>) -> Option<ClosedCall> {
        let urgent = self.with(|inner| {
            inner
                .first
                .iter()
                .find_map(|id| waiting.iter().position(|c| c.id == *id))
        });
        waiting.remove(urgent.unwrap_or(0))
    }

    /// A call could not be sealed, and stays in the spool.
    pub(super) fn stays(&self, id: Uuid) {
        self.with(|inner| inner.stuck.insert(id));
    }

    /// Those that could not be sealed yet; they are tried again.
    pub fn stuck(&self) -> usize {
        self.with(|inner| inner.stuck.len())
    }

    pub(super) fn sealed(&self, id: Uuid) {
        self.with(|inner| {
            inner.stuck.remove(&id);
            inner.calls.retain(|c| c.id != id);
            inner.first.retain(|f| *f != id);
        });
    }

    /// Those to come, those for whom somebody waits first (`true`), the others in the order in
    /// which they ended.
    pub fn calls(&self) -> Vec<(CallInProgress, bool)> {
        self.with(|inner| {
            let mut calls: Vec<(CallInProgress, bool)> = inner
                .calls
                .iter()
                .map(|c| (c.clone(), inner.first.contains(&c.id)))
                .collect();
            calls.sort_by_key(|(_, awaited)| !awaited);
            calls
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::WallTime;

    #[test]
    fn those_for_whom_somebody_waits_come_first_and_the_others_in_their_order() {
        let backlog = Backlog::new(|facts| facts.headers.contains_key("X-Disposition"));
        let mut waiting = VecDeque::new();
        for n in 0..1000_u128 {
            let mut facts = CallFacts::new(Uuid::from_u128(n), WallTime(n as i64));
            if n == 700 {
                facts
                    .headers
                    .insert("X-Disposition".into(), "claim".to_owned().into());
            }
            backlog.ended(&facts);
            waiting.push_back(ClosedCall {
                id: facts.id,
                blocks: Vec::new(),
                losses: Vec::new(),
                unclosed: false,
                facts: None,
                keys: Vec::new(),
            });
        }
        assert!(backlog.hurry(Uuid::from_u128(999)) && !backlog.hurry(Uuid::from_u128(5000)));
        let listed = backlog.calls();
        assert!(listed[0].1 && listed[1].1 && !listed[2].1 && listed[2].0.id.as_u128() == 0);
        let mut order = Vec::new();
        while let Some(call) = backlog.next(&mut waiting) {
            order.push(call.id.as_u128());
            backlog.sealed(call.id);
        }
        assert_eq!(
            (order.len(), &order[..4], order[999]),
            (1000, &[700, 999, 0, 1][..], 998)
        );
        assert!(backlog.calls().is_empty());
    }
}
