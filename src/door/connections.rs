//! How many connections there are, and which one goes when there are too many.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;

/// What happened at the door.
#[derive(Debug, Default)]
pub struct Counters {
    pub open: AtomicU64,
    /// Turned away: too many, all of them busy.
    pub refused: AtomicU64,
    /// Idle ones that were closed for others.
    pub closed_for_others: AtomicU64,
    /// Handshakes that failed or took too long.
    pub failed_handshakes: AtomicU64,
}

/// Connections that are open at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub all: usize,
    /// Of one address: of IPv4, or a /64 of IPv6.
    pub per_address: usize,
}

/// All that are open.
#[derive(Debug)]
pub struct Connections {
    limits: Limits,
    began: Instant,
    open: Mutex<HashMap<u64, Open>>,
    next: AtomicU64,
    counters: Arc<Counters>,
}

/// One that is open.
#[derive(Debug)]
struct Open {
    from: Source,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    /// Requests that are being answered.
    busy: AtomicUsize,
    /// Milliseconds since the start at which the last one was, or it was opened.
    since: AtomicU64,
    close: Notify,
}

/// Whose they are: an address as far as somebody holds it.
type Source = (u128, bool);

fn source(from: IpAddr, by_proxy: bool) -> Source {
    match from.to_canonical() {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), by_proxy),
        IpAddr::V6(v6) => (u128::from(v6) >> 64 << 64 | 1, by_proxy),
    }
}

/// The place of an open connection; free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    all: Arc<Connections>,
    id: u64,
    state: Arc<State>,
}

/// A request. Its connection is busy from when all of it is there, or its answer begins, until the
/// answer has gone out: who sends half of one holds no place against others.
#[derive(Debug)]
pub struct Turn {
    place: Arc<Place>,
    begun: AtomicBool,
}

impl Turn {
    /// All of the request is there, or its answer begins.
    pub fn begin(&self) {
        if !self.begun.swap(true, Relaxed) {
            self.place.state.since.store(self.place.all.now(), Relaxed);
            self.place.state.busy.fetch_add(1, Relaxed);
        }
    }
}

