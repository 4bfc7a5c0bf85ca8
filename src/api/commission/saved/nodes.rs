//! The inclusion proofs of many leaves of one tree, without what follows from the leaves
//! themselves: the hashes in the order in which a reader needs them.

use crate::proof::Hash;
use crate::proof::bundle::Item;

/// A leaf and its proof, from its sibling up.
struct Leaf<'a> {
    index: u64,
    proof: &'a [Hash],
}

/// The hashes of the largest subtrees without any of these leaves, from the left to the right
/// (RFC 6962 §2.1). With the leaves they give every proof.
pub(super) fn beside<'a>(items: impl Iterator<Item = &'a Item>, size: u64) -> Vec<Hash> {
    let mut leaves: Vec<Leaf<'_>> = items
        .map(|item| Leaf {
            index: item.leaf,
            proof: &item.proof,
        })
        .collect();
    leaves.sort_by_key(|leaf| leaf.index);
    let mut found = Vec::new();
    walk(&leaves, (0, size), 0, &mut found);
    found
}

/// `depth` counts from the root, and so does a proof from its end.
fn walk(leaves: &[Leaf<'_>], (from, to): (u64, u64), depth: usize, found: &mut Vec<Hash>) {
    if leaves.is_empty() || to - from < 2 {
        return;
    }
    let middle = from + split(to - from);
    let (left, right) = leaves.split_at(leaves.partition_point(|leaf| leaf.index < middle));
    // What lies beside a leaf here stands in its proof.
    let sibling = |of: &[Leaf<'_>]| {
        of.first()
            .and_then(|l| l.proof.iter().rev().nth(depth))
            .copied()
    };
    if left.is_empty() {
        found.extend(sibling(right));
    }
    walk(left, (from, middle), depth + 1, found);
    walk(right, (middle, to), depth + 1, found);
    if right.is_empty() {
        found.extend(sibling(left));
    }
}

/// The largest power of two below a number of leaves, of which there are two at least.
fn split(leaves: u64) -> u64 {
    1 << (u64::BITS - 1 - (leaves - 1).leading_zeros())
}
