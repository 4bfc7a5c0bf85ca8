//! What leads are worth: the score, sales' gate, origin and the forecast, held against data made so,
//! against another computation, and against those who would like them to say something else.

#[path = "worth/agreement.rs"]
mod agreement;
mod common;
#[path = "worth/deals.rs"]
mod deals;
#[path = "worth/gates.rs"]
mod gates;
#[path = "worth/kept.rs"]
mod kept;
#[path = "worth/results.rs"]
mod results;
#[path = "worth/rows.rs"]
mod rows;
#[path = "worth/score.rs"]
mod score_rule;
#[path = "worth/together.rs"]
mod together;

use assay::handover::{Answer, RejectReason};
use assay::identity::Role;
use assay::jobs::scores;
use assay::leads::{NewSource, Origin};
use assay::report::back_test::{BackTest, Bin, back_test, scored_before};
use assay::report::gate::{Case, FirstCall, Gate, gates as told};
use assay::report::score::{
    FEWEST, FEWEST_PAST, Features, Model, Past, ScoreLevel, ScoreList, WorkOrder, days, states_of,
    tried,
};
use assay::store::handover::list;
use assay::store::leads::lists::{self, View, Wanted};
use assay::store::leads::sources;
use assay::store::report::{gate, origin, score};
use assay::store::{Actor, Db, Tx};
use assay::units::{ClaimId, Micros, WallTime, Zone};
use common::{Demo, Postgres, in_store, not_run, root, tamper};
use rows::{Dial, Handed, House, Lead, Raw, Said};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

const DAY: Micros = Micros::from_secs(86_400);

fn at(text: &str) -> WallTime {
    text.parse().unwrap()
}

fn days_after(start: WallTime, days: i64) -> WallTime {
    start + Micros(DAY.0 * days)
}

/// The same numbers at every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn hits(&mut self, chance: f64) -> bool {
        (self.below(1_000_000) as f64) < chance * 1e6
    }
}

fn month(zone: &Zone) -> impl Fn(WallTime) -> (String, WallTime) {
    |at| {
        let month = zone.month(at);
        let begins = zone.start_of_day(&format!("{month}-01")).unwrap();
        (month, begins)
    }
}

fn tested_in(past: &[Past], zone: &Zone) -> BackTest {
    back_test(past, month(zone)).unwrap()
}

/// What the other program says of rows; `None` where Python is not here.
fn apart(what: &str, rows: &Value) -> Option<Value> {
    let script = root().join("tests/worth/figures.py");
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let child = Command::new(python)
        .arg(script)
        .arg(what)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        not_run("Python is not here: figures were not computed apart");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(rows.to_string().as_bytes()).unwrap();
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{what} could not be computed apart");
    Some(serde_json::from_slice(&done.stdout).unwrap())
}

fn near(a: f64, b: &Value, room: f64) {
    let b = b.as_f64().unwrap();
    assert!((a - b).abs() <= room, "{a} here, {b} there");
}

fn listed(f: &Features) -> Value {
    json!([f.grade, f.source, f.answers, f.interactions])
}

/// Runs a story on both databases, with a way past the program beside it.
fn on_both(story: impl AsyncFn(Db, Raw)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let path = folder.path().join("assay.db");
        let db = Db::sqlite(&path).await.unwrap();
        let raw = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await;
        story(db.clone(), Raw::Sqlite(raw.unwrap())).await;
        db.close().await;
    });
    if let Some(postgres) = Postgres::start() {
        runtime.block_on(async {
            let db = Db::postgres(&postgres.url()).await.unwrap();
            let raw = sqlx::PgPool::connect(&postgres.url()).await;
            story(db.clone(), Raw::Postgres(raw.unwrap())).await;
            db.close().await;
        });
    }
}

const GRADES: [(&str, &str); 4] = [
    ("website request", "A"),
    ("referral", "A"),
    ("trade show", "B"),
    ("webinar", "C"),
];

/// Leads that were handed over in the nine months before `now`; what sales says hangs on source and
/// budget, and on `taste`, by representative.
fn handed_over(house: &House, many: u64, now: WallTime, taste: &[f64]) -> Vec<Lead> {
    let mut random = Seeded(11);
    let lead = |nth: u64| {
        let (source, _) = GRADES[random.below(4) as usize];
        let budget = ["in_place", "access"][random.below(2) as usize];
        let rep = random.below(taste.len() as u64) as usize;
        let at = now - Micros(DAY.0 * 270 * (many - nth) as i64 / many as i64);
        let by = house.reps[rep].clone();
        let likely = match source {
            "website request" => 0.75,
            "referral" => 0.6,
            "trade show" => 0.45,
            _ => 0.3,
        } + if budget == "in_place" { 0.15 } else { -0.15 };
        let takes = random.hits((likely + taste[rep]).clamp(0.0, 1.0));
        let (answer, reason) = match (takes, random.below(5)) {
            (true, 0) => ("later", None),
            (true, _) => ("now", None),
            (false, 0) => ("nurture", None),
            (false, 1) => ("reject", Some("no_capacity")),
            (false, 2) => ("reject", Some("poor_fit")),
            (false, _) => ("reject", Some("known_already")),
        };
        // Calls before, on one day or two, one of them a conversation.
        let calls = 1 + random.below(3) as i64;
        let dials = (0..calls).map(|n| Dial {
            at: at - Micros(DAY.0 * (n + 1)),
            talked: (n == 0 || random.below(3) == 0).then_some(120),
            by: house.caller.clone(),
        });
        Lead {
            id: format!("L{nth:05}"),
            source,
            received: at - Micros(DAY.0 * 10),
            dials: dials.collect(),
            handed: Some(Handed {
                at,
                answers: vec![("budget", budget), ("need", "pain")],
                to: Some(by.clone()),
                answer: (random.below(12) > 0).then_some(Said {
                    at: at + Micros(DAY.0 / 3),
                    by,
                    answer,
                    reason,
                    criterion: None,
                    note: if reason == Some("poor_fit") {
                        "They have vans only"
                    } else {
                        ""
                    },
                }),
                second: None,
            }),
        }
    };
    (0..many).map(lead).collect()
}

