//! The tree against itself: in batches and at once, and every proof of every small size.

use crate::seed::Seed;
use assay::proof::{
    Edge, Hash, Head, Tile, consistency, consistency_tiles, edge_tiles, inclusion, inclusion_tiles,
    is_consistent, is_included, node_hash, root, sha256,
};
use std::collections::BTreeMap;

/// Every proof is checked for trees up to this size.
const SIZES: u64 = 300;

fn leaf(n: u64) -> Hash {
    sha256(&[&n.to_be_bytes()])
}

fn grow(edge: &mut Edge, tiles: &mut BTreeMap<Tile, Vec<Hash>>, to: u64) {
    for data in edge.grow((edge.size()..to).map(leaf)) {
        assert_eq!(data.hashes.len(), usize::from(data.tile.width()));
        tiles.insert(data.tile, data.hashes);
    }
}

fn tree(size: u64) -> (Edge, BTreeMap<Tile, Vec<Hash>>) {
    let (mut edge, mut tiles) = (Edge::new(), BTreeMap::new());
    grow(&mut edge, &mut tiles, size);
    (edge, tiles)
}

/// RFC 6962 §2.1, word for word.
fn by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [one] => *one,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            node_hash(by_definition(&leaves[..k]), by_definition(&leaves[k..]))
        }
    }
}

#[test]
fn a_tree_grown_in_batches_is_the_tree_grown_at_once() {
    let mut seed = Seed::new(1);
    let (mut edge, mut tiles) = (Edge::new(), BTreeMap::new());
    while edge.size() < 140_000 {
        let most = *seed.pick(&[1, 3, 300, 3_000, 20_000]);
        let to = edge.size() + seed.between(0, most) as u64;
        grow(&mut edge, &mut tiles, to);
        let (at_once, _) = tree(to);
        assert_eq!(edge, at_once);
        assert_eq!(edge.root(), at_once.root());
        assert_eq!(Edge::load(to, &tiles).as_ref(), Ok(&edge));
        if to > 0 {
            assert_eq!(root(to, &tiles), Ok(edge.root()));
        }
    }
}

#[test]
fn growth_writes_no_tile_that_did_not_change() {
    let (mut edge, _) = tree(65_536 + 256 + 7);
    let paths: Vec<String> = edge.grow([leaf(0)]).iter().map(|d| d.tile.path()).collect();
    assert_eq!(paths, ["tile/0/257.p/8"]);
    assert!(edge.grow([]).is_empty());
    let paths: Vec<String> = edge
        .grow((0..248).map(leaf))
        .iter()
        .map(|d| d.tile.path())
        .collect();
    assert_eq!(paths, ["tile/0/257", "tile/1/001.p/2"]);
}

#[test]
fn roots_are_those_of_the_definition() {
    let leaves: Vec<Hash> = (0..SIZES).map(leaf).collect();
    let (mut edge, mut tiles) = (Edge::new(), BTreeMap::new());
    for size in 1..=SIZES {
        grow(&mut edge, &mut tiles, size);
        let expected = by_definition(&leaves[..size as usize]);
        assert_eq!(edge.root(), expected);
    }
    for size in 1..=SIZES {
        let expected = by_definition(&leaves[..size as usize]);
        assert_eq!(root(size, &tiles), Ok(expected));
    }
}

/// Every proof holds; with one bit flipped in any of its hashes, in the leaf or in the root, it
/// does not. Each bit of trees up to 24 leaves, one bit of each hash in larger ones.
#[test]
fn every_inclusion_holds_and_no_flipped_bit() {
    let (_, tiles) = tree(SIZES);
    let mut seed = Seed::new(2);
    for size in 1..=SIZES {
        let root = root(size, &tiles).unwrap();
        for index in 0..size {
            let proof = inclusion(index, size, &tiles).unwrap();
            let holds = |proof: &[Hash]| is_included(leaf(index), index, size, root, proof);
            assert!(holds(&proof), "{index} of {size}");
            each_flip(&proof, &mut seed, size <= 24, |flipped| {
                assert!(!holds(flipped), "{index} of {size}");
            });
            let flip = flipped(leaf(index), seed.below(256));
            assert!(!is_included(flip, index, size, root, &proof));
            let flip = flipped(root, seed.below(256));
            assert!(!is_included(leaf(index), index, size, flip, &proof));
            assert!(!is_included(leaf(index), index ^ 1, size, root, &proof) || size == 1);
            assert!(!holds(&[&proof[..], &[root]].concat()));
            assert!(proof.is_empty() || !holds(&proof[1..]));
        }
        assert!(!is_included(leaf(size), size, size, root, &[]));
        assert!(inclusion(size, size, &tiles).is_err());
    }
}

