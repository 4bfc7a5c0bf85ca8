//! Cases for the verifiers: bundles that hold, and bundles that somebody has tampered with.

use crate::disturb::{change_a_value, disturb};
use crate::rewrite::{
    any_field, lie, other_rewritten, other_without_proof, rewritten_other_key, rewritten_unsigned,
};
use crate::seed::Seed;
use crate::world::{Log, Story, World, log_key, stamp_of, witness_key};
use assay::proof::bundle::Bundle;
use assay::proof::{Checkpoint, Hash, Kind, Note, Object, Record, Salt, Value};

/// What a verifier is given, and the answer if it is known beforehand.
#[derive(Clone)]
pub struct Case {
    /// How it was made.
    pub how: &'static str,
    pub bundle: Vec<u8>,
    pub key: String,
    pub witnesses: Vec<String>,
    pub audio: Vec<Hash>,
    pub other: Option<String>,
    /// `Some(true)`: it must hold; `None`: all must agree, whatever they say.
    pub holds: Option<bool>,
}

/// A story as its bundle is asked for.
pub struct Told<'a> {
    pub world: &'a World,
    pub log: &'a Log,
    pub story: &'a Story,
    pub checkpoints: Vec<usize>,
    pub erased: Vec<usize>,
    /// Among the checkpoints, those with a time stamp.
    stamped: Vec<bool>,
    /// Among the checkpoints, the one that is given from elsewhere.
    other: Option<usize>,
    audio: bool,
    witness: bool,
}

