//! A process that is killed, or whose connection is cut, at every step of sealing, of a dispute's
//! decision, of a reversal, of a close and of a payroll run: what it was at has happened whole or not at all, and is
//! done once when it is done again.
//!
//! `KILLS=all` tries every step; without it a sample.

use super::books::{Books, Op};
use super::common::Postgres;
use super::real::Place;
use super::till::{self, Till};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is done first, and the act that is broken off.
fn acts() -> Vec<(&'static str, Vec<Op>, Op)> {
    use Op::*;
    let passed = vec![Claim(0, 0), Judge(0, true)];
    let with = |more: &[Op]| [passed.clone(), more.to_vec()].concat();
    vec![
        ("seal", vec![Claim(0, 0)], Judge(0, true)),
        (
            "dispute",
            vec![Claim(0, 0), Judge(0, false)],
            Dispute(0, true),
        ),
        ("reversal", with(&[Accuse(0)]), Confirm(0, true)),
        ("close", with(&[MonthEnds]), Lock(0)),
        ("payroll", with(&[MonthEnds, Lock(0)]), Pay(0)),
    ]
}

/// What SQLite does to its files, and what a client of PostgreSQL sends.
fn calls(place: &Place) -> &'static [&'static str] {
    match place {
        Place::Sqlite(_) => &["pwrite64", "fdatasync", "ftruncate"],
        Place::Postgres { .. } => &["sendto"],
    }
}

fn traceable() -> bool {
    let traced = Command::new("strace")
        .args(["-qq", "-e", "trace=write", "true"])
        .output();
    traced.is_ok_and(|o| o.status.success())
}

/// Ends the act in a process of its own; gives whether it was struck.
fn struck(act: usize, place: &Place, handed: &Path, (call, fault, n): (&str, &str, usize)) -> bool {
    let log = handed.with_extension("strace");
    let at = match place {
        Place::Sqlite(path) => path.to_str().unwrap().to_owned(),
        Place::Postgres { admin, name } => format!("{admin} {name}"),
    };
    let done = Command::new("strace")
        .args(["-f", "-qq", "-o", log.to_str().unwrap()])
        .args(["-e", &format!("trace={call}")])
        .args(["-e", &format!("inject={call}:{fault}:when={n}")])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "killed::ends_an_act"])
        .env("ENDS", format!("{act}"))
        .env("ENDS_AT", at)
        .env("ENDS_HANDED", handed)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let hit = text.contains("+++ killed by SIGKILL") || text.contains("(INJECTED)");
    assert!(hit || done.success(), "it fails where nothing struck it");
    hit
}

/// Not a test of its own: the process that is struck.
#[test]
#[ignore = "run by the tests that kill it"]
fn ends_an_act() {
    let Ok(act) = std::env::var("ENDS") else {
        return;
    };
    let at = std::env::var("ENDS_AT").unwrap();
    let place = match at.split_once(' ') {
        Some((admin, name)) => Place::Postgres {
            admin: admin.to_owned(),
            name: name.to_owned(),
        },
        None => Place::Sqlite(PathBuf::from(at)),
    };
    let handed = std::fs::read_to_string(std::env::var("ENDS_HANDED").unwrap()).unwrap();
    let (_, _, op) = acts().swap_remove(act.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut till = Till::take_over(place, &handed).await;
        till.last(op).await.unwrap();
    });
}

/// What has been found of an act.
#[derive(Debug, Default)]
struct Tried {
    struck: usize,
    /// Of them, those after which the act had happened.
    happened: usize,
}

/// Strikes an act at one step after the other, each time on a copy of the same store.
async fn strike_each(
    (at, folder): (usize, &Path),
    prepared: Place,
    copy: impl AsyncFn(&Place, usize) -> Place,
    remove: impl AsyncFn(Place),
    faults: &[&str],
) -> Tried {
    let (name, before, op) = acts().swap_remove(at);
    let mut till = Till::at(prepared.clone());
    till.open().await;
    let mut books = Books::default();
    for done in before {
        till.apply(done).await.unwrap();
        books = books.after(done).unwrap();
    }
    till.begin(op).await.unwrap();
    let handed = till.hand_over().await;
    let file = folder.join(format!("{name}.json"));
    std::fs::write(&file, &handed).unwrap();
    let after = till::expected(&books.after(op).unwrap());
    let books = till::expected(&books);
    let every = std::env::var("KILLS").is_ok_and(|v| v == "all");
    let (mut tried, mut copies) = (Tried::default(), 0);
    for call in calls(&prepared) {
        for fault in faults {
            let mut n = 0;
            loop {
                n += if every || n < 3 { 1 } else { 7 };
                copies += 1;
                let place = copy(&prepared, copies).await;
                if !struck(at, &place, &file, (call, fault, n)) {
                    remove(place).await;
                    break;
                }
                let what = format!("{name}: {fault} at the {n}th {call}");
                let mut till = Till::take_over(place.clone(), &handed).await;
                let seen = till.seen().await;
                assert!(seen == books || seen == after, "{what}: {seen:?}");
                tried.struck += 1;
                tried.happened += usize::from(seen == after);
                let again = till.last(op).await;
                assert!(seen == after || again.is_ok(), "{what}: {again:?}");
                assert_eq!(till.seen().await, after, "{what}");
                assert_eq!(till.close().await, [], "{what}");
                remove(place).await;
            }
        }
    }
    println!("{name}: {tried:?}");
    tried
}

#[test]
fn what_is_killed_on_sqlite_has_happened_whole_or_not_at_all() {
    if !traceable() {
        println!("strace cannot trace here: nothing was killed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for at in 0..acts().len() {
        let prepared = folder.path().join(format!("{at}.db"));
        let tried = runtime.block_on(strike_each(
            (at, folder.path()),
            Place::Sqlite(prepared),
            async |prepared, n| {
                let Place::Sqlite(from) = prepared else {
                    unreachable!()
                };
                let to = from.with_extension(format!("{n}.db"));
                std::fs::copy(from, &to).unwrap();
                Place::Sqlite(to)
            },
            async |place| {
                let Place::Sqlite(path) = place else {
                    unreachable!()
                };
                std::fs::remove_file(path).unwrap();
            },
            &["signal=KILL"],
        ));
        assert!(tried.struck > 4, "{tried:?}");
    }
}

/// Killed, or the connection ends under it.
#[test]
fn what_is_killed_or_cut_off_on_postgres_has_happened_whole_or_not_at_all() {
    if !traceable() {
        println!("strace cannot trace here: nothing was killed");
        return;
    }
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for at in 0..acts().len() {
        let prepared = Place::Postgres {
            admin: postgres.url(),
            name: format!("struck{at}"),
        };
        let tried = runtime.block_on(strike_each(
            (at, folder.path()),
            prepared,
            async |prepared, n| {
                let Place::Postgres { admin, name } = prepared else {
                    unreachable!()
                };
                let to = format!("{name}_{n}");
                ask(admin, &format!("CREATE DATABASE {to} TEMPLATE {name}")).await;
                Place::Postgres {
                    admin: admin.clone(),
                    name: to,
                }
            },
            async |place| {
                let Place::Postgres { admin, name } = place else {
                    unreachable!()
                };
                ask(&admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
            },
            &["signal=KILL", "error=ECONNRESET"],
        ));
        assert!(tried.struck > 4, "{tried:?}");
    }
}

async fn ask(admin: &str, sql: &str) {
    let pool = sqlx::PgPool::connect(admin).await.unwrap();
    let asked = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await;
    asked.unwrap_or_else(|e| panic!("{sql}: {e}"));
    pool.close().await;
}
