//! One box cosigns another's checkpoints, and finds out when that one's log was rolled back or
//! rewritten with every hash and signature made anew.

use crate::authority::read_request;
use crate::common::{Demo, assay, passing, take, tamper, until};
use assay::proof::witness::{AddCheckpoint, told_size};
use assay::proof::{
    Checkpoint, Hash, Head, Note, Scheme, SignerKey, VerifierKey, cosigned_at, sha256,
};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

const LOOPBACK: &str = "[webhooks]\nallowed_ranges = [\"127.0.0.0/8\"]\n";

/// A log of the test's own, which a witness knows.
fn own_log() -> SignerKey {
    SignerKey::new("test-log", Scheme::Note, &[7; 32]).unwrap()
}

/// A witness of a box's log and of the test's, and its key.
fn witness_of(asking: &Demo) -> (Demo, VerifierKey) {
    let mut witness = Demo::start();
    let (done, log) = asking.run(&["key", "log"]);
    assert!(done, "{log}");
    let (log, own) = (log.trim(), own_log().verifier());
    witness.configure(&format!("[proof.witness]\nlogs = [\"{log}\", \"{own}\"]\n"));
    witness.start_again();
    let (done, key) = witness.run(&["key", "witness"]);
    assert!(done, "{key}");
    (witness, VerifierKey::parse(key.trim()).unwrap())
}

/// Has a box ask a witness at an address.
fn asks(asking: &mut Demo, address: &str, key: &VerifierKey) {
    asking.configure(&format!(
        "[[proof.witnesses]]\nurl = \"http://{address}/api/v1/witness/\"\nkey = \"{key}\"\n{LOOPBACK}"
    ));
    asking.start_again();
}

fn post(address: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    let asked = ureq::post(format!("http://{address}/api/v1/witness/add-checkpoint"));
    let asked = asked
        .config()
        .http_status_as_error(false)
        .build()
        .send(body);
    let mut answer = asked.unwrap();
    let kind = answer
        .headers()
        .get("content-type")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let read = answer.body_mut().read_to_vec().unwrap();
    (answer.status().as_u16(), kind, read)
}

fn signed(key: &SignerKey, size: u64, root: Hash) -> Note {
    let checkpoint = Checkpoint {
        origin: key.verifier().name().to_owned(),
        head: Head { size, root },
        extensions: Vec::new(),
    };
    checkpoint.sign(key).unwrap()
}

fn add(old: u64, proof: &[Hash], note: &Note) -> Vec<u8> {
    let asked = AddCheckpoint {
        old,
        proof: proof.to_vec(),
        note: note.to_string(),
    };
    asked.to_string().into_bytes()
}

/// When an answer's cosignature was made, if it holds.
fn cosigned(answer: &[u8], note: &Note, witness: &VerifierKey) -> Option<u64> {
    let whole = format!("{note}{}", std::str::from_utf8(answer).unwrap());
    cosigned_at(&Note::parse(whole.as_bytes()).unwrap(), witness).unwrap()
}