impl Connections {
    /// None are open.
    #[must_use]
    pub fn new(limits: Limits, counters: Arc<Counters>) -> Arc<Connections> {
        Arc::new(Connections {
            limits,
            began: Instant::now(),
            open: Mutex::default(),
            next: AtomicU64::new(0),
            counters,
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A place for one more; where there are too many, the idlest goes: of the same address, or of
    /// the one that has the most. Nothing when all of those are busy.
    #[must_use]
    pub fn admit(self: &Arc<Self>, from: IpAddr, by_proxy: bool) -> Option<Arc<Place>> {
        let from = source(from, by_proxy);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.values().filter(|o| o.from == from).count();
        let all_taken = open.len() >= self.limits.all;
        let goes = match own >= self.limits.per_address && !by_proxy {
            true => Some(idlest(&open, from)),
            false if all_taken => Some(
                most(&open)
                    .and_then(|of| idlest(&open, of))
                    .or_else(|| busiest(&open, self.limits.all / 4)),
            ),
            false => None,
        };
        if let Some(goes) = goes {
            let Some(id) = goes else {
                self.counters.refused.fetch_add(1, Relaxed);
                return None;
            };
            if let Some(gone) = open.remove(&id) {
                gone.state.close.notify_one();
            }
            self.counters.closed_for_others.fetch_add(1, Relaxed);
        }
        let state = Arc::new(State {
            busy: AtomicUsize::new(0),
            since: AtomicU64::new(self.now()),
            close: Notify::new(),
        });
        let id = self.next.fetch_add(1, Relaxed);
        let entry = Open {
            from,
            state: state.clone(),
        };
        open.insert(id, entry);
        self.counters.open.store(open.len() as u64, Relaxed);
        Some(Arc::new(Place {
            all: self.clone(),
            id,
            state,
        }))
    }
}

/// Who has the most connections, of those who have an idle one.
fn most(open: &HashMap<u64, Open>) -> Option<Source> {
    let mut counts: HashMap<Source, (usize, bool)> = HashMap::new();
    for one in open.values() {
        let count = counts.entry(one.from).or_default();
        count.0 += 1;
        count.1 |= one.state.busy.load(Relaxed) == 0;
    }
    let with_idle = counts.into_iter().filter(|(_, (_, idle))| *idle);
    with_idle
        .max_by_key(|(from, (count, _))| (*count, *from))
        .map(|(from, _)| from)
}

/// Of who has more than `share` connections, all of them busy: the one that has been for longest.
fn busiest(open: &HashMap<u64, Open>, share: usize) -> Option<u64> {
    let mut counts: HashMap<Source, usize> = HashMap::new();
    for one in open.values() {
        *counts.entry(one.from).or_default() += 1;
    }
    let (of, _) = counts
        .into_iter()
        .filter(|(_, count)| *count > share)
        .max_by_key(|(from, count)| (*count, *from))?;
    let own = open.iter().filter(|(_, o)| o.from == of);
    own.min_by_key(|(id, o)| (o.state.since.load(Relaxed), **id))
        .map(|(id, _)| *id)
}

fn idlest(open: &HashMap<u64, Open>, of: Source) -> Option<u64> {
    let idle = open
        .iter()
        .filter(|(_, o)| o.from == of && o.state.busy.load(Relaxed) == 0);
    idle.min_by_key(|(id, o)| (o.state.since.load(Relaxed), **id))
        .map(|(id, _)| *id)
}

impl Place {
    /// Returns when the place is wanted for another.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        let state = self.state.clone();
        async move { state.close.notified().await }
    }

    /// A request's head is there.
    #[must_use]
    pub fn turn(self: &Arc<Self>) -> Arc<Turn> {
        Arc::new(Turn {
            place: self.clone(),
            begun: AtomicBool::new(false),
        })
    }

    /// What goes on after its request, until the connection ends.
    pub fn stays_busy(&self) {
        self.state.busy.fetch_add(1, Relaxed);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.begun.load(Relaxed) {
            self.place.state.since.store(self.place.all.now(), Relaxed);
            self.place.state.busy.fetch_sub(1, Relaxed);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.all.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&self.id);
        self.all.counters.open.store(open.len() as u64, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(all: usize, per_address: usize) -> (Arc<Connections>, Arc<Counters>) {
        let counters = Arc::new(Counters::default());
        (
            Connections::new(Limits { all, per_address }, counters.clone()),
            counters,
        )
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// Whether a place was wanted for another.
    fn is_closed(place: &Place) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            tokio::select! { biased; () = place.closed() => true, () = async {} => false }
        })
    }

    #[test]
    fn one_more_of_an_address_closes_its_own_idlest_and_never_a_busy_one() {
        let (all, counters) = connections(100, 3);
        let other = all.admit(ip(9), false).unwrap();
        let first = all.admit(ip(1), false).unwrap();
        let working = first.turn();
        working.begin();
        let second = all.admit(ip(1), false).unwrap();
        let _third = all.admit(ip(1), false).unwrap();
        let _fourth = all.admit(ip(1), false).unwrap();
        assert!(is_closed(&second) && !is_closed(&first) && !is_closed(&other));
        drop(working);
        let held = [first.turn(), _third.turn(), _fourth.turn()];
        held.iter().for_each(|turn| turn.begin());
        assert!(all.admit(ip(1), false).is_none());
        assert!(all.admit(ip(2), false).is_some());
        drop(held);
        assert!(all.admit(ip(1), false).is_some());
        assert_eq!(counters.refused.load(Relaxed), 1);
    }

    #[test]
    fn when_all_places_are_taken_who_has_the_most_gives_one() {
        let (all, counters) = connections(10, 8);
        let many: Vec<_> = (0..8).map(|_| all.admit(ip(1), false).unwrap()).collect();
        let few = [
            all.admit(ip(2), false).unwrap(),
            all.admit(ip(3), false).unwrap(),
        ];
        let _more = all.admit(ip(4), false).unwrap();
        assert!(is_closed(&many[0]) && few.iter().all(|p| !is_closed(p)));
        assert_eq!(counters.open.load(Relaxed), 10);
        drop(many);
        assert_eq!(counters.open.load(Relaxed), 3);
    }

    /// A reviewer had 4,524 connections open against a limit of 1,000, by half-sent bodies.
    #[test]
    fn when_all_are_busy_the_limit_holds_and_who_has_more_than_their_share_gives_one() {
        let (all, counters) = connections(10, 8);
        let places: Vec<_> = (0..10)
            .map(|i| all.admit(ip(if i < 6 { 1 } else { i }), false).unwrap())
            .collect();
        let turns: Vec<_> = places.iter().map(|p| p.turn()).collect();
        turns.iter().for_each(|turn| turn.begin());
        let _new = all.admit(ip(99), false).unwrap();
        assert!(is_closed(&places[0]) && !is_closed(&places[7]));
        assert_eq!(counters.open.load(Relaxed), 10);
        let (all, counters) = connections(4, 2);
        let places: Vec<_> = (0..4).map(|i| all.admit(ip(i), false).unwrap()).collect();
        let turns: Vec<_> = places.iter().map(|p| p.turn()).collect();
        // Half a request is not busy.
        assert!(all.admit(ip(9), false).is_some());
        turns.iter().for_each(|turn| turn.begin());
        assert!(all.admit(ip(10), false).is_none() || counters.open.load(Relaxed) <= 4);
        assert!(counters.open.load(Relaxed) <= 4);
    }

    #[test]
    fn a_proxy_is_not_one_address_and_a_network_of_ipv6_is() {
        let (all, _) = connections(100, 2);
        let proxy: Vec<_> = (0..20).map(|_| all.admit(ip(1), true).unwrap()).collect();
        assert!(proxy.iter().all(|p| !is_closed(p)));
        let six = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
        let network: Vec<_> = (0..3).map(|i| all.admit(six(i), false).unwrap()).collect();
        assert!(is_closed(&network[0]));
    }
}
