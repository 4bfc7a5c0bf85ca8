//! What was paid, by which run, and what is payable later: on the statement, before a run, and by
//! the commands (PRODUCT M3, S8).

use crate::common::{ASSAY, Client, Running, assay, free_address, until};
use crate::world::*;
use assay::api::people::door::hash_password;
use assay::commission::Terms;
use assay::commission::payroll::{Datev, PayrollFormat};
use assay::store::commission::paid;
use assay::store::commission::payroll::{self, Wanted};
use assay::store::commission::periods;
use assay::store::commission::plans::{self, NewPlan};
use assay::store::{StoreError, Tx};
use assay::units::{ClaimId, Money, WallTime, Zone};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

const OCTOBER: &str = "2026-10";
const LOCKED: &str = "2026-11-02T08:00:00Z";
const RUN: &str = "2026-11-03T08:00:00.000000Z";

fn of_october(format: PayrollFormat) -> Wanted<'static> {
    wanted(OCTOBER, format)
}

/// October's books, locked: Ines 80.00 EUR that are payable, and 40.00 EUR that are not for years;
/// of November 35.00 GBP, of Tom nothing. Nothing is paid.
async fn october(tx: &mut Tx) -> (World, ClaimId) {
    let w = world(tx).await;
    let first = earns(tx, &w, &w.ines, &w.euro, 1, at("2026-10-10T10:00:00Z")).await;
    earns(tx, &w, &w.ines, &w.euro, 2, at("2026-10-11T10:00:00Z")).await;
    slow_plan(tx, &w, at("2026-10-15T10:00:00Z")).await;
    earns(tx, &w, &w.ines, &w.euro, 3, at("2026-10-20T10:00:00Z")).await;
    numbers(tx, &w, &[&w.ines, &w.tom], at("2026-10-20T10:00:00Z")).await;
    lock(tx, &w, OCTOBER, at(LOCKED)).await;
    (w, first)
}

/// What is claimed of the campaign from then on is payable after 3,000 days.
async fn slow_plan(tx: &mut Tx, w: &World, now: WallTime) {
    let plan = NewPlan {
        campaign: &w.euro,
        amount: &Money::new(4000, "EUR"),
        terms: &Terms::default(),
        payable_after_days: 3_000,
        from: None,
    };
    let draft = plans::propose(tx, &BY, &plan, now).await.unwrap();
    let plan = plans::approve(tx, &w.max, &draft, now).await.unwrap();
    plans::acknowledge(tx, &w.ines, &plan, now).await.unwrap();
}

async fn pay(tx: &mut Tx, w: &World) {
    let csv = of_october(PayrollFormat::Csv);
    payroll::make(tx, &w.max, &csv, &Zone::utc(), at(RUN))
        .await
        .unwrap();
}

