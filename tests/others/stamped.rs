//! Checkpoints that leave are stamped, what is no stamp of them is refused, and nothing else waits for
//! it.

use crate::authority::{Authority, Way};
use crate::common::{Demo, assay, not_run, passing, take, until};
use assay::jobs::notary::Copy;
use assay::jobs::time_stamp::TimeStamp;
use assay::outgoing::Sender;
use assay::proof::{Checkpoint, Head, Scheme, SignerKey, sha256};
use assay::store::Db;
use assay::store::proof::{checkpoints, others};
use assay::units::{Micros, WallTime};
use assay::webhook::{Allowed, Target};
use serde_json::Value;
use std::path::Path;

/// A checkpoint that has left.
async fn leaves(db: &Db, size: u64, now: WallTime) {
    let head = Head {
        size,
        root: sha256(&[&size.to_be_bytes()]),
    };
    let checkpoint = Checkpoint {
        origin: "assay-test".to_owned(),
        head,
        extensions: Vec::new(),
    };
    let key = SignerKey::new("assay-test", Scheme::Note, &[7; 32]).unwrap();
    let note = checkpoint.sign(&key).unwrap().to_string();
    let mut tx = db.write().await.unwrap();
    checkpoints::keep(&mut tx, head, &note, now).await.unwrap();
    let signed = checkpoints::latest(&mut tx).await.unwrap().unwrap();
    checkpoints::has_left(&mut tx, &signed, now).await.unwrap();
    tx.commit().await.unwrap();
}

fn job(authority: &Authority, folder: &Path) -> TimeStamp {
    let allowed = Allowed::new(vec!["127.0.0.0/8".parse().unwrap()]);
    TimeStamp {
        authority: Target::parse(&authority.url(), &allowed).unwrap(),
        sender: Sender::new(allowed, None).unwrap(),
        copy: Copy::new(folder.to_owned()),
    }
}

#[test]
fn an_answer_that_is_no_stamp_of_the_root_is_refused_and_the_next_right_one_is_kept() {
    let Some(authority) = Authority::new() else {
        return not_run("OpenSSL is not installed; tests/setup.sh test does it");
    };
    let folder = tempfile::tempdir().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let db = Db::sqlite(&folder.path().join("assay.db")).await.unwrap();
        let copy = folder.path().join("log");
        let (job, now) = (job(&authority, &copy), WallTime(1_795_919_946_000_000));
        assert_eq!(job.once(&db, now).await.unwrap().trouble, None);
        leaves(&db, 5, now).await;
        let nobody = job.once(&db, now).await.unwrap_err();
        assert!(nobody.ends_with("nobody answers at 127.0.0.1"), "{nobody}");
        authority.listen();
        for (way, why) in [
            (Way::OtherRoot, "the time stamp is of another root"),
            (Way::OtherNonce, "its nonce is not the one that was sent"),
            (Way::Refusal, "the authority refused to stamp"),
            (Way::CutShort, "it is no time stamp in DER"),
            (Way::TenMegabytes, "its answer is larger than 64 KiB"),
            (Way::Redirect, "it answered 302"),
            (Way::Failure, "it answered 500"),
            (Way::HangUp, "is no HTTP, or ended in the middle"),
        ] {
            *authority.way.lock().unwrap() = way;
            let said = job.once(&db, now).await.unwrap_err();
            assert!(said.contains(why), "{way:?}: {said}");
            assert!(
                said.contains("the checkpoint of 5 leaves from 127.0.0.1"),
                "{said}"
            );
            let kept = others::last_stamp(&mut db.read().await.unwrap()).await;
            assert_eq!(kept.unwrap(), None, "{way:?}");
            assert!(!copy.join("checkpoints/5.tsr").exists());
        }
        *authority.way.lock().unwrap() = Way::Right;
        assert_eq!(job.once(&db, now).await.unwrap().trouble, None);
        let root = sha256(&[&5_u64.to_be_bytes()]).to_hex();
        let file = copy.join("checkpoints/5.tsr");
        assert!(authority.verifies(&root, &file));
        assert!(!authority.verifies(&root.replace('a', "b"), &file));
        // Nothing more is asked of this one, and the next is stamped when it leaves.
        *authority.way.lock().unwrap() = Way::Failure;
        assert_eq!(job.once(&db, now).await.unwrap().trouble, None);
        leaves(&db, 9, now + Micros::from_secs(1)).await;
        assert!(job.once(&db, now).await.is_err());
        *authority.way.lock().unwrap() = Way::Right;
        std::fs::remove_file(&file).unwrap();
        job.once(&db, now).await.unwrap();
        let kept = others::last_stamp(&mut db.read().await.unwrap())
            .await
            .unwrap()
            .unwrap();
        assert_eq!((kept.size, &*kept.authority), (9, "127.0.0.1"));
        assert!(copy.join("checkpoints/9.tsr").exists());
        // What lies beside the copy and is another is named, and left as it is.
        std::fs::write(copy.join("checkpoints/9.tsr"), "other").unwrap();
        let said = job.once(&db, now).await.unwrap_err();
        assert!(said.contains("9.tsr says something else"), "{said}");
    });
}

