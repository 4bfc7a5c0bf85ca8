//! Where to look for the call that a message may belong to: by what joining asks for, so that an
//! INVITE costs the same however many calls are known.
//!
//! A list holds no more than [`MOST_ALIKE`] calls, the newest: where so many are alike, joining
//! would take none of them anyway, for it takes none of two.

use super::flows::Table;
use super::numbers::alike;
use super::{CallNo, Limit};
use std::collections::VecDeque;
use std::net::IpAddr;

/// Calls that are alike in one respect.
pub(super) const MOST_ALIKE: usize = 64;

/// A respect in which a call may be looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Trait {
    /// The host that was invited, and who calls.
    InvitedFrom(IpAddr, String),
    /// The host that was invited, and who is called.
    InvitedTo(IpAddr, String),
    /// The host that invites, and who calls.
    Inviting(IpAddr, String),
    /// The caller's number to the letter.
    Caller(String),
    /// Media alone, between these hosts.
    Media(IpAddr, IpAddr),
}

impl Trait {
    /// Of a host and a number; `None` where the number is no one's.
    pub(super) fn of(
        kind: fn(IpAddr, String) -> Trait,
        host: IpAddr,
        number: Option<&str>,
    ) -> Option<Trait> {
        alike(number?).map(|number| kind(host, number))
    }

    /// Of two hosts, whichever way.
    pub(super) fn between(a: IpAddr, b: IpAddr) -> Trait {
        Trait::Media(a.min(b), a.max(b))
    }
}

/// See the module's doc.
#[derive(Debug, Default)]
pub(super) struct Index {
    calls: Table<Trait, VecDeque<CallNo>>,
    traits: Table<CallNo, Vec<Trait>>,
}

impl Index {
    /// Replaces what a call is looked for by; gives the bound that it met.
    pub(super) fn set(&mut self, call: CallNo, traits: Vec<Trait>) -> Option<Limit> {
        if self.traits.get(&call) == Some(&traits) {
            return None;
        }
        self.remove(call);
        let mut met = None;
        for key in &traits {
            let alike = self.calls.entry(key.clone()).or_default();
            if alike.len() >= MOST_ALIKE {
                alike.pop_front();
                met = Some(Limit::Alike);
            }
            alike.push_back(call);
        }
        self.traits.insert(call, traits);
        met
    }

    /// A call is over.
    pub(super) fn remove(&mut self, call: CallNo) {
        for key in self.traits.remove(&call).unwrap_or_default() {
            let Some(alike) = self.calls.get_mut(&key) else {
                continue;
            };
            alike.retain(|other| *other != call);
            if alike.is_empty() {
                self.calls.remove(&key);
            }
        }
    }

    /// Calls with a trait, the oldest first.
    pub(super) fn find(&self, wanted: &Trait) -> impl Iterator<Item = CallNo> + '_ {
        self.calls.get(wanted).into_iter().flatten().copied()
    }

    /// Calls with any of these traits, each once, the oldest first.
    pub(super) fn any(&self, wanted: impl IntoIterator<Item = Option<Trait>>) -> Vec<CallNo> {
        let lists = wanted.into_iter().flatten();
        let lists = lists.filter_map(|key| self.calls.get(&key));
        let mut found: Vec<CallNo> = lists.flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The longest list.
    pub(super) fn longest(&self) -> usize {
        self.calls.values().map(VecDeque::len).max().unwrap_or(0)
    }
}
