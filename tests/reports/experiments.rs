//! Experiments with slots, on both databases: planned, drawn, counted and stopped, and attacked by who
//! wants an arm to win, and by who wants to be in the other one.

use super::numbers::again;
use super::*;
use assay::report::experiments::{LATE, Measure, Over, Phase, Unit, compare, draw};
use assay::store::report::experiments::{
    Arm, Experiment, NewExperiment, arm_of, arms, by_id, count_due, draw_due, drawn, list, plan,
    so_far, stop,
};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

fn arm(name: &str, asks: &str) -> Arm {
    Arm {
        name: name.into(),
        asks: asks.into(),
    }
}

fn two() -> Vec<Arm> {
    vec![
        arm("As ever", "Call as you always do."),
        arm("Early", "Call between 8:10 and 10:30."),
    ]
}

fn new<'a>(
    client: &'a ClientId,
    arms: &'a [Arm],
    over: Over,
    days: (&str, &str),
) -> NewExperiment<'a> {
    NewExperiment {
        client,
        name: "Early calls",
        question: "Do calls before 10:30 connect more often?",
        drawn_over: over,
        measure: Measure::Connects,
        connect_ms: CONNECT_MS,
        days: (day_number(days.0).unwrap(), day_number(days.1).unwrap()),
        arms,
    }
}

fn noon(day: &str) -> WallTime {
    at(&format!("{day}T11:00:00Z"))
}

