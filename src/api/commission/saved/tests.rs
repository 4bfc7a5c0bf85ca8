//! A long statement in parts, proved in a busy log.

use super::archive::zip;
use super::nodes::beside;
use super::pages::{MOST_BYTES, Whole, of};
use crate::api::commission::statement::Statement;
use crate::hex::hex;
use crate::proof::bundle::{Bundle, Item, Opened, Step};
use crate::proof::{Hash, Kind, Object, Record, Salt, Value, leaf, node_hash, sha256};
use crate::units::EntryId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Read;

/// A tree in memory: its leaves' hashes, and each inner one once it was asked for.
struct Tree(Vec<Hash>, RefCell<BTreeMap<(usize, usize), Hash>>);

impl Tree {
    fn root(&self, from: usize, to: usize) -> Hash {
        if to - from == 1 {
            return self.0[from];
        }
        let known = self.1.borrow().get(&(from, to)).copied();
        known.unwrap_or_else(|| {
            let middle = from + (to - from).next_power_of_two() / 2;
            let root = node_hash(self.root(from, middle), self.root(middle, to));
            self.1.borrow_mut().insert((from, to), root);
            root
        })
    }

    /// From the sibling up.
    fn proof(&self, leaf: usize, from: usize, to: usize) -> Vec<Hash> {
        if to - from == 1 {
            return Vec::new();
        }
        let middle = from + (to - from).next_power_of_two() / 2;
        let (mut way, sibling) = match leaf < middle {
            true => (self.proof(leaf, from, middle), self.root(middle, to)),
            false => (self.proof(leaf, middle, to), self.root(from, middle)),
        };
        way.push(sibling);
        way
    }

    fn item(&self, kind: Kind, subject: &str, leaf: usize) -> Item {
        Item {
            kind,
            subject: subject.to_owned(),
            leaf: leaf as u64,
            commitment: commitment(leaf),
            opened: None,
            proof: self.proof(leaf, 0, self.0.len()),
        }
    }
}

fn commitment(index: usize) -> Hash {
    sha256(&[format!("commitment {index}").as_bytes()])
}

fn tree(leaves: usize) -> Tree {
    let hashes = (0..leaves).map(|n| leaf(commitment(n)));
    Tree(hashes.collect(), RefCell::default())
}

/// The proofs that a reader works out: the root of a part of the tree, and each leaf's way there.
fn ways(
    leaves: &[usize],
    (from, to): (usize, usize),
    nodes: &mut impl Iterator<Item = Hash>,
    found: &mut BTreeMap<usize, Vec<Hash>>,
) -> Hash {
    match leaves {
        [] => return nodes.next().unwrap(),
        [index] if to - from == 1 => {
            found.entry(*index).or_default();
            return leaf(commitment(*index));
        }
        _ => {}
    }
    let middle = from + (to - from).next_power_of_two() / 2;
    let (left, right) = leaves.split_at(leaves.partition_point(|l| *l < middle));
    let before = ways(left, (from, middle), nodes, found);
    let after = ways(right, (middle, to), nodes, found);
    for (of, sibling) in [(left, after), (right, before)] {
        for leaf in of {
            found.entry(*leaf).or_default().push(sibling);
        }
    }
    node_hash(before, after)
}

#[test]
fn all_proofs_follow_from_the_leaves_and_the_hashes_beside_them() {
    for size in 1..18 {
        let tree = tree(size);
        for choice in 1..(1usize << size.min(12)) {
            let leaves: Vec<usize> = (0..size).filter(|n| choice >> n & 1 == 1).collect();
            let items: Vec<Item> = leaves
                .iter()
                .map(|leaf| tree.item(Kind::Plan, "p", *leaf))
                .collect();
            let nodes = beside(items.iter().rev(), size as u64);
            let (mut rest, mut found) = (nodes.into_iter(), BTreeMap::new());
            let root = ways(&leaves, (0, size), &mut rest, &mut found);
            assert_eq!((root, rest.next()), (tree.root(0, size), None));
            let proofs: Vec<Vec<Hash>> = items.into_iter().map(|i| i.proof).collect();
            assert_eq!(found.into_values().collect::<Vec<_>>(), proofs);
        }
    }
    assert_eq!(beside(std::iter::empty(), 0), []);
}

/// Ids as long and as little alike as the box's.
fn id(what: &str, n: usize) -> String {
    let hash = hex(&sha256(&[format!("{what} {n}").as_bytes()]).0);
    let parts = [
        &hash[..8],
        &hash[8..12],
        &hash[12..16],
        &hash[16..20],
        &hash[20..32],
    ];
    parts.join("-")
}

fn opened(kind: Kind, subject: &str, n: usize, fields: &[(&str, String)]) -> Opened {
    let mut content = Object::new();
    for (name, value) in fields {
        content.insert((*name).to_owned(), Value::Text(value.clone()));
    }
    Opened {
        salt: Salt(sha256(&[format!("salt {subject} {n}").as_bytes()]).0),
        record: Record::new(kind, subject, content).unwrap(),
    }
}

