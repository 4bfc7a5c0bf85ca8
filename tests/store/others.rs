//! What others say of checkpoints, and what this box cosigned of others, on both databases: only what
//! holds is kept, it is never edited, and a witness never has two roots of one log at one size.

use super::*;
use assay::proof::witness::{AddCheckpoint, Refusal};
use assay::proof::{
    Checkpoint, Hash, Head, Note, Scheme, SignerKey, cosign, node_hash, sha256, stamp,
};
use assay::store::proof::checkpoints::{self, Signed};
use assay::store::proof::{others, witnessed};
use std::sync::Arc;

const NOW: WallTime = WallTime(1_795_919_946_000_000);

fn log_key() -> SignerKey {
    SignerKey::new("other-log", Scheme::Note, &[7; 32]).unwrap()
}

fn witness_key() -> SignerKey {
    SignerKey::new("witness", Scheme::Cosignature, &[9; 32]).unwrap()
}

fn seen(size: u64, root: Hash) -> (Checkpoint, Note) {
    let checkpoint = Checkpoint {
        origin: "other-log".to_owned(),
        head: Head { size, root },
        extensions: Vec::new(),
    };
    let note = checkpoint.sign(&log_key()).unwrap();
    (checkpoint, note)
}

async fn advance(
    tx: &mut Tx,
    old: u64,
    proof: &[Hash],
    (checkpoint, note): &(Checkpoint, Note),
) -> Result<(), Refusal> {
    let asked = AddCheckpoint {
        old,
        proof: proof.to_vec(),
        note: note.to_string(),
    };
    let done = witnessed::advance(tx, &asked, checkpoint, &asked.note, NOW).await;
    done.unwrap()
}

#[test]
fn a_witness_goes_from_tree_to_larger_tree_and_keeps_evidence_of_any_other() {
    on_both(async |db| {
        let (one, two, three) = (sha256(&[b"1"]), sha256(&[b"2"]), sha256(&[b"3"]));
        let mut tx = db.write().await.unwrap();
        assert!(!witnessed::any(&mut tx).await.unwrap());
        let first = seen(1, one);
        let early = advance(&mut tx, 1, &[], &first).await;
        assert_eq!(early, Err(Refusal::OtherSize(0)));
        assert_eq!(advance(&mut tx, 0, &[], &first).await, Ok(()));
        assert_eq!(
            advance(&mut tx, 1, &[], &first).await,
            Ok(()),
            "the same again"
        );
        let again = advance(&mut tx, 0, &[], &first).await;
        assert_eq!(again, Err(Refusal::OtherSize(1)));
        let second = seen(2, node_hash(one, two));
        let unproved = advance(&mut tx, 1, &[three], &second).await;
        assert_eq!(unproved, Err(Refusal::DoesNotFollow));
        assert_eq!(advance(&mut tx, 1, &[two], &second).await, Ok(()));
        let third = seen(3, node_hash(node_hash(one, two), three));
        assert_eq!(advance(&mut tx, 2, &[three], &third).await, Ok(()));
        let lines = log::verify(&mut tx).await.unwrap();
        // Another tree of three, and one of four that begins otherwise.
        for (size, root, proof) in [
            (3, node_hash(node_hash(two, one), three), vec![]),
            (
                4,
                node_hash(node_hash(two, one), node_hash(three, one)),
                vec![three, one, node_hash(two, one)],
            ),
        ] {
            let forged = seen(size, root);
            let refused = advance(&mut tx, 3, &proof, &forged).await;
            assert_eq!(refused, Err(Refusal::Rewritten(3)), "{size}");
        }
        assert_eq!(log::verify(&mut tx).await.unwrap(), lines + 1, "once a log");
        let last = witnessed::last(&mut tx, "other-log").await.unwrap();
        assert_eq!(last, Some(third.0.head));
        let kept = witnessed::note(&mut tx, "other-log").await.unwrap();
        assert_eq!(kept, Some(third.1.to_string()));
        tx.commit().await.unwrap();
        for wrong in [
            "UPDATE witnessed SET size = 2",
            "UPDATE witnessed SET origin = 'another'",
            "DELETE FROM witnessed",
            "UPDATE witness_refusals SET why = 'x'",
            "DELETE FROM witness_refusals",
        ] {
            assert!(execute(&db, wrong).await.is_err(), "{}", wrong);
        }
        let zeroes = "0".repeat(64);
        let same_size = format!("UPDATE witnessed SET root = '{zeroes}'");
        assert!(execute(&db, &same_size).await.is_err(), "{}", same_size);
        let bad = format!(
            "INSERT INTO witnessed (origin, size, root, note, at) VALUES ('x', -1, '{zeroes}', '', 1)"
        );
        assert!(execute(&db, &bad).await.is_err(), "{}", bad);
    });
}

