//! The program, `verify.py` and `verify.mjs` give the same answer to every bundle. The two were
//! written from the format's description; `PROOF_BUNDLES` says how many bundles, 300 if unset.

use crate::edges::edges;
use crate::not_run;
use crate::seed::Seed;
use crate::stories::team;
use crate::tamper::{Case, Told};
use crate::world::log_key;
use assay::proof::VerifierKey;
use assay::proof::bundle::{Given, verify};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Bundles of one made-up team.
const OF_A_TEAM: usize = 200;

fn count() -> usize {
    let asked = std::env::var("PROOF_BUNDLES");
    asked.map_or(300, |n| n.parse().unwrap())
}

fn cases(count: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    while cases.len() < count {
        let seed = &mut Seed::new(cases.len() as u64);
        let (world, stories) = team(seed, 30);
        let log = world.log(&log_key());
        for n in 0..OF_A_TEAM.min(count - cases.len()) {
            let told = Told::new(seed, &world, &log, seed_pick(n, &stories));
            cases.push(match n % 2 {
                0 => told.honest(),
                _ => told.tampered(seed),
            });
        }
    }
    cases
}

fn seed_pick<T>(n: usize, list: &[T]) -> &T {
    &list[n * 7 % list.len()]
}

/// `yes`, or `no` and the fault.
fn ours(case: &Case) -> String {
    let key = |text: &String| VerifierKey::parse(text).unwrap();
    let witnesses: Vec<VerifierKey> = case.witnesses.iter().map(key).collect();
    let given = Given {
        log: &key(&case.key),
        witnesses: &witnesses,
        audio: &case.audio,
        other_checkpoint: case.other.as_deref().map(str::as_bytes),
    };
    match verify(&case.bundle, &given) {
        Ok(_) => "yes".to_owned(),
        Err(broken) => format!("no {}", broken.fault),
    }
}

fn write_cases(cases: &[Case], file: &Path) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    for case in cases {
        let audio: Vec<String> = case.audio.iter().map(|hash| hash.to_hex()).collect();
        let line = json!({
            "bundle": base64(&case.bundle), "key": case.key, "witnesses": case.witnesses,
            "audio": audio, "other": case.other,
        });
        writeln!(out, "{line}").unwrap();
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The answers of another verifier, a line each; `None` when its language is not here.
fn theirs(program: &str, arguments: &[&str]) -> Option<Vec<String>> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .ok()?;
    assert!(output.status.success(), "{program} {arguments:?}");
    let answers = String::from_utf8(output.stdout).unwrap();
    Some(answers.lines().map(str::to_owned).collect())
}

#[test]
fn three_verifiers_agree_on_the_edges_of_json() {
    let seed = &mut Seed::new(99);
    let (world, stories) = team(seed, 10);
    let log = world.log(&log_key());
    agree(&edges(&Told::new(seed, &world, &log, &stories[0])));
}

#[test]
fn the_javascript_verifier_passes_its_own_tests() {
    match theirs("node", &["--test", "web/proof"]) {
        Some(lines) => assert!(lines.iter().any(|line| line.ends_with("fail 0"))),
        None => not_run("the tests of the verifier for node, which is not here"),
    }
}

#[test]
fn three_verifiers_agree_on_every_bundle() {
    agree(&cases(count()));
}

/// Asks all three, and prints how many said what.
fn agree(cases: &[Case]) {
    let answers: Vec<String> = cases.iter().map(ours).collect();
    for (case, answer) in cases.iter().zip(&answers) {
        if let Some(holds) = case.holds {
            assert_eq!(answer == "yes", holds, "{}: {answer}", case.how);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.jsonl");
    write_cases(cases, &file);
    let file = file.to_str().unwrap();
    let python = ["-B", "tests/proof/verify.py", "--cases", file];
    let node = ["tests/proof/verify_cases.mjs", file];
    for (program, arguments) in [("python3", &python[..]), ("node", &node[..])] {
        match theirs(program, arguments) {
            Some(theirs) => compare(program, cases, &answers, &theirs),
            None => not_run(&format!("the verifier for {program}, which is not here")),
        }
    }
    print_counts(cases, &answers);
}

fn compare(program: &str, cases: &[Case], ours: &[String], theirs: &[String]) {
    assert_eq!(ours.len(), theirs.len(), "{program} did not answer all");
    for ((case, ours), theirs) in cases.iter().zip(ours).zip(theirs) {
        if ours != theirs {
            let file = std::env::temp_dir().join("proof-disagreement.json");
            std::fs::write(&file, &case.bundle).unwrap();
            panic!(
                "{}: ours '{ours}', {program} '{theirs}'; {file:?}",
                case.how
            );
        }
    }
}

fn print_counts(cases: &[Case], answers: &[String]) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (case, answer) in cases.iter().zip(answers) {
        *counts.entry((case.how, answer)).or_default() += 1;
    }
    for ((how, answer), count) in counts {
        println!("{count:6} {answer:20} {how}");
    }
}