#[test]
fn what_a_run_paid_is_told_apart_from_what_is_payable_later() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let (w, _) = october(&mut tx).await;
        let csv = of_october(PayrollFormat::Csv);
        let sum = async |tx: &mut Tx| {
            let found = periods::sums(tx, OCTOBER, None).await.unwrap().remove(0);
            (found.amount_minor, found.paid_minor)
        };
        assert_eq!(sum(&mut tx).await, (12_000, 0));
        assert!(paid::of_person(&mut tx, &w.ines).await.unwrap().is_empty());
        assert_eq!(paid::of_period(&mut tx, &w.max, &csv).await.unwrap(), []);

        pay(&mut tx, &w).await;
        assert_eq!(sum(&mut tx).await, (12_000, 8_000));
        let runs = paid::of_person(&mut tx, &w.ines).await.unwrap();
        assert_eq!(runs.len(), 2);
        assert!(runs.values().all(|p| (p.run, p.made_at) == (1, at(RUN))));
        assert!(paid::of_person(&mut tx, &w.tom).await.unwrap().is_empty());
        let of_run = paid::of_period(&mut tx, &w.max, &csv).await.unwrap();
        let told: Vec<_> = of_run
            .iter()
            .map(|p| (p.run, p.amount(), p.entries))
            .collect();
        assert_eq!(told, [(1, Money::new(8000, "EUR"), 2)]);

        let by = payroll::preview(&mut tx, &w.max, &csv, &Zone::utc(), at(RUN)).await;
        let by = by.unwrap().payable_by;
        let later = paid::later(&mut tx, &w.max, &csv, by).await.unwrap();
        let told: Vec<_> = later.iter().map(|l| (l.amount(), l.entries)).collect();
        assert_eq!(told, [(Money::new(4000, "EUR"), 1)]);
        assert_eq!(later[0].first_at, later[0].last_at);
        assert!(later[0].first_at > at("2034-01-01"));
        // Of another currency, and to a manager of other clients, there is none.
        let pounds = Wanted {
            currency: Some("GBP"),
            ..of_october(PayrollFormat::Csv)
        };
        for (viewer, wanted) in [(&w.max, &pounds), (&w.cara, &csv)] {
            assert_eq!(paid::later(&mut tx, viewer, wanted, by).await.unwrap(), []);
            assert_eq!(paid::of_period(&mut tx, viewer, wanted).await.unwrap(), []);
        }
        tx.commit().await.unwrap();
    });
}

#[test]
fn a_preview_refuses_what_the_file_would_be_refused_for() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let (w, _) = october(&mut tx).await;
        let (unset, zone) = (Datev::default(), Zone::utc());
        let lodas = of_october(PayrollFormat::DatevLodas);
        assert!(
            payroll::preview(&mut tx, &w.max, &lodas, &zone, at(RUN))
                .await
                .is_ok()
        );
        let lodas = Wanted {
            datev: &unset,
            ..lodas
        };
        let why = payroll::preview(&mut tx, &w.max, &lodas, &zone, at(RUN)).await;
        let why = why.unwrap_err().to_string();
        assert!(why.contains("datev_consultant_number"), "{why}");
    });
}

#[test]
fn a_payroll_number_begins_with_a_letter_or_a_digit() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let w = world(&mut tx).await;
        let now = at("2026-10-20T10:00:00Z");
        for number in ["-1047", ".7", "_a", "/1", "", "A 7", &"1".repeat(21)] {
            let set = periods::set_payroll_number(&mut tx, &w.max, &w.ines, number, now).await;
            let why = set.unwrap_err();
            assert!(matches!(why, StoreError::Refused(_)), "{number}: {why}");
        }
        for number in ["S-77", "0047", "a_b.c/d"] {
            periods::set_payroll_number(&mut tx, &w.max, &w.ines, number, now)
                .await
                .unwrap();
        }
        // One from before that rule is in no file that payroll would not match.
        let (w, _) = {
            drop(tx);
            let mut tx = db.write().await.unwrap();
            let made = october(&mut tx).await;
            tx.commit().await.unwrap();
            made
        };
        let old = format!(
            "UPDATE people SET payroll_number = '-1047' WHERE id = '{}'",
            w.ines
        );
        db.execute(&old).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let csv = of_october(PayrollFormat::Csv);
        let found = payroll::preview(&mut tx, &w.max, &csv, &Zone::utc(), at(RUN)).await;
        let shares = found.unwrap().shares;
        assert!(shares.rows.is_empty(), "{shares:?}");
        assert_eq!(shares.left_out[0].reason.as_str(), "number_unfit");
    });
}

/// The page of a folder's box. Everybody signs in with `assay-demo`.
struct Served {
    address: String,
    _running: Running,
}

