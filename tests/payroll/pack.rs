//! The audit pack, by the command, on a folder that the box left (PRODUCT M6).

use crate::common::assay;
use crate::world::*;
use assay::commission::payroll::PayrollFormat;
use assay::store::commission::payroll;
use assay::units::{Micros, Zone};
use serde_json::Value;
use std::path::Path;

/// The command on a data folder; gives whether it went well, and what it said.
fn audit(data: &Path, more: &[&str]) -> (bool, String) {
    let data = data.to_str().unwrap();
    let mut arguments = vec!["commission", "audit", "--data", data];
    arguments.extend(more);
    let done = assay(&arguments);
    let said = [done.stdout, done.stderr].concat();
    (
        done.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn pack(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("pack.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn column(pack: &Value, table: &str, name: &str) -> Vec<String> {
    let rows = pack[table].as_array().unwrap().iter();
    rows.map(|r| r[name].as_str().unwrap().to_owned()).collect()
}

/// Five entries of November, one of them taken back, locked and paid.
async fn november(db: &Open) -> World {
    let mut tx = db.write().await.unwrap();
    let w = world(&mut tx).await;
    let now = at("2026-11-10T10:00:00Z");
    let mut last = None;
    for nth in 1..=4 {
        let when = now + Micros::from_secs(3600 * i64::from(nth));
        last = Some(earns(&mut tx, &w, &w.ines, &w.euro, nth, when).await);
    }
    taken_back(&mut tx, &w, &last.unwrap(), at("2026-11-20T10:00:00Z")).await;
    numbers(&mut tx, &w, &[&w.ines], now).await;
    let december = at("2026-12-01T08:00:00Z");
    lock(&mut tx, &w, "2026-11", december).await;
    let wanted = wanted("2026-11", PayrollFormat::Csv);
    payroll::make(&mut tx, &w.max, &wanted, &Zone::utc(), december)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    w
}

#[test]
fn a_pack_opens_without_the_box_and_its_draw_is_repeatable() {
    on_both(async |db| {
        if !db.is_sqlite() {
            return;
        }
        november(db).await;
        let out = |name: &str| db.folder.join(name);
        let first = out("first");
        let period = ["--period", "2026-11", "--sample", "3", "--out"];
        let (well, said) = audit(
            &db.folder,
            &[&period[..], &[first.to_str().unwrap()]].concat(),
        );
        assert!(well, "{said}");
        assert!(said.contains("everything agrees"), "{said}");
        let one = pack(&first);
        assert_eq!(column(&one, "drawn", "agrees"), ["yes"; 3]);
        assert_eq!(column(&one, "entries", "agrees"), ["yes"; 5]);
        assert_eq!(column(&one, "entries", "payroll_run"), ["1"; 5]);
        assert_eq!(column(&one, "plans", "approved_by"), ["Max Oberg"]);
        assert_eq!(
            column(&one, "corrections", "confirmed_by"),
            ["Petra Hollmann"]
        );
        assert_eq!(column(&one, "payroll", "file"), ["as made"]);
        assert_eq!(column(&one, "payroll", "paid"), ["120.00 EUR"]);
        assert_eq!(column(&one, "locks", "confirmed_by"), ["Petra Hollmann"]);
        let people = column(&one, "people", "role");
        for role in ["manager", "reviewer", "telemarketer"] {
            assert!(people.iter().any(|r| r == role), "{people:?}");
        }
        assert!(column(&one, "roles", "action").contains(&"person.added".to_owned()));
        assert!(column(&one, "evidence", "criterion").contains(&"need".to_owned()));
        // One page holds all of it, and asks nobody for anything.
        let html = std::fs::read_to_string(first.join("index.html")).unwrap();
        for asks in ["<script", "<link", "<img", "src=", "http:", "https:"] {
            assert!(!html.contains(asks), "{asks}");
        }
        assert!(html.contains("Everything agrees.") && html.contains("Petra Hollmann"));
        let entries = std::fs::read_to_string(first.join("entries.csv")).unwrap();
        assert_eq!(entries.lines().count(), 6);

        // The seed is said, and draws the same again; another draws in another order.
        let seed = said
            .split("by seed ")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap();
        let again = out("again");
        let with = ["--seed", seed, again.to_str().unwrap()];
        let (well, _) = audit(
            &db.folder,
            &[
                "--period", "2026-11", "--sample", "3", with[0], with[1], "--out", with[2],
            ],
        );
        assert!(well);
        let drawn = column(&one, "drawn", "entry");
        assert_eq!(column(&pack(&again), "drawn", "entry"), drawn);
        let others = (0..5).map(|n| {
            let folder = out(&format!("other-{n}"));
            let seed = format!("other {n}");
            let there = folder.to_str().unwrap();
            let (well, _) = audit(
                &db.folder,
                &[
                    "--period", "2026-11", "--sample", "3", "--seed", &seed, "--out", there,
                ],
            );
            assert!(well);
            column(&pack(&folder), "drawn", "entry")
        });
        assert!(others.into_iter().any(|other| other != drawn));
    });
}

#[test]
fn a_changed_amount_a_changed_file_and_a_changed_role_are_found() {
    on_both(async |db| {
        if !db.is_sqlite() {
            return;
        }
        november(db).await;
        for rule in ["ledger_keeps", "payroll_run_keeps"] {
            db.execute(&format!("DROP TRIGGER {rule}")).await.unwrap();
        }
        let change =
            "UPDATE ledger SET amount_minor = 9000 WHERE id = (SELECT MIN(id) FROM ledger)";
        db.execute(change).await.unwrap();
        db.execute("UPDATE payroll_runs SET file = '00'")
            .await
            .unwrap();
        db.execute("UPDATE people SET pay_basis = 'pipeline' WHERE login = 'marek'")
            .await
            .unwrap();
        let out = db.folder.join("wrong");
        let (well, said) = audit(
            &db.folder,
            &["--period", "2026-11", "--out", out.to_str().unwrap()],
        );
        assert!(!well, "{said}");
        for what in [
            "an accrual of 90.00 EUR",
            "and its entries come to 170.00 EUR",
            "its file is not what its hash says",
            "pay_basis of person",
        ] {
            assert!(said.contains(what), "{what} is not in {said}");
        }
        let agrees = column(&pack(&out), "drawn", "agrees");
        assert_eq!(
            agrees.iter().filter(|a| *a == "NO").count(),
            1,
            "{agrees:?}"
        );
        let html = std::fs::read_to_string(out.join("index.html")).unwrap();
        assert!(html.contains("things do not agree"));
    });
}

#[test]
fn an_entry_whose_verdict_is_gone_is_named_in_a_pack_that_is_written_all_the_same() {
    on_both(async |db| {
        if !db.is_sqlite() {
            return;
        }
        november(db).await;
        for rule in ["verdict_stays", "verdict_keeps"] {
            db.execute(&format!("DROP TRIGGER {rule}")).await.unwrap();
        }
        // As somebody does who has the database and a tool.
        let first = "(SELECT verdict_id FROM ledger ORDER BY id LIMIT 1)";
        let change = format!("UPDATE verdicts SET answers = 'gone' WHERE id = {first}");
        db.execute(&change).await.unwrap();
        let out = db.folder.join("broken");
        let asked = ["--period", "2026-11", "--out", out.to_str().unwrap()];
        let (well, said) = audit(&db.folder, &asked);
        assert!(!well && said.contains("JSON in a row"), "{said}");
        assert!(!column(&pack(&out), "differences", "what").is_empty());
        assert_eq!(column(&pack(&out), "entries", "entry").len(), 5);
    });
}

#[test]
fn what_cannot_be_audited_says_why_and_leaves_no_folder() {
    on_both(async |db| {
        if !db.is_sqlite() {
            return;
        }
        november(db).await;
        let out = db.folder.join("nothing");
        let there = out.to_str().unwrap();
        for (period, sample, why) in [
            ("2026-09", "5", "nothing was booked in 2026-09"),
            ("November", "5", "is no period"),
            ("2026-11", "0", "draw at least one"),
        ] {
            let asked = ["--period", period, "--sample", sample, "--out", there];
            let (well, said) = audit(&db.folder, &asked);
            assert!(!well && said.contains(why), "{said}");
            assert!(!out.exists());
        }
        let asked = ["--period", "2026-11", "--out", db.folder.to_str().unwrap()];
        let (well, said) = audit(&db.folder, &asked);
        assert!(!well && said.contains("is there already"), "{said}");
    });
}

#[test]
fn the_command_makes_a_run_and_writes_the_same_file_again() {
    on_both(async |db| {
        if !db.is_sqlite() {
            return;
        }
        let december = at("2026-12-01T08:00:00Z");
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        earns(&mut tx, &w, &w.ines, &w.euro, 1, at("2026-11-10T10:00:00Z")).await;
        numbers(&mut tx, &w, &[&w.ines], december).await;
        lock(&mut tx, &w, "2026-11", december).await;
        tx.commit().await.unwrap();
        let run = |more: &[&str]| {
            let data = db.folder.to_str().unwrap();
            let done = assay(&[&["commission", "payroll", "--data", data], more].concat());
            let said = [done.stdout, done.stderr].concat();
            (
                done.status.success(),
                String::from_utf8_lossy(&said).into_owned(),
            )
        };
        let (one, two) = (db.folder.join("one.csv"), db.folder.join("two.csv"));
        let path = one.to_str().unwrap();
        let asked = [
            "--period", "2026-11", "--format", "csv", "--out", path, "--by",
        ];
        let (well, said) = run(&[&asked[..], &["ines"]].concat());
        assert!(!well && said.contains("It was logged"), "{said}");
        let (well, said) = run(&[&asked[..], &["max"]].concat());
        assert!(
            well && said.contains("run 1 of 2026-11, csv: 1 rows"),
            "{said}"
        );
        let (well, said) = run(&["--run", "1", "--out", two.to_str().unwrap()]);
        assert!(well, "{said}");
        let bytes = std::fs::read(&one).unwrap();
        assert_eq!(bytes, std::fs::read(&two).unwrap());
        let (well, said) = run(&["--run", "1", "--out", path]);
        assert!(!well && said.contains("is there already"), "{said}");
        let (well, said) = run(&["--run", "2", "--out", "/nowhere/else"]);
        assert!(
            !well && said.contains("there is no payroll run 2"),
            "{said}"
        );
        let data = db.folder.to_str().unwrap();
        let done = assay(&["commission", "extract", "--person", "ines", "--data", data]);
        let lines = String::from_utf8(done.stdout).unwrap();
        assert!(
            lines.lines().nth(1).unwrap().contains(",earned,"),
            "{lines}"
        );
    });
}