async fn planned(db: &Db, house: &House, over: Over, days: (&str, &str), now: &str) -> String {
    let arms = two();
    let mut tx = db.write().await.unwrap();
    let wanted = new(&house.client, &arms, over, days);
    let today = day_number(now).unwrap();
    let id = plan(&mut tx, &house.managers[0], &wanted, today, noon(now))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

/// What the box does by itself on a day.
async fn tick(db: &Db, day: &str) -> (usize, usize) {
    let mut tx = db.write().await.unwrap();
    let drawn = draw_due(&mut tx, &berlin(), noon(day)).await.unwrap();
    let counted = count_due(&mut tx, &berlin(), noon(day)).await.unwrap();
    tx.commit().await.unwrap();
    (drawn, counted)
}

async fn read(db: &Db, id: &str) -> Experiment {
    let mut tx = db.read().await.unwrap();
    by_id(&mut tx, id).await.unwrap().unwrap()
}

async fn built(db: &Db, callers: usize) -> House {
    let mut tx = db.write().await.unwrap();
    let house = House::build(&mut tx, callers).await;
    tx.commit().await.unwrap();
    house
}

fn phase(e: &Experiment, day: &str) -> Phase {
    e.standing().phase(day_number(day).unwrap())
}

#[test]
fn an_experiment_is_drawn_when_it_begins_and_counted_once_when_it_is_over() {
    on_both(async |db| {
        let house = built(&db, 8).await;
        let id = planned(
            &db,
            &house,
            Over::People,
            ("2026-10-05", "2026-10-23"),
            "2026-10-02",
        )
        .await;
        assert_eq!(
            tick(&db, "2026-10-04").await,
            (0, 0),
            "its day has not begun"
        );
        assert_eq!(phase(&read(&db, &id).await, "2026-10-04"), Phase::Planned);
        assert_eq!(tick(&db, "2026-10-05").await, (1, 0));
        assert_eq!(tick(&db, "2026-10-05").await, (0, 0), "drawn once");
        let one = read(&db, &id).await;
        assert_eq!(phase(&one, "2026-10-05"), Phase::Running);
        // Anybody draws again with the seed of the log line.
        let seed = one.seed.clone().unwrap();
        assert_eq!(seed.len(), 64);
        let people: Vec<String> = house.callers.iter().map(ToString::to_string).collect();
        let again: BTreeMap<String, usize> = draw(&seed, &people, 2).into_iter().collect();
        let mut tx = db.read().await.unwrap();
        let units = drawn(&mut tx, &id).await.unwrap();
        assert_eq!(units.len(), 8);
        assert_eq!(units.iter().filter(|u| u.arm == 0).count(), 4);
        for unit in &units {
            assert_eq!(again[&unit.unit] as i64, unit.arm);
        }
        drop(tx);
        // Half of these calls are in its days; one who came later is in no arm.
        let mut dials = floor(4, 8, 600, "2026-10-05", 19);
        dials.extend(floor(5, 8, 100, "2026-10-26", 5));
        take_in(&db, &house, &dials).await;
        count(&db, &berlin()).await;
        assert_eq!(
            tick(&db, "2026-10-26").await,
            (0, 0),
            "late calls are waited for"
        );
        assert_eq!(phase(&read(&db, &id).await, "2026-10-26"), Phase::Waiting);
        assert_eq!(tick(&db, "2026-10-27").await, (0, 1));
        assert_eq!(tick(&db, "2026-10-27").await, (0, 0), "counted once");
        let mut tx = db.read().await.unwrap();
        let units = drawn(&mut tx, &id).await.unwrap();
        for (n, person) in house.callers.iter().enumerate() {
            let unit = units.iter().find(|u| u.unit == person.as_str()).unwrap();
            let own = dials
                .iter()
                .filter(|d| d.caller == n && d.at < at("2026-10-24"));
            let connects = own.clone().filter(|d| d.connects()).count() as i64;
            assert_eq!((unit.calls, unit.connects), (own.count() as i64, connects));
        }
        let told: i64 = units.iter().map(|u| u.calls).sum();
        assert_eq!(told, 600);
        assert_eq!(phase(&read(&db, &id).await, "2026-10-27"), Phase::Counted);
    });
}

/// Who marks calls as meetings, or takes their voicemail back, when it is over, changes nothing.
#[test]
fn what_is_said_of_calls_after_the_count_changes_no_result() {
    on_both(async |db| {
        let house = built(&db, 8).await;
        let id = planned(
            &db,
            &house,
            Over::People,
            ("2026-10-05", "2026-10-23"),
            "2026-10-02",
        )
        .await;
        tick(&db, "2026-10-05").await;
        take_in(&db, &house, &floor(6, 8, 200, "2026-10-05", 19)).await;
        count(&db, &berlin()).await;
        tick(&db, "2026-10-27").await;
        let told = async || {
            let mut tx = db.read().await.unwrap();
            drawn(&mut tx, &id).await.unwrap()
        };
        let before = told().await;
        take_in(&db, &house, &floor(7, 8, 200, "2026-10-05", 19)).await;
        count(&db, &berlin()).await;
        tick(&db, "2026-10-28").await;
        assert_eq!(told().await, before);
        let mut tx = db.read().await.unwrap();
        let one = by_id(&mut tx, &id).await.unwrap().unwrap();
        let now: i64 = so_far(&mut tx, &one)
            .await
            .unwrap()
            .iter()
            .map(|c| c.calls)
            .sum();
        assert_eq!(now, 400, "they are there, and are not told");
    });
}

#[test]
fn a_plan_is_refused_that_is_none() {
    on_both(async |db| {
        let house = built(&db, 7).await;
        let (arms, four) = (two(), ["A", "B", "C", "D"].map(|n| arm(n, "Call.")));
        let [max, _] = &house.managers;
        let (today, now) = (day_number("2026-10-02").unwrap(), noon("2026-10-02"));
        let month = ("2026-10-05", "2026-10-30");
        let good = new(&house.client, &arms, Over::Days, month);
        let same = [arm("A", "Call."), arm(" A ", "Call early.")];
        let long = "x".repeat(81);
        let mut tx = db.write().await.unwrap();
        for (why, wrong) in [
            (
                "seven people for two arms",
                new(&house.client, &arms, Over::People, month),
            ),
            (
                "it begins today",
                new(
                    &house.client,
                    &arms,
                    Over::Days,
                    ("2026-10-02", "2026-10-30"),
                ),
            ),
            (
                "it ends before it begins",
                new(
                    &house.client,
                    &arms,
                    Over::Days,
                    ("2026-10-20", "2026-10-19"),
                ),
            ),
            (
                "a week for two arms",
                new(
                    &house.client,
                    &arms,
                    Over::Days,
                    ("2026-10-05", "2026-10-11"),
                ),
            ),
            (
                "three weeks for four",
                new(
                    &house.client,
                    &four,
                    Over::Days,
                    ("2026-10-05", "2026-10-23"),
                ),
            ),
            (
                "one arm",
                NewExperiment {
                    arms: &arms[..1],
                    ..good.clone()
                },
            ),
            (
                "two of one name",
                NewExperiment {
                    arms: &same,
                    ..good.clone()
                },
            ),
            (
                "no name",
                NewExperiment {
                    name: "  ",
                    ..good.clone()
                },
            ),
            (
                "a long name",
                NewExperiment {
                    name: &long,
                    ..good.clone()
                },
            ),
            (
                "no question",
                NewExperiment {
                    question: "",
                    ..good.clone()
                },
            ),
            (
                "a year",
                new(
                    &house.client,
                    &arms,
                    Over::Days,
                    ("2026-10-05", "2027-10-05"),
                ),
            ),
        ] {
            let refused = plan(&mut tx, max, &wrong, today, now).await;
            assert!(
                matches!(refused, Err(StoreError::Refused(_))),
                "{why}: {refused:?}"
            );
        }
        for wrong in [&house.elsewhere, &house.callers[0]] {
            let refused = plan(&mut tx, wrong, &good, today, now).await;
            assert!(
                matches!(refused, Err(StoreError::Refused(_))),
                "{refused:?}"
            );
        }
        plan(&mut tx, max, &good, today, now).await.unwrap();
        tx.commit().await.unwrap();
    });
}

/// The manager who wants an arm to win: draws again until it fits, stops early, begins another one
/// beside it, is quiet about those that failed.
#[test]
fn who_draws_again_until_it_fits_leaves_a_trail_and_gains_nothing() {
    on_both(async |db| {
        let house = built(&db, 8).await;
        let [max, mia] = &house.managers;
        let days = ("2026-10-05", "2026-10-30");
        let id = planned(&db, &house, Over::People, days, "2026-10-02").await;
        // A second one in the same days, from which the better draw is kept.
        let arms = two();
        let mut tx = db.write().await.unwrap();
        let beside = new(
            &house.client,
            &arms,
            Over::People,
            ("2026-10-30", "2026-11-20"),
        );
        let today = day_number("2026-10-02").unwrap();
        let refused = plan(&mut tx, mia, &beside, today, noon("2026-10-02")).await;
        assert!(
            matches!(refused, Err(StoreError::Conflict(_))),
            "{refused:?}"
        );
        drop(tx);
        tick(&db, "2026-10-05").await;
        // The draw does not please: it is stopped, for ever, with a reason that all can read.
        let one = read(&db, &id).await;
        let mut tx = db.write().await.unwrap();
        let (fifth, then) = (day_number("2026-10-05").unwrap(), noon("2026-10-05"));
        for wrong in ["", "  "] {
            let refused = stop(&mut tx, max, &one, wrong, fifth, then).await;
            assert!(
                matches!(refused, Err(StoreError::Refused(_))),
                "{refused:?}"
            );
        }
        let refused = stop(&mut tx, &house.elsewhere, &one, "Why not.", fifth, then).await;
        assert!(
            matches!(refused, Err(StoreError::Refused(_))),
            "{refused:?}"
        );
        // Nor is it stopped when its days are over and its counts are seen.
        let over = one.last_day + 1;
        let late = stop(&mut tx, max, &one, "It lost.", over, noon("2026-10-31")).await;
        assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");
        let why = "The best callers are in one arm.";
        stop(&mut tx, max, &one, why, fifth, then).await.unwrap();
        let twice = stop(&mut tx, mia, &one, "Again.", fifth, then).await;
        assert!(matches!(twice, Err(StoreError::Conflict(_))), "{twice:?}");
        tx.commit().await.unwrap();
        // The next one begins tomorrow at the earliest, and is drawn only then.
        let next = planned(
            &db,
            &house,
            Over::People,
            ("2026-10-06", "2026-10-30"),
            "2026-10-05",
        )
        .await;
        assert_eq!(tick(&db, "2026-10-05").await, (0, 0));
        assert_eq!(tick(&db, "2026-10-06").await, (1, 0));
        assert_eq!(tick(&db, "2026-11-20").await, (0, 1), "the next one alone");
        assert_eq!(read(&db, &id).await.counted_at, None);
        let mut tx = db.read().await.unwrap();
        let all = list(&mut tx, &house.client).await.unwrap();
        let told: Vec<&str> = all.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(told, [next.as_str(), id.as_str()], "none is left out");
        let stopped = all.iter().find(|e| e.id == id).unwrap();
        assert_eq!(
            stopped.stop_reason.as_deref(),
            Some("The best callers are in one arm.")
        );
        assert_eq!(phase(stopped, "2027-10-05"), Phase::Stopped);
    });
}

/// A box that was off on the first days draws what is left, and counts from then on.
#[test]
fn a_late_draw_counts_from_its_day_on() {
    on_both(async |db| {
        let house = built(&db, 8).await;
        let id = planned(
            &db,
            &house,
            Over::Days,
            ("2026-10-05", "2026-10-23"),
            "2026-10-02",
        )
        .await;
        tick(&db, "2026-10-08").await;
        let dials = floor(8, 8, 400, "2026-10-05", 19);
        take_in(&db, &house, &dials).await;
        count(&db, &berlin()).await;
        tick(&db, "2026-10-27").await;
        let mut tx = db.read().await.unwrap();
        let units = drawn(&mut tx, &id).await.unwrap();
        assert_eq!(units.len(), 12, "working days from the 8th on");
        assert!(
            units
                .iter()
                .all(|u| u.unit.as_str() >= "2026-10-08" && u.name.is_none())
        );
        let zone = berlin();
        let late = dials.iter().filter(|d| {
            let day = zone.day_and_minute(d.at).0;
            day >= day_number("2026-10-08").unwrap() && (day + 3) % 7 < 5
        });
        assert_eq!(
            units.iter().map(|u| u.calls).sum::<i64>(),
            late.count() as i64
        );
        assert_eq!(
            arm_of(&mut tx, &id, "2026-10-10").await.unwrap(),
            None,
            "a Saturday"
        );
        assert!(arm_of(&mut tx, &id, "2026-10-12").await.unwrap().is_some());
        assert_eq!(arms(&mut tx, &id).await.unwrap(), two());
    });
}

enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Raw {
    async fn run(&self, sql: &str) -> Result<u64, String> {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = match self {
            Raw::Sqlite(pool) => sqlx::query(sql)
                .execute(pool)
                .await
                .map(|r| r.rows_affected()),
            Raw::Postgres(pool) => sqlx::query(sql)
                .execute(pool)
                .await
                .map(|r| r.rows_affected()),
        };
        done.map_err(|e| e.to_string())
    }
}

/// Whoever has the database in their hands, and no other way in.
#[test]
fn the_schema_keeps_a_plan_a_draw_and_a_count() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let path = folder.path().join("assay.db");
        let db = Db::sqlite(&path).await.unwrap();
        let url = format!("sqlite://{}", path.display());
        tamper(db, Raw::Sqlite(SqlitePool::connect(&url).await.unwrap())).await;
    });
    if let Some(postgres) = Postgres::start() {
        runtime.block_on(async {
            let db = Db::postgres(&postgres.url()).await.unwrap();
            let pool = PgPool::connect(&postgres.url()).await.unwrap();
            tamper(db, Raw::Postgres(pool)).await;
        });
    }
}