#[test]
fn a_witness_answers_by_the_text_of_c2sp() {
    let nobody = Demo::start();
    let (status, ..) = post(&nobody.address, b"old 0\n\n");
    assert_eq!(status, 404, "a box that is no witness");
    let (mut box_, key) = witness_of(&nobody);
    let log = own_log();
    let (one, two) = (sha256(&[b"one"]), sha256(&[b"two"]));
    let first = signed(&log, 1, one);
    let ask =
        |address: &str, old, proof: &[Hash], note: &Note| post(address, &add(old, proof, note));
    let at = box_.address.clone();

    let stranger = SignerKey::new("stranger", Scheme::Note, &[8; 32]).unwrap();
    assert_eq!(ask(&at, 0, &[], &signed(&stranger, 1, one)).0, 404);
    let forger = SignerKey::new("test-log", Scheme::Note, &[8; 32]).unwrap();
    assert_eq!(ask(&at, 0, &[], &signed(&forger, 1, one)).0, 403);
    let forged = first.to_string().replacen("\n1\n", "\n2\n", 1);
    assert_eq!(post(&at, format!("old 0\n\n{forged}").as_bytes()).0, 403);
    for malformed in [
        "".to_owned(),
        "old 0\n".to_owned(),
        format!("old 01\n\n{first}"),
        format!("old 2\n\n{first}"),
        format!("old 0\nAAAA\n\n{first}"),
        format!("old 0\n{}\n{first}", "A".repeat(80_000)),
        format!(
            "old 0\n{}\n{first}",
            format!("{}=\n", "A".repeat(43)).repeat(64)
        ),
    ] {
        let (status, kind, said) = post(&at, malformed.as_bytes());
        let said = String::from_utf8_lossy(&said).into_owned();
        assert_eq!(
            (status, &*kind),
            (400, "application/problem+json"),
            "{said}"
        );
    }
    let empty = signed(&log, 0, one);
    assert_eq!(
        ask(&at, 0, &[], &empty).0,
        422,
        "an empty tree of another root"
    );
    assert_eq!(ask(&at, 0, &[two], &first).0, 422, "a proof from nothing");

    // The answer is lost; the log asks again from what it knows, and from what it is told.
    let (status, _, answer) = ask(&at, 0, &[], &first);
    assert_eq!(status, 200);
    assert!(cosigned(&answer, &first, &key).is_some());
    box_.running.kill();
    box_.start_again();
    let (status, kind, told) = ask(&at, 0, &[], &first);
    assert_eq!((status, &*kind), (409, "text/x.tlog.size"));
    assert_eq!((&*told, told_size(&told)), (&b"1\n"[..], Some(1)));
    let (status, _, answer) = ask(&at, 1, &[], &first);
    assert_eq!(status, 200);
    assert!(cosigned(&answer, &first, &key).is_some());

    // Another root of the same size, and a larger tree whose proof shows another beginning.
    assert_eq!(ask(&at, 1, &[], &signed(&log, 1, two)).0, 422);
    let root = assay::proof::node_hash(one, two);
    assert_eq!(ask(&at, 1, &[one], &signed(&log, 2, root)).0, 422);
    assert_eq!(ask(&at, 1, &[two], &signed(&log, 2, root)).0, 200);
    assert_eq!(ask(&at, 1, &[], &first).0, 409, "a smaller tree");

    // What was cosigned, for whoever watches the log.
    let origin = sha256(&[b"test-log"]);
    let asked = format!("http://{at}/api/v1/witness/{origin}/checkpoint");
    let note = ureq::get(&asked)
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    let note = Note::parse(note.as_bytes()).unwrap();
    assert_eq!(Checkpoint::parse(note.text()).unwrap().head.size, 2);
    assert!(cosigned_at(&note, &key).unwrap().is_some());
    let (whole, said) = box_.run(&["check"]);
    assert!(whole, "{said}");
}

#[test]
fn of_two_roots_at_once_one_is_cosigned() {
    let nobody = Demo::start();
    let (box_, _) = witness_of(&nobody);
    for size in [3_u64, 4, 5] {
        let asked: Vec<_> = (0..6_u8)
            .map(|n| {
                let note = signed(&own_log(), size, sha256(&[&[n]]));
                // Nobody has the proof: only the first is from nothing.
                let (address, body) = (box_.address.clone(), add(0, &[], &note));
                std::thread::spawn(move || post(&address, &body).0)
            })
            .collect();
        let said: Vec<u16> = asked.into_iter().map(|a| a.join().unwrap()).collect();
        let given = said.iter().filter(|status| **status == 200).count();
        assert_eq!(given, usize::from(size == 3), "{said:?}");
        assert!(said.iter().all(|s| [200, 409, 429].contains(s)), "{said:?}");
    }
}

fn cosignatures(client: &crate::common::Client) -> Vec<(String, u64)> {
    let checkpoint = client.get("/checkpoint");
    let seen = checkpoint["cosigned"].as_array().unwrap().iter();
    seen.map(|one| {
        (
            one["by"].as_str().unwrap().to_owned(),
            one["size"].as_u64().unwrap(),
        )
    })
    .collect()
}

