//! A claim's life as PRODUCT.md has it (I1, I3, I4, R2, R8, R9), explored in full, and driven at
//! random beside the real store on both databases: what the model refuses, the store refuses.

mod common;
#[path = "model/killed.rs"]
mod killed;
#[path = "model/real.rs"]
mod real;
#[path = "model/till.rs"]
mod till;

use assay_test_support::books::{self, Books};
use assay_test_support::life::{self, Life, Op, all_ops};
use common::Postgres;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use real::Real;
use std::collections::HashSet;
use till::Till;

/// Every state that two claims, two reviewers and a manager can come to.
#[test]
fn every_state_of_two_claims_holds() {
    let ops = all_ops();
    let found = life::explored(&ops);
    println!("{found}");
    assert!(found.states > 10_000 && found.refused > 0);
    let kinds: HashSet<_> = ops.iter().map(std::mem::discriminant).collect();
    assert_eq!(
        found.reached, kinds,
        "every operation is possible somewhere"
    );
}

fn leads_on(op: Op) -> bool {
    matches!(
        op,
        Op::Claim(_)
            | Op::Take(..)
            | Op::Commit(..)
            | Op::HoldsEnd
            | Op::Dispute(_)
            | Op::TakeAgain(..)
            | Op::AnswerAgain(..)
            | Op::Confirm(..)
    )
}

/// The operations that a row of numbers stands for: mostly what the model allows, now and then what
/// it refuses.
fn story(choices: &[u16]) -> Vec<(Op, Option<Life>)> {
    let ops = all_ops();
    let mut life = Life::default();
    let mut story = Vec::new();
    for choice in choices {
        let refuse = choice % 4 == 0;
        let fitting: Vec<Op> = ops
            .iter()
            .copied()
            .filter(|op| life.after(*op).is_none() == refuse)
            .collect();
        // What leads on comes often, or no story would get as far as a claim that waits.
        let often = fitting.iter().filter(|op| leads_on(**op));
        let fitting: Vec<Op> = fitting
            .iter()
            .chain(often.flat_map(|op| std::iter::repeat_n(op, 8)))
            .copied()
            .collect();
        let Some(op) = fitting.get(usize::from(*choice / 4) % fitting.len().max(1)) else {
            continue;
        };
        let after = life.after(*op);
        if let Some(after) = &after {
            life = after.clone();
        }
        story.push((*op, after));
    }
    story
}

/// Plays random stories against a store; the seed is fixed, so that every run is the same.
fn beside_the_model(cases: u32, seed: u64, real: impl Fn() -> Real) {
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let choices = prop::collection::vec(any::<u16>(), 10..60);
    TestRunner::new(config)
        .run(&choices, |choices| {
            runtime.block_on(async {
                let mut real = real();
                real.open().await;
                let (mut life, mut told) = (Life::default(), Vec::new());
                for (op, after) in story(&choices) {
                    let done = real.apply(op).await;
                    told.push((op, done.clone()));
                    prop_assert_eq!(done.is_ok(), after.is_some(), "{:#?}", told);
                    if let Some(after) = after {
                        life = after;
                    }
                    let seen = real.seen().await;
                    prop_assert_eq!(seen, real::expected(&life), "{:#?}", told);
                }
                real.close().await;
                Ok(())
            })
        })
        .unwrap();
}

#[test]
fn the_store_on_sqlite_does_what_the_model_does() {
    let folder = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    beside_the_model(120, 15, || {
        count.set(count.get() + 1);
        Real::sqlite(&folder.path().join(format!("{}.db", count.get())))
    });
}

#[test]
fn the_store_on_postgres_does_what_the_model_does() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let count = std::cell::Cell::new(0);
    beside_the_model(30, 16, || {
        count.set(count.get() + 1);
        Real::postgres(&postgres.url(), count.get())
    });
}

/// Every state that books can come to by these operations, with so many claims at most.
fn explore(begin: &Books, claims: usize, ops: &[books::Op]) -> usize {
    let found = books::explored(begin, claims, ops);
    println!("{found}");
    let kinds = ops
        .iter()
        .filter(|op| !matches!(op, books::Op::LockAlone(_) | books::Op::Interested(_)));
    let kinds: HashSet<_> = kinds.map(std::mem::discriminant).collect();
    assert_eq!(
        found.reached, kinds,
        "every other operation is possible somewhere"
    );
    found.states
}

/// Two claims with plans, readings, months and locks.
#[test]
fn every_state_of_the_books_of_two_claims_holds() {
    let states = explore(&Books::default(), 2, &books::all_ops());
    assert!(states > 10_000);
}

