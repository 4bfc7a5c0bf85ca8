//! The proof as its users have it: a bundle from the page, verified by a command that knows no box;
//! the log's copy, against which a rewritten database is found out; a statement as one file.

mod common;

use common::{Client, Demo, assay, passing, take, tamper, until};
use serde_json::Value;
use std::path::Path;

fn earns(demo: &Demo, company: &str) -> (Client, Value) {
    let (tom, marek) = (demo.sign_in("tom"), demo.sign_in("marek"));
    let review = take(&marek, company);
    let path = format!("/review/{}/verdict", review["id"].as_str().unwrap());
    marek.post(&path, passing(&review), "verdict-key-1");
    until("the entry is sealed into the log", || {
        let statement = tom.get("/statement");
        let entry = &statement["entries"][0]["id"];
        entry
            .as_str()
            .is_some_and(|id| tom.status_only(&format!("/entries/{id}/bundle")) == 200)
    });
    let statement = tom.get("/statement");
    (tom, statement)
}

fn verify(bundle: &Path, more: &[&str]) -> (bool, String) {
    let done = assay(&[&["verify", bundle.to_str().unwrap()], more].concat());
    let said =
        String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    (done.status.success(), said)
}

#[test]
fn an_entry_is_proved_away_from_the_box_and_a_touched_proof_is_not() {
    let demo = Demo::start();
    let (tom, statement) = earns(&demo, "Norvik Ferries");
    let entry = statement["entries"][0]["id"].as_str().unwrap();
    let key = statement["checkpoint"]["key"].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("entry.json");
    let bundle = tom.get(&format!("/entries/{entry}/bundle")).to_string();
    std::fs::write(&file, &bundle).unwrap();
    let (holds, said) = verify(&file, &["--key", key]);
    assert!(
        holds && said.contains(&format!("yes: entry {entry} holds")),
        "{said}"
    );
    // Without a key it says whose it took.
    let (holds, said) = verify(&file, &[]);
    assert!(
        holds && said.contains("The key is the bundle's own"),
        "{said}"
    );
    let (holds, said) = verify(&file, &["--key", "assay-other+00000000+AAAA"]);
    assert!(!holds && said.contains("is no key of a log"), "{said}");

    // The statement's checkpoint is a witness of what comes later.
    let old = folder.path().join("checkpoint");
    std::fs::write(&old, statement["checkpoint"]["note"].as_str().unwrap()).unwrap();
    let (done, said) = demo.run(&[
        "commission",
        "bundle",
        entry,
        "--out",
        file.to_str().unwrap(),
        "--with-audio",
        "--since",
        old.to_str().unwrap(),
    ]);
    assert!(done && said.contains("proved by the log"), "{said}");
    let made: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let sound = folder
        .path()
        .join(made["audio"][0]["file"].as_str().unwrap());
    let with = ["--key", key, "--audio", sound.to_str().unwrap()];
    let (holds, said) = verify(
        &file,
        &[&with[..], &["--checkpoint", old.to_str().unwrap()]].concat(),
    );
    assert!(holds, "{said}");
    let mut bytes = std::fs::read(&sound).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&sound, bytes).unwrap();
    let (holds, said) = verify(&file, &with);
    assert!(
        !holds && said.starts_with("no: "),
        "one byte of audio: {said}"
    );
    for (what, from, to) in [
        ("the amount", "\"amount\":4000", "\"amount\":9000"),
        (
            "a name",
            "\"company\":\"Norvik Ferries\"",
            "\"company\":\"Norvik Fairies\"",
        ),
        (
            "an answer",
            "\"answer\":\"in_place\"",
            "\"answer\":\"none\"",
        ),
        ("the format", "assay-bundle", "assay-bungle"),
    ] {
        let touched = bundle.replace(from, to);
        assert_ne!(touched, bundle, "{what}");
        std::fs::write(&file, touched).unwrap();
        let (holds, said) = verify(&file, &["--key", key]);
        assert!(!holds && said.starts_with("no: "), "{what}: {said}");
    }
    std::fs::write(&file, &bundle[..bundle.len() / 2]).unwrap();
    let (holds, said) = verify(&file, &["--key", key]);
    assert!(!holds && said.starts_with("no: "), "cut short: {said}");

    // Nobody sees a colleague's.
    let ines = demo.sign_in("ines");
    assert_eq!(ines.status_only(&format!("/entries/{entry}/bundle")), 404);
    let (_, page) = tom.text("/statement/saved");
    let said = unpacked(&page);
    assert!(said.contains("Norvik Ferries") && said.contains(key) && !page.contains("__DATA__"));
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["bundles"][0]["entry"], entry);
    assert!(page.len() < 500_000, "{}", page.len());
}