impl Served {
    fn of(folder: &Path) -> Served {
        let address = free_address();
        let child = Command::new(ASSAY)
            .args(["demo", "--listen", &address, "--data"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let running = Running(child);
        until("the box answers", || {
            ureq::get(format!("http://{address}/healthz"))
                .call()
                .is_ok()
        });
        Served {
            address,
            _running: running,
        }
    }

    fn sign_in(&self, login: &str) -> Client {
        let client = Client::new(&self.address);
        let body = json!({ "login": login, "password": "assay-demo" });
        let (status, said) = client.send("POST", "/session", Some(body), None);
        assert_eq!(status, 200, "{login}: {said}");
        client
    }
}

/// October paid, and what somebody earned in November; on SQLite, with passwords.
async fn paid_box(db: &Open) -> (World, ClaimId) {
    let hash = hash_password("assay-demo").unwrap();
    let mut tx = db.write().await.unwrap();
    let (w, first) = october(&mut tx).await;
    pay(&mut tx, &w).await;
    earns(
        &mut tx,
        &w,
        &w.ines,
        &w.pound,
        4,
        at("2026-11-10T10:00:00Z"),
    )
    .await;
    tx.commit().await.unwrap();
    db.execute(&format!("UPDATE people SET password_hash = '{hash}'"))
        .await
        .unwrap();
    (w, first)
}

/// Serves a paid box, and tells a story by its page.
fn served(story: impl Fn(&Served, &World, &ClaimId)) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (w, first) = runtime.block_on(async {
        let db = Open::sqlite(&folder.path().join("assay.db")).await;
        let made = paid_box(&db).await;
        db.db.close().await;
        made
    });
    story(&Served::of(folder.path()), &w, &first);
}

fn sums(of: &Value, name: &str) -> Vec<(i64, String)> {
    let sums = of[name].as_array().unwrap().iter();
    sums.map(|m| {
        let currency = m["currency"].as_str().unwrap().to_owned();
        (m["minor"].as_i64().unwrap(), currency)
    })
    .collect()
}

fn euro(minor: i64) -> (i64, String) {
    (minor, "EUR".to_owned())
}

#[test]
fn a_statement_says_what_was_paid_by_which_run_and_what_was_so_on_another_day() {
    served(|page, w, _| {
        let (ines, petra) = (page.sign_in("ines"), page.sign_in("petra"));
        let of_ines = format!("/people/{}/statement", w.ines);
        for (who, path) in [(&ines, "/statement"), (&petra, of_ines.as_str())] {
            let now = who.get(&format!("{path}?period={OCTOBER}"));
            assert_eq!(sums(&now, "paid"), [euro(8000)], "{path}");
            assert_eq!(sums(&now, "payable"), [(3500, "GBP".to_owned())]);
            assert_eq!(sums(&now, "payable_later"), [euro(4000)]);
            let next = now["payable_next"].as_str().unwrap();
            assert_eq!(next, now["entries"][0]["payable_at"].as_str().unwrap());
            let run = json!({ "run": 1, "made_at": RUN });
            let paid: Vec<&Value> = lines(&now).map(|e| &e["paid"]).collect();
            assert_eq!(paid, [&Value::Null, &run, &run]);

            let then = who.get(&format!(
                "{path}?period={OCTOBER}&as_of=2026-11-02T12:00:00Z"
            ));
            assert_eq!(sums(&then, "paid"), []);
            assert_eq!(sums(&then, "payable"), [euro(8000)]);
            assert!(lines(&then).all(|e| e["paid"].is_null()));
        }
    });
}

fn lines(statement: &Value) -> std::slice::Iter<'_, Value> {
    statement["entries"].as_array().unwrap().iter()
}

