//! The rooms and who may use whom. An arrow that runs the wrong way fails here, however it is
//! written; so does a circle of files, and a permission that nobody uses.

#[path = "layering/paths.rs"]
mod paths;

use paths::{House, Source};
use std::collections::{BTreeMap, BTreeSet};

/// Each room and what it may use beside itself and [`EVERYWHERE`].
const MAY_USE: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("pii", &[]),
    ("clock", &[]),
    ("hex", &[]),
    ("config", &[]),
    ("confine", &[]),
    ("wire", &[]),
    ("sip", &[]),
    ("call", &["wire", "sip"]),
    ("media", &["wire", "sip", "call"]),
    ("leads", &[]),
    ("identity", &[]),
    ("review", &["identity"]),
    ("commission", &[]),
    ("handover", &["leads"]),
    ("proof", &[]),
    ("report", &["leads", "handover"]),
    ("webhook", &[]),
    ("keyfile", &[]),
    ("door", &[]),
    ("outgoing", &["webhook", "keyfile"]),
    ("capture", &["wire", "confine"]),
    ("intake", &[]),
    ("doctor", &["wire", "archive"]),
    ("archive", &["call", "media"]),
    (
        "recorder",
        &[
            "wire", "sip", "call", "media", "archive", "confine", "intake",
        ],
    ),
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
            "handover",
            "identity",
            "proof",
            "webhook",
        ],
    ),
    (
        "jobs",
        &[
            "store", "report", "review", "outgoing", "proof", "webhook", "leads", "handover",
        ],
    ),
    (
        "api",
        &[
            "report",
            "store",
            "archive",
            "recorder",
            "call",
            "media",
            "leads",
            "review",
            "commission",
            "handover",
            "identity",
            "jobs",
            "proof",
            "webhook",
            "door",
            "doctor",
        ],
    ),
    (
        "cmd",
        &[
            "report",
            "api",
            "archive",
            "call",
            "capture",
            "commission",
            "config",
            "confine",
            "doctor",
            "door",
            "handover",
            "identity",
            "intake",
            "jobs",
            "keyfile",
            "proof",
            "leads",
            "media",
            "outgoing",
            "recorder",
            "review",
            "store",
            "webhook",
            "wire",
        ],
    ),
];
const EVERYWHERE: [&str; 4] = ["units", "pii", "clock", "hex"];

/// Crates that stop in one room, or in the few that are named.
const STOPS_IN: &[(&str, &[&str])] = &[
    ("rsip", &["sip", "call"]),
    ("sqlx", &["store"]),
    ("axum", &["api"]),
    ("opus", &["media", "archive"]),
    ("hound", &["archive"]),
    ("symphonia", &["intake"]),
    ("landlock", &["confine"]),
    ("cpal", &["cmd"]),
    ("etherparse", &["wire"]),
    ("pcap_parser", &["capture"]),
    // At rest, in SRTP, and for what is said to others again.
    ("aes_gcm", &["archive", "media", "webhook"]),
    ("hpke", &["archive"]),
    ("quick_xml", &["intake"]),
    ("ed25519_dalek", &["proof"]),
    ("iso_currency", &["units"]),
    // No other way out of the box.
    ("hyper", &["outgoing", "door"]),
    ("hyper_util", &["outgoing", "door"]),
    ("tokio_rustls", &["outgoing", "door"]),
    ("rcgen", &["door"]),
    ("x509_parser", &["door"]),
    ("qrcode", &["api"]),
    ("data_encoding", &["identity"]),
];