async fn tamper(db: Db, raw: Raw) {
    let house = built(&db, 8).await;
    let days = ("2026-10-05", "2026-10-23");
    let id = planned(&db, &house, Over::People, days, "2026-10-02").await;
    let refuse = async |statements: &[String]| {
        for sql in statements {
            let done = raw.run(sql).await;
            assert!(done.is_err(), "{sql}: {done:?}");
        }
    };
    let set = |what: &str| format!("UPDATE experiments SET {what} WHERE id = '{id}'");
    let the_plan: Vec<String> = [
        "measure = 'meetings'",
        "connect_ms = 1",
        "last_day = last_day - 3",
        "first_day = first_day + 1",
        "name = 'Other'",
        "question = 'Other?'",
        "drawn_over = 'days'",
        "counted_at = 5",
        "stopped_at = 5",
        "seed = 'x'",
        "seed = 'x', drawn_at = 5, drawn_day = first_day - 1",
    ]
    .map(set)
    .into();
    refuse(&the_plan).await;
    let client = &house.client;
    let [max, _] = &house.managers;
    let arm = format!(
        "INSERT INTO experiment_arms (experiment_id, arm, name, asks) VALUES ('{id}', 2, 'C', 'c')"
    );
    let unit = |who: &PersonId| {
        format!(
            "INSERT INTO experiment_units (experiment_id, unit, arm) VALUES ('{id}', '{who}', 1)"
        )
    };
    let counted = format!(
        "INSERT INTO experiment_counts (experiment_id, unit, people, calls, connects, meetings) \
         VALUES ('{id}', '{}', 1, 9, 9, 0)",
        house.callers[0]
    );
    refuse(&[
        format!("DELETE FROM experiments WHERE id = '{id}'"),
        format!("DELETE FROM experiment_arms WHERE experiment_id = '{id}'"),
        format!("UPDATE experiment_arms SET asks = 'other' WHERE experiment_id = '{id}'"),
        format!(
            "INSERT INTO experiments (id, client_id, name, question, drawn_over, measure, \
             connect_ms, first_day, last_day, planned_by, planned_at) SELECT 'beside', client_id, \
             name, question, drawn_over, measure, connect_ms, last_day, last_day, planned_by, 1 FROM \
             experiments WHERE id = '{id}'"
        ),
        format!(
            "INSERT INTO experiments (id, client_id, name, question, drawn_over, measure, \
             connect_ms, first_day, last_day, planned_by, planned_at, seed, drawn_at, drawn_day) \
             VALUES ('drawn', '{client}', 'n', 'q', 'people', 'connects', 1, 1, 9, '{max}', 1, 's', \
             1, 1)"
        ),
        counted.clone(),
    ])
    .await;
    tick(&db, "2026-10-05").await;
    refuse(&the_plan).await;
    // Who wants to be in the other arm, or in none.
    refuse(&[
        arm.clone(),
        unit(&house.elsewhere),
        format!(
            "UPDATE experiment_units SET arm = 1 - arm WHERE unit = '{}'",
            house.callers[0]
        ),
        format!(
            "DELETE FROM experiment_units WHERE unit = '{}'",
            house.callers[0]
        ),
        set("seed = NULL, drawn_at = NULL, drawn_day = NULL"),
        set("seed = 'again'"),
        set("drawn_day = drawn_day + 9"),
    ])
    .await;
    take_in(&db, &house, &floor(4, 8, 60, "2026-10-05", 19)).await;
    count(&db, &berlin()).await;
    tick(&db, "2026-10-27").await;
    let after = [
        counted,
        format!("UPDATE experiment_counts SET connects = calls WHERE experiment_id = '{id}'"),
        format!("DELETE FROM experiment_counts WHERE experiment_id = '{id}'"),
        set("counted_at = NULL"),
        set(&format!(
            "stopped_at = 9, stopped_by = '{max}', stop_reason = 'lost'"
        )),
    ];
    refuse(&after).await;
    refuse(&the_plan).await;
}

