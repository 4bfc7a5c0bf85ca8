//! Time stamps (RFC 3161): requests that OpenSSL's authority answers, and answers that are refused.

use crate::faults::{check, newest, plain};
use crate::not_run;
use crate::tamper::{TIME, root_of};
use crate::world::{der, log_key, stamp_of};
use assay::proof::bundle::{Bundle, Fault};
use assay::proof::stamp::{self, MAX_STAMP_BYTES, StampError, answers, is_of, read, request};
use assay::proof::{Hash, sha256};
use proptest::prelude::*;
use std::path::Path;
use std::process::Command;

fn root() -> Hash {
    sha256(&[b"root"])
}

/// An authority of OpenSSL's in a folder; `None` where there is none.
pub fn authority(folder: &Path) -> Option<()> {
    let config = "[tsa]\ndefault_tsa = own\n[own]\nserial = serial\nsigner_cert = tsa.pem\n\
        certs = ca.pem\nsigner_key = tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\n\
        digests = sha256, sha512\naccuracy = secs:1\nordering = yes\ntsa_name = yes\n\
        ess_cert_id_chain = no\n";
    std::fs::write(folder.join("tsa.conf"), config).unwrap();
    std::fs::write(
        folder.join("ext"),
        "extendedKeyUsage=critical,timeStamping\n",
    )
    .unwrap();
    let new = "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for line in [
        format!("{new} -x509 -days 9 -subj /CN=Test-CA -keyout ca.key -out ca.pem"),
        format!("{new} -subj /CN=Test-Authority -keyout tsa.key -out tsa.csr"),
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 9 -extfile ext -out \
         tsa.pem"
            .to_owned(),
    ] {
        openssl(folder, &line)?;
    }
    Some(())
}

/// What OpenSSL printed; `None` where it is not here.
pub fn openssl(folder: &Path, line: &str) -> Option<String> {
    let output = Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {line}: {said}");
    Some(said)
}

#[test]
fn openssl_s_authority_answers_a_request_and_openssl_verifies_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if authority(folder).is_none() {
        return not_run("OpenSSL's authority, which is not here");
    }
    for nonce in [0, 1, 0x7f, 0x80, 0xff, 0x8000, u64::MAX, 1 << 63] {
        std::fs::write(folder.join("asked"), request(root(), nonce)).unwrap();
        openssl(
            folder,
            "ts -reply -config tsa.conf -queryfile asked -out got",
        );
        let answer = std::fs::read(folder.join("got")).unwrap();
        let stamp = answers(&answer, root(), nonce).unwrap();
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        assert!(now.as_secs().abs_diff(stamp.at) < 60, "{stamp:?}");
        let other = answers(&answer, root(), nonce ^ 1);
        assert_eq!(other, Err(StampError::OtherNonce));
        let other = answers(&answer, sha256(&[b"other"]), nonce);
        assert_eq!(other, Err(StampError::OtherRoot));
        for length in 0..answer.len() {
            let short = answers(&answer[..length], root(), nonce);
            assert_eq!(short, Err(StampError::Malformed), "{length}");
        }
    }
    // The line that we print, and what it says to another root.
    let line = stamp::by_hand(root(), "got").replace("AUTHORITY.pem", "ca.pem");
    let line = line.strip_prefix("openssl ").unwrap();
    assert!(openssl(folder, line).unwrap().contains("Verification: OK"));
    let other = stamp::by_hand(sha256(&[b"other"]), "got").replace("AUTHORITY.pem", "ca.pem");
    let words = other.strip_prefix("openssl ").unwrap().split(' ');
    let done = Command::new("openssl")
        .args(words)
        .current_dir(folder)
        .output();
    assert!(!done.unwrap().status.success());
    // What the request says, in OpenSSL's words.
    let said = openssl(folder, "ts -query -in asked -text").unwrap();
    assert!(
        said.contains("Hash Algorithm: sha256") && said.contains("Certificate required: yes"),
        "{said}"
    );
}

#[test]
fn a_refusal_and_what_is_too_long_are_told_apart() {
    for status in 2..=5 {
        let refused = der(0x30, &[&der(0x30, &[&der(0x02, &[&[status]])])]);
        assert_eq!(read(&refused), Err(StampError::Refused));
    }
    let granted_and_none = der(0x30, &[&der(0x30, &[&der(0x02, &[&[0]])])]);
    assert_eq!(read(&granted_and_none), Err(StampError::Malformed));
    assert_eq!(
        read(&vec![0; MAX_STAMP_BYTES + 1]),
        Err(StampError::TooLong)
    );
    assert_eq!(read(b"<html>"), Err(StampError::Malformed));
}

#[test]
fn a_bundle_with_a_time_stamp_holds_for_its_own_root_alone() {
    let (world, story) = plain();
    let whole = newest(&world, &world.log(&log_key()), &story);
    let last = whole.checkpoints.len() - 1;
    let with = |stamp: Vec<u8>| {
        let mut bundle = whole.clone();
        bundle.checkpoints[last].stamp = Some(stamp);
        bundle
    };
    let root = root_of(&whole.checkpoints[last].note);
    let stamped = with(stamp_of(root, TIME));
    assert_eq!(
        Bundle::parse(stamped.to_json().as_bytes()).as_ref(),
        Ok(&stamped)
    );
    let report = check(&stamped).unwrap();
    assert_eq!(report.stamped.len(), 1);
    assert_eq!(
        (report.stamped[0].head.root, report.stamped[0].at),
        (root, 1_795_919_946)
    );
    let first = root_of(&whole.checkpoints[0].note);
    let broken = check(&with(stamp_of(first, TIME))).unwrap_err();
    assert_eq!(broken.fault, Fault::Stamp);
    assert_eq!(broken.why, "the time stamp is of another root");
    for wrong in [stamp_of(root, "20261129023906"), b"text".to_vec()] {
        assert_eq!(check(&with(wrong)).unwrap_err().fault, Fault::Stamp);
    }
    for wrong in [Vec::new(), vec![0; MAX_STAMP_BYTES + 1]] {
        assert_eq!(check(&with(wrong)).unwrap_err().fault, Fault::Frame);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..Default::default()
    })]

    /// Whatever changes in an answer, it is refused, or says the same root: no root that was not
    /// stamped passes for one that was.
    #[test]
    fn a_changed_answer_never_stamps_another_root(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        way in 0..3_u8,
    ) {
        let mut bytes = stamp_of(root(), TIME);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            match way {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        if let Ok(stamp) = is_of(&bytes, root()) {
            prop_assert_eq!(stamp.imprint, root());
        }
        prop_assert!(is_of(&bytes, sha256(&[b"other"])).is_err());
    }
}
