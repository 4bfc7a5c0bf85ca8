//! Every input that the fuzzer kept is replayed, and around each a few hundred changed ones.

mod common;
#[path = "fuzz/targets.rs"]
mod targets;

use common::*;
use std::path::PathBuf;

fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("tests/fuzz/corpus").join(target))
        .into_iter()
        .flatten()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|f| (f.clone(), std::fs::read(f).unwrap()))
        .collect()
}

#[test]
fn the_corpora_and_what_lies_around_them() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for (name, run) in targets::TARGETS {
        let known = inputs(name);
        assert!(!known.is_empty(), "{name} has no corpus");
        let changed_each = if name == "spool" { 40 } else { 400 };
        for (_, input) in &known {
            run(input);
            for _ in 0..changed_each {
                let mut changed = input.clone();
                for _ in 0..=random(4) {
                    match random(4) {
                        0 if !changed.is_empty() => {
                            let at = random(changed.len());
                            changed[at] ^= 1 << random(8);
                        }
                        1 => changed.truncate(random(changed.len() + 1)),
                        2 => changed.insert(random(changed.len() + 1), random(256) as u8),
                        _ if !changed.is_empty() => {
                            let (from, to) = (random(changed.len()), random(changed.len()));
                            let piece = changed[from.min(to)..from.max(to)].to_vec();
                            changed.extend(piece);
                        }
                        _ => {}
                    }
                }
                run(&changed);
            }
        }
    }
}
