//! What is held against a bundle from outside: the trusted key, witnesses, sounds, old checkpoints.

use crate::faults::{check, given, newest, plain, rewritten, set};
use crate::world::{log_key, other_key, witness_key};
use assay::proof::bundle::{Audio, Broken, Bundle, Fault, Given, Report, verify};
use assay::proof::{Checkpoint, Hash, Head, Kind, Scheme, SignerKey, sha256};

#[test]
fn a_witness_is_named_with_its_time() {
    let (world, story) = plain();
    let bundle = newest(&world, &world.log(&log_key()), &story);
    let (log, witness) = (log_key().verifier(), witness_key().verifier());
    let given = Given {
        witnesses: &[witness],
        ..given(&log)
    };
    let report = verify(bundle.to_json().as_bytes(), &given).unwrap();
    let times: Vec<u64> = report
        .cosigned
        .iter()
        .map(|(_, at)| at - 1_700_000_000)
        .collect();
    assert_eq!(times, [world.sizes[0] as u64, world.leaves.len() as u64]);
}

#[test]
fn the_key_must_be_the_trusted_one() {
    let (world, story) = plain();
    let bundle = newest(&world, &world.log(&log_key()), &story);
    let other = other_key().verifier();
    let broken = verify(bundle.to_json().as_bytes(), &given(&other)).unwrap_err();
    assert_eq!(broken.fault, Fault::Key);
    assert!(
        broken
            .why
            .starts_with("the bundle is of the log assay.example/box-1+")
    );
}

#[test]
fn another_sound_is_refused() {
    let (world, story) = plain();
    let mut bundle = newest(&world, &world.log(&log_key()), &story);
    let (log, right) = (log_key().verifier(), bundle.audio[0].sha256);
    let with = |bundle: &Bundle, audio: &[Hash]| {
        let given = Given {
            audio,
            ..given(&log)
        };
        verify(bundle.to_json().as_bytes(), &given)
    };
    let said = with(&bundle, &[right]).unwrap();
    let at_hand = |line: &String| line.starts_with("the file at hand is the sound of recording");
    assert!(said.lines.iter().any(at_hand));
    let broken = with(&bundle, &[sha256(&[b"other"])]).unwrap_err();
    assert_eq!(broken.fault, Fault::Audio);
    bundle.audio[0].sha256 = sha256(&[b"other"]);
    let broken = with(&bundle, &[]).unwrap_err();
    assert_eq!(
        broken.why,
        "is not the sound of the recording that was judged"
    );
    bundle.audio = vec![Audio {
        recording: "recording-x".to_owned(),
        sha256: right,
        file: None,
    }];
    assert_eq!(with(&bundle, &[]).unwrap_err().fault, Fault::Audio);
}

/// What a checkpoint from elsewhere is answered with.
fn other(note: &str, bundle: &Bundle) -> Result<Report, Broken> {
    let log = log_key().verifier();
    let given = Given {
        other_checkpoint: Some(note.as_bytes()),
        ..given(&log)
    };
    verify(bundle.to_json().as_bytes(), &given)
}

#[test]
fn an_old_statements_checkpoint_exposes_a_rewritten_log() {
    let (world, story) = plain();
    let log = world.log(&log_key());
    let bundle = newest(&world, &log, &story);
    let old = log.notes[0].1.to_string();
    let said = other(&old, &bundle).unwrap();
    assert!(said.lines.last().unwrap().ends_with("leaves, fits"));

    let rewritten = rewritten(Kind::Plan, set("note", "made up later"));
    assert!(check(&rewritten).is_ok());
    let broken = other(&old, &rewritten).unwrap_err();
    assert_eq!(broken.fault, Fault::OtherCheckpoint);
    assert!(
        broken.why.starts_with("the log has been rewritten"),
        "{broken}"
    );

    let broken = other(&log.notes[1].1.to_string(), &bundle).unwrap_err();
    assert!(
        broken
            .why
            .starts_with("the bundle has no proof from a tree of"),
        "{broken}"
    );
}

#[test]
fn a_checkpoint_of_another_box_is_told_apart() {
    let (world, story) = plain();
    let bundle = newest(&world, &world.log(&log_key()), &story);
    let key = |name: &str| SignerKey::new(name, Scheme::Note, &[7; 32]).unwrap();
    let foreign = Checkpoint {
        origin: "assay.example/box-2".to_owned(),
        head: Head {
            size: 1,
            root: sha256(&[]),
        },
        extensions: Vec::new(),
    };
    let note = foreign
        .sign(&key("assay.example/box-2"))
        .unwrap()
        .to_string();
    let broken = other(&note, &bundle).unwrap_err();
    assert_eq!(
        broken.why,
        "is of another log or another box: 'assay.example/box-2'"
    );
    let unsigned = note.replace("box-2", "box-1");
    let broken = other(&unsigned, &bundle).unwrap_err();
    assert_eq!(broken.why, "the log's key has not signed the checkpoint");
    let broken = other("no note", &bundle).unwrap_err();
    assert_eq!(broken.fault, Fault::OtherCheckpoint);
}