/// Each line's own records, among twenty of other people's.
const APART: usize = 24;

fn bundle(tree: &Tree, n: usize) -> Bundle {
    let (entry, claim, verdict) = (id("entry", n), id("claim", n), id("verdict", n));
    let recording = format!("{}:{}", id("call", n), hex(&commitment(n).0));
    let facts = [
        ("claim", claim.clone()),
        ("verdict", verdict.clone()),
        ("company", format!("Company {n}")),
        ("lead", id("lead", n)),
        (
            "answers",
            "budget in place, authority decides, need pain named".repeat(6),
        ),
    ];
    let records = [
        (Kind::Recording, recording),
        (Kind::Claim, claim.clone()),
        (Kind::Verdict, verdict.clone()),
        (Kind::LedgerEntry, entry.clone()),
    ];
    let items = records.iter().enumerate().map(|(k, (kind, subject))| Item {
        opened: Some(opened(*kind, subject, n, &facts)),
        ..tree.item(*kind, subject, n * APART + k)
    });
    Bundle {
        log: "assay.example/box-1+095275a9+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs".to_owned(),
        items: items.collect(),
        checkpoints: vec![Step {
            note: format!(
                "assay.example/box-1\n{}\n{}\n\n— assay.example/box-1 CVJ1qTJ2\n",
                tree.0.len(),
                STANDARD.encode(tree.root(0, tree.0.len()).0)
            ),
            proof: Vec::new(),
            stamp: None,
        }],
        audio: Vec::new(),
        entry,
    }
}

fn whole(lines: usize) -> Whole {
    let tree = tree(lines * APART + 5);
    let bundles: Vec<Bundle> = (0..lines).map(|n| bundle(&tree, n)).collect();
    let ids: Vec<EntryId> = bundles
        .iter()
        .map(|b| EntryId::from(b.entry.as_str()))
        .collect();
    Whole {
        made_at: "2026-12-01".parse().unwrap(),
        log: bundles[0].log.clone(),
        checkpoint: Some(bundles[0].checkpoints[0].note.clone()),
        statement: Statement::of_lines(ids.iter().rev().cloned().collect()),
        bundles: ids.into_iter().zip(bundles).collect(),
    }
}

fn data(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once("{\"gzip\":\"").unwrap();
    let bytes = STANDARD.decode(rest.split_once('"').unwrap().0).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..])
        .read_to_string(&mut text)
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

/// As large as the page that is built.
fn template() -> String {
    format!("<!doctype html>{}__DATA__", "x".repeat(80_000))
}

/// PRODUCT S8: no file has more than 500 kB, whatever the statement has, and the parts together
/// prove each line once.
#[test]
fn a_statement_of_two_thousand_lines_comes_in_parts_that_prove_each_line_once() {
    const LINES: usize = 2_000;
    let whole = whole(LINES);
    let pages = of(&template(), &whole).unwrap();
    let mut proved = Vec::new();
    for (n, page) in pages.iter().enumerate() {
        assert!(page.len() < MOST_BYTES, "{}", page.len());
        let data = data(page);
        assert_eq!(data["part"]["number"], n + 1);
        let sizes = data["part"]["sizes"].as_array().unwrap();
        let sizes: Vec<u64> = sizes.iter().map(|s| s.as_u64().unwrap()).collect();
        assert_eq!(sizes.iter().sum::<u64>(), LINES as u64);
        let bundles = data["bundles"].as_array().unwrap();
        assert_eq!(bundles.len() as u64, sizes[n]);
        proved.extend(
            bundles
                .iter()
                .map(|b| b["entry"].as_str().unwrap().to_owned()),
        );
        // All lines are in each, so that each adds all of them up.
        let entries = data["statement"]["entries"].as_array().unwrap();
        assert_eq!(entries.len(), LINES);
        let own = entries.iter().filter(|e| e["claim"] != "").count();
        assert_eq!(own as u64, sizes[n]);
    }
    let expected: Vec<String> = (0..LINES).map(|n| id("entry", n)).collect();
    assert_eq!(proved, expected);
    println!(
        "{} parts, the largest {}",
        pages.len(),
        pages.iter().map(String::len).max().unwrap()
    );
    let short = of(&template(), &self::whole(60)).unwrap();
    assert_eq!((short.len(), data(&short[0])["part"].is_null()), (1, true));
    println!(
        "60 lines: {} bytes each",
        (short[0].len() - template().len()) / 60
    );
}

#[test]
fn an_archive_is_read_by_another_program() {
    let files = [("ä.html", "one"), ("b.html", "")];
    let named = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.zip");
    std::fs::write(&path, zip(named.into_iter()).unwrap()).unwrap();
    let read = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
                print([(n, z.read(n).decode()) for n in z.namelist()])";
    let said = std::process::Command::new("python3")
        .args(["-c", read])
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&said.stdout).trim(),
        "[('ä.html', 'one'), ('b.html', '')]",
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
}