/// `tests/reports/again.py` makes the comparison again, by all draws and by scipy's.
#[test]
fn another_program_compares_the_same() {
    let mut random = Seeded(11);
    let units: Vec<Unit> = (0..10)
        .map(|n| {
            let calls = 60 + random.below(80) as i64;
            let rate = 8 + 7 * (n as i64 % 2) + random.below(5) as i64;
            Unit {
                arm: n % 2,
                calls,
                hits: calls * rate / 100,
            }
        })
        .collect();
    let lines: Vec<String> = units
        .iter()
        .map(|u| format!("{},{},{}", u.arm, u.calls, u.hits))
        .collect();
    let Some(told) = again("experiment", &lines.join("\n")) else {
        return;
    };
    let made = compare(&units, 2, "seed");
    let versus = &made.versus[0];
    println!("SHOW another program: {told}; ours: {versus:?}");
    assert_eq!(told["draws"], made.draws);
    for (theirs, ours) in [
        ("difference", versus.difference),
        ("chance", versus.chance),
        ("chance_scipy", versus.chance),
        ("low", versus.low),
        ("high", versus.high),
    ] {
        let apart = (told[theirs].as_f64().unwrap() - ours.unwrap()).abs();
        assert!(apart < 1e-6, "{theirs}: {told} and {versus:?}");
    }
}

