//! Our numbers: what the store counts, what a planted fall is told as, and the same from another
//! program.

use super::*;
use assay::jobs::numbers::{Fallen, Watch};
use assay::report::numbers::{Against, Dials, expected_of, report as rule};
use assay::store::report::numbers::dials;
use std::io::Write;
use std::process::{Command, Stdio};

fn days(from: &str, to: &str) -> (i64, i64) {
    (day_number(from).unwrap(), day_number(to).unwrap() + 1)
}

#[test]
fn numbers_are_those_of_a_count_by_hand() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let house = House::build(&mut tx, 2).await;
        tx.commit().await.unwrap();
        let calls = [
            Dial::new(at("2026-11-23T08:50:00Z"), 0, Talk::Person(30)),
            Dial::new(at("2026-11-23T08:51:00Z"), 0, Talk::Nobody),
            Dial::new(at("2026-11-25T09:09:59Z"), 0, Talk::Machine),
            Dial::new(at("2026-11-25T09:10:00Z"), 1, Talk::Person(20)),
        ];
        take_in(&db, &house, &calls).await;
        count(&db, &berlin()).await;
        let mut tx = db.read().await.unwrap();
        let period = days("2026-11-01", "2026-11-30");
        let found = dials(&mut tx, &house.client, period, CONNECT_MS)
            .await
            .unwrap();
        let counted: Vec<(&str, i64, i64, i64)> = found
            .iter()
            .map(|d| (&*d.shown, d.minute, d.calls, d.connects))
            .collect();
        // 9:50 and 9:51 are within the same five minutes.
        let by_hand = [("200", 590, 2, 1), ("200", 605, 1, 0), ("201", 610, 1, 1)];
        assert_eq!(counted, by_hand);
        let made = rule(&found, 1);
        let first = &made.numbers[0];
        assert_eq!(
            (
                first.shown.as_str(),
                first.calls,
                first.connects,
                first.days
            ),
            ("200", 3, 1, 2)
        );
        assert_eq!(first.first, day_number("2026-11-23").unwrap());
        assert_eq!(first.last, day_number("2026-11-25").unwrap());
        assert_eq!((first.against, first.watched), (Against::Itself, false));
        let none = days("2026-11-24", "2026-11-24");
        assert!(
            dials(&mut tx, &house.client, none, CONNECT_MS)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            dials(&mut tx, &house.other, period, CONNECT_MS)
                .await
                .unwrap()
                .is_empty()
        );
    });
}

/// Four numbers of which the first falls from six in ten to two in ten on 26 October.
fn planted(seed: u64) -> Vec<Dial> {
    let mut random = Seeded(seed);
    let zone = berlin();
    let first = day_number("2026-10-05").unwrap();
    let mut all = Vec::new();
    for day in (first..first + 35).filter(|d| (d + 3) % 7 < 5) {
        let start = zone
            .start_of_day(&assay::units::numbered_day(day).unwrap())
            .unwrap();
        for n in 0..48 {
            let caller = n % 4;
            let reached = random.below(10)
                < if caller == 0 && day >= first + 21 {
                    2
                } else {
                    6
                };
            let second = 9 * 3_600 + n as i64 * 600 + random.below(300) as i64;
            let talk = if reached {
                Talk::Person(30)
            } else {
                Talk::Nobody
            };
            all.push(Dial::new(start + Micros::from_secs(second), caller, talk));
        }
    }
    all
}