#[test]
fn a_cosignature_goes_with_copy_statement_and_proof() {
    let mut asking = Demo::start();
    let (mut witness, key) = witness_of(&asking);
    witness.running.kill();
    asks(&mut asking, &witness.address, &key);
    until("the trouble shows", || {
        let said = asking.readiness();
        said.contains("The job 'witnesses' fails: the witness assay-witness-")
            && said.contains("nobody answers at 127.0.0.1")
    });
    let tom = asking.sign_in("tom");
    assert_eq!(cosignatures(&tom), []);
    witness.start_again();
    until("it is cosigned", || !cosignatures(&tom).is_empty());
    until("the box is ready", || asking.readiness() == "ready\n");
    let (name, size) = cosignatures(&tom).remove(0);
    assert_eq!(name, key.name());
    let copied = asking.data.join(format!("log/checkpoints/{size}"));
    let note = Note::parse(&std::fs::read(copied).unwrap()).unwrap();
    assert!(cosigned_at(&note, &key).unwrap().is_some());
    // Its own newest, if that is the one; else it is in the chain to it.
    earns(&asking);
    let entry = tom.get("/statement")["entries"][0]["id"].clone();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("entry.json");
    let bundle = tom.get(&format!("/entries/{}/bundle", entry.as_str().unwrap()));
    std::fs::write(&file, bundle.to_string()).unwrap();
    let verify = |witness: &str| {
        let done = assay(&["verify", file.to_str().unwrap(), "--witness", witness]);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        (done.status.success(), said)
    };
    let (holds, said) = verify(&key.to_string());
    assert!(
        holds && said.contains(&format!("{} witnessed it", key.name())),
        "{said}"
    );
    let other = SignerKey::new("other", Scheme::Cosignature, &[1; 32]).unwrap();
    let (holds, said) = verify(&other.verifier().to_string());
    assert!(
        !holds && said.contains("the witness other has cosigned no checkpoint"),
        "{said}"
    );
    let (whole, said) = asking.run(&["check"]);
    assert!(whole, "{said}");
}

/// Passes requests on to a witness; the first answer, once it is there, is kept to itself.
fn swallows_the_first_answer(to: String, killed: std::sync::mpsc::Sender<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut first = true;
        for mut stream in listener.incoming().flatten() {
            let Ok((_, body)) = read_request(&mut stream) else {
                continue;
            };
            let Ok(mut up) = TcpStream::connect(&to) else {
                continue;
            };
            let head = format!(
                "POST /api/v1/witness/add-checkpoint HTTP/1.1\r\nhost: {to}\r\ncontent-length: \
                 {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let mut answer = Vec::new();
            let sent = up
                .write_all(head.as_bytes())
                .and_then(|()| up.write_all(&body));
            if sent.and_then(|()| up.read_to_end(&mut answer)).is_err() {
                continue;
            }
            if answer.starts_with(b"HTTP/1.1 200") && std::mem::take(&mut first) {
                killed.send(()).unwrap();
                continue;
            }
            let _ = stream.write_all(&answer);
        }
    });
    address
}

#[test]
fn a_witness_that_dies_between_keeping_and_answering_cosigns_the_same_again() {
    let mut asking = Demo::start();
    let (mut witness, key) = witness_of(&asking);
    let (kept, lost) = std::sync::mpsc::channel();
    let between = swallows_the_first_answer(witness.address.clone(), kept);
    asks(&mut asking, &between, &key);
    lost.recv_timeout(std::time::Duration::from_secs(60))
        .unwrap();
    witness.running.kill();
    let tom = asking.sign_in("tom");
    until("the trouble shows", || {
        asking.readiness().contains("The job 'witnesses' fails")
    });
    assert_eq!(cosignatures(&tom), []);
    witness.start_again();
    until("it is cosigned", || !cosignatures(&tom).is_empty());
    until("the box is ready", || asking.readiness() == "ready\n");
}

/// Database and copy of a box that does not run, kept beside it.
fn keep(demo: &Demo, name: &str) {
    let beside = demo.data.with_file_name(name);
    std::fs::create_dir(&beside).unwrap();
    for name in ["assay.db", "assay.db-wal"] {
        // Without the second, the first is whole.
        let _ = std::fs::copy(demo.data.join(name), beside.join(name));
    }
    let mut copy = Command::new("cp");
    copy.arg("-r").arg(demo.data.join("log")).arg(&beside);
    assert!(copy.status().unwrap().success());
}

