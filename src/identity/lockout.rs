//! How many guesses at a password somebody gets. A guess is counted before it is checked, so that
//! any number of them at once is as good as one after the other; the right one takes its own count
//! back. Nobody is kept out for good: from a browser that has signed in before the owner goes on
//! undisturbed, and from any other one guess a minute stays open to each address, up to twenty a
//! minute together: who guesses from twenty networks at once keeps new browsers out as long, and no
//! known one.
//!
//! Kept in memory and bounded: what is forgotten first is what has guessed least.

use crate::units::{Micros, WallTime};
use std::collections::HashMap;
use std::net::IpAddr;

/// Guesses at one login, or from one browser that is known, before it goes slowly.
pub const FREE_GUESSES: u32 = 5;
/// Guesses from one address at any logins before it goes slowly.
pub const FREE_FROM_ADDRESS: u32 = 20;
/// What was guessed longer ago is forgotten.
pub const FORGOTTEN_AFTER: Micros = Micros::from_secs(15 * 60);
/// The slow way at a login: one guess an address in this time.
pub const SLOW_LOGIN: Micros = Micros::from_secs(60);
/// The slow way from an address: one guess in this time.
pub const SLOW_ADDRESS: Micros = Micros::from_secs(10);
/// Guesses at one login in [`SLOW_LOGIN`], from all addresses together.
pub const SLOW_AT_ONCE: usize = 20;
/// Logins, addresses and browsers that are remembered, each.
pub const MOST_REMEMBERED: usize = 4096;

/// Somebody who guesses, as the rule knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    /// A hash of the login, whether there is such a login or not; with a new password it is
    /// another.
    pub login: [u8; 32],
    pub from: IpAddr,
    /// A hash of what a browser keeps that has signed in as this login before.
    pub known: Option<[u8; 32]>,
}

/// Too many guesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TryAgain {
    pub at: WallTime,
}

/// A count and who made it last.
#[derive(Debug, Default)]
struct Tally {
    wrong: u32,
    last: WallTime,
    /// Those of the last [`SLOW_LOGIN`], at most [`SLOW_AT_ONCE`].
    recent: Vec<(Option<Source>, WallTime)>,
}

/// An address as far as somebody holds it: one of IPv4, a /64 of IPv6.
type Source = u128;

fn source(from: IpAddr) -> Source {
    match from.to_canonical() {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6) >> 64 << 64,
    }
}

impl Tally {
    /// When one more may come, if not now.
    fn waits(
        &self,
        free: u32,
        slow: Micros,
        by: Option<Source>,
        now: WallTime,
    ) -> Option<WallTime> {
        if self.wrong < free {
            return None;
        }
        let near = |at: &&(Option<Source>, WallTime)| now < at.1 + slow;
        let own = self
            .recent
            .iter()
            .filter(near)
            .filter(|r| r.0 == by)
            .map(|r| r.1)
            .max();
        let full = self.recent.iter().filter(near).count() >= SLOW_AT_ONCE;
        let first = self
            .recent
            .iter()
            .filter(near)
            .map(|r| r.1)
            .min()
            .filter(|_| full);
        own.max(first).map(|at| at + slow)
    }

    fn count(&mut self, by: Option<Source>, now: WallTime) {
        self.wrong = self.wrong.saturating_add(1);
        self.last = now;
        self.recent.retain(|(_, at)| now < *at + SLOW_LOGIN);
        if self.recent.len() == SLOW_AT_ONCE {
            self.recent.remove(0);
        }
        self.recent.push((by, now));
    }
}

/// Counts by some name.
#[derive(Debug)]
struct Tallies<K>(HashMap<K, Tally>);

impl<K> Default for Tallies<K> {
    fn default() -> Self {
        Tallies(HashMap::new())
    }
}

impl<K: std::hash::Hash + Eq + Copy> Tallies<K> {
    fn of(&mut self, key: K, now: WallTime) -> &mut Tally {
        if self
            .0
            .get(&key)
            .is_some_and(|t| now >= t.last + FORGOTTEN_AFTER)
        {
            self.0.remove(&key);
        }
        if !self.0.contains_key(&key) && self.0.len() >= MOST_REMEMBERED {
            let least = self
                .0
                .iter()
                .min_by_key(|(_, t)| (t.wrong, t.last))
                .map(|(k, _)| *k);
            if let Some(least) = least {
                self.0.remove(&least);
            }
        }
        self.0.entry(key).or_default()
    }
}

/// What was guessed of late.
#[derive(Debug, Default)]
pub struct Guesses {
    logins: Tallies<[u8; 32]>,
    addresses: Tallies<Source>,
    known: Tallies<[u8; 32]>,
}

impl Guesses {
    /// Counts a guess that is about to be checked.
    ///
    /// # Errors
    /// [`TryAgain`] when it has to wait; it is not counted then.
    pub fn admit(&mut self, guess: &Guess, now: WallTime) -> Result<(), TryAgain> {
        if let Some(browser) = guess.known {
            let tally = self.known.of(browser, now);
            return match tally.waits(FREE_GUESSES, SLOW_LOGIN, None, now) {
                Some(at) => Err(TryAgain { at }),
                None => {
                    tally.count(None, now);
                    Ok(())
                }
            };
        }
        let from = source(guess.from);
        let address = self.addresses.of(from, now);
        let slow = address.waits(FREE_FROM_ADDRESS, SLOW_ADDRESS, Some(from), now);
        let login = self.logins.of(guess.login, now);
        let at = slow.max(login.waits(FREE_GUESSES, SLOW_LOGIN, Some(from), now));
        if let Some(at) = at {
            return Err(TryAgain { at });
        }
        login.count(Some(from), now);
        self.addresses.of(from, now).count(Some(from), now);
        Ok(())
    }

