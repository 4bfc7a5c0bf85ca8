//! A claim's life as PRODUCT.md has it (I1, I3, I4, R2, R8, R9), explored in full, and driven at
//! random beside the real store on both databases: what the model refuses, the store refuses.

mod common;
#[path = "model/life.rs"]
mod life;
#[path = "model/real.rs"]
mod real;

use common::Postgres;
use life::{Life, Op, all_ops};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use real::Real;
use std::collections::{HashSet, VecDeque};

/// Every state that two claims, two reviewers and a manager can come to.
#[test]
fn every_state_of_two_claims_holds() {
    let ops = all_ops();
    let mut seen = HashSet::from([Life::default()]);
    let mut next = VecDeque::from([Life::default()]);
    let (mut steps, mut refused) = (0u64, 0u64);
    let mut reached = HashSet::new();
    while let Some(life) = next.pop_front() {
        if let Some(what) = life.broken() {
            panic!("{what}: {life:?}");
        }
        for op in &ops {
            steps += 1;
            let Some(after) = life.after(*op) else {
                refused += 1;
                continue;
            };
            reached.insert(std::mem::discriminant(op));
            if seen.insert(after.clone()) {
                next.push_back(after);
            }
        }
    }
    println!(
        "{} states, {steps} steps, {refused} of them refused",
        seen.len()
    );
    assert!(seen.len() > 10_000 && refused > 0);
    let kinds: HashSet<_> = ops.iter().map(std::mem::discriminant).collect();
    assert_eq!(reached, kinds, "every operation is possible somewhere");
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
