//! A log as a box keeps it: leaves, tiles, checkpoints.

use crate::seed::Seed;
use assay::proof::bundle::{Audio, Bundle, Contents, Opened, Placed, compose};
use assay::proof::{
    Checkpoint, Edge, Hash, Head, Kind, Note, Object, Record, Salt, Scheme, SignerKey, Tile, Value,
    VerifierKey, cosign, leaf,
};
use std::collections::BTreeMap;

pub const ORIGIN: &str = "assay.example/box-1";

/// The box's key.
pub fn log_key() -> SignerKey {
    SignerKey::new(ORIGIN, Scheme::Note, &[7; 32]).unwrap()
}

/// A key of the same name, which is not the box's.
pub fn other_key() -> SignerKey {
    SignerKey::new(ORIGIN, Scheme::Note, &[8; 32]).unwrap()
}

pub fn witness_key() -> SignerKey {
    SignerKey::new("witness.example/w1", Scheme::Cosignature, &[9; 32]).unwrap()
}

pub fn object<const N: usize>(members: [(&str, Value); N]) -> Object {
    members.map(|(key, value)| (key.to_owned(), value)).into()
}

pub fn list(values: impl IntoIterator<Item = Object>) -> Value {
    Value::List(values.into_iter().map(Value::Object).collect())
}

/// A record and its salt.
#[derive(Clone)]
pub struct Leaf {
    pub record: Record,
    pub salt: Salt,
}

/// The leaves of a log, and at which sizes it signed checkpoints.
#[derive(Clone, Default)]
pub struct World {
    pub leaves: Vec<Leaf>,
    pub sizes: Vec<usize>,
}

/// What a box has stored of a world.
pub struct Log {
    pub tiles: BTreeMap<Tile, Vec<Hash>>,
    /// Smallest tree first.
    pub notes: Vec<(u64, Note)>,
}

impl World {
    /// Adds a record; its index.
    pub fn add(&mut self, seed: &mut Seed, kind: Kind, subject: &str, fields: Object) -> u64 {
        let record = Record::new(kind, subject, fields).unwrap();
        let salt = Salt(seed.bytes());
        self.leaves.push(Leaf { record, salt });
        self.leaves.len() as u64 - 1
    }

    pub fn leaf_of(&self, kind: Kind, subject: &str) -> u64 {
        let is = |leaf: &Leaf| leaf.record.kind() == kind && leaf.record.subject() == subject;
        self.leaves.iter().position(is).unwrap() as u64
    }

    /// Grows the tree from checkpoint to checkpoint, signed by `key`.
    pub fn log(&self, key: &SignerKey) -> Log {
        let (mut edge, mut tiles, mut notes) = (Edge::new(), BTreeMap::new(), Vec::new());
        let mut from = 0;
        for &size in &self.sizes {
            let hashes = self.leaves[from..size].iter();
            let hashes = hashes.map(|l| leaf(l.record.commitment(&l.salt)));
            for data in edge.grow(hashes) {
                tiles.insert(data.tile, data.hashes);
            }
            from = size;
            notes.push((size as u64, sign(edge.size(), edge.root(), key)));
        }
        Log { tiles, notes }
    }

    pub fn placed(&self, leaf: u64) -> Placed {
        let Leaf { record, salt } = self.leaves[leaf as usize].clone();
        Placed {
            kind: record.kind(),
            subject: record.subject().to_owned(),
            leaf,
            commitment: record.commitment(&salt),
            opened: Some(Opened { salt, record }),
        }
    }
}

/// An authority's answer for a root, without a signature: no bundle's verifier looks at one.
pub fn stamp_of(root: Hash, time: &str) -> Vec<u8> {
    const OIDS: [&[u8]; 3] = [
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02],
        &[
            0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04,
        ],
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
    ];
    let [signed_data, info_type, sha] = OIDS.map(|oid| der(0x06, &[oid]));
    let algorithm = der(0x30, &[&sha, &der(0x05, &[])]);
    let imprint = der(0x30, &[&algorithm, &der(0x04, &[&root.0])]);
    let info = der(
        0x30,
        &[
            &der(0x02, &[&[1]]),
            &der(0x06, &[&[0x2a, 0x03]]),
            &imprint,
            &der(0x02, &[&[0x11]]),
            &der(0x18, &[time.as_bytes()]),
            &der(0x02, &[&[0x77]]),
        ],
    );
    let wrapped = der(0xa0, &[&der(0x04, &[&info])]);
    let content = der(0x30, &[&info_type, &wrapped]);
    let data = der(
        0x30,
        &[
            &der(0x02, &[&[3]]),
            &der(0x31, &[&der(0x30, &[&sha])]),
            &content,
            &der(0x31, &[]),
        ],
    );
    let token = der(0x30, &[&signed_data, &der(0xa0, &[&data])]);
    der(0x30, &[&der(0x30, &[&der(0x02, &[&[0]])]), &token])
}

/// An element of DER of less than 64 KiB.
pub fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let mut whole = match content.len() {
        0..=0x7f => vec![tag, length[7]],
        0x80..=0xff => vec![tag, 0x81, length[7]],
        _ => vec![tag, 0x82, length[6], length[7]],
    };
    whole.extend(content);
    whole
}

fn sign(size: u64, root: Hash, key: &SignerKey) -> Note {
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        head: Head { size, root },
        extensions: Vec::new(),
    };
    let mut note = checkpoint.sign(key).unwrap();
    let cosignature = cosign(&note, &witness_key(), 1_700_000_000 + size).unwrap();
    note.add(cosignature);
    note
}

/// One entry and the leaves that it rests on.
#[derive(Clone)]
pub struct Story {
    pub entry: String,
    pub leaves: Vec<u64>,
    pub audio: Vec<Audio>,
}

impl Story {
    /// What the bundle of this story is made of, with the log's checkpoints at these places.
    pub fn contents<'a>(
        &'a self,
        world: &World,
        log: &Log,
        checkpoints: &[usize],
        key: &'a VerifierKey,
    ) -> Contents<'a> {
        let notes = checkpoints.iter().map(|&n| log.notes[n].1.to_string());
        Contents {
            log: key,
            entry: &self.entry,
            records: self.leaves.iter().map(|&l| world.placed(l)).collect(),
            checkpoints: notes.collect(),
            audio: self.audio.clone(),
        }
    }

    /// The bundle of this story.
    pub fn bundle(&self, world: &World, log: &Log, checkpoints: &[usize]) -> Bundle {
        let key = log_key().verifier();
        compose(self.contents(world, log, checkpoints, &key), &log.tiles).unwrap()
    }
}
