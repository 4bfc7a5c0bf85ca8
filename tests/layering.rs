//! The rooms and who may use whom. An arrow that runs the wrong way fails here, however it is
//! written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each room and what it may use beside itself and `units`, `pii`, `clock`.
const MAY_USE: [(&str, &[&str]); 20] = [
    ("units", &[]),
    ("pii", &[]),
    ("clock", &[]),
    ("wire", &[]),
    ("sip", &["wire"]),
    ("call", &["wire", "sip"]),
    ("media", &["wire", "sip", "call"]),
    ("leads", &[]),
    ("review", &["leads"]),
    ("commission", &["review"]),
    ("capture", &["wire"]),
    ("archive", &["call", "media", "capture"]),
    (
        "recorder",
        &[
            "capture", "wire", "sip", "call", "media", "archive", "store",
        ],
    ),
    ("config", &["capture", "archive", "call", "leads", "review"]),
    (
        "store",
        &[
            "report",
            "archive",
            "call",
            "media",
            "leads",
            "review",
            "commission",
        ],
    ),
    (
        "jobs",
        &["store", "archive", "leads", "review", "commission"],
    ),
    (
        "api",
        &[
            "report",
            "store",
            "archive",
            "recorder",
            "call",
            "leads",
            "review",
            "commission",
        ],
    ),
    ("report", &["leads", "review", "commission"]),
    (
        "cmd",
        &[
            "report",
            "api",
            "archive",
            "call",
            "capture",
            "config",
            "jobs",
            "leads",
            "media",
            "recorder",
            "review",
            "store",
            "wire",
            "commission",
        ],
    ),
    ("build", &[]),
];
const EVERYWHERE: [&str; 3] = ["units", "pii", "clock"];

/// Crates that stop in one room.
const STOPS_IN: [(&str, &[&str]); 11] = [
    ("rsip", &["sip", "call"]),
    ("sqlx", &["store"]),
    ("axum", &["api", "cmd"]),
    ("opus", &["media", "archive"]),
    ("hound", &["archive"]),
    ("symphonia", &["capture"]),
    ("cpal", &["cmd"]),
    ("etherparse", &["wire"]),
    // At rest, and in SRTP.
    ("aes_gcm", &["archive", "media"]),
    ("hpke", &["archive"]),
    ("quick_xml", &["capture"]),
];

/// What the pure rooms must not touch.
const PURE: [&str; 10] = [
    "units",
    "pii",
    "wire",
    "sip",
    "call",
    "media",
    "leads",
    "review",
    "commission",
    "report",
];
const IMPURE: [&str; 8] = [
    "tokio::",
    "sqlx::",
    "axum::",
    "std::fs",
    "std::net::Udp",
    "std::net::Tcp",
    "SystemTime",
    "rand::",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file: comments, and the tests below `#[cfg(test)]`, aside.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.lines()
        .map(|l| l.split("//").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every room named by a path that begins at the crate, in `use`, inline or re-exported; nested
/// groups included.
fn rooms_used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for start in ["crate::", "assay::"] {
        for (at, _) in code.match_indices(start) {
            let rest = &code[at + start.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let group = group.split('}').next().unwrap();
                used.extend(
                    group
                        .split(',')
                        .map(|p| p.trim().split("::").next().unwrap().to_owned()),
                );
            } else {
                used.push(
                    rest.chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect(),
                );
            }
        }
    }
    used
}

#[test]
fn no_arrow_runs_the_wrong_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let room = inside
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs");
        if matches!(room, "lib" | "main") {
            continue;
        }
        let allowed = rooms
            .get(room)
            .unwrap_or_else(|| panic!("the room '{room}' is not on the list"));
        let code = code(&file);
        for used in rooms_used(&code) {
            let known = rooms.contains_key(used.as_str());
            if known
                && used != room
                && !allowed.contains(&used.as_str())
                && !EVERYWHERE.contains(&used.as_str())
            {
                wrong.push(format!("{}: {room} uses {used}", inside.display()));
            }
        }
        // `super` must not climb out of its room.
        let depth = inside.components().count() - 1;
        let climbs = "super::".repeat(depth + 1);
        if code.contains(&climbs) {
            wrong.push(format!("{}: super leaves the room", inside.display()));
        }
        for (name, stops) in STOPS_IN {
            let path = format!("{name}::");
            let begins =
                |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let named = code.match_indices(&path).any(|(at, _)| begins(at));
            if named && !stops.contains(&room) {
                wrong.push(format!("{}: {name} is named in {room}", inside.display()));
            }
        }
        if PURE.contains(&room) {
            wrong.extend(
                IMPURE
                    .iter()
                    .filter(|i| code.contains(**i))
                    .map(|i| format!("{}: {room} is pure and names {i}", inside.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn commission_never_names_the_hand_over() {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commission"),
        &mut files,
    );
    for file in files {
        let code = code(&file).to_lowercase();
        assert!(
            !code.contains("handover") && !code.contains("sales_answer"),
            "{}",
            file.display()
        );
    }
}