/// What the pages ask, by those who may and those who want more; the floor's days are put into the
/// past beside a running box.
#[test]
fn an_experiment_is_told_to_those_in_it_and_judged_only_when_it_is_over() {
    let demo = Demo::start();
    let max = demo.sign_in("max");
    let status = |who: &Client, method: &str, path: &str, body: Option<serde_json::Value>| {
        who.send(method, path, body, None).0
    };
    let listed = max.get("/reports/experiments");
    let clients = listed["clients"].as_array().unwrap();
    let north = clients
        .iter()
        .find(|c| c["name"] == "Northlight Fleet")
        .unwrap();
    let client = north["id"].as_str().unwrap().to_owned();
    let earliest = listed["earliest"].as_str().unwrap().to_owned();
    let later =
        |days: i64| assay::units::numbered_day(day_number(&earliest).unwrap() + days).unwrap();
    let asked = |over: &str, first: &str, last: &str| {
        serde_json::json!({
            "client": client, "name": "Early calls", "question": "Do they connect more often?",
            "over": over, "measure": "connects", "first": first, "last": last,
            "arms": [{ "name": "As ever", "asks": "Call as ever." },
                     { "name": "Early", "asks": "Call before 10:30." }],
        })
    };
    let plan = |body| status(&max, "POST", "/reports/experiments", Some(body));
    assert_eq!(
        plan(asked("people", &earliest, &later(30))),
        422,
        "two people are too few"
    );
    assert_eq!(
        plan(asked("days", &later(-1), &later(30))),
        422,
        "it begins today"
    );
    assert_eq!(plan(asked("days", &later(9), &later(5))), 422);
    assert_eq!(plan(asked("hours", &earliest, &later(30))), 422);
    assert_eq!(plan(asked("days", "tomorrow", &later(30))), 422);
    let id = max.post(
        "/reports/experiments",
        asked("days", &earliest, &later(30)),
        "plan-1",
    );
    let id = id["id"].as_str().unwrap().to_owned();
    assert_eq!(
        plan(asked("days", &later(20), &later(60))),
        409,
        "one at a time"
    );
    let one = max.get(&format!("/reports/experiments/{id}"));
    assert_eq!(one["phase"], "planned");
    assert!(one["units"].as_array().unwrap().is_empty() && one["seed"].is_null());
    // Those who will be in it are told; everybody else has no way in.
    let ines = demo.sign_in("ines");
    let mine = ines.get("/reports/experiments/mine");
    assert_eq!(mine[0]["name"], "Early calls");
    assert!(mine[0]["arm"].is_null(), "nothing is drawn: {mine}");
    for login in ["ines", "marek", "sam", "mia", "ada"] {
        let who = demo.sign_in(login);
        for path in ["", "/x", "/x/arms.csv", "/x/units.csv"] {
            let path = format!("/reports/experiments{path}");
            assert_eq!(status(&who, "GET", &path, None), 403, "{login} {path}");
        }
        let reason = serde_json::json!({ "reason": "I am in the wrong arm." });
        let path = format!("/reports/experiments/{id}/stop");
        assert_eq!(status(&who, "POST", &path, Some(reason)), 403, "{login}");
    }
    let stop = |reason: &str| {
        let path = format!("/reports/experiments/{id}/stop");
        status(
            &max,
            "POST",
            &path,
            Some(serde_json::json!({ "reason": reason })),
        )
    };
    assert_eq!(stop(" "), 422);
    assert_eq!(stop("The list is not there."), 204);
    assert_eq!(stop("Again."), 409);
    let one = max.get(&format!("/reports/experiments/{id}"));
    assert_eq!(
        (&one["phase"], &one["was_drawn"]),
        (&"stopped".into(), &false.into())
    );
    assert!(one["result"].is_null());
    assert_eq!(ines.get("/reports/experiments/mine"), serde_json::json!([]));
    judged(&demo, &max, &client);
}