/// The database as it was kept, and its copy or none.
fn put_back(demo: &Demo, name: &str, copy: bool) {
    let beside = demo.data.with_file_name(name);
    for name in ["assay.db", "assay.db-wal", "assay.db-shm"] {
        let _ = std::fs::remove_file(demo.data.join(name));
        let _ = std::fs::copy(beside.join(name), demo.data.join(name));
    }
    std::fs::remove_dir_all(demo.data.join("log")).unwrap();
    if copy {
        std::fs::rename(beside.join("log"), demo.data.join("log")).unwrap();
    }
}

/// Earns something, and waits until it is sealed.
fn earns(demo: &Demo) {
    let (tom, marek) = (demo.sign_in("tom"), demo.sign_in("marek"));
    let review = take(&marek, "Norvik Ferries");
    let path = format!("/review/{}/verdict", review["id"].as_str().unwrap());
    marek.post(&path, passing(&review), "verdict-key-1");
    until("the entry is sealed into the log", || {
        let entry = tom.get("/statement")["entries"][0]["id"].clone();
        let sealed = |id| tom.status_only(&format!("/entries/{id}/bundle")) == 200;
        entry.as_str().is_some_and(sealed)
    });
}

/// The alarm is in readiness and on the statement, and the box works on.
fn alarmed(demo: &Demo, witness: &VerifierKey) {
    until("the alarm is in readiness", || {
        let said = demo.readiness();
        said.contains("has seen another log: this box's log was rolled back or rewritten")
    });
    let tom = demo.sign_in("tom");
    let alarms = &tom.get("/statement")["checkpoint"]["alarms"];
    assert!(alarms[0].as_str().unwrap().contains(witness.name()));
    assert_eq!(tom.status_only("/calls"), 200);
}

#[test]
fn a_log_that_was_rolled_back_or_rewritten_is_found_out_by_its_witness() {
    let mut asking = Demo::start();
    let (witness, key) = witness_of(&asking);
    let before = asking.sign_in("tom").get("/checkpoint")["size"]
        .as_u64()
        .unwrap();
    asking.running.kill();
    keep(&asking, "before");
    asking.start_again();
    earns(&asking);
    asks(&mut asking, &witness.address, &key);
    let tom = asking.sign_in("tom");
    until("what grew is cosigned", || {
        cosignatures(&tom)
            .first()
            .is_some_and(|(_, size)| *size > before + 5)
    });
    until("the box is ready", || asking.readiness() == "ready\n");

    // Rolled back to before the verdict, without the copy that the box itself keeps.
    asking.running.kill();
    keep(&asking, "after");
    put_back(&asking, "before", false);
    asking.start_again();
    alarmed(&asking, &key);

    // The right one again: the witness cosigns, and the alarm is over.
    asking.running.kill();
    std::fs::create_dir_all(asking.data.join("log")).unwrap();
    put_back(&asking, "after", true);
    asking.start_again();
    until("the box is ready", || asking.readiness() == "ready\n");

    // Another company on the entry, and the log made anew with every salt and hash, signed by the
    // box's own key. The box itself finds nothing wrong with it.
    asking.running.kill();
    for sql in REWRITE {
        tamper(&asking, sql);
    }
    std::fs::remove_dir_all(asking.data.join("log")).unwrap();
    asking.start_again();
    alarmed(&asking, &key);
    let (_, said) = asking.run(&["check"]);
    let mut log = said.lines().filter(|l| l.starts_with("proof log: "));
    assert!(log.all(|line| line.contains("agrees with")), "{said}");
}

/// What somebody with the database and the log's key would do.
const REWRITE: [&str; 12] = [
    "DROP TRIGGER ledger_keeps",
    "UPDATE ledger SET company = 'Somebody Else'",
    "INSERT INTO leaf_queue (kind, subject) SELECT kind, subject FROM leaves WHERE 1 = 1 ON CONFLICT \
     (kind, subject) DO NOTHING",
    "DROP TRIGGER leaf_stays",
    "DROP TRIGGER tile_stays",
    "DROP TRIGGER checkpoint_stays",
    "DROP TRIGGER cosigned_stays",
    "DROP TRIGGER cosignature_stays",
    "DELETE FROM cosignatures",
    "DELETE FROM checkpoints",
    "DELETE FROM leaves",
    "DELETE FROM tiles",
];