#[test]
fn a_run_that_would_pay_nobody_says_what_is_payable_later_and_what_is_paid() {
    served(|page, _, _| {
        let petra = page.sign_in("petra");
        let asked = petra.get(&format!("/periods/{OCTOBER}/payroll?format=csv"));
        let next = &asked["next"];
        assert_eq!(next["rows"], json!([]));
        let later = &next["later"][0];
        assert_eq!(
            (&later["amount"]["minor"], &later["entries"]),
            (&json!(4000), &json!(1))
        );
        assert!(later["first_at"].as_str().unwrap() > "2034");
        let paid = &next["paid"][0];
        assert_eq!(
            (&paid["run"], &paid["amount"]["minor"]),
            (&json!(1), &json!(8000))
        );
        let period = petra.get(&format!("/periods/{OCTOBER}"));
        assert_eq!(period["sums"][0]["paid"]["minor"], json!(8000));
        assert_eq!(period["sums"][0]["amount"]["minor"], json!(12_000));
    });
}

#[test]
fn what_is_not_there_or_cannot_be_done_any_more_says_so() {
    served(|page, w, first| {
        let (ines, petra) = (page.sign_in("ines"), page.sign_in("petra"));
        for (who, person, status) in [
            (&petra, "nope", 404),
            (&petra, w.marek.as_str(), 404),
            (&petra, w.tom.as_str(), 200),
            (&ines, w.tom.as_str(), 404),
            (&ines, w.ines.as_str(), 200),
        ] {
            for path in ["/extract", "/extract.csv"] {
                let asked = format!("{path}?person={person}");
                assert_eq!(who.send("GET", &asked, None, None).0, status, "{asked}");
            }
        }
        let (status, why) = ines.send("DELETE", &format!("/claims/{first}"), None, None);
        assert_eq!(
            (status, &why["title"]),
            (409, &json!("This claim is decided"))
        );
        let number = format!("/people/{}/payroll-number", w.ines);
        let (status, why) = petra.send("PUT", &number, Some(json!({ "number": "-7" })), None);
        assert_eq!(status, 422);
        let title = why["title"].as_str().unwrap();
        assert!(
            title.ends_with("begins with a letter or a digit"),
            "{title}"
        );
    });
}

#[test]
fn a_draft_names_who_proposed_it() {
    served(|page, w, _| {
        let petra = page.sign_in("petra");
        let body = json!({
            "campaign": w.euro, "amount": "41.00", "currency": "EUR", "tiers": [], "cap": null,
            "split": null, "payable_after_days": 14, "from": "2020-01-01T00:00:00Z",
        });
        petra.post("/plans", body, "a-plan-of-petras");
        let plans = petra.get("/plans");
        let draft = &plans["drafts"][0];
        assert_eq!(draft["proposed_by"], json!("Petra Hollmann"));
        let id = draft["id"].as_str().unwrap();
        let approve = format!("/plans/drafts/{id}/approve");
        assert_eq!(petra.send("POST", &approve, None, None).0, 204);
        let newest = &petra.get("/plans")["versions"][0];
        assert_eq!(newest["version"], json!(3));
        assert_eq!(
            newest["from"], newest["approved_at"],
            "never before it was approved"
        );
    });
}

#[test]
fn a_checkpoints_root_is_told_as_its_note_has_it() {
    served(|page, _, _| {
        let ines = page.sign_in("ines");
        let mut statement = Value::Null;
        until("the books are sealed", || {
            statement = ines.get("/statement");
            !statement["checkpoint"].is_null()
        });
        let checkpoint = &statement["checkpoint"];
        let note = checkpoint["note"].as_str().unwrap();
        assert_eq!(note.lines().nth(2), checkpoint["root"].as_str());
    });
}

/// The program's word on its way out: whether it went well, and what it said.
fn said(arguments: &[&str]) -> (bool, String) {
    let done = assay(arguments);
    let all = [done.stdout, done.stderr].concat();
    (
        done.status.success(),
        String::from_utf8_lossy(&all).into_owned(),
    )
}