/// One whose days are over, and one that runs, put into the demo's database.
fn judged(demo: &Demo, max: &Client, client: &str) {
    let zone = assay::units::Zone::utc();
    let today = zone.day_and_minute(assay::clock::Clock::System.now()).0;
    let day = |n: i64| assay::units::numbered_day(n).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ids = runtime.block_on(async {
        let db = Db::sqlite(&demo.data.join("assay.db")).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let client = ClientId::from(client.to_owned());
        let manager = people::by_login(&mut tx, "max").await.unwrap().unwrap().id;
        let arms = two();
        let mut ids = Vec::new();
        for (first, last) in [(today - 40, today - 20), (today - 9, today + 20)] {
            let mut wanted = new(&client, &arms, Over::Days, ("2026-10-05", "2026-10-23"));
            wanted.days = (first, last);
            let then = zone.start_of_day(&day(first - 1)).unwrap();
            let id = plan(&mut tx, &manager, &wanted, first - 1, then)
                .await
                .unwrap();
            let then = zone.start_of_day(&day(first)).unwrap() + Micros::from_secs(60);
            draw_due(&mut tx, &zone, then).await.unwrap();
            ids.push(id);
        }
        tx.commit().await.unwrap();
        db.close().await;
        ids
    });
    let one = |id: &str| max.get(&format!("/reports/experiments/{id}"));
    until("the box counts what is over", || {
        one(&ids[0])["phase"] == "counted"
    });
    let over = one(&ids[0]);
    // The demo has no calls in those days: words, and no figure.
    assert_eq!(over["result"]["versus"][0]["verdict"], "too_few", "{over}");
    assert!(over["result"]["versus"][0]["difference"].is_null());
    assert_eq!(over["seed"].as_str().unwrap().len(), 64);
    let running = one(&ids[1]);
    assert_eq!(running["phase"], "running");
    assert!(
        running["result"].is_null() && running["seed"].is_null(),
        "{running}"
    );
    assert!(
        running["arms"]
            .as_array()
            .unwrap()
            .iter()
            .all(|a| a["rate"].is_null())
    );
    for unit in running["units"].as_array().unwrap() {
        assert!(
            unit["unit"].as_str().unwrap() <= day(today).as_str(),
            "told ahead: {unit}"
        );
        assert!(unit["calls"].is_null());
    }
    let (_, csv) = max.text(&format!("/reports/experiments/{}/arms.csv", ids[0]));
    assert!(csv.starts_with("arm,drawn,units,calls,hits,rate,"), "{csv}");
    let (_, csv) = max.text(&format!("/reports/experiments/{}/units.csv", ids[0]));
    assert!(csv.starts_with("unit,name,arm,calls,hits"), "{csv}");
    // Under a promise: no count, nothing by unit.
    let body = serde_json::json!({ "client": client, "act": "promise" });
    assert_eq!(
        max.send("POST", "/reports/promise", Some(body), None).0,
        204
    );
    for id in &ids {
        let shut = one(id);
        assert!(
            shut["arms"]
                .as_array()
                .unwrap()
                .iter()
                .all(|a| a["sum"].is_null())
        );
        assert!(
            shut["arms"]
                .as_array()
                .unwrap()
                .iter()
                .all(|a| a["rate"].is_null())
        );
        let path = format!("/reports/experiments/{id}/units.csv");
        assert_eq!(max.send("GET", &path, None, None).0, 422);
    }
    assert!(
        one(&ids[0])["result"]["versus"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(today - 20 + LATE < today);
}
