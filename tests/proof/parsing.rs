//! No input makes a parser panic, what is written reads back, and limits are held.

use crate::seed::Seed;
use crate::stories::team;
use crate::world::{log_key, witness_key};
use assay::proof::bundle::{Bundle, Fault, Given, MAX_BYTES, verify};
use assay::proof::{
    Checkpoint, Kind, MAX_DEPTH, MAX_INTEGER, Note, NoteError, Record, RecordError, Tile, Value,
    VerifierKey, bundle_entries, cosigned_at, open, sha256, stamp, tile_hashes,
};
use proptest::prelude::*;
use std::sync::LazyLock;

/// A document and a note that are whole.
static WHOLE: LazyLock<(Vec<u8>, String)> = LazyLock::new(|| {
    let (world, stories) = team(&mut Seed::new(6), 12);
    let log = world.log(&log_key());
    let last = log.notes.len() - 1;
    let bundle = stories[0].bundle(&world, &log, &[0, last]);
    (bundle.to_json().into_bytes(), log.notes[last].1.to_string())
});

fn read_all(bytes: &[u8]) {
    let (log, witness) = (log_key().verifier(), witness_key().verifier());
    let given = Given {
        log: &log,
        witnesses: std::slice::from_ref(&witness),
        audio: &[],
        other_checkpoint: Some(bytes),
    };
    let _ = verify(bytes, &given);
    let _ = verify(&WHOLE.0, &given);
    let _ = Record::parse(bytes);
    let _ = open(bytes, &log);
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        let _ = cosigned_at(&note, &witness);
        let _ = Checkpoint::parse(note.text());
    }
    let _ = stamp::answers(bytes, sha256(&[b"root"]), 7);
    let _ = tile_hashes(bytes);
    let _ = bundle_entries(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = VerifierKey::parse(text);
        let _ = Tile::parse(text);
        let _ = Checkpoint::parse(text);
    }
}

