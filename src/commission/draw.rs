//! A draw that anybody can repeat: which entries are looked at follows from a seed, and nobody who
//! knows it can be surprised, or surprise others.

use crate::hex::hex;
use sha2::{Digest, Sha256};

/// A seed that follows from what is drawn from: the same entries give the same seed, and one that
/// was changed, added or taken away gives another.
#[must_use]
pub fn seed_of<'a>(entries: impl IntoIterator<Item = (&'a str, i64)>) -> String {
    let mut all: Vec<(&str, i64)> = entries.into_iter().collect();
    all.sort_unstable();
    let mut digest = Sha256::new();
    for (id, minor) in all {
        digest.update((id.len() as u64).to_le_bytes());
        digest.update(id.as_bytes());
        digest.update(minor.to_le_bytes());
    }
    hex(&digest.finalize())[..16].to_owned()
}

/// Draws `most` of these: each is hashed with the seed, and the smallest hashes are drawn, in that
/// order. Where there are fewer, all are.
#[must_use]
pub fn draw<'a>(seed: &str, ids: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let rank = |id: &str| {
        let mut digest = Sha256::new();
        digest.update((seed.len() as u64).to_le_bytes());
        digest.update(seed.as_bytes());
        digest.update(id.as_bytes());
        digest.finalize()
    };
    let mut ranked: Vec<_> = ids.into_iter().map(|id| (rank(id), id)).collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, id)| id).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];

    #[test]
    fn the_same_seed_draws_the_same_whatever_the_order_and_another_draws_others() {
        let mut turned = IDS;
        turned.reverse();
        let drawn = draw("seed", IDS, 3);
        assert_eq!(drawn, draw("seed", turned, 3));
        assert_eq!(drawn.len(), 3);
        assert_eq!(draw("seed", IDS, 9).len(), 5);
        // A larger draw holds the smaller one.
        assert_eq!(draw("seed", IDS, 4)[..3], drawn);
        assert!((0..9).any(|n| draw(&format!("other {n}"), IDS, 3) != drawn));
    }

    #[test]
    fn a_changed_amount_changes_the_seed() {
        let seed = seed_of([("a", 4000), ("b", 4500)]);
        assert_eq!(seed, seed_of([("b", 4500), ("a", 4000)]));
        assert_eq!(seed.len(), 16);
        assert_ne!(seed, seed_of([("a", 4000), ("b", 4501)]));
        assert_ne!(seed, seed_of([("a", 4000)]));
    }
}