impl<'a> Told<'a> {
    pub fn new(seed: &mut Seed, world: &'a World, log: &'a Log, story: &'a Story) -> Told<'a> {
        let newest = *story.leaves.iter().max().unwrap() as usize;
        let first = world.sizes.iter().position(|&size| size > newest).unwrap();
        let last = first + seed.below(world.sizes.len() - first);
        let mut checkpoints: Vec<usize> = (0..last).filter(|_| seed.one_in(8)).collect();
        checkpoints.push(last);
        let erasable = |n: &usize| {
            let kind = world.leaves[story.leaves[*n] as usize].record.kind();
            kind.may_be_erased()
        };
        let all = (0..story.leaves.len()).filter(erasable);
        let erased = match seed.one_in(4) {
            true => all.filter(|_| seed.one_in(2)).collect(),
            false => Vec::new(),
        };
        let stamped = checkpoints.iter().map(|_| seed.one_in(3)).collect();
        Told {
            stamped,
            other: seed.one_in(3).then(|| *seed.pick(&checkpoints)),
            audio: seed.one_in(2),
            witness: seed.one_in(2),
            world,
            log,
            story,
            checkpoints,
            erased,
        }
    }

    pub fn document(&self, world: &World, log: &Log) -> Bundle {
        let mut bundle = self.story.bundle(world, log, &self.checkpoints);
        for (step, stamped) in bundle.checkpoints.iter_mut().zip(&self.stamped) {
            step.stamp = stamped.then(|| stamp_of(root_of(&step.note), TIME));
        }
        for &n in &self.erased {
            bundle.items[n].opened = None;
            if bundle.items[n].kind == Kind::Recording {
                bundle.audio.clear();
            }
        }
        bundle
    }

    pub fn case(&self, bundle: &Bundle) -> Case {
        let sounds = bundle.audio.iter().map(|audio| audio.sha256);
        Case {
            how: "as it is",
            bundle: bundle.to_json().into_bytes(),
            key: log_key().verifier().to_string(),
            witnesses: Vec::from_iter(self.witness.then(|| witness_key().verifier().to_string())),
            audio: sounds.filter(|_| self.audio).collect(),
            other: self.other.map(|n| self.log.notes[n].1.to_string()),
            holds: Some(true),
        }
    }

    /// A bundle that holds.
    pub fn honest(&self) -> Case {
        self.case(&self.document(self.world, self.log))
    }

    /// A bundle that was tampered with, in one of many ways.
    pub fn tampered(&self, seed: &mut Seed) -> Case {
        let way = *seed.pick(WAYS);
        let mut case = (way.1)(self, seed);
        case.how = way.0;
        case
    }

    /// The bundle as it would be if the log had been written anew with one record changed.
    pub fn rewritten(&self, leaf: u64, change: impl FnOnce(&mut Object)) -> World {
        let mut world = self.world.clone();
        let record = &mut world.leaves[leaf as usize].record;
        let mut content = record.content().clone();
        change(&mut content);
        *record = Record::new(record.kind(), record.subject(), content).unwrap();
        world
    }

    pub fn entry_leaf(&self) -> u64 {
        self.world.leaf_of(Kind::LedgerEntry, &self.story.entry)
    }
}

/// When stamps were made.
pub const TIME: &str = "20261129023906Z";

type Way = fn(&Told, &mut Seed) -> Case;

const WAYS: &[(&str, Way)] = &[
    ("a bit of the document", byte_of_the_document),
    ("a value of the document", value_of_the_document),
    ("cut short", cut_short),
    ("a hash or an index", hash_or_index),
    ("a byte of a note", byte_of_a_note),
    ("a byte of a time stamp", byte_of_a_stamp),
    ("a time stamp of another root", stamp_of_another),
    ("a record's content", content),
    ("the sound at hand", sound_at_hand),
    ("one item more", one_more),
    ("one item less", one_less),
    ("rewritten, with the old signatures", rewritten_unsigned),
    ("rewritten, signed by another key", rewritten_other_key),
    ("rewritten by the box: a lie", lie),
    ("rewritten by the box: any field", any_field),
    (
        "the other checkpoint is of a rewritten log",
        other_rewritten,
    ),
    (
        "the other checkpoint is not in the bundle",
        other_without_proof,
    ),
    ("a key twice", key_twice),
];

pub fn refused(case: Case) -> Case {
    Case {
        holds: Some(false),
        ..case
    }
}

pub fn unknown(case: Case) -> Case {
    Case {
        holds: None,
        ..case
    }
}

fn byte_of_the_document(told: &Told, seed: &mut Seed) -> Case {
    let mut case = told.honest();
    let at = seed.below(case.bundle.len());
    case.bundle[at] ^= 1 << seed.below(8);
    unknown(case)
}

fn value_of_the_document(told: &Told, seed: &mut Seed) -> Case {
    let mut case = told.honest();
    let mut value = Value::parse(&case.bundle).unwrap();
    disturb(&mut value, seed);
    case.bundle = value.canonical().into_bytes();
    unknown(case)
}

fn cut_short(told: &Told, seed: &mut Seed) -> Case {
    let mut case = told.honest();
    // Without the newline alone, it would still be whole.
    case.bundle.truncate(seed.below(case.bundle.len() - 1));
    refused(case)
}

fn hash_or_index(told: &Told, seed: &mut Seed) -> Case {
    let mut bundle = told.document(told.world, told.log);
    let n = seed.below(bundle.items.len());
    let steps = bundle.checkpoints.len();
    let item = &mut bundle.items[n];
    let bit = seed.below(256);
    let flip = |hash: &mut Hash| hash.0[bit / 8] ^= 1 << (bit % 8);
    match seed.below(5) {
        0 => item.leaf += 1,
        1 => flip(&mut item.commitment),
        2 => match &mut item.opened {
            Some(opened) => opened.salt = Salt(seed.bytes()),
            None => flip(&mut item.commitment),
        },
        3 if steps > 1 => match bundle.checkpoints[steps - 1].proof.first_mut() {
            Some(hash) => flip(hash),
            None => flip(&mut item.proof[0]),
        },
        _ => {
            let at = seed.below(item.proof.len());
            flip(&mut item.proof[at]);
        }
    }
    refused(told.case(&bundle))
}

fn byte_of_a_note(told: &Told, seed: &mut Seed) -> Case {
    let mut bundle = told.document(told.world, told.log);
    let n = seed.below(bundle.checkpoints.len());
    let note = &mut bundle.checkpoints[n].note;
    let at = seed.below(note.len());
    let mut bytes = note.clone().into_bytes();
    bytes[at] = b' ' + (bytes[at].wrapping_add(1 + seed.below(90) as u8) % 94);
    *note = String::from_utf8_lossy(&bytes).into_owned();
    unknown(told.case(&bundle))
}

/// Of the stamps that a bundle has, or of one that it is given.
fn byte_of_a_stamp(told: &Told, seed: &mut Seed) -> Case {
    let mut bundle = told.document(told.world, told.log);
    let n = seed.below(bundle.checkpoints.len());
    let step = &mut bundle.checkpoints[n];
    let time = *seed.pick(&[
        TIME,
        "20261129023906.5Z",
        "20261129023906.50Z",
        "20260229023906Z",
        "20261129023960Z",
        "19691231235959Z",
        "20261129023906+0100",
        "2026112902390Z",
    ]);
    let mut stamp = stamp_of(root_of(&step.note), time);
    let at = seed.below(stamp.len());
    match seed.below(6) {
        0 => stamp[at] ^= 1 << seed.below(8),
        1 => stamp[at] = 0x80 + seed.below(8) as u8,
        2 => stamp.truncate(at),
        3 => stamp.insert(at, seed.below(256) as u8),
        4 => stamp.push(0),
        _ => {}
    }
    step.stamp = Some(stamp);
    unknown(told.case(&bundle))
}

fn stamp_of_another(told: &Told, seed: &mut Seed) -> Case {
    let mut bundle = told.document(told.world, told.log);
    let n = seed.below(bundle.checkpoints.len());
    let step = &mut bundle.checkpoints[n];
    let mut root = root_of(&step.note);
    root.0[seed.below(32)] ^= 1 << seed.below(8);
    step.stamp = Some(stamp_of(root, TIME));
    refused(told.case(&bundle))
}

/// The root that a note states.
pub fn root_of(note: &str) -> Hash {
    let note = Note::parse(note.as_bytes()).unwrap();
    Checkpoint::parse(note.text()).unwrap().head.root
}

fn content(told: &Told, seed: &mut Seed) -> Case {
    let mut bundle = told.document(told.world, told.log);
    let open = bundle.items.iter().enumerate();
    let open: Vec<usize> = open
        .filter(|(_, i)| i.opened.is_some())
        .map(|(n, _)| n)
        .collect();
    let opened = bundle.items[*seed.pick(&open)].opened.as_mut().unwrap();
    let mut fields = opened.record.content().clone();
    change_a_value(&mut fields, seed);
    opened.record = Record::new(opened.record.kind(), opened.record.subject(), fields).unwrap();
    refused(told.case(&bundle))
}

fn sound_at_hand(told: &Told, seed: &mut Seed) -> Case {
    let mut case = told.honest();
    let mut hash = told.story.audio[0].sha256;
    hash.0[seed.below(32)] ^= 1 << seed.below(8);
    case.audio = vec![hash];
    refused(case)
}

fn one_more(told: &Told, seed: &mut Seed) -> Case {
    let mut bundle = told.document(told.world, told.log);
    let entry = bundle.item(Kind::LedgerEntry, &bundle.entry).unwrap();
    let mut more = entry.clone();
    let opened = more.opened.as_mut().unwrap();
    let fields = opened.record.content().clone();
    more.subject = format!("{}-more", bundle.entry);
    opened.record = Record::new(more.kind, &more.subject, fields).unwrap();
    if seed.one_in(2) {
        more.commitment = opened.record.commitment(&opened.salt);
    }
    // A leaf that no item has.
    more.leaf = bundle.items.iter().map(|item| item.leaf).max().unwrap() + 1;
    bundle.items.push(more);
    refused(told.case(&bundle))
}

fn one_less(told: &Told, seed: &mut Seed) -> Case {
    let mut bundle = told.document(told.world, told.log);
    if bundle.checkpoints.len() > 1 && seed.one_in(3) {
        bundle.checkpoints.remove(0);
    } else {
        let n = seed.below(bundle.items.len());
        bundle.items.remove(n);
    }
    unknown(told.case(&bundle))
}

fn key_twice(told: &Told, seed: &mut Seed) -> Case {
    let mut case = told.honest();
    let text = String::from_utf8(case.bundle).unwrap();
    let key = *seed.pick(&["\"leaf\":", "\"entry\":", "\"amount\":", "\"proof\":"]);
    case.bundle = text.replacen(key, &format!("{key}0,{key}"), 1).into_bytes();
    refused(case)
}
