//! The witness protocol (C2SP tlog-witness): the text's own example, what is malformed, and which tree
//! follows from which.

use crate::world::{log_key, witness_key};
use assay::proof::witness::{AddCheckpoint, MAX_REQUEST_BYTES, Refusal, line_of, told_size};
use assay::proof::{
    Checkpoint, Edge, Hash, Head, Note, Scheme, SignerKey, Tile, consistency, cosign, leaf_hash,
    sha256,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The request of the text, "Example request body".
const EXAMPLE: &str = "old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
";

fn note(size: u64, root: Hash) -> Note {
    let checkpoint = Checkpoint {
        origin: log_key().verifier().name().to_owned(),
        head: Head { size, root },
        extensions: Vec::new(),
    };
    checkpoint.sign(&log_key()).unwrap()
}

#[test]
fn the_example_of_the_text_is_read_and_written() {
    let read = AddCheckpoint::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!((read.old, read.proof.len()), (20_852_014, 4));
    assert_eq!(read.to_string(), EXAMPLE);
    let unknown = read.opened(&[log_key().verifier()]);
    let name = "example.com/behind-the-sofa".to_owned();
    assert_eq!(unknown.unwrap_err(), Refusal::UnknownLog(name.clone()));
    let other = SignerKey::new(&name, Scheme::Note, &[1; 32]).unwrap();
    let unsigned = read.opened(&[other.verifier()]);
    assert_eq!(unsigned.unwrap_err(), Refusal::Unsigned);
}

#[test]
fn what_is_malformed_is_no_request() {
    let note = note(3, sha256(&[b"root"]));
    let hash = format!("{}=\n", "A".repeat(43));
    for wrong in [
        "",
        "old 3",
        "old 3\n",
        "old 3\n\n",
        "old -3\n\nx",
        "old  3\n\nx",
        "old 03\n\nx",
        "old 18446744073709551616\n\nx",
        "Old 3\n\nx",
        "old 3\r\n\nx",
        "old 3\nAAAA\n\nx",
    ] {
        let request = wrong.replace('x', &note.to_string());
        assert!(
            AddCheckpoint::parse(request.as_bytes())
                .is_none_or(|r| { r.opened(&[log_key().verifier()]) == Err(Refusal::Malformed) }),
            "{wrong:?}"
        );
    }
    let with = |count| format!("old 3\n{}\n{note}", hash.repeat(count));
    assert!(AddCheckpoint::parse(with(63).as_bytes()).is_some());
    assert!(AddCheckpoint::parse(with(64).as_bytes()).is_none());
    let long = format!("old 3\n\n{note}{}", "x".repeat(MAX_REQUEST_BYTES));
    assert!(AddCheckpoint::parse(long.as_bytes()).is_none());
    // An older tree than it says that it had, and one that no box counts.
    for (old, size) in [(4, 3), (0, 1 << 53), (0, u64::MAX)] {
        let asked = AddCheckpoint {
            old,
            proof: Vec::new(),
            note: self::note(size, sha256(&[])).to_string(),
        };
        let opened = asked.opened(&[log_key().verifier()]);
        assert_eq!(opened.unwrap_err(), Refusal::Malformed, "{old} {size}");
    }
}

#[test]
fn every_tree_follows_from_every_smaller_one_and_from_no_other() {
    let (mut edge, mut tiles, mut roots) =
        (Edge::new(), BTreeMap::<Tile, Vec<Hash>>::new(), vec![]);
    let mut other = Edge::new();
    let mut forged = Vec::new();
    for n in 0..40_u64 {
        roots.push(edge.root());
        forged.push(other.root());
        for data in edge.grow([leaf_hash(&n.to_be_bytes())]) {
            tiles.insert(data.tile, data.hashes);
        }
        other.grow([leaf_hash(&(n ^ 1).to_be_bytes())]);
    }
    let head = |size: u64| Head {
        size,
        root: roots[size as usize],
    };
    for old in 0..40 {
        for new in old..40 {
            let proof = consistency(old, new, &tiles).unwrap();
            let note = String::new();
            let asked = AddCheckpoint { old, proof, note };
            let last = (old > 0).then(|| head(old));
            assert_eq!(asked.follows(head(new), last), Ok(()), "{old} {new}");
            if old == 0 {
                continue;
            }
            let smaller = asked.follows(head(new), Some(head(old - 1)));
            assert_eq!(smaller, Err(Refusal::OtherSize(old - 1)));
            let witness_s = Head {
                size: old,
                root: forged[old as usize],
            };
            if witness_s.root == roots[old as usize] {
                continue;
            }
            // From a power of two on, the proof does not say what the smaller tree was.
            let refused = match old.is_power_of_two() && old < new {
                true => Refusal::DoesNotFollow,
                false => Refusal::Rewritten(old),
            };
            assert_eq!(asked.follows(head(new), Some(witness_s)), Err(refused));
        }
    }
    let empty = AddCheckpoint {
        old: 0,
        proof: Vec::new(),
        note: String::new(),
    };
    let wrong = Head {
        size: 0,
        root: sha256(&[b"x"]),
    };
    assert_eq!(empty.follows(wrong, None), Err(Refusal::DoesNotFollow));
}

#[test]
fn a_log_takes_from_an_answer_the_line_that_holds() {
    let (note, witness) = (note(3, sha256(&[b"root"])), witness_key());
    let line = cosign(&note, &witness, 5).unwrap().to_string();
    let stranger = SignerKey::new("stranger", Scheme::Cosignature, &[1; 32]).unwrap();
    let strange = cosign(&note, &stranger, 5).unwrap().to_string();
    let other = cosign(&self::note(4, sha256(&[b"root"])), &witness, 5);
    let other = other.unwrap().to_string();
    let of = |answer: &str| line_of(answer.as_bytes(), &note, &witness.verifier());
    assert_eq!(of(&line), Some(line.clone()));
    assert_eq!(of(&format!("{strange}{other}{line}")), Some(line.clone()));
    for wrong in ["", &strange, &other, "\n", "<html>", &format!("{line}x")] {
        assert_eq!(of(wrong), None, "{wrong:?}");
    }
    for (answer, size) in [
        ("0\n", Some(0)),
        ("7\n", Some(7)),
        ("7", None),
        ("07\n", None),
        ("7\n\n", None),
        ("", None),
    ] {
        assert_eq!(told_size(answer.as_bytes()), size, "{answer:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn no_bytes_make_a_witness_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        answer in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(read) = AddCheckpoint::parse(&bytes) {
            prop_assert_eq!(AddCheckpoint::parse(read.to_string().as_bytes()), Some(read.clone()));
            let _ = read.opened(&[log_key().verifier()]);
            let head = Head { size: read.old.saturating_add(9), root: sha256(&[]) };
            let last = Head { size: read.old, root: sha256(&[]) };
            let _ = read.follows(head, Some(last));
        }
        let note = note(3, sha256(&[b"root"]));
        prop_assert_eq!(line_of(&answer, &note, &witness_key().verifier()), None);
        let _ = told_size(&answer);
    }
}