#[test]
fn of_many_at_once_a_witness_takes_one_root() {
    on_both(async |db| {
        let shared = Arc::new(db.db.clone());
        let tasks: Vec<_> = (0..8_u8)
            .map(|n| {
                let db = shared.clone();
                tokio::spawn(async move {
                    let mut tx = db.write().await.unwrap();
                    let done = advance(&mut tx, 0, &[], &seen(5, sha256(&[&[n]]))).await;
                    tx.commit().await.unwrap();
                    done.is_ok()
                })
            })
            .collect();
        let mut given = 0;
        for task in tasks {
            given += usize::from(task.await.unwrap());
        }
        assert_eq!(given, 1);
    });
}

/// A checkpoint of this box's log.
async fn own(tx: &mut Tx, size: u64) -> Signed {
    let (checkpoint, note) = seen(size, sha256(&[&size.to_be_bytes()]));
    checkpoints::keep(tx, checkpoint.head, &note.to_string(), NOW)
        .await
        .unwrap();
    checkpoints::latest(tx).await.unwrap().unwrap()
}

fn line(signed: &Signed, at: u64) -> String {
    let note = Note::parse(signed.note.as_bytes()).unwrap();
    cosign(&note, &witness_key(), at).unwrap().to_string()
}

#[test]
fn what_others_say_is_kept_if_it_holds_and_its_checkpoint_stays() {
    on_both(async |db| {
        let witness = witness_key().verifier();
        let mut tx = db.write().await.unwrap();
        let first = own(&mut tx, 5).await;
        let second = own(&mut tx, 6).await;
        assert_eq!(
            checkpoints::kept(&mut tx).await.unwrap(),
            std::slice::from_ref(&second)
        );
        // Of another checkpoint, by another key, or none at all.
        let other = SignerKey::new("witness", Scheme::Cosignature, &[1; 32]).unwrap();
        let note = Note::parse(second.note.as_bytes()).unwrap();
        let other = cosign(&note, &other, 7).unwrap().to_string();
        for wrong in [
            line(&first, 7),
            other,
            String::new(),
            "— witness AAAA\n".into(),
        ] {
            let kept = others::keep_cosignature(&mut tx, &second, &witness, &wrong, NOW).await;
            assert!(
                matches!(kept, Err(StoreError::Refused(_))),
                "{wrong}: {kept:?}"
            );
        }
        // The first has made way for the second while the witness was asked: it comes back.
        for (signed, at) in [(&first, 7), (&second, 8), (&second, 9)] {
            let said = line(signed, at);
            others::keep_cosignature(&mut tx, signed, &witness, &said, NOW)
                .await
                .unwrap();
        }
        let third = own(&mut tx, 9).await;
        let sizes: Vec<i64> = checkpoints::kept(&mut tx)
            .await
            .unwrap()
            .iter()
            .map(|s| s.size)
            .collect();
        assert_eq!(sizes, [5, 6, 9]);
        let whole = others::note_of(&mut tx, &second).await.unwrap();
        assert_eq!(
            whole,
            format!("{}{}", second.note, line(&second, 8)),
            "the first holds"
        );
        let last = others::last_cosigned(&mut tx).await.unwrap();
        assert_eq!((last.len(), last[0].size), (1, 6));
        assert_eq!(last[0].cosigned_at, WallTime(8_000_000));
        let stamp = stamp::request(sha256(&[b"x"]), 7);
        let kept = others::keep_stamp(&mut tx, &third, "tsa.example", &stamp, NOW).await;
        assert!(matches!(kept, Err(StoreError::Refused(_))), "{kept:?}");
        tx.commit().await.unwrap();
        for wrong in [
            "UPDATE cosignatures SET line = 'x'",
            "DELETE FROM cosignatures",
            "DELETE FROM checkpoints WHERE size = 6",
            "INSERT INTO cosignatures (size, witness, line, cosigned_at, at) VALUES (7, 'w', '', 1, 1)",
            "INSERT INTO stamps (size, authority, answer, stamped_at, at) VALUES (7, 't', '', 1, 1)",
        ] {
            assert!(execute(&db, wrong).await.is_err(), "{}", wrong);
        }
        let whole = "INSERT INTO stamps (size, authority, answer, stamped_at, at) VALUES (9, 't', '', 1, 1)";
        execute(&db, whole).await.unwrap();
        for wrong in [whole, "UPDATE stamps SET at = 2", "DELETE FROM stamps"] {
            assert!(execute(&db, wrong).await.is_err(), "{}", wrong);
        }
    });
}
