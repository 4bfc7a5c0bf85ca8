//! The edges of JSON, where readers like to differ.

use crate::tamper::{Case, Told, unknown};

/// Spellings of JSON on which readers like to differ, each put into a bundle that holds.
const EDGES: &[(&str, &str)] = &[
    ("\"leaf\":", "\"\\u006ceaf\":"),
    ("\"leaf\":", "\"leaf\" :\t\r\n"),
    ("\"leaf\":", "\"leaf\":0,\"\\u006ceaf\":"),
    ("\"leaf\":", "\"leaf\":\u{a0}"),
    ("\"version\":1}", "\"version\":1.0}"),
    ("\"version\":1}", "\"version\":1e0}"),
    ("\"version\":1}", "\"version\":01}"),
    ("\"version\":1}", "\"version\":true}"),
    ("\"version\":1}", "\"version\":-0}"),
    ("\"version\":1}", "\"version\":1,}"),
    ("\"version\":1}", "\"version\":1}}"),
    ("\"version\":1}", "\"version\":1}\0"),
    ("\"version\":1}", "\"version\":1,\"version\":1}"),
    ("\"version\":1}", "\"version\":1,\"__proto__\":1}"),
    ("\"amount\":", "\"amount\":9007199254740991,\"x\":"),
    ("\"amount\":", "\"amount\":9007199254740992,\"x\":"),
    ("\"amount\":", "\"amount\":-9007199254740992,\"x\":"),
    ("\"amount\":", "\"amount\":1e400,\"x\":"),
    ("\"amount\":", "\"amount\":NaN,\"x\":"),
    ("\"amount\":", "\"amount\":Infinity,\"x\":"),
    (
        "\"amount\":",
        "\"amount\":99999999999999999999999999,\"x\":",
    ),
    ("\"company\":\"", "\"company\":\"\\ud800"),
    ("\"company\":\"", "\"company\":\"\\udc00\\ud800"),
    ("\"company\":\"", "\"company\":\"\\ud83d\\ude00"),
    ("\"company\":\"", "\"company\":\"\\x41"),
    ("\"company\":\"", "\"company\":\"\\u00e"),
    ("\"company\":\"", "\"company\":\"\\/"),
    ("\"company\":\"", "\"company\":\"\t"),
    ("\"company\":\"", "\"company\":\"\u{7f}\u{feff}"),
    ("\"company\":", "\"\":"),
    ("\"company\":", "\"comp\u{e4}ny\":"),
    ("\"company\":", "\"constructor\":"),
    ("{", "\u{feff}{"),
    ("{", " \n{"),
    ("{", "[{"),
    ("{", "/* */{"),
];

/// The edges of JSON, in a bundle of this story.
pub fn edges(told: &Told) -> Vec<Case> {
    let honest = told.honest();
    let text = String::from_utf8(honest.bundle.clone()).unwrap();
    let with = |how: &'static str, bundle: Vec<u8>| Case {
        how,
        bundle,
        ..unknown(honest.clone())
    };
    let replaced = |(what, by): &(&str, &str)| text.replacen(what, by, 1).into_bytes();
    let mut cases: Vec<Case> = EDGES
        .iter()
        .map(|e| with("an edge of JSON", replaced(e)))
        .collect();
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for depth in [26, 27, 28, 29, 30, 31, 32, 33, 127, 128, 5_000, 200_000] {
        let nested = format!("\"company\":{},\"x\":", deep(depth));
        let bundle = text.replacen("\"company\":", &nested, 1).into_bytes();
        cases.push(with("nested deep", bundle));
    }
    let long = |length: usize| [text.as_bytes(), &vec![b' '; length - text.len()]].concat();
    cases.push(with("4 MiB", long(4 * 1024 * 1024)));
    cases.push(with("more than 4 MiB", long(4 * 1024 * 1024 + 1)));
    let broken = text
        .replacen("\"company\":\"", "\"company\":\"\u{1}", 1)
        .into_bytes();
    let utf8 = broken
        .iter()
        .map(|&b| if b == 1 { 0xff } else { b })
        .collect();
    cases.push(with("no UTF-8", utf8));
    cases.push(with("nothing", Vec::new()));
    cases
}
