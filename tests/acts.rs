//! An act has one home: whatever changes the world is one verb of the store, which takes who acts
//! and when, and writes its own line in the log. Read from the sources, so that a new verb without
//! one fails here.

use std::path::{Path, PathBuf};

/// Public verbs that change rows and leave no line, each with the reason.
const NO_LINE: [(&str, &str, &str); 32] = [
    (
        "leads/changing.rs",
        "keep",
        "a part of an import, whose beginning and end have lines",
    ),
    (
        "leads/changing.rs",
        "give_back",
        "a piece of what undoes an import, which has its line",
    ),
    (
        "leads/changing.rs",
        "forget_old",
        "what nobody can undo any more",
    ),
    (
        "leads/imports.rs",
        "take",
        "a piece of an import, whose beginning and end have lines",
    ),
    (
        "leads/imports.rs",
        "forget",
        "a piece of what undoes an import, which has its line",
    ),
    (
        "idempotency.rs",
        "forget",
        "answers that nothing asks for again",
    ),
    (
        "people/sessions.rs",
        "forget",
        "sessions that ended, each of which has its line",
    ),
    (
        "people/sessions.rs",
        "seen",
        "that a session is in use, every five minutes",
    ),
    (
        "people/tokens.rs",
        "used",
        "that a token is in use, every minute; what it does has its own lines",
    ),
    (
        "people/browsers.rs",
        "remember",
        "a part of signing in, which has its own line",
    ),
    (
        "people/second_factor.rs",
        "use_code",
        "a part of signing in, which has its own line",
    ),
    (
        "proof/log.rs",
        "append",
        "leaves follow from rows whose acts have their own lines",
    ),
    (
        "proof/checkpoints.rs",
        "keep",
        "a root that follows from the leaves; that it leaves the box has a line",
    ),
    (
        "proof/others.rs",
        "keep_stamp",
        "what others say of a root; a line is a leaf, and the log would grow by being looked at",
    ),
    ("proof/others.rs", "keep_cosignature", "the same"),
    (
        "proof/witnessed.rs",
        "advance",
        "another box's log, of which nothing happens here; one that was rewritten has a line",
    ),
    (
        "idempotency.rs",
        "keep",
        "the answer of an act that has its own line",
    ),
    (
        "review/heard.rs",
        "keep_draft",
        "answers that nobody has given yet",
    ),
    (
        "review/heard.rs",
        "report",
        "what was heard stands on the verdict; only a lie is an act",
    ),
    (
        "review/heard.rs",
        "serve",
        "the listen that it is a part of has its own line",
    ),
    (
        "review/claiming.rs",
        "keep_draft",
        "what nobody has claimed yet",
    ),
    (
        "review/claims.rs",
        "keep",
        "a page at work renews its lock every few seconds",
    ),
    ("review/second_reviews.rs", "keep", "the same"),
    (
        "handover/flip.rs",
        "flip",
        "in a transaction that is never committed",
    ),
    (
        "report/days.rs",
        "pack",
        "a day's calls once more, as they stand in their rows",
    ),
    (
        "report/score.rs",
        "keep",
        "what follows from rows that have their lines",
    ),
    (
        "report/score.rs",
        "place",
        "the same: a place in a list that follows from them",
    ),
    (
        "handover/sends.rs",
        "wait",
        "a place in a line, which follows from rows that have their lines",
    ),
    ("handover/sends.rs", "take", "a lease for one attempt"),
    ("webhook/deliveries.rs", "take", "a lease for one attempt"),
    (
        "webhook/deliveries.rs",
        "finish",
        "an attempt stands with its delivery; that a message is given up has its line",
    ),
    (
        "commission/rebook.rs",
        "flip_answers",
        "in a table of this connection alone",
    ),
];

struct Function {
    file: String,
    name: String,
    /// Seen outside the store.
    public: bool,
    signature: String,
    body: String,
}

fn store() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")
}

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