#[test]
fn a_planted_fall_is_found_and_told_to_an_overview() {
    on_both(async |db| {
        let mut tx = db.write().await.unwrap();
        let house = House::build(&mut tx, 4).await;
        tx.commit().await.unwrap();
        take_in(&db, &house, &planted(7)).await;
        count(&db, &berlin()).await;
        let watch = Watch {
            fallen: Fallen::default(),
            zone: berlin(),
            connect_ms: CONNECT_MS,
            fewest: 20,
        };
        let now = at("2026-11-28T12:00:00Z");
        let done = watch.once(&db, now).await.unwrap();
        assert_eq!(done.next - now, Micros::from_secs(3_600));
        assert_eq!(watch.fallen.of(&house.other), []);
        let told = watch.fallen.of(&house.client);
        let [number] = &told[..] else {
            panic!("one fell: {told:?}");
        };
        assert_eq!(
            (number.shown.as_str(), number.against),
            ("200", Against::Others)
        );
        let change = number.changes.last().unwrap();
        let planted = day_number("2026-10-26").unwrap();
        assert!(
            change.fell && change.first <= planted && planted <= change.last,
            "{change:?}"
        );
        assert!((change.day - planted).abs() <= 1, "{change:?}");
        // Where it was promised, an overview is told of none.
        let mut tx = db.write().await.unwrap();
        let [max, _] = &house.managers;
        aggregate::promise(&mut tx, max, &house.client, at("2026-11-28"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        watch.once(&db, now).await.unwrap();
        assert_eq!(watch.fallen.of(&house.client), []);
    });
}

/// `tests/reports/again.py` computes expectation, level and change again, in its own way.
#[test]
fn another_program_finds_the_same_change() {
    let mut random = Seeded(3);
    let mut all = Vec::new();
    for day in (4_i64..130).filter(|d| (d + 3) % 7 < 5) {
        for minute in (490..1_050).step_by(40) {
            for (n, shown) in ["1", "2", "3", "4", "5"].into_iter().enumerate() {
                let fallen = n == 0 && day >= 90;
                let rate = [60, 25][usize::from(fallen)] + random.below(30);
                let calls = 3 + random.below(5) as i64;
                let hits = (0..calls).filter(|_| random.below(600) < rate).count();
                all.push(Dials {
                    shown: shown.into(),
                    campaign: format!("c{}", n % 2).into(),
                    day,
                    minute,
                    calls,
                    connects: hits as i64,
                });
            }
        }
    }
    let mut lines = String::new();
    for (d, expected) in all.iter().zip(expected_of(&all)) {
        let (number, campaign) = (&d.shown, &d.campaign);
        lines += &format!(
            "{number},{campaign},{},{},{},{},{expected:.12}\n",
            d.day, d.minute, d.calls, d.connects
        );
    }
    let Some(told) = again("numbers", &lines) else {
        return;
    };
    let made = rule(&all, 20);
    let ours = made.numbers.iter().find(|n| n.shown == "1").unwrap();
    let change = ours.changes.last().unwrap();
    println!("SHOW another program: {told}; ours: {change:?}");
    assert!(
        told["furthest"].as_f64().unwrap() < 1e-9,
        "expected connects differ: {told}"
    );
    let theirs = &told["numbers"]["1"];
    assert_eq!(theirs["day"], change.day);
    assert_eq!(theirs["first"], change.first);
    assert_eq!(theirs["last"], change.last);
    assert_eq!(theirs["noticed"], change.noticed);
    for number in made.numbers.iter().filter(|n| n.changes.is_empty()) {
        assert!(told["numbers"][&number.shown].is_null(), "{told}");
    }
}

/// What `tests/reports/again.py` says; none where its libraries are missing.
pub fn again(what: &str, lines: &str) -> Option<serde_json::Value> {
    let python = common::root().join("target/statistics/bin/python");
    if !python.exists() {
        common::not_run("tests/statistics.sh has not installed numpy and scipy");
        return None;
    }
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports/again.py");
    let mut child = Command::new(python)
        .arg(script)
        .arg(what)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "again.py {what}");
    Some(serde_json::from_slice(&done.stdout).unwrap())
}

#[test]
fn numbers_are_for_managers_and_for_nobody_where_it_was_promised() {
    let demo = Demo::start();
    let max = demo.sign_in("max");
    let status = |who: &Client, path: &str| who.send("GET", path, None, None).0;
    until("the calls are counted", || {
        max.get("/reports/slots")["waiting"] == 0
    });
    let made = max.get("/reports/numbers");
    let clients = made["clients"].as_array().unwrap();
    let north = clients
        .iter()
        .find(|c| c["name"] == "Northlight Fleet")
        .unwrap();
    let client = north["id"].as_str().unwrap();
    let of = |more: &str| format!("/reports/numbers?client={client}{more}");
    let open = max.get(&of(""));
    assert_eq!(
        open["numbers"].as_array().unwrap().len(),
        2,
        "two lines: {open}"
    );
    assert!(open["numbers"][0]["rate"].is_null(), "too few for a rate");
    assert!(!max.get(&of("&fewest=1"))["numbers"][0]["rate"].is_null());
    let quiet = max.get(&of("&from=2020-01-01&to=2020-02-01"));
    assert!(quiet["numbers"].as_array().unwrap().is_empty() && quiet["all"].is_null());
    for (wrong, why) in [
        ("&from=2026-11-02&to=2026-11-01", "it ends before it begins"),
        ("&from=2024-01-01&to=2026-11-01", "more than a year"),
        ("&from=2026-02-30", "no day"),
        ("&fewest=0", "none"),
        ("&person=ines", "nothing that there is"),
    ] {
        assert!([400, 422].contains(&status(&max, &of(wrong))), "{why}");
    }
    for login in ["ines", "marek", "sam", "mia", "ada"] {
        let who = demo.sign_in(login);
        for path in [
            "/reports/numbers",
            "/reports/numbers.csv",
            "/reports/numbers-calls.csv",
        ] {
            assert_eq!(status(&who, path), 403, "{login} {path}");
        }
    }
    let sheet = |name: &str| of("").replace("/numbers?", &format!("/{name}.csv?"));
    let (_, csv) = max.text(&sheet("numbers"));
    assert!(
        csv.starts_with("number,against,first,last,days,calls,"),
        "{csv}"
    );
    let (_, csv) = max.text(&sheet("numbers-calls"));
    assert!(
        csv.starts_with("number,campaign,day,minute,calls,connects,expected"),
        "{csv}"
    );
    let body = serde_json::json!({ "client": client, "act": "promise" });
    assert_eq!(
        max.send("POST", "/reports/promise", Some(body), None).0,
        204
    );
    let shut = max.get(&of(""));
    assert!(shut["numbers"].as_array().unwrap().is_empty() && shut["all"].is_null());
    assert!(!shut["promise"].is_null());
    for name in ["numbers", "numbers-calls"] {
        assert_eq!(status(&max, &sheet(name)), 422, "{name}");
    }
}