/// What `assay verify` says of a bundle.
fn verify(file: &Path, more: &[&str]) -> (bool, String) {
    let done = assay(&[&["verify", file.to_str().unwrap()], more].concat());
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    (done.status.success(), said)
}

#[test]
fn a_box_shows_its_stamp_and_hands_it_out_with_its_proofs() {
    let Some(authority) = Authority::new() else {
        return not_run("OpenSSL is not installed; tests/setup.sh test does it");
    };
    let mut demo = Demo::start();
    demo.configure(&format!(
        "[proof]\ntimestamp_url = \"{}\"\n[webhooks]\nallowed_ranges = [\"127.0.0.0/8\"]\n",
        authority.url()
    ));
    demo.start_again();
    until("the trouble shows", || {
        demo.readiness()
            .contains("The job 'time_stamp' fails: no time stamp of the checkpoint of ")
    });
    // Sealing, signing and copying go on.
    let (tom, marek) = (demo.sign_in("tom"), demo.sign_in("marek"));
    let review = take(&marek, "Norvik Ferries");
    let path = format!("/review/{}/verdict", review["id"].as_str().unwrap());
    marek.post(&path, passing(&review), "verdict-key-1");
    let entry = || {
        tom.get("/statement")["entries"][0]["id"]
            .as_str()
            .map(str::to_owned)
    };
    until("the entry is sealed into the log", || {
        let sealed = |id| tom.status_only(&format!("/entries/{id}/bundle")) == 200;
        entry().is_some_and(sealed)
    });
    assert!(demo.data.join("log/checkpoint").exists());
    assert_eq!(tom.get("/checkpoint")["stamped"], Value::Null);
    authority.listen();
    until("the checkpoint is stamped", || {
        tom.get("/checkpoint")["stamped"].is_object()
    });
    until("the box is ready", || demo.readiness() == "ready\n");
    let stamped = tom.get("/statement")["checkpoint"]["stamped"].clone();
    assert_eq!(stamped["by"], "127.0.0.1");
    let kept = demo
        .data
        .join(format!("log/checkpoints/{}.tsr", stamped["size"]));
    until("the answer lies beside the copy", || kept.exists());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("entry.json");
    let bundle = tom.get(&format!("/entries/{}/bundle", entry().unwrap()));
    std::fs::write(&file, bundle.to_string()).unwrap();
    let stamps = folder.path().join("stamps");
    let (holds, said) = verify(&file, &["--stamps", stamps.to_str().unwrap()]);
    assert!(holds, "{said}");
    // The printed line, with the authority's certificate, as anybody would run it.
    let line = said
        .lines()
        .find_map(|line| line.split_once("openssl "))
        .unwrap()
        .1;
    let line = line.replace("AUTHORITY.pem", authority.ca().to_str().unwrap());
    let (done, said) = authority.openssl(&line).unwrap();
    assert!(done && said.contains("Verification: OK"), "{line}: {said}");
    let name = format!("checkpoint-{}.tsr", stamped["size"]);
    let written = std::fs::read(stamps.join(name)).unwrap();
    assert_eq!(written, std::fs::read(&kept).unwrap());

    // The stamp on another checkpoint's place.
    let mut other = bundle.clone();
    let steps = other["checkpoints"].as_array_mut().unwrap();
    let stamp = steps[0].as_object_mut().unwrap().remove("stamp").unwrap();
    steps.last_mut().unwrap()["stamp"] = stamp;
    std::fs::write(&file, other.to_string()).unwrap();
    let (holds, said) = verify(&file, &[]);
    assert!(
        !holds && said.contains("time stamp is of another root"),
        "{said}"
    );
    let (whole, said) = demo.run(&["check"]);
    assert!(whole, "{said}");
}