/// The functions of a file as rustfmt lays them out: from `fn` to the brace that closes it at the
/// same depth.
fn functions(file: &str, text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let head = code
            .trim_start_matches("pub ")
            .trim_start_matches("pub(in crate::store) ");
        let head = head.trim_start_matches("async ");
        let Some(rest) = head.strip_prefix("fn ") else {
            continue;
        };
        let end = lines[at..]
            .iter()
            .position(|l| l.len() > indent && l.trim_end() == format!("{}}}", " ".repeat(indent)))
            .map_or(lines.len(), |n| at + n);
        let whole = lines[at..end].join("\n");
        let (signature, body) = whole.split_once("{\n").unwrap_or((&whole, ""));
        found.push(Function {
            file: file.to_owned(),
            name: rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect(),
            public: code.starts_with("pub "),
            signature: signature.to_owned(),
            body: body.to_owned(),
        });
    }
    found
}

fn all_functions() -> Vec<Function> {
    let root = store();
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut all = Vec::new();
    for file in files {
        let name = file
            .strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        all.extend(functions(&name, &std::fs::read_to_string(&file).unwrap()));
    }
    assert!(all.len() > 150, "the store's functions were not found");
    all
}

fn changes(body: &str) -> bool {
    ["INSERT INTO ", "UPDATE ", "DELETE FROM "]
        .iter()
        .any(|sql| body.contains(&format!("\"{sql}")))
}

fn logs(body: &str) -> bool {
    ["log::append(", "log::append_all(", "append(tx", "note(tx"]
        .iter()
        .any(|call| body.contains(call))
}

#[test]
fn every_verb_that_changes_something_says_who_and_when_and_logs_it() {
    let (mut wrong, mut acts) = (Vec::new(), 0);
    let mut excused: Vec<(&str, &str)> = NO_LINE.iter().map(|(f, n, _)| (*f, *n)).collect();
    for f in all_functions().iter().filter(|f| f.public) {
        let logs = logs(&f.body);
        let own = changes(&f.body) || logs;
        if !own {
            continue;
        }
        if let Some(at) = excused.iter().position(|e| *e == (&f.file, &f.name)) {
            excused.remove(at);
            continue;
        }
        acts += 1;
        if !logs {
            wrong.push(format!(
                "{}: {} changes rows and logs nothing",
                f.file, f.name
            ));
        }
        if !f.signature.contains("now: WallTime") && !f.signature.contains("from: WallTime") {
            wrong.push(format!("{}: {} does not take the time", f.file, f.name));
        }
    }
    // The two that keep a lock change rows in `queue.rs`.
    excused.retain(|(_, name)| *name != "keep");
    assert!(excused.is_empty(), "no such verb any more: {excused:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(acts > 25, "only {acts} acts were found");
}

#[test]
fn log_and_outbox_are_written_in_one_place_each() {
    let (mut log, mut outbox) = (Vec::new(), Vec::new());
    for f in all_functions() {
        if f.body.contains("INSERT INTO audit") {
            log.push(f.file.clone());
        }
        if f.body.contains("INSERT INTO outbox") {
            outbox.push(f.file);
        }
    }
    assert_eq!(
        (log, outbox),
        (vec!["log.rs".to_owned()], vec!["outbox.rs".to_owned()])
    );
    let mut files = Vec::new();
    sources(store().parent().unwrap(), &mut files);
    for file in files.iter().filter(|f| !f.starts_with(store())) {
        let text = std::fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for sql in ["INSERT INTO ", "UPDATE ", "DELETE FROM "] {
            assert!(
                !code.contains(&format!("\"{sql}")),
                "{} changes rows past the store",
                file.display()
            );
        }
    }
}

/// `pub(in crate::store)`, so that the compiler holds it.
#[test]
fn nobody_outside_the_store_can_write_the_log_or_the_outbox() {
    for f in all_functions() {
        let writes = (f.file == "log.rs" && f.name.starts_with("append"))
            || (f.file == "outbox.rs" && f.name == "put");
        assert!(!(writes && f.public), "{}: {} is public", f.file, f.name);
    }
}