#[test]
fn what_only_asks_a_box_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let typo = folder.path().join("typo");
    let out = folder.path().join("out");
    let (data, out) = (typo.to_str().unwrap(), out.to_str().unwrap());
    for command in [
        &["check"][..],
        &["prove", "sales-neutral"],
        &["commission", "export"],
        &["commission", "extract"],
        &["commission", "audit", "--period", OCTOBER, "--out", out],
        &["commission", "bundle", "nope", "--out", out],
        &[
            "commission",
            "payroll",
            "--run",
            "1",
            "--by",
            "max",
            "--out",
            out,
        ],
        &["coverage"],
        &["report", "rebuild"],
        &["seal"],
        &["key", "show"],
        &["token", "list"],
        &["user", "password", "max"],
        &["lines", "unknown"],
        &["leads", "duplicates", "--campaign", "Fleet"],
        &["crm", "mapping", "--client", "Northlight"],
        &["undo-upgrade"],
    ] {
        let (well, why) = said(&[command, &["--data", data]].concat());
        assert!(
            !well && why.contains("there is no box in"),
            "{command:?}: {why}"
        );
        assert!(!typo.exists(), "{command:?} makes a folder");
        // A folder of something else is no box either.
        let other = folder.path().to_str().unwrap();
        let (well, why) = said(&[command, &["--data", other]].concat());
        assert!(
            !well && why.contains("there is no box in"),
            "{command:?}: {why}"
        );
        assert!(
            !folder.path().join("assay.db").exists(),
            "{command:?} makes a database"
        );
    }
    // Where a box may begin, one begins.
    let (well, why) = said(&["client", "add", "Northlight", "--data", data]);
    assert!(well, "{why}");
    assert!(said(&["check", "--data", data]).0);
}

#[test]
fn a_command_about_what_the_books_do_not_know_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = Open::sqlite(&folder.path().join("assay.db")).await;
        paid_box(&db).await;
        db.db.close().await;
    });
    let out = folder.path().join("out");
    let (data, out) = (folder.path().to_str().unwrap(), out.to_str().unwrap());
    for (command, why) in [
        (
            &["prove", "sales-neutral", "--period", "2031-01"][..],
            "nothing was booked in 2031-01: the books know 2026-11, 2026-10",
        ),
        (
            &["commission", "export", "--period", "2031-01"],
            "the books know 2026-11, 2026-10",
        ),
        (
            &["commission", "audit", "--period", "2031-01", "--out", out],
            "nothing was booked in 2031-01",
        ),
        (
            &[
                "commission",
                "extract",
                "--from",
                "2026-11-30",
                "--to",
                "2026-11-01",
            ],
            "the last day lies before the first",
        ),
    ] {
        let (well, told) = said(&[command, &["--data", data]].concat());
        assert!(!well && told.contains(why), "{command:?}: {told}");
    }
    for well in [
        &["prove", "sales-neutral", "--period", OCTOBER][..],
        &["commission", "export", "--period", OCTOBER],
        &[
            "commission",
            "extract",
            "--from",
            "2026-11-01",
            "--to",
            "2026-11-01",
        ],
    ] {
        assert!(said(&[well, &["--data", data]].concat()).0, "{well:?}");
    }
    assert!(said(&["key", "log", "--data", data]).0);
    let (well, told) = said(&["commission", "bundle", "nope", "--out", out, "--data", data]);
    assert!(!well && told.contains("there is no entry nope"), "{told}");
}

#[test]
fn what_cannot_be_verified_says_why_in_a_few_words() {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.json");
    std::fs::write(&cut, r#"{"format":"assay-bundle","log":"box+1"#).unwrap();
    let cut = cut.to_str().unwrap();
    let (well, told) = said(&["verify", cut]);
    assert!(
        !well && told.contains("it was cut short") && !told.contains("EOF"),
        "{told}"
    );
    let secret = folder.path().join("books.csv");
    std::fs::write(&secret, "person,amount\n".repeat(500)).unwrap();
    let (well, told) = said(&["verify", cut, "--key", secret.to_str().unwrap()]);
    assert!(
        !well && told.contains("is no key of a log") && told.len() < 400,
        "{told}"
    );
}
