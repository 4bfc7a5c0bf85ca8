//! Somebody with the database and the log's key who changes the past and computes every hash of it
//! again, on both databases: nothing in the box tells, and what has left it names the row (I10, S8).

use super::proof::{everything, findings, seal};
use super::*;
use assay::proof::{Edge, Hash, leaf, tile_bytes};
use assay::store::proof::check::Known;
use base64::Engine;

/// What is changed, of which kind of record, and how; `$1` is the record's key.
const CHANGED: [(&str, &str, &str); 8] = [
    (
        "one byte of audio",
        "recording",
        "UPDATE recordings SET sha256 = '1' || substr(sha256, 2) WHERE call_id = '$1'",
    ),
    (
        "an answer",
        "verdict",
        "UPDATE verdicts SET answers = replace(answers, 'in_place', 'access') WHERE id = '$1'",
    ),
    (
        "an amount",
        "ledger_entry",
        "UPDATE ledger SET amount_minor = amount_minor + 1 WHERE id = '$1'",
    ),
    (
        "a name",
        "ledger_entry",
        "UPDATE ledger SET payee = 'Somebody Else' WHERE id = '$1'",
    ),
    (
        "a signature",
        "checklist_version",
        "UPDATE checklist_versions SET signed_by_sales = 'Nobody' WHERE id = '$1'",
    ),
    (
        "a plan",
        "plan",
        "UPDATE plans SET amount_minor = amount_minor + 1 WHERE id = '$1'",
    ),
    (
        "one line more",
        "ledger_entry",
        "INSERT INTO ledger SELECT * FROM more",
    ),
    (
        "one line less",
        "ledger_entry",
        "DELETE FROM ledger WHERE id = '$1'",
    ),
];

type Kept = (i64, String, String, String);

async fn leaves(open: &Open) -> Vec<Kept> {
    let sql = "SELECT idx, kind, subject, commitment FROM leaves ORDER BY idx";
    match &open.raw {
        Raw::Sqlite(pool) => sqlx::query_as(sql).fetch_all(pool).await,
        Raw::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await,
    }
    .unwrap()
}

async fn run(open: &Open, sql: &str) {
    let done = execute(open, sql).await;
    done.unwrap_or_else(|why| panic!("{sql}: {why}"));
}

/// The schema holds nothing back any more.
async fn let_go(open: &Open) {
    match &open.raw {
        Raw::Sqlite(pool) => {
            let sql = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
            let names: Vec<(String,)> = sqlx::query_as(sql).fetch_all(pool).await.unwrap();
            for (name,) in names {
                run(open, &format!("DROP TRIGGER {name}")).await;
            }
        }
        Raw::Postgres(_) => {
            for table in [
                "recordings",
                "verdicts",
                "ledger",
                "checklist_versions",
                "plans",
                "leaves",
                "tiles",
                "checkpoints",
            ] {
                run(open, &format!("ALTER TABLE {table} DISABLE TRIGGER USER")).await;
            }
        }
    }
}

/// The log from a leaf on, sealed again as the box would, in the order of these records.
async fn seal_again(open: &Open, log: &[Kept], from: usize) {
    run(open, &format!("DELETE FROM leaves WHERE idx >= {from}")).await;
    run(open, "DELETE FROM tiles").await;
    run(open, "DELETE FROM checkpoints").await;
    let hash = |commitment: &String| leaf(Hash::from_hex(commitment).unwrap());
    let stays = leaves(open).await;
    for tile in Edge::new().grow(stays.iter().map(|(.., commitment)| hash(commitment))) {
        let text = base64::engine::general_purpose::STANDARD.encode(tile_bytes(&tile.hashes));
        let (level, idx) = (tile.tile.level(), tile.tile.index());
        let sql =
            format!("INSERT INTO tiles (level, idx, hashes) VALUES ({level}, {idx}, '{text}')");
        run(open, &sql).await;
    }
    for (_, kind, subject, _) in &log[from..] {
        let sql = format!("INSERT INTO leaf_queue (kind, subject) VALUES ('{kind}', '{subject}')");
        run(open, &sql).await;
    }
    let mut tx = open.write().await.unwrap();
    seal(&mut tx, at("2026-12-03")).await;
    tx.commit().await.unwrap();
}

/// One entry more, like one that stands but for what names it.
async fn one_more(open: &Open, key: &str) {
    run(
        open,
        &format!("CREATE TABLE more AS SELECT * FROM ledger WHERE id = '{key}'"),
    )
    .await;
    let named = "id = 'planted', place = 4711, nth = 4711";
    run(open, &format!("UPDATE more SET {named}")).await;
}

#[test]
fn whatever_is_computed_again_is_named_by_what_has_left_the_box() {
    for (what, kind, sql) in CHANGED {
        on_both(async |db| {
            let mut tx = db.write().await.unwrap();
            everything(&mut tx).await;
            let head = seal(&mut tx, at("2026-12-02")).await;
            tx.commit().await.unwrap();
            let mut log = leaves(&db).await;
            let hash = |commitment: &String| leaf(Hash::from_hex(commitment).unwrap());
            let left = Known {
                head,
                leaves: log
                    .iter()
                    .map(|(.., commitment)| hash(commitment))
                    .collect(),
                from: "the copy".to_owned(),
            };
            assert!(findings(&db, std::slice::from_ref(&left)).await.is_empty());
            // The newest of its kind: nothing points at that.
            let place = log.iter().rposition(|(_, k, ..)| k == kind).unwrap();
            let subject = log[place].2.clone();
            let key = subject.split(':').next().unwrap();
            let_go(&db).await;
            one_more(&db, key).await;
            run(&db, &sql.replace("$1", key)).await;
            let names = match what {
                "one byte of audio" => {
                    log[place].2 = format!("{key}:1{}", &subject[key.len() + 2..]);
                    key
                }
                "one line more" => {
                    let planted = (0, kind.to_owned(), "planted".to_owned(), String::new());
                    log.insert(place, planted);
                    "planted"
                }
                "one line less" => {
                    log.remove(place);
                    log.get(place).map_or("", |(_, _, next, _)| next)
                }
                _ => key,
            }
            .to_owned();
            seal_again(&db, &log, place).await;
            let found = findings(&db, std::slice::from_ref(&left)).await;
            let named =
                |f: &String| f.contains(&names) && f.contains("not the one that left the box");
            assert!(found.iter().any(named), "{what}, {names}: {found:?}");
        });
    }
}