#[test]
fn every_consistency_holds_and_no_flipped_bit() {
    let (_, tiles) = tree(SIZES);
    let mut seed = Seed::new(3);
    let head = |size| Head {
        size,
        root: root(size, &tiles).unwrap(),
    };
    for size in 1..=SIZES {
        let new = head(size);
        for old in (0..=size).map(head) {
            let proof = consistency(old.size, size, &tiles).unwrap();
            let holds = |proof: &[Hash]| is_consistent(old, new, proof);
            assert!(holds(&proof), "{} of {size}", old.size);
            each_flip(&proof, &mut seed, size <= 24, |flipped| {
                assert!(!holds(flipped), "{} of {size}", old.size);
            });
            let root = flipped(old.root, seed.below(256));
            let other = Head { root, ..old };
            assert!(!is_consistent(other, new, &proof));
            assert!(!holds(&[&proof[..], &[root]].concat()));
            assert!(proof.is_empty() || !holds(&proof[..proof.len() - 1]));
        }
        assert!(!is_consistent(head(size), head(size - 1), &[]));
        assert!(consistency(size + 1, size, &tiles).is_err());
    }
}

fn flipped(mut hash: Hash, bit: usize) -> Hash {
    hash.0[bit / 8] ^= 1 << (bit % 8);
    hash
}

fn each_flip(proof: &[Hash], seed: &mut Seed, all: bool, check: impl Fn(&[Hash])) {
    let mut proof = proof.to_vec();
    for n in 0..proof.len() {
        let bits = if all { 0..256 } else { seed.below(256)..0 };
        let bits: Vec<usize> = if all {
            bits.collect()
        } else {
            vec![bits.start]
        };
        for bit in bits {
            let whole = proof[n];
            proof[n] = flipped(whole, bit);
            check(&proof);
            proof[n] = whole;
        }
    }
}

#[test]
fn the_tiles_that_are_asked_for_are_enough() {
    let mut seed = Seed::new(4);
    let (_, tiles) = tree(70_000);
    let only = |wanted: std::collections::BTreeSet<Tile>| -> BTreeMap<Tile, Vec<Hash>> {
        let read = |tile: Tile| (tile, assay::proof::Tiles::tile(&tiles, tile).unwrap());
        wanted.into_iter().map(read).collect()
    };
    for _ in 0..200 {
        let size = seed.between(65_537, 70_000) as u64;
        let (size, index) = (70_000, seed.below(size as usize) as u64);
        let some = only(inclusion_tiles(index, size));
        assert!(some.len() <= 6);
        assert_eq!(
            inclusion(index, size, &some),
            inclusion(index, size, &tiles)
        );
        let some = only(consistency_tiles(index, size));
        assert_eq!(
            consistency(index, size, &some),
            consistency(index, size, &tiles)
        );
    }
    let edge: BTreeMap<Tile, Vec<Hash>> = only(edge_tiles(70_000).into_iter().collect());
    assert!(Edge::load(70_000, &edge).is_ok());
}

#[test]
fn a_missing_or_short_tile_is_named() {
    let (_, mut tiles) = tree(1000);
    let tile = Tile::new(0, 1, 256).unwrap();
    tiles.get_mut(&tile).unwrap().truncate(9);
    let short = inclusion(300, 1000, &tiles).unwrap_err();
    assert_eq!(short.to_string(), "tile/0/001 holds only 9 hashes");
    tiles.remove(&tile);
    let missing = inclusion(300, 1000, &tiles).unwrap_err();
    assert_eq!(missing.to_string(), "tile/0/001 is missing");
    assert!(Edge::load(999_999, &tiles).is_err());
}