    /// The guess was right: who made it starts anew. What others guess at the login from elsewhere
    /// stays counted, and an address is forgiven this guess alone, so that signing in as oneself
    /// buys no guesses at others.
    pub fn was_right(&mut self, guess: &Guess) {
        if let Some(browser) = guess.known {
            self.known.0.remove(&browser);
            return;
        }
        let from = source(guess.from);
        if let Some(tally) = self.addresses.0.get_mut(&from) {
            tally.wrong = tally.wrong.saturating_sub(1);
            tally.recent.pop();
        }
        if let Some(tally) = self.logins.0.get_mut(&guess.login) {
            let own = tally.recent.iter().filter(|r| r.0 == Some(from)).count();
            let own = u32::try_from(own).unwrap_or(u32::MAX);
            tally.wrong = tally.wrong.saturating_sub(own);
            tally.recent.retain(|r| r.0 != Some(from));
        }
    }

    /// How many names are remembered: logins, addresses, browsers.
    #[must_use]
    pub fn remembered(&self) -> [usize; 3] {
        [
            self.logins.0.len(),
            self.addresses.0.len(),
            self.known.0.len(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn at(seconds: i64) -> WallTime {
        WallTime(0) + Micros::from_secs(1_000_000 + seconds)
    }

    fn guess(login: u8, from: u32) -> Guess {
        Guess {
            login: [login; 32],
            from: Ipv4Addr::from(from).into(),
            known: None,
        }
    }

    #[test]
    fn sixty_guesses_at_once_are_five() {
        let mut guesses = Guesses::default();
        let admitted = (0..60)
            .filter(|i| guesses.admit(&guess(1, *i), at(0)).is_ok())
            .count();
        // From sixty addresses each has its own slow guess, bounded by those of all together.
        assert_eq!(admitted, SLOW_AT_ONCE);
        let mut guesses = Guesses::default();
        let admitted = (0..60)
            .filter(|_| guesses.admit(&guess(1, 7), at(0)).is_ok())
            .count();
        assert_eq!(admitted, 5);
    }

    #[test]
    fn a_login_under_attack_stays_open_slowly_to_others_and_at_once_to_a_known_browser() {
        let mut guesses = Guesses::default();
        // Somebody guesses once a second for a day's worth of minutes.
        let mut checked = 0;
        for second in 0..3600 {
            checked += u32::from(guesses.admit(&guess(1, 7), at(second)).is_ok());
        }
        assert!((60..=65).contains(&checked), "{checked}");
        let owner = guess(1, 8);
        assert_eq!(guesses.admit(&owner, at(3600)), Ok(()));
        assert_eq!(
            guesses.admit(&owner, at(3601)),
            Err(TryAgain { at: at(3660) })
        );
        let known = Guess {
            known: Some([9; 32]),
            ..owner
        };
        for second in 0..5 {
            assert_eq!(guesses.admit(&known, at(3600 + second)), Ok(()));
        }
        assert!(guesses.admit(&known, at(3605)).is_err());
        assert_eq!(guesses.admit(&known, at(3665)), Ok(()));
        guesses.was_right(&known);
        assert_eq!(guesses.admit(&known, at(3666)), Ok(()));
    }

    #[test]
    fn signing_in_as_oneself_buys_no_guesses_at_others() {
        let mut guesses = Guesses::default();
        let mut checked = 0;
        for second in 0..200 {
            checked += u32::from(guesses.admit(&guess(1, 7), at(second)).is_ok());
            let own = guess(2, 7);
            if guesses.admit(&own, at(second)).is_ok() {
                guesses.was_right(&own);
            }
        }
        assert!(checked <= 5 + 200 / 60 + 1, "{checked}");
    }

    #[test]
    fn an_address_that_tries_many_logins_goes_slowly_and_memory_is_bounded() {
        let mut guesses = Guesses::default();
        let admitted = (0..255)
            .filter(|l| guesses.admit(&guess(*l, 7), at(0)).is_ok())
            .count();
        assert_eq!(admitted, 20);
        assert_eq!(
            guesses.admit(&guess(1, 7), at(0)),
            Err(TryAgain { at: at(10) })
        );
        for from in 0..20_000_u32 {
            let mut one = guess(0, from);
            one.login[..4].copy_from_slice(&from.to_be_bytes());
            let _ = guesses.admit(&one, at(1));
        }
        assert_eq!(guesses.remembered(), [MOST_REMEMBERED, MOST_REMEMBERED, 0]);
        // The one that guessed most is remembered.
        assert!(guesses.admit(&guess(1, 7), at(1)).is_err());
    }

    #[test]
    fn one_network_of_ipv6_is_one_source_and_what_is_old_is_forgotten() {
        let mut guesses = Guesses::default();
        let from = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        let one = |last| Guess {
            login: [1; 32],
            from: from(last),
            known: None,
        };
        let admitted = (0..60)
            .filter(|i| guesses.admit(&one(*i), at(0)).is_ok())
            .count();
        assert_eq!(admitted, 5);
        assert!(guesses.admit(&one(99), at(59)).is_err());
        let later = at(0) + FORGOTTEN_AFTER;
        assert_eq!(
            (0..60)
                .filter(|i| guesses.admit(&one(*i), later).is_ok())
                .count(),
            5
        );
    }
}