fn features_of(lead: &Lead) -> Features {
    let h = lead.handed.as_ref().unwrap();
    let before = lead.dials.iter().filter(|d| d.at < h.at);
    let spoken = before.filter(|d| d.talked.is_some());
    let on: std::collections::BTreeSet<i64> = spoken.map(|d| d.at.micros() / DAY.0).collect();
    let grade = GRADES.iter().find(|(s, _)| *s == lead.source).unwrap().1;
    let each: Vec<String> = h.answers.iter().map(|(c, a)| format!("{c}={a}")).collect();
    Features {
        grade: grade.into(),
        source: lead.source.into(),
        answers: each.join(";"),
        interactions: days(on.len() as i64).into(),
    }
}

async fn built(db: &Db, raw: &Raw, reps: usize) -> House {
    let mut tx = db.write().await.unwrap();
    let house = House::build(&mut tx, reps).await;
    tx.commit().await.unwrap();
    raw.run(&house.begin()).await;
    house
}

/// The client of most of the demo.
fn north(who: &common::Client, path: &str) -> String {
    let report = who.get(path);
    let clients = report["clients"].as_array().unwrap();
    let found = clients.iter().find(|c| c["name"] == "Northlight Fleet");
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

/// With next to nothing known, every report answers in words and figures.
#[test]
fn a_box_with_little_behind_it_answers_in_words() {
    let demo = Demo::start();
    let (max, mia, sam, tom, rana) = (
        demo.sign_in("max"),
        demo.sign_in("mia"),
        demo.sign_in("sam"),
        demo.sign_in("tom"),
        demo.sign_in("rana"),
    );
    let status = |who: &common::Client, path: &str| who.send("GET", path, None, None).0;
    for path in ["score", "gate", "origin", "forecast"] {
        let report = max.get(&format!("/reports/{path}"));
        assert!(report["client"].is_string(), "{path}: {report}");
        assert!(!report.to_string().contains("NaN"), "{path}");
        let (code, csv) = max.text(&format!("/reports/{path}.csv"));
        assert!(code == 200 && csv.lines().count() >= 1, "{csv}");
        assert!(!csv.contains("NaN") && !csv.contains("inf"), "{csv}");
        for (who, name) in [(&tom, "tom"), (&rana, "rana")] {
            assert_eq!(
                status(who, &format!("/reports/{path}")),
                403,
                "{name} {path}"
            );
        }
        let other = format!("/reports/{path}?client=nobody");
        assert_eq!(status(&max, &other), 404);
        let wrong = format!("/reports/{path}?who=ines");
        assert!([400, 422].contains(&status(&max, &wrong)), "{path}");
    }
    for wrong in [
        "gate?from=2026-11-02&to=2026-11-01",
        "origin?from=2026-11-02&to=2026-11-01",
        "origin?from=2026-02-30",
        "forecast?month=2026-13",
        "forecast?month=1200-01",
        "forecast?month=2026-12&handovers=0",
        "forecast?month=2026-12&handovers=100001",
        "score?list=nobodys",
    ] {
        let asked = status(&max, &format!("/reports/{wrong}"));
        assert!([400, 422].contains(&asked), "{wrong}: {asked}");
    }
    let score = max.get("/reports/score?list=telesales");
    assert!(score["past"].as_i64() < score["fewest_past"].as_i64());
    assert_eq!(score["back_test"], Value::Null);
    assert_eq!(max.get("/reports/forecast")["no_plan"], "too_few");
    // Marketing sees score, origin and forecast; sales its own gate.
    for path in ["score", "origin", "forecast"] {
        assert_eq!(status(&mia, &format!("/reports/{path}")), 200);
        assert_eq!(status(&sam, &format!("/reports/{path}")), 403);
    }
    assert_eq!(status(&mia, "/reports/gate"), 403);
    assert_eq!(sam.get("/reports/gate")["all"], Value::Null);
    let campaign = score["campaigns"][0]["id"].as_str().unwrap();
    let order = json!({ "order": "score" });
    let path = format!("/campaign-orders/{campaign}");
    for who in [&mia, &sam, &tom] {
        assert_eq!(who.send("PUT", &path, Some(order.clone()), None).0, 403);
    }
    let none = max
        .send("PUT", "/campaign-orders/none", Some(order), None)
        .0;
    assert_eq!(none, 404);
}