/// A box without its log's key says so, makes no other, and does the rest of its work.
#[test]
fn a_box_without_its_log_s_key_works_on_and_says_so() {
    let mut demo = Demo::start();
    let (_, statement) = earns(&demo, "Norvik Ferries");
    let entry = statement["entries"][0]["id"].as_str().unwrap();
    let (key, away) = (demo.data.join("log.key"), demo.data.join("log.key.away"));
    std::fs::rename(&key, &away).unwrap();
    demo.kill_and_restart_unready();
    let tom = demo.sign_in("tom");
    assert_eq!(tom.get("/statement")["entries"][0]["id"], entry);
    assert_eq!(tom.status_only(&format!("/entries/{entry}/bundle")), 503);
    let (whole, said) = demo.run(&["check"]);
    assert!(
        !whole && said.contains("put it back from your backup"),
        "{said}"
    );
    assert!(!key.exists());
    std::fs::rename(&away, &key).unwrap();
    demo.kill_and_restart();
    let tom = demo.sign_in("tom");
    assert_eq!(tom.status_only(&format!("/entries/{entry}/bundle")), 200);
}

#[test]
fn a_rewritten_database_is_found_out_by_name() {
    let demo = Demo::start();
    let (_, statement) = earns(&demo, "Norvik Ferries");
    let entry = statement["entries"][0]["id"].as_str().unwrap();
    let check = |more: &[&str]| demo.run(&[&["check"], more].concat());
    let (whole, said) = check(&[]);
    assert!(whole && said.contains("agrees with"), "{said}");
    // A copy left the box with the first checkpoint.
    let copy = demo.data.join("log");
    until("a copy has left", || copy.join("checkpoint").exists());
    tamper(&demo, "DROP TRIGGER ledger_keeps");
    tamper(&demo, "UPDATE ledger SET company = 'Somebody Else'");
    let (whole, said) = check(&["--log", copy.to_str().unwrap()]);
    assert!(
        !whole && said.contains(&format!("ledger_entry {entry} is not what it was")),
        "{said}"
    );
    tamper(&demo, "UPDATE ledger SET company = 'Norvik Ferries'");
    tamper(&demo, "DROP TRIGGER audit_stays");
    tamper(&demo, "DELETE FROM audit WHERE seq = 3");
    let (whole, said) = check(&[]);
    assert!(
        !whole && said.contains("log_line 3 was taken away"),
        "{said}"
    );
    let other = demo.data.join("other");
    std::fs::write(&other, "assay-other\n1\nAAAA\n\n— x AAAA\n").unwrap();
    let (whole, said) = check(&["--log", other.to_str().unwrap()]);
    assert!(
        !whole && said.contains("is no checkpoint of this log"),
        "{said}"
    );
}

/// The data of a saved statement, as its page reads it.
fn unpacked(page: &str) -> String {
    use base64::Engine;
    use std::io::Read;
    let (_, rest) = page.split_once("{\"gzip\":\"").unwrap();
    let (text, _) = rest.split_once('"').unwrap();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap();
    let mut said = String::new();
    flate2::read::GzDecoder::new(&bytes[..])
        .read_to_string(&mut said)
        .unwrap();
    said
}
