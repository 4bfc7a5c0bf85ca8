//! `FORMAT.md` is what the program does: its tables are the program's, and its example is verified.
//! `UPDATE_FORMAT=1` writes both anew.

use crate::not_run;
use crate::world::{Leaf, Story, World, log_key};
use assay::proof::bundle::{AGREEMENTS, Audio, Bundle, Given, LINKS, Need, Op, verify};
use assay::proof::{Kind, Record, Salt, VerifierKey, sha256};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/proof/FORMAT.md")
}

fn each(each: &str) -> String {
    match each {
        "" => String::new(),
        each => format!("`{each}`"),
    }
}

fn needed(need: Need) -> String {
    match need {
        Need::Always => "needed".to_owned(),
        Need::IfThere => "if it is there".to_owned(),
        Need::Where(field, words) => {
            let words: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
            format!("needed where `{field}` is {}", words.join(" or "))
        }
    }
}

fn links() -> String {
    let mut table =
        "| kind | in each of | field | leads to | |\n|---|---|---|---|---|\n".to_owned();
    for link in LINKS {
        let (each, needed) = (each(link.each), needed(link.need));
        let (from, field, to) = (link.from, link.field, link.to);
        writeln!(
            table,
            "| `{from}` | {each} | `{field}` | `{to}` | {needed} |"
        )
        .unwrap();
    }
    table
}

fn agreements() -> String {
    let mut table = "| kind | in each of | by the link | its field | is | the item's field | |\n\
                     |---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in AGREEMENTS {
        let op = match row.op {
            Op::Same => "the same as",
            Op::Other => "another than",
            Op::AtLeast => "at least",
            Op::AtMost => "at most",
        };
        let may_miss = match row.need {
            Need::IfThere => "either may be missing",
            _ => "",
        };
        let (from, each, via) = (row.from, each(row.each), row.via);
        let (ours, theirs, to) = (row.ours, row.theirs, row.to);
        writeln!(
            table,
            "| `{from}` | {each} | `{via}` to `{to}` | `{ours}` | {op} | `{theirs}` | {may_miss} |"
        )
        .unwrap();
    }
    table
}

/// A claim that passed, and its entry; the call's recording has been erased since.
fn example() -> (Bundle, VerifierKey) {
    let sound = sha256(&[b"the sound"]).to_hex();
    let body = r#"{"criteria":["need"]}"#;
    let checklist = sha256(&[body.as_bytes()]).to_hex();
    let heard = format!(r#"[{{"recording":"call-1","sha256":"{sound}"}}]"#);
    let escaped = body.replace('"', "\\\"");
    let records = [
        r#"{"kind":"plan","subject":"plan-1","campaign":"fleet","version":1,"amount":4500,
            "currency":"EUR","approved_at":1790000000000000}"#
            .to_owned(),
        r#"{"kind":"plan_ack","subject":"ack-1","plan":"plan-1","payee":"tina",
            "at":1790003600000000}"#
            .to_owned(),
        format!(
            r#"{{"kind":"checklist_version","subject":"list-1","version":1,"body":"{escaped}",
                "sha256":"{checklist}"}}"#
        ),
        format!(
            r#"{{"kind":"recording","subject":"call-1","sha256":"{sound}","duration_ms":240000}}"#
        ),
        r#"{"kind":"claim","subject":"claim-1","lead":"lead-1","campaign":"fleet",
            "claimant":"tina","made_at":1790007200000000}"#
            .to_owned(),
        format!(
            r#"{{"kind":"verdict","subject":"verdict-1","claim":"claim-1","reviewer":"rob",
                "checklist_version":"list-1","checklist_sha256":"{checklist}","passed":true,
                "recordings":{heard},"answers":[{{"criterion":"need","answer":"yes","clips":[
                {{"recording":"call-1","from_ms":61000,"to_ms":74500}}]}}],
                "committed_at":1790010800000000}}"#
        ),
        r#"{"kind":"ledger_entry","subject":"entry-1","entry_kind":"accrual","payee":"tina",
            "lead":"lead-1","campaign":"fleet","claim":"claim-1","verdict":"verdict-1",
            "checklist_version":"list-1","plan":"plan-1","amount":4500,"currency":"EUR",
            "arithmetic":[{"what":"plan","amount":4500}],"booked_at":1790014400000000}"#
            .to_owned(),
    ];
    let leaf = |(n, text): (usize, &String)| Leaf {
        record: Record::parse(text.as_bytes()).unwrap(),
        salt: Salt(sha256(&[&[n as u8]]).0),
    };
    let world = World {
        leaves: records.iter().enumerate().map(leaf).collect(),
        sizes: vec![3, 7],
    };
    let story = Story {
        entry: "entry-1".to_owned(),
        leaves: (0..7).collect(),
        audio: Vec::<Audio>::new(),
    };
    let mut bundle = story.bundle(&world, &world.log(&log_key()), &[0, 1]);
    bundle.items[3].opened = None;
    assert_eq!(bundle.items[3].kind, Kind::Recording);
    (bundle, log_key().verifier())
}

fn words(bundle: &Bundle, key: &VerifierKey) -> String {
    let given = Given {
        log: key,
        witnesses: &[],
        audio: &[],
        other_checkpoint: None,
    };
    let report = verify(bundle.to_json().as_bytes(), &given).unwrap();
    report
        .lines
        .iter()
        .map(|line| format!("{line}\n"))
        .collect()
}

fn example_text() -> String {
    let (bundle, key) = example();
    let value: serde_json::Value = serde_json::from_str(&bundle.to_json()).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let words = words(&bundle, &key);
    format!("```text\n{key}\n```\n\n```json\n{pretty}\n```\n\n```text\n{words}```\n")
}

/// Puts `text` between the two marks.
fn fill(page: &str, mark: &str, text: &str) -> String {
    let begin = format!("<!-- {mark} -->\n");
    let (before, rest) = page.split_once(&begin).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{begin}{text}<!-- end -->{after}")
}

#[test]
fn the_format_is_what_the_program_does() {
    let page = std::fs::read_to_string(path()).unwrap();
    let mut made = fill(&page, "links", &links());
    made = fill(&made, "agreements", &agreements());
    made = fill(&made, "example", &example_text());
    if std::env::var_os("UPDATE_FORMAT").is_some() {
        std::fs::write(path(), &made).unwrap();
    }
    let page = std::fs::read_to_string(path()).unwrap();
    assert!(
        page == made,
        "FORMAT.md is behind the program: UPDATE_FORMAT=1 writes it anew"
    );
}

#[test]
fn another_hand_verifies_the_example_on_the_page() {
    let page = std::fs::read_to_string(path()).unwrap();
    let part = |begin: &str| {
        let (_, rest) = page.rsplit_once("<!-- example -->").unwrap();
        let (_, rest) = rest.split_once(begin).unwrap();
        rest.split_once("\n```").unwrap().0.to_owned()
    };
    let (key, bundle) = (part("```text\n"), part("```json\n"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bundle).unwrap();
    let output = Command::new("python3")
        .args(["-B", "tests/proof/verify.py", "--key", &key])
        .arg(file.path())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let Ok(output) = output else {
        return not_run("the verifier for python3, which is not here");
    };
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "yes; erased: recording call-1\n");
}