/// Three claims under one plan that everybody has read.
#[test]
fn every_state_of_the_books_of_three_claims_holds() {
    let begin = Books {
        read: [[true; books::VERSIONS]; 2],
        ..Books::default()
    };
    let ops = books::all_ops().into_iter().filter(|op| {
        use books::Op::*;
        !matches!(
            op,
            Read(..) | Approve | Lock(_) | Reopen(_) | LockAlone(_) | Pay(_) | Merge
        )
    });
    let states = explore(&begin, 3, &ops.collect::<Vec<_>>());
    assert!(states > 10_000);
}

fn earns_on(op: books::Op) -> bool {
    use books::Op::*;
    matches!(
        op,
        Claim(..)
            | Judge(_, true)
            | Dispute(_, true)
            | Read(1, _)
            | Same(..)
            | Accuse(_)
            | Confirm(_, true)
            | MonthEnds
            | Lock(_)
            | Pay(_)
    )
}

/// As [`story`], of the books; some of it breaks off at first, and is done again.
fn books_story(choices: &[u16]) -> Vec<(books::Op, bool, Option<Books>)> {
    let ops = books::all_ops();
    let mut books = Books::default();
    let mut story = Vec::new();
    for choice in choices {
        let refuse = choice % 4 == 0;
        let mut fitting: Vec<books::Op> = ops
            .iter()
            .copied()
            .filter(|op| books.after(*op).is_none() == refuse)
            .collect();
        let often: Vec<books::Op> = fitting.iter().copied().filter(|op| earns_on(*op)).collect();
        fitting.extend(often.iter().flat_map(|op| std::iter::repeat_n(*op, 5)));
        let Some(op) = fitting.get(usize::from(*choice / 8) % fitting.len().max(1)) else {
            continue;
        };
        let after = books.after(*op);
        if let Some(after) = &after {
            books = after.clone();
        }
        story.push((*op, choice % 8 > 3, after));
    }
    story
}

/// What became of a ledger: entries taken back for each reason, claims that earned again, and lines
/// that a payroll run has.
fn became(books: &Books) -> [usize; 4] {
    let back = |why| books.ledger.iter().filter(|l| l.back == Some(why)).count();
    let earned = |slot| {
        let of = books.ledger.iter().filter(|l| l.slot == slot);
        of.filter(|l| l.back.is_none()).count()
    };
    let again = (0..books::CLAIMS).filter(|s| earned(*s) > 1).count();
    let paid = books.ledger.iter().filter(|l| l.paid).count();
    let [duplicates, frauds] = [books::Why::Duplicate, books::Why::Fraud].map(back);
    [duplicates, frauds, again, paid]
}

/// Plays random stories of the books against a store (`BOOKS` of them, or `cases`), and books each again at its end.
fn beside_the_books(cases: u32, seed: u64, till: impl Fn() -> Till) {
    let more = std::env::var("BOOKS").ok().and_then(|n| n.parse().ok());
    let cases = more.unwrap_or(cases);
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let choices = prop::collection::vec(any::<u16>(), 10..50);
    let reached = std::cell::Cell::new([0; 4]);
    TestRunner::new(config)
        .run(&choices, |choices| {
            runtime.block_on(async {
                let mut till = till();
                till.open().await;
                let (mut books, mut told) = (Books::default(), Vec::new());
                for (op, breaks, after) in books_story(&choices) {
                    till.breaks = breaks;
                    let done = till.apply(op).await;
                    told.push((op, done.clone()));
                    prop_assert_eq!(done.is_ok(), after.is_some(), "{:?}", told);
                    if let Some(after) = after {
                        books = after;
                    }
                    prop_assert_eq!(till.seen().await, till::expected(&books), "{:?}", told);
                }
                prop_assert_eq!(till.close().await, vec![], "{:?}", told);
                let (all, here) = (reached.get(), became(&books));
                reached.set(std::array::from_fn(|n| all[n] + here[n]));
                Ok(())
            })
        })
        .unwrap();
    let reached = reached.get();
    println!("duplicates, frauds, earned again, paid: {reached:?}");
    // A few stories do not come to everything.
    assert!(cases < 200 || reached.iter().all(|n| *n > 0), "{reached:?}");
}

#[test]
fn the_books_on_sqlite_are_what_the_model_says() {
    let folder = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    beside_the_books(200, 16, || {
        count.set(count.get() + 1);
        Till::sqlite(&folder.path().join(format!("{}.db", count.get())))
    });
}

#[test]
fn the_books_on_postgres_are_what_the_model_says() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let count = std::cell::Cell::new(0);
    beside_the_books(25, 17, || {
        count.set(count.get() + 1);
        Till::postgres(&postgres.url(), count.get())
    });
}