/// Rooms that take values and give values.
const PURE: [&str; 15] = [
    "proof",
    "identity",
    "handover",
    "units",
    "pii",
    "hex",
    "wire",
    "sip",
    "call",
    "media",
    "leads",
    "review",
    "commission",
    "report",
    "webhook",
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

/// Rooms in which files still run in circles: nothing may be added, and a room without one comes
/// off the list.
const CIRCLES_TO_MEND: [&str; 0] = [];

fn rooms() -> BTreeMap<&'static str, &'static [&'static str]> {
    MAY_USE.iter().copied().collect()
}

#[test]
fn no_arrow_runs_the_wrong_way() {
    let (house, rooms) = (House::read(), rooms());
    let mut wrong = Vec::new();
    for (source, used) in arrows(&house) {
        let allowed = rooms
            .get(source.room.as_str())
            .unwrap_or_else(|| panic!("the room '{}' is not on the list", source.room));
        if !allowed.contains(&used.as_str()) && !EVERYWHERE.contains(&used.as_str()) {
            wrong.push(format!("{}: {} uses {used}", source.file, source.room));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_permission_is_used() {
    let house = House::read();
    let used: BTreeSet<(String, String)> = arrows(&house)
        .into_iter()
        .map(|(source, used)| (source.room.clone(), used))
        .collect();
    let mut idle = Vec::new();
    for (room, may) in MAY_USE {
        let unused = |u: &&&str| !used.contains(&((*room).to_owned(), (**u).to_owned()));
        idle.extend(
            may.iter()
                .filter(unused)
                .map(|u| format!("{room} never uses {u}")),
        );
    }
    for (external, stops) in STOPS_IN {
        let named = |room: &str| {
            let mut own = house.sources.iter().filter(|s| s.room == room);
            own.any(|s| s.names(external))
        };
        let unused = stops.iter().filter(|room| !named(room));
        idle.extend(unused.map(|room| format!("{room} never names the crate {external}")));
    }
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}

/// Which file uses which other room.
fn arrows(house: &House) -> Vec<(&Source, String)> {
    let known = rooms();
    let mut found = Vec::new();
    for source in house
        .sources
        .iter()
        .filter(|s| s.room != "main" && s.room != "lib")
    {
        let mut used = house.rooms_used(source);
        used.retain(|room| *room != source.room && known.contains_key(room.as_str()));
        found.extend(used.into_iter().map(|room| (source, room)));
    }
    found
}

#[test]
fn permissions_run_one_way() {
    let rooms = rooms();
    let edges = rooms
        .iter()
        .map(|(room, may)| {
            let to = may.iter().map(|m| (*m).to_owned()).collect();
            ((*room).to_owned(), to)
        })
        .collect();
    assert_eq!(paths::circles(&edges), Vec::<Vec<String>>::new());
}

#[test]
fn no_files_of_a_room_run_in_a_circle() {
    let house = House::read();
    let found = paths::circles(&house.file_edges());
    let room = |circle: &Vec<String>| circle[0].split('/').next().unwrap_or_default().to_owned();
    let known = |circle: &&Vec<String>| CIRCLES_TO_MEND.contains(&room(circle).as_str());
    let (known, new): (Vec<_>, Vec<_>) = found.iter().partition(known);
    assert!(new.is_empty(), "circles of files: {new:#?}");
    let still: BTreeSet<String> = known.into_iter().map(room).collect();
    let mut mended = CIRCLES_TO_MEND.to_vec();
    mended.retain(|room| !still.contains(*room));
    assert!(
        mended.is_empty(),
        "no circle any more, take it off the list: {mended:?}"
    );
}

#[test]
fn crates_stop_where_they_should_and_pure_rooms_are_pure() {
    let mut wrong = Vec::new();
    for source in &House::read().sources {
        for (external, stops) in STOPS_IN {
            if source.names(external) && !stops.contains(&source.room.as_str()) {
                wrong.push(format!("{}: names the crate {external}", source.file));
            }
        }
        if PURE.contains(&source.room.as_str()) {
            let named = IMPURE.iter().filter(|i| source.code.contains(**i));
            wrong.extend(named.map(|i| format!("{}: is pure and names {i}", source.file)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_imported_by_glob_from_another_file() {
    let house = House::read();
    let globs = |s: &Source| s.uses.iter().any(|u| u.glob && house.is_own(s, &u.path));
    let wrong: Vec<_> = house
        .sources
        .iter()
        .filter(|s| globs(s))
        .map(|s| &s.file)
        .collect();
    assert!(wrong.is_empty(), "a glob hides what is used: {wrong:?}");
}

#[test]
fn commission_never_names_the_hand_over() {
    for source in House::read()
        .sources
        .iter()
        .filter(|s| s.room == "commission")
    {
        let code = source.code.to_lowercase();
        assert!(
            !code.contains("handover") && !code.contains("sales_answer"),
            "{}",
            source.file
        );
    }
}

/// The names under which a source's types stand in the API's document.
fn schemas(code: &str) -> Vec<String> {
    let ends = |c: char| !c.is_alphanumeric() && c != '_';
    let word = |text: &str| text.split(ends).next().unwrap_or_default().to_owned();
    let name = |(derived, _): (usize, &str)| {
        let rest = &code[derived..];
        let kinds = ["struct ", "enum "].map(|kind| Some((rest.find(kind)?, kind.len())));
        let (at, length) = kinds.into_iter().flatten().min()?;
        let between = &rest[..at];
        // Imported, or written out by hand.
        if between.contains([';', '{']) {
            return None;
        }
        let renamed = between.split("schema(as = ").nth(1);
        Some(word(renamed.unwrap_or(&rest[at + length..])))
    };
    code.match_indices("ToSchema").filter_map(name).collect()
}

/// One would silently be written over the other.
#[test]
fn no_two_types_of_the_api_have_one_name() {
    let house = House::read();
    let mut found: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for source in &house.sources {
        for name in schemas(&source.code) {
            found.entry(name).or_default().push(&source.file);
        }
    }
    assert!(found.len() > 300, "{} schemas", found.len());
    found.retain(|_, files| files.len() > 1);
    assert!(found.is_empty(), "{found:#?}");
}