fn mutated(whole: &[u8], changes: &[(usize, u8)]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for &(at, byte) in changes {
        let at = at % bytes.len();
        match byte % 4 {
            0 => bytes[at] = byte,
            1 => bytes[at] ^= 1 << (byte % 8),
            2 => drop(bytes.remove(at)),
            _ => bytes.insert(at, byte),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::Int),
        any::<String>().prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 40, 6, |inside| {
        prop_oneof![
            prop::collection::vec(inside.clone(), 0..6).prop_map(Value::List),
            prop::collection::btree_map("[ !#-Z^-~]{1,8}", inside, 0..6).prop_map(Value::Object),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "[—+ /{}\\[\\]\":,0-9a-z\n\\\\=]{0,200}") {
        read_all(text.as_bytes());
    }

    #[test]
    fn no_change_of_a_bundle_makes_the_verifier_panic(
        changes in prop::collection::vec(any::<(usize, u8)>(), 1..6)
    ) {
        read_all(&mutated(&WHOLE.0, &changes));
    }

    #[test]
    fn no_change_of_a_note_makes_its_parser_panic(
        changes in prop::collection::vec(any::<(usize, u8)>(), 1..6)
    ) {
        read_all(&mutated(WHOLE.1.as_bytes(), &changes));
    }

    #[test]
    fn what_is_written_reads_back_and_has_one_spelling(value in value()) {
        let written = value.canonical();
        let read = Value::parse(written.as_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&value));
        let by_serde: serde_json::Value = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(by_serde.to_string(), written);
    }
}

#[test]
fn json_of_more_than_one_reading_is_refused() {
    for text in [
        r#"{"a":1,"a":1}"#,
        "1.0",
        "1e2",
        "-0",
        "9007199254740992",
        "-9007199254740992",
        "1e999",
        "123456789012345678901",
        r#"{"":1}"#,
        r#"{"é":1}"#,
        r#"{"a\"":1}"#,
        "[1,]",
        "01",
        "nul",
        "'a'",
        "\"\u{1}\"",
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        "[1] 2",
        "\u{feff}1",
        "NaN",
        "",
    ] {
        assert!(Value::parse(text.as_bytes()).is_err(), "{text}");
    }
    assert!(Value::parse(b"\"\xff\"").is_err());
    let key = |length| format!("{{\"{}\":1}}", "k".repeat(length));
    assert!(Value::parse(key(64).as_bytes()).is_ok());
    assert!(Value::parse(key(65).as_bytes()).is_err());
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert!(Value::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    for depth in [MAX_DEPTH + 1, 200, 100_000] {
        assert!(Value::parse(nested(depth).as_bytes()).is_err());
    }
    let both = Value::parse(br#"["\u0041\ud83d\ude00\/", 9007199254740991]"#).unwrap();
    assert_eq!(both.canonical(), "[\"A😀/\",9007199254740991]");
}

#[test]
fn a_record_has_kind_and_subject() {
    let parse = |text: &str| Record::parse(text.as_bytes());
    assert_eq!(parse("[]"), Err(RecordError::Kind));
    assert_eq!(parse(r#"{"subject":"s"}"#), Err(RecordError::Kind));
    assert_eq!(
        parse(r#"{"kind":"gift","subject":"s"}"#),
        Err(RecordError::Kind)
    );
    assert_eq!(
        parse(r#"{"kind":"plan","subject":""}"#),
        Err(RecordError::Subject)
    );
    let long = "s".repeat(257);
    let record = Record::new(Kind::Plan, &long, Default::default());
    assert_eq!(record, Err(RecordError::Subject));
    let huge = crate::world::object([("n", Value::Int(i64::MAX))]);
    assert!(matches!(
        Record::new(Kind::Plan, "s", huge),
        Err(RecordError::Json(_))
    ));
}

#[test]
fn members_that_are_missing_unknown_or_of_another_type_are_refused() {
    let whole: serde_json::Value = serde_json::from_slice(&WHOLE.0).unwrap();
    let fault = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = whole.clone();
        change(&mut value);
        Bundle::parse(value.to_string().as_bytes()).map_err(|broken| broken.fault)
    };
    assert!(fault(&|_| ()).is_ok());
    let frame = |change: &dyn Fn(&mut serde_json::Value)| {
        assert_eq!(fault(change).err(), Some(Fault::Frame));
    };
    for name in [
        "format",
        "version",
        "log",
        "entry",
        "items",
        "checkpoints",
        "audio",
    ] {
        frame(&|v| drop(v.as_object_mut().unwrap().remove(name)));
        frame(&|v| v[name] = true.into());
    }
    frame(&|v| v["more"] = 1.into());
    for name in [
        "kind",
        "subject",
        "leaf",
        "commitment",
        "proof",
        "salt",
        "content",
    ] {
        frame(&|v| drop(v["items"][0].as_object_mut().unwrap().remove(name)));
        frame(&|v| v["items"][0][name] = false.into());
    }
    frame(&|v| v["items"][0]["erased"] = true.into());
    frame(&|v| v["items"][0]["leaf"] = (-1).into());
    frame(&|v| v["items"][1] = v["items"][0].clone());
    frame(&|v| v["items"][1]["leaf"] = v["items"][0]["leaf"].clone());
    frame(&|v| v["checkpoints"] = serde_json::json!([]));
    frame(&|v| v["items"][0]["proof"] = vec!["00".repeat(32); 65].into());
    frame(&|v| v["checkpoints"] = vec![v["checkpoints"][0].clone(); 65].into());
    frame(&|v| v["items"] = vec![v["items"][0].clone(); 1001].into());
    for name in [
        "",
        ".",
        "../x",
        "a/b",
        "a\\b",
        "C:x",
        "a\u{0}",
        &"x".repeat(256),
    ] {
        frame(&|v| v["audio"][0]["file"] = name.into());
    }
    assert!(fault(&|v| v["audio"][0]["file"] = "call 1.opus".into()).is_ok());
}

#[test]
fn a_bundle_beyond_four_mebibytes_is_refused_unread() {
    let mut long = WHOLE.0.clone();
    long.resize(MAX_BYTES, b' ');
    assert!(Bundle::parse(&long).is_ok());
    long.push(b' ');
    let broken = Bundle::parse(&long).unwrap_err();
    assert_eq!(broken.to_string(), "bundle: is longer than 4 MiB");
}

#[test]
fn a_note_holds_its_limits_and_its_layout() {
    let whole = &WHOLE.1;
    let line = whole.lines().last().unwrap();
    let parse = |text: &str| Note::parse(text.as_bytes());
    let bearing = |count: usize| format!("text\n\n{}", format!("{line}\n").repeat(count));
    assert!(parse(&bearing(64)).is_ok());
    assert_eq!(parse(&bearing(65)), Err(NoteError::TooLong));
    assert_eq!(parse(&"x".repeat(65_537)), Err(NoteError::TooLong));
    assert_eq!(parse(&bearing(0)), Err(NoteError::Layout));
    assert_eq!(
        parse(&bearing(1).replace("text", "te\txt")),
        Err(NoteError::Characters)
    );
    assert_eq!(parse(bearing(1).trim_end()), Err(NoteError::Layout));
    for bad in [
        "- name AAAAAAA=",
        "— name AAAAAA==",
        "— name AAAAAAB=",
        "— name",
        "— na+me AAAAAAA=",
        "—  AAAAAAA=",
        "— na\u{a0}me AAAAAAA=",
        "— name AAAAAAA",
        "— name AAAA AAA=",
    ] {
        let note = format!("text\n\n{line}\n{bad}\n");
        assert_eq!(parse(&note), Err(NoteError::SignatureLine(2)), "{bad}");
    }
    assert!(parse("text\n\n— name AAAAAAA=\n").is_ok());
}

#[test]
fn a_key_is_read_in_one_spelling() {
    let key = log_key().verifier().to_string();
    assert_eq!(VerifierKey::parse(&key).unwrap().to_string(), key);
    let (name, rest) = key.split_once('+').unwrap();
    for bad in [
        String::new(),
        name.to_owned(),
        format!("+{rest}"),
        format!("a b+{rest}"),
        format!("other+{rest}"),
        key.to_uppercase(),
        format!("{key}="),
    ] {
        assert!(VerifierKey::parse(&bad).is_err(), "{bad}");
    }
}
