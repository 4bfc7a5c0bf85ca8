//! Verification of proofs (RFC 9162 §2.1.3.2 and §2.1.4.2).

use crate::proof::hash::{Hash, empty_root, node_hash};

/// Whether `proof` shows that the leaf with this hash is at `index` of the tree of `size` leaves
/// with this root.
#[must_use]
pub fn is_included(leaf: Hash, index: u64, size: u64, root: Hash, proof: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for &sibling in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// A tree as a checkpoint states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Leaves.
    pub size: u64,
    pub root: Hash,
}

/// Whether `proof` shows that the old tree is a beginning of the new one.
#[must_use]
pub fn is_consistent(old: Head, new: Head, proof: &[Hash]) -> bool {
    shown(old, new, proof) == Some(old.root)
}

/// The root that `proof` shows the new tree to have had at the old one's size, which is the old
/// one's unless the log was rewritten; `None` when it shows none.
#[must_use]
pub fn shown(old: Head, new: Head, proof: &[Hash]) -> Option<Hash> {
    if old.size > new.size {
        return None;
    }
    if old.size == new.size {
        return proof.is_empty().then_some(new.root);
    }
    if old.size == 0 {
        return proof.is_empty().then(empty_root);
    }
    if old.size.is_power_of_two() {
        return follow(old.size, new, old.root, proof);
    }
    let (&first, rest) = proof.split_first()?;
    follow(old.size, new, first, rest)
}

fn follow(old: u64, new: Head, first: Hash, proof: &[Hash]) -> Option<Hash> {
    let (mut node, mut last) = (old - 1, new.size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_root, mut new_root) = (first, first);
    for &hash in proof {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            old_root = node_hash(hash, old_root);
            new_root = node_hash(hash, new_root);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_root = node_hash(new_root, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0 && new_root == new.root).then_some(old_root)
}
